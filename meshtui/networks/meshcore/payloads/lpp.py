"""Telemetry in the CayenneLPP form: channel, type, value; the only big-endian part here.

An unknown type has an unknown length, so it ends the reading. Zeros at the end are padding.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

from meshtui.errors import EncodeError


class LppType(NamedTuple):
    """One kind of value: `scale` is what its integer is divided by, `parts` are its axes."""

    name: str
    size: int
    scale: int = 1
    unit: str = ""
    is_signed: bool = False
    parts: int = 1


class Reading(NamedTuple):
    """One value of one sensor.

    Attributes:
        start: Index of its first byte, which is its channel.
        end: Index past its last byte.
    """

    channel: int
    type_code: int
    values: tuple[float, ...]
    start: int = 0
    end: int = 0

    @property
    def name(self) -> str:
        """What was measured."""
        return LPP_TYPES[self.type_code].name

    @property
    def text(self) -> str:
        """The values with their unit."""
        unit = LPP_TYPES[self.type_code].unit
        shown = ", ".join(f"{value:g}" if value % 1 else str(int(value)) for value in self.values)
        return f"{shown} {unit}" if unit else shown


VOLTAGE: Final = 116
GPS: Final = 136
LPP_TYPES: Final = MappingProxyType(
    {
        0: LppType("digital input", 1),
        1: LppType("digital output", 1),
        2: LppType("analog input", 2, 100, is_signed=True),
        3: LppType("analog output", 2, 100, is_signed=True),
        100: LppType("generic sensor", 4),
        101: LppType("luminosity", 2, 1, "lx"),
        102: LppType("presence", 1),
        103: LppType("temperature", 2, 10, "°C", is_signed=True),
        104: LppType("humidity", 1, 2, "%"),
        113: LppType("accelerometer", 6, 1000, "g", is_signed=True, parts=3),
        115: LppType("barometer", 2, 10, "hPa"),
        VOLTAGE: LppType("voltage", 2, 100, "V"),
        117: LppType("current", 2, 1000, "A", is_signed=True),
        118: LppType("frequency", 4, 1, "Hz"),
        120: LppType("percentage", 1, 1, "%"),
        121: LppType("altitude", 2, 1, "m", is_signed=True),
        125: LppType("concentration", 2, 1, "ppm"),
        128: LppType("power", 2, 1, "W"),
        130: LppType("distance", 4, 1000, "m"),
        131: LppType("energy", 4, 1000, "kWh"),
        132: LppType("direction", 2, 1, "°"),
        133: LppType("time", 4, 1, "s"),
        134: LppType("gyrometer", 6, 100, "°/s", is_signed=True, parts=3),
        135: LppType("colour", 3, parts=3),
        GPS: LppType("position", 9, 10_000, is_signed=True, parts=3),
        142: LppType("switch", 1),
    }
)
_SELF_CHANNEL: Final = 1
_MAX_HUNDREDTHS: Final = 0xFFFF
_GPS_ALTITUDE_SCALE: Final = 100  # its third part, in metres, has a scale of its own


def decode_lpp(data: bytes) -> tuple[list[Reading], int]:
    """Read what can be read; also says where that ended: `len(data)` where nothing is left."""
    readings: list[Reading] = []
    at = 0
    while len(data) - at > 2:
        kind = LPP_TYPES.get(data[at + 1])
        if kind is None or at + 2 + kind.size > len(data) or not any(data[at:]):
            break
        end = at + 2 + kind.size
        readings.append(Reading(data[at], data[at + 1], _values(kind, data[at + 2 : end]), at, end))
        at = end
    return readings, len(data) if not any(data[at:]) else at


def encode_lpp(readings: list[Reading]) -> bytes:
    """Write readings.

    Raises:
        EncodeError: A value does not fit, or the type is not in the list.
    """
    out = bytearray()
    for reading in readings:
        kind = LPP_TYPES.get(reading.type_code)
        if kind is None or len(reading.values) != kind.parts:
            msg = f"no telemetry of type {reading.type_code} has {len(reading.values)} values"
            raise EncodeError(msg)
        out += bytes((reading.channel, reading.type_code))
        size = kind.size // kind.parts
        for part, value in enumerate(reading.values):
            try:
                raw = round(value * _scale(kind, part))
                out += raw.to_bytes(size, "big", signed=kind.is_signed)
            except (OverflowError, ValueError) as error:
                msg = f"{value} does not fit a {kind.name}"
                raise EncodeError(msg) from error
    return bytes(out)


def battery_lpp(millivolts: int) -> bytes:
    """Write what every node measures: its own battery, which is on channel 1."""
    volts = max(0, min(_MAX_HUNDREDTHS, millivolts // 10)) / 100
    return encode_lpp([Reading(_SELF_CHANNEL, VOLTAGE, (volts,))])


def _values(kind: LppType, data: bytes) -> tuple[float, ...]:
    size = kind.size // kind.parts
    raws = (
        int.from_bytes(data[part * size : (part + 1) * size], "big", signed=kind.is_signed)
        for part in range(kind.parts)
    )
    return tuple(raw / _scale(kind, part) for part, raw in enumerate(raws))


def _scale(kind: LppType, part: int) -> int:
    is_altitude = kind is LPP_TYPES[GPS] and part == 2
    return _GPS_ALTITUDE_SCALE if is_altitude else kind.scale
