from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from meshtui.model.event import FrameSent
from meshtui.model.ids import Instant, LinkId, NetworkName
from meshtui.model.packet import PacketSummary, Transmit, Verdict
from meshtui.model.restored import Spent
from tests.support.open_store import NETWORK, OpenStore

if TYPE_CHECKING:
    from pathlib import Path

LORA = LinkId("lora")
MINUTE = 60_000
HOUR = 60 * MINUTE
NOW = 1_780_000_020_000  # a full minute


def sent(at_ms: int, airtime_ms: int, *, is_own: bool = True, link_id: LinkId = LORA) -> FrameSent:
    summary = PacketSummary("text", Verdict.SENT)
    transmit = Transmit(link_id, b"packet")
    return FrameSent(NETWORK, transmit, Instant(1.0, at_ms), summary, airtime_ms, is_own)


def minutes(store: OpenStore) -> list[int]:
    with store.database.reading() as connection:
        return [minute for (minute,) in connection.execute("SELECT minute FROM airtime")]


def test_what_radios_spent_is_there_in_the_next_life(tmp_path: Path) -> None:
    store = OpenStore.at(tmp_path / "m.db")
    other = LinkId("b\ud800")
    store.writer.apply([sent(NOW - MINUTE, 1_500), sent(NOW - MINUTE + 5_000, 700, is_own=False)])
    store.writer.apply([sent(NOW - MINUTE + 9_000, 500), sent(NOW, 2_000, link_id=other)])
    store.database.close()

    again = OpenStore.at(tmp_path / "m.db")

    assert again.reader.restored(NETWORK, NOW).airtime == {
        LORA: [Spent(NOW, 2.0), Spent(NOW, 0.7, is_own=False)],
        other: [Spent(NOW + MINUTE, 2.0)],
    }
    assert again.reader.restored(NetworkName("meshcore"), NOW).airtime == {}
    again.database.close()


def test_it_is_never_told_to_have_ended_before_it_did(store: OpenStore) -> None:
    store.writer.apply([sent(NOW - 1_000, 1_999)])

    ((spent,),) = store.reader.restored(NETWORK, NOW).airtime.values()

    assert spent.ended_at_ms == NOW + MINUTE


def test_what_no_radio_sent_is_not_kept(store: OpenStore) -> None:
    store.writer.apply([sent(NOW, 0)])

    assert minutes(store) == []


@pytest.mark.parametrize(
    ("age_ms", "counts"),
    [
        (HOUR - 1, True),
        (HOUR + MINUTE, False),
        (-HOUR, True),  # the clock was set back
        (-HOUR - MINUTE, False),  # it was wrong altogether
        (-(10**15), False),
        (10**15, False),
    ],
)
def test_only_the_hour_counts(store: OpenStore, age_ms: int, counts: bool) -> None:
    store.writer.apply([sent(NOW - age_ms - 10, 10)])

    assert bool(store.reader.restored(NETWORK, NOW).airtime) is counts
    assert store.reader.restored(NETWORK).airtime


def test_only_hours_are_kept(store: OpenStore) -> None:
    for minute in range(400):
        store.writer.apply([sent(NOW + minute * MINUTE, 10)])
    assert len(minutes(store)) == 121

    store.writer.apply([sent(NOW, 10)])

    assert minutes(store) == [NOW // MINUTE]


def test_what_a_damaged_file_holds_does_not_keep_a_session_from_starting(store: OpenStore) -> None:
    with store.database.writing() as connection:
        connection.execute("INSERT INTO airtime VALUES ('jsonmesh', 'lora', 'soon', 'much', x'00')")
        connection.execute("INSERT INTO airtime VALUES ('jsonmesh', 'lora', 5, -7, 'some')")

    assert store.reader.restored(NETWORK).airtime == {}
