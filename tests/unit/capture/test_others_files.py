"""Recordings that other programs made."""

from __future__ import annotations

import datetime as dt
import json
import struct
from typing import TYPE_CHECKING

import pytest

from meshtui.capture.loratap import encode_loratap
from meshtui.capture.packet import LoraChannel

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.capture.index import CaptureIndex

PACKET = bytes.fromhex("15046666aabbccd90102")
AT_MS = 1_795_208_400_125


def a_pcap(
    data: bytes, link_type: int = 147, order: str = "<", magic: int = 0xA1B2C3D4, snap: int = 0
) -> bytes:
    fractions = 125_000_000 if magic == 0xA1B23C4D else 125_000
    head = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, snap, link_type)
    record = struct.pack(f"{order}IIII", AT_MS // 1_000, fractions, len(data), len(data))
    return head + record + data


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str, link_type: int, options: bytes = b"", snap: int = 0) -> bytes:
    return block(order, 1, struct.pack(f"{order}HHI", link_type, 0, snap) + options)


def enhanced(order: str, number: int, ticks: int, data: bytes, options: bytes = b"") -> bytes:
    head = struct.pack(
        f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)
    )
    return block(order, 6, head + data + bytes(-len(data) % 4) + options)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D])
@pytest.mark.parametrize("snap", [0, 1, 65_535, 2**32 - 1])
def test_pcap_of_either_byte_order_and_clock_whatever_its_snap_length_claims(
    read: Callable[[bytes], CaptureIndex], order: str, magic: int, snap: int
) -> None:
    packet = read(a_pcap(PACKET, 147, order, magic, snap)).packet(0)

    assert (packet.payload, packet.unix_ms, packet.note) == (PACKET, AT_MS, "")


@pytest.mark.parametrize(
    ("link_type", "data", "note"),
    [
        (147, PACKET, ""),
        (162, PACKET, ""),
        (270, encode_loratap(PACKET, -90, 4.0), ""),
        (1, PACKET, "link type 1 is none"),
        (270, PACKET, "cannot be read"),
        (252, PACKET, "cannot be read"),
    ],
)
def test_what_cannot_be_unwrapped_is_kept_whole_with_a_note(
    read: Callable[[bytes], CaptureIndex], link_type: int, data: bytes, note: str
) -> None:
    packet = read(a_pcap(data, link_type)).packet(0)

    assert packet.payload == PACKET
    assert note in packet.note
    assert bool(packet.note) == bool(note)


def test_the_longer_header_of_loratap_1_is_passed_over(
    read: Callable[[bytes], CaptureIndex],
) -> None:
    first = struct.pack(">BBHIBBBBBBB", 1, 0, 35, 869_525_000, 2, 11, 60, 255, 255, 0xDE, 0x2B)

    packet = read(a_pcap(first + bytes(20) + PACKET, 270)).packet(0)

    assert packet.payload == PACKET
    assert (packet.rssi_dbm, packet.snr_db) == (-79, -8.5)
    assert packet.lora == LoraChannel(869_525_000, 250, 11, 0x2B)
    assert packet.network == "meshtastic"


def test_pcapng_of_two_sections_in_two_byte_orders_and_many_kinds_of_blocks(
    read: Callable[[bytes], CaptureIndex],
) -> None:
    named = struct.pack("<HH4s", 2, 3, b"usb\0") + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)
    content = (
        section("<")
        + block("<", 4, b"names")
        + interface("<", 147, named)
        + enhanced("<", 0, AT_MS * 1_000_000, PACKET, struct.pack("<HHIHH", 2, 4, 2, 0, 0))
        + block("<", 0x80000BAD, b"private")
        + interface("<", 147, struct.pack("<HHB3x", 9, 1, 0x80 | 10))
        + enhanced("<", 1, 5 * 1_024 + 512, b"in powers of two")
        + block("<", 3, struct.pack("<I", 5) + b"plain")
        + section(">")
        + interface(">", 147, struct.pack(">HHq", 14, 8, 1_000), snap=3)
        + enhanced(">", 0, 2_000_000, b"two seconds late")
        + block(">", 3, struct.pack(">I", 9) + b"cut")
        + block(">", 2, struct.pack(">HHIIII", 0, 0, 0, 0, 3, 3) + b"old")
        + enhanced(">", 1, 0, b"of no interface")
    )

    index = read(content)
    found = list(index.packets(0, 99))

    assert [packet.payload for packet in found] == [
        PACKET,
        b"in powers of two",
        b"plain",
        b"two seconds late",
        b"cut",
        b"old",
    ]
    assert (found[0].unix_ms, found[0].link, found[0].direction) == (AT_MS, "usb", "tx")
    assert found[1].unix_ms == 5_500
    assert found[3].unix_ms == 1_002_000
    assert found[4].note == "cut by the recorder: 3 of 9 bytes"
    assert "interface 1, which is nowhere" in index.problems[0]
    assert not index.is_damaged


