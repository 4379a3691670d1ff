"""Takes a packet apart for the inspector, with the keys at hand and without changing anything.

Total: whatever the bytes are, a dissection comes out. A packet has at most 255 bytes, so everything
here is small. What a key opened is the buffer `decrypted`, and its fields point into that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import DecodeError
from meshtui.model.packet import DissectedField, Dissection
from meshtui.networks.meshcore.dissect_clear import CLEAR, dissect_raw, payload_type_name
from meshtui.networks.meshcore.dissect_open import (
    Contents,
    ends_of,
    open_payload,
    region_of,
    regions_in,
)
from meshtui.networks.meshcore.dissect_sealed import SEALED
from meshtui.networks.meshcore.dissect_tree import Fields, decibels, hex_of
from meshtui.networks.meshcore.hidden import without_secrets
from meshtui.networks.meshcore.packet import PayloadType, RouteType, decode_packet, packet_hash
from meshtui.networks.meshcore.payloads.envelope import MAC_BYTES
from meshtui.networks.meshcore.payloads.registry import decode_payload
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from meshtui.networks.meshcore.keyring import Keyring
    from meshtui.networks.meshcore.packet import Packet

DECRYPTED = "decrypted"
_GROUPS = frozenset({PayloadType.GRP_TXT, PayloadType.GRP_DATA})
_DIRECTS = frozenset({PayloadType.REQ, PayloadType.RESPONSE, PayloadType.TXT_MSG, PayloadType.PATH})


def dissect_packet(data: bytes, keyring: Keyring) -> Dissection:
    """Take what a radio heard apart. Never raises."""
    try:
        packet = decode_packet(data)
    except DecodeError as error:
        return _refused(data, error)
    fields = Fields(data)
    _head(packet, fields, keyring)
    start = fields.at
    inside = Fields(data, start)
    contents = Contents()
    opened: DissectedField | None = None
    line = ""
    try:
        if packet.payload_type in _GROUPS | _DIRECTS | {PayloadType.ANON_REQ}:
            line = _envelope(packet, inside, keyring)
            contents = open_payload(
                packet, decode_payload(packet.payload_type, packet.payload), keyring
            )
        else:
            line = CLEAR.get(packet.payload_type, dissect_raw)(packet, inside)
            decode_payload(packet.payload_type, packet.payload)
        if contents.plaintext is not None:
            opened, line = _plaintext(packet, contents, inside, keyring)
    except DecodeError as error:
        inside.problems.append(str(error))
    inside.rest("rest")
    whole = inside.parent(
        payload_type_name(packet.payload_type), line or f"{len(packet.payload)} bytes", start
    )
    summary = f"{_outline(packet, data)}: {line}" if line else _outline(packet, data)
    shown = (*fields.fields, whole)
    return Dissection(
        NETWORK,
        summary,
        shown if opened is None else (*shown, opened),
        tuple(inside.problems),
        contents.why,
        _buffers(packet, contents.plaintext),
    )


def _buffers(packet: Packet, plaintext: bytes | None) -> tuple[tuple[str, bytes], ...]:
    """Give the bytes that were opened, but for passwords."""
    if plaintext is None:
        return ()
    try:
        return ((DECRYPTED, without_secrets(packet.payload_type, plaintext)),)
    except DecodeError:
        return ((DECRYPTED, plaintext),)


def _refused(data: bytes, error: DecodeError) -> Dissection:
    """Show what is no packet: the part before the fault, and the rest."""
    fields = Fields(data)
    if data:
        fields.take("header", 1)
    offset = min(max(error.offset or 0, fields.at), len(data))
    if offset > fields.at:
        fields.take("read", offset - fields.at)
    fields.rest("rest", "where it goes wrong")
    problem = str(error) if error.offset is None else f"{error} (byte {error.offset})"
    return Dissection(
        NETWORK, f"no packet, {len(data)} bytes: {error}", tuple(fields.fields), (problem,)
    )


def _outline(packet: Packet, data: bytes) -> str:
    """Say type, way and size."""
    way = RouteType(packet.route).name
    hops = "1 hop" if packet.hops == 1 else f"{packet.hops} hops"
    return f"{payload_type_name(packet.payload_type)} {way}, {hops}, {len(data)} bytes"


def _head(packet: Packet, fields: Fields, keyring: Keyring) -> None:
    """Cut all before the payload."""
    kind = payload_type_name(packet.payload_type)
    fields.packed(
        "header",
        ("route", RouteType(packet.route).name, f"bits 0-1: {packet.route}"),
        ("payload_type", kind, f"bits 2-5: {packet.payload_type}"),
        ("payload_version", str(packet.version), "bits 6-7"),
    )
    if packet.transport_codes is not None:
        _transport_codes(packet, fields, keyring)
    is_trace = packet.payload_type == PayloadType.TRACE
    state = "passed so far" if is_trace or packet.is_flood else "still to come"
    parts = [("hops", str(packet.hops), f"bits 0-5: relays {state}")]
    if not is_trace:
        parts.append(("path_hash_size", str(packet.hash_size), "bits 6-7: bytes a hop, less one"))
    fields.packed("path_len", *parts)
    if packet.path:
        _path(packet, fields, keyring)
    note = "a TRACE has another after each hop" if is_trace else "stays the same along a flood"
    fields.derive("packet_hash", hex_of(packet_hash(packet)), f"names the packet; {note}")


def _transport_codes(packet: Packet, fields: Fields, keyring: Keyring) -> None:
    """Cut the codes that keep a packet in its region."""
    region = region_of(packet, regions_in(keyring))
    if region is not None:
        note = f"fits the region {region[0]}"
    elif packet.transport_codes == (0, 0):
        note = "to nowhere: nobody passes it on or takes its sender for a neighbour"
    else:
        note = "a region that is not known here"
    fields.number("scope", 2, note)
    fields.number("scope_2", 2, "reserved for the sender's home region")


def _path(packet: Packet, fields: Fields, keyring: Keyring) -> None:
    """Cut the path into its hops."""
    start = fields.at
    hops = Fields(fields.data, start, end=start + len(packet.path))
    if packet.payload_type == PayloadType.TRACE:
        for number, quarters in enumerate(packet.path_snrs(), 1):
            note = f"how well hop {number} heard it: {decibels(quarters)}"
            hops.number(f"snr {number}", 1, note, is_signed=True)
        fields.field("snrs", f"{packet.hops} ratios", len(packet.path), "", tuple(hops.fields))
        return
    for number, shown in enumerate(packet.path_hashes(), 1):
        hops.take(f"hop {number}", packet.hash_size, _whose(bytes.fromhex(shown), keyring))
    order = "first relay first" if packet.is_flood else "next relay first"
    value = " ".join(packet.path_hashes())
    fields.field("path", value, len(packet.path), order, tuple(hops.fields))


def name_of(key: bytes, keyring: Keyring) -> str:
    """Name a node: its label, or the beginning of its id."""
    label = keyring.label_of(key)
    return label if label and label != key.hex() else key.hex()[:8]


def _whose(prefix: bytes, keyring: Keyring) -> str:
    """Say which known nodes a hash may mean."""
    if not prefix:
        return ""
    known = [key for key in keyring.peers_of(prefix[0]) if key.startswith(prefix)]
    names = [name_of(key, keyring) for key in known[:3]]
    if len(known) > 1:
        return f"one of {len(known)}: {', '.join(names)}{' …' if len(known) > 3 else ''}"
    return f"may be {names[0]}" if names else ""


def _envelope(packet: Packet, fields: Fields, keyring: Keyring) -> str:
    """Cut what is around a ciphertext; returns between whom it goes."""
    if packet.payload_type in _GROUPS:
        channel = fields.take("channel_hash", 1, "first byte of SHA-256 of the channel's key")
        line = f"channel {hex_of(channel)}"
    else:
        dest = fields.take("dest_hash", 1, _whose(packet.payload[:1], keyring)).hex()
        if packet.payload_type == PayloadType.ANON_REQ:
            key = fields.take("sender_public_key", 32, "whose key it is sealed with", bytes.hex)
            line = f"{key.hex()[:8]} > {dest.upper()}"
        else:
            src = fields.take("src_hash", 1, _whose(packet.payload[1:2], keyring))
            line = f"{hex_of(src)} > {dest.upper()}"
    fields.take("mac", MAC_BYTES, "HMAC-SHA256 over the ciphertext, 2 bytes of it")
    fields.rest("ciphertext", "AES-128-ECB, blocks of 16 bytes")
    return line


def _plaintext(
    packet: Packet, contents: Contents, outer: Fields, keyring: Keyring
) -> tuple[DissectedField, str]:
    """Cut what a key opened; returns its field and a line about the whole packet."""
    plaintext = contents.plaintext or b""
    fields = Fields(plaintext, buffer=1)
    line = ""
    try:
        line = SEALED[packet.payload_type](contents, fields)
    except DecodeError as error:
        fields.problems.append(f"inside: {error}")
    fields.rest("rest")
    outer.problems += fields.problems
    if contents.opened is not None:
        names = [name_of(key, keyring) for key in ends_of(contents.opened)]
        note = f"opened with the key that {names[0]} and {names[1]} share"
        line = f"{names[0]} > {names[1]}: {line}"
    else:
        name = "" if contents.channel is None else contents.channel.name
        note = f"opened with the key of {name}"
        line = f"{name}: {line}"
    return fields.parent(DECRYPTED, f"{len(plaintext)} bytes", 0, note), line
