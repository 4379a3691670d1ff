"""Rooms that are kept alive."""

from __future__ import annotations

from meshtui.networks.meshcore.node.connections import MAX_CONNECTIONS, Connections


def test_a_connection_is_due_every_interval() -> None:
    connections = Connections()
    connections.start(b"room", 60.0, 0.0)

    assert connections.next_deadline_s == 60.0
    assert connections.due(59.0) == []
    assert [one.peer for one in connections.due(60.0)] == [b"room"]
    assert connections.next_deadline_s == 120.0


def test_what_is_heard_of_it_puts_the_next_sign_off() -> None:
    connections = Connections()
    connections.start(b"room", 60.0, 0.0)

    connections.heard(b"room", 50.0)
    connections.heard(b"nobody", 50.0)

    assert connections.next_deadline_s == 110.0


def test_two_and_a_half_intervals_of_silence_and_it_is_lost() -> None:
    connections = Connections()
    connections.start(b"room", 60.0, 0.0)

    assert connections.take_lost(149.0) == []
    assert connections.take_lost(150.0) == [b"room"]
    assert connections.take_lost(150.0) == []
    assert connections.next_deadline_s is None


def test_an_ack_counts_once() -> None:
    connections = Connections()
    connections.start(b"room", 60.0, 0.0)
    one = connections.get(b"room")
    assert one is not None
    one.ack = b"1234"

    assert connections.acknowledged(b"4321", 70.0) is None
    assert connections.acknowledged(b"1234", 70.0) == b"room"
    assert connections.acknowledged(b"1234", 70.0) is None
    assert one.next_ping_s == 130.0


def test_connections_are_bounded_and_can_be_stopped() -> None:
    connections = Connections()
    for number in range(MAX_CONNECTIONS + 1):
        connections.start(bytes([number]), 60.0, float(number))

    connections.stop(bytes([5]))
    connections.stop(b"nobody")

    assert len(connections) == MAX_CONNECTIONS - 1
    assert connections.get(bytes([0])) is None
    assert connections.get(bytes([5])) is None
