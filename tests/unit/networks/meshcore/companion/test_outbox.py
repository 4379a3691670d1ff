"""What we write is followed to its end: delivered, repeated, failed, cancelled, sent again."""

from __future__ import annotations

import pytest

from meshtui.model.event import FrameReceived, SenderChanged
from meshtui.model.ids import MessageId, NodeId
from meshtui.model.message import DeliveryState
from meshtui.model.node import NodeRole
from meshtui.networks.meshcore.companion.answers import Err, Sent
from meshtui.networks.meshcore.companion.codes import Command, Push
from meshtui.networks.meshcore.companion.commands import (
    AddUpdateContact,
    DeviceQuery,
    ForKey,
    SendTracePath,
    SendTxtMsg,
)
from meshtui.networks.meshcore.companion.pushes import BarePush, LogRxData, SendConfirmed
from meshtui.networks.meshcore.companion.scripts import Await
from meshtui.networks.meshcore.payloads.text import ack_of, text_body
from tests.support.fake_companion import BOB, CAROL, HILL, NOW, Desk, contact

ALICE_TO_BOB = bytes.fromhex("0901AA")


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    return desk.connect()


def texts(desk: Desk) -> list[SendTxtMsg]:
    return [each for each in desk.radio.asked if isinstance(each, SendTxtMsg)]


def confirm(desk: Desk, number: int, rtt_ms: int = 275) -> None:
    desk.push(SendConfirmed(number.to_bytes(4, "little"), rtt_ms))


def test_a_text_is_delivered_when_its_acknowledgement_comes(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key)

    confirm(desk, 1)

    assert desk.states(message_id) == ["sending", "sent", "delivered"]
    assert desk.deliveries(message_id)[-1].rtt_ms == 275
    assert all(not each.reason for each in desk.deliveries(message_id))


def test_a_text_carries_the_messages_own_time_and_the_contacts_prefix(desk: Desk) -> None:
    desk.send(BOB.public_key, "hi")

    assert texts(desk) == [SendTxtMsg(0, 0, NOW + 1, BOB.public_key[:6], "hi")]


def test_no_acknowledgement_means_three_attempts_of_one_time_and_a_flood_at_last(
    desk: Desk,
) -> None:
    message_id = desk.send(BOB.public_key)

    desk.wind(60.0)

    sent = texts(desk)
    assert [each.attempt for each in sent] == [0, 1, 2]
    assert len({each.timestamp for each in sent}) == 1
    assert desk.radio.count(ForKey, Command.RESET_PATH) == 1
    last = desk.deliveries(message_id)[-1]
    assert (last.state, last.attempt) == (DeliveryState.FAILED, 3)
    assert last.reason == "no acknowledgement after 3 attempts"


def test_a_server_that_keeps_silent_wants_a_login(desk: Desk) -> None:
    node = desk.nodes.known(desk.conversation(CAROL.public_key).split("/")[1])  # type: ignore[arg-type]
    desk.nodes.put(_named(node, "Room"))  # as one is named here, it is a room server
    message_id = desk.send(CAROL.public_key)

    desk.wind(60.0)

    assert desk.deliveries(message_id)[-1].reason.endswith("logged in: /login")


def test_an_attempt_waits_a_fifth_longer_than_the_radio_reckons(desk: Desk) -> None:
    desk.radio.timeout_ms = 10_000
    desk.send(BOB.public_key)

    desk.wind(11.9)
    before = len(texts(desk))
    desk.wind(0.2)

    assert (before, len(texts(desk))) == (1, 2)


@pytest.mark.parametrize(
    ("timeout_ms", "least_s", "most_s"), [(0, 1.9, 2.1), (2**32 - 1, 119.0, 121.0)]
)
def test_a_radio_that_reckons_nonsense_is_not_believed(
    desk: Desk, timeout_ms: int, least_s: float, most_s: float
) -> None:
    desk.radio.timeout_ms = timeout_ms
    desk.send(BOB.public_key)

    desk.wind(least_s)
    early = len(texts(desk))
    desk.wind(most_s - least_s)

    assert (early, len(texts(desk))) == (1, 2)


