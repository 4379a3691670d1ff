"""What a packet is, in one line: for lists, filters and recordings of a hundred thousand.

Kinds: advert, text, group-text, group-data, request, response, ack, path, multipart, anon-request,
trace, control, raw, unassigned. A node is named by its whole id where a key proves or carries it,
else by the hash on the air. The way of a direct packet is what it still has to go, so only floods,
traces and what is never passed on say how many hops they took.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError
from meshtui.model.ids import channel_conversation, direct_conversation
from meshtui.model.packet import MAX_SUMMARY_TEXT, PacketSummary, Verdict
from meshtui.networks.meshcore.channel_text import CLAIMED, split_sender
from meshtui.networks.meshcore.dissect_open import ends_of
from meshtui.networks.meshcore.identity import node_id_of
from meshtui.networks.meshcore.late_summary import summary_of
from meshtui.networks.meshcore.message_ids import message_id_of, text_digest
from meshtui.networks.meshcore.packet import PayloadType, decode_packet
from meshtui.networks.meshcore.payloads.ack import ACK_BYTES, decode_ack
from meshtui.networks.meshcore.payloads.advert import POSITION_FLAG, decode_advert
from meshtui.networks.meshcore.payloads.anon_request import decode_anon_request
from meshtui.networks.meshcore.payloads.envelope import decode_envelope
from meshtui.networks.meshcore.payloads.group import decode_group
from meshtui.networks.meshcore.payloads.multipart import decode_multipart
from meshtui.networks.meshcore.payloads.path import decode_path
from meshtui.networks.meshcore.payloads.registry import decode_payload
from meshtui.networks.meshcore.payloads.text import TextType, ack_between, decode_text
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import ConversationId, NodeId
    from meshtui.networks.meshcore.ack_book import AckBook
    from meshtui.networks.meshcore.keyring import Keyring, Opened
    from meshtui.networks.meshcore.packet import Packet

KINDS: Final[dict[int, str]] = {
    PayloadType.REQ: "request",
    PayloadType.RESPONSE: "response",
    PayloadType.TXT_MSG: "text",
    PayloadType.ACK: "ack",
    PayloadType.ADVERT: "advert",
    PayloadType.GRP_TXT: "group-text",
    PayloadType.GRP_DATA: "group-data",
    PayloadType.ANON_REQ: "anon-request",
    PayloadType.PATH: "path",
    PayloadType.TRACE: "trace",
    PayloadType.MULTIPART: "multipart",
    PayloadType.CONTROL: "control",
    PayloadType.RAW_CUSTOM: "raw",
}
UNASSIGNED: Final = "unassigned"
MALFORMED: Final = "malformed"
EVERYBODY: Final = "broadcast"
ADVERT_BYTES: Final = 100  # without what it says of itself
_KINDS: Final = tuple(KINDS.get(number, UNASSIGNED) for number in range(16))
_HASHES: Final = tuple(f"{number:02x}" for number in range(256))
# the members of an Enum are looked up anew with every use of their names
_HANDLED, _DELIVERED, _UNREADABLE = Verdict.HANDLED, Verdict.DELIVERED, Verdict.UNREADABLE
_LEAST_DIRECT: Final = 20
_LEAST_GROUP: Final = 19


def summarise_data(data: bytes, keyring: Keyring, acks: AckBook | None = None) -> PacketSummary:
    """Say what a radio heard. Never raises."""
    packet = None
    try:
        packet = decode_packet(data)
        return _SUMMARIES[packet.payload_type](packet, keyring, acks)
    except DecodeError as error:
        return _rejected(packet, error)


def summarise_packet(
    packet: Packet, keyring: Keyring, acks: AckBook | None = None
) -> PacketSummary:
    """Say what a packet is, opening it with the keys at hand. Never raises.

    The verdict is about the packet alone: DELIVERED where a text was opened, UNREADABLE where a
    key is missing, REJECTED where it does not follow its type, else HANDLED. Signatures are not
    checked here.

    Args:
        acks: Where texts opened earlier are looked up, and this one is noted; None = nowhere.
    """
    try:
        return _SUMMARIES[packet.payload_type](packet, keyring, acks)
    except DecodeError as error:
        return _rejected(packet, error)


def ids_of(opened: Opened) -> tuple[NodeId, NodeId]:
    """Name the proven ends of what a pair of keys opened: source, then destination."""
    source, destination = ends_of(opened)
    return node_id_of(source), node_id_of(destination)


def _group_text(packet: Packet, keyring: Keyring, _acks: AckBook | None) -> PacketSummary:
    """Open a channel's text. Most packets are such, so no object is made that is not kept."""
    opened = keyring.open_group_text(packet.payload)
    if opened is None:
        return _unopened_group(packet, keyring)
    channel, timestamp, text = opened
    name = channel.name
    title, conversation = _names_of(name)
    author, words = split_sender(text)
    author = CLAIMED + author
    said = conversation, author, timestamp, words
    return summary_of(
        packet,
        "group-text",
        _DELIVERED,
        author,
        title,
        "",
        "",
        words[:MAX_SUMMARY_TEXT],
        name,
        said,
    )


