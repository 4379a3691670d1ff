"""The columns of the packet list: which there are, and which fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.tui.text.columns import Column

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

COLUMNS = (
    Column("mark", 1, title=""),
    Column("number", 5, is_right=True, title="#"),
    Column("time", 12),
    Column("dir", 2, title=""),
    Column("net", 8),
    Column("link", 7),
    Column("type", 10),
    Column("stations", 12, grow=4, title="from > to"),
    Column("channel", 9),
    Column("text", 16, grow=5),
    Column("bytes", 6, is_right=True),
    Column("hops", 4, is_right=True, title="via"),
    Column("path", 9, grow=3),
    Column("ttl", 3, is_right=True),
    Column("dBm", 4, is_right=True),
    Column("snr", 6, is_right=True, title="SNR"),
    Column("verdict", 10, grow=1),
    Column("id", 9, grow=1),
    Column("hash", 8),
    Column("topic", 14, grow=1),
)
"""All there are, in the order in which they stand."""

HELP = {
    "number": "counts the packets",
    "time": "when it passed; w: since the one before",
    "dir": "rx came, tx went",
    "net": "its network",
    "link": "the link it crossed",
    "type": "the network's own word",
    "stations": "who sent it, and to whom",
    "channel": "its name, or the hash it goes by",
    "text": "what it says, or why it was not opened",
    "bytes": "as it crossed the link",
    "hops": "relays so far",
    "path": "the relays it names",
    "ttl": "relays left",
    "dBm": "how strongly it was heard (RSSI)",
    "snr": "over the noise, in dB",
    "verdict": "what became of it, and why",
    "id": "its message",
    "hash": "the same for all its copies",
    "topic": "where on the link it came",
}

_RANK = (
    *("mark", "time", "type", "stations", "verdict", "dir", "hops", "snr", "dBm", "number"),
    *("bytes", "net", "text", "path", "link", "ttl", "channel", "id", "hash", "topic"),
)
"""The most important first: the last are left out where there is no room."""

_OPTIONAL = _RANK.index("bytes")
_COMFORT = {"stations": 10, "text": 6, "path": 5}
"""Cells that a column is given beyond its least before less important ones come in."""

FIXED = "mark"
DEFAULT: tuple[str, ...] = tuple(
    column.name for column in COLUMNS if column.name not in {"channel", "hash", FIXED}
)


def fitting(width: int, chosen: Collection[str], known: Collection[str]) -> Sequence[Column]:
    """Choose what is shown at a width.

    Args:
        chosen: What the user wants to see.
        known: Columns that would not be blank.
    """
    by_name = {column.name: column for column in COLUMNS}
    room, taken = width + 1, set()
    for rank, name in enumerate(_RANK):
        if rank == _OPTIONAL:
            room -= sum(cells for other, cells in _COMFORT.items() if other in taken)
        needed = by_name[name].width + 1
        if rank > _OPTIONAL:
            needed += _COMFORT.get(name, 0)
        if name == FIXED or (name in chosen and name in known and needed <= room):
            taken.add(name)
            room -= needed
    return [column for column in COLUMNS if column.name in taken]


def chosen_of(saved: str) -> tuple[str, ...]:
    """Read a remembered choice; the usual ones where it names none that there is."""
    names = set(saved.split(","))
    found = tuple(column.name for column in COLUMNS if column.name in names - {FIXED})
    return found or DEFAULT
