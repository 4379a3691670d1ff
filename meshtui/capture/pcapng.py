"""pcapng: sections of blocks, each section in its own byte order, with interfaces of its own.

    block:  type u32 | length u32 | body, padded to 4 | length u32
    body of a packet (6):  interface u32 | time u32 high, u32 low | bytes kept u32 | bytes there
        were u32 | bytes, padded to 4 | options;   option: code u16 | length u16 | value, padded

Blocks of other kinds are passed over unread, whatever their size. Source: draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from meshtui.capture.link_types import unwrap
from meshtui.capture.packet import MAX_PACKET_BYTES, CapturedPacket
from meshtui.capture.remarks import (
    MAX_TIME_MS,
    PREFIX,
    figure_of,
    read_remarks,
    text_of,
    time_of,
    whole_of,
)
from meshtui.capture.scanner import MAX_RECORD_BYTES, Scanner

SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, PACKET = 0x0A0D0D0A, 1, 2, 3, 6
SECTION_MAGIC: Final = b"\x0a\x0d\x0d\x0a"
MAX_INTERFACES: Final = 4_096
MIN_BLOCK_BYTES: Final = 12
COMMENT, FLAGS, IF_NAME, IF_RESOLUTION, IF_OFFSET = 1, 2, 2, 9, 14
DIRECTIONS: Final = {1: "rx", 2: "tx"}
_ORDERS: Final = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_KNOWN: Final = frozenset({SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, PACKET})
_PACKETS: Final = {PACKET: 32, OLD_PACKET: 32, SIMPLE_PACKET: 16}
_PLAIN_FLAGS: Final = {
    struct.pack(f"{order}HHIHH", FLAGS, 4, flag, 0, 0): direction
    for order in "<>"
    for flag, direction in DIRECTIONS.items()
}
_MAX_OPTIONS: Final = 64


class Interface(NamedTuple):
    """Where packets came from.

    Attributes:
        order: `<` or `>`, of its section.
        head: Reads the head of a packet's block.
        per_s: Ticks of its clock in a second.
        snap_bytes: What it kept of a packet at most; 0 = all.
    """

    order: str
    head: struct.Struct
    link_type: int
    snap_bytes: int = 0
    per_s: int = 1_000_000
    offset_s: int = 0
    link: str = ""
    network: str = ""


class PcapngScanner(Scanner):
    """Reads from the first section's header on; a packet's mark is its interface."""

    form = "pcapng"

    def __init__(self) -> None:
        """Begin before the first section."""
        super().__init__()
        self._interfaces: list[Interface] = []
        self._first = 0  # the first interface of this section
        self._order = "<"
        self._head = struct.Struct("<II")

    def scan(self, data: bytes, base: int) -> int:
        """Find whole blocks."""
        at, end = 0, len(data)
        while at + MIN_BLOCK_BYTES <= end and not self.is_stopped:
            kind, length = self._head_at(data, at)
            problem = _problem_of(kind, length)
            if problem:
                self._damage(base + at, problem)
                break
            if kind not in _KNOWN:
                at += length
                continue
            if at + length > end:
                break
            if data[at + length - 4 : at + length] != data[at + 4 : at + 8]:
                self._damage(base + at, "a block's two lengths differ")
                break
            self._take(kind, data, at, length, base)
            at += length
        return base + at

    def finish(self, data: bytes, base: int) -> None:
        """Half a block holds no packet."""
        if data:
            self.stop(f"cut off at byte {base + len(data):,}, within a block")

    def decode(self, record: bytes, mark: int) -> CapturedPacket:
        """Read a packet's block."""
        interface = self._interfaces[mark]
        if len(record) < _PACKETS[PACKET]:
            return _decode_simple(record, interface)
        kind, _, _, high, low, kept, there_were = interface.head.unpack_from(record)
        if kind == SIMPLE_PACKET:
            return _decode_simple(record, interface)
        kept = min(kept, len(record) - 32)
        note = f"cut by the recorder: {kept} of {there_were} bytes" if there_were > kept else ""
        unix_ms = (high << 32 | low) * 1_000 // interface.per_s + interface.offset_s * 1_000
        unix_ms = unix_ms if 0 <= unix_ms <= MAX_TIME_MS else 0
        data = record[28 : 28 + kept]
        packet = unwrap(
            interface.link_type, data, 0, unix_ms, interface.network, interface.link, note
        )
        options_at = 28 + kept + -kept % 4
        if options_at + 4 >= len(record) - 4 or kind != PACKET:
            return packet
        return _with_options(packet, interface.order, record[options_at:-4])

    def _head_at(self, data: bytes, at: int) -> tuple[int, int]:
        """Read a block's kind and length; a section's header says in which order itself."""
        if data[at : at + 4] == SECTION_MAGIC:
            order = _ORDERS.get(data[at + 8 : at + 12])
            if order is None:
                return SECTION, 0
            if order != self._order:
                self._order, self._head = order, struct.Struct(f"{order}II")
        kind, length = self._head.unpack_from(data, at)
        return int(kind), int(length)

    def _take(self, kind: int, data: bytes, at: int, length: int, base: int) -> None:
        if kind == SECTION:
            self._first = len(self._interfaces)
        elif kind == INTERFACE:
            self._add_interface(data[at : at + length], base + at)
        else:
            self._add_packet(kind, data, at, length, base)

    def _add_packet(self, kind: int, data: bytes, at: int, length: int, base: int) -> None:
        if length < _PACKETS[kind]:
            self._damage(base + at, "a packet's block is too short")
            return
        number = 0
        if kind != SIMPLE_PACKET:
            width = "I" if kind == PACKET else "H"
            number = struct.unpack_from(f"{self._order}{width}", data, at + 8)[0]
            kept = struct.unpack_from(f"{self._order}I", data, at + 20)[0]
            if kept > min(length - 32, MAX_PACKET_BYTES):
                self.note(f"at byte {base + at:,}: a packet claims {kept:,} bytes, its block less")
        if self._first + number >= len(self._interfaces):
            self.note(f"at byte {base + at:,}: a packet of interface {number}, which is nowhere")
            return
        self.add(base + at, length, self._first + number)

    def _add_interface(self, block: bytes, place: int) -> None:
        if len(block) < 20:
            self._damage(place, "an interface's block is too short")
            return
        if len(self._interfaces) >= MAX_INTERFACES:
            self.stop(f"more than {MAX_INTERFACES:,} interfaces; nothing after them is read")
            return
        link_type, _, snap = struct.unpack_from(f"{self._order}HHI", block, 8)
        options = _options(self._order, block[16:-4])
        remarks = _remarks_of(options)
        link = text_of(remarks.get("link")) or _text(options.get(IF_NAME, b""))
        self._interfaces.append(
            Interface(
                self._order,
                struct.Struct(f"{self._order}IIIIIII"),
                link_type,
                snap,
                _ticks_per_s(options.get(IF_RESOLUTION, b"")),
                _offset_of(self._order, options.get(IF_OFFSET, b"")),
                link,
                text_of(remarks.get("network")),
            )
        )

    def _damage(self, place: int, what: str) -> None:
        self.stop(f"damaged at byte {place:,}: {what}; nothing after it can be read")


