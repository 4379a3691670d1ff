"""Texts that end anywhere."""

from __future__ import annotations

import pytest

from meshtui.networks.meshcore.payloads.utf8 import cut, is_text, text_of

CUT = "grün".encode()[:3]  # in the middle of its third character


def test_an_incomplete_last_character_is_left_away() -> None:
    assert (text_of(CUT), is_text(CUT)) == ("gr", True)


def test_a_wrong_byte_is_no_text_and_shown_as_such() -> None:
    assert (text_of(b"a\xffb"), is_text(b"a\xffb")) == ("a\N{REPLACEMENT CHARACTER}b", False)


@pytest.mark.parametrize(
    ("text", "limit", "written"),
    [("grün", 3, b"gr"), ("grün", 4, CUT + b"\xbc"), ("a\0b", 9, b"a")],
)
def test_a_text_is_cut_between_characters_and_ends_before_a_nul(
    text: str, limit: int, written: bytes
) -> None:
    assert cut(text, limit) == written
