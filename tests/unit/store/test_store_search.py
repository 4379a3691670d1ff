from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.open_store import PARIS, WITH_ALICE, OpenStore, received

TEXTS = {
    "1": "The quick brown fox",
    "2": "the lazy dog; foxglove",
    "3": "Zürich is a city, C++ and foo-bar",
    "4": "今日は良い天気ですね",
    "5": "well done 🎉",
    "6": "שלום עולם",
    "7": "100% of user_name AND NOT NEAR",
    "8": "a\0b zero",
}


@pytest.fixture
def library(store: OpenStore) -> OpenStore:
    store.writer.apply([received(message_id, text) for message_id, text in TEXTS.items()])
    return store


def found(store: OpenStore, text: str) -> list[str]:
    return [message.message_id for message in store.reader.search(text)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("fox", ["2", "1"]),
        ("FOX brown", ["1"]),
        ("fox qui", ["1"]),
        ("qui fox", []),  # only the last may be the beginning of a word
        ("fo", ["3", "2", "1"]),
        ("fo ", []),  # a blank ends the word
        ("foo ", ["3"]),
        ("zurich", ["3"]),
        ("foo-bar", ["3"]),
        ("天気", ["4"]),
        ("🎉", ["5"]),
        ("done 🎉", ["5"]),
        ("dog 🎉", []),
        ("עולם", ["6"]),
        ("%", ["7"]),
        ("user_name", ["7"]),
        ("AND", ["7", "3"]),
        ("zero", ["8"]),
        ("", []),
        (" \t ", []),
    ],
)
def test_all_words_must_occur_and_the_newest_comes_first(
    library: OpenStore, text: str, ids: list[str]
) -> None:
    assert found(library, text) == ids


@pytest.mark.parametrize(
    "text",
    [
        '"',
        '""',
        "*",
        "AND",
        "OR NOT",
        "NEAR(",
        "-x",
        "col:x",
        "text : fox",
        "x" * 10_240,
        "fox " * 5_000,
        "a\0b",
        "\0",
        "'; DROP TABLE message; --",
        "^fox",
        "{a b}",
        "(",
        "\ud800",
        "\u202e",
        "+",
        "\\",
        "fox\ud800",
    ],
)
def test_nothing_typed_is_ever_query_syntax(library: OpenStore, text: str) -> None:
    library.reader.search(text)

    assert found(library, "brown") == ["1"]


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_no_text_makes_a_search_fail(text: str) -> None:
    store = OpenStore.at()
    store.writer.apply([received("m", text)])

    store.reader.search(text)

    store.database.close()


def test_a_search_may_be_kept_to_one_conversation(library: OpenStore) -> None:
    library.writer.apply([received("9", "fox", conversation=WITH_ALICE)])

    assert [m.message_id for m in library.reader.search("fox", WITH_ALICE)] == ["9"]
    assert [m.message_id for m in library.reader.search("fox", PARIS, limit=1)] == ["2"]
    assert library.reader.search("fox", PARIS.replace("paris", "nowhere")) == []


def test_odd_limits_find_nothing_or_everything(library: OpenStore) -> None:
    assert library.reader.search("fox", limit=-1) == []
    assert len(library.reader.search("fox", limit=2**80)) == 2
