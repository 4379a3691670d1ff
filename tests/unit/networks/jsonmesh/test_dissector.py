"""Reading recorded frames with given keys."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.errors import ConfigError, DecodeError
from meshtui.model.ids import Instant, LinkId
from meshtui.model.node import Position
from meshtui.model.packet import Frame, Verdict
from meshtui.model.secret import SecretBytes
from meshtui.networks.base import KeyMaterial
from meshtui.networks.jsonmesh.announce import Announcement, encode_announcement
from meshtui.networks.jsonmesh.chunk import encode_chunks, encode_request
from meshtui.networks.jsonmesh.compact import encode_compact
from meshtui.networks.jsonmesh.compact_presence import encode_compact_presence
from meshtui.networks.jsonmesh.dissector import JsonmeshDissector
from meshtui.networks.jsonmesh.envelope import encode_carried, encode_envelope, relayed
from meshtui.networks.jsonmesh.presence import Presence, encode_presence
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.jsonmesh.topics import forum_topic
from meshtui.networks.registry import load_network
from tests.support.jsonmesh_people import counted_entropy, good_payload, person

ALICE, BOB, CAROL = person(0), person(1), person(2)
TS = 1_700_000_000_000
NO_KEYS = JsonmeshDissector(KeyMaterial())


def frame(payload: bytes, endpoint: str = "") -> Frame:
    return Frame(LinkId("l"), payload, Instant(0.0, TS), endpoint=endpoint)


def with_keys(*people, channels=(), contacts=()) -> JsonmeshDissector:
    identities = tuple((p.node_id, SecretBytes(p.private_key.reveal)) for p in people)
    return JsonmeshDissector(KeyMaterial(channels, identities, contacts))


def forum_payload(name: str, to: str = "broadcast") -> bytes:
    letter = Letter("id-1", to, TS, "hi all")
    return encode_envelope(
        ALICE.sealer.seal_channel(name, letter, counted_entropy()), app_names=True
    )


def test_the_first_identity_that_opens_it_counts() -> None:
    dissector = with_keys(CAROL, BOB)

    record = dissector.record(frame(good_payload()))

    assert record["decoded"]["text"] == "hello"
    assert (record["from"], record["to"]) == (ALICE.node_id, BOB.node_id)
    assert "why" not in record
    assert dissector.dissect(frame(good_payload())).why == ""
    assert dissector.summarise(frame(good_payload())).verdict is Verdict.DELIVERED


def test_without_its_key_it_is_unreadable_and_says_which_key_would_open_it() -> None:
    for dissector in (NO_KEYS, with_keys(CAROL)):
        summary = dissector.summarise(frame(good_payload()))
        record = dissector.record(frame(good_payload()))

        assert (summary.verdict, summary.reason) == (Verdict.UNREADABLE, "no-key")
        assert record["decoded"] == {}
        assert BOB.node_id in str(record["why"])
        assert summary.detail == record["why"] == dissector.dissect(frame(good_payload())).why


def test_both_ends_of_a_conversation_open_it() -> None:
    dissector = with_keys(ALICE, contacts=(("B", BOB.public_key),))

    assert dissector.record(frame(good_payload()))["decoded"]["text"] == "hello"


@pytest.mark.parametrize("to", ["broadcast", "forum:paris"])
def test_a_forum_opens_by_its_name_without_any_identity(to: str) -> None:
    dissector = with_keys(channels=(("lyon", None), ("paris", None)))

    summary = dissector.summarise(frame(forum_payload("paris", to)))

    assert summary.verdict is Verdict.DELIVERED
    assert dissector.record(frame(forum_payload("paris", to)))["decoded"]["text"] == "hi all"


def test_a_forum_that_names_itself_needs_no_key_at_all() -> None:
    by_name, by_topic = (
        frame(forum_payload("x", "forum:x")),
        frame(forum_payload("x"), forum_topic("x")),
    )

    assert NO_KEYS.record(by_name)["decoded"]["text"] == "hi all"
    assert NO_KEYS.record(by_topic)["decoded"]["text"] == "hi all"
    assert NO_KEYS.summarise(by_name).destination == "#x"


def test_a_compact_frame_opens_with_the_keys_of_contacts() -> None:
    letter = Letter("", BOB.node_id, 1_700_000_000_000, "short", packing=1)
    payload = encode_compact(
        ALICE.sealer.seal_direct(BOB.public_key, letter, counted_entropy()), with_key=False
    )

    record = with_keys(BOB, contacts=(("A", ALICE.public_key),)).record(frame(payload))

    assert record["decoded"]["text"] == "short"


def test_presences_announcements_and_chunks_say_what_they_are() -> None:
    presence = encode_presence(Presence(ALICE.node_id, ALICE.public_key, True, TS, name="Anna"))
    announced = encode_announcement(
        Announcement("paris", "bonjour", ALICE.node_id, ALICE.public_key, TS)
    )
    chunk = encode_chunks(b"x" * 300, "abc")[0]

    records = [
        NO_KEYS.record(frame(payload))
        for payload in (presence, announced, chunk, encode_request("abc", [1, 2]), b"")
    ]
    kinds = [
        NO_KEYS.summarise(frame(payload)).kind
        for payload in (presence, announced, chunk, encode_request("abc", [1, 2]), b"")
    ]

    assert kinds == ["presence", "announce", "chunk", "chunk-request", "empty"]
    assert [record["kind"] for record in records] == kinds
    assert records[0]["decoded"]["name"] == "Anna"
    assert records[1]["to"] == "#paris"
    assert records[2]["decoded"]["total"] == 2
    assert records[3]["decoded"] == {"missing": [1, 2]}


def test_what_is_malformed_is_refused_with_its_word() -> None:
    with pytest.raises(DecodeError) as refused:
        NO_KEYS.record(frame(b"{}"))

    summary = NO_KEYS.summarise(frame(b"{}"))
    assert summary.verdict is Verdict.REJECTED
    assert summary.reason == refused.value.reason


def test_a_forged_sender_is_refused() -> None:
    wire = json.loads(good_payload()) | {"fromPubkey": CAROL.public_key.hex()}

    with pytest.raises(DecodeError, match="forged"):
        NO_KEYS.record(frame(json.dumps(wire).encode()))


@pytest.mark.parametrize(
    "keys",
    [
        KeyMaterial(channels=(("paris", SecretBytes(bytes(16))),)),
        KeyMaterial(channels=(("", None),)),
        KeyMaterial(identities=(("A", SecretBytes(bytes(32))),)),
        KeyMaterial(identities=(("A", SecretBytes(b"\x01" * 31)),)),
        KeyMaterial(contacts=(("A", bytes(33)),)),
    ],
)
def test_what_is_no_key_of_this_network_is_refused_by_name(keys: KeyMaterial) -> None:
    with pytest.raises(ConfigError, match=r"^(channel|identity|contact) "):
        load_network("jsonmesh").open_dissector(keys)


@given(
    st.binary(max_size=300)
    | st.builds(lambda b, i: good_payload()[:i] + b, st.binary(), st.integers(0, 400))
)
def test_no_bytes_make_a_dissector_raise_anything_but_its_word(payload: bytes) -> None:
    dissector = with_keys(BOB)

    dissector.dissect(frame(payload))
    summary = dissector.summarise(frame(payload))
    if summary.verdict is Verdict.REJECTED:
        with pytest.raises(DecodeError, match=summary.reason):
            dissector.record(frame(payload))
    else:
        assert "decoded" in dissector.record(frame(payload))


def test_what_relays_and_signatures_add_is_in_the_record() -> None:
    letter = Letter("id-1", BOB.node_id, TS, "hello")
    envelope = ALICE.sealer.seal_direct(BOB.public_key, letter, counted_entropy())
    signed = ALICE.sealer.sign(envelope._replace(path=(CAROL.node_id,)))

    record = NO_KEYS.record(frame(encode_envelope(signed, app_names=False)))

    assert record["path"] == [CAROL.node_id]
    assert record["signature_valid"] is True


def test_an_envelope_that_opens_and_contradicts_itself_counts_as_not_opened() -> None:
    wire = json.loads(good_payload()) | {"ts": TS + 1}
    forged = frame(json.dumps(wire).encode())
    dissector = with_keys(BOB)

    assert "inner-mismatch" in str(dissector.record(forged)["why"])
    assert dissector.summarise(forged).verdict is Verdict.UNREADABLE


def test_a_compact_presence_and_a_position_are_read() -> None:
    presence = Presence(ALICE.node_id, ALICE.public_key, True, TS, Position(47.5, 8.5))

    for payload in (encode_presence(presence), encode_compact_presence(presence)):
        decoded = NO_KEYS.record(frame(payload))["decoded"]
        assert (decoded["lat"], decoded["lng"]) == (47.5, 8.5)
        assert NO_KEYS.summarise(frame(payload)).has_position
    nowhere = encode_presence(replace(presence, position=None))
    assert not NO_KEYS.summarise(frame(nowhere)).has_position


def test_a_text_that_opens_is_in_the_row_with_the_way_it_came() -> None:
    letter = Letter("id-1", BOB.node_id, TS, "hello")
    sealed = ALICE.sealer.seal_direct(BOB.public_key, letter, counted_entropy())
    payload = encode_carried(relayed(sealed, CAROL.node_id))

    summary = with_keys(BOB).summarise(frame(payload))

    assert (summary.text, summary.path) == ("hello", (CAROL.node_id,))
