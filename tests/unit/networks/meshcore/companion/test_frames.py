"""Companion frames: golden values of the firmware, both ways, and what is malformed."""

from __future__ import annotations

import pytest

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.companion import answers, commands, pushes
from meshtui.networks.meshcore.companion.codes import Answer, Command, Push
from meshtui.networks.meshcore.companion.forms import UNKNOWN_PATH, Path
from meshtui.networks.meshcore.companion.frames import (
    COMMANDS as KINDS_OF_COMMANDS,
)
from meshtui.networks.meshcore.companion.frames import (
    UnknownFrame,
    decode_command,
    decode_frame,
    encode_command,
    encode_frame,
)
from meshtui.networks.meshcore.companion.wire import parts_of
from tests.support.meshcore_vectors import vectors

EXCHANGES = vectors()["companion_frames"]
COMMANDS = [
    (each["name"], bytes.fromhex(each["to_device"])) for each in EXCHANGES if "to_device" in each
]
FRAMES = [
    (f"{each['name']} {number}", bytes.fromhex(text))
    for each in EXCHANGES
    for number, text in enumerate(each.get("from_device", ()))
]
STALE = {"GET_CHANNEL 0 0"}  # stale memory follows the name
PADDED = {"SET_RADIO_TX_POWER"}  # three bytes nobody reads
KEY = bytes(range(32))


def test_all_exchanges_of_the_firmware_are_there() -> None:
    assert len(EXCHANGES) == 68
    assert len(FRAMES) == 92


