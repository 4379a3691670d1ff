"""Verbs about other nodes: login, status, neighbours, telemetry, command line, contacts."""

from __future__ import annotations

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.event import NodeHeard
from meshtui.networks.meshcore.companion import pushes
from meshtui.networks.meshcore.companion.answers import ContactMsg, Err
from meshtui.networks.meshcore.companion.codes import Command, Push
from meshtui.networks.meshcore.companion.commands import (
    ExportContact,
    ForKey,
    SendBinaryReq,
    SendLogin,
    SendTxtMsg,
)
from meshtui.networks.meshcore.companion.radio import is_favourite
from meshtui.networks.meshcore.payloads.response import (
    Neighbour,
    Neighbours,
    Status,
    encode_neighbours,
    encode_status,
)
from tests.support.fake_companion import BOB, HILL, NOW, Desk, contact

ROOM = bytes((7,)) * 32
PREFIX = HILL.public_key[:6]
STATUS = Status(4100, 0, -117, -90, 1, 2, 3, 90_000, 5, 6, 7, 8, 0, 8.5, 10, 11, 12, 13)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.radio.contacts[HILL.public_key] = contact(HILL.public_key, "Hill", 2)
    desk.radio.contacts[ROOM] = contact(ROOM, "Room", 3)
    return desk.connect()


def facts(desk: Desk, request: str) -> dict[str, str]:
    (row,) = desk.answer(request).rows
    return dict(row)


def tag_of(desk: Desk) -> bytes:
    return desk.radio.tags.to_bytes(4, "little")


def test_a_login_tells_the_role_and_the_other_clock(desk: Desk) -> None:
    request = desk.ask("login", HILL.public_key, secret="hill")

    desk.push(pushes.LoginSuccess(1, PREFIX, NOW + 5, 0x03, 2))

    assert SendLogin(HILL.public_key, "hill") in desk.radio.asked
    assert desk.answer(request).text == "logged in as administrator"
    assert facts(desk, request)["its clock"] == "+5 s against ours"


def test_older_firmware_tells_less_of_a_login(desk: Desk) -> None:
    request = desk.ask("login", HILL.public_key)

    desk.push(pushes.LoginSuccess(0, PREFIX))

    assert facts(desk, request) == {"role": "guest"}


def test_who_may_only_read_in_a_room_is_told_so(desk: Desk) -> None:
    for is_admin, permissions in ((2, None), (0, 0)):
        request = desk.ask("login", ROOM, secret="x")

        desk.push(pushes.LoginSuccess(is_admin, ROOM[:6], *((NOW, 0) if permissions == 0 else ())))

        assert "to read only" in desk.answer(request).text


def test_a_refused_login_is_an_error(desk: Desk) -> None:
    request = desk.ask("login", HILL.public_key, secret="no")

    desk.push(pushes.LoginFail(0, PREFIX))

    assert desk.answer(request).is_error


def test_a_login_that_gets_no_answer_says_what_that_may_mean(desk: Desk) -> None:
    request = desk.ask("login", HILL.public_key, secret="no")

    desk.wind(200.0)

    assert "wrong password" in desk.answer(request).text


def test_a_password_too_long_is_refused_at_once(desk: Desk) -> None:
    with pytest.raises(LocalProtocolError):
        desk.ask("login", HILL.public_key, secret="x" * 16)


def test_another_nodes_login_is_not_taken_for_it(desk: Desk) -> None:
    request = desk.ask("login", HILL.public_key)

    desk.push(pushes.LoginSuccess(1, BOB.public_key[:6]))

    assert desk.answers(request) == []


def test_a_logout_ends_at_once(desk: Desk) -> None:
    assert desk.answer(desk.ask("logout", HILL.public_key)).text == "logged out"


def test_a_status_is_a_table(desk: Desk) -> None:
    request = desk.ask("status", HILL.public_key)
    desk.wind(1.5)

    desk.push(pushes.StatusResponse(0, PREFIX, encode_status(STATUS)))

    told = desk.answer(request)
    assert told.text == "4.10 V, up 1 d 1 h, 2 sent"
    assert (told.rtt_ms, told.node_id) == (1500, HILL.public_key.hex())
    assert facts(desk, request)["noise floor"] == "-117 dBm"


def test_a_rooms_status_counts_posts(desk: Desk) -> None:
    request = desk.ask("status", ROOM)

    desk.push(
        pushes.StatusResponse(
            0, ROOM[:6], encode_status(Status(*STATUS[:16], posted=12, pushed=13))
        )
    )

    assert facts(desk, request)["posted"] == "12"


def test_a_status_that_cannot_be_read_is_an_error(desk: Desk) -> None:
    request = desk.ask("status", HILL.public_key)

    desk.push(pushes.StatusResponse(0, PREFIX, b"PONG"))

    assert "cannot be read" in desk.answer(request).text


def test_neighbours_come_page_by_page(desk: Desk) -> None:
    request = desk.ask("neighbours", HILL.public_key)
    first = Neighbours(2, (Neighbour(BOB.public_key[:4], 60, -3.25),))
    second = Neighbours(2, (Neighbour(b"\1\2\3\4", 5, 8.0),))

    desk.push(pushes.BinaryResponse(0, tag_of(desk), encode_neighbours(first)))
    desk.push(pushes.BinaryResponse(0, tag_of(desk), encode_neighbours(second)))

    table = [dict(row) for row in desk.answer(request).rows]
    assert [row["name"] for row in table] == ["Bob", "not known"]
    assert [row["heard"] for row in table] == ["1 min 0 s ago", "5 s ago"]
    offsets = [each.request[3] for each in desk.radio.asked if isinstance(each, SendBinaryReq)]
    assert offsets == [0, 1]


