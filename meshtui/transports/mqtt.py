"""MQTT brokers: plain, TLS, WebSocket, WebSocket over TLS.

paho is loaded when the first link opens. Its `connect` blocks (names, TCP, TLS, WebSocket), so it
runs in a thread of its own: a broker that does not answer delays no other.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from meshtui.errors import TransportError
from meshtui.model.link import LinkKind
from meshtui.transports.base import OptionSpec
from meshtui.transports.threads import in_own_thread
from meshtui.transports.tls import client_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.properties import Properties

    from meshtui.model.ids import Instant
    from meshtui.model.link import LinkSetup
    from meshtui.transports.base import Link, LinkSpec
    from meshtui.transports.mqtt_client import LoopClient

DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
DEFAULT_PATH = "/mqtt"
OPEN_TIMEOUT_S = 14.0
SOCKET_TIMEOUT_S = 8.0
# How long an MQTT 5 broker keeps our session; a 3.1.1 broker decides for itself.
SESSION_EXPIRY_S = 30 * 24 * 3600
LONGEST_PASSWORD = 64 * 1024


@dataclass(frozen=True, slots=True)
class MqttTransport:
    """Opens links to MQTT brokers."""

    schemes: tuple[str, ...] = ("mqtt", "mqtts", "ws", "wss")
    kind: LinkKind = LinkKind.BROKER
    options: tuple[OptionSpec, ...] = (
        OptionSpec("password_file", "read the password from the first line of this file"),
        OptionSpec("ca", "a PEM file with an authority to trust beside the system's"),
        OptionSpec("insecure", "1: do not check the certificate", "0", ("0", "1")),
        OptionSpec("keepalive", "seconds between signs of life, 5 to 1200", "60"),
        OptionSpec("protocol", "MQTT version: 4 is 3.1.1", "4", ("4", "5")),
    )

    def check(self, spec: LinkSpec) -> None:
        """Refuse a number out of range; files are looked at when the link opens."""
        _keepalive(spec)

    async def open(self, spec: LinkSpec, setup: LinkSetup, now: Callable[[], Instant]) -> Link:
        """Connect, log in and subscribe; at most 15 seconds.

        Raises:
            TransportError: With a sentence that says what was tried and what to do.
        """
        from meshtui.transports import mqtt_words
        from meshtui.transports.mqtt_link import MqttLink

        where = _where(spec)
        link = None
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                client = _make_client(spec, setup)
                await _connect(client, spec, setup)
                link = MqttLink(client, spec, now, _remark(spec))
                await link.welcome(where, setup.subscriptions)
        except BaseException as error:
            if link is not None:
                link.abort()
            if not isinstance(error, Exception):
                raise
            if isinstance(error, TimeoutError) and link is not None:
                msg = f"{where} took the connection and said nothing; is it an MQTT broker?"
                raise TransportError(msg) from None
            raise mqtt_words.of_failure(where, error, _path(spec)) from None
        return link


MQTT = MqttTransport()


def _where(spec: LinkSpec) -> str:
    host = f"[{spec.host}]" if ":" in spec.host else spec.host
    return f"{host}:{_port(spec)}"


def _port(spec: LinkSpec) -> int:
    return spec.port or DEFAULT_PORTS[spec.scheme]


def _path(spec: LinkSpec) -> str:
    return (spec.path or DEFAULT_PATH) if spec.scheme in {"ws", "wss"} else ""


def _is_tls(spec: LinkSpec) -> bool:
    return spec.scheme in {"mqtts", "wss"}


def _remark(spec: LinkSpec) -> str:
    if _is_tls(spec) and spec.options.get("insecure") == "1":
        return "the broker's certificate is not checked"
    return ""


def _keepalive(spec: LinkSpec) -> int:
    text = spec.options.get("keepalive", "60")
    if not (text.isascii() and text.isdigit() and 5 <= int(text[:6]) <= 1_200):
        msg = f"keepalive={text[:20]!r}: a number from 5 to 1200"
        raise TransportError(msg, is_final=True)
    return int(text)


def _make_client(spec: LinkSpec, setup: LinkSetup) -> LoopClient:
    from paho.mqtt.client import MQTTv5, MQTTv311
    from paho.mqtt.enums import CallbackAPIVersion

    from meshtui.transports.mqtt_client import LoopClient

    is_v5 = spec.options.get("protocol") == "5"
    client = LoopClient(
        CallbackAPIVersion.VERSION2,
        client_id=setup.client_id,
        clean_session=None if is_v5 else not setup.client_id,
        protocol=MQTTv5 if is_v5 else MQTTv311,
        transport="websockets" if spec.scheme in {"ws", "wss"} else "tcp",
        reconnect_on_failure=False,
        manual_ack=True,
    )
    client.connect_timeout = SOCKET_TIMEOUT_S
    client.max_inflight_messages_set(0)  # the link keeps its own window
    if setup.will is not None:
        will = setup.will
        client.will_set(will.endpoint, will.payload, int(will.is_confirmed), will.is_retained)
    if _path(spec):
        client.ws_set_options(_path(spec))
    return client


async def _connect(client: LoopClient, spec: LinkSpec, setup: LinkSetup) -> None:
    """Connect in a thread; where we are cancelled meanwhile, the thread soon ends by itself."""

    def connect() -> None:
        # Files are read here as well: they may lie on a slow disk, and may have changed.
        if _is_tls(spec):
            client.tls_set_context(client_context(spec))
        if spec.username:
            client.username_pw_set(spec.username, _password(spec) or None)
        try:
            clean_start, properties = _v5_arguments(spec, setup, client.max_packet_bytes)
            client.connect(
                spec.host,
                _port(spec),
                _keepalive(spec),
                clean_start=clean_start,
                properties=properties,
            )
        finally:
            client.connected()

    try:
        await in_own_thread(connect, f"connect {spec.link_id}", client.abort)
    except asyncio.CancelledError:
        client.blow_fuse()
        raise


def _v5_arguments(
    spec: LinkSpec, setup: LinkSetup, max_packet_bytes: int
) -> tuple[bool | Literal[3], Properties | None]:
    """Say in MQTT 5's words what 3.1.1 says by `clean_session`, and how much we take."""
    if spec.options.get("protocol") != "5":
        return 3, None
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = max_packet_bytes
    if setup.client_id:
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
    return not setup.client_id, properties


def _password(spec: LinkSpec) -> str:
    file = spec.options.get("password_file")
    if not file:
        return spec.password
    try:
        with Path(file).expanduser().open(encoding="utf-8") as lines:
            return lines.readline(LONGEST_PASSWORD).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        msg = f"cannot read password_file {file}: {why}"
        raise TransportError(msg, is_final=True) from None
