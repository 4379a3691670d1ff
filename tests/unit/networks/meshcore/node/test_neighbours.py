"""Whom a repeater hears."""

from __future__ import annotations

import pytest

from meshtui.networks.meshcore.node.neighbours import MAX_NEIGHBOURS, Heard, NeighbourTable
from meshtui.networks.meshcore.payloads.request import NeighboursRequest


def _table() -> NeighbourTable:
    table = NeighbourTable()
    for letter, at_s, snr in ((b"a", 100, 8), (b"b", 300, -8), (b"c", 200, 0)):
        table.put(Heard(letter * 32, at_s, snr))
    return table


@pytest.mark.parametrize(
    ("order", "expected"), [(0, b"bca"), (1, b"acb"), (2, b"acb"), (3, b"bca"), (9, b"abc")]
)
def test_a_page_is_sorted_as_asked(order, expected) -> None:
    page = _table().page(NeighboursRequest(10, 0, order, 1), 310)

    assert b"".join(entry.prefix for entry in page.entries) == expected


def test_a_page_is_a_part_and_says_how_long_ago() -> None:
    page = _table().page(NeighboursRequest(1, 1, 0, 4), 310)

    assert page.total == 3
    assert [(entry.prefix, entry.heard_s_ago) for entry in page.entries] == [(b"cccc", 110)]


def test_a_page_holds_no_more_than_an_answer_and_no_more_of_a_key_than_there_is() -> None:
    table = NeighbourTable()
    for number in range(40):
        table.put(Heard(bytes([number]) * 32, number, 0))

    assert len(table.page(NeighboursRequest(255, 0, 0, 4), 50).entries) == 14
    page = table.page(NeighboursRequest(255, 0, 0, 200), 50)
    assert {len(entry.prefix) for entry in page.entries} == {32}
    assert len(page.entries) == 3


def test_the_table_is_bounded_and_forgets_the_longest_unheard() -> None:
    table = NeighbourTable()
    for number in range(MAX_NEIGHBOURS):
        table.put(Heard(bytes([number]), number, 0))

    table.put(Heard(bytes([0]), 99, 4))
    table.put(Heard(b"new", 100, 0))

    assert len(table) == MAX_NEIGHBOURS
    kept = [one.public_key for one in table]
    assert kept[:2] == [b"new", bytes([0])]
    assert bytes([1]) not in kept
