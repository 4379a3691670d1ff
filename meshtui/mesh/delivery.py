"""How far each message of ours has come, and when it must be tried again.

    queue ─▶ QUEUED ─begin─▶ SENDING ─taken─▶ SENT ─(overheard)─▶ RELAYED ─acknowledge─▶ DELIVERED
               ▲                │ link lost      │ no answer in time, attempts left: begin again
               └────hold────────┘                └ none left: FAILED

Without an end-to-end acknowledgement SENT is the end and nothing more is timed. An acknowledgement
that comes after FAILED still counts: the message *was* delivered, and saying so is the truth.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from meshtui.model.message import Delivery, DeliveryState

if TYPE_CHECKING:
    from meshtui.model.ids import MessageId

_ON_THE_WAY = frozenset({DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.RELAYED})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to give up.

    Attributes:
        ack_timeout_s: From the moment a link took an attempt to the next one.
        take_timeout_s: From beginning an attempt until a link must have taken it.
        max_attempts: Attempts without an answer before it has failed.
    """

    ack_timeout_s: float = 5.0
    take_timeout_s: float = 30.0
    max_attempts: int = 3


class Due(Enum):
    """What a message whose time is up needs."""

    RETRY = "retry"
    FAILED = "failed"


@dataclass(slots=True)
class _Tracked:
    delivery: Delivery
    deadline_s: float | None = None
    began_at_s: float | None = None
    taken_at_s: float | None = None
    unanswered: int = 0


