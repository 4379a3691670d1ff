"""Files that are damaged, cut, lying, or none of ours."""

from __future__ import annotations

import gzip
import json
import os
import random
import struct
from typing import TYPE_CHECKING

import pytest

from meshtui.capture.index import open_index
from meshtui.capture.packet import CapturedPacket
from meshtui.capture.source import open_file
from meshtui.capture.writer import FORMS, write_packets
from meshtui.errors import DecodeError
from tests.support.packet_rows import a_row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from meshtui.capture.index import CaptureIndex


def small(folder: Path, form: str) -> bytes:
    path = folder / f"small.{form}"
    rows = [
        a_row(1, endpoint="", payload=b"abcde", rssi_dbm=-90, snr_db=3.3),
        a_row(2),
        a_row(3, direction="tx", endpoint="companion", payload=b""),
    ]
    write_packets(path, ((row, None) for row in rows), form)
    return path.read_bytes()


def payloads(index: CaptureIndex) -> list[bytes]:
    return [packet.payload for packet in index.packets(0, len(index))]


WHOLE = [b"abcde", b'{"type":"text"}', b""]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_anywhere_gives_what_was_whole_and_says_so(
    tmp_path: Path, read: Callable[[bytes], CaptureIndex], form: str
) -> None:
    content = small(tmp_path, form)

    for end in range(len(content)):
        try:
            index = read(content[:end])
        except DecodeError:
            continue
        found = list(index.packets(0, 9))
        whole = [packet for packet in found if not packet.note]
        assert [packet.payload for packet in whole] == WHOLE[: len(whole)]
        assert len(found) - len(whole) <= (1 if form == "jsonl" else 0)


@pytest.mark.parametrize("form", FORMS)
def test_any_byte_may_be_anything(
    tmp_path: Path, read: Callable[[bytes], CaptureIndex], form: str
) -> None:
    content = small(tmp_path, form)
    chance = random.Random(7)

    for at in range(len(content)):
        bent = bytearray(content)
        bent[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        try:
            index = read(bytes(bent))
        except DecodeError:
            continue
        assert all(isinstance(packet, CapturedPacket) for packet in index.packets(0, len(index)))


@pytest.mark.parametrize("claim", [262_145, 2**31, 2**32 - 1])
def test_a_packet_that_claims_gigabytes_ends_the_reading(
    tmp_path: Path, read: Callable[[bytes], CaptureIndex], claim: int
) -> None:
    content = small(tmp_path, "pcap") + struct.pack("<IIII", 1, 0, claim, claim) + b"x" * 50

    index = read(content)

    assert payloads(index) == WHOLE
    assert [f"{claim:,}" in problem for problem in index.problems] == [True]


@pytest.mark.parametrize("length", [0, 4, 8, 11, 13, 2**32 - 4])
def test_a_block_whose_length_lies_ends_the_reading(
    tmp_path: Path, read: Callable[[bytes], CaptureIndex], length: int
) -> None:
    content = small(tmp_path, "pcapng") + struct.pack("<II", 6, length) + bytes(40)

    index = read(content)

    assert payloads(index) == WHOLE
    assert "damaged at byte" in index.problems[0]


def test_a_strange_block_of_four_gigabytes_is_passed_over_to_the_end(
    tmp_path: Path, read: Callable[[bytes], CaptureIndex]
) -> None:
    content = small(tmp_path, "pcapng") + struct.pack("<II", 0xBAD, 2**32 - 4) + bytes(40)

    index = read(content)

    assert payloads(index) == WHOLE
    assert "cut off" in index.problems[0]


def test_lengths_that_differ_end_the_reading(
    tmp_path: Path, read: Callable[[bytes], CaptureIndex]
) -> None:
    content = small(tmp_path, "pcapng")

    index = read(content[:-4] + struct.pack("<I", 12))

    assert payloads(index) == WHOLE[:2]
    assert "two lengths differ" in index.problems[0]


def test_interfaces_without_end_are_bounded(read: Callable[[bytes], CaptureIndex]) -> None:
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<IIHHII", 1, 20, 270, 0, 0, 20)

    index = read(section + interface * 5_000)

    assert "interfaces" in index.problems[0]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"\x7fELF\x02\x01\x01" + bytes(99), "a program"),
        (b"PK\x03\x04" + bytes(99), "zip"),
        (b"SQLite format 3\0" + bytes(99), "SQLite"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "picture"),
        (b"Dear diary,\nnothing happened\n", "text"),
        (b"\x1b]0;title\x07" + b"hello " * 9, "text"),
        (bytes(range(128, 256)) * 9, "binary"),
        (b"\0" * 9_999, "binary"),
        (b'[{"hex":"00"}]', "array"),
        (b'{\n "hex": "00"\n}\n', "one object a line"),
        (b"123\n", "text"),
        (gzip.compress(gzip.compress(b'{"hex":"00"}', mtime=0), mtime=0), "gzip within"),
        (gzip.compress(b"\x7fELF" + bytes(99), mtime=0), "a program"),
        (b"\xa1\xb2\xc3\xd4" + bytes(9), "cut off within its header"),
        (b"\x0a\x0d\x0d\x0a" + bytes(99), "begins as a pcapng"),
        (b"\xa1\xb2\xcd\x34" + bytes(99), "modified"),
    ],
)
def test_what_is_no_capture_is_named(
    read: Callable[[bytes], CaptureIndex], content: bytes, what: str
) -> None:
    with pytest.raises(DecodeError, match=what) as caught:
        read(content)

    assert caught.value.reason == "not-a-capture"


