"""What keeps a line gateway or a radio from working, on a serial port or behind TCP.

We listen and never send, for a radio behind it would be heard by everybody; but where the network
says that its radios can be greeted, we do.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from meshtui.errors import TransportError
from meshtui.model.link import LinkSetup
from meshtui.model.packet import Frame
from meshtui.runtime.check import Check
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.greeting import greet, has_packet, probe_for
from meshtui.transports import serial_ports, serial_words
from meshtui.transports.registry import load_transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from meshtui.networks.base import Probe
    from meshtui.transports.base import Link, LinkSpec

LISTEN_S = 3.0
_ENOUGH: Final = 4_096
_TEXT: Final = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D, 0x1B}


async def check_serial(title: str, spec: LinkSpec) -> AsyncIterator[Check]:
    """Look at a port from outside, then open it and listen."""
    complaint = await asyncio.to_thread(_look_at, spec.path)
    if complaint:
        yield Check(f"{title}: port", False, complaint)
        return
    yield Check(f"{title}: port", True, f"{spec.path} is there, may be used, and nobody has it")
    async for check in check_hearing(title, spec, "is ?baud= what the gateway is set to?"):
        yield check


async def check_kiss(title: str, spec: LinkSpec) -> AsyncIterator[Check]:
    """A modem on a serial port, or behind TCP."""
    async for check in (check_tcp if spec.host else check_serial)(title, spec):
        yield check


async def check_tcp(title: str, spec: LinkSpec) -> AsyncIterator[Check]:
    """Connect and listen."""
    async for check in check_hearing(title, spec, "is this the port of a line gateway?"):
        yield check


def check_ports(dev: Path = serial_ports.DEV) -> Check | None:
    """Say which gateways wait to be used; None where none is plugged in."""
    ports = [port for port in serial_ports.list_ports(dev) if port.is_usb]
    if not ports:
        return None
    detail = f"{serial_words.ports_there(ports)}; no link uses one"
    fix = complaint_about(ports[0].device) or (
        f"a MeshCore radio there is the link meshcore+serial://{ports[0].device}, "
        f"a LoRa gateway jsonmesh+serial://{ports[0].device}"
    )
    return Check("serial ports", True, detail, fix)


def complaint_about(device: str) -> str:
    """Say why a port that exists could not be used, without opening it; empty = it could."""
    if not serial_ports.is_permitted(device):
        return serial_words.forbidden(device)
    held_by = serial_ports.holders(device)
    return str(serial_words.busy(device, held_by)) if held_by else ""


def _look_at(device: str) -> str:
    try:
        is_serial = serial_ports.is_serial(device)
    except OSError as error:
        return str(serial_words.of_failure(device, error))
    return complaint_about(device) if is_serial else str(serial_words.not_serial(device))


async def check_hearing(title: str, spec: LinkSpec, fix: str) -> AsyncIterator[Check]:
    """Open a gateway and listen for a moment; `fix` is said where what comes is no text."""
    try:
        link = await load_transport(spec.scheme).open(spec, LinkSetup(), SystemClock().now)
    except TransportError as error:
        yield Check(f"{title}: open", False, str(error))
        return
    try:
        yield Check(f"{title}: open", True, link.remark or "it opens")
        probe = probe_for(spec)
        if probe is None:
            yield await _listen(f"{title}: hears", link, fix)
        else:
            async for check in _greet(title, link, probe):
                yield check
    finally:
        await link.aclose()


async def _greet(title: str, link: Link, probe: Probe) -> AsyncIterator[Check]:
    name = f"{title}: radio"
    try:
        greeted = await greet(link, probe)
    except TransportError as error:
        yield Check(name, False, str(error))
        return
    if greeted is None:
        yield Check(name, False, "it opens, but no radio of that network answers", probe.advice)
        return
    yield Check(name, True, greeted.said)
    for each in greeted.findings:
        yield Check(f"{title}: {each.what}", each.is_ok, each.detail, each.fix)


async def _listen(name: str, link: Link, fix: str) -> Check:
    heard = bytearray()
    try:
        async with asyncio.timeout(LISTEN_S):
            async for arrivals in link.arrivals():
                for item in arrivals:
                    heard += item.payload if isinstance(item, Frame) else b""
                if has_packet(heard) or len(heard) >= _ENOUGH:
                    break
    except TimeoutError:
        pass
    except TransportError as error:
        return Check(name, False, str(error))
    if not heard:
        detail = f"nothing in {LISTEN_S:.0f} s, as it is where nobody sends"
        return Check(name, True, detail)
    if has_packet(heard):
        return Check(name, True, "packets of a mesh")
    if sum(byte in _TEXT for byte in heard) < len(heard) * 3 // 4:
        return Check(name, False, f"{len(heard)} bytes that are neither text nor packets", fix)
    return Check(name, True, f"{len(heard)} bytes of text, no packet among them yet")
