"""What is typed to set a radio of ours, of whatever kind: read, or refused before it is sent.

And what is answered then, in words that are the same for every kind.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from meshtui.errors import LocalProtocolError
from meshtui.model.node import Position
from meshtui.networks.meshcore.arguments import number_of, words_of
from meshtui.networks.meshcore.node.settings import mesh_radio

if TYPE_CHECKING:
    from meshtui.model.link import RadioSettings

MAX_NAME_BYTES: Final = 31
MIN_POWER_DBM: Final = -9
MAX_POWER_DBM: Final = 30
NO_LIMIT: Final = "no limit is set"
FLOODS_ARE_FREE: Final = "our floods go everywhere"


class Preset(NamedTuple):
    """How the radios of a region are tuned."""

    frequency_khz: int
    bandwidth_hz: int
    spreading_factor: int
    coding_rate: int

    @property
    def settings(self) -> RadioSettings:
        """It in the words of all radios."""
        return mesh_radio(
            self.spreading_factor,
            self.bandwidth_hz / 1000,
            self.coding_rate,
            self.frequency_khz / 1000,
        )


PRESETS: Final = MappingProxyType(
    {
        "eu": Preset(869_618, 62_500, 8, 8),
        "us": Preset(910_525, 62_500, 7, 5),
        "ca": Preset(910_525, 62_500, 7, 5),
    }
)


def name_of(argument: str) -> str:
    """Read a node's name.

    Raises:
        LocalProtocolError: It is empty or too long.
    """
    name = argument.strip()
    size = len(name.encode(errors="replace"))
    if not 0 < size <= MAX_NAME_BYTES or "\0" in name:
        msg = f"a name has 1 to {MAX_NAME_BYTES} bytes, not {size}"
        raise LocalProtocolError(msg)
    return name


def place_of(argument: str) -> Position | None:
    """Read a position; None = `off`.

    Raises:
        LocalProtocolError: It is neither.
    """
    if argument.strip().lower() == "off":
        return None
    words = words_of(argument.replace(",", " "), 2, 2, "`LAT LNG` in degrees, or `off`")
    lat = number_of(words[0], -90, 90, "the latitude")
    return Position(lat, number_of(words[1], -180, 180, "the longitude"))


def preset_of(argument: str) -> Preset:
    """Read how to tune: a preset's name, or four numbers within what the firmware takes.

    Raises:
        LocalProtocolError: There is no such preset, or a number is out of range.
    """
    preset = PRESETS.get(argument.strip().lower())
    if preset is not None:
        return preset
    names = ", ".join(PRESETS)
    words = words_of(argument, 4, 4, f"a preset ({names}) or `MHZ KHZ SF CR`")
    return Preset(
        round(number_of(words[0], 150, 2500, "the frequency in MHz") * 1000),
        round(number_of(words[1], 7, 500, "the bandwidth in kHz") * 1000),
        _whole(words[2], 5, 12, "the spreading factor"),
        _whole(words[3], 5, 8, "the coding rate (5 to 8 for 4/5 to 4/8)"),
    )


def power_of(argument: str, most_dbm: int = MAX_POWER_DBM) -> int:
    """Read what to send with, in dBm.

    Raises:
        LocalProtocolError: It is no number, or more than the board allows.
    """
    word = argument.strip().lower().removesuffix("dbm").strip()
    return _whole(word, MIN_POWER_DBM, most_dbm, "the power in dBm")


def hash_size_of(argument: str) -> int:
    """Read by how many bytes repeaters name themselves.

    Raises:
        LocalProtocolError: They are not 1, 2 or 3.
    """
    return _whole(argument.strip(), 1, 3, "the size of a hop hash")


def region_of(argument: str) -> str | None:
    """Read a region's name, its sign put before it; empty = none is named, None = `off`.

    Raises:
        LocalProtocolError: The name is too long.
    """
    name = argument.strip()
    if name.lower() in {"off", "none", "*"}:
        return None
    full = name if not name or name.startswith(("#", "$")) else f"#{name}"
    if len(full.encode(errors="replace")) > MAX_NAME_BYTES - 1:
        msg = f"a region's name has at most {MAX_NAME_BYTES - 1} bytes"
        raise LocalProtocolError(msg)
    return full


def tuning_words(radio: RadioSettings) -> str:
    """Say how a radio is tuned."""
    return (
        f"{radio.frequency_mhz or 0:.7g} MHz, {radio.bandwidth_khz:g} kHz, "
        f"SF{radio.spreading_factor}, CR 4/{radio.coding_rate}"
    )


def hash_size_words(size: int) -> str:
    """Say how long hop hashes are."""
    return f"repeaters name themselves by {size} byte{'s' if size > 1 else ''} in our floods"


def multi_acks_words(*, is_on: bool) -> str:
    """Say how often we acknowledge."""
    return f"each acknowledgement along a path is sent {'twice' if is_on else 'once'}"


def scope_words(name: str) -> str:
    """Say where our floods go."""
    return f"only repeaters of {name} pass our floods on"


def _whole(word: str, low: int, high: int, what: str) -> int:
    value = number_of(word, low, high, what)
    if value % 1:
        msg = f"{what} is a whole number, not {word!r}"
        raise LocalProtocolError(msg)
    return int(value)
