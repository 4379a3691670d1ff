"""How a radio was set, as a line of JSON says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.capture.packet import LoraChannel

if TYPE_CHECKING:
    from collections.abc import Mapping

_HZ: Final = 1_000_000
_MAX_MHZ: Final = 4_000  # in hertz it must fit into 32 bits
_MAX_KHZ: Final = 2_000
_MAX_SPREADING_FACTOR: Final = 12


def tuning_of(lora: LoraChannel) -> Mapping[str, float]:
    """Write it: megahertz, kilohertz, spreading factor; what is not known is left out."""
    figures = {
        "frequency_mhz": lora.frequency_hz / _HZ,
        "bandwidth_khz": lora.bandwidth_khz,
        "spreading_factor": lora.spreading_factor,
    }
    return {name: figure for name, figure in figures.items() if figure}


def read_tuning(content: object) -> LoraChannel | None:
    """Read it; None where it is none."""
    if not isinstance(content, dict):
        return None
    mhz = _figure_of(content.get("frequency_mhz"), _MAX_MHZ)
    spreading_factor = round(_figure_of(content.get("spreading_factor"), _MAX_SPREADING_FACTOR))
    return LoraChannel(
        round(mhz * _HZ), _figure_of(content.get("bandwidth_khz"), _MAX_KHZ), spreading_factor
    )


def _figure_of(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return value if 0 <= value <= most else 0
