"""A simulated node that is a real one: our own session, hub and MQTT link; no disk, no screen."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final, Protocol

from meshtui.errors import MeshtuiError
from meshtui.model.command import JoinChannel, SendText
from meshtui.model.event import ChannelChanged, MessageReceived, NodeHeard
from meshtui.model.ids import (
    ConversationKind,
    LinkId,
    MessageId,
    NetworkName,
    channel_conversation,
    direct_conversation,
    split_conversation,
)
from meshtui.model.link import LinkInfo, LinkKind
from meshtui.model.message import Channel
from meshtui.networks.registry import load_network
from meshtui.runtime.hub import MeshHub
from meshtui.sim.memory import MemoryStore
from meshtui.sim.scenario import NodeKind
from meshtui.transports.base import LinkSpec
from meshtui.transports.registry import load_transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meshtui.model.command import Command
    from meshtui.model.ids import ConversationId, NodeId
    from meshtui.model.node import Node
    from meshtui.networks.base import Session
    from meshtui.runtime.clock import Clock
    from meshtui.sim.scenario import Scenario, SimNode
    from meshtui.transports.base import Transport

JSONMESH: Final = NetworkName("jsonmesh")
HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as a simulated node read it.

    Attributes:
        channel: Where it was said; empty = to the node alone.
        via: Relays it passed, in order.
    """

    message_id: MessageId
    sender: NodeId
    channel: str
    text: str
    via: tuple[NodeId, ...]
    at_ms: int


class Audience(Protocol):
    """Who is told what simulated nodes hear."""

    def heard(self, station: Station, heard: Heard) -> None:
        """A node read a message."""
        ...

    def met(self, station: Station, node: Node) -> None:
        """A node heard of another."""
        ...


class Station(Protocol):
    """A simulated node, whatever it is made of."""

    @property
    def node(self) -> SimNode:
        """What the scenario says of it."""
        ...

    @property
    def node_id(self) -> NodeId:
        """Its id on the network."""
        ...

    async def run(self, audience: Audience) -> None:
        """Live until cancelled."""
        ...

    async def tell(self, peer: NodeId, text: str) -> None:
        """Write to one node; does nothing while that is impossible."""
        ...

    async def say(self, channel: str, text: str) -> None:
        """Write to a forum; does nothing while that is impossible."""
        ...


class HubStation:
    """A node of our own making."""

    def __init__(
        self, scenario: Scenario, node: SimNode, ports: Mapping[str, int], clock: Clock
    ) -> None:
        """Prepare a node; `ports` are those of the brokers, by island."""
        self.node: Final = node
        self._scenario = scenario
        self._ports = ports
        self._clock = clock
        self._random = Random(f"{scenario.seed} {node.name}")  # noqa: S311 - a play, to be repeated
        self._store = MemoryStore()
        # a member from the first moment: what is said while the link opens is heard
        self._store.apply(
            [ChannelChanged(Channel(JSONMESH, name, is_joined=True)) for name in node.forums]
        )
        self._hub: MeshHub | None = None
        self.node_id: Final = self._session().myself.node_id

    async def run(self, audience: Audience) -> None:
        """Live until cancelled, with absences where the scenario says so."""
        if not self.node.away_s:
            await self._live(audience)
        here_s, away_s = self.node.away_s
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(here_s):
                    await self._live(audience)
            await self._clock.sleep(away_s)

    async def tell(self, peer: NodeId, text: str) -> None:
        """Write to one node; does nothing while that is impossible."""
        await self._write(direct_conversation(JSONMESH, peer), text)

    async def say(self, channel: str, text: str) -> None:
        """Write to a forum; does nothing while that is impossible."""
        await self._write(channel_conversation(JSONMESH, channel), text)

    async def _live(self, audience: Audience) -> None:
        links = [self._link(island) for island in self.node.islands]
        session = self._session()
        async with MeshHub(
            {JSONMESH: session}, links, self._store, self._store, self._clock, self._random.random
        ) as hub:
            subscription = hub.subscribe()
            self._hub = hub
            try:
                await self._announce()
                while True:
                    for event in await subscription.next_batch():
                        self._report(event, audience)
            finally:
                self._hub = None

    def _session(self) -> Session:
        position = self.node.position
        options = {
            "name": self.node.name,
            "relay": self.node.kind is NodeKind.RELAY,
            "share_position": True,
            "position": (position.lat, position.lng),
        }
        return load_network(JSONMESH).open_session(
            self._scenario.identity(self.node),
            options,
            self._store.restored(),
            self._store,
            self._random.randbytes,
        )

    def _link(self, island: str) -> tuple[LinkInfo, LinkSpec, Transport]:
        link_id, port = LinkId(island), self._ports[island]
        info = LinkInfo(
            link_id, JSONMESH, LinkKind.BROKER, island, f"jsonmesh+mqtt://{HOST}:{port}"
        )
        return info, LinkSpec(link_id, "mqtt", HOST, port), load_transport("mqtt")

    async def _announce(self) -> None:
        for forum in self._scenario.forums:
            if forum.by == self.node.name:
                await self._submit(JoinChannel(JSONMESH, forum.name, True, forum.description))

    async def _write(self, conversation: ConversationId, text: str) -> None:
        message_id = MessageId(str(uuid.UUID(bytes=self._random.randbytes(16), version=4)))
        await self._submit(SendText(conversation, text, message_id))

    async def _submit(self, command: Command) -> None:
        # an absent node has no hub, and a stranger no key: then nothing is said
        if self._hub is not None:
            with contextlib.suppress(MeshtuiError):
                await self._hub.submit(command)

    def _report(self, event: object, audience: Audience) -> None:
        match event:
            case NodeHeard(node):
                audience.met(self, node)
            case MessageReceived(message):
                _, kind, target = split_conversation(message.conversation)
                channel = target if kind is ConversationKind.CHANNEL else ""
                audience.heard(
                    self,
                    Heard(
                        message.message_id,
                        message.sender,
                        channel,
                        message.text,
                        message.route[1:],
                        message.received_at_ms,
                    ),
                )
            case _:
                pass
