"""The LoRaTap header before a packet that a LoRa radio heard. All numbers big-endian:

    version u8 | padding u8 | header length u16 | frequency u32 Hz | bandwidth u8, 125 kHz each |
    spreading factor u8 | packet, greatest, current strength u8 each, dBm + 139, 255 = not known |
    signal-to-noise ratio i8, dB / 4 | sync word u8 | version 1: 20 bytes more, which we skip

Source: the LoRaTap README (versions 0 and 1), and what tshark 4.0 shows of it (the ratio without
its sign and its quarters; the field's value, `loratap.rssi.snr`, is right).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from meshtui.capture.packet import LoraChannel
from meshtui.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER: Final = struct.Struct(">BBHIBBBBBBB")
NO_CHANNEL: Final = LoraChannel()
_BASE_DBM: Final = -139
_UNKNOWN: Final = 255
_STEP_KHZ: Final = 125
# -32 dB is 10 dB below what any LoRa receiver can hear, so the value is free to say "not known".
_NO_RATIO: Final = 0x80
_RATIOS: Final[Sequence[float | None]] = tuple(
    None if code == _NO_RATIO else (code - 256 if code > _NO_RATIO else code) / 4
    for code in range(256)
)
_STRENGTHS: Final[Sequence[int | None]] = tuple(
    None if code == _UNKNOWN else code + _BASE_DBM for code in range(256)
)


def encode_loratap(
    payload: bytes, rssi_dbm: int | None, snr_db: float | None, channel: LoraChannel = NO_CHANNEL
) -> bytes:
    """Put a version 0 header before a packet; figures beyond its ranges become the nearest."""
    return (
        HEADER.pack(
            0,
            0,
            HEADER.size,
            min(max(channel.frequency_hz, 0), 0xFFFFFFFF),
            min(int(channel.bandwidth_khz // _STEP_KHZ), 255),
            min(max(channel.spreading_factor, 0), 255),
            _strength_code(rssi_dbm),
            _UNKNOWN,
            _UNKNOWN,
            _ratio_code(snr_db),
            channel.sync_word & 0xFF,
        )
        + payload
    )


def decode_loratap(data: bytes, at: int = 0) -> tuple[bytes, int | None, float | None, LoraChannel]:
    """Return packet, strength, signal-to-noise ratio, and how the radio was set.

    Args:
        at: Where the header begins.

    Raises:
        DecodeError: The header is longer than the data, or shorter than a header can be.
    """
    there = len(data) - at
    if there < HEADER.size:
        raise DecodeError("short-loratap", f"a LoRaTap header has {HEADER.size} bytes", there)
    _, _, length, frequency, bandwidth, factor, strength, _, _, ratio, sync = HEADER.unpack_from(
        data, at
    )
    if not HEADER.size <= length <= there:
        raise DecodeError("bad-loratap-length", f"{length} of {there} bytes", 2)
    channel = _channel(frequency, bandwidth, factor, sync)
    return data[at + length :], _STRENGTHS[strength], _RATIOS[ratio], channel


@lru_cache(maxsize=64)
def _channel(frequency: int, bandwidth: int, factor: int, sync: int) -> LoraChannel:
    """Packets of one radio share what they say of it."""
    return LoraChannel(frequency, bandwidth * _STEP_KHZ, factor, sync)


def says_exactly(rssi_dbm: int | None, snr_db: float | None) -> bool:
    """Tell whether a header holds these figures as they are."""
    same_strength = _STRENGTHS[_strength_code(rssi_dbm)] == rssi_dbm
    return same_strength and _RATIOS[_ratio_code(snr_db)] == snr_db


def _strength_code(rssi_dbm: int | None) -> int:
    if rssi_dbm is None:
        return _UNKNOWN
    return min(max(rssi_dbm - _BASE_DBM, 0), _UNKNOWN - 1)


def _ratio_code(snr_db: float | None) -> int:
    if snr_db is None:
        return _NO_RATIO
    return round(min(max(snr_db, -31.75), 31.75) * 4) & 0xFF
