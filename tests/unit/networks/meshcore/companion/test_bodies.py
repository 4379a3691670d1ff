"""What other nodes answer: status, neighbours, access lists."""

from __future__ import annotations

import struct

import pytest

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.companion import wire
from meshtui.networks.meshcore.companion.bodies import (
    Neighbour,
    Neighbours,
    RoomStatus,
    Status,
    decode_access_list,
    decode_neighbours,
    decode_status,
    encode_neighbours,
    neighbours_request,
)

STATUS = Status(4100, 1, -117, -90, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8.5, 10, 11, 12, 13)
ROOM = RoomStatus(4100, 1, -117, -90, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8.5, 10, 11, 12, 13)


def test_a_repeaters_status_is_56_bytes_and_a_rooms_52() -> None:
    assert len(wire.encode(STATUS)) == 56
    assert len(wire.encode(ROOM)) == 52


def test_a_status_is_read_as_it_was_written() -> None:
    assert decode_status(wire.encode(STATUS)) == STATUS
    assert decode_status(wire.encode(ROOM), is_room=True) == ROOM


def test_older_firmware_counts_no_receive_errors() -> None:
    status = decode_status(wire.encode(STATUS)[:52])

    assert isinstance(status, Status)
    assert (status.rx_air_s, status.receive_errors) == (12, None)


def test_what_is_too_short_is_no_status() -> None:
    with pytest.raises(DecodeError):
        decode_status(b"PONG\0\0\0\0\0\0\0\0")


def test_neighbours_are_read_as_they_were_written() -> None:
    table = Neighbours(9, (Neighbour("a1b2c3d4", 60, -3.25), Neighbour("01020304", 5, 8.0)))

    assert decode_neighbours(encode_neighbours(table), 4) == table


def test_neighbours_that_are_cut_off_are_left_out() -> None:
    body = encode_neighbours(Neighbours(2, (Neighbour("a1b2", 60, 1.0), Neighbour("c3d4", 5, 8.0))))

    assert decode_neighbours(body[:-1], 2).entries == (Neighbour("a1b2", 60, 1.0),)


def test_a_lying_count_of_neighbours_invents_none() -> None:
    assert decode_neighbours(struct.pack("<HH", 65535, 65535), 4) == Neighbours(65535, ())


def test_neighbours_without_their_number_are_malformed() -> None:
    with pytest.raises(DecodeError):
        decode_neighbours(b"\x01", 4)


def test_a_request_for_neighbours_reads_as_firmware_wants_it() -> None:
    assert neighbours_request(3, 4, b"abcd", count=10).hex() == "06000a03000004" + b"abcd".hex()


def test_an_access_list_ends_where_its_padding_begins() -> None:
    body = bytes.fromhex("0102030405060311121314151601") + bytes(9)

    assert decode_access_list(body) == [("010203040506", 3), ("111213141516", 1)]
