"""Texts from others: each becomes a message once, from whom it is."""

from __future__ import annotations

import pytest

from meshtui.model.event import Answered, PacketDropped
from meshtui.model.message import Proof
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.channel_text import claimed_sender
from meshtui.networks.meshcore.companion.answers import (
    ChannelData,
    ChannelMsg,
    ChannelMsgV3,
    ContactMsg,
    ContactMsgV3,
)
from meshtui.networks.meshcore.companion.codes import Push
from meshtui.networks.meshcore.companion.frames import encode_frame
from meshtui.networks.meshcore.companion.pushes import BarePush, LogRxData
from meshtui.networks.meshcore.companion.scripts import MAX_SCRIPTS, Await
from tests.support.fake_companion import BOB, CAROL, HILL, NOW, PUBLIC, Desk, contact

WAITING = BarePush(Push.MSG_WAITING)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.radio.contacts[HILL.public_key] = contact(HILL.public_key, "Hill", 3)
    return desk.connect()


def deliver(desk: Desk, *frames) -> None:
    desk.radio.messages.extend(frames)
    desk.push(WAITING)


def test_texts_kept_while_nobody_was_connected_are_fetched() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.radio.messages.extend(
        ContactMsgV3(8.5, bytes(2), BOB.public_key[:6], 0, 0, NOW + at, b"hi %d" % at)
        for at in range(16)
    )

    desk.connect()

    assert [message.text for message in desk.messages] == [f"hi {at}" for at in range(16)]


def test_a_direct_text_is_from_its_sender_with_how_it_came(desk: Desk) -> None:
    deliver(desk, ContactMsgV3(8.5, bytes(2), BOB.public_key[:6], 0x42, 0, NOW, b"Hi Alice"))

    (message,) = desk.messages
    assert (message.sender, message.text) == (BOB.public_key.hex(), "Hi Alice")
    assert message.conversation == desk.conversation(BOB.public_key)
    assert (message.hops, message.rx, message.proof) == (2, RxMeta(None, 8.5), Proof.PINNED)
    assert message.sent_at_ms == NOW * 1000


def test_a_text_that_came_along_a_known_way_has_no_hops_to_tell(desk: Desk) -> None:
    deliver(desk, ContactMsg(BOB.public_key[:6], 0xFF, 0, NOW, b"direct"))

    assert desk.messages[0].hops is None
    assert desk.messages[0].rx == RxMeta()


def test_a_text_kept_twice_is_shown_once(desk: Desk) -> None:
    text = ContactMsg(BOB.public_key[:6], 0, 0, NOW, b"again")

    deliver(desk, text, text)

    assert len(desk.messages) == 1


def test_a_post_in_a_room_is_its_authors_for_whom_the_room_vouches(desk: Desk) -> None:
    body = BOB.public_key[:4] + b"posted"

    deliver(desk, ContactMsg(HILL.public_key[:6], 0, 2, NOW, body))

    (message,) = desk.messages
    assert message.conversation == desk.conversation(HILL.public_key)
    assert (message.sender, message.proof) == (BOB.public_key.hex(), Proof.SENDER_UNPROVEN)


def test_a_post_of_somebody_not_known_names_the_beginning_of_the_key(desk: Desk) -> None:
    deliver(desk, ContactMsg(HILL.public_key[:6], 0, 2, NOW, b"\x01\x02\x03\x04posted"))

    assert desk.messages[0].sender == "01020304"


def test_a_text_of_a_new_contact_is_looked_up(desk: Desk) -> None:
    desk.radio.contacts[CAROL.public_key] = contact(CAROL.public_key, "Carol")

    deliver(desk, ContactMsg(CAROL.public_key[:6], 0, 0, NOW, b"new here"))

    assert desk.messages[0].sender == CAROL.public_key.hex()


def test_a_text_of_nobody_we_can_find_is_not_lost(desk: Desk) -> None:
    deliver(desk, ContactMsg(b"\x01\x02\x03\x04\x05\x06", 0, 0, NOW, b"who am I"))

    assert [message.text for message in desk.messages] == ["who am I"]


