"""What a node says of itself, in clear and signed (ADVERT, 4).

    public key(32) | timestamp(4) | signature(64) | appdata(0..32)

    appdata   flags(1) | [lat(4) lon(4), flag 10] | [2, flag 20] | [2, flag 40] | [name, flag 80]
    flags     lower four bits: 0 none, 1 chat, 2 repeater, 3 room server, 4 sensor

The signature covers key, timestamp and the first 32 bytes of the appdata. Degrees are millionths,
cut towards zero. All of the appdata may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING

from meshtui.crypto.ed25519 import verify
from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.payloads.utf8 import cut, text_of

if TYPE_CHECKING:
    from meshtui.crypto.ed25519 import KeyPair

MAX_APPDATA_BYTES = 32
NAME_FLAG = 0x80
FEATURE_2_FLAG = 0x40
FEATURE_1_FLAG = 0x20
POSITION_FLAG = 0x10
_FIXED_BYTES = 100
_U32 = Struct("<I")
_U16 = Struct("<H")
_POSITION = Struct("<ii")


class AdvertType(IntEnum):
    """What a node is."""

    NONE = 0
    CHAT = 1
    REPEATER = 2
    ROOM = 3
    SENSOR = 4


@dataclass(frozen=True, slots=True)
class Advert:
    """An advert, its appdata still closed, its signature not yet checked (`is_genuine`).

    Attributes:
        timestamp: The node's own clock, Unix seconds.
        appdata: As on the air; bytes past the 32nd are signed by nobody.
    """

    public_key: bytes
    timestamp: int
    signature: bytes
    appdata: bytes

    @property
    def signed_bytes(self) -> bytes:
        """What the signature covers."""
        return self.public_key + _U32.pack(self.timestamp) + self.appdata[:MAX_APPDATA_BYTES]


@dataclass(frozen=True, slots=True)
class AppData:
    """What an advert says.

    Attributes:
        flags: The byte as on the air; None where the appdata are empty.
        lat_e6: Latitude in millionths of a degree; None where no position was told. Not checked
            to be on Earth.
        name_bytes: As on the air; None where no name was told.
    """

    flags: int | None
    lat_e6: int | None = None
    lon_e6: int | None = None
    feature_1: int | None = None
    feature_2: int | None = None
    name_bytes: bytes | None = None

    @property
    def node_type(self) -> int:
        """An `AdvertType`, or a number not known yet."""
        return 0 if self.flags is None else self.flags & 0x0F

    @property
    def name(self) -> str:
        """The name up to its first NUL; empty where none was told."""
        return "" if self.name_bytes is None else text_of(self.name_bytes.partition(b"\0")[0])


def decode_advert(payload: bytes) -> Advert:
    """Parse an advert; costs no signature check.

    Raises:
        DecodeError: `short`: fewer than 100 bytes.
    """
    if len(payload) < _FIXED_BYTES:
        detail = f"{len(payload)} bytes; an advert has 100 or more"
        raise DecodeError("short", detail, len(payload))
    timestamp = int.from_bytes(payload[32:36], "little")
    return Advert(payload[:32], timestamp, payload[36:100], payload[100:])


def encode_advert(advert: Advert) -> bytes:
    """Write an advert.

    Raises:
        EncodeError: A field has the wrong length, or the time does not fit.
    """
    if len(advert.public_key) != 32 or len(advert.signature) != 64:
        msg = "an advert's key has 32 bytes, its signature 64"
        raise EncodeError(msg)
    if not 0 <= advert.timestamp <= 0xFFFFFFFF:
        msg = "the time of an advert is out of range"
        raise EncodeError(msg)
    head = advert.public_key + _U32.pack(advert.timestamp)
    return head + advert.signature + advert.appdata


def is_genuine(advert: Advert) -> bool:
    """Check the signature: a hundred times the cost of the rest, so ask for new packets only."""
    return verify(advert.public_key, advert.signed_bytes, advert.signature)


def sign_advert(key: KeyPair, timestamp: int, data: AppData) -> Advert:
    """Compose and sign an advert.

    Raises:
        EncodeError: The appdata do not fit, or the time does not.
    """
    if not 0 <= timestamp <= 0xFFFFFFFF:
        msg = "the time of an advert is out of range"
        raise EncodeError(msg)
    draft = Advert(key.public_key, timestamp, b"", encode_appdata(data))
    return Advert(key.public_key, timestamp, key.sign(draft.signed_bytes), draft.appdata)


def appdata(
    node_type: int, name: str = "", lat_e6: int | None = None, lon_e6: int | None = None
) -> AppData:
    """Compose what an advert says; a long name is cut between characters, an empty one not told."""
    has_position = lat_e6 is not None and lon_e6 is not None
    room = MAX_APPDATA_BYTES - 1 - (8 if has_position else 0)
    name_bytes = cut(name, room) or None
    flags = node_type | (POSITION_FLAG if has_position else 0) | (NAME_FLAG if name_bytes else 0)
    if not has_position:
        return AppData(flags, name_bytes=name_bytes)
    return AppData(flags, lat_e6, lon_e6, name_bytes=name_bytes)


def decode_appdata(data: bytes) -> AppData:
    """Parse what an advert says; bytes past the 32nd are not looked at.

    Raises:
        DecodeError: `short`: a flag announces what is not there.
    """
    data = data[:MAX_APPDATA_BYTES]
    if not data:
        return AppData(None)
    flags = data[0]
    at = 1
    lat: int | None = None
    lon: int | None = None
    if flags & POSITION_FLAG:
        lat, lon = _POSITION.unpack(_take(data, at, 8, "the position"))
        at += 8
    features: list[int | None] = [None, None]
    for number, flag in enumerate((FEATURE_1_FLAG, FEATURE_2_FLAG)):
        if flags & flag:
            features[number] = _U16.unpack(_take(data, at, 2, f"feature {number + 1}"))[0]
            at += 2
    name = data[at:] if flags & NAME_FLAG else None
    return AppData(flags, lat, lon, features[0], features[1], name)


def encode_appdata(data: AppData) -> bytes:
    """Write what an advert says; the flags must match it.

    Raises:
        EncodeError: They do not, or it exceeds 32 bytes.
    """
    if data.flags is None:
        return b""
    out = bytes((data.flags,))
    if data.lat_e6 is not None and data.lon_e6 is not None:
        out += _POSITION.pack(data.lat_e6, data.lon_e6)
    for feature in (data.feature_1, data.feature_2):
        out += b"" if feature is None else _U16.pack(feature)
    out += data.name_bytes or b""
    if len(out) > MAX_APPDATA_BYTES or decode_appdata(out) != data:
        msg = "what an advert says does not match its flags, or exceeds 32 bytes"
        raise EncodeError(msg)
    return out


def _take(data: bytes, start: int, length: int, what: str) -> bytes:
    """Cut a field out, or say that it is cut off."""
    if start + length > len(data):
        raise DecodeError("short", f"{what} is cut off", len(data))
    return data[start : start + length]
