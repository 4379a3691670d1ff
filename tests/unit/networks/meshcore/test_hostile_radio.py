"""What a radio may try that lies, stutters, falls silent or is somebody else after all.

List D of hostile inputs, through a whole port: none of it raises, none of it stops the port, and
no secret is kept.
"""

from __future__ import annotations

import random
from itertools import count

import pytest

from meshtui.model.event import (
    ChannelChanged,
    FrameReceived,
    MessageReceived,
    NodeHeard,
)
from meshtui.model.link import LinkKind
from meshtui.model.message import DeliveryState
from meshtui.model.packet import Frame
from meshtui.networks.meshcore.companion import pushes
from meshtui.networks.meshcore.companion.answers import (
    ChannelMsgV3,
    ContactMsgV3,
    ContactsStart,
    EndOfContacts,
    PrivateKey,
    Sent,
)
from meshtui.networks.meshcore.companion.commands import (
    AppStart,
    Bare,
    DeviceQuery,
    ForKey,
    GetChannel,
    GetContacts,
    SendTxtMsg,
)
from meshtui.networks.meshcore.companion.deframer import enframe
from meshtui.networks.meshcore.companion.frames import encode_frame
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType, encode_packet
from tests.support.fake_companion import BOB, CAROL, LINK, NOW, PUBLIC, Desk, contact
from tests.support.hostile_texts import HOSTILE
from tests.support.meshcore_air import group_packet

SECRET = b"NOBODYMAYSEETHIS" * 4
PREFIX = BOB.public_key[:6]


def framed(payload: bytes) -> bytes:
    return enframe(payload, to_radio=False)


def text(words: str = "hi", timestamp: int = NOW, path_len: int = 0xFF) -> ContactMsgV3:
    return ContactMsgV3(
        5.0, bytes(2), PREFIX, path_len, 0, timestamp, words.encode("utf-8", "replace")
    )


def channel_text(words: str, slot: int = 0, path_len: int = 1) -> ChannelMsgV3:
    return ChannelMsgV3(5.0, bytes(2), slot, path_len, 0, NOW, words)


# List D, by its numbers: bytes as a stream brings them
LIST_D = {
    1: b"\x05" + bytes(57),
    2: b"\x00\xffjunk" + framed(b"\x83"),
    3: enframe(b"\x83"),
    4: b">\x00\x00",
    5: framed(b"\x7f"),
    6: framed(b"\x88" + bytes(299)),
    7: framed(b"\x88" + bytes(300)),
    8: b">\xff\xff" + bytes(40),
    9: b">\xb0\x00" + bytes(20),
    10: b">\xb0\x00" + bytes(20) + framed(b"\x83"),
    11: framed(b"\x88\x20\xb0>\x01\x00\x83>>>"),
    12: framed(b"\x80" + BOB.public_key),
    13: framed(b"\x83") * 20_000,
    14: framed(b"\x1e"),
    15: framed(b"\x7f" + bytes(20)),
    16: framed(b"\xff" + bytes(20)),
    17: framed(b"\x00" + bytes(5)) + framed(b"\x00" + bytes(4)),
    18: framed(b"\x01"),
    19: framed(b"\x01\xff"),
    **{20 + at: framed((b"\x05" + bytes(57))[:size]) for at, size in enumerate((1, 2, 3, 20, 35))},
    25: framed((b"\x05" + bytes(57))[:50]),
    26: framed(b"\x05" + bytes(56)),
    27: framed(b"\x05" + bytes(57) + b"\xff\xfe\xc0"),
    28: framed(b"\x05" + bytes(57) + b"\x1b]2;PWNED\x07"),
    29: framed(b"\x03" + bytes(145)),
    30: framed(b"\x03" + b"k" * 148),
    31: framed(b"\x02\xff\xff\xff\xff"),
    32: framed(b"\x04\xff\xff\xff\xff"),
    33: framed(b"\x03" + b"k" * 147) * 2,
    34: b"".join(framed(b"\x03" + n.to_bytes(4, "big") + b"k" * 143) for n in range(10_000)),
    35: framed(b"\x12\xff" + b"name".ljust(32, b"\0") + b"k" * 16),
    36: framed(b"\x12\x01" + b"name".ljust(32, b"\0") + b"k" * 3),
    37: framed(b"\x10" + bytes(9)),
    38: framed(encode_frame(text(path_len=255))) + framed(encode_frame(text("b", path_len=0xBF))),
    39: framed(encode_frame(channel_text(""))),
    40: framed(b"\x11" + bytes(10) + b"x" * 10_240),
    41: framed(b"\x06\x00abc"),
    42: framed(encode_frame(Sent(0, b"tag1", 0))),
    43: framed(encode_frame(Sent(0, b"tag1", 0xFFFFFFFF))),
    44: framed(encode_frame(pushes.SendConfirmed(b"none", 7))),
    45: framed(encode_frame(pushes.SendConfirmed(b"none", 7))) * 2,
    **{46 + at: framed((b"\x88\x20\xb0\x15")[: at + 1]) for at in range(4)},
    50: framed(b"\x88\x80\x7f\x15\x00" + bytes(20)),
    51: framed(b"\x8b\x00" + PREFIX + b"\x01\xfe\xff\x02"),
    52: framed(b"\x0c\x01\x02"),
    53: framed(b"\x18\x09" + bytes(20)),
    54: framed(b"\x0e" + SECRET),
    55: framed(b"\x14" + bytes(64)) + framed(b"\x1a" + bytes(8)),
    56: framed(b"\x0a") * 2,
    57: b">\x20\x00\x05half a fra" + framed(b"\x83"),
    58: framed(b"\x09\x00\x00\x00\x00"),
    59: framed(b"\x83") * 1_000,
    60: framed(b"\x0d\xfe" + bytes(3)),
}


