"""Asking nodes and radios, key by key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.command import Ask, JoinChannel, SendText, SetDraft
from meshtui.model.event import Answered, DeviceChanged
from meshtui.model.ids import LinkId
from meshtui.model.link import LinkState
from meshtui.model.verb import Verb, VerbTarget
from tests.support.mesh_scenes import PARIS, send
from tests.support.tui_app import app_on, settle, text_of
from tests.support.two_networks import (
    DEVICE,
    MESHCORE,
    RADIO_ID,
    REBOOT,
    RIDGE,
    ROOM,
    TEST,
    WITH_ROOM,
    two_networks,
)

SMALL = (80, 24)
EVIL = "\x1b]52;c;AAAA\x07[red]\u202e"
KEYS = {" ": "space", "/": "slash", "#": "number_sign", "@": "at", "-": "minus"}
KEYS |= {"[": "left_square_bracket", "]": "right_square_bracket"}


def asks(mesh) -> list[Ask]:
    return [command for command in mesh.submitted if isinstance(command, Ask)]


def drafts(mesh) -> list[str]:
    return [command.draft for command in mesh.submitted if isinstance(command, SetDraft)]


async def opened(pilot, conversation) -> None:
    await settle(pilot)
    pilot.app.screen.chat.open_conversation(conversation)
    await settle(pilot)


async def typed(pilot, text: str) -> None:
    await pilot.press(*(KEYS.get(sign, sign) for sign in text), "enter")
    await settle(pilot)


def answer(mesh, **fields) -> Answered:
    request = asks(mesh)[-1]
    node_id = request.node_id
    answered = Answered(MESHCORE, request.request_id, request.verb, node_id, mesh.at(), **fields)
    mesh.emit(answered)
    return answered


async def test_a_verb_typed_to_a_peer_is_asked_of_it_and_its_answer_fills_the_sheet() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, WITH_ROOM)
        await typed(pilot, "/status")
        before = text_of(pilot.app)
        answer(mesh, text="Fine", rows=((("battery", "4.1 V"), ("queue", "0")),), rtt_ms=1900)
        await settle(pilot)
        after = text_of(pilot.app)

    (request,) = asks(mesh)
    assert (request.network, request.verb, request.node_id) == (MESHCORE, "status", ROOM)
    assert "No answer yet" in before
    assert "battery  4.1 V" in after
    assert "1.9 s there and back" in after
    assert "No answer yet" not in after


async def test_a_secret_is_typed_unseen_and_kept_nowhere() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, WITH_ROOM)
        await typed(pilot, "/login")
        await pilot.press(*"geheim")
        await settle(pilot)
        shown = text_of(pilot.app)
        await pilot.press("enter")
        await settle(pilot)
        composer = pilot.app.screen_stack[-2].chat.composer

        assert "geheim" not in shown
        assert "******" in shown
        assert asks(mesh)[0].secret is not None
        assert asks(mesh)[0].secret.reveal == b"geheim"
        assert asks(mesh)[0].argument == ""
        assert composer.value == ""


async def test_a_password_is_for_the_node_that_is_named_not_for_the_open_chat() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, WITH_ROOM)
        await typed(pilot, "/login Ridge Rpt")
        shown = text_of(pilot.app)
        await pilot.press(*"geheim", "enter")
        await settle(pilot)

    assert "Log in: Ridge Rpt" in shown
    assert [request.node_id for request in asks(mesh)] == [RIDGE]


async def test_a_name_after_a_verb_with_an_argument_is_a_node() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, WITH_ROOM)
        await typed(pilot, "/trace ridge rpt")
        await pilot.press("escape")
        await typed(pilot, "/trace 66,7e")

    assert [(request.node_id, request.argument) for request in asks(mesh)] == [
        (RIDGE, ""),
        (ROOM, "66,7e"),
    ]


async def test_a_secret_typed_where_it_can_be_seen_is_not_sent_and_not_remembered() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, WITH_ROOM)
        await typed(pilot, "/login geheim")
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("up")
        await settle(pilot)

        assert asks(mesh) == []
        assert "geheim" not in text_of(pilot.app)


@pytest.mark.parametrize(
    "line",
    [
        "/login geheim",
        "/ask login geheim",
        "/join hill 00112233445566778899aabbccddeeff",
        "/join hill=00112233445566778899aabbccddeeff",
        "/join 00112233445566778899aabbccddeeff",
        "/create hill 00112233445566778899aabbccddeef",
        "meshcore://channel/add?name=hill&secret=00112233445566778899aabbccddeeff",
    ],
)
async def test_a_line_with_a_secret_is_never_a_draft(line: str) -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, WITH_ROOM)
        chat = pilot.app.screen.chat
        chat.composer.value = "half a thought"
        await chat.save_draft()
        chat.composer.value = line
        await chat.save_draft()
        await opened(pilot, TEST)
        await opened(pilot, WITH_ROOM)

        assert drafts(mesh) == ["half a thought", ""]
        assert chat.composer.value == ""


async def test_a_command_line_that_sets_a_password_is_no_draft() -> None:
    mesh = two_networks()
    line = Verb("cli", "Command line", "One line.", VerbTarget.NODE, "command")
    mesh.verbs_of = {**mesh.verbs_of, MESHCORE: (*mesh.verbs_of[MESHCORE], line)}

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, WITH_ROOM)
        chat = pilot.app.screen.chat
        for typed_line in ("/cli ver", "/cli Password geheim"):
            chat.composer.value = typed_line
            await chat.save_draft()

    assert drafts(mesh) == ["/cli ver", ""]


async def test_what_is_dangerous_is_asked_once_more() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        await typed(pilot, "/reboot")
        await pilot.press("escape")
        await settle(pilot)
        after_escape = asks(mesh)
        await typed(pilot, "/reboot")
        await pilot.press("y")
        await settle(pilot)

    assert after_escape == []
    assert [request.verb for request in asks(mesh)] == ["reboot"]


async def test_an_argument_that_cannot_be_right_is_refused_before_the_question() -> None:
    mesh = two_networks()

    def check(argument: str) -> None:
        if argument != "eu":
            raise LocalProtocolError("it takes a preset (eu)")

    tune = replace(REBOOT, name="set-radio", argument="PRESET", check=check)
    mesh.verbs_of = {MESHCORE: (tune, REBOOT)}
    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        await typed(pilot, "/set-radio 1 2 3")
        refused = text_of(pilot.app)
        await typed(pilot, "/reboot x")
        too_much = text_of(pilot.app)
        await typed(pilot, "/set-radio eu")
        await pilot.press("y")
        await settle(pilot)

    assert "/set-radio: it takes a preset (eu)" in refused
    assert "do it" not in refused
    assert "/reboot: it takes nothing more" in too_much
    assert [ask.argument for ask in asks(mesh)] == ["eu"]


async def test_an_argument_is_read_before_it_is_asked_which_radio() -> None:
    mesh = two_networks()
    mesh.known_devices = (DEVICE, replace(DEVICE, link_id=LinkId("other"), name="Second"))

    def check(argument: str) -> None:
        raise LocalProtocolError("it takes a preset (eu)")

    mesh.verbs_of = {MESHCORE: (replace(REBOOT, argument="PRESET", check=check),)}
    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        await typed(pilot, "/reboot 1 2 3")
        refused = text_of(pilot.app)

    assert "/reboot: it takes a preset (eu)" in refused
    assert "Second" not in refused


async def test_an_argument_that_is_missing_is_asked_for() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        await typed(pilot, "/set-name")
        await typed(pilot, "Hill two")

    assert asks(mesh)[0].argument == "Hill two"
    assert asks(mesh)[0].node_id is None


async def test_a_node_is_chosen_where_none_is_meant() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        await typed(pilot, "/trace")
        await typed(pilot, "ridge")

    assert asks(mesh)[0].node_id == RIDGE


@pytest.mark.parametrize(
    ("line", "argument"),
    [
        ("/trace @[Ridge Rpt] 66,7e", "66,7e"),
        ("/trace 7e7662 66", "66"),
        ("/status Ridge Rpt", ""),
        ("/ask status Ridge Rpt", ""),
    ],
)
async def test_a_node_may_be_named_in_the_line(line: str, argument: str) -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PARIS)  # also from a chat of another network
        pilot.app.screen.chat.run_slash(line)
        await settle(pilot)

    assert (asks(mesh)[0].node_id, asks(mesh)[0].argument) == (RIDGE, argument)


async def test_an_answer_that_comes_after_its_sheet_was_closed_is_told_and_kept() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, WITH_ROOM)
        await typed(pilot, "/status")
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press(*"half")
        answer(mesh, text="nobody answered in 9 s", is_error=True)
        await settle(pilot)
        told = text_of(pilot.app)
        await pilot.press("ctrl+u")
        await typed(pilot, "/answers")
        history = text_of(pilot.app)

    assert "Status: Town room: nobody answered in 9 s" in told
    assert "half" in told
    assert "nobody answered in 9 s" in history


async def test_news_nobody_asked_for_are_told_on_the_bottom_line_harmlessly() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await settle(pilot)
        mesh.emit(Answered(MESHCORE, "", "contacts-full", None, mesh.at(), f"Full {EVIL}"))
        await settle(pilot)
        shown = text_of(pilot.app)

    assert "Full ␛]52;c;AAAA␇[red]" in shown


async def test_a_refused_request_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    from meshtui.errors import LocalProtocolError

    mesh = two_networks()

    async def refuse(command) -> None:
        raise LocalProtocolError("no MeshCore radio is connected")

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, WITH_ROOM)
        monkeypatch.setattr(mesh, "submit", refuse)
        await typed(pilot, "/status")

        assert "no MeshCore radio is connected" in text_of(pilot.app)


async def test_the_node_list_offers_what_fits_the_role() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await settle(pilot)
        await pilot.press("alt+2")
        await settle(pilot)
        pilot.app.screen.pane.receive_hint(str(RIDGE))
        await settle(pilot)
        await pilot.press("a")
        await settle(pilot)
        offered = text_of(pilot.app)
        await typed(pilot, "trace")

    assert "Log in" in offered
    assert "Restart the radio" not in offered
    assert asks(mesh)[0].node_id == RIDGE


async def test_a_node_of_a_network_without_verbs_says_so() -> None:
    async with app_on(two_networks()).run_test(size=SMALL) as pilot:
        await opened(pilot, PARIS)
        pilot.app.screen.chat.run_slash("/dm alice")
        await settle(pilot)
        pilot.app.screen.chat.action_ask_node()
        await settle(pilot)

        assert "nothing can be asked of this node" in text_of(pilot.app)


async def test_the_switcher_finds_verbs_of_nodes_and_radios() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, WITH_ROOM)
        await pilot.press("ctrl+k")
        await settle(pilot)
        await typed(pilot, "trace the")

    assert (asks(mesh)[0].verb, asks(mesh)[0].node_id) == ("trace", ROOM)


async def test_the_radio_sheet_follows_the_radio_and_offers_its_verbs() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await settle(pilot)
        await pilot.press("alt+r")
        await settle(pilot)
        before = text_of(pilot.app)
        mesh.known_devices = (replace(DEVICE, contacts=20, clock_skew_s=0),)
        mesh.emit(DeviceChanged(mesh.known_devices[0]))
        await settle(pilot)
        after = text_of(pilot.app)
        await pilot.press("a")
        await settle(pilot)
        offered = text_of(pilot.app)

    assert "340 of 350: nearly full; /contacts-cleanup helps" in before
    assert "95 s behind" in before
    assert "869.618 MHz SF8 62.5 kHz 4/8" in before
    assert "20 of 350" in after
    assert "nearly full" not in after
    assert "Restart the radio" in offered
    assert "Trace the way" not in offered


async def test_a_radio_that_was_unplugged_is_said_to_be_away_and_can_be_tried_now() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await settle(pilot)
        await pilot.press("alt+r")
        await settle(pilot)
        before = text_of(pilot.app)
        mesh.link(LinkState.DOWN, "the cable was pulled", DEVICE.link_id)
        await settle(pilot)
        away = text_of(pilot.app)
        await pilot.press("r")
        await settle(pilot)
        said = text_of(pilot.app)
        await typed(pilot, "/reconnect")
        tried = text_of(pilot.app)

    assert "away" not in before
    assert "It is away (the cable was pulled): this is what it said last" in away
    assert mesh.retried == [DEVICE.link_id, None]
    assert "Trying now: ttyACM0" in said
    assert "Trying now: ttyACM0" in tried


async def test_of_several_radios_one_is_shown_and_asked() -> None:
    mesh = two_networks()
    other = LinkId("ttyACM1")
    mesh.known_devices = (DEVICE, replace(DEVICE, link_id=other, name="Second", contacts=7))

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        await typed(pilot, "/radio")
        offered = text_of(pilot.app)
        await typed(pilot, "second")
        shown = text_of(pilot.app)
        await pilot.press("a")
        await typed(pilot, "clean up")

    assert "Hill radio" in offered
    assert "7 of 350" in shown
    assert "Hill radio" not in shown
    assert asks(mesh)[0].link_id == other


async def test_a_table_of_contacts_that_fills_up_is_told_once() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await settle(pilot)
        mesh.emit(DeviceChanged(DEVICE))
        await settle(pilot)
        first = text_of(pilot.app)
        pilot.app.screen.tell("something else")
        mesh.emit(DeviceChanged(DEVICE))
        await settle(pilot)
        second = text_of(pilot.app)

    assert "340 of 350 contacts, nearly full" in first
    assert "something else" in second


async def test_a_radio_that_says_late_who_it_is_is_us_in_the_open_chat() -> None:
    mesh = two_networks()
    mesh.other_selves.clear()
    mesh.known_devices = ()
    sent = replace(await send(mesh, PARIS, "from the hill"), sender=RADIO_ID)
    mesh.messages[PARIS][-1] = sent
    mesh.say(RADIO_ID, "heard of ourselves", PARIS)

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PARIS)
        before = text_of(pilot.app)
        mesh.known_devices = (DEVICE,)
        mesh.emit(DeviceChanged(DEVICE))
        await settle(pilot)
        after = text_of(pilot.app)

    (own,) = (line for line in before.splitlines() if "from the hill" in line)
    assert own.split()[1] == "me"
    assert "a11111" in before
    assert "a11111" not in after


async def test_of_several_radios_one_is_chosen() -> None:
    mesh = two_networks()
    mesh.known_devices = (DEVICE, replace(DEVICE, link_id="other", name="Second"))

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        await typed(pilot, "/contacts-cleanup")
        await typed(pilot, "second")

    assert asks(mesh)[0].link_id == "other"


async def test_an_answer_with_one_value_is_copied_as_that_value() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        await typed(pilot, "/export")
        answer(mesh, rows=((("card", "meshcore://11aa"),),))
        await settle(pilot)
        await pilot.press("y")
        await settle(pilot)

        assert pilot.app.clipboard == "meshcore://11aa"


async def test_an_invitation_to_the_open_channel_is_shown_and_copied() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        await typed(pilot, "/invite")
        shown = text_of(pilot.app)
        await pilot.press("escape")
        await opened(pilot, PARIS)
        await typed(pilot, "/invite")
        none = text_of(pilot.app)

        assert pilot.app.clipboard == (
            "meshcore://channel/add?name=%23test&secret=" + bytes(range(16)).hex()
        )
    assert "meshcore://channel/add?name=%23test" in shown
    assert "There is no invitation to this chat" in none


@pytest.mark.parametrize(
    ("line", "node_id"), [("/export", None), ("/export Ridge Rpt", RIDGE), ("/ask export", None)]
)
async def test_of_two_verbs_of_one_name_that_of_nodes_is_asked_where_a_node_is_meant(
    line: str, node_id: str | None
) -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        pilot.app.screen.chat.run_slash(line)
        await settle(pilot)

    assert asks(mesh)[0].node_id == node_id


async def test_a_pasted_contact_card_is_imported_not_sent() -> None:
    mesh = two_networks()
    card = "meshcore://" + "11" * 120

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PARIS)
        pilot.app.screen.chat.composer.value = card
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot, 4)

    assert (asks(mesh)[0].verb, asks(mesh)[0].argument) == ("import", card)
    assert not [each for each in mesh.submitted if isinstance(each, SendText)]


async def test_a_pasted_invitation_is_joined_not_sent() -> None:
    mesh = two_networks()
    url = "meshcore://channel/add?name=hill&secret=" + "0a" * 16

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PARIS)
        pilot.app.screen.chat.composer.value = url
        await pilot.press("enter")
        await settle(pilot)
        offered = text_of(pilot.app)
        await pilot.press("enter")
        await settle(pilot, 4)
        opened_id = pilot.app.screen.chat.book.open_id

    (join,) = (each for each in mesh.submitted if isinstance(each, JoinChannel))
    assert "Join hill" in offered
    assert (join.network, join.name) == (MESHCORE, "hill")
    assert join.secret is not None
    assert join.secret.reveal == b"\n" * 16
    assert not [each for each in mesh.submitted if isinstance(each, SendText)]
    assert opened_id == "meshcore/#hill"
