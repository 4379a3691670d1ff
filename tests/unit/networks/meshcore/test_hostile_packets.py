"""The list of hostile packets: each is read, or refused with a reason; nothing else happens."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

import pytest

from meshtui.crypto.ed25519 import from_seed
from meshtui.errors import DecodeError
from meshtui.networks.meshcore.channel_key import channel_key, key_of_name
from meshtui.networks.meshcore.payloads.advert import (
    Advert,
    AppData,
    decode_advert,
    decode_appdata,
    is_genuine,
    sign_advert,
)
from meshtui.networks.meshcore.payloads.anon_request import decode_anon_body
from meshtui.networks.meshcore.payloads.text import decode_text
from meshtui.networks.meshcore.seal import Cipher
from tests.support.meshcore_reading import BODIES, GROUP_BODIES, outcome_of
from tests.support.meshcore_vectors import everybody, key, raw, raw_packets

if TYPE_CHECKING:
    from meshtui.networks.meshcore.keyring import Keyring

TEST = key_of_name("#test")
TEST_CIPHER = Cipher(TEST.secret.reveal)
A, B = key("A"), key("B")
BETWEEN = Cipher(A.shared_secret(B.public_key).reveal)


class Case(NamedTuple):
    """A hostile packet and what must come of it.

    Attributes:
        outcome: `opened`, `sealed` (well-formed, no key opens it), `clear` (well-formed, no key
            needed), or the reason word of the refusal.
    """

    name: str
    data: bytes
    outcome: str


def group(plaintext: bytes, cipher: Cipher = TEST_CIPHER) -> bytes:
    return b"\x15\x00\xd9" + cipher.seal(plaintext)


def ragged(length: int) -> bytes:
    return b"\x15\x00\xd9" + TEST_CIPHER.mac(b"x" * length) + b"x" * length


def direct(plaintext: bytes, kind: int = 2) -> bytes:
    head = bytes((kind << 2 | 1, 0, B.public_key[0], A.public_key[0]))
    return head + BETWEEN.seal(plaintext)


def said(flags: int, rest: bytes = b"") -> bytes:
    """An advert with these appdata, signed by A as they are."""
    draft = Advert(A.public_key, 1_767_225_600, b"", bytes((flags,)) + rest)
    signed = A.sign(draft.signed_bytes)
    payload = A.public_key + draft.timestamp.to_bytes(4, "little") + signed + draft.appdata
    return b"\x11\x00" + payload


ADVERT = raw("ADVERT flood A")
NOW = b"\xc9\xb9\x55\x69"
OTHER_KEY = Cipher(b"another key of the same hash....")

CASES = [
    Case("1 empty", b"", "short"),
    Case("2 one byte", b"\x15", "short"),
    Case("3 two bytes", b"\x15\x00", "short"),
    Case("4 route 0, no transport bytes", b"\x14", "short"),
    Case("5 route 0, one", b"\x14\x01", "short"),
    Case("6 route 3, two", b"\x17\x01\x02", "short"),
    Case("7 route 3, three", b"\x17\x01\x02\x03", "short"),
    Case("8 no path_len", b"\x14\x01\x02\x03\x04", "short"),
    Case("9 path_len FF", b"\x15\xff" + bytes(200), "bad-path-len"),
    Case("10 path_len C0", b"\x15\xc0" + bytes(100), "bad-path-len"),
    Case("11 path_len 7F", b"\x15\x7f" + bytes(200), "bad-path-len"),
    Case("12 path_len 22 hops of 3", b"\x15\x96" + bytes(100), "bad-path-len"),
    Case("13 path longer than packet", b"\x15\x05abc", "short-path"),
    Case("14 path ends exactly, no payload", b"\x15\x03abc", "short"),
    Case("15 payload 184", b"\x3e\x00" + bytes(184), "clear"),
    Case("16 payload 185", b"\x3e\x00" + bytes(185), "long-payload"),
    Case("17 255 bytes", b"\x3c\x00\x00\x00\x00\x40" + bytes(249), "long-payload"),
    Case("18 256 and more", b"\x3d\x3f" + bytes(400), "long-payload"),
    Case("19 version 1", b"\x55\x00" + bytes(20), "bad-version"),
    Case("20 version 2", b"\x95\x00" + bytes(20), "bad-version"),
    Case("21 version 3", b"\xd5\x00" + bytes(20), "bad-version"),
    Case("22 type 12", b"\x31\x00abc", "clear"),
    Case("23 type 13", b"\x35\x00abc", "clear"),
    Case("24 type 14", b"\x39\x00abc", "clear"),
    Case("25 type 15", b"\x3d\x00abc", "clear"),
    Case("26 GRP_TXT of 1 byte", b"\x15\x00\xd9", "short"),
    Case("27 GRP_TXT of 2 bytes", b"\x15\x00\xd9\x01", "short"),
    Case("28 GRP_TXT of 3 bytes", b"\x15\x00\xd9\x01\x02", "short"),
    Case("29 ciphertext 1 byte, right MAC", ragged(1), "short"),
    Case("30 ciphertext 15 bytes, right MAC", ragged(15), "short"),
    Case("31 ciphertext 17 bytes, right MAC", ragged(17), "ragged"),
    Case("32 ciphertext 0 bytes, right MAC", ragged(0), "short"),
    Case("33 right MAC, wrong key", group(NOW + b"\0Eve: hello", OTHER_KEY), "sealed"),
    Case("34 two channels of one hash", group(NOW + b"\0Ann: hello"), "opened"),
    Case("35 plaintext 16 zeros", group(bytes(16)), "opened"),
    Case("36 no colon", group(NOW + b"\0hello"), "opened"),
    Case("37 colon first", group(NOW + b"\0: hello"), "opened"),
    Case("38 sender of 150 characters", group(NOW + b"\0" + b"x" * 150 + b": a"), "opened"),
    Case("39 text not UTF-8", group(NOW + b"\0Ann: \xff\xfe\xfd"), "sealed"),
    Case("40 ESC in sender", group(NOW + b"\0\x1b[31mAnn: hello"), "opened"),
    Case("41 NUL in middle", group(NOW + b"\0Ann: a\0b"), "opened"),
    Case("42 time 0", group(bytes(4) + b"\0Ann: hello"), "opened"),
    Case("43 time FFFFFFFF", group(b"\xff" * 4 + b"\0Ann: hello"), "opened"),
    Case("44 text type 63", group(NOW + b"\xfcAnn: hello"), "sealed"),
    Case("45 signed text, prefix of 3 bytes", direct(NOW + b"\x08\x01\x02\x03"), "opened"),
    Case("46 ADVERT of 0 bytes", b"\x11\x00", "short"),
    Case("47 ADVERT of 31", ADVERT[:33], "short"),
    Case("48 ADVERT of 35", ADVERT[:37], "short"),
    Case("49 ADVERT of 99", ADVERT[:101], "short"),
    Case("50 ADVERT of 100", ADVERT[:102], "forged"),
    Case("51 ADVERT of 101", ADVERT[:103], "forged"),
    Case("52 location flag without 8 bytes", said(0x91, b"1234567"), "short"),
    Case(
        "53 lat 91, lon 181",
        said(0x91, (91_000_000).to_bytes(4, "little") + (181_000_000).to_bytes(4, "little")),
        "clear",
    ),
    Case("54 all flags, no name", said(0xF1, bytes(12)), "clear"),
    Case("55 name cut in UTF-8", said(0x81, b"x" * 29 + "ü".encode()[:1]), "clear"),
    Case("56 bad signature", ADVERT[:40] + b"\0" + ADVERT[41:], "forged"),
    Case("57 all-zero key", b"\x11\x00" + bytes(32) + ADVERT[34:], "forged"),
    Case("58 low-order key", b"\x11\x00\x01" + bytes(31) + ADVERT[34:], "forged"),
    Case("59 old advert replayed", ADVERT, "clear"),
    Case("60 ACK of 3 bytes", b"\x0d\x00abc", "short"),
    Case("61 PATH whose inner path_len lies", direct(b"\x3f" + bytes(15), 8), "sealed"),
    Case("62 TRACE path_len 63", b"\x26\x3f" + bytes(63) + bytes(9) + b"\xed", "clear"),
]


def rings() -> Keyring:
    """Everybody's keys, and a second channel with the hash of #test."""
    keyring = everybody()
    number = 0
    while True:
        number += 1
        twin = channel_key("twin", number.to_bytes(16, "little"))
        if twin.hash == TEST.hash:
            break
    keyring.remove_channel("#test")
    keyring.add_channel(twin)
    keyring.add_channel(TEST)
    return keyring


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_packet_is_read_or_refused_and_nothing_else(case) -> None:
    assert outcome_of(case.data, rings()) == case.outcome


