"""Gateways plugged into this machine, for a first run to offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.runtime.api import Found
from meshtui.runtime.bootstrap import DEFAULT_NETWORK
from meshtui.runtime.doctor_gateways import complaint_about
from meshtui.transports.serial_ports import DEV, list_ports

if TYPE_CHECKING:
    from pathlib import Path


def serial_gateways(dev: Path = DEV) -> list[Found]:
    """List what is plugged in by USB, and what keeps us from using it, else what it calls itself.

    Nothing is opened.
    """
    return [
        Found(
            f"LoRa gateway on {port.device}",
            f"{DEFAULT_NETWORK}+serial://{port.device}",
            complaint_about(port.device) or port.label,
        )
        for port in list_ports(dev)
        if port.is_usb
    ]
