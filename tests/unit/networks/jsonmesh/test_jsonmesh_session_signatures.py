"""Signatures between sessions: who signs where, what is shown of it, and a forged one."""

import pytest

from meshtui.model.message import Message, Proof
from meshtui.networks.jsonmesh.envelope import decode_envelope, encode_envelope
from tests.support.fake_air import FakeAir
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import World

MEETING_S = 80.0


def _heard(signatures: str, *, by_air: bool, to_forum: bool) -> tuple[Message, int]:
    """Say something; returns how it is shown, and how many bytes it took."""
    world = World()
    options = {"signatures": signatures} if signatures else {}
    alice, bob = world.station("alice", **options), world.station("bob")
    air, broker = FakeAir(world), FakeBroker()
    for station in (alice, bob):
        _ = station.tune(air) if by_air else station.connect(broker)
        station.join("den")
    world.wind(MEETING_S)
    air.sent.clear()
    broker.log.clear()
    alice.say("den" if to_forum else bob, "It is me.")
    world.wind(MEETING_S)
    sizes = [len(frame) for frame in air.frames()] or [len(each.payload) for each in broker.log]
    return bob.messages[0], sizes[0]


@pytest.mark.parametrize("to_forum", [False, True])
@pytest.mark.parametrize("by_air", [False, True])
@pytest.mark.parametrize("signatures", ["", "off", "brokers", "all"])
def test_who_signs_where(signatures: str, by_air: bool, to_forum: bool) -> None:
    message, _ = _heard(signatures, by_air=by_air, to_forum=to_forum)

    is_signed = signatures == "all" or (signatures == "brokers" and not by_air)
    assert message.is_signed == is_signed
    is_sure = is_signed or not to_forum
    assert (message.proof is not Proof.SENDER_UNPROVEN) == is_sure


def test_a_signature_costs_sixty_four_bytes_of_a_packet() -> None:
    _, plain = _heard("off", by_air=True, to_forum=True)
    _, signed = _heard("all", by_air=True, to_forum=True)

    assert 64 <= signed - plain <= 72


def _forged(kind: str, true: bytes) -> bytes:
    envelope = decode_envelope(true)
    match kind:
        case "bit":
            wrong = bytes([envelope.signature[0] ^ 1]) + envelope.signature[1:]
            envelope = envelope._replace(signature=wrong)
        case "id":
            envelope = envelope._replace(message_id="another")
        case "time":
            envelope = envelope._replace(sent_at_ms=envelope.sent_at_ms - 60_000)
    return encode_envelope(envelope, app_names=True)


@pytest.mark.parametrize("kind", ["bit", "id", "time"])
def test_a_signature_that_does_not_fit_is_a_forgery_and_hides_not_the_true_one(kind: str) -> None:
    world, broker, other = World(), FakeBroker(), FakeBroker("other")
    alice, bob = world.station("alice", signatures="all"), world.station("bob")
    alice.connect(broker)
    bob.connect(other)
    bob.join("den")
    alice.join("den")
    alice.say("den", "It is me.")
    world.settle()
    topic, true = next((each.topic, each.payload) for each in broker.log if "forum/" in each.topic)

    bob.hear(_forged(kind, true), topic)
    assert bob.texts == []
    assert bob.drops == ["forged"]

    bob.hear(true, topic)
    assert bob.texts == ["It is me."]
    assert bob.messages[0].is_signed
