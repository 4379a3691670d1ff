"""The server's half of MQTT 3.1.1, written from the standard: strict, in order, for test brokers.

Nothing of the program is in here, so that it cannot share the program's misreadings.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, UNSUBSCRIBE = 1, 3, 4, 8, 10
PINGREQ, DISCONNECT = 12, 14
ACCEPTED, BAD_USER, NOT_AUTHORISED = 0, 4, 5
MAX_PACKET_BYTES: Final = 1 << 20
# what the low half of the first byte must be; a PUBLISH has its flags there
FLAGS: Final = {CONNECT: 0, PUBACK: 0, SUBSCRIBE: 2, UNSUBSCRIBE: 2, PINGREQ: 0, DISCONNECT: 0}


class MalformedError(Exception):
    """The client sent what the standard does not allow; a server must hang up."""


class HungUpError(Exception):
    """The connection ended."""


class Wire(Protocol):
    """A connection as bytes, whatever carries them."""

    async def read(self, count: int) -> bytes:
        """Exactly so many bytes.

        Raises:
            HungUpError: There are no more.
        """
        ...

    async def write(self, data: bytes) -> None:
        """Send; what cannot be sent any more is dropped."""
        ...

    async def close(self) -> None:
        """Close when all is sent."""
        ...

    def abort(self) -> None:
        """Close at once, with nothing said."""
        ...


class TcpWire:
    """TCP, with or without TLS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self, count: int) -> bytes:
        try:
            return await self._reader.readexactly(count)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise HungUpError from error

    async def write(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()

    async def close(self) -> None:
        self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()


class WebSocketWire:
    """WebSocket: packets may be cut at will, or several be in one message."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        self._unread = b""

    async def read(self, count: int) -> bytes:
        from websockets.exceptions import ConnectionClosed

        while len(self._unread) < count:
            try:
                message = await self._socket.recv()
            except ConnectionClosed as error:
                raise HungUpError from error
            if isinstance(message, str):
                raise MalformedError("a text message")
            self._unread += message
        taken, self._unread = self._unread[:count], self._unread[count:]
        return taken

    async def write(self, data: bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(data)

    async def close(self) -> None:
        await self._socket.close()

    def abort(self) -> None:
        self._socket.transport.abort()


@dataclass(frozen=True)
class Message:
    """An application message, as the client sent it."""

    topic: str
    payload: bytes
    qos: int = 0
    is_retained: bool = False
    packet_id: int = 0
    is_repeat: bool = False


@dataclass(frozen=True)
class Connect:
    """A login."""

    client_id: str
    user: str | None
    password: bytes | None
    will: Message | None
    keep_alive_s: int
    is_clean: bool


async def read_packet(wire: Wire) -> tuple[int, int, bytes]:
    """The next packet: its type, its flags, and what follows the length.

    Raises:
        MalformedError: It is none.
        HungUpError: There is no more.
    """
    first = (await wire.read(1))[0]
    kind, flags = first >> 4, first & 15
    if kind != PUBLISH and FLAGS.get(kind) != flags:
        msg = f"first byte {first:#04x}"
        raise MalformedError(msg)
    length = 0
    for place in range(4):
        byte = (await wire.read(1))[0]
        length |= (byte & 127) << 7 * place
        if byte < 128:
            break
    else:
        raise MalformedError("a length of five bytes")
    if length > MAX_PACKET_BYTES:
        msg = f"{length} bytes"
        raise MalformedError(msg)
    return kind, flags, await wire.read(length)


def read_connect(body: bytes) -> Connect:
    """Take a CONNECT apart."""
    fields = _Fields(body)
    if (fields.binary(), fields.take(1)) != (b"MQTT", b"\x04"):
        raise MalformedError("not MQTT 3.1.1")
    flags = fields.take(1)[0]
    keep_alive_s = fields.number()
    has_will, has_password, has_user = flags & 4, flags & 64, flags & 128
    if flags & 1 or (not has_will and flags & 0x38) or (has_password and not has_user):
        msg = f"connect flags {flags:#04x}"
        raise MalformedError(msg)
    client_id = fields.text()
    will = None
    if has_will:
        qos, is_retained = flags >> 3 & 3, bool(flags & 32)
        will = Message(fields.topic(), fields.binary(), qos, is_retained)
    user = fields.text() if has_user else None
    password = fields.binary() if has_password else None
    fields.end()
    return Connect(client_id, user, password, will, keep_alive_s, bool(flags & 2))


def read_publish(flags: int, body: bytes) -> Message:
    """Take a PUBLISH apart; QoS 2 is not for us."""
    fields = _Fields(body)
    qos, is_repeat = flags >> 1 & 3, bool(flags & 8)
    if qos > 1 or (is_repeat and not qos):
        msg = f"publish flags {flags:#04x}"
        raise MalformedError(msg)
    topic = fields.topic()
    packet_id = fields.number() if qos else 0
    if qos and not packet_id:
        raise MalformedError("packet id 0")
    return Message(topic, fields.rest(), qos, bool(flags & 1), packet_id, is_repeat)


def read_subscribe(body: bytes) -> tuple[int, list[str]]:
    """Take a SUBSCRIBE apart: its packet id, and the filters."""
    fields = _Fields(body)
    packet_id, filters = fields.number(), []
    while fields.has_more():
        filters.append(fields.text())
        if fields.take(1)[0] > 2:
            raise MalformedError("QoS above 2")
    if not packet_id or not filters:
        raise MalformedError("a subscription to nothing")
    return packet_id, filters


def connack(code: int = ACCEPTED) -> bytes:
    return bytes((0x20, 2, 0, code))


def puback(packet_id: int) -> bytes:
    return struct.pack(">BBH", 0x40, 2, packet_id)


def suback(packet_id: int, count: int) -> bytes:
    """Every filter is granted QoS 0."""
    return struct.pack(">BBH", 0x90, 2 + count, packet_id) + bytes(count)


def unsuback(packet_id: int) -> bytes:
    return struct.pack(">BBH", 0xB0, 2, packet_id)


def pingresp() -> bytes:
    return b"\xd0\x00"


def publish(topic: str, payload: bytes, *, is_retained: bool = False) -> bytes:
    """A PUBLISH of QoS 0."""
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + payload
    length, left = b"", len(body)
    while left or not length:
        left, low = left >> 7, left & 127
        length += bytes((low | (128 if left else 0),))
    return bytes((0x30 | is_retained,)) + length + body


def matches(topic_filter: str, topic: str) -> bool:
    """Match a topic against a filter with `+` and `#`."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted, levels = wanted[:-1], levels[: len(wanted) - 1]
    pairs = zip(wanted, levels, strict=False)
    return len(wanted) == len(levels) and all(want in ("+", level) for want, level in pairs)


class _Fields:
    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def has_more(self) -> bool:
        return self._at < len(self._body)

    def take(self, count: int) -> bytes:
        taken = self._body[self._at : self._at + count]
        if len(taken) < count:
            raise MalformedError("cut short")
        self._at += count
        return taken

    def number(self) -> int:
        return int.from_bytes(self.take(2))

    def binary(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        try:
            text = self.binary().decode()
        except UnicodeDecodeError as error:
            raise MalformedError("not UTF-8") from error
        if "\0" in text:
            raise MalformedError("a zero in a text")
        return text

    def topic(self) -> str:
        topic = self.text()
        if not topic or "+" in topic or "#" in topic:
            msg = f"published to {topic!r}"
            raise MalformedError(msg)
        return topic

    def rest(self) -> bytes:
        return self.take(len(self._body) - self._at)

    def end(self) -> None:
        if self.has_more():
            raise MalformedError("more than belongs there")
