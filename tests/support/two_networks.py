"""The small town, and a MeshCore radio beside it: a repeater, a room, a friend, a sensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.device import Device
from meshtui.model.ids import LinkId, NetworkName, NodeId, channel_conversation, direct_conversation
from meshtui.model.link import LinkInfo, LinkKind, LinkState, Myself, RadioSettings
from meshtui.model.message import Channel, Proof
from meshtui.model.node import Node, NodeRole, PinState, Position, Route
from meshtui.model.secret import SecretBytes
from meshtui.model.verb import Verb, VerbTarget
from tests.support.mesh_scenes import seeded_mesh

if TYPE_CHECKING:
    from tests.support.fake_mesh import FakeMesh

MESHCORE = NetworkName("meshcore")
USB = LinkId("ttyACM0")
RADIO_ID = NodeId("a1" + "11" * 31)
RIDGE = NodeId("7e7662" + "0a" * 29)
RELAY_66 = NodeId("66aa" + "0b" * 30)
OTHER_66 = NodeId("66bb" + "0c" * 30)
ROOM = NodeId("c0ffee" + "0d" * 29)
DORA = NodeId("d0a7" + "0e" * 30)
PUBLIC = channel_conversation(MESHCORE, "Public")
TEST = channel_conversation(MESHCORE, "#test")
WITH_ROOM = direct_conversation(MESHCORE, ROOM)

TRACE = Verb("trace", "Trace the way", "Hop by hop, there and back.", VerbTarget.NODE, "PATH", True)
LOGIN = Verb(
    "login", "Log in", "With its password.", VerbTarget.NODE, "password", True, True,
    frozenset({NodeRole.RELAY, NodeRole.ROOM}),
)  # fmt: skip
STATUS = Verb("status", "Status", "Battery, queues, air time.", VerbTarget.NODE)
SET_NAME = Verb("set-name", "Name the radio", "What it is called.", VerbTarget.RADIO, "NAME")
REBOOT = Verb(
    "reboot", "Restart the radio", "It is gone for some seconds.", VerbTarget.RADIO,
    is_dangerous=True,
)  # fmt: skip
CLEANUP = Verb(
    "contacts-cleanup", "Clean up contacts", "Forgets the longest unheard.", VerbTarget.RADIO
)
CARD = Verb("export", "Contact card", "Shows its card.", VerbTarget.NODE)
OWN_CARD = Verb("export", "Own contact card", "Shows ours.", VerbTarget.RADIO)
IMPORT = Verb("import", "Import a card", "Adds a contact.", VerbTarget.RADIO, "CARD")
VERBS = (CARD, OWN_CARD, IMPORT, TRACE, LOGIN, STATUS, SET_NAME, REBOOT, CLEANUP)

DEVICE = Device(
    MESHCORE,
    USB,
    RADIO_ID,
    "Hill radio",
    "Heltec V3",
    "v1.17.1 (Build: 14 Aug 2026)",
    RadioSettings(8, 62.5, 8, frequency_mhz=869.618, power_dbm=22),
    None,
    -95,
    340,
    350,
    40,
    4012,
    (("noise floor", "-117 dBm"),),
)


def two_networks() -> FakeMesh:
    """The town's mesh, and MeshCore with two chats: a channel and a room."""
    mesh = seeded_mesh()
    mesh.other_selves.append(Myself(MESHCORE, RADIO_ID, RADIO_ID, "Hill radio"))
    mesh.verbs_of = {MESHCORE: VERBS, mesh.me.network: ()}
    mesh.known_devices = (DEVICE,)
    mesh.link_infos[USB] = LinkInfo(
        USB, MESHCORE, LinkKind.STREAM, "ttyACM0", "meshcore+serial:///dev/ttyACM0", LinkState.UP
    )
    for node_id, name, role, hops, snr in (
        (RIDGE, "Ridge Rpt", NodeRole.RELAY, 0, 8.5),
        (RELAY_66, "North Rpt", NodeRole.RELAY, 1, None),
        (OTHER_66, "South Rpt", NodeRole.RELAY, 2, None),
        (ROOM, "Town room", NodeRole.ROOM, 1, None),
        (DORA, "dora", NodeRole.CLIENT, 1, None),
    ):
        mesh.hear(
            Node(
                MESHCORE,
                node_id,
                node_id,
                PinState.FIRST_SEEN,
                name=name,
                role=role,
                position=Position(48.9, 2.3) if node_id == RIDGE else None,
                last_heard_ms=mesh.now_ms - 60_000,
                hops=hops,
                snr_db=snr,
                link_id=USB,
                is_contact=node_id in (RIDGE, DORA),
            )
        )
    mesh.learn(
        Route(MESHCORE, DORA, USB, 3, (NodeId("66"), NodeId("7e")), mesh.now_ms, source="advert")
    )
    key = SecretBytes(bytes(range(16)))
    for name in ("Public", "#test"):
        mesh.announce(Channel(MESHCORE, name, is_joined=True, secret=key))
        mesh._talk(channel_conversation(MESHCORE, name))
    mesh.say(NodeId("~dora"), "from the hill", PUBLIC, hops=2, link_id=USB)
    mesh.say(
        NodeId("d0a70e0e"), "posted in the room", WITH_ROOM, proof=Proof.SENDER_UNPROVEN, hops=1
    )
    return mesh
