"""The talk of one conversation: time, name, words, and at the right edge how it came or fared."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from zlib import crc32

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from meshtui.model.message import DeliveryState, Proof
from meshtui.model.text import clean
from meshtui.tui.text.format import (
    clock,
    date_words,
    day_of,
    delivery_reason,
    delivery_sign,
    fit,
    fit_right,
    reception,
    wrap,
)
from meshtui.tui.themes import NAME_COLOURS
from meshtui.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from rich.style import Style

    from meshtui.model.message import Message
    from meshtui.tui.state.chat import Change, ChatLog
    from meshtui.tui.state.directory import Directory
    from meshtui.tui.text.glyphs import Glyphs

MAX_SHOWN = 16_000
_WIDE = 90
_LEAST_NAME, _MOST_NAME, _NAME_SHARE = 8, 20, 6
_NARROW_RIGHT, _WIDE_RIGHT = 13, 17
_LEAST_TEXT = 16


class MessageList(LineList):
    """Draws a `ChatLog`; one row a message, dividers being the first lines of the row below."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "message--text",
        "message--time",
        "message--own",
        "message--mention",
        "message--rule",
        "message--new",
        "message--edge",
        "message--good",
        "message--bad",
        "message--cursor",
        "message--hit",
        *(f"message--name-{index}" for index in range(NAME_COLOURS)),
    }
    DEFAULT_CSS = """
    MessageList .message--text { color: $foreground; }
    MessageList .message--time { color: $muted; }
    MessageList .message--own { color: $secondary; text-style: bold; }
    MessageList .message--mention { color: $accent; text-style: bold; }
    MessageList .message--rule { color: $muted; }
    MessageList .message--new { color: $accent; }
    MessageList .message--edge { color: $muted; }
    MessageList .message--good { color: $success; }
    MessageList .message--bad { color: $error; }
    MessageList .message--cursor { background: $selection; }
    MessageList .message--hit { color: $accent; text-style: underline; }
    """ + "\n".join(
        f"MessageList .message--name-{index} {{ color: $name-{index}; }}"
        for index in range(NAME_COLOURS)
    )

    def __init__(self, directory: Directory, glyphs: Glyphs) -> None:
        """Begin without a conversation."""
        super().__init__(follow=True, id="messages")
        self.directory = directory
        self.glyphs = glyphs
        self.log_shown: ChatLog | None = None
        self.hits: frozenset[int] = frozenset()
        self._styles_of: dict[str, Style] = {}

    def show(self, log: ChatLog) -> None:
        """Show a conversation from its end, or from its first unread message."""
        self.log_shown = log
        self.hits = frozenset()
        self.follow_end()
        self.set_rows(len(log.messages), self._render_message, cursor=len(log.messages) - 1)
        if log.first_unread is not None:
            self.call_after_refresh(self.show_first_unread)

    def show_first_unread(self) -> None:
        """If there is more unread than fits, begin at the divider."""
        log = self.log_shown
        if log is None or log.first_unread is None:
            return
        row = log.divider_row()
        if row is not None and len(log.messages) - row > max(self.size.height // 2, 1):
            self.move_to(row, to_top=True)

    def apply(self, change: Change) -> None:
        """Follow what the log did."""
        log = self.log_shown
        if log is None:
            return
        if change.is_reordered:
            self.set_rows(len(log.messages), self._render_message)
            return
        if change.appended:
            self.grow(self.count + change.appended)
        if change.dropped:
            self.drop_first(change.dropped)
        if change.rows:
            self.changed(change.rows)

    def selected(self) -> Message | None:
        """The message under the cursor, while the list has the focus."""
        log = self.log_shown
        if log is None or not 0 <= self.cursor < len(log.messages):
            return None
        return log.messages[self.cursor]

    def colours_changed(self) -> None:
        """Styles are found anew."""
        super().colours_changed()
        self._styles_of = {}

    # -- drawing -----------------------------------------------------------------------------

    def _style(self, word: str) -> Style:
        style = self._styles_of.get(word)
        if style is None:
            style = self.get_component_rich_style(f"message--{word}", partial=True)
            self._styles_of[word] = style
        return style

    def _render_message(self, row: int, width: int, is_cursor: bool) -> list[Strip]:  # noqa: FBT001
        log = self.log_shown
        if log is None or row >= len(log.messages):
            return [Strip.blank(width)]
        message = log.messages[row]
        before = log.messages[row - 1] if row else None
        lines = self._dividers(log, before, message, width)
        body = self._body(message, width)
        if is_cursor:
            cursor = self._style("cursor")
            body = [line.adjust_cell_length(width).apply_style(cursor) for line in body]
        return lines + body

    def _dividers(
        self, log: ChatLog, before: Message | None, message: Message, width: int
    ) -> list[Strip]:
        lines = []
        if before is None or day_of(before.received_at_ms) != day_of(message.received_at_ms):
            lines.append(self._rule(date_words(message.received_at_ms), width, "rule"))
        first = log.divider_row()
        if first is not None and log.messages[first] is message:
            lines.append(self._rule(f"{log.unread} new", width, "new"))
        return lines

    def _rule(self, text: str, width: int, word: str) -> Strip:
        text = f" {text} "
        left = max((width - cell_len(text)) // 2 - 1, 1)
        right = max(width - cell_len(text) - left - 2, 0)
        sign = self.glyphs.horizontal
        return Strip([Segment(" " + sign * left + text + sign * right, self._style(word))])

    def _body(self, message: Message, width: int) -> list[Strip]:
        is_wide = width >= _WIDE
        name_width = min(max(width // _NAME_SHARE, _LEAST_NAME), _MOST_NAME)
        edge, edge_style = self._edge(message)
        left = 1 + 5 + 1 + name_width + 1
        right = max(_WIDE_RIGHT if is_wide else _NARROW_RIGHT, cell_len(edge) + 2)
        has_edge_below = width - left - right < _LEAST_TEXT
        room = max(width - left - (1 if has_edge_below else right), 8)
        text_style = self._text_style(message)
        texts = wrap(clean(message.text, keep_newlines=True, limit=MAX_SHOWN), room)
        lines = [
            Strip(
                [
                    Segment(f" {clock(message.received_at_ms)} ", self._style("time")),
                    Segment(self._sender(message, name_width), self._name_style(message)),
                    Segment(" " + fit(texts[0], room), text_style),
                    *([] if has_edge_below else [self._edge_segment(edge, right, edge_style)]),
                ]
            )
        ]
        lines.extend(Strip([Segment(" " * left + text, text_style)]) for text in texts[1:])
        if has_edge_below and edge:
            lines.append(Strip([self._edge_segment(edge, width, edge_style)]))
        reason = delivery_reason(message.delivery) if message.delivery is not None else ""
        reasons = wrap(reason, max(width - left - 1, 8)) if reason else []
        lines.extend(Strip([Segment(" " * left + text, edge_style)]) for text in reasons)
        return lines

    def _edge_segment(self, edge: str, width: int, style: Style) -> Segment:
        return Segment(fit_right(edge, width - 1) + " ", style)

    def _edge(self, message: Message) -> tuple[str, Style]:
        if message.delivery is None:
            words = reception(message)
            if message.proof is Proof.DIRECTION_UNPROVEN:
                words = f"unproven {words}"
            elif message.is_signed:
                words = f"{self.glyphs.signed} {words}".rstrip()
            return words, self._style("edge")
        state = message.delivery.state
        word = {DeliveryState.DELIVERED: "good", DeliveryState.FAILED: "bad"}.get(state, "edge")
        return delivery_sign(message.delivery, self.glyphs), self._style(word)

    def _sender(self, message: Message, width: int) -> str:
        sign = self.glyphs.mention if message.mentions_me else ""
        name = self.directory.writer_of(message)
        return fit(sign + name, width, self.glyphs.ellipsis)

    def _name_style(self, message: Message) -> Style:
        if message.is_own:
            return self._style("own")
        if message.mentions_me:
            return self._style("mention")
        return self._style(f"name-{crc32(str(message.sender).encode(errors='replace')) % 8}")

    def _text_style(self, message: Message) -> Style:
        if message.order in self.hits:
            return self._style("hit")
        return self._style("mention") if message.mentions_me else self._style("text")
