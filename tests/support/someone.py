"""A person with a real session, a real store, real links and a running hub."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import uuid
from typing import TYPE_CHECKING

from meshtui.crypto.keys import Identity
from meshtui.model.command import JoinChannel, SendText
from meshtui.model.event import DeliveryChanged, MessageQueued, MessageReceived, NodeHeard
from meshtui.model.ids import (
    MessageId,
    NetworkName,
    channel_conversation,
    direct_conversation,
)
from meshtui.model.link import LinkInfo, LinkState
from meshtui.networks.registry import load_network
from meshtui.runtime.clock import Clock, SystemClock
from meshtui.runtime.hub import MeshHub
from meshtui.store.database import Database
from meshtui.store.digests import StoredDigests
from meshtui.store.reader import StoreReader
from meshtui.store.writer import StoreWriter
from meshtui.transports.radio import radio_settings
from meshtui.transports.registry import load_transport
from meshtui.transports.url import link_title, parse_link_urls, safe_url
from tests.support.mosquitto import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId, NodeId
    from meshtui.model.message import Delivery, Message

JSONMESH = NetworkName("jsonmesh")


def identity_of(name: str) -> Identity:
    """The same identity for the same name."""
    return Identity(hashlib.sha512(name.encode()).digest())


class Someone:
    """Somebody at a running hub: what they do, and what they see."""

    def __init__(self, hub: MeshHub) -> None:
        self.hub = hub
        self.events: list[Event] = []
        self.deliveries: dict[MessageId, Delivery] = {}
        self._subscription = hub.subscribe()

    @property
    def node_id(self) -> NodeId:
        return self.hub.myself()[0].node_id

    @property
    def received(self) -> list[Message]:
        return [item.message for item in self.events if isinstance(item, MessageReceived)]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.received]

    def state(self, message_id: MessageId) -> str:
        """How far a message of ours has come."""
        delivery = self.deliveries.get(message_id)
        return "" if delivery is None else delivery.state.value

    def has_heard(self, other: Someone) -> bool:
        """Tell whether the other's key is known here."""
        return bool(self.hub.safety_number(JSONMESH, other.node_id))

    def has_heard_of(self, name: str) -> dict[NodeId, bool | None]:
        """Nodes that call themselves so, and whether they are online by their last word."""
        nodes = [event.node for event in self.events if isinstance(event, NodeHeard)]
        return {node.node_id: node.is_online for node in nodes if node.name == name}

    def talk_with(self, other: Someone) -> ConversationId:
        return direct_conversation(JSONMESH, other.node_id)

    async def follow(self) -> None:
        while batch := await self._subscription.next_batch():
            self.events += batch
            for event in batch:
                if isinstance(event, MessageQueued) and event.message.delivery is not None:
                    self.deliveries[event.message.message_id] = event.message.delivery
                elif isinstance(event, DeliveryChanged):
                    self.deliveries[event.message_id] = event.delivery

    async def say(self, to: Someone, text: str) -> MessageId:
        return await self.say_to(to.node_id, text)

    async def say_to(self, node_id: NodeId, text: str) -> MessageId:
        return await self._say(direct_conversation(JSONMESH, node_id), text)

    async def say_in(self, channel: str, text: str) -> MessageId:
        return await self._say(channel_conversation(JSONMESH, channel), text)

    async def join(self, channel: str) -> None:
        await self.hub.submit(JoinChannel(JSONMESH, channel))

    async def is_up(self) -> None:
        await eventually(lambda: all(link.state is LinkState.UP for link in self.hub.links()))

    async def _say(self, conversation: ConversationId, text: str) -> MessageId:
        message_id = MessageId(str(uuid.uuid4()))
        await self.hub.submit(SendText(conversation, text, message_id))
        return message_id


@contextlib.asynccontextmanager
async def someone(
    name: str, home: Path, *urls: str, is_up: bool = True, **options: object
) -> AsyncIterator[Someone]:
    """Start somebody's mesh; what they keep is in `home` and is found there again."""
    async with running_hub(JSONMESH, name, home, urls, SystemClock(), options) as hub:
        person = Someone(hub)
        async with asyncio.TaskGroup() as group:
            follower = group.create_task(person.follow())
            if is_up:
                await person.is_up()
            try:
                yield person
            finally:
                follower.cancel()


@contextlib.asynccontextmanager
async def running_hub(
    network: NetworkName,
    name: str,
    home: Path,
    urls: Sequence[str],
    clock: Clock,
    options: dict[str, object],
) -> AsyncIterator[MeshHub]:
    """Run the hub of somebody on one network, with their store in `home`."""
    database = Database.open(home / f"{name}.db")
    try:
        reader = StoreReader(database)
        family = load_network(network)
        links = []
        for on, spec in parse_link_urls(urls):
            transport = load_transport(spec.scheme)
            radio = radio_settings(spec) if family.paces(transport.kind) else None
            info = LinkInfo(
                spec.link_id, on, transport.kind, link_title(spec), safe_url(on, spec), radio=radio
            )
            links.append((info, spec, transport))
        session = family.open_session(
            identity_of(name),
            {"name": name, **options},
            reader.restored(network, clock.now().unix_ms),
            StoredDigests(database, network),
            secrets.token_bytes,
        )
        async with MeshHub({network: session}, links, StoreWriter(database), reader, clock) as hub:
            yield hub
    finally:
        database.close()


async def introduced(*people: Someone) -> None:
    """Wait until everybody has heard everybody's presence."""
    await eventually(
        lambda: all(a is b or a.has_heard(b) for a in people for b in people), timeout_s=10
    )
