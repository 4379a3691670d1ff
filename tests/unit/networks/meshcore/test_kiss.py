"""KISS: frames read and write as the modem's firmware does, and noise is survived."""

from __future__ import annotations

from random import Random

import pytest

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.kiss import (
    ANSWER_BIT,
    MAX_FRAME_BYTES,
    Hardware,
    KissCommand,
    KissDeframer,
    KissFrame,
    KissNoise,
    ModemRadio,
    data_frame,
    decode_radio,
    decode_rx_meta,
    decode_signed,
    decode_stats,
    decode_unsigned,
    encode_kiss,
    encode_radio,
    error_words,
    hardware_frame,
    unescape,
)
from tests.support.meshcore_vectors import vectors

FRAMES = vectors()["kiss_frames"]
WIRES = [
    bytes.fromhex(wire)
    for entry in FRAMES
    for wire in ([entry["to_device"]] if "to_device" in entry else [])
    + entry.get("from_device", [])
]


def answer_to(name: str) -> KissFrame:
    entry = next(entry for entry in FRAMES if entry["name"] == name)
    (frame,) = KissDeframer().feed(bytes.fromhex(entry["from_device"][0]))
    assert isinstance(frame, KissFrame)
    return frame


def body_of(name: str) -> bytes:
    found = answer_to(name).hardware
    assert found is not None
    return found[1]


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.hex()[:30])
def test_what_the_firmware_reads_and_writes_we_write_the_same(wire) -> None:
    frames = KissDeframer().feed(wire)

    assert b"".join(encode_kiss(frame) for frame in frames) == wire


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.hex()[:30])
def test_it_does_not_matter_how_reads_cut_the_line(wire) -> None:
    deframer = KissDeframer()

    pieces = [event for byte in wire for event in deframer.feed(bytes((byte,)))]

    assert pieces == KissDeframer().feed(wire)


def test_commands_are_written_as_the_firmware_reads_them() -> None:
    radio = ModemRadio(869_618_000, 62_500, 8, 8)

    assert hardware_frame(Hardware.GET_RADIO).hex() == "c0060bc0"
    assert hardware_frame(Hardware.SET_RADIO, encode_radio(radio)).hex().upper() == (
        "C006095051D53324F400000808C0"
    )
    assert encode_kiss(KissFrame(KissCommand.TX_DELAY, b"\0")).hex().upper() == "C00100C0"
    assert encode_kiss(KissFrame(KissCommand.PERSISTENCE, b"\xff")).hex().upper() == "C002FFC0"
    assert data_frame(bytes.fromhex("1500D9C0DB0102")).hex().upper() == "C0001500D9DBDCDBDD0102C0"


def test_answers_read_as_the_firmware_means_them() -> None:
    assert decode_radio(body_of("GetRadio")) == ModemRadio(869_618_000, 62_500, 8, 8)
    assert decode_signed(body_of("GetTxPower")) == 22
    assert decode_signed(body_of("GetCurrentRssi")) == -110
    assert decode_unsigned(body_of("IsChannelBusy")) == 0
    assert decode_unsigned(body_of("GetAirtime 50"), 4) == 100
    stats = decode_stats(body_of("GetStats"))
    assert (stats.received, stats.sent, stats.errors) == (11, 7, 2)
    assert body_of("GetDeviceName") == b"Host Sim"
    assert decode_rx_meta(b"\x22\xa9") == (8.5, -87)
    assert error_words(body_of("unknown sub-command")) == "unknown command"
    assert error_words(b"\x63") == "error 99"
    assert error_words(b"") == "error 0"
    ping = answer_to("Ping").hardware
    assert ping == (Hardware.PING | ANSWER_BIT, b"")


@pytest.mark.parametrize(
    "decode", [decode_radio, decode_stats, decode_rx_meta, decode_signed, decode_unsigned]
)
def test_an_answer_that_is_cut_off_is_refused(decode) -> None:
    with pytest.raises(DecodeError, match="short"):
        decode(b"")


