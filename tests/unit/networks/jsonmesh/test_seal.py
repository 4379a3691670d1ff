from __future__ import annotations

import base64
import json

import pytest

from meshtui.crypto.aead import Aead
from meshtui.crypto.secp256k1 import shared_key
from meshtui.errors import CryptoError, EncodeError
from meshtui.networks.jsonmesh.envelope import (
    Envelope,
    decode_envelope,
    encode_envelope,
    encode_relayed,
)
from meshtui.networks.jsonmesh.identity import node_id_of
from meshtui.networks.jsonmesh.seal import (
    KEPT_KEYS,
    Letter,
    Plaintext,
    ciphertext_digest,
    read_plaintext,
)
from tests.support.jsonmesh_people import Person, counted_entropy, golden, person

ALICE, BOB, CAROL = person(0), person(1), person(2)
TS = 1_700_000_000_000


def sealed(
    sender: Person = ALICE, recipient: Person = BOB, *, forum: str = "", **changes: object
) -> Envelope:
    """Seal a letter and send it over the wire."""
    to = f"forum:{forum}" if forum else recipient.node_id
    letter = Letter("id-1", to, TS, "hello")._replace(**changes)
    if forum:
        envelope = sender.sealer.seal_channel(forum, letter, counted_entropy())
    else:
        envelope = sender.sealer.seal_direct(recipient.public_key, letter, counted_entropy())
    return decode_envelope(encode_envelope(envelope, app_names=True))


def holding(inner: object, **changes: object) -> Envelope:
    """Seal any plaintext from Alice to Bob; an object is written as JSON."""
    plaintext = inner if isinstance(inner, bytes) else json.dumps(inner).encode()
    key = shared_key(ALICE.private_key, BOB.public_key)
    ciphertext = Aead(key).seal(bytes(12), plaintext)
    return sealed()._replace(nonce=bytes(12), ciphertext=ciphertext, **changes)


def reason_of(envelope: Envelope, reader: Person = BOB) -> str:
    with pytest.raises(CryptoError) as caught:
        reader.sealer.open_direct(envelope)
    return caught.value.reason


@pytest.mark.parametrize("text", ["", "hello", "héllo wörld ✓ 日本", "\0\x1b[2J", "x" * 100_000])
def test_what_is_sealed_is_read_by_the_recipient_alone(text: str) -> None:
    envelope = sealed(text=text)

    assert BOB.sealer.open_direct(envelope) == Plaintext(
        text, "text", has_inner_header=True, inner_id="id-1", sent_at_ms=TS
    )
    assert reason_of(envelope._replace(recipient=CAROL.node_id), CAROL) == "bad-tag"


def test_the_sender_can_read_what_was_written_to_a_peer() -> None:
    plaintext = ALICE.sealer.decrypt_direct(BOB.public_key, sealed())

    assert json.loads(plaintext)["text"] == "hello"


def test_an_attempt_carries_its_own_id_and_the_stable_one() -> None:
    plaintext = BOB.sealer.open_direct(sealed(message_id="attempt-2", mid="the-message"))

    assert (plaintext.inner_id, plaintext.mid) == ("attempt-2", "the-message")


def test_bare_text_is_read_and_called_unproven() -> None:
    plaintext = BOB.sealer.open_direct(sealed(is_bare=True))

    assert (plaintext.text, plaintext.is_bare) == ("hello", True)
    assert not plaintext.has_inner_header
    assert plaintext.body == ""


@pytest.mark.parametrize("row", golden()["direct"], ids=lambda row: row["plaintext"])
def test_the_golden_messages_of_others_are_read(row: dict[str, str]) -> None:
    by_id = {person(n).node_id: person(n) for n in range(4)}
    sender, recipient = by_id[row["from"]], by_id[row["to"]]
    envelope = sealed(sender, recipient)._replace(
        nonce=bytes.fromhex(row["nonce_hex"]),
        ciphertext=base64.b64decode(row["ct_b64"]),
    )

    plaintext = recipient.sealer.open_direct(envelope)

    expected = "Hello" if row["plaintext"].startswith("{") else row["plaintext"]
    assert plaintext.text == expected
    assert plaintext.is_bare == (not row["plaintext"].startswith("{"))
    assert not plaintext.has_inner_header


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (b"", ""),
        (b"{", "{"),
        (b'{"text":123}', '{"text":123}'),
        (b'{"text":null}', '{"text":null}'),
        (b'{"Text":"x"}', '{"Text":"x"}'),
        (b'["text"]', '["text"]'),
        (b'"text"', '"text"'),
        (b' {"text":"x"}', ' {"text":"x"}'),
        (b'{"text":"x"}junk', '{"text":"x"}junk'),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, '{"a":' * 2000 + "1" + "}" * 2000),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'{"text":"\\ud800"}', '{"text":"\\ud800"}'),
        (b'{"text":"a","text":"b"}', "b"),
    ],
)
def test_anything_but_an_object_with_a_text_means_itself(inner: bytes, text: str) -> None:
    assert BOB.sealer.open_direct(holding(inner)).text == text


