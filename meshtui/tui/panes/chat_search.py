"""The widgets of the chat pane, and searching in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from meshtui.errors import MeshtuiError, NotKeptYetError
from meshtui.model.command import SendText
from meshtui.model.text import clean
from meshtui.tui.state.choices import Choice
from meshtui.tui.state.conversations import ConversationBook
from meshtui.tui.text.format import date_and_clock
from meshtui.tui.widgets.chat_list import ChatList
from meshtui.tui.widgets.composer import Composer
from meshtui.tui.widgets.line_input import LineInput
from meshtui.tui.widgets.message_list import MessageList
from meshtui.tui.widgets.pane import Desk, Pane

if TYPE_CHECKING:
    from meshtui.model.command import Command as MeshCommand
    from meshtui.model.ids import MessageId, NetworkName
    from meshtui.model.message import Channel, Message, SendCost
    from meshtui.tui.state.chat import ChatLog
    from meshtui.tui.state.completion import Vocabulary

ChannelKey: TypeAlias = "tuple[NetworkName, str]"

PAGE: Final = 200


class ChatSearch(Pane):
    """Holds the widgets, and finds words in the open chat and in all."""

    pane_id = "chat"

    def __init__(self, desk: Desk) -> None:
        """Make the widgets."""
        super().__init__(desk)
        self.book = ConversationBook(desk.directory.is_blocked)
        self.log_shown: ChatLog | None = None
        self.channels: dict[ChannelKey, Channel] = {}
        self.chats = ChatList(self.book, desk.directory, desk.glyphs)
        self.messages = MessageList(desk.directory, desk.glyphs)
        self.composer = Composer(glyphs=desk.glyphs, vocabulary=self.vocabulary, cost=self.cost_of)
        self.finder = LineInput(prompt="find: ", placeholder="words, Enter; n N jump", id="find")
        self.unkept: set[MessageId] = set()
        self._hits: list[int] = []
        self._hit = -1
        self._is_paging = False

    def vocabulary(self) -> Vocabulary:
        """What Tab offers."""
        raise NotImplementedError

    def cost_of(self, typed: str) -> SendCost | None:
        """What sending this by radio would take."""
        raise NotImplementedError

    def submit(self, request: MeshCommand) -> None:
        """Ask the mesh; a refusal is shown."""
        self.post_message(self.Submit(request))

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something on the bottom line."""
        self.post_message(self.Notice(text, is_error=bad))

    async def screen_submit(self, request: MeshCommand) -> bool:
        """Submit and await; False where it was refused, and said so.

        What was taken and waits for the disk is not refused; texts of that kind are `unkept`.
        """
        try:
            await self.desk.api.submit(request)
        except NotKeptYetError as error:
            words = clean(str(error), limit=120)
            if isinstance(request, SendText):
                self.unkept.add(request.message_id)
                words = f"Your text waits, and is sent once this is mended: {words}"
            self.tell(words, bad=True)
        except MeshtuiError as error:
            self.tell(clean(str(error), limit=200), bad=True)
            return False
        return True

    # -- searching ---------------------------------------------------------------------------

    def action_find(self) -> None:
        """Ask for words."""
        self.finder.add_class("-shown")
        self.finder.focus()

    async def action_next_hit(self) -> None:
        """Older."""
        await self._go_to_hit(1)

    async def action_previous_hit(self) -> None:
        """Newer."""
        await self._go_to_hit(-1)

    def find_text(self, words: str) -> None:
        """Search the open chat."""
        if words.strip():
            self.run_worker(self._find(words.strip()), group="find", exclusive=True)
        else:
            self.action_find()

    async def _find(self, words: str) -> None:
        log = self.log_shown
        if log is None:
            return
        found = await self.desk.api.search(words, log.conversation, 200)
        self._hits = [message.order for message in found]
        self.messages.hits = frozenset(self._hits)
        self.messages.changed()
        if not self._hits:
            self.tell(f"Nothing here holds {words}", bad=True)
            return
        self._hit = -1
        self.messages.focus()
        await self._go_to_hit(1)

    async def _go_to_hit(self, step: int) -> None:
        log = self.log_shown
        if log is None or not self._hits:
            self.tell("Search first: Ctrl+F", bad=True)
            return
        self._hit = (self._hit + step) % len(self._hits)
        await self.go_to(log, self._hits[self._hit])
        self.finder.note = f"{self._hit + 1} of {len(self._hits)}"

    async def go_to(self, log: ChatLog, order: int) -> None:
        """Put the cursor on a message, reading older pages until it is there."""
        while log.row_of(order) is None and log.has_older and log.messages:
            await self.page_up(log)
        row = log.row_of(order)
        if row is not None and self.log_shown is log:
            self.messages.move_to(row)

    def find_everywhere(self, words: str) -> None:
        """Search all chats, and offer what was found."""
        if words.strip():
            self.run_worker(self._find_everywhere(words.strip()), group="find", exclusive=True)
        else:
            self.tell("Name what to look for: /find beacon", bad=True)

    async def _find_everywhere(self, words: str) -> None:
        found = await self.desk.api.search(words, None, PAGE)
        if found:
            self.post_message(self.Offer(tuple(self._hit_choice(message) for message in found)))
        else:
            self.tell(f"No chat holds {clean(words, limit=40)}", bad=True)

    def _hit_choice(self, message: Message) -> Choice:
        talk = self.book.talks.get(message.conversation)
        where = self.chats.title_of(talk) if talk is not None else ""
        who = self.desk.directory.writer_of(message)
        return Choice(
            f"{who}: {clean(message.text, limit=200)}",
            where,
            date_and_clock(message.received_at_ms),
            f"hit {message.order} {message.conversation}",
        )

    def close_finder(self, *, keep_focus: bool = False) -> None:
        self.finder.remove_class("-shown")
        self.finder.value = ""
        self.finder.note = ""
        self._hits = []
        if self.messages.hits:
            self.messages.hits = frozenset()
            self.messages.changed()
        if not keep_focus:
            self.return_focus()

    async def page_up(self, log: ChatLog) -> None:
        if self._is_paging or not log.messages:
            return
        self._is_paging = True
        try:
            before = log.messages[0].order
            older = await self.desk.api.history(log.conversation, before, PAGE)
            added = log.load(older, PAGE)
            if self.log_shown is log and added:
                self.messages.prepend(added)
        finally:
            self._is_paging = False
