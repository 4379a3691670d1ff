"""Classic pcap, in either byte order, counting microseconds or nanoseconds.

    magic u32 | major u16 | minor u16 | zone i32 | accuracy u32 | snap length u32 | link type u32
    ( seconds u32 | fraction u32 | bytes kept u32 | bytes there were u32 | bytes )*

The snap length is not believed: writers lie. Source: draft-ietf-opsawg-pcap.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from meshtui.capture.link_types import LORATAP, UPPER_PDU, unwrap, wrap_radio, wrap_upper_pdu
from meshtui.capture.packet import MAX_PACKET_BYTES, CapturedPacket, LoraChannel
from meshtui.capture.scanner import Scanner

if TYPE_CHECKING:
    from meshtui.model.packet_row import PacketRow

HEADER_BYTES: Final = 24
MAGICS: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000),
}
"""Byte order, and how many fractions make a millisecond."""

_RECORD_BYTES: Final = 16
_LINK_TYPE_MASK: Final = 0x0FFFFFFF
_OUR_HEADER: Final = struct.Struct("<IHHiIII")
_OUR_RECORD: Final = struct.Struct("<IIII")
_MAX_SECONDS: Final = 0xFFFFFFFF


class PcapScanner(Scanner):
    """Reads what follows a header."""

    form = "pcap"

    def __init__(self, header: bytes) -> None:
        """Take the file's first `HEADER_BYTES`."""
        super().__init__()
        order, self._fractions_per_ms = MAGICS[header[:4]]
        self.link_type = struct.unpack(f"{order}I", header[20:24])[0] & _LINK_TYPE_MASK
        self._record = struct.Struct(f"{order}IIII")

    def scan(self, data: bytes, base: int) -> int:
        """Find whole records."""
        at, end, unpack = 0, len(data), self._record.unpack_from
        while at + _RECORD_BYTES <= end and not self.is_stopped:
            _, _, kept, _ = unpack(data, at)
            if kept > MAX_PACKET_BYTES:
                self.stop(
                    f"damaged at byte {base + at:,}: packet {len(self.places) + 1:,} claims "
                    f"{kept:,} bytes; nothing after it can be read"
                )
                break
            size = _RECORD_BYTES + kept
            if at + size > end or not self.add(base + at, size, 0):
                break
            at += size
        return base + at

    def finish(self, data: bytes, base: int) -> None:
        """Half a record is no packet."""
        if data:
            self.stop(f"cut off at byte {base + len(data):,}, within a packet")

    def decode(self, record: bytes, mark: int) -> CapturedPacket:  # noqa: ARG002 - one link type
        """Read a record."""
        seconds, fraction, kept, there_were = self._record.unpack_from(record)
        unix_ms = seconds * 1_000 + fraction // self._fractions_per_ms
        note = f"cut by the recorder: {kept} of {there_were} bytes" if there_were > kept else ""
        return unwrap(self.link_type, record, _RECORD_BYTES, unix_ms, note=note)


def encode_header(*, is_radio: bool) -> bytes:
    """Make a file's header: for packets of radios only, or for any."""
    link_type = LORATAP if is_radio else UPPER_PDU
    return _OUR_HEADER.pack(0xA1B2C3D4, 2, 4, 0, 0, MAX_PACKET_BYTES, link_type)


def encode_record(row: PacketRow, lora: LoraChannel | None, *, is_radio: bool) -> bytes:
    """Make a packet's record; `is_radio` as for the header."""
    data = (wrap_radio if is_radio else wrap_upper_pdu)(row, lora)
    seconds, ms = divmod(max(row.at.unix_ms, 0), 1_000)
    return _OUR_RECORD.pack(min(seconds, _MAX_SECONDS), ms * 1_000, len(data), len(data)) + data
