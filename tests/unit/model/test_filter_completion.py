"""Proposals at the cursor of a display filter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.model.display_filter import compile_filter
from meshtui.model.filter_completion import complete, quoted
from meshtui.model.packet_fields import packet_fields
from tests.support.packet_rows import a_row

FIELDS = packet_fields({})
SEEN = {"type": ["text", "ack", "presence"], "from": ["MESH-A", "Hill top", 'a"b\\']}


def at_end(text: str):
    return complete(text, len(text), FIELDS, lambda name: SEEN.get(name, []))


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("ty", 0, ("type",)),
        ("!re", 1, ("reason",)),
        ("t", 0, ("type", "topic", "to", "ttl", "time", "text")),
        ("to", 0, ("topic",)),
        ("type", 4, ("==", "!=", "~", "in", "&&", "||")),
        ("hops ", 5, ("==", "!=", "<", "<=", ">", ">=", "in", "&&", "||")),
        ("type==", 6, ("text", "ack", "presence")),
        ("type==pr", 6, ("presence",)),
        ("type==ack", 9, ("&&", "||")),
        ("type==ack ", 10, ("&&", "||")),
        ("dir==", 5, ("rx", "tx")),
        ("type in ", 8, ("{",)),
        ("type in {a", 9, ("ack",)),
        ("type in {ack,", 13, ("text", "ack", "presence")),
        ("type in {ack ", 13, (",", "}")),
        ("from~hi", 5, ('"Hill top"',)),
        ('from~"hi', 5, ('"Hill top"',)),
        ("zz==", 4, ()),
        ("type=a", 6, ()),
    ],
)
def test_what_fits_at_the_end_is_proposed(text: str, start: int, expected) -> None:
    found = at_end(text)

    assert found.start == start
    assert found.candidates[: len(expected)] == expected
    assert bool(found.candidates) is bool(expected)


def test_an_empty_filter_proposes_every_field() -> None:
    assert at_end("").candidates == tuple(FIELDS)


@given(st.text(max_size=20).filter(lambda text: not any(0xD800 <= ord(c) < 0xE000 for c in text)))
def test_a_quoted_value_is_read_back_as_it_was(value: str) -> None:
    if "\n" in value or not value:
        return
    row = a_row(reason=value)

    assert compile_filter(f"reason=={quoted(value)}", FIELDS).matches(row)


@given(st.text(alphabet='tyope =!~&|({,})"\\', max_size=30), st.integers(-5, 40))
def test_no_text_and_no_cursor_raises(text: str, cursor: int) -> None:
    found = complete(text, cursor, FIELDS, lambda name: SEEN.get(name, []))

    assert 0 <= found.start <= found.end <= len(text)
