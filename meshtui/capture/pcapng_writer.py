"""Writes pcapng: an interface for each link, network and kind of packet, described as it comes.

Interfaces may follow packets, so nothing need be known beforehand. Direction goes to `epb_flags`;
link and network to the interface; what is left (see `_remarks`) to a comment of the packet.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from meshtui.capture.link_types import LORATAP, UPPER_PDU, is_radio, wrap_radio, wrap_upper_pdu
from meshtui.capture.loratap import says_exactly
from meshtui.capture.packet import MAX_NAME_CHARS, MAX_PACKET_BYTES, LoraChannel
from meshtui.capture.pcapng import COMMENT, FLAGS, IF_NAME, INTERFACE, PACKET, SECTION
from meshtui.capture.remarks import write_remarks

if TYPE_CHECKING:
    from meshtui.model.packet_row import PacketRow

MAX_INTERFACES: Final = 1_000
"""Links beyond these share the last interface, and their packets say in a comment what they are."""

_IF_DESCRIPTION: Final = 3
_FLAGS: Final = {"rx": struct.pack("<I", 1), "tx": struct.pack("<I", 2)}
_MAX_TICKS: Final = 0xFFFF_FFFF_FFFF_FFFF
_END_OF_OPTIONS: Final = bytes(4)


class PcapngWriter:
    """Turns rows into blocks."""

    def __init__(self) -> None:
        """Begin without interfaces."""
        self._interfaces: dict[tuple[str, str, bool], int] = {}

    def header(self) -> bytes:
        """The section's header."""
        return _block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))

    def record(self, row: PacketRow, lora: LoraChannel | None) -> bytes:
        """The block of a packet; before it that of its interface, where it is the first there."""
        by_radio = is_radio(row)
        number, described, is_own = self._interface(row, by_radio)
        # the topic stands in the comment, where Wireshark shows it
        data = wrap_radio(row, lora) if by_radio else wrap_upper_pdu(row, None, says_topic=False)
        ticks = min(max(row.at.unix_ms, 0) * 1_000, _MAX_TICKS)
        head = struct.pack("<IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
        options = _option(FLAGS, _FLAGS[row.direction]) if row.direction in _FLAGS else b""
        remarks = _remarks(row, by_radio=by_radio, is_own=is_own)
        if remarks:
            options += _option(COMMENT, write_remarks(remarks).encode())
        if options:
            options += _END_OF_OPTIONS
        return described + _block(PACKET, head + _padded(data) + options)

    def _interface(self, row: PacketRow, by_radio: bool) -> tuple[int, bytes, bool]:  # noqa: FBT001
        """Return its number, the block that describes it where it is new, and if it is its own."""
        key = (row.link_id, row.network, by_radio)
        if key in self._interfaces:
            return self._interfaces[key], b"", True
        if len(self._interfaces) < MAX_INTERFACES:
            number = self._interfaces[key] = len(self._interfaces)
            return number, _describe(row, by_radio=by_radio), True
        shared = ("", "", by_radio)
        if shared in self._interfaces:
            return self._interfaces[shared], b"", False
        number = self._interfaces[shared] = len(self._interfaces)
        return number, _describe(None, by_radio=by_radio), False


def _describe(row: PacketRow | None, *, by_radio: bool) -> bytes:
    body = struct.pack("<HHI", LORATAP if by_radio else UPPER_PDU, 0, MAX_PACKET_BYTES)
    if row is None:
        return _block(INTERFACE, body)
    remarks = write_remarks(_said(link=row.link_id, network=row.network))
    kind = "LoRa" if by_radio else "not by radio"
    options = (
        _option(COMMENT, remarks.encode())
        + _option(IF_NAME, _utf8(row.link_id))
        + _option(_IF_DESCRIPTION, _utf8(f"{row.network} {kind}"))
        + _END_OF_OPTIONS
    )
    return _block(INTERFACE, body + options)


def _remarks(row: PacketRow, *, by_radio: bool, is_own: bool) -> dict[str, object]:
    remarks: dict[str, object] = {}
    if row.endpoint:
        remarks |= _said(endpoint=row.endpoint)
    if not is_own:
        remarks |= _said(link=row.link_id, network=row.network)
    has_figures = row.rssi_dbm is not None or row.snr_db is not None
    if has_figures and not (by_radio and says_exactly(row.rssi_dbm, row.snr_db)):
        remarks |= {"rssi": row.rssi_dbm, "snr": row.snr_db}
    return remarks


def _said(**texts: str) -> dict[str, object]:
    # lone surrogates are nothing a file can hold
    return {key: _utf8(text).decode() for key, text in texts.items()}


def _utf8(text: str) -> bytes:
    return text[:MAX_NAME_CHARS].encode("utf-8", "replace")


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
