"""The list of conversations, unread ones telling apart what is for us; announced channels below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from meshtui.model.ids import (
    ConversationKind,
    NodeId,
    channel_conversation,
    channel_title,
    split_conversation,
)
from meshtui.model.message import Channel, Conversation, NotifyLevel
from meshtui.model.node import NodeRole, PinState
from meshtui.model.text import clean
from meshtui.tui.state.conversations import ConversationBook, level_of
from meshtui.tui.state.networks import network_title
from meshtui.tui.text.format import fit
from meshtui.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from rich.style import Style

    from meshtui.model.ids import ConversationId
    from meshtui.tui.state.directory import Directory
    from meshtui.tui.text.glyphs import Glyphs

_MAX_NUMBER = 999


class ChatList(LineList):
    """Draws a `ConversationBook`. Choosing a row opens it; an announced channel is joined."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chats--heading",
        "chats--quiet",
        "chats--unread",
        "chats--for-us",
        "chats--dim",
        "chats--open",
        "chats--cursor",
        "chats--bad",
    }
    DEFAULT_CSS = """
    ChatList { background: $background; }
    ChatList .chats--heading { color: $muted; text-style: bold; }
    ChatList .chats--quiet { color: $foreground; }
    ChatList .chats--unread { color: $foreground; text-style: bold; }
    ChatList .chats--for-us { color: $accent; text-style: bold; }
    ChatList .chats--dim { color: $muted; }
    ChatList .chats--open { color: $primary; text-style: bold; }
    ChatList .chats--cursor { background: $selection; }
    ChatList .chats--bad { color: $error; }
    """

    @dataclass
    class Opened(Message):
        """A conversation was chosen."""

        conversation: ConversationId

    @dataclass
    class Joined(Message):
        """An announced channel was chosen."""

        channel: Channel

    def __init__(self, book: ConversationBook, directory: Directory, glyphs: Glyphs) -> None:
        """Draw this book."""
        super().__init__(id="chats")
        self.book = book
        self.directory = directory
        self.glyphs = glyphs
        self._entries: list[Conversation | Channel] = []

    def redraw(self) -> None:
        """The book changed."""
        chosen = self._key_at(self.cursor)
        self._entries = [*self.book.in_order(), *self.book.discoverable()]
        keys = [_key(entry) for entry in self._entries]
        wanted = chosen if self.has_focus else self.book.open_id
        cursor = keys.index(wanted) if wanted in keys else max(self.cursor, 0)
        self.set_rows(len(keys), self._render_entry, cursor=min(cursor, len(keys) - 1))

    def neighbour(self, step: int) -> ConversationId | None:
        """The conversation above or below the open one."""
        talks = [entry for entry in self._entries if isinstance(entry, Conversation)]
        ids = [talk.conversation_id for talk in talks]
        if not ids:
            return None
        here = ids.index(self.book.open_id) if self.book.open_id in ids else -1
        return ids[(here + step) % len(ids)]

    def on_line_list_selected(self, event: LineList.Selected) -> None:
        """Open or join."""
        event.stop()
        entry = self._entries[event.index]
        if isinstance(entry, Conversation):
            self.post_message(self.Opened(entry.conversation_id))
        else:
            self.post_message(self.Joined(entry))

    def title_of(self, talk: Conversation) -> str:
        """What a conversation is called, cleaned."""
        network, kind, target = split_conversation(talk.conversation_id)
        if kind is ConversationKind.DIRECT:
            return self.directory.name_of(NodeId(target))
        return clean(channel_title(network, target), limit=40)

    def _key_at(self, row: int) -> ConversationId | None:
        return _key(self._entries[row]) if 0 <= row < len(self._entries) else None

    def _render_entry(self, row: int, width: int, is_cursor: bool) -> list[Strip]:  # noqa: FBT001
        entry = self._entries[row]
        before = self._entries[row - 1] if row else None
        lines = []
        heading = self._heading(before, entry)
        if heading:
            style = self._look("heading")
            lines.append(Strip([Segment(fit(f" {heading}", width), style)]))
        if isinstance(entry, Conversation):
            line = self._talk_line(entry, width)
        else:
            line = self._channel_line(entry, width)
        if is_cursor:
            line = line.adjust_cell_length(width).apply_style(self._look("cursor"))
        return [*lines, line]

    def _heading(self, before: Conversation | Channel | None, entry: Conversation | Channel) -> str:
        if isinstance(entry, Channel):
            return "" if isinstance(before, Channel) else "ANNOUNCED, Enter joins"
        if isinstance(before, Conversation) and before.network == entry.network:
            return ""
        return network_title(entry.network)

    def _talk_line(self, talk: Conversation, width: int) -> Strip:
        level = level_of(talk)
        is_open = talk.conversation_id == self.book.open_id
        number = talk.mentions or talk.unread if level else 0
        sign = self.glyphs.mention if level > 1 else " "
        count = f"{min(number, _MAX_NUMBER)}" if number else ""
        tail = self._tail(talk)
        look = ("dim", "unread", "for-us")[level]
        if is_open:
            look = "open"
        elif level == 0 and talk.notify is not NotifyLevel.MUTE:
            look = "quiet"
        mark = self.glyphs.cursor if is_open else " "
        room = width - 6 - len(tail)
        return Strip(
            [
                Segment(mark, self._look("open")),
                Segment(f"{sign}{count:>2} "[:5], self._look("for-us" if level > 1 else look)),
                Segment(fit(self.title_of(talk), room, self.glyphs.ellipsis), self._look(look)),
                Segment(f"{tail} ", self._look("bad" if tail.endswith("key") else "dim")),
            ]
        )

    def _tail(self, talk: Conversation) -> str:
        _, kind, target = split_conversation(talk.conversation_id)
        node = self.directory.nodes.get(NodeId(target))
        if kind is ConversationKind.DIRECT and node is not None and node.pin is PinState.CHANGED:
            return f" {self.glyphs.warning}key"
        if talk.draft and talk.conversation_id != self.book.open_id:
            return " draft"
        if talk.notify is NotifyLevel.MUTE:
            return " mute"
        if kind is ConversationKind.CHANNEL:
            return ""
        return " room" if node is not None and node.role is NodeRole.ROOM else " DM"

    def _channel_line(self, channel: Channel, width: int) -> Strip:
        name = clean(channel_title(channel.network, channel.name), limit=40)
        return Strip([Segment(fit(f"   + {name}", width), self._look("dim"))])

    def _look(self, word: str) -> Style:
        return self.get_component_rich_style(f"chats--{word}", partial=True)


def _key(entry: Conversation | Channel) -> ConversationId:
    if isinstance(entry, Conversation):
        return entry.conversation_id
    return channel_conversation(entry.network, entry.name)
