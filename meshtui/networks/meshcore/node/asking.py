"""What a node asks of others. Every question has a tag, our time, which its answer carries back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import EncodeError
from meshtui.networks.meshcore.node.acks import PendingAck
from meshtui.networks.meshcore.node.delays import flood_timeout_ms, trace_timeout_ms
from meshtui.networks.meshcore.node.outputs import Sent
from meshtui.networks.meshcore.node.pending import ANON, PATH_DISCOVERY, Question
from meshtui.networks.meshcore.node.sealed import seal_anon, seal_for
from meshtui.networks.meshcore.node.writing import send_to
from meshtui.networks.meshcore.packet import MAX_HOPS, Packet, PayloadType, RouteType
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.payloads.anon_request import (
    AnonBody,
    encode_anon_body,
    login_body,
    room_login_body,
)
from meshtui.networks.meshcore.payloads.control import (
    DiscoverRequest,
    control_of,
    encode_control,
)
from meshtui.networks.meshcore.payloads.request import (
    RequestBody,
    encode_request,
    keep_alive_ack,
    keep_alive_request,
    telemetry_request,
)
from meshtui.networks.meshcore.payloads.trace import Trace, encode_trace

if TYPE_CHECKING:
    from meshtui.model.ids import Instant
    from meshtui.networks.meshcore.node.contacts import OutPath
    from meshtui.networks.meshcore.node.core import Core

_REQ: Final = int(PayloadType.REQ)
_ANON_REQ: Final = int(PayloadType.ANON_REQ)
_RESERVED: Final = bytes(4)
_RANDOM_BYTES: Final = 4
_TAG_BYTES: Final = 4
_MAX_PARAMS: Final = 150
_BASE_TELEMETRY: Final = 0x01
_TRACE_PRIORITY: Final = 5


def login(core: Core, peer: bytes, password: bytes, now: Instant) -> Sent:
    """Log in; a room is told what we have of it already.

    Raises:
        EncodeError: The password is longer than 15 bytes or holds a NUL.
    """
    core.begin(now)
    contact = core.contact_of(peer)
    timestamp = core.unique_time()
    if contact.node_type == AdvertType.ROOM:
        body = room_login_body(timestamp, contact.sync_since, password)
    else:
        body = login_body(timestamp, password)
    payload = seal_anon(core, peer, encode_anon_body(body))
    core.pending.ask_login(peer)
    return send_to(core, _ANON_REQ, peer, payload)


def request(core: Core, peer: bytes, kind: int, params: bytes, now: Instant) -> Sent:
    """Ask a peer.

    Raises:
        EncodeError: The parameters are too long, or the peer's key is none.
    """
    if len(params) > _MAX_PARAMS or not 0 <= kind <= 0xFF:
        msg = f"a request has a kind of one byte and at most {_MAX_PARAMS} bytes of parameters"
        raise EncodeError(msg)
    core.begin(now)
    timestamp = core.unique_time()
    tag = timestamp.to_bytes(_TAG_BYTES, "little")
    body = RequestBody(timestamp, kind, params or _RESERVED + core.random(_RANDOM_BYTES))
    payload = seal_for(core, peer, encode_request(body))
    core.pending.ask(tag, Question(peer, kind))
    return send_to(core, _REQ, peer, payload, tag=tag)


def anon_request(core: Core, peer: bytes, body: bytes, now: Instant) -> Sent:
    """Ask one who need not know us.

    Raises:
        EncodeError: The body is too long, or the peer's key is none.
    """
    if not body or len(body) > _MAX_PARAMS - 36:
        msg = f"an anonymous request has 1 to {_MAX_PARAMS - 36} bytes"
        raise EncodeError(msg)
    core.begin(now)
    if len(body) == 1:
        body += _way_back(core.out_path(peer))
    timestamp = core.unique_time()
    tag = timestamp.to_bytes(_TAG_BYTES, "little")
    payload = seal_anon(core, peer, encode_anon_body(AnonBody(timestamp, body)))
    core.pending.ask(tag, Question(peer, ANON))
    return send_to(core, _ANON_REQ, peer, payload, tag=tag)


def discover_path(core: Core, peer: bytes, now: Instant) -> Sent:
    """Ask a peer by a flood for something small: what matters is how question and answer went.

    Raises:
        EncodeError: The peer's key is none.
    """
    core.begin(now)
    timestamp = core.unique_time()
    tag = timestamp.to_bytes(_TAG_BYTES, "little")
    body = telemetry_request(timestamp, core.random(_RANDOM_BYTES), _BASE_TELEMETRY)
    payload = seal_for(core, peer, encode_request(body))
    core.pending.ask(tag, Question(peer, PATH_DISCOVERY))
    core.flood(_REQ, payload, scope=core.settings.scope)
    timeout_ms = flood_timeout_ms(len(payload), core.settings.radio)
    return Sent(tuple(core.out), b"", tag, timeout_ms, is_flood=True)


def keep_alive(core: Core, peer: bytes, now: Instant) -> Sent:
    """Tell a room that we are there.

    Raises:
        EncodeError: No path to it is known.
    """
    core.begin(now)
    if core.out_path(peer) is None:
        msg = "no path is known to this room; it answers signs of life along a path only"
        raise EncodeError(msg)
    ack = send_keep_alive(core, peer)
    core.acks.expect(PendingAck(ack, peer, now.mono_s))
    return Sent(tuple(core.out), ack, b"", 0, is_flood=False)


def send_keep_alive(core: Core, peer: bytes) -> bytes:
    """Tell a room that we are there, and return the ack it answers with; empty = no path."""
    out_path = core.out_path(peer)
    if out_path is None:
        return b""
    body = keep_alive_request(core.unique_time(), core.contact_of(peer).sync_since)
    payload = seal_for(core, peer, encode_request(body))
    core.direct(_REQ, payload, out_path)
    return keep_alive_ack(body, core.public_key)


def trace(core: Core, tag: int, auth: int, flags: int, path: bytes, now: Instant) -> Sent:
    """Send a trace.

    Raises:
        EncodeError: The path is none.
    """
    core.begin(now)
    body = Trace(tag, auth, flags, path)
    payload = encode_trace(body)
    if not 0 < body.hop_count <= MAX_HOPS:
        msg = f"a trace visits 1 to {MAX_HOPS} hops"
        raise EncodeError(msg)
    packet = Packet(RouteType.DIRECT, PayloadType.TRACE, 0, b"", payload)
    core.originate(packet, _TRACE_PRIORITY)
    timeout_ms = trace_timeout_ms(len(payload), body.hop_count, core.settings.radio)
    return Sent(tuple(core.out), b"", payload[:_TAG_BYTES], timeout_ms, is_flood=False)


def discover(
    core: Core, tag: int, type_filter: int, now: Instant, *, prefix_only: bool, since: int
) -> Sent:
    """Call who is in reach.

    Raises:
        EncodeError: A number does not fit.
    """
    if not (0 <= tag <= 0xFFFFFFFF and 0 <= type_filter <= 0xFF and 0 <= since <= 0xFFFFFFFF):
        msg = "the tag or the filter of a call is out of range"
        raise EncodeError(msg)
    core.begin(now)
    call = DiscoverRequest(type_filter, tag, since, prefix_only)
    payload = encode_control(control_of(call))
    core.zero_hop(int(PayloadType.CONTROL), payload)
    timeout_ms = flood_timeout_ms(len(payload), core.settings.radio)
    return Sent(tuple(core.out), b"", tag.to_bytes(4, "little"), timeout_ms, is_flood=False)


def _way_back(out_path: OutPath | None) -> bytes:
    """Write the way from a peer to us: ours to it, hop by hop the other way round."""
    if out_path is None:
        return b"\0"
    size = out_path.hash_size
    path = out_path.path
    hops = [path[at : at + size] for at in range(0, len(path), size)]
    return bytes((out_path.path_len,)) + b"".join(reversed(hops))
