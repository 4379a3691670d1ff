"""What answers a request, once opened (RESPONSE, 1), and the bodies of the known answers.

    tag of the request(4) | body | zero padding

Nothing says which kind of answer it is: who asked knows by the tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from meshtui.errors import DecodeError, EncodeError

MAX_NEIGHBOUR_BYTES = 130
_U32 = Struct("<I")
_LOGIN = Struct("<BBBB4sB")
_STATUS = Struct("<HHhhIIIIIIIIHhHHI")
_ROOM = Struct("<HH")
_NEIGHBOURS = Struct("<HH")
_HEARD = Struct("<Ib")
_OLD_STATUS_BYTES = 52


@dataclass(frozen=True, slots=True)
class ResponseBody:
    """An answer.

    Attributes:
        tag: The request's; of a login, the server's clock.
        body: All that follows, padding included: its length is not told.
    """

    tag: int
    body: bytes


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """A repeater or room server lets us in.

    Attributes:
        result: 0 = in.
        permissions: As the server keeps them for us.
        random: Makes the packet unique.
        level: The firmware's own count of what it can do.
    """

    result: int
    is_admin: int
    permissions: int
    random: bytes
    level: int
    keep_alive: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """How a repeater is. Of a room server, the last two fields are `rx_air_s` (see `posted`).

    Attributes:
        snr_quarter_db: Of the last packet heard.
        rx_air_s: Seconds of packets heard; a room server has two counters there.
        recv_errors: None from firmware that does not count them.
    """

    batt_mv: int
    tx_queue: int
    noise_floor: int
    last_rssi: int
    recv: int
    sent: int
    tx_air_s: int
    uptime_s: int
    sent_flood: int
    sent_direct: int
    recv_flood: int
    recv_direct: int
    err_events: int
    snr_quarter_db: int
    direct_dups: int
    flood_dups: int
    rx_air_s: int
    recv_errors: int | None = None

    @property
    def posted(self) -> int:
        """Of a room server: how many texts were posted."""
        return self.rx_air_s & 0xFFFF

    @property
    def pushed(self) -> int:
        """Of a room server: how many texts were passed on."""
        return self.rx_air_s >> 16


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One node that a repeater hears: the first bytes of its key, when, and how well."""

    prefix: bytes
    secs_ago: int
    snr_quarter_db: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A page of the nodes that a repeater hears; `total` of all pages."""

    total: int
    entries: tuple[Neighbour, ...]


def decode_response(plaintext: bytes) -> ResponseBody:
    """Parse an opened answer, padded or not.

    Raises:
        DecodeError: `short`: fewer than 4 bytes.
    """
    if len(plaintext) < 4:
        raise DecodeError("short", "an answer has 4 bytes or more", len(plaintext))
    return ResponseBody(_U32.unpack_from(plaintext)[0], plaintext[4:])


def encode_response(body: ResponseBody) -> bytes:
    """Write an answer.

    Raises:
        EncodeError: The tag does not fit.
    """
    if not 0 <= body.tag <= 0xFFFFFFFF:
        msg = "the tag of an answer is a number of 32 bits"
        raise EncodeError(msg)
    return _U32.pack(body.tag) + body.body


def decode_login(body: bytes) -> LoginAnswer:
    """Parse the body of an answer to a login.

    Raises:
        DecodeError: `short`.
    """
    if len(body) < _LOGIN.size:
        raise DecodeError("short", f"a login's answer has {_LOGIN.size} bytes", len(body))
    result, keep_alive, is_admin, permissions, random, level = _LOGIN.unpack_from(body)
    return LoginAnswer(result, is_admin, permissions, random, level, keep_alive)


def encode_login(answer: LoginAnswer) -> bytes:
    """Write the body of an answer to a login."""
    return _LOGIN.pack(
        answer.result,
        answer.keep_alive,
        answer.is_admin,
        answer.permissions,
        answer.random,
        answer.level,
    )


def decode_status(body: bytes) -> Status:
    """Parse the body of an answer to a status request: 52 bytes, or 56 from newer firmware.

    Raises:
        DecodeError: `short`.
    """
    if len(body) < _OLD_STATUS_BYTES:
        raise DecodeError("short", f"a status has {_OLD_STATUS_BYTES} bytes or more", len(body))
    has_errors = len(body) >= _OLD_STATUS_BYTES + 4
    errors = _U32.unpack_from(body, _OLD_STATUS_BYTES) if has_errors else (None,)
    fields = _STATUS.unpack_from(body) + errors
    return Status(*fields)


def encode_status(status: Status) -> bytes:
    """Write the body of an answer to a status request."""
    head = _STATUS.pack(
        status.batt_mv,
        status.tx_queue,
        status.noise_floor,
        status.last_rssi,
        status.recv,
        status.sent,
        status.tx_air_s,
        status.uptime_s,
        status.sent_flood,
        status.sent_direct,
        status.recv_flood,
        status.recv_direct,
        status.err_events,
        status.snr_quarter_db,
        status.direct_dups,
        status.flood_dups,
        status.rx_air_s,
    )
    return head if status.recv_errors is None else head + _U32.pack(status.recv_errors)


def room_counters(posted: int, pushed: int) -> int:
    """Write a room server's two counters where a repeater has `rx_air_s`."""
    return int(_U32.unpack(_ROOM.pack(posted, pushed))[0])


def decode_neighbours(body: bytes, prefix_bytes: int) -> Neighbours:
    """Parse the body of an answer to a question for neighbours.

    Args:
        prefix_bytes: As it was asked for; the answer does not repeat it.

    Raises:
        DecodeError: `short`, or `bad-length`: more entries are announced than there are.
    """
    if len(body) < _NEIGHBOURS.size:
        raise DecodeError("short", "neighbours have 4 bytes before them", len(body))
    total, count = _NEIGHBOURS.unpack_from(body)
    width = prefix_bytes + _HEARD.size
    if _NEIGHBOURS.size + count * width > len(body):
        raise DecodeError("bad-length", f"{count} neighbours announced, fewer are there", 2)
    entries = []
    for start in range(_NEIGHBOURS.size, _NEIGHBOURS.size + count * width, width):
        ago, snr = _HEARD.unpack_from(body, start + prefix_bytes)
        entries.append(Neighbour(body[start : start + prefix_bytes], ago, snr))
    return Neighbours(total, tuple(entries))


def encode_neighbours(page: Neighbours) -> bytes:
    """Write the body of an answer to a question for neighbours.

    Raises:
        EncodeError: The entries exceed 130 bytes.
    """
    entries = b"".join(
        entry.prefix + _HEARD.pack(entry.secs_ago, entry.snr_quarter_db) for entry in page.entries
    )
    if len(entries) > MAX_NEIGHBOUR_BYTES:
        msg = f"a page of neighbours is at most {MAX_NEIGHBOUR_BYTES} bytes"
        raise EncodeError(msg)
    return _NEIGHBOURS.pack(page.total, len(page.entries)) + entries
