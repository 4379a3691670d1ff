from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.event import LinkChanged, PacketDropped
from meshtui.model.ids import Instant, LinkId
from meshtui.model.link import LinkInfo, LinkKind
from tests.support.open_store import NETWORK, OpenStore, received

if TYPE_CHECKING:
    from pathlib import Path

NOW = Instant(0.0, 1_000)


def figures(store: OpenStore) -> dict[tuple[str, str], float]:
    return {(row.name, row.label): row.value for row in store.reader.metrics()}


def test_counters_go_on_in_the_next_life(tmp_path: Path) -> None:
    for life in ("a", "b"):
        store = OpenStore.at(tmp_path / "m.db")
        store.writer.apply([received(life), received(f"{life}2")])
        store.database.close()

    store = OpenStore.at(tmp_path / "m.db")
    assert figures(store)["received", "text"] == 4
    store.database.close()


def test_a_message_known_already_is_not_counted_again(store: OpenStore) -> None:
    store.writer.apply([received("m"), received("m")])

    assert figures(store)["received", "text"] == 1


def test_a_reason_from_the_air_may_hold_anything(store: OpenStore) -> None:
    drop = PacketDropped(NETWORK, LinkId("mqtt"), "odd \ud800\0", "", "", "", NOW)

    store.writer.apply([drop])

    assert figures(store)["dropped", "odd \ud800\0"] == 1


def test_what_a_link_is_made_of_outlives_a_failed_batch(store: OpenStore) -> None:
    link = LinkInfo(LinkId("l"), NETWORK, LinkKind.BROKER, "l", "jsonmesh+mqtt://host")
    store.writer.apply([LinkChanged(link, NOW)])
    store.writer._metrics.forget()

    store.writer.apply([received("m", link_id=LinkId("l"), sent_at_ms=990)])

    assert figures(store)["latency_ms/mqtt", "count"] == 1
