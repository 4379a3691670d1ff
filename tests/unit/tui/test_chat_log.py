"""The fold of one conversation."""

from __future__ import annotations

from dataclasses import replace

from meshtui.model.event import DeliveryChanged, MessageQueued, MessageReceived
from meshtui.model.ids import Instant, MessageId, NetworkName, NodeId, channel_conversation
from meshtui.model.message import Delivery, DeliveryState, Message
from meshtui.tui.state.chat import MAX_MESSAGES, ChatLog

TALK = channel_conversation(NetworkName("jsonmesh"), "hill")
OTHER = channel_conversation(NetworkName("jsonmesh"), "valley")
NOW = Instant(0.0, 0)


def message(order: int, *, own: bool = False, conversation=TALK) -> Message:
    return Message(
        message_id=MessageId(f"m{order}"),
        conversation=conversation,
        sender=NodeId("MESH-0000000A"),
        kind="text",
        text=f"text {order}",
        received_at_ms=order,
        delivery=Delivery(DeliveryState.QUEUED) if own else None,
        order=order,
    )


def orders(log: ChatLog) -> list[int]:
    return [kept.order for kept in log.messages]


def test_a_message_that_comes_twice_is_shown_once() -> None:
    log = ChatLog(TALK)

    log.apply(MessageReceived(message(1)))
    change = log.apply(MessageReceived(message(1)))

    assert orders(log) == [1]
    assert change.appended == 0


def test_history_and_live_events_overlap_without_doubles() -> None:
    log = ChatLog(TALK)
    log.apply(MessageReceived(message(3)))

    log.load([message(1), message(2), message(3)], 200)

    assert orders(log) == [1, 2, 3]


def test_a_message_of_ours_that_has_a_new_sender_is_shown_once() -> None:
    log = ChatLog(TALK)
    found_out = replace(message(1, own=True), sender=NodeId("MESH-0000000B"))

    log.load([found_out], 200)
    log.apply(MessageQueued(message(1, own=True)))
    log.load([message(1, own=True), message(2, own=True)], 200)

    assert orders(log) == [1, 2]


def test_an_older_page_says_how_many_rows_it_put_before_the_first() -> None:
    log = ChatLog(TALK)
    log.load([message(4), message(5)], 2)

    added = log.load([message(2), message(3)], 2)

    assert added == 2
    assert orders(log) == [2, 3, 4, 5]
    assert log.has_older


def test_a_page_that_is_not_full_is_the_first_one() -> None:
    log = ChatLog(TALK)

    log.load([message(1)], 2)

    assert not log.has_older


def test_a_message_that_arrives_out_of_order_is_put_where_it_belongs() -> None:
    log = ChatLog(TALK)
    log.load([message(1), message(3)], 2)

    change = log.apply(MessageReceived(message(2)))

    assert orders(log) == [1, 2, 3]
    assert change.is_reordered


def test_another_conversation_changes_nothing() -> None:
    log = ChatLog(TALK)

    log.apply(MessageReceived(message(1, conversation=OTHER)))

    assert not log.messages


def test_a_delivery_changes_its_own_row() -> None:
    log = ChatLog(TALK)
    log.apply(MessageReceived(message(1)))
    log.apply(MessageQueued(message(2, own=True)))
    sent = Delivery(DeliveryState.SENT, 1)

    change = log.apply(DeliveryChanged(MessageId("m2"), TALK, sent, NOW))

    assert change.rows == (1,)
    assert log.messages[1].delivery == sent


def test_a_delivery_that_outruns_its_message_is_not_lost() -> None:
    log = ChatLog(TALK)
    sent = Delivery(DeliveryState.SENT, 1)

    log.apply(DeliveryChanged(MessageId("m2"), TALK, sent, NOW))
    log.apply(MessageQueued(message(2, own=True)))

    assert log.messages[0].delivery == sent


def test_a_long_chat_drops_its_oldest_rows_and_says_so() -> None:
    log = ChatLog(TALK)
    log.load([message(order) for order in range(1, MAX_MESSAGES + 1)], MAX_MESSAGES + 1)

    change = log.apply(MessageReceived(message(MAX_MESSAGES + 1)))

    assert change.dropped == MAX_MESSAGES // 10
    assert len(log.messages) == MAX_MESSAGES + 1 - change.dropped
    assert log.has_older


def test_the_divider_is_pinned_when_the_chat_is_entered() -> None:
    log = ChatLog(TALK)

    log.enter(last_read=7, unread=2)

    assert log.first_unread == 7


def test_a_chat_read_to_its_end_has_no_divider() -> None:
    log = ChatLog(TALK)

    log.enter(last_read=7, unread=0)

    assert log.first_unread is None
