"""Brokers that take nothing cost a queue each, and no more, however many packets there are."""

from __future__ import annotations

from pathlib import Path

from meshtui.model.event import FrameReceived
from meshtui.model.packet import Frame, PacketSummary, RxMeta, Verdict
from meshtui.runtime.clock import SystemClock
from tests.support import bad_brokers
from tests.support.capture_bed import at_port, capture_radio, capturing, numbered
from tests.support.mosquitto import eventually

PACKETS, SLICE = 40_000, 5_000
MEGABYTE = 1 << 20


def resident_bytes() -> int:
    """What the process has in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4_096


async def test_brokers_that_take_nothing_cost_a_queue_and_no_more(tmp_path) -> None:
    summary = PacketSummary("data", Verdict.HANDLED)
    async with (
        bad_brokers.dead_port() as dead,
        bad_brokers.never_acks() as mute,
        bad_brokers.never_answers() as silent,
        capture_radio(tmp_path) as radio,
        capturing(
            radio,
            mqtt1=at_port(dead),
            mqtt2=at_port(mute.port, "qos = 1"),
            mqtt3=at_port(mute.port),
            mqtt4=at_port(silent.port),
        ) as service,
    ):
        await service.up("mqtt2", "mqtt3")
        before = service.status
        now = SystemClock().now()
        frames = [Frame(before.link_id, raw, now, RxMeta(-42, 8.5)) for raw in numbered(SLICE, 160)]
        events = [FrameReceived(before.network, frame, summary) for frame in frames]
        sizes = {}
        for offered in range(SLICE, PACKETS + 1, SLICE):
            service.mesh._bus.publish(events)
            await eventually(lambda n=offered: service.status.captured == n, 30)
            sizes[offered] = resident_bytes()
        status = service.status

    assert status.missed == 0
    for each in status.publishers:
        assert each.queued + each.dropped + each.published == PACKETS, each
        assert each.queued <= each.queue_limit + 512, each
        assert each.dropped > PACKETS / 2, each
    # ten thousand messages wait for each: from there on nothing grows
    assert sizes[PACKETS] - sizes[3 * SLICE] < 8 * MEGABYTE
