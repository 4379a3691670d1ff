"""Takes apart what travels in clear: adverts, acks, traces, control packets, and the unknown.

Each function cuts its payload out of the frame and returns one line about it. A payload that ends
too early has its fields up to there, and raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.networks.meshcore.dissect_tree import decibels, degrees, hex_of
from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.payloads.advert import (
    FEATURE_1_FLAG,
    FEATURE_2_FLAG,
    MAX_APPDATA_BYTES,
    NAME_FLAG,
    POSITION_FLAG,
    decode_advert,
    is_genuine,
)
from meshtui.networks.meshcore.payloads.control import ControlType
from meshtui.networks.meshcore.payloads.utf8 import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.networks.meshcore.dissect_tree import Fields
    from meshtui.networks.meshcore.packet import Packet

NODE_TYPES = ("of no type", "chat", "repeater", "room server", "sensor")
_ADVERT_FLAGS = (
    (POSITION_FLAG, "position"),
    (FEATURE_1_FLAG, "feature 1"),
    (FEATURE_2_FLAG, "feature 2"),
    (NAME_FLAG, "name"),
)
BAD_SIGNATURE = "the signature is not this key's: forged, or damaged on the way"


def node_type_name(number: int) -> str:
    """Name a node type; unknown ones keep their number."""
    return NODE_TYPES[number] if number < len(NODE_TYPES) else f"type {number}"


def dissect_advert(packet: Packet, fields: Fields) -> str:
    """Cut an advert."""
    key = fields.take("public_key", 32, "Ed25519; names the node", _key)
    fields.time("timestamp", "the node's clock")
    fields.take("signature", 64)
    genuine = is_genuine(decode_advert(packet.payload))
    note = "over public_key, timestamp and the first 32 bytes of appdata"
    fields.derive("signature_valid", "yes" if genuine else "no", note)
    if not genuine:
        fields.problems.append(BAD_SIGNATURE)
    if fields.left == 0:
        return f"{key.hex()[:8]} says nothing of itself"
    return f"{key.hex()[:8]} {_appdata(fields)}"


def _appdata(fields: Fields) -> str:
    """Cut what an advert says."""
    signed_end = min(fields.end, fields.at + MAX_APPDATA_BYTES)
    whole, fields.end = fields.end, signed_end
    flags = fields.peek()
    kind = node_type_name(flags & 0x0F)
    told = ", ".join(word for bit, word in _ADVERT_FLAGS if flags & bit)
    fields.packed(
        "flags",
        ("node_type", str(flags & 0x0F), f"bits 0-3: {kind}"),
        ("has", told or "nothing", "bits 4-7: what follows"),
    )
    if flags & POSITION_FLAG:
        fields.number("lat_e6", 4, degrees_note, is_signed=True)
        fields.number("lon_e6", 4, degrees_note, is_signed=True)
    if flags & FEATURE_1_FLAG:
        fields.number("feature_1", 2)
    if flags & FEATURE_2_FLAG:
        fields.number("feature_2", 2)
    name = ""
    if flags & NAME_FLAG and fields.left:
        name = text_of(fields.take("name", fields.left, "claimed; not unique", text_of))
    fields.rest("rest", "no flag announces it")
    fields.end = whole
    fields.rest("unsigned", "past the 32 bytes that the signature covers")
    return f"{kind} {name}".rstrip()


def degrees_note(value: int) -> str:
    """Remark on a coordinate."""
    return degrees(value)


def dissect_ack(_packet: Packet, fields: Fields) -> str:
    """Cut an acknowledgement."""
    ack = fields.take("ack", 4, "hash of the text and a public key; who waits for it knows it")
    fields.rest("tail", "attempt and a random byte, so that repetitions differ; may be stale")
    return hex_of(ack)


def dissect_multipart(packet: Packet, fields: Fields) -> str:
    """Cut one of several."""
    head = fields.peek()
    fields.packed(
        "head",
        ("remaining", str(head >> 4), "bits 4-7: how many more follow"),
        ("inner_type", payload_type_name(head & 0x0F), f"bits 0-3: {head & 0x0F}"),
    )
    if head & 0x0F != PayloadType.ACK:
        fields.rest("inner", "only acks come in parts so far")
        return f"{head >> 4} more of {payload_type_name(head & 0x0F)}"
    return f"ACK {dissect_ack(packet, fields)}, {head >> 4} more"


def dissect_trace(packet: Packet, fields: Fields) -> str:
    """Cut a trace."""
    tag = fields.number("tag", 4, "chosen by who asks, to know the answer again")
    fields.number("auth", 4, "nobody checks it so far")
    size = 1 << (fields.peek() & 3)
    note = "bits 0-1: bytes of a key that name a hop, 1, 2, 4 or 8 here"
    fields.packed("flags", ("hash_size", str(size), note))
    passed = packet.path_snrs()
    count = 0
    while fields.left > 0:
        heard = f"heard it at {decibels(passed[count])}" if count < len(passed) else "still to come"
        fields.take(f"hop {count + 1}", size, heard)
        count += 1
    state = "arrived" if len(passed) >= count else f"{len(passed)} of {count} hops passed"
    return f"tag {tag:08X}, {state}"


def dissect_control(_packet: Packet, fields: Fields) -> str:
    """Cut a control packet."""
    kind, low = fields.peek() >> 4, fields.peek() & 0x0F
    fields.packed(
        "head",
        ("sub_type", _control_name(kind), f"bits 4-7: {kind}"),
        ("low_bits", str(low), "bits 0-3"),
    )
    if kind == ControlType.DISCOVER_REQ:
        wanted = fields.number("type_filter", 1, _filter_note)
        tag = fields.number("tag", 4, "the answers carry it")
        if fields.left >= 4:
            fields.time("since", "only who changed after this")
        fields.rest("rest")
        return f"who is there? {_filter_note(wanted)}, tag {tag:08X}"
    if kind == ControlType.DISCOVER_RESP:
        fields.number("snr", 1, _heard_note, is_signed=True)
        tag = fields.number("tag", 4, "the question's")
        key = fields.take("public_key", 32 if fields.left >= 32 else 8, show=_key)
        fields.rest("rest")
        return f"{key.hex()[:8]} is a {node_type_name(low)}, tag {tag:08X}"
    fields.rest("body", "of a subtype not known here")
    return _control_name(kind)


def dissect_raw(packet: Packet, fields: Fields) -> str:
    """Cut what has no meaning to us."""
    size = fields.left
    fields.rest("raw", "opaque" if packet.payload_type == PayloadType.RAW_CUSTOM else "unassigned")
    return f"{size} bytes"


def payload_type_name(number: int) -> str:
    """Name a payload type; unassigned ones keep their number."""
    try:
        return PayloadType(number).name
    except ValueError:
        return f"UNASSIGNED_{number}"


CLEAR: dict[int, Callable[[Packet, Fields], str]] = {
    PayloadType.ADVERT: dissect_advert,
    PayloadType.ACK: dissect_ack,
    PayloadType.MULTIPART: dissect_multipart,
    PayloadType.TRACE: dissect_trace,
    PayloadType.CONTROL: dissect_control,
}


def _key(raw: bytes) -> str:
    return raw.hex()


def _control_name(kind: int) -> str:
    try:
        return ControlType(kind).name
    except ValueError:
        return f"subtype {kind}"


def _filter_note(wanted: int) -> str:
    names = [node_type_name(bit) for bit in range(8) if wanted >> bit & 1]
    return ", ".join(names) or "nobody"


def _heard_note(quarters: int) -> str:
    return f"the question was heard at {decibels(quarters)}"
