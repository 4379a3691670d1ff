from __future__ import annotations

from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.store.columns import (
    of_int,
    of_share,
    of_text,
    of_texts,
    to_choice,
    to_share,
    to_text,
    to_texts,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()))


class Colour(Enum):
    RED = "red"


@given(ANY_TEXT)
def test_any_text_comes_back_as_it_went_in(text: str) -> None:
    assert to_text(of_text(text)) == text


@given(st.lists(ANY_TEXT))
def test_any_texts_come_back_as_they_went_in(texts: list[str]) -> None:
    assert to_texts(of_texts(texts)) == texts


@given(st.integers())
def test_every_number_fits_64_bits(number: int) -> None:
    assert -(2**63) < of_int(number) < 2**63
    assert abs(number) >= 2**63 or of_int(number) == number


@given(st.floats())
def test_every_share_is_kept_between_none_and_all(share: float) -> None:
    assert 0 <= of_share(share) <= 1
    assert not 0 <= share <= 1 or to_share(of_share(share)) == share


@pytest.mark.parametrize("damaged", ["much", None, b"\xff"])
def test_whatever_a_damaged_column_holds_is_read_as_even_chances(damaged: object) -> None:
    assert to_share(damaged) == 0.5


def test_a_choice_of_a_later_version_is_read_as_the_given_one() -> None:
    assert to_choice(Colour, "red", Colour.RED) is Colour.RED
    assert to_choice(Colour, "mauve", Colour.RED) is Colour.RED


@pytest.mark.parametrize(
    ("damaged", "text"),
    [(5, "5"), (None, "None"), (b"\xff", "\ufffd"), (b"a\xed\xa0\x80", "a\ud800")],
)
def test_whatever_a_damaged_column_holds_is_read_as_text(damaged: object, text: str) -> None:
    assert to_text(damaged) == text


@pytest.mark.parametrize("damaged", ["[", "{}", 7, b"\xff", '[1, "a"]', "[" * 100_000])
def test_whatever_a_damaged_column_holds_is_read_as_texts(damaged: object) -> None:
    assert set(to_texts(damaged)) <= {"a"}
