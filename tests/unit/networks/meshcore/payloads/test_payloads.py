"""Every payload type: what the firmware sent is read as it says and written again as it was."""

from __future__ import annotations

import pytest

from meshtui.networks.meshcore.keyring import Opened
from meshtui.networks.meshcore.packet import PayloadType, decode_packet
from meshtui.networks.meshcore.payloads.ack import Ack
from meshtui.networks.meshcore.payloads.advert import (
    Advert,
    appdata,
    decode_appdata,
    encode_appdata,
    is_genuine,
    sign_advert,
)
from meshtui.networks.meshcore.payloads.anon_request import (
    AnonRequest,
    decode_anon_body,
    encode_anon_body,
)
from meshtui.networks.meshcore.payloads.control import (
    Control,
    control_of,
    discover_request_of,
    discover_response_of,
)
from meshtui.networks.meshcore.payloads.envelope import Envelope
from meshtui.networks.meshcore.payloads.group import GroupEnvelope
from meshtui.networks.meshcore.payloads.group_data import decode_group_data, encode_group_data
from meshtui.networks.meshcore.payloads.group_text import decode_group_text, encode_group_text
from meshtui.networks.meshcore.payloads.multipart import Multipart
from meshtui.networks.meshcore.payloads.path import decode_path, encode_path
from meshtui.networks.meshcore.payloads.raw import Raw
from meshtui.networks.meshcore.payloads.registry import decode_payload, encode_payload
from meshtui.networks.meshcore.payloads.request import decode_request, encode_request
from meshtui.networks.meshcore.payloads.response import decode_response, encode_response
from meshtui.networks.meshcore.payloads.text import (
    ack_between,
    ack_of,
    decode_text,
    encode_text,
)
from meshtui.networks.meshcore.payloads.trace import Trace
from tests.support.meshcore_vectors import everybody, key, packets, vectors

KEYS = everybody()


def opened(entry):
    """A vector's packet, its payload, and its plaintext where it is sealed."""
    packet = decode_packet(bytes.fromhex(entry["hex"]))
    payload = decode_payload(packet.payload_type, packet.payload)
    match payload:
        case GroupEnvelope():
            is_text = packet.payload_type == PayloadType.GRP_TXT
            found = KEYS.open_group(payload.channel_hash, payload.sealed, is_text)
        case Envelope():
            found = KEYS.open_direct(
                payload.dest_hash, payload.src_hash, payload.sealed, packet.payload_type
            )
        case AnonRequest():
            found = KEYS.open_anon(payload.dest_hash, payload.sender, payload.sealed)
        case _:
            return packet, payload, None, None
    assert found is not None
    if isinstance(found, Opened):
        return packet, payload, found.plaintext, found
    return packet, payload, found[1], found[0]


def of_type(kind: PayloadType):
    return pytest.mark.parametrize(
        "entry",
        [entry for entry in packets() if entry["expected"]["payload_type"] == kind],
        ids=lambda entry: entry["name"],
    )


@pytest.mark.parametrize("entry", packets(), ids=lambda entry: entry["name"])
def test_every_payload_is_written_again_byte_for_byte(entry) -> None:
    packet, payload, _, _ = opened(entry)

    assert encode_payload(payload) == packet.payload


@of_type(PayloadType.ADVERT)
def test_an_advert_is_read_as_the_firmware_says(entry) -> None:
    expected = entry["expected"]["decoded"]
    _, advert, _, _ = opened(entry)
    assert isinstance(advert, Advert)

    data = decode_appdata(advert.appdata)

    assert advert.public_key.hex().upper() == expected["public_key"]
    assert advert.timestamp == expected["timestamp"]
    assert is_genuine(advert) is expected["signature_valid"]
    assert data.flags == expected.get("flags")
    assert data.node_type == expected.get("node_type", 0)
    assert (data.lat_e6, data.lon_e6) == (expected.get("lat_e6"), expected.get("lon_e6"))
    assert data.name == expected.get("name", "")


@of_type(PayloadType.ADVERT)
def test_an_advert_is_composed_and_signed_byte_for_byte(entry) -> None:
    _, advert, _, _ = opened(entry)
    data = decode_appdata(advert.appdata)
    owner = next(one for one in KEYS.own if one.public_key == advert.public_key)

    assert encode_appdata(data) == advert.appdata
    assert sign_advert(owner, advert.timestamp, data) == advert
    if data.flags is not None:
        assert appdata(data.node_type, data.name, data.lat_e6, data.lon_e6) == data


@of_type(PayloadType.TXT_MSG)
def test_a_text_is_read_acknowledged_and_written_as_the_firmware_does(entry) -> None:
    expected = entry["expected"]["decoded"]
    _, envelope, plaintext, found = opened(entry)

    body = decode_text(plaintext)
    sender, recipient = key(expected["from"]).public_key, key(expected["to"]).public_key
    ack = ack_between(body, sender, recipient)

    assert f"{envelope.dest_hash:02X}" == expected["dest_hash"]
    assert f"{envelope.src_hash:02X}" == expected["src_hash"]
    assert envelope.mac.hex().upper() == expected["mac"]
    assert {found.key.public_key, found.peer} == {sender, recipient}
    assert body.timestamp == expected["timestamp"]
    assert (body.txt_type, body.attempt) == (expected["txt_type"], expected["attempt"])
    assert body.text == expected["text"]
    assert body.extended_attempt == expected.get("extended_attempt")
    assert body.sender_prefix.hex().upper() == expected.get("sender_prefix", "")
    assert (None if ack is None else ack.hex().upper()) == expected["ack"]
    assert seal_again(found, encode_text(body)) == envelope.sealed


