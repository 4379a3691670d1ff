"""How we connect to an MQTT broker and log in; the same for links and feeds.

paho is loaded when the first connection opens. Its `connect` blocks (names, TCP, TLS, WebSocket),
so it runs in a thread of its own: a broker that does not answer delays no other.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from meshtui.errors import TransportError
from meshtui.transports.threads import in_own_thread
from meshtui.transports.tls import client_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.properties import Properties

    from meshtui.model.link import LinkSetup
    from meshtui.transports.base import LinkSpec
    from meshtui.transports.mqtt_client import LoopClient
    from meshtui.transports.mqtt_connection import MqttConnection

DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
DEFAULT_PATH = "/mqtt"
OPEN_TIMEOUT_S = 14.0
SOCKET_TIMEOUT_S = 8.0
# How long an MQTT 5 broker keeps our session; a 3.1.1 broker decides for itself.
SESSION_EXPIRY_S = 30 * 24 * 3600
LONGEST_PASSWORD = 64 * 1024

Client = TypeVar("Client", bound="LoopClient")
Connection = TypeVar("Connection", bound="MqttConnection")


async def log_in(
    spec: LinkSpec,
    setup: LinkSetup,
    client_type: type[Client],
    take_over: Callable[[Client], Connection],
    *,
    is_clean: bool,
) -> Connection:
    """Connect and wait until we are let in; at most 15 seconds.

    Args:
        take_over: Called once the CONNECT has been sent.
        is_clean: The broker keeps nothing for us while we are away.

    Raises:
        TransportError: With a sentence that says what was tried and what to do.
    """
    from meshtui.transports import mqtt_words

    where = _where(spec)
    connection = None
    try:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            client = _make_client(client_type, spec, setup, is_clean=is_clean)
            await _connect(client, spec, is_clean=is_clean)
            connection = take_over(client)
            await connection.welcome(where)
    except BaseException as error:
        if connection is not None:
            connection.abort()
        if not isinstance(error, Exception):
            raise
        if isinstance(error, TimeoutError) and connection is not None:
            msg = f"{where} took the connection and said nothing; is it an MQTT broker?"
            raise TransportError(msg) from None
        raise mqtt_words.of_failure(where, error, _path(spec)) from None
    return connection


def keepalive(spec: LinkSpec) -> int:
    """Read how many seconds may pass without a sign of life.

    Raises:
        TransportError: It is no number, or out of range.
    """
    text = spec.options.get("keepalive", "60")
    if not (text.isascii() and text.isdigit() and 5 <= int(text[:6]) <= 1_200):
        msg = f"keepalive={text[:20]!r}: a number from 5 to 1200"
        raise TransportError(msg, is_final=True)
    return int(text)


def remark(spec: LinkSpec) -> str:
    """Say what is odd about how this connection is made; or empty."""
    if _is_tls(spec) and spec.options.get("insecure") == "1":
        return "the broker's certificate is not checked"
    return ""


def is_version_5(spec: LinkSpec) -> bool:
    """Tell whether MQTT 5 is to be spoken; else it is 3.1.1."""
    return spec.options.get("protocol") == "5"


def _where(spec: LinkSpec) -> str:
    host = f"[{spec.host}]" if ":" in spec.host else spec.host
    return f"{host}:{_port(spec)}"


def _port(spec: LinkSpec) -> int:
    return spec.port or DEFAULT_PORTS[spec.scheme]


def _path(spec: LinkSpec) -> str:
    return (spec.path or DEFAULT_PATH) if spec.scheme in {"ws", "wss"} else ""


def _is_tls(spec: LinkSpec) -> bool:
    return spec.scheme in {"mqtts", "wss"}


def _make_client(
    client_type: type[Client], spec: LinkSpec, setup: LinkSetup, *, is_clean: bool
) -> Client:
    from paho.mqtt.client import MQTTv5, MQTTv311
    from paho.mqtt.enums import CallbackAPIVersion

    is_v5 = is_version_5(spec)
    client = client_type(
        CallbackAPIVersion.VERSION2,
        client_id=setup.client_id,
        clean_session=None if is_v5 else is_clean,
        protocol=MQTTv5 if is_v5 else MQTTv311,
        transport="websockets" if spec.scheme in {"ws", "wss"} else "tcp",
        reconnect_on_failure=False,
        manual_ack=True,
    )
    client.connect_timeout = SOCKET_TIMEOUT_S
    client.max_inflight_messages_set(0)  # who sends keeps a window of its own
    if setup.will is not None:
        will = setup.will
        client.will_set(will.endpoint, will.payload, int(will.is_confirmed), will.is_retained)
    if _path(spec):
        client.ws_set_options(_path(spec))
    return client


async def _connect(client: LoopClient, spec: LinkSpec, *, is_clean: bool) -> None:
    """Connect in a thread; where we are cancelled meanwhile, the thread soon ends by itself."""

    def connect() -> None:
        # Files are read here as well: they may lie on a slow disk, and may have changed.
        if _is_tls(spec):
            client.tls_set_context(client_context(spec))
        if spec.username:
            client.username_pw_set(spec.username, _password(spec) or None)
        try:
            clean_start, properties = _v5_arguments(
                spec, client.max_packet_bytes, is_clean=is_clean
            )
            client.connect(
                spec.host,
                _port(spec),
                keepalive(spec),
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
    spec: LinkSpec, max_packet_bytes: int, *, is_clean: bool
) -> tuple[bool | Literal[3], Properties | None]:
    """Say in MQTT 5's words what 3.1.1 says by `clean_session`, and how much we take."""
    if not is_version_5(spec):
        return 3, None
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = max_packet_bytes
    if not is_clean:
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
    return is_clean, properties


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
