"""The packet message: what is in it, of any packet, and who reads it."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from meshtui.capture.lines import LinesScanner
from meshtui.model.packet import NO_RX, RxMeta
from meshtui.networks.meshcore.observing.message import (
    NO_HASH,
    MessageWriter,
    moment_text,
    name_of,
)
from meshtui.networks.meshcore.packet import Packet, encode_packet
from tests.support.companion_server import require
from tests.support.meshcore_vectors import packets, raw, raw_packets, vectors
from tests.support.observed import ALICE, KEY

if TYPE_CHECKING:
    from meshtui.model.device import Device

AT_MS = 1_767_225_600_123
RX = RxMeta(-42, 8.5)
ADVERT = raw("ADVERT flood A")
LETTERS = {"TRANSPORT_FLOOD": "F", "FLOOD": "F", "DIRECT": "D", "TRANSPORT_DIRECT": "T"}


def told(
    payload: bytes,
    rx: RxMeta = RX,
    at_ms: int = AT_MS,
    direction: str = "rx",
    origin: Device = ALICE,
) -> dict[str, str]:
    message = json.loads(MessageWriter().write(origin, payload, rx, at_ms, direction))
    assert all(isinstance(value, str) for value in message.values())
    return message


def test_a_packet_is_told_in_texts_only_and_in_this_order() -> None:
    message = told(ADVERT)

    assert list(message.items()) == [
        ("origin", "Alice"),
        ("origin_id", KEY),
        ("timestamp", "2026-01-01T00:00:00.123+00:00"),
        ("type", "PACKET"),
        ("direction", "rx"),
        ("time", "00:00:00"),
        ("date", "01/01/2026"),
        ("len", "116"),
        ("packet_type", "4"),
        ("route", "F"),
        ("payload_len", "114"),
        ("raw", ADVERT.hex().upper()),
        ("SNR", "8.5"),
        ("RSSI", "-42"),
        ("hash", "CB16207A16F18B45"),
    ]


@pytest.mark.parametrize("entry", packets(), ids=lambda entry: entry["name"])
def test_what_the_firmware_sent_is_told_as_it_says(entry) -> None:
    expected = entry["expected"]

    message = told(bytes.fromhex(entry["hex"]))

    assert message["hash"] == expected["packet_hash"]
    assert message["packet_type"] == str(expected["payload_type"])
    assert message["route"] == LETTERS[expected["route"]]
    assert message["len"] == str(expected["total_len"])
    assert message["payload_len"] == str(expected["payload_len"])
    hops = expected["path"] if expected["route"] == "DIRECT" else None
    assert message.get("path") == (",".join(hops) if hops else None)


def test_hops_of_two_bytes_stay_together() -> None:
    packet = encode_packet(Packet(2, 2, 0x42, b"\xaa\x01\xbb\x02", bytes(20)))

    assert told(packet)["path"] == "AA01,BB02"


@pytest.mark.parametrize("entry", vectors()["negative"], ids=lambda entry: entry["name"])
def test_what_the_firmware_does_not_parse_has_a_hash_of_zeros(entry) -> None:
    message = told(bytes.fromhex(entry["hex"]))

    assert (message["hash"] == NO_HASH) is (not entry["firmware_parses"])
    assert (message["route"] == "U") is (not entry["firmware_parses"])


@pytest.mark.parametrize("payload", raw_packets(), ids=lambda payload: payload[:8].hex())
def test_whatever_is_cut_off_is_told_as_it_was_heard(payload: bytes) -> None:
    for end in range(len(payload) + 1):
        message = told(payload[:end])

        assert message["raw"] == payload[:end].hex().upper()
        assert message["len"] == str(end)
        assert len(message["hash"]) == 16


def test_nothing_at_all_is_told_too() -> None:
    message = told(b"")

    assert (message["len"], message["raw"], message["hash"]) == ("0", "", NO_HASH)
    assert (message["packet_type"], message["payload_len"]) == ("0", "0")


def test_a_radio_that_does_not_say_how_well_it_heard_is_quoted_as_that() -> None:
    message = told(ADVERT, NO_RX, direction="tx")

    assert (message["SNR"], message["RSSI"]) == ("Unknown", "Unknown")
    assert message["direction"] == "tx"


@pytest.mark.parametrize(
    ("snr_db", "text"), [(8.5, "8.5"), (-2.25, "-2.25"), (0.0, "0.0"), (7, "7.0"), (-32.0, "-32.0")]
)
def test_quarters_of_a_decibel_are_kept(snr_db: float, text: str) -> None:
    assert told(ADVERT, RxMeta(-101, snr_db))["SNR"] == text


@pytest.mark.parametrize("at_ms", [-1, 0, 10**18])
def test_a_moment_that_cannot_be_is_no_reason_to_fail(at_ms: int) -> None:
    year = told(ADVERT, at_ms=at_ms)["date"][-4:]

    assert year in {"1970", "9999"}
    assert moment_text(at_ms).startswith(year)


def test_who_heard_it_may_change_between_two_messages() -> None:
    writer = MessageWriter()
    renamed = replace(ALICE, name="Bob")

    names = [
        json.loads(writer.write(origin, ADVERT, RX, AT_MS + n * 61_000, "rx"))
        for n, origin in enumerate((ALICE, renamed, ALICE))
    ]

    assert [each["origin"] for each in names] == ["Alice", "Bob", "Alice"]
    assert [each["time"] for each in names] == ["00:00:00", "00:01:01", "00:02:02"]


@pytest.mark.parametrize("name", ["half \ud83d", "\x1b]0;x\x07", '"}\n', "é🙂", "x" * 10_000])
def test_a_name_of_anything_makes_a_message(name: str) -> None:
    message = told(ADVERT, origin=replace(ALICE, name=name))

    assert message["origin"] == name.encode("utf-8", "replace").decode()


def test_without_a_name_the_first_digits_of_the_key_do() -> None:
    assert name_of(replace(ALICE, name="")) == KEY[:8]


@pytest.mark.parametrize("direction", ["rx", "tx"])
@pytest.mark.parametrize("payload", raw_packets()[:20], ids=lambda payload: payload[:8].hex())
def test_our_own_reader_of_recordings_reads_it(payload: bytes, direction: str) -> None:
    line = MessageWriter().write(ALICE, payload, RX, AT_MS, direction)

    packet = LinesScanner().decode(line, 1)

    assert (packet.payload, packet.unix_ms, packet.direction) == (payload, AT_MS, direction)
    assert (packet.rssi_dbm, packet.snr_db) == (-42, 8.5)
    assert (packet.network, packet.link, packet.note) == ("meshcore", "Alice", "")


def test_messages_that_wait_take_the_memory_of_their_bytes() -> None:
    writer = MessageWriter()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        waiting = [writer.write(ALICE, ADVERT, RX, AT_MS + number, "rx") for number in range(500)]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert after - before < 1.5 * sum(map(len, waiting))


def test_our_own_reader_takes_unknown_figures_for_none() -> None:
    packet = LinesScanner().decode(MessageWriter().write(ALICE, ADVERT, NO_RX, AT_MS, "rx"), 1)

    assert (packet.rssi_dbm, packet.snr_db) == (None, None)


@pytest.mark.peers
def test_pymc_core_names_every_packet_by_the_same_hash() -> None:
    require("pymc_core")
    from pymc_core.protocol.packet import Packet as PymcPacket

    for payload in raw_packets():
        theirs = PymcPacket()
        theirs.read_from(payload)

        assert told(payload)["hash"] == theirs.calculate_packet_hash().hex()[:16].upper()
