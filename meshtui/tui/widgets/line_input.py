"""A lean text input: no border, no blinking, readline's keys, and one repaint a key.

While it has the focus every printable key is text, so no command can take a letter away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Offset, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from meshtui.model.text import clean
from meshtui.tui.state.edit_line import EditLine
from meshtui.tui.text.format import wrap

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events

KEY_OPERATIONS = {
    "left": "left",
    "ctrl+b": "left",
    "right": "right",
    "home": "home",
    "ctrl+a": "home",
    "end": "end",
    "ctrl+e": "end",
    "alt+b": "word-left",
    "ctrl+left": "word-left",
    "alt+f": "word-right",
    "ctrl+right": "word-right",
    "backspace": "backspace",
    "ctrl+h": "backspace",
    "delete": "delete",
    "ctrl+d": "delete",
    "ctrl+k": "kill-end",
    "ctrl+u": "kill-start",
    "ctrl+w": "kill-word",
    "alt+backspace": "kill-word",
    "alt+d": "kill-word-right",
    "ctrl+y": "yank",
}


class LineInput(Widget, can_focus=True):
    """One line to type in, after a prompt; longer text scrolls, or wraps up to `max_lines`."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-input--prompt",
        "line-input--placeholder",
        "line-input--cursor",
        "line-input--note",
        "line-input--warning",
    }
    DEFAULT_CSS = """
    LineInput {
        height: auto; width: 1fr; background: $background; color: $foreground;
    }
    LineInput .line-input--prompt { color: $primary; }
    LineInput .line-input--placeholder { color: $muted; }
    LineInput .line-input--note { color: $muted; }
    LineInput .line-input--warning { color: $warning; }
    LineInput .line-input--cursor { text-style: reverse; }
    """

    @dataclass
    class Changed(Message):
        """The text is different now."""

        line_input: LineInput
        value: str

        @property
        def control(self) -> LineInput:
            """The input."""
            return self.line_input

    @dataclass
    class Submitted(Message):
        """Enter was pressed."""

        line_input: LineInput
        value: str

        @property
        def control(self) -> LineInput:
            """The input."""
            return self.line_input

    def __init__(
        self,
        *,
        prompt: str = "",
        placeholder: str = "",
        is_secret: bool = False,
        max_lines: int = 1,
        max_length: int = 100_000,
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        """Begin empty.

        Args:
            is_secret: Show a dot for each character.
            max_lines: How high it may grow.
        """
        super().__init__(id=id, classes=classes)
        self.line = EditLine(max_length)
        self._prompt = prompt
        self._placeholder = placeholder
        self._is_secret = is_secret
        self._max_lines = max_lines
        self._note = ""
        self._is_warning = False
        self._lines: list[Strip] = []
        self._height = 1

    @property
    def value(self) -> str:
        """What is typed."""
        return self.line.text

    @value.setter
    def value(self, text: str) -> None:
        self.line.put(text)
        self.draw()

    @property
    def prompt(self) -> str:
        """What stands before the text."""
        return self._prompt

    @prompt.setter
    def prompt(self, prompt: str) -> None:
        self._prompt = prompt
        self.draw()

    @property
    def note(self) -> str:
        """What stands at the right edge, such as a counter."""
        return self._note

    @note.setter
    def note(self, note: str) -> None:
        if note != self._note:
            self._note = note
            self.draw()

    def insert(self, text: str) -> None:
        """Put text at the cursor, as if it were typed."""
        self.line.insert(text)
        self._edited()

    # -- keys --------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Take what is text or editing; leave the rest to whoever is above."""
        if self._take(event):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Insert a bracketed paste."""
        event.stop()
        self.take_paste(event.text)

    def take_paste(self, text: str) -> None:
        """Insert pasted text; a single line has no line ends."""
        self.insert(" ".join(text.splitlines()))

    def on_focus(self) -> None:
        """The cursor shows."""
        self.draw()

    def on_blur(self) -> None:
        """The cursor hides."""
        self.draw()

    def submit(self) -> None:
        """Enter."""
        self.post_message(self.Submitted(self, self.line.text))

    def _take(self, event: events.Key) -> bool:
        if event.key == "enter":
            self.submit()
            return True
        operation = KEY_OPERATIONS.get(event.key)
        if operation == "kill-end" and not self.line.text:
            return False
        if operation is not None:
            before = self.line.text
            if self.line.perform(operation):
                self._edited(is_text_changed=before != self.line.text)
            return True
        if is_text(event):
            self.insert(event.character or "")
            return True
        return False

    def _edited(self, *, is_text_changed: bool = True) -> None:
        if is_text_changed:
            self.post_message(self.Changed(self, self.line.text))
        self.draw()

    # -- drawing -----------------------------------------------------------------------------

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """As many lines as the text needs, within the bound."""
        return min(max(len(self._wrapped(width)[0]), 1), self._max_lines)

    def on_resize(self) -> None:
        """Wrap anew."""
        self.draw()

    def notify_style_update(self) -> None:
        """Colours changed."""
        super().notify_style_update()
        self._lines = []

    def render_line(self, y: int) -> Strip:
        """Give a line to Textual."""
        if not self._lines:
            self._lines = self._compose_lines()
        width = self.size.width
        line = self._lines[y] if y < len(self._lines) else Strip.blank(width)
        return line.adjust_cell_length(width).apply_style(self.rich_style)

    def draw(self) -> None:
        """Show the present text; lays out anew only where the height changed."""
        self._lines = []
        width = self.size.width
        if not width:
            return
        height = self.get_content_height(self.size, self.size, width)
        self.refresh(layout=height != self._height)
        self._height = height

    def shown_text(self) -> str:
        """The text as it may be shown."""
        if self._is_secret:
            return "*" * len(self.line.text)
        return "".join(_shown(char) for char in self.line.text)

    def _room(self, width: int) -> int:
        note = cell_len(self._note) + 2 if self._note else 0
        return max(width - cell_len(self._prompt) - note - 1, 4)

    def _wrapped(self, width: int) -> tuple[list[str], int, int]:
        """The shown text in lines, and the cursor's line and column (in characters)."""
        text, cursor = self.shown_text(), self.line.cursor
        if self._max_lines == 1:
            return [text], 0, cursor
        room = self._room(width)
        lines: list[str] = []
        row = column = 0
        begin = 0
        for paragraph in text.split("\n"):
            for piece in _pieces(paragraph, room):
                if begin <= cursor <= begin + len(piece):
                    row, column = len(lines), cursor - begin
                lines.append(piece)
                begin += len(piece)
            begin += 1
        return lines, row, column

    def _compose_lines(self) -> list[Strip]:
        width = self.size.width
        room = self._room(width)
        prompt_style = self.get_component_rich_style("line-input--prompt", partial=True)
        lines, row, column = self._wrapped(width)
        first = max(row - self._max_lines + 1, 0)
        strips = []
        for index, text in enumerate(lines[first : first + self._max_lines], first):
            prompt = self._prompt if index == 0 else " " * cell_len(self._prompt)
            segments = [Segment(prompt, prompt_style)]
            segments.extend(self._text_segments(text, column if index == row else None, room))
            strips.append(Strip(segments))
        if self._note and strips:
            word = "line-input--warning" if self._is_warning else "line-input--note"
            style = self.get_component_rich_style(word, partial=True)
            body = strips[0].adjust_cell_length(width - cell_len(self._note) - 1, self.rich_style)
            strips[0] = Strip([*body, Segment(self._note, style)])
        return strips

    def _text_segments(self, text: str, column: int | None, room: int) -> list[Segment]:
        style = self.rich_style
        if not self.line.text and self._placeholder:
            muted = self.get_component_rich_style("line-input--placeholder", partial=True)
            hint = self._placeholder[: room - 1]
            if column is None or not self.has_focus:
                return [Segment(hint, muted)]
            return [Segment(" ", self._cursor_style()), Segment(hint, muted)]
        if column is None or not self.has_focus:
            return [Segment(_fitting(text, room), style)]
        start = 0
        while cell_len(text[start : column + 1]) > room - 1 and start < column:
            start += 1
        head, at, tail = text[start:column], text[column : column + 1] or " ", text[column + 1 :]
        self._place_terminal_cursor(cell_len(head))
        rest = _fitting(tail, room - cell_len(head) - cell_len(at))
        return [Segment(head, style), Segment(at, self._cursor_style()), Segment(rest, style)]

    def _place_terminal_cursor(self, column: int) -> None:
        """Input methods open their window where the terminal's own cursor is."""
        offset = Offset(cell_len(self._prompt) + column, 0)
        self.app.cursor_position = self.content_region.offset + offset

    def _cursor_style(self) -> Style:
        return self.get_component_rich_style("line-input--cursor", partial=True)


def is_text(event: events.Key) -> bool:
    """A key that is typed; with Alt it is a command, though Textual calls it printable."""
    return event.is_printable and bool(event.character) and not event.key.startswith("alt+")


def _shown(char: str) -> str:
    """One character as one character: what `clean` would hide or join must not move the cursor."""
    if char == "\n" or char.isprintable():
        return char
    return clean(char)[:1] or "?"


def _fitting(text: str, room: int) -> str:
    while text and cell_len(text) > max(room, 0):
        text = text[:-1]
    return text


def _pieces(paragraph: str, room: int) -> list[str]:
    """Wrap a paragraph so that the pieces joined are the paragraph: the cursor needs each cell."""
    if cell_len(paragraph) <= room:
        return [paragraph]
    pieces = []
    rest = paragraph
    for line in wrap(paragraph, room)[:-1]:
        taken = len(line)
        while taken < len(rest) and rest[taken] == " ":
            taken += 1
        pieces.append(rest[:taken])
        rest = rest[taken:]
    return [*pieces, rest]
