"""What is asked by somebody who need not be known yet: a login, or a short question (ANON_REQ, 7).

    destination hash(1) | sender's public key(32) | MAC(2) | ciphertext(16n)

    opened    timestamp(4) | password                             repeater, sensor
              timestamp(4) | since(4) | password                  room server
              timestamp(4) | 01 regions, 02 owner, 03 clock | path_len | path back    (direct only)

A fifth byte of 0, or of 20 hex and more, begins a password. An empty one asks to be let in by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from struct import Struct

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.packet import path_bytes_of
from meshtui.networks.meshcore.payloads.envelope import Sealed, check_sealed
from meshtui.networks.meshcore.payloads.utf8 import text_of

MAX_PASSWORD_BYTES = 15
_HEAD = 33
_U32 = Struct("<I")
_FIRST_TEXT_BYTE = 0x20


class QueryKind(IntEnum):
    """What a stranger may ask a repeater."""

    REGIONS = 1
    OWNER = 2
    CLOCK = 3


@dataclass(frozen=True, slots=True)
class AnonRequest(Sealed):
    """A payload sealed from a key it carries."""

    dest_hash: int
    sender: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class AnonBody:
    """What is inside; who it was sent to decides how it reads.

    Attributes:
        rest: All behind the time, padding included.
    """

    timestamp: int
    rest: bytes = field(repr=False)  # it may hold a password

    @property
    def password(self) -> bytes | None:
        """As a repeater or sensor reads it; None where it is a question."""
        first = self.rest[0] if self.rest else 0
        if 0 < first < _FIRST_TEXT_BYTE:
            return None
        return self.rest.partition(b"\0")[0]

    @property
    def room_login(self) -> tuple[int, bytes]:
        """As a room server reads it: the time of the last text we have, and the password."""
        data = self.rest.ljust(4, b"\0")
        return _U32.unpack_from(data)[0], data[4:].partition(b"\0")[0]

    @property
    def query(self) -> tuple[int, int, bytes] | None:
        """As a repeater reads a question: its kind, then path_len and path of the way back.

        None where it is a password, or the path is cut off.
        """
        if self.password is not None or len(self.rest) < 2:
            return None
        total = path_bytes_of(self.rest[1])
        if total is None or len(self.rest) < 2 + total:
            return None
        return self.rest[0], self.rest[1], self.rest[2 : 2 + total]


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """What a repeater answers: its clock, then a text, or for the clock one byte of features."""

    clock: int
    body: bytes

    @property
    def text(self) -> str:
        """The regions or the owner, up to the padding."""
        return text_of(self.body.partition(b"\0")[0])

    @property
    def features(self) -> int:
        """01 bridge by UART, 03 bridge by ESP-NOW, 80 forwarding disabled."""
        return self.body[0] if self.body else 0


def decode_anon_request(payload: bytes) -> AnonRequest:
    """Parse the outside.

    Raises:
        DecodeError: `short` or `ragged`.
    """
    sealed = check_sealed(payload, _HEAD)
    return AnonRequest(payload[0], payload[1:_HEAD], sealed)


def encode_anon_request(request: AnonRequest) -> bytes:
    """Write the outside.

    Raises:
        EncodeError: The hash is not one byte, or the key not 32.
    """
    if not 0 <= request.dest_hash <= 255 or len(request.sender) != _HEAD - 1:
        msg = "a node hash is one byte, a public key 32"
        raise EncodeError(msg)
    return bytes((request.dest_hash,)) + request.sender + request.sealed


def decode_anon_body(plaintext: bytes) -> AnonBody:
    """Parse the inside, padded or not.

    Raises:
        DecodeError: `short`: fewer than 4 bytes.
    """
    if len(plaintext) < 4:
        raise DecodeError("short", "an anonymous request has 4 bytes or more", len(plaintext))
    return AnonBody(_U32.unpack_from(plaintext)[0], plaintext[4:])


def encode_anon_body(body: AnonBody) -> bytes:
    """Write the inside.

    Raises:
        EncodeError: The time does not fit.
    """
    if not 0 <= body.timestamp <= 0xFFFFFFFF:
        msg = "the time of a request is out of range"
        raise EncodeError(msg)
    return _U32.pack(body.timestamp) + body.rest


def login_body(timestamp: int, password: bytes) -> AnonBody:
    """Ask a repeater or sensor to be let in.

    Raises:
        EncodeError: The password exceeds 15 bytes.
    """
    return AnonBody(timestamp, _password(password))


def room_login_body(timestamp: int, since: int, password: bytes) -> AnonBody:
    """Ask a room server to be let in and to be passed what was posted after `since`.

    Raises:
        EncodeError: The password exceeds 15 bytes, or the time does not fit.
    """
    if not 0 <= since <= 0xFFFFFFFF:
        msg = "the time of a request is out of range"
        raise EncodeError(msg)
    return AnonBody(timestamp, _U32.pack(since) + _password(password))


def query_body(timestamp: int, kind: int, path_len: int, path: bytes) -> AnonBody:
    """Ask a repeater a question; the path leads back to us, hop nearest to it first.

    Raises:
        EncodeError: Path and path_len do not agree.
    """
    if path_bytes_of(path_len) != len(path):
        msg = f"a path of {len(path)} bytes does not match its length byte"
        raise EncodeError(msg)
    return AnonBody(timestamp, bytes((kind, path_len)) + path)


def decode_query_answer(body: bytes) -> QueryAnswer:
    """Parse the body of the answer to a question (behind the tag).

    Raises:
        DecodeError: `short`: fewer than 4 bytes.
    """
    if len(body) < 4:
        raise DecodeError("short", "an answer to a question has 4 bytes or more", len(body))
    return QueryAnswer(_U32.unpack_from(body)[0], body[4:])


def encode_query_answer(answer: QueryAnswer) -> bytes:
    """Write the body of the answer to a question."""
    return _U32.pack(answer.clock) + answer.body


def _password(password: bytes) -> bytes:
    """Return a password that may be sent; the padding ends it, and where there is none, the end."""
    if len(password) > MAX_PASSWORD_BYTES or b"\0" in password:
        msg = f"a password is at most {MAX_PASSWORD_BYTES} bytes, without NUL"
        raise EncodeError(msg)
    return password
