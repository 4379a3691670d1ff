"""WebSocket frames: masked by the plain rule, read however they are cut, nothing kept for long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.errors import DecodeError
from meshtui.transports.websocket_frames import FrameReader, Opcode, masked, write_frame

KEY = bytes(range(7, 11))
SIZES = [0, 1, 3, 4, 5, 125, 126, 127, 65_535, 65_536, 200_000]


def plainly_masked(payload: bytes, mask: bytes) -> bytes:
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def served(opcode: int, payload: bytes, *, is_last: bool = True) -> bytes:
    """A frame as servers write them: not masked."""
    size = len(payload)
    first = bytes([is_last << 7 | opcode])
    if size <= 125:
        return first + bytes([size]) + payload
    wide = (b"\x7e", 2) if size <= 0xFFFF else (b"\x7f", 8)
    return first + wide[0] + size.to_bytes(wide[1], "big") + payload


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_the_mask_is_laid_over_as_the_rule_says(payload: bytes, mask: bytes) -> None:
    assert masked(payload, mask) == plainly_masked(payload, mask)


def test_the_mask_of_the_rfc_s_example() -> None:
    frame = write_frame(Opcode.TEXT, b"Hello", bytes.fromhex("37fa213d"))

    assert frame == bytes.fromhex("818537fa213d7f9f4d5158")


@pytest.mark.parametrize("size", SIZES)
def test_a_frame_says_its_length_in_the_shortest_way(size: int) -> None:
    payload = bytes(index % 251 for index in range(size))

    frame = write_frame(Opcode.BINARY, memoryview(payload), KEY)

    head = served(Opcode.BINARY, payload)[: len(frame) - size - 4]
    assert frame[:1] + bytes([frame[1] & 0x7F]) + frame[2 : len(head)] == head
    assert frame[1] & 0x80
    assert frame[len(head) :] == KEY + plainly_masked(payload, KEY)


@pytest.mark.parametrize("step", [1, 2, 7, 100_000])
def test_frames_are_read_however_they_are_cut(step: int) -> None:
    stream = (
        served(Opcode.BINARY, b"abc" * 100, is_last=False)
        + served(Opcode.PING, b"first")
        + served(Opcode.CONTINUATION, b"def" * 30_000)
        + served(Opcode.PING, b"second")
        + served(Opcode.BINARY, b"")
        + served(Opcode.PONG, b"")
        + served(Opcode.CLOSE, b"\x03\xe8")
        + served(Opcode.BINARY, b"too late")
    )
    reader, payload, pings, is_closed = FrameReader(), b"", [], False

    for at in range(0, len(stream), step):
        received = reader.feed(stream[at : at + step])
        payload += received.payload
        pings += [] if received.ping is None else [received.ping]
        is_closed = is_closed or received.is_closed
        if is_closed:
            break

    assert payload == b"abc" * 100 + b"def" * 30_000
    assert pings[-1] == b"second"
    assert is_closed


def test_of_a_frame_without_end_nothing_is_kept() -> None:
    reader = FrameReader()

    got = reader.feed(b"\x82\x7f" + (2**62).to_bytes(8, "big") + b"x" * 1_000).payload
    got += reader.feed(b"y" * 1_000).payload

    assert got == b"x" * 1_000 + b"y" * 1_000
    assert reader._rest == b""


@pytest.mark.parametrize(
    "junk",
    [b"\xc2\x00", b"\x83\x00", b"\x82\x80", b"\x89\x7e\x00\x7e", b"\x88\x7f" + bytes(8), b"HT"],
)
def test_what_is_no_frame_of_a_server_ends_it(junk: bytes) -> None:
    with pytest.raises(DecodeError):
        FrameReader().feed(junk)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_do_worse_than_that(pieces: list[bytes]) -> None:
    reader = FrameReader()
    for piece in pieces:
        try:
            reader.feed(piece)
        except DecodeError:
            return
        assert len(reader._rest) <= 2 + 125
