"""Packed plaintexts: short, bound to their header, and safe to open."""

from __future__ import annotations

import contextlib
import json
import random
import zlib

import pytest

from meshtui.crypto.aead import Aead
from meshtui.crypto.secp256k1 import shared_key
from meshtui.errors import CryptoError, EncodeError
from meshtui.networks.jsonmesh.dictionary import CHAT_1
from meshtui.networks.jsonmesh.envelope import Envelope, decode_envelope, encode_envelope
from meshtui.networks.jsonmesh.packing import (
    AS_SPECIFIED,
    MAX_PLAINTEXT_BYTES,
    PACKED,
    ZLIB,
    bound_header,
    deflate_json,
    inflate_json,
    pack_ack,
    pack_text,
    unpack_ack,
    unpack_text,
)
from meshtui.networks.jsonmesh.prediction import MAX_BYTES, squeeze, unsqueeze
from meshtui.networks.jsonmesh.seal import Letter, ciphertext_digest
from tests.support.jsonmesh_people import VECTORS, Person, counted_entropy, person
from tests.support.short_texts import SHORT_TEXTS

ALICE, BOB, CAROL = person(0), person(1), person(2)
TS = 1_700_000_000_000
UUID = "3d6a9b1c-6f0e-4a51-9d2f-2f1f0d5c8e11"
SHORT = "0123456789abcdef"
DICTIONARY_BYTES, DICTIONARY_CRC = 12382, 3412306336


def sealed(
    sender: Person = ALICE, recipient: Person = BOB, *, forum: str = "", **changes: object
) -> Envelope:
    """Seal a packed letter and send it over the wire."""
    to = f"forum:{forum}" if forum else recipient.node_id
    letter = Letter("id-1", to, TS, "hello", packing=PACKED)._replace(**changes)
    if forum:
        envelope = sender.sealer.seal_channel(forum, letter, counted_entropy())
    else:
        envelope = sender.sealer.seal_direct(recipient.public_key, letter, counted_entropy())
    return decode_envelope(encode_envelope(envelope, app_names=False))


def reason_of(envelope: Envelope, reader: Person = BOB) -> str:
    with pytest.raises(CryptoError) as caught:
        reader.sealer.open_direct(envelope)
    return caught.value.reason


def holding(plaintext: bytes, kind: str = "text", packing: int = PACKED) -> Envelope:
    """Seal any bytes from Alice to Bob as if they were packed."""
    aead = Aead(shared_key(ALICE.private_key, BOB.public_key))
    header = bound_header(packing, "id-1", ALICE.node_id, BOB.node_id, kind, TS)
    ciphertext = aead.seal(bytes(12), plaintext, header)
    return sealed()._replace(nonce=bytes(12), ciphertext=ciphertext, kind=kind, packing=packing)


# --- sizes ---


def test_short_chat_takes_less_than_half_of_its_bytes_and_never_more_than_one_extra() -> None:
    sizes = [(len(pack_text(text)), len(text.encode())) for text in SHORT_TEXTS]

    assert len(SHORT_TEXTS) >= 40
    assert sum(packed / plain for packed, plain in sizes) / len(sizes) <= 0.45
    assert all(packed <= plain + 1 for packed, plain in sizes)


def test_plain_zlib_makes_the_same_texts_longer() -> None:
    assert sum(len(zlib.compress(text.encode(), 9)) for text in SHORT_TEXTS) > sum(
        len(text.encode()) for text in SHORT_TEXTS
    )


def test_what_does_not_compress_costs_seven_bits_a_character_or_one_byte_in_all() -> None:
    chance = random.Random(5)
    printable = "".join(chr(chance.randrange(33, 127)) for _ in range(100))
    anything = "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(50))

    assert len(pack_text(printable)) == 1 + 88
    assert len(pack_text(anything)) <= len(anything.encode()) + 1


