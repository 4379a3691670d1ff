"""A packet as plain values: what `decode meshcore --json` prints of it.

Names and values are a contract. Secrets are among them (`shared_secret`, `channel_key`) because
whoever asks has just given the keys they follow from; nothing that runs live calls this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.dissect_clear import payload_type_name
from meshtui.networks.meshcore.dissect_open import (
    ends_of,
    open_payload,
    region_of,
    regions_in,
)
from meshtui.networks.meshcore.dissect_tree import hex_of
from meshtui.networks.meshcore.packet import PayloadType, RouteType, packet_hash
from meshtui.networks.meshcore.payloads.ack import Ack
from meshtui.networks.meshcore.payloads.advert import Advert, decode_appdata, is_genuine
from meshtui.networks.meshcore.payloads.anon_request import AnonRequest
from meshtui.networks.meshcore.payloads.control import (
    Control,
    discover_request_of,
    discover_response_of,
)
from meshtui.networks.meshcore.payloads.envelope import Envelope
from meshtui.networks.meshcore.payloads.group import GroupEnvelope
from meshtui.networks.meshcore.payloads.group_data import decode_group_data
from meshtui.networks.meshcore.payloads.group_text import decode_group_text
from meshtui.networks.meshcore.payloads.multipart import Multipart
from meshtui.networks.meshcore.payloads.path import decode_path
from meshtui.networks.meshcore.payloads.registry import decode_payload
from meshtui.networks.meshcore.payloads.text import ack_between, decode_text
from meshtui.networks.meshcore.payloads.trace import Trace

if TYPE_CHECKING:
    from meshtui.networks.meshcore.dissect_open import Contents
    from meshtui.networks.meshcore.keyring import Keyring, Opened
    from meshtui.networks.meshcore.packet import Packet
    from meshtui.networks.meshcore.payloads.registry import Payload

Record: TypeAlias = dict[str, object]


def record_of(packet: Packet, keyring: Keyring) -> Record:
    """Write a packet; what no key opens is left out, and `why` says which key would.

    Raises:
        DecodeError: The payload does not follow its type; the offset is the packet's.
    """
    start = 6 if packet.transport_codes is not None else 2
    start += len(packet.path)
    try:
        payload = decode_payload(packet.payload_type, packet.payload)
    except DecodeError as error:
        offset = None if error.offset is None else start + error.offset
        raise DecodeError(error.reason, error.detail, offset) from error
    contents = open_payload(packet, payload, keyring)
    is_trace = packet.payload_type == PayloadType.TRACE
    record: Record = {
        "header": f"{packet.header:02X}",
        "route": RouteType(packet.route).name,
        "payload_type": packet.payload_type,
        "payload_type_name": payload_type_name(packet.payload_type),
        "payload_version": packet.version,
        "path_len_byte": packet.path_len,
        "path_hash_size": packet.hash_size,
        "hops": packet.hops,
        "path": None if is_trace else list(packet.path_hashes()),
        "payload_len": len(packet.payload),
        "total_len": start + len(packet.payload),
        "packet_hash": hex_of(packet_hash(packet)),
    }
    if packet.transport_codes is not None:
        record["transport_codes"] = list(packet.transport_codes)
        region = region_of(packet, regions_in(keyring))
        if region is not None:
            record |= {"region": region[0], "region_key": hex_of(region[1])}
    decoded = _outside(packet, payload)
    if contents.plaintext is not None:
        decoded |= _opened(packet.payload_type, payload, contents, keyring)
    problem = decoded.pop("problem", "")
    record["decoded"] = decoded
    if contents.why:
        record["why"] = contents.why
    return record | {"problem": problem} if problem else record


def _opened(kind: int, payload: Payload, contents: Contents, keyring: Keyring) -> Record:
    """Write what a key opened; whatever opens has been held to look like what it claims to be."""
    opened: Record = {}
    if contents.opened is not None:
        if isinstance(payload, Envelope):
            opened |= _ends(contents.opened, keyring)
        secret = contents.opened.key.shared_secret(contents.opened.peer)
        opened["shared_secret"] = hex_of(secret.reveal)
    if contents.channel is not None:
        key = contents.channel.secret.reveal
        opened |= {"channel": contents.channel.name, "channel_key": hex_of(key)}
    opened["plaintext_padded"] = hex_of(contents.plaintext or b"")
    return opened | _inside(kind, contents)


def _outside(packet: Packet, payload: Payload) -> Record:
    """Write what can be read without a key."""
    match payload:
        case Envelope():
            return {
                "dest_hash": f"{payload.dest_hash:02X}",
                "src_hash": f"{payload.src_hash:02X}",
                "mac": hex_of(payload.mac),
            }
        case GroupEnvelope():
            return {"channel_hash": f"{payload.channel_hash:02X}", "mac": hex_of(payload.mac)}
        case AnonRequest():
            return {
                "dest_hash": f"{payload.dest_hash:02X}",
                "sender_public_key": hex_of(payload.sender),
                "mac": hex_of(payload.mac),
            }
        case Ack():
            return {"ack": hex_of(payload.value), "tail": hex_of(payload.tail)}
        case Multipart():
            return {
                "remaining": payload.remaining,
                "inner_type": payload.inner_type,
                "inner": hex_of(payload.inner),
            }
        case Trace():
            return {
                "tag": payload.tag,
                "auth": payload.auth,
                "flags": payload.flags,
                "hash_size": payload.hash_size,
                "path_hashes": list(payload.path_hashes()),
                "snr_quarter_db": list(packet.path_snrs()),
            }
        case Control():
            return _control(payload)
        case Advert():
            return _advert(payload)
        case _:
            return {"raw": hex_of(packet.payload)}


def _advert(advert: Advert) -> Record:
    """Write an advert; with `problem` where what it says of itself is cut off."""
    decoded: Record = {
        "public_key": hex_of(advert.public_key),
        "timestamp": advert.timestamp,
        "signature": hex_of(advert.signature),
        "appdata": hex_of(advert.appdata),
        "signature_valid": is_genuine(advert),
    }
    try:
        said = decode_appdata(advert.appdata)
    except DecodeError as error:
        return decoded | {"problem": str(error)}
    if said.flags is not None:
        decoded |= {"flags": said.flags, "node_type": said.node_type}
    if said.lat_e6 is not None:
        decoded |= {"lat_e6": said.lat_e6, "lon_e6": said.lon_e6}
    for number, feature in enumerate((said.feature_1, said.feature_2), 1):
        if feature is not None:
            decoded[f"feature_{number}"] = feature
    if said.name_bytes is not None:
        decoded["name"] = said.name
    return decoded


def _control(control: Control) -> Record:
    decoded: Record = {"sub_type": control.sub_type, "low_bits": control.low_bits}
    question = discover_request_of(control)
    if question is not None:
        decoded |= {"type_filter": question.type_filter, "tag": question.tag}
        return decoded if question.since is None else decoded | {"since": question.since}
    answer = discover_response_of(control)
    if answer is not None:
        return decoded | {
            "node_type": answer.node_type,
            "snr_quarter_db": answer.snr_quarter_db,
            "tag": answer.tag,
            "public_key": hex_of(answer.key),
        }
    return decoded | {"body": hex_of(control.body)}


def _ends(opened: Opened, keyring: Keyring) -> Record:
    """Name the proven ends by their labels, or by their keys."""
    source, destination = ends_of(opened)
    return {
        "from": keyring.label_of(source) or hex_of(source),
        "to": keyring.label_of(destination) or hex_of(destination),
    }


def _inside(kind: int, contents: Contents) -> Record:
    """Write what a key opened.

    Raises:
        DecodeError: It does not follow its type.
    """
    plaintext = contents.plaintext or b""
    match kind:
        case PayloadType.TXT_MSG:
            return _text(plaintext, contents.opened)
        case PayloadType.PATH:
            return _path(plaintext)
        case PayloadType.GRP_TXT:
            line = decode_group_text(plaintext)
            return {
                "timestamp": line.timestamp,
                "flags": line.flags,
                "text": line.text,
                "sender": line.sender,
                "message": line.message,
            }
        case PayloadType.GRP_DATA:
            data = decode_group_data(plaintext)
            size = len(data.data)
            return {"data_type": data.data_type, "data_len": size, "data": hex_of(data.data)}
        case PayloadType.ANON_REQ:
            return {"timestamp": int.from_bytes(plaintext[:4], "little")}
        case _:
            tag = int.from_bytes(plaintext[:4], "little")
            return {"timestamp_or_tag": tag, "body_padded": hex_of(plaintext[4:])}


def _text(plaintext: bytes, opened: Opened | None) -> Record:
    body = decode_text(plaintext)
    decoded: Record = {
        "timestamp": body.timestamp,
        "txt_type": body.txt_type,
        "attempt": body.attempt,
    }
    if body.sender_prefix:
        decoded["sender_prefix"] = hex_of(body.sender_prefix)
    decoded["text"] = body.text
    if body.extended_attempt is not None:
        decoded["extended_attempt"] = body.extended_attempt
    if opened is not None:
        ack = ack_between(body, *ends_of(opened))
        decoded["ack"] = None if ack is None else hex_of(ack)
    return decoded


def _path(plaintext: bytes) -> Record:
    body = decode_path(plaintext)
    return {
        "return_path_len": body.path_len,
        "return_path": list(body.path_hashes()),
        "extra_type": body.extra_type,
        "extra_type_raw": body.extra_type_raw,
        "extra_padded": hex_of(body.extra),
    }
