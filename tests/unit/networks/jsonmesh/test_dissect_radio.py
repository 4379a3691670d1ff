"""What radios carry, taken apart: chunks, requests for them, compact frames."""

from __future__ import annotations

import json
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from meshtui.model.ids import Instant, LinkId, NodeId
from meshtui.model.node import Position
from meshtui.model.packet import DissectedField, Dissection, Frame
from meshtui.networks.jsonmesh import packing
from meshtui.networks.jsonmesh.compact import encode_compact
from meshtui.networks.jsonmesh.compact_presence import encode_compact_presence
from meshtui.networks.jsonmesh.dissect import dissect_frame
from meshtui.networks.jsonmesh.envelope import encode_envelope
from meshtui.networks.jsonmesh.presence import Presence
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.jsonmesh.stuffing import unstuff
from tests.support.jsonmesh_people import counted_entropy, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meshtui.networks.jsonmesh.envelope import Envelope

ALICE, BOB, CAROL = person(0), person(1), person(2)
TS = 1_700_000_000_123
KEYS = {ALICE.node_id: ALICE.public_key, BOB.node_id: BOB.public_key}


def frame(payload: bytes, endpoint: str = "") -> Frame:
    return Frame(LinkId("l"), payload, Instant(0.0, TS), endpoint=endpoint)


def walk(fields: tuple[DissectedField, ...]) -> Iterator[DissectedField]:
    for field in fields:
        yield field
        yield from walk(field.children)


def named(dissection: Dissection, name: str, buffer: int = 0) -> DissectedField:
    return next(f for f in walk(dissection.fields) if f.name == name and f.buffer == buffer)


def read_back(dissection: Dissection, payload: bytes, *names: str) -> list[bytes]:
    return [payload[f.start : f.end] for f in (named(dissection, name) for name in names)]


def letter_to(recipient: str, text: str = "on the air", **fields: Any) -> Letter:
    return Letter("", recipient, TS, text, packing=packing.PACKED)._replace(**fields)


def direct(letter: Letter) -> Envelope:
    return ALICE.sealer.seal_direct(BOB.public_key, letter, counted_entropy())


def test_a_chunk_shows_its_parts_where_they_are() -> None:
    payload = b'MCHK|abc123|0|4|{"v":1|x'
    dissection = dissect_frame(frame(payload))

    assert dissection.summary == "chunk 1 of 4 of abc123, 8 of 24 bytes"
    assert dissection.problems == ()
    assert read_back(dissection, payload, "mark", "id", "index", "total", "payload") == [
        b"MCHK",
        b"abc123",
        b"0",
        b"4",
        b'{"v":1|x',
    ]


def test_a_chunk_of_the_app_shows_its_parts_too() -> None:
    payload = b"MCHK|1|B3E1|1/3|LN_INV|lnbc|150"
    dissection = dissect_frame(frame(payload, "meshcore/lora/inbound"))

    assert dissection.summary.startswith("chunk 2 of 3 of B3E1")
    assert read_back(dissection, payload, "version", "id", "place", "type", "payload") == [
        b"1",
        b"B3E1",
        b"1/3",
        b"LN_INV",
        b"lnbc|150",
    ]


def test_a_chunk_longer_than_a_packet_is_a_problem() -> None:
    assert dissect_frame(frame(b"MCHK|a|0|1|".ljust(241, b"x"))).problems
    assert not dissect_frame(frame(b"MCHK|a|0|1|".ljust(240, b"x"))).problems


def test_a_request_shows_what_it_asks_for() -> None:
    payload = b"MREQ|abc123|0,2"
    dissection = dissect_frame(frame(payload))

    assert dissection.summary == "request for 2 chunks of abc123"
    assert read_back(dissection, payload, "id", "missing") == [b"abc123", b"0,2"]


@pytest.mark.parametrize("payload", [b"MCHK|a|9|4|x", b"MCHK|", b"MREQ|a|x"])
def test_what_is_broken_is_shown_whole(payload: bytes) -> None:
    dissection = dissect_frame(frame(payload))

    assert "refused" in dissection.summary
    assert dissection.problems
    assert read_back(dissection, payload, "payload") == [payload]


