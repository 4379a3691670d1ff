"""The radio behind a link, as its URL describes it.

A gateway says nothing of how its LoRa chip is set, so the URL does: `?sf=8&bw=62.5&cr=8&duty=1`.
What is left out is as in `RadioSettings`. The numbers are only used to reckon with; they
configure no hardware.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import ConfigError
from meshtui.model.link import RadioSettings
from meshtui.transports.base import OptionSpec

if TYPE_CHECKING:
    from meshtui.transports.base import LinkSpec

RADIO_OPTIONS = (
    OptionSpec(
        "air", "none: a wire to one other node, with no radio behind", "lora", ("lora", "none")
    ),
    OptionSpec("sf", "LoRa spreading factor, 5 to 12", "11"),
    OptionSpec("bw", "LoRa bandwidth in kHz, 7.8 to 500", "250"),
    OptionSpec("cr", "LoRa coding rate 4/5 to 4/8", "5", ("5", "6", "7", "8")),
    OptionSpec("preamble", "LoRa preamble in symbols, 6 to 65535", "16"),
    OptionSpec("duty", "percent of an hour that may be spent sending, 0.1 to 100", "10"),
)


def radio_settings(spec: LinkSpec) -> RadioSettings | None:
    """Read the radio behind a link; None where its transport has none, or `air=none`.

    Raises:
        ConfigError: A number is none, or out of range.
    """
    from meshtui.transports.registry import load_transport

    if RADIO_OPTIONS[0] not in load_transport(spec.scheme).options:
        return None
    if spec.options.get("air") == "none":
        return None
    return RadioSettings(
        spreading_factor=int(_number(spec, "sf", 5, 12, is_whole=True)),
        bandwidth_khz=_number(spec, "bw", 7.8, 500),
        coding_rate=int(_number(spec, "cr", 5, 8, is_whole=True)),
        preamble_symbols=int(_number(spec, "preamble", 6, 65_535, is_whole=True)),
        duty_cycle=_number(spec, "duty", 0.1, 100) / 100,
    )


def _number(
    spec: LinkSpec, name: str, lowest: float, highest: float, *, is_whole: bool = False
) -> float:
    """Read one option, or its default."""
    default = next(option.default for option in RADIO_OPTIONS if option.name == name)
    text = spec.options.get(name, default)
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not lowest <= value <= highest or (is_whole and value != int(value)):
        kind = "a whole number" if is_whole else "a number"
        msg = f"link URL: {name}={text[:20]}: {kind} from {lowest:g} to {highest:g}"
        raise ConfigError(msg)
    return value
