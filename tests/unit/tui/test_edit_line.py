"""Readline's keys, completion, and the words of times and sizes."""

from __future__ import annotations

import pytest

from meshtui.tui.state.choices import Choice, match
from meshtui.tui.state.completion import Vocabulary, complete
from meshtui.tui.state.edit_line import OPERATIONS, EditLine
from meshtui.tui.text.format import ago, duration, fit, fit_right, wrap

WORDS = Vocabulary(
    {"/join": "channel", "/dm": "node", "/notify": "word:all|mute"},
    ["alice", "bob"],
    ["#hill", "#valley"],
)


def line(text: str, cursor: int | None = None) -> EditLine:
    made = EditLine()
    made.put(text)
    if cursor is not None:
        made.go(cursor)
    return made


@pytest.mark.parametrize(
    ("operation", "cursor", "text", "after"),
    [
        ("kill-word", 11, "hello ", 6),
        ("kill-end", 5, "hello", 5),
        ("kill-start", 6, "world", 0),
        ("word-left", 11, "hello world", 6),
        ("word-right", 0, "hello world", 5),
        ("backspace", 0, "hello world", 0),
        ("delete", 0, "ello world", 0),
        ("home", 4, "hello world", 0),
        ("end", 4, "hello world", 11),
    ],
)
def test_each_key_does_what_readline_does(operation, cursor, text, after) -> None:
    edited = line("hello world", cursor)

    edited.perform(operation)

    assert (edited.text, edited.cursor) == (text, after)


def test_what_was_killed_comes_back() -> None:
    edited = line("hello world")

    edited.perform("kill-word")
    edited.perform("home")
    edited.perform("yank")

    assert edited.text == "worldhello "


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
@pytest.mark.parametrize("text", ["", "a", " ", "\n", "é🌲", "a\nb"])
def test_no_operation_leaves_the_text(operation: str, text: str) -> None:
    for cursor in range(len(text) + 1):
        edited = line(text, cursor)

        edited.perform(operation)

        assert 0 <= edited.cursor <= len(edited.text)


def test_recalling_walks_what_was_sent_and_back_to_what_was_typed() -> None:
    edited = line("draft")
    edited.remember("one")
    edited.remember("two")

    edited.recall(-1)
    edited.recall(-1)
    oldest = edited.text
    edited.recall(1)
    edited.recall(1)

    assert oldest == "one"
    assert edited.text == "draft"


def test_a_text_never_outgrows_its_bound() -> None:
    edited = EditLine(10)

    edited.insert("x" * 100)

    assert len(edited.text) == 10


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("/jo", ("/join ",)),
        ("/dm al", ("alice",)),
        ("/join #", ("#hill", "#valley")),
        ("/notify m", ("mute",)),
        ("@al", ("@[alice]: ",)),
        ("hello @b", ("@[bob] ",)),
        ("hello bo", ("@[bob] ",)),
    ],
)
def test_tab_offers_what_fits(text: str, candidates: tuple[str, ...]) -> None:
    found = complete(text, len(text), WORDS)

    assert found is not None
    assert found.candidates == candidates


@pytest.mark.parametrize("text", ["", "b", "//jo", "hello xyz", "/unknown a"])
def test_tab_offers_nothing_where_nothing_fits(text: str) -> None:
    assert complete(text, len(text), WORDS) is None


def test_wrapped_lines_fit_and_lose_nothing() -> None:
    text = "山田花子 said: the quick brown fox " + "x" * 50

    lines = wrap(text, 12)

    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(len(part) <= 12 for part in lines)


def test_fitting_counts_cells_not_characters() -> None:
    assert fit("山田花子", 5) == "山田…"
    assert fit_right("ab", 4) == "  ab"


def test_times_have_their_unit() -> None:
    assert [ago(0, 5), ago(1000, 5000), ago(1, 7_200_001)] == ["never", "4 s", "2 h"]
    assert [duration(140), duration(1900), duration(120_000)] == ["140 ms", "1.9 s", "2 min"]


def test_the_switcher_puts_beginnings_before_middles() -> None:
    choices = [Choice("weather", "chat", "", "1"), Choice("eagle", "node", "", "2")]

    assert [choice.title for choice in match("ea", choices)] == ["eagle", "weather"]
    assert match("xyz", choices) == []
