"""What keeps a link from working, step by step: name, TCP, TLS, WebSocket, login, permissions.

Each step is tried by itself, so that the first that fails names the culprit; steps after it are
left out. Nothing is left behind at the broker: no session, no retained packet.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import secrets
import socket
import ssl
import time
from typing import TYPE_CHECKING, Final

from meshtui.errors import LinkLostError, TransportError
from meshtui.model.link import LinkSetup
from meshtui.model.packet import Frame, Subscribe, Transmit
from meshtui.networks.jsonmesh.topics import dm_topic
from meshtui.runtime.check import Check
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.doctor_ble import check_ble
from meshtui.runtime.doctor_gateways import (
    check_hearing,
    check_kiss,
    check_serial,
    check_tcp,
)
from meshtui.transports.registry import load_transport
from meshtui.transports.tls import client_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from meshtui.model.ids import NodeId
    from meshtui.transports.base import Link, LinkSpec

STEP_TIMEOUT_S: Final = 8.0
ECHO_TIMEOUT_S: Final = 5.0
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
_GATEWAYS: Final = {
    "serial": check_serial,
    "tcp": check_tcp,
    "ble": check_ble,
    "kiss": check_kiss,
}
_PROBE: Final = b"meshtui doctor"


async def check_link(spec: LinkSpec, me: NodeId | None) -> AsyncIterator[Check]:
    """Try a link, step by step, up to the first that fails.

    Args:
        me: Whose topics to try; None = there is no identity yet.
    """
    title = f"link {spec.link_id}"
    if spec.scheme in _GATEWAYS:
        async for check in _GATEWAYS[spec.scheme](title, spec):
            yield check
        return
    if spec.scheme not in _PORTS:
        async for check in check_hearing(title, spec, ""):
            yield check
        return
    steps = [_check_name, _check_tcp]
    if spec.scheme in {"mqtts", "wss"}:
        steps.append(_check_tls)
    if spec.scheme in {"ws", "wss"}:
        steps.append(_check_websocket)
    steps.append(_check_login)
    for step in steps:
        check = await step(title, spec)
        yield check
        if not check.is_ok:
            return
    if me is not None:
        yield await _check_echo(title, spec, me)


async def _check_name(title: str, spec: LinkSpec) -> Check:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(STEP_TIMEOUT_S):
            found = await loop.getaddrinfo(spec.host, _port(spec), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        fix = "check the spelling of the host, and the network of this machine"
        return Check(f"{title}: name", False, f"{spec.host} is not found ({_why(error)})", fix)
    addresses = sorted({str(entry[4][0]) for entry in found})
    return Check(f"{title}: name", True, f"{spec.host} is {', '.join(addresses[:6])}")


async def _check_tcp(title: str, spec: LinkSpec) -> Check:
    where = f"port {_port(spec)} of {spec.host}"
    began_s = time.monotonic()
    try:
        async with _connection(spec, None):
            took_ms = (time.monotonic() - began_s) * 1000
    except (OSError, TimeoutError) as error:
        fix = "is the broker running, the port right, and no firewall between?"
        return Check(f"{title}: tcp", False, f"{where} does not answer ({_why(error)})", fix)
    return Check(f"{title}: tcp", True, f"{where} answers in {took_ms:.0f} ms")


async def _check_tls(title: str, spec: LinkSpec) -> Check:
    name = f"{title}: tls"
    if spec.options.get("insecure") == "1":
        fix = "take ?insecure=1 away; ?ca=FILE trusts a private authority"
        return Check(name, False, "the certificate is not checked: anybody can listen in", fix)
    try:
        async with _connection(spec, client_context(spec)) as (_, writer):
            tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
            until = dict(tls.getpeercert() or {}).get("notAfter", "?")
            return Check(name, True, f"{tls.version()}, certificate valid until {until}")
    except TransportError as error:
        return Check(
            name, False, str(error), "?ca= names a PEM file with the authority's certificate"
        )
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message or "it does not verify"
        fix = "a private authority is trusted by ?ca=FILE; a wrong name needs the right host name"
        return Check(name, False, f"the certificate is not trusted: {why}", fix)
    except (OSError, TimeoutError) as error:
        fix = "is this the TLS port? plain ones are mqtt:// and ws://"
        return Check(name, False, f"no TLS there ({_why(error)})", fix)


async def _check_websocket(title: str, spec: LinkSpec) -> Check:
    name, path = f"{title}: websocket", spec.path or "/mqtt"
    tls = client_context(spec) if spec.scheme == "wss" else None
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {spec.host}:{_port(spec)}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: mqtt\r\n\r\n"
    )
    fix = "the path after the port must be the broker's, often /mqtt or /ws"
    try:
        async with _connection(spec, tls) as (reader, writer), asyncio.timeout(STEP_TIMEOUT_S):
            writer.write(request.encode())
            status = (await reader.readline()).decode("ascii", "replace").strip()[:80]
    except (OSError, ValueError, TimeoutError) as error:
        return Check(name, False, f"no answer to the upgrade ({_why(error)})", fix)
    is_open = status.split(" ")[1:2] == ["101"]
    if is_open:
        return Check(name, True, f"{path} upgrades")
    return Check(name, False, f"{path} answers {status or 'nothing'}", fix)


async def _check_login(title: str, spec: LinkSpec) -> Check:
    try:
        async with _open(spec, ()) as link:
            return Check(f"{title}: login", True, link.remark or "the broker lets us in")
    except TransportError as error:
        fix = "user before the @ of the link, password by ?password_file=FILE" * error.is_final
        return Check(f"{title}: login", False, str(error), fix)


async def _check_echo(title: str, spec: LinkSpec, me: NodeId) -> Check:
    """Hear ourselves on our own topic: a broker that forbids either says nothing."""
    name, topic = f"{title}: topics", dm_topic(me)
    fix = f"the broker's access rules must let this user read and write {topic} and the rest"
    subscribe = Subscribe(spec.link_id, topic, is_confirmed=False)
    began_s = time.monotonic()
    try:
        async with _open(spec, (subscribe,)) as link, asyncio.timeout(ECHO_TIMEOUT_S):
            await link.send(Transmit(spec.link_id, _PROBE, topic))
            async for arrivals in link.arrivals():
                if any(isinstance(each, Frame) and each.payload == _PROBE for each in arrivals):
                    took_ms = (time.monotonic() - began_s) * 1000
                    return Check(
                        name, True, f"{topic} carries packets, there and back {took_ms:.0f} ms"
                    )
    except TimeoutError:
        return Check(name, False, f"what we send to {topic} does not come back", fix)
    except (TransportError, LinkLostError) as error:
        return Check(name, False, f"{topic}: {error}", fix)
    return Check(name, False, f"{topic}: the broker closed the connection", fix)


@contextlib.asynccontextmanager
async def _open(spec: LinkSpec, subscriptions: tuple[Subscribe, ...]) -> AsyncIterator[Link]:
    setup = LinkSetup(subscriptions=subscriptions)
    link = await load_transport(spec.scheme).open(spec, setup, SystemClock().now)
    try:
        yield link
    finally:
        await link.aclose()


@contextlib.asynccontextmanager
async def _connection(
    spec: LinkSpec, tls: ssl.SSLContext | None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(STEP_TIMEOUT_S):
        name = spec.host if tls is not None else None
        reader, writer = await asyncio.open_connection(
            spec.host, _port(spec), ssl=tls, server_hostname=name
        )
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def _port(spec: LinkSpec) -> int:
    return spec.port or _PORTS[spec.scheme]


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return getattr(error, "strerror", None) or type(error).__name__
