"""What is heard on the air, judged once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from meshtui.crypto.ed25519 import from_seed
from meshtui.mesh.dedupe import SeenCache
from meshtui.model.event import (
    FrameReceived,
    MessageReceived,
    NodeHeard,
    PacketDropped,
    RouteChanged,
)
from meshtui.model.ids import Instant, LinkId, MessageId, NodeId
from meshtui.model.packet import Frame, RxMeta, Verdict
from meshtui.networks.meshcore import listener as module
from meshtui.networks.meshcore.channel_key import key_of_name
from meshtui.networks.meshcore.channel_text import claimed_sender
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.listener import AirListener, Heard
from meshtui.networks.meshcore.message_ids import text_digest
from meshtui.networks.meshcore.nodes import NodeBook
from meshtui.networks.meshcore.settings import Settings
from meshtui.networks.meshcore.station import Station
from tests.support.meshcore_air import TS, Digests, advert_packet, group_packet

if TYPE_CHECKING:
    import pytest

NOW = Instant(10.0, TS * 1000)
ALICE = from_seed(b"\x07" * 32)
ALICE_ID = NodeId(ALICE.public_key.hex())


class Ear:
    def __init__(self, *channels: str) -> None:
        keyring = Keyring()
        for name in channels:
            keyring.add_channel(key_of_name(name))
        self.station = Station(
            from_seed(b"\x01" * 32),
            Settings(name="me"),
            keyring,
            NodeBook((), ()),
            Digests(),
            bytes,
        )
        self.listener = AirListener(self.station)

    def hear(self, packet: bytes, link: str = "usb") -> Heard:
        return self.listener.hear(Frame(LinkId(link), packet, NOW, RxMeta(-80, 5.5)))


def texts(outputs: list) -> list[str]:
    return [each.message.text for each in outputs if isinstance(each, MessageReceived)]


def verdict(heard: Heard) -> tuple[Verdict, str]:
    received = heard.outputs[0]
    assert isinstance(received, FrameReceived)
    return received.summary.verdict, received.summary.reason


def test_a_channel_text_is_a_message_once_over_all_links_and_ways() -> None:
    ear = Ear("#test")

    heard = [
        ear.hear(group_packet("#test", "bob: hi")),
        ear.hear(group_packet("#test", "bob: hi", b"\xed")),
        ear.hear(group_packet("#test", "bob: hi"), "ble"),
    ]

    assert [texts(each.outputs) for each in heard] == [["hi"], [], []]
    assert [verdict(each)[0] for each in heard] == [
        Verdict.DELIVERED,
        Verdict.DROPPED,
        Verdict.DROPPED,
    ]


def test_a_text_without_a_key_says_why_and_is_opened_when_the_key_comes() -> None:
    ear = Ear()

    heard = ear.hear(group_packet("#test", "bob: early"))
    ear.station.keyring.add_channel(key_of_name("#test"))

    assert heard.outputs[0].summary.verdict is Verdict.UNREADABLE
    assert "D9" in heard.outputs[0].summary.detail.upper()
    assert texts(ear.listener.open_again()) == ["early"]
    assert ear.listener.open_again() == []


def test_what_one_key_does_not_open_waits_for_the_next() -> None:
    ear = Ear()
    ear.hear(group_packet("#test", "bob: early"))
    ear.station.keyring.add_channel(key_of_name("#other"))
    assert texts(ear.listener.open_again()) == []

    ear.station.keyring.add_channel(key_of_name("#test"))

    assert texts(ear.listener.open_again()) == ["early"]


def test_what_waits_for_a_key_is_bounded() -> None:
    ear = Ear()
    for number in range(module.MAX_UNOPENED + 10):
        ear.hear(group_packet("#test", f"bob: {number}"))
    ear.station.keyring.add_channel(key_of_name("#test"))

    opened = texts(ear.listener.open_again())

    assert len(opened) == module.MAX_UNOPENED
    assert opened[0] == "10"


def test_our_own_text_passed_on_is_an_echo() -> None:
    ear = Ear("#test")
    digest = text_digest("meshcore/##test", claimed_sender("me"), TS, "hi")
    ear.station.note_own_text(digest, MessageId("mine"))

    heard = ear.hear(group_packet("#test", "me: hi", b"\xed"))

    assert heard.echo_of == "mine"
    assert heard.summary.is_own
    assert texts(heard.outputs) == []


def test_an_advert_brings_a_node_and_every_copy_a_way() -> None:
    ear = Ear()

    first = ear.hear(advert_packet(ALICE, "Alice", b"\xed"))
    again = ear.hear(advert_packet(ALICE, "Alice"))

    assert [type(each) for each in first.outputs] == [FrameReceived, NodeHeard, RouteChanged]
    assert verdict(again) == (Verdict.DROPPED, "seen")
    assert [each.route.via for each in again.outputs if isinstance(each, RouteChanged)] == [()]


def test_the_last_advert_played_back_when_its_copies_are_forgotten_is_a_replay() -> None:
    ear = Ear()
    packet = advert_packet(ALICE, "Alice", b"\xed")
    ear.hear(packet)
    ear.station.packets = SeenCache(1.0, 10)

    heard = ear.hear(advert_packet(ALICE, "Alice"))

    assert verdict(heard) == (Verdict.DROPPED, "replay")
    assert not [each for each in heard.outputs if isinstance(each, NodeHeard | RouteChanged)]


def test_a_forged_advert_changes_nothing_and_is_counted() -> None:
    packet = bytearray(advert_packet(ALICE, "Alice"))
    packet[-1] ^= 1

    heard = Ear().hear(bytes(packet))

    assert verdict(heard) == (Verdict.REJECTED, "forged")
    assert [each.reason for each in heard.outputs if isinstance(each, PacketDropped)] == ["forged"]
    assert not [each for each in heard.outputs if isinstance(each, NodeHeard)]


def test_an_advert_older_than_the_last_is_a_replay() -> None:
    ear = Ear()
    ear.hear(advert_packet(ALICE, "new", timestamp=TS))

    heard = ear.hear(advert_packet(ALICE, "old", timestamp=TS - 100))

    assert verdict(heard) == (Verdict.DROPPED, "replay")
    assert ear.station.nodes.known(ALICE_ID).name == "new"


def test_our_own_advert_is_no_news() -> None:
    ear = Ear()

    heard = ear.hear(advert_packet(ear.station.key, "me"))

    assert verdict(heard) == (Verdict.DROPPED, "own")
    assert heard.summary.is_own


def test_what_others_say_is_not_our_own() -> None:
    ear = Ear("#test")

    heard = [ear.hear(advert_packet(ALICE, "me")), ear.hear(group_packet("#test", "me: hi"))]

    assert not any(each.summary.is_own for each in heard)


def test_signatures_are_checked_so_many_times_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ADVERTS_PER_MINUTE", 3)
    ear = Ear()

    reasons = [
        verdict(ear.hear(advert_packet(ALICE, str(n), timestamp=TS + n)))[1] for n in range(5)
    ]

    assert reasons == ["", "", "", "rate", "rate"]


def test_two_hundred_nodes_may_bear_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ADVERTS_PER_MINUTE", 300)
    ear = Ear()

    for number in range(200):
        ear.hear(advert_packet(from_seed(number.to_bytes(32, "big")), "Alice"))

    assert len(list(ear.station.nodes.kept_first())) == 200


def test_no_bytes_make_it_raise_and_each_frame_is_shown() -> None:
    chance = random.Random(5)
    ear = Ear("#test")
    good = group_packet("#test", "bob: hi", b"\xed\xca")
    junk = [chance.randbytes(chance.randrange(300)) for _ in range(2_000)]
    cut = [good[:length] for length in range(len(good))]

    for packet in [*junk, *cut, b""]:
        outputs = ear.hear(packet).outputs
        assert isinstance(outputs[0], FrameReceived)
        assert sum(isinstance(each, FrameReceived) for each in outputs) == 1
