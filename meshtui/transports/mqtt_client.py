"""paho's client, opened up where an asyncio loop must see more than its public face shows.

Everything that leans on paho's inside is in this file; the rest uses documented calls only.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from paho.mqtt.client import Client

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence


PUBACK_HEAD = b"\x40\x02"
CHUNK_BYTES = 64 * 1024
# paho's WebSocket copies what it has of a frame at every read: few and large ones, then.
LARGEST_CHUNK_BYTES = 4 * 1024 * 1024


class LoopClient(Client):
    """A paho client that an event loop drives.

    Attributes:
        max_packet_bytes: Of a longer packet only so much is kept; the rest is read and thrown away.
    """

    max_packet_bytes = 1024 * 1024

    _chunk = b""
    _chunk_at = 0
    _fuse: socket.socket | None = None

    @property
    def packet(self) -> object:
        """The packet being read: another object once it is complete."""
        return self._in_packet

    @property
    def ping_sent_s(self) -> float:
        """When the unanswered ping was sent, by the monotonic clock; 0 = none is out."""
        return self._ping_t

    @property
    def has_buffered(self) -> bool:
        """Bytes have left the socket and are unread, which no selector can see."""
        if self._chunk_at < len(self._chunk):
            return True
        pending = getattr(self.socket(), "pending", None)
        return pending is not None and pending() > 0

    def cut(self) -> None:
        """Forget what a packet has beyond `max_packet_bytes`, so that memory stays bounded.

        paho counts down what is still to come apart from what it has, so the packet ends where
        it would, only shorter.
        """
        packet = self._in_packet["packet"]
        if len(packet) > self.max_packet_bytes:
            del packet[self.max_packet_bytes :]

    def confirm(self, packet_ids: Sequence[int]) -> None:
        """Send PUBACKs for QoS 1 deliveries, all in one write."""
        packets = b"".join(PUBACK_HEAD + number.to_bytes(2, "big") for number in packet_ids)
        self._packet_queue(PUBACK_HEAD[0], packets, 0, 0)

    def abort(self) -> None:
        """Close the socket without a word: the far end shall send our will."""
        self._sock_close()

    def blow_fuse(self) -> None:
        """From another thread: end a `connect` that hangs in a handshake."""
        fuse = self._fuse
        if fuse is not None:
            with contextlib.suppress(OSError):
                fuse.shutdown(socket.SHUT_RDWR)

    def connected(self) -> None:
        """`connect` has returned: the fuse is no longer needed."""
        if self._fuse is not None:
            self._fuse.close()
            self._fuse = None

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
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        try:
            return super()._ssl_wrap_socket(tcp_sock)
        except (OSError, ValueError):
            tcp_sock.close()
            raise