def test_an_object_with_more_than_a_text_is_kept_whole() -> None:
    plaintext = BOB.sealer.open_direct(holding({"text": "hi", "reply": "x"}))

    assert plaintext.text == "hi"
    assert json.loads(plaintext.body) == {"text": "hi", "reply": "x"}
    assert BOB.sealer.open_direct(holding({"text": "hi"})).body == ""


HEADER = {"id": "id-1", "from": ALICE.node_id, "to": BOB.node_id, "type": "text", "ts": TS}


@pytest.mark.parametrize("key", HEADER)
@pytest.mark.parametrize("value", ["other", 5, None, True, [], 1_700_000_000_000.0])
def test_each_part_of_the_inner_header_must_match(key: str, value: object) -> None:
    assert reason_of(holding({"text": "hi", key: value})) == "inner-mismatch"
    assert reason_of(holding({"text": "hi"} | HEADER | {key: value})) == "inner-mismatch"


@pytest.mark.parametrize("key", HEADER)
def test_a_header_in_part_matches_but_proves_nothing(key: str) -> None:
    plaintext = BOB.sealer.open_direct(holding({"text": "hi", key: HEADER[key]}))

    assert not plaintext.has_inner_header
    assert plaintext.inner_id == ""


def test_a_foreign_body_may_use_our_words_for_its_own_ends() -> None:
    words = {"id": "giphy-1", "type": "sticker", "mid": "x"}
    body = {"data": "AAAA", "mime": "image/gif"} | words

    plaintext = BOB.sealer.open_direct(holding(body, kind="gif"))

    assert plaintext.text == "[gif, image/gif, 3 bytes]"
    assert json.loads(plaintext.body) == body
    assert plaintext.is_bare
    assert not plaintext.has_inner_header
    assert plaintext.mid == ""


def test_a_foreign_body_with_a_whole_header_must_match_too() -> None:
    assert reason_of(holding({"data": "x"} | HEADER, kind="gif")) == "inner-mismatch"


@pytest.mark.parametrize("with_header", [True, False])
def test_replay_under_new_names_succeeds_only_without_our_header(with_header: bool) -> None:
    first = sealed(is_bare=not with_header)
    replayed = [
        first._replace(message_id="id-2"),
        first._replace(sent_at_ms=TS + 1),
        first._replace(kind="btc_tx"),
    ]

    for envelope in replayed:
        if with_header:
            assert reason_of(envelope) == "inner-mismatch"
        else:
            assert "hello" in BOB.sealer.open_direct(envelope).text


@pytest.mark.parametrize("with_header", [True, False])
def test_reflection_succeeds_only_without_our_header(with_header: bool) -> None:
    ours = sealed(ALICE, BOB, is_bare=not with_header)
    reflected = ours._replace(
        sender=BOB.node_id, sender_key=BOB.public_key, recipient=ALICE.node_id
    )

    if with_header:
        assert reason_of(reflected, ALICE) == "inner-mismatch"
    else:
        assert ALICE.sealer.open_direct(reflected).text == "hello"
        assert ciphertext_digest(reflected.nonce, reflected.ciphertext) == ciphertext_digest(
            ours.nonce, ours.ciphertext
        )


def test_what_claims_to_come_from_ourselves_is_refused() -> None:
    twin = sealed(BOB, ALICE)._replace(sender=ALICE.node_id)  # as if ground to our id

    assert reason_of(sealed()._replace(recipient=ALICE.node_id), ALICE) == "own"
    assert reason_of(twin, ALICE) == "own"


def test_what_is_for_others_is_not_tried() -> None:
    assert reason_of(sealed(), CAROL) == "not-for-us"
    assert reason_of(sealed()._replace(recipient="broadcast")) == "not-for-us"


def test_a_key_that_is_no_point_is_refused() -> None:
    key = b"\x02" + (5).to_bytes(32, "big")
    envelope = sealed()._replace(sender_key=key, sender=node_id_of(key))

    assert reason_of(envelope) == "bad-key"
    with pytest.raises(CryptoError):
        ALICE.sealer.seal_direct(key, Letter("i", BOB.node_id, TS, "x"), counted_entropy())


def test_a_relay_on_the_way_changes_nothing_inside() -> None:
    relayed = decode_envelope(encode_relayed(sealed(), CAROL.node_id))

    assert BOB.sealer.open_direct(relayed).has_inner_header


@pytest.mark.parametrize("to", ["broadcast", "forum:général"])
def test_a_forum_is_read_by_whoever_knows_its_name(to: str) -> None:
    letter = Letter("id-1", to, TS, "hello")
    envelope = ALICE.sealer.seal_channel("général", letter, counted_entropy())

    assert CAROL.sealer.open_channel("général", envelope).text == "hello"
    with pytest.raises(CryptoError):
        CAROL.sealer.open_channel("general", envelope)


