"""The fold of all conversations and their unread counts."""

from __future__ import annotations

from dataclasses import replace

from meshtui.model.event import ChannelChanged, ConversationRead, MessageReceived, NotifyChanged
from meshtui.model.ids import (
    ConversationKind,
    MessageId,
    NetworkName,
    NodeId,
    channel_conversation,
    direct_conversation,
)
from meshtui.model.message import Channel, Conversation, Message, NotifyLevel
from meshtui.tui.state.alerts import should_ring
from meshtui.tui.state.conversations import ConversationBook, level_of
from meshtui.tui.state.directory import Directory

NETWORK = NetworkName("jsonmesh")
BOB = NodeId("MESH-B8E30C77")
EVE = NodeId("MESH-EEEEEEEE")
HILL = channel_conversation(NETWORK, "hill")
DIRECT = direct_conversation(NETWORK, BOB)


def message(order: int, conversation=HILL, *, mentions_me: bool = False, sender=BOB) -> Message:
    return Message(
        message_id=MessageId(f"m{order}"),
        conversation=conversation,
        sender=sender,
        kind="text",
        text="x",
        received_at_ms=1000 + order,
        mentions_me=mentions_me,
        order=order,
    )


def book() -> ConversationBook:
    return ConversationBook(lambda node: node == EVE)


def test_a_message_elsewhere_counts_as_unread() -> None:
    talks = book()

    talks.apply(MessageReceived(message(1)))

    assert level_of(talks.talks[HILL]) == 1


def test_a_direct_message_and_a_mention_are_for_us() -> None:
    talks = book()

    talks.apply(MessageReceived(message(1, DIRECT)))
    talks.apply(MessageReceived(message(2, mentions_me=True)))

    assert level_of(talks.talks[DIRECT]) == level_of(talks.talks[HILL]) == 2


def test_a_muted_chat_counts_only_what_is_for_us() -> None:
    talks = book()
    talks.apply(NotifyChanged(HILL, NotifyLevel.MUTE))

    talks.apply(MessageReceived(message(1)))
    quiet = level_of(talks.talks[HILL])
    talks.apply(MessageReceived(message(2, mentions_me=True)))

    assert quiet == 0
    assert level_of(talks.talks[HILL]) == 2


def test_what_is_being_read_is_not_unread() -> None:
    talks = book()
    talks.open(HILL)

    talks.apply(MessageReceived(message(1)))

    assert talks.talks[HILL].unread == 0


def test_a_blocked_sender_does_not_count() -> None:
    talks = book()

    is_changed = talks.apply(MessageReceived(message(1, sender=EVE)))

    assert not is_changed
    assert HILL not in talks.talks


def test_the_same_message_twice_counts_once() -> None:
    talks = book()

    talks.apply(MessageReceived(message(1)))
    talks.apply(MessageReceived(message(1)))

    assert talks.talks[HILL].unread == 1


def test_what_the_store_has_counted_is_not_counted_again() -> None:
    talks = book()
    stored = Conversation(HILL, NETWORK, ConversationKind.CHANNEL, "#hill", unread=1)
    talks.load([replace(stored, last_at_ms=1001)], [])

    talks.apply(MessageReceived(message(1)))

    assert talks.talks[HILL].unread == 1


def test_reading_to_the_end_clears_the_counts() -> None:
    talks = book()
    talks.apply(MessageReceived(message(1, mentions_me=True)))

    talks.apply(ConversationRead(HILL, 1))

    assert level_of(talks.talks[HILL]) == 0


def test_next_unread_prefers_what_is_for_us() -> None:
    talks = book()
    talks.apply(MessageReceived(message(1)))
    talks.apply(MessageReceived(message(2, DIRECT)))

    assert talks.next_unread() == DIRECT


def test_an_announced_channel_can_be_discovered_until_it_is_joined() -> None:
    talks = book()
    channel = Channel(NETWORK, "hill", announced_at_ms=1)

    talks.apply(ChannelChanged(channel))
    before = talks.discoverable()
    talks.apply(ChannelChanged(replace(channel, is_joined=True)))

    assert before == [channel]
    assert talks.discoverable() == []
    assert HILL in talks.talks


def test_a_channel_that_nobody_announced_is_not_listed_as_announced_once_it_is_left() -> None:
    talks = book()
    channel = Channel(NETWORK, "hill", is_joined=True)
    talks.apply(ChannelChanged(channel))
    talks.apply(MessageReceived(message(1)))

    talks.apply(ChannelChanged(replace(channel, is_joined=False)))

    assert talks.discoverable() == []
    assert HILL in talks.talks


def test_a_channel_whose_announcement_was_taken_back_is_announced_no_more() -> None:
    talks = book()
    talks.apply(ChannelChanged(Channel(NETWORK, "hill", creator=BOB, announced_at_ms=1)))

    talks.apply(ChannelChanged(Channel(NETWORK, "hill")))

    assert talks.discoverable() == []


def test_a_muted_chat_never_rings_and_mentions_ring_by_level() -> None:
    talks, directory = book(), Directory()
    talks.apply(NotifyChanged(HILL, NotifyLevel.MENTIONS))

    plain = should_ring(message(1), talks, directory, None)
    mention = should_ring(message(2, mentions_me=True), talks, directory, None)
    talks.apply(NotifyChanged(HILL, NotifyLevel.MUTE))
    muted = should_ring(message(3, mentions_me=True), talks, directory, None)

    assert (plain, mention, muted) == (False, True, False)


def test_the_chat_one_looks_at_does_not_ring() -> None:
    assert not should_ring(message(1, DIRECT), book(), Directory(), DIRECT)


def test_an_empty_channel_that_is_left_stays_while_it_is_on_the_screen() -> None:
    talks = book()
    talks.apply(ChannelChanged(Channel(NETWORK, "hill", is_joined=True)))
    talks.open(HILL)

    talks.apply(ChannelChanged(Channel(NETWORK, "hill", is_joined=False)))
    while_open = HILL in talks.talks
    talks.open(DIRECT)

    assert while_open
    assert HILL not in talks.talks
