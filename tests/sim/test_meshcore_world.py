"""Whole MeshCore meshes in virtual time, and the people on them."""

from __future__ import annotations

import pytest

from meshtui.errors import ConfigError
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.node.outputs import (
    AckHeard,
    AdvertHeard,
    GroupTextHeard,
    LoginAnswered,
    NodeOutput,
    TextHeard,
)
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.sim.meshcore_talkers import MAX_TEXT_BYTES, MeshcoreTalkers, shortened
from meshtui.sim.meshcore_world import MeshcoreWorld
from meshtui.sim.radio_scenario import load_radio_scenario, parse_radio_scenario
from tests.support.companion_server import STREET


def street(extra: str = "", **how) -> MeshcoreWorld:
    scenario = parse_radio_scenario(f"{STREET}{extra}".encode(), "street", "street.toml")
    return MeshcoreWorld(scenario, **how)


def number_of(world: MeshcoreWorld, name: str) -> int:
    return next(member.number for member in world.members if member.name == name)


def heard_by_guest(world: MeshcoreWorld) -> list[NodeOutput]:
    heard: list[NodeOutput] = []
    world.guest.listen = heard.append
    return heard


def texts(heard: list[NodeOutput]) -> list[str]:
    return [one.text for one in heard if isinstance(one, TextHeard | GroupTextHeard)]


def write(world: MeshcoreWorld, name: str, text: str) -> None:
    guest, now = world.guest, world.engine.instant()
    peer = world.keys[number_of(world, name)].public_key
    guest.do(guest.node.send_text(peer, text, guest.node.unique_time(now), now).outputs)


def transcript(world: MeshcoreWorld, until_s: float) -> list[tuple[float, int, bytes]]:
    sent: list[tuple[float, int, bytes]] = []
    begin = world.air.begin

    def listen(sender: int, payload: bytes, now_s: float):
        sent.append((now_s, sender, payload))
        return begin(sender, payload, now_s)

    world.air.begin = listen  # type: ignore[method-assign]
    world.engine.run_until(until_s)
    return sent


def test_a_run_is_the_same_to_the_last_byte() -> None:
    valley = load_radio_scenario("valley")
    runs = []
    for seed in (3, 3, 4):
        world = MeshcoreWorld(valley, seed, has_guest=True)
        MeshcoreTalkers(world)
        runs.append(transcript(world, 400.0))

    assert len(runs[0]) > 50
    assert runs[0] == runs[1] != runs[2]


def test_guests_in_several_places_are_several_radios() -> None:
    guests = [street(has_guest=True, place_of=place).guest for place in (None, 0, 1, 1)]
    keys = [guest.node.public_key for guest in guests]

    assert len(set(keys)) == 3
    assert keys[2] == keys[3]
    assert not set(keys) & set(street().numbers)


@pytest.mark.parametrize("place", [-1, 99])
def test_a_guest_in_the_place_of_nobody_is_refused(place: int) -> None:
    with pytest.raises(ConfigError, match=f"node {place}: street has nodes 0 to "):
        street(has_guest=True, place_of=place)


def test_a_scenario_that_knows_nothing_of_it_gets_repeaters_and_keeps_its_people() -> None:
    world = MeshcoreWorld(load_radio_scenario("dm60"))
    repeaters = [member for member in world.members if member.role is AdvertType.REPEATER]

    assert 5 <= len(repeaters) <= 30
    assert len(world.people) + len(repeaters) == 60
    assert len({member.name for member in world.members}) == 60


def test_the_places_are_those_of_the_other_network() -> None:
    from meshtui.sim.world import World

    valley = load_radio_scenario("valley")

    assert MeshcoreWorld(valley).places[:12] == World(valley).places


def test_a_text_crosses_the_repeater_and_its_author_knows() -> None:
    world = street()
    near, away = number_of(world, "Near"), number_of(world, "Away")
    world.engine.run_until(5.0)

    world.tally.written("m", is_direct=True, readers=1)
    world.write(near, world.keys[away].public_key, "over the hill", "m")
    world.engine.run_until(30.0)

    fate = world.tally.fates["m"]
    assert fate.state == "delivered"
    assert fate.rtt_s < 10
    path = world.stations[near].node.out_path(world.keys[away].public_key)
    assert path.path == world.keys[number_of(world, "Hill Rpt")].public_key[:1]


def test_a_text_nobody_acknowledges_is_tried_three_times() -> None:
    world = street()
    near, away = number_of(world, "Near"), number_of(world, "Away")
    world.engine.run_until(5.0)
    world._power(away, is_on=False)

    world.tally.written("m", is_direct=True, readers=1)
    world.write(near, world.keys[away].public_key, "anybody?", "m")
    world.engine.run_until(120.0)

    assert world.tally.fates["m"].attempts == 3
    assert world.tally.fates["m"].rtt_s is None


