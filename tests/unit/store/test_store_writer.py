from __future__ import annotations

import resource
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.errors import StoreError
from meshtui.model.event import (
    ChannelChanged,
    ConversationRead,
    DeliveryChanged,
    DigestSeen,
    DraftChanged,
    FrameReceived,
    MessageReceived,
    NodeHeard,
    NodeMarked,
    NotifyChanged,
    PacketDropped,
    RouteChanged,
    RouteForgotten,
    SecurityRaised,
    SenderChanged,
)
from meshtui.model.ids import ConversationId, Instant, LinkId, MessageId, NetworkName, NodeId
from meshtui.model.message import (
    Channel,
    Delivery,
    DeliveryState,
    Message,
    NotifyLevel,
    Proof,
)
from meshtui.model.node import Node, NodeMarks, Position, Route
from meshtui.model.packet import Frame, PacketSummary, RxMeta, Verdict
from meshtui.store.digests import StoredDigests
from tests.support.open_store import (
    ALICE,
    BOB,
    ME,
    NETWORK,
    PARIS,
    WITH_ALICE,
    OpenStore,
    queued,
    received,
)

if TYPE_CHECKING:
    from pathlib import Path

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
NOW = Instant(1.0, 5_000)


def test_what_was_stored_comes_back_equal_with_its_order(store: OpenStore) -> None:
    full = Message(
        MessageId("m"),
        PARIS,
        ALICE,
        "cashu",
        "10 sat",
        5,
        4,
        "cashuA…",
        Proof.PINNED,
        2,
        (ALICE, BOB),
        RxMeta(-90, 2.5),
        LinkId("mqtt"),
        True,
        True,
        is_signed=True,
    )

    (stored,) = store.writer.apply([MessageReceived(full)])

    assert isinstance(stored, MessageReceived)
    assert stored.message == replace(full, order=1)
    assert store.reader.history(PARIS) == [stored.message]


@given(
    texts=st.lists(ANY_TEXT, min_size=6, max_size=6),
    numbers=st.lists(st.integers(), min_size=4, max_size=4),
    snr_db=st.floats() | st.none(),
)
def test_nothing_a_message_may_hold_makes_the_store_fail(
    texts: list[str], numbers: list[int], snr_db: float | None
) -> None:
    store = OpenStore.at()
    message_id, sender, kind, text, body, channel = texts
    message = Message(
        MessageId(message_id),
        ConversationId(f"jsonmesh/#{channel}"),
        NodeId(sender),
        kind,
        text,
        numbers[0],
        numbers[1],
        body,
        hops=numbers[2],
        route=(NodeId(sender), NodeId(text)),
        rx=RxMeta(numbers[3], snr_db),
    )

    (stored,) = store.writer.apply([MessageReceived(message)])
    (back,) = store.reader.history(message.conversation)

    assert (back.text, back.body, back.sender, back.kind) == (text, body, sender, kind)
    assert (back.message_id, back.conversation) == (message_id, message.conversation)
    assert (back.route, back.order) == (message.route, stored.message.order)
    store.database.close()


@given(texts=st.lists(ANY_TEXT, min_size=5, max_size=5), number=st.integers(), real=st.floats())
def test_nothing_an_event_may_hold_makes_the_store_fail(
    texts: list[str], number: int, real: float
) -> None:
    store = OpenStore.at()
    first, node_id = texts[0], NodeId(texts[1])
    conversation = ConversationId(f"{NETWORK}/{texts[2]}")
    position = Position(real, real)
    events = [
        NodeHeard(
            Node(
                NETWORK,
                node_id,
                first,
                name=texts[3],
                position=position,
                last_heard_ms=number,
                hops=number,
                rssi_dbm=number,
                snr_db=real,
                caps=frozenset(texts),
            )
        ),
        NodeMarked(NETWORK, node_id, NodeMarks(note=first)),
        ChannelChanged(Channel(NETWORK, first, True, texts[4], texts[3], True, number)),
        RouteChanged(Route(NETWORK, node_id, LinkId(first), number, (node_id,), number, number)),
        RouteForgotten(NetworkName(first), NodeId(texts[4])),
        ConversationRead(conversation, number),
        DraftChanged(conversation, first),
        NotifyChanged(conversation, NotifyLevel.MUTE),
        DeliveryChanged(
            MessageId(first), conversation, Delivery(DeliveryState.FAILED, number, None, first), NOW
        ),
        SecurityRaised(NETWORK, first, node_id, first, NOW),
        PacketDropped(NETWORK, LinkId(first), first, first, first, first, NOW),
    ]

    assert store.writer.apply(events) == events

    assert store.reader.nodes()[0][0].name == texts[3]
    assert store.reader.channels()[0].description == texts[4]
    assert store.reader.conversations()
    store.reader.routes()
    store.reader.restored(NETWORK, number)
    store.reader.metrics()
    store.database.close()


