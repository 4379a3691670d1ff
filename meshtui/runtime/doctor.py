"""What keeps a link from working, step by step: the way to it, the login, permissions.

Each step is tried by itself, so that the first that fails names the culprit; steps after it are
left out. Nothing is left behind at the broker: no session, no retained packet.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Final

from meshtui.errors import LinkLostError, TransportError
from meshtui.model.link import LinkSetup
from meshtui.model.packet import Frame, Subscribe, Transmit
from meshtui.networks.jsonmesh.topics import dm_topic
from meshtui.runtime.check import Check
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.doctor_ble import check_ble
from meshtui.runtime.doctor_broker import Way
from meshtui.runtime.doctor_gateways import (
    check_hearing,
    check_kiss,
    check_serial,
    check_tcp,
)
from meshtui.transports.mqtt_login import DEFAULT_PORTS
from meshtui.transports.registry import load_transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from meshtui.model.ids import NodeId
    from meshtui.transports.base import Link, LinkSpec

ECHO_TIMEOUT_S: Final = 5.0
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
    if spec.scheme == "replay":
        yield await _check_recording(title, spec)
        return
    if spec.scheme not in DEFAULT_PORTS:
        async for check in check_hearing(title, spec, ""):
            yield check
        return
    way = Way(title, spec)
    async for check in way.checks():
        yield check
    if not way.is_open:
        return
    login = await _check_login(title, spec)
    yield login
    if login.is_ok and me is not None:
        yield await _check_echo(title, spec, me)


async def _check_recording(title: str, spec: LinkSpec) -> Check:
    """A recording says nothing but whether it is one."""
    try:
        async with _open(spec, ()) as link:
            return Check(f"{title}: open", True, link.remark)
    except TransportError as error:
        return Check(f"{title}: open", False, str(error))


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
