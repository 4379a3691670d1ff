from __future__ import annotations

from meshtui.model.event import ChannelChanged
from meshtui.model.ids import NetworkName
from meshtui.model.message import Channel
from meshtui.model.secret import SecretBytes
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


def test_a_channels_key_comes_back_and_goes_with_the_channel(store: OpenStore) -> None:
    meshcore = NetworkName("meshcore")
    hill = Channel(meshcore, "hill", True, secret=SecretBytes(bytes(range(16))))
    store.writer.apply([ChannelChanged(hill)])

    kept = store.reader.restored(meshcore).channels
    store.writer.apply([ChannelChanged(Channel(meshcore, "hill"))])

    assert kept == (hill,)
    assert "hidden" in repr(kept)
    with store.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM channel").fetchone() == (0,)


def test_what_a_damaged_file_holds_for_a_key_is_none(store: OpenStore) -> None:
    store.writer.apply([ChannelChanged(PARIS)])

    with store.database.writing() as connection:
        connection.execute("UPDATE channel SET secret = 'text'")

    assert store.reader.channels() == [PARIS]
