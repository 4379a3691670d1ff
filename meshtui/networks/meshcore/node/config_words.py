"""The settings of a node that an administrator reads and writes by name.

Names and limits are the firmware's.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meshtui.model.node import Position
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.node.settings import LoopDetect, NodeSettings, mesh_radio
from meshtui.networks.meshcore.payloads.anon_request import MAX_PASSWORD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_NAME_BYTES: Final = 31
_MAX_OWNER_CHARS: Final = 120


def read_number(text: str) -> float | None:
    """Read a number; None = it is none, or not finite."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _radio_text(settings: NodeSettings) -> str:
    radio = settings.radio
    frequency = radio.frequency_mhz or 0.0
    return f"{frequency:.3f},{radio.bandwidth_khz:g},{radio.spreading_factor},{radio.coding_rate}"


def _on_off(flag: bool) -> str:  # noqa: FBT001
    return "on" if flag else "off"


GETTERS: Final[dict[str, Callable[[NodeSettings], str]]] = {
    "name": lambda settings: settings.name,
    "role": lambda settings: settings.role.name.lower(),
    "radio": _radio_text,
    "freq": lambda settings: f"{settings.radio.frequency_mhz or 0.0:.3f}",
    "tx": lambda settings: str(settings.radio.power_dbm or 0),
    "repeat": lambda settings: _on_off(settings.forwards),
    "lat": lambda settings: f"{settings.position.lat if settings.position else 0.0:.6f}",
    "lon": lambda settings: f"{settings.position.lng if settings.position else 0.0:.6f}",
    "flood.max": lambda settings: str(settings.flood_max),
    "txdelay": lambda settings: f"{settings.tx_delay_factor:g}",
    "direct.txdelay": lambda settings: f"{settings.direct_tx_delay_factor:g}",
    "rxdelay": lambda settings: f"{settings.rx_delay_base:g}",
    "multi.acks": lambda settings: str(settings.extra_acks),
    "path.hash.mode": lambda settings: str(settings.hash_size - 1),
    "loop.detect": lambda settings: settings.loop_detect.name.lower(),
    "advert.interval": lambda settings: f"{settings.advert_zero_hop_s / 60:g}",
    "flood.advert.interval": lambda settings: f"{settings.advert_flood_s / 3600:g}",
    "owner.info": lambda settings: settings.owner,
}


def _set_name(settings: NodeSettings, value: str) -> NodeSettings | None:
    fits = value and len(value.encode()) <= MAX_NAME_BYTES
    return replace(settings, name=value) if fits else None


def _set_owner(settings: NodeSettings, value: str) -> NodeSettings | None:
    return replace(settings, owner=value[:_MAX_OWNER_CHARS])


def _set_repeat(settings: NodeSettings, value: str) -> NodeSettings | None:
    return replace(settings, forwards=value == "on") if value in {"on", "off"} else None


def _set_radio(settings: NodeSettings, value: str) -> NodeSettings | None:
    numbers = [read_number(part) for part in value.split(",")]
    if len(numbers) != 4 or None in numbers:
        return None
    frequency, bandwidth, spreading, coding = (number or 0.0 for number in numbers)
    if not (5 <= spreading <= 12 and 5 <= coding <= 8 and 7 <= bandwidth <= 500):
        return None
    if not 150 <= frequency <= 2500:
        return None
    power = settings.radio.power_dbm
    return replace(
        settings, radio=mesh_radio(int(spreading), bandwidth, int(coding), frequency, power)
    )


def _set_place(settings: NodeSettings, lat: float | None, lng: float | None) -> NodeSettings | None:
    if lat is None or lng is None or abs(lat) > 90 or abs(lng) > 180:
        return None
    return replace(settings, position=Position(lat, lng))


def _set_lat(settings: NodeSettings, value: str) -> NodeSettings | None:
    lng = settings.position.lng if settings.position else 0.0
    return _set_place(settings, read_number(value), lng)


def _set_lon(settings: NodeSettings, value: str) -> NodeSettings | None:
    lat = settings.position.lat if settings.position else 0.0
    return _set_place(settings, lat, read_number(value))


def _set_guest(settings: NodeSettings, value: str) -> NodeSettings | None:
    secret = value.encode()
    if len(secret) > MAX_PASSWORD_BYTES:
        return None
    return replace(settings, guest_password=SecretBytes(secret))


def _set_loop(settings: NodeSettings, value: str) -> NodeSettings | None:
    chosen = LoopDetect.__members__.get(value.upper())
    return None if chosen is None else replace(settings, loop_detect=chosen)


def _ranged(
    low: float, high: float, change: Callable[[NodeSettings, float], NodeSettings]
) -> Callable[[NodeSettings, str], NodeSettings | None]:
    """Return a setter of a number within limits."""

    def setter(settings: NodeSettings, value: str) -> NodeSettings | None:
        number = read_number(value)
        return change(settings, number) if number is not None and low <= number <= high else None

    return setter


SETTERS: Final[dict[str, Callable[[NodeSettings, str], NodeSettings | None]]] = {
    "name": _set_name,
    "owner.info": _set_owner,
    "repeat": _set_repeat,
    "radio": _set_radio,
    "lat": _set_lat,
    "lon": _set_lon,
    "guest.password": _set_guest,
    "loop.detect": _set_loop,
    "tx": _ranged(
        -9, 30, lambda old, number: replace(old, radio=replace(old.radio, power_dbm=int(number)))
    ),
    "flood.max": _ranged(0, 64, lambda old, number: replace(old, flood_max=int(number))),
    "txdelay": _ranged(0, 2, lambda old, number: replace(old, tx_delay_factor=number)),
    "direct.txdelay": _ranged(
        0, 2, lambda old, number: replace(old, direct_tx_delay_factor=number)
    ),
    "rxdelay": _ranged(0, 20, lambda old, number: replace(old, rx_delay_base=number)),
    "multi.acks": _ranged(0, 1, lambda old, number: replace(old, extra_acks=int(number))),
    "path.hash.mode": _ranged(0, 2, lambda old, number: replace(old, hash_size=int(number) + 1)),
    "advert.interval": _ranged(
        0, 240, lambda old, number: replace(old, advert_zero_hop_s=number * 60)
    ),
    "flood.advert.interval": _ranged(
        0, 168, lambda old, number: replace(old, advert_flood_s=number * 3600)
    ),
}
