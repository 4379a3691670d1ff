"""How long packets wait, and how long an answer may take: the firmware's formulas.

`t` is the time on air in whole milliseconds. The firmware spreads what it passes on over up to five
times `t` so that repeaters which heard the same packet do not answer it at the same moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.mesh.airtime import time_on_air_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.link import RadioSettings

TEXT_ACK_MS: Final = 200
EXTRA_ACK_MS: Final = 300
RESPONSE_MS: Final = 300
RECIPROCAL_PATH_MS: Final = 500
CLI_REPLY_MS: Final = 600
PATH_RETRY_MS: Final = 3000
_MIN_RX_DELAY_MS: Final = 50
_MAX_RX_DELAY_MS: Final = 32_000
_SPREAD: Final = 5
_HEADER_BYTES: Final = 2
# when it reckons a timeout the firmware has not yet chosen a route, and allows for scope codes
_CODES_BYTES: Final = 4
_SNR_FLOOR_DB: Final = -15.0  # of SF10, whatever is set: so the firmware
_PACKET_BYTES: Final = 256.0


def airtime_ms(n_bytes: int, radio: RadioSettings) -> int:
    """Reckon the time on air of a packet of so many bytes."""
    return int(time_on_air_ms(n_bytes, radio))


def spread_ms(
    body_bytes: int, factor: float, radio: RadioSettings, below: Callable[[int], int]
) -> int:
    """Draw how long a packet that is passed on waits: 0 .. 5 t factor.

    Args:
        body_bytes: Of path and payload.
        below: Draws a number from 0 up to, without, its argument.
    """
    unit = int(airtime_ms(body_bytes + _HEADER_BYTES, radio) * factor)
    return below(_SPREAD * unit + 1) if unit > 0 else 0


def flood_timeout_ms(payload_bytes: int, radio: RadioSettings) -> int:
    """Say after how long a flood without an answer is lost."""
    return 500 + 16 * airtime_ms(_HEADER_BYTES + payload_bytes + _CODES_BYTES, radio)


def direct_timeout_ms(payload_bytes: int, hops: int, radio: RadioSettings) -> int:
    """Say after how long a packet along a path without an answer is lost."""
    unit = airtime_ms(_HEADER_BYTES + payload_bytes + _CODES_BYTES, radio)
    return 500 + (6 * unit + 250) * (hops + 1)


def trace_timeout_ms(payload_bytes: int, hops: int, radio: RadioSettings) -> int:
    """Say after how long a trace is lost."""
    return 500 + (6 * airtime_ms(_HEADER_BYTES + payload_bytes, radio) + 250) * (hops + 1)


def rx_delay_ms(n_bytes: int, snr_db: float | None, base: float, radio: RadioSettings) -> int:
    """Say how long a flood lies before it is looked at: the worse it was heard, the longer.

    So that who heard it well passes it on first. 0 = look at it now; at most 32 s.

    Args:
        base: `NodeSettings.rx_delay_base`; 0 turns it off.
    """
    if base <= 0 or snr_db is None:
        return 0
    score = reception_score(snr_db, n_bytes)
    delay = int((base ** (0.85 - score) - 1.0) * airtime_ms(n_bytes, radio))
    return 0 if delay < _MIN_RX_DELAY_MS else min(delay, _MAX_RX_DELAY_MS)


def reception_score(snr_db: float, n_bytes: int) -> float:
    """Rate a reception from 0 to 1."""
    if snr_db < _SNR_FLOOR_DB:
        return 0.0
    score = (snr_db - _SNR_FLOOR_DB) / 10.0 * (1.0 - n_bytes / _PACKET_BYTES)
    return max(0.0, min(1.0, score))
