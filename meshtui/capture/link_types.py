"""What a link type says about the bytes of a packet: how to wrap them, how to unwrap them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.capture.loratap import NO_CHANNEL, decode_loratap, encode_loratap
from meshtui.capture.packet import CapturedPacket, LoraChannel
from meshtui.capture.upper_pdu import UpperPdu, decode_upper_pdu, encode_upper_pdu
from meshtui.errors import DecodeError

if TYPE_CHECKING:
    from meshtui.model.packet_row import PacketRow

LORATAP: Final = 270
UPPER_PDU: Final = 252
USER_FIRST, USER_LAST = 147, 162
_NETWORKS_BY_SYNC_WORD: Final = {0x2B: "meshtastic", 0x34: "lorawan"}
"""0x12 says "private network": MeshCore, and our JSON too; that is for the payload to tell."""

_LORATAP_DISSECTOR: Final = "loratap"


def is_radio(row: PacketRow) -> bool:
    """Tell whether it crossed a radio as it is, rather than a broker or a companion's wire."""
    return not row.endpoint


def wrap_radio(row: PacketRow, lora: LoraChannel | None) -> bytes:
    """Make the bytes of a LoRaTap packet."""
    return encode_loratap(row.payload, row.rssi_dbm, row.snr_db, lora or NO_CHANNEL)


def wrap_upper_pdu(row: PacketRow, lora: LoraChannel | None, *, says_topic: bool = True) -> bytes:
    """Make the bytes of an exported PDU; a radio's packet keeps its figures."""
    if is_radio(row):
        dissector, payload = _LORATAP_DISSECTOR, wrap_radio(row, lora)
    else:
        dissector = "json" if row.payload[:1] in {b"{", b"["} else "data"
        payload = row.payload
    topic = row.endpoint if says_topic else ""
    return encode_upper_pdu(UpperPdu(payload, dissector, row.network, row.direction, topic))


def unwrap(
    link_type: int,
    data: bytes,
    at: int = 0,
    unix_ms: int = 0,
    network: str = "",
    link: str = "",
    note: str = "",
) -> CapturedPacket:
    """Read a packet's bytes; those of a link type that we do not know are the packet.

    Never raises: what cannot be unwrapped is kept whole, with a note.

    Args:
        at: Where they begin.
        unix_ms: This and what follows is what the file says beside the bytes.
    """
    try:
        if link_type == LORATAP:
            return _of_radio(data, at, unix_ms, "", network, link, note)
        if link_type == UPPER_PDU:
            return _of_pdu(decode_upper_pdu(data[at:]), unix_ms, network, link, note)
    except DecodeError as error:
        note = f"its wrapping cannot be read: {error}"
    else:
        if not USER_FIRST <= link_type <= USER_LAST:
            note = note or f"link type {link_type} is none that we know: bytes as is"
    return CapturedPacket(data[at:], unix_ms, "", network, link, note=note)


def _of_radio(
    data: bytes, at: int, unix_ms: int, direction: str, network: str, link: str, note: str
) -> CapturedPacket:
    payload, rssi_dbm, snr_db, lora = decode_loratap(data, at)
    network = network or _NETWORKS_BY_SYNC_WORD.get(lora.sync_word, "")
    return CapturedPacket(
        payload, unix_ms, direction, network, link, "", rssi_dbm, snr_db, note, None, lora
    )


def _of_pdu(pdu: UpperPdu, unix_ms: int, network: str, link: str, note: str) -> CapturedPacket:
    network = network or pdu.protocol
    if pdu.dissector == _LORATAP_DISSECTOR:
        return _of_radio(pdu.payload, 0, unix_ms, pdu.direction, network, link, note)
    return CapturedPacket(pdu.payload, unix_ms, pdu.direction, network, link, pdu.topic, note=note)
