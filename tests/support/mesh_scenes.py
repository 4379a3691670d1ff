"""A small town on the fake mesh: eight nodes, routes, two channels, some talk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.model.command import SendText
from meshtui.model.ids import NodeId, channel_conversation
from meshtui.model.message import Channel, NotifyLevel
from meshtui.model.node import Node, NodeMarks, NodeRole, PinState, Position, Route
from meshtui.model.packet import PacketSummary, Verdict
from tests.support.fake_mesh import LINK, ME, NETWORK, FakeMesh

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId
    from meshtui.model.message import Message

ALICE = NodeId("MESH-A7F29E1B")
BOB = NodeId("MESH-B8E30C77")
CAROL = NodeId("MESH-C9F4A001")
DAVE = NodeId("MESH-D1E55D0A")
ERIN = NodeId("MESH-E0D02795")
FRANK = NodeId("MESH-F1A7C0DE")
GRACE = NodeId("MESH-62ACE000")
HEIDI = NodeId("MESH-4E1D1000")
PARIS = channel_conversation(NETWORK, "bitcoin-paris")
WEATHER = channel_conversation(NETWORK, "weather")


def _people(mesh: FakeMesh) -> None:
    now = mesh.now_ms
    rows = (
        (ALICE, "alice", PinState.VERIFIED, 4, 0, Position(48.8566, 2.3522), NodeRole.CLIENT),
        (CAROL, "carol", PinState.FIRST_SEEN, 12, 1, Position(48.8867, 2.3431), NodeRole.CLIENT),
        (DAVE, "dave", PinState.FIRST_SEEN, 30, 0, None, NodeRole.RELAY),
        (ERIN, "Érin 🌲", PinState.FIRST_SEEN, 55, 2, Position(48.8049, 2.1204), NodeRole.CLIENT),
        (BOB, "bob", PinState.FIRST_SEEN, 3600, 2, None, NodeRole.CLIENT),
        (FRANK, "", PinState.NONE, 7200, 3, None, NodeRole.UNKNOWN),
        (GRACE, "grace", PinState.FIRST_SEEN, 86_400, 1, None, NodeRole.SENSOR),
        (HEIDI, "山田 花子", PinState.FIRST_SEEN, 90_000, 4, None, NodeRole.ROOM),
    )
    for node_id, name, pin, ago_s, hops, position, role in rows:
        key = "" if pin is PinState.NONE else "02" + node_id[5:].lower() * 8
        mesh.hear(
            Node(
                network=NETWORK,
                node_id=node_id,
                public_key=key,
                pin=pin,
                name=name,
                role=role,
                position=position,
                is_online=ago_s < 3600,
                last_heard_ms=now - ago_s * 1000,
                hops=hops,
                link_id=LINK,
                caps=frozenset({"ack"}) if key else frozenset(),
            ),
            NodeMarks(is_favourite=node_id == ALICE),
        )


def _routes(mesh: FakeMesh) -> None:
    now = mesh.now_ms
    for node_id, via, ago_s, source in (
        (ALICE, (), 4, "heard"),
        (CAROL, (DAVE,), 12, "acked"),
        (DAVE, (), 30, "heard"),
        (ERIN, (DAVE, CAROL), 55, "claimed"),
        (BOB, (CAROL, DAVE), 3600, "claimed"),
        (FRANK, (DAVE, CAROL, ERIN), 7200, "claimed"),
    ):
        mesh.learn(
            Route(
                NETWORK,
                node_id,
                LINK,
                len(via) + 1,
                via,
                now - ago_s * 1000,
                latency_ms=90 + 60 * len(via),
                source=source,
            )
        )


def _talk(mesh: FakeMesh) -> None:
    mesh.say(ALICE, "Anyone on the hill tonight?", PARIS)
    mesh.now_ms += 60_000
    mesh.say(FRANK, "Yes, repeater is up since noon", PARIS, hops=2, route=(FRANK, DAVE, CAROL))
    mesh.now_ms += 11 * 60_000
    mesh.say(CAROL, "Then I bring the big antenna and the thermos", PARIS, hops=1)
    mesh.say(ERIN, "Chouette ! À tout à l'heure 🌲", PARIS, hops=2)
    mesh.say(ALICE, "Back at nine.", hops=0)


def seeded_mesh() -> FakeMesh:
    """Eight nodes, six routes, two joined channels and an announced one, some talk, all read."""
    mesh = FakeMesh()
    _people(mesh)
    _routes(mesh)
    for name, joined in (("bitcoin-paris", True), ("weather", True), ("repeaters", False)):
        mesh.announce(
            Channel(NETWORK, name, joined, "about " + name, DAVE, announced_at_ms=mesh.now_ms)
        )
        if joined:
            mesh._talk(channel_conversation(NETWORK, name))
    mesh.talks[WEATHER] = replace(mesh.talks[WEATHER], notify=NotifyLevel.MUTE)
    _talk(mesh)
    for conversation, talk in mesh.talks.items():
        orders = [message.order for message in mesh.messages.get(conversation, ())]
        mesh.talks[conversation] = replace(
            talk, unread=0, mentions=0, last_read=max(orders, default=0)
        )
    return mesh


def busy_mesh() -> FakeMesh:
    """The seeded mesh a little later: unread talk, own messages in every state, frames."""
    mesh = seeded_mesh()
    mesh.say(BOB, "@[me]: can you hear my beacon?", PARIS, hops=2)
    mesh.say(CAROL, "I get it through MESH-D1E5, SNR 4 dB", PARIS, hops=1)
    mesh.say(GRACE, "14.2 °C, wind 3 m/s NE, pressure 1013 hPa", WEATHER, hops=1)
    return mesh


async def send(mesh: FakeMesh, conversation: ConversationId, text: str) -> Message:
    """Write a message as the user would and return it as kept."""
    await mesh.submit(SendText(conversation, text, mesh.new_id()))
    return mesh.last_own()


def example_frames(mesh: FakeMesh) -> None:
    """A few frames of every verdict."""
    for verdict, kind, source, destination, hops in (
        (Verdict.DELIVERED, "text", BOB, "#bitcoin-paris", 2),
        (Verdict.HANDLED, "presence", ALICE, "", 0),
        (Verdict.RELAYED, "text", CAROL, str(DAVE), 1),
        (Verdict.DROPPED, "text", ERIN, "#bitcoin-paris", 3),
        (Verdict.UNREADABLE, "text", FRANK, str(ME), 3),
        (Verdict.REJECTED, "?", "", "", None),
    ):
        reason = {Verdict.DROPPED: "seen", Verdict.UNREADABLE: "bad-tag"}.get(verdict, "")
        mesh.frame(
            b'{"v":1,"msgId":"' + str(mesh.now_ms).encode() + b'"}',
            PacketSummary(kind, verdict, source, destination, hops, reason=reason),
            "meshcore/forum/bitcoin-paris",
        )