def test_what_is_too_long_or_too_much_is_refused() -> None:
    world = street()
    near, away = number_of(world, "Near"), number_of(world, "Away")
    world.engine.run_until(5.0)
    key = world.keys[away].public_key

    assert world.write(near, key, "x" * 161) is None
    assert [world.write(near, key, "x") is None for _ in range(9)] == [False] * 8 + [True]
    assert world.tally.refusals.total() == 2


def test_who_has_no_power_neither_hears_nor_writes() -> None:
    world = street()
    near = number_of(world, "Near")
    world.engine.run_until(5.0)

    before = world.stations[near].radio.counts.heard
    world._power(near, is_on=False)
    world.stations[near].hear(b"\x15\0", RxMeta())

    assert world.write(near, world.keys[near].public_key, "x") is None
    assert world.say(near, world.channels[0], "x") is None
    assert world.stations[near].radio.counts.heard == before


def test_a_guest_is_answered_by_word_and_in_channels() -> None:
    world = street(has_guest=True)
    MeshcoreTalkers(world)
    heard = heard_by_guest(world)
    world.engine.run_until(5.0)

    write(world, "Away", "hello")
    world.engine.run_until(40.0)
    guest, now = world.guest, world.engine.instant()
    channel = world.channels[1]
    world.keyrings[guest.number].add_channel(channel)
    guest.do(guest.node.send_channel_text(channel, "all?", 7, now).outputs)
    world.engine.run_until(80.0)

    assert any(isinstance(one, AckHeard) for one in heard)
    assert "echo hello" in texts(heard)
    assert sum("@[] echo all?" in text for text in texts(heard)) == 1


def test_a_newcomer_is_welcomed_by_some_and_only_once() -> None:
    greeting = '[common]\ngreeting = ["Welcome, {you}!"]\n'
    world = street(greeting, has_guest=True)
    MeshcoreTalkers(world)
    heard = heard_by_guest(world)
    settings = world.guest.node.settings
    world.guest.node.settings = type(settings)("Fay", radio=settings.radio)
    for at_s in (1.0, 30.0, 60.0):
        world.engine.at(
            at_s,
            lambda: world.guest.do(world.guest.node.advertise(world.engine.instant(), flood=True)),
        )

    world.engine.run_until(200.0)

    welcomes = {one.peer for one in heard if isinstance(one, TextHeard)}
    assert texts(heard)
    assert set(texts(heard)) == {"Welcome, Fay!"}
    assert len(welcomes) == 2


def test_a_room_has_something_to_tell_who_logs_in() -> None:
    world = street(has_guest=True)
    MeshcoreTalkers(world)
    heard = heard_by_guest(world)
    world.engine.run_until(120.0)
    room = world.keys[number_of(world, "Cellar")].public_key

    sent = world.guest.node.login(room, b"", world.engine.instant())
    world.guest.do(sent.outputs)
    world.engine.run_until(160.0)

    assert any(isinstance(one, LoginAnswered) and one.is_ok for one in heard)
    posts = [one for one in heard if isinstance(one, TextHeard) and one.peer == room]
    assert [post.author for post in posts] == [world.keys[number_of(world, "Near")].public_key[:4]]


def test_nodes_advertise_again_and_again() -> None:
    world = street("", has_guest=True)
    heard = heard_by_guest(world)

    world.engine.run_until(2 * 3600.0)

    adverts = [one.contact.name for one in heard if isinstance(one, AdvertHeard)]
    assert all(adverts.count(name) >= 2 for name in ("Near", "Hill Rpt", "Away", "Cellar"))


def test_a_radio_off_the_channel_hears_nobody_until_it_is_back() -> None:
    world = street(has_guest=True)
    heard = heard_by_guest(world)
    world.engine.run_until(5.0)
    channel, near = world.channels[0], number_of(world, "Near")

    world.tune(world.guest.number, is_here=False)
    world.say(near, channel, "gone?")
    world.engine.run_until(20.0)
    away = texts(heard)
    world.tune(world.guest.number, is_here=True)
    world.keyrings[world.guest.number].add_channel(channel)
    world.say(near, channel, "back!")
    world.engine.run_until(40.0)

    assert away == []
    assert texts(heard) == ["Near: back!"]


@pytest.mark.parametrize("text", ["short", "ü" * 65, "x" * 130])
def test_what_fits_is_not_cut(text: str) -> None:
    assert shortened(text) == text


def test_what_does_not_fit_is_cut_at_a_character() -> None:
    cut = shortened("ü" * 200)

    assert cut.endswith("ü…")
    assert len(cut.encode()) <= MAX_TEXT_BYTES