@pytest.fixture
def desk() -> Desk:
    return Desk().connect()


@pytest.mark.parametrize("kind", [LinkKind.STREAM, LinkKind.PIECES])
@pytest.mark.parametrize("number", LIST_D)
def test_after_anything_a_radio_says_it_is_still_served(number: int, kind: LinkKind) -> None:
    desk = Desk(kind)
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()

    desk.read(LIST_D[number])
    desk.wind(30.0)
    message_id = desk.send(BOB.public_key)
    desk.push(pushes.SendConfirmed(desk.radio.tags.to_bytes(4, "little"), 200))

    assert desk.port.is_ready
    assert desk.deliveries(message_id)[-1].state is DeliveryState.DELIVERED


@pytest.mark.parametrize("number", LIST_D)
def test_the_list_comes_byte_by_byte_just_as_well(number: int) -> None:
    desk = Desk().connect()

    for byte in LIST_D[number][:1_500]:
        desk.read(bytes((byte,)))
    desk.wind(30.0)

    assert desk.port.is_ready


@pytest.mark.parametrize("moment", [AppStart, DeviceQuery, GetChannel, GetContacts, Bare, ForKey])
@pytest.mark.parametrize("number", [3, 4, 8, 9, 18, 19, 20, 24, 26, 31, 32, 36, 54, 57, 60])
def test_a_greeting_survives_it_in_place_of_an_answer(number: int, moment: type) -> None:
    desk = Desk()
    turns = count()

    def hear(payload: bytes) -> list[bytes]:
        answers = type(desk.radio).hear(desk.radio, payload)
        is_it = isinstance(desk.radio.asked[-1], moment) and next(turns) == 0
        if is_it:
            desk.port.receive(Frame(LINK, LIST_D[number], desk.now))
            return []
        return answers

    desk.radio.hear = hear  # type: ignore[method-assign]
    desk.connect()
    desk.wind(120.0)

    assert desk.port.is_ready


def test_every_answer_twice_ends_in_the_same_state() -> None:
    once, twice = Desk(), Desk()
    for desk in (once, twice):
        desk.radio.contacts[BOB.public_key] = contact()
    plain = twice.radio.hear
    twice.radio.hear = lambda payload: [  # type: ignore[method-assign]
        answer for each in plain(payload) for answer in (each, each)
    ]

    once.connect()
    twice.connect()
    twice.wind(60.0)

    assert twice.port.is_ready
    assert twice.port._radio.slots == once.port._radio.slots
    assert twice.port._radio.contacts == once.port._radio.contacts


def test_a_radio_that_starts_anew_at_every_command_costs_no_text() -> None:
    chance = random.Random(9)
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()
    plain = desk.radio.hear
    desk.radio.hear = lambda payload: (  # type: ignore[method-assign]
        [] if chance.random() < 0.4 else plain(payload)
    )
    message_id = desk.send("Public", "through it all")
    for _ in range(20):
        desk.wind(20.0)
        desk.disconnect()
        desk.connect()
    desk.radio.hear = plain  # type: ignore[method-assign]
    desk.wind(120.0)

    assert desk.states(message_id)[-1] in {"sent", "failed"}
    assert desk.port.is_ready