def _group_data(packet: Packet, keyring: Keyring, _acks: AckBook | None) -> PacketSummary:
    """Open a channel's data."""
    envelope = decode_group(packet.payload)
    opened = keyring.open_group(envelope.channel_hash, envelope.sealed, is_text=False)
    if opened is None:
        return _unopened_group(packet, keyring)
    name = opened[0].name
    return summary_of(packet, "group-data", _HANDLED, "", _names_of(name)[0], channel=name)


def _unopened_group(packet: Packet, keyring: Keyring) -> PacketSummary:
    """Say which channel it is for, as far as its hash does."""
    payload = packet.payload
    length = len(payload)
    if length < _LEAST_GROUP or length & 15 != _LEAST_GROUP & 15:
        decode_group(payload)
    channel_hash = payload[0]
    reason, why = keyring.refusal_of_group(channel_hash)
    kind, name = _KINDS[packet.payload_type], _HASHES[channel_hash]
    return summary_of(packet, kind, _UNREADABLE, "", "", reason, why, "", name)


def _direct(packet: Packet, keyring: Keyring, acks: AckBook | None) -> PacketSummary:
    """Open what one node sealed for another."""
    number = packet.payload_type
    payload = packet.payload
    length = len(payload)
    if length < _LEAST_DIRECT or length & 15 != _LEAST_DIRECT & 15:
        decode_envelope(payload)
    dest, src = payload[0], payload[1]
    opened = keyring.open_direct(dest, src, payload[2:], number) if keyring.has_own else None
    kind = _KINDS[number]
    if opened is None:
        refusal = keyring.refusal_between(dest, src)
        return summary_of(packet, kind, _UNREADABLE, _HASHES[src], _HASHES[dest], *refusal)
    if number == PayloadType.TXT_MSG:
        return _direct_text(packet, opened, acks)
    acked = ""
    if number == PayloadType.PATH and acks is not None:
        ack = decode_path(opened.plaintext).ack
        acked = acks.text_of(ack) if ack is not None else ""
    return summary_of(packet, kind, _HANDLED, *ids_of(opened), acks=acked)


def _direct_text(packet: Packet, opened: Opened, acks: AckBook | None) -> PacketSummary:
    """Name a text as the chat does; what a room passes on has its author's name only there."""
    source, destination = ids_of(opened)
    body = decode_text(opened.plaintext)
    message_id = ""
    if body.txt_type != TextType.SIGNED:
        conversation = direct_conversation(NETWORK, node_id_of(opened.peer))
        digest = text_digest(conversation, source, body.timestamp, body.text)
        message_id = message_id_of(digest)
        ack = ack_between(body, *ends_of(opened))
        if acks is not None and ack is not None:
            acks.note(ack, message_id)
    # command lines and their answers hold passwords, and are in no chat
    text = "" if body.txt_type == TextType.COMMAND else body.text[:MAX_SUMMARY_TEXT]
    summary = summary_of(packet, "text", _DELIVERED, source, destination, text=text)
    summary.message_id = message_id
    return summary


