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
from meshtui.networks.meshcore.channel_text import CLAIMED, channel_text_summary, split_sender
from meshtui.networks.meshcore.dissect_open import ends_of
from meshtui.networks.meshcore.identity import node_id_of
from meshtui.networks.meshcore.message_ids import message_id_of, text_digest
from meshtui.networks.meshcore.packet import PayloadType, decode_packet, packet_hash_text
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
_TRACE: Final = int(PayloadType.TRACE)
_KINDS: Final = tuple(KINDS.get(number, UNASSIGNED) for number in range(16))
_HASHES: Final = tuple(f"{number:02x}" for number in range(256))
# the members of an Enum are looked up anew with every use of their names
_HANDLED, _DELIVERED, _UNREADABLE = Verdict.HANDLED, Verdict.DELIVERED, Verdict.UNREADABLE
_LEAST_DIRECT: Final = 20
_LEAST_GROUP: Final = 19
_NEVER_PASSED_ON: Final = frozenset({PayloadType.ADVERT, PayloadType.CONTROL})


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


def hops_of(packet: Packet) -> int | None:
    """Say how many relays passed a packet on so far; None where it does not say."""
    if packet.route < 2 or packet.payload_type == _TRACE:
        return packet.path_len & 0x3F
    return 0 if packet.payload_type in _NEVER_PASSED_ON else None


def path_of(packet: Packet) -> tuple[str, ...]:
    """List the relays that a packet names, in lower-case hex; a TRACE names none there."""
    path = packet.path
    if not path or packet.payload_type == _TRACE:
        return ()
    return tuple(path.hex(",", (packet.path_len >> 6) + 1).split(","))


def ids_of(opened: Opened) -> tuple[NodeId, NodeId]:
    """Name the proven ends of what a pair of keys opened: source, then destination."""
    source, destination = ends_of(opened)
    return node_id_of(source), node_id_of(destination)


def _group_text(packet: Packet, keyring: Keyring, _acks: AckBook | None) -> PacketSummary:
    """Open a channel's text. Most packets are such, so no object is made that is not kept."""
    payload = packet.payload
    opened = keyring.open_group_text(payload)
    if opened is None:
        return _unopened_group(packet, keyring)
    channel, timestamp, text = opened
    name = channel.name
    title, conversation = _names_of(name)
    author, words = split_sender(text)
    path = packet.path
    return channel_text_summary(
        (conversation, CLAIMED + author, timestamp, words),
        title,
        name,
        packet.path_len & 0x3F if packet.route < 2 else None,
        tuple(path.hex(",", (packet.path_len >> 6) + 1).split(",")) if path else (),
        packet_hash_text(packet),
    )


def _group_data(packet: Packet, keyring: Keyring, _acks: AckBook | None) -> PacketSummary:
    """Open a channel's data."""
    envelope = decode_group(packet.payload)
    opened = keyring.open_group(envelope.channel_hash, envelope.sealed, is_text=False)
    if opened is None:
        return _unopened_group(packet, keyring)
    name = opened[0].name
    return _handled(packet, "group-data", destination=_names_of(name)[0], channel=name)


def _unopened_group(packet: Packet, keyring: Keyring) -> PacketSummary:
    """Say which channel it is for, as far as its hash does."""
    payload = packet.payload
    length = len(payload)
    if length < _LEAST_GROUP or length & 15 != _LEAST_GROUP & 15:
        decode_group(payload)
    channel_hash = payload[0]
    reason, why = keyring.refusal_of_group(channel_hash)
    name = _HASHES[channel_hash]
    return _refused(packet, _KINDS[packet.payload_type], reason, why, channel=name)


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
        path = packet.path
        reason, why = keyring.refusal_between(dest, src)
        return PacketSummary(
            kind,
            _UNREADABLE,
            _HASHES[src],
            _HASHES[dest],
            packet.path_len & 0x3F if packet.route < 2 else None,
            None,
            "",
            reason,
            why,
            "",
            tuple(path.hex(",", (packet.path_len >> 6) + 1).split(",")) if path else (),
            packet_hash_text(packet),
        )
    if number == PayloadType.TXT_MSG:
        return _direct_text(packet, opened, acks)
    acked = ""
    if number == PayloadType.PATH and acks is not None:
        ack = decode_path(opened.plaintext).ack
        acked = acks.text_of(ack) if ack is not None else ""
    return _handled(packet, kind, *ids_of(opened), acks=acked)


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
    return PacketSummary(
        "text",
        Verdict.DELIVERED,
        source,
        destination,
        hops_of(packet),
        message_id=message_id,
        # command lines and their answers hold passwords, and are in no chat
        text="" if body.txt_type == TextType.COMMAND else body.text[:MAX_SUMMARY_TEXT],
        path=path_of(packet),
        packet_hash=packet_hash_text(packet),
    )


