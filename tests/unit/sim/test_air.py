"""What radios hear of each other on the virtual air."""

from __future__ import annotations

import pytest

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.link import RadioSettings
from meshtui.sim.air import DutyMeter, Flight, VirtualAir

RADIO = RadioSettings()  # SF11 at 250 kHz: a symbol is 8.192 ms, the preamble locks after 11
LIMIT_DBM = -131.5
LOCK_S = 11 * 0.008192
PACKET = bytes(100)


class Room:
    """Some radios, and what each hears of each in dBm."""

    def __init__(self, radios: int, powers: dict[tuple[int, int], float]) -> None:
        self.audible: list[dict[int, float]] = [{} for _ in range(radios)]
        for (one, other), power in powers.items():
            self.audible[one][other] = self.audible[other][one] = power
        self.air = VirtualAir(RADIO, self.audible, LIMIT_DBM)

    def play(self, *sendings: tuple[float, int]) -> list[set[int]]:
        """Send a packet from each radio at its time; returns who received each."""
        due: list[tuple[float, int, int, Flight | None]] = [
            (at_s, number, sender, None) for number, (at_s, sender) in enumerate(sendings)
        ]
        heard: list[set[int]] = [set() for _ in sendings]
        while due:
            due.sort(key=lambda entry: entry[:2])
            at_s, number, sender, flight = due.pop(0)
            if flight is None:
                flight = self.air.begin(sender, PACKET, at_s)
                due.append((flight.end_s, number, sender, flight))
            else:
                heard[number] = set(self.air.finish(flight))
        return heard


def test_a_packet_is_on_the_air_as_long_as_the_formula_says() -> None:
    air = Room(2, {(0, 1): -100.0}).air

    flight = air.begin(0, PACKET, 5.0)

    assert flight.end_s - flight.begin_s == pytest.approx(time_on_air_ms(100, RADIO) / 1000)
    assert air.meters[0].airtime_s == pytest.approx(flight.end_s - 5.0)


def test_who_is_above_the_sensitivity_hears() -> None:
    room = Room(4, {(0, 1): -100.0, (0, 2): LIMIT_DBM, (0, 3): LIMIT_DBM - 0.1})

    assert room.play((0.0, 0)) == [{1, 2}]
    assert room.air.counts.heard == 2


def test_two_signals_of_like_strength_destroy_each_other() -> None:
    room = Room(3, {(0, 2): -100.0, (1, 2): -103.0})

    assert room.play((0.0, 0), (0.2, 1)) == [set(), set()]
    assert room.air.counts.collisions == 2


def test_a_signal_survives_one_that_is_weaker_by_the_capture_margin() -> None:
    room = Room(3, {(0, 2): -100.0, (1, 2): -106.0})

    assert room.play((0.0, 0), (0.2, 1)) == [{2}, set()]
    assert room.air.counts.collisions == 1


def test_a_louder_signal_takes_over_during_the_preamble_only() -> None:
    powers = {(0, 2): -110.0, (1, 2): -100.0}

    assert Room(3, powers).play((0.0, 0), (0.9 * LOCK_S, 1)) == [set(), {2}]
    assert Room(3, powers).play((0.0, 0), (1.1 * LOCK_S, 1)) == [set(), set()]


def test_an_overlap_within_the_preambles_beginning_does_no_harm_to_the_later() -> None:
    powers = {(0, 2): -100.0, (1, 2): -100.0}
    airtime_s = time_on_air_ms(100, RADIO) / 1000

    early = Room(3, powers).play((0.0, 0), (airtime_s - 0.5 * LOCK_S, 1))
    late = Room(3, powers).play((0.0, 0), (airtime_s - 1.5 * LOCK_S, 1))

    assert early == [set(), {2}]
    assert late == [set(), set()]


