"""Where messages are written: grows to six lines, counts bytes and time on the air, completes.

A paste of more than three lines is held until Enter confirms it; it becomes one message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.tui.state.completion import Completion, Vocabulary, complete
from meshtui.tui.text.format import size_words
from meshtui.tui.text.radio import cost_words, is_nearly_used
from meshtui.tui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events

    from meshtui.model.message import SendCost
    from meshtui.tui.text.glyphs import Glyphs

MAX_LINES = 6
MAX_MESSAGE_BYTES = 60 * 1024
"""What the longest message may measure: the envelope of 256 KiB holds base64 and JSON too."""
_PASTE_WITHOUT_ASKING = 3
_NOTE_SHARE = 0.5  # of the line; the rest is for words


class Composer(LineInput):
    """The message line."""

    DEFAULT_CSS = """
    Composer { padding: 0 0 0 1; }
    """

    def __init__(
        self,
        *,
        glyphs: Glyphs,
        vocabulary: Callable[[], Vocabulary],
        cost: Callable[[str], SendCost | None],
    ) -> None:
        """Begin empty.

        Args:
            vocabulary: Asked at each Tab.
            cost: What sending a text by radio would take; asked once for each change of the text.
        """
        prompt = f"{glyphs.prompt} "
        super().__init__(prompt=prompt, placeholder="", max_lines=MAX_LINES, id="composer")
        self._glyphs = glyphs
        self._vocabulary = vocabulary
        self._cost_of = cost
        self._cost: SendCost | None = None
        self._costed = ""
        self._offered: Completion | None = None
        self._offer = 0
        self._held_paste = ""
        self._is_refused = ""

    @property
    def is_too_long(self) -> bool:
        """More bytes than a message may have."""
        return len(self.value.encode(errors="replace")) > MAX_MESSAGE_BYTES

    @property
    def held_paste(self) -> str:
        """A paste that waits for a yes."""
        return self._held_paste

    @property
    def cost(self) -> SendCost | None:
        """What sending the text by radio would take; None = nothing, or no radio would carry it."""
        return self._cost

    def ask_cost_again(self) -> None:
        """Ask what the text takes: time has passed, something was sent, another chat is open."""
        before = self._note, self._is_warning
        self._costed = ""
        self._count()
        if (self._note, self._is_warning) != before:
            super().draw()

    def refuse(self, why: str) -> None:
        """Nothing can be written here, and why; empty = it can."""
        self._is_refused = why
        self._placeholder = why
        self.draw()

    def drop_paste(self) -> bool:
        """Forget a held paste; False where there was none."""
        if not self._held_paste:
            return False
        self._held_paste = ""
        self._count()
        return True

    def take_paste(self, text: str) -> None:
        """Insert a paste, or hold it if it is long."""
        text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
        lines = text.count("\n") + 1
        if lines > _PASTE_WITHOUT_ASKING:
            self._held_paste = text
            self.note = f"{lines} lines as one message? Enter inserts, Esc drops"
        else:
            self.insert(text)

    def _take(self, event: events.Key) -> bool:
        if event.key != "tab":
            self._offered = None
        match event.key:
            case "enter" if self._held_paste:
                text, self._held_paste = self._held_paste, ""
                self.insert(text)
                return True
            case "alt+enter" | "ctrl+j" | "shift+enter":
                self.insert("\n")
                return True
            case "tab":
                return self._complete()
            case "up" | "down":
                return self._up_or_down(-1 if event.key == "up" else 1)
        return super()._take(event)

    def _edited(self, *, is_text_changed: bool = True) -> None:
        self._count()
        super()._edited(is_text_changed=is_text_changed)

    def draw(self) -> None:
        """Keep the counter right whatever changed the text."""
        self._count()
        super().draw()

    def _count(self) -> None:
        if self._held_paste:
            return
        text = self.value
        size = len(text.encode(errors="replace"))
        is_too_long = size > MAX_MESSAGE_BYTES
        if text != self._costed:
            self._costed = text
            self._cost = None if is_too_long else self._cost_of(text)
        cost = self._cost if text else None
        self._is_warning = is_too_long or (cost is not None and is_nearly_used(cost))
        if is_too_long:
            limit = size_words(MAX_MESSAGE_BYTES)
            self._note = f"{size_words(size)}, too long: at most {limit}"
        elif cost is not None:
            room = int(self.size.width * _NOTE_SHARE)
            self._note = cost_words(cost, size, room, self._glyphs)
        else:
            self._note = size_words(size) if size else ""

    def _complete(self) -> bool:
        if not self.value:
            return False
        offered = self._offered
        if offered is None:
            offered = complete(self.value, self.line.cursor, self._vocabulary())
            if offered is None:
                return True
            self._offer = 0
        else:
            self._offer = (self._offer + 1) % len(offered.candidates)
        chosen = offered.candidates[self._offer]
        self.line.replace(offered.start, offered.end, chosen)
        end = offered.start + len(chosen)
        self._offered = Completion(offered.start, end, offered.candidates)
        self._edited()
        return True

    def _up_or_down(self, step: int) -> bool:
        lines, row, _ = self._wrapped(self.size.width)
        target = row + step
        if self.value and 0 <= target < len(lines):
            self._move_line(lines, row, step)
            self.draw()
            return True
        if self.line.recall(step):
            self._edited()
        return True

    def _move_line(self, lines: list[str], row: int, step: int) -> None:
        """Move the cursor to the same column of another shown line."""
        starts = []
        position = 0
        text = self.shown_text()
        for line in lines:
            starts.append(position)
            position += len(line)
            if text[position : position + 1] == "\n":
                position += 1
        column = self.line.cursor - starts[row]
        self.line.go(starts[row + step] + min(column, len(lines[row + step])))
