"""Packets taken apart: every byte has its field, whatever the bytes are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.networks.meshcore.channel_key import ChannelKey, key_of_name
from meshtui.networks.meshcore.dissect import dissect_packet
from meshtui.networks.meshcore.hidden import without_secrets
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.packet import Packet, decode_packet, encode_packet
from meshtui.networks.meshcore.payloads.anon_request import encode_anon_body, query_body
from meshtui.networks.meshcore.payloads.request import (
    NeighboursRequest,
    encode_request,
    keep_alive_request,
    neighbours_request,
    telemetry_request,
)
from meshtui.networks.meshcore.payloads.text import encode_text, text_body
from meshtui.networks.meshcore.seal import Cipher
from tests.support.meshcore_vectors import everybody, key, packets, raw, raw_packets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meshtui.model.packet import DissectedField, Dissection

KEYS = everybody()
NO_KEYS = Keyring()
A, B = key("A"), key("B")
BETWEEN = Cipher(A.shared_secret(B.public_key).reveal)


def walk(fields: tuple[DissectedField, ...]) -> Iterator[DissectedField]:
    for field in fields:
        yield field
        yield from walk(field.children)


def leaves(dissection: Dissection, buffer: int) -> list[DissectedField]:
    fields = walk(dissection.fields)
    return [f for f in fields if f.buffer == buffer and f.end > f.start and not f.children]


def check(data: bytes, dissection: Dissection) -> None:
    """Every field lies in its buffer and its parent, and together they show every byte."""
    buffers = (data, *(content for _, content in dissection.buffers))
    for field in walk(dissection.fields):
        assert 0 <= field.start <= field.end <= len(buffers[field.buffer])
        for child in field.children:
            assert field.start <= child.start <= child.end <= field.end
            assert child.buffer == field.buffer
    for number, content in enumerate(buffers):
        shown = {i for field in leaves(dissection, number) for i in range(field.start, field.end)}
        assert shown == set(range(len(content)))


def named(dissection: Dissection, name: str) -> DissectedField:
    return next(field for field in walk(dissection.fields) if field.name == name)


def sealed(kind: int, plaintext: bytes) -> bytes:
    """A packet of A for B."""
    payload = bytes((B.public_key[0], A.public_key[0])) + BETWEEN.seal(plaintext)
    return encode_packet(Packet(1, kind, 0, b"", payload))


def _shown(data: bytes, plaintext: str) -> list[str]:
    """The plaintext, but for a password in it."""
    kind = decode_packet(data).payload_type
    return [without_secrets(kind, bytes.fromhex(plaintext)).hex().upper()] if plaintext else []


@pytest.mark.parametrize("entry", packets(), ids=lambda entry: entry["name"])
def test_every_byte_of_a_packet_and_of_what_was_sealed_is_shown(entry) -> None:
    data = bytes.fromhex(entry["hex"])
    expected = entry["expected"]

    for keyring in (KEYS, NO_KEYS):
        dissection = dissect_packet(data, keyring)

        check(data, dissection)
        assert dissection.problems == ()
        assert expected["payload_type_name"] in dissection.summary
        assert named(dissection, "packet_hash").value == expected["packet_hash"]
    plaintext = expected["decoded"].get("plaintext_padded")
    buffers = dissect_packet(data, KEYS).buffers
    assert [content.hex().upper() for _, content in buffers] == _shown(data, plaintext)


@pytest.mark.parametrize("data", raw_packets()[::2], ids=lambda data: data.hex()[:24])
def test_every_truncation_and_every_flipped_bit_gives_a_dissection(data: bytes) -> None:
    for length in range(len(data)):
        check(data[:length], dissect_packet(data[:length], KEYS))
    for bit in range(0, len(data) * 8, 3):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        check(bytes(flipped), dissect_packet(bytes(flipped), KEYS))


@given(st.binary(max_size=300))
def test_any_bytes_give_a_dissection(data: bytes) -> None:
    check(data, dissect_packet(data, KEYS))


@given(st.integers(0, 15), st.binary(max_size=64))
def test_whatever_was_sealed_gives_a_dissection(kind: int, plaintext: bytes) -> None:
    channel = key_of_name("#test")
    group = bytes((channel.hash,)) + Cipher(channel.secret.reveal).seal(plaintext)
    login = bytes((B.public_key[0],)) + A.public_key + BETWEEN.seal(plaintext)

    for data in (
        sealed(kind, plaintext),
        encode_packet(Packet(1, kind, 0, b"", group)),
        encode_packet(Packet(1, kind, 0, b"", login)),
    ):
        check(data, dissect_packet(data, KEYS))


def test_a_text_names_its_ends_its_words_and_its_ack() -> None:
    dissection = dissect_packet(raw("TXT_MSG A->B flood"), KEYS)

    assert dissection.summary.endswith("A > B: Hello Bob")
    assert named(dissection, "text").value == "Hello Bob"
    assert named(dissection, "ack").value == "9C5EC9FB"
    assert dissection.buffers[0][0] == "decrypted"


def test_a_hidden_attempt_is_found_behind_the_text() -> None:
    dissection = dissect_packet(sealed(2, encode_text(text_body(7, b"x", attempt=5))), KEYS)

    assert named(dissection, "extended_attempt").value == "5"


@pytest.mark.parametrize(
    ("kind", "plaintext", "name", "value"),
    [
        (0, encode_request(keep_alive_request(1, 77)), "since", "77"),
        (0, encode_request(telemetry_request(1, b"abcd")), "inverse_permissions", "0"),
        (
            0,
            encode_request(neighbours_request(1, NeighboursRequest(9, 2, 3, 6), b"abcd")),
            "order",
            "3",
        ),
        (0, b"\1\0\0\0\x63", "kind", "99"),
        (8, b"\0\1" + b"\7\0\0\0more", "timestamp_or_tag", "7"),
    ],
)
def test_what_is_asked_and_answered_is_named(kind, plaintext, name, value) -> None:
    dissection = dissect_packet(sealed(kind, plaintext), KEYS)

    assert named(dissection, name).value == value


def test_a_password_is_not_shown() -> None:
    dissection = dissect_packet(raw("ANON_REQ login A->B"), KEYS)

    shown = [field.value for field in walk(dissection.fields)]
    assert named(dissection, "login").value == "8 bytes, not shown"
    assert not any("password" in value for value in (*shown, dissection.summary))


def test_a_strangers_question_shows_its_way_back() -> None:
    body = encode_anon_body(query_body(7, 3, 0x41, b"\xed\x49"))
    payload = bytes((B.public_key[0],)) + A.public_key + BETWEEN.seal(body)

    dissection = dissect_packet(encode_packet(Packet(2, 7, 0, b"", payload)), KEYS)

    assert "asks for CLOCK" in dissection.summary
    assert named(dissection, "reply_path").value == "ED49"


def test_a_hop_that_may_be_several_nodes_says_so() -> None:
    keyring = Keyring()
    for number in range(4):
        keyring.add_contact(bytes((0xED, number)) + bytes(30), f"Hill {number}")

    by_one_byte = dissect_packet(raw("ADVERT flood A (name+latlon) via R | sent by R"), keyring)
    by_two_bytes = dissect_packet(raw("ADVERT flood B via R with 2-byte"), keyring)

    assert named(by_one_byte, "hop 1").note == "one of 4: Hill 0, Hill 1, Hill 2 …"
    assert named(by_two_bytes, "hop 1").note == ""
    keyring.add_contact(bytes((0xED, 0x49)) + bytes(30), "Tower")
    by_two_bytes = dissect_packet(raw("ADVERT flood B via R with 2-byte"), keyring)
    assert named(by_two_bytes, "hop 1").note == "may be Tower"


def test_without_the_key_why_says_which_would_open_it() -> None:
    direct = dissect_packet(raw("TXT_MSG A->B flood"), NO_KEYS)
    group = dissect_packet(raw("GRP_TXT Public"), NO_KEYS)

    assert "81" in direct.why
    assert "8A" in direct.why
    assert "11" in group.why
    assert direct.buffers == group.buffers == ()


def test_a_key_whose_hash_alone_fits_is_named_as_the_wrong_one() -> None:
    keyring = Keyring()
    wrong = next(channel for n in range(5000) if (channel := key_of_name(f"#{n}")).hash == 0x11)
    keyring.add_channel(ChannelKey("#wrong", wrong.secret))

    assert "#wrong" in dissect_packet(raw("GRP_TXT Public"), keyring).why


def test_a_forged_advert_is_a_problem() -> None:
    data = bytearray(raw("ADVERT flood A"))
    data[50] ^= 1

    dissection = dissect_packet(bytes(data), KEYS)

    assert named(dissection, "signature_valid").value == "no"
    assert "forged" in dissection.problems[0]


def test_a_region_is_named_by_its_code() -> None:
    assert "#europe" in named(dissect_packet(raw("GRP_TXT scoped"), KEYS), "scope").note
    nowhere = dissect_packet(encode_packet(Packet(3, 15, 0, b"", b"x", (0, 0))), KEYS)
    assert "nowhere" in named(nowhere, "scope").note


def test_what_is_no_packet_shows_where_it_goes_wrong() -> None:
    dissection = dissect_packet(bytes.fromhex("153FD9F1"), KEYS)

    assert dissection.summary.startswith("no packet, 4 bytes: short-path")
    assert dissection.problems[0].endswith("(byte 2)")
    assert (named(dissection, "header").value, named(dissection, "rest").start) == ("15", 2)


def test_what_is_cut_off_inside_is_a_problem() -> None:
    path = bytes((14,)) + bytes(14) + b"\x03"  # an ACK is announced, and the block ends

    dissection = dissect_packet(sealed(8, path), KEYS)

    assert dissection.problems == ("inside: short: ack is cut off",)


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        ("922834120000" + "001122334455667700", "00112233 is a repeater"),
        ("8008010000", "CONTROL"),
        ("F10203", "subtype 15"),
    ],
)
def test_control_packets_of_every_subtype_are_shown(payload: str, line: str) -> None:
    data = encode_packet(Packet(2, 11, 0, b"", bytes.fromhex(payload)))

    dissection = dissect_packet(data, KEYS)

    check(data, dissection)
    assert line in dissection.summary


def test_parts_of_other_things_than_acks_are_shown_as_they_are() -> None:
    data = encode_packet(Packet(2, 10, 0, b"", b"\x22abc"))

    dissection = dissect_packet(data, KEYS)

    check(data, dissection)
    assert "2 more of TXT_MSG" in dissection.summary
