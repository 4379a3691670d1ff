"""A packet in one line, with and without keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.errors import DecodeError
from meshtui.model.ids import NodeId
from meshtui.model.packet import MAX_SUMMARY_TEXT, Verdict
from meshtui.networks.meshcore.ack_book import MAX_ACKS, AckBook
from meshtui.networks.meshcore.channel_key import key_of_name
from meshtui.networks.meshcore.channel_text import claimed_sender
from meshtui.networks.meshcore.identity import node_id_of
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.message_ids import message_id_of, text_digest
from meshtui.networks.meshcore.packet import Packet, decode_packet
from meshtui.networks.meshcore.record import record_of
from meshtui.networks.meshcore.summary import (
    KINDS,
    summarise_data,
    summarise_packet,
)
from tests.support.meshcore_vectors import (
    channels_only,
    everybody,
    key,
    packets,
    raw,
    raw_packets,
    vectors,
)

KEYS = everybody()
NO_KEYS = Keyring()
A, B = (node_id_of(key(name).public_key) for name in "AB")


@pytest.mark.parametrize("entry", packets(), ids=lambda entry: entry["name"])
def test_every_packet_of_the_firmware_says_what_it_is(entry) -> None:
    expected = entry["expected"]

    summary = summarise_data(bytes.fromhex(entry["hex"]), KEYS)

    assert summary.kind == KINDS[expected["payload_type"]]
    assert summary.packet_hash == expected["packet_hash"]
    assert summary.path == tuple(hop.lower() for hop in expected["path"] or [])
    assert summary.verdict in (Verdict.DELIVERED, Verdict.HANDLED)
    assert (summary.verdict is Verdict.DELIVERED) is (summary.kind in ("text", "group-text"))
    assert summary.reason == summary.detail == ""


def test_a_channels_text_names_the_claimed_author_the_channel_and_the_message() -> None:
    summary = summarise_data(raw("GRP_TXT Public | sent by R"), KEYS)

    digest = text_digest("meshcore/#Public", claimed_sender("Alice"), 1767225800, "Hello everyone")
    assert (summary.source, summary.destination) == ("~Alice", "#Public")
    assert summary.channel == "Public"
    assert summary.text == "Hello everyone"
    assert summary.message_id == message_id_of(digest)
    assert summary.hops == 1


def test_a_channel_whose_name_has_the_sign_gets_no_second_one() -> None:
    summary = summarise_data(raw("GRP_TXT scoped"), KEYS)

    assert (summary.destination, summary.channel) == ("#test", "#test")


def test_a_direct_text_names_both_ends_and_is_the_same_message_at_both() -> None:
    by_a, by_b = Keyring(), Keyring()
    by_a.add_own("a", key("A"))
    by_a.add_contact(key("B").public_key)
    by_b.add_own("b", key("B"))
    by_b.add_contact(key("A").public_key)

    sent, received = (summarise_data(raw("TXT_MSG A->B"), keys) for keys in (by_a, by_b))

    assert (received.source, received.destination) == (sent.source, sent.destination) == (A, B)
    assert received.text == "Hello Bob"
    digest = text_digest(f"meshcore/{A}", A, 1767225700, "Hello Bob")
    assert received.message_id == message_id_of(digest)


def test_what_a_room_passes_on_has_no_message_id_of_its_own() -> None:
    summary = summarise_data(raw("signed msg (room push) B->A"), KEYS)

    assert summary.text == "posted in room"
    assert summary.message_id == ""


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        ("ADVERT flood A (name+latlon) via R | sent by R", 1),
        ("ADVERT zero hop B", 0),
        ("CONTROL discover", 0),
        ("TXT_MSG A->B direct via R (ACK", None),
        ("line: TRACE A->R->S->R->A | sent by S", 2),
    ],
)
def test_hops_are_those_taken_and_unknown_where_the_path_is_the_way_to_go(packet, expected) -> None:
    assert summarise_data(raw(packet), KEYS).hops == expected


def test_an_advert_names_its_node_though_nothing_is_proven() -> None:
    summary = summarise_data(raw("ADVERT flood A"), NO_KEYS)

    assert (summary.source, summary.destination) == (A, "broadcast")


def wrong_channel() -> Keyring:
    keyring = Keyring()
    keyring.add_channel(
        next(found for n in range(5000) if (found := key_of_name(f"#{n}")).hash == 0x11)
    )
    return keyring


def ring(own: str = "", *contacts: str) -> Keyring:
    keyring = Keyring()
    for name in own:
        keyring.add_own(name, key(name))
    for name in contacts:
        keyring.add_contact(key(name).public_key, name)
    return keyring


def stranger(first: int) -> Keyring:
    keyring = ring("A")
    keyring.add_contact(bytes((first,)) + key("S").public_key[1:])
    return keyring


@pytest.mark.parametrize(
    ("packet", "keyring", "reason", "ends"),
    [
        ("GRP_TXT Public", NO_KEYS, "no-key", ("", "")),
        ("GRP_TXT Public", wrong_channel(), "bad-mac", ("", "")),
        ("GRP_DATA #test", NO_KEYS, "no-key", ("", "")),
        ("TXT_MSG A->B", NO_KEYS, "no-key", ("8a", "81")),
        ("TXT_MSG A->B", ring("R"), "wrong-hash", ("8a", "81")),
        ("TXT_MSG A->B", ring("A"), "no-key", ("8a", "81")),
        ("TXT_MSG A->B", stranger(0x81), "bad-mac", ("8a", "81")),
        ("ANON_REQ login A->B", ring("R"), "wrong-hash", (A, "81")),
    ],
)
def test_what_no_key_opens_says_why_in_a_word_and_in_a_sentence(
    packet, keyring, reason, ends
) -> None:
    summary = summarise_data(raw(packet), keyring)

    assert summary.verdict is Verdict.UNREADABLE
    assert summary.reason == reason
    assert summary.detail
    assert (summary.source, summary.destination) == ends
    assert summary.text == summary.message_id == ""


def test_a_channel_without_key_goes_by_its_hash() -> None:
    assert summarise_data(raw("GRP_TXT Public"), NO_KEYS).channel == "11"


def test_an_acknowledgement_names_the_text_that_was_opened_before_it() -> None:
    acks = AckBook()
    story = [entry for entry in packets() if entry["expected"]["payload_type_name"] != "ADVERT"]

    by_ack = {}
    for entry in story:
        summary = summarise_data(bytes.fromhex(entry["hex"]), KEYS, acks)
        decoded = entry["expected"]["decoded"]
        if summary.kind == "text" and decoded["txt_type"] == 0:
            by_ack[decoded["ack"]] = summary.message_id
        value = (decoded.get("inner") or decoded.get("extra_padded") or decoded.get("ack") or "")[
            :8
        ]
        if summary.kind in ("ack", "multipart") or decoded.get("extra_type") == 3:
            assert summary.acks == by_ack.get(value, "")
        else:
            assert summary.acks == ""
    assert (
        summarise_data(raw("TXT_MSG A->B direct via R (ACK 6 bytes) | sent by B"), KEYS).acks == ""
    )
    assert len(by_ack) > 5


def test_remembered_acknowledgements_are_bounded() -> None:
    acks = AckBook()

    for number in range(MAX_ACKS + 1):
        acks.note(number.to_bytes(4, "big"), str(number))

    assert acks.text_of(bytes(4)) == ""
    assert acks.text_of(MAX_ACKS.to_bytes(4, "big")) == str(MAX_ACKS)


@pytest.mark.parametrize("entry", vectors()["negative"], ids=lambda entry: entry["name"])
def test_what_the_firmware_refuses_is_rejected_with_its_word(entry) -> None:
    summary = summarise_data(bytes.fromhex(entry["hex"]), KEYS)

    assert (summary.verdict is Verdict.REJECTED) is not entry["firmware_parses"]
    if summary.verdict is Verdict.REJECTED:
        assert summary.kind == "malformed"
        assert summary.reason


@pytest.mark.parametrize("kind", range(16))
def test_a_payload_too_short_for_its_type_is_rejected(kind: int) -> None:
    summary = summarise_packet(Packet(1, kind, 0, b"", b""), KEYS)

    assert summary.kind == KINDS.get(kind, "unassigned")
    expected = Verdict.HANDLED if kind >= 12 else Verdict.REJECTED
    assert summary.verdict is expected


@given(
    st.binary(max_size=260)
    | st.builds(lambda d, i: d[:i], st.sampled_from(raw_packets()), st.integers(0, 200))
)
def test_no_bytes_make_a_summary_raise(data: bytes) -> None:
    for keyring in (KEYS, NO_KEYS, channels_only()):
        assert len(summarise_data(data, keyring, AckBook()).text) <= MAX_SUMMARY_TEXT


def test_node_ids_are_written_as_the_network_writes_them() -> None:
    packet = decode_packet(raw("ANON_REQ login A->B"))

    assert summarise_packet(packet, KEYS).source == NodeId(A)


@given(st.sampled_from(raw_packets()), st.integers(0, 2000), st.integers(0, 200))
def test_a_summary_refuses_what_the_record_refuses_and_for_the_same_reason(
    data: bytes, bit: int, length: int
) -> None:
    damaged = bytearray(data[:length] or data)
    damaged[bit // 8 % len(damaged)] ^= 1 << bit % 8

    summary = summarise_data(bytes(damaged), KEYS)

    if summary.verdict is Verdict.REJECTED:
        with pytest.raises(DecodeError, match=f"^{summary.reason}"):
            record_of(decode_packet(bytes(damaged)), KEYS)
    else:
        assert record_of(decode_packet(bytes(damaged)), KEYS)["packet_hash"] == summary.packet_hash


@pytest.mark.parametrize("entry", packets(), ids=lambda entry: entry["name"])
def test_an_advert_tells_a_position_where_it_has_one(entry) -> None:
    summary = summarise_data(bytes.fromhex(entry["hex"]), KEYS)

    assert summary.has_position is ("lat_e6" in entry["expected"]["decoded"])
    assert not summary.is_own


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_position_that_is_cut_off_is_taken_for_one(cut: int) -> None:
    advert = raw("ADVERT flood A")[: 2 + 100 + 1 + 8 - cut]

    assert summarise_data(advert, NO_KEYS).has_position
