from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.model.event import ChannelChanged
from meshtui.model.ids import NetworkName
from meshtui.model.message import Channel
from meshtui.model.secret import SecretBytes
from meshtui.store import channels
from tests.support.open_store import ALICE, NETWORK, OpenStore

if TYPE_CHECKING:
    from pathlib import Path

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


def test_news_of_a_channel_without_its_key_leave_the_key_we_have(store: OpenStore) -> None:
    meshcore = NetworkName("meshcore")
    hill = Channel(meshcore, "hill", True, secret=SecretBytes(bytes(range(16))))
    again = Channel(meshcore, "hill", True, "by the lake")

    store.writer.apply([ChannelChanged(hill), ChannelChanged(again)])

    (kept,) = store.reader.restored(meshcore).channels
    assert (kept.description, kept.secret) == ("by the lake", hill.secret)


def test_the_key_of_a_channel_goes_when_it_is_left_though_others_announce_it(
    store: OpenStore,
) -> None:
    secret = SecretBytes(bytes(range(16)))
    hill = Channel(NETWORK, "hill", True, creator=ALICE, announced_at_ms=3, secret=secret)

    store.writer.apply([ChannelChanged(hill), ChannelChanged(replace(hill, is_joined=False))])

    assert store.reader.channels() == [replace(hill, is_joined=False, secret=None)]


def test_nothing_in_the_file_holds_the_key_of_a_channel_that_was_left(tmp_path: Path) -> None:
    secret = b"the key of a hill"[:16]
    hill = Channel(NetworkName("meshcore"), "hill", True, secret=SecretBytes(secret))
    store = OpenStore.at(tmp_path / "m.db")

    store.writer.apply([ChannelChanged(hill)])
    store.writer.apply([ChannelChanged(replace(hill, is_joined=False))])
    store.database.close()

    assert all(secret not in file.read_bytes() for file in tmp_path.iterdir())
