"""Packets along a path: the next hop takes itself out of the path and sends on.

Acknowledgements are made anew by each hop, so that one that repeats its acknowledgements does so
for those of others, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.node.delays import EXTRA_ACK_MS, spread_ms
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType, packet_hash
from meshtui.networks.meshcore.payloads.ack import ACK_BYTES
from meshtui.networks.meshcore.payloads.multipart import (
    Multipart,
    decode_multipart,
    encode_multipart,
)

if TYPE_CHECKING:
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.node.host import Host

_ACK: Final = int(PayloadType.ACK)
_MULTIPART: Final = int(PayloadType.MULTIPART)


def hear(core: Core, host: Host, packet: Packet, rx: RxMeta) -> None:
    """Take a packet that has hops to go yet."""
    kind = packet.payload_type
    if kind == _ACK and len(packet.payload) >= ACK_BYTES:
        # it is for us already if it answers us: no need to wait until it arrives
        host.ack(packet, rx, packet.payload[:ACK_BYTES])
    size = (packet.path_len >> 6) + 1
    if packet.path[:size] != core.prefixes[size - 1] or not core.settings.forwards:
        if not core.out:
            core.drop("not-next-hop")
        return
    if kind == _MULTIPART:
        _pass_multipart_on(core, packet)
    elif not core.seen.add(packet_hash(packet)):
        core.stats.direct_dups += 1
        core.drop("seen")
    elif kind == _ACK:
        send_acks(core, packet.payload, *_rest(packet), 0)
    else:
        _pass_on(core, packet)


def multipart_hash(packet: Packet, part: Multipart) -> bytes:
    """Name what is inside a part, for the ring; so that its copies count as one packet."""
    inner = Packet(packet.route, packet.payload_type, 0, b"", part.inner)
    return packet_hash(inner)


def send_acks(core: Core, ack: bytes, path_len: int, path: bytes, delay_ms: int) -> None:
    """Send an acknowledgement on along a path, as often as we repeat them."""
    for remaining in range(core.settings.extra_acks, 0, -1):
        delay_ms += _spread(core, len(path) + len(ack)) + EXTRA_ACK_MS
        part = encode_multipart(Multipart(remaining, _ACK, ack))
        core.relay(Packet(RouteType.DIRECT, _MULTIPART, path_len, path, part), 0, delay_ms)
    core.relay(Packet(RouteType.DIRECT, _ACK, path_len, path, ack), 0, delay_ms)


def _pass_on(core: Core, packet: Packet) -> None:
    path_len, path = _rest(packet)
    onward = Packet(
        packet.route,
        packet.payload_type,
        path_len,
        path,
        packet.payload,
        packet.transport_codes,
    )
    core.relay(onward, 0, _spread(core, len(path) + len(packet.payload)))


def _pass_multipart_on(core: Core, packet: Packet) -> None:
    part = decode_multipart(packet.payload)
    if part.ack is None:
        core.drop("unknown-part")
    elif not core.seen.add(multipart_hash(packet, part)):
        core.stats.direct_dups += 1
        core.drop("seen")
    else:
        # the parts still to come follow 300 ms apart: ours must not meet them
        send_acks(core, part.inner, *_rest(packet), (part.remaining + 1) * EXTRA_ACK_MS)


def _rest(packet: Packet) -> tuple[int, bytes]:
    """Return path_len and path without the first hop; the size of the hashes stays."""
    return packet.path_len - 1, packet.path[packet.hash_size :]


def _spread(core: Core, body_bytes: int) -> int:
    settings = core.settings
    return spread_ms(body_bytes, settings.direct_tx_delay_factor, settings.radio, core.random_below)
