"""Frames in a stream of bytes, from the radio's end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meshtui.networks.meshcore.companion.deframer import Deframer, enframe
from meshtui.sim.companion.framing import Unframer, framed

PAYLOAD = st.binary(min_size=1, max_size=176)


def test_a_frame_of_the_radio_is_found_by_the_programs_end() -> None:
    assert Deframer().feed(framed(b"\x05abc"), 0.0) == [b"\x05abc"]


@given(st.lists(PAYLOAD, max_size=5), st.integers(1, 50))
def test_frames_are_found_however_they_are_cut(payloads: list[bytes], size: int) -> None:
    stream = b"".join(map(enframe, payloads))
    unframer = Unframer()

    found = [
        one for at in range(0, len(stream), size) for one in unframer.feed(stream[at : at + size])
    ]

    assert found == payloads


def test_what_stands_before_a_marker_is_passed_over() -> None:
    assert Unframer().feed(b"\r\n>noise" + enframe(b"\x01") + b"more" + enframe(b"\x02")) == [
        b"\x01",
        b"\x02",
    ]


def test_a_frame_too_long_is_cut_on_a_line_and_skipped_on_a_network() -> None:
    stream = enframe(bytes(200)) + enframe(b"\x05")

    assert Unframer().feed(stream) == [bytes(176), b"\x05"]
    assert Unframer(skips_long=True).feed(stream) == [b"\x05"]


def test_an_empty_frame_is_none() -> None:
    assert Unframer().feed(enframe(b"") + enframe(b"\x05")) == [b"\x05"]


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise_or_grow(data: bytes) -> None:
    unframer = Unframer()

    assert all(1 <= len(found) <= 176 for found in unframer.feed(data))
    assert len(unframer._body) <= 176