def test_the_acknowledgement_of_an_earlier_attempt_counts(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key)
    desk.wind(6.0)

    confirm(desk, 1)

    assert desk.states(message_id)[-1] == "delivered"


def test_an_acknowledgement_after_failure_still_counts_and_a_second_one_says_nothing(
    desk: Desk,
) -> None:
    message_id = desk.send(BOB.public_key)
    desk.wind(60.0)

    confirm(desk, 2)
    confirm(desk, 2)

    assert desk.states(message_id)[-2:] == ["failed", "delivered"]


def test_an_acknowledgement_of_nothing_is_passed_over(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key)

    confirm(desk, 77)

    assert desk.states(message_id)[-1] == "sent"


def test_sending_again_goes_on_counting_attempts(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key)
    desk.wind(60.0)

    desk.resend(message_id, BOB.public_key, "hello", attempt=3, timestamp=NOW + 1)

    assert texts(desk)[-1] == texts(desk)[0]._replace(attempt=3)
    assert desk.deliveries(message_id)[-1].attempt == 4


def test_a_text_without_room_for_a_hidden_attempt_keeps_to_two_bits(desk: Desk) -> None:
    desk.resend(desk.send(CAROL.public_key), BOB.public_key, "x" * 160, attempt=4, timestamp=NOW)

    assert texts(desk)[-1].attempt == 0


def test_each_repeater_that_passes_it_on_is_counted_once(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key)
    payload = BOB.public_key[:1] + desk.radio.key[:1] + bytes(18)
    near, far = b"\x09\x01\xaa" + payload, b"\x09\x02\xaa\xbb" + payload

    desk.push(LogRxData(8.0, -80, near), LogRxData(3.0, -90, far), LogRxData(8.0, -80, near))
    confirm(desk, 1)

    assert desk.states(message_id) == ["sending", "sent", "relayed", "relayed", "delivered"]
    assert desk.deliveries(message_id)[-1].repeats == 2


def test_a_text_of_ours_that_is_heard_again_is_our_own_packet(desk: Desk) -> None:
    payload = BOB.public_key[:1] + desk.radio.key[:1] + bytes(18)
    stranger = BOB.public_key[:1] + CAROL.public_key[:1] + bytes(18)
    before = LogRxData(8.0, -80, b"\x09\x01\xaa" + payload)
    desk.push(before)
    desk.send(BOB.public_key)

    desk.push(before, LogRxData(8.0, -80, b"\x09\x01\xaa" + stranger))
    confirm(desk, 1)
    desk.push(LogRxData(8.0, -80, b"\x09\x02\xaa\xbb" + payload))

    heard = [each.summary for each in desk.of(FrameReceived) if each.summary.kind == "text"]
    assert [summary.is_own for summary in heard] == [False, True, False, True]


def test_somebody_elses_text_is_no_repeat(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key)

    desk.push(LogRxData(8.0, -80, b"\x09\x01\xaa\x01\x02" + bytes(18)))
    desk.push(LogRxData(8.0, -80, b"\x09\x00"))

    assert desk.states(message_id) == ["sending", "sent"]


def test_texts_to_one_peer_go_one_after_the_other(desk: Desk) -> None:
    first, second = desk.send(BOB.public_key, "1"), desk.send(BOB.public_key, "2")
    before = desk.states(second)

    confirm(desk, 1)

    assert before == []
    assert desk.states(first)[-1] == "delivered"
    assert desk.states(second) == ["sending", "sent"]


def test_a_peer_that_is_away_holds_up_nobody_else(desk: Desk) -> None:
    desk.radio.contacts[CAROL.public_key] = contact(CAROL.public_key, "Carol")
    desk.send(BOB.public_key, "1")

    message_id = desk.send(CAROL.public_key, "2")

    assert desk.states(message_id) == ["sending", "sent"]


def test_who_was_heard_is_put_into_the_contact_table_first(desk: Desk) -> None:
    node = desk.nodes.known(desk.conversation(CAROL.public_key).split("/")[1])  # type: ignore[arg-type]
    desk.nodes.put(_named(node, "Carol"))

    message_id = desk.send(CAROL.public_key)

    (added,) = [each for each in desk.radio.asked if isinstance(each, AddUpdateContact)]
    assert (added.key, added.name, added.node_type) == (CAROL.public_key, "Carol", 3)
    assert desk.states(message_id) == ["sending", "sent"]