def _anon_request(packet: Packet, keyring: Keyring, _acks: AckBook | None) -> PacketSummary:
    """Open what somebody sealed from a key it carries."""
    request = decode_anon_request(packet.payload)
    opened = keyring.open_anon(request.dest_hash, request.sender, request.sealed)
    if opened is not None:
        return summary_of(packet, "anon-request", _HANDLED, *ids_of(opened))
    ends = request.sender.hex(), _HASHES[request.dest_hash]
    refusal = keyring.refusal(request) or ()
    return summary_of(packet, "anon-request", _UNREADABLE, *ends, *refusal)


def _advert(packet: Packet, _keyring: Keyring, _acks: AckBook | None) -> PacketSummary:
    """Name who advertises; the signature is for somebody who sees each packet only once."""
    payload = packet.payload
    if len(payload) < ADVERT_BYTES:
        decode_advert(payload)
    has_position = len(payload) > ADVERT_BYTES and payload[ADVERT_BYTES] & POSITION_FLAG > 0
    summary = summary_of(packet, "advert", _HANDLED, payload[:32].hex(), EVERYBODY)
    summary.has_position = has_position
    return summary


def _ack(packet: Packet, _keyring: Keyring, acks: AckBook | None) -> PacketSummary:
    """Find the text that is acknowledged."""
    payload = packet.payload
    if len(payload) < ACK_BYTES:
        decode_ack(payload)
    acked = "" if acks is None else acks.text_of(payload[:ACK_BYTES])
    return summary_of(packet, "ack", _HANDLED, acks=acked)


def _multipart(packet: Packet, _keyring: Keyring, acks: AckBook | None) -> PacketSummary:
    """Find the text that is acknowledged in parts."""
    ack = decode_multipart(packet.payload).ack
    acked = "" if acks is None or ack is None else acks.text_of(ack.value)
    return summary_of(packet, "multipart", _HANDLED, acks=acked)


def _clear(packet: Packet, _keyring: Keyring, _acks: AckBook | None) -> PacketSummary:
    """Check what travels in clear; it names nobody."""
    number = packet.payload_type
    decode_payload(number, packet.payload)
    return summary_of(packet, _KINDS[number], _HANDLED)


def _rejected(packet: Packet | None, error: DecodeError) -> PacketSummary:
    """Describe what does not follow its type, or is no packet at all (None)."""
    if packet is None:
        return PacketSummary(MALFORMED, Verdict.REJECTED, reason=error.reason, detail=error.detail)
    kind = _KINDS[packet.payload_type]
    return summary_of(packet, kind, Verdict.REJECTED, reason=error.reason, detail=error.detail)


@lru_cache(maxsize=1024)
def _names_of(channel: str) -> tuple[str, ConversationId]:
    """Write a channel as people do, with one `#` in front, and as its conversation is named."""
    title = channel if channel.startswith("#") else f"#{channel}"
    return title, channel_conversation(NETWORK, channel)


_BY_TYPE: Final[dict[int, Callable[[Packet, Keyring, AckBook | None], PacketSummary]]] = {
    PayloadType.GRP_TXT: _group_text,
    PayloadType.GRP_DATA: _group_data,
    PayloadType.ADVERT: _advert,
    PayloadType.TXT_MSG: _direct,
    PayloadType.REQ: _direct,
    PayloadType.RESPONSE: _direct,
    PayloadType.PATH: _direct,
    PayloadType.ANON_REQ: _anon_request,
    PayloadType.ACK: _ack,
    PayloadType.MULTIPART: _multipart,
}
_SUMMARIES: Final = tuple(_BY_TYPE.get(number, _clear) for number in range(16))
