"""Who is who in a simulated MeshCore mesh."""

from __future__ import annotations

from meshtui.model.node import Position
from meshtui.networks.meshcore.node.settings import TelemetryAccess
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.sim.meshcore_cast import Member, cast_of, settings_of
from meshtui.sim.meshcore_scenario import RADIO
from meshtui.sim.radio_scenario import RadioScenario, parse_radio_scenario

HERE = Position(45.0, 3.0)


def parse(text: str) -> RadioScenario:
    return parse_radio_scenario(text.encode(), "small", "small.toml")


def chain(count: int) -> list[dict[int, float]]:
    return [
        {other: -100.0 for other in (one - 1, one + 1) if 0 <= other < count}
        for one in range(count)
    ]


LINE = parse('[place]\nrule = "line"\nnodes = 4\nspacing_m = 10\n[[node]]\nname = "Ann"\n')
LISTED = parse(
    '[place]\nrule = "list"\n[character.x]\nany = ["x"]\n'
    '[[node]]\nname = "Ann"\nx_m = 0\ny_m = 0\ncharacter = "x"\nplace = "home"\n'
    '[[node]]\nname = "Bob"\nx_m = 0\ny_m = 0\ncharacter = "x"\n'
    '[node.meshcore]\nrole = "repeater"\nname = "Bob Rpt"\npassword = "bobs"\n'
    '[[meshcore.node]]\nname = "Hut"\nx_m = 0\ny_m = 0\n[meshcore.node.meshcore]\nrole = "room"\n'
)


def test_where_no_repeater_is_named_those_in_the_middle_repeat_and_get_names() -> None:
    members = cast_of(LINE, chain(4), -110)

    assert [(member.name, member.role.name) for member in members] == [
        ("Ann", "CHAT"),
        ("Ridge Rpt", "REPEATER"),
        ("Mill Rpt", "REPEATER"),
        ("node 3", "CHAT"),
    ]


def test_who_is_named_plays_its_part_and_repeaters_do_not_talk() -> None:
    ann, bob, hut = cast_of(LISTED, chain(3), -110)

    assert (ann.role, ann.character, ann.about, ann.is_person) == (
        AdvertType.CHAT,
        "x",
        "home",
        True,
    )
    assert (bob.name, bob.role, bob.character) == ("Bob Rpt", AdvertType.REPEATER, "")
    assert (hut.name, hut.role, hut.is_person) == ("Hut", AdvertType.ROOM, False)


def test_each_role_is_set_as_the_firmware_comes_but_for_the_scenarios_words() -> None:
    chat = settings_of(Member(0, "Ann", AdvertType.CHAT), LISTED, HERE, RADIO)
    repeater = settings_of(
        Member(1, "R", AdvertType.REPEATER, password="bobs"), LISTED, HERE, RADIO
    )
    room = settings_of(Member(2, "Hut", AdvertType.ROOM), LISTED, None, RADIO)
    sensor = settings_of(Member(3, "Gauge", AdvertType.SENSOR), LISTED, HERE, RADIO)

    assert (chat.forwards, chat.telemetry) == (False, TelemetryAccess.EVERYBODY)
    assert (repeater.forwards, repeater.password.reveal) == (True, b"bobs")
    assert (room.forwards, room.allow_read_only, room.position) == (False, True, None)
    assert room.password.reveal == b"password"
    assert (sensor.role, sensor.forwards) == (AdvertType.SENSOR, False)
    assert {one.advert_flood_s for one in (chat, repeater, room, sensor)} == {0.0}
