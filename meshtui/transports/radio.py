"""The radio behind a link, as its URL describes it.

A gateway says nothing of how its LoRa chip is set, so the URL does: `?sf=8&bw=62.5&cr=8&duty=1`.
What is left out is as the transport's options say. The numbers are only used to reckon with; they
configure no hardware, but for a modem whose frequency is named (`kiss`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import ConfigError
from meshtui.model.link import RadioSettings
from meshtui.transports.base import OptionSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meshtui.transports.base import LinkSpec

_MODEM_FRAME_BYTES = 255
_GATEWAY_FRAME_BYTES = RadioSettings().max_frame_bytes
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

    known = {option.name: option for option in load_transport(spec.scheme).options}
    if "sf" not in known or spec.options.get("air") == "none":
        return None
    given = {name: option.default for name, option in known.items()} | dict(spec.options)
    spreading = int(_number(given, "sf", 5, 12, is_whole=True))
    # a MeshCore modem's preamble follows from its spreading factor
    preamble = given["preamble"] or ("32" if spreading <= 8 else "16")
    is_modem = "freq" in known
    return RadioSettings(
        spreading_factor=spreading,
        bandwidth_khz=_number(given, "bw", 7.8, 500),
        coding_rate=int(_number(given, "cr", 5, 8, is_whole=True)),
        preamble_symbols=int(_number({"preamble": preamble}, "preamble", 6, 65_535, is_whole=True)),
        duty_cycle=_number(given, "duty", 0.1, 100) / 100,
        max_frame_bytes=_MODEM_FRAME_BYTES if is_modem else _GATEWAY_FRAME_BYTES,
        frequency_mhz=_number(given, "freq", 100, 3_000) if given.get("freq") else None,
        power_dbm=int(_number(given, "power", -9, 30, is_whole=True))
        if given.get("power")
        else None,
    )


def _number(
    given: Mapping[str, str], name: str, lowest: float, highest: float, *, is_whole: bool = False
) -> float:
    """Read one option."""
    text = given[name]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not lowest <= value <= highest or (is_whole and value != int(value)):
        kind = "a whole number" if is_whole else "a number"
        msg = f"link URL: {name}={text[:20]}: {kind} from {lowest:g} to {highest:g}"
        raise ConfigError(msg)
    return value
