"""Transports by URL scheme; one line for a new one. Loaded when first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from meshtui.errors import ConfigError

if TYPE_CHECKING:
    from meshtui.transports.base import Transport

TRANSPORTS = {
    "mqtt": "meshtui.transports.mqtt:MQTT",
    "mqtts": "meshtui.transports.mqtt:MQTT",
    "ws": "meshtui.transports.mqtt:MQTT",
    "wss": "meshtui.transports.mqtt:MQTT",
    "ble": "meshtui.transports.ble:BLE",
    "serial": "meshtui.transports.serial:SERIAL",
    "tcp": "meshtui.transports.tcp:TCP",
    "kiss": "meshtui.transports.kiss:KISS",
    "loopback": "meshtui.transports.loopback:LOOPBACK",
    "sim": "meshtui.sim.link:SIM",
    "replay": "meshtui.runtime.replay:REPLAY",
}


def load_transport(scheme: str) -> Transport:
    """Return the transport that opens `scheme` links.

    Raises:
        ConfigError: There is none for that scheme.
    """
    try:
        module, _, attribute = TRANSPORTS[scheme].partition(":")
    except KeyError:
        msg = f"unknown transport {scheme!r}; one of {', '.join(TRANSPORTS)}"
        raise ConfigError(msg) from None
    return cast("Transport", getattr(import_module(module), attribute))
