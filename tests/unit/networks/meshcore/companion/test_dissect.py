"""Companion frames for the inspector: every byte has a field, and no secret is shown."""

from __future__ import annotations

import pytest

from meshtui.model.packet import DissectedField, Dissection, Verdict
from meshtui.networks.meshcore.companion import answers, commands, pushes
from meshtui.networks.meshcore.companion.codes import Command
from meshtui.networks.meshcore.companion.deframer import enframe
from meshtui.networks.meshcore.companion.dissect import (
    dissect_companion,
    redacted,
    summarise_companion,
)
from meshtui.networks.meshcore.companion.frames import encode_command, encode_frame
from tests.support.meshcore_vectors import vectors

KEY = bytes(range(1, 33))
SECRET = b"S3CR3T-S3CR3T-16"
EXCHANGES = vectors()["companion_frames"]
TO_RADIO = [bytes.fromhex(each["to_device"]) for each in EXCHANGES if "to_device" in each]
FROM_RADIO = [bytes.fromhex(text) for each in EXCHANGES for text in each.get("from_device", ())]


def values(dissection: Dissection) -> dict[str, str]:
    return {field.name: field.value for field in dissection.fields}


def flat(fields: tuple[DissectedField, ...]) -> list[DissectedField]:
    return [one for field in fields for one in (field, *flat(field.children))]


@pytest.mark.parametrize("payload", FROM_RADIO, ids=lambda each: each.hex()[:12])
def test_every_byte_of_a_radios_frame_has_a_field(payload: bytes) -> None:
    dissection = dissect_companion(payload, to_radio=False)

    assert [field.start for field in dissection.fields] == [
        0,
        *[field.end for field in dissection.fields[:-1]],
    ]
    assert dissection.fields[-1].end == len(payload)
    assert dissection.problems == ()


@pytest.mark.parametrize("payload", TO_RADIO, ids=lambda each: each.hex()[:12])
def test_every_byte_of_a_command_has_a_field_also_on_a_stream(payload: bytes) -> None:
    dissection = dissect_companion(enframe(payload))

    assert dissection.fields[0].value == "<"
    assert dissection.fields[-1].end == len(payload) + 3
    assert dissection.summary.startswith("command ")


def test_children_lie_within_their_parents() -> None:
    for payload in FROM_RADIO:
        for field in flat(dissect_companion(payload, to_radio=False).fields):
            assert all(field.start <= child.start <= child.end for child in field.children)
            assert all(child.end <= field.end for child in field.children)


def test_the_direction_is_found_out_for_the_firmwares_frames() -> None:
    alike = {b"\x0a", b"\x04\x8f\xba\x55\x69", b"\xc8"}  # a command could be an answer

    assert all(summarise_companion(each).verdict is Verdict.HANDLED for each in FROM_RADIO)
    guessed = [each for each in TO_RADIO if summarise_companion(each).verdict is Verdict.SENT]
    assert set(TO_RADIO) - set(guessed) == alike


def test_a_frame_is_called_what_the_reference_calls_it() -> None:
    assert summarise_companion(FROM_RADIO[0]).kind == "SELF_INFO"
    assert summarise_companion(TO_RADIO[0], to_radio=True).kind == "APP_START"
    assert summarise_companion(b"\x83").kind == "MSG_WAITING"
    assert summarise_companion(b"\xfe").kind == "0xFE"
    assert summarise_companion(b"").verdict is Verdict.REJECTED


def test_a_frame_about_a_node_names_it() -> None:
    advert = summarise_companion(encode_frame(pushes.Advert(KEY)))
    command = summarise_companion(
        encode_command(commands.ForKey(Command.RESET_PATH, KEY)), to_radio=True
    )

    assert (advert.source, advert.destination) == (KEY.hex(), "")
    assert (command.source, command.destination) == ("", KEY.hex())


SECRETS = [
    (encode_frame(answers.PrivateKey(SECRET * 4)), False),
    (encode_frame(answers.Signature(SECRET * 4)), False),
    (encode_command(commands.SignData(SECRET * 5)), True),
    (encode_frame(answers.ChannelInfo(1, "#a", SECRET)), False),
    (encode_frame(answers.DefaultFloodScope("#europe", SECRET)), False),
    (encode_command(commands.SetChannel(1, "#a", SECRET)), True),
    (encode_command(commands.SetChannel(1, "#a", SECRET * 2)), True),
    (encode_command(commands.ImportPrivateKey(SECRET * 4)), True),
    (encode_command(commands.SendLogin(KEY, SECRET.decode())), True),
    (encode_command(commands.SendAnonReq(KEY, SECRET)), True),
    (encode_command(commands.SetFloodScopeKey(0, SECRET)), True),
]


