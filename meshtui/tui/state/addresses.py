"""From what people type as an address to the link URLs it may mean."""

from __future__ import annotations

import re
from typing import Final

BROKERS: Final = ("mqtt", "mqtts", "ws", "wss")
COMPANION_PORT: Final = "5000"
_TLS_PORT: Final = "8883"
_BROKER_PORTS: Final = ("", "1883", _TLS_PORT)
_MESHCORE_NAME: Final = "meshcore-"  # what its firmware puts in front of a radio's name
_PORT: Final = re.compile(r":(\d{1,5})(?:/.*)?$")


def medium_of(url: str) -> str:
    """Say how a link URL goes there: `serial`, `ble`, `mqtts`."""
    return url.partition("://")[0].rpartition("+")[2]


def meant_by(typed: str) -> tuple[str, ...]:
    """Complete `broker.example`, `192.168.1.7:5000`, `ble://MeshCore-Alice`, `/dev/ttyUSB0`.

    Returns:
        The URLs it may mean; several where only the user knows which radio is there, none where
        nothing was typed. What is complete, or not understood, stays as it is.
    """
    address = typed.strip()
    scheme, has_scheme, rest = address.partition("://")
    if not address or "+" in scheme:
        return (address,) if address else ()
    if address.startswith("/dev/"):
        return _of_device(f"serial://{address}", address)
    if not has_scheme:
        return _of_host(address)
    if scheme in BROKERS:
        return (f"jsonmesh+{address}",)
    if scheme == "kiss":
        return (f"meshcore+{address}",)
    if scheme == "serial":
        return _of_device(address, rest)
    if scheme == "ble" and rest.casefold().startswith(_MESHCORE_NAME):
        return (f"meshcore+{address}",)
    if scheme == "tcp" and _port_of(rest) == COMPANION_PORT:
        return (f"meshcore+{address}",)
    if scheme in ("ble", "tcp"):
        return f"meshcore+{address}", f"jsonmesh+{address}"
    return (address,)


def _of_device(url: str, device: str) -> tuple[str, ...]:
    return f"meshcore+{url}", f"meshcore+kiss://{device}", f"jsonmesh+{url}"


def _of_host(address: str) -> tuple[str, ...]:
    port = _port_of(address)
    radio = f"meshcore+tcp://{address}"
    if port == COMPANION_PORT:
        return (radio,)
    broker = f"jsonmesh+{'mqtts' if port == _TLS_PORT else 'mqtt'}://{address}"
    if port in _BROKER_PORTS or "@" in address:
        return (broker,)
    return broker, radio, f"jsonmesh+tcp://{address}"


def _port_of(address: str) -> str:
    found = _PORT.search(address.partition("?")[0].rpartition("@")[2])
    return found[1] if found else ""
