"""How far a text of ours has come, whichever port sends it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from meshtui.model.ids import ConversationId, Instant, MessageId, NodeId
from meshtui.model.message import DeliveryState, Message
from meshtui.networks.meshcore.ack_book import AckBook
from meshtui.networks.meshcore.delivery import MAX_FOLLOWED, MAX_IN_FLIGHT, Deliveries, OwnText
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType
from meshtui.networks.meshcore.payloads.text import ack_of, text_body

if TYPE_CHECKING:
    from meshtui.model.event import DeliveryChanged

ECHO = Packet(RouteType.FLOOD, PayloadType.TXT_MSG, 1, b"\xed", b"")


class Host:
    """A port's side that keeps what it is told."""

    def __init__(self) -> None:
        self.now = Instant(5.0, 5_000)
        self.own: list[tuple[bytes, str]] = []
        self.station: Any = SimpleNamespace(
            acks=AckBook(), note_own_text=lambda *each: self.own.append(each)
        )
        self.told: list[DeliveryChanged] = []

    def emit(self, *outputs: Any) -> None:
        self.told += outputs


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def texts(host: Host) -> Deliveries[OwnText]:
    return Deliveries(OwnText, host)


def message(name: str, peer: str = "aa" * 32, words: str = "hi") -> Message:
    conversation = ConversationId(f"meshcore/{peer}")
    return Message(MessageId(name), conversation, NodeId("me"), "text", words, 1_000, 1_000)


def begun(texts: Deliveries[OwnText], name: str = "m", **changes: str) -> OwnText:
    texts.take(message(name, **changes))
    text = texts.next_due()
    assert text is not None
    return text


def test_one_text_a_peer_and_few_at_the_same_time_are_under_way(texts) -> None:
    for number in range(MAX_IN_FLIGHT + 2):
        texts.take(message(f"first {number}", f"{number:02x}" * 32))
        texts.take(message(f"second {number}", f"{number:02x}" * 32))

    due = [texts.next_due() for _ in range(MAX_IN_FLIGHT + 1)]

    assert due[-1] is None
    assert [text.message.message_id for text in due[:-1]] == [
        f"first {number}" for number in range(MAX_IN_FLIGHT)
    ]


def test_peers_that_are_away_hold_no_channel_up(texts) -> None:
    for number in range(MAX_IN_FLIGHT + 1):
        texts.take(message(f"direct {number}", f"{number:02x}" * 32))
        texts.next_due()
    for number in range(2):
        texts.take(message(f"channel {number}", "#Public"))

    due = texts.next_due()

    assert due.message.message_id == "channel 0"
    assert texts.next_due() is None  # one after the other there, too


def test_a_text_that_ends_lets_the_next_of_its_peer_begin(texts) -> None:
    first = begun(texts)
    texts.take(message("next"))
    assert texts.next_due() is None

    texts.finish(first)

    assert texts.next_due().message.message_id == "next"


@pytest.mark.parametrize(
    ("words", "attempt", "number"), [("hi", 5, 5), ("x" * 159, 5, 1), ("hi", 300, 255)]
)
def test_an_attempt_is_numbered_as_its_packet_has_room_for(texts, words, attempt, number) -> None:
    text = begun(texts, words=words)
    text.delivery = replace(text.delivery, attempt=attempt)

    assert texts.begin(text) == number
    assert text.delivery.attempt == attempt + 1


def test_what_is_held_waits_again_before_what_came_later(texts, host) -> None:
    begun(texts, "first")
    texts.take(message("later"))

    texts.hold("gone")

    assert list(texts.waiting) == ["first", "later"]
    assert {told.delivery.reason for told in host.told[-2:]} == {"gone"}


def test_what_waits_already_is_told_once_that_it_is_held(texts, host) -> None:
    begun(texts, "first")
    texts.hold("gone")
    before = len(host.told)

    texts.hold("gone")

    assert len(host.told) == before


def test_an_acknowledgement_finds_a_text_that_waits_again(texts) -> None:
    text = begun(texts)
    texts.expect(text, b"one1", 1_000)
    texts.hold("gone")

    assert texts.text_of(b"one1") is text
    texts.finish(text)
    assert texts.next_due() is None


def test_acknowledgements_of_an_earlier_life_are_known(texts) -> None:
    text = begun(texts, words="hi")
    text.delivery = replace(text.delivery, attempt=2)

    texts.recall(text, 1_780_000_000, b"k" * 32)

    bodies = [text_body(1_780_000_000, b"hi", number) for number in range(3)]
    known = [texts.text_of(ack_of(body, b"k" * 32)) for body in bodies]
    assert known == [text, text, None]


@pytest.mark.parametrize("timestamp", [-1, 2**32])
def test_a_time_that_no_packet_holds_has_no_acknowledgements(texts, timestamp: int) -> None:
    text = begun(texts)
    text.delivery = replace(text.delivery, attempt=10**9)

    texts.recall(text, timestamp, b"k" * 32)

    assert text.tags == set()


def test_an_acknowledgement_of_any_attempt_is_known_even_late(texts, host) -> None:
    text = begun(texts)
    for ack in (b"one1", b"two2"):
        texts.expect(text, ack, 1_000)
    texts.finish(text)

    assert texts.text_of(b"one1") is text
    assert host.station.acks.text_of(b"two2") == "m"
    assert texts.text_of(b"none") is None


def test_acknowledgements_are_known_when_a_text_is_sent_again(texts) -> None:
    text = begun(texts)
    texts.expect(text, b"one1", 1_000)
    texts.finish(text)

    again = begun(texts)

    assert texts.text_of(b"one1") is again


@pytest.mark.parametrize(("ms", "wait_s"), [(0, 2.0), (10_000, 12.0), (1e9, 120.0)])
def test_patience_grows_with_the_estimate_between_two_bounds(texts, ms, wait_s) -> None:
    text = begun(texts)

    texts.expect(text, b"", ms)

    assert (text.patience_s, text.tags) == (wait_s, set())


def test_a_repeater_counts_once_and_not_after_the_proof(texts) -> None:
    text = begun(texts)
    texts.sent(text)
    for _ in range(2):
        texts.overheard(MessageId("m"), ECHO)
    assert (text.delivery.state, text.delivery.repeats) == (DeliveryState.RELAYED, 1)

    texts.delivered(text, 9)
    texts.overheard(MessageId("m"), Packet(RouteType.FLOOD, 2, 1, b"\x11", b""))

    assert text.is_delivered
    assert (text.delivery.rtt_ms, text.delivery.repeats) == (9, 1)


def test_what_is_over_is_followed_within_a_bound(texts) -> None:
    for number in range(MAX_FOLLOWED + 1):
        texts.finish(begun(texts, str(number)))

    assert len(texts.followed) == MAX_FOLLOWED
    assert MessageId("0") not in texts.followed


def test_what_is_forgotten_is_nowhere(texts) -> None:
    begun(texts)
    texts.forget(MessageId("m"))
    texts.overheard(MessageId("m"), ECHO)

    assert [*texts.waiting, *texts.active, *texts.followed] == []


def test_our_own_text_is_known_again(texts, host) -> None:
    text = begun(texts)

    texts.know(text, NodeId("bb"), 7)

    ((_, name),) = host.own
    assert name == "m"
