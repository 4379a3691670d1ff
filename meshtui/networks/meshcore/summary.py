"""What a packet is, in one line: for lists, filters and recordings of a hundred thousand.

Kinds: advert, text, group-text, group-data, request, response, ack, path, multipart, anon-request,
trace, control, raw, unassigned. A node is named by its whole id where a key proves or carries it,
else by the hash on the air. The way of a direct packet is what it still has to go, so only floods,
traces and what is never passed on say how many hops they took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError
from meshtui.model.ids import channel_conversation, direct_conversation
from meshtui.model.packet import PacketSummary, Verdict
from meshtui.networks.meshcore.identity import node_id_of
from meshtui.networks.meshcore.mail import claimed_sender, split_sender
from meshtui.networks.meshcore.message_ids import message_id_of, text_digest
from meshtui.networks.meshcore.packet import PayloadType, decode_packet
from meshtui.networks.meshcore.payloads.anon_request import decode_anon_request
from meshtui.networks.meshcore.payloads.envelope import decode_envelope
from meshtui.networks.meshcore.payloads.group import decode_group
from meshtui.networks.meshcore.payloads.group_text import decode_group_text
from meshtui.networks.meshcore.payloads.registry import decode_payload
from meshtui.networks.meshcore.payloads.text import TextType, decode_text
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import NodeId
    from meshtui.networks.meshcore.keyring import Keyring, Opened
    from meshtui.networks.meshcore.packet import Packet
    from meshtui.networks.meshcore.payloads.registry import Payload

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
NO_KEY: Final = "no-key"
BAD_MAC: Final = "bad-mac"
NOT_OURS: Final = "wrong-hash"
_NEVER_PASSED_ON: Final = frozenset({PayloadType.ADVERT, PayloadType.CONTROL})


def summarise_data(data: bytes, keyring: Keyring) -> PacketSummary:
    """Say what a radio heard. Never raises."""
    try:
        packet = decode_packet(data)
    except DecodeError as error:
        return PacketSummary(MALFORMED, Verdict.REJECTED, reason=error.reason, detail=error.detail)
    return summarise_packet(packet, keyring)


def summarise_packet(packet: Packet, keyring: Keyring) -> PacketSummary:
    """Say what a packet is, opening it with the keys at hand. Never raises.

    The verdict is about the packet alone: DELIVERED where a text was opened, UNREADABLE where a
    key is missing, REJECTED where it does not follow its type, else HANDLED. Signatures are not
    checked here.
    """
    try:
        return _SUMMARIES.get(packet.payload_type, _clear)(packet, keyring)
    except DecodeError as error:
        return PacketSummary(
            KINDS.get(packet.payload_type, UNASSIGNED),
            Verdict.REJECTED,
            hops=hops_of(packet),
            reason=error.reason,
            detail=error.detail,
        )


def hops_of(packet: Packet) -> int | None:
    """Say how many relays passed a packet on so far; None where it does not say."""
    if packet.route < 2 or packet.payload_type == PayloadType.TRACE:
        return packet.path_len & 0x3F
    return 0 if packet.payload_type in _NEVER_PASSED_ON else None


def _group_text(packet: Packet, keyring: Keyring) -> PacketSummary:
    """Open a channel's text."""
    hops = packet.path_len & 0x3F if packet.route < 2 else None
    envelope = decode_group(packet.payload)
    opened = keyring.open_group(envelope.channel_hash, envelope.sealed)
    if opened is None:
        return _unopened_group(packet, envelope.channel_hash, envelope, keyring, hops)
    name = opened[0].name
    body = decode_group_text(opened[1])
    author, words = split_sender(body.text)
    sender = claimed_sender(author)
    digest = text_digest(channel_conversation(NETWORK, name), sender, body.timestamp, words)
    return PacketSummary(
        "group-text",
        Verdict.DELIVERED,
        sender,
        _hash_name(name),
        hops,
        None,
        message_id_of(digest),
    )


def _group_data(packet: Packet, keyring: Keyring) -> PacketSummary:
    """Open a channel's data."""
    envelope = decode_group(packet.payload)
    hops = hops_of(packet)
    opened = keyring.open_group(envelope.channel_hash, envelope.sealed, is_text=False)
    if opened is None:
        return _unopened_group(packet, envelope.channel_hash, envelope, keyring, hops)
    destination = _hash_name(opened[0].name)
    return PacketSummary("group-data", Verdict.HANDLED, destination=destination, hops=hops)


