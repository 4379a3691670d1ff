from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.event import (
    ChannelChanged,
    ConversationRead,
    DraftChanged,
    NodeHeard,
    NodeMarked,
    NotifyChanged,
)
from meshtui.model.ids import ConversationId, ConversationKind
from meshtui.model.message import Channel, NotifyLevel
from meshtui.model.node import Node, NodeMarks
from tests.support.open_store import (
    ALICE,
    BOB,
    NETWORK,
    PARIS,
    WITH_ALICE,
    OpenStore,
    queued,
    received,
)

if TYPE_CHECKING:
    from meshtui.model.message import Conversation

BLOCK = NodeMarked(NETWORK, BOB, NodeMarks(is_blocked=True))


def only(store: OpenStore) -> Conversation:
    (conversation,) = store.reader.conversations()
    return conversation


def test_the_newest_message_puts_a_conversation_first(store: OpenStore) -> None:
    store.writer.apply([received("1", conversation=WITH_ALICE), received("2")])

    assert [c.conversation_id for c in store.reader.conversations()] == [PARIS, WITH_ALICE]


def test_others_messages_are_unread_until_read_and_reading_never_goes_back(
    store: OpenStore,
) -> None:
    store.writer.apply([received("1"), received("2", mentions_me=True), received("3")])
    assert (only(store).unread, only(store).mentions) == (3, 1)

    store.writer.apply([ConversationRead(PARIS, 2), ConversationRead(PARIS, 1)])

    assert (only(store).unread, only(store).mentions, only(store).last_read) == (1, 0, 2)


def test_own_messages_are_never_unread(store: OpenStore) -> None:
    store.writer.apply([queued("1")])

    assert only(store).unread == 0


def test_all_unread_of_a_direct_conversation_count_as_mentions(store: OpenStore) -> None:
    store.writer.apply([received("1", conversation=WITH_ALICE)])

    assert only(store).mentions == 1


def test_a_blocked_sender_is_neither_counted_nor_shown_nor_found(store: OpenStore) -> None:
    store.writer.apply([received("1", "cheese"), received("2", "cheese", sender=BOB), BLOCK])

    assert only(store).unread == 1
    assert [m.sender for m in store.reader.history(PARIS)] == [ALICE]
    assert [m.sender for m in store.reader.search("cheese")] == [ALICE]


def test_unblocking_brings_what_was_said_back(store: OpenStore) -> None:
    store.writer.apply([received("2", "cheese", sender=BOB), BLOCK])
    store.writer.apply([NodeMarked(NETWORK, BOB, NodeMarks())])

    assert only(store).unread == 1
    assert len(store.reader.history(PARIS)) == 1


def test_a_blocked_id_of_another_network_blocks_nobody_here(store: OpenStore) -> None:
    elsewhere = ConversationId("meshcore/#x")
    store.writer.apply([received("1", sender=BOB, conversation=elsewhere), BLOCK])

    assert only(store).unread == 1
    assert len(store.reader.history(elsewhere)) == 1


def test_a_direct_conversation_is_titled_by_name_and_else_by_id(store: OpenStore) -> None:
    store.writer.apply([received("1", conversation=WITH_ALICE)])
    assert only(store).title == ALICE

    store.writer.apply([NodeHeard(Node(NETWORK, ALICE, name="Alice"))])

    assert only(store).title == "Alice"
    assert only(store).kind is ConversationKind.DIRECT


def test_a_joined_channel_is_listed_before_anything_was_said_in_it(store: OpenStore) -> None:
    store.writer.apply([ChannelChanged(Channel(NETWORK, "paris", is_joined=True))])

    assert (only(store).conversation_id, only(store).title) == (PARIS, "#paris")
    assert only(store).last_at_ms == 0


def test_a_channel_heard_of_is_not_listed_and_one_left_only_with_its_history(
    store: OpenStore,
) -> None:
    heard = Channel(NETWORK, "heard", creator=BOB, announced_at_ms=5)
    store.writer.apply(
        [
            ChannelChanged(heard),
            ChannelChanged(Channel(NETWORK, "paris", is_joined=True)),
            ChannelChanged(Channel(NETWORK, "empty", is_joined=True)),
            received("1"),
            ChannelChanged(Channel(NETWORK, "paris")),
            ChannelChanged(Channel(NETWORK, "empty")),
        ]
    )

    assert only(store).conversation_id == PARIS


def test_draft_and_notify_level_are_kept(store: OpenStore) -> None:
    store.writer.apply(
        [DraftChanged(PARIS, "half a \ud800"), NotifyChanged(PARIS, NotifyLevel.MUTE)]
    )

    assert (only(store).draft, only(store).notify) == ("half a \ud800", NotifyLevel.MUTE)


def test_counting_unread_ends_at_a_bound(store: OpenStore) -> None:
    store.writer.apply([received(str(number)) for number in range(10_050)])

    assert only(store).unread == 10_000
