"""What we and a modem say to each other is named, and can be taken apart, whatever it is."""

from __future__ import annotations

import pytest

from meshtui.model.ids import Instant, LinkId
from meshtui.model.packet import Frame, Verdict
from meshtui.networks.meshcore.frame_view import dissect_frame, summarise_frame
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.kiss import KissDeframer, hardware_frame
from meshtui.networks.meshcore.modem.words import (
    ENDPOINT,
    dissect_modem,
    kind_of,
    summarise_modem,
    wire_of,
)
from tests.support.meshcore_vectors import vectors


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        ("C00601C0", "IDENTITY"),
        ("C00681AAC0", "IDENTITY"),
        ("C00100C0", "TX_DELAY"),
        ("C006F0C0", "OK"),
        ("C006F107C0", "ERROR"),
        ("C006F801C0", "TX_DONE"),
        ("C0067FC0", "7F"),
        ("C009AAC0", "09"),
        ("C000DB00C0", "noise"),
        ("C0C0", "noise"),
    ],
)
def test_a_frame_is_named_as_the_protocol_names_it(wire, kind) -> None:
    data = bytes.fromhex(wire)
    frame = Frame(LinkId("l"), data, Instant(1.0, 1), endpoint=ENDPOINT)

    assert summarise_modem(data).kind == kind
    assert summarise_frame(frame, Keyring()).kind == kind
    assert kind in dissect_frame(frame, Keyring()).summary


def test_an_error_says_which() -> None:
    assert summarise_modem(hardware_frame(0xF1, b"\x07")).detail == "busy"


def test_noise_is_said_to_be_noise() -> None:
    summary = summarise_modem(bytes.fromhex("C000DB00C0"))
    dissection = dissect_modem(bytes.fromhex("C000DB00C0"))

    assert (summary.verdict, summary.reason) == (Verdict.REJECTED, "bad-escape")
    assert dissection.problems == ("bad-escape",)
    assert dissect_modem(b"").fields == ()


def test_every_byte_of_a_frame_is_in_exactly_one_field() -> None:
    for entry in vectors()["kiss_frames"]:
        for wire in entry.get("from_device", [])[:1]:
            data = bytes.fromhex(wire)
            fields = dissect_modem(data).fields
            assert [field.start for field in fields][1:] == [field.end for field in fields][:-1]
            assert (fields[0].start, fields[-1].end) == (0, len(data)) or data.count(0xC0) > 2


def test_a_frame_is_shown_as_it_was_on_the_line() -> None:
    for wire in ("C00601C0", "C000DB00C0"):
        (event,) = KissDeframer().feed(bytes.fromhex(wire))
        assert wire_of(event).hex().upper() == wire
        assert kind_of(event)