@pytest.mark.parametrize(("mid", "cost"), [(SHORT, 9), (UUID, 17), ("msg-7", 7), ("é" * 100, 202)])
def test_a_stable_id_costs_its_bytes_and_a_head(mid: str, cost: int) -> None:
    text = SHORT_TEXTS[4]

    assert len(pack_text(text, mid)) == len(pack_text(text)) + cost
    assert len(pack_ack(bytes(8), mid)) == 8 + cost


def test_an_acknowledgement_is_the_eight_bytes_it_acknowledges() -> None:
    assert pack_ack(b"12345678") == b"12345678"


def test_the_dictionary_is_frozen() -> None:
    # another dictionary cannot read what was packed with this one: it needs a packing of its own
    assert len(CHAT_1) == DICTIONARY_BYTES
    assert zlib.crc32(CHAT_1) == DICTIONARY_CRC


# --- round trips ---

TEXTS = (
    *SHORT_TEXTS,
    "",
    "a",
    "\0",
    "\x7f",
    "é",
    "👍🏽",
    "日本語テキスト",
    "x" * 5000,
    "a\nb" * 2000,
)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:12])
@pytest.mark.parametrize("mid", ["", SHORT, UUID, "msg-7", UUID.upper(), "é"])
def test_a_text_comes_out_as_it_went_in(text: str, mid: str) -> None:
    content = unpack_text(pack_text(text, mid))

    assert (content.text, content.mid, content.digest) == (text, mid, b"")


@pytest.mark.parametrize("size", range(40))
def test_seven_bits_of_every_length_come_out(size: int) -> None:
    chance = random.Random(size)
    text = "".join(chr(chance.randrange(128)) for _ in range(size))

    assert unpack_text(pack_text(text)).text == text


@pytest.mark.parametrize("mid", ["", SHORT, UUID, "msg-7"])
def test_an_acknowledgement_comes_out_as_it_went_in(mid: str) -> None:
    assert unpack_ack(pack_ack(b"12345678", mid)) == ("", mid, b"12345678")


def test_half_a_character_and_too_long_an_id_are_errors_of_ours() -> None:
    for text, mid in (("\ud800", ""), ("x", "y" * 256)):
        with pytest.raises(EncodeError):
            pack_text(text, mid)
    with pytest.raises(EncodeError):
        pack_ack(b"1234567")
    with pytest.raises(EncodeError):
        ALICE.sealer.seal_direct(
            BOB.public_key, Letter("", BOB.node_id, TS, "x"), counted_entropy()
        )
    with pytest.raises(EncodeError):
        sealed(packing=9)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 10, 100, 200])
def test_any_bytes_without_a_nul_can_be_predicted(size: int) -> None:
    plain = bytes(random.Random(size).choices(range(1, 256), k=size))
    body = squeeze(plain)

    assert body is not None
    assert body[:1] < b"\xe0"
    assert unsqueeze(body) == plain


def test_what_is_too_long_or_holds_a_nul_is_not_predicted() -> None:
    assert squeeze(b"a" * MAX_BYTES) is not None
    assert squeeze(bytes(range(1, 256)) * 2) is None
    assert squeeze(b"a" * (MAX_BYTES + 1)) is None
    assert squeeze(b"a\0b") is None


# --- sealed ---


@pytest.mark.parametrize("text", TEXTS[-12:], ids=lambda text: text[:12])
def test_a_packed_letter_is_read_with_its_header_proven(text: str) -> None:
    plaintext = BOB.sealer.open_direct(sealed(text=text, mid=UUID))

    assert plaintext.text == text
    assert plaintext.has_inner_header
    assert not plaintext.is_bare
    assert (plaintext.inner_id, plaintext.mid, plaintext.sent_at_ms) == ("id-1", UUID, TS)
    assert plaintext.body == ""


def test_a_stable_id_that_is_the_wire_id_is_left_out() -> None:
    assert len(sealed(mid="id-1").ciphertext) == len(sealed().ciphertext)
    assert BOB.sealer.open_direct(sealed(mid="id-1")).mid == ""


