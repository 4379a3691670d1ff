"""What other nodes answer: status, neighbours, access lists."""

from __future__ import annotations

import struct

import pytest

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.payloads.response import (
    MAX_ACCESS_LIST_BYTES,
    Access,
    Neighbour,
    Neighbours,
    Status,
    decode_access_list,
    decode_neighbours,
    decode_status,
    encode_access_list,
    encode_neighbours,
    encode_status,
)

HEAD = (3900, 1, -110, -42, 1, 2, 3, 4, 5, 6, 7, 8, 9, -3.25, 10, 11)
STATUS = Status(*HEAD, rx_air_s=12, receive_errors=13)
OLD_STATUS = Status(*HEAD, rx_air_s=12)
ROOM_STATUS = Status(*HEAD, posted=7, pushed=9)
NEIGHBOURS = Neighbours(9, (Neighbour(b"abcd", 60, -3.25), Neighbour(b"efgh", 5, 8.0)))


@pytest.mark.parametrize(("status", "length"), [(STATUS, 56), (OLD_STATUS, 52), (ROOM_STATUS, 52)])
def test_a_status_of_old_and_new_firmware_reads_back(status: Status, length: int) -> None:
    data = encode_status(status)

    assert len(data) == length
    assert decode_status(data, is_room=status.posted is not None) == status


@pytest.mark.parametrize("data", [b"PONG\0\0\0\0\0\0\0\0", encode_status(OLD_STATUS)[:51]])
def test_what_is_too_short_is_no_status(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_status(data)


def test_neighbours_read_back_before_their_padding() -> None:
    assert decode_neighbours(encode_neighbours(NEIGHBOURS) + bytes(8), 4) == NEIGHBOURS


def test_neighbours_that_are_cut_off_are_left_out() -> None:
    body = encode_neighbours(NEIGHBOURS)

    assert decode_neighbours(body[:-1], 4).entries == NEIGHBOURS.entries[:1]


def test_a_lying_count_of_neighbours_invents_none() -> None:
    assert decode_neighbours(struct.pack("<HH", 65535, 65535), 4) == Neighbours(65535, ())


def test_neighbours_without_their_number_are_malformed() -> None:
    with pytest.raises(DecodeError):
        decode_neighbours(b"\1\0\1", 4)


def test_a_page_of_neighbours_that_no_packet_holds_is_refused() -> None:
    with pytest.raises(EncodeError):
        encode_neighbours(Neighbours(9, NEIGHBOURS.entries * 10))


def test_an_access_list_ends_where_its_padding_begins() -> None:
    entries = (Access(b"aaaaaa", 3), Access(b"bbbbbb", 1))
    body = encode_access_list(entries)

    assert body == b"aaaaaa\3bbbbbb\1"
    assert decode_access_list(body + bytes(9)) == entries


def test_an_access_list_is_cut_at_a_whole_entry() -> None:
    body = encode_access_list([Access(b"aaaaaa", 3)] * 99)

    assert len(body) == MAX_ACCESS_LIST_BYTES // 7 * 7
