"""A mesh in memory behind `MeshApi`: nodes that answer, deliveries that progress, keys that change.

Time is a counter the test winds (`FakeMesh.now_ms`). Nothing happens by itself: `say`, `hear`,
`deliver`, `fail`, `link`, `raise_security`, `frame` make events, as does `submit`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.errors import LocalProtocolError
from meshtui.model.command import (
    AcceptKey,
    Advertise,
    CancelMessage,
    ForgetRoute,
    JoinChannel,
    LeaveChannel,
    MarkNode,
    MarkRead,
    ResendMessage,
    SendText,
    SetDraft,
    SetNotify,
)
from meshtui.model.event import (
    ChannelChanged,
    ConversationRead,
    DeliveryChanged,
    DraftChanged,
    EventsMissed,
    FrameReceived,
    FrameSent,
    LinkChanged,
    MessageQueued,
    MessageReceived,
    NodeHeard,
    NodeMarked,
    NotifyChanged,
    ReassemblyProgressed,
    RouteChanged,
    RouteForgotten,
    SecurityRaised,
)
from meshtui.model.ids import (
    ConversationId,
    ConversationKind,
    Instant,
    LinkId,
    MessageId,
    NetworkName,
    NodeId,
    channel_conversation,
    channel_title,
    direct_conversation,
    split_conversation,
)
from meshtui.model.link import LinkInfo, LinkKind, LinkState, Myself, RadioSettings
from meshtui.model.message import (
    Channel,
    Conversation,
    Delivery,
    DeliveryState,
    Message,
    Proof,
    SendCost,
)
from meshtui.model.node import (
    NO_MARKS,
    Node,
    NodeMarks,
    PinState,
    Route,
)
from meshtui.model.packet import (
    NO_RX,
    DissectedField,
    Dissection,
    Frame,
    PacketSummary,
    RxMeta,
    Transmit,
    Verdict,
)
from meshtui.runtime.api import MetricRow
from meshtui.runtime.export import write_export
from meshtui.runtime.known_values import known_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from meshtui.model.command import Command
    from meshtui.model.device import Device
    from meshtui.model.event import Event
    from meshtui.model.packet_row import PacketRow
    from meshtui.model.verb import Verb
    from tests.support.fake_publishing import FakePublishing

NETWORK = NetworkName("jsonmesh")
ME = NodeId("MESH-11AA22BB")
LINK = LinkId("mqtt-1")
RADIO = LinkId("ttyUSB0")
START_MS = 1_795_208_400_000  # Friday 20 November 2026, 21:00 UTC


class FakeSubscription:
    """A queue of events; the oldest fall out beyond the limit, and are counted."""

    def __init__(self, limit: int) -> None:
        self._queue: deque[Event] = deque()
        self._limit = limit
        self._missed = 0
        self._has_news = asyncio.Event()
        self.is_closed = False

    def put(self, event: Event) -> None:
        if len(self._queue) >= self._limit:
            self._queue.popleft()
            self._missed += 1
        self._queue.append(event)
        self._has_news.set()

    async def next_batch(self) -> Sequence[Event]:
        await self._has_news.wait()
        self._has_news.clear()
        batch: list[Event] = [EventsMissed(self._missed)] if self._missed else []
        self._missed = 0
        batch.extend(self._queue)
        self._queue.clear()
        return batch

    def close(self) -> None:
        self.is_closed = True


class FakeMesh:
    """`MeshApi` over dictionaries."""

    def __init__(self) -> None:
        self.now_ms = START_MS
        self.me = Myself(NETWORK, ME, "02" + "11" * 32, "me")
        self.link_infos: dict[LinkId, LinkInfo] = {
            LINK: LinkInfo(
                LINK, NETWORK, LinkKind.BROKER, "mqtt", "mqtt://127.0.0.1:1883", LinkState.UP
            )
        }
        self.known: dict[NodeId, tuple[Node, NodeMarks]] = {}
        self.messages: dict[ConversationId, list[Message]] = {}
        self.talks: dict[ConversationId, Conversation] = {}
        self.known_channels: dict[str, Channel] = {}
        self.known_routes: dict[NodeId, Route] = {}
        self.submitted: list[Command] = []
        self.retried: list[LinkId | None] = []
        self.last_said: Message | None = None
        self.dissections: dict[bytes, Dissection] = {}
        self.summaries: dict[bytes, PacketSummary] = {}
        self.other_selves: list[Myself] = []
        self.known_verbs: tuple[Verb, ...] = ()
        self.verbs_of: dict[NetworkName, tuple[Verb, ...]] = {}
        self.known_devices: tuple[Device, ...] = ()
        self.costs: dict[ConversationId, SendCost] = {}
        self.service: FakePublishing | None = None
        self._subscriptions: list[FakeSubscription] = []
        self._order = 0
        self._next_id = 0

    # -- MeshApi -------------------------------------------------------------------------------

    def myself(self) -> Sequence[Myself]:
        return (self.me, *self.other_selves)

    def links(self) -> Sequence[LinkInfo]:
        return tuple(self.link_infos.values())

    async def submit(self, command: Command) -> None:
        self.submitted.append(command)
        match command:
            case SendText():
                self._send(command)
            case ResendMessage(message):
                self._set_delivery(message, Delivery(DeliveryState.SENDING, 1, expects_ack=True))
            case CancelMessage(conversation, message_id):
                self._set_delivery(
                    self._find(conversation, message_id), Delivery(DeliveryState.CANCELLED)
                )
            case JoinChannel(network, name, _, description):
                self._join(network, name, description)
            case LeaveChannel(network, name):
                self.announce(replace(self.known_channels[name], is_joined=False))
                self.talks.pop(channel_conversation(network, name), None)
            case AcceptKey(_, node_id, public_key, is_verified):
                self._accept(node_id, public_key, is_verified)
            case Advertise(_, name, _):
                self.me = replace(self.me, name=name if name is not None else self.me.name)
            case _:
                self._submit_local(command)
        await asyncio.sleep(0)

    def subscribe(self, limit: int = 10_000) -> FakeSubscription:
        subscription = FakeSubscription(limit)
        self._subscriptions.append(subscription)
        return subscription

    def open_links(self) -> None:
        """They are."""

    def retry_links(self, link_id: LinkId | None = None) -> None:
        self.retried.append(link_id)

    async def conversations(self) -> Sequence[Conversation]:
        return sorted(self.talks.values(), key=lambda talk: -talk.last_at_ms)

    async def history(
        self, conversation: ConversationId, before: int | None = None, limit: int = 200
    ) -> Sequence[Message]:
        kept = [
            message
            for message in self.messages.get(conversation, ())
            if (before is None or message.order < before)
            and not self.known.get(message.sender, (None, NO_MARKS))[1].is_blocked
        ]
        return kept[-limit:]

    async def search(
        self, text: str, conversation: ConversationId | None = None, limit: int = 50
    ) -> Sequence[Message]:
        words = text.casefold().split()
        found = [
            message
            for talk, messages in self.messages.items()
            if conversation in (None, talk)
            for message in messages
            if all(word in message.text.casefold() for word in words)
        ]
        return sorted(found, key=lambda message: -message.order)[:limit]

    async def nodes(self) -> Sequence[tuple[Node, NodeMarks]]:
        return sorted(self.known.values(), key=lambda pair: -pair[0].last_heard_ms)

    async def routes(self) -> Sequence[Route]:
        return sorted(self.known_routes.values(), key=lambda route: -route.last_seen_ms)

    async def channels(self) -> Sequence[Channel]:
        return tuple(self.known_channels.values())

    async def metrics(self) -> Sequence[MetricRow]:
        counts = sum(len(messages) for messages in self.messages.values())
        return (
            MetricRow("received", "text", float(counts)),
            MetricRow("sent", "text", 12.0),
            MetricRow("relayed", "ok", 118.0),
            MetricRow("relayed", "failed", 4.0),
            MetricRow("dropped", "seen", 31.0),
            MetricRow("hops", "1", 62.0),
            MetricRow("hops", "2", 24.0),
            MetricRow("hops", "3", 14.0),
            MetricRow("latency_ms", "mean", 140.0),
            MetricRow("latency_ms", "p95", 310.0),
        )

    def summarise(self, network: NetworkName, frame: Frame) -> PacketSummary:
        return self.summaries.get(frame.payload, PacketSummary("unknown", Verdict.HANDLED))

    def known_values(self, field_name: str) -> Sequence[str]:
        return known_values(field_name)

    def verbs(self, network: NetworkName) -> Sequence[Verb]:
        return self.verbs_of.get(network, self.known_verbs)

    def devices(self) -> Sequence[Device]:
        return self.known_devices

    def radios(self) -> Mapping[LinkId, RadioSettings]:
        return {each.link_id: each.radio for each in self.known_devices if each.radio is not None}

    def publishing(self) -> FakePublishing | None:
        return self.service

    async def export(self, folder: Path, rows: Sequence[PacketRow], form: str = "jsonl") -> Path:
        return write_export(folder, rows, self.now_ms, form, self.radios())

    def dissect(self, network: NetworkName, frame: Frame) -> Dissection:
        known = self.dissections.get(frame.payload)
        if known is not None:
            return known
        size = len(frame.payload)
        return Dissection(
            network,
            f"{size} bytes",
            (
                DissectedField(
                    "envelope",
                    f"{size} bytes",
                    0,
                    size,
                    children=(DissectedField("v", "1", 0, min(1, size), "version"),),
                ),
            ),
        )

    def cost(self, conversation: ConversationId, text: str) -> SendCost | None:
        return self.costs.get(conversation)

    def safety_number(self, network: NetworkName, node_id: NodeId, public_key: str = "") -> str:
        node = self.known.get(node_id)
        if node is None or not node[0].public_key:
            return ""
        asked = public_key or node[0].rival_key or node[0].public_key
        start = int("".join(sign for sign in asked if sign in "0123456789abcdef")[2:6] or "0", 16)
        return " ".join(f"{(start + 1111 * index) % 100_000:05d}" for index in range(12))

    # -- what tests make happen ----------------------------------------------------------------

    def emit(self, event: Event) -> None:
        """Hand an event to every subscriber."""
        for subscription in self._subscriptions:
            subscription.put(event)

    def at(self) -> Instant:
        """The moment on the wound clock."""
        return Instant(self.now_ms / 1000, self.now_ms)

    def hear(self, node: Node, marks: NodeMarks | None = None) -> Node:
        """A node was heard, or changed."""
        known = self.known.get(node.node_id)
        self.known[node.node_id] = (node, marks or (known[1] if known else NO_MARKS))
        self.emit(NodeHeard(node))
        return node

    def announce(self, channel: Channel) -> None:
        """A channel was announced, joined or left."""
        self.known_channels[channel.name] = channel
        self.emit(ChannelChanged(channel))

    def learn(self, route: Route) -> None:
        """A route was learned."""
        self.known_routes[route.node_id] = route
        self.emit(RouteChanged(route))

    def say(
        self,
        sender: NodeId,
        text: str,
        conversation: ConversationId | None = None,
        **more: object,
    ) -> Message:
        """Somebody writes, directly or in a conversation; the clock goes on by a second."""
        self.now_ms += 1000
        conversation = conversation or direct_conversation(NETWORK, sender)
        is_direct = split_conversation(conversation)[1] is ConversationKind.DIRECT
        fields: dict[str, object] = {
            "kind": "text",
            "sent_at_ms": self.now_ms - 120,
            "proof": Proof.PINNED if is_direct else Proof.SENDER_UNPROVEN,
            "hops": 0,
            "link_id": LINK,
            "mentions_me": "@[me]" in text,
        }
        fields.update(more)
        message = Message(
            message_id=self.new_id(),
            conversation=conversation,
            sender=sender,
            text=text,
            received_at_ms=self.now_ms,
            order=self._new_order(),
            **fields,  # type: ignore[arg-type]
        )
        self._keep(message)
        self.last_said = message
        talk = self._talk(conversation)
        self.talks[conversation] = replace(
            talk,
            unread=talk.unread + 1,
            mentions=talk.mentions + self._is_mention(message),
            last_at_ms=self.now_ms,
        )
        self.emit(MessageReceived(message))
        return message

    def progress(self, message: Message, state: DeliveryState, **more: object) -> None:
        """A message of ours comes further: `rtt_ms`, `reason`, `repeats`, `attempt`."""
        fields: dict[str, object] = {"attempt": 1, "expects_ack": True}
        fields.update(more)
        self._set_delivery(message, Delivery(state, **fields))  # type: ignore[arg-type]

    def link(self, state: LinkState, reason: str = "", link_id: LinkId = LINK) -> None:
        """A link changes."""
        info = replace(self.link_infos[link_id], state=state, reason=reason)
        self.link_infos[link_id] = info
        self.emit(LinkChanged(info, self.at()))

    def change_key(self, node_id: NodeId, rival_key: str) -> None:
        """Another key claims a node's id."""
        node = replace(self._node(node_id), pin=PinState.CHANGED, rival_key=rival_key)
        self.hear(node)
        self.emit(
            SecurityRaised(
                NETWORK, "key-changed", node_id, f"{node_id} shows another key", self.at()
            )
        )

    def frame(
        self,
        payload: bytes,
        summary: PacketSummary,
        endpoint: str = "",
        rx: RxMeta = NO_RX,
        link_id: LinkId = LINK,
    ) -> Frame:
        """A link delivers a frame."""
        self.now_ms += 113
        frame = Frame(link_id, payload, self.at(), rx, endpoint=endpoint)
        self.emit(FrameReceived(NETWORK, frame, summary))
        return frame

    def sent_frame(self, payload: bytes, summary: PacketSummary, endpoint: str = "") -> None:
        """A link takes a frame of ours."""
        self.emit(FrameSent(NETWORK, Transmit(LINK, payload, endpoint), self.at(), summary))

    def chunk(
        self, have: int, total: int, chunk_id: str = "c1", source: str = "", reason: str = ""
    ) -> None:
        """A chunk of a longer message came by radio, or it was given up."""
        self.emit(
            ReassemblyProgressed(NETWORK, LINK, chunk_id, source, have, total, self.at(), reason)
        )

    def add_radio(self, link_id: LinkId = RADIO) -> LinkInfo:
        """A LoRa gateway on a serial port is connected."""
        url, kind = "jsonmesh+serial:///dev/ttyUSB0", LinkKind.STREAM
        info = LinkInfo(link_id, NETWORK, kind, "ttyUSB0", url, LinkState.UP, radio=RadioSettings())
        self.link_infos[link_id] = info
        self.emit(LinkChanged(info, self.at()))
        return info

    def new_id(self) -> MessageId:
        """A fresh message id."""
        self._next_id += 1
        return MessageId(f"00000000-0000-4000-8000-{self._next_id:012d}")

    def last_own(self) -> Message:
        """The newest message of ours."""
        own = [message for talk in self.messages.values() for message in talk if message.is_own]
        return max(own, key=lambda message: message.order)

    # -- within ----------------------------------------------------------------------------------

    def _submit_local(self, command: Command) -> None:
        match command:
            case ForgetRoute(network, node_id):
                self.known_routes.pop(node_id, None)
                self.emit(RouteForgotten(network, node_id))
            case MarkNode(network, node_id, marks):
                self.known[node_id] = (self._node(node_id), marks)
                self.emit(NodeMarked(network, node_id, marks))
            case MarkRead(conversation, order):
                talk = self._talk(conversation)
                unread = [
                    message
                    for message in self.messages.get(conversation, ())
                    if message.order > order and not message.is_own
                ]
                self.talks[conversation] = replace(
                    talk,
                    last_read=max(order, talk.last_read),
                    unread=len(unread),
                    mentions=sum(self._is_mention(message) for message in unread),
                )
                self.emit(ConversationRead(conversation, order))
            case SetDraft(conversation, draft):
                self.talks[conversation] = replace(self._talk(conversation), draft=draft)
                self.emit(DraftChanged(conversation, draft))
            case SetNotify(conversation, notify):
                self.talks[conversation] = replace(self._talk(conversation), notify=notify)
                self.emit(NotifyChanged(conversation, notify))

    def _new_order(self) -> int:
        self._order += 1
        return self._order

    def _node(self, node_id: NodeId) -> Node:
        known = self.known.get(node_id)
        return known[0] if known else Node(NETWORK, node_id)

    def _is_mention(self, message: Message) -> bool:
        kind = split_conversation(message.conversation)[1]
        return message.mentions_me or kind is ConversationKind.DIRECT

    def _talk(self, conversation: ConversationId) -> Conversation:
        talk = self.talks.get(conversation)
        if talk is None:
            network, kind, target = split_conversation(conversation)
            name = self._node(NodeId(target)).name or target
            is_channel = kind is ConversationKind.CHANNEL
            title = channel_title(network, target) if is_channel else name
            talk = Conversation(conversation, network, kind, title)
            self.talks[conversation] = talk
        return talk

    def _keep(self, message: Message) -> None:
        self.messages.setdefault(message.conversation, []).append(message)

    def _find(self, conversation: ConversationId, message_id: MessageId) -> Message:
        for message in self.messages[conversation]:
            if message.message_id == message_id:
                return message
        msg = "no such message"
        raise LocalProtocolError(msg)

    def _send(self, command: SendText) -> None:
        _, kind, target = split_conversation(command.conversation)
        is_direct = kind is ConversationKind.DIRECT
        if is_direct and not self._node(NodeId(target)).public_key:
            msg = f"{target} has not shown its key yet; wait until it is heard"
            raise LocalProtocolError(msg)
        delivery = Delivery(DeliveryState.QUEUED, expects_ack=is_direct)
        self.now_ms += 1000
        message = Message(
            message_id=command.message_id,
            conversation=command.conversation,
            sender=ME,
            kind="text",
            text=command.text,
            received_at_ms=self.now_ms,
            sent_at_ms=self.now_ms,
            proof=Proof.OWN,
            delivery=delivery,
            order=self._new_order(),
        )
        self._keep(message)
        talk = self._talk(command.conversation)
        self.talks[command.conversation] = replace(talk, last_at_ms=self.now_ms, draft="")
        self.emit(MessageQueued(message))

    def _set_delivery(self, message: Message, delivery: Delivery) -> None:
        kept = self.messages[message.conversation]
        for index, other in enumerate(kept):
            if other.message_id == message.message_id:
                kept[index] = replace(other, delivery=delivery)
        self.emit(DeliveryChanged(message.message_id, message.conversation, delivery, self.at()))

    def _join(self, network: NetworkName, name: str, description: str) -> None:
        known = self.known_channels.get(name) or Channel(network, name, description=description)
        self._talk(channel_conversation(network, name))
        self.announce(replace(known, is_joined=True))

    def _accept(self, node_id: NodeId, public_key: str, is_verified: bool) -> None:
        pin = PinState.VERIFIED if is_verified else PinState.FIRST_SEEN
        node = replace(self._node(node_id), public_key=public_key, rival_key="", pin=pin)
        self.hear(node)