def _decode_simple(record: bytes, interface: Interface) -> CapturedPacket:
    there_were = struct.unpack_from(f"{interface.order}I", record, 8)[0]
    kept = min(there_were, interface.snap_bytes or there_were, len(record) - 16)
    note = f"cut by the recorder: {kept} of {there_were} bytes" if there_were > kept else ""
    data = record[12 : 12 + kept]
    return unwrap(interface.link_type, data, 0, 0, interface.network, interface.link, note)


def _problem_of(kind: int, length: int) -> str:
    if length < MIN_BLOCK_BYTES or length % 4:
        return f"a block of {length:,} bytes"
    if kind in _KNOWN and length > MAX_RECORD_BYTES:
        return f"a block that matters claims {length:,} bytes"
    return ""


def _options(order: str, data: bytes) -> dict[int, bytes]:
    """Read options, the last of each code; what is left of a broken list is passed over."""
    found: dict[int, bytes] = {}
    head = struct.Struct(f"{order}HH")
    at = 0
    for _ in range(_MAX_OPTIONS):
        if at + head.size > len(data):
            break
        code, length = head.unpack_from(data, at)
        if code == 0:
            break
        at += head.size
        value = data[at : at + length]
        # a comment of ours before somebody else's must not be lost
        if code != COMMENT or not _text(found.get(COMMENT, b"")).startswith(PREFIX):
            found[code] = value
        at += length + -length % 4
    return found


def _with_options(packet: CapturedPacket, order: str, data: bytes) -> CapturedPacket:
    if data in _PLAIN_FLAGS:  # what most packets hold
        return packet._replace(direction=_PLAIN_FLAGS[data])
    options = _options(order, data)
    flags = options.get(FLAGS, b"")
    if len(flags) == 4:
        direction = DIRECTIONS.get(struct.unpack(f"{order}I", flags)[0] & 3, packet.direction)
        packet = packet._replace(direction=direction)
    remarks = _remarks_of(options)
    if not remarks:
        return packet
    return packet._replace(
        unix_ms=time_of(remarks.get("ts")) or packet.unix_ms,
        endpoint=text_of(remarks.get("endpoint")) or packet.endpoint,
        link=text_of(remarks.get("link")) or packet.link,
        network=text_of(remarks.get("network")) or packet.network,
        rssi_dbm=whole_of(remarks["rssi"]) if "rssi" in remarks else packet.rssi_dbm,
        snr_db=figure_of(remarks["snr"]) if "snr" in remarks else packet.snr_db,
    )


def _remarks_of(options: dict[int, bytes]) -> dict[str, object]:
    comment = options.get(COMMENT)
    return dict(read_remarks(_text(comment))) if comment else {}


def _ticks_per_s(value: bytes) -> int:
    """Read `if_tsresol`: a power of ten, or of two where the highest bit is set."""
    if not value:
        return 1_000_000
    power = value[0] & 0x7F
    return 1 << power if value[0] & 0x80 else 10**power


def _offset_of(order: str, value: bytes) -> int:
    return int(struct.unpack(f"{order}q", value)[0]) if len(value) == 8 else 0


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "replace")