class DeliveryTracker:
    """The deliveries of one session.

    Finished ones are remembered up to `limit` messages, for late acknowledgements and late echoes;
    those still on the way are never forgotten (the session bounds how many it accepts).
    """

    def __init__(self, policy: RetryPolicy, limit: int = 2_000) -> None:
        """Start without messages."""
        self._policy = policy
        self._limit = limit
        self._open: dict[MessageId, _Tracked] = {}
        self._done: dict[MessageId, _Tracked] = {}
        self._timers: list[tuple[float, MessageId]] = []

    @property
    def next_deadline_s(self) -> float | None:
        """When `due` will next have something; None = nothing is timed."""
        while self._timers:
            deadline_s, message_id = self._timers[0]
            tracked = self._open.get(message_id)
            if tracked is not None and tracked.deadline_s == deadline_s:
                return deadline_s
            heapq.heappop(self._timers)
        return None

    def is_open(self, message_id: MessageId) -> bool:
        """Tell whether it waits or is on the way."""
        return message_id in self._open

    def is_queued(self, message_id: MessageId) -> bool:
        """Tell whether it waits to be begun."""
        tracked = self._open.get(message_id)
        return tracked is not None and tracked.delivery.state is DeliveryState.QUEUED

    def delivery(self, message_id: MessageId) -> Delivery | None:
        """Return how far it has come; None for a message not tracked."""
        tracked = self._find(message_id)
        return tracked.delivery if tracked else None

    def queue(self, message_id: MessageId, *, expects_ack: bool, attempt: int = 0) -> Delivery:
        """Take a message in, new or restored or given up before; it waits."""
        self._done.pop(message_id, None)
        delivery = Delivery(DeliveryState.QUEUED, attempt, expects_ack=expects_ack)
        self._open[message_id] = _Tracked(delivery)
        return delivery

    def begin(
        self,
        message_id: MessageId,
        now_s: float,
        *,
        expects_ack: bool,
        take_timeout_s: float | None = None,
    ) -> Delivery:
        """Note that an attempt is handed to the links.

        Args:
            take_timeout_s: How long they may take; None = as the policy says.
        """
        tracked = self._open[message_id]
        tracked.delivery = replace(
            tracked.delivery,
            state=DeliveryState.SENDING,
            attempt=tracked.delivery.attempt + 1,
            reason="",
            expects_ack=expects_ack,
        )
        tracked.began_at_s = now_s
        tracked.taken_at_s = None
        timeout_s = self._policy.take_timeout_s if take_timeout_s is None else take_timeout_s
        self._time(message_id, tracked, now_s + timeout_s)
        return tracked.delivery

    def taken(
        self, message_id: MessageId, now_s: float, ack_timeout_s: float | None = None
    ) -> Delivery | None:
        """Note that a link took the current attempt; None where that is no news.

        Args:
            ack_timeout_s: How long its answer may take; None = as the policy says. Where several
                links take an attempt, the one that is slowest to answer is waited for.
        """
        tracked = self._open.get(message_id)
        timeout_s = self._policy.ack_timeout_s if ack_timeout_s is None else ack_timeout_s
        if tracked is not None and tracked.taken_at_s is not None and tracked.deadline_s:
            if now_s + timeout_s > tracked.deadline_s:
                self._time(message_id, tracked, now_s + timeout_s)
            return None
        if tracked is None or tracked.delivery.state is not DeliveryState.SENDING:
            return None
        tracked.delivery = replace(tracked.delivery, state=DeliveryState.SENT)
        tracked.taken_at_s = now_s
        if tracked.delivery.expects_ack:
            self._time(message_id, tracked, now_s + timeout_s)
        else:
            tracked.deadline_s = None
            self._finish(message_id)
        return tracked.delivery

    def overheard(self, message_id: MessageId) -> Delivery | None:
        """Note that somebody relayed it; None where it is not on the way any more."""
        tracked = self._find(message_id)
        if tracked is None or tracked.delivery.state not in _ON_THE_WAY:
            return None
        tracked.delivery = replace(
            tracked.delivery, state=DeliveryState.RELAYED, repeats=tracked.delivery.repeats + 1
        )
        if not tracked.delivery.expects_ack:
            tracked.deadline_s = None
            self._finish(message_id)
        return tracked.delivery

    def acknowledge(self, message_id: MessageId, now_s: float) -> Delivery | None:
        """Note a proven acknowledgement; None where it was delivered before or is unknown."""
        tracked = self._find(message_id)
        if tracked is None or tracked.delivery.state is DeliveryState.DELIVERED:
            return None
        rtt_ms = None
        if tracked.began_at_s is not None:
            rtt_ms = round((now_s - tracked.began_at_s) * 1000)
        tracked.delivery = replace(
            tracked.delivery, state=DeliveryState.DELIVERED, rtt_ms=rtt_ms, reason=""
        )
        tracked.deadline_s = None
        self._finish(message_id)
        return tracked.delivery

    def hold(self, message_id: MessageId, reason: str) -> Delivery | None:
        """Put a message back to waiting (no link); its attempts so far are not held against it."""
        tracked = self._open.get(message_id)
        if tracked is None:
            return None
        tracked.deadline_s = None
        tracked.delivery = replace(tracked.delivery, state=DeliveryState.QUEUED, reason=reason)
        return tracked.delivery

    def refuse(self, message_id: MessageId, reason: str, now_s: float) -> Delivery | None:
        """Note that no link would take the attempt; it counts, and is due again after a while."""
        delivery = self.hold(message_id, reason)
        if delivery is not None:
            self._time(message_id, self._open[message_id], now_s + self._policy.ack_timeout_s)
        return delivery

    def cancel(self, message_id: MessageId) -> Delivery | None:
        """Stop trying; None where it is finished already or unknown."""
        return self._end(message_id, DeliveryState.CANCELLED, "")

    def fail(self, message_id: MessageId, reason: str) -> Delivery | None:
        """Give up with a reason; None where it is finished already or unknown."""
        return self._end(message_id, DeliveryState.FAILED, reason)

    def due(self, now_s: float) -> list[tuple[MessageId, Due, Delivery]]:
        """Return the messages whose time is up; the failed ones are marked as such."""
        result: list[tuple[MessageId, Due, Delivery]] = []
        while (deadline_s := self.next_deadline_s) is not None and deadline_s <= now_s:
            _, message_id = heapq.heappop(self._timers)
            tracked = self._open[message_id]
            tracked.deadline_s = None
            tracked.unanswered += 1
            if tracked.unanswered < self._policy.max_attempts:
                result.append((message_id, Due.RETRY, tracked.delivery))
                continue
            failed = self._end(message_id, DeliveryState.FAILED, self._reason(tracked))
            if failed is not None:
                result.append((message_id, Due.FAILED, failed))
        return result

    def _reason(self, tracked: _Tracked) -> str:
        count = self._policy.max_attempts
        attempts = f"{count} attempt{'s' if count != 1 else ''}"
        if tracked.taken_at_s is None:
            why = f": {tracked.delivery.reason}" if tracked.delivery.reason else ""
            return f"no link took it in {attempts}{why}"
        return f"no answer after {attempts}"

    def _end(self, message_id: MessageId, state: DeliveryState, reason: str) -> Delivery | None:
        tracked = self._open.get(message_id)
        if tracked is None:
            return None
        tracked.delivery = replace(tracked.delivery, state=state, reason=reason)
        tracked.deadline_s = None
        self._finish(message_id)
        return tracked.delivery

    def _find(self, message_id: MessageId) -> _Tracked | None:
        return self._open.get(message_id) or self._done.get(message_id)

    def _time(self, message_id: MessageId, tracked: _Tracked, deadline_s: float) -> None:
        tracked.deadline_s = deadline_s
        heapq.heappush(self._timers, (deadline_s, message_id))

    def _finish(self, message_id: MessageId) -> None:
        tracked = self._open.pop(message_id, None) or self._done.pop(message_id, None)
        if tracked is None:
            return
        self._done[message_id] = tracked
        if len(self._done) > self._limit:
            del self._done[next(iter(self._done))]