def test_a_forum_message_is_not_moved_to_another_forum() -> None:
    with pytest.raises(CryptoError) as caught:
        BOB.sealer.open_channel("b", sealed(forum="a"))

    assert caught.value.reason == "not-for-us"


def test_a_forum_key_never_opens_a_direct_message_nor_the_other_way_round() -> None:
    letter = Letter("i", BOB.node_id, TS, "psst")
    under_forum_key = ALICE.sealer.seal_channel("a", letter, counted_entropy())
    under_pair_key = sealed()._replace(recipient="forum:a")

    assert reason_of(under_forum_key) == "bad-tag"
    with pytest.raises(CryptoError) as caught:
        BOB.sealer.open_channel("a", under_pair_key)
    assert caught.value.reason == "bad-tag"


def test_an_acknowledgement_names_message_and_ciphertext() -> None:
    message = sealed()
    digest = ciphertext_digest(message.nonce, message.ciphertext).hex()

    ack = ALICE.sealer.open_direct(
        sealed(BOB, ALICE, kind="ack", ack=message.message_id, ack_hash=digest, message_id="id-9")
    )

    assert (ack.ack, ack.ack_hash, ack.text) == ("id-1", digest, "")
    assert ack.has_inner_header
    assert len(bytes.fromhex(digest)) == 8


@pytest.mark.parametrize(
    "inner",
    [
        b"",
        b"id-1",
        {},
        {"ack": None},
        {"ack": ""},
        {"ack": 5},
        {"ack": "x" * 129},
        {"ack": "\x1b"},
        {"ack": "x", "h": "123"},
        {"ack": "x", "h": "z" * 16},
        {"ack": "x", "h": None},
        {"ack": "x", "h": "0" * 17},
    ],
)
def test_an_acknowledgement_of_nothing_is_refused(inner: object) -> None:
    assert reason_of(holding(inner, kind="ack")) == "bad-ack"


def test_an_acknowledgement_without_a_hash_is_read_as_that() -> None:
    ack = BOB.sealer.open_direct(holding({"ack": "x"}, kind="ack"))

    assert (ack.ack, ack.ack_hash) == ("x", "")


def test_a_text_that_speaks_of_ack_acknowledges_nothing() -> None:
    plaintext = BOB.sealer.open_direct(holding({"text": "hi", "ack": "id-7", "h": ""}))

    assert (plaintext.ack, plaintext.text) == ("", "hi")


@pytest.mark.parametrize("mid", [5, "", "x" * 129, "\x1b[2J", None])
def test_a_stable_id_that_is_none_is_ignored(mid: object) -> None:
    assert BOB.sealer.open_direct(holding({"text": "hi", "mid": mid})).mid == ""


def test_half_a_character_is_an_error_of_ours() -> None:
    for is_bare in (True, False):
        letter = Letter("i", BOB.node_id, TS, "\ud800", is_bare=is_bare)
        with pytest.raises(EncodeError):
            ALICE.sealer.seal_direct(BOB.public_key, letter, counted_entropy())


def test_two_letters_never_share_a_nonce() -> None:
    entropy = counted_entropy()
    letter = Letter("i", BOB.node_id, TS, "x")

    nonces = {ALICE.sealer.seal_direct(BOB.public_key, letter, entropy).nonce for _ in range(50)}

    assert len(nonces) == 50


def test_keys_are_kept_for_a_thousand_peers_and_no_more() -> None:
    reader = person(0).sealer
    envelope = sealed(forum="f0", text="x")
    assert not reader.has_key_for(BOB.public_key)
    reader.decrypt_direct(BOB.public_key, sealed())
    assert reader.has_key_for(BOB.public_key)

    for number in range(KEPT_KEYS + 5):
        with pytest.raises(CryptoError):
            reader.open_channel(f"g{number}", envelope._replace(recipient="broadcast"))

    assert len(reader._forums) == KEPT_KEYS
    assert "g0" not in reader._forums
    assert reader.has_key_for(BOB.public_key)


def test_the_peer_heard_last_is_forgotten_last() -> None:
    reader = person(0).sealer
    reader._peers = {bytes([n % 256, n // 256]): reader._forum("x") for n in range(KEPT_KEYS)}
    first = next(iter(reader._peers))

    reader._peer(first)
    reader._peer(BOB.public_key)

    assert first in reader._peers
    assert len(reader._peers) == KEPT_KEYS


def test_a_sealer_shows_no_key() -> None:
    shown = repr(ALICE.sealer) + str(vars(ALICE.sealer))

    assert ALICE.private_key.reveal.hex() not in shown
    assert repr(ALICE.private_key.reveal) not in shown


def test_reading_without_a_sealer_holds_the_envelope_to_the_same_rules() -> None:
    with pytest.raises(CryptoError):
        read_plaintext(sealed(), b'{"text":"hi","from":"MESH-00000000"}')
