"""From the message line to the mesh, never twice: what was taken is gone, the rest comes back."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from meshtui.model.command import SendText, SetDraft
from meshtui.model.ids import MessageId
from meshtui.model.text import clean_line
from meshtui.tui.panes.chat_actions import ChatActions
from meshtui.tui.panes.chat_slash import SlashCommands

if TYPE_CHECKING:
    from meshtui.tui.widgets.pane import Desk


class ChatSending(ChatActions):
    """Sends to the open chat, and keeps what is typed and not sent."""

    def __init__(self, desk: Desk) -> None:
        """Begin with nothing typed."""
        super().__init__(desk)
        self._slash = SlashCommands(self)

    def say(self, typed: str) -> None:
        """Send to the open chat."""
        conversation = self.book.open_id
        if conversation is None:
            self.tell("No chat is open: /join #name or /dm NODE", bad=True)
            return
        if self.composer.is_too_long:
            self.tell("Too long for one message: shorten it or send it in parts", bad=True)
            return
        text = self.spoken(typed)
        message_id = MessageId(str(uuid.uuid4()))
        if self.composer.value == typed:
            self.clear_line(typed)
        self.run_worker(self._submit_text(SendText(conversation, text, message_id), typed))

    async def _submit_text(self, request: SendText, typed: str) -> None:
        """The line is empty meanwhile, so that a second Enter finds nothing to send twice."""
        if await self.screen_submit(request):
            self.messages.follow_end()
            return
        is_here = self.book.open_id == request.conversation
        if is_here and not self.composer.value:
            self.composer.value = typed
        elif not is_here and not self.book.talks[request.conversation].draft:
            self.book.keep_draft(request.conversation, typed)
        else:
            short = clean_line(typed, 30)
            self.tell(f"Not sent: {short} (Up in an empty line brings it back)", bad=True)

    def clear_line(self, typed: str) -> None:
        """What was typed is sent or carried out."""
        if not self._slash.hides(typed):
            self.composer.line.remember(typed)
        self.composer.value = ""
        self.run_worker(self.save_draft())

    async def save_draft(self) -> None:
        """Put what is typed on disk, if it differs from what is there; never a secret."""
        conversation = self.book.open_id
        if conversation is None:
            return
        draft = "" if self._slash.hides(self.composer.value) else self.composer.value
        if self.book.talks[conversation].draft != draft:
            self.book.keep_draft(conversation, draft)
            await self.screen_submit(SetDraft(conversation, draft))

    def has_unsent(self) -> bool:
        """A draft survives; a held paste would be lost, and a text that waits for the disk."""
        return bool(self.composer.held_paste or self.unkept)