def test_a_packed_acknowledgement_is_known_by_the_digest_alone() -> None:
    plaintext = BOB.sealer.open_direct(sealed(kind="ack", ack="not sent", ack_hash=SHORT, mid=UUID))

    assert (plaintext.ack, plaintext.ack_hash, plaintext.mid) == ("", SHORT, UUID)
    assert plaintext.has_inner_header
    assert plaintext.text == ""


def test_other_kinds_are_described_as_ever() -> None:
    plaintext = BOB.sealer.open_direct(sealed(kind="poll", text="a or b?"))

    assert (plaintext.text, plaintext.body, plaintext.kind) == ("a or b?", "a or b?", "poll")


def test_a_packed_forum_message_is_read_by_whoever_knows_the_name() -> None:
    envelope = sealed(forum="général", text="salut")

    assert CAROL.sealer.open_channel("général", envelope).text == "salut"
    with pytest.raises(CryptoError):
        CAROL.sealer.open_channel("général", envelope._replace(recipient="broadcast"))


def test_zlib_packs_the_specified_json() -> None:
    text = "long " * 200
    envelope = sealed(text=text, packing=ZLIB, mid=UUID)
    plain = sealed(text=text, packing=AS_SPECIFIED, mid=UUID)

    assert ALICE.sealer.decrypt_direct(BOB.public_key, envelope)[0] == 0x78
    assert len(envelope.ciphertext) < len(plain.ciphertext) / 3
    assert BOB.sealer.open_direct(envelope) == BOB.sealer.open_direct(plain)


# --- what must not open ---

CHANGES = [
    {"message_id": "id-2"},
    {"message_id": ""},
    {"sent_at_ms": TS + 1},
    {"kind": "btc_tx"},
    {"kind": "ack"},
    {"packing": AS_SPECIFIED},
]


@pytest.mark.parametrize("packing", [PACKED, ZLIB])
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_replay_under_new_names_never_opens(packing: int, change: dict[str, object]) -> None:
    assert reason_of(sealed(packing=packing)._replace(**change)) == "bad-tag"


@pytest.mark.parametrize("packing", [PACKED, ZLIB])
def test_one_packing_does_not_open_as_the_other(packing: int) -> None:
    envelope = sealed(packing=packing)

    assert reason_of(envelope._replace(packing=PACKED + ZLIB - packing)) == "bad-tag"


@pytest.mark.parametrize("packing", [PACKED, ZLIB])
def test_our_own_ciphertext_sent_back_never_opens(packing: int) -> None:
    ours = sealed(ALICE, BOB, packing=packing)
    reflected = ours._replace(
        sender=BOB.node_id, sender_key=BOB.public_key, recipient=ALICE.node_id
    )

    assert reason_of(reflected, ALICE) == "bad-tag"


def test_what_is_named_by_its_ciphertext_opens_under_that_name_only() -> None:
    named = sealed(message_id="")
    digest = ciphertext_digest(named.nonce, named.ciphertext).hex()

    assert named.message_id == digest
    assert BOB.sealer.open_direct(named).inner_id == digest
    assert reason_of(named._replace(message_id="id-1")) == "bad-tag"
    assert reason_of(named._replace(message_id=digest.upper())) == "bad-tag"


def test_what_has_a_name_does_not_open_under_that_of_its_ciphertext() -> None:
    envelope = sealed()
    digest = ciphertext_digest(envelope.nonce, envelope.ciphertext).hex()

    assert reason_of(envelope._replace(message_id=digest)) == "bad-tag"


def test_a_packing_of_others_is_not_tried() -> None:
    assert reason_of(sealed()._replace(packing=3)) == "bad-packing"
    assert reason_of(sealed()._replace(packing=255)) == "bad-packing"


def test_the_specified_plaintext_is_not_taken_for_packed() -> None:
    plain = sealed(packing=AS_SPECIFIED)

    assert reason_of(plain._replace(packing=PACKED)) == "bad-tag"


