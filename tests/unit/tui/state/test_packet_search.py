"""Looking for words and bytes in packets."""

from __future__ import annotations

import pytest

from meshtui.model.packet import DissectedField, Dissection
from meshtui.tui.state.packet_search import needle_of, places_from
from tests.support.packet_rows import NET, a_row


def is_in_row(typed: str, **row) -> bool:
    needle = needle_of(typed)
    return needle is not None and needle.is_in_row(a_row(**row), lambda node: f"name of {node}")


@pytest.mark.parametrize(
    "typed", ["HILL", "of mesh-a", "d9", "0xd9", "15 02", "15:02", "abc", "a7"]
)
def test_it_is_found_in_texts_names_paths_and_bytes(typed: str) -> None:
    row = {"text": "from the Hill", "source": "MESH-A", "path": ("a7",)}

    assert is_in_row(typed, payload=b"\x15\x02ABC\xd9", **row)


@pytest.mark.parametrize("typed", ["valley", "ffff", "d", ""])
def test_what_is_not_there_is_not_found(typed: str) -> None:
    assert not is_in_row(typed, payload=b"\x15\x02", kind="x", endpoint="", link_id="")


def test_nothing_typed_is_nothing_to_look_for() -> None:
    assert needle_of("   ") is None


def test_a_field_is_found_by_its_place_in_the_tree() -> None:
    inner = DissectedField("text", "Hello from the hill")
    tree = Dissection(
        NET, "sealed", (DissectedField("a", "1"), DissectedField("b", "", children=(inner,)))
    )

    needle = needle_of("HELLO")

    assert needle is not None
    assert needle.field_in(tree) == (1, 0)
    assert needle.is_in_dissection(tree)


def test_what_was_opened_is_looked_into() -> None:
    needle = needle_of("48656c6c6f")
    sealed = Dissection(NET, "sealed", (), buffers=(("opened", b"..Hello"),))

    assert needle is not None
    assert needle.is_in_dissection(sealed)
    assert needle.spot(b"..Hello") == range(2, 7)
    assert not needle.is_in_dissection(Dissection(NET, "sealed", ()))


@pytest.mark.parametrize(("step", "expected"), [(1, [3, 0, 1, 2]), (-1, [1, 0, 3, 2])])
def test_every_place_is_looked_at_once_the_first_one_last(step: int, expected: list[int]) -> None:
    assert list(places_from(2, 4, step)) == expected
    assert list(places_from(0, 0, step)) == []
