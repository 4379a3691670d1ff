"""What somebody on the air may try with packets alone, against us as the node on a modem."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from meshtui.crypto.ed25519 import from_seed
from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.ids import channel_conversation
from meshtui.model.message import DeliveryState
from meshtui.networks.meshcore.kiss import Hardware, ModemRadio
from meshtui.networks.meshcore.modem.queue import MAX_QUEUE, RELAY_LATE_S
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    decode_packet,
    encode_packet,
)
from meshtui.networks.meshcore.settings import Settings
from meshtui.networks.meshcore.station import NETWORK
from tests.support.fake_kiss_modem import FakeKissModem
from tests.support.meshcore_air import advert_packet
from tests.support.meshcore_vectors import key
from tests.support.modem_world import FREE_RADIO, UNIX_MS, ModemWorld, Person, pair

NARROW = replace(FREE_RADIO, duty_cycle=0.1)
ALICE = key("A").public_key


def repeater() -> tuple[ModemWorld, Person]:
    """Alice, who passes on, where a tenth of the time may be spent sending; and Bob."""
    world = ModemWorld()
    settings = Settings(name="Alice", repeater=True, advert_every_s=0.0)
    alice = world.add("Alice", key("A"), settings, radio=NARROW)
    world.add("Bob", key("B"))
    world.join("Alice", "Bob")
    world.up()
    world.run(10)
    world.meet_all()
    return world, alice


def hear(world: ModemWorld, person: Person, packet: Packet) -> None:
    world.read(person, person.modem.hear(encode_packet(packet)))


def sent_by(person: Person, kind: PayloadType) -> list[Packet]:
    packets = [decode_packet(data) for data in person.modem.on_air]
    return [packet for packet in packets if packet.payload_type == kind]


def turned_round(packet: Packet) -> Packet:
    """The same with its two ends changed about: proof and ciphertext do not hold them."""
    ends, rest = packet.payload[:2], packet.payload[2:]
    return Packet(RouteType.FLOOD, packet.payload_type, 1, b"\x99", ends[::-1] + rest)


def test_our_own_text_sent_back_is_not_our_peers() -> None:
    world = pair()
    alice = world.people["Alice"]
    world.write("Alice", "Bob", "I owe you 500")
    world.run(20)
    before = len(alice.modem.on_air)

    for packet in sent_by(alice, PayloadType.TXT_MSG):
        hear(world, alice, turned_round(packet))
    world.run(20)

    assert alice.texts() == []
    assert len(alice.modem.on_air) == before  # nor is it acknowledged


def test_our_own_path_sent_back_does_not_change_our_way_to_a_peer() -> None:
    world = pair()
    alice = world.people["Alice"]
    bob = world.people["Bob"].station.key.public_key
    world.write("Bob", "Alice", "hello")
    world.run(20)
    way = alice.port._rig.node.out_path(bob)
    told = sent_by(alice, PayloadType.PATH)
    assert told

    alice.port._rig.node.set_out_path(bob, None, world.now)
    for packet in told:
        hear(world, alice, turned_round(packet))

    assert way is not None
    assert alice.port._rig.node.out_path(bob) is None


def test_what_others_let_us_pass_on_does_not_keep_us_from_sending() -> None:
    world, alice = repeater()
    chance = Random(1)
    for _ in range(3 * MAX_QUEUE):
        junk = chance.randbytes(150)
        hear(world, alice, Packet(RouteType.DIRECT, 2, 2, ALICE[:1] + b"\x77", junk))
    world.run(1)

    world.say("Alice", "Public", "help", "in-channel")
    world.write("Alice", "Bob", "help", "to-bob")
    world.run(120)

    assert alice.states("in-channel")[-1] is DeliveryState.SENT
    assert alice.states("to-bob")[-1] is DeliveryState.DELIVERED


def test_a_relay_that_waited_too_long_is_not_sent_any_more() -> None:
    world, alice = repeater()
    chance = Random(2)
    for _ in range(400):
        hear(world, alice, Packet(RouteType.FLOOD, 5, 0, b"", chance.randbytes(180)))
        world.run(1)

    assert alice.port._rig.line.queue_length > 0  # the duty cycle holds them up
    world.run(RELAY_LATE_S)
    before = len(alice.modem.on_air)

    world.run(4_000)

    assert len(alice.modem.on_air) == before
    assert alice.port._rig.line.queue_length == 0


def test_an_hour_of_flood_costs_one_packet_each_and_no_more_than_the_duty_cycle() -> None:
    world, alice = repeater()
    chance = Random(3)
    begun = len(alice.modem.on_air)
    heard = 0
    while world.now_s < 1_000 + 3_600:
        kind = chance.choice((PayloadType.GRP_TXT, PayloadType.TXT_MSG, PayloadType.ACK))
        path = chance.randbytes(chance.randrange(5))
        payload = chance.randbytes(chance.choice((4, 20, 100, 180)))
        hear(world, alice, Packet(RouteType.FLOOD, kind, len(path), path, payload))
        heard += 1
        world.run(3)

    relayed = alice.modem.on_air[begun:]
    airtime_s = sum(time_on_air_ms(len(data), NARROW) for data in relayed) / 1000
    assert 0 < len(relayed) <= heard
    assert airtime_s <= 0.1 * 3_600


def test_one_packet_heard_a_thousand_times_is_passed_on_once() -> None:
    world, alice = repeater()
    before = len(alice.modem.on_air)

    for number in range(1_000):
        path = bytes((number & 0x7F,))
        hear(world, alice, Packet(RouteType.FLOOD, 5, 1, path, b"\x11" + bytes(40)))
    world.run(30)

    assert len(alice.modem.on_air) == before + 1


def test_a_call_for_repeaters_is_not_answered_by_a_modem_however_often() -> None:
    world, alice = repeater()
    before = len(alice.modem.on_air)
    for number in range(200):
        call = b"\x80\x04" + number.to_bytes(4, "little")
        hear(world, alice, Packet(RouteType.DIRECT, PayloadType.CONTROL, 0, b"", call))
    world.run(60)

    assert len(alice.modem.on_air) == before


def test_a_trace_flood_costs_no_more_than_the_packets_heard() -> None:
    world, alice = repeater()
    before = len(alice.modem.on_air)
    for number in range(50):
        way = number.to_bytes(4, "little") + bytes(5) + ALICE[:1] * 60
        hear(world, alice, Packet(RouteType.DIRECT, PayloadType.TRACE, 0, b"", way))
    world.run(60)

    assert len(alice.modem.on_air) - before <= 50


def test_a_flood_of_guessed_acknowledgements_delivers_nothing() -> None:
    world = pair()
    alice = world.people["Alice"]
    chance = Random(4)
    world.people["Bob"].neighbours.clear()
    world.write("Alice", "Bob", "are you there?", "m")
    world.run(1)
    for _ in range(2_000):
        hear(world, alice, Packet(RouteType.FLOOD, PayloadType.ACK, 0, b"", chance.randbytes(4)))
    world.run(600)

    assert alice.states("m")[-1] is DeliveryState.FAILED


def test_an_acknowledgement_of_yesterday_does_not_acknowledge_today() -> None:
    world = pair()
    alice, bob = world.people["Alice"], world.people["Bob"]
    world.write("Alice", "Bob", "same words", "first")
    world.run(20)
    old = [decode_packet(data) for data in bob.modem.on_air]
    bob.neighbours.clear()
    world.run(3_600)
    world.write("Alice", "Bob", "same words", "second")
    world.run(1)

    for packet in old:
        hear(world, alice, packet)
    world.run(600)

    assert alice.states("first")[-1] is DeliveryState.DELIVERED
    assert alice.states("second")[-1] is DeliveryState.FAILED


def test_a_text_played_back_is_shown_once() -> None:
    world = pair()
    alice, bob = world.people["Alice"], world.people["Bob"]
    world.write("Bob", "Alice", "meet at noon", "m")
    world.run(20)
    texts = sent_by(bob, PayloadType.TXT_MSG)
    chance = Random(5)
    for _ in range(200):  # whatever short memory there is, is full of other things
        hear(world, alice, Packet(RouteType.FLOOD, 5, 0, b"", chance.randbytes(40)))

    for packet in texts:
        hear(world, alice, packet)

    assert alice.texts() == ["meet at noon"]


def test_strangers_of_our_friends_hash_do_not_come_before_our_friend() -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"))
    bob = world.add("Bob", key("B"))
    world.join("Alice", "Bob")
    world.up()
    world.run(10)
    first, number = bob.station.key.public_key[0], 0
    crowd = []
    while len(crowd) < 40:
        number += 1
        stranger = from_seed(number.to_bytes(32, "big"))
        if stranger.public_key[0] == first:
            crowd.append(stranger)
    for stranger in crowd:
        alice.station.keyring.add_contact(stranger.public_key)
    world.meet_all()
    world.write("Alice", "Bob", "it is me", "a")
    world.run(60)

    world.write("Bob", "Alice", "and me", "b")
    world.run(60)

    assert alice.states("a")[-1] is DeliveryState.DELIVERED
    assert alice.texts() == ["and me"]


def test_thousands_who_advertise_do_not_push_a_friend_out() -> None:
    world = pair()
    alice = world.people["Alice"]
    world.write("Bob", "Alice", "hi", "b1")
    world.run(20)

    for number in range(300):
        stranger = from_seed(number.to_bytes(32, "big"))
        data = advert_packet(stranger, "Same Name", timestamp=UNIX_MS // 1000)
        world.read(alice, alice.modem.hear(data))
    contacts = alice.port._rig.node.contacts

    assert contacts.get(world.people["Bob"].station.key.public_key) is not None
    assert contacts.oldest() is not None
    assert contacts.oldest().name == "Same Name"


@pytest.mark.parametrize(
    "radio",
    [
        ModemRadio(869_618_000, 0, 8, 8),
        ModemRadio(869_618_000, 62_500, 0, 8),
        ModemRadio(869_618_000, 62_500, 2, 8),
        ModemRadio(869_618_000, 62_500, 255, 8),
        ModemRadio(869_618_000, 62_500, 8, 0),
        ModemRadio(869_618_000, 0xFFFFFFFF, 8, 8),
        ModemRadio(0xFFFFFFFF, 1, 6, 255),
    ],
)
def test_a_modem_whose_radio_is_set_to_nonsense_is_not_reckoned_with(radio: ModemRadio) -> None:
    world = ModemWorld()
    modem = FakeKissModem(radio=radio, ignores=frozenset({Hardware.SET_RADIO}))
    alice = world.add("Alice", key("A"), Settings(name="Alice", repeater=True), modem=modem)
    world.up()
    world.run(10)

    for number in range(20):
        payload = bytes((number,)) * 40
        hear(world, alice, Packet(RouteType.FLOOD, 5, 0, b"", payload))
        world.run(1)

    assert alice.port.is_ready
    assert alice.port.objection(channel_conversation(NETWORK, "Public"), "hello")
