"""How far a message has come."""

from __future__ import annotations

from meshtui.mesh.delivery import DeliveryTracker, Due, RetryPolicy
from meshtui.model.ids import MessageId
from meshtui.model.message import DeliveryState

M = MessageId("m")


def _tracker(limit: int = 100) -> DeliveryTracker:
    return DeliveryTracker(RetryPolicy(ack_timeout_s=5, take_timeout_s=30), limit)


def _begun(*, expects_ack: bool = True) -> DeliveryTracker:
    tracker = _tracker()
    tracker.queue(M, expects_ack=expects_ack)
    tracker.begin(M, 0.0, expects_ack=expects_ack)
    return tracker


def _state(tracker: DeliveryTracker) -> str:
    delivery = tracker.delivery(M)
    return delivery.state.value if delivery else "none"


def test_the_wait_for_an_answer_starts_when_a_link_took_the_attempt() -> None:
    tracker = _begun()
    tracker.taken(M, 20.0)

    assert tracker.next_deadline_s == 25.0
    assert tracker.due(24.9) == []
    assert [(due[0], due[1]) for due in tracker.due(25.0)] == [(M, Due.RETRY)]


def test_sent_is_the_end_where_nobody_answers() -> None:
    tracker = _begun(expects_ack=False)

    delivery = tracker.taken(M, 1.0)

    assert delivery is not None
    assert delivery.state is DeliveryState.SENT
    assert tracker.next_deadline_s is None
    assert not tracker.is_open(M)


def test_an_answer_gives_the_time_it_took() -> None:
    tracker = _begun()
    tracker.taken(M, 1.0)

    delivery = tracker.acknowledge(M, 1.25)

    assert delivery is not None
    assert (delivery.state, delivery.rtt_ms) == (DeliveryState.DELIVERED, 1250)
    assert tracker.acknowledge(M, 2.0) is None
    assert tracker.next_deadline_s is None


def test_an_answer_may_overtake_the_links_own_word() -> None:
    tracker = _begun()

    delivery = tracker.acknowledge(M, 1.0)

    assert delivery is not None
    assert delivery.rtt_ms == 1000
    assert tracker.taken(M, 2.0) is None
    assert _state(tracker) == "delivered"


def test_three_attempts_without_an_answer_have_failed() -> None:
    tracker = _begun()
    for attempt in (1, 2):
        tracker.taken(M, 0.0)
        assert tracker.due(5.0)[0][1] is Due.RETRY
        assert tracker.begin(M, 0.0, expects_ack=True).attempt == attempt + 1
    tracker.taken(M, 0.0)

    (message_id, due, delivery), *_ = tracker.due(5.0)

    assert (message_id, due) == (M, Due.FAILED)
    assert delivery.reason == "no answer after 3 attempts"


def test_an_attempt_that_no_link_takes_counts_too() -> None:
    tracker = _begun(expects_ack=False)
    for _ in range(2):
        assert tracker.due(30.0)[0][1] is Due.RETRY
        tracker.begin(M, 0.0, expects_ack=False)

    assert tracker.due(30.0)[0][2].reason == "no link took it in 3 attempts"


def test_a_refusal_is_named_when_it_was_the_reason() -> None:
    tracker = _begun(expects_ack=False)
    tracker.refuse(M, "outbox full", 0.0)
    for _ in range(2):
        assert tracker.due(5.0)[0][1] is Due.RETRY
        tracker.begin(M, 0.0, expects_ack=False)
        tracker.refuse(M, "outbox full", 0.0)

    assert tracker.due(5.0)[0][2].reason == "no link took it in 3 attempts: outbox full"


def test_a_message_held_for_lack_of_a_link_loses_no_attempt() -> None:
    tracker = _begun()
    for _ in range(20):
        delivery = tracker.hold(M, "no link")
        assert delivery is not None
        assert tracker.is_queued(M)
        assert tracker.next_deadline_s is None
        tracker.begin(M, 0.0, expects_ack=True)

    tracker.taken(M, 0.0)

    assert tracker.due(5.0)[0][1] is Due.RETRY


def test_an_overheard_relay_is_no_acknowledgement() -> None:
    tracker = _begun()
    tracker.taken(M, 0.0)

    delivery = tracker.overheard(M)

    assert delivery is not None
    assert (delivery.state, delivery.repeats) == (DeliveryState.RELAYED, 1)
    assert tracker.due(5.0)[0][1] is Due.RETRY


def test_an_overheard_relay_ends_what_nobody_acknowledges() -> None:
    tracker = _begun(expects_ack=False)

    tracker.overheard(M)

    assert _state(tracker) == "relayed"
    assert tracker.next_deadline_s is None
    assert tracker.overheard(M).repeats == 2  # type: ignore[union-attr]


def test_a_finished_message_is_not_relayed_back_to_life() -> None:
    tracker = _begun()
    tracker.acknowledge(M, 1.0)

    assert tracker.overheard(M) is None
    assert tracker.cancel(M) is None
    assert tracker.fail(M, "late") is None


def test_an_answer_after_giving_up_still_counts() -> None:
    tracker = _begun()
    tracker.fail(M, "gave up")

    delivery = tracker.acknowledge(M, 100.0)

    assert delivery is not None
    assert (delivery.state, delivery.reason) == (DeliveryState.DELIVERED, "")


def test_unknown_messages_change_nothing() -> None:
    tracker = _tracker()

    assert tracker.taken(M, 0.0) is None
    assert tracker.overheard(M) is None
    assert tracker.acknowledge(M, 0.0) is None
    assert tracker.hold(M, "") is None
    assert tracker.refuse(M, "", 0.0) is None
    assert tracker.delivery(M) is None


def test_finished_messages_are_forgotten_beyond_the_limit_and_open_ones_never() -> None:
    tracker = _tracker(limit=10)
    tracker.queue(M, expects_ack=True)
    for number in range(100):
        message_id = MessageId(str(number))
        tracker.queue(message_id, expects_ack=False)
        tracker.cancel(message_id)

    assert tracker.is_open(M)
    assert tracker.delivery(MessageId("0")) is None
    assert tracker.delivery(MessageId("99")) is not None


def test_a_message_queued_again_starts_its_count_anew() -> None:
    tracker = _begun()
    tracker.fail(M, "gave up")

    delivery = tracker.queue(M, expects_ack=True, attempt=3)

    assert (delivery.state, delivery.attempt) == (DeliveryState.QUEUED, 3)
    assert tracker.begin(M, 0.0, expects_ack=True).attempt == 4
    tracker.taken(M, 0.0)
    assert tracker.due(5.0)[0][1] is Due.RETRY
