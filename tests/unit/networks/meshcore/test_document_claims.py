"""The document this client was ordered with, claim by claim: what holds, and what we do instead."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import meshtui.networks.meshcore
from meshtui.errors import DecodeError
from meshtui.model.ids import Instant
from meshtui.model.packet import NO_RX
from meshtui.networks.meshcore.channel_key import PUBLIC, key_of_name
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.outputs import Send
from meshtui.networks.meshcore.node.settings import LoopDetect, NodeSettings
from meshtui.networks.meshcore.packet import PayloadType, RouteType, decode_packet
from meshtui.networks.meshcore.payloads.group import decode_group
from meshtui.networks.meshcore.payloads.group_text import decode_group_text
from tests.support.meshcore_vectors import channels_only, key, packets, raw, vectors

PUBLIC_KEY = bytes.fromhex("8b3387e9c5cdea6ac9e5edbaa115cd72")
TEST_KEY = bytes.fromhex("9cd8fcf22a47333b591d96a2b848b73f")
PUBLIC_TEXT = decode_packet(raw("GRP_TXT Public"))


def relayed_by(settings: NodeSettings, data: bytes) -> list[Send]:
    node = MeshcoreNode(key("S"), settings, bytes, Keyring())
    return [
        output
        for output in node.hear(data, NO_RX, Instant(1.0, 1_767_225_600_000))
        if isinstance(output, Send)
    ]


# -- what holds


def test_the_route_is_in_the_two_lowest_bits_of_the_first_byte() -> None:
    for entry in packets():
        data = bytes.fromhex(entry["hex"])
        assert RouteType(data[0] & 3).name == entry["expected"]["route"]


@pytest.mark.parametrize("name", ["#test", "#xtr-test"])
def test_a_named_channels_key_is_the_beginning_of_its_names_hash(name) -> None:
    assert key_of_name(name).secret.reveal == hashlib.sha256(name.encode()).digest()[:16]


def test_the_public_channels_key_is_the_one_in_hex() -> None:
    assert PUBLIC.secret.reveal == PUBLIC_KEY


def test_the_key_of_test_is_the_one_told() -> None:
    assert key_of_name("#test").secret.reveal == TEST_KEY


def test_a_channels_hash_is_the_first_byte_of_its_keys_hash() -> None:
    assert (PUBLIC.hash, key_of_name("#test").hash) == (0x11, 0xD9)
    assert PUBLIC.hash == hashlib.sha256(PUBLIC_KEY).digest()[0]


def test_a_channel_text_is_hash_mac_and_ciphertext() -> None:
    envelope = decode_group(PUBLIC_TEXT.payload)

    assert envelope.channel_hash == 0x11
    assert (len(envelope.mac), len(envelope.ciphertext) % 16) == (2, 0)
    assert bytes((0x11,)) + envelope.mac + envelope.ciphertext == PUBLIC_TEXT.payload


def test_it_is_aes_128_in_ecb_padded_with_zeros_and_no_counter_mode() -> None:
    envelope = decode_group(PUBLIC_TEXT.payload)
    decryptor = Cipher(algorithms.AES(PUBLIC_KEY), modes.ECB()).decryptor()

    plaintext = decryptor.update(envelope.ciphertext)

    assert plaintext[5:].rstrip(b"\0") == b"Alice: Hello everyone"
    assert len(plaintext) % 16 == 0


def test_the_mac_is_two_bytes_of_hmac_sha256_keyed_with_sixteen_zeros_more() -> None:
    envelope = decode_group(PUBLIC_TEXT.payload)

    mac = hmac.digest(PUBLIC_KEY + bytes(16), envelope.ciphertext, "sha256")[:2]

    assert mac == envelope.mac


def test_inside_are_timestamp_flags_and_name_colon_text() -> None:
    envelope = decode_group(PUBLIC_TEXT.payload)
    opened = channels_only().open_group(envelope.channel_hash, envelope.sealed)
    assert opened is not None

    body = decode_group_text(opened[1])

    assert opened[1][:4] == (1_767_225_800).to_bytes(4, "little")
    assert (body.timestamp, body.flags) == (1_767_225_800, 0)
    assert (body.sender, body.message) == ("Alice", "Hello everyone")


def test_the_documents_own_plaintext_is_read_as_it_says() -> None:
    body = decode_group_text(bytes.fromhex("ABCDEF1200") + b"Node-1234: Hello\0")

    assert (body.sender, body.message, body.timestamp) == ("Node-1234", "Hello", 0x12EFCDAB)


def test_a_relay_adds_its_hash_before_it_relays() -> None:
    (send,) = relayed_by(NodeSettings(name="S", forwards=True), raw("GRP_TXT Public"))

    assert decode_packet(send.data).path_hashes() == ("CA",)


# -- what does not, and what we do instead


def test_the_types_are_the_firmwares_and_their_bits_are_two_to_five() -> None:
    for entry in packets():
        data = bytes.fromhex(entry["hex"])
        assert PayloadType(data[0] >> 2 & 15).name == entry["expected"]["payload_type_name"]
    told = (PayloadType.ADVERT, PayloadType.TXT_MSG, PayloadType.GRP_TXT, PayloadType.RESPONSE)
    assert told == (4, 2, 5, 1)


def test_the_key_in_base64_is_another_channels() -> None:
    wrong = base64.b64decode("izOH6cXN6mrJ5edbqhUNcg==")

    assert wrong != PUBLIC_KEY
    assert hashlib.sha256(wrong).digest()[0] == 0x31
    assert base64.b64encode(PUBLIC_KEY) == b"izOH6cXN6mrJ5e26oRXNcg=="


def test_the_public_channel_is_not_named_with_a_mark() -> None:
    assert PUBLIC.name == "Public"
    assert key_of_name("#Public").hash == 0xBA


def test_the_mac_does_not_cover_the_plaintext() -> None:
    envelope = decode_group(PUBLIC_TEXT.payload)
    plaintext = next(
        bytes.fromhex(entry["expected"]["decoded"]["plaintext_padded"])
        for entry in packets()
        if entry["name"].startswith("GRP_TXT Public")
    )

    assert hmac.digest(PUBLIC_KEY + bytes(16), plaintext, "sha256")[:2] != envelope.mac


def test_the_example_packet_is_none() -> None:
    example = bytes.fromhex("15666B18FBA8BED8EEC16BAF78CE0A").ljust(57, b"\0")

    with pytest.raises(DecodeError, match="bad-path-len"):
        decode_packet(example)


def test_a_path_may_have_sixty_three_hops() -> None:
    entry = next(one for one in vectors()["negative"] if one["name"].startswith("64 one-byte"))

    assert decode_packet(bytes.fromhex(entry["hex"])).hops == 63


def test_one_who_is_in_the_path_relays_all_the_same_unless_told_to_detect_loops() -> None:
    flood = decode_packet(raw("GRP_TXT Public"))
    seen = bytes((flood.header, 1, 0xCA)) + flood.payload

    assert relayed_by(NodeSettings(name="S", forwards=True), seen)
    strict = NodeSettings(name="S", forwards=True, loop_detect=LoopDetect.STRICT)
    assert not relayed_by(strict, seen)
    # nobody but a repeater relays at all
    assert not relayed_by(NodeSettings(name="S"), raw("GRP_TXT Public"))


def test_the_table_of_claims_is_in_the_packages_docstring() -> None:
    said = meshtui.networks.meshcore.__doc__ or ""

    assert said.count("right") > 10
    assert Path(__file__).name in said