def test_a_message_known_already_is_dropped_from_the_result(store: OpenStore) -> None:
    first = store.writer.apply([received("m"), received("m")])
    again = store.writer.apply([received("m"), received("n")])

    assert [event.message.message_id for event in first] == ["m"]
    assert [event.message.message_id for event in again] == ["n"]
    assert len(store.reader.history(PARIS)) == 2


def test_one_id_from_two_senders_or_in_two_chats_is_two_messages(store: OpenStore) -> None:
    events = [received("m"), received("m", sender=BOB), received("m", conversation=WITH_ALICE)]

    assert len(store.writer.apply(events)) == 3


def test_order_follows_arrival_whatever_the_clocks_say(store: OpenStore) -> None:
    store.writer.apply([received("late", sent_at_ms=9_000), received("early", sent_at_ms=1)])

    assert [m.message_id for m in store.reader.history(PARIS)] == ["late", "early"]


def test_a_digest_is_stored_with_its_message_even_where_the_message_is_known(
    store: OpenStore,
) -> None:
    store.writer.apply([received("m", digest=b"first---")])
    store.writer.apply([received("m", digest=b"second--"), DigestSeen(NETWORK, b"third---")])
    digests = StoredDigests(store.database, NETWORK)

    assert all(map(digests.has, (b"first---", b"second--", b"third---")))
    assert not digests.has(b"fourth--")


def test_a_delivery_changes_only_the_message_of_ours(store: OpenStore) -> None:
    delivery = Delivery(DeliveryState.DELIVERED, 2, 170, "", 3, True)
    store.writer.apply([queued("m"), received("m", conversation=WITH_ALICE)])

    store.writer.apply([DeliveryChanged(MessageId("m"), WITH_ALICE, delivery, NOW)])

    own, other = store.reader.history(WITH_ALICE)
    assert own.delivery == delivery
    assert other.delivery is None


def test_a_message_queued_again_keeps_its_order_and_takes_the_new_state(store: OpenStore) -> None:
    (first,) = store.writer.apply([queued("m", state=DeliveryState.FAILED)])

    (again,) = store.writer.apply([queued("m")])

    assert again.message.order == first.message.order
    (message,) = store.reader.history(WITH_ALICE)
    assert message.delivery == Delivery(DeliveryState.QUEUED)


def test_as_whom_we_wrote_may_be_found_out_later(store: OpenStore) -> None:
    (mine, theirs) = store.writer.apply([queued("m"), received("n", conversation=WITH_ALICE)])

    store.writer.apply(
        [
            SenderChanged(MessageId("m"), WITH_ALICE, BOB),
            SenderChanged(MessageId("n"), WITH_ALICE, BOB),
            DeliveryChanged(
                MessageId("m"), WITH_ALICE, Delivery(DeliveryState.DELIVERED, 1, 40), NOW
            ),
        ]
    )

    kept, other = store.reader.history(WITH_ALICE)
    assert (kept.sender, kept.order, kept.delivery.rtt_ms) == (BOB, mine.message.order, 40)
    assert other == theirs.message
    assert store.reader.own_id(NETWORK) == BOB


def test_a_sender_that_cannot_be_is_not_taken(store: OpenStore) -> None:
    store.writer.apply([queued("m"), received("m", conversation=WITH_ALICE, sender=BOB)])

    store.writer.apply([SenderChanged(MessageId("m"), WITH_ALICE, BOB)])

    assert [message.sender for message in store.reader.history(WITH_ALICE)] == [ME, BOB]


