"""What a repeater, room or sensor answers to the questions of its clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.payloads.lpp import battery_lpp
from meshtui.networks.meshcore.payloads.request import (
    RequestBody,
    RequestKind,
    neighbours_request_of,
)
from meshtui.networks.meshcore.payloads.response import (
    Access,
    Status,
    encode_access_list,
    encode_neighbours,
    encode_status,
)
from meshtui.networks.meshcore.payloads.utf8 import cut

if TYPE_CHECKING:
    from meshtui.networks.meshcore.node.clients import Client, ClientTable
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.node.neighbours import NeighbourTable

_MAX_OWNER_BYTES: Final = 150
_U16: Final = 0xFFFF
_U32: Final = 0xFFFFFFFF


def answer(
    core: Core,
    clients: ClientTable,
    neighbours: NeighbourTable,
    client: Client,
    body: RequestBody,
) -> bytes | None:
    """Write the body of an answer; None = there is none for this client."""
    match body.kind:
        case RequestKind.STATUS:
            return encode_status(status_of(core))
        case RequestKind.TELEMETRY:
            return battery_lpp(core.stats.battery_mv)
        case RequestKind.ACCESS_LIST:
            is_known_form = not any(body.parameters[:2])
            return _access_list(core, clients) if client.is_admin and is_known_form else None
        case RequestKind.NEIGHBOURS:
            wanted = neighbours_request_of(body)
            if wanted is None:
                return None
            return encode_neighbours(neighbours.page(wanted, core.clock_s(core.now)))
        case RequestKind.OWNER:
            settings = core.settings
            return cut(f"{settings.firmware}\n{settings.name}\n{settings.owner}", _MAX_OWNER_BYTES)
        case _:
            return None


def status_of(core: Core) -> Status:
    """Return how the node is."""
    stats = core.stats
    status = Status(
        battery_mv=_below(stats.battery_mv, _U16),
        queue=_below(stats.queue_len, _U16),
        noise_floor_dbm=_signed(stats.noise_dbm),
        rssi_dbm=_signed(stats.last_rssi_dbm),
        received=_below(stats.received, _U32),
        sent=_below(stats.sent, _U32),
        tx_air_s=_below(int(stats.tx_air_ms / 1000), _U32),
        uptime_s=_below(stats.uptime_s(core.now.mono_s), _U32),
        flood_sent=_below(stats.sent_flood, _U32),
        direct_sent=_below(stats.sent_direct, _U32),
        flood_received=_below(stats.received_flood, _U32),
        direct_received=_below(stats.received_direct, _U32),
        errors=0,
        snr_db=_signed(int(stats.last_snr_db * 4)) / 4,
        direct_duplicates=stats.direct_dups & _U16,
        flood_duplicates=stats.flood_dups & _U16,
    )
    if core.settings.role is AdvertType.ROOM:
        return status._replace(posted=stats.posted & _U16, pushed=stats.pushed & _U16)
    rx_air_s = _below(int(stats.rx_air_ms / 1000), _U32)
    return status._replace(rx_air_s=rx_air_s, receive_errors=_below(stats.errors, _U32))


def _access_list(core: Core, clients: ClientTable) -> bytes:
    """List who may do what; a room names its administrators only."""
    is_room = core.settings.role is AdvertType.ROOM
    told = (one for one in clients if (one.is_admin if is_room else one.permissions != 0))
    return encode_access_list(Access(one.public_key[:6], one.permissions) for one in told)


def _below(value: int, limit: int) -> int:
    return max(0, min(limit, value))


def _signed(value: int) -> int:
    return max(-0x8000, min(0x7FFF, value))
