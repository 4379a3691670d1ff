"""What other nodes answer to requests: status, neighbours, access list."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.companion import (
    wire,
)
from meshtui.networks.meshcore.companion.codes import Request

MAX_NEIGHBOUR_BYTES: Final = 130


class Status(NamedTuple):
    """A repeater's state, since it was started."""

    battery_mv: wire.Millivolts
    queue: wire.U16
    noise_floor_dbm: wire.I16
    rssi_dbm: wire.I16
    received: wire.U32
    sent: wire.U32
    tx_air_s: wire.U32
    uptime_s: wire.U32
    flood_sent: wire.U32
    direct_sent: wire.U32
    flood_received: wire.U32
    direct_received: wire.U32
    errors: wire.U16
    snr_db: wire.Snr16
    direct_duplicates: wire.U16
    flood_duplicates: wire.U16
    rx_air_s: wire.U32 | None = None
    receive_errors: wire.U32 | None = None


class RoomStatus(NamedTuple):
    """A room server's state: the same but for its end."""

    battery_mv: wire.Millivolts
    queue: wire.U16
    noise_floor_dbm: wire.I16
    rssi_dbm: wire.I16
    received: wire.U32
    sent: wire.U32
    tx_air_s: wire.U32
    uptime_s: wire.U32
    flood_sent: wire.U32
    direct_sent: wire.U32
    flood_received: wire.U32
    direct_received: wire.U32
    errors: wire.U16
    snr_db: wire.Snr16
    direct_duplicates: wire.U16
    flood_duplicates: wire.U16
    posted: wire.U16 | None = None
    pushed: wire.U16 | None = None


class Neighbour(NamedTuple):
    """Somebody whom a repeater hears itself."""

    prefix: str
    heard_s_ago: int
    snr_db: float


class Neighbours(NamedTuple):
    """A part of a repeater's neighbour table; `total` counts all."""

    total: int
    entries: tuple[Neighbour, ...]


def decode_status(body: bytes, *, is_room: bool = False) -> Status | RoomStatus:
    """Read a status; padding after it is passed over.

    Raises:
        DecodeError: It is too short to be one.
    """
    return wire.decode(RoomStatus, body, 0) if is_room else wire.decode(Status, body, 0)


def neighbours_request(
    offset: int, prefix_bytes: int, nonce: bytes, count: int = 255, order: int = 0
) -> bytes:
    """Ask for neighbours from `offset` on; order 0 newest, 1 oldest, 2 strongest, 3 weakest.

    Args:
        nonce: 4 random bytes, so that no two requests are the same packet.
    """
    head = struct.pack("<BBBHBB", Request.NEIGHBOURS, 0, count, offset, order, prefix_bytes)
    return head + nonce


def decode_neighbours(body: bytes, prefix_bytes: int) -> Neighbours:
    """Read neighbours; those that are cut off are left out.

    Raises:
        DecodeError: There is not even their number.
    """
    if len(body) < 4:
        raise DecodeError("short", "two counts expected", len(body))
    total, count = struct.unpack_from("<HH", body)
    size = prefix_bytes + 5
    entries = []
    for at in range(4, min(len(body), 4 + count * size) - size + 1, size):
        heard_s_ago, snr = struct.unpack_from("<Ib", body, at + prefix_bytes)
        entries.append(Neighbour(body[at : at + prefix_bytes].hex(), heard_s_ago, snr / 4))
    return Neighbours(total, tuple(entries))


def encode_neighbours(neighbours: Neighbours) -> bytes:
    """Write neighbours."""
    head = struct.pack("<HH", neighbours.total, len(neighbours.entries))
    return head + b"".join(
        bytes.fromhex(entry.prefix) + struct.pack("<Ib", entry.heard_s_ago, round(entry.snr_db * 4))
        for entry in neighbours.entries
    )


def decode_access_list(body: bytes) -> list[tuple[str, int]]:
    """Read who may do what: key prefix and permissions; padding is passed over."""
    entries = (body[at : at + 7] for at in range(0, len(body) - 6, 7))
    return [(entry[:6].hex(), entry[6]) for entry in entries if any(entry[:6])]
