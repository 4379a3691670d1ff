"""Being a gateway: lending a radio to a broker, and nothing but packets of this network."""

from __future__ import annotations

import json

import pytest

from meshtui.model.event import FrameReceived
from meshtui.model.packet import Verdict
from meshtui.networks.jsonmesh.compact_presence import encode_compact_presence
from meshtui.networks.jsonmesh.presence import Presence, encode_presence
from meshtui.networks.jsonmesh.topics import LORA_INBOUND, LORA_OUTBOUND
from tests.support.fake_air import FakeAir
from tests.support.fake_broker import FakeBroker, Published
from tests.support.session_driver import SessionDriver, World


class Town:
    """A broker, a gateway with a radio, somebody on the air, and a publisher without a session."""

    def __init__(self, **options: object) -> None:
        self.world = World()
        self.air, self.broker = FakeAir(self.world), FakeBroker("town")
        self.gateway = self.world.station("gateway", **({"relay": True, "gateway": True} | options))
        self.alice = self.world.station("alice")
        self.gateway.connect(self.broker)
        self.gateway.tune(self.air)
        self.alice.tune(self.air)
        self.world.wind(100)
        self.air.sent.clear()
        self.broker.log.clear()

    def publish(self, payload: bytes, topic: str = LORA_OUTBOUND) -> None:
        self.broker.publish("somebody", topic, payload, False, False)
        self.world.wind(30)

    def heard(self) -> list[bytes]:
        return [item.payload for item in self.inbound()]

    def inbound(self) -> list[Published]:
        return [item for item in self.broker.log if item.topic == LORA_INBOUND]


def presence_of(station: SessionDriver, **more: object) -> Presence:
    values: dict[str, object] = {
        "node_id": station.node_id,
        "public_key": station.public_key,
        "is_online": True,
        "ts_ms": station.world.now.unix_ms,
        "name": station.name,
    }
    return Presence(**(values | more))  # type: ignore[arg-type]


def stranger(town: Town, name: str = "stranger") -> SessionDriver:
    """Somebody who is on nothing."""
    return town.world.station(name)


def test_what_the_radio_hears_is_published_as_it_was() -> None:
    town = Town()
    packet = encode_presence(presence_of(stranger(town)))

    town.air.transmit(town.alice, packet + b"\n")
    town.world.wind(1.8)

    assert town.heard() == [packet]


def test_noise_is_not_published() -> None:
    town = Town()

    town.gateway.hear(b"[boot] radio ready\n", "", "lora")

    assert town.heard() == []


@pytest.mark.parametrize("encode", [encode_presence, encode_compact_presence])
def test_what_is_published_goes_on_the_air_as_it_is(encode) -> None:
    town = Town()
    packet = encode(presence_of(stranger(town)))

    town.publish(packet)

    assert packet in town.air.frames(town.gateway)


def test_a_message_published_reaches_who_is_on_the_air_only_once() -> None:
    town = Town()
    bob = town.world.station("bob")
    bob.connect(town.broker)
    town.world.wind(10)
    town.air.sent.clear()

    message_id = bob.say(town.alice, "by every topic there is")
    town.world.wind(40)

    topics = {item.topic.split("/")[1] for item in town.broker.log if b"msgId" in item.payload}
    assert town.alice.texts == ["by every topic there is"]
    assert bob.states(message_id)[-1] == ("delivered", 1)
    assert "route" in topics
    texts = [event for event in town.alice.of(FrameReceived) if event.summary.kind == "text"]
    assert len(texts) == 1


def _waited_s(town: Town) -> float:
    """How long a message from the broker waited for the air."""
    bob = town.world.station("bob")
    bob.connect(town.broker)
    town.world.wind(10)
    town.air.sent.clear()
    began_s = town.world.now.mono_s
    bob.say(town.alice, "how long?")
    town.world.wind(40)
    return town.air.sent[0][0] - began_s


def test_who_alone_brings_a_message_to_an_air_does_not_wait_for_others() -> None:
    assert _waited_s(Town()) <= 0.3