OBSERVED = {
    "origin": "Ridge",
    "origin_id": "8A" * 32,
    "timestamp": "2026-11-20T21:00:00.125000+00:00",
    "type": "PACKET",
    "direction": "rx",
    "time": "21:00:00",
    "date": "20/11/2026",
    "len": "10",
    "packet_type": "5",
    "route": "F",
    "payload_len": "4",
    "raw": PACKET.hex().upper(),
    "SNR": "8.5",
    "RSSI": "-42",
    "hash": "CB16207A16F18B45",
}


def line(**changes: object) -> bytes:
    return json.dumps({**OBSERVED, **changes}).encode() + b"\n"


def test_a_packet_message_of_an_observer(read: Callable[[bytes], CaptureIndex]) -> None:
    packet = read(b"\xef\xbb\xbf" + line()).packet(0)

    assert (packet.payload, packet.unix_ms, packet.network) == (PACKET, AT_MS, "meshcore")
    assert (packet.rssi_dbm, packet.snr_db, packet.link) == (-42, 8.5, "Ridge")


def test_a_time_without_a_zone_is_local(read: Callable[[bytes], CaptureIndex]) -> None:
    local = dt.datetime.fromtimestamp(AT_MS / 1_000).isoformat()  # noqa: DTZ006 - its point

    assert read(line(timestamp=local)).packet(0).unix_ms == AT_MS


def test_what_an_observer_sent_itself_is_not_the_packet_it_repeats(
    read: Callable[[bytes], CaptureIndex],
) -> None:
    without_hash = {key: value for key, value in OBSERVED.items() if key != "hash"}

    packet = read(json.dumps({**without_hash, "direction": "tx"}).encode()).packet(0)

    assert (packet.payload, packet.direction) == (b"", "tx")
    assert "repeats" in packet.note


def test_status_messages_and_the_raw_topic_among_packets(
    read: Callable[[bytes], CaptureIndex],
) -> None:
    raw = {"origin": "R", "timestamp": "", "type": "RAW", "data": PACKET.hex()}
    status = {"status": "online", "origin": "R", "radio": "869.618,62.5,8,8"}

    index = read(json.dumps(status).encode() + b"\n" + json.dumps(raw).encode() + b"\n" + line())

    assert [packet.payload for packet in index.packets(0, 9)] == [PACKET, PACKET]
    assert index.problems == ("line 1 holds no packet",)
    assert not index.is_damaged


@pytest.mark.parametrize(
    "text",
    [
        PACKET.hex(),
        PACKET.hex().upper() + "\r",
        "0x" + PACKET.hex(),
        PACKET.hex(" "),
        PACKET.hex(":"),
    ],
)
def test_bare_hex_lines(read: Callable[[bytes], CaptureIndex], text: str) -> None:
    index = read(f"{text}\n\n{text}".encode())

    assert [packet.payload for packet in index.packets(0, 9)] == [PACKET, PACKET]


def test_events_of_listen(read: Callable[[bytes], CaptureIndex]) -> None:
    event = {
        "event": "packet",
        "ts": AT_MS,
        "network": "meshcore",
        "link": "usb",
        "direction": "tx",
        "hex": PACKET.hex(),
        "rssi": None,
        "snr": None,
        "endpoint": "",
    }

    packet = read(json.dumps(event).encode()).packet(0)

    assert (packet.payload, packet.direction, packet.link) == (PACKET, "tx", "usb")
