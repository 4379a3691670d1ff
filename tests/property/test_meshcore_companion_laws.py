"""Laws of the companion protocol's codec and framing, and of a port that hears anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from meshtui.errors import DecodeError
from meshtui.model.link import LinkKind
from meshtui.model.packet import Frame
from meshtui.networks.meshcore.companion import wire
from meshtui.networks.meshcore.companion.answers import ANSWERS
from meshtui.networks.meshcore.companion.deframer import (
    MAX_PAYLOAD_BYTES,
    Deframer,
    enframe,
)
from meshtui.networks.meshcore.companion.dissect import (
    dissect_companion,
    redacted,
    summarise_companion,
)
from meshtui.networks.meshcore.companion.frames import (
    COMMANDS,
    decode_command,
    decode_frame,
    encode_command,
    encode_frame,
)
from meshtui.networks.meshcore.companion.pushes import PUSHES
from meshtui.networks.meshcore.payloads.lpp import decode_lpp, encode_lpp
from tests.support.fake_companion import BOB, LINK, Desk, contact
from tests.support.meshcore_vectors import vectors

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = [
    bytes.fromhex(text)
    for each in vectors()["companion_frames"]
    for text in (*each.get("from_device", ()), each.get("to_device", "00"))
]
CODES = st.sampled_from(sorted({int(code) for code in (*ANSWERS, *PUSHES, *COMMANDS)}))
JUNK = st.binary(max_size=400)
WITH_CODE = st.builds(lambda code, body: bytes((code,)) + body, CODES, st.binary(max_size=200))


@st.composite
def nearly_valid(draw) -> bytes:
    """A frame of the firmware with a few bytes changed, cut or added."""
    data = bytearray(draw(st.sampled_from(GOLDEN)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data) - 1))
        data[at] = draw(st.integers(0, 255))
    data = data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data
    return bytes(data) + draw(st.binary(max_size=4))


ANYTHING = st.one_of(JUNK, WITH_CODE, nearly_valid())


def written_again(
    payload: bytes,
    decode: Callable[[bytes], object],
    encode: Callable[..., bytes],
) -> None:
    """Check that what can be read is written so that it reads the same."""
    error: DecodeError | None = None
    try:
        value = decode(payload)
    except DecodeError as refusal:
        error = refusal
    if error is None:
        assert decode(encode(value)) == value
    else:
        assert error.offset is None or 0 <= error.offset <= len(payload)


@given(ANYTHING)
def test_what_a_radio_says_reads_the_same_when_written_again(payload: bytes) -> None:
    written_again(payload, decode_frame, encode_frame)


@given(ANYTHING)
def test_what_a_program_says_reads_the_same_when_written_again(payload: bytes) -> None:
    written_again(payload, decode_command, encode_command)


@given(ANYTHING, st.sampled_from([True, False, None]))
def test_any_bytes_can_be_taken_apart_in_order_and_within_themselves(
    payload: bytes, to_radio: bool | None
) -> None:
    dissection = dissect_companion(payload, to_radio=to_radio)

    at = 0
    for field in dissection.fields:
        assert at <= field.start <= field.end <= len(payload)
        at = field.end
    assert not payload or at == len(payload)
    assert summarise_companion(payload, to_radio=to_radio).kind
    assert len(redacted(payload, to_radio=to_radio)) == len(payload)


@given(ANYTHING, st.booleans())
def test_what_is_redacted_stays_so(payload: bytes, to_radio: bool) -> None:
    once = redacted(payload, to_radio=to_radio)

    assert redacted(once, to_radio=to_radio) == once


@given(st.binary(max_size=200))
def test_telemetry_never_raises_and_reads_the_same_again(data: bytes) -> None:
    readings, end = decode_lpp(data)

    assert 0 <= end <= len(data)
    again, _ = decode_lpp(encode_lpp(readings))
    assert [each[:3] for each in again] == [each[:3] for each in readings]


PAYLOADS = st.lists(st.binary(min_size=1, max_size=60), max_size=12)


@given(PAYLOADS, st.lists(st.integers(1, 40), max_size=40))
def test_however_a_stream_is_cut_its_frames_are_found(
    payloads: list[bytes], sizes: list[int]
) -> None:
    stream = b"".join(enframe(payload, to_radio=False) for payload in payloads)
    deframer, found, at = Deframer(), list[bytes](), 0

    for size in [*sizes, len(stream) + 1]:
        found += deframer.feed(stream[at : at + size], 0.0)
        at += size

    assert found == payloads
    assert deframer.skipped_bytes == 0


@given(st.lists(st.binary(max_size=120), max_size=20))
def test_a_deframer_never_raises_and_holds_little(reads: list[bytes]) -> None:
    deframer, now_s = Deframer(), 0.0

    for data in reads:
        found = deframer.feed(data, now_s)
        now_s += 3.0
        found += deframer.flush(now_s)
        assert all(0 < len(payload) <= MAX_PAYLOAD_BYTES for payload in found)
        assert len(deframer._held) <= MAX_PAYLOAD_BYTES + 3


@given(st.binary(max_size=80), st.binary(min_size=1, max_size=60))
def test_after_garbage_and_silence_a_frame_is_found(garbage: bytes, payload: bytes) -> None:
    deframer, now_s = Deframer(), 0.0
    deframer.feed(garbage, now_s)
    while deframer.next_deadline_s is not None:
        now_s = deframer.next_deadline_s
        deframer.flush(now_s)

    assert deframer.feed(enframe(payload, to_radio=False), now_s) == [payload]


@settings(max_examples=60)
@given(st.lists(ANYTHING, max_size=30), st.sampled_from([LinkKind.STREAM, LinkKind.PIECES]))
def test_no_bytes_make_a_port_raise_or_stop(payloads: list[bytes], kind: LinkKind) -> None:
    desk = Desk(kind)
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()

    for payload in payloads:
        desk.send(BOB.public_key)
        desk.apply(desk.port.receive(Frame(LINK, payload, desk.now)))
        desk.say(payload)
        desk.wind(1.0)
    desk.wind(120.0)

    assert desk.port.is_ready


def test_every_form_of_every_frame_is_known() -> None:
    for kind in (*ANSWERS.values(), *PUSHES.values(), *COMMANDS.values()):
        assert [part.name for part in wire.parts_of(kind)] == list(kind._fields)
