"""Looking for something in packets: in their words, in their bytes, in their fields."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.tui.state.field_tree import walk_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meshtui.model.packet import Dissection
    from meshtui.model.packet_row import PacketRow
    from meshtui.tui.state.field_tree import Path

MAX_TYPED = 200
_HEX = re.compile(r"(?:0x)?((?:[0-9a-f]{2}[ :]?)+)")


@dataclass(frozen=True, slots=True)
class Needle:
    """What is looked for.

    Attributes:
        text: In any case.
        data: The same as bytes, lower-case.
        code: What was typed, read as hex digits; empty where it cannot be.
    """

    text: str
    data: bytes
    code: bytes

    def is_in_row(self, row: PacketRow, name_of: Callable[[str], str]) -> bool:
        """Look into what is at hand: the summary, names and bytes."""
        summary = row.summary
        words = (
            *(summary.kind, summary.text, summary.reason, summary.detail, summary.message_id),
            *(summary.packet_hash, summary.acks, summary.channel, *summary.path),
            *(summary.source, summary.destination, row.endpoint, row.link_id),
            *(name_of(node) for node in (summary.source, summary.destination) if node),
        )
        return any(self.text in word.casefold() for word in words) or bool(self.spot(row.payload))

    def spot(self, data: bytes) -> range:
        """Return where in some bytes it stands first; empty = nowhere."""
        at = data.lower().find(self.data)
        if at >= 0:
            return range(at, at + len(self.data))
        at = data.find(self.code) if self.code else -1
        return range(at, at + len(self.code)) if at >= 0 else range(0)

    def field_in(self, dissection: Dissection) -> Path | None:
        """Return where in the tree it stands first: in a name, a value or a remark."""
        for path, field in walk_all(dissection.fields):
            if any(self.text in text.casefold() for text in (field.value, field.name, field.note)):
                return path
        return None

    def is_in_dissection(self, dissection: Dissection) -> bool:
        """Look into fields, sentences and what was opened."""
        said = (dissection.summary, dissection.why, *dissection.problems)
        if any(self.text in text.casefold() for text in said):
            return True
        if any(self.spot(data) for _, data in dissection.buffers):
            return True
        return self.field_in(dissection) is not None


def needle_of(typed: str) -> Needle | None:
    """Read what was typed; None = nothing. Hex digits are looked for as text and as bytes."""
    text = typed.strip().casefold()[:MAX_TYPED]
    if not text:
        return None
    match = _HEX.fullmatch(text)
    code = bytes.fromhex(match[1].replace(":", "")) if match else b""
    return Needle(text, text.encode("utf-8", "surrogatepass").lower(), code)


def places_from(start: int, count: int, step: int) -> Iterator[int]:
    """Yield every index but `start` first, on from it or back, round the end; `start` last."""
    for distance in range(1, count + 1):
        yield (start + step * distance) % count