@pytest.mark.parametrize("entry", vectors()["acks"], ids=lambda entry: entry["name"])
def test_an_acknowledgement_is_computed_as_the_firmware_does(entry) -> None:
    body = decode_text(bytes.fromhex(entry["plaintext_padded"]))

    ack = ack_of(body, bytes.fromhex(entry["public_key"]))

    assert ack.hex().upper() == entry["ack"]


@of_type(PayloadType.GRP_TXT)
def test_a_channel_text_is_read_and_written_as_the_firmware_does(entry) -> None:
    expected = entry["expected"]["decoded"]
    _, envelope, plaintext, channel = opened(entry)

    body = decode_group_text(plaintext)

    assert f"{envelope.channel_hash:02X}" == expected["channel_hash"]
    assert envelope.mac.hex().upper() == expected["mac"]
    assert channel.name == expected["channel"]
    assert channel.secret.reveal.hex().upper() == expected["channel_key"]
    assert (body.timestamp, body.flags) == (expected["timestamp"], expected["flags"])
    assert (body.text, body.sender, body.message) == (
        expected["text"],
        expected["sender"],
        expected["message"],
    )
    assert KEYS.cipher_of(channel).seal(encode_group_text(body)) == envelope.sealed


@of_type(PayloadType.GRP_DATA)
def test_channel_data_are_read_and_written_as_the_firmware_does(entry) -> None:
    expected = entry["expected"]["decoded"]
    _, envelope, plaintext, channel = opened(entry)

    body = decode_group_data(plaintext)

    assert body.data_type == expected["data_type"]
    assert body.data.hex().upper() == expected["data"]
    assert KEYS.cipher_of(channel).seal(encode_group_data(body)) == envelope.sealed


@of_type(PayloadType.PATH)
def test_a_returned_path_is_read_and_written_as_the_firmware_does(entry) -> None:
    expected = entry["expected"]["decoded"]
    _, envelope, plaintext, found = opened(entry)

    body = decode_path(plaintext)

    assert body.path_len == expected["return_path_len"]
    assert list(body.path_hashes()) == expected["return_path"]
    assert (body.extra_type, body.extra_type_raw) == (
        expected["extra_type"],
        expected["extra_type_raw"],
    )
    assert body.extra.hex().upper() == expected["extra_padded"]
    assert seal_again(found, encode_path(body)) == envelope.sealed


@pytest.mark.parametrize(
    "kind", [PayloadType.REQ, PayloadType.RESPONSE], ids=lambda kind: kind.name
)
def test_requests_and_answers_are_read_and_written_as_the_firmware_does(kind) -> None:
    entries = [entry for entry in packets() if entry["expected"]["payload_type"] == kind]
    for entry in entries:
        expected = entry["expected"]["decoded"]
        _, envelope, plaintext, found = opened(entry)

        if kind == PayloadType.REQ:
            request = decode_request(plaintext)
            tag, rest, data = request.tag, plaintext[4:], encode_request(request)
        else:
            answer = decode_response(plaintext)
            tag, rest, data = answer.tag, answer.body, encode_response(answer)

        assert tag == expected["timestamp_or_tag"]
        assert rest.hex().upper() == expected["body_padded"]
        assert seal_again(found, data) == envelope.sealed
    assert entries


@of_type(PayloadType.ANON_REQ)
def test_a_login_is_read_and_written_as_the_firmware_does(entry) -> None:
    expected = entry["expected"]["decoded"]
    _, request, plaintext, found = opened(entry)

    body = decode_anon_body(plaintext)

    assert request.sender.hex().upper() == expected["sender_public_key"]
    assert body.timestamp == expected["timestamp"]
    assert seal_again(found, encode_anon_body(body)) == request.sealed


def test_what_is_in_clear_is_read_as_the_firmware_says() -> None:
    for entry in packets():
        expected = entry["expected"]["decoded"]
        packet, payload, _, _ = opened(entry)
        match payload:
            case Ack():
                assert payload.value.hex().upper() == expected["ack"]
                assert payload.tail.hex().upper() == expected["tail"]
            case Multipart():
                assert (payload.remaining, payload.inner_type) == (
                    expected["remaining"],
                    expected["inner_type"],
                )
                assert payload.inner.hex().upper() == expected["inner"]
            case Trace():
                assert (payload.tag, payload.auth) == (expected["tag"], expected["auth"])
                assert (payload.flags, payload.hash_size) == (
                    expected["flags"],
                    expected["hash_size"],
                )
                assert list(payload.path_hashes()) == expected["path_hashes"]
                assert list(packet.path_snrs()) == expected["snr_quarter_db"]
            case Control():
                assert (payload.sub_type, payload.low_bits) == (
                    expected["sub_type"],
                    expected["low_bits"],
                )
                check_discovery(payload, expected)
            case Raw():
                assert payload.data.hex().upper() == expected["raw"]
            case _:
                pass


def check_discovery(payload: Control, expected) -> None:
    """A question or an answer reads and writes as the vector says."""
    request = discover_request_of(payload)
    if request is None:
        answer = discover_response_of(payload)
        assert answer is not None
        assert control_of(answer) == payload
        return
    assert (request.type_filter, request.tag) == (expected["type_filter"], expected["tag"])
    assert (request.since or 0) == expected["since"]
    assert control_of(request) == payload


def seal_again(found: Opened, plaintext: bytes) -> bytes:
    cipher = KEYS.cipher_between(found.key, found.peer)
    assert cipher is not None
    return cipher.seal(plaintext)
