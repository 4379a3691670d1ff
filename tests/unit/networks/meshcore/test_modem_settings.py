"""A modem's radio is set at run time: what follows at once, what lasts, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.command import Ask
from meshtui.model.event import DeviceChanged
from meshtui.model.ids import channel_conversation
from meshtui.model.message import DeliveryState
from meshtui.model.node import Position
from meshtui.model.restored import Spent
from meshtui.networks.meshcore.companion.verbs import VERBS
from meshtui.networks.meshcore.kiss import Hardware, ModemRadio, hardware_frame
from meshtui.networks.meshcore.modem.asking import Asked
from meshtui.networks.meshcore.modem.texts import UNTUNED as UNTUNED_WORDS
from meshtui.networks.meshcore.node.settings import mesh_radio
from meshtui.networks.meshcore.station import NETWORK
from tests.support.fake_kiss_modem import EU, UNTUNED, FakeKissModem
from tests.support.meshcore_vectors import key
from tests.support.modem_world import FREE_RADIO, ModemWorld, Person, pair

S = DeliveryState
US = ModemRadio(910_525_000, 62_500, 7, 5)
SLOW = "868.3 62.5 12 8"
CHANNEL = channel_conversation(NETWORK, "#test")


def start(world: ModemWorld, verb: str, argument: str = "") -> None:
    """Let Alice ask, and do not wait."""
    alice = world.people["Alice"]
    world.take(alice, alice.port.ask(Ask(NETWORK, verb, verb, None, argument), world.now))


def texts_of(person: Person) -> list[str]:
    return [answer.text for answer in person.answers()]


def refuse(modem: FakeKissModem, code: Hardware, wire: bytes) -> None:
    """Let a modem answer one command so from now on."""
    answer = modem._answer
    modem._answer = lambda asked, body: wire if asked == code else answer(asked, body)


@pytest.mark.parametrize(
    ("argument", "radio", "words"),
    [
        ("us", US, "910.525 MHz, 62.5 kHz, SF7, CR 4/5 for now"),
        ("EU", EU, "869.618 MHz, 62.5 kHz, SF8, CR 4/8 for now"),
        ("868.3 125 9 6", ModemRadio(868_300_000, 125_000, 9, 6), "?freq=868.3&sf=9&bw=125&cr=6"),
    ],
)
def test_a_modem_is_tuned_by_a_preset_or_by_numbers(argument, radio, words) -> None:
    world = pair()

    (answer,) = world.ask("Alice", "set-radio", argument)

    assert (words in answer.text, answer.is_error) == (True, False)
    assert world.people["Alice"].modem.radio == radio


def test_who_stays_on_the_old_frequency_hears_us_no_more_until_it_follows() -> None:
    world = pair()
    world.ask("Alice", "set-radio", "us")

    world.say("Alice", "#test", "anybody?")
    world.run(20)
    assert world.people["Bob"].texts() == []
    world.ask("Bob", "set-radio", "us")
    world.say("Alice", "#test", "again", "m2")
    world.run(20)

    assert world.people["Bob"].texts() == ["again"]


def test_airtime_preamble_and_timeouts_are_the_new_ones_at_once() -> None:
    world = pair()
    alice = world.people["Alice"]
    before = alice.port.cost(CHANNEL, "hello", world.now)

    world.ask("Alice", "set-radio", "868.3 125 10 5")
    world.say("Alice", "#test", "hello")
    world.run(20)

    radio = replace(mesh_radio(10, 125, 5, 868.3), duty_cycle=1.0, power_dbm=22)
    after = alice.port.cost(CHANNEL, "hello", world.now)
    assert before is not None
    assert after is not None
    assert after.airtime_ms == time_on_air_ms(after.frame_bytes, radio) != before.airtime_ms
    assert alice.packets_sent()[-1].airtime_ms == -(-after.airtime_ms // 1)
    assert alice.port._rig.node.settings.radio == radio
    assert alice.all(DeviceChanged)[-1].device.radio == radio
    assert radio.preamble_symbols == 16


def test_a_preamble_that_the_url_names_stands() -> None:
    world = pair(radio=replace(FREE_RADIO, preamble_symbols=64))

    world.ask("Alice", "set-radio", "868.3 125 10 5")

    device = world.people["Alice"].port.device
    assert device is not None
    assert device.radio is not None
    assert device.radio.preamble_symbols == 64


def test_a_modem_that_nobody_ever_set_is_of_use_once_it_is_tuned() -> None:
    world = pair(tuning=UNTUNED)
    alice = world.people["Alice"]
    assert alice.modem.on_air == []
    assert ("radio", "not set") in alice.port.device.facts

    world.ask("Alice", "set-radio", "eu")
    world.write("Alice", "Bob", "hello")
    world.run(30)

    assert alice.states("m1")[-1] is S.DELIVERED
    assert alice.port.device is not None
    assert alice.port.device.radio is not None
    assert "radio" not in dict(alice.port.device.facts)


def test_a_packet_on_the_air_is_not_torn_apart() -> None:
    world = pair()
    alice = world.people["Alice"]
    world.say("Alice", "#test", "hello")
    assert alice.modem.pending is not None

    start(world, "set-radio", "us")
    is_untouched = alice.modem.radio == EU
    world.run(10)

    assert is_untouched
    assert alice.modem.radio == US
    assert world.people["Bob"].texts() == ["hello"]


def test_what_waits_and_can_never_go_by_the_new_settings_fails_with_a_reason() -> None:
    world = pair(radio=replace(FREE_RADIO, duty_cycle=0.001))  # 3.6 s an hour
    alice = world.people["Alice"]
    alice.modem.is_busy = True
    for name in ("m1", "m2"):
        world.say("Alice", "#test", "x" * 100, name)

    world.ask("Alice", "set-radio", SLOW)

    for name in ("m1", "m2"):
        assert alice.states(name)[-1] is S.FAILED
        assert alice.deliveries(name)[-1].reason == "longer than the duty cycle allows"
    assert alice.port._rig.line.queue_length == 0


def test_what_waited_for_a_free_channel_waits_for_the_duty_cycle_of_the_new_settings() -> None:
    world = pair(radio=replace(FREE_RADIO, duty_cycle=0.005), is_busy=True)  # 18 s an hour
    alice = world.people["Alice"]
    spent = [Spent(world.now.unix_ms, 10.0)]
    alice.port._rig.line.restore(spent, world.now)
    world.run(10)
    world.say("Alice", "#test", "x" * 100)
    world.run(1)

    start(world, "set-radio", SLOW)
    alice.modem.is_busy = False
    world.run(3000)
    is_kept_back = alice.states("m1") == [S.SENDING]
    world.run(1000)

    assert is_kept_back
    assert alice.states("m1")[-1] is S.SENT
    assert alice.packets_sent()[-1].airtime_ms > 8_000


def test_what_is_set_is_set_again_when_the_modem_comes_back() -> None:
    url = replace(mesh_radio(), duty_cycle=1.0, power_dbm=14)
    world = pair(radio=url)
    alice = world.people["Alice"]
    assert (alice.modem.radio, alice.modem.power_dbm) == (EU, 14)
    world.ask("Alice", "set-radio", "us")
    world.ask("Alice", "set-power", "20")

    world.down("Alice")
    alice.modem.reboot()
    world.up("Alice")
    world.run(10)

    assert (alice.modem.radio, alice.modem.power_dbm) == (US, 20)


def test_another_url_wins_over_what_was_set() -> None:
    world = pair()
    alice = world.people["Alice"]
    world.ask("Alice", "set-radio", "us")
    world.down("Alice")

    alice.link = replace(alice.link, radio=replace(mesh_radio(), duty_cycle=1.0))
    world.up("Alice")
    world.run(10)

    assert alice.modem.radio == EU


@pytest.mark.parametrize(("argument", "dbm"), [("14", 14), ("-9 dBm", -9), ("0", 0), ("30dbm", 30)])
def test_the_power_is_set_and_told(argument: str, dbm: int) -> None:
    world = pair()
    alice = world.people["Alice"]

    (answer,) = world.ask("Alice", "set-power", argument)

    kept = f"it sends with {dbm} dBm for now (the link's URL keeps it: ?power={dbm})"
    assert answer.text == kept
    assert alice.modem.power_dbm == dbm
    device = alice.all(DeviceChanged)[-1].device
    assert dict(device.facts)["power"] == f"{dbm} dBm"
    assert device.radio is not None
    assert device.radio.power_dbm == dbm


def test_a_power_that_nobody_set_is_not_said_to_be_zero() -> None:
    device = pair(power_dbm=0).people["Alice"].port.device

    assert device is not None
    assert device.radio is not None
    assert device.radio.power_dbm is None
    assert dict(device.facts)["power"] == "as its board is made"


@pytest.mark.parametrize(
    ("verb", "argument", "words"),
    [
        ("set-radio", "mars", "a preset (eu, us, ca) or `MHZ KHZ SF CR`"),
        ("set-radio", "", "a preset"),
        ("set-radio", "869.618 62.5 8", "a preset"),
        ("set-radio", "149 62.5 8 8", "150 to 2500"),
        ("set-radio", "869 6 8 8", "7 to 500"),
        ("set-radio", "869 62.5 4 8", "5 to 12"),
        ("set-radio", "869 62.5 7.5 8", "a whole number"),
        ("set-radio", "869 62.5 8 9", "5 to 8"),
        ("set-radio", "nan 62.5 8 8", "150 to 2500"),
        ("set-power", "31", "-9 to 30"),
        ("set-power", "-10", "-9 to 30"),
        ("set-power", "loud", "-9 to 30"),
        ("set-power", "13.5", "a whole number"),
    ],
)
def test_what_no_firmware_takes_is_refused_before_the_modem_is_asked(verb, argument, words) -> None:
    world = pair()
    alice = world.people["Alice"]
    outputs = len(alice.outputs)

    with pytest.raises(LocalProtocolError, match=words.replace("(", r"\(").replace(")", r"\)")):
        start(world, verb, argument)

    assert len(alice.outputs) == outputs
    assert alice.modem.radio == EU


@pytest.mark.parametrize(
    ("verb", "argument", "code"),
    [("set-radio", "us", Hardware.SET_RADIO), ("set-power", "5", Hardware.SET_POWER)],
)
def test_a_modem_that_refuses_is_told_of_and_nothing_changes(verb, argument, code) -> None:
    world = pair()
    alice = world.people["Alice"]
    refuse(alice.modem, code, hardware_frame(Hardware.ERROR, b"\x02"))

    (answer,) = world.ask("Alice", verb, argument)

    assert (answer.text, answer.is_error) == ("the modem says: wrong parameter", True)
    assert alice.port.device is not None
    assert alice.port.device.radio is not None
    assert alice.port.device.radio.frequency_mhz == 869.618
    assert alice.port.device.radio.power_dbm == 22


@pytest.mark.parametrize(("verb", "argument"), [("set-radio", "us"), ("set-power", "5")])
def test_a_modem_that_keeps_silent_is_told_of_and_packets_go_on(verb, argument) -> None:
    ignores = frozenset({Hardware.SET_RADIO, Hardware.SET_POWER})
    world = pair(ignores=ignores)

    (answer,) = world.ask("Alice", verb, argument)
    world.say("Alice", "#test", "hello")
    world.run(10)

    assert (answer.text, answer.is_error) == ("the modem does not answer", True)
    assert world.people["Bob"].texts() == ["hello"]


def test_a_modem_that_takes_it_and_says_otherwise_is_told_of() -> None:
    world = pair()
    for code in (Hardware.SET_RADIO, Hardware.SET_POWER):
        refuse(world.people["Alice"].modem, code, hardware_frame(Hardware.OK))

    (tuned,) = world.ask("Alice", "set-radio", "us")
    (powered,) = world.ask("Alice", "set-power", "5")

    assert tuned.is_error
    assert "says that it is set otherwise" in tuned.text
    assert powered.is_error
    assert "says that it sends with 22 dBm" in powered.text


def test_two_who_set_the_radio_at_once_are_served_one_after_the_other() -> None:
    world = pair()

    start(world, "set-radio", "us")
    start(world, "set-radio", "eu")
    world.run(10)

    answers = texts_of(world.people["Alice"])
    assert [text.split(" MHz")[0] for text in answers] == ["910.525", "869.618"]
    assert world.people["Alice"].modem.radio == EU


def test_what_is_asked_of_the_modem_ends_with_the_line() -> None:
    world = pair(ignores=frozenset({Hardware.SET_RADIO}))
    alice = world.people["Alice"]
    start(world, "set-radio", "us")

    world.down("Alice")

    assert texts_of(alice) == ["the modem is gone"]


def test_a_modem_that_is_rebooted_is_greeted_and_set_as_it_was() -> None:
    world = pair()
    alice = world.people["Alice"]
    peer = world.people["Bob"].station.node_id
    world.take(alice, alice.port.ask(Ask(NETWORK, "telemetry", "t", peer), world.now))
    world.run(3)

    start(world, "reboot")
    world.run(1)
    assert not alice.port.is_ready
    world.run(10)

    assert alice.port.is_ready
    assert texts_of(alice) == ["the modem starts anew", "it starts anew"]
    assert (alice.modem.boots, alice.modem.radio, alice.modem.power_dbm) == (2, EU, 22)
    assert alice.modem.plain
    world.write("Alice", "Bob", "hello")
    world.run(20)
    assert alice.states("m1")[-1] is S.DELIVERED


@pytest.mark.parametrize(
    ("verb", "argument", "words"),
    [
        ("set-name", " Al ", "we are Al until the program ends (`name` in the settings keeps it)"),
        ("set-position", "47.6,-122.3", "our adverts say 47.600000, -122.300000 until the program"),
        ("set-position", "off", "our adverts say no position until the program ends"),
        ("set-path-hash-mode", "2", "by 2 bytes in our floods until the program ends"),
        ("set-multi-acks", "on", "is sent twice until the program ends"),
        ("scope", "europe", "only repeaters of #europe pass our floods on until the program ends"),
    ],
)
def test_what_is_ours_to_set_is_told_and_shown(verb, argument, words) -> None:
    world = pair()
    alice = world.people["Alice"]
    before = len(alice.all(DeviceChanged))

    (answer,) = world.ask("Alice", verb, argument)

    assert words in answer.text
    assert len(alice.all(DeviceChanged)) == before + 1


def test_our_facts_are_as_they_were_set() -> None:
    world = pair()
    alice = world.people["Alice"]
    for verb, argument in (
        ("set-name", "Al"),
        ("set-position", "47.6 -122.3"),
        ("set-path-hash-mode", "3"),
        ("set-multi-acks", "on"),
        ("scope", "#europe"),
    ):
        world.ask("Alice", verb, argument)

    device = alice.port.device
    assert device is not None
    assert (device.name, device.position) == ("Al", Position(47.6, -122.3))
    assert alice.port.myself.position == Position(47.6, -122.3)
    facts = dict(device.facts)
    assert (facts["path hash"], facts["multi-acks"]) == ("3 bytes a hop", "on")
    assert facts["region"] == "#europe"
    (answer,) = world.ask("Alice", "scope")
    assert answer.text == "only repeaters of #europe pass our floods on"


def test_whatever_can_be_asked_of_a_companion_radio_a_modem_does(monkeypatch) -> None:
    begun: list[str] = []
    monkeypatch.setattr(Asked, "start", lambda _, request, script: begun.append(request.verb))
    world = pair()
    alice = world.people["Alice"]
    peer = world.people["Bob"].station.node_id

    for verb in VERBS:
        of = peer if verb.target.value == "node" else None
        alice.port.ask(Ask(NETWORK, verb.name, "r", of), world.now)

    assert begun == [verb.name for verb in VERBS]


def test_nothing_is_asked_of_ourselves() -> None:
    world = pair()
    port = world.people["Alice"].port

    with pytest.raises(LocalProtocolError, match="that is us"):
        port.ask(Ask(NETWORK, "status", "r", world.people["Alice"].station.node_id), world.now)
    with pytest.raises(LocalProtocolError, match="asked of the radio itself"):
        port.ask(Ask(NETWORK, "set-radio", "r", world.people["Bob"].station.node_id), world.now)


def test_a_modem_that_only_answers_as_the_firmware_does_is_greeted_at_once() -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"))

    world.up()

    assert alice.port.is_ready
    assert alice.modem.reports


def test_figures_are_read_anew_and_what_the_modem_does_not_tell_is_left_out() -> None:
    world = pair(ignores=frozenset({Hardware.STATS}), battery_mv=0)
    alice = world.people["Alice"]
    alice.modem.noise_dbm = -101

    (answer,) = world.ask("Alice", "stats")
    (battery,) = world.ask("Alice", "battery")

    assert dict(answer.rows[0])["noise floor"] == "-101 dBm"
    assert "receive errors" not in dict(answer.rows[0])
    assert (battery.text, battery.is_error) == ("the modem does not say", True)
    assert alice.port.device is not None
    assert dict(alice.port.device.stats)["noise_floor"] == -101


def test_the_modems_own_errors_are_the_ones_that_count() -> None:
    world = pair(errors=7)

    (answer,) = world.ask("Alice", "stats")

    device = world.people["Alice"].port.device
    assert device is not None
    assert dict(device.stats)["recv_errors"] == 7
    assert dict(answer.rows[0])["receive errors"] == "7"


@pytest.mark.parametrize("verb", ["info", "stats"])
def test_a_modem_that_started_anew_without_a_word_is_found_out(verb: str) -> None:
    world = pair()
    alice = world.people["Alice"]
    alice.modem.reboot()

    told, _ = world.ask("Alice", verb)

    assert told.text == UNTUNED_WORDS
    assert ("radio", "not set") in alice.port.device.facts
    assert alice.port.objection(CHANNEL, "hello") == UNTUNED_WORDS