def _anon_request(packet: Packet, keyring: Keyring, _acks: AckBook | None) -> PacketSummary:
    """Open what somebody sealed from a key it carries."""
    request = decode_anon_request(packet.payload)
    opened = keyring.open_anon(request.dest_hash, request.sender, request.sealed)
    if opened is not None:
        return _handled(packet, "anon-request", *ids_of(opened))
    refusal = keyring.refusal(request)
    ends = request.sender.hex(), _HASHES[request.dest_hash]
    return _refused(packet, "anon-request", *(refusal or ("", "")), *ends)


def _advert(packet: Packet, _keyring: Keyring, _acks: AckBook | None) -> PacketSummary:
    """Name who advertises; the signature is for somebody who sees each packet only once."""
    payload, path = packet.payload, packet.path
    if len(payload) < ADVERT_BYTES:
        decode_advert(payload)
    return PacketSummary(
        "advert",
        _HANDLED,
        payload[:32].hex(),
        EVERYBODY,
        packet.path_len & 0x3F if packet.route < 2 else 0,
        None,
        "",
        "",
        "",
        "",
        tuple(path.hex(",", (packet.path_len >> 6) + 1).split(",")) if path else (),
        packet_hash_text(packet),
        "",
        "",
        len(payload) > ADVERT_BYTES and payload[ADVERT_BYTES] & POSITION_FLAG > 0,
    )


def _ack(packet: Packet, _keyring: Keyring, acks: AckBook | None) -> PacketSummary:
    """Find the text that is acknowledged."""
    payload = packet.payload
    if len(payload) < ACK_BYTES:
        decode_ack(payload)
    acked = "" if acks is None else acks.text_of(payload[:ACK_BYTES])
    return _handled(packet, "ack", acks=acked)


def _multipart(packet: Packet, _keyring: Keyring, acks: AckBook | None) -> PacketSummary:
    """Find the text that is acknowledged in parts."""
    ack = decode_multipart(packet.payload).ack
    acked = "" if acks is None or ack is None else acks.text_of(ack.value)
    return _handled(packet, "multipart", acks=acked)


def _clear(packet: Packet, _keyring: Keyring, _acks: AckBook | None) -> PacketSummary:
    """Check what travels in clear; it names nobody."""
    number = packet.payload_type
    decode_payload(number, packet.payload)
    return _handled(packet, _KINDS[number])


def _handled(
    packet: Packet,
    kind: str,
    source: str = "",
    destination: str = "",
    *,
    acks: str = "",
    channel: str = "",
) -> PacketSummary:
    return PacketSummary(
        kind,
        _HANDLED,
        source,
        destination,
        packet.path_len & 0x3F if packet.route < 2 else hops_of(packet),
        None,
        "",
        "",
        "",
        "",
        path_of(packet) if packet.path else (),
        packet_hash_text(packet),
        acks,
        channel,
    )


def _refused(
    packet: Packet,
    kind: str,
    reason: str,
    why: str,
    source: str = "",
    destination: str = "",
    channel: str = "",
) -> PacketSummary:
    return PacketSummary(
        kind,
        _UNREADABLE,
        source,
        destination,
        packet.path_len & 0x3F if packet.route < 2 else None,
        None,
        "",
        reason,
        why,
        "",
        path_of(packet) if packet.path else (),
        packet_hash_text(packet),
        "",
        channel,
    )


def _rejected(packet: Packet | None, error: DecodeError) -> PacketSummary:
    """Describe what does not follow its type, or is no packet at all (None)."""
    if packet is None:
        return PacketSummary(MALFORMED, Verdict.REJECTED, reason=error.reason, detail=error.detail)
    return PacketSummary(
        _KINDS[packet.payload_type],
        Verdict.REJECTED,
        hops=hops_of(packet),
        reason=error.reason,
        detail=error.detail,
        path=path_of(packet),
        packet_hash=packet_hash_text(packet),
    )


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
