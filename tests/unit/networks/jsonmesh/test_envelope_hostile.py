"""The hostile envelopes, each with the word it is refused under; empty = it is good."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from meshtui.errors import CryptoError, DecodeError
from meshtui.networks.jsonmesh.envelope import MAX_PAYLOAD_BYTES, decode_envelope
from tests.support.jsonmesh_people import good_object, good_payload, person

GOOD = good_payload()
FAR_FUTURE_MS = 2_050_000_000_000
UNCOMPRESSED = "04" + person(0).public_key.hex()[2:] + "00" * 32


@dataclass(frozen=True)
class Case:
    """One hostile input: bytes, or changes to a good object, and what it is refused as."""

    name: str
    expected: str = ""
    payload: bytes | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    def bytes(self) -> bytes:
        """Write it as it would travel."""
        if self.payload is not None:
            return self.payload
        wire = good_object() | self.changes
        return json.dumps({key: value for key, value in wire.items() if value is not ...}).encode()


def raw(name: str, expected: str, payload: bytes) -> Case:
    return Case(name, expected, payload)


def put(name: str, expected: str, **changes: Any) -> Case:
    return Case(name, expected, changes={key.rstrip("_"): value for key, value in changes.items()})


def literal(name: str, expected: str, key: str, text: bytes) -> Case:
    """Replace the value of a key by text that json.dumps would not write."""
    wire = json.dumps(good_object() | {key: "@@"}).encode()
    return Case(name, expected, wire.replace(b'"@@"', text))


def twice(key: str, first: bytes) -> Case:
    return Case(
        f"duplicate {key}", "duplicate-key", b'{"%s":%s,' % (key.encode(), first) + GOOD[1:]
    )


def sealed(name: str, expected: str, **changes: Any) -> Case:
    return put(name, expected, enc=good_object()["enc"] | changes)


NONCE = good_object()["enc"]["nonce"]
CT = good_object()["enc"]["ct"]

CASES = [
    raw("01 empty", "not-json", b""),
    raw("02 null", "not-object", b"null"),
    raw("03 list", "not-object", b"[]"),
    raw("04 string", "not-object", b'"x"'),
    raw("05 number", "not-object", b"0"),
    raw("06 byte order mark", "not-json", b"\xef\xbb\xbf" + GOOD),
    raw("07 UTF-16", "not-json", GOOD.decode().encode("utf-16-le")),
    raw("08 trailing comma", "not-json", GOOD[:-1] + b",}"),
    raw("09 trailing byte", "not-json", GOOD + b"x"),
    raw("09b trailing NUL", "not-json", GOOD + b"\0"),
    raw("10 two documents", "not-json", GOOD + GOOD),
    raw("11 comment", "not-json", b"/* hi */" + GOOD),
    raw("12 single quotes", "not-json", GOOD.replace(b'"', b"'")),
    literal("13 depth 2,000", "not-json", "x", b"[" * 2000 + b"]" * 2000),
    literal("13b depth 500", "too-deep", "x", b"[" * 500 + b"]" * 500),
    literal("13c depth 32", "too-deep", "x", b"[" * 32 + b"]" * 32),
    literal("13d depth 31", "", "x", b"[" * 31 + b"]" * 31),
    literal("13e objects, depth 100", "too-deep", "x", b'{"a":' * 100 + b"0" + b"}" * 100),
    literal("13f wide, not deep", "", "x", b"[" + b"[]," * 100 + b"[]]"),
    raw("14 depth 200,000", "not-json", b"[" * 200_000),
    raw("15 a byte too many", "too-large", GOOD + b" " * (MAX_PAYLOAD_BYTES + 1 - len(GOOD))),
    raw("15b as large as allowed", "", GOOD + b" " * (MAX_PAYLOAD_BYTES - len(GOOD))),
    put("16 5 MB msgId", "too-large", msgId="x" * 5_000_000),
    put("17 100k-hop route", "too-large", route=["MESH-E0D02795"] * 100_000),
    put("17b 33-hop route", "bad-route", route=["MESH-E0D02795"] * 33),
    put("17c 32-hop route", "", route=["MESH-E0D02795"] * 32),
    put("18 10k unknown keys", "too-many-values", **{f"k{n}": n for n in range(10_000)}),
    put("18c 2,000 values", "too-many-values", x=[0] * 2000),
    put("18b 100 unknown keys", "", **{f"k{n}": n for n in range(100)}),
    twice("ttl", b"3"),
    twice("to", b'"broadcast"'),
    twice("from", b'"MESH-E0D02795"'),
    twice("enc", b"{}"),
    twice("type", b'"text"'),
    raw("23b duplicate in enc", "duplicate-key", GOOD.replace(b'"ct":', b'"ct":"AA==","ct":')),
    raw("23c escaped duplicate", "duplicate-key", b'{"\\u0074tl":3,' + GOOD[1:]),
    raw("23d padded duplicate", "duplicate-key", b'{"ttl":3,"x":1e7,' + GOOD[1:]),
    put("24 ttl -1", "bad-ttl", ttl=-1),
    put("25 ttl 0", "", ttl=0),
    put("26 ttl 11", "", ttl=11),
    put("27 ttl 255", "", ttl=255),
    put("28 ttl 256", "", ttl=256),
    put("29 ttl 2^31", "", ttl=2**31),
    put("30 ttl 2^53+1", "", ttl=2**53 + 1),
    literal("31 ttl 1e400", "not-json", "ttl", b"1e400"),
    literal("31b ttl 1e3", "bad-ttl", "ttl", b"1e3"),
    put("31c ttl 2^64", "bad-ttl", ttl=2**64),
    put("32 ttl 1.5", "bad-ttl", ttl=1.5),
    put("33 ttl string", "bad-ttl", ttl="10"),
    put("34 ttl true", "bad-ttl", ttl=True),
    put("35 ttl null", "bad-ttl", ttl=None),
    literal("36 ttl NaN", "not-json", "ttl", b"NaN"),
    literal("36b ttl Infinity", "not-json", "ttl", b"Infinity"),
    put("37 ts -1", "bad-ts", ts=-1),
    put("38 ts 0", "", ts=0),
    put("39 ts in ten years", "", ts=FAR_FUTURE_MS),
    put("40 ts 2^63", "bad-ts", ts=2**63),
    put("40b ts 2^53", "", ts=2**53),
    put("40c ts 2^53+1", "bad-ts", ts=2**53 + 1),
    literal("41 ts of 5,000 digits", "not-json", "ts", b"9" * 5000),
    put("42 ts string", "bad-ts", ts="1"),
    literal("43 ts -0", "", "ts", b"-0"),
    put("43b ts true", "bad-ts", ts=True),
    put("43c ts float", "bad-ts", ts=1.0),
    put("43d ts absent", "bad-ts", ts=...),
    put("44 v=2", "bad-version", v=2),
    put("44b v true", "bad-version", v=True),
    put("44c v 1.0", "bad-version", v=1.0),
    put("45 v absent", "", v=...),
    put("46 msgId empty", "bad-id", msgId=""),
    put("47 msgId NUL", "bad-id", msgId="\0"),
    put("48 msgId 10 KiB", "bad-id", msgId="x" * 10_240),
    put("48b msgId 128", "", msgId="x" * 128),
    put("48bb msgId 129", "bad-id", msgId="x" * 129),
    put("48c msgId ESC", "bad-id", msgId="a\x1b[2J"),
    put("48d msgId right-to-left", "bad-id", msgId="a\u202eb"),
    put("48e msgId number", "bad-id", msgId=5),
    put("48f no id at all", "bad-id", msgId=...),
    put("48g id differs", "bad-id", id="other"),
    literal("49 lone surrogate", "not-json", "msgId", b'"\\ud800"'),
    literal("50 raw byte FF", "not-json", "msgId", b'"\xff"'),
    literal("51 overlong NUL", "not-json", "msgId", b'"\xc0\x80"'),
    put("52 key of another", "forged", fromPubkey=person(1).public_key.hex()),
    put("52b from of another", "forged", from_=person(2).node_id),
    put("52c fromNodeId differs", "bad-from", fromNodeId=person(2).node_id),
    put("53 from = to", "", to=person(0).node_id),
    put("54 from broadcast", "bad-from", from_="broadcast"),
    put("54b from 4 digits", "bad-from", from_="MESH-E0D0"),
    put("54c from 9 digits", "bad-from", from_="MESH-E0D027951"),
    put("54d from with look-alike", "bad-from", from_="M\u0415SH-E0D02795"),
    put("54e from list", "bad-from", from_=["MESH-E0D02795"]),
    put("54f from ß", "bad-from", from_="MESH-E0D0279ß"),
    put("55 65-byte key", "bad-key", fromPubkey=UNCOMPRESSED),
    put("55b prefix 07", "bad-key", fromPubkey="07" + person(0).public_key.hex()[2:]),
    put("55c key with spaces", "bad-key", fromPubkey=" " * 4 + person(0).public_key.hex()[4:]),
    put("55d key no hex", "bad-key", fromPubkey="zz" * 33),
    put("55e key null", "bad-key", fromPubkey=None),
    put("56 off-curve key", "forged", fromPubkey="02" + "00" * 31 + "05"),
    sealed("57 nonce of 11", "bad-nonce", nonce="AAAAAAAAAAAAAAA="),
    sealed("57b nonce of 13", "bad-nonce", nonce="AAAAAAAAAAAAAAAAAA=="),
    sealed("58 nonce with a space", "bad-nonce", nonce=NONCE[:4] + " " + NONCE[4:]),
    sealed("58b nonce url-safe", "", nonce="-_-_-_-_-_-_-_-_"),
    sealed("58c nonce with a newline", "bad-nonce", nonce=NONCE + "\n"),
    sealed("58d nonce not ASCII", "bad-nonce", nonce="é" * 16),
    sealed("58e nonce number", "bad-nonce", nonce=5),
    sealed("58f nonce absent", "bad-nonce", nonce=None),
    sealed("59 ct of 15 bytes", "bad-ct", ct="AAAAAAAAAAAAAAAAAAAA"),
    sealed("59b ct of 16 bytes", "", ct="AAAAAAAAAAAAAAAAAAAAAA=="),
    sealed("59c ct unpadded", "", ct=CT.rstrip("=")),
    sealed("59d ct half padded", "bad-ct", ct="AAAAAAAAAAAAAAAAAAAAAA="),
    sealed("59e ct overpadded", "bad-ct", ct=CT + "===="),
    sealed("59g ct padded for nothing", "bad-ct", ct="AAAA" * 8 + "=="),
    sealed("59f ct two in one", "bad-ct", ct="AA==" + CT),
    sealed("59g ct null", "bad-ct", ct=None),
    put("enc absent", "bad-enc", enc=...),
    put("enc null", "bad-enc", enc=None),
    put("enc list", "bad-enc", enc=[NONCE, CT]),
    put("enc string", "bad-enc", enc="x"),
    put("to absent", "bad-to", to=...),
    put("to null", "bad-to", to=None),
    put("to #", "bad-to", to="MESH-#"),
    put("to +", "bad-to", to="+"),
    put("to unnamed forum", "bad-to", to="forum:"),
    put("to a long forum", "bad-to", to="forum:" + "é" * 129),
    put("to a forum", "", to="forum:é/+#"),
    put("to broadcast", "", to="broadcast"),
    put("to Broadcast", "bad-to", to="Broadcast"),
    put("type absent", "bad-type", type=...),
    put("type empty", "bad-type", type=""),
    put("type long", "bad-type", type="x" * 33),
    put("type of 32", "", type="x" * 32),
    put("type ESC", "bad-type", type="\x1b[0m"),
    put("type number", "bad-type", type=1),
    put("type list", "bad-type", type=["text"]),
    put("type unknown", "", type="poll/2"),
    put("hopCount -1", "bad-hops", hopCount=-1),
    put("hopCount 256", "bad-hops", hopCount=256),
    put("hopCount 255", "", hopCount=255),
    put("hopCount true", "bad-hops", hopCount=True),
    put("hopCount null", "bad-hops", hopCount=None),
    put("route null", "bad-route", route=None),
    put("route object", "bad-route", route={"0": "MESH-E0D02795"}),
    put("route of lists", "bad-route", route=[["MESH-E0D02795"]]),
    put("route of numbers", "bad-route", route=[1]),
    put("route empty", "", route=[]),
    put("cp negative", "", cp=-1),
    put("cp 256", "", cp=256),
    put("cp text", "", cp="1"),
    put("cp true", "", cp=True),
    put("cp null", "", cp=None),
    put("cp unknown", "", cp=200),
    put("path null", "", path=None),
    put("path text", "", path="MESH-E0D02795"),
    put("path of 17", "", path=["MESH-E0D02795"] * 17),
    put("path of 16", "", path=["MESH-E0D02795"] * 16),
    put("path of numbers", "", path=[1]),
    put("path empty", "", path=[]),
    put("sig null", "", sig=None),
    put("sig number", "", sig=1),
    put("sig short", "", sig="AAAA"),
    put("sig not base64", "", sig="é"),
    put("sig of 65 bytes", "", sig="A" * 87 + "="),
    put("sig of 64 bytes", "", sig="A" * 86 + "=="),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_envelope_is_refused_under_its_own_word(case: Case) -> None:
    reason = ""
    try:
        decode_envelope(case.bytes())
    except (DecodeError, CryptoError) as error:
        reason = error.reason

    assert reason == case.expected


@pytest.mark.parametrize("case", [c for c in CASES if c.expected], ids=lambda case: case.name)
def test_a_refusal_fits_one_line_and_quotes_no_control(case: Case) -> None:
    with pytest.raises((DecodeError, CryptoError)) as caught:
        decode_envelope(case.bytes())

    assert len(str(caught.value)) < 200
    assert str(caught.value).isprintable()