def test_the_outbox_holds_what_is_open_in_order_and_not_too_old(store: OpenStore) -> None:
    day_ms = 86_400_000
    events = [
        queued("old", at_ms=1 * day_ms),
        queued("queued", at_ms=5 * day_ms),
        queued("sending", state=DeliveryState.SENDING, at_ms=4 * day_ms),
        queued("sent", state=DeliveryState.SENT, at_ms=5 * day_ms),
        queued("waits", state=DeliveryState.SENT, at_ms=5 * day_ms, expects_ack=True),
        queued("relayed", state=DeliveryState.RELAYED, at_ms=5 * day_ms, expects_ack=True),
        queued("done", state=DeliveryState.DELIVERED, at_ms=5 * day_ms, expects_ack=True),
        queued("failed", state=DeliveryState.FAILED, at_ms=5 * day_ms),
        queued("elsewhere", conversation=ConversationId("meshcore/ab"), at_ms=5 * day_ms),
    ]
    store.writer.apply(events)

    outbox = store.reader.restored(NETWORK, 9 * day_ms).outbox

    assert [m.message_id for m in outbox] == ["queued", "sending", "waits", "relayed"]
    assert store.reader.restored(NETWORK).outbox[0].message_id == "old"


def test_what_waited_too_long_fails_and_says_why(store: OpenStore) -> None:
    day_ms = 86_400_000
    events = [
        queued("old", at_ms=1),
        queued("new", at_ms=2 * day_ms),
        queued("sent", at_ms=1, state=DeliveryState.SENT),
        queued("done", at_ms=1, state=DeliveryState.DELIVERED, expects_ack=True),
        received("theirs", conversation=WITH_ALICE),
    ]
    store.writer.apply(events)

    store.writer.give_up_old(8 * day_ms)

    found = {m.message_id: m.delivery for m in store.reader.history(WITH_ALICE)}
    assert found["old"] is not None
    assert found["old"].state is DeliveryState.FAILED
    assert "seven days" in found["old"].reason
    states = [d and d.state.value for d in found.values()]
    assert states == ["failed", "queued", "sent", "delivered", None]


def test_a_message_is_found_by_its_id(store: OpenStore) -> None:
    store.writer.apply([received("m", "found")])

    message = store.reader.message(PARIS, MessageId("m"))

    assert message is not None
    assert message.text == "found"
    assert store.reader.message(PARIS, MessageId("x")) is None
    assert store.reader.message(WITH_ALICE, MessageId("m")) is None


def test_frames_are_counted_and_not_kept(store: OpenStore) -> None:
    frame = Frame(LinkId("mqtt"), b"1234", NOW)
    event = FrameReceived(NETWORK, frame, PacketSummary("text", Verdict.IGNORED))

    assert store.writer.apply([event]) == [event]

    rows = {(row.name, row.label): row.value for row in store.reader.metrics()}
    assert rows["frames", "received"] == 1
    assert rows["bytes", "received"] == 4


def test_history_is_read_page_by_page_and_every_message_once(store: OpenStore) -> None:
    store.writer.apply([received(f"m{number}") for number in range(25)])

    pages, before = [], None
    while page := store.reader.history(PARIS, before, 10):
        pages.append([m.message_id for m in page])
        before = page[0].order

    assert pages == [
        [f"m{n}" for n in range(15, 25)],
        [f"m{n}" for n in range(5, 15)],
        [f"m{n}" for n in range(5)],
    ]


@pytest.mark.parametrize(("before", "limit"), [(0, 10), (-1, 10), (None, 0), (None, -5)])
def test_odd_pages_are_empty(store: OpenStore, before: int | None, limit: int) -> None:
    store.writer.apply([received("m")])

    assert store.reader.history(PARIS, before, limit) == []


def test_huge_figures_are_harmless(store: OpenStore) -> None:
    store.writer.apply([received("m")])

    assert len(store.reader.history(PARIS, 2**70, 2**70)) == 1


def test_a_megabyte_of_text_is_kept_whole(store: OpenStore) -> None:
    text = "word " * 200_000
    store.writer.apply([received("m", text)])

    assert store.reader.history(PARIS)[0].text == text