def test_who_was_never_heard_cannot_be_written_to_and_the_reason_says_what_to_do(
    desk: Desk,
) -> None:
    message_id = desk.send(CAROL.public_key)

    last = desk.deliveries(message_id)[-1]
    assert last.state is DeliveryState.FAILED
    assert "not in the radio's contacts" in last.reason
    assert "contact card" in last.reason


def test_a_full_contact_table_is_told_with_the_way_out(desk: Desk) -> None:
    desk.radio.rules[AddUpdateContact] = lambda _: [Err(3)]
    node = desk.nodes.known(desk.conversation(CAROL.public_key).split("/")[1])  # type: ignore[arg-type]
    desk.nodes.put(_named(node, "Carol"))

    message_id = desk.send(CAROL.public_key)

    assert "contacts-old" in desk.deliveries(message_id)[-1].reason


def test_a_contact_that_another_program_removed_is_added_again(desk: Desk) -> None:
    desk.radio.contacts.clear()

    message_id = desk.send(BOB.public_key)

    assert desk.states(message_id) == ["sending", "sent"]
    assert BOB.public_key in desk.radio.contacts


def test_a_full_send_queue_is_waited_for(desk: Desk) -> None:
    refusals = iter([[Err(3)], [Err(3)]])
    desk.radio.rules[SendTxtMsg] = lambda _: next(refusals, [desk.radio.sent()])

    message_id = desk.send(BOB.public_key)
    desk.wind(5.0)

    assert desk.states(message_id)[:2] == ["sending", "sent"]


def test_a_send_queue_that_stays_full_fails_the_text(desk: Desk) -> None:
    desk.radio.rules[SendTxtMsg] = lambda _: [Err(3)]

    message_id = desk.send(BOB.public_key)
    desk.wind(30.0)

    assert desk.deliveries(message_id)[-1].reason == "the radio's send queue is full"


@pytest.mark.parametrize(
    ("code", "words"), [(1, "does not know"), (6, "does not allow"), (99, "99")]
)
def test_a_refusal_is_told_in_words(desk: Desk, code: int, words: str) -> None:
    desk.radio.rules[SendTxtMsg] = lambda _: [Err(code)]

    message_id = desk.send(BOB.public_key)

    assert words in desk.deliveries(message_id)[-1].reason


def test_a_cancelled_text_is_not_tried_again(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key)

    desk.apply(desk.port.cancel(message_id, desk.now))
    desk.wind(60.0)

    assert len(texts(desk)) == 1
    assert desk.states(message_id)[-1] == "sent"


def test_a_waiting_text_can_be_cancelled_too(desk: Desk) -> None:
    desk.send(BOB.public_key, "1")
    waiting = desk.send(BOB.public_key, "2")

    desk.apply(desk.port.cancel(waiting, desk.now))
    confirm(desk, 1)

    assert [each.text for each in texts(desk)] == ["1"]


def test_a_text_on_its_way_waits_again_when_the_link_is_lost(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key)

    desk.disconnect()
    held = desk.deliveries(message_id)[-1]
    desk.connect()
    confirm(desk, 2)

    assert held.state is DeliveryState.QUEUED
    assert "link" in held.reason
    assert desk.states(message_id)[-3:] == ["sending", "sent", "delivered"]
    assert [each.attempt for each in texts(desk)] == [0, 1]


def test_a_radio_that_reboots_under_a_text_is_greeted_and_the_text_sent_again(desk: Desk) -> None:
    desk.radio.is_silent = True
    message_id = desk.send(BOB.public_key)
    desk.wind(20.0)
    desk.radio.is_silent = False

    desk.wind(40.0)

    assert desk.radio.count(DeviceQuery) > 1
    assert "sent" in desk.states(message_id)
    assert desk.port.is_ready


