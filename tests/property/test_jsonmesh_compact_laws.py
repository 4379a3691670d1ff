"""Laws of the compact forms: lossless, free of what ends a line, and only two errors come out."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from meshtui.errors import CryptoError, DecodeError
from meshtui.model.ids import NodeId
from meshtui.model.node import Position
from meshtui.networks.jsonmesh.compact import COMPACT_MARK, decode_compact, encode_compact
from meshtui.networks.jsonmesh.compact_presence import (
    PRESENCE_MARK,
    decode_compact_presence,
    encode_compact_presence,
)
from meshtui.networks.jsonmesh.envelope import (
    MAX_TIME_MS,
    Envelope,
    decode_envelope,
    encode_envelope,
    to_ascii,
)
from meshtui.networks.jsonmesh.packing import (
    inflate_json,
    pack_ack,
    pack_text,
    unpack_ack,
    unpack_text,
)
from meshtui.networks.jsonmesh.presence import Presence
from meshtui.networks.jsonmesh.stuffing import stuff, unstuff
from tests.support.jsonmesh_people import person

ALICE, BOB = person(0), person(1)
KEYS = {ALICE.node_id: ALICE.public_key, BOB.node_id: BOB.public_key}
NODE_IDS = st.binary(min_size=4, max_size=4).map(lambda b: NodeId(f"MESH-{b.hex().upper()}"))
PRINTABLE = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(str.isprintable)
WIRE_IDS = st.one_of(
    PRINTABLE,
    st.uuids().map(str),
    st.binary(min_size=8, max_size=8).map(bytes.hex),
    st.binary(min_size=16, max_size=16).map(bytes.hex),
)
RECIPIENTS = st.one_of(NODE_IDS, st.just("broadcast"), PRINTABLE.map(lambda name: f"forum:{name}"))
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
UNKNOWN = st.dictionaries(st.sampled_from(["x", "y", "zz", "é"]), JSON_VALUES, max_size=3)


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    """Make any well-formed envelope."""
    sender = draw(st.sampled_from([ALICE, BOB]))
    route = draw(st.just((sender.node_id,)) | st.lists(NODE_IDS, max_size=32).map(tuple))
    return Envelope(
        message_id=draw(WIRE_IDS),
        sender=sender.node_id,
        recipient=draw(RECIPIENTS),
        sender_key=sender.public_key,
        nonce=draw(st.binary(min_size=12, max_size=12)),
        ciphertext=draw(st.binary(min_size=16, max_size=300)),
        sent_at_ms=draw(
            st.integers(0, MAX_TIME_MS) | st.integers(0, 2**41).map(lambda s: s * 1000)
        ),
        kind=draw(st.sampled_from(["text", "ack", "gif", "poll"])),
        ttl=draw(st.integers(0, 10)),
        hop_count=draw(st.integers(0, 255)),
        route=route,
        raw=draw(UNKNOWN),
        packing=draw(st.integers(0, 3) | st.integers(0, 255)),
        path=draw(st.lists(NODE_IDS, max_size=16).map(tuple)),
        signature=draw(st.just(b"") | st.binary(min_size=64, max_size=64)),
    )


@given(envelopes(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_every_envelope_comes_out_as_it_went_in(envelope: Envelope, with_key: bool) -> None:
    frame = encode_compact(envelope, with_key=with_key)

    assert not {0x00, 0x0A, 0x0D} & set(frame)
    assert decode_compact(frame, KEYS.get) == envelope
    by_json = decode_envelope(to_ascii(encode_envelope(envelope, app_names=False)))
    assert by_json._replace(raw=envelope.raw) == envelope


@given(
    st.booleans(),
    st.integers(0, MAX_TIME_MS),
    st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    st.text(st.characters(codec="utf-8"), max_size=64),
    st.sets(st.sampled_from(["ack", "cbor1", "zlib", "resend", "dsr", "new", "newer"])),
    st.lists(NODE_IDS, max_size=8),
    UNKNOWN,
)
@settings(max_examples=300, deadline=None)
def test_every_presence_comes_out_as_it_went_in(
    is_online: bool,
    ts_ms: int,
    place: tuple[float, float] | None,
    name: str,
    caps: set[str],
    via: list[NodeId],
    raw: dict[str, object],
) -> None:
    presence = Presence(
        ALICE.node_id,
        ALICE.public_key,
        is_online,
        ts_ms,
        Position(*place) if place else None,
        name,
        frozenset(caps),
        tuple(via),
        raw,
    )

    frame = encode_compact_presence(presence)

    assert not {0x00, 0x0A, 0x0D} & set(frame)
    assert decode_compact_presence(frame) == presence


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.just("") | WIRE_IDS)
@settings(max_examples=300, deadline=None)
def test_every_text_is_packed_without_loss_and_costs_one_byte_at_most(text: str, mid: str) -> None:
    content = unpack_text(pack_text(text, mid))

    assert (content.text, content.mid) == (text, mid)
    assert len(pack_text(text)) <= len(text.encode()) + 1


@given(
    st.binary(max_size=600) | st.lists(st.sampled_from(b"\0\n\r\x1b x"), max_size=600).map(bytes)
)
@settings(max_examples=300, deadline=None)
def test_every_content_is_stuffed_without_loss_at_one_byte_in_sixty(content: bytes) -> None:
    frame = stuff(0xCB, content)

    assert not {0x00, 0x0A, 0x0D} & set(frame)
    assert len(frame) <= 2 + len(content) + len(content) / 63
    assert unstuff(frame) == content


@given(st.binary(max_size=200))
@settings(max_examples=400, deadline=None)
def test_no_bytes_bring_out_more_than_the_two_errors(junk: bytes) -> None:
    for frame in (b"\xcb" + junk, stuff(COMPACT_MARK, junk)):
        with contextlib.suppress(DecodeError, CryptoError):
            BOB.sealer.open_direct(decode_compact(frame, KEYS.get))
    for frame in (b"\xca" + junk, stuff(PRESENCE_MARK, junk)):
        with contextlib.suppress(DecodeError, CryptoError):
            decode_compact_presence(frame)
    for unpack in (unpack_text, unpack_ack, inflate_json):
        with contextlib.suppress(CryptoError):
            unpack(junk)


@given(st.binary(min_size=8, max_size=8), st.just("") | WIRE_IDS)
@settings(max_examples=100, deadline=None)
def test_every_acknowledgement_comes_out_as_it_went_in(digest: bytes, mid: str) -> None:
    assert unpack_ack(pack_ack(digest, mid)) == ("", mid, digest)