# --- authentic, but not written so ---

BOMB = zlib.compress(bytes(100_000_000), 9)
RAW_BOMB = zlib.compressobj(9, zlib.DEFLATED, -15)
RAW_BOMB_BYTES = RAW_BOMB.compress(bytes(100_000_000)) + RAW_BOMB.flush()
DEFLATED = pack_text("some text and other text " * 40)[1:]
ENDLESS = squeeze(b"a" * MAX_BYTES)[:-1] + b"\xff" * 9


@pytest.mark.parametrize(
    "plaintext",
    [
        ENDLESS,
        b"\x10" * 513,  # more than it may have
        b"\xe3\xff",  # beyond what predicted text begins with
        b"\xe3\xe0",
        b"\xe4" + bytes(15),  # a UUID cut off
        b"\xe8" + bytes(7),  # a short id cut off
        b"\xec",  # an id without a length
        b"\xec\x05abcd",  # one that is cut off
        b"\xf0hello",  # a form of id not known
        b"\xf4hello",
        b"\xe1",  # deflated, but nothing
        b"\xe1" + DEFLATED[:-1],
        b"\xe1" + DEFLATED[:1],
        b"\xe1" + DEFLATED + b"x",
        b"\xe1" + RAW_BOMB_BYTES,
        b"\xe2" + b"x" * 5000,  # more than seven bits are good for
    ],
    ids=lambda plaintext: plaintext[:6].hex(),
)
def test_what_is_not_packed_so_is_refused(plaintext: bytes) -> None:
    assert reason_of(holding(plaintext)) == "bad-packing"


@pytest.mark.parametrize(
    "plaintext",
    [b"", b"1234567", b"12345678x", b"12345678\xe0x", b"12345678\xe1", b"12345678\xe8abc"],
)
def test_what_is_no_packed_acknowledgement_is_refused(plaintext: bytes) -> None:
    assert reason_of(holding(plaintext, kind="ack")) == "bad-packing"


@pytest.mark.parametrize(
    "plaintext", [b"", b"{}", b"x", BOMB, BOMB[:-1], deflate_json(b"{}") + b"x"], ids=len
)
def test_what_is_no_zlib_is_refused(plaintext: bytes) -> None:
    assert reason_of(holding(plaintext, packing=ZLIB)) == "bad-packing"


def test_zlib_up_to_the_limit_is_read() -> None:
    assert len(inflate_json(zlib.compress(bytes(MAX_PLAINTEXT_BYTES)))) == MAX_PLAINTEXT_BYTES
    with pytest.raises(CryptoError):
        inflate_json(zlib.compress(bytes(MAX_PLAINTEXT_BYTES + 1)))


def test_bytes_that_are_not_utf8_are_shown_replaced() -> None:
    assert unpack_text(b"\xe0\xffok").text == "\ufffdok"


def test_a_stable_id_that_is_none_is_ignored() -> None:
    assert BOB.sealer.open_direct(holding(b"\xec\x02\x1b[hi")).mid == ""


def test_random_plaintexts_are_read_or_refused() -> None:
    chance = random.Random(7)
    for _ in range(3000):
        junk = chance.randbytes(chance.randrange(40))
        for unpack in (unpack_text, unpack_ack, inflate_json):
            with contextlib.suppress(CryptoError):
                unpack(junk)


# --- frozen ---


@pytest.mark.parametrize(
    "row",
    json.loads((VECTORS / "compact.json").read_text(encoding="utf-8"))["texts"],
    ids=lambda row: row["text"][:12],
)
def test_the_packed_form_is_frozen(row: dict[str, str]) -> None:
    assert unpack_text(bytes.fromhex(row["packed"])).text == row["text"]
    if row["packed"][:1] != "e":  # what libraries compress may differ
        assert pack_text(row["text"]).hex() == row["packed"]
