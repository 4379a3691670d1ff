"""A dissection as a list of lines: which fields are shown, how deep, and which can be opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from meshtui.model.packet import DissectedField, Dissection

Path: TypeAlias = "tuple[int, ...]"

MAX_LINES = 5_000
"""Lines shown of one packet: a hostile packet may hold very many fields."""

MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One line of the tree: a field, or a sentence about the whole packet.

    Attributes:
        field: None for a sentence.
        kind: `field`, `summary`, `why`, `problem`, `note`.
        path: Position of the field in the tree; survives another packet of the same shape.
    """

    kind: str
    text: str = ""
    field: DissectedField | None = None
    depth: int = 0
    path: Path = ()
    is_open: bool = False


class FieldTree:
    """What is shown of a packet. Which paths are closed is kept from packet to packet."""

    def __init__(self) -> None:
        """Show nothing."""
        self.dissection: Dissection | None = None
        self.lines: Sequence[TreeLine] = ()
        self._sentences: tuple[TreeLine, ...] = ()
        self._closed: set[Path] = set()

    def show(self, dissection: Dissection | None, sentences: Sequence[tuple[str, str]]) -> None:
        """Take another packet; `sentences` are (kind, text) lines that stand before its fields."""
        self.dissection = dissection
        self._sentences = tuple(TreeLine(kind, text) for kind, text in sentences)
        self._rebuild()

    def set_open(self, index: int, is_open: bool | None = None) -> bool:  # noqa: FBT001
        """Open or close the field on a line, None = the other way; False where nothing changes."""
        line = self.lines[index] if 0 <= index < len(self.lines) else None
        if line is None or line.field is None or not line.field.children:
            return False
        wanted = not line.is_open if is_open is None else is_open
        if wanted == line.is_open:
            return False
        if wanted:
            self._closed.discard(line.path)
        else:
            self._closed.add(line.path)
        self._rebuild()
        return True

    def line_of_byte(self, buffer: int, offset: int) -> int:
        """The line of the smallest field that holds a byte, opened where it was closed; -1 = none.

        Of two of one size the inner one.
        """
        best: tuple[int, Path] | None = None
        fields = self.dissection.fields if self.dissection is not None else ()
        for path, field in walk_all(fields):
            if field.buffer == buffer and field.start <= offset < field.end:
                size = field.end - field.start
                if best is None or size <= best[0]:
                    best = (size, path)
        return -1 if best is None else self.line_of_path(best[1])

    def line_of_path(self, path: Path) -> int:
        """The line of a field, opened where it was closed; -1 = there is no such field."""
        around = {path[:depth] for depth in range(1, len(path))}
        if around & self._closed:
            self._closed -= around
            self._rebuild()
        return next((at for at, line in enumerate(self.lines) if line.path == path), -1)

    def parent_of(self, index: int) -> int:
        """The line of the enclosing field; the line itself where there is none."""
        path = self.lines[index].path
        for above in range(index - 1, -1, -1):
            if len(path) > 1 and self.lines[above].path == path[:-1]:
                return above
        return index

    def _rebuild(self) -> None:
        lines = list(self._sentences)
        if self.dissection is not None:
            for line in _walk(self.dissection.fields, (), self._closed):
                lines.append(line)
                if len(lines) >= MAX_LINES:
                    lines.append(TreeLine("note", f"only the first {MAX_LINES} lines are shown"))
                    break
        self.lines = lines


def walk_all(fields: Sequence[DissectedField]) -> Iterator[tuple[Path, DissectedField]]:
    """Yield every field with its place, those around first; as many as are ever shown."""
    stack: list[tuple[Path, DissectedField]] = [
        ((index,), field) for index, field in reversed(tuple(enumerate(fields)))
    ]
    for _ in range(MAX_LINES):
        if not stack:
            return
        path, field = stack.pop()
        yield path, field
        if len(path) < MAX_DEPTH:
            inner = reversed(tuple(enumerate(field.children)))
            stack += [((*path, index), child) for index, child in inner]


def _walk(fields: Sequence[DissectedField], path: Path, closed: set[Path]) -> Iterator[TreeLine]:
    for index, field in enumerate(fields):
        here = (*path, index)
        is_open = bool(field.children) and here not in closed and len(here) < MAX_DEPTH
        yield TreeLine("field", "", field, len(path), here, is_open)
        if is_open:
            yield from _walk(field.children, here, closed)


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field of two packets: empty where one of them has none such."""

    name: str
    left: str
    right: str


def compare(left: Dissection, right: Dissection) -> tuple[list[FieldDifference], int]:
    """Lay two packets side by side.

    Returns:
        The fields in which they differ, in the order of their first appearance, and how many
        are alike.
    """
    one, other = _flat(left), _flat(right)
    names = [*one, *(name for name in other if name not in one)]
    differing = [
        FieldDifference(name, one.get(name, ""), other.get(name, ""))
        for name in names
        if one.get(name, "") != other.get(name, "")
    ]
    return differing, len(names) - len(differing)


def _flat(dissection: Dissection) -> Mapping[str, str]:
    """Values by dotted name; a name met again gets a number."""
    found: dict[str, str] = {}
    met: dict[str, int] = {}
    stack: list[tuple[str, DissectedField]] = [("", f) for f in reversed(dissection.fields)]
    while stack and len(found) < MAX_LINES:
        prefix, field = stack.pop()
        name = f"{prefix}{field.name}"
        met[name] = met.get(name, 0) + 1
        unique = name if met[name] == 1 else f"{name} {met[name]}"
        found[unique] = field.value
        if name.count(".") < MAX_DEPTH:
            stack += [(f"{unique}.", child) for child in reversed(field.children)]
    return found
