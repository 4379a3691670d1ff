"""A packet taken apart, as lines for people: names aligned, bytes named, foreign text harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.cli.output import cell_width
from meshtui.model.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meshtui.model.packet import DissectedField, Dissection

_INDENT: Final = "  "
_VALUE_LIMIT: Final = 2_000
_NAME_LIMIT: Final = 160
_MAX_ALIGNED: Final = 24  # a longer name pushes its own value aside, not those of all others


def dissection_lines(dissection: Dissection) -> Iterator[str]:
    """Write a packet: what it is, its fields as a tree, what is wrong, which key is missing."""
    yield clean(dissection.summary, limit=_VALUE_LIMIT)
    yield from _rows(dissection.fields, _INDENT, dissection.buffers)
    for problem in dissection.problems:
        yield f"{_INDENT}wrong: {clean(problem, limit=_VALUE_LIMIT)}"
    if dissection.why:
        yield f"{_INDENT}not opened: {clean(dissection.why, limit=_VALUE_LIMIT)}"


def _rows(
    fields: Sequence[DissectedField], indent: str, buffers: Sequence[tuple[str, bytes]]
) -> Iterator[str]:
    """Write fields and what is in them; as deep as dissections are, so a few levels."""
    names = [clean(field.name, limit=_NAME_LIMIT) for field in fields]
    width = max((min(cell_width(name), _MAX_ALIGNED) for name in names), default=0)
    for name, field in zip(names, fields, strict=True):
        padding = " " * max(width - cell_width(name), 0)
        value = clean(field.value, limit=_VALUE_LIMIT)
        where = _place(field, buffers)
        note = clean(field.note, limit=_VALUE_LIMIT)
        remarks = "; ".join(part for part in (where, note) if part)
        line = f"{indent}{name}{padding}  {value}"
        yield f"{line}  ({remarks})" if remarks else line.rstrip()
        yield from _rows(field.children, indent + _INDENT, buffers)


def _place(field: DissectedField, buffers: Sequence[tuple[str, bytes]]) -> str:
    """Name the bytes a field was read from, counted from 0; empty where it has none."""
    if field.start >= field.end:
        return ""
    last = field.end - 1
    span = f"byte {last}" if field.start == last else f"bytes {field.start}-{last}"
    if not 0 < field.buffer <= len(buffers):
        return span
    return f"{clean(buffers[field.buffer - 1][0], limit=_NAME_LIMIT)} {span}"
