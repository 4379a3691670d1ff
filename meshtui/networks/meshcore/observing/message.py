"""The packet message: one packet as it crossed the air.

    {"origin": …, "origin_id": KEY, "timestamp": ISO 8601 in UTC, "type": "PACKET",
     "direction": "rx", "time": "HH:MM:SS", "date": "dd/mm/yyyy", "len", "packet_type": "0".."15",
     "route": F | D | T | U, "payload_len", "raw": HEX, "SNR": "8.5", "RSSI": "-42", "hash": HEX
     [, "path": "A1,B2"]}

All values are texts. What is malformed is told as it was heard, with route U, a hash of zeros and
zeros for what cannot be known; a radio that does not say how well it heard is quoted as "Unknown".
Observers before us write exactly these, so analyzers live with them, and a reader that wants a
number finds none instead of a wrong one.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import orjson

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.packet import (
    HASH_BYTES,
    RouteType,
    decode_packet,
    packet_hash_text,
)

if TYPE_CHECKING:
    from meshtui.model.device import Device
    from meshtui.model.packet import RxMeta

UNKNOWN: Final = "Unknown"
NO_HASH: Final = "0" * (2 * HASH_BYTES)
MAX_TIME_MS: Final = 253_402_300_799_999
"""The end of the year 9999: later moments cannot be written."""

_MALFORMED_ROUTE: Final = "U"
_ROUTES: Final = {
    RouteType.TRANSPORT_FLOOD: "F",
    RouteType.FLOOD: "F",
    RouteType.DIRECT: "D",
    RouteType.TRANSPORT_DIRECT: "T",
}
_ROUTE_LETTERS: Final = tuple(_ROUTES[route] for route in RouteType)
_DIRECT: Final = int(RouteType.DIRECT)
_NUMBERS: Final = tuple(str(number) for number in range(256))


class MessageWriter:
    """Writes packet messages; keeps what one shares with the next: the origin, the second."""

    def __init__(self) -> None:
        """Begin in the year 1970, with nobody."""
        self._named: tuple[str, str] = ("", "")
        self._name = self._key = ""
        self._second = -1
        self._moment = self._time = self._date = ""

    def write(
        self, origin: Device, payload: bytes, rx: RxMeta, at_ms: int, direction: str
    ) -> bytes:
        """Write one message; see `Observer.packet`."""
        if self._named != (origin.node_id, origin.name):
            self._named = (origin.node_id, origin.name)
            self._name, self._key = name_of(origin), key_of(origin)
        second, milliseconds = divmod(min(max(at_ms, 0), MAX_TIME_MS), 1000)
        if second != self._second:
            self._begin(second)
        route, kind, payload_len, hash_text, path = _facts_of(payload)
        snr_db, rssi_dbm = rx.snr_db, rx.rssi_dbm
        message = {
            "origin": self._name,
            "origin_id": self._key,
            "timestamp": f"{self._moment}.{milliseconds:03}+00:00",
            "type": "PACKET",
            "direction": direction,
            "time": self._time,
            "date": self._date,
            "len": str(len(payload)),
            "packet_type": kind,
            "route": route,
            "payload_len": payload_len,
            "raw": payload.hex().upper(),
            "SNR": UNKNOWN if snr_db is None else str(float(snr_db)),
            "RSSI": UNKNOWN if rssi_dbm is None else str(rssi_dbm),
            "hash": hash_text,
        }
        if path:
            message["path"] = path
        # A copy has its own size; what orjson returns keeps the whole block that it wrote into,
        # kilobytes, and messages wait by the ten thousand.
        return bytes(memoryview(orjson.dumps(message)))

    def _begin(self, second: int) -> None:
        moment = dt.datetime.fromtimestamp(second, dt.UTC)
        self._second = second
        self._moment = moment.strftime("%Y-%m-%dT%H:%M:%S")
        self._time = moment.strftime("%H:%M:%S")
        self._date = moment.strftime("%d/%m/%Y")


def moment_text(at_ms: int) -> str:
    """Write a moment in ISO 8601, in UTC and to the millisecond."""
    second, milliseconds = divmod(min(max(at_ms, 0), MAX_TIME_MS), 1000)
    moment = dt.datetime.fromtimestamp(second, dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds:03}+00:00"


def name_of(origin: Device) -> str:
    """Name an observer; by the first eight digits of its key where it has no name."""
    return plain(origin.name) or plain(origin.node_id)[:8].upper()


def key_of(origin: Device) -> str:
    """Write an observer's key as analyzers do: 64 upper-case hex digits."""
    return plain(origin.node_id).upper()


def packet_type_of(payload: bytes) -> int:
    """Read a packet's type as its message gives it: 0 where it is malformed."""
    try:
        return decode_packet(payload).payload_type
    except DecodeError:
        return 0


def plain(text: str) -> str:
    """Replace what no UTF-8 can hold: half a surrogate pair."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _facts_of(payload: bytes) -> tuple[str, str, str, str, str]:
    """Read route, type, payload length, hash and path off a packet.

    The path is of route D only, and of packets that name relays there: a TRACE names none.
    """
    try:
        packet = decode_packet(payload)
    except DecodeError:
        return _MALFORMED_ROUTE, "0", "0", NO_HASH, ""
    route = packet.route
    path = ",".join(packet.path_hashes()) if route == _DIRECT and packet.path else ""
    return (
        _ROUTE_LETTERS[route],
        _NUMBERS[packet.payload_type],
        _NUMBERS[len(packet.payload)],
        packet_hash_text(packet),
        path,
    )