def _unopened_group(
    packet: Packet, channel_hash: int, payload: Payload, keyring: Keyring, hops: int | None
) -> PacketSummary:
    kind = packet.payload_type
    return PacketSummary(
        KINDS[kind],
        Verdict.UNREADABLE,
        "",
        "",
        hops,
        None,
        "",
        BAD_MAC if keyring.has_channel_of(channel_hash) else NO_KEY,
        keyring.why(payload),
    )


def _direct(packet: Packet, keyring: Keyring) -> PacketSummary:
    """Open what one node sealed for another."""
    kind = packet.payload_type
    envelope = decode_envelope(packet.payload)
    ends = envelope.src_hash, envelope.dest_hash
    opened = keyring.open_direct(envelope.dest_hash, envelope.src_hash, envelope.sealed, kind)
    hops = hops_of(packet)
    if opened is None:
        return PacketSummary(
            KINDS[kind],
            Verdict.UNREADABLE,
            f"{ends[0]:02x}",
            f"{ends[1]:02x}",
            hops,
            None,
            "",
            _reason(ends, keyring),
            keyring.why(envelope),
        )
    source, destination = ids_of(opened)
    is_text = kind == PayloadType.TXT_MSG
    return PacketSummary(
        KINDS[kind],
        Verdict.DELIVERED if is_text else Verdict.HANDLED,
        source,
        destination,
        hops,
        None,
        _direct_message_id(opened, source) if is_text else "",
    )


def _anon_request(packet: Packet, keyring: Keyring) -> PacketSummary:
    """Open what somebody sealed from a key it carries."""
    request = decode_anon_request(packet.payload)
    opened = keyring.open_anon(request.dest_hash, request.sender, request.sealed)
    hops = hops_of(packet)
    if opened is not None:
        source, destination = ids_of(opened)
        return PacketSummary("anon-request", Verdict.HANDLED, source, destination, hops)
    is_ours = any(key.public_key[0] == request.dest_hash for key in keyring.own)
    return PacketSummary(
        "anon-request",
        Verdict.UNREADABLE,
        node_id_of(request.sender),
        f"{request.dest_hash:02x}",
        hops,
        None,
        "",
        BAD_MAC if is_ours else NOT_OURS,
        keyring.why(request),
    )


def _advert(packet: Packet, _keyring: Keyring) -> PacketSummary:
    """Name who advertises; the signature is for somebody who sees each packet only once."""
    payload = packet.payload
    if len(payload) < 100:
        decode_payload(PayloadType.ADVERT, payload)
    hops = packet.path_len & 0x3F if packet.route < 2 else 0
    return PacketSummary("advert", Verdict.HANDLED, payload[:32].hex(), EVERYBODY, hops)


def _clear(packet: Packet, _keyring: Keyring) -> PacketSummary:
    """Check what travels in clear; it names nobody."""
    kind = packet.payload_type
    decode_payload(kind, packet.payload)
    return PacketSummary(KINDS.get(kind, UNASSIGNED), Verdict.HANDLED, hops=hops_of(packet))


def ids_of(opened: Opened) -> tuple[NodeId, NodeId]:
    """Name the proven ends of what a pair of keys opened: source, then destination."""
    ours, peer = node_id_of(opened.key.public_key), node_id_of(opened.peer)
    return (ours, peer) if opened.is_outgoing else (peer, ours)


def _direct_message_id(opened: Opened, source: str) -> str:
    """Name a text as the chat does; what a room passes on is known by its author only there."""
    body = decode_text(opened.plaintext)
    if body.txt_type == TextType.SIGNED:
        return ""
    conversation = direct_conversation(NETWORK, node_id_of(opened.peer))
    return message_id_of(text_digest(conversation, source, body.timestamp, body.text))


def _reason(ends: tuple[int, int], keyring: Keyring) -> str:
    """Say in a word why nothing opened what is between two hashes."""
    source, destination = ends
    own = {key.public_key[0] for key in keyring.own}
    if destination not in own and source not in own:
        return NOT_OURS if own else NO_KEY
    peers = keyring.peers_of(source if destination in own else destination)
    return BAD_MAC if peers else NO_KEY


def _hash_name(channel: str) -> str:
    """Write a channel as people do, with one `#` in front."""
    return channel if channel.startswith("#") else f"#{channel}"


_SUMMARIES: Final[dict[int, Callable[[Packet, Keyring], PacketSummary]]] = {
    PayloadType.GRP_TXT: _group_text,
    PayloadType.GRP_DATA: _group_data,
    PayloadType.ADVERT: _advert,
    PayloadType.TXT_MSG: _direct,
    PayloadType.REQ: _direct,
    PayloadType.RESPONSE: _direct,
    PayloadType.PATH: _direct,
    PayloadType.ANON_REQ: _anon_request,
}
