"""The hub: one consumer that takes what happens, in order, and carries out what follows.

Inputs are taken in slices. For each slice the sessions say what follows; then its events go to
the store in one transaction; only then are they shown, are transmissions handed to the links,
and are frames confirmed to the brokers. So what a person sees or a peer hears confirmed is on disk.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from meshtui.errors import LocalProtocolError
from meshtui.model.event import LinkChanged
from meshtui.model.ids import split_conversation
from meshtui.runtime.bus import Bus
from meshtui.runtime.committer import Committer
from meshtui.runtime.inbox import Asked, Farewell, Inbox
from meshtui.runtime.known_values import known_values
from meshtui.runtime.link_runner import LinkRunner
from meshtui.runtime.slices import Slicer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from meshtui.model.command import Command
    from meshtui.model.device import Device
    from meshtui.model.ids import ConversationId, LinkId, NetworkName, NodeId
    from meshtui.model.link import LinkInfo, LinkSetup, Myself, RadioSettings
    from meshtui.model.message import Channel, Conversation, Message, SendCost
    from meshtui.model.metric import MetricRow
    from meshtui.model.node import Node, NodeMarks, Route
    from meshtui.model.packet import Dissection, Frame, PacketSummary
    from meshtui.model.packet_row import PacketRow
    from meshtui.model.verb import Verb
    from meshtui.networks.base import Session
    from meshtui.runtime.api import PublishingApi, Subscription
    from meshtui.runtime.clock import Clock
    from meshtui.runtime.inbox import Input
    from meshtui.runtime.keeping import Reader, Writer
    from meshtui.transports.base import LinkSpec, Transport

P = ParamSpec("P")
T = TypeVar("T")

# A command finds its turn among at most so many inputs of links.
INBOX_LIMIT = 2_000
FAREWELL_TIMEOUT_S = 2.0
# The store's thread lets go of the interpreter at each statement: with Python's 5 ms, it and the
# loop would wait for each other that long, again and again.
SWITCH_S = 0.0005

_log = logging.getLogger(__name__)


class MeshHub:
    """The running mesh: `async with hub:` opens the links, leaving it says goodbye."""

    def __init__(
        self,
        sessions: Mapping[NetworkName, Session],
        links: Sequence[tuple[LinkInfo, LinkSpec, Transport]],
        writer: Writer,
        reader: Reader,
        clock: Clock,
        chance: Callable[[], float] = random.random,
        *,
        opens_links: bool = True,
    ) -> None:
        """Own these parts; nothing runs yet.

        Args:
            opens_links: At once; else they wait for `open_links`.
            chance: Returns a number from 0 up to 1; spreads reconnects.
        """
        self._sessions = sessions
        self._reader = reader
        self._clock = clock
        self._bus = Bus()
        self._inbox = Inbox(INBOX_LIMIT)
        self._runners: dict[LinkId, LinkRunner] = {
            info.link_id: LinkRunner(info, spec, transport, self, clock, chance)
            for info, spec, transport in links
        }
        networks = {info.link_id: info.network for info, _, _ in links}
        self._slicer = Slicer(sessions, networks, self._inbox, clock)
        self._write_pool = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._read_pool = ThreadPoolExecutor(1, thread_name_prefix="store-read")
        self._committer = Committer(
            writer, self._write_pool, self._bus, self._runners, self._inbox, clock
        )
        self._group = asyncio.TaskGroup()
        self._consumer: asyncio.Task[None]
        self._running: list[asyncio.Task[None]] = []
        self._opens_links = opens_links
        self._is_open = False
        self._publishing: PublishingApi | None = None

    async def __aenter__(self) -> Self:
        """Start the consumer and, unless they are to wait, open the links."""
        sys.setswitchinterval(SWITCH_S)
        await self._group.__aenter__()
        self._is_open = True
        self._consumer = self._group.create_task(self._consume(), name="hub")
        if self._opens_links:
            self.open_links()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Say goodbye, send what waits (two seconds at most), close links and store."""
        try:
            if not (self._consumer.done() or self._consumer.cancelling()):
                await self._say_goodbye()
        finally:
            self._is_open = False
            self._inbox.ready.set()
            for task in self._running:
                task.cancel()
            # Without the body's own error: it is the caller's, not one of our tasks'.
            await self._group.__aexit__(None, None, None)
            self._bus.close()
            self._write_pool.shutdown(wait=False)
            self._read_pool.shutdown(wait=False, cancel_futures=True)

    async def run(self) -> None:
        """Live until cancelled."""
        async with self:
            await asyncio.get_running_loop().create_future()

    # --- what front ends ask (see `MeshApi`) ---

    def myself(self) -> Sequence[Myself]:
        """Who we are, one a network."""
        return [session.myself for session in self._sessions.values()]

    def links(self) -> Sequence[LinkInfo]:
        """The configured links as they stand."""
        return [runner.info for runner in self._runners.values()]

    async def submit(self, command: Command) -> None:
        """Carry out a request; on return its first events are on disk.

        Raises:
            LocalProtocolError: It cannot be done; the text says why and what to do.
            NotKeptYetError: It was taken, and is carried out once the store writes again.
            StoreError: It could not be kept, and is not carried out.
        """
        if not self._is_open:
            msg = "the mesh is closed"
            raise LocalProtocolError(msg)
        if self._committer.failure is not None:
            raise self._committer.failure
        reply: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Not subject to the limit: a flood on the links must not lock the user out.
        self._inbox.put_now([Asked(command, reply)])
        await reply

    def subscribe(self, limit: int = 10_000) -> Subscription:
        """Follow events from now on, at most `limit` unread."""
        return self._bus.subscribe(limit)

    def open_links(self) -> None:
        """Open the links, unless they are open."""
        if self._is_open and not self._running:
            self._running = [
                self._group.create_task(runner.run(), name=f"link {link_id}")
                for link_id, runner in self._runners.items()
            ]

    def retry_links(self, link_id: LinkId | None = None) -> None:
        """Try a link that is down now instead of later; None = all such."""
        for runner in self._runners.values():
            if link_id in (None, runner.info.link_id):
                runner.retry()

    async def conversations(self) -> Sequence[Conversation]:
        """All conversations with their unread counts, newest first."""
        return await self._ask(self._reader.conversations)

    async def history(
        self, conversation: ConversationId, before: int | None = None, limit: int = 200
    ) -> Sequence[Message]:
        """Messages of a conversation in arrival order, the last `limit` before order `before`."""
        return await self._ask(self._reader.history, conversation, before, limit)

    async def search(
        self, text: str, conversation: ConversationId | None = None, limit: int = 50
    ) -> Sequence[Message]:
        """Messages that hold all words of `text`, newest first."""
        return await self._ask(self._reader.search, text, conversation, limit)

    async def nodes(self) -> Sequence[tuple[Node, NodeMarks]]:
        """Every known node, last heard first."""
        return await self._ask(self._reader.nodes)

    async def routes(self) -> Sequence[Route]:
        """The routing table, newest first."""
        return await self._ask(self._reader.routes)

    async def channels(self) -> Sequence[Channel]:
        """Joined and announced channels."""
        return await self._ask(self._reader.channels)

    async def metrics(self) -> Sequence[MetricRow]:
        """Counters since the profile was made."""
        return await self._ask(self._reader.metrics)

    async def export(self, folder: Path, rows: Sequence[PacketRow], form: str = "jsonl") -> Path:
        """Write packets to a new file in `folder`."""
        from meshtui.runtime.export import write_export

        now_ms = self._clock.now().unix_ms
        return await asyncio.to_thread(write_export, folder, rows, now_ms, form, self.radios())

    def dissect(self, network: NetworkName, frame: Frame) -> Dissection:
        """Take a frame apart with the keys at hand."""
        return self._sessions[network].dissect(frame)

    def summarise(self, network: NetworkName, frame: Frame) -> PacketSummary:
        """Say in one line what a frame is, with the keys at hand now."""
        return self._sessions[network].summarise(frame)

    def known_values(self, field_name: str) -> Sequence[str]:
        """What a field of a filter may hold as far as our networks know."""
        return known_values(field_name)

    def verbs(self, network: NetworkName) -> Sequence[Verb]:
        """What an `Ask` can name on a network; nothing where it is not set up."""
        session = self._sessions.get(network)
        return session.verbs() if session else ()

    def devices(self) -> Sequence[Device]:
        """The radios of ours that said something of themselves, as they stand."""
        return [device for session in self._sessions.values() for device in session.devices()]

    def radios(self) -> Mapping[LinkId, RadioSettings]:
        """How the radios behind our links are set: as they say, else as they shall be."""
        radios = {link.link_id: link.radio for link in self.links() if link.radio is not None}
        told = {each.link_id: each.radio for each in self.devices() if each.radio is not None}
        return radios | told

    def publishing(self) -> PublishingApi | None:
        """The packet capture service; None = it is not set up."""
        return self._publishing

    def publish_by(self, service: PublishingApi) -> None:
        """Let front ends find the service that publishes what is heard here."""
        self._publishing = service

    def cost(self, conversation: ConversationId, text: str) -> SendCost | None:
        """Say what sending this text by radio would take; None where no radio would carry it."""
        session = self._sessions.get(split_conversation(conversation)[0])
        return session.cost(conversation, text, self._clock.now()) if session else None

    def safety_number(self, network: NetworkName, node_id: NodeId, public_key: str = "") -> str:
        """60 digits both sides can compare by voice; empty without a key."""
        return self._sessions[network].safety_number(node_id, public_key)

    # --- what links need (see `LinkPort`) ---

    def setup(self, link: LinkInfo) -> LinkSetup:
        """Say what the link needs before it opens."""
        return self._sessions[link.network].setup(link, self._clock.now())

    def report(self, link: LinkInfo) -> None:
        """Show where the link stands, at once: never look connected when we are not."""
        self._bus.publish([LinkChanged(link, self._clock.now())])

    async def put(self, inputs: Sequence[Input]) -> None:
        """Take what happened, in order; waits while there is too much."""
        await self._inbox.put(inputs)

    # --- the one consumer ---

    async def _consume(self) -> None:
        while self._is_open or self._inbox:
            if not self._inbox:
                await self._clock.wait(self._inbox.ready, self._slicer.next_deadline_s)
                if not self._is_open and not self._inbox:
                    return
            await self._committer.commit(self._slicer.run())

    async def _ask(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._read_pool, lambda: question(*args, **kwargs))

    async def _say_goodbye(self) -> None:
        reply: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.put_now([Farewell(reply)])
        self._committer.give_up_on_failure()
        try:
            async with asyncio.timeout(FAREWELL_TIMEOUT_S):
                await reply
        except TimeoutError:
            _log.warning("no time for last words")
        await asyncio.gather(*(runner.stop() for runner in self._runners.values()))
        if self._running:
            await asyncio.wait(self._running, timeout=FAREWELL_TIMEOUT_S)