def test_where_others_bring_it_too_they_do_not_all_speak_at_once() -> None:
    town = Town()
    other = town.world.station("other", relay=True)
    other.connect(town.broker)
    other.tune(town.air)
    town.world.wind(100)

    _waited_s(town)

    chunks = [frame for frame in town.air.frames() if frame.startswith(b"MCHK")]
    assert len(chunks) == 2  # of one of them; the other was spared
    assert town.alice.texts == ["how long?"]


def test_what_the_gateway_writes_itself_is_not_sent_twice() -> None:
    town = Town()

    message_id = town.gateway.say(town.alice, "from the gateway itself")
    town.world.wind(40)

    assert town.gateway.states(message_id)[-1] == ("delivered", 1)
    assert len(town.air.frames(town.gateway)) == 1


def test_two_gateways_in_reach_of_each_other_do_not_echo() -> None:
    town = Town()
    other = town.world.station("other", relay=True, gateway=True)
    other.connect(town.broker)
    other.tune(town.air)
    town.world.wind(100)
    town.air.sent.clear()

    town.publish(encode_presence(presence_of(stranger(town))))
    town.world.wind(600)

    said = [frame for frame in town.air.frames() if b"stranger" in frame]
    assert 1 <= len(said) <= 4


JUNK = (
    b"",
    b"hello",
    b"{}",
    b'{"nodeId":"MESH-00000000"}',
    b'{"enc":1}',
    b'{"pubkeyHex":"02"}',
    b'{"channelName":"x"}',
    b"\xcb\x00\x01",
    b"\xca",
    b"MCHK|",
    b"MCHK|x|0|1000000000|y",
    b"MCHK|x|7|3|y",
    b"{" + b"a" * 10_000_000,
    b'{"enc":{"nonce":"","ct":"' + b"A" * 5_000 + b'"}}',
)


@pytest.mark.parametrize("payload", JUNK, ids=range(len(JUNK)))
def test_junk_is_refused_and_counted(payload: bytes) -> None:
    town = Town()

    town.publish(payload)

    assert town.air.sent == []
    last = town.gateway.of(FrameReceived)[-1]
    assert last.frame.endpoint == LORA_OUTBOUND
    assert last.summary.verdict is Verdict.REJECTED
    assert town.gateway.drops


def test_another_nodes_key_is_refused() -> None:
    town = Town()
    wire = json.loads(encode_presence(presence_of(stranger(town))))
    wire["nodeId"] = "MESH-00000000"

    town.publish(json.dumps(wire).encode())

    assert town.air.sent == []
    assert town.gateway.drops[-1] == "forged"


def test_chunk_bombs_put_nothing_on_the_air() -> None:
    town = Town()

    for number in range(2_000):
        town.broker.publish(
            "somebody", LORA_OUTBOUND, b"MCHK|b%d|0|60|%s" % (number, b"x" * 200), False, False
        )
    town.world.wind(400)

    assert [frame for frame in town.air.frames() if b"MCHK" in frame] == []
    assert "incomplete" in town.gateway.drops or "evicted" in set(town.gateway.drops)


def test_nobody_has_more_of_the_air_than_it_can_carry() -> None:
    town = Town()

    for number in range(200):
        writer = presence_of(town.alice, ts_ms=1_780_000_000_000 + number)
        town.broker.publish("somebody", LORA_OUTBOUND, encode_presence(writer), False, False)
    town.world.wind(600)

    assert len(town.air.frames(town.gateway)) <= 40
    assert town.gateway.drops.count("rate") > 100


def test_without_a_radio_that_is_said() -> None:
    town = Town()
    town.gateway.untune()

    town.publish(encode_presence(presence_of(stranger(town))))

    assert town.gateway.drops[-1] == "no-radio"


def test_who_is_no_gateway_leaves_it_to_others() -> None:
    town = Town(gateway=False)

    town.publish(encode_presence(presence_of(stranger(town))))
    town.air.transmit(town.alice, encode_presence(presence_of(stranger(town, "other"))) + b"\n")
    town.world.wind(10)

    assert town.heard() == []
    assert [frame for frame in town.air.frames(town.gateway) if b"stranger" in frame] == []