def test_a_text_whose_tag_is_answered_twice_is_sent_once(desk: Desk) -> None:
    desk.radio.rules[SendTxtMsg] = lambda _: [Sent(1, b"aaaa", 4_000), Sent(1, b"bbbb", 4_000)]

    message_id = desk.send(BOB.public_key)

    assert desk.states(message_id) == ["sending", "sent"]
    assert len(texts(desk)) == 1


def test_a_link_that_refuses_the_bytes_fails_the_text(desk: Desk) -> None:
    desk.holds = True
    message_id = desk.send(BOB.public_key)
    transmit = desk._to_radio.popleft()

    desk.apply(desk.port.refused(transmit, "the outbox is full", desk.now))

    assert desk.deliveries(message_id)[-1].reason == "the outbox is full"


def test_a_text_to_a_server_is_dated_by_the_radio_where_that_is_ahead() -> None:
    desk = Desk()
    desk.radio.time = NOW + 500
    desk.radio.contacts[HILL.public_key] = contact(HILL.public_key, "Hill", 3)
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()

    desk.send(HILL.public_key, "post")
    desk.send(BOB.public_key, "text")
    desk.ask("cli", HILL.public_key, "ver")

    post, text, line = texts(desk)
    assert post.timestamp == NOW + 1 + 500
    assert text.timestamp == NOW + 2
    assert line.timestamp >= NOW + 500


def test_an_acknowledgement_between_two_attempts_counts_and_ends_them(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key)
    desk.radio.rules[SendTxtMsg] = lambda _: [Err(3)]  # its send queue is full for a while
    desk.wind(5.5)
    asked = len(texts(desk))

    confirm(desk, 1)
    desk.wind(60.0)

    assert desk.states(message_id)[-1] == "delivered"
    assert len(texts(desk)) == asked


def test_an_acknowledgement_that_comes_while_a_text_waits_for_the_radio_counts(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key)
    desk.disconnect()
    desk.radio.is_silent = True
    desk.connect()

    confirm(desk, 1)
    desk.radio.is_silent = False
    desk.wind(30.0)

    assert desk.port.is_ready
    assert desk.states(message_id)[-2:] == ["queued", "delivered"]
    assert len(texts(desk)) == 1


def test_an_acknowledgement_of_an_attempt_of_an_earlier_life_counts(desk: Desk) -> None:
    message_id = MessageId("from before")
    body = text_body(NOW, b"hello", 1)
    desk.resend(message_id, BOB.public_key, "hello", 2, NOW)

    desk.push(SendConfirmed(ack_of(body, desk.radio.key), 9_000))

    assert desk.states(message_id)[-1] == "delivered"
    assert [each.attempt for each in texts(desk)] == [2]


def test_a_cancelled_text_that_waits_for_its_turn_at_the_radio_never_leaves(desk: Desk) -> None:
    desk.radio.rules[SendTracePath] = lambda _: None
    desk.ask("trace", BOB.public_key, "aa,bb")
    message_id = desk.send(BOB.public_key)
    assert desk.states(message_id) == ["sending"]

    desk.apply(desk.port.cancel(message_id, desk.now))
    desk.wind(30.0)

    assert texts(desk) == []


def test_a_text_begins_when_there_is_room_for_it_again(desk: Desk) -> None:
    radio = desk.port._radio
    while radio.run(iter_never()):
        pass
    message_id = desk.send(BOB.public_key)
    before = desk.states(message_id)

    radio.scripts.fail_all(desk.now.mono_s)
    desk.wind(1.0)
    desk.push(BarePush(Push.MSG_WAITING))

    assert (before, desk.states(message_id)) == ([], ["sending", "sent"])


def iter_never():
    """A script that waits for what never comes, and ends with its link."""
    yield Await(lambda _: False, 1e6)


def test_a_text_that_waited_for_another_radio_is_written_by_the_one_that_came(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key)
    desk.disconnect()
    desk.radio.key = CAROL.public_key

    desk.connect()
    confirm(desk, 2)

    assert desk.of(SenderChanged) == [
        SenderChanged(message_id, desk.conversation(BOB.public_key), NodeId(CAROL.public_key.hex()))
    ]
    assert desk.states(message_id)[-1] == "delivered"


def _named(node, name):
    from dataclasses import replace

    return replace(node, name=name, role=NodeRole.ROOM)
