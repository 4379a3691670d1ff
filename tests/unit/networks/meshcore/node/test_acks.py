"""What waits to be acknowledged."""

from __future__ import annotations

from meshtui.networks.meshcore.node.acks import PENDING_ACKS, AckTable, PendingAck


def test_an_ack_is_taken_once() -> None:
    table = AckTable()
    table.expect(PendingAck(b"1234", b"peer", 1.0))

    assert table.take(b"1234") == PendingAck(b"1234", b"peer", 1.0)
    assert table.take(b"1234") is None


def test_the_ninth_takes_the_place_of_the_oldest() -> None:
    table = AckTable()

    for number in range(PENDING_ACKS + 1):
        table.expect(PendingAck(bytes([number]) * 4, b"peer", 1.0))

    assert len(table) == PENDING_ACKS
    assert table.take(bytes(4)) is None
    assert table.take(bytes([1]) * 4) is not None


def test_what_is_sent_again_becomes_the_youngest() -> None:
    table = AckTable()
    for number in range(PENDING_ACKS):
        table.expect(PendingAck(bytes([number]) * 4, b"peer", 1.0))

    table.expect(PendingAck(bytes(4), b"peer", 2.0))
    table.expect(PendingAck(b"more", b"peer", 3.0))

    assert table.take(bytes(4)) == PendingAck(bytes(4), b"peer", 2.0)
    assert table.take(bytes([1]) * 4) is None


def test_what_is_forgotten_is_not_taken() -> None:
    table = AckTable()
    table.expect(PendingAck(b"1234", b"peer", 1.0))

    table.forget(b"1234")
    table.forget(b"never")

    assert table.take(b"1234") is None
