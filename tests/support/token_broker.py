"""A broker that takes observers' tokens for logins, as the analyzers' brokers do.

    user  v1_<KEY>      password  base64url(header).base64url(claims).HEX(signature)
    meshcore/{IATA}/{KEY}/status | packets

It checks with its own eyes: MQTT by `mqtt_server`, signatures by `cryptography`. What it does not
like it answers as they do: a login is refused with 5, everything else hangs up without a word.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import dataclasses
import json
import re
import ssl
import time
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from websockets.asyncio.server import serve

from tests.support import mqtt_server as mqtt
from tests.support.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from websockets.asyncio.server import Server, ServerConnection

AUDIENCE: Final = "mqtt.example.net"
READER: Final = ("reader", "may read")
AIRPORTS: Final = {"BTS", "PRG", "VIE", "CLT", "SEA", "PDX", "BOS", "LHR", "MUC", "SFO"}
HEADER: Final = b'{"alg":"Ed25519","typ":"JWT"}'
# ten logins that fail within a minute close the door for five
FAILURES, FAILURES_S, BANNED_S = 10, 60, 300


class DeniedError(Exception):
    """A login or a message that is not taken; the text says why, for assertions."""


class Login(NamedTuple):
    """A login that was accepted. `claims` are those of the token; empty = a reader."""

    at_s: float
    client_id: str
    user: str
    key: str
    claims: dict
    will: mqtt.Message | None
    scheme: str


class Taken(NamedTuple):
    """A message that was accepted.

    Attributes:
        kind: `status` or `packets`.
        is_retained: As the publisher asked for; of status it is not kept.
        is_will: The publisher is gone, and this is its will.
    """

    at_s: float
    topic: str
    kind: str
    payload: bytes
    body: dict
    qos: int
    is_retained: bool
    is_repeat: bool
    client_id: str
    is_will: bool


def check_token(user: str, password: bytes, audience: str, now_s: float) -> dict:
    """The claims of a token.

    Raises:
        DeniedError: It is not good; `user`, `form`, `header`, `claims`, `key`, `signature`,
            `expired` or `audience`.
    """
    if not re.fullmatch("v1_[0-9A-F]{64}", user):
        raise DeniedError("user")
    key = user.removeprefix("v1_")
    parts = password.split(b".")
    if len(parts) != 3 or not re.fullmatch(b"[0-9A-Fa-f]{128}", parts[2]):
        raise DeniedError("form")
    if _plain(parts[0]) != HEADER:
        raise DeniedError("header")
    try:
        claims = json.loads(_plain(parts[1]))
        issued_s, expires_s = int(claims["iat"]), int(claims["exp"])
    except (ValueError, KeyError, TypeError) as error:
        raise DeniedError("claims") from error
    if claims.get("publicKey") != key:
        raise DeniedError("key")
    try:
        signer = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        signer.verify(bytes.fromhex(parts[2].decode()), parts[0] + b"." + parts[1])
    except (InvalidSignature, ValueError) as error:
        raise DeniedError("signature") from error
    if expires_s < now_s or expires_s <= issued_s:
        raise DeniedError("expired")
    if claims.get("aud") != audience:
        raise DeniedError("audience")
    return claims


def check_message(key: str, message: mqtt.Message) -> tuple[str, dict]:
    """The kind of a publisher's message, and what is in it.

    Raises:
        DeniedError: It may not publish that; `topic`, `place`, `another's topic`, `json` or
            `origin`.
    """
    match message.topic.split("/"):
        case ["meshcore", place, whose, ("status" | "packets") as kind]:
            pass
        case _:
            raise DeniedError("topic")
    if place not in AIRPORTS and place.lower() != "test":
        raise DeniedError("place")
    if whose.upper() != key:
        raise DeniedError("another's topic")
    try:
        body = json.loads(message.payload.decode())
    except ValueError as error:
        raise DeniedError("json") from error
    if not isinstance(body, dict):
        raise DeniedError("json")
    if str(body.get("origin_id", "")).upper() != key:
        raise DeniedError("origin")
    return kind, body


class TokenBroker:
    """Four listeners, as `Mosquitto` has them, in the loop of the test.

    Attributes:
        connections: Made so far, whatever came of them.
        pings: Answered so far.
        logins: Accepted, in order.
        refused: Logins refused, by reason, see `check_token`; also `banned`.
        messages: Taken, in order, wills included.
        denied: Publishers that were closed, by reason: see `check_message`; also `subscribed`,
            `malformed`.
        stale: Status messages older than their predecessor's: taken, shown to nobody.
        is_mute: Takes nothing more and confirms nothing, but stays connected.
    """

    def __init__(
        self,
        folder: Path,
        *,
        audience: str = AUDIENCE,
        now: Callable[[], float] = time.time,
        bans: bool = True,
    ) -> None:
        self.audience = audience
        self.authority = Authority(folder)
        self.ports: dict[str, int] = {}
        self.connections = 0
        self.pings = 0
        self.logins: list[Login] = []
        self.refused: Counter[str] = Counter()
        self.messages: list[Taken] = []
        self.denied: Counter[str] = Counter()
        self.stale: list[Taken] = []
        self.is_mute = False
        self._now = now
        self._bans = bans
        self._failures: list[float] = []
        self._banned_until_s = 0.0
        self._retained: dict[str, bytes] = {}
        self._newest: dict[str, datetime] = {}
        self._clients: dict[str, _Client] = {}
        self._wires: set[mqtt.Wire] = set()
        self._servers: list[asyncio.Server | Server] = []

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Listen; the second time on the same ports."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.authority.issue("localhost"))
        for scheme in ("mqtt", "mqtts", "ws", "wss"):
            tls = context if scheme in {"mqtts", "wss"} else None
            port = self.ports.get(scheme, 0)
            server: asyncio.Server | Server
            if scheme in {"ws", "wss"}:
                take = self._taking_websocket(scheme)
                server = await serve(
                    take, "127.0.0.1", port, ssl=tls, subprotocols=["mqtt"], close_timeout=1
                )
            else:
                take = self._taking_stream(scheme)
                server = await asyncio.start_server(take, "127.0.0.1", port, ssl=tls)
            self._servers.append(server)
            self.ports[scheme] = server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Hang up on everybody and stop listening."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        self.hang_up()
        for server in servers:
            await server.wait_closed()

    def hang_up(self) -> None:
        """Close every connection; listen on."""
        for wire in list(self._wires):
            wire.abort()

    def online(self) -> set[str]:
        """The client ids of those connected."""
        return set(self._clients)

    def bodies(self, kind: str = "packets") -> list[dict]:
        """What was published of one kind, in order."""
        return [message.body for message in self.messages if message.kind == kind]

    def topics(self) -> Counter[str]:
        """How many messages each topic got."""
        return Counter(message.topic for message in self.messages)

    def retain(self, topic: str, payload: bytes) -> None:
        """Keep something for who subscribes."""
        self._retained[topic] = payload

    # a connection, from its first byte to its last

    def _taking_stream(self, scheme: str) -> Callable[..., Awaitable[None]]:
        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(mqtt.TcpWire(reader, writer), scheme)

        return take

    def _taking_websocket(self, scheme: str) -> Callable[..., Awaitable[None]]:
        async def take(socket: ServerConnection) -> None:
            await self._serve(mqtt.WebSocketWire(socket), scheme)

        return take

    async def _serve(self, wire: mqtt.Wire, scheme: str) -> None:
        self.connections += 1
        if self._now() < self._banned_until_s:
            self.refused["banned"] += 1
            wire.abort()
            return
        self._wires.add(wire)
        try:
            client = await self._log_in(wire, scheme)
            if client is not None:
                await self._attend(client)
        except mqtt.MalformedError:
            self.denied["malformed"] += 1
        except mqtt.HungUpError:
            pass
        finally:
            self._wires.discard(wire)
            await wire.close()

    async def _log_in(self, wire: mqtt.Wire, scheme: str) -> _Client | None:
        is_let_in = False
        try:
            kind, _, body = await mqtt.read_packet(wire)
            if kind != mqtt.CONNECT:
                raise mqtt.MalformedError("no CONNECT")
            request = mqtt.read_connect(body)
            claims = self._admit(request)
            is_let_in = True
        except DeniedError as error:
            self.refused[str(error)] += 1
            await wire.write(mqtt.connack(mqtt.NOT_AUTHORISED))
            return None
        finally:
            if not is_let_in:
                self._count_failure()
        if not request.client_id:
            request = dataclasses.replace(request, client_id=f"nameless {len(self.logins)}")
        key = str(claims.get("publicKey", ""))
        before = self._clients.pop(request.client_id, None)
        if before is not None:
            before.wire.abort()
        client = _Client(wire, request, key)
        self._clients[request.client_id] = client
        self.logins.append(
            Login(
                self._now(),
                request.client_id,
                request.user or "",
                key,
                claims,
                request.will,
                scheme,
            )
        )
        await wire.write(mqtt.connack())
        return client

    def _admit(self, request: mqtt.Connect) -> dict:
        user, password = request.user or "", request.password or b""
        if user == READER[0]:
            if password != READER[1].encode():
                raise DeniedError("password")
            return {}
        return check_token(user, password, self.audience, self._now())

    def _count_failure(self) -> None:
        now_s = self._now()
        self._failures = [at_s for at_s in self._failures if at_s > now_s - FAILURES_S] + [now_s]
        if self._bans and len(self._failures) >= FAILURES:
            self._banned_until_s = now_s + BANNED_S

    async def _attend(self, client: _Client) -> None:
        will = client.request.will
        try:
            while True:
                kind, flags, body = await mqtt.read_packet(client.wire)
                if kind == mqtt.DISCONNECT:
                    will = None
                    return
                await self._handle(client, kind, flags, body)
        except DeniedError as error:
            self.denied[str(error)] += 1
        finally:
            if self._clients.get(client.request.client_id) is client:
                del self._clients[client.request.client_id]
            if will is not None and self._servers:
                with contextlib.suppress(DeniedError):
                    await self._take(client, will, is_will=True)

    async def _handle(self, client: _Client, kind: int, flags: int, body: bytes) -> None:
        if self.is_mute:
            return
        match kind:
            case mqtt.PUBLISH:
                message = mqtt.read_publish(flags, body)
                await self._take(client, message)
                if message.qos:
                    await client.wire.write(mqtt.puback(message.packet_id))
            case mqtt.SUBSCRIBE:
                await self._subscribe(client, *mqtt.read_subscribe(body))
            case mqtt.UNSUBSCRIBE:
                await client.wire.write(mqtt.unsuback(int.from_bytes(body[:2])))
            case mqtt.PINGREQ:
                self.pings += 1
                await client.wire.write(mqtt.pingresp())
            case mqtt.PUBACK:
                pass
            case _:
                msg = f"a packet of type {kind} here"
                raise mqtt.MalformedError(msg)

    async def _subscribe(self, client: _Client, packet_id: int, filters: list[str]) -> None:
        if client.key:
            raise DeniedError("subscribed")
        client.filters += filters
        await client.wire.write(mqtt.suback(packet_id, len(filters)))
        for topic, payload in self._retained.items():
            if any(mqtt.matches(each, topic) for each in filters):
                await client.wire.write(mqtt.publish(topic, payload, is_retained=True))

    async def _take(self, client: _Client, message: mqtt.Message, *, is_will: bool = False) -> None:
        if not client.key:
            raise DeniedError("a reader publishes")
        kind, body = check_message(client.key, message)
        taken = Taken(
            self._now(),
            message.topic,
            kind,
            message.payload,
            body,
            message.qos,
            message.is_retained,
            message.is_repeat,
            client.request.client_id,
            is_will,
        )
        self.messages.append(taken)
        if kind == "status" and not self._is_newest(client.key, body):
            self.stale.append(taken)
            return
        if message.is_retained and kind != "status":
            self.retain(message.topic, message.payload)
        forwarded = mqtt.publish(message.topic, message.payload)
        for other in list(self._clients.values()):
            if any(mqtt.matches(each, message.topic) for each in other.filters):
                await other.wire.write(forwarded)

    def _is_newest(self, key: str, body: dict) -> bool:
        try:
            at = datetime.fromisoformat(str(body.get("timestamp"))).astimezone()
        except ValueError:
            return True
        newest = self._newest.get(key)
        if newest is not None and at < newest:
            return False
        self._newest[key] = at
        return True


class _Client:
    def __init__(self, wire: mqtt.Wire, request: mqtt.Connect, key: str) -> None:
        self.wire, self.request, self.key = wire, request, key
        self.filters: list[str] = []


def _plain(part: bytes) -> bytes:
    """Undo base64url; neither padding nor the letters of plain base64 belong there."""
    if not re.fullmatch(b"[A-Za-z0-9_-]+", part):
        raise DeniedError("form")
    try:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except binascii.Error as error:
        raise DeniedError("form") from error
