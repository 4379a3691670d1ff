"""What keeps a Bluetooth gateway from working: the adapter, the way to it, the gateway itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import TransportError
from meshtui.runtime.check import Check
from meshtui.runtime.doctor_gateways import check_hearing
from meshtui.transports import ble_scan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from meshtui.transports.base import LinkSpec


async def check_ble(title: str, spec: LinkSpec) -> AsyncIterator[Check]:
    """Try the adapter, look for the gateway, then connect and listen; nothing is sent."""
    adapter = spec.options.get("adapter", "")
    try:
        await ble_scan.try_adapter(adapter)
    except TransportError as error:
        yield Check(f"{title}: bluetooth", False, str(error))
        return
    yield Check(f"{title}: bluetooth", True, "the adapter is there, on, and may be used")
    try:
        radio = await ble_scan.find(spec.host, adapter)
    except TransportError as error:
        yield Check(f"{title}: radio", False, str(error), "is it on, and near enough?")
        return
    yield Check(f"{title}: radio", True, f"{radio.words} is in reach")
    async for check in check_hearing(title, spec, "does this gateway speak lines?"):
        yield check
