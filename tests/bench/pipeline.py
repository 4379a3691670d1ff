"""Messages a second on one core: the direct reading of the protocol beside ours, stage by stage."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from random import Random
from typing import TYPE_CHECKING

import coincurve
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from meshtui.crypto.keys import Identity
from meshtui.crypto.secp256k1 import public_key_of
from meshtui.model.ids import Instant, LinkId, NetworkName
from meshtui.model.link import LinkInfo, LinkKind
from meshtui.model.packet import Frame
from meshtui.networks.jsonmesh import topics
from meshtui.networks.jsonmesh.envelope import decode_envelope, encode_envelope
from meshtui.networks.jsonmesh.identity import derive_key, node_id_of
from meshtui.networks.jsonmesh.seal import Letter, Sealer
from meshtui.networks.registry import load_network
from meshtui.sim.memory import MemoryStore
from tests.bench.measure import take_turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.networks.base import Session
    from tests.bench.measure import Table

MESSAGES = 3_000
SENDERS = 50
LINK = LinkId("bench")
NOW_MS = 1_700_000_000_000
RANDOM = Random(1)


class Person:
    """A key pair and what follows from it."""

    def __init__(self, number: int) -> None:
        self.identity = Identity(hashlib.sha512(f"bench {number}".encode()).digest())
        self.key = derive_key(self.identity)
        self.public = public_key_of(self.key)
        self.node_id = node_id_of(self.public)
        self.sealer = Sealer(self.key, self.public, self.node_id)


def direct_messages(me: Person, count: int, senders: int = SENDERS) -> list[bytes]:
    """Payloads of text messages to `me` from `senders` people, 100 characters each."""
    people = [Person(number) for number in range(1, senders + 1)]
    payloads = []
    for number in range(count):
        letter = Letter(f"m{number}", me.node_id, NOW_MS + number, f"{number:<100}")
        sealer = people[number % senders].sealer
        envelope = sealer.seal_direct(me.public, letter, RANDOM.randbytes)
        payloads.append(encode_envelope(envelope, app_names=True))
    return payloads


def read_directly(me: Person, payloads: Sequence[bytes], *, acknowledges: bool = False) -> None:
    """Read as the specification is written: parse, agree on a key, decrypt, parse.

    Args:
        acknowledges: Answer each as directly: agree on a key, encrypt, write.
    """
    private = coincurve.PrivateKey(me.key.reveal)
    for payload in payloads:
        envelope = json.loads(payload)
        shared = private.ecdh(bytes.fromhex(envelope["fromPubkey"]))
        nonce = base64.b64decode(envelope["enc"]["nonce"])
        ciphertext = base64.b64decode(envelope["enc"]["ct"])
        json.loads(AESGCM(shared).decrypt(nonce, ciphertext, None))["text"]
        if acknowledges:
            _acknowledge_directly(me, private, envelope)


def _acknowledge_directly(
    me: Person, private: coincurve.PrivateKey, envelope: dict[str, str]
) -> bytes:
    shared = private.ecdh(bytes.fromhex(envelope["fromPubkey"]))
    nonce = RANDOM.randbytes(12)
    sealed = AESGCM(shared).encrypt(nonce, json.dumps({"ack": envelope["msgId"]}).encode(), None)
    answer = {
        "v": 1,
        "msgId": str(uuid.uuid4()),
        "from": me.node_id,
        "to": envelope["from"],
        "fromPubkey": me.public.hex(),
        "enc": {
            "nonce": base64.b64encode(nonce).decode(),
            "ct": base64.b64encode(sealed).decode(),
        },
        "ts": NOW_MS,
        "type": "ack",
    }
    return json.dumps(answer).encode()


def read_ours(me: Person, payloads: Sequence[bytes]) -> None:
    """Decode with every check, open with kept keys, compare the inner header."""
    for payload in payloads:
        me.sealer.open_direct(decode_envelope(payload))


def new_session(me: Person) -> Session:
    """A session with a link that is up."""
    session = load_network("jsonmesh").open_session(
        me.identity, {}, MemoryStore().restored(), MemoryStore(), RANDOM.randbytes
    )
    link = LinkInfo(LINK, NetworkName("jsonmesh"), LinkKind.BROKER, "bench", "")
    session.link_up(link, Instant(0.0, NOW_MS))
    return session


def frames_of(me: Person, payloads: Sequence[bytes]) -> list[Frame]:
    """The payloads as a broker delivers them, 10 a second from each sender."""
    topic = topics.dm_topic(me.node_id)
    pace_s = 0.11 / SENDERS  # under the limit of 10 messages a second from one node
    return [_frame(payload, topic, index * pace_s) for index, payload in enumerate(payloads)]


def _frame(payload: bytes, topic: str, after_s: float) -> Frame:
    return Frame(LINK, payload, Instant(after_s, NOW_MS + int(after_s * 1000)), endpoint=topic)


def receive_all(me: Person, frames: Sequence[Frame]) -> int:
    """Give every frame to a fresh session; returns how many messages came of it."""
    session = new_session(me)
    outputs = [output for frame in frames for output in session.receive(frame)]
    return sum(type(output).__name__ == "MessageReceived" for output in outputs)


def report(table: Table) -> None:
    """Measure and add rows."""
    me = Person(0)
    payloads = direct_messages(me, MESSAGES)
    frames = frames_of(me, payloads)
    read_ours(me, payloads)
    received = receive_all(me, frames)
    taken = take_turns(
        {
            "direct": lambda: read_directly(me, payloads),
            "ours": lambda: read_ours(me, payloads),
            "direct, acknowledging": lambda: read_directly(me, payloads, acknowledges=True),
            "session": lambda: receive_all(me, frames),
        },
        rounds=5,
    )
    table.head(f"Pipeline: direct messages of 100 characters from {SENDERS} nodes, one core")
    _row(table, "check + open | direct reading", taken["ours"], taken["direct"], "at least 5 x")
    _row(
        table,
        "session, with acknowledgement | direct",
        taken["session"],
        taken["direct, acknowledging"],
        f"{received:,} of {MESSAGES:,} accepted",
    )


def rate(taken_s: float, count: int = MESSAGES) -> str:
    """Messages a second, for a person."""
    return f"{count / taken_s:,.0f} msg/s"


def _row(table: Table, what: str, ours_s: float, theirs_s: float, aim: str) -> None:
    table.add(what, rate(ours_s), rate(theirs_s), f"{theirs_s / ours_s:.1f} x", aim)