def test_folders_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="a folder"):
        open_file(tmp_path)
    with pytest.raises(DecodeError, match="a device"):
        open_file(type(tmp_path)("/dev/zero"))


def test_a_named_pipe_that_nobody_writes_to_is_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    source = open_file(tmp_path / "fifo")

    with pytest.raises(DecodeError, match="empty"):
        open_index(source)
    source.close()


def test_a_line_that_is_none_is_a_row_that_says_so(read: Callable[[bytes], CaptureIndex]) -> None:
    lines = [
        b'{"hex":"0102"}',
        b'{"hex":"01020"}',
        b'{"hex":17}',
        b'{"hex":"00","rssi":1e999,"snr":NaN,"ts":-5,"direction":7,"summary":[]}',
        b'{"hex":"00","ts":' + b"9" * 5_000 + b"}",
        b'{"hex":"00","x":' + b"[" * 100_000,
        b'{"raw":"00","SNR":"inf","RSSI":"loud","timestamp":"yesterday"}',
        b'{"raw":"00","timestamp":1795208400}',
        b'{"data":{"hex":1}}',
        b'{"hex":"00"',
        b'{"event":"link","state":"up"}',
        b"[]",
        b"",
    ]

    index = read(b"\n".join(lines))

    assert len(index) == 10
    notes = [packet.note for packet in index.packets(0, 99)]
    assert [number for number, note in enumerate(notes) if note] == [1, 2, 4, 5, 8, 9]
    assert index.packet(7).unix_ms == 1_795_208_400_000
    assert index.problems == ("line 12 holds no packet",)


def test_a_last_line_that_is_cut_off_is_damage_and_one_that_only_lacks_its_end_is_none(
    read: Callable[[bytes], CaptureIndex],
) -> None:
    line = b'{"v": 1, "direction": "rx", "hex": "1500"}'

    whole, cut = read(line + b"\n" + line), read(line + b"\n" + line[:-6])

    assert not whole.is_damaged
    assert cut.is_damaged
    assert cut.problems == ("line 2 is cut off",)


def test_a_line_without_end_takes_no_memory(read: Callable[[bytes], CaptureIndex]) -> None:
    first, last = b'{"hex":"01"}\n', b'\n{"hex":"02"}\n'

    index = read(first + b'{"hex":"' + b"0" * 5_000_000 + last)

    assert payloads(index) == [b"\x01", b"\x02"]
    assert "longer than" in index.problems[0]


@pytest.mark.parametrize("cut", [1, 9, 30])
def test_gzip_that_is_cut_gives_what_was_whole(
    tmp_path: Path, read: Callable[[bytes], CaptureIndex], cut: int
) -> None:
    lines = b"".join(json.dumps({"hex": f"{n:08x}"}).encode() + b"\n" for n in range(2_000))

    index = read(gzip.compress(lines)[:-cut])

    assert "cut off" in " ".join(index.problems)
    assert payloads(index)[:9] == [n.to_bytes(4, "big") for n in range(9)]


def test_gzip_that_is_damaged_says_so(read: Callable[[bytes], CaptureIndex]) -> None:
    lines = b"".join(os.urandom(20).hex().encode() + b"\n" for _ in range(90_000))
    packed = bytearray(gzip.compress(lines))
    packed[-4:] = bytes(4)

    index = read(bytes(packed))

    assert "damaged" in " ".join(index.problems)
    assert len(index) > 10_000


def test_several_gzip_files_in_one_are_read_one_after_the_other(
    read: Callable[[bytes], CaptureIndex],
) -> None:
    packed = b"".join(gzip.compress(f"{n:02x}\n".encode()) for n in range(20)) + bytes(512)

    assert payloads(read(packed)) == [bytes([n]) for n in range(20)]
