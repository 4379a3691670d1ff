from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from meshtui.model.ids import Instant, LinkId, NodeId
from meshtui.model.packet import DissectedField, Dissection, Frame
from meshtui.networks.jsonmesh.announce import Announcement, encode_announcement
from meshtui.networks.jsonmesh.dissect import dissect_frame
from meshtui.networks.jsonmesh.envelope import encode_envelope
from meshtui.networks.jsonmesh.json_spans import find_spans, scalar_text
from meshtui.networks.jsonmesh.presence import Presence, encode_presence
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.jsonmesh.topics import (
    announce_topic,
    dm_topic,
    forum_topic,
    identity_topic,
    route_topic,
)
from tests.support.jsonmesh_people import counted_entropy, good_object, good_payload, person

if TYPE_CHECKING:
    from collections.abc import Iterator

ALICE, BOB, CAROL = person(0), person(1), person(2)
TS = 1_700_000_000_000


def frame(payload: bytes, endpoint: str = "") -> Frame:
    return Frame(LinkId("l"), payload, Instant(0.0, TS), endpoint=endpoint)


def walk(fields: tuple[DissectedField, ...]) -> Iterator[DissectedField]:
    for field in fields:
        yield field
        yield from walk(field.children)


def bytes_of(field: DissectedField, payload: bytes, dissection: Dissection) -> bytes:
    buffer = payload if field.buffer == 0 else dissection.buffers[field.buffer - 1][1]
    return buffer[field.start : field.end]


def named(dissection: Dissection, name: str, buffer: int = 0) -> DissectedField:
    return next(f for f in walk(dissection.fields) if f.name == name and f.buffer == buffer)


def channel_payload(name: str, to: str = "broadcast") -> bytes:
    letter = Letter("id-1", to, TS, "hi all")
    envelope = ALICE.sealer.seal_channel(name, letter, counted_entropy())
    return encode_envelope(envelope, app_names=True)


PRETTY = json.dumps(good_object(), indent=3).encode()


@pytest.mark.parametrize("payload", [good_payload(), good_payload(app_names=True), PRETTY])
def test_every_field_points_at_the_bytes_it_was_read_from(payload: bytes) -> None:
    wire = json.loads(payload)

    dissection = dissect_frame(frame(payload, dm_topic(BOB.node_id)), BOB.sealer)

    for key, value in wire.items():
        field = named(dissection, key)
        assert json.loads(bytes_of(field, payload, dissection)) == value
    for key, value in wire["enc"].items():
        inner = next(c for c in named(dissection, "enc").children if c.name == key)
        assert json.loads(bytes_of(inner, payload, dissection)) == value


def test_what_opens_is_shown_with_the_bytes_of_the_plaintext() -> None:
    dissection = dissect_frame(frame(good_payload()), BOB.sealer)

    (name, plaintext), text = dissection.buffers[0], named(dissection, "text", 1)
    assert name == "decrypted"
    assert text.value == "hello"
    assert plaintext[text.start : text.end] == b'"hello"'
    assert dissection.why == ""
    assert dissection.problems == ()


def test_bare_text_is_one_field() -> None:
    letter = Letter("i", BOB.node_id, TS, "plain", is_bare=True)
    envelope = ALICE.sealer.seal_direct(BOB.public_key, letter, counted_entropy())

    dissection = dissect_frame(frame(encode_envelope(envelope, app_names=False)), BOB.sealer)

    field = named(dissection, "plaintext", 1)
    assert (field.value, field.start, field.end) == ("plain", 0, 5)
    assert "bare text" in field.note


def test_our_own_message_opens_where_the_peers_key_is_known() -> None:
    sent = frame(good_payload())

    known = dissect_frame(sent, ALICE.sealer, peer_keys={BOB.node_id: BOB.public_key})
    unknown = dissect_frame(sent, ALICE.sealer)

    assert known.buffers
    assert unknown.buffers == ()
    assert BOB.node_id in unknown.why


def test_why_it_stays_closed_is_said() -> None:
    payload = good_payload()
    spoiled = json.dumps(good_object() | {"enc": good_object()["enc"] | {"ct": "A" * 40}}).encode()

    assert dissect_frame(frame(payload)).why == "no key at hand"
    assert BOB.node_id in dissect_frame(frame(payload), CAROL.sealer).why
    assert "bad-tag" in dissect_frame(frame(spoiled), BOB.sealer).why
    assert "bad-tag" in dissect_frame(frame(channel_payload("a", "forum:b")), BOB.sealer).why
    assert "no forum" in dissect_frame(frame(channel_payload("a")), BOB.sealer, ["b", "c"]).why


@pytest.mark.parametrize(
    ("to", "endpoint", "channels"),
    [
        ("broadcast", forum_topic("été/1"), ()),
        ("forum:été/1", "", ()),
        ("broadcast", "", ("x", "été/1")),
    ],
)
def test_a_forum_is_found_by_topic_by_name_or_by_trying(
    to: str, endpoint: str, channels: tuple[str, ...]
) -> None:
    dissection = dissect_frame(frame(channel_payload("été/1", to), endpoint), BOB.sealer, channels)

    assert named(dissection, "text", 1).value == "hi all"


