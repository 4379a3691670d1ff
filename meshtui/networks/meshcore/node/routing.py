"""What becomes of a packet from the air: looked at once, handled, passed on.

The order is the firmware's. Direct packets for another hop are not even remembered; everything else
is handled when its hash is first seen, and only then passed on, unless it was for us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import CryptoError, DecodeError, EncodeError
from meshtui.networks.meshcore.node import adverts, direct, flood, groups, paths, trace
from meshtui.networks.meshcore.node.outputs import Dropped, RawHeard
from meshtui.networks.meshcore.node.sealed import (
    ANON_BYTES,
    ENVELOPE_BYTES,
    open_anon,
    open_from,
)
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    decode_packet,
    packet_hash,
)
from meshtui.networks.meshcore.payloads.ack import ACK_BYTES
from meshtui.networks.meshcore.payloads.advert import decode_advert, is_genuine
from meshtui.networks.meshcore.payloads.multipart import decode_multipart

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import Instant
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.node.host import Host
    from meshtui.networks.meshcore.node.outputs import NodeOutput

_TRACE: Final = int(PayloadType.TRACE)
_CONTROL: Final = int(PayloadType.CONTROL)
_ADVERT: Final = int(PayloadType.ADVERT)
_ADVERT_BYTES: Final = 100
_SEEN: Final = Dropped("seen")
_HOPS: Final = 0x3F
_IS_FLOOD: Final = (True, True, False, False)


def hear(core: Core, host: Host, data: bytes, rx: RxMeta, now: Instant) -> list[NodeOutput]:
    """Take a packet from the air."""
    out = core.begin(now)
    stats = core.stats
    stats.count_heard(data, rx, core.settings.radio)
    try:
        packet = decode_packet(data)
    except DecodeError as error:
        stats.errors += 1
        core.drop(error.reason)
        return out
    if not _IS_FLOOD[packet.route]:
        stats.received_direct += 1
        handle(core, host, packet, rx)
    else:
        stats.received_flood += 1
        # most of what is heard was heard before, so that is looked at first
        if packet_hash(packet) in core.seen:
            stats.flood_dups += 1
            out.append(_SEEN)
            return out
        settings = core.settings
        if settings.rx_delay_base <= 0 or not core.delayed.put(
            packet, rx, len(data), settings.rx_delay_base, settings.radio, now.mono_s
        ):
            handle(core, host, packet, rx)
    return out


def hear_again(core: Core, data: bytes, rx: RxMeta, now: Instant) -> list[NodeOutput]:
    """Take an advertisement from elsewhere, even if it was heard before; it is not passed on."""
    out = core.begin(now)
    try:
        packet = decode_packet(data)
        if packet.payload_type != _ADVERT:
            core.drop("no-advert")
            return out
        advert = decode_advert(packet.payload)
    except DecodeError as error:
        core.drop(error.reason)
        return out
    if advert.public_key == core.public_key:
        core.drop("own")
    elif not is_genuine(advert):
        core.drop("forged")
    else:
        core.seen.add(packet_hash(packet))
        adverts.hear(core, packet, rx, advert)
    return out


def handle(core: Core, host: Host, packet: Packet, rx: RxMeta) -> None:
    """Handle a packet that was parsed; nothing in it makes this raise."""
    try:
        _handle(core, host, packet, rx)
    except (DecodeError, CryptoError) as error:
        core.drop(error.reason)
    except EncodeError:
        # an answer that fits no packet is not sent
        core.drop("no-room")


def _handle(core: Core, host: Host, packet: Packet, rx: RxMeta) -> None:
    kind = packet.payload_type
    if not _IS_FLOOD[packet.route]:
        if kind == _TRACE:
            trace.hear(core, packet, rx)
            return
        if kind == _CONTROL and packet.payload and packet.payload[0] & 0x80:
            _control(core, host, packet, rx)
            return
        if packet.path_len & _HOPS:
            direct.hear(core, host, packet, rx)
            return
    handler = _HANDLERS.get(kind)
    if handler is None:
        core.drop("unknown-type")
    else:
        handler(core, host, packet, rx)


def _is_new(core: Core, packet: Packet) -> bool:
    """Remember a packet; False = it was handled before, and that is all."""
    if core.seen.add(packet_hash(packet)):
        return True
    if _IS_FLOOD[packet.route]:
        core.stats.flood_dups += 1
    else:
        core.stats.direct_dups += 1
    core.out.append(_SEEN)
    return False


def _control(core: Core, host: Host, packet: Packet, rx: RxMeta) -> None:
    if packet.path_len & _HOPS:
        core.drop("not-zero-hop")
    else:
        host.control(packet, rx)


def _ack(core: Core, host: Host, packet: Packet, rx: RxMeta) -> None:
    if len(packet.payload) < ACK_BYTES:
        core.drop("short")
    elif _is_new(core, packet) and not host.ack(packet, rx, packet.payload[:ACK_BYTES]):
        flood.pass_on(core, packet)


def _sealed(core: Core, host: Host, packet: Packet, rx: RxMeta) -> None:
    if len(packet.payload) < ENVELOPE_BYTES:
        core.drop("short")
        return
    if not _is_new(core, packet):
        return
    opened = open_from(core, packet)
    if opened is None or not host.knows(opened[0]):
        flood.pass_on(core, packet)
        return
    peer, plaintext = opened
    kind = packet.payload_type
    if kind == PayloadType.TXT_MSG:
        host.text(packet, rx, peer, plaintext)
    elif kind == PayloadType.REQ:
        host.request(packet, rx, peer, plaintext)
    elif kind == PayloadType.RESPONSE:
        host.response(packet, rx, peer, plaintext)
    else:
        paths.hear(core, host, packet, rx, peer, plaintext)


def _anon(core: Core, host: Host, packet: Packet, rx: RxMeta) -> None:
    if len(packet.payload) < ANON_BYTES:
        core.drop("short")
        return
    if not _is_new(core, packet):
        return
    opened = open_anon(core, packet)
    if opened is None:
        flood.pass_on(core, packet)
    else:
        host.anon(packet, rx, *opened)


def _group(core: Core, host: Host, packet: Packet, rx: RxMeta) -> None:
    del host
    if len(packet.payload) <= groups.HEAD_BYTES:
        core.drop("short")
    elif _is_new(core, packet):
        groups.hear(core, packet, rx)
        flood.pass_on(core, packet)


def _advert(core: Core, host: Host, packet: Packet, rx: RxMeta) -> None:
    if len(packet.payload) < _ADVERT_BYTES:
        core.drop("short")
        return
    if packet.payload.startswith(core.public_key):
        core.drop("own")
        return
    if not _is_new(core, packet):
        return
    advert = decode_advert(packet.payload)
    if not is_genuine(advert):
        core.drop("forged")
        return
    data = adverts.hear(core, packet, rx, advert)
    if data is not None and not packet.hops and not adverts.is_share(packet):
        host.neighbour(packet, rx, advert.public_key, data.node_type)
    flood.pass_on(core, packet)


def _raw(core: Core, host: Host, packet: Packet, rx: RxMeta) -> None:
    del host
    if packet.is_flood:
        core.drop("raw-flood")
    elif _is_new(core, packet):
        core.out.append(RawHeard(packet.payload, packet, rx))


def _multipart(core: Core, host: Host, packet: Packet, rx: RxMeta) -> None:
    part = decode_multipart(packet.payload)
    if part.ack is None:
        core.drop("unknown-part")
    elif not core.seen.add(direct.multipart_hash(packet, part)):
        core.out.append(_SEEN)
    elif not host.ack(packet, rx, part.ack.value):
        core.drop("not-for-us")


_HANDLERS: Final[dict[int, Callable[[Core, Host, Packet, RxMeta], None]]] = {
    int(PayloadType.ACK): _ack,
    int(PayloadType.REQ): _sealed,
    int(PayloadType.RESPONSE): _sealed,
    int(PayloadType.TXT_MSG): _sealed,
    int(PayloadType.PATH): _sealed,
    int(PayloadType.ANON_REQ): _anon,
    int(PayloadType.GRP_TXT): _group,
    int(PayloadType.GRP_DATA): _group,
    int(PayloadType.ADVERT): _advert,
    int(PayloadType.RAW_CUSTOM): _raw,
    int(PayloadType.MULTIPART): _multipart,
}
