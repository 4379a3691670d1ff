"""Passing floods on: who may, which, and what loops look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.node.delays import spread_ms
from meshtui.networks.meshcore.packet import (
    MAX_HOPS,
    MAX_PATH_BYTES,
    Packet,
    PayloadType,
    RouteType,
    scope_code,
)

if TYPE_CHECKING:
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.node.settings import Region

_ADVERT: Final = int(PayloadType.ADVERT)
_NOT_FOR_US: Final = "not-for-us"


def pass_on(core: Core, packet: Packet) -> None:
    """Send a flood on, our hash put behind its path; or say why not, if nothing else came of it."""
    reason = objection(core, packet)
    if reason:
        if not core.out:
            core.drop(reason)
        return
    size = packet.hash_size
    settings = core.settings
    path = packet.path + core.prefixes[size - 1]
    onward = Packet(
        packet.route,
        packet.payload_type,
        packet.path_len + 1,
        path,
        packet.payload,
        packet.transport_codes,
    )
    delay_ms = spread_ms(
        len(path) + len(packet.payload), settings.tx_delay_factor, settings.radio, core.random_below
    )
    core.relay(onward, onward.hops, delay_ms)


def objection(core: Core, packet: Packet) -> str:
    """Say why a flood is not passed on; empty = it is."""
    settings = core.settings
    if not packet.is_flood or not settings.forwards:
        return _NOT_FOR_US
    hops = packet.hops
    if (
        hops >= settings.flood_max
        or (packet.route == RouteType.FLOOD and hops >= settings.flood_max_unscoped)
        or (packet.payload_type == _ADVERT and hops >= settings.flood_max_advert)
    ):
        return "hop-limit"
    if hops >= MAX_HOPS or (hops + 1) * packet.hash_size > MAX_PATH_BYTES:
        return "path-full"
    if packet.route == RouteType.FLOOD:
        if not settings.passes_unscoped:
            return "region"
    elif region_of(core, packet) is None:
        return "region"
    return "loop" if is_loop(core, packet) else ""


def region_of(core: Core, packet: Packet) -> Region | None:
    """Return which of our regions a scoped flood is meant for; None = of none."""
    codes = packet.transport_codes
    if packet.route != RouteType.TRANSPORT_FLOOD or codes is None:
        return None
    for region in core.settings.regions:
        if scope_code(region.key.reveal, packet) == codes[0]:
            return region
    return None


def is_loop(core: Core, packet: Packet) -> bool:
    """Tell whether our hash stands in the path more often than we are set to bear."""
    size = packet.hash_size
    limit = core.settings.loop_detect.value[size - 1]
    path = packet.path
    if limit > len(path):
        return False
    own = core.prefixes[size - 1]
    return sum(path[at : at + size] == own for at in range(0, len(path), size)) >= limit


def reply_scope(core: Core, packet: Packet) -> Region | None:
    """Return the region for a flooded answer: the request's; none for one without; else ours."""
    if packet.route == RouteType.FLOOD:
        return None
    return region_of(core, packet) or core.settings.scope