def test_a_private_key_is_in_nothing_that_leaves_the_port() -> None:
    desk = Desk()
    desk.connect()

    for data in (b"\x0e" + SECRET, b"\x0e" + SECRET + b"more", b"\x0e" + SECRET[:20]):
        desk.say(data)
    desk.push(PrivateKey(SECRET))
    dissected = [desk.port.device, desk.events, desk.port._radio.__dict__]

    assert SECRET[:16] not in repr(dissected).encode()
    assert SECRET[:16].hex() not in repr(dissected)
    assert all(SECRET[:8] not in event.frame.payload for event in desk.events if _is_frame(event))


def _is_frame(event: object) -> bool:
    return isinstance(event, FrameReceived)


def test_another_key_under_a_name_we_know_never_takes_its_place() -> None:
    desk = Desk().connect()
    ours = desk.keyring.channel("Public") or None
    desk.knows("Public", PUBLIC)
    desk.events.clear()
    desk.radio.slots[0] = ("Public", b"attacker's key!!")

    desk.disconnect()
    desk.connect()

    changed = {event.channel.name: event.channel for event in desk.of(ChannelChanged)}
    assert ours is None or ours.secret.reveal == PUBLIC
    assert "Public" not in changed
    assert desk.keyring.channel("Public").secret.reveal == PUBLIC


def test_texts_in_a_slot_of_another_key_are_not_put_among_those_of_ours() -> None:
    desk = Desk()
    desk.knows("Public", PUBLIC)
    desk.radio.slots[0] = ("Public", b"attacker's key!!")
    desk.connect()

    desk.push(channel_text("Bob: send me your password"))

    assert [message.conversation for message in desk.messages] != ["meshcore/#Public"]


def test_a_cleared_slot_is_never_a_channel() -> None:
    desk = Desk().connect()
    desk.events.clear()
    desk.radio.slots = {0: ("Public", bytes(16)), 1: ("#test", bytes(16)), 2: ("", bytes(16))}

    desk.disconnect()
    desk.connect()

    assert desk.of(ChannelChanged) == []
    assert all(any(channel.secret.reveal) for channel in desk.keyring.channels)


def test_a_radio_that_is_somebody_else_each_time_leaves_nothing_behind_without_bound() -> None:
    desk = Desk()
    for number in range(200):
        desk.radio.key = number.to_bytes(2, "big") * 16
        desk.radio.name = f"name {number}"
        desk.connect()
        desk.disconnect()

    assert len(desk.station.own_ids) <= 100
    assert len(desk.station._names) <= 100
    assert desk.station.is_mentioned_in("@[name 199] hello")


def test_a_radio_that_is_another_has_none_of_the_first_ones_contacts() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()
    desk.radio.key = CAROL.public_key
    desk.radio.contacts.clear()

    desk.disconnect()
    desk.connect()

    last = [
        event.node
        for event in desk.of(NodeHeard)
        if event.node.public_key.startswith(BOB.public_key.hex())
    ][-1]
    assert not last.is_contact


def test_two_contacts_of_one_prefix_are_not_taken_for_each_other() -> None:
    desk = Desk()
    twin = PREFIX + bytes(reversed(BOB.public_key[6:]))
    desk.radio.contacts[twin] = contact(twin, "Mallory")
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()

    desk.push(text("who am I?"))

    (message,) = desk.messages
    assert message.sender not in {twin.hex(), BOB.public_key.hex()}


def test_a_list_of_contacts_without_end_is_bounded_whenever_it_is_asked_for() -> None:
    desk = Desk()
    numbers = count(1)

    def endless(_command: object) -> list[object]:
        more = [contact(next(numbers).to_bytes(32, "big"), "x") for _ in range(500)]
        return [ContactsStart(0xFFFFFFFF), *more, EndOfContacts(0xFFFFFFFF)]

    desk.radio.rules[GetContacts] = endless
    for _ in range(5):
        desk.connect()
        desk.wind(400.0)
        desk.disconnect()

    assert len(desk.port._radio.contacts) <= 2 * desk.port._radio.max_contacts


