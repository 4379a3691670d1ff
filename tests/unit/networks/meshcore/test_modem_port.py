"""A modem's port: the modem is greeted, texts come through or fail, verbs are answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.crypto.ed25519 import from_expanded, verify
from meshtui.errors import LocalProtocolError
from meshtui.model.command import Advertise, Ask, Sign
from meshtui.model.event import (
    DeviceChanged,
    FrameReceived,
    MessageReceived,
    NodeHeard,
    RouteChanged,
    Signed,
)
from meshtui.model.ids import (
    LinkId,
    MessageId,
    NodeId,
    channel_conversation,
    direct_conversation,
)
from meshtui.model.message import DeliveryState
from meshtui.model.node import Position
from meshtui.model.packet import Transmit, Verdict
from meshtui.model.restored import Spent
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.kiss import Hardware, KissCommand, ModemRadio, hardware_frame
from meshtui.networks.meshcore.listener import AirListener
from meshtui.networks.meshcore.modem.events import Outgoing
from meshtui.networks.meshcore.modem.line import NO_MODEM
from meshtui.networks.meshcore.modem.queue import MAX_QUEUE
from meshtui.networks.meshcore.modem.texts import UNTUNED
from meshtui.networks.meshcore.modem_port import ModemPort
from meshtui.networks.meshcore.node.settings import mesh_radio
from meshtui.networks.meshcore.packet import PayloadType, decode_packet
from meshtui.networks.meshcore.settings import Settings
from meshtui.networks.meshcore.station import NETWORK
from tests.support import fake_kiss_modem
from tests.support.fake_kiss_modem import FakeKissModem
from tests.support.meshcore_vectors import key, raw
from tests.support.modem_world import FREE_RADIO, ModemWorld, pair

S = DeliveryState


def line() -> ModemWorld:
    """Alice, a repeater, Bob."""
    world = ModemWorld()
    world.add("Alice", key("A"))
    world.add("Hill", key("R"), Settings(name="Hill", repeater=True, advert_every_s=0.0))
    world.add("Bob", key("B"))
    world.join("Alice", "Hill", "Bob")
    world.up()
    world.run(10)
    world.meet_all()
    return world


def test_a_modem_is_greeted_and_told_to_send_at_once() -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"))

    world.up()

    assert alice.port.is_ready
    assert alice.modem.plain == {KissCommand.TX_DELAY: b"\0", KissCommand.PERSISTENCE: b"\xff"}
    (device,) = [event.device for event in alice.all(DeviceChanged)]
    assert (device.name, device.model, device.battery_mv) == ("Alice", "Host Sim", 3900)
    assert device.radio is not None
    assert (device.radio.frequency_mhz, device.radio.power_dbm) == (869.618, 22)
    assert (device.radio.spreading_factor, device.radio.preamble_symbols) == (8, 32)
    assert alice.modem.radio == fake_kiss_modem.EU


def test_a_radio_that_the_url_describes_is_set_so() -> None:
    world = ModemWorld()
    wished = replace(mesh_radio(7, 62.5, 5, 910.525), power_dbm=14)
    alice = world.add("Alice", key("A"), radio=wished, modem=FakeKissModem(fake_kiss_modem.UNTUNED))

    world.up()

    assert alice.modem.radio == ModemRadio(910_525_000, 62_500, 7, 5)
    assert alice.modem.power_dbm == 14
    assert alice.port.device is not None
    assert alice.port.device.radio == replace(wished, preamble_symbols=32)


def test_a_radio_that_nobody_ever_set_is_said_to_be_so() -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"), modem=FakeKissModem(fake_kiss_modem.UNTUNED))

    world.up()
    world.run(10)

    assert [answer.text for answer in alice.answers()] == [UNTUNED]
    conversation = channel_conversation(NETWORK, "#test")
    assert alice.port.objection(conversation, "hi") == UNTUNED
    assert alice.port.cost(conversation, "hi", world.now) is None
    assert alice.modem.on_air == []


def test_what_is_no_modem_is_said_to_be_none_and_asked_again() -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"), modem=FakeKissModem(is_mute=True))
    world.up()
    world.run(6)
    assert [answer.text for answer in alice.answers()] == [NO_MODEM]
    assert not alice.port.is_ready
    assert alice.port.device is None

    alice.modem.is_mute = False
    world.run(10)

    assert alice.port.is_ready


def test_a_modem_that_leaves_lesser_questions_unanswered_is_used_all_the_same() -> None:
    world = ModemWorld()
    ignores = frozenset({Hardware.NAME, Hardware.BATTERY, Hardware.SET_REPORT, Hardware.IS_BUSY})
    alice = world.add("Alice", key("A"), modem=FakeKissModem(ignores=ignores))

    world.up()
    world.run(30)

    assert alice.port.is_ready
    assert alice.modem.on_air


def test_who_has_a_name_tells_the_neighbours_of_it_once() -> None:
    world = pair()
    bob = world.people["Bob"]

    heard = [event.node.name for event in bob.all(NodeHeard)]

    assert heard == ["Alice"]
    world.down("Alice")
    world.up("Alice")
    world.run(10)
    assert len(world.people["Alice"].packets_sent()) == 1


def test_a_packet_carries_how_well_it_was_heard() -> None:
    world = pair()
    bob = world.people["Bob"]

    (row,) = [event for event in bob.all(FrameReceived) if not event.frame.endpoint]

    assert (row.frame.rx.snr_db, row.frame.rx.rssi_dbm) == (8.5, -87)
    assert decode_packet(row.frame.payload).payload_type == PayloadType.ADVERT


def test_a_packet_without_a_report_is_heard_all_the_same() -> None:
    world = pair()
    bob = world.people["Bob"]
    bob.modem.reports = False

    world.read(bob, bob.modem.hear(raw("GRP_TXT Public")))
    world.run(1)

    assert bob.texts() == ["Hello everyone"]


def test_a_text_to_a_neighbour_is_sent_acknowledged_and_timed() -> None:
    world = pair()

    world.write("Alice", "Bob", "hello")
    world.run(20)

    assert world.people["Alice"].states("m1") == [S.SENDING, S.SENT, S.DELIVERED]
    delivered = world.people["Alice"].deliveries("m1")[-1]
    assert delivered.attempt == 1
    assert delivered.rtt_ms is not None
    assert 100 < delivered.rtt_ms < 10_000
    (received,) = world.people["Bob"].all(MessageReceived)
    assert received.message.text == "hello"
    assert received.message.conversation == direct_conversation(
        NETWORK, world.people["Alice"].station.node_id
    )


def test_a_text_over_a_repeater_is_heard_again_and_the_way_is_learned() -> None:
    world = line()

    world.write("Alice", "Bob", "hello")
    world.run(30)
    world.write("Alice", "Bob", "again", "m2")
    world.run(30)

    alice = world.people["Alice"]
    assert alice.states("m1") == [S.SENDING, S.SENT, S.RELAYED, S.DELIVERED]
    assert alice.deliveries("m1")[-1].repeats == 1
    hill = world.people["Hill"].station.node_id
    learned = [event.route for event in alice.all(RouteChanged) if event.route.source == "acked"]
    assert [(route.hops, route.via) for route in learned][-1] == (2, (hill[:2],))
    assert alice.states("m2")[-1] is S.DELIVERED
    last = [decode_packet(sent.transmit.payload) for sent in alice.packets_sent()][-1]
    assert (last.is_flood, last.path_hashes()) == (False, (hill[:2].upper(),))
    assert world.people["Bob"].texts() == ["hello", "again"]


def test_a_text_that_is_lost_is_sent_again_and_shown_once() -> None:
    world = pair()
    world.people["Bob"].drops = 1  # the first acknowledgement

    world.write("Alice", "Bob", "hello")
    world.run(60)

    alice = world.people["Alice"]
    assert alice.states("m1") == [S.SENDING, S.SENT, S.SENDING, S.SENT, S.DELIVERED]
    assert alice.deliveries("m1")[-1].attempt == 2
    assert world.people["Bob"].texts() == ["hello"]


def test_a_text_that_nobody_acknowledges_fails_after_three_attempts_the_third_by_flood() -> None:
    world = pair()
    world.write("Alice", "Bob", "hello", "m0")
    world.run(20)
    alice = world.people["Alice"]
    sent_before = len(alice.packets_sent())
    alice.drops = 99

    world.write("Alice", "Bob", "hello again")
    world.run(200)

    assert alice.states("m1") == [S.SENDING, S.SENT] * 3 + [S.FAILED]
    assert alice.deliveries("m1")[-1].reason == "no acknowledgement after 3 attempts"
    routes = [
        decode_packet(sent.transmit.payload).is_flood for sent in alice.packets_sent()[sent_before:]
    ]
    assert routes == [False, False, True]


def test_an_acknowledgement_that_comes_late_is_as_good_as_in_time() -> None:
    world = pair()
    alice, bob = world.people["Alice"], world.people["Bob"]
    bob.neighbours = []
    world.write("Alice", "Bob", "hello")
    world.run(200)
    assert alice.states("m1")[-1] is S.FAILED

    for packet in bob.modem.on_air[1:]:
        world.read(alice, alice.modem.hear(packet))

    world.run(5)
    assert alice.states("m1")[-1] is S.DELIVERED


def test_texts_to_one_person_go_one_after_the_other() -> None:
    world = pair()
    world.people["Bob"].drops = 1

    world.write("Alice", "Bob", "one", "m1")
    world.write("Alice", "Bob", "two", "m2")
    world.run(100)

    assert world.people["Bob"].texts() == ["one", "two"]
    assert world.people["Alice"].states("m2")[-1] is S.DELIVERED


def test_a_channel_text_ends_as_sent_and_counts_who_passes_it_on() -> None:
    world = line()

    world.say("Alice", "#test", "hello all")
    world.run(20)

    alice = world.people["Alice"]
    assert alice.states("m1") == [S.SENDING, S.SENT, S.RELAYED]
    assert world.people["Bob"].texts() == ["hello all"]
    assert world.people["Hill"].texts() == ["hello all"]
    assert alice.texts() == []
    relayed = [sent for sent in world.people["Hill"].packets_sent() if not sent.is_own]
    assert len(relayed) == 1
    assert relayed[0].airtime_ms > 0


def test_what_was_not_proven_delivered_waits_while_the_modem_is_gone() -> None:
    world = pair()
    alice = world.people["Alice"]
    world.write("Alice", "Bob", "hello")
    world.down("Alice")
    assert alice.deliveries("m1")[-1].state is S.QUEUED
    assert not alice.port.is_ready

    alice.modem.pending = None
    world.up("Alice")
    world.run(30)

    assert alice.states("m1")[-1] is S.DELIVERED
    assert world.people["Bob"].texts() == ["hello"]


def test_texts_for_a_channel_that_was_left_while_they_waited_fail_one_by_one() -> None:
    world = pair()
    alice = world.people["Alice"]
    world.down("Alice")
    for name in ("m1", "m2", "m3"):
        world.say("Alice", "#test", name, name)
    alice.station.keyring.remove_channel("#test")

    alice.modem.pending = None
    world.up("Alice")

    assert {alice.states(name)[-1] for name in ("m1", "m2", "m3")} == {S.FAILED}


def test_a_text_that_is_cancelled_is_not_sent_again() -> None:
    world = pair()
    alice = world.people["Alice"]
    alice.drops = 99
    world.write("Alice", "Bob", "hello")
    world.run(2)

    world.take(alice, alice.port.cancel(MessageId("m1"), world.now))
    world.run(100)

    assert alice.states("m1") == [S.SENDING, S.SENT]


def test_a_modem_sends_one_packet_at_a_time_and_waits_while_the_channel_is_busy() -> None:
    world = pair()
    alice = world.people["Alice"]
    alice.modem.is_busy = True
    before = len(alice.modem.on_air)
    world.say("Alice", "#test", "one", "m1")
    world.say("Alice", "Public", "two", "m2")
    world.run(1)
    assert len(alice.modem.on_air) == before

    alice.modem.is_busy = False
    world.run(30)

    assert len(alice.modem.on_air) == before + 2
    assert world.people["Bob"].texts() == ["one", "two"]


def test_a_channel_that_is_always_busy_is_used_after_four_seconds() -> None:
    world = pair()
    alice = world.people["Alice"]
    alice.modem.is_busy = True

    world.say("Alice", "#test", "one")
    world.run(3.5)
    assert world.people["Bob"].texts() == []
    world.run(3)

    assert world.people["Bob"].texts() == ["one"]


def test_a_modem_that_never_says_that_it_sent_is_tried_twice_and_told_of() -> None:
    world = pair()
    alice = world.people["Alice"]
    alice.modem._send = lambda packet: b""

    world.say("Alice", "#test", "one")
    world.run(30)

    assert alice.states("m1") == [S.SENDING, S.FAILED]
    assert alice.deliveries("m1")[-1].reason == "the modem did not say that it sent it"


@pytest.mark.parametrize(
    ("said", "reason"),
    [(b"\x07", "the modem is busy"), (b"\x01", "the modem refused it")],
)
def test_a_modem_that_refuses_is_tried_twice_and_told_of(said, reason) -> None:
    world = pair()
    alice = world.people["Alice"]
    alice.modem._send = lambda packet: hardware_frame(Hardware.ERROR, said)

    world.say("Alice", "#test", "one")
    world.run(30)

    assert alice.deliveries("m1")[-1].reason == reason


def test_a_modem_that_fails_to_send_is_tried_twice_and_told_of() -> None:
    world = pair()
    alice = world.people["Alice"]
    alice.modem._send = lambda packet: hardware_frame(Hardware.TX_DONE, b"\0")

    world.say("Alice", "#test", "one")
    world.run(30)

    assert alice.deliveries("m1")[-1].reason == "the modem could not send it"


def test_the_duty_cycle_is_kept() -> None:
    world = ModemWorld()
    tight = replace(FREE_RADIO, duty_cycle=0.001)  # 3.6 s an hour
    alice = world.add("Alice", key("A"), radio=tight)
    world.up()

    for number in range(20):
        world.say("Alice", "#test", "x" * 100, f"m{number}")
    world.run(3000)

    on_air_s = sum(sent.airtime_ms for sent in alice.packets_sent()) / 1000
    assert 2.0 < on_air_s <= 3.6
    assert alice.port.cost(channel_conversation(NETWORK, "#test"), "x", world.now).wait_s > 0


def test_what_text_cannot_be_sent_is_said() -> None:
    world = pair()
    port = world.people["Alice"].port
    bob = direct_conversation(NETWORK, world.people["Bob"].station.node_id)
    me = direct_conversation(NETWORK, world.people["Alice"].station.node_id)
    channel = channel_conversation(NETWORK, "#test")

    assert port.objection(bob, "x" * 160) == ""
    assert "shorten it by 1" in port.objection(bob, "x" * 161)
    assert "shorten it by 7" in port.objection(channel, "x" * 160)
    assert "NUL" in port.objection(bob, "a\0b")
    assert "join it first" in port.objection(channel_conversation(NETWORK, "#other"), "x")
    assert port.objection(me, "x") == "that is you"


def test_the_cost_of_a_text_is_what_is_sent() -> None:
    world = pair()
    alice = world.people["Alice"]
    bob = direct_conversation(NETWORK, world.people["Bob"].station.node_id)

    cost = alice.port.cost(bob, "hello", world.now)
    channel_cost = alice.port.cost(channel_conversation(NETWORK, "#test"), "hello", world.now)
    world.write("Alice", "Bob", "hello")
    world.say("Alice", "#test", "hello", "m2")
    world.run(10)

    lengths = [len(sent.transmit.payload) for sent in alice.packets_sent()]
    assert {cost.frame_bytes, channel_cost.frame_bytes} <= set(lengths)
    assert (cost.form, cost.packets) == ("flood", 1)
    assert alice.port.cost(bob, "hello", world.now).form == "direct"


def test_words_to_the_modem_are_rows_of_their_own_kind() -> None:
    world = pair()
    alice = world.people["Alice"]

    kinds = {sent.summary.kind for sent in alice.all(type(alice.packets_sent()[0]))}
    heard = {event.summary.kind for event in alice.all(FrameReceived) if event.frame.endpoint}

    assert {"TX_DELAY", "VERSION", "GET_RADIO", "IS_BUSY", "advert"} <= kinds
    assert {"VERSION", "GET_RADIO", "TX_DONE"} <= heard


def test_noise_on_the_line_costs_nothing_but_a_row() -> None:
    world = pair()
    alice = world.people["Alice"]

    world.read(alice, b"\xc0\x00\xdb\x00\xc0" + b"\xc0" + bytes(600) + b"\xc0" + b"\xc0\x55abc\xc0")
    world.read(alice, alice.modem.hear(b"\xff"))
    world.read(alice, b"\xc0\x06\xf9\xc0\xc0\x06\xf8\xc0\xc0\x06\x99\xc0")
    world.run(1)

    rejected = [
        event.summary.reason
        for event in alice.all(FrameReceived)
        if event.summary.verdict is Verdict.REJECTED
    ]
    assert rejected == ["bad-escape", "too-long", "short"]
    assert alice.port.is_ready


def test_we_are_ourselves_behind_a_modem() -> None:
    world = pair()
    myself = world.people["Alice"].port.myself

    assert (myself.node_id, myself.name) == (key("A").public_key.hex(), "Alice")


def test_an_advertisement_takes_name_and_position_over() -> None:
    world = pair()
    alice, bob = world.people["Alice"], world.people["Bob"]
    request = Advertise(NETWORK, "Alicia", Position(47.6, -122.3))

    world.take(alice, alice.port.advertise(request, world.now))
    world.run(10)

    node = bob.all(NodeHeard)[-1].node
    assert (node.name, node.position) == ("Alicia", Position(47.6, -122.3))
    device = alice.all(DeviceChanged)[-1].device
    assert (device.name, device.position) == (node.name, node.position)


def test_a_forgotten_way_is_not_used_again() -> None:
    world = pair()
    alice = world.people["Alice"]
    world.write("Alice", "Bob", "hello")
    world.run(20)

    world.take(alice, alice.port.forget_route(world.people["Bob"].station.node_id, world.now))
    world.write("Alice", "Bob", "again", "m2")
    world.run(20)

    texts = [decode_packet(sent.transmit.payload) for sent in alice.packets_sent()]
    assert [packet.is_flood for packet in texts if packet.payload_type == 2] == [True, True]


@pytest.mark.parametrize(
    ("verb", "argument", "words"),
    [
        ("info", "", "KISS modem, firmware 1"),
        ("battery", "", "3.90 V"),
        ("stats", "", "packets 1 sent, 1 heard"),
        ("advert", "", "direct reach"),
        ("advert-flood", "", "whole mesh"),
        ("set-name", "Al", "we are Al"),
        ("set-position", "47.6 -122.3", "47.600000, -122.300000"),
        ("set-position", "off", "no position"),
        ("set-path-hash-mode", "2", "2 bytes"),
        ("set-multi-acks", "on", "twice"),
        ("scope", "europe", "#europe"),
        ("scope", "off", "everywhere"),
        ("scope", "", "no limit is set"),
        ("sync-time", "", "no clock"),
        ("channels", "", "2 channels"),
        ("export", "", "meshcore://"),
        ("contacts", "", "1 of 4096 contacts"),
    ],
)
def test_our_own_radio_answers(verb, argument, words) -> None:
    world = pair()

    (answer,) = world.ask("Alice", verb, argument)

    assert words in answer.text
    assert answer.is_final
    assert not answer.is_error


@pytest.mark.parametrize(
    ("verb", "argument"),
    [
        ("set-name", ""),
        ("set-name", "x" * 32),
        ("set-position", "1"),
        ("set-position", "91 0"),
        ("set-path-hash-mode", "4"),
        ("set-path-hash-mode", "1.5"),
        ("set-multi-acks", "perhaps"),
        ("scope", "#" + "x" * 40),
        ("import", "meshcore://junk"),
        ("nonsense", ""),
        ("trace", ""),
    ],
)
def test_what_our_own_radio_cannot_do_is_said_at_once(verb, argument) -> None:
    world = pair()
    alice = world.people["Alice"]

    with pytest.raises(LocalProtocolError):
        alice.port.ask(Ask(NETWORK, verb, "r", None, argument), world.now)


def test_a_card_makes_somebody_known() -> None:
    world = pair()
    (mine,) = world.ask("Bob", "export")
    alice = world.people["Alice"]

    (answer,) = world.ask("Alice", "import", mine.text)

    assert answer.text == "Bob is a contact"
    assert alice.all(NodeHeard)[-1].node.name == "Bob"


@pytest.mark.parametrize(
    ("verb", "argument", "words"),
    [
        ("path", "", "no path is known"),
        ("reset-path", "", "forgotten"),
        ("set-path", "ed", "1 repeater: ed"),
        ("set-path", "direct", "without repeaters"),
        ("logout", "", "logged out"),
        ("export", "", "meshcore://"),
        ("share", "", "told to"),
    ],
)
def test_what_concerns_a_node_is_answered(verb, argument, words) -> None:
    world = pair()

    (answer,) = world.ask("Alice", verb, argument, to="Bob")

    assert words in answer.text
    assert not answer.is_error


def test_a_question_that_nobody_answers_ends_in_time() -> None:
    world = pair()

    for verb in ("status", "neighbours", "telemetry", "owner", "discover-path"):
        (answer,) = world.ask("Bob", verb, to="Alice")
        assert answer.is_error
        assert "no answer within" in answer.text
        is_hinted = verb in {"status", "neighbours", "owner"}
        assert ("`login` first" in answer.text) == is_hinted
    (answer,) = world.ask("Alice", "login", to="Bob", secret=SecretBytes(b"wrong"))
    assert "answers a wrong password with silence" in answer.text


def test_a_way_is_traced_with_what_each_hop_heard() -> None:
    world = line()
    world.write("Alice", "Bob", "hello")
    world.run(30)

    (answer,) = world.ask("Alice", "trace", to="Bob")

    assert not answer.is_error
    assert [dict(row)["snr"] for row in answer.rows] == ["8.5 dB", "8.5 dB"]
    assert answer.rtt_ms is not None


def test_a_way_that_was_traced_or_chosen_is_kept_as_such() -> None:
    world = line()
    alice = world.people["Alice"]
    hill = world.people["Hill"].station.node_id[:2]
    world.write("Alice", "Bob", "hello")
    world.run(30)
    before = len(alice.all(RouteChanged))

    world.ask("Alice", "trace", to="Bob")
    world.ask("Alice", "set-path", "ab,cd", to="Bob")
    world.ask("Alice", "trace", hill, to="Bob")  # along given hops: it says nothing of others

    routes = [event.route for event in alice.all(RouteChanged)[before:]]
    assert [(route.source, route.via) for route in routes] == [
        ("traced", (hill,)),
        ("user", ("ab", "cd")),
    ]
    assert {route.confidence for route in routes} == {0.9}


def test_a_path_is_shown_beside_the_way_the_last_advertisement_came() -> None:
    world = line()
    world.ask("Bob", "advert-flood")

    (answer,) = world.ask("Alice", "path", to="Bob")

    rows = [dict(row) for row in answer.rows]
    hill = world.people["Hill"].station.node_id[:2]
    assert [(row["way"], row["hops"]) for row in rows] == [
        ("out", "not known"),
        ("last advert, as it came", hill),
    ]


def test_a_way_that_is_not_known_is_not_traced() -> None:
    world = pair()

    with pytest.raises(LocalProtocolError):
        world.ask("Alice", "trace", to="Bob")
    with pytest.raises(LocalProtocolError):
        world.ask("Alice", "set-path", "zz", to="Bob")
    with pytest.raises(LocalProtocolError):
        world.ask("Alice", "login", to="Bob", secret=SecretBytes(b"x" * 16))
    with pytest.raises(LocalProtocolError):
        world.ask("Alice", "cli", "", to="Bob")


def test_what_is_asked_when_the_modem_goes_is_answered_so() -> None:
    world = pair()
    alice = world.people["Alice"]
    peer = world.people["Bob"].station.node_id
    world.take(alice, alice.port.ask(Ask(NETWORK, "status", "r", peer), world.now))

    world.down("Alice")

    assert alice.answers()[-1].text == "the modem is gone"
    assert alice.answers()[-1].is_error


def test_who_is_known_by_half_a_key_can_be_asked_nothing() -> None:
    world = pair()
    port = world.people["Alice"].port

    with pytest.raises(LocalProtocolError):
        port.ask(Ask(NETWORK, "status", "r", NodeId("~Bob")), world.now)
    assert port.forget_route(NodeId("8139"), world.now) == []
    assert port.cost(f"{NETWORK}/8139", "hi", world.now) is not None


def test_nodes_of_an_earlier_life_are_known_to_the_node() -> None:
    world = pair()
    alice = world.people["Alice"]
    nodes = [alice.station.nodes.known(NodeId(one)) for one in (key("B").public_key.hex(), "8139")]
    alice.station.nodes.put(nodes[0])
    alice.station.nodes.put(nodes[1])

    port = ModemPort(LinkId("other"), alice.station, AirListener(alice.station))

    assert [contact.public_key for contact in port._rig.node.contacts] == [key("B").public_key]


def test_a_command_that_somebody_sends_unasked_is_news() -> None:
    world = pair()
    alice, bob = world.people["Alice"], world.people["Bob"]
    peer = alice.station.node_id
    request = Ask(NETWORK, "cli", "r", peer, "hello there")
    world.take(bob, bob.port.ask(request, world.now))
    world.run(5)

    (answer,) = alice.answers()

    assert (answer.verb, answer.request_id, answer.text) == ("cli", "", "hello there")


def test_more_than_the_queue_holds_costs_the_least_urgent() -> None:
    world = pair()
    line = world.people["Alice"].port._rig.line
    line.close()

    events = [
        event
        for number in range(MAX_QUEUE + 5)
        for event in line.send(Outgoing(bytes(20), number % 4, 0.0), world.now_s)
    ]

    assert line.queue_length == MAX_QUEUE
    assert [(event.outgoing.priority, event.is_ok) for event in events] == [(3, False)] * 5


def test_a_packet_longer_than_the_duty_cycle_allows_is_refused() -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"), radio=replace(FREE_RADIO, duty_cycle=0.0001))
    world.up()

    world.say("Alice", "#test", "x" * 100)

    assert alice.deliveries("m1")[-1].reason == "longer than the duty cycle allows"


def test_a_channel_that_was_left_in_between_fails_with_a_reason() -> None:
    world = pair()
    alice = world.people["Alice"]
    world.down("Alice")
    world.say("Alice", "#test", "hello")
    alice.station.keyring.remove_channel("#test")

    world.up("Alice")
    world.run(5)

    assert alice.deliveries("m1")[-1].reason == "no key of #test is known; join it first"


def test_what_a_modem_refuses_to_tell_is_listed() -> None:
    world = ModemWorld()
    modem = FakeKissModem()
    answer_all = modem._answer
    modem._answer = lambda code, body: (
        hardware_frame(Hardware.ERROR, b"\x03")
        if code == Hardware.BATTERY
        else answer_all(code, body)
    )
    alice = world.add("Alice", key("A"), modem=modem)

    world.up()
    world.run(5)

    assert ("refused", "battery") in alice.port.device.facts
    (answer,) = world.ask("Alice", "battery")
    assert (answer.text, answer.is_error) == ("the modem says: not available", True)
    modem._answer = answer_all
    world.ask("Alice", "battery")
    assert "refused" not in dict(alice.port.device.facts)


def test_an_answer_that_cannot_be_read_changes_nothing() -> None:
    world = ModemWorld()
    modem = FakeKissModem()
    answer = modem._answer
    modem._answer = lambda code, body: (
        hardware_frame(code | 0x80) if code == Hardware.GET_POWER else answer(code, body)
    )
    alice = world.add("Alice", key("A"), modem=modem)

    world.up()
    world.run(5)

    assert alice.port.is_ready
    assert alice.port.device.radio.power_dbm is None


def test_what_a_link_refuses_is_found_out_in_time() -> None:
    world = pair()
    alice = world.people["Alice"]

    assert alice.port.refused(Transmit(alice.port.link_id, b""), "full", world.now) == []
    assert alice.port.join(None, world.now) == alice.port.leave("x", world.now) == ()


def test_who_has_no_name_is_called_by_the_beginning_of_the_key() -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"), Settings(advert_every_s=0.0))
    world.add("Bob", key("B"))
    world.join("Alice", "Bob")
    world.up()

    world.say("Alice", "#test", "hello")
    world.run(10)

    (received,) = world.people["Bob"].all(MessageReceived)
    assert received.message.sender == "~8A88E3DD"
    assert alice.port.myself.name == "8A88E3DD"


def test_what_is_no_modem_is_complained_of_once() -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"), modem=FakeKissModem(is_mute=True))

    world.up()
    world.run(300)

    assert [answer.text for answer in alice.answers()] == [NO_MODEM]


def test_what_was_sent_in_an_earlier_life_counts_for_the_duty_cycle() -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"), radio=replace(FREE_RADIO, duty_cycle=0.01))
    spent = [Spent(world.now.unix_ms - 60_000, 18.0)]
    alice.port = ModemPort(LinkId("Alice"), alice.station, AirListener(alice.station), spent)

    world.up()

    cost = alice.port.cost(channel_conversation(NETWORK, "#test"), "hi", world.now)
    assert 0.5 <= cost.duty_used < 0.6


def test_whom_we_write_with_is_kept_in_the_nodes_table() -> None:
    world = pair()

    world.write("Alice", "Bob", "hello")
    world.run(20)

    for name, other in (("Alice", "Bob"), ("Bob", "Alice")):
        table = world.people[name].port._rig.node.contacts
        contact = table.get(world.people[other].station.key.public_key)
        assert contact is not None
        assert contact.is_favourite


def test_our_own_key_signs_where_we_are_the_node() -> None:
    alice = pair().people["Alice"]
    request = Sign(NETWORK, alice.port.link_id, b"data", "s")

    (event,) = alice.port.sign(request, alice.port._rig.now)

    assert isinstance(event, Signed)
    assert event.signature is not None
    assert verify(key("A").public_key, b"data", event.signature.reveal)
    assert (event.request_id, event.signed_by, event.reason) == ("s", "our own key", "")


def test_a_key_that_was_imported_signs_the_same() -> None:
    world = ModemWorld()
    alice = world.add("Alice", from_expanded(key("A").private.reveal))
    world.up()

    (event,) = alice.port.sign(Sign(NETWORK, alice.port.link_id, b"data", "s"), world.now)

    assert isinstance(event, Signed)
    assert event.signature == SecretBytes(key("A").sign(b"data"))


def test_what_we_counted_is_told_in_figures_anew_with_the_verb() -> None:
    world = pair()
    alice = world.people["Alice"]
    world.ask("Bob", "advert-flood")
    before = len(alice.all(DeviceChanged))

    world.ask("Alice", "stats")

    (told,) = [event.device for event in alice.all(DeviceChanged)[before:]]
    stats = dict(told.stats)
    assert stats["recv"] == stats["flood_rx"] + stats["direct_rx"] > 0
    assert stats["sent"] == stats["flood_tx"] + stats["direct_tx"] > 0
    assert stats["uptime_secs"] > 30
    assert (stats["battery_mv"], stats["queue_len"], stats["recv_errors"]) == (3900, 0, 0)
    assert {"last_rssi", "last_snr", "tx_air_secs", "rx_air_secs"} <= stats.keys()


def test_who_heard_nothing_has_no_last_signal() -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"))
    world.up()

    assert alice.port.device is not None
    assert not {"last_rssi", "last_snr"} & dict(alice.port.device.stats).keys()


def test_what_we_sent_and_hear_again_is_our_own_and_what_we_relayed_is_not() -> None:
    world = line()
    alice, hill = world.people["Alice"], world.people["Hill"]
    before, hill_before = len(alice.all(FrameReceived)), len(hill.all(FrameReceived))

    world.write("Alice", "Bob", "hello")
    world.run(40)
    world.ask("Alice", "advert-flood")

    sent = {each.summary.packet_hash for each in alice.packets_sent()}
    heard = [each.summary for each in alice.all(FrameReceived)[before:] if not each.frame.endpoint]
    assert {"text", "advert"} <= {each.kind for each in heard if each.is_own}
    assert [each.is_own for each in heard] == [each.packet_hash in sent for each in heard]
    assert not all(each.is_own for each in heard)
    assert not any(each.summary.is_own for each in hill.all(FrameReceived)[hill_before:])
