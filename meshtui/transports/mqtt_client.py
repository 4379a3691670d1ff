"""paho's client, opened up where an asyncio loop must see more than its public face shows.

Everything that leans on paho's inside is in this file; the rest uses documented calls only.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import time
from typing import TYPE_CHECKING, cast

from paho.mqtt.client import Client, _WebsocketWrapper
from paho.mqtt.enums import MQTTErrorCode

from meshtui.errors import DecodeError
from meshtui.transports.mqtt_answers import DISCONNECT, AnswerReader
from meshtui.transports.websocket_frames import MASK_BYTES, FrameReader, Opcode, write_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.client import SocketLike, WebSocketHeaders, _OutPacket

    from meshtui.transports.mqtt_answers import Answers

PUBACK_HEAD = b"\x40\x02"
CHUNK_BYTES = 64 * 1024
LARGEST_CHUNK_BYTES = 4 * 1024 * 1024
# A frame of a WebSocket that we send, and what is read of frames at once: two bytes each at least.
FRAME_BYTES = 64 * 1024
FRAMES_BYTES = 4 * 1024
# Answers read at once: two bytes each at least, and the loop must go on meanwhile.
ANSWER_BYTES = 2 * 1024
CONNACK = 0x20
PUBLISH = 0x30


class WebSocket(_WebsocketWrapper):
    """paho's WebSocket with frames of ours: masked fast, answers masked, and never one in another.

    Its handshake is kept.

    Attributes:
        idle_frames: Those that brought nothing, so far.
    """

    def __init__(
        self,
        connection: socket.socket,
        host: str,
        port: int,
        is_tls: bool,  # noqa: FBT001 - as paho asks
        path: str,
        headers: WebSocketHeaders | None,
    ) -> None:
        """Shake hands; the socket has a timeout.

        Raises:
            WebsocketConnectionError: There is no WebSocket at this path.
        """
        super().__init__(connection, host, port, is_tls, path, headers)
        self._reader = FrameReader()
        self._leaving = bytearray()
        self._promised = 0  # bytes of MQTT in what is leaving
        self._ping: bytes | None = None  # to be answered once nothing is leaving
        self._is_over = False
        self.idle_frames = 0

    def recv(self, length: int) -> bytes:
        """Return bytes of MQTT; empty = the connection has ended.

        Raises:
            BlockingIOError: There are none now.
            ConnectionError: What comes are no frames.
        """
        if self._is_over:
            return b""
        data = self._socket.recv(min(length, FRAMES_BYTES))
        if not data:
            return b""
        try:
            received = self._reader.feed(data)
        except DecodeError as error:
            raise ConnectionError(str(error)) from error
        self.idle_frames += received.idle
        if received.ping is not None:
            self._ping = received.ping
            with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self._flush()
        self._is_over = received.is_closed
        if received.payload or self._is_over:
            return received.payload
        raise BlockingIOError

    def send(self, data: bytes | bytearray | memoryview) -> int:
        """Send the beginning of `data` in a frame; returns how much has left.

        Raises:
            BlockingIOError: The frame has not left whole; to be called with the same again.
        """
        if not self._promised:
            piece = memoryview(data)[:FRAME_BYTES]
            self._leaving += write_frame(Opcode.BINARY, piece, os.urandom(MASK_BYTES))
            self._promised = len(piece)
        self._flush()
        sent, self._promised = self._promised, 0
        return sent

    def _flush(self) -> None:
        """Send what is leaving, and then the answer to a ping."""
        while self._leaving or self._ping is not None:
            if not self._leaving and self._ping is not None:
                self._leaving += write_frame(Opcode.PONG, self._ping, os.urandom(MASK_BYTES))
                self._ping = None
            sent = self._socket.send(self._leaving)
            del self._leaving[:sent]


class LoopClient(Client):
    """A paho client that an event loop drives.

    Attributes:
        max_packet_bytes: Of a longer packet only so much is kept; the rest is read and thrown away.
    """

    max_packet_bytes = 1024 * 1024

    _chunk = b""
    _chunk_at = 0
    _fuse: socket.socket | None = None
    _is_blown = False

    @property
    def ping_sent_s(self) -> float:
        """When the unanswered ping was sent, by the monotonic clock; 0 = none is out."""
        return self._ping_t

    def read_some(self) -> bool:
        """Read a packet, or what there is of it; returns whether there may be more to read now."""
        packet = self._in_packet
        self.loop_read()
        self._cut()
        return self._in_packet is not packet or self._has_buffered()

    def _has_buffered(self) -> bool:
        # Bytes have left the socket and are unread, which no selector can see.
        if self._chunk_at < len(self._chunk):
            return True
        pending = getattr(self.socket(), "pending", None)
        return pending is not None and pending() > 0

    def confirm(self, packet_ids: Sequence[int]) -> None:
        """Send PUBACKs for QoS 1 deliveries, all in one write."""
        packets = b"".join(PUBACK_HEAD + number.to_bytes(2, "big") for number in packet_ids)
        self._packet_queue(PUBACK_HEAD[0], packets, 0, 0)

    def abort(self) -> None:
        """Close the socket without a word: the far end shall send our will."""
        self._sock_close()

    def blow_fuse(self) -> None:
        """From another thread: end a `connect` that hangs in a handshake, or is about to."""
        self._is_blown = True
        fuse = self._fuse
        if fuse is not None:
            with contextlib.suppress(OSError):
                fuse.shutdown(socket.SHUT_RDWR)

    def connected(self) -> None:
        """`connect` has returned: the fuse is no longer needed."""
        if self._fuse is not None:
            self._fuse.close()
            self._fuse = None

    def _cut(self) -> None:
        # Memory stays bounded: paho counts down what is still to come apart from what it has, so
        # the packet ends where it would, only shorter.
        packet = self._in_packet["packet"]
        if len(packet) > self.max_packet_bytes:
            del packet[self.max_packet_bytes :]

    def _sock_recv(self, bufsize: int) -> bytes:
        # paho reads a packet's head byte by byte; a system call for each would cost most of the
        # time that a burst takes.
        if self._chunk_at >= len(self._chunk):
            self._chunk, self._chunk_at = b"", 0
            wanted = min(max(bufsize, CHUNK_BYTES), LARGEST_CHUNK_BYTES)
            self._chunk = super()._sock_recv(wanted)
        piece = self._chunk[self._chunk_at : self._chunk_at + bufsize]
        self._chunk_at += len(piece)
        return piece

    def _create_socket_connection(self) -> socket.socket:
        connection = super()._create_socket_connection()
        # TLS detaches the socket it wraps; a duplicate can still shut the connection down.
        self._fuse = connection.dup()
        if self._is_blown:
            self._fuse.shutdown(socket.SHUT_RDWR)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _create_socket(self) -> SocketLike:
        if self._transport != "websockets":
            return super()._create_socket()
        connection = self._create_socket_connection()
        if self._ssl:
            connection = self._ssl_wrap_socket(connection)
        connection.settimeout(self._connect_timeout)
        try:
            return WebSocket(
                connection,
                self._host,
                self._port,
                self._ssl,
                self._websocket_path,
                self._websocket_extra_headers,
            )
        except (OSError, ValueError):
            connection.close()
            raise

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        try:
            return super()._ssl_wrap_socket(tcp_sock)
        except (OSError, ValueError):
            tcp_sock.close()
            raise


class FeedClient(LoopClient):
    """A client that only publishes: what it hands over is written already.

    Once let in, it reads nothing but the answers to that; what nobody asked for is thrown away.

    Attributes:
        on_answers: Told what arrived.
    """

    on_answers: Callable[[Answers], None] = staticmethod(lambda _: None)

    _reader: AnswerReader
    _handed: _OutPacket | None = None
    _is_let_in = False
    _has_come = False

    @property
    def idle_frames(self) -> int:
        """Frames of a WebSocket that brought nothing, so far."""
        return getattr(self.socket(), "idle_frames", 0)

    @property
    def unsent(self) -> int:
        """Bytes of what was handed over last that have not left."""
        return 0 if self._handed is None else self._handed["to_process"]

    def hand_over(self, packets: bytes) -> None:
        """Send whole packets; the socket takes what it can now and the rest when it may."""
        # A quality above 0: paho has nothing to tell when they have left.
        handed: _OutPacket = {
            "command": PUBLISH,
            "mid": 0,
            "qos": 1,
            "pos": 0,
            "to_process": len(packets),
            "packet": cast("bytes", memoryview(packets)),  # the rest of it costs no copy
            "info": None,
        }
        self._handed = handed
        self._out_packet.append(handed)
        self.loop_write()

    def read_some(self) -> bool:
        """Read what there is of answers; returns whether there may be more to read now."""
        if not self._is_let_in:
            return super().read_some()
        self._has_come = False
        self.loop_read()
        return self._has_come or self._has_buffered()

    def _packet_read(self) -> MQTTErrorCode:
        if not self._is_let_in:
            code = super()._packet_read()
            if self.is_connected():
                self._is_let_in, self._reader = True, AnswerReader()
            return code
        try:
            data = self._sock_recv(ANSWER_BYTES)
            if not data:
                return MQTTErrorCode.MQTT_ERR_CONN_LOST
            answers = self._reader.feed(data)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        except DecodeError:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        self._has_come = True
        self._last_bytes_received = time.monotonic()
        if answers.is_pong:
            self._ping_t = 0.0
        self.on_answers(answers)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _packet_handle(self) -> MQTTErrorCode:
        # Only until we are let in; paho would keep what comes before, without bounds.
        if self._in_packet["command"] & 0xF0 not in {CONNACK, DISCONNECT}:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        return super()._packet_handle()
