"""The text being typed: readline's keys as operations on a text and a cursor."""

from __future__ import annotations

MAX_HISTORY = 100


class EditLine:
    """A text, a cursor in it, what was last killed, and what was sent before."""

    def __init__(self, max_length: int = 100_000) -> None:
        """Begin empty."""
        self.text = ""
        self.cursor = 0
        self.killed = ""
        self._max_length = max_length
        self._history: list[str] = []
        self._recalled: int | None = None
        self._kept = ""

    def put(self, text: str) -> None:
        """Replace everything; the cursor goes to the end."""
        self.text = text[: self._max_length]
        self.cursor = len(self.text)
        self._recalled = None

    def insert(self, text: str) -> None:
        """Type or paste at the cursor."""
        text = text[: max(self._max_length - len(self.text), 0)]
        self.text = self.text[: self.cursor] + text + self.text[self.cursor :]
        self.cursor += len(text)

    def replace(self, start: int, end: int, text: str) -> None:
        """Put a text in place of a span; the cursor goes behind it."""
        self.text = (self.text[:start] + text + self.text[end:])[: self._max_length]
        self.cursor = min(start + len(text), len(self.text))

    def perform(self, operation: str) -> bool:
        """Carry out one of `OPERATIONS`; False where it changed nothing."""
        before = (self.text, self.cursor)
        OPERATIONS[operation](self)
        return before != (self.text, self.cursor)

    def remember(self, text: str) -> None:
        """Keep a sent text for `recall`."""
        if text and (not self._history or self._history[-1] != text):
            self._history.append(text)
            del self._history[:-MAX_HISTORY]
        self._recalled = None

    def recall(self, step: int) -> bool:
        """Walk the sent texts, -1 towards older; what was being typed is the newest of them."""
        if not self._history:
            return False
        here = len(self._history) if self._recalled is None else self._recalled
        there = min(max(here + step, 0), len(self._history))
        if there == here:
            return False
        if here == len(self._history):
            self._kept = self.text
        text = self._kept if there == len(self._history) else self._history[there]
        self.put(text)
        self._recalled = there if there < len(self._history) else None
        return True

    def word_before(self) -> int:
        """Where the word before the cursor begins."""
        start = self.cursor
        while start > 0 and self.text[start - 1].isspace():
            start -= 1
        while start > 0 and not self.text[start - 1].isspace():
            start -= 1
        return start

    def word_after(self) -> int:
        """Where the word after the cursor ends."""
        end = self.cursor
        while end < len(self.text) and self.text[end].isspace():
            end += 1
        while end < len(self.text) and not self.text[end].isspace():
            end += 1
        return end

    def line_start(self) -> int:
        """Where the cursor's line begins."""
        return self.text.rfind("\n", 0, self.cursor) + 1

    def line_end(self) -> int:
        """Where the cursor's line ends."""
        end = self.text.find("\n", self.cursor)
        return len(self.text) if end < 0 else end

    def kill(self, start: int, end: int) -> None:
        """Cut a span out and keep it for `yank`."""
        if start < end:
            self.killed = self.text[start:end]
            self.text = self.text[:start] + self.text[end:]
            self.cursor = start

    def delete(self, start: int, end: int) -> None:
        """Cut a span out."""
        self.text = self.text[: max(start, 0)] + self.text[end:]
        self.cursor = max(start, 0)

    def go(self, position: int) -> None:
        """Move the cursor, within the text."""
        self.cursor = min(max(position, 0), len(self.text))


OPERATIONS = {
    "left": lambda line: line.go(line.cursor - 1),
    "right": lambda line: line.go(line.cursor + 1),
    "home": lambda line: line.go(line.line_start()),
    "end": lambda line: line.go(line.line_end()),
    "word-left": lambda line: line.go(line.word_before()),
    "word-right": lambda line: line.go(line.word_after()),
    "backspace": lambda line: line.delete(line.cursor - 1, line.cursor),
    "delete": lambda line: line.delete(line.cursor, line.cursor + 1),
    "kill-end": lambda line: line.kill(line.cursor, line.line_end()),
    "kill-start": lambda line: line.kill(line.line_start(), line.cursor),
    "kill-word": lambda line: line.kill(line.word_before(), line.cursor),
    "kill-word-right": lambda line: line.kill(line.cursor, line.word_after()),
    "yank": lambda line: line.insert(line.killed),
}