@pytest.mark.parametrize("with_key", [True, False])
def test_a_compact_text_is_shown_as_it_is_and_as_specified(with_key: bool) -> None:
    envelope = direct(letter_to(BOB.node_id))
    payload = encode_compact(envelope, with_key=with_key)
    dissection = dissect_frame(frame(payload), BOB.sealer, peer_keys=KEYS)

    assert dissection.problems == ()
    assert dissection.summary.endswith(f"{len(payload)} bytes, compact")
    assert named(dissection, "from").value == ALICE.node_id
    assert named(dissection, "to").value == BOB.node_id
    assert named(dissection, "id").value == envelope.message_id
    assert named(dissection, "fate").value == "ttl 10, type text, packing 1"
    assert read_back(dissection, payload, "fate", "id", "relays") == [b"", b"", b""]
    assert named(dissection, "text", 1).value == "on the air"
    name, text = dissection.buffers[1]
    assert name == "as JSON"
    assert json.loads(text) == json.loads(encode_envelope(envelope, app_names=False))
    assert f"{len(text)} bytes" in named(dissection, "as JSON", 2).note
    assert "SF11/250 kHz" in named(dissection, "as JSON", 2).note


def test_the_bytes_of_a_compact_field_are_its_own() -> None:
    """Change any byte within a field, and what changes is that field."""
    path = (CAROL.node_id, BOB.node_id)
    envelope = direct(letter_to(BOB.node_id, message_id="a name"))._replace(
        path=path, hop_count=1, route=(ALICE.node_id, CAROL.node_id)
    )
    payload = encode_compact(ALICE.sealer.sign(envelope), with_key=True)
    dissection = dissect_frame(frame(payload))
    names = ("mark", "mask", "from", "to", "nonce", "ct", "time", "fate", "id", "relays", "path")
    fields = [named(dissection, name) for name in (*names, "sig")]

    content = unstuff(payload)
    mask = payload[1]
    plain = {field.name: payload[field.start : field.end] for field in fields}
    assert bytes(byte ^ mask for byte in plain["from"]) == ALICE.public_key
    assert bytes(byte ^ mask for byte in plain["to"]) == bytes.fromhex(BOB.node_id[5:])
    assert bytes(byte ^ mask for byte in plain["nonce"]) == envelope.nonce
    assert bytes(byte ^ mask for byte in plain["id"]) == b"\x66a name"
    assert plain["sig"] == payload[-66:]
    assert len(content) == len(payload) - 2  # nothing had to be escaped here
    for one, after in pairwise(fields):
        assert one.end <= after.start


def test_escaped_bytes_belong_to_their_field() -> None:
    # every value of a byte is in it, so some must be escaped whatever the mask
    random = Random(3)
    envelope = direct(letter_to(BOB.node_id))._replace(ciphertext=random.randbytes(3000))
    payload = encode_compact(envelope, with_key=True)
    dissection = dissect_frame(frame(payload))
    ciphertext, mask = named(dissection, "ct"), payload[1:2]

    assert len(payload) > len(unstuff(payload)) + 2
    part = payload[ciphertext.start : ciphertext.end]
    assert unstuff(b"\xcb" + mask + part) == envelope.ciphertext


@pytest.mark.parametrize("recipient", ["broadcast", "forum:été"])
def test_a_compact_forum_message_opens(recipient: str) -> None:
    envelope = ALICE.sealer.seal_channel("été", letter_to(recipient), counted_entropy())
    payload = encode_compact(envelope, with_key=False)
    dissection = dissect_frame(frame(payload), BOB.sealer, ["x", "été"], KEYS)

    assert named(dissection, "text", 1).value == "on the air"
    assert named(dissection, "from").value == ALICE.node_id
    if recipient != "broadcast":
        assert named(dissection, "to").value == "forum:été"


