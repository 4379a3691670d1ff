"""Chunks and requests for them, alone and on their way through the reassembly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from meshtui.errors import DecodeError, EncodeError
from meshtui.mesh.reassembly import MAX_BUFFERS, MAX_BYTES, Reassembler
from meshtui.networks.jsonmesh.chunk import (
    Chunk,
    decode_chunk,
    decode_request,
    encode_chunks,
    encode_request,
    is_chunk,
    is_request,
    new_chunk_id,
)
from tests.support.jsonmesh_people import counted_entropy

if TYPE_CHECKING:
    from collections.abc import Callable

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def test_the_specified_example_makes_four_chunks() -> None:
    frames = encode_chunks(b"x" * 800, "abc123")

    assert [frame[:14] for frame in frames] == [
        b"MCHK|abc123|0|",
        b"MCHK|abc123|1|",
        b"MCHK|abc123|2|",
        b"MCHK|abc123|3|",
    ]
    assert [decode_chunk(frame) for frame in frames] == [
        Chunk("abc123", index, 4, b"x" * 200) for index in range(4)
    ]


def test_a_long_id_leaves_less_room_and_the_frame_stays_a_packet() -> None:
    frames = encode_chunks(b"x" * 476, UUID)

    assert [len(frame) for frame in frames] == [240, 240, 134]


def test_sixty_four_chunks_are_the_most() -> None:
    assert len(encode_chunks(b"x" * 12_800, "abcdef")) == 64
    with pytest.raises(EncodeError, match="65 chunks"):
        encode_chunks(b"x" * 12_801, "abcdef")


@pytest.mark.parametrize("chunk_id", ["", "a|b", "a b", "é", "\x1b", "i" * 65])
def test_an_id_that_nobody_could_read_is_ours_to_avoid(chunk_id: str) -> None:
    with pytest.raises(EncodeError):
        encode_chunks(b"x", chunk_id)


def test_a_packet_without_room_is_refused() -> None:
    with pytest.raises(EncodeError, match="no room"):
        encode_chunks(b"x", "abcdef", 18)


def test_ids_are_short_and_drawn() -> None:
    entropy = counted_entropy()
    ids = {new_chunk_id(entropy) for _ in range(1000)}

    assert len(ids) == 1000
    assert {len(chunk_id) for chunk_id in ids} == {7}
    assert all(chunk_id.isalnum() and chunk_id == chunk_id.lower() for chunk_id in ids)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b"MCHK|1|B3E1|1/3|LN_INV|lnbc150u1p", Chunk("B3E1", 1, 3, b"lnbc150u1p")),
        (b"MCHK|1|B3E1|0/1|CASHU|a|b", Chunk("B3E1", 0, 1, b"a|b")),
        (b"MCHK|1|B3E1|0/1||", Chunk("B3E1", 0, 1, b"")),
        (b"MCHK|1|0|2|x/y|z", Chunk("1", 0, 2, b"x/y|z")),  # as specified, with an id of 1
    ],
)
def test_the_apps_dialect_is_read(frame: bytes, expected: Chunk) -> None:
    assert decode_chunk(frame) == expected


@pytest.mark.parametrize(
    "frame",
    [
        b"MCHK|2|B3E1|1/3|RAW|x",
        b"MCHK|1|B3E1|3/3|RAW|x",
        b"MCHK|1|B3E1|0/0|RAW|x",
        b"MCHK|1|B3E1|1/3|RAW",
        b"MCHK|1|B3E1|/|RAW|x",
        b"MCHK|1|B3E1|1/2/3|RAW|x",
        b"MCHK|1||1/3|RAW|x",
        b"MCHK|1|B3E1|1/3|SEVENTEEN_LETTERS|x",
    ],
)
def test_a_broken_dialect_is_refused(frame: bytes) -> None:
    with pytest.raises(DecodeError, match="bad-chunk"):
        decode_chunk(frame)


def test_requests_round_trip() -> None:
    frame = encode_request("abc123", (0, 2, 63))

    assert frame == b"MREQ|abc123|0,2,63"
    assert is_request(frame)
    assert decode_request(frame) == ("abc123", (0, 2, 63))
    assert decode_request(b"MREQ|a|2,0,2") == ("a", (0, 2))
    assert len(encode_request("i" * 37, range(100))) <= 240


@pytest.mark.parametrize(
    "frame",
    [
        b"MREQ|",
        b"MREQ|a",
        b"MREQ|a|",
        b"MREQ||1",
        b"MREQ|a|64",
        b"MREQ|a|-1",
        b"MREQ|a|1,,2",
        b"MREQ|a|1|2",
        b"MREQ|a|" + b"1," * 200_000 + b"1",
        b"MREQ|\xff|1",
        "MREQ|a|٣".encode(),
    ],
)
def test_a_broken_request_is_refused(frame: bytes) -> None:
    with pytest.raises(DecodeError, match="bad-request"):
        decode_request(frame)


# --- sixty hostile inputs: what is refused by the codec, and what by the reassembly ---


def reassemble(frames: list[bytes], reassembler: Reassembler | None = None) -> list[bytes]:
    """What comes out whole of frames, all of one source and one moment."""
    keeper = Reassembler() if reassembler is None else reassembler
    whole = []
    for frame in frames:
        chunk = decode_chunk(frame)
        assert chunk is not None
        progress = keeper.add("radio", chunk, 0.0)
        if progress.whole is not None:
            whole.append(progress.whole)
    return whole


def good(index: int = 0, total: int = 2, payload: bytes = b"x", chunk_id: str = "abc") -> bytes:
    return b"MCHK|%b|%d|%d|%b" % (chunk_id.encode(), index, total, payload)


@pytest.mark.parametrize("frame", [b"MCHK", b"mchk|a|0|1|x", b" MCHK|a|0|1|x", b"", b"{}"])
def test_what_does_not_begin_as_a_chunk_is_none(frame: bytes) -> None:
    assert decode_chunk(frame) is None
    assert not is_chunk(frame)


@pytest.mark.parametrize(
    "frame",
    [
        b"MCHK|",
        b"MCHK||0|1|x",
        b"MCHK|a|0|1",
        b"MCHK|a|b|0|1|x",
        b"MCHK|a\x00|0|1|x",
        b"MCHK|a\x1b[2J|0|1|x",
        "MCHK|é|0|1|x".encode(),
        b"MCHK|" + b"i" * 65 + b"|0|1|x",
        *(
            b"MCHK|a|%b|2|x" % index.encode()
            for index in ("-1", "00", "+1", "1.0", "1e1", "٣", str(2**63), "", " 1", "1_0")
        ),
        *(
            b"MCHK|a|0|%b|x" % total.encode()
            for total in ("0", "-1", "65", "255", str(10**9), "00002", "", "x", "9" * 5000)
        ),
        good(index=2, total=2),
        good(index=3, total=2),
        b"MCHK|a|0|1|" + b"x" * 65_537,
    ],
)
def test_what_goes_on_wrong_is_refused(frame: bytes) -> None:
    assert is_chunk(frame)
    with pytest.raises(DecodeError, match="bad-chunk"):
        decode_chunk(frame)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "empty"),
        (b"||||", "all bars"),
        (b"MCHK|a|0|1|x", "a chunk within a chunk"),
        ("é".encode()[:1], "split inside a character"),
        (b'{"a":"\\u00', "split inside an escape"),
        (b"\x00\x01\xff", "binary with NUL"),
        (b"x" * 228, "a packet of 240 bytes"),
        (b"x" * 229, "241 bytes"),
        (b"x" * 243, "255 bytes"),
    ],
)
def test_any_payload_is_taken(payload: bytes, why: str) -> None:
    assert decode_chunk(good(payload=payload)) == Chunk("abc", 0, 2, payload), why


def test_an_id_longer_than_a_uuid_is_taken() -> None:
    assert decode_chunk(good(chunk_id="i" * 37)) == Chunk("i" * 37, 0, 2, b"x")


ABC = [good(index, 3, b"%d" % index) for index in range(3)]
XYZ = [good(index, 2, b"%d" % index, "xyz") for index in range(2)]


@pytest.mark.parametrize(
    ("frames", "whole"),
    [
        pytest.param([good(0, 2), good(1, 3), good(1, 2)], [], id="total grows"),
        pytest.param([good(0, 3), good(1, 2), good(2, 3)], [], id="total shrinks"),
        pytest.param([good(0), good(0, 2, b"y"), good(1)], [], id="other bytes"),
        pytest.param([good(0), good(0), good(1)], [b"xx"], id="same bytes"),
        pytest.param(ABC[::-1], [b"012"], id="reversed"),
        pytest.param([ABC[0], XYZ[0], ABC[1], XYZ[1], ABC[2]], [b"01", b"012"], id="interleaved"),
        pytest.param(ABC[1:], [], id="missing first"),
        pytest.param(ABC[:-1], [], id="missing last"),
        pytest.param([ABC[0], ABC[2]], [], id="missing middle"),
        pytest.param([*ABC, ABC[1]], [b"012"], id="late after completion"),
        pytest.param(
            [*ABC, *(good(index, 3, b"new") for index in range(3))],
            [b"012", b"new" * 3],
            id="id used again at once",
        ),
        pytest.param([good(0, 1, b"MCHK|q|0|1|x")], [b"MCHK|q|0|1|x"], id="whole is a chunk"),
        pytest.param([good(0, 2, b"fake"), *ABC[:2]], [], id="attacker first"),
        pytest.param([*ABC[:2], good(2, 4, b"fake"), ABC[2]], [], id="attacker last"),
        pytest.param(
            [good(index, 64, b"x" * 400) for index in range(64)], [b"x" * 25_600], id="above 16 KiB"
        ),
    ],
)
def test_sequences(frames: list[bytes], whole: list[bytes]) -> None:
    assert reassemble(frames) == whole


def test_a_victim_of_an_attacker_gets_through_by_sending_again() -> None:
    # the sender hears no acknowledgement and sends the same again: contradicted, but then whole
    reassembler = Reassembler()

    assert reassemble([good(0, 3, b"fake"), *ABC, *ABC], reassembler) == [b"012"]


def hundred_interleaved() -> list[bytes]:
    return [good(index, 2, b"x", f"id{number}") for index in range(2) for number in range(100)]


def many_ids() -> list[bytes]:
    return [good(0, 2, b"x", f"id{number}") for number in range(65_536)]


def all_full() -> list[bytes]:
    return [
        good(index, 64, b"x" * 200, f"id{number}") for index in range(63) for number in range(64)
    ]


@pytest.mark.parametrize("make", [hundred_interleaved, many_ids, all_full])
def test_floods_stay_within_bounds(make: Callable[[], list[bytes]]) -> None:
    reassembler = Reassembler()
    reassemble(make(), reassembler)

    assert len(reassembler) <= MAX_BUFFERS
    assert reassembler.size <= MAX_BYTES
    assert reassemble(ABC, reassembler) == [b"012"]


def test_sixty_four_messages_at_once_all_come_through() -> None:
    last = [good(63, 64, b"x" * 200, f"id{number}") for number in range(64)]

    assert len(reassemble(all_full() + last)) == 64
