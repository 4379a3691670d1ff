"""Measured values as telemetry carries them: Cayenne LPP, big-endian.

    channel(1) | type(1) | value

Source: the Cayenne low power payload's published table; type 116 is a voltage in hundredths.
"""

from __future__ import annotations

from typing import Final

SELF_CHANNEL: Final = 1
VOLTAGE: Final = 116
TEMPERATURE: Final = 103


def voltage(millivolts: int, channel: int = SELF_CHANNEL) -> bytes:
    """Write a voltage."""
    hundredths = max(0, min(0xFFFF, millivolts // 10))
    return bytes((channel, VOLTAGE)) + hundredths.to_bytes(2, "big")


def temperature(celsius: float, channel: int = SELF_CHANNEL) -> bytes:
    """Write a temperature."""
    tenths = max(-0x8000, min(0x7FFF, round(celsius * 10)))
    return bytes((channel, TEMPERATURE)) + tenths.to_bytes(2, "big", signed=True)
