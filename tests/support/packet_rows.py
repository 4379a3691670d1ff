"""Packet rows for tests, every figure with a default."""

from __future__ import annotations

from typing import Any

from meshtui.model.ids import Instant, LinkId, MessageId, NetworkName
from meshtui.model.packet import PacketSummary, Verdict
from meshtui.model.packet_row import PacketRow

NET = NetworkName("jsonmesh")
LINK = LinkId("mqtt")

_SUMMARY = frozenset(PacketSummary.__dataclass_fields__)


def a_summary(**changes: Any) -> PacketSummary:
    """Return the summary of a delivered text message, changed where a test says so."""
    return PacketSummary(**{"kind": "text", "verdict": Verdict.DELIVERED, **changes})


def a_row(number: int = 1, **changes: Any) -> PacketRow:
    """Return a row; summary fields and row fields may be given side by side."""
    summary = a_summary(**{key: changes.pop(key) for key in _SUMMARY & changes.keys()})
    given: dict[str, Any] = {
        "direction": "rx",
        "network": NET,
        "link_id": LINK,
        "payload": b'{"type":"text"}',
        "at": Instant(float(number), 1_700_000_000_000 + number),
        "endpoint": "dm/MESH-AAAAAAAA",
        "rssi_dbm": None,
        "snr_db": None,
    }
    return PacketRow(number=number, summary=summary, **{**given, **changes})


def an_id(text: str) -> MessageId:
    """Return a message id."""
    return MessageId(text)
