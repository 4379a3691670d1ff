"""Compact presence: what a node says of itself in some seventy bytes."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import cbor2
import pytest

from meshtui.errors import CryptoError, DecodeError, EncodeError
from meshtui.model.node import Position
from meshtui.networks.jsonmesh.compact import is_compact
from meshtui.networks.jsonmesh.compact_presence import (
    PRESENCE_MARK,
    WORDS,
    decode_compact_presence,
    encode_compact_presence,
    is_compact_presence,
)
from meshtui.networks.jsonmesh.presence import Presence, decode_presence, encode_presence
from meshtui.networks.jsonmesh.stuffing import stuff, unstuff
from tests.support.jsonmesh_people import VECTORS, person

ALICE, BOB, CAROL = person(0), person(1), person(2)
TS = 1_700_000_000_000
CAPS = frozenset({"ack", "cbor1", "resend", "dsr"})
PARIS = Position(48.8566, 2.3522)
FULL = Presence(ALICE.node_id, ALICE.public_key, True, TS, PARIS, "Alice", CAPS)
PRESENCES = {
    "bare": Presence(ALICE.node_id, ALICE.public_key, False, 0),
    "full": FULL,
    "carried": replace(FULL, via=(BOB.node_id,) * 8),
    "milliseconds": replace(FULL, ts_ms=TS + 7),
    "exact position": replace(FULL, position=Position(1 / 3, -179.99999999999997)),
    "corner": replace(FULL, position=Position(-90.0, 180.0)),
    "all words": replace(FULL, caps=frozenset(WORDS)),
    "other words": replace(FULL, caps=frozenset({"zlib", "new", "x" * 32})),
    "32 other words": replace(FULL, caps=frozenset(f"word-{number}" for number in range(32))),
    "long name": replace(FULL, name="👍" * 64),
    "unknown keys": replace(FULL, raw={"battery": 84, "x": {"y": [1.5, None]}}),
}


@pytest.mark.parametrize("presence", PRESENCES.values(), ids=PRESENCES.keys())
def test_a_presence_comes_out_as_it_went_in(presence: Presence) -> None:
    frame = encode_compact_presence(presence)

    assert is_compact_presence(frame)
    assert not is_compact(frame)
    assert not {0x00, 0x0A, 0x0D} & set(frame)
    assert decode_compact_presence(frame) == presence


@pytest.mark.parametrize("presence", PRESENCES.values(), ids=PRESENCES.keys())
def test_by_way_of_json_nothing_is_lost_either(presence: Presence) -> None:
    by_json = decode_presence(encode_presence(presence))

    assert decode_compact_presence(encode_compact_presence(by_json)) == replace(presence, raw={})


def test_it_takes_about_seventy_bytes() -> None:
    assert len(encode_compact_presence(FULL)) <= 66
    assert len(encode_compact_presence(PRESENCES["bare"])) <= 42
    assert len(encode_presence(FULL)) > 200


def slots(**changes: object) -> list[object]:
    """Take a good frame apart, and change some of it by number."""
    good: list[object] = [ALICE.public_key, 1_700_000_000, 3, "Alice", bytes(8), b"", [], {}]
    for number, value in changes.items():
        good[int(number[1:])] = value
    return good


REFUSED: list[tuple[str, object]] = [
    ("bad-slots", slots()[:2]),
    ("bad-slots", [*slots(), 1]),
    ("bad-slots", "x"),
    ("bad-key", slots(_0=bytes(32))),
    ("bad-key", slots(_0=bytes(33))),
    ("bad-key", slots(_0="x" * 33)),
    ("bad-key", slots(_0=None)),
    ("bad-ts", slots(_1=-1)),
    ("bad-ts", slots(_1=2**60)),
    ("bad-ts", slots(_1="1")),
    ("bad-online", slots(_2=-1)),
    ("bad-online", slots(_2=64)),
    ("bad-online", slots(_2=True)),
    ("bad-online", slots(_2=None)),
    ("bad-name", slots(_3=5)),
    ("bad-name", slots(_3=None)),
    ("bad-name", slots(_3="x" * 65)),
    ("bad-position", slots(_4=bytes(7))),
    ("bad-position", slots(_4=None)),
    ("bad-position", slots(_4=b"\x7f" * 8)),
    ("bad-position", slots(_4=b"\x7f\xf8" + bytes(14))),
    ("bad-position", slots(_4=b"\x7f\xf0" + bytes(14))),
    ("bad-via", slots(_5=bytes(3))),
    ("bad-via", slots(_5=bytes(36))),
    ("bad-via", slots(_5=[])),
    ("bad-caps", slots(_6={})),
    ("bad-caps", slots(_6=[""])),
    ("bad-caps", slots(_6=["\x1b"])),
    ("bad-caps", slots(_6=["x" * 33])),
    ("bad-caps", slots(_6=[1])),
    ("bad-caps", slots(_6=[["ack"]])),
    ("bad-caps", slots(_6=["x"] * 33)),
    ("bad-more", slots(_7=[])),
    ("bad-more", slots(_7={"name": "x"})),
    ("bad-more", slots(_7={1: "x"})),
    ("bad-more", slots(_7={"x": b""})),
    ("bad-cbor", slots(_7={"x": cbor2.CBORTag(2, b"\xff")})),
]


@pytest.mark.parametrize(("expected", "content"), REFUSED, ids=lambda part: repr(part)[:60])
def test_a_hostile_presence_is_refused_under_its_own_word(expected: str, content: object) -> None:
    with pytest.raises((DecodeError, CryptoError)) as caught:
        decode_compact_presence(stuff(PRESENCE_MARK, cbor2.dumps(content)))

    assert caught.value.reason == expected


def test_the_frame_they_were_made_of_is_good() -> None:
    presence = decode_compact_presence(stuff(PRESENCE_MARK, cbor2.dumps(slots())))

    assert presence.position == Position(0.0, 0.0)
    assert presence.caps == {"ack"}


def test_what_the_reader_would_not_take_is_an_error_of_ours() -> None:
    for presence in (
        replace(FULL, name="\ud800"),
        replace(FULL, raw={"x": 2**70}),
        replace(FULL, raw={"x": "y" * 5000}),
        replace(FULL, via=(BOB.node_id,) * 9),
    ):
        with pytest.raises(EncodeError):
            encode_compact_presence(presence)


def survives(frame: bytes) -> None:
    """Only the two errors come out, and what is read can be written again."""
    try:
        presence = decode_compact_presence(frame)
    except (DecodeError, CryptoError):
        return
    assert decode_compact_presence(encode_compact_presence(presence)) == presence
    assert replace(decode_presence(encode_presence(presence)), raw={}) == replace(presence, raw={})


def test_junk_is_read_or_refused() -> None:
    chance = random.Random(3)
    frame = encode_compact_presence(PRESENCES["carried"])
    for size in range(len(frame)):
        survives(frame[:size])
    for bit in range(8 * len(frame)):
        flipped = bytearray(frame)
        flipped[bit // 8] ^= 1 << bit % 8
        survives(bytes(flipped))
    for _ in range(3000):
        survives(stuff(PRESENCE_MARK, chance.randbytes(chance.randrange(60))))
    content = unstuff(frame)
    for _ in range(3000):
        spoiled = bytearray(content)
        at = chance.randrange(len(spoiled))
        spoiled[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        survives(stuff(PRESENCE_MARK, bytes(spoiled)))


@pytest.mark.parametrize(
    "row",
    json.loads((VECTORS / "compact.json").read_text(encoding="utf-8"))["presences"],
    ids=lambda row: row["name"],
)
def test_the_format_is_frozen(row: dict[str, Any]) -> None:
    presence = decode_compact_presence(bytes.fromhex(row["frame"]))

    assert presence == replace(decode_presence(row["json"].encode()), raw={})
    assert encode_compact_presence(presence).hex() == row["frame"]
