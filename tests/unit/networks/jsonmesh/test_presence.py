from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from meshtui.errors import CryptoError, DecodeError, EncodeError
from meshtui.model.node import Position
from meshtui.networks.jsonmesh.announce import (
    Announcement,
    carry_announcement,
    decode_announcement,
    encode_announcement,
)
from meshtui.networks.jsonmesh.compact_presence import (
    decode_compact_presence,
    encode_compact_presence,
)
from meshtui.networks.jsonmesh.presence import (
    Presence,
    carry_presence,
    decode_presence,
    encode_presence,
)
from tests.support.jsonmesh_people import person

ALICE, BOB, CAROL = person(0), person(1), person(2)
TS = 1_700_000_000_000
PRESENCE = Presence(
    ALICE.node_id,
    ALICE.public_key,
    is_online=True,
    ts_ms=TS,
    position=Position(48.85, -2.35),
    via=(BOB.node_id,),
    name="Alice ☕",
    caps=frozenset({"ack", "x"}),
)
FORUM = Announcement("général", "All and nothing", ALICE.node_id, ALICE.public_key, TS)


def presence_with(**changes: object) -> bytes:
    wire = json.loads(encode_presence(PRESENCE)) | changes
    return json.dumps({key: value for key, value in wire.items() if value is not ...}).encode()


def forum_with(**changes: object) -> bytes:
    wire = json.loads(encode_announcement(FORUM)) | changes
    return json.dumps({key: value for key, value in wire.items() if value is not ...}).encode()


def test_a_presence_comes_back_as_it_was() -> None:
    read = decode_presence(encode_presence(PRESENCE))

    assert replace(read, raw={}) == PRESENCE


def test_a_presence_is_written_with_the_words_of_the_wire() -> None:
    wire = json.loads(encode_presence(PRESENCE))

    assert wire == {
        "nodeId": ALICE.node_id,
        "pubkeyHex": ALICE.public_key.hex(),
        "online": True,
        "ts": TS,
        "lat": 48.85,
        "lng": -2.35,
        "name": "Alice ☕",
        "caps": ["ack", "x"],
        "via": [BOB.node_id],
    }


def test_a_last_will_says_no_more_than_needed() -> None:
    will = Presence(ALICE.node_id, ALICE.public_key, is_online=False, ts_ms=TS)

    assert list(json.loads(encode_presence(will))) == ["nodeId", "pubkeyHex", "online", "ts"]


@pytest.mark.parametrize(
    "changes",
    [
        {"lat": 999},
        {"lng": 180.1},
        {"lat": "48"},
        {"lat": True},
        {"lat": None},
        {"lat": ...},
        {"lng": ...},
        {"lat": 1e300},
        {"lat": [48]},
    ],
    ids=str,
)
def test_a_place_not_on_earth_is_no_place(changes: dict[str, object]) -> None:
    assert decode_presence(presence_with(**changes)).position is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [(5, ""), (None, ""), (["x"], ""), ("x" * 5000, "x" * 64), ("\x1b[2J", "\x1b[2J")],
    ids=["number", "null", "list", "long", "escape"],
)
def test_a_name_is_cut_and_left_as_it_is(name: object, expected: str) -> None:
    assert decode_presence(presence_with(name=name)).name == expected


@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        (None, set()),
        ("ack", set()),
        ({"ack": 1}, set()),
        (["ack", 5, None, "", "x" * 33, "\x1b", "é"], {"ack"}),
        (["ack"] * 100, {"ack"}),
        ([f"c{n}" for n in range(100)], {f"c{n}" for n in range(32)}),
    ],
    ids=["null", "text", "object", "odd", "repeated", "many"],
)
def test_odd_abilities_are_left_out(caps: object, expected: set[str]) -> None:
    assert decode_presence(presence_with(caps=caps)).caps == expected


PRESENCE_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"nodeId": BOB.node_id}, "forged"),
    ({"pubkeyHex": BOB.public_key.hex()}, "forged"),
    ({"nodeId": ...}, "bad-node-id"),
    ({"nodeId": 5}, "bad-node-id"),
    ({"nodeId": "MESH-E0D0"}, "bad-node-id"),
    ({"pubkeyHex": ...}, "bad-key"),
    ({"pubkeyHex": ""}, "bad-key"),
    ({"pubkeyHex": "04" + "00" * 64}, "bad-key"),
    ({"online": ...}, "bad-online"),
    ({"online": "false"}, "bad-online"),
    ({"online": 0}, "bad-online"),
    ({"ts": "1"}, "bad-ts"),
    ({"ts": -1}, "bad-ts"),
    ({"ts": True}, "bad-ts"),
    ({"ts": 2**60}, "bad-ts"),
    ({"via": None}, "bad-via"),
    ({"via": ["x"]}, "bad-via"),
    ({"via": [5]}, "bad-via"),
    ({"via": [BOB.node_id] * 9}, "bad-via"),
    ({"name": "x" * 20_000}, "too-large"),
    ({"x": [0] * 2000}, "too-many-values"),
]