def test_what_precedes_the_first_mark_is_the_end_of_something_missed() -> None:
    assert KissDeframer().feed(b"junk\xc0\x06\x97\xc0") == [KissFrame(6, b"\x97")]


def test_marks_may_be_shared_and_repeated() -> None:
    wire = b"\xc0\xc0\xc0\x00a\xc0\x00b\xc0\xc0"

    assert KissDeframer().feed(wire) == [KissFrame(0, b"a"), KissFrame(0, b"b")]


@pytest.mark.parametrize("broken", [b"\x00a\xdbb", b"\x00a\xdb", b"\xdb\xdb\xdc", b"\x00\xdb\x00"])
def test_a_broken_escape_costs_its_own_frame_only(broken) -> None:
    events = KissDeframer().feed(b"\xc0" + broken + b"\xc0\x00good\xc0")

    assert events == [KissNoise("bad-escape", broken), KissFrame(0, b"good")]


def test_an_endless_frame_is_held_to_a_bound_and_the_next_is_read() -> None:
    deframer = KissDeframer()
    deframer.feed(b"\xc0\x00")

    for _ in range(1000):
        assert deframer.feed(b"x" * 1000) == []
        assert deframer.held_bytes <= 2 * MAX_FRAME_BYTES
    noise, good = deframer.feed(b"\xc0\x00good\xc0")

    assert isinstance(noise, KissNoise)
    assert (noise.reason, len(noise.data)) == ("too-long", 2 * MAX_FRAME_BYTES)
    assert good == KissFrame(0, b"good")


def test_a_frame_of_512_bytes_is_read_and_one_of_513_is_not() -> None:
    whole, longer = b"\x06" + bytes(511), b"\x06" + bytes(512)

    events = KissDeframer().feed(b"\xc0" + whole + b"\xc0" + longer + b"\xc0")

    assert events == [KissFrame(6, bytes(511)), KissNoise("too-long", longer)]


def test_a_line_that_opens_again_begins_anew() -> None:
    deframer = KissDeframer()
    deframer.feed(b"\xc0\x00half of a")

    deframer.reset()

    assert deframer.held_bytes == 0
    assert deframer.feed(b" frame\xc0\x00b\xc0") == [KissFrame(0, b"b")]


def test_frames_between_garbage_are_found_whatever_the_cuts() -> None:
    random = Random(4)
    good = [KissFrame(0, random.randbytes(random.randrange(1, 200))) for _ in range(200)]
    line = b"".join(
        b"\xc0" + random.randbytes(5).replace(b"\xc0", b"") + encode_kiss(one) for one in good
    )
    deframer = KissDeframer()
    found: list[object] = []
    while line:
        size = random.randrange(1, 300)
        found += deframer.feed(line[:size])
        line = line[size:]

    assert [event for event in found if event in good] == good


@pytest.mark.parametrize(
    "frame",
    [
        KissFrame(16),
        KissFrame(0, b"", 16),
        KissFrame(-1),
        KissFrame(0, bytes(256)),
        KissFrame(6, bytes(512)),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(frame) -> None:
    with pytest.raises(EncodeError):
        encode_kiss(frame)


@pytest.mark.parametrize(
    "radio", [ModemRadio(1 << 32, 0, 0, 0), ModemRadio(0, -1, 0, 0), ModemRadio(0, 0, 256, 0)]
)
def test_settings_that_do_not_fit_are_refused(radio) -> None:
    with pytest.raises(EncodeError):
        encode_radio(radio)


def test_escapes_are_undone_in_place() -> None:
    assert unescape(b"a\xdb\xdcb\xdb\xddc") == b"a\xc0b\xdbc"
    with pytest.raises(DecodeError) as caught:
        unescape(b"a\xdb\xdcb\xdbx")
    assert caught.value.offset == 4


def test_a_frame_without_a_sub_command_is_no_hardware_command() -> None:
    assert KissFrame(6).hardware is None
    assert KissFrame(0, b"x").hardware is None
