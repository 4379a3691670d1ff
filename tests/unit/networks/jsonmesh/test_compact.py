"""Compact frames: the same envelope in one packet, and nothing worse than a refusal from junk."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import cbor2
import pytest

from meshtui.errors import CryptoError, DecodeError, EncodeError
from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.link import RadioSettings
from meshtui.networks.jsonmesh.compact import (
    COMPACT_MARK,
    decode_compact,
    encode_compact,
    is_compact,
)
from meshtui.networks.jsonmesh.compact_frame import MAX_COMPACT_BYTES
from meshtui.networks.jsonmesh.envelope import (
    Envelope,
    decode_envelope,
    encode_carried,
    encode_envelope,
    relayed,
)
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.jsonmesh.stuffing import stuff, unstuff
from tests.support.jsonmesh_people import VECTORS, good_object, person

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import NodeId

ALICE, BOB, CAROL = person(0), person(1), person(2)
KEYS = {one.node_id: one.public_key for one in (ALICE, BOB, CAROL)}
TS = 1_700_000_000_000
UUID = "3d6a9b1c-6f0e-4a51-9d2f-2f1f0d5c8e11"
SHORT = "0123456789abcdef"
ENGLISH = (
    "The repeater on the hill is back up. Battery at 84 percent, signal is good. "
    "See you there around 12."
)
RANDOM_ISH = "".join(
    random.Random(1).choices("abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ 0123456789", k=100)
)


def no_key(_: NodeId) -> bytes | None:
    return None


def sealed(text: str = "hello", seed: int = 1, **changes: object) -> Envelope:
    """Seal a packed letter from Alice to Bob, its nonce as good as chance."""
    letter = Letter("", BOB.node_id, TS, text, packing=1)._replace(**changes)
    return ALICE.sealer.seal_direct(BOB.public_key, letter, random.Random(seed).randbytes)


def reason_of(frame: bytes, key_of: Callable[[NodeId], bytes | None] = KEYS.get) -> str:
    with pytest.raises((DecodeError, CryptoError)) as caught:
        decode_compact(frame, key_of)
    return caught.value.reason


# --- sizes, the worst of 200 nonces ---


def worst_size(make: Callable[[int], Envelope], *, with_key: bool) -> int:
    return max(len(encode_compact(make(seed), with_key=with_key)) for seed in range(200))


@pytest.mark.parametrize(
    ("text", "with_key", "most"),
    [
        (ENGLISH, True, 116),
        (ENGLISH, False, 86),
        (RANDOM_ISH, True, 168),
        (RANDOM_ISH, False, 138),
    ],
)
def test_a_hundred_characters_fit_one_packet(text: str, with_key: bool, most: int) -> None:
    assert len(text) == 100

    assert worst_size(lambda seed: sealed(text, seed), with_key=with_key) <= most


def test_even_with_a_uuid_and_a_stable_id_they_fit() -> None:
    size = worst_size(
        lambda seed: sealed(RANDOM_ISH, seed, message_id=UUID, mid=SHORT), with_key=True
    )

    assert size <= 204


def test_an_acknowledgement_takes_less_than_sixty_bytes() -> None:
    size = worst_size(lambda seed: sealed("", seed, kind="ack", ack_hash=SHORT), with_key=False)

    assert size <= 57


def test_two_hundred_characters_of_text_still_fit_one_packet() -> None:
    size = worst_size(lambda seed: sealed(ENGLISH + ENGLISH[::-1], seed), with_key=False)

    assert size <= 240


def test_a_signed_text_still_fits_one_packet() -> None:
    envelope = ALICE.sealer.sign(sealed(ENGLISH))

    assert len(encode_compact(envelope, with_key=True)) <= 210


def test_each_relay_adds_four_bytes() -> None:
    envelope = sealed(ENGLISH)
    size = len(encode_compact(envelope, with_key=False))
    for _ in range(5):
        envelope = relayed(envelope, CAROL.node_id)

    assert len(encode_compact(envelope, with_key=False)) <= size + 5 * 4 + 5


def test_the_air_is_taken_a_fifth_as_long_as_by_the_specified_form() -> None:
    radio = RadioSettings()
    compact = time_on_air_ms(len(encode_compact(sealed(ENGLISH), with_key=False)), radio)
    payload = encode_envelope(
        sealed(ENGLISH, packing=0, message_id=UUID, is_bare=True), app_names=False
    )
    chunks = [len(payload[at : at + 200]) + 16 for at in range(0, len(payload), 200)]

    assert len(chunks) == 3
    assert compact * 5 < sum(time_on_air_ms(size, radio) for size in chunks)


# --- round trips ---

FORUM = ALICE.sealer.seal_channel(
    "général", Letter(UUID, "forum:général", TS, "salut", packing=1), random.Random(2).randbytes
)
ENVELOPES = {
    "named by its ciphertext": sealed(),
    "uuid": sealed(message_id=UUID),
    "short id": sealed(message_id=SHORT),
    "other id": sealed(message_id="msg-é-7"),
    "upper-case uuid": sealed(message_id=UUID.upper()),
    "upper-case digits": sealed(message_id=SHORT.upper()),
    "id of 128": sealed(message_id="x" * 128),
    "milliseconds": sealed(sent_at_ms=TS + 1),
    "time 0": sealed(sent_at_ms=0),
    "time 1 ms": sealed(sent_at_ms=1),
    "last time": sealed(sent_at_ms=2**53),
    "as specified": sealed(message_id=UUID, packing=0),
    "zlib": sealed(message_id=UUID, packing=2),
    "unknown packing": sealed()._replace(packing=200),
    "ack": sealed(kind="ack", ack_hash=SHORT),
    "cashu": sealed(kind="cashu"),
    "gif": sealed(kind="gif"),
    "unknown kind": sealed(kind="poll/2"),
    "unknown kind and packing": sealed(kind="x" * 32)._replace(packing=9),
    "ttl 0": sealed()._replace(ttl=0),
    "on its way": relayed(relayed(sealed(), CAROL.node_id), BOB.node_id),
    "full route": sealed()._replace(route=(ALICE.node_id,) * 32, hop_count=31),
    "hops but no route": sealed()._replace(hop_count=255),
    "empty route": sealed()._replace(route=()),
    "route of another": sealed()._replace(route=(BOB.node_id, CAROL.node_id), hop_count=1),
    "path": sealed()._replace(path=(CAROL.node_id, BOB.node_id)),
    "full path": sealed()._replace(path=(CAROL.node_id,) * 16),
    "signed": ALICE.sealer.sign(sealed()),
    "all of it": ALICE.sealer.sign(
        relayed(sealed(message_id="m", kind="poll"), BOB.node_id)._replace(path=(CAROL.node_id,))
    ),
    "broadcast": FORUM._replace(recipient="broadcast"),
    "forum": FORUM,
    "empty ciphertext": sealed()._replace(ciphertext=bytes(16)),
    "3 kB": sealed(message_id=UUID, packing=0, text="x" * 3000),
}


@pytest.mark.parametrize("with_key", [True, False])
@pytest.mark.parametrize("envelope", ENVELOPES.values(), ids=ENVELOPES.keys())
def test_an_envelope_comes_out_as_it_went_in(envelope: Envelope, with_key: bool) -> None:
    frame = encode_compact(envelope, with_key=with_key)

    assert is_compact(frame)
    assert not {0x00, 0x0A, 0x0D} & set(frame)
    assert decode_compact(frame, no_key if with_key else KEYS.get) == envelope


def test_a_gateway_may_trim_its_lines() -> None:
    for seed in range(300):
        frame = encode_compact(sealed("hello", seed), with_key=False)
        assert frame.strip() == frame


@pytest.mark.parametrize("envelope", ENVELOPES.values(), ids=ENVELOPES.keys())
def test_by_way_of_json_nothing_is_lost_either(envelope: Envelope) -> None:
    by_json = decode_envelope(encode_envelope(envelope, app_names=True))

    assert decode_compact(encode_compact(by_json, with_key=True), no_key) == envelope


def test_keys_unknown_to_us_travel_along() -> None:
    extra = {"x": {"deep": [1, None, 1.5, -7, True, "é", 2**63]}, "more": "", "fg": {}}
    wire = good_object() | extra
    wire["enc"] |= {"alg": "new", "v": 1}
    by_json = decode_envelope(json.dumps(wire).encode())

    by_radio = decode_compact(encode_compact(by_json, with_key=False), KEYS.get)
    again = json.loads(encode_carried(by_radio))

    assert by_radio._replace(raw={}) == by_json._replace(raw={})
    assert by_radio.raw == {**extra, "enc": {"alg": "new"}}
    assert {key: again[key] for key in extra} == extra
    assert again["enc"] == {"nonce": wire["enc"]["nonce"], "ct": wire["enc"]["ct"], "alg": "new"}
    assert again["msgId"] == wire["msgId"]
    assert decode_compact(encode_compact(by_radio, with_key=True), no_key) == by_radio


# --- keys ---


def test_a_key_left_out_is_asked_for() -> None:
    frame = encode_compact(sealed(), with_key=False)

    assert reason_of(frame, no_key) == "unknown-key"
    assert reason_of(frame, lambda _: BOB.public_key) == "forged"
    assert reason_of(frame, lambda _: b"\x05" * 33) == "bad-key"


def test_who_only_passes_it_on_needs_no_key() -> None:
    frame = encode_compact(sealed(), with_key=False)

    stranger = decode_compact(frame, lambda _: b"")
    onward = encode_compact(relayed(stranger, CAROL.node_id), with_key=False)

    assert decode_compact(onward, KEYS.get) == relayed(sealed(), CAROL.node_id)
    for write in (
        lambda: encode_compact(stranger, with_key=True),
        lambda: encode_carried(stranger),
        lambda: encode_envelope(stranger, app_names=False),
    ):
        with pytest.raises(EncodeError):
            write()
    with pytest.raises(CryptoError):
        BOB.sealer.open_direct(stranger)


# --- what is refused ---


def slots(**changes: object) -> list[object]:
    """Take a good frame apart, and change some of it by number."""
    good: list[object] = [
        *(ALICE.public_key + bytes.fromhex(BOB.node_id[5:]), bytes(40), 1_700_000_000, 0),
        *(b"12345678", b"", b"", b"", {}),
    ]
    for number, value in changes.items():
        good[int(number[1:])] = value
    return good


def frame_of(content: object) -> bytes:
    return stuff(COMPACT_MARK, content if isinstance(content, bytes) else cbor2.dumps(content))


DEEP: Any = 1
for _ in range(40):
    DEEP = [DEEP]
SIX_DEEP: Any = 1
for _ in range(6):
    SIX_DEEP = [SIX_DEEP]

REFUSED: list[tuple[str, object]] = [
    ("bad-slots", []),
    ("bad-slots", {}),
    ("bad-slots", None),
    ("bad-slots", 1),
    ("bad-slots", slots()[:2]),
    ("bad-slots", [*slots(), 1]),
    ("bad-from", slots(_0=b"")),
    ("bad-from", slots(_0=bytes(3))),
    ("bad-from", slots(_0=bytes(5))),
    ("bad-from", slots(_0="x" * 8)),
    ("bad-from", slots(_0=None)),
    ("bad-from", slots(_0=[b"1", "x"])),
    ("bad-from", slots(_0=[ALICE.node_id, "x"])),
    ("bad-from", slots(_0=[ALICE.public_key])),
    ("bad-key", slots(_0=b"\x04" + ALICE.public_key[1:])),
    ("bad-key", slots(_0=b"\x00" + ALICE.public_key[1:] + bytes(4))),
    ("bad-to", slots(_0=[ALICE.public_key, ""])),
    ("bad-to", slots(_0=[ALICE.public_key, "x" * 257])),
    ("bad-to", slots(_0=[ALICE.public_key, "a\x1b"])),
    ("bad-to", slots(_0=[ALICE.public_key, b"a"])),
    ("unknown-key", slots(_0=bytes(4))),
    ("bad-enc", slots(_1=bytes(27))),
    ("bad-enc", slots(_1="x" * 40)),
    ("bad-ts", slots(_2=-1)),
    ("bad-ts", slots(_2=2**53)),
    ("bad-ts", slots(_2=2**64 - 1)),
    ("bad-ts", slots(_2=1.5)),
    ("bad-ts", slots(_2=None)),
    ("bad-ts", slots(_2=True)),
    ("bad-ts", slots(_2=b"\xff" * 7)),
    ("bad-ts", slots(_2=bytes(9))),
    ("bad-ts", slots(_2=b"")),
    ("bad-fate", slots(_3=-1)),
    ("bad-fate", slots(_3=11 * 32)),
    ("bad-fate", slots(_3=False)),
    ("bad-fate", slots(_3=None)),
    ("bad-fate", slots(_3="0")),
    ("bad-type", slots(_3=7)),
    ("bad-type", slots(_3=7, _8={0: ""})),
    ("bad-type", slots(_3=7, _8={0: "x" * 33})),
    ("bad-type", slots(_3=7, _8={0: "\x1b"})),
    ("bad-type", slots(_3=7, _8={0: 1})),
    ("bad-packing", slots(_3=24)),
    ("bad-packing", slots(_3=24, _8={1: 256})),
    ("bad-packing", slots(_3=24, _8={1: -1})),
    ("bad-packing", slots(_3=24, _8={1: "1"})),
    ("bad-id", slots(_4=b"")),
    ("bad-id", slots(_4=bytes(7))),
    ("bad-id", slots(_4="")),
    ("bad-id", slots(_4="x" * 129)),
    ("bad-id", slots(_4="\x1b[2J")),
    ("bad-id", slots(_4=5)),
    ("bad-route", slots(_5=bytes(3))),
    ("bad-route", slots(_5=bytes(4 * 32))),
    ("bad-route", slots(_5=None)),
    ("bad-route", slots(_5=[1])),
    ("bad-route", slots(_5=[1, bytes(4 * 33)])),
    ("bad-route", slots(_5=[1, "1234"])),
    ("bad-hops", slots(_5=[256, b""])),
    ("bad-hops", slots(_5=[-1, b""])),
    ("bad-hops", slots(_5=[True, b""])),
    ("bad-path", slots(_6=bytes(5))),
    ("bad-path", slots(_6=bytes(4 * 17))),
    ("bad-path", slots(_6="")),
    ("bad-path", slots(_6=[])),
    ("bad-sig", slots(_7=bytes(63))),
    ("bad-sig", slots(_7="x" * 64)),
    ("bad-more", slots(_8=[1])),
    ("bad-more", slots(_8="x")),
    ("bad-more", slots(_8={2: 1})),
    ("bad-more", slots(_8={0: "poll"})),
    ("bad-more", slots(_8={1: 1})),
    ("bad-more", slots(_8={b"x": 1})),
    ("bad-more", slots(_8={"msgId": "other"})),
    ("bad-more", slots(_8={"route": []})),
    ("bad-more", slots(_8={"enc": 1})),
    ("bad-more", slots(_8={"enc": {"ct": "AAAA"}})),
    ("bad-more", slots(_8={"x": b"bytes"})),
    ("bad-more", slots(_8={"x": {1: 2}})),
    ("bad-more", slots(_8={"x": float("nan")})),
    ("bad-more", slots(_8={"x": float("-inf")})),
    ("bad-more", slots(_8={"x": [-(2**64)]})),
    ("bad-cbor", slots(_8={"x": DEEP})),
    ("bad-cbor", slots(_8={"x": cbor2.undefined})),
    ("bad-cbor", slots(_8={"x": cbor2.CBORSimpleValue(99)})),
    ("bad-cbor", slots(_8={"x": cbor2.CBORTag(0, "2013-03-21T20:04:00Z")})),
    ("bad-cbor", slots(_8={"x": cbor2.CBORTag(2, b"\xff" * 99)})),
    ("bad-cbor", slots(_8={"x": cbor2.CBORTag(4, [99_999_999, 1])})),
    ("bad-cbor", slots(_8={"x": cbor2.CBORTag(35, "(a+)+")})),
    ("bad-cbor", slots(_8={"x": cbor2.CBORTag(28, [cbor2.CBORTag(29, 0)])})),
    ("bad-cbor", slots(_2=cbor2.CBORTag(1, 1_700_000_000))),
    ("bad-cbor", b""),
    ("bad-cbor", bytes.fromhex("9f") + b"\x00" * 5),  # without a length
    ("bad-cbor", bytes.fromhex("9bffffffffffffffff")),
    ("bad-cbor", bytes.fromhex("835bffffffffffffffff")),
    ("bad-cbor", bytes.fromhex("8340bbffffffffffffffff")),
    ("bad-cbor", bytes.fromhex("83407fffffffff")),
    ("bad-cbor", bytes.fromhex("81") * 4000),
    ("bad-cbor", bytes.fromhex("d8") * 4000),
    ("bad-cbor", bytes.fromhex("a1a1") * 2000),
    ("bad-cbor", cbor2.dumps(slots()) + b"\x00"),
    ("bad-cbor", bytes.fromhex("8362fffe")),
]


@pytest.mark.parametrize(("expected", "content"), REFUSED, ids=lambda part: repr(part)[:60])
def test_a_hostile_frame_is_refused_under_its_own_word(expected: str, content: object) -> None:
    with pytest.raises((DecodeError, CryptoError)) as caught:
        decode_compact(frame_of(content), no_key)

    assert caught.value.reason == expected
    assert len(str(caught.value)) < 200
    assert str(caught.value).isprintable()


def test_the_frame_they_were_made_of_is_good() -> None:
    assert decode_compact(frame_of(slots()), no_key).message_id == b"12345678".hex()
    assert decode_compact(frame_of(slots(_8={"x": SIX_DEEP})), no_key).raw == {"x": SIX_DEEP}


@pytest.mark.parametrize(
    ("expected", "frame"),
    [
        ("not-compact", b""),
        ("not-compact", b"{}"),
        ("not-compact", b"\xca\x01"),
        ("bad-stuffing", b"\xcb"),
        ("bad-stuffing", b"\xcb\x00abc"),
        ("bad-stuffing", b"\xcb\x0aabc"),
        ("bad-stuffing", b"\xcb\x1babc"),
        ("bad-stuffing", b"\xcb\x01a\x00c"),
        ("bad-stuffing", b"\xcb\x01a\nc"),
        ("bad-stuffing", b"\xcb\x01a\rc"),
        ("bad-stuffing", b"\xcb\x01abc\x1b"),
        ("bad-stuffing", b"\xcb\x01a\x1bc"),
        ("too-large", b"\xcb\x01" + b"x" * MAX_COMPACT_BYTES),
    ],
)
def test_what_is_no_frame_is_refused(expected: str, frame: bytes) -> None:
    assert reason_of(frame) == expected


def test_what_is_too_long_or_not_encodable_is_an_error_of_ours() -> None:
    for envelope in (
        sealed()._replace(ciphertext=bytes(5000)),
        sealed()._replace(message_id="\ud800"),
        sealed()._replace(raw={"x": 2**70}),
        sealed()._replace(raw={"x": DEEP}),
        sealed()._replace(route=(ALICE.node_id,) * 33),
        sealed()._replace(path=(ALICE.node_id,) * 17),
    ):
        with pytest.raises(EncodeError):
            encode_compact(envelope, with_key=True)


def test_every_truncation_is_refused() -> None:
    for name in ("all of it", "forum", "named by its ciphertext"):
        frame = encode_compact(ENVELOPES[name], with_key=True)
        for size in range(len(frame)):
            assert reason_of(frame[:size])


def survives(frame: bytes) -> None:
    """Only the two errors come out, and what is read is no worse than what JSON lets through."""
    try:
        envelope = decode_compact(frame, KEYS.get)
    except (DecodeError, CryptoError):
        return
    again = decode_compact(encode_compact(envelope, with_key=True), KEYS.get)
    assert again == envelope
    by_json = decode_envelope(encode_carried(envelope))
    assert by_json._replace(raw={}) == envelope._replace(raw={})
    try:
        BOB.sealer.open_direct(envelope)
    except CryptoError:
        return


def test_every_flipped_bit_is_read_or_refused_and_never_opens_as_another() -> None:
    envelope = ALICE.sealer.sign(relayed(sealed("flip"), CAROL.node_id))
    frame = encode_compact(envelope, with_key=False)

    for bit in range(8 * len(frame)):
        flipped = bytearray(frame)
        flipped[bit // 8] ^= 1 << bit % 8
        survives(bytes(flipped))


def test_random_bytes_are_read_or_refused() -> None:
    chance = random.Random(3)
    for _ in range(4000):
        survives(b"\xcb" + chance.randbytes(chance.randrange(60)))
        survives(stuff(COMPACT_MARK, chance.randbytes(chance.randrange(60))))


def test_spoiled_content_is_read_or_refused() -> None:
    chance = random.Random(4)
    contents = [unstuff(encode_compact(one, with_key=True)) for one in ENVELOPES.values()]
    for _ in range(4000):
        content = bytearray(chance.choice(contents))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(content))
            content[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        survives(stuff(COMPACT_MARK, bytes(content)))


# --- frozen ---


@pytest.mark.parametrize(
    "row",
    json.loads((VECTORS / "compact.json").read_text(encoding="utf-8"))["envelopes"],
    ids=lambda row: row["name"],
)
def test_the_format_is_frozen(row: dict[str, Any]) -> None:
    envelope = decode_envelope(json.dumps(row["json"]).encode())
    frame = bytes.fromhex(row["frame"])

    known = decode_compact(frame, KEYS.get)

    assert known._replace(raw={}) == envelope._replace(raw={})
    assert encode_compact(known, with_key=row["with_key"]) == frame
    if "text" in row:
        assert BOB.sealer.open_direct(known).text == row["text"]