def test_a_full_disk_takes_nothing_of_the_batch_and_the_next_batch_may_succeed(
    tmp_path: Path,
) -> None:
    store = OpenStore.at(tmp_path / "m.db")
    store.writer.apply([received("before")])
    with store.database.writing() as connection:
        connection.execute("PRAGMA max_page_count = 40")
    big = [NodeHeard(Node(NETWORK, BOB)), received("big", "x" * 400_000, digest=b"12345678")]

    with pytest.raises(StoreError, match="disk is full"):
        store.writer.apply(big)

    assert [m.message_id for m in store.reader.history(PARIS)] == ["before"]
    assert store.reader.nodes() == []
    with store.database.writing() as connection:
        connection.execute("PRAGMA max_page_count = 100000")
    assert len(store.writer.apply(big)) == 2
    rows = {(row.name, row.label): row.value for row in store.reader.metrics()}
    assert rows["received", "text"] == 2  # the failed attempt was not counted
    store.database.close()


@pytest.mark.parametrize("pages", range(12))
def test_a_disk_that_takes_only_some_pages_of_a_batch_gets_none_of_it(
    tmp_path: Path, pages: int
) -> None:
    path = tmp_path / "m.db"
    store = OpenStore.at(path)
    store.writer.apply([received("before")])
    log_bytes = path.with_name("m.db-wal").stat().st_size
    batch = [received("m", digest=b"12345678"), NodeHeard(Node(NETWORK, ALICE)), queued("own")]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    # the kernel cuts the write of the log short, as a full disk does
    resource.setrlimit(resource.RLIMIT_FSIZE, (log_bytes + pages * 4_096 + 100, limits[1]))
    try:
        with pytest.raises(StoreError, match="disk"):
            store.writer.apply(batch)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert [m.message_id for m in store.reader.history(PARIS)] == ["before"]
    assert store.reader.history(WITH_ALICE) == []
    assert len(store.writer.apply(batch)) == 3
    store.database.close()
    again = OpenStore.at(path)
    assert [m.message_id for m in again.reader.history(PARIS)] == ["before", "m"]
    again.database.close()


@pytest.mark.parametrize("nth", range(1, 200, 7))
def test_a_failure_at_the_nth_step_leaves_nothing_half_applied(store: OpenStore, nth: int) -> None:
    batch = [
        received("m", digest=b"12345678"),
        NodeHeard(Node(NETWORK, ALICE)),
        queued("own"),
        DigestSeen(NETWORK, b"87654321"),
    ]
    steps = iter(range(1, 1_000_000))
    connection, _ = store.database.lookups()

    connection.set_progress_handler(lambda: next(steps) == nth, 5)
    try:
        outcome = store.writer.apply(batch)
    except StoreError:
        outcome = []
    connection.set_progress_handler(None, 0)

    if not outcome:
        assert store.reader.history(PARIS) == []
        assert store.reader.nodes() == []
        assert not StoredDigests(store.database, NETWORK).has(b"87654321")
        assert store.reader.metrics() == []
    # a batch that went through or goes through now is there once
    store.writer.apply(batch)
    assert len(store.reader.history(PARIS)) == len(store.reader.history(WITH_ALICE)) == 1


def test_the_writer_recovers_where_even_the_rollback_failed(store: OpenStore) -> None:
    connection, _ = store.database.lookups()
    connection.execute("BEGIN")

    assert len(store.writer.apply([received("m")])) == 1


def test_of_what_was_heard_in_a_batch_the_last_word_counts(store: OpenStore) -> None:
    heard = [NodeHeard(Node(NETWORK, ALICE, name=name)) for name in ("a", "b")]

    assert store.writer.apply(heard) == heard

    ((node, _),) = store.reader.nodes()
    assert node.name == "b"


def test_the_sender_of_ours_is_not_lost(store: OpenStore) -> None:
    store.writer.apply([queued("m")])

    assert store.reader.history(WITH_ALICE)[0].sender == ME


def test_who_we_were_last_is_known_by_network(store: OpenStore) -> None:
    before = store.reader.own_id(NETWORK)
    store.writer.apply([received("theirs"), queued("ours")])

    assert (before, store.reader.own_id(NETWORK)) == (None, ME)
    assert store.reader.own_id(NetworkName("meshcore")) is None