@pytest.mark.parametrize(("payload", "to_radio"), SECRETS)
def test_no_secret_is_shown_or_kept(payload: bytes, to_radio: bool) -> None:
    for data in (payload, payload + SECRET, payload[:-1], enframe(payload, to_radio=to_radio)):
        shown = repr(dissect_companion(data, to_radio=to_radio))
        kept = redacted(data, to_radio=to_radio)

        assert SECRET[:4].hex() not in shown
        assert "S3CR3T" not in shown
        assert b"S3CR3T" not in kept
        assert len(kept) == len(data)


def test_a_pin_is_not_shown_but_whether_there_is_one() -> None:
    info = answers.DeviceInfo(13, 50, 8, 123456, "now", "board", "v1")

    assert values(dissect_companion(encode_frame(info)))["pin"] == "(hidden)"
    assert values(dissect_companion(encode_frame(info._replace(pin=0))))["pin"] == "0"


def test_what_holds_no_secret_is_kept_whole() -> None:
    payload = encode_frame(pushes.Advert(KEY))

    assert redacted(payload) == payload
    assert redacted(b"") == b""
    assert redacted(b"\xfe\x01") == b"\xfe\x01"


def test_a_status_is_taken_apart() -> None:
    body = bytes.fromhex("0410") + bytes(54)

    dissection = dissect_companion(encode_frame(pushes.StatusResponse(0, KEY[:6], body)))

    assert dissection.fields[-1].children[0].value == "4100 mV"


def test_telemetry_is_taken_apart() -> None:
    frame = pushes.Telemetry(0, KEY[:6], bytes.fromhex("0174019C"))

    (child,) = dissect_companion(encode_frame(frame)).fields[-1].children

    assert (child.name, child.value, child.start) == ("channel 1 voltage", "4.12 V", 8)


def test_a_rooms_text_shows_its_author() -> None:
    frame = answers.ContactMsgV3(8.5, bytes(2), KEY[:6], 0, 2, 1, b"\x01\x02\x03\x04hi")

    author, text = dissect_companion(encode_frame(frame)).fields[-1].children

    assert (author.value, text.value) == ("01020304", "hi")


def test_a_trace_shows_its_hops() -> None:
    dissection = dissect_companion(bytes.fromhex("8900010078563412BEBAFECAEDF322"))

    assert [child.value for child in dissection.fields[-1].children] == ["ed: -3.25 dB", "8.5 dB"]


def test_what_is_cut_off_is_shown_as_far_as_it_goes() -> None:
    dissection = dissect_companion(FROM_RADIO[0][:20], to_radio=False)

    assert dissection.problems
    assert dissection.fields[-1].name == "rest"
    assert dissection.fields[-1].end == 20
    assert summarise_companion(FROM_RADIO[0][:20], to_radio=False).verdict is Verdict.REJECTED


def test_an_empty_frame_is_a_problem_and_no_crash() -> None:
    assert dissect_companion(b"").problems


def test_a_long_value_is_cut() -> None:
    dissection = dissect_companion(b"\xfe" + bytes(10_000))

    assert all(len(field.value) < 500 for field in dissection.fields)


def test_the_words_of_a_text_are_in_its_line_but_not_those_of_a_command_line() -> None:
    text = answers.ContactMsg(KEY[:6], 0, 2, 1, b"\x01\x02\x03\x04hi\0")
    line = commands.SendTxtMsg(1, 0, 1, KEY[:6], "password hunter2")

    assert summarise_companion(encode_frame(text)).text == "hi"
    assert summarise_companion(encode_command(line), to_radio=True).text == ""


@pytest.mark.parametrize(
    "line", ["password S3CR3T", "set guest.password S3CR3T", "set prv.key S3CR3T"]
)
def test_a_command_line_that_sets_a_secret_is_not_kept(line: str) -> None:
    payload = encode_command(commands.SendTxtMsg(1, 0, 1, KEY[:6], line))
    harmless = encode_command(commands.SendTxtMsg(1, 0, 1, KEY[:6], "ver"))

    for data in (payload, enframe(payload)):
        kept = redacted(data, to_radio=True)

        assert b"S3CR3T" not in kept
        assert len(kept) == len(data)
    assert redacted(harmless, to_radio=True) == harmless


@pytest.mark.parametrize("size", [20, 64, 66, 120])
def test_a_private_key_of_any_length_is_not_shown_though_nobody_says_which_way_it_went(
    size: int,
) -> None:
    payload = b"\x0e" + b"KEYKEYKE" * 15

    shown = dissect_companion(payload[: size + 1])

    assert b"KEYKEYKE".hex() not in repr(shown)
    assert b"KEY" not in redacted(payload[: size + 1])
