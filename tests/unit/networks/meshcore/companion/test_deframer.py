"""Finding companion frames in a stream, whatever it is cut into and mixed with."""

from __future__ import annotations

import pytest

from meshtui.networks.meshcore.companion.deframer import (
    MAX_PAYLOAD_BYTES,
    PATIENCE_S,
    Deframer,
    enframe,
)
from tests.support.meshcore_vectors import vectors


def framed(payload: bytes) -> bytes:
    return enframe(payload, to_radio=False)


def test_frames_are_written_as_the_firmware_reads_them() -> None:
    for each in vectors()["companion_frames"]:
        if "to_device_serial" in each:
            payload = bytes.fromhex(each["to_device"])

            assert enframe(payload).hex().upper() == each["to_device_serial"]


def test_every_split_point_gives_the_same_frames() -> None:
    payloads = [b"\x00", b">>>", b"\x05" * 100, b"<\x01\x00x"]
    stream = b"".join(framed(payload) for payload in payloads)

    for at in range(len(stream) + 1):
        deframer = Deframer()

        found = deframer.feed(stream[:at], 0.0) + deframer.feed(stream[at:], 0.0)

        assert found == payloads
        assert deframer.skipped_bytes == 0


def test_bytes_that_come_singly_give_the_same_frames() -> None:
    stream = framed(b"one") + framed(b"two")
    deframer = Deframer()

    found = [payload for byte in stream for payload in deframer.feed(bytes((byte,)), 0.0)]

    assert found == [b"one", b"two"]


def test_twenty_thousand_frames_in_one_read_are_all_found() -> None:
    deframer = Deframer()

    found = deframer.feed(framed(b"\x83") * 20_000, 0.0)

    assert len(found) == 20_000


def test_garbage_before_a_marker_is_skipped_and_counted() -> None:
    deframer = Deframer()

    found = deframer.feed(b"boot log\r\n" + framed(b"ok"), 0.0)

    assert found == [b"ok"]
    assert deframer.skipped_bytes == 10


@pytest.mark.parametrize("length", [0, MAX_PAYLOAD_BYTES + 1, 65_535])
def test_a_length_that_cannot_be_is_no_length(length: int) -> None:
    deframer = Deframer()

    found = deframer.feed(b">" + length.to_bytes(2, "little") + framed(b"next"), 0.0)

    assert found == [b"next"]


@pytest.mark.parametrize("length", [1, MAX_PAYLOAD_BYTES])
def test_the_shortest_and_the_longest_frame_are_taken(length: int) -> None:
    assert Deframer().feed(framed(b"x" * length), 0.0) == [b"x" * length]


def test_the_other_directions_marker_is_garbage() -> None:
    deframer = Deframer()

    assert deframer.feed(enframe(b"\x01abc"), 0.0) == []
    assert deframer.skipped_bytes == 7


def test_a_radio_reads_what_programs_write() -> None:
    assert Deframer(from_radio=False).feed(enframe(b"\x16\x03"), 0.0) == [b"\x16\x03"]


def test_what_a_lie_about_the_length_swallowed_is_searched_again_after_silence() -> None:
    deframer = Deframer()
    held = deframer.feed(b">\xc8\x00" + framed(b"lost?"), 10.0)

    too_early = deframer.flush(10.0 + PATIENCE_S / 2)
    found = deframer.flush(10.0 + PATIENCE_S)

    assert (held, too_early, found) == ([], [], [b"lost?"])


def test_nothing_is_due_while_nothing_is_held() -> None:
    deframer = Deframer()

    assert deframer.next_deadline_s is None
    assert deframer.flush(99.0) == []


def test_a_new_connection_begins_with_nothing_held() -> None:
    deframer = Deframer()
    deframer.feed(framed(b"half")[:5], 0.0)

    deframer.reset()

    assert deframer.feed(framed(b"whole"), 0.0) == [b"whole"]


def test_a_radio_that_reboots_within_a_frame_costs_no_more_than_that_frame() -> None:
    deframer = Deframer()
    deframer.feed(framed(b"\x05" * 60)[:20], 0.0)

    deframer.feed(b"ets Jul 29 2019\r\nrst:0x1\r\n" + framed(b"\x00"), 1.0)
    deframer.flush(10.0)

    assert deframer.feed(framed(b"after"), 11.0)[-1] == b"after"


def test_what_is_held_is_bounded() -> None:
    deframer = Deframer()

    for _ in range(1_000):
        deframer.feed(b">\x2c\x01" + b">" * 100, 0.0)

    assert len(deframer._held) <= MAX_PAYLOAD_BYTES + 3
