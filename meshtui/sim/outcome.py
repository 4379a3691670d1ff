"""The figures of one run of a radio scenario, and of several runs together."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.sim.tally import Tally
    from meshtui.sim.world import World

KIND_NAMES = ("ack", "direct", "forum", "presence")  # by priority of the transmission


@dataclass(slots=True)
class Outcome:
    """What a run came to; sums, so that runs can be added up.

    Attributes:
        messages: Direct messages written.
        delivered: Of these, read by their recipient.
        acked: Of these, known to their author as delivered.
        expected: Readers all forum messages together should have had.
        reached: Those they had.
        sent: Packets on the air, by kind.
        airtime_s: Of all nodes together.
        node_s: Nodes times seconds.
        duty_most: The largest part of an hour any node spent sending.
        copies: Messages shown twice to one reader.
    """

    scenario: str
    variant: str
    seeds: list[int]
    nodes: int
    mean_degree: float
    hours: float
    messages: int = 0
    delivered: int = 0
    acked: int = 0
    attempts: int = 0
    forum_messages: int = 0
    expected: int = 0
    reached: int = 0
    latencies_s: list[float] = field(default_factory=list)
    rtts_s: list[float] = field(default_factory=list)
    hops: Counter[int] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    airtime_s: float = 0.0
    node_s: float = 0.0
    duty_most: float = 0.0
    heard: int = 0
    collisions: int = 0
    deaf: int = 0
    deferred: int = 0
    overflow: int = 0
    too_long: int = 0
    copies: int = 0
    drops: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    virtual_s: float = 0.0
    wall_s: float = 0.0

    @property
    def on_air(self) -> int:
        """Packets sent for messages: everything but presence."""
        return self.sent.total() - self.sent["presence"]

    def row(self) -> dict[str, object]:
        """Write it as one flat object for scripts; ratios are None where nothing was written."""
        everything = self.delivered + self.reached
        return {
            "scenario": self.scenario,
            "variant": self.variant,
            "seeds": self.seeds,
            "nodes": self.nodes,
            "mean_degree": round(self.mean_degree, 2),
            "hours": self.hours,
            "messages": self.messages,
            "delivered": _ratio(self.delivered, self.messages),
            "acked": _ratio(self.acked, self.messages),
            "attempts": _ratio(self.attempts, self.messages),
            "forum_messages": self.forum_messages,
            "forum_reach": _ratio(self.reached, self.expected),
            "latency_p50_s": quantile(self.latencies_s, 0.5),
            "latency_p95_s": quantile(self.latencies_s, 0.95),
            "ack_p50_s": quantile(self.rtts_s, 0.5),
            "ack_p95_s": quantile(self.rtts_s, 0.95),
            "hops_mean": _mean(self.hops),
            "hops": {str(hops): count for hops, count in sorted(self.hops.items())},
            "transmissions": self.on_air,
            "transmissions_by_kind": {kind: self.sent[kind] for kind in KIND_NAMES},
            "transmissions_per_delivered": _ratio(self.on_air, everything),
            "airtime_percent": _ratio(100 * self.airtime_s, self.node_s),
            "duty_most_percent": round(100 * self.duty_most, 3),
            "receptions": self.heard,
            "collisions": self.collisions,
            "deaf": self.deaf,
            "deferred": self.deferred,
            "overflow": self.overflow,
            "too_long": self.too_long,
            "shown_twice": self.copies,
            "drops": dict(self.drops.most_common()),
            "refusals": dict(self.refusals.most_common()),
            "alarms": dict(self.alarms.most_common()),
            "virtual_s": round(self.virtual_s, 3),
            "wall_s": round(self.wall_s, 3),
            "speed": _ratio(self.virtual_s, self.wall_s),
        }


def outcome_of(world: World, wall_s: float, degree: float) -> Outcome:
    """Read the figures of a run that has ended."""
    tally, air, scenario = world.tally, world.air, world.scenario
    now_s = world.engine.now_s
    outcome = Outcome(
        scenario=scenario.name,
        variant=world.variant,
        seeds=[world.seed],
        nodes=world.nodes,
        mean_degree=degree,
        hours=scenario.hours,
        airtime_s=sum(meter.airtime_s for meter in air.meters),
        node_s=world.nodes * now_s,
        duty_most=max(meter.most_s for meter in air.meters) / 3600,
        heard=air.counts.heard,
        collisions=air.counts.collisions,
        deaf=air.counts.deaf,
        drops=tally.drops,
        refusals=tally.refusals,
        alarms=tally.alarms,
        virtual_s=now_s,
        wall_s=wall_s,
    )
    for gateway in world.gateways:
        counts = gateway.counts
        outcome.sent.update(dict(zip(KIND_NAMES, counts.sent, strict=True)))
        outcome.deferred += counts.deferred
        outcome.overflow += counts.overflow
        outcome.too_long += counts.too_long
    count_fates(outcome, tally)
    return outcome


def added(outcomes: Sequence[Outcome]) -> Outcome:
    """Add up runs of one scenario and variant that differ in their seed."""
    first = outcomes[0]
    total = Outcome(first.scenario, first.variant, [], first.nodes, 0.0, 0.0)
    for name in ("seeds", "latencies_s", "rtts_s"):
        setattr(total, name, [value for one in outcomes for value in getattr(one, name)])
    for name in ("hops", "sent", "drops", "refusals", "alarms"):
        setattr(total, name, sum((getattr(one, name) for one in outcomes), Counter()))
    for name in _SUMS:
        setattr(total, name, sum(getattr(one, name) for one in outcomes))
    total.mean_degree = statistics.fmean(one.mean_degree for one in outcomes)
    total.duty_most = max(one.duty_most for one in outcomes)
    return total


_SUMS = (
    *("hours", "messages", "delivered", "acked", "attempts", "forum_messages", "expected"),
    *("reached", "airtime_s", "node_s", "heard", "collisions", "deaf", "deferred", "overflow"),
    *("too_long", "copies", "virtual_s", "wall_s"),
)


def count_fates(outcome: Outcome, tally: Tally) -> None:
    """Add what became of each message."""
    for fate in tally.fates.values():
        outcome.copies += fate.copies
        outcome.latencies_s += fate.arrivals_s
        outcome.hops.update(fate.hops)
        if fate.is_direct:
            outcome.messages += 1
            outcome.delivered += bool(fate.arrivals_s)
            outcome.acked += fate.rtt_s is not None
            outcome.attempts += fate.attempts
            outcome.rtts_s += [fate.rtt_s] if fate.rtt_s is not None else []
        else:
            outcome.forum_messages += 1
            outcome.expected += fate.readers
            outcome.reached += len(fate.arrivals_s)


def quantile(values: Sequence[float], part: float) -> float | None:
    """Return the value below which that part of all lies; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 3)


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 5) if whole else None


def _mean(hops: Counter[int]) -> float | None:
    return _ratio(sum(count * times for count, times in hops.items()), hops.total())
