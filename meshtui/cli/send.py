"""`meshtui send`: one message, and what became of it."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.cli.addressing import (
    MESHCORE,
    find_nodes,
    join_request,
    known_address,
    me_on,
    networks_of,
    one_of,
)
from meshtui.cli.arguments import seconds
from meshtui.cli.output import Exit, Output
from meshtui.cli.profile import load_profile
from meshtui.cli.rows import delivery_row
from meshtui.cli.terminal import require_input
from meshtui.errors import ConfigError, LocalProtocolError, TransportError
from meshtui.model.command import CancelMessage, SendText
from meshtui.model.event import DeliveryChanged, MessageQueued, NodeHeard
from meshtui.model.ids import (
    ConversationId,
    ConversationKind,
    MessageId,
    NodeId,
    channel_conversation,
    direct_conversation,
    split_conversation,
)
from meshtui.model.message import Delivery, DeliveryState
from meshtui.model.text import clean

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from meshtui.cli.mesh import Follower
    from meshtui.model.command import JoinChannel
    from meshtui.model.event import Event
    from meshtui.model.ids import NetworkName
    from meshtui.model.node import Node
    from meshtui.runtime.api import MeshApi

DEFAULT_TIMEOUT_S = 30.0
MAX_STDIN_CHARS = 1_000_000  # far more than a message can be: the network says how much too much
_SENT = frozenset({DeliveryState.SENT, DeliveryState.RELAYED})
_QUEUED = Delivery(DeliveryState.QUEUED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument(
        "--to", metavar="NODEID", help="to one node; of MeshCore also by its name or first digits"
    )
    target.add_argument("--forum", metavar="NAME", help="to a channel of the JSON mesh")
    target.add_argument(
        "--channel",
        metavar="NAME[=KEYHEX]",
        help="to a MeshCore channel, joining it where need be; without MeshCore, as --forum. "
        "@FILE in the place of KEYHEX reads it from a file",
    )
    parser.add_argument("text", metavar="TEXT", help="the message; - reads it from stdin")
    parser.add_argument(
        "--wait",
        choices=("sent", "delivered"),
        help="sent: the link took it; delivered: the recipient acknowledged it. "
        "Default: delivered where the recipient acknowledges, else sent",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=DEFAULT_TIMEOUT_S,
        metavar="S",
        help=f"give up after so many seconds; default {DEFAULT_TIMEOUT_S:.0f}",
    )


def run(args: argparse.Namespace) -> int:
    """Send it."""
    from meshtui.cli.mesh import Follower, run_mesh
    from meshtui.runtime.bootstrap import configured_links

    output = Output(as_json=args.json)
    profile = load_profile(args, output=output)
    configured_links(profile.config)  # a wrong link is the reason for what a node's id is not
    errand = _errand(args, networks_of(profile.config.links))

    async def work(hub: MeshApi) -> int:
        follower = Follower(hub, args.timeout)
        return await _carry_out(hub, follower, errand, output)

    return run_mesh(profile, work, is_verbose=args.verbose)


@dataclass(frozen=True, slots=True)
class _Errand:
    """What is to be done.

    Attributes:
        conversation: Empty until the recipient, `wanted` by name, is looked up.
        goal: What ends the wait with success; None = the best the recipient can do.
        joins: The channel must be joined before it can be written to.
        typed: How that channel was named.
    """

    conversation: ConversationId
    text: str
    message_id: MessageId
    goal: DeliveryState | None
    wanted: str = ""
    joins: JoinChannel | None = None
    typed: str = ""

    @property
    def peer(self) -> NodeId | None:
        """The recipient; None for a channel."""
        _, kind, target = split_conversation(self.conversation)
        return NodeId(target) if kind is ConversationKind.DIRECT else None

    def verdict(self, delivery: Delivery) -> Exit | None:
        """Say how the errand ended, or None while there is something to wait for."""
        if delivery.state is DeliveryState.DELIVERED:
            return Exit.DONE
        if delivery.state.is_final:
            return Exit.FAILED
        if delivery.state not in _SENT:
            return None
        if self.goal is DeliveryState.DELIVERED:
            return None if delivery.expects_ack else Exit.FAILED
        is_enough = self.goal is DeliveryState.SENT or not delivery.expects_ack
        return Exit.DONE if is_enough else None


def _errand(args: argparse.Namespace, networks: Sequence[NetworkName]) -> _Errand:
    name = args.forum if args.channel is None else args.channel
    conversation, wanted, joins = ConversationId(""), "", None
    if args.to is not None:
        address = known_address(args.to, networks)
        if address is None:
            wanted = args.to
        else:
            conversation = direct_conversation(*address)
    elif name and args.wait != "delivered":
        request = join_request(name, networks, is_forum=args.channel is None)
        joins = request if request.network == MESHCORE else None
        conversation = channel_conversation(request.network, request.name)
    else:
        msg = (
            "--wait delivered: nobody acknowledges a message to a channel; use --wait sent"
            if name
            else "--forum: a channel has a name"
        )
        raise ConfigError(msg)
    return _Errand(
        conversation=conversation,
        text=_text(args.text),
        message_id=MessageId(str(uuid.uuid4())),
        goal=DeliveryState(args.wait) if args.wait else None,
        wanted=wanted,
        joins=joins,
        typed=(name or "").strip(' "'),
    )


def _text(text: str) -> str:
    if text != "-":
        return text
    require_input()
    return sys.stdin.read(MAX_STDIN_CHARS).rstrip("\n")


async def _carry_out(hub: MeshApi, follower: Follower, errand: _Errand, output: Output) -> int:
    import asyncio

    from meshtui.cli.mesh import telling, wait_for_link

    try:
        await wait_for_link(hub, follower)
    except TransportError as error:
        return _report(output, errand, Exit.NO_CONNECTION, _failed(str(error)))
    if errand.wanted:
        node = await await_node(hub, follower, errand.wanted, MESHCORE, output)
        if node is None:
            reason = f"no node called {clean(errand.wanted, limit=80)} was heard in time"
            return _report(output, errand, Exit.TIMED_OUT, _failed(reason))
        found = direct_conversation(node.network, node.node_id)
        errand = dataclasses.replace(errand, conversation=found)
    if errand.joins is not None:
        conversation = await _join(hub, errand.joins, errand.typed)
        errand = dataclasses.replace(errand, conversation=conversation)
    with telling(output, f"nothing was heard of {errand.peer} yet; waiting for its key"):
        is_known = await _knows_recipient(hub, follower, errand)
    if not is_known:
        reason = f"nothing was heard of {errand.peer} in time, so its key is not known"
        return _report(output, errand, Exit.TIMED_OUT, _failed(reason))
    await hub.submit(SendText(errand.conversation, errand.text, errand.message_id))
    delivery = _QUEUED
    try:
        while (event := await follower.next()) is not None:
            delivery = _delivery_in(event, errand.message_id) or delivery
            verdict = errand.verdict(delivery)
            if verdict is not None:
                return _report(output, errand, verdict, delivery)
    except asyncio.CancelledError:
        await _give_up(hub, errand)
        raise
    await _give_up(hub, errand)
    return _report(output, errand, Exit.TIMED_OUT, delivery)


async def _join(hub: MeshApi, request: JoinChannel, typed: str) -> ConversationId:
    """Join a channel, unless we are in it; who types the name of a chat there is means that."""
    chats = {each.conversation_id for each in await hub.conversations()}
    if request.secret is None and channel_conversation(request.network, typed) in chats:
        request = dataclasses.replace(request, name=typed)
    joined = {(each.network, each.name) for each in await hub.channels() if each.is_joined}
    if request.secret is not None or (request.network, request.name) not in joined:
        await hub.submit(request)
    return channel_conversation(request.network, request.name)


async def await_node(
    hub: MeshApi, follower: Follower, typed: str, network: NetworkName, output: Output
) -> Node | None:
    """Wait until a node that is called so is known: a radio tells its contacts once it is up.

    Raises:
        LocalProtocolError: Several are called so.
    """
    from meshtui.cli.mesh import telling

    known = {node.node_id: node for node, _ in await hub.nodes()}
    node = one_of(typed, find_nodes(typed, known.values(), network))
    with telling(output, f"no node called {clean(typed, limit=80)} is known yet; listening for it"):
        while node is None and (event := await follower.next()) is not None:
            if isinstance(event, NodeHeard):
                node = one_of(typed, find_nodes(typed, [event.node], network))
    return node


async def _give_up(hub: MeshApi, errand: _Errand) -> None:
    """What has not arrived by now shall not arrive at some later start of the client."""
    with contextlib.suppress(LocalProtocolError):  # it came to an end this very moment
        await hub.submit(CancelMessage(errand.conversation, errand.message_id))


async def _knows_recipient(hub: MeshApi, follower: Follower, errand: _Errand) -> bool:
    """Wait until the recipient's key is known; its presence may come a moment after the link."""
    network = split_conversation(errand.conversation)[0]
    if errand.peer is None or errand.peer == me_on(network, hub.myself()):
        return True
    if network == MESHCORE:
        return True  # there an id is the key
    if any(node.node_id == errand.peer and node.public_key for node, _ in await hub.nodes()):
        return True
    while (event := await follower.next()) is not None:
        heard = event.node if isinstance(event, NodeHeard) else None
        if heard is not None and heard.node_id == errand.peer and heard.public_key:
            return True
    return False


def _delivery_in(event: Event, message_id: MessageId) -> Delivery | None:
    if isinstance(event, DeliveryChanged) and event.message_id == message_id:
        return event.delivery
    if isinstance(event, MessageQueued) and event.message.message_id == message_id:
        return event.message.delivery
    return None


def _failed(reason: str) -> Delivery:
    return Delivery(DeliveryState.FAILED, reason=reason)


def _report(output: Output, errand: _Errand, code: Exit, delivery: Delivery) -> int:
    row = delivery_row(errand.message_id, delivery)
    if code is Exit.FAILED and delivery.state in _SENT and not delivery.expects_ack:
        row["reason"] = "the recipient does not acknowledge; it may have arrived"
    elif code is Exit.TIMED_OUT and not delivery.reason:
        row["reason"] = "no answer in time; it will not be sent again"
    told = [str(row["state"])]
    if delivery.rtt_ms is not None:
        told.append(f"in {delivery.rtt_ms} ms")
    if delivery.attempt > 1:
        told.append(f"after {delivery.attempt} attempts")
    reason = f": {row['reason']}" if row["reason"] else ""
    output.row(row, lambda: clean(" ".join(told) + reason))
    return code
