"""Every verb can be asked, and each request is answered exactly once."""

from __future__ import annotations

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.verb import VerbTarget
from meshtui.networks.meshcore.companion.scripts import MAX_SCRIPTS
from meshtui.networks.meshcore.companion.verbs import NODE_VERBS, RADIO_VERBS, VERBS
from tests.support.fake_companion import BOB, Desk, contact

ARGUMENTS = {
    "cli": "ver",
    "set-path": "direct",
    "set-name": "Alice",
    "set-position": "48 11",
    "set-radio": "eu",
    "set-power": "10",
    "set-path-hash-mode": "2",
    "set-multi-acks": "on",
    "contacts-old": "30",
    "contacts-cleanup": "30",
    "import": f"meshcore://contact/add?name=X&public_key={'ab' * 32}&type=1",
}


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: f"{verb.target.value}-{verb.name}")
@pytest.mark.parametrize("fate", ["answered", "silent", "lost"])
def test_a_request_ends_in_exactly_one_answer(verb, fate: str) -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()
    desk.radio.is_silent = fate == "silent"
    whom = BOB.public_key if verb.target is VerbTarget.NODE else None

    request = desk.ask(verb.name, whom, ARGUMENTS.get(verb.name, ""))
    if fate == "lost":
        desk.disconnect()
    desk.wind(400.0)
    desk.disconnect()

    told = desk.answer(request)
    assert told.is_final
    assert told.text
    assert told.verb == verb.name


def test_verbs_have_one_name_each_and_a_help() -> None:
    for verbs in (NODE_VERBS, RADIO_VERBS):
        assert len({verb.name for verb in verbs}) == len(verbs)
    assert all(verb.help.endswith(".") and verb.title for verb in VERBS)


def test_an_unknown_verb_is_refused_with_the_known_ones() -> None:
    desk = Desk().connect()

    with pytest.raises(LocalProtocolError, match="trace"):
        desk.ask("dance", BOB.public_key)
    with pytest.raises(LocalProtocolError, match="battery"):
        desk.ask("dance")


def test_a_verb_asked_of_the_wrong_one_says_so() -> None:
    desk = Desk().connect()

    with pytest.raises(LocalProtocolError, match="of a node"):
        desk.ask("trace")
    with pytest.raises(LocalProtocolError, match="radio itself"):
        desk.ask("battery", BOB.public_key)


def test_a_node_id_that_is_none_is_refused() -> None:
    desk = Desk().connect()

    with pytest.raises(LocalProtocolError, match="64 hex digits"):
        desk.ask("trace", b"\x01\x02")


def test_too_many_requests_are_refused() -> None:
    desk = Desk().connect()
    desk.holds = True

    for _ in range(MAX_SCRIPTS):
        desk.ask("info")

    with pytest.raises(LocalProtocolError, match="too many"):
        desk.ask("info")


def test_only_what_forgets_reboots_or_retunes_is_confirmed() -> None:
    dangerous = {verb.name for verb in VERBS if verb.is_dangerous}

    assert dangerous == {"remove", "set-radio", "contacts-cleanup", "reboot"}