def test_the_list_is_whole() -> None:
    assert [int(case.name.split()[0]) for case in CASES] == list(range(1, 63))


@pytest.mark.parametrize("data", raw_packets(), ids=lambda data: data.hex()[:24])
def test_no_truncation_of_a_packet_is_more_than_refused(data) -> None:
    keyring = everybody()

    for length in range(len(data)):
        outcome_of(data[:length], keyring)


@pytest.mark.parametrize("data", raw_packets()[:40:2], ids=lambda data: data.hex()[:24])
def test_no_flipped_bit_of_a_packet_is_more_than_refused(data) -> None:
    keyring = everybody()

    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        outcome_of(bytes(flipped), keyring)


@pytest.mark.parametrize("decode", [*BODIES.values(), *GROUP_BODIES.values(), decode_anon_body])
def test_no_truncation_of_a_plaintext_is_more_than_refused(decode) -> None:
    for pattern in (bytes(40), b"\xff" * 40, NOW + b"\x08" + bytes(range(1, 36))):
        for length in range(len(pattern)):
            with contextlib.suppress(DecodeError):
                decode(pattern[:length])


def test_a_signed_text_without_its_author_is_refused() -> None:
    with pytest.raises(DecodeError, match="short"):
        decode_text(NOW + b"\x08abc")


def test_what_follows_the_32nd_byte_of_the_appdata_is_neither_signed_nor_read() -> None:
    advert = decode_advert(said(0x81, b"n" * 31)[2:])
    longer = Advert(advert.public_key, advert.timestamp, advert.signature, advert.appdata + b"evil")

    assert is_genuine(longer)
    assert decode_appdata(longer.appdata).name == "n" * 31


def test_a_name_that_older_firmware_cut_within_a_character_loses_that_character_only() -> None:
    data = AppData(0x81, name_bytes=b"Caf" + "é".encode()[:1])

    assert data.name == "Caf"
    assert decode_appdata(sign_advert(A, 1, data).appdata) == data


def test_two_hundred_adverts_of_one_name_are_two_hundred_nodes() -> None:
    keys = [from_seed(bytes([number]) * 32) for number in range(200)]

    adverts = [sign_advert(one, 1, AppData(0x81, name_bytes=b"Alice")) for one in keys]

    assert len({advert.public_key for advert in adverts}) == 200
    assert all(is_genuine(advert) for advert in adverts)