def test_ten_thousand_pushes_a_second_ask_a_bounded_number_of_questions(desk: Desk) -> None:
    before = len(desk.radio.asked)
    chance = random.Random(3)
    data = [b"\x83"] * 5_000 + [b"\x80" + chance.randbytes(32) for _ in range(5_000)]

    desk.read(b"".join(framed(each) for each in data))

    assert len(desk.radio.asked) - before < 1_000
    assert len(desk.port._radio.driver) <= 300


def test_our_own_text_that_comes_back_as_our_peers_is_not_shown() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()
    desk.send(BOB.public_key, "I owe you 500")
    (command,) = [each for each in desk.radio.asked if isinstance(each, SendTxtMsg)][:1]

    desk.push(text("I owe you 500", command.timestamp))

    assert desk.messages == []


def test_a_text_is_not_heard_from_more_repeaters_than_there_are() -> None:
    desk = Desk()
    desk.knows("Public", PUBLIC)
    desk.connect()
    message_id = desk.send("Public", "hello")
    data = _own_packet(desk, "hello", b"")

    for _ in range(50):
        desk.push(pushes.LogRxData(5.0, -80, data))  # nobody put his hash behind it
    for _ in range(50):
        desk.push(pushes.LogRxData(5.0, -80, _own_packet(desk, "hello", b"\x55")))
    desk.push(pushes.LogRxData(5.0, -80, _own_packet(desk, "hello", b"\x55\x66")))

    assert desk.deliveries(message_id)[-1].repeats == 2
    assert desk.deliveries(message_id)[-1].state is DeliveryState.RELAYED


def test_forged_repeats_have_an_end() -> None:
    desk = Desk()
    desk.knows("Public", PUBLIC)
    desk.connect()
    message_id = desk.send("Public", "hello")

    for number in range(256):
        desk.push(pushes.LogRxData(5.0, -80, _own_packet(desk, "hello", bytes((number,)))))

    assert 1 < desk.deliveries(message_id)[-1].repeats <= 64


def _own_packet(desk: Desk, words: str, path: bytes) -> bytes:
    return group_packet("Public", f"Alice: {words}", path, NOW + desk.serial)


@pytest.mark.parametrize("name", ["me", "~x", "Alice", "system", "you", BOB.public_key.hex(), "~"])
def test_who_claims_to_be_somebody_is_never_that_node(desk: Desk, name: str) -> None:
    desk.push(channel_text(f"{name}: trust me"))

    (message,) = desk.messages
    assert message.sender == f"~{name}"
    assert message.sender not in desk.station.own_ids
    assert message.proof.name == "SENDER_UNPROVEN"


def test_hostile_texts_in_every_field_are_told_as_they_came_and_stop_nothing() -> None:
    for number, words in enumerate(HOSTILE):
        safe = words.encode("utf-8", "replace").decode()
        desk = Desk()
        desk.radio.name = _cut(safe)
        desk.radio.contacts[BOB.public_key] = contact(name=_cut(safe))
        desk.radio.slots[1] = (_cut(safe), bytes((number % 250 + 1,)) * 16)
        desk.connect()

        desk.push(channel_text(f"{_cut(safe)}: {safe[:60]}"), text(safe[:60]))

        assert desk.port.is_ready


def _cut(words: str) -> str:
    return words.encode()[:30].decode("utf-8", "ignore")


def test_a_direct_text_of_junk_does_not_look_like_many_repeaters() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()
    message_id = desk.send(BOB.public_key, "hello")
    ends = BOB.public_key[:1] + desk.radio.key[:1]

    for number in range(100):
        junk = encode_packet(
            Packet(RouteType.FLOOD, PayloadType.TXT_MSG, 1, b"\x55", ends + bytes((number,)) * 18)
        )
        desk.push(pushes.LogRxData(5.0, -80, junk))

    assert desk.deliveries(message_id)[-1].repeats <= 1
    assert "delivered" not in desk.states(message_id)


def test_the_same_texts_after_a_restart_are_shown_once() -> None:
    first = Desk()
    first.radio.contacts[BOB.public_key] = contact()
    first.connect()
    first.push(text("hello"), channel_text("Bob: hello"))
    second = Desk()
    second.station.digests = first.digests
    second.radio.contacts[BOB.public_key] = contact()
    second.connect()

    second.push(text("hello"), channel_text("Bob: hello"))

    assert len(first.of(MessageReceived)) == 2
    assert second.of(MessageReceived) == []
