"""What a channel's members' programs exchange, once opened (GRP_DATA, 6).

    data type(2) | length(1) | data | zero padding

Type 0 is reserved, 0001-00FF internal, 0100-FEFF registered, FF00-FFFF for development.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from meshtui.errors import DecodeError, EncodeError

MAX_DATA_BYTES = 165
_HEAD = Struct("<HB")
_DEVELOPMENT = 0xFF00
# first, last, who registered it
_REGISTERED = (
    (0x0100, 0x0100, "MeshCore Open"),
    (0x0110, 0x011F, "Ripple"),
    (0x0120, 0x0120, "MCO Advanced"),
    (0x0130, 0x013F, "StreamSensor"),
)


@dataclass(frozen=True, slots=True)
class GroupDataBody:
    """Data for the members of a channel."""

    data_type: int
    data: bytes


def decode_group_data(plaintext: bytes) -> GroupDataBody:
    """Parse opened channel data.

    Raises:
        DecodeError: `short`, or `bad-length`: more is announced than there is.
    """
    if len(plaintext) < 3:
        raise DecodeError("short", "channel data have 3 bytes before them", len(plaintext))
    data_type, length = _HEAD.unpack_from(plaintext)
    if length > len(plaintext) - 3:
        detail = f"{length} bytes announced, {len(plaintext) - 3} there"
        raise DecodeError("bad-length", detail, 2)
    return GroupDataBody(data_type, plaintext[3 : 3 + length])


def encode_group_data(body: GroupDataBody) -> bytes:
    """Write channel data, unpadded.

    Raises:
        EncodeError: The type does not fit 16 bits, or the data are too long.
    """
    if not 0 <= body.data_type <= 0xFFFF or len(body.data) > MAX_DATA_BYTES:
        msg = f"channel data are at most {MAX_DATA_BYTES} bytes, their type is of 16 bits"
        raise EncodeError(msg)
    return _HEAD.pack(body.data_type, len(body.data)) + body.data


def owner_of_data_type(data_type: int) -> str:
    """Name who uses a data type, in a word or two."""
    if data_type == 0:
        return "reserved"
    if data_type <= 0xFF:
        return "internal"
    if data_type >= _DEVELOPMENT:
        return "development"
    for first, last, owner in _REGISTERED:
        if first <= data_type <= last:
            return owner
    return "registered"


def is_plausible_group_data(plaintext: bytes) -> bool:
    """Tell whether what a key opened can be channel data: length and padding must fit."""
    if len(plaintext) < 3 or plaintext[:2] == b"\0\0":
        return False
    end = 3 + plaintext[2]
    return end <= len(plaintext) < end + 16 and not any(plaintext[end:])
