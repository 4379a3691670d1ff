"""Rows of `decode meshcore --json` against the firmware's own packets."""

from __future__ import annotations

import pytest

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.channel_key import key_of_name
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.packet import Packet, decode_packet, encode_packet
from meshtui.networks.meshcore.payloads.advert import (
    Advert,
    AppData,
    encode_advert,
    sign_advert,
)
from meshtui.networks.meshcore.record import record_of
from meshtui.networks.meshcore.seal import Cipher
from tests.support.meshcore_vectors import channels_only, everybody, key, packets, raw, vectors

KEYS = everybody()
NEGATIVE = {entry["name"]: entry for entry in vectors()["negative"]}
SEALED = ("TXT_MSG", "REQ", "RESPONSE", "PATH", "ANON_REQ")
OPENED = {"from", "to", "shared_secret", "plaintext_padded", "text", "ack"}


@pytest.mark.parametrize("entry", packets(), ids=lambda entry: entry["name"])
def test_a_packet_of_the_firmware_gives_exactly_the_expected_keys_and_values(entry) -> None:
    record = record_of(decode_packet(bytes.fromhex(entry["hex"])), KEYS)

    assert record == entry["expected"]


@pytest.mark.parametrize("entry", packets(), ids=lambda entry: entry["name"])
def test_without_keys_the_outside_is_the_same_and_why_names_the_key(entry) -> None:
    record = record_of(decode_packet(bytes.fromhex(entry["hex"])), Keyring())
    expected = entry["expected"]

    outside = {name for name in record if name not in {"decoded", "why"}}
    assert {name: record[name] for name in outside} == {name: expected[name] for name in outside}
    assert record["decoded"].items() <= expected["decoded"].items()
    is_sealed = expected["payload_type_name"] in (*SEALED, "GRP_TXT", "GRP_DATA")
    assert ("why" in record) is is_sealed
    if is_sealed:
        assert not OPENED & record["decoded"].keys()


def test_without_private_keys_no_secret_is_in_it() -> None:
    record = record_of(decode_packet(raw("TXT_MSG A->B")), channels_only())

    assert "8A" in record["why"]
    assert "81" in record["why"]
    assert record["decoded"].keys() == {"dest_hash", "src_hash", "mac"}


@pytest.mark.parametrize("name", NEGATIVE)
def test_the_firmwares_refusals_are_ours(name: str) -> None:
    entry = NEGATIVE[name]
    data = bytes.fromhex(entry["hex"])

    if entry["firmware_parses"]:
        record = record_of(decode_packet(data), KEYS)
        assert ("why" in record) is ("MAC" in entry["expected"])
    else:
        with pytest.raises(DecodeError) as refused:
            record_of(decode_packet(data), KEYS)
        assert refused.value.offset is not None


def test_a_fault_in_the_payload_is_placed_in_the_packet() -> None:
    data = raw("GRP_TXT scoped")

    with pytest.raises(DecodeError) as refused:
        record_of(decode_packet(data[:-3]), KEYS)

    assert refused.value.reason == "ragged"
    assert refused.value.offset == len(data) - 16


def test_a_forged_advert_says_so() -> None:
    data = bytearray(raw("ADVERT flood A"))
    data[-1] ^= 1

    record = record_of(decode_packet(bytes(data)), KEYS)

    assert record["decoded"]["signature_valid"] is False


@pytest.mark.parametrize(
    ("appdata", "problem"), [("1001", "position"), ("60AABB", "feature 2"), ("F0", "position")]
)
def test_an_advert_that_announces_what_it_lacks_shows_what_is_there(appdata, problem) -> None:
    said = bytes.fromhex(appdata)
    draft = Advert(key("A").public_key, 7, b"", said)
    signed = Advert(draft.public_key, 7, key("A").sign(draft.signed_bytes), said)

    record = record_of(Packet(1, 4, 0, b"", encode_advert(signed)), KEYS)

    assert record["decoded"]["signature_valid"] is True
    assert problem in record["problem"]


def test_an_advert_shows_features_that_nobody_has_named_yet() -> None:
    signed = sign_advert(key("A"), 7, AppData(0x61, feature_1=1, feature_2=515))

    record = record_of(Packet(1, 4, 0, b"", encode_advert(signed)), KEYS)

    assert (record["decoded"]["feature_1"], record["decoded"]["feature_2"]) == (1, 515)


def test_an_unassigned_type_keeps_its_number_and_bytes() -> None:
    record = record_of(decode_packet(encode_packet(Packet(1, 13, 0, b"", b"\x01\x02"))), KEYS)

    assert record["payload_type_name"] == "UNASSIGNED_13"
    assert record["decoded"] == {"raw": "0102"}


def test_what_opens_but_cannot_be_what_it_claims_counts_as_not_opened() -> None:
    keyring = everybody()
    record = record_of(Packet(1, 6, 0, b"", _group_data(b"\x01\x01\xff")), keyring)

    assert record["decoded"].keys() == {"channel_hash", "mac"}
    assert "why" in record


def _group_data(plaintext: bytes) -> bytes:
    channel = key_of_name("#test")
    return bytes((channel.hash,)) + Cipher(channel.secret.reveal).seal(plaintext)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("92283412000007" + "0011223344556677", {"node_type": 2, "snr_quarter_db": 40}),
        ("800401000000", {"type_filter": 4, "tag": 1}),
        ("F10203", {"sub_type": 15, "body": "0203"}),
    ],
)
def test_control_packets_of_every_subtype_are_written(payload: str, expected: dict) -> None:
    record = record_of(Packet(2, 11, 0, b"", bytes.fromhex(payload)), KEYS)

    assert expected.items() <= record["decoded"].items()


@pytest.mark.parametrize("entry", packets()[::3], ids=lambda entry: entry["name"])
def test_every_truncation_is_read_or_refused_with_a_word_and_a_place(entry) -> None:
    data = bytes.fromhex(entry["hex"])

    for length in range(len(data)):
        offset = _offset_of_refusal(data[:length])
        assert offset is None or 0 <= offset <= length


def _offset_of_refusal(data: bytes) -> int | None:
    """Say where it goes wrong; None where it does not."""
    try:
        record_of(decode_packet(data), KEYS)
    except DecodeError as error:
        return -1 if error.offset is None or not error.reason else error.offset
    return None


def test_a_region_that_nobody_knows_is_not_guessed() -> None:
    record = record_of(Packet(0, 15, 0, b"", b"x", (77, 0)), KEYS)

    assert record["transport_codes"] == [77, 0]
    assert "region" not in record