def test_contradictions_are_problems() -> None:
    replayed = json.dumps(good_object() | {"msgId": "other"}).encode()
    forged = json.dumps(good_object() | {"from": CAROL.node_id}).encode()
    clamped = json.dumps(good_object() | {"ttl": 255}).encode()

    assert "inner-mismatch" in str(dissect_frame(frame(replayed), BOB.sealer).problems)
    assert "forged" in str(dissect_frame(frame(forged), BOB.sealer).problems)
    assert "10" in named(dissect_frame(frame(clamped)), "ttl").note.rpartition(";")[2]
    for topic in (
        dm_topic(CAROL.node_id),
        route_topic(CAROL.node_id),
        forum_topic("x"),
        "meshcore/dm/x",
        "junk",
    ):
        assert dissect_frame(frame(good_payload(), topic), BOB.sealer).problems


def test_presence_and_announcement_are_known_by_topic_or_content() -> None:
    presence = encode_presence(Presence(ALICE.node_id, ALICE.public_key, False, TS, name="A"))
    forum = encode_announcement(Announcement("général", "d", ALICE.node_id, ALICE.public_key, TS))

    for endpoint in ("", identity_topic(ALICE.node_id)):
        dissection = dissect_frame(frame(presence, endpoint))
        assert dissection.summary == f"presence: {ALICE.node_id} offline"
        assert dissection.problems == ()
    for endpoint in ("", announce_topic("général")):
        dissection = dissect_frame(frame(forum, endpoint))
        assert "#général" in dissection.summary
        assert dissection.problems == ()
    assert dissect_frame(frame(presence, identity_topic(BOB.node_id))).problems
    assert dissect_frame(frame(forum, announce_topic("x"))).problems
    assert dissect_frame(frame(b"{}", announce_topic("x"))).problems


@pytest.mark.parametrize(
    "payload",
    [
        *(b"\xff\x00", b"MCHK|abc|9|4|xyz", b"[1]", b"[" * 2000, b'{"a":1,}', b"x" * 300_000),
        b'{"a":[' + b"0," * 20_000 + b"0]}",
    ],
    ids=["binary", "chunk", "list", "deep", "comma", "large", "many"],
)
def test_what_is_not_understood_is_shown_whole(payload: bytes) -> None:
    dissection = dissect_frame(frame(payload, "meshcore/lora/inbound"), BOB.sealer)

    field = named(dissection, "payload")
    assert (field.start, field.end) == (0, len(payload))
    assert len(field.value) < 300
    assert dissection.problems


def test_an_empty_payload_takes_back() -> None:
    assert "empty" in dissect_frame(frame(b"", identity_topic(ALICE.node_id))).summary


@pytest.mark.parametrize(
    "extra",
    [
        {f"k{n}": [n] * 50 for n in range(100)},
        {"x": "long" * 20_000},
        {"k" * 5000: 1},
        {"x": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]},
        {"": 1, " ": 2},
    ],
    ids=["wide", "long", "long-key", "deep", "empty-key"],
)
def test_a_dissection_is_bounded(extra: dict[str, object]) -> None:
    payload = json.dumps(good_object() | extra).encode()

    dissection = dissect_frame(frame(payload), BOB.sealer)

    fields = list(walk(dissection.fields))
    assert len(fields) <= 500
    assert all(len(f.value) < 300 and len(f.name) < 300 for f in fields)


def test_unknown_keys_are_pointed_out() -> None:
    payload = json.dumps(good_object() | {"sigh": "ab", "enc.ct": 1, "": 2}).encode()

    dissection = dissect_frame(frame(payload))

    for name in ("sigh", "enc.ct", '""'):
        assert named(dissection, name).note == "not a key of the protocol"


def test_spans_see_through_escapes_and_white_space() -> None:
    text = b' { "a\\"b" : [ 1 , {"\\u0063":"}]\\\\"} , -1.5e3 ] , "d":null }\n'

    whole = find_spans(text)

    listing, nothing = whole.children
    assert (listing.key, nothing.key) == ('a"b', "d")
    assert [text[c.start : c.end] for c in listing.children] == [
        b"1",
        b'{"\\u0063":"}]\\\\"}',
        b"-1.5e3",
    ]
    inner = listing.children[1].children[0]
    assert (inner.key, text[inner.start : inner.end]) == ("c", b'"}]\\\\"')
    assert text[whole.start : whole.end] == text.strip()
    assert text[nothing.start : nothing.end] == b"null"


@pytest.mark.parametrize("text", [b"", b"]", b"}{", b'"', b'{"a"', b":,:", b"[[[", b"\xff"])
def test_spans_of_what_is_no_json_are_still_within_it(text: bytes) -> None:
    whole = find_spans(text)

    assert 0 <= whole.start <= whole.end <= len(text)


def test_a_string_that_is_none_is_shown_as_written() -> None:
    assert scalar_text(b'"\\ud800"') == '"\\ud800"'


def test_times_beyond_any_calendar_are_said_so() -> None:
    payload = json.dumps(good_object() | {"ts": 2**53}).encode()

    assert "calendar" in named(dissect_frame(frame(payload)), "ts").note


def test_another_node_is_never_mistaken_for_us() -> None:
    letter = Letter("i", BOB.node_id, TS)
    sealed = ALICE.sealer.seal_direct(BOB.public_key, letter, counted_entropy())
    envelope = sealed._replace(recipient=NodeId("MESH-00000000"))

    dissection = dissect_frame(frame(encode_envelope(envelope, app_names=False)), BOB.sealer)

    assert dissection.buffers == ()
    assert "MESH-00000000" in dissection.why
