"""What answers a request, once opened (RESPONSE, 1), and the bodies of the known answers.

    tag of the request(4) | body | zero padding

Nothing says which kind of answer it is: who asked knows by the tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from meshtui.errors import DecodeError, EncodeError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NEIGHBOUR_BYTES = 130
MAX_ACCESS_LIST_BYTES = 150
_U32 = Struct("<I")
_LOGIN = Struct("<BBBB4sB")
STATUS_CODES: Final = "HHhhIIIIIIIIHhHH"
"""How the fields of a `Status` are packed, up to where a repeater's and a room's differ."""

_STATUS = Struct(f"<{STATUS_CODES}")
_SNR = 13  # in quarters of a decibel
_ROOM = Struct("<HH")
_NEIGHBOURS = Struct("<HH")
_HEARD = Struct("<Ib")
_OLD_STATUS_BYTES = 52
_READER = 2
_MAY_WRITE = 2
_ACCESS_BYTES = 7


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


class Status(NamedTuple):
    """How a repeater or a room server is, since it was started; fields as on the wire.

    Attributes:
        rssi_dbm: Of the last packet heard, also `snr_db`.
        rx_air_s: Seconds of packets heard; a room server has `posted` and `pushed` there: texts
            that were posted, and that were passed on.
        receive_errors: None from firmware that does not count them.
    """

    battery_mv: int
    queue: int
    noise_floor_dbm: int
    rssi_dbm: int
    received: int
    sent: int
    tx_air_s: int
    uptime_s: int
    flood_sent: int
    direct_sent: int
    flood_received: int
    direct_received: int
    errors: int
    snr_db: float
    direct_duplicates: int
    flood_duplicates: int
    rx_air_s: int | None = None
    receive_errors: int | None = None
    posted: int | None = None
    pushed: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One node that a repeater hears: the first bytes of its key, when, and how well."""

    prefix: bytes
    heard_s_ago: int
    snr_db: float


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A page of the nodes that a repeater hears; `total` of all pages."""

    total: int
    entries: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """What one client may do: the first six bytes of its key, and its permissions."""

    prefix: bytes
    permissions: int


def rank_of(is_admin: int, permissions: int | None, *, is_room: bool) -> str:
    """Say for a person as what a server let us in.

    Args:
        is_admin: 1 = yes; a room says 2 to those who may not write.
        permissions: Their low two bits; None = older firmware does not tell.
    """
    if is_admin & 1:
        return "administrator"
    is_reader = is_admin == _READER or (permissions is not None and not permissions & _MAY_WRITE)
    return "guest, to read only: posts need its password" if is_room and is_reader else "guest"


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


def decode_status(body: bytes, *, is_room: bool = False) -> Status:
    """Parse the body of an answer to a status request: 52 bytes, or 56 from newer firmware.

    Raises:
        DecodeError: `short`.
    """
    if len(body) < _OLD_STATUS_BYTES:
        raise DecodeError("short", f"a status has {_OLD_STATUS_BYTES} bytes or more", len(body))
    head = _STATUS.unpack_from(body)
    status = Status(*head)._replace(snr_db=head[_SNR] / 4)
    if is_room:
        posted, pushed = _ROOM.unpack_from(body, _STATUS.size)
        return status._replace(posted=posted, pushed=pushed)
    (rx_air_s,) = _U32.unpack_from(body, _STATUS.size)
    has_errors = len(body) >= _OLD_STATUS_BYTES + 4
    errors = _U32.unpack_from(body, _OLD_STATUS_BYTES)[0] if has_errors else None
    return status._replace(rx_air_s=rx_air_s, receive_errors=errors)


def encode_status(status: Status) -> bytes:
    """Write the body of an answer to a status request; with `posted` it is a room server's."""
    fields = status._replace(snr_db=round(status.snr_db * 4))[: len(STATUS_CODES)]
    head = _STATUS.pack(*fields)
    if status.posted is not None:
        return head + _ROOM.pack(status.posted, status.pushed or 0)
    head += _U32.pack(status.rx_air_s or 0)
    return head if status.receive_errors is None else head + _U32.pack(status.receive_errors)


def decode_neighbours(body: bytes, prefix_bytes: int) -> Neighbours:
    """Parse the body of an answer to a question for neighbours; those cut off are left out.

    Args:
        prefix_bytes: As it was asked for; the answer does not repeat it.

    Raises:
        DecodeError: `short`: not even their number is there.
    """
    if len(body) < _NEIGHBOURS.size:
        raise DecodeError("short", "neighbours have 4 bytes before them", len(body))
    total, count = _NEIGHBOURS.unpack_from(body)
    width = prefix_bytes + _HEARD.size
    whole = min(count, (len(body) - _NEIGHBOURS.size) // width)
    entries = []
    for start in range(_NEIGHBOURS.size, _NEIGHBOURS.size + whole * width, width):
        ago, snr = _HEARD.unpack_from(body, start + prefix_bytes)
        entries.append(Neighbour(body[start : start + prefix_bytes], ago, snr / 4))
    return Neighbours(total, tuple(entries))


def encode_neighbours(page: Neighbours) -> bytes:
    """Write the body of an answer to a question for neighbours.

    Raises:
        EncodeError: The entries exceed 130 bytes.
    """
    entries = b"".join(
        entry.prefix + _HEARD.pack(entry.heard_s_ago, round(entry.snr_db * 4))
        for entry in page.entries
    )
    if len(entries) > MAX_NEIGHBOUR_BYTES:
        msg = f"a page of neighbours is at most {MAX_NEIGHBOUR_BYTES} bytes"
        raise EncodeError(msg)
    return _NEIGHBOURS.pack(page.total, len(page.entries)) + entries


def decode_access_list(body: bytes) -> tuple[Access, ...]:
    """Parse the body of an answer to a question for the access list; padding is passed over."""
    entries = (body[at : at + _ACCESS_BYTES] for at in range(0, len(body) - 6, _ACCESS_BYTES))
    return tuple(Access(entry[:6], entry[6]) for entry in entries if any(entry[:6]))


def encode_access_list(entries: Iterable[Access]) -> bytes:
    """Write as many entries as an answer has room for."""
    fitting = islice(entries, MAX_ACCESS_LIST_BYTES // _ACCESS_BYTES)
    return b"".join(entry.prefix + bytes((entry.permissions,)) for entry in fitting)