def test_a_signal_too_weak_to_be_read_still_disturbs_one_that_is_hardly_louder() -> None:
    weak = LIMIT_DBM - 3

    assert Room(3, {(0, 2): LIMIT_DBM, (1, 2): weak}).play((0.0, 0), (0.1, 1)) == [set(), set()]
    assert Room(3, {(0, 2): weak + 6, (1, 2): weak}).play((0.0, 0), (0.1, 1)) == [{2}, set()]


def test_a_weak_signal_that_was_there_first_disturbs_too() -> None:
    weak = LIMIT_DBM - 3

    assert Room(3, {(0, 2): LIMIT_DBM, (1, 2): weak}).play((0.0, 1), (0.1, 0)) == [set(), set()]


def test_who_sends_does_not_hear() -> None:
    room = Room(2, {(0, 1): -90.0})

    assert room.play((0.0, 0), (0.05, 1)) == [set(), set()]
    assert room.air.counts.deaf == 2


def test_who_begins_to_send_loses_what_it_was_receiving() -> None:
    room = Room(3, {(0, 1): -90.0, (0, 2): -90.0})

    assert room.play((0.0, 0), (0.5, 1)) == [{2}, set()]
    assert room.air.counts.deaf == 2  # radio 1's own loss, and radio 0 which was sending


def test_who_has_finished_sending_within_a_preamble_still_hears() -> None:
    room = Room(2, {(0, 1): -90.0})
    airtime_s = time_on_air_ms(100, RADIO) / 1000

    assert room.play((0.0, 0), (airtime_s - 0.5 * LOCK_S, 1))[1] == {0}


def test_a_radio_without_power_hears_nothing_until_it_has_some() -> None:
    room = Room(2, {(0, 1): -90.0})

    room.air.switch(1, 0.0, is_on=False)
    assert room.play((1.0, 0)) == [set()]
    room.air.switch(1, 5.0, is_on=True)
    assert room.play((6.0, 0)) == [{1}]
    assert room.air.counts.deaf == 0


def test_a_radio_that_loses_its_power_loses_what_it_was_receiving() -> None:
    room = Room(2, {(0, 1): -90.0})
    flight = room.air.begin(0, PACKET, 0.0)

    room.air.switch(1, 0.3, is_on=False)

    assert room.air.finish(flight) == {}


def test_who_is_tuned_elsewhere_is_heard_by_nobody_and_stays_deaf_when_it_has_sent() -> None:
    room = Room(2, {(0, 1): -100.0})
    room.air.switch(1, 0.0, is_on=False)
    away = room.play((0.0, 1), (5.0, 0))

    room.air.switch(1, 10.0, is_on=True)

    assert away == [set(), set()]
    assert room.play((10.0, 1), (15.0, 0)) == [{0}, {1}]


def test_listening_hears_what_is_on_the_air_and_not_what_has_just_begun() -> None:
    room = Room(3, {(0, 1): -100.0, (0, 2): LIMIT_DBM - 1})
    flight = room.air.begin(0, PACKET, 10.0)
    just_begun_s = 10.0 + room.air.sense_s / 2
    well_begun_s = 10.0 + room.air.sense_s

    assert room.air.silent_from_s(1, just_begun_s) == just_begun_s
    assert room.air.silent_from_s(1, well_begun_s) == flight.end_s
    assert room.air.silent_from_s(2, well_begun_s) == well_begun_s
    assert room.air.silent_from_s(1, flight.end_s) == flight.end_s


def test_a_duty_meter_finds_the_busiest_hour() -> None:
    meter = DutyMeter()

    for minute in (0, 30, 59, 61, 200):
        meter.add(minute * 60.0, 2.0)

    assert meter.most_s == 6.0  # minutes 30, 59, 61
    assert meter.airtime_s == 10.0
    assert meter.packets == 5


def test_who_answers_the_moment_it_has_received_has_received() -> None:
    room = Room(2, {(0, 1): -90.0})
    flight = room.air.begin(0, PACKET, 0.0)

    heard = room.air.finish(flight)
    room.air.begin(1, PACKET, flight.end_s)

    assert heard == {1: -90.0}
    assert room.air.counts.deaf == 0
