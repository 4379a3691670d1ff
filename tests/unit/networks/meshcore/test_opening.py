"""What a new life begins with: whom we chose is not crowded out by those who only advertise."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from meshtui.crypto.ed25519 import from_seed
from meshtui.crypto.keys import Identity
from meshtui.errors import ConfigError
from meshtui.model.command import AcceptKey, SendText
from meshtui.model.event import MessageReceived, NodeHeard, NodeMarked
from meshtui.model.ids import Instant, LinkId, MessageId, NetworkName, NodeId, direct_conversation
from meshtui.model.message import Message
from meshtui.model.node import Node, NodeMarks, PinState
from meshtui.model.packet import Frame, Verdict
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.identity import key_of
from meshtui.networks.meshcore.network import MESHCORE
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType, encode_packet
from meshtui.networks.meshcore.payloads.envelope import Envelope, encode_envelope
from meshtui.networks.meshcore.payloads.text import encode_text, text_body
from meshtui.networks.meshcore.seal import Cipher
from tests.support.meshcore_air import Digests
from tests.support.open_store import OpenStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.networks.base import Session

NETWORK = NetworkName("meshcore")
NOW = Instant(1_000.0, 1_780_000_000_000)
ME = Identity(bytes(range(64)))
DORA = from_seed(b"dora".ljust(32, b"d"))
DORA_ID = NodeId(DORA.public_key.hex())
WITH_DORA = direct_conversation(NETWORK, DORA_ID)


def open_session(store: OpenStore, **options: object) -> Session:
    restored = store.reader.restored(NETWORK)
    return MESHCORE.open_session(ME, options, restored, Digests(), secrets.token_bytes)


def strangers(count: int = 200) -> list[NodeHeard]:
    """Nodes of Dora's hash, heard after her."""
    return [
        NodeHeard(
            Node(
                NETWORK,
                NodeId((DORA.public_key[:1] + number.to_bytes(31, "little")).hex()),
                last_heard_ms=2_000 + number,
            )
        )
        for number in range(1, count + 1)
    ]


def writes(node: NodeHeard) -> MessageReceived:
    """Make a message of a stranger: nobody asked for it."""
    node_id = node.node.node_id
    talk = direct_conversation(NETWORK, node_id)
    return MessageReceived(Message(MessageId(node_id[:8]), talk, node_id, "text", "spam", 1))


def opens_dora(session: Session) -> bool:
    """Tell whether a direct text of Dora's is opened."""
    us = key_of(ME)
    plaintext = encode_text(text_body(1_780_000_000, b"hello", 0, 0))
    sealed = Cipher(DORA.shared_secret(us.public_key).reveal).seal(plaintext)
    payload = encode_envelope(Envelope(us.public_key[0], DORA.public_key[0], sealed))
    packet = Packet(RouteType.FLOOD, PayloadType.TXT_MSG, 0, b"", payload)
    summary = session.summarise(Frame(LinkId("radio"), encode_packet(packet), NOW))
    return summary.verdict is not Verdict.UNREADABLE


def write(session: Session, store: OpenStore) -> None:
    store.writer.apply(session.submit(SendText(WITH_DORA, "hi", MessageId("m")), NOW))  # type: ignore[arg-type]


def compare(session: Session, store: OpenStore) -> None:
    accepted = AcceptKey(NETWORK, DORA_ID, DORA_ID, is_verified=True)
    store.writer.apply(session.submit(accepted, NOW))  # type: ignore[arg-type]


def mark(session: Session, store: OpenStore) -> None:
    del session
    store.writer.apply([NodeMarked(NETWORK, DORA_ID, NodeMarks(is_favourite=True))])


@pytest.mark.parametrize("choose", [write, compare, mark])
def test_whom_we_chose_is_read_after_two_hundred_strangers_of_one_hash(
    choose: Callable[[Session, OpenStore], None],
) -> None:
    store = OpenStore.at()
    choose(open_session(store), store)
    known = strangers()
    store.writer.apply([*known, *map(writes, known)])

    assert opens_dora(open_session(store))
    store.database.close()


def test_who_is_in_a_radios_table_comes_before_those_who_only_advertise() -> None:
    store = OpenStore.at()
    contact = NodeHeard(Node(NETWORK, DORA_ID, last_heard_ms=9_000, is_contact=True))

    store.writer.apply([*strangers(), contact])

    assert opens_dora(open_session(store))
    store.database.close()


def test_who_only_advertised_after_all_the_others_is_not_tried() -> None:
    store = OpenStore.at()
    store.writer.apply([*strangers(), NodeHeard(Node(NETWORK, DORA_ID, last_heard_ms=9_000))])

    assert not opens_dora(open_session(store))
    store.database.close()


@pytest.mark.parametrize("node_id", ["d0" * 6, "~dora", "00" * 32])
def test_whoever_has_no_whole_key_can_be_chosen_all_the_same(node_id: str) -> None:
    store = OpenStore.at()
    store.writer.apply([NodeMarked(NETWORK, NodeId(node_id), NodeMarks(is_favourite=True))])

    session = open_session(store)

    assert session.myself.node_id == key_of(ME).public_key.hex()
    store.database.close()


def test_a_key_compared_now_is_a_friend_at_once() -> None:
    store = OpenStore.at()
    session = open_session(store)

    (heard,) = session.submit(AcceptKey(NETWORK, DORA_ID, DORA_ID, is_verified=True), NOW)

    assert isinstance(heard, NodeHeard)
    assert heard.node.pin is PinState.VERIFIED
    assert opens_dora(session)
    store.database.close()


def test_a_private_key_that_is_none_is_an_error_of_the_settings() -> None:
    store = OpenStore.at()

    with pytest.raises(ConfigError, match="private_key_file"):
        open_session(store, private_key=SecretBytes(b"not hex"))
    store.database.close()
