"""Long messages on their way, as the line above the message line shows them."""

from __future__ import annotations

from meshtui.model.event import EventsMissed, ReassemblyProgressed
from meshtui.model.ids import Instant, LinkId, NetworkName
from meshtui.tui.state.arrivals import FORGOTTEN_MS, MAX_ARRIVALS, SHOWN_MS, Arrival, Arrivals

LINK = LinkId("lora")


def chunk(
    have: int,
    total: int = 5,
    chunk_id: str = "c",
    source: str = "",
    reason: str = "",
    at_ms: int = 1_000,
    link: LinkId = LINK,
) -> ReassemblyProgressed:
    at = Instant(at_ms / 1000, at_ms)
    return ReassemblyProgressed(
        NetworkName("jsonmesh"), link, chunk_id, source, have, total, at, reason
    )


def fold(*events: ReassemblyProgressed) -> Arrivals:
    arrivals = Arrivals()
    for event in events:
        arrivals.apply(event)
    return arrivals


def test_a_message_is_shown_until_it_is_whole() -> None:
    arrivals = Arrivals()

    assert arrivals.apply(chunk(1))
    assert arrivals.apply(chunk(2))
    assert arrivals.shown(1_000) == (Arrival("", 2, 5, "", 1_000),)
    assert arrivals.apply(chunk(5))
    assert arrivals.shown(1_000) == ()
    assert arrivals.next_end_ms() == 0


def test_the_same_word_again_changes_nothing_and_other_events_are_none_of_it() -> None:
    arrivals = fold(chunk(2))

    assert not arrivals.apply(chunk(2))
    assert not arrivals.apply(EventsMissed(1))
    assert not arrivals.apply(chunk(1, 1, "short"))


def test_a_sender_once_known_stays_known() -> None:
    arrivals = fold(chunk(1, source="alice"), chunk(2))

    assert arrivals.shown(0)[0].source == "alice"


def test_what_was_given_up_is_said_for_some_seconds() -> None:
    arrivals = fold(chunk(3), chunk(3, reason="timeout", at_ms=40_000))

    assert arrivals.shown(40_000) == (Arrival("", 3, 5, "timeout", 40_000),)
    assert arrivals.next_end_ms() == 40_000 + SHOWN_MS
    assert arrivals.shown(40_000 + SHOWN_MS) == ()


def test_what_was_refused_at_its_first_chunk_was_never_on_its_way() -> None:
    assert fold(chunk(0, reason="room")).shown(1_000) == ()


def test_the_latest_comes_first_and_every_link_counts_by_itself() -> None:
    arrivals = fold(chunk(1), chunk(2, link=LinkId("ble")), chunk(3, chunk_id="d"), chunk(2))

    assert [found.have for found in arrivals.shown(0)] == [2, 3, 2]


def test_nothing_is_kept_for_ever() -> None:
    arrivals = fold(*(chunk(1, chunk_id=str(number)) for number in range(MAX_ARRIVALS * 2)))

    assert len(arrivals.shown(1_000)) == MAX_ARRIVALS
    assert arrivals.shown(1_000 + FORGOTTEN_MS) == ()