def test_a_channels_text_has_a_claimed_sender(desk: Desk) -> None:
    deliver(desk, ChannelMsgV3(-3.25, bytes(2), 0, 1, 0, NOW, "Bob: hi: there"))

    (message,) = desk.messages
    assert (message.sender, message.text) == (claimed_sender("Bob"), "hi: there")
    assert message.conversation == desk.conversation("Public")
    assert message.hops == 1


def test_the_same_text_from_queue_and_raw_log_is_one_message(desk: Desk) -> None:
    from meshtui.networks.meshcore.channel_key import PUBLIC as CHANNEL
    from meshtui.networks.meshcore.payloads.group_text import encode_group_text, group_text
    from meshtui.networks.meshcore.seal import Cipher

    desk.knows("Public", PUBLIC)
    sealed = Cipher(PUBLIC).seal(encode_group_text(group_text(NOW, "Bob", "once")))
    packet = b"\x15\x00" + bytes((CHANNEL.hash,)) + sealed

    desk.push(LogRxData(8.5, -87, packet))
    deliver(desk, ChannelMsg(0, 0, 0, NOW, "Bob: once"))

    assert [message.text for message in desk.messages] == ["once"]


def test_a_text_in_a_slot_that_was_set_meanwhile_is_looked_up(desk: Desk) -> None:
    desk.radio.slots[2] = ("#late", bytes(range(16)))

    deliver(desk, ChannelMsg(2, 0, 0, NOW, "Bob: found"), ChannelMsg(2, 0, 0, NOW, "Bob: again"))

    assert [(m.conversation, m.text) for m in desk.messages] == [
        ("meshcore/##late", "found"),
        ("meshcore/##late", "again"),
    ]
    assert desk.port._radio.slots[2].name == "#late"


def test_a_text_is_not_lost_where_too_much_is_going_on_to_look_its_sender_up(desk: Desk) -> None:
    for _ in range(2 * MAX_SCRIPTS):
        desk.port._radio.run(_waits())

    deliver(desk, ChannelMsg(2, 0, 0, NOW, "Bob: nowhere"))
    desk.say(encode_frame(ContactMsg(CAROL.public_key[:6], 0xFF, 0, NOW, b"who am I")))

    assert [message.text for message in desk.messages] == ["who am I"]


def _waits():
    yield Await(lambda _: False, 1e6)


def test_a_text_in_a_slot_that_is_not_set_is_dropped_with_a_reason(desk: Desk) -> None:
    deliver(desk, ChannelMsg(255, 0, 0, NOW, "Bob: where"))

    assert desk.messages == []
    assert [drop.reason for drop in desk.of(PacketDropped)] == ["no-channel"]


@pytest.mark.parametrize("text", ["", "no name", ": nameless", "x" * 280])
def test_a_channels_text_of_any_form_is_taken(desk: Desk, text: str) -> None:
    deliver(desk, ChannelMsg(0, 0xFF, 0, NOW, text))

    assert len(desk.messages) == 1


def test_a_command_lines_answer_to_nobody_is_news(desk: Desk) -> None:
    deliver(desk, ContactMsg(HILL.public_key[:6], 0, 1, NOW, b"-> OK"))

    assert desk.messages == []
    assert desk.news("cli") == ["-> OK"]


def test_channel_data_are_passed_over(desk: Desk) -> None:
    deliver(desk, ChannelData(8.5, bytes(2), 1, 0, 0xFF01, b"\x01\x02\x03"))

    assert desk.messages == []


def test_a_text_that_answers_nothing_is_still_a_text(desk: Desk) -> None:
    desk.push(ContactMsg(BOB.public_key[:6], 0, 0, NOW, b"late"))

    assert [message.text for message in desk.messages] == ["late"]
    assert not desk.of(Answered)


def test_a_storm_of_waiting_is_fetched_with_few_questions(desk: Desk) -> None:
    before = len(desk.radio.asked)

    desk.holds = True
    desk.say(*[bytes((Push.MSG_WAITING,))] * 1_000)
    desk.holds = False
    desk.settle()

    assert len(desk.radio.asked) - before <= 1_001
    assert len(desk._from_radio) == 0
