"""Floods that lie for a while."""

from __future__ import annotations

from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.node.delayed import MAX_DELAYED, DelayedFloods
from meshtui.networks.meshcore.node.settings import mesh_radio
from meshtui.networks.meshcore.packet import Packet

PACKET = Packet(1, 3, 0, b"", bytes(4))
BAD, WORSE = RxMeta(-120, -11.0), RxMeta(-120, -14.0)
RADIO = mesh_radio()


def test_the_better_heard_comes_first() -> None:
    delayed = DelayedFloods()

    assert delayed.put(PACKET, WORSE, 60, 10.0, RADIO, 0.0)
    assert delayed.put(PACKET, BAD, 60, 10.0, RADIO, 0.0)

    first_at_s = delayed.next_deadline_s
    assert first_at_s is not None
    assert delayed.take_due(first_at_s - 0.01) == []
    assert delayed.take_due(first_at_s) == [(PACKET, BAD)]
    assert delayed.take_due(1000.0) == [(PACKET, WORSE)]
    assert delayed.next_deadline_s is None


def test_what_was_heard_well_does_not_lie() -> None:
    assert not DelayedFloods().put(PACKET, RxMeta(-50, 10.0), 60, 10.0, RADIO, 0.0)


def test_there_is_room_for_32() -> None:
    delayed = DelayedFloods()

    kept = [delayed.put(PACKET, WORSE, 60, 10.0, RADIO, 0.0) for _ in range(40)]

    assert kept.count(True) == MAX_DELAYED
    assert len(delayed) == MAX_DELAYED
