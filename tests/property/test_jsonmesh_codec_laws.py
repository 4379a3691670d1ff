"""Laws of the JSON network's codec: it round-trips, and only its own two errors come out."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshtui.crypto.aead import Aead
from meshtui.crypto.secp256k1 import shared_key
from meshtui.errors import CryptoError, DecodeError
from meshtui.model.ids import Instant, LinkId
from meshtui.model.packet import DissectedField, Frame
from meshtui.networks.jsonmesh.announce import decode_announcement
from meshtui.networks.jsonmesh.bitcoin import decode_transaction
from meshtui.networks.jsonmesh.bodies import describe_body
from meshtui.networks.jsonmesh.cashu import decode_cashu
from meshtui.networks.jsonmesh.cbor import read_cbor
from meshtui.networks.jsonmesh.dissect import dissect_frame
from meshtui.networks.jsonmesh.envelope import decode_envelope, encode_envelope, encode_relayed
from meshtui.networks.jsonmesh.json_spans import find_spans
from meshtui.networks.jsonmesh.presence import Presence, decode_presence, encode_presence
from meshtui.networks.jsonmesh.seal import Letter, read_plaintext
from meshtui.networks.jsonmesh.strict_json import load_object
from meshtui.networks.jsonmesh.topics import check_forum_name, forum_topic, parse_topic
from tests.support.jsonmesh_people import (
    VECTORS,
    counted_entropy,
    good_object,
    good_payload,
    person,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ALICE, BOB, CAROL = person(0), person(1), person(2)
KEY = shared_key(ALICE.private_key, BOB.public_key)
PRESENCE = encode_presence(Presence(ALICE.node_id, ALICE.public_key, True, 1, name="A"))
BODIES = json.loads((VECTORS / "bodies.json").read_text(encoding="utf-8"))

SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from([ALICE.node_id, BOB.node_id, "broadcast", "forum:x", "AAAA", "", "\0", "1"]),
)
ANY_JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
WIRE_KEYS = st.sampled_from(
    [
        *("v", "msgId", "id", "from", "fromNodeId", "to", "fromPubkey", "enc", "ts", "type"),
        *("ttl", "hopCount", "route", "via", "lat", "lng", "name", "caps", "nodeId"),
        *("pubkeyHex", "online", "channelName", "creatorNodeId", "creatorPubkey"),
        *("description", "isPublic", "x"),
    ]
)
MESSAGE_IDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=128).filter(
    str.isprintable
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=200)


def is_forum_name(name: str) -> bool:
    """Tell whether brokers take it."""
    try:
        return check_forum_name(name) == name
    except DecodeError:
        return False


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=64).filter(is_forum_name)


@st.composite
def nearly_valid(draw: st.DrawFn) -> bytes:
    """Spoil something good: its values, its keys, or its bytes."""
    wire: dict[str, Any] = draw(
        st.sampled_from(
            [good_object(), json.loads(PRESENCE), json.loads(good_payload(app_names=True))]
        )
    )
    for key in draw(st.lists(WIRE_KEYS, max_size=3)):
        wire[key] = draw(ANY_JSON)
    if draw(st.booleans()) and isinstance(wire.get("enc"), dict):
        wire["enc"] = wire["enc"] | {draw(st.sampled_from(["nonce", "ct"])): draw(ANY_JSON)}
    for key in draw(st.lists(WIRE_KEYS, max_size=2)):
        wire.pop(key, None)
    payload = bytearray(json.dumps(wire).encode())
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(payload) - 1))
        payload[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
        if not payload:
            break
    return bytes(payload)


def walk(fields: tuple[DissectedField, ...]) -> Iterator[DissectedField]:
    for field in fields:
        yield field
        yield from walk(field.children)


@given(st.binary(max_size=300) | nearly_valid())
@settings(max_examples=400, deadline=None)
def test_no_bytes_bring_out_more_than_the_two_errors(payload: bytes) -> None:
    for decode in (decode_envelope, decode_presence, decode_announcement):
        with contextlib.suppress(DecodeError, CryptoError):
            decode(payload)
    with contextlib.suppress(DecodeError, CryptoError):
        BOB.sealer.open_direct(decode_envelope(payload))
    with contextlib.suppress(DecodeError, CryptoError):
        BOB.sealer.open_channel("x", decode_envelope(payload))


@given(st.binary(max_size=300) | nearly_valid(), st.text(max_size=40) | st.just("meshcore/dm/"))
@settings(max_examples=300, deadline=None)
def test_every_frame_has_a_dissection_whose_fields_lie_in_their_buffers(
    payload: bytes, endpoint: str
) -> None:
    frame = Frame(LinkId("l"), payload, Instant(0.0, 0), endpoint=endpoint)

    dissection = dissect_frame(frame, BOB.sealer, ["x"])

    buffers = [payload, *(data for _, data in dissection.buffers)]
    fields = list(walk(dissection.fields))
    assert len(fields) <= 500
    assert all(0 <= f.start <= f.end <= len(buffers[f.buffer]) for f in fields)


@given(st.binary(max_size=200) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=300, deadline=None)
def test_no_plaintext_brings_out_more_than_the_crypto_error(plaintext: bytes) -> None:
    envelope = decode_envelope(good_payload())
    sealed = envelope._replace(nonce=bytes(12), ciphertext=Aead(KEY).seal(bytes(12), plaintext))

    for kind in ("text", "ack", "cashu", "btc_tx", "image", "poll"):
        with contextlib.suppress(CryptoError):
            read = BOB.sealer.open_direct(sealed._replace(kind=kind))
            assert isinstance(read.text, str)
            assert read == read_plaintext(sealed._replace(kind=kind), plaintext)


@given(TEXTS, MESSAGE_IDS, st.integers(0, 2**53), st.booleans(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_is_sealed_and_sent_is_what_is_read(
    text: str, message_id: str, ts: int, is_bare: bool, app_names: bool
) -> None:
    letter = Letter(message_id, BOB.node_id, ts, text, mid="m", is_bare=is_bare)
    envelope = ALICE.sealer.seal_direct(BOB.public_key, letter, counted_entropy())

    arrived = decode_envelope(encode_envelope(envelope, app_names=app_names))
    read = BOB.sealer.open_direct(decode_envelope(encode_relayed(arrived, CAROL.node_id)))

    assert arrived._replace(raw={}) == envelope
    assert read.has_inner_header is not is_bare
    # bare text that happens to be our kind of JSON cannot be told from it
    assert read.text == text or (is_bare and text.startswith("{"))


@given(TEXTS, NAMES)
@settings(max_examples=100, deadline=None)
def test_a_forum_reads_what_a_forum_wrote_under_the_topic_of_its_name(text: str, name: str) -> None:
    letter = Letter("i", "broadcast", 1, text)
    envelope = ALICE.sealer.seal_channel(name, letter, counted_entropy())

    found = parse_topic(forum_topic(name))[1]

    assert found == name
    assert BOB.sealer.open_channel(found, envelope).text == text


@given(st.integers(0, 400), st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_no_flipped_bit_of_an_envelope_passes_unnoticed_inside(place: int, bit: int) -> None:
    payload = bytearray(good_payload())
    payload[place % len(payload)] ^= 1 << bit

    try:
        read = BOB.sealer.open_direct(decode_envelope(bytes(payload)))
    except (DecodeError, CryptoError):
        return

    assert read.text == "hello"
    assert read.has_inner_header


@given(ANY_JSON)
@settings(max_examples=200, deadline=None)
def test_what_a_strict_reader_accepts_the_lenient_one_reads_the_same(value: object) -> None:
    text = json.dumps({"value": value}).encode()

    with contextlib.suppress(DecodeError):
        strict = load_object(text, 100_000)
        lenient = json.loads(text)
        assert list(strict) == list(lenient)
        assert find_spans(text).end == len(text)


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=5),
        st.integers(0, 99),
        min_size=1,
        max_size=5,
    ),
    st.data(),
)
@settings(max_examples=100, deadline=None)
def test_a_key_given_twice_never_passes(content: dict[str, int], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(content)))
    space = data.draw(st.sampled_from(["", " ", "\n"]))
    pairs = [*content.items(), (key, data.draw(st.integers(0, 9)))]
    order = data.draw(st.permutations(pairs))
    body = f",{space}".join(f"{json.dumps(name)}:{space}{number}" for name, number in order)

    with pytest.raises(DecodeError) as caught:
        load_object(b"{" + body.encode() + b"}", 10_000)

    assert caught.value.reason == "duplicate-key"


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_token_or_transaction_brings_out_more_than_the_decode_error(junk: bytes) -> None:
    for text in (junk.decode(errors="surrogateescape"), junk.hex(), "cashuA" + junk.hex()):
        for decode in (decode_cashu, decode_transaction):
            with contextlib.suppress(DecodeError):
                decode(text)
        assert len(describe_body("cashu", text)) <= 500
    with contextlib.suppress(DecodeError):
        read_cbor(junk)


@given(st.sampled_from(BODIES["transactions"]), st.integers(0, 300), st.binary(max_size=3))
@settings(max_examples=200, deadline=None)
def test_no_spoiled_transaction_brings_out_more_than_the_decode_error(
    row: dict[str, Any], place: int, junk: bytes
) -> None:
    data = bytearray.fromhex(row["hex"])
    data[place % len(data) : place % len(data) + 1] = junk

    with contextlib.suppress(DecodeError):
        assert len(decode_transaction(data.hex()).txid) == 64
