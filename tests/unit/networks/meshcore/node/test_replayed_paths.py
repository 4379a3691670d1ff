"""A returned path that somebody recorded and plays again leads nobody astray."""

from __future__ import annotations

from random import Random

import pytest

from meshtui.model.ids import Instant
from meshtui.model.message import DeliveryState
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.keyring import MAX_TAKEN, Keyring
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.outputs import AckHeard, Dropped, PathLearned
from meshtui.networks.meshcore.node.seen import SEEN_HASHES
from meshtui.networks.meshcore.node.settings import NodeSettings
from meshtui.networks.meshcore.nodes import NodeBook
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType, encode_packet
from meshtui.networks.meshcore.payloads.envelope import Envelope, encode_envelope
from meshtui.networks.meshcore.payloads.path import ExtraType, PathBody, encode_path
from meshtui.networks.meshcore.seal import Cipher
from meshtui.networks.meshcore.settings import Settings
from meshtui.networks.meshcore.station import Station
from tests.support.meshcore_air import Digests
from tests.support.meshcore_vectors import key
from tests.support.modem_world import pair

RX = RxMeta(-80, 5.0)
NOW = Instant(10.0, 1_780_000_000_000)
A, B = key("A"), key("B")
OLD, NEW = OutPath(1, b"\x66"), OutPath(2, b"\x66\x77")


def node_of(digests: Digests, *, is_friend: bool = True) -> MeshcoreNode:
    """Alice in one of her lives: what outlives it is in `digests`."""
    station = Station(A, Settings(name="A"), Keyring(), NodeBook((), ()), digests, bytes)
    node = MeshcoreNode(A, NodeSettings(name="A"), Random(1).randbytes, station.keyring)
    node.add_contact(Contact(B.public_key, "B"))
    if is_friend:
        station.keyring.befriend(B.public_key)
    return node


def returned(path: OutPath, extra: bytes = b"rand", kind: int = ExtraType.NOTHING) -> bytes:
    """A path as Bob tells it."""
    body = PathBody(path.path_len, path.path, kind, extra)
    sealed = Cipher(B.shared_secret(A.public_key).reveal).seal(encode_path(body))
    payload = encode_envelope(Envelope(A.public_key[0], B.public_key[0], sealed))
    return encode_packet(Packet(RouteType.DIRECT, PayloadType.PATH, 0, b"", payload))


def forget_what_was_seen(node: MeshcoreNode) -> None:
    for number in range(SEEN_HASHES + 1):
        noise = Packet(RouteType.FLOOD, PayloadType.GRP_TXT, 0, b"", number.to_bytes(20, "big"))
        node.hear(encode_packet(noise), RX, NOW)


@pytest.mark.parametrize("is_friend", [True, False])
def test_a_path_played_again_after_many_other_packets_changes_nothing(is_friend: bool) -> None:
    node = node_of(Digests(), is_friend=is_friend)
    node.hear(returned(OLD), RX, NOW)
    node.hear(returned(NEW), RX, NOW)
    forget_what_was_seen(node)

    outputs = node.hear(returned(OLD), RX, NOW)

    assert outputs == [Dropped("replay")]
    assert node.out_path(B.public_key) == NEW


def test_a_path_of_an_earlier_life_changes_nothing() -> None:
    digests = Digests()
    node_of(digests).hear(returned(OLD), RX, NOW)
    node = node_of(digests)
    node.hear(returned(NEW), RX, NOW)

    outputs = node.hear(returned(OLD), RX, NOW)

    assert outputs == [Dropped("replay")]
    assert node.out_path(B.public_key) == NEW


def test_a_path_that_was_never_heard_is_taken_in_any_life() -> None:
    digests = Digests()
    node_of(digests).hear(returned(OLD), RX, NOW)

    (learned,) = node_of(digests).hear(returned(OLD, b"new!"), RX, NOW)

    assert isinstance(learned, PathLearned)


def test_a_path_told_by_us_does_not_come_back_as_our_peers_in_a_later_life() -> None:
    digests = Digests()
    sealed = Cipher(B.shared_secret(A.public_key).reveal).seal(b"\xc9\xb9\x55\x69\x00hello")
    text = encode_envelope(Envelope(A.public_key[0], B.public_key[0], sealed))
    flood = Packet(RouteType.FLOOD, PayloadType.TXT_MSG, 1, b"\x55", text)
    sent = node_of(digests).hear(encode_packet(flood), RX, NOW)[-1]
    told = sent.data[2:]  # a flood of no hops yet
    turned = Packet(RouteType.FLOOD, PayloadType.PATH, 0, b"", told[1::-1] + told[2:])
    node = node_of(digests)

    outputs = node.hear(encode_packet(turned), RX, NOW)

    assert outputs == [Dropped("replay")]
    assert node.out_path(B.public_key) is None


def test_a_path_that_comes_again_with_an_awaited_acknowledgement_is_taken() -> None:
    digests = Digests()
    first = node_of(digests)
    ack = first.send_text(B.public_key, "hi", 1_780_000_000, NOW).ack
    answer = returned(OLD, ack, ExtraType.ACK)
    first.hear(answer, RX, NOW)
    node = node_of(digests)  # began anew before it noted that the text had arrived
    node.send_text(B.public_key, "hi", 1_780_000_000, NOW)

    outputs = node.hear(answer, RX, NOW)

    assert [type(each) for each in outputs] == [PathLearned, AckHeard]
    assert node.out_path(B.public_key) == OLD


def test_a_path_that_comes_again_with_an_answer_is_taken_while_that_is_awaited() -> None:
    digests = Digests()
    tag = node_of(digests).request(B.public_key, 1, b"", NOW).tag
    answer = returned(OLD, tag + b"answer", ExtraType.RESPONSE)
    node_of(digests).hear(answer, RX, NOW)
    node = node_of(digests)

    assert node.hear(answer, RX, NOW) == [Dropped("replay")]
    forget_what_was_seen(node)
    assert node.request(B.public_key, 1, b"", NOW).tag == tag
    assert isinstance(node.hear(answer, RX, NOW)[0], PathLearned)


def test_paths_of_strangers_are_kept_in_bounds_and_not_on_disk() -> None:
    digests = Digests()
    node = node_of(digests, is_friend=False)
    keyring = node._core.keyring
    for number in range(MAX_TAKEN + 10):
        assert keyring.take_once(B.public_key, number.to_bytes(18, "big"))

    assert not keyring.take_once(B.public_key, (MAX_TAKEN + 9).to_bytes(18, "big"))
    assert keyring.take_once(B.public_key, (0).to_bytes(18, "big"))
    assert not digests.kept


def test_a_text_arrives_though_a_path_leads_astray_for_then_it_floods() -> None:
    world = pair()
    world.write("Alice", "Bob", "hello", "m0")
    world.run(20)
    alice = world.people["Alice"]
    world.read(alice, alice.modem.hear(returned(OutPath(3, b"\x01\x02\x03"))))

    world.write("Alice", "Bob", "hello again")  # nobody is there to pass it on along that path
    world.run(200)

    assert alice.states("m1")[-1] is DeliveryState.DELIVERED
    assert alice.deliveries("m1")[-1].attempt == 3
    assert world.people["Bob"].texts() == ["hello", "hello again"]
