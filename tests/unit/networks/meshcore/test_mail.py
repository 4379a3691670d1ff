"""Texts that arrive become messages once."""

import pytest

from meshtui.crypto.ed25519 import from_seed
from meshtui.model.ids import Instant, LinkId, MessageId, NodeId
from meshtui.model.message import Proof
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.mail import (
    Reception,
    channel_text,
    claimed_sender,
    direct_text,
    split_sender,
)
from meshtui.networks.meshcore.message_ids import text_digest
from meshtui.networks.meshcore.nodes import NodeBook
from meshtui.networks.meshcore.settings import Settings
from meshtui.networks.meshcore.station import Station

NOW = Instant(10.0, 1_800_000_000_000)
TS = 1_800_000_000
AIR = Reception(LinkId("usb"), NOW, hops=2, path=("ed", "ca"))
PEER = NodeId("81" * 32)


class Digests:
    def __init__(self) -> None:
        self.kept: set[bytes] = set()

    def has(self, digest: bytes) -> bool:
        return digest in self.kept

    def add(self, digest: bytes) -> None:
        self.kept.add(digest)


@pytest.fixture
def station() -> Station:
    key = from_seed(b"\x01" * 32)
    return Station(key, Settings(name="me"), Keyring(), NodeBook((), ()), Digests(), bytes)


def test_a_channel_text_is_a_message_once(station: Station) -> None:
    first = channel_text(station, "Public", "bob: hello @[me]", TS, AIR)
    again = channel_text(station, "Public", "bob: hello @[me]", TS, AIR)

    message = first.message.message
    assert (message.conversation, message.sender, message.text) == (
        "meshcore/#Public",
        "~bob",
        "hello @[me]",
    )
    assert (message.hops, message.route, message.mentions_me) == (2, ("ed", "ca"), True)
    assert message.proof is Proof.SENDER_UNPROVEN
    assert again.message is None
    assert again.echo_of is None


def test_our_own_text_heard_again_is_an_echo(station: Station) -> None:
    digest = text_digest("meshcore/#Public", claimed_sender("me"), TS, "hi")
    station.note_own_text(digest, MessageId("mine"))

    heard = channel_text(station, "Public", "me: hi", TS, AIR)

    assert heard.echo_of == "mine"
    assert heard.message is None


def test_our_own_text_heard_in_a_later_session_is_no_message(station: Station) -> None:
    digest = text_digest("meshcore/#Public", claimed_sender("me"), TS, "hi")
    station.note_own_text(digest, MessageId("mine"))
    saved = station.take_unsaved()
    later = Station(
        station.key, station.settings, Keyring(), NodeBook((), ()), station.digests, bytes
    )

    heard = channel_text(later, "Public", "me: hi", TS, AIR)

    assert [each.digest for each in saved] == [digest]
    assert station.take_unsaved() == []
    assert (heard.message, heard.echo_of) == (None, None)


def test_a_name_without_proof_is_no_node_id(station: Station) -> None:
    heard = channel_text(station, "Public", f"{PEER}: hi", TS, AIR)

    assert heard.message.message.sender != PEER


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("bob: hi", "bob", "hi"),
        ("no name", "", "no name"),
        (": first", "", ": first"),
        ("bob: a: b", "bob", "a: b"),
        ("n" * 200 + ": x", "", "n" * 200 + ": x"),
        ("", "", ""),
    ],
)
def test_the_author_stands_before_the_first_colon(text: str, name: str, words: str) -> None:
    assert split_sender(text) == (name, words)


def test_times_of_ours_follow_a_clock_that_is_set_back_far(station: Station) -> None:
    wrong = Instant(11.0, (TS + 86_400) * 1000)

    times = [station.next_timestamp(now) for now in (wrong, wrong, NOW, NOW)]

    assert times == [TS + 86_400, TS + 86_401, TS, TS + 1]


def test_a_direct_text_is_for_who_we_are_behind_its_link(station: Station) -> None:
    station.call_ours(NodeId("aa" * 32), LinkId("usb"))
    other = Reception(LinkId("modem"), NOW)

    by_radio = direct_text(station, PEER, "one", TS, AIR)
    by_modem = direct_text(station, PEER, "two", TS, other)
    in_channel = channel_text(station, "Public", "bob: hello", TS, AIR)

    assert by_radio.message.message.recipient == "aa" * 32
    assert by_modem.message.message.recipient == station.node_id
    assert in_channel.message.message.recipient is None


def test_a_direct_text_is_proven_and_a_rooms_is_the_rooms_word(station: Station) -> None:
    direct = direct_text(station, PEER, "hi", TS, AIR)
    post = direct_text(station, PEER, "hi", TS, AIR, author=NodeId("~ed4928c6"))

    assert direct.message.message.proof is Proof.PINNED
    assert post.message.message.proof is Proof.SENDER_UNPROVEN
    assert post.message.message.sender == "~ed4928c6"


@pytest.mark.parametrize("timestamp", [0, 0xFFFFFFFF, TS - 86_401, TS + 86_401])
def test_a_clock_that_is_a_day_off_is_told(station: Station, timestamp: int) -> None:
    heard = direct_text(station, PEER, "hi", timestamp, AIR)

    assert heard.message.message.is_late


def test_time_stamps_of_ours_are_never_the_same(station: Station) -> None:
    stamps = [station.next_timestamp(NOW) for _ in range(3)]

    assert stamps == [TS, TS + 1, TS + 2]


def test_own_texts_are_bounded(station: Station) -> None:
    for number in range(600):
        station.note_own_text(number.to_bytes(8, "big"), MessageId(str(number)))

    assert station.own_text((0).to_bytes(8, "big")) is None
    assert station.own_text((599).to_bytes(8, "big")) == "599"