@pytest.mark.parametrize(("changes", "reason"), PRESENCE_FAULTS, ids=lambda value: str(value)[:40])
def test_a_presence_that_could_mislead_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises((DecodeError, CryptoError)) as caught:
        decode_presence(presence_with(**changes))

    assert caught.value.reason == reason


def test_what_is_just_within_its_limits_is_taken() -> None:
    edge = {"lat": -90, "lng": 180, "ts": 2**53, "caps": ["x" * 32], "name": "x" * 64}

    read = decode_presence(presence_with(**edge))

    assert read.position == Position(-90.0, 180.0)
    assert (read.ts_ms, read.caps, read.name) == (2**53, {"x" * 32}, "x" * 64)


def test_a_presence_without_a_clock_is_read() -> None:
    assert decode_presence(presence_with(ts=...)).ts_ms == 0


def test_an_announcement_comes_back_as_it_was() -> None:
    read = decode_announcement(encode_announcement(FORUM))

    assert replace(read, raw={}) == FORUM


def test_an_announcement_is_written_with_the_words_of_the_wire() -> None:
    assert json.loads(encode_announcement(FORUM)) == {
        "channelName": "général",
        "description": "All and nothing",
        "creatorNodeId": ALICE.node_id,
        "creatorPubkey": ALICE.public_key.hex(),
        "ts": TS,
        "isPublic": True,
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"creatorNodeId": BOB.node_id}, "forged"),
        ({"creatorNodeId": ...}, "bad-node-id"),
        ({"creatorPubkey": ...}, "bad-key"),
        ({"channelName": ...}, "bad-forum-name"),
        ({"channelName": ""}, "bad-forum-name"),
        ({"channelName": 5}, "bad-forum-name"),
        ({"channelName": "x" * 10_240}, "bad-forum-name"),
        ({"description": 5}, "bad-description"),
        ({"isPublic": "yes"}, "bad-public"),
        ({"ts": 1.5}, "bad-ts"),
        ({"via": "x"}, "bad-via"),
        ({"description": "x" * 20_000}, "too-large"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_announcement_that_could_mislead_is_refused(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises((DecodeError, CryptoError)) as caught:
        decode_announcement(forum_with(**changes))

    assert caught.value.reason == reason


def test_a_long_description_is_cut() -> None:
    assert len(decode_announcement(forum_with(description="x" * 5000)).description) == 512


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 2000])
def test_junk_is_neither(payload: bytes) -> None:
    for decode in (decode_presence, decode_announcement):
        with pytest.raises(DecodeError):
            decode(payload)


def test_what_is_carried_between_brokers_is_verbatim_but_for_the_carrier() -> None:
    presence = decode_presence(presence_with(unknown={"x": [1]}, via=...))
    forum = decode_announcement(forum_with(unknown="y"))

    carried = json.loads(carry_presence(presence, CAROL.node_id))
    carried_forum = json.loads(carry_announcement(forum, CAROL.node_id))

    assert carried == dict(presence.raw) | {"via": [CAROL.node_id]}
    assert carried_forum == dict(forum.raw) | {"via": [CAROL.node_id]}
    twice = decode_announcement(encode_announcement(replace(FORUM, via=(CAROL.node_id,))))
    assert twice.via == (CAROL.node_id,)
    again = decode_presence(
        carry_presence(decode_presence(json.dumps(carried).encode()), BOB.node_id)
    )
    assert again.via == (CAROL.node_id, BOB.node_id)


def test_what_came_small_by_radio_is_carried_between_brokers_as_json() -> None:
    presence = decode_presence(presence_with(unknown={"x": [1]}, via=...))
    small = decode_compact_presence(encode_compact_presence(presence))

    carried = decode_presence(carry_presence(small, CAROL.node_id))

    assert replace(carried, raw={}) == replace(presence, raw={}, via=(CAROL.node_id,))
    assert carried.raw["unknown"] == {"x": [1]}


def test_nothing_is_carried_twice_by_the_same_or_too_far() -> None:
    here_before = decode_presence(presence_with(via=[CAROL.node_id]))
    far = decode_announcement(forum_with(via=[BOB.node_id] * 8))

    with pytest.raises(EncodeError):
        carry_presence(here_before, CAROL.node_id)
    with pytest.raises(EncodeError):
        carry_announcement(far, CAROL.node_id)


def test_half_a_character_is_an_error_of_ours() -> None:
    with pytest.raises(EncodeError):
        encode_presence(replace(PRESENCE, name="\ud800"))
    with pytest.raises(EncodeError):
        encode_announcement(replace(FORUM, description="\ud800"))