def test_neighbours_that_never_end_end(desk: Desk) -> None:
    request = desk.ask("neighbours", HILL.public_key)
    page = encode_neighbours(Neighbours(65_535, (Neighbour(b"\1\2\3\4", 5, 8.0),)))

    for _ in range(20):
        desk.push(pushes.BinaryResponse(0, tag_of(desk), page))

    assert desk.answer(request).text == "8 of 65535 neighbours"


@pytest.mark.parametrize("body", [b"", b"\x01"])
def test_neighbours_that_cannot_be_read_are_an_error(desk: Desk, body: bytes) -> None:
    request = desk.ask("neighbours", HILL.public_key)

    desk.push(pushes.BinaryResponse(0, tag_of(desk), body))

    assert desk.answer(request).is_error


def test_telemetry_is_a_table_and_says_what_it_could_not_read(desk: Desk) -> None:
    request = desk.ask("telemetry", HILL.public_key)

    desk.push(pushes.Telemetry(0, PREFIX, bytes.fromhex("0174019C016700FFFFFE01")))

    assert (
        desk.answer(request).text == "voltage 4.12 V, temperature 25.5 °C; 3 bytes cannot be read"
    )
    assert len(desk.answer(request).rows) == 2


def test_an_owner_is_three_lines(desk: Desk) -> None:
    request = desk.ask("owner", HILL.public_key)

    desk.push(pushes.BinaryResponse(0, tag_of(desk), b"v1.17\nHill\nme\nand mine\0\0"))

    assert facts(desk, request) == {"firmware": "v1.17", "name": "Hill", "owner": "me\nand mine"}


def test_an_access_list_names_who_is_known(desk: Desk) -> None:
    request = desk.ask("acl", HILL.public_key)

    body = BOB.public_key[:6] + b"\x03" + desk.radio.key[:6] + b"\x03" + bytes(7)
    desk.push(pushes.BinaryResponse(0, tag_of(desk), body))

    assert [dict(row)["name"] for row in desk.answer(request).rows] == ["Bob", "us"]


def test_a_command_line_is_answered_by_its_text(desk: Desk) -> None:
    request = desk.ask("cli", HILL.public_key, "ver")
    desk.radio.messages.append(ContactMsg(PREFIX, 0, 1, NOW, b"v1.17.1\0"))

    desk.push(pushes.BarePush(Push.MSG_WAITING))

    assert desk.answer(request).text == "v1.17.1"
    assert desk.messages == []
    (sent,) = [each for each in desk.radio.asked if isinstance(each, SendTxtMsg)]
    assert (sent.text_type, sent.text) == (1, "ver")


def test_an_ordinary_text_is_no_answer_to_a_command_line(desk: Desk) -> None:
    request = desk.ask("cli", HILL.public_key, "ver")
    desk.radio.messages.append(ContactMsg(PREFIX, 0, 0, NOW, b"hello"))

    desk.push(pushes.BarePush(Push.MSG_WAITING))

    assert desk.answers(request) == []
    assert len(desk.messages) == 1


@pytest.mark.parametrize("line", ["", "  ", "x" * 161])
def test_a_line_that_does_not_fit_is_refused_at_once(desk: Desk, line: str) -> None:
    with pytest.raises(LocalProtocolError):
        desk.ask("cli", HILL.public_key, line)


def test_a_contact_is_removed_and_added_again(desk: Desk) -> None:
    removed = desk.answer(desk.ask("remove", BOB.public_key))
    gone = desk.of(NodeHeard)[-1].node.is_contact

    added = desk.answer(desk.ask("add", BOB.public_key))

    assert not removed.is_error
    assert not gone
    assert not added.is_error
    assert desk.radio.contacts[BOB.public_key].name == "Bob"


def test_a_contact_is_shared(desk: Desk) -> None:
    desk.ask("share", BOB.public_key)

    assert desk.radio.count(ForKey, Command.SHARE_CONTACT) == 1


def test_a_card_is_exported_or_made_where_the_radio_keeps_none(desk: Desk) -> None:
    signed = desk.answer(desk.ask("export", BOB.public_key))
    desk.radio.rules[ExportContact] = lambda _: [Err(2)]
    plain = desk.answer(desk.ask("export", BOB.public_key))

    assert signed.text == "meshcore://" + b"\x11\x00card".hex().upper()
    assert plain.text.startswith("meshcore://contact/add?name=Bob&public_key=")


@pytest.mark.parametrize(("argument", "is_on"), [("", True), ("on", True), ("off", False)])
def test_a_favourite_is_marked_on_the_radio(desk: Desk, argument: str, is_on: bool) -> None:
    desk.ask("favourite", BOB.public_key, argument)

    assert is_favourite(desk.radio.contacts[BOB.public_key]) is is_on


def test_the_radio_is_not_asked_about_itself(desk: Desk) -> None:
    assert "itself" in desk.answer(desk.ask("status", desk.radio.key)).text


def test_a_lost_link_answers_every_request(desk: Desk) -> None:
    requests = [desk.ask(verb, HILL.public_key) for verb in ("status", "telemetry", "owner")]

    desk.disconnect()

    assert all(desk.answer(request).is_error for request in requests)
    assert "lost" in desk.answer(requests[0]).text
