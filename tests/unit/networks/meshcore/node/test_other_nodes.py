"""Our nodes and PyPI `pymc_core`, which was written from the firmware by others."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from pymc_core.node.handlers.login_server import LoginServerHandler
from pymc_core.node.handlers.text import TextMessageHandler
from pymc_core.protocol import LocalIdentity, PacketBuilder
from pymc_core.protocol import Packet as PymcPacket

from meshtui.model.ids import Instant
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.node.outputs import (
    AckHeard,
    AdvertHeard,
    ClientLoggedIn,
    LoginAnswered,
    PathLearned,
    Send,
    TextHeard,
)
from meshtui.networks.meshcore.node.settings import repeater_settings
from tests.support.meshcore_mesh import lone_node
from tests.support.meshcore_vectors import key, vectors

NOW = Instant(10.0, 1_767_225_600_000)
RX = RxMeta(-80, 5.0)
A, B = key("A").public_key, key("B").public_key


def _theirs(name: str) -> LocalIdentity:
    return LocalIdentity(bytes.fromhex(vectors()["keys"][name]["seed"]))


def _contact(public_key: bytes, **more: object) -> SimpleNamespace:
    return SimpleNamespace(
        public_key=public_key.hex(), name="x", out_path=[], out_path_len=-1, type=1, **more
    )


def _read(data: bytes) -> PymcPacket:
    packet = PymcPacket()
    packet.read_from(data)
    return packet


@pytest.fixture
def answered(monkeypatch):
    """Return what gives a packet to their B, as a text from A, and returns what B sends."""

    async def at_once(_: float) -> None:
        await real_sleep(0)

    real_sleep = asyncio.sleep
    monkeypatch.setattr("pymc_core.node.handlers.text.asyncio.sleep", at_once)

    async def give(data: bytes) -> list[bytes]:
        sent: list[bytes] = []

        async def send(packet: PymcPacket, **_: object) -> None:
            sent.append(packet.write_to())

        book = SimpleNamespace(contacts=[_contact(A)])
        handler = TextMessageHandler(_theirs("B"), book, lambda _: None, send)
        await handler(_read(data))
        for _ in range(5):
            await real_sleep(0)
        return sent

    return give


async def test_they_read_our_flood_and_we_learn_the_way_and_the_ack(answered) -> None:
    node = lone_node(key("A"))
    node.add_contact(Contact(B, "Bob"))
    sent = node.send_text(B, "hello over there", 1_767_225_600, NOW)
    flood = sent.outputs[0].data
    relayed = flood[:1] + b"\x01\xed" + flood[2:]

    (answer,) = await answered(relayed)
    outputs = node.hear(answer, RX, NOW)

    assert [type(out) for out in outputs] == [PathLearned, AckHeard, Send]
    assert outputs[0].out_path == OutPath(1, b"\xed")
    assert outputs[1].ack == sent.ack


async def test_they_acknowledge_our_text_along_a_path(answered) -> None:
    node = lone_node(key("A"))
    node.add_contact(Contact(B, "Bob", out_path=OutPath(0, b"")))
    sent = node.send_text(B, "hello over there", 1_767_225_600, NOW, attempt=2)

    (answer,) = await answered(sent.outputs[0].data)

    (ack,) = node.hear(answer, RX, NOW)
    assert isinstance(ack, AckHeard)
    assert ack.ack == sent.ack


@pytest.mark.parametrize("kind", ["direct", "flood"])
def test_we_read_their_text_and_send_the_ack_they_wait_for(kind) -> None:
    node = lone_node(key("A"))
    node.add_contact(Contact(B, "Bob", out_path=OutPath(0, b"")))
    packet, crc = PacketBuilder.create_text_message(
        _contact(A), _theirs("B"), "hello from here", 1, kind
    )

    text, answer = node.hear(packet.write_to(), RX, NOW)

    assert isinstance(text, TextHeard)
    assert (text.text, text.attempt, text.peer) == ("hello from here", 1, B)
    assert isinstance(answer, Send)
    if kind == "direct":
        assert int.from_bytes(_read(answer.data).payload[:4], "little") == crc


def test_we_take_their_advert() -> None:
    packet = PacketBuilder.create_advert(_theirs("B"), "Bob", 47.5, -122.25)

    (heard,) = lone_node(key("A")).hear(packet.write_to(), RX, NOW)

    assert isinstance(heard, AdvertHeard)
    assert (heard.contact.name, heard.contact.lat_e6) == ("Bob", 47_500_000)


async def test_their_server_lets_us_in() -> None:
    asked: list[str] = []
    answers: list[bytes] = []

    def judge(_: object, __: bytes, password: str, ___: int) -> tuple[bool, int]:
        asked.append(password)
        return True, 3

    server = LoginServerHandler(_theirs("B"), lambda _: None, judge)
    server.set_send_packet_callback(lambda packet, _: answers.append(packet.write_to()))
    node = lone_node(key("A"))
    node.add_contact(Contact(B, "Bob", 2))

    await server(_read(node.login(B, b"secret", NOW).outputs[0].data))

    answered = [out for out in node.hear(answers[0], RX, NOW) if isinstance(out, LoginAnswered)]
    assert asked == ["secret"]
    assert [(answer.is_ok, answer.permissions) for answer in answered] == [(True, 3)]


def test_our_repeater_lets_them_in() -> None:
    node = lone_node(key("R"), repeater_settings("r"))
    packet = PacketBuilder.create_login_packet(
        _contact(key("R").public_key), _theirs("B"), "password"
    )

    outputs = node.hear(packet.write_to(), RX, NOW)

    assert outputs[0] == ClientLoggedIn(B, 3)
    assert isinstance(outputs[1], Send)
