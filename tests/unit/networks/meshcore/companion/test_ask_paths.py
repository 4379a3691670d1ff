"""Verbs about ways: what is asked of the radio, and what the user is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.event import RouteChanged, RouteForgotten
from meshtui.model.ids import NodeId
from meshtui.model.node import Route
from meshtui.networks.meshcore.companion.answers import AdvertPath, Err
from meshtui.networks.meshcore.companion.commands import (
    AddUpdateContact,
    GetAdvertPath,
    SendPathDiscoveryReq,
    SendTracePath,
)
from meshtui.networks.meshcore.companion.forms import UNKNOWN_PATH, Path
from meshtui.networks.meshcore.companion.pushes import PathDiscovery, TraceData
from meshtui.networks.meshcore.station import NETWORK
from tests.support.fake_companion import BOB, CAROL, HILL, Desk, contact

if TYPE_CHECKING:
    from meshtui.crypto.ed25519 import KeyPair


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact(path=Path(2, b"\xaa\xbb"))
    desk.radio.contacts[HILL.public_key] = contact(HILL.public_key, "Hill", 2, Path(1, b"\xaa"))
    desk.radio.contacts[CAROL.public_key] = contact(CAROL.public_key, "Carol")
    return desk.connect()


def traced(desk: Desk) -> SendTracePath:
    return [each for each in desk.radio.asked if isinstance(each, SendTracePath)][-1]


def test_a_trace_goes_there_and_back_and_shows_each_hops_snr(desk: Desk) -> None:
    request = desk.ask("trace", HILL.public_key)
    asked = traced(desk)
    hill = HILL.public_key[:1]

    snrs = bytes((0xF3, 0x22, 0x10))
    desk.push(TraceData(0, 3, 0, asked.tag, bytes(4), asked.path + snrs + b"\x14"))

    told = desk.answer(request)
    assert asked.path == b"\xaa" + hill + b"\xaa"
    table = [dict(row) for row in told.rows]
    assert [row["way"] for row in table] == ["out", "out", "back", "back"]
    assert [row["snr"] for row in table] == ["-3.25 dB", "8.5 dB", "4 dB", "5 dB"]
    assert [row["name"] for row in table] == ["not known", "Hill", "not known", "us"]
    assert told.rtt_ms is not None
    assert desk.of(RouteChanged)[-1].route.source == "traced"


def test_a_trace_to_a_person_turns_at_the_last_repeater(desk: Desk) -> None:
    desk.ask("trace", BOB.public_key)

    assert traced(desk).path == b"\xaa\xbb\xaa"


def test_a_trace_along_given_hops_asks_for_their_size(desk: Desk) -> None:
    desk.ask("trace", BOB.public_key, "a1b2, c3d4")

    assert (traced(desk).flags, traced(desk).path.hex()) == (1, "a1b2c3d4a1b2")


def test_hops_of_three_bytes_are_traced_by_their_first(desk: Desk) -> None:
    desk.ask("trace", BOB.public_key, "a1b2c3>d4e5f6")

    assert (traced(desk).flags, traced(desk).path.hex()) == (0, "a1d4a1")


@pytest.mark.parametrize("argument", ["xyz", "a1,b2c3", "a", "a1b2c3d4"])
def test_hops_that_cannot_be_are_refused_at_once(desk: Desk, argument: str) -> None:
    for verb in ("trace", "set-path"):
        with pytest.raises(LocalProtocolError):
            desk.ask(verb, BOB.public_key, argument)


def test_a_trace_of_too_long_a_way_is_refused(desk: Desk) -> None:
    request = desk.ask("trace", BOB.public_key, ",".join(["a1"] * 40))

    assert "too long" in desk.answer(request).text


def test_without_a_path_the_user_is_told_how_to_find_one(desk: Desk) -> None:
    request = desk.ask("trace", CAROL.public_key)

    assert "discover-path" in desk.answer(request).text


def test_who_is_heard_directly_and_is_no_repeater_cannot_be_traced(desk: Desk) -> None:
    desk.radio.contacts[BOB.public_key] = contact(path=Path(0))
    desk.disconnect()
    desk.radio.contacts[BOB.public_key] = desk.radio.contacts[BOB.public_key]._replace(
        lastmod=2**31
    )
    desk.connect()

    request = desk.ask("trace", BOB.public_key)

    assert "directly" in desk.answer(request).text


def test_a_trace_that_does_not_come_back_fails_in_time_and_once(desk: Desk) -> None:
    request = desk.ask("trace", HILL.public_key)

    desk.push(TraceData(0, 1, 0, b"else", bytes(4), b"\xaa\x01\x02"))
    desk.wind(200.0)

    told = desk.answer(request)
    assert told.is_error
    assert "no answer within" in told.text


def test_the_path_in_use_and_the_last_adverts_are_shown(desk: Desk) -> None:
    desk.radio.rules[GetAdvertPath] = lambda _: [AdvertPath(1, Path(0x41, b"\x01\x02"))]

    told = desk.answer(desk.ask("path", BOB.public_key))

    assert told.text.startswith("2 repeaters")
    assert [dict(row)["hops"] for row in told.rows] == ["aa > bb", "0102"]


def test_an_unknown_path_is_shown_as_such(desk: Desk) -> None:
    desk.radio.rules[GetAdvertPath] = lambda _: [Err(2)]

    told = desk.answer(desk.ask("path", CAROL.public_key))

    assert "floods" in told.text
    assert dict(told.rows[0])["hops"] == "not known"


def test_a_discovered_path_is_learned(desk: Desk) -> None:
    request = desk.ask("discover-path", CAROL.public_key)

    desk.push(PathDiscovery(0, CAROL.public_key[:6], Path(1, b"\x11"), Path(0)))

    told = desk.answer(request)
    assert [dict(row)["hops"] for row in told.rows] == ["11", "direct"]
    assert desk.of(RouteChanged)[-1].route.via == ("11",)
    assert desk.radio.count(SendPathDiscoveryReq) == 1


def test_a_path_is_reset(desk: Desk) -> None:
    told = desk.answer(desk.ask("reset-path", BOB.public_key))

    assert not told.is_error
    assert desk.of(RouteForgotten)
    assert desk.port._radio.contacts[BOB.public_key].out_path == UNKNOWN_PATH


@pytest.mark.parametrize(
    ("argument", "path"),
    [("a1,3f", Path(2, b"\xa1\x3f")), ("direct", Path(0)), ("a1b2", Path(0x41, b"\xa1\xb2"))],
)
def test_a_path_is_set(desk: Desk, argument: str, path: Path) -> None:
    told = desk.answer(desk.ask("set-path", BOB.public_key, argument))

    assert not told.is_error
    assert desk.radio.contacts[BOB.public_key].out_path == path
    assert desk.of(RouteChanged)[-1].route.source == "user"


def test_a_path_the_radio_refuses_stays(desk: Desk) -> None:
    desk.radio.rules[AddUpdateContact] = lambda _: [Err(6)]

    told = desk.answer(desk.ask("set-path", BOB.public_key, "direct"))

    assert told.is_error


def test_a_path_too_long_is_refused_at_once(desk: Desk) -> None:
    with pytest.raises(LocalProtocolError):
        desk.ask("set-path", BOB.public_key, ",".join(["a1b2c3"] * 22))


@pytest.mark.parametrize("verb", ["trace", "path", "discover-path", "set-path"])
def test_about_nobody_known_nothing_can_be_asked(desk: Desk, verb: str) -> None:
    argument = "direct" if verb == "set-path" else ""

    told = desk.answer(desk.ask(verb, bytes(range(32)), argument))

    assert "not in the radio's contacts" in told.text


def test_a_repeater_heard_directly_is_traced_without_a_path(desk: Desk) -> None:
    from dataclasses import replace

    key = bytes((9,)) * 32
    desk.radio.contacts[key] = contact(key, "Near", 2)
    desk.ask("contacts")
    node = desk.nodes.known(desk.conversation(key).split("/")[1])  # type: ignore[arg-type]
    desk.nodes.put(replace(node, hops=0))

    desk.ask("trace", key)

    assert traced(desk).path == key[:1]


@pytest.mark.parametrize(("node", "end"), [(CAROL, ""), (HILL, HILL.public_key.hex()[:2])])
def test_what_was_heard_of_a_node_shows_a_trace_the_way(node: KeyPair, end: str) -> None:
    desk, via = Desk(), (NodeId("aa"), NodeId("bb"))
    desk.radio.contacts[node.public_key] = contact(node.public_key, "x", 2 if end else 1)
    desk.connect()
    node_id = NodeId(node.public_key.hex())
    desk.nodes.learn(Route(NETWORK, node_id, desk.port.link_id, 3, via, 1, source="advert"))

    request = desk.ask("trace", node.public_key)
    asked = traced(desk)
    snrs = bytes(len(asked.path) + 1)
    desk.push(TraceData(0, len(asked.path), 0, asked.tag, bytes(4), asked.path + snrs))

    assert asked.path.hex() == (f"aabb{end}bbaa" if end else "aabbaa")
    assert not desk.answer(request).is_error
    learned = desk.of(RouteChanged)[-1].route
    assert (learned.source, learned.via) == ("traced", via)
