"""Forums: those we are in, and those we heard of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.errors import DecodeError, LocalProtocolError
from meshtui.mesh.ratelimit import TokenBuckets
from meshtui.model.event import ChannelChanged
from meshtui.model.message import Channel
from meshtui.model.packet import Subscribe, Transmit, Unsubscribe, Verdict
from meshtui.networks.jsonmesh.announce import (
    MAX_DESCRIPTION_CHARS,
    Announcement,
    decode_announcement,
    encode_announcement,
)
from meshtui.networks.jsonmesh.peers import Standing
from meshtui.networks.jsonmesh.station import NETWORK
from meshtui.networks.jsonmesh.topics import announce_topic, check_forum_name, forum_topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.model.command import JoinChannel, LeaveChannel
    from meshtui.model.ids import Instant, LinkId
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.bridge import Bridge
    from meshtui.networks.jsonmesh.passage import Passage
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.station import Station

MAX_ANNOUNCED = 1_000
MAX_JOINED = 500
_NEW_PER_S = 10.0


class Forums:
    """Channels by name; those heard of longest ago are forgotten first, joined ones never."""

    def __init__(
        self, station: Station, peers: PeerBook, bridge: Bridge, channels: Iterable[Channel]
    ) -> None:
        """Start with the channels of earlier lives."""
        self._station = station
        self._peers = peers
        self._bridge = bridge
        # one that no topic can hold would cost the link its whole greeting
        self._channels = {item.name: item for item in channels if _is_name(item.name)}
        self._late: set[str] = set()  # joined while a link was not up
        self._heard_on: dict[str, set[LinkId]] = {}
        self._news = TokenBuckets(_NEW_PER_S, burst=MAX_ANNOUNCED, limit=100)

    def joined(self) -> list[str]:
        """List the forums we are in."""
        return [name for name, channel in self._channels.items() if channel.is_joined]

    def is_joined(self, name: str) -> bool:
        """Tell whether we are in a forum."""
        channel = self._channels.get(name)
        return channel is not None and channel.is_joined

    def join(self, command: JoinChannel, now: Instant) -> list[Output]:
        """Enter a forum, and announce it where that is asked.

        Raises:
            LocalProtocolError: It cannot be joined.
        """
        name = _checked(command.name)
        if not self.is_joined(name) and len(self.joined()) >= MAX_JOINED:
            msg = f"already in {MAX_JOINED} forums; leave one first"
            raise LocalProtocolError(msg)
        channel = self._channels.get(name) or Channel(NETWORK, name)
        channel = replace(channel, is_joined=True)
        announcements: list[Output] = []
        if command.announce:
            channel, announcements = self._announce(channel, command.description, now)
        self._keep(channel)
        if self._station.known_links - self._station.links.keys():
            self._late.add(name)
        topic = forum_topic(name)
        subscriptions: list[Output] = (
            []
            if self._bridge.is_on  # then all forums are delivered anyway
            else [Subscribe(link_id, topic) for link_id in self._station.brokers()]
        )
        return [ChannelChanged(channel), *subscriptions, *announcements]

    def leave(self, command: LeaveChannel) -> list[Output]:
        """Leave a forum; what was announced of it stays, others may be in it.

        Raises:
            LocalProtocolError: We are not in it.
        """
        name = _checked(command.name)
        if not self.is_joined(name):
            msg = f"not in the forum {name!r}"
            raise LocalProtocolError(msg)
        channel = replace(self._channels[name], is_joined=False)
        self._keep(channel)
        if self._bridge.is_on:
            return [ChannelChanged(channel)]
        topic = forum_topic(name)
        return [
            ChannelChanged(channel),
            *(Unsubscribe(link_id, topic) for link_id in self._station.brokers()),
        ]

    def link_up(self, link_id: LinkId) -> list[Output]:
        """Repeat what we announced: this broker may not have heard it.

        A forum joined while the link was opening was not among what it was asked for.
        """
        station = self._station
        late = [] if self._bridge.is_on else sorted(filter(self.is_joined, self._late))
        outputs: list[Output] = [Subscribe(link_id, forum_topic(name)) for name in late]
        outputs += [
            self._announcement(channel, link_id)
            for channel in self._channels.values()
            if channel.is_joined and channel.creator == station.node_id
        ]
        return outputs

    def receive(self, passage: Passage, name: str) -> None:
        """Take an announcement in; an empty one takes an earlier one back.

        Raises:
            DecodeError: It is malformed.
            CryptoError: It shows another node's key.
        """
        passage.kind = "announce"
        passage.destination = f"#{name}"
        if not passage.frame.payload:
            self._withdraw(passage, name)
            return
        announcement = decode_announcement(passage.frame.payload)
        passage.source = announcement.creator
        if announcement.name != name:
            passage.drop("wrong-topic", f"it announces #{announcement.name}")
            return
        if self._station.node_id in announcement.via:
            passage.conclude(Verdict.HANDLED, "echo", "we carried it here ourselves")
            return
        if self._is_forged(announcement):
            passage.drop(
                "forged", "announced under a key that is not its creator's", Verdict.REJECTED
            )
            return
        self._take(passage, announcement)

    def _take(self, passage: Passage, announcement: Announcement) -> None:
        old = self._channels.get(announcement.name) or Channel(NETWORK, announcement.name)
        # one dated in the future must not keep all later ones out
        announced_at_ms = min(announcement.ts_ms, passage.now.unix_ms)
        if announced_at_ms < old.announced_at_ms:
            passage.drop("stale", "a newer announcement is known")
            return
        new = replace(
            old,
            description=announcement.description,
            creator=announcement.creator,
            is_public=announcement.is_public,
            announced_at_ms=announced_at_ms,
        )
        if new == old:
            self._carry(passage, announcement)
            return
        if not self._news.take(passage.link_id, passage.now.mono_s):
            passage.drop("rate", "too many new announcements at once")
            return
        self._keep(new)
        passage.outputs.append(ChannelChanged(new))
        self._heard_on.pop(new.name, None)
        self._carry(passage, announcement)

    def _carry(self, passage: Passage, announcement: Announcement) -> None:
        """Take it to where it was not heard yet; it need not be new to us for that."""
        heard_on = self._heard_on.setdefault(announcement.name, set())
        heard_on.add(passage.link_id)
        self._bridge.carry_announcement(passage, announcement, heard_on)

    def _withdraw(self, passage: Passage, name: str) -> None:
        channel = self._channels.get(name)
        passage.conclude(Verdict.HANDLED, "withdrawn", "its announcement was taken back")
        if channel is None or not channel.is_announced:
            return
        channel = replace(channel, description="", creator="", is_public=True, announced_at_ms=0)
        if channel.is_joined:
            self._channels[name] = channel
        else:
            del self._channels[name]
        self._heard_on.pop(name, None)
        passage.outputs.append(ChannelChanged(channel))
        self._bridge.carry_withdrawal(passage, name)

    def _announce(
        self, channel: Channel, description: str, now: Instant
    ) -> tuple[Channel, list[Output]]:
        station = self._station
        channel = replace(
            channel,
            description=description[:MAX_DESCRIPTION_CHARS],
            creator=station.node_id,
            announced_at_ms=now.unix_ms,
        )
        return channel, [self._announcement(channel, link_id) for link_id in station.brokers()]

    def _announcement(self, channel: Channel, link_id: LinkId) -> Transmit:
        announcement = Announcement(
            channel.name,
            channel.description,
            self._station.node_id,
            self._station.public_key,
            channel.announced_at_ms,
            channel.is_public,
        )
        return Transmit(
            link_id,
            encode_announcement(announcement),
            announce_topic(channel.name),
            is_confirmed=True,
            is_retained=True,
            priority=3,
        )

    def _is_forged(self, announcement: Announcement) -> bool:
        if announcement.creator == self._station.node_id:
            return announcement.creator_key != self._station.public_key
        standing = self._peers.standing(announcement.creator, announcement.creator_key)
        return standing is Standing.RIVAL

    def _keep(self, channel: Channel) -> None:
        self._channels.pop(channel.name, None)
        self._channels[channel.name] = channel
        if len(self._channels) <= MAX_ANNOUNCED:
            return
        oldest = next((name for name in self._channels if not self.is_joined(name)), None)
        if oldest is not None:
            del self._channels[oldest]
            self._heard_on.pop(oldest, None)


def _checked(name: str) -> str:
    try:
        return check_forum_name(name)
    except DecodeError as error:
        msg = f"a forum cannot be named {name!r}: {error.detail}"
        raise LocalProtocolError(msg) from error


def _is_name(name: str) -> bool:
    try:
        check_forum_name(name)
    except DecodeError:
        return False
    return True