def test_an_acknowledgement_and_stable_ids_are_shown() -> None:
    ack = letter_to(BOB.node_id, "", kind="ack", ack_hash="00112233445566ff", mid="m1")
    dissection = dissect_frame(
        frame(encode_compact(direct(ack), with_key=True)), BOB.sealer, peer_keys=KEYS
    )

    assert named(dissection, "h", 1).value == "00112233445566ff"
    assert named(dissection, "mid", 1).value == "m1"


def test_what_a_stranger_left_out_is_said() -> None:
    payload = encode_compact(direct(letter_to(BOB.node_id)), with_key=False)
    dissection = dissect_frame(frame(payload), BOB.sealer)

    assert "leaves out the key" in dissection.why
    assert dissection.buffers == ()


def test_our_own_compact_frame_opens_and_has_its_json() -> None:
    payload = encode_compact(direct(letter_to(BOB.node_id)), with_key=False)
    dissection = dissect_frame(
        frame(payload), ALICE.sealer, peer_keys={BOB.node_id: BOB.public_key}
    )

    assert [name for name, _ in dissection.buffers] == ["decrypted", "as JSON"]


def test_a_zlib_plaintext_is_shown_inflated() -> None:
    letter = letter_to(BOB.node_id, "la " * 100, message_id="i", packing=packing.ZLIB)
    payload = encode_envelope(direct(letter), app_names=False)
    dissection = dissect_frame(frame(payload), BOB.sealer)

    assert [name for name, _ in dissection.buffers] == ["decrypted", "inflated"]
    assert named(dissection, "text", 2).value.startswith("la la")
    assert named(dissection, "cp").value == "2"


def test_signatures_are_judged() -> None:
    signed = ALICE.sealer.sign(direct(letter_to(BOB.node_id)))
    forged = signed._replace(sent_at_ms=TS + 1)
    good, bad = (
        dissect_frame(frame(encode_envelope(envelope, app_names=False)))
        for envelope in (signed, forged)
    )

    assert good.problems == ()
    assert "fits the sender's key" in named(good, "sig").note
    assert "signature" in str(bad.problems)
    assert "does not fit" in named(bad, "sig").note


def test_a_compact_presence_is_shown_as_it_is_and_as_specified() -> None:
    presence = Presence(
        ALICE.node_id,
        ALICE.public_key,
        True,
        TS,
        Position(48.5, 2.25),
        "Alice",
        frozenset({"ack", "cbor1", "own"}),
        (BOB.node_id,),
        {"more": 1},
    )
    payload = encode_compact_presence(presence)
    dissection = dissect_frame(frame(payload))

    assert dissection.summary == f"presence: {ALICE.node_id} online, compact"
    assert named(dissection, "place").value == "48.5, 2.25"
    ((name, text),) = dissection.buffers
    assert name == "as JSON"
    assert json.loads(text)["caps"] == ["ack", "cbor1", "own"]
    assert json.loads(text)["more"] == 1
    assert named(dissection, "name", 1).value == "Alice"
    assert dissect_frame(frame(payload, f"meshcore/identity/{BOB.node_id}")).problems


def test_whatever_becomes_of_a_frame_a_dissection_comes_out() -> None:
    random = Random(1)
    envelope = direct(letter_to(BOB.node_id))._replace(recipient=NodeId(BOB.node_id))
    seeds = [
        encode_compact(ALICE.sealer.sign(envelope), with_key=True),
        encode_compact(envelope, with_key=False),
        encode_compact_presence(Presence(ALICE.node_id, ALICE.public_key, True, TS, name="A")),
        b"MCHK|abc|0|4|x",
        b"MCHK|1|B3E1|1/3|RAW|x",
        b"MREQ|abc|1,2",
    ]
    for _ in range(4000):
        mutated = bytearray(random.choice(seeds))
        for _ in range(random.randint(1, 3)):
            mutated[random.randrange(len(mutated))] = random.randrange(256)
        payload = bytes(mutated[: random.randint(1, len(mutated) + 20)])
        dissection = dissect_frame(frame(payload), BOB.sealer, ["x"], KEYS)
        for field in walk(dissection.fields):
            size = len(dissection.buffers[field.buffer - 1][1]) if field.buffer else len(payload)
            assert 0 <= field.start <= field.end <= size
            assert len(field.value) < 300
