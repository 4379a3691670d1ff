"""The packet: what the firmware sent decodes, and encodes to the same bytes; the limits hold."""

from __future__ import annotations

import pytest

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.channel_key import region_key
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    decode_packet,
    encode_packet,
    packet_hash,
    packet_hash_text,
    path_len_byte,
    scope_code,
)
from tests.support.meshcore_vectors import packets, raw, vectors


@pytest.mark.parametrize("entry", packets(), ids=lambda entry: entry["name"])
def test_what_the_firmware_sent_is_read_as_it_says(entry) -> None:
    expected = entry["expected"]

    packet = decode_packet(bytes.fromhex(entry["hex"]))

    assert f"{packet.header:02X}" == expected["header"]
    assert RouteType(packet.route).name == expected["route"]
    assert PayloadType(packet.payload_type).name == expected["payload_type_name"]
    assert packet.version == expected["payload_version"]
    assert packet.path_len == expected["path_len_byte"]
    assert (packet.hash_size, packet.hops) == (expected["path_hash_size"], expected["hops"])
    assert list(packet.path_hashes()) == (expected["path"] or [])
    assert len(packet.payload) == expected["payload_len"]
    assert list(packet.transport_codes or ()) == expected.get("transport_codes", [])
    assert packet_hash(packet).hex().upper() == expected["packet_hash"]


@pytest.mark.parametrize("entry", packets(), ids=lambda entry: entry["name"])
def test_what_the_firmware_sent_is_written_again_byte_for_byte(entry) -> None:
    data = bytes.fromhex(entry["hex"])

    assert encode_packet(decode_packet(data)) == data


@pytest.mark.parametrize("entry", vectors()["negative"], ids=lambda entry: entry["name"])
def test_the_firmware_and_we_accept_the_same_packets(entry) -> None:
    data = bytes.fromhex(entry["hex"])

    if entry["firmware_parses"]:
        assert encode_packet(decode_packet(data)) == data
    else:
        with pytest.raises(DecodeError):
            decode_packet(data)


@pytest.mark.parametrize(
    ("data", "reason", "offset"),
    [
        ("", "short", 0),
        ("15", "short", 1),
        ("1401020304", "short", 5),
        ("5500D9", "bad-version", 0),
        ("15C0", "bad-path-len", 1),
        ("14000000 00FF", "bad-path-len", 5),
        ("1561", "bad-path-len", 1),
        ("1596", "bad-path-len", 1),
        ("1503AABB", "short-path", 2),
        ("3E00" + "00" * 185, "long-payload", 186),
    ],
)
def test_what_is_wrong_is_said_with_a_word_and_a_place(data, reason, offset) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_packet(bytes.fromhex(data))

    assert (caught.value.reason, caught.value.offset) == (reason, offset)


def test_a_scoped_packet_carries_the_code_of_its_region() -> None:
    entry = next(one for one in packets() if "region" in one["expected"])
    packet = decode_packet(bytes.fromhex(entry["hex"]))

    code = scope_code(region_key(entry["expected"]["region"]), packet)

    assert packet.transport_codes == (code, 0)


def test_a_scope_code_is_never_one_of_the_two_that_are_taken() -> None:
    key = region_key("#europe")
    codes = {
        scope_code(key, Packet(0, 15, 0, b"", number.to_bytes(3, "little"), (0, 0)))
        for number in range(200_000)
    }

    assert not codes & {0, 0xFFFF}
    assert {1, 0xFFFE} <= codes


def test_a_packet_keeps_its_hash_along_a_flood_and_a_trace_does_not() -> None:
    flood = decode_packet(raw("GRP_TXT Public"))
    trace = decode_packet(raw("TRACE A"))

    relayed = Packet(flood.route, flood.payload_type, 1, b"\xed", flood.payload)
    traced = Packet(trace.route, trace.payload_type, 1, b"\xf3", trace.payload)

    assert packet_hash(relayed) == packet_hash(flood)
    assert packet_hash(traced) != packet_hash(trace)


def test_the_path_of_a_trace_holds_ratios_and_of_others_hops() -> None:
    trace = decode_packet(raw("line: TRACE"))
    flood = decode_packet(raw("signed msg"))

    assert (trace.path_snrs(), trace.path_hashes()) == ((-13, 19), ())
    assert (flood.path_snrs(), flood.path_hashes()) == ((), ("ED",))


def test_hops_of_three_sizes_fit_as_often_as_sixty_four_bytes_allow() -> None:
    assert [path_len_byte(63, 1), path_len_byte(32, 2), path_len_byte(21, 3)] == [0x3F, 0x60, 0x95]

    for hops, size in ((64, 1), (33, 2), (22, 3), (0, 0), (0, 4), (-1, 1)):
        with pytest.raises(EncodeError):
            path_len_byte(hops, size)


@pytest.mark.parametrize(
    "packet",
    [
        Packet(1, 16, 0, b"", b""),
        Packet(4, 5, 0, b"", b""),
        Packet(1, 5, 0, b"", b"", None, 1),
        Packet(1, 5, 1, b"", b""),
        Packet(1, 5, 0xC0, b"", b""),
        Packet(1, 5, 256, b"", b""),
        Packet(1, 5, 0, b"", bytes(185)),
        Packet(1, 5, 0, b"", b"", (0, 0)),
        Packet(0, 5, 0, b"", b""),
        Packet(0, 5, 0, b"", b"", (65536, 0)),
    ],
)
def test_a_packet_of_ours_that_does_not_fit_the_format_is_refused(packet) -> None:
    with pytest.raises(EncodeError):
        encode_packet(packet)


def test_floods_are_told_from_direct_packets() -> None:
    routes = [Packet(route, 5, 0, b"", b"").is_flood for route in RouteType]

    assert routes == [True, True, False, False]


@pytest.mark.parametrize("entry", packets(), ids=lambda entry: entry["name"])
def test_a_packets_hash_is_written_as_the_firmware_logs_it(entry) -> None:
    packet = decode_packet(bytes.fromhex(entry["hex"]))

    assert packet_hash_text(packet) == entry["expected"]["packet_hash"]
    assert packet_hash(packet).hex().upper() == packet_hash_text(packet)
