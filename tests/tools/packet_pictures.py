"""Pictures of the packet inspector over both networks at once (see `make_screenshots`).

The MeshCore packets are those that our own nodes sent on an exact air: a message that floods over
two repeaters, its repeats, the answering path with its acknowledgement, and the talk after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from meshtui.model.event import FrameReceived, FrameSent
from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.link import LinkInfo, LinkKind, LinkState, Myself
from meshtui.model.node import Node, NodeRole, PinState, Position
from meshtui.model.packet import Frame, RxMeta, Transmit, Verdict
from meshtui.model.secret import SecretBytes
from meshtui.networks.base import KeyMaterial
from meshtui.networks.jsonmesh.dissector import JsonmeshDissector
from meshtui.networks.jsonmesh.envelope import encode_carried, encode_envelope, relayed
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.meshcore.channel_key import PUBLIC, key_of_name
from meshtui.networks.meshcore.dissector import MeshcoreDissector
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.contacts import Contact
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.settings import NodeSettings
from meshtui.networks.meshcore.payloads.advert import AdvertType
from tests.support.fake_mesh import START_MS, FakeMesh
from tests.support.jsonmesh_people import counted_entropy, golden
from tests.support.jsonmesh_people import people as json_people
from tests.support.meshcore_mesh import MeshAir, counter
from tests.support.meshcore_vectors import key, vectors
from tests.support.tui_app import app_on, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.pilot import Pilot

    from meshtui.model.packet import PacketSummary
    from meshtui.networks.base import Dissector

SMALL, LARGE = (80, 24), (140, 40)
JSON, MESHCORE = NetworkName("jsonmesh"), NetworkName("meshcore")
BROKER, RADIO = LinkId("mqtt-1"), LinkId("ttyACM0")
_NAMES = {"A": "Dora", "B": "Hill radio", "R": "Ridge Rpt", "S": "Mill Rpt"}
_HEARD = {"R": (6.5, -94), "S": (-8.25, -117)}
_TOWN = ("Anna", "me", "Carla", "Old Tom")


@dataclass(frozen=True, slots=True)
class Passed:
    """A frame as it passes: whose it is, and how well it is heard; None = it is ours."""

    network: NetworkName
    payload: bytes
    heard: tuple[float | None, int | None] | None = (None, None)
    endpoint: str = ""


def _air() -> MeshAir:
    """We (B) hear the ridge well and the mill hardly; Dora (A) lives behind them."""
    air = MeshAir()
    _add(air, "B", AdvertType.CHAT)
    _add(air, "R", AdvertType.REPEATER)
    _add(air, "S", AdvertType.REPEATER)
    _add(air, "A", AdvertType.CHAT)
    air.link("B", "R", "S", "A")
    air.link("B", "S")
    for one, other in (("A", "B"), ("B", "A")):
        air.nodes[one].add_contact(Contact(key(other).public_key, _NAMES[other]))
    return air


def _add(air: MeshAir, name: str, role: AdvertType) -> None:
    ring = Keyring()
    ring.add_channel(PUBLIC)
    ring.add_channel(key_of_name("#test"))
    settings = NodeSettings(name=_NAMES[name], role=role, forwards=role is AdvertType.REPEATER)
    air.add(name, MeshcoreNode(key(name), settings, counter(ord(name)), ring))


def _scenes(air: MeshAir) -> Iterator[Sequence[Passed]]:
    """What passes, a scene at a time."""
    at, step = START_MS // 1000, iter(range(1, 100))
    a, b = air.nodes["A"], air.nodes["B"]
    to_dora, to_us = key("A").public_key, key("B").public_key

    def scene() -> Sequence[Passed]:
        begin = len(air.log)
        air.run()
        return [
            Passed(MESHCORE, data, None if who == "B" else _HEARD[who])
            for who, data in islice(air.log, begin, None)
            if who == "B" or who in _HEARD
        ]

    for name in ("R", "S", "A"):
        air.take(name, air.nodes[name].advertise(air.at(at + next(step)), flood=True))
        yield scene()
    air.sent("A", a.send_channel_text(PUBLIC, "Snow on the pass, the road is closed", at, air.now))
    yield scene()
    hidden = key_of_name("#ski-club")
    air.sent("A", a.send_channel_text(hidden, "meet at eight", at + 9, air.now))
    yield scene()
    air.sent("B", b.send_text(to_dora, "Are you home? I could bring wood.", at + 12, air.now))
    yield scene()
    air.sent("A", a.send_text(to_us, "Yes, all day! Mind the ice.", at + 31, air.now))
    yield scene()
    air.sent("B", b.send_text(to_dora, "On my way.", at + 40, air.now))
    yield scene()


def _letters() -> Iterator[Sequence[Passed]]:
    """Talk on the JSON mesh, which comes by a broker."""
    anna, us, carla, tom = json_people()
    entropy = counted_entropy(7)
    for number, (who, text, carriers) in enumerate(
        (
            (anna, "Is the bus running?", ()),
            (carla, "It is, every hour", (tom,)),
            (tom, "Two metres up here", (anna, carla)),
        )
    ):
        message_id = f"67c5904{number}-6f0e-4a51-9d2f-2f1f0d5c8e11"
        letter = Letter(message_id, us.node_id, START_MS + number * 1000, text)
        envelope = who.sealer.seal_direct(us.public_key, letter, entropy)
        topic = f"meshcore/dm/{us.node_id}"
        payload = encode_envelope(envelope, app_names=True)
        for carrier in carriers:
            envelope = relayed(envelope, carrier.node_id)
            payload = encode_carried(envelope)
        yield [Passed(JSON, payload, endpoint=topic)]


def _dissectors() -> dict[NetworkName, Dissector]:
    seed = SecretBytes(bytes.fromhex(vectors()["keys"]["B"]["seed"]))
    radio = KeyMaterial(
        channels=(("#test", None),),
        identities=((_NAMES["B"], seed),),
        contacts=tuple((_NAMES[who], key(who).public_key) for who in "ARS"),
    )
    row = golden()["identities"][1]
    private = SecretBytes(bytes.fromhex(row["privkey"]))
    contacts = tuple((str(who.node_id), who.public_key) for who in json_people())
    town = KeyMaterial(identities=(("me", private),), contacts=contacts)
    return {MESHCORE: MeshcoreDissector(radio), JSON: JsonmeshDissector(town)}


def mesh_of_both() -> FakeMesh:
    """Who is there; nothing has passed yet."""
    mesh = FakeMesh()
    us = json_people()[1]
    mesh.me = Myself(JSON, us.node_id, us.public_key.hex(), "me")
    own = NodeId(key("B").public_key.hex())
    mesh.other_selves.append(Myself(MESHCORE, own, str(own), _NAMES["B"]))
    mesh.link_infos[RADIO] = LinkInfo(
        RADIO, MESHCORE, LinkKind.STREAM, "radio", "meshcore+serial:///dev/ttyACM0", LinkState.UP
    )
    for who, role in (("A", NodeRole.CLIENT), ("R", NodeRole.RELAY), ("S", NodeRole.RELAY)):
        public = key(who).public_key.hex()
        place = Position(48.9, 2.3) if who == "R" else None
        pin = PinState.FIRST_SEEN
        mesh.hear(
            Node(MESHCORE, NodeId(public), public, pin, name=_NAMES[who], role=role, position=place)
        )
    for person, name in zip(json_people(), _TOWN, strict=True):
        if person is not us:
            public = person.public_key.hex()
            pin = PinState.FIRST_SEEN
            mesh.hear(Node(JSON, person.node_id, public, pin, name=name))
    return mesh


def let_pass(mesh: FakeMesh) -> None:
    """Let it all pass, one network between the other."""
    dissectors, seen = _dissectors(), set()
    letters = _letters()
    for scene in _scenes(_air()):
        for passed in (*scene, *next(letters, ())):
            mesh.now_ms += 90 + 37 * len(passed.payload) % 410
            summary, frame = _read(mesh, passed, dissectors[passed.network])
            if passed.heard is None:
                said = Transmit(RADIO, passed.payload)
                summary = replace(summary, verdict=Verdict.SENT, reason="")
                mesh.emit(FrameSent(MESHCORE, said, mesh.at(), summary, 380))
            else:
                if summary.packet_hash and summary.packet_hash in seen:
                    is_ours = summary.source == key("B").public_key.hex()
                    verdict = Verdict.HANDLED if is_ours else Verdict.DROPPED
                    reason = "echo" if is_ours else "seen"
                    summary = replace(summary, verdict=verdict, reason=reason)
                mesh.emit(FrameReceived(passed.network, frame, summary))
            seen.add(summary.packet_hash)
            mesh.summaries[passed.payload] = summary
        mesh.now_ms += 2_600


def _read(mesh: FakeMesh, passed: Passed, dissector: Dissector) -> tuple[PacketSummary, Frame]:
    snr_db, rssi_dbm = passed.heard or (None, None)
    link = RADIO if passed.network == MESHCORE else BROKER
    frame = Frame(link, passed.payload, mesh.at(), RxMeta(rssi_dbm, snr_db), passed.endpoint)
    mesh.dissections[passed.payload] = dissector.dissect(frame)
    return dissector.summarise(frame), frame


async def take_packets(save: Callable[[Pilot[int], str], None]) -> None:
    """Take the list, a field in its bytes, what no key opened, the ladder, and the statistics."""
    for size, suffix in ((SMALL, "80x24"), (LARGE, "140x40")):
        mesh = mesh_of_both()
        async with app_on(mesh).run_test(size=size) as pilot:
            await settle(pilot)
            await pilot.press("f8")
            await settle(pilot)
            let_pass(mesh)
            await settle(pilot)
            for name, keys in (
                ("packets", ["up"] * 12),
                ("packet-field", ("down", "down", "tab", *["down"] * 22)),
                ("packet-unreadable", ("shift+tab", *["up"] * 4)),
                ("packet-ladder", ("down", "down", "x")),
                ("packet-statistics", ("x", "S")),
            ):
                await pilot.press(*keys)
                await settle(pilot)
                save(pilot, f"{name}-{suffix}")
