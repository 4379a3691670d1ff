"""The status message: an observer is there, or no longer.

    {"status": "online" | "offline", "timestamp", "origin", "origin_id": KEY, "model",
     "firmware_version": "v1.17.1 (Build: 14 Aug 2026)", "radio": "869.618,62.5,8,8" (MHz, kHz, SF,
     CR), "client_version": "meshtui/0.1.0" [, "stats": {…numbers…}]}

What a radio does not say is "unknown", as other observers write it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from meshtui import __version__
from meshtui.networks.meshcore.observing.message import key_of, moment_text, name_of, plain

if TYPE_CHECKING:
    from meshtui.model.device import Device
    from meshtui.model.link import RadioSettings

CLIENT: Final = f"meshtui/{__version__}"
UNKNOWN: Final = "unknown"
_BUILD: Final = "Build: "
_ALIASES: Final = (("sent", "packets_sent"), ("recv", "packets_received"))


def write_status(origin: Device, at_ms: int, *, is_online: bool, has_stats: bool) -> bytes:
    """Write one message; see `Observer.status`. Who is gone has no statistics."""
    message: dict[str, object] = {
        "status": "online" if is_online else "offline",
        "timestamp": moment_text(at_ms),
        "origin": name_of(origin),
        "origin_id": key_of(origin),
        "model": plain(origin.model) or UNKNOWN,
        "firmware_version": _version_of(plain(origin.firmware)) or UNKNOWN,
        "radio": UNKNOWN if origin.radio is None else _radio_of(origin.radio),
        "client_version": CLIENT,
    }
    if is_online and has_stats and origin.stats:
        message["stats"] = _stats_of(origin)
    return orjson.dumps(message)


def _version_of(firmware: str) -> str:
    """Say what the date behind a version is."""
    version, bracket, build = firmware.partition(" (")
    is_date = bracket and build.endswith(")") and not build.startswith(_BUILD)
    return f"{version} ({_BUILD}{build}" if is_date else firmware


def _radio_of(radio: RadioSettings) -> str:
    frequency_mhz = radio.frequency_mhz or 0
    return (
        f"{frequency_mhz:.9g},{radio.bandwidth_khz:.9g},"
        f"{radio.spreading_factor},{radio.coding_rate}"
    )


def _stats_of(origin: Device) -> dict[str, int | float]:
    """List the figures, two of them by the other name that analyzers know them by, too."""
    stats = dict(origin.stats)
    return stats | {alias: stats[name] for name, alias in _ALIASES if name in stats}
