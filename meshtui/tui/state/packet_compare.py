"""Two packets side by side: how they were heard first, then the fields in which they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.tui.state.field_tree import FieldDifference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.model.packet_row import PacketRow


def is_same_packet(left: PacketRow, right: PacketRow) -> bool:
    """Both are copies of one packet: the same hash, or where there is none, the same message."""
    one, other = left.summary, right.summary
    if one.packet_hash or other.packet_hash:
        return one.packet_hash == other.packet_hash
    return bool(one.message_id) and (one.kind, one.message_id) == (other.kind, other.message_id)


def reception_differences(
    left: PacketRow, right: PacketRow, name_of: Callable[[str], str]
) -> list[FieldDifference]:
    """Tell how differently two packets reached us: by which way, how well, when; equal ones not.

    Args:
        name_of: A relay as a person reads it.
    """
    found = (
        _difference("path", *(_way(row, name_of) for row in (left, right))),
        _difference("via", *(_figure(row.summary.hops) for row in (left, right))),
        _difference("SNR", *(_figure(row.snr_db, " dB") for row in (left, right))),
        _difference("RSSI", *(_figure(row.rssi_dbm, " dBm") for row in (left, right))),
        _difference("link", left.link_id, right.link_id),
        _difference("direction", left.direction, right.direction),
        _difference("verdict", *(_verdict(row) for row in (left, right))),
        _difference("size", *(f"{len(row.payload)} B" for row in (left, right))),
    )
    later_s = right.at.mono_s - left.at.mono_s
    time = FieldDifference("time", "", f"{later_s:+.3f} s")
    return [*(each for each in found if each is not None), time]


def _difference(name: str, left: str, right: str) -> FieldDifference | None:
    return None if left == right else FieldDifference(name, left, right)


def _way(row: PacketRow, name_of: Callable[[str], str]) -> str:
    return " > ".join(_names(row.summary.path, name_of))


def _names(path: Sequence[str], name_of: Callable[[str], str]) -> list[str]:
    return [name_of(hop) for hop in path]


def _figure(value: float | None, unit: str = "") -> str:
    return "" if value is None else f"{value:g}{unit}"


def _verdict(row: PacketRow) -> str:
    return " ".join(word for word in (row.summary.verdict.value, row.summary.reason) if word)
