"""Pipes that go on, and files that are large: what is kept in memory is bounded."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from typing import TYPE_CHECKING

from meshtui.capture.index import open_index
from meshtui.capture.source import SpoolSource, open_descriptor, open_file

if TYPE_CHECKING:
    from pathlib import Path

HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0, 147)


def record(data: bytes) -> bytes:
    return struct.pack("<IIII", 1, 0, len(data), len(data)) + data


def test_a_pipe_is_followed_byte_by_byte() -> None:
    out, into = os.pipe()
    content = HEAD + record(b"one") + record(b"two")
    os.write(into, content[:30])
    index = open_index(open_descriptor(out))

    seen = []
    for byte in content[30:]:
        os.write(into, bytes([byte]))
        index.advance()
        seen.append(len(index))
    os.close(into)

    assert seen == sorted(seen)
    assert index.bytes_total is None
    assert not index.advance()
    assert [packet.payload for packet in index.packets(0, 9)] == [b"one", b"two"]
    assert index.bytes_total == len(content)
    assert not index.problems
    index.close()


def test_a_pipe_that_ends_in_a_packet_says_so() -> None:
    out, into = os.pipe()
    os.write(into, HEAD + record(b"one") + record(b"two")[:-1])
    os.close(into)
    index = open_index(open_descriptor(out))

    while index.advance():
        pass

    assert len(index) == 1
    assert index.is_damaged
    assert "cut off" in index.problems[0]
    index.close()


def test_lines_of_a_pipe_appear_when_they_are_whole() -> None:
    out, into = os.pipe()
    os.write(into, b"01\n02\n0")
    index = open_index(open_descriptor(out))
    index.advance()

    assert len(index) == 2

    os.write(into, b"3\n")
    index.advance()
    assert [packet.payload for packet in index.packets(0, 9)] == [b"\x01", b"\x02", b"\x03"]
    os.close(into)
    index.close()


def test_what_a_pipe_gives_is_kept_up_to_a_limit() -> None:
    out, into = os.pipe()
    os.write(into, b"01\n" * 1_000)
    os.close(into)
    index = open_index(SpoolSource(out, limit=100))

    while index.advance():
        pass

    assert len(index) == 33
    assert index.is_damaged
    assert "only the first 100 bytes" in " ".join(index.problems)
    index.close()


def test_what_gzip_unpacks_to_is_kept_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"01\n" * 3_000_000))
    index = open_index(SpoolSource(os.open(path, os.O_RDONLY), limit=1_000_000))

    while index.advance():
        pass

    assert len(index) < 400_000
    assert index.is_damaged
    index.close()


def test_a_large_file_takes_sixteen_bytes_a_packet(tmp_path: Path) -> None:
    path = tmp_path / "large.pcap"
    packets, size = 2_000, 200_000  # 400 MB, holes mostly
    with path.open("wb") as file:
        file.write(HEAD)
        for number in range(packets):
            file.seek(24 + number * (16 + size))
            file.write(struct.pack("<IIII", number, 0, size, size))
        file.truncate(24 + packets * (16 + size))
    tracemalloc.start()

    index = open_index(open_file(path))
    while index.advance():
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(index) == packets
    assert index.packet(packets - 1).unix_ms == (packets - 1) * 1_000
    assert peak < 8 * 1024 * 1024
    index.close()


def test_a_file_that_shrinks_while_it_is_open_leaves_packets_without_bytes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(HEAD + record(b"one") + record(b"two"))
    index = open_index(open_file(path))
    while index.advance():
        pass

    os.truncate(path, 24 + 19)

    notes = [bool(packet.note) for packet in index.packets(0, 9)]
    assert notes == [False, True]
    assert "gone" in index.packet(1).note
    index.close()


def test_a_file_that_cannot_be_read_any_more_ends_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(HEAD + record(bytes(200_000)) * 20)
    index = open_index(open_file(path))
    index.advance()

    os.truncate(path, 300_000)
    while index.advance():
        pass

    assert index.is_damaged
    assert "cannot be read" in " ".join(index.problems)
    index.close()
