"""Radios plugged into this machine, for a first run to offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.runtime.api import Found
from meshtui.runtime.bootstrap import DEFAULT_NETWORK
from meshtui.runtime.doctor_gateways import complaint_about
from meshtui.transports.serial_ports import DEV, list_ports

if TYPE_CHECKING:
    from pathlib import Path


# The same boards serve either network, and a question which it is might go on the air.
_RADIOS: Final = (("meshcore", "MeshCore radio"), (DEFAULT_NETWORK, "LoRa gateway"))


def serial_gateways(dev: Path = DEV) -> list[Found]:
    """List what is plugged in by USB, and what keeps us from using it, else what it calls itself.

    Nothing is opened; each port is offered as every kind of radio that it may be.
    """
    return [
        Found(f"{title} on {port.device}", f"{network}+serial://{port.device}", detail)
        for port in list_ports(dev)
        if port.is_usb
        for detail in (complaint_about(port.device) or port.label,)
        for network, title in _RADIOS
    ]
