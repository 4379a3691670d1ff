"""The radio of a simulated MeshCore node: who goes first, who waits, and for how long."""

from __future__ import annotations

import dataclasses
from random import Random

import pytest

from meshtui.sim.air import Flight, VirtualAir
from meshtui.sim.engine import Engine
from meshtui.sim.meshcore_scenario import RADIO
from meshtui.sim.transceiver import MAX_QUEUED, PATIENCE_S, Transceiver

SOON = 0.0


class Bench:
    """Radios that all hear each other."""

    def __init__(self, radios: int = 2, duty_cycle: float = 0.5) -> None:
        audible = [
            {other: -100.0 for other in range(radios) if other != one} for one in range(radios)
        ]
        self.engine = Engine()
        radio = dataclasses.replace(RADIO, duty_cycle=duty_cycle)
        self.air = VirtualAir(radio, audible, -131.5)
        self.flights: list[Flight] = []
        self.radios = [
            Transceiver(n, self.air, self.engine, Random(n), self._finish) for n in range(radios)
        ]

    @property
    def sent(self) -> list[bytes]:
        return [flight.payload for flight in self.flights]

    def _finish(self, flight: Flight) -> None:
        self.flights.append(flight)
        for number in self.air.finish(flight):
            self.radios[number].hear(flight.payload)


def test_what_may_go_and_matters_most_goes_first() -> None:
    bench = Bench()
    radio = bench.radios[0]

    for data, priority in ((b"first", 3), (b"advert", 3), (b"text", 1), (b"ack", 0), (b"late", 0)):
        radio.take(data, priority, 5.0 if data == b"late" else SOON)
    bench.engine.run_until(20.0)

    assert bench.sent == [b"first", b"ack", b"text", b"advert", b"late"]
    assert bench.flights[-1].begin_s == 5.0
    assert (radio.counts.sent, radio.queued) == (5, 0)
    assert bench.radios[1].counts.heard == 5
    assert bench.radios[1].counts.heard_s == pytest.approx(radio.counts.airtime_s)


def test_nobody_talks_while_another_does() -> None:
    bench = Bench()

    bench.radios[0].take(bytes(200), 0, SOON)
    bench.engine.run_until(0.1)
    bench.radios[1].take(b"polite", 0, SOON)
    bench.engine.run_until(20.0)

    first, second = bench.flights
    assert first.end_s <= second.begin_s <= first.end_s + 0.4
    assert bench.radios[1].counts.deferred > 0
    assert bench.air.counts.collisions == bench.air.counts.deaf == 0


def test_after_four_seconds_patience_ends() -> None:
    bench = Bench(2)
    for at_s in range(6):  # a voice that never ends, from a radio that looks at nothing
        bench.engine.at(at_s * 1.0, lambda: bench.air.begin(0, bytes(150), bench.engine.now_s))

    bench.engine.run_until(0.5)
    bench.radios[1].take(b"at last", 0, SOON)
    bench.engine.run_until(20.0)

    assert bench.radios[1].counts.forced == 1
    assert PATIENCE_S <= bench.flights[0].begin_s - 0.5 <= PATIENCE_S + 0.4


def test_who_has_used_up_the_air_waits_for_more() -> None:
    bench = Bench(duty_cycle=0.001)  # 3.6 s an hour
    radio = bench.radios[0]

    for _ in range(6):
        radio.take(bytes(200), 0, SOON)
    bench.engine.run_until(60.0)
    at_once = radio.counts.sent
    bench.engine.run_until(3 * 3600.0)

    assert at_once == int(3.6 / bench.air.airtime_s(200))
    assert radio.counts.sent == 6
    assert bench.air.meters[0].most_s < 2 * 3.6


def test_a_full_queue_and_an_overlong_packet_are_refused() -> None:
    radio = Bench().radios[0]

    taken = [radio.take(b"x", 0, 1.0) for _ in range(MAX_QUEUED + 1)]

    assert taken == [True] * MAX_QUEUED + [False]
    assert not Bench().radios[0].take(bytes(256), 0, SOON)
    radio.forget()
    assert (radio.queued, radio.counts.overflow) == (0, 1)
