from __future__ import annotations

from meshtui.model.event import ChannelChanged
from meshtui.model.message import Channel
from meshtui.store import channels
from tests.support.open_store import ALICE, NETWORK, OpenStore

PARIS = Channel(NETWORK, "paris", True, "Café \ud800", ALICE, False, 9)
HEARD = Channel(NETWORK, "Lyon", creator=ALICE, announced_at_ms=3)


def test_channels_come_back_by_name(store: OpenStore) -> None:
    store.writer.apply([ChannelChanged(PARIS), ChannelChanged(HEARD)])

    assert store.reader.channels() == [HEARD, PARIS]
    assert store.reader.restored(NETWORK).channels == (HEARD, PARIS)


def test_a_withdrawn_channel_nobody_joined_is_gone(store: OpenStore) -> None:
    store.writer.apply([ChannelChanged(HEARD), ChannelChanged(Channel(NETWORK, "Lyon"))])

    assert store.reader.channels() == []


def test_of_too_many_announcements_the_oldest_go_and_joined_channels_stay(
    store: OpenStore,
) -> None:
    heard = [Channel(NETWORK, f"c{n}", creator=ALICE, announced_at_ms=100 + n) for n in range(4)]
    store.writer.apply([ChannelChanged(channel) for channel in (PARIS, *heard)])

    with store.database.writing() as connection:
        channels.evict(connection, 1)

    assert store.reader.channels() == [heard[3], PARIS]