@pytest.mark.parametrize(("name", "payload"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_a_command_is_written_as_it_was_read(name: str, payload: bytes) -> None:
    command = decode_command(payload)

    written = encode_command(command)

    assert written == (payload[: len(written)] if name in PADDED else payload)


@pytest.mark.parametrize(("name", "payload"), FRAMES, ids=[name for name, _ in FRAMES])
def test_a_frame_of_the_radio_is_written_as_it_was_read(name: str, payload: bytes) -> None:
    frame = decode_frame(payload)

    written = encode_frame(frame)

    assert decode_frame(written) == frame
    assert written == payload or name in STALE


def test_self_info_says_what_another_implementation_read() -> None:
    expected = EXCHANGES[0]["meshcore_py_events"][0][0]["payload"]

    me = decode_frame(FRAMES[0][1])

    assert isinstance(me, answers.SelfInfo)
    assert me.key.hex() == expected["public_key"]
    assert (me.name, me.frequency_khz / 1000) == (expected["name"], expected["radio_freq"])
    assert (me.spreading_factor, me.coding_rate) == (expected["radio_sf"], expected["radio_cr"])


def test_a_contact_says_what_another_implementation_read() -> None:
    (exchange,) = [each for each in EXCHANGES if each["name"] == "GET_CONTACTS"]
    frames = [decode_frame(bytes.fromhex(text)) for text in exchange["from_device"]]

    start, bob, repeater, end = frames

    assert start == answers.ContactsStart(2)
    assert isinstance(bob, answers.Contact)
    assert (bob.name, bob.lat, bob.lon, bob.out_path) == ("Bob", 51.5, -0.125, UNKNOWN_PATH)
    assert isinstance(repeater, answers.Contact)
    assert repeater.out_path == Path(2, b"\xaa\xbb")
    assert end == answers.EndOfContacts(1767225700)


def test_a_channels_name_ends_at_its_first_nul() -> None:
    (exchange,) = [each for each in EXCHANGES if each["name"] == "GET_CHANNEL 0"]

    frame = decode_frame(bytes.fromhex(exchange["from_device"][0]))

    assert isinstance(frame, answers.ChannelInfo)
    assert frame.name == "Public"


def test_a_trace_names_each_hop_and_how_well_it_heard() -> None:
    trace = decode_frame(bytes.fromhex("8900010078563412BEBAFECAEDF322"))

    assert isinstance(trace, pushes.TraceData)
    assert pushes.trace_hops(trace) == (("ed", -3.25),)
    assert pushes.trace_final_db(trace) == 8.5


def test_a_trace_without_its_snrs_has_no_hops() -> None:
    trace = pushes.TraceData(0, 8, 1, bytes(4), bytes(4), b"\x01\x02\x03")

    assert pushes.trace_hops(trace) == ()
    assert pushes.trace_final_db(trace) is None


@pytest.mark.parametrize("code", [0x1E, 0x7F, 0xFF])
def test_a_code_that_nobody_knows_is_kept(code: int) -> None:
    payload = bytes((code, 1, 2))

    frame = decode_frame(payload)

    assert frame == UnknownFrame(code, b"\x01\x02")
    assert encode_frame(frame) == payload


def test_a_command_that_nobody_knows_is_kept() -> None:
    command = decode_command(b"\xc8\x01")

    assert command == commands.UnknownCommand(0xC8, b"\x01")
    assert encode_command(command) == b"\xc8\x01"


@pytest.mark.parametrize("size", [1, 2, 3, 20, 35, 50, 57])
def test_a_self_info_that_is_cut_off_is_malformed_and_says_where(size: int) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_frame(FRAMES[0][1][:size])

    assert caught.value.reason == "short"
    assert caught.value.offset is not None
    assert caught.value.offset <= size


def test_a_self_info_may_be_without_a_name() -> None:
    me = decode_frame(FRAMES[0][1][:58])

    assert isinstance(me, answers.SelfInfo)
    assert me.name == ""


def test_a_contact_that_is_a_byte_short_is_malformed_and_one_too_long_is_newer() -> None:
    (whole,) = [data for name, data in FRAMES if name == "GET_CONTACT_BY_KEY 0"]

    with pytest.raises(DecodeError):
        decode_frame(whole[:-1])

    assert decode_frame(whole + b"\x00") == decode_frame(whole)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x00", answers.Ok()),
        (b"\x00\x01\x02\x03\x04", answers.Ok(b"\x01\x02\x03\x04")),
        (b"\x01", answers.Err()),
        (b"\x01\xff", answers.Err(255)),
        (b"\x0c\x1b\x10", answers.BattAndStorage(4123)),
        (b"\x18\x09", answers.StatsOther(9, b"")),
        (b"\x04", answers.EndOfContacts()),
        (b"\x1c", answers.DefaultFloodScope()),
        (bytes((Push.LOGIN_SUCCESS, 1)) + KEY[:6], pushes.LoginSuccess(1, KEY[:6])),
        (b"\x0d\x02\x32\x08", answers.DeviceInfo(2, 50, 8)),
    ],
)
def test_what_older_firmware_leaves_out_is_none(payload: bytes, expected: object) -> None:
    assert decode_frame(payload) == expected


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x06\x00\x01",
        b"\x12\x00" + bytes(32) + bytes(15),
        b"\x07\x01\x02",
        b"\x0c\x1b",
        b"\x88",
        b"\x88\x01",
        b"\x1b\x22\x00\x00\x01\x00\x01\xff\x09\x01",
        bytes((Push.PATH_DISCOVERY, 0)) + KEY[:6] + b"\xc1\x01\x00",
        bytes((Answer.ADVERT_PATH,)) + bytes(4) + b"\x05\x01",
    ],
)
def test_what_is_cut_off_or_cannot_be_is_malformed(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_frame(payload)


@pytest.mark.parametrize("payload", [b"", b"\x0d\x01", b"\x02\x00\x00", b"\x20\x01name"])
def test_a_command_that_is_cut_off_is_malformed(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_command(payload)


def test_a_name_that_is_no_utf8_is_read_with_replacements() -> None:
    me = decode_frame(FRAMES[0][1][:58] + b"\xff\x1b[2J")

    assert isinstance(me, answers.SelfInfo)
    assert me.name == "\ufffd\x1b[2J"


def test_a_text_of_a_room_begins_with_its_author() -> None:
    message = answers.ContactMsg(KEY[:6], 0xFF, 2, 1, b"\x01\x02\x03\x04hello\0\0")

    assert answers.author_and_text(message) == (b"\x01\x02\x03\x04", "hello")
    assert answers.hops_of(0xFF) is None
    assert answers.hops_of(0x43) == 3


@pytest.mark.parametrize(
    "command",
    [
        commands.SendTxtMsg(0, 256, 0, bytes(6), "x"),
        commands.SendTxtMsg(0, 0, 0, bytes(5), "x"),
        commands.SetChannel(0, "x" * 33, bytes(16)),
        commands.SetAdvertLatLon(9999.0, 0.0),
        commands.SendChannelData(0, Path(0xFF), 65536, b""),
    ],
)
def test_a_value_that_does_not_fit_is_refused(command: commands.RadioCommand) -> None:
    with pytest.raises(EncodeError):
        encode_command(command)


SECRETIVE = [
    kind
    for kind in (*KINDS_OF_COMMANDS.values(), *answers.ANSWERS.values(), *pushes.PUSHES.values())
    if any(part.form.is_secret for part in parts_of(kind))
]


@pytest.mark.parametrize("kind", SECRETIVE, ids=lambda kind: kind.__name__)
def test_what_is_secret_in_a_frame_is_in_no_log_of_it(kind: type) -> None:
    values = {
        part.name: "hush" if part.form.is_secret else f"open {part.name}" for part in parts_of(kind)
    }

    said = repr(kind(**values))

    assert "hush" not in said
    assert all(value in said for value in values.values() if value != "hush")


def test_keys_passwords_and_pins_are_secret() -> None:
    assert len(SECRETIVE) >= 13


def test_every_command_has_one_form() -> None:
    for code in Command:
        payload = bytes((code,)) + bytes(200)

        assert encode_command(decode_command(payload))[0] == code
