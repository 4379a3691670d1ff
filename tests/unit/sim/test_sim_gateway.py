"""The simulated gateway: lines in, packets out, and manners."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from meshtui.model.link import RadioSettings
from meshtui.sim.air import Flight, VirtualAir
from meshtui.sim.engine import Engine
from meshtui.sim.gateway import MAX_QUEUED, Gateway

RADIO = RadioSettings()


class Bench:
    """Gateways that all hear each other."""

    def __init__(self, gateways: int = 2) -> None:
        audible = [
            {other: -100.0 for other in range(gateways) if other != one} for one in range(gateways)
        ]
        self.engine = Engine()
        self.air = VirtualAir(RADIO, audible, -131.5)
        self.lines: list[list[bytes]] = [[] for _ in range(gateways)]
        self.flights: list[Flight] = []
        self.gateways = [
            Gateway(n, self.air, self.engine, Random(n), self.lines[n].append, self._finish)
            for n in range(gateways)
        ]

    def _finish(self, flight: Flight) -> None:
        self.flights.append(flight)
        for number, power_dbm in self.air.finish(flight).items():
            self.gateways[number].hear(flight.payload, power_dbm, power_dbm + 114)


def test_a_line_becomes_a_packet_and_a_packet_a_line() -> None:
    bench = Bench()

    bench.gateways[0].take(b'{"a":1}\r\n')
    bench.engine.run_until(10.0)

    assert bench.lines == [[], [b'RSSI:-100|SNR:14.0|{"a":1}\n']]


def test_lines_come_in_pieces_and_several_at_once() -> None:
    bench = Bench()

    for piece in (b"on", b"e\ntwo\n\nthr", b"ee", b"\n"):
        bench.gateways[0].take(piece)
    bench.engine.run_until(10.0)

    assert [line.rpartition(b"|")[2] for line in bench.lines[1]] == [b"one\n", b"two\n", b"three\n"]


def test_what_no_packet_holds_is_refused_and_counted() -> None:
    bench = Bench()

    bench.gateways[0].take(bytes(241).replace(b"\0", b"x") + b"\n" + b"y" * 240 + b"\n")
    bench.engine.run_until(10.0)

    assert bench.gateways[0].counts.too_long == 1
    assert len(bench.lines[1]) == 1


def test_a_line_without_an_end_costs_no_memory() -> None:
    gateway = Bench().gateways[0]

    for _ in range(100):
        gateway.take(b"x" * 10_000)

    assert len(gateway._unfinished) <= 4_096


def test_a_full_queue_refuses_and_counts() -> None:
    bench = Bench()

    bench.gateways[0].take(b"line\n" * (MAX_QUEUED + 5))
    bench.engine.run_until(60.0)

    assert bench.gateways[0].counts.overflow == 5
    assert len(bench.lines[1]) == MAX_QUEUED


def test_nobody_interrupts_whom_it_hears() -> None:
    bench = Bench(gateways=4)
    for n, gateway in enumerate(bench.gateways):
        bench.engine.at(0.1 * n, gateway.take, b"hello from %d\n" % n)

    bench.engine.run_until(60.0)

    flights = sorted(bench.flights, key=lambda flight: flight.begin_s)
    assert len(flights) == 4
    assert all(later.begin_s >= earlier.end_s for earlier, later in pairwise(flights))
    assert [len(lines) for lines in bench.lines] == [3] * 4
    assert bench.gateways[1].counts.deferred > 0


def test_its_own_packets_leave_a_gap_for_others() -> None:
    bench = Bench()

    bench.gateways[0].take(b"one\ntwo\n")
    bench.engine.run_until(60.0)

    first, second = bench.flights
    assert second.begin_s - first.end_s == pytest.approx(bench.air.sense_s)


def test_a_gateway_without_power_forgets() -> None:
    bench = Bench()

    bench.gateways[0].take(b"one\ntwo\nthr")
    bench.gateways[0].forget()
    bench.gateways[0].take(b"ee\n")
    bench.engine.run_until(60.0)

    assert [flight.payload for flight in bench.flights] == [b"one", b"ee"]
