"""The scenes that the firmware played for tests/vectors/meshcore, played by our nodes.

A and B are chat nodes, R and S repeaters. The clock stands where it stood there, and random numbers
count up from the same start.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from meshtui.model.node import Position
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.channel_key import PUBLIC, channel_key, key_of_name, region_key
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.outputs import RequestHeard
from meshtui.networks.meshcore.node.settings import NodeSettings, Region
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.payloads.text import TextBody, encode_text
from meshtui.networks.meshcore.seal import Cipher
from tests.support.meshcore_mesh import MeshAir, counter
from tests.support.meshcore_vectors import key

T = 1_767_225_600
EUROPE = Region("#europe", SecretBytes(region_key("#europe")))


@cache
def story() -> MeshAir:
    """Play all scenes; treat what is returned as frozen."""
    air = MeshAir()
    _cast(air)
    _adverts(air)
    _first_text(air)
    _direct_texts(air)
    _requests(air)
    _channels(air)
    _odd_packets(air)
    _line(air)
    _room_post(air)
    return air


def _cast(air: MeshAir) -> None:
    chat = NodeSettings(name="Alice", position=Position(47.606209, -122.332069))
    carry = NodeSettings(name="r", role=AdvertType.REPEATER, forwards=True, regions=(EUROPE,))
    air.add("A", MeshcoreNode(key("A"), chat, counter(0x10), _ring()))
    bob = NodeSettings(name="Bob")
    air.add("B", MeshcoreNode(key("B"), bob, counter(0x60), _ring()))
    air.add("R", MeshcoreNode(key("R"), carry, counter(0x90), Keyring()), snr_db=-3.25)
    air.add("S", MeshcoreNode(key("S"), carry, counter(0xC0), Keyring()), snr_db=4.75)
    air.link("A", "R", "B")
    air.nodes["A"].add_contact(Contact(key("B").public_key, "Bob"))
    air.nodes["B"].add_contact(Contact(key("A").public_key, "Alice"))


def _ring() -> Keyring:
    ring = Keyring()
    ring.add_channel(PUBLIC)
    ring.add_channel(key_of_name("#test"))
    ring.add_channel(channel_key("priv256", bytes(range(1, 33))))
    return ring


def _set(air: MeshAir, who: str, **changes: object) -> None:
    node = air.nodes[who]
    node.settings = replace(node.settings, **changes)


def _adverts(air: MeshAir) -> None:
    air.take("A", air.nodes["A"].advertise(air.at(T), flood=True))
    air.run()
    for step, name, hash_size in ((1, "Bob \U0001f4e1", 0), (2, "Bob", 2), (3, "Bob", 3)):
        told = NodeSettings(name=name, hash_size=hash_size or 1)
        _advertise(air, "B", told, T + step, flood=hash_size > 0)
    long = NodeSettings(name="ABCDEFGHIJKLMNOPQRSTUVWXYZab\U0001f4e1\U0001f4e1")
    _advertise(air, "A", long, T + 6)
    _advertise(air, "R", NodeSettings(name="", role=AdvertType.ROOM), T + 7)


def _advertise(
    air: MeshAir, name: str, settings: NodeSettings, unix_s: int, *, flood: bool = True
) -> None:
    """Advertise as if the node had always been set so."""
    node = MeshcoreNode(key(name), settings, counter(0), Keyring())
    air.take(name, node.advertise(air.at(unix_s), flood=flood))
    air.run()


def _first_text(air: MeshAir) -> None:
    b = key("B").public_key
    air.sent("A", air.nodes["A"].send_text(b, "Hello Bob", T + 100, air.now))
    air.run()


def _direct_texts(air: MeshAir) -> None:
    a, b = air.nodes["A"], key("B").public_key
    air.sent("A", a.send_text(b, "Second, direct", T + 101, air.now, attempt=1))
    air.run()
    air.sent("A", a.send_text(b, "retry me", T + 102, air.now, attempt=5))
    air.run()
    _set(air, "B", extra_acks=1)
    air.sent("A", a.send_text(b, "multi ack please", T + 103, air.now))
    air.run()
    _set(air, "B", extra_acks=0)
    air.sent("A", a.send_text(b, "ver", T + 104, air.now, txt_type=1))
    air.run()


def _requests(air: MeshAir) -> None:
    a, b = air.nodes["A"], key("B").public_key
    for step, is_flood in ((4, False), (5, True)):
        if is_flood:
            a.set_out_path(b, None, air.now)
        air.sent("A", a.request(b, 1, b"", air.at(T + step)))
        air.run()
        (asked,) = air.heard("B", RequestHeard)[step - 4 :]
        air.take("B", air.nodes["B"].respond(asked, b"PONG", air.now))
        air.run()
    air.sent("A", a.login(b, b"password", air.at(T + 6)))
    a.add_contact(replace(a.contacts.get(b), node_type=3, sync_since=0x695247C0))
    air.sent("A", a.login(b, b"hello", air.at(T + 7)))
    air.run()


def _channels(air: MeshAir) -> None:
    a = air.nodes["A"]
    test = key_of_name("#test")
    air.sent("A", a.send_channel_text(PUBLIC, "Hello everyone", T + 200, air.now))
    for name, text, step in (
        ("Node-1234", "Hello everyone", 201),
        ("Z\u00fcrich", "\U0001f44b gr\u00fc\u00df", 202),
    ):
        _set(air, "A", name=name)
        air.sent("A", a.send_channel_text(test, text, T + step, air.now))
    _set(air, "A", name="Alice")
    long_key = channel_key("priv256", bytes(range(1, 33)))
    air.sent("A", a.send_channel_text(long_key, "secret", T + 203, air.now))
    air.sent("A", a.send_channel_data(test, 0xFFFF, bytes.fromhex("A1B2C3"), air.now))
    _set(air, "A", hash_size=2)
    air.sent("A", a.send_channel_text(test, "two byte hops", T + 205, air.now))
    _set(air, "A", hash_size=1)
    _set(air, "A", scope=EUROPE)
    air.sent("A", a.send_channel_text(test, "scoped hello", T + 204, air.now))
    _set(air, "A", scope=None)
    air.sent("A", a.send_channel_text(test, "x" * 153, T + 300, air.now))
    air.run()


def _odd_packets(air: MeshAir) -> None:
    a = air.nodes["A"]
    r = key("R").public_key
    air.sent("A", a.trace(305419896, 3405691582, 0, r[:1], air.now))
    air.sent("A", a.trace(195948557, 0, 1, r[:2], air.now))
    air.sent("A", a.discover(0xDEADBEEF, 4, air.now))
    raw = Packet(RouteType.DIRECT, PayloadType.RAW_CUSTOM, 0, b"", bytes((1, 2, 3, 4, 5)))
    air.take("A", a.send_packet(raw, air.now))
    air.run()
    b = key("B").public_key
    a.set_out_path(b, OutPath(0x43, r[:2] + bytes.fromhex("11223344")), air.now)
    air.sent("A", a.send_text(b, "three hops", T + 360, air.now))
    air.run()


def _line(air: MeshAir) -> None:
    a, b = air.nodes["A"], key("B").public_key
    air.unlink_all()
    air.link("A", "R", "S", "B")
    a.set_out_path(b, None, air.now)
    air.nodes["B"].set_out_path(key("A").public_key, None, air.now)
    air.sent("A", a.send_text(b, "two hops away", T + 400, air.now))
    air.run()
    air.sent("A", a.send_text(b, "direct two hops", T + 401, air.now))
    air.run()
    a.set_out_path(b, None, air.now)
    _set(air, "A", hash_size=2)
    air.sent("A", a.send_text(b, "wide", T + 402, air.now))
    air.run()
    air.sent("A", a.send_text(b, "direct wide", T + 403, air.now))
    air.run()
    _set(air, "A", hash_size=1)
    r, s = key("R").public_key, key("S").public_key
    air.sent("A", a.trace(1611516670, 0, 0, r[:1] + s[:1] + r[:1], air.now))
    for value in ("11223344", "11223344", "AABBCCDD"):
        ack = Packet(RouteType.FLOOD, PayloadType.ACK, 0, b"", bytes.fromhex(value))
        air.take("A", a.send_packet(ack, air.now))
    air.run()


def _room_post(air: MeshAir) -> None:
    a, b = key("A"), key("B")
    air.unlink_all()
    air.link("A", "R", "B")
    body = TextBody(T + 350, b"posted in room", 2, 0, key("R").public_key[:4])
    sealed = Cipher(b.shared_secret(a.public_key).reveal).seal(encode_text(body))
    payload = a.public_key[:1] + b.public_key[:1] + sealed
    packet = Packet(RouteType.FLOOD, PayloadType.TXT_MSG, 0, b"", payload)
    air.take("B", air.nodes["B"].send_packet(packet, air.now))
    air.run()
