"""A publish with which alone a connection died twice is not sent again."""

from __future__ import annotations

import asyncio

import pytest

from meshtui.model.ids import LinkId
from meshtui.model.packet import Transmit
from meshtui.runtime.suspects import PROMPT_S, SENTENCE_S, Suspects
from tests.support.clock import FakeClock


def to(endpoint: str, *, is_confirmed: bool = True) -> Transmit:
    return Transmit(LinkId("l"), b"", endpoint, is_confirmed=is_confirmed)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def convict(suspects: Suspects, endpoint: str) -> None:
    for _ in range(3):
        suspects.sent(to(endpoint))
        suspects.connection_died()


def test_the_second_death_of_it_alone_convicts_and_the_sentence_ends(clock) -> None:
    suspects = Suspects(clock)
    for _ in range(2):  # a link that is lost twice in a row proves nothing
        suspects.sent(to("bad"))
        suspects.connection_died()
        assert suspects.is_suspect(to("bad"))
        assert suspects.verdict("bad") == ""
    suspects.sent(to("bad"))
    suspects.connection_died()
    assert "publish to bad" in suspects.verdict("bad")
    clock.advance(SENTENCE_S)
    assert suspects.verdict("bad") == ""


def test_a_confirmation_clears(clock) -> None:
    suspects = Suspects(clock)
    suspects.sent(to("good"))
    suspects.connection_died()
    suspects.sent(to("good"))
    suspects.confirmed(to("good"))
    suspects.connection_died()
    assert not suspects.is_suspect(to("good"))
    assert suspects.verdict("good") == ""


def test_a_connection_that_dies_later_died_of_something_else(clock) -> None:
    suspects = Suspects(clock)
    for _ in range(3):
        suspects.sent(to("slow"))
        clock.advance(PROMPT_S + 1)
        suspects.connection_died()
    assert suspects.verdict("slow") == ""


def test_nobody_is_convicted_in_company(clock) -> None:
    suspects = Suspects(clock)
    for _ in range(3):
        suspects.sent(to("a"))
        suspects.sent(to("b"))
        suspects.connection_died()
    assert suspects.verdict("a") == suspects.verdict("b") == ""


def test_what_nobody_confirms_is_not_suspected(clock) -> None:
    suspects = Suspects(clock)
    suspects.sent(to("a", is_confirmed=False))
    suspects.connection_died()
    assert not suspects.is_suspect(to("a"))


async def test_a_suspect_waits_until_it_is_alone(clock) -> None:
    suspects = Suspects(clock)
    suspects.sent(to("a"))
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(suspects.all_confirmed())
        await asyncio.sleep(0)
        assert not waiting.done()
        suspects.confirmed(to("a"))


def test_the_memory_is_bounded(clock) -> None:
    suspects = Suspects(clock)
    for number in range(1_100):
        convict(suspects, str(number))
    assert suspects.verdict("0") == ""
    assert suspects.verdict("1099")
