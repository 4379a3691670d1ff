"""Verbs that change how our own radio is set."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from meshtui.errors import LocalProtocolError
from meshtui.networks.meshcore.arguments import number_of, switch_of, words_of
from meshtui.networks.meshcore.channel_key import region_key
from meshtui.networks.meshcore.companion.answers import DefaultFloodScope
from meshtui.networks.meshcore.companion.asking import need
from meshtui.networks.meshcore.companion.codes import Command
from meshtui.networks.meshcore.companion.commands import (
    Bare,
    SetAdvertLatLon,
    SetAdvertName,
    SetDefaultFloodScope,
    SetOtherParams,
    SetPathHashMode,
    SetRadioParams,
    SetRadioTxPower,
)
from meshtui.networks.meshcore.companion.greeting import read_self
from meshtui.networks.meshcore.told import Told

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion.answers import SelfInfo
    from meshtui.networks.meshcore.companion.asking import Asking
    from meshtui.networks.meshcore.companion.commands import RadioCommand
    from meshtui.networks.meshcore.companion.radio import Radio

MAX_NAME_BYTES: Final = 31
MIN_POWER_DBM: Final = -9


class Preset(NamedTuple):
    """How the radios of a region are tuned."""

    frequency_khz: int
    bandwidth_hz: int
    spreading_factor: int
    coding_rate: int


PRESETS: Final = MappingProxyType(
    {
        "eu": Preset(869_618, 62_500, 8, 8),
        "us": Preset(910_525, 62_500, 7, 5),
        "ca": Preset(910_525, 62_500, 7, 5),
    }
)


def set_name(radio: Radio, argument: str) -> Asking:
    """Name the radio.

    Raises:
        LocalProtocolError: The name is empty or too long.
    """
    name = argument.strip()
    size = len(name.encode(errors="replace"))
    if not 0 < size <= MAX_NAME_BYTES or "\0" in name:
        msg = f"a name has 1 to {MAX_NAME_BYTES} bytes, not {size}"
        raise LocalProtocolError(msg)
    return _apply(radio, SetAdvertName(name), f"it is called {name}; `advert-flood` tells the mesh")


def set_position(radio: Radio, argument: str) -> Asking:
    """Place the radio, or take its position back.

    Raises:
        LocalProtocolError: It is no position.
    """
    if argument.strip().lower() == "off":
        return _apply(radio, SetAdvertLatLon(0.0, 0.0), "it has no position any more")
    words = words_of(argument.replace(",", " "), 2, 2, "`LAT LNG` in degrees, or `off`")
    lat = number_of(words[0], -90, 90, "the latitude")
    lon = number_of(words[1], -180, 180, "the longitude")
    return _apply(radio, SetAdvertLatLon(lat, lon), f"it is at {lat:.6f}, {lon:.6f}")


def set_radio(radio: Radio, argument: str) -> Asking:
    """Tune the radio by a preset or by numbers.

    Raises:
        LocalProtocolError: There is no such preset, or a number is out of range.
    """
    preset = PRESETS.get(argument.strip().lower()) or _preset_of(argument)
    text = (
        f"{preset.frequency_khz / 1000:g} MHz, {preset.bandwidth_hz / 1000:g} kHz, "
        f"SF{preset.spreading_factor}, CR 4/{preset.coding_rate}"
    )
    return _apply(radio, SetRadioParams(*preset), text)


def _preset_of(argument: str) -> Preset:
    names = ", ".join(PRESETS)
    words = words_of(argument, 4, 4, f"a preset ({names}) or `MHZ KHZ SF CR`")
    return Preset(
        round(number_of(words[0], 150, 2500, "the frequency in MHz") * 1000),
        round(number_of(words[1], 7, 500, "the bandwidth in kHz") * 1000),
        round(number_of(words[2], 5, 12, "the spreading factor")),
        round(number_of(words[3], 5, 8, "the coding rate (5 to 8 for 4/5 to 4/8)")),
    )


def set_power(radio: Radio, argument: str) -> Asking:
    """Set what the radio sends with.

    Raises:
        LocalProtocolError: It is more than the board allows.
    """
    limit = radio.self_info.max_power_dbm if radio.self_info else 30
    word = argument.strip().lower().removesuffix("dbm").strip()
    dbm = round(number_of(word, MIN_POWER_DBM, limit, "the power in dBm"))
    return _apply(radio, SetRadioTxPower(dbm), f"it sends with {dbm} dBm")


def set_path_hash_mode(radio: Radio, argument: str) -> Asking:
    """Choose how many bytes name a repeater in our floods.

    Raises:
        LocalProtocolError: They are not 1, 2 or 3.
    """
    size = number_of(argument.strip(), 1, 3, "the size of a hop hash")
    if size % 1:
        raise LocalProtocolError("the size of a hop hash is 1, 2 or 3")
    text = f"repeaters name themselves by {size:g} byte{'s' if size > 1 else ''} in our floods"
    return _path_hash_mode(radio, int(size) - 1, text)


def _path_hash_mode(radio: Radio, mode: int, text: str) -> Asking:
    yield from need(SetPathHashMode(0, mode))
    if radio.info is not None:
        radio.info = radio.info._replace(path_hash_mode=mode)
    radio.facts["path hash"] = f"{mode + 1} bytes a hop"
    radio.tell_device()
    return Told(text)


def set_multi_acks(radio: Radio, argument: str) -> Asking:
    """Send acknowledgements twice, or once.

    Raises:
        LocalProtocolError: The argument is neither `on` nor `off`, or the radio has not said
            how its other settings are.
    """
    is_on = switch_of(argument)
    me = radio.self_info
    if me is None:
        raise LocalProtocolError("the radio has not said how it is set")
    text = f"each acknowledgement along a path is sent {'twice' if is_on else 'once'}"
    return _apply(radio, _others(me, multi_acks=int(is_on)), text)


def _others(me: SelfInfo, multi_acks: int) -> SetOtherParams:
    """Keep what is set by the same command."""
    return SetOtherParams(me.manual_add, me.telemetry, me.position_policy, multi_acks)


def scope(radio: Radio, argument: str) -> Asking:
    """Show or choose the region our floods are limited to.

    Raises:
        LocalProtocolError: The name is too long.
    """
    name = argument.strip()
    if not name:
        return _show_scope()
    if name.lower() in {"off", "none", "*"}:
        return _apply(radio, SetDefaultFloodScope(), "our floods go everywhere")
    full = name if name.startswith(("#", "$")) else f"#{name}"
    if len(full.encode(errors="replace")) > MAX_NAME_BYTES - 1:
        msg = f"a region's name has at most {MAX_NAME_BYTES - 1} bytes"
        raise LocalProtocolError(msg)
    command = SetDefaultFloodScope(full, region_key(full))
    return _apply(radio, command, f"only repeaters of {full} pass our floods on")


def _show_scope() -> Asking:
    frame = yield from need(Bare(Command.GET_DEFAULT_FLOOD_SCOPE))
    name = frame.name if isinstance(frame, DefaultFloodScope) else None
    return Told(f"only repeaters of {name} pass our floods on" if name else "no limit is set")


def _apply(radio: Radio, command: RadioCommand, text: str) -> Asking:
    """Change a setting, and read how it stands now."""
    yield from need(command)
    yield from read_self(radio)
    return Told(text)
