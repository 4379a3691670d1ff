"""Verbs that change how our own radio is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import LocalProtocolError
from meshtui.networks.meshcore.arguments import switch_of
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
from meshtui.networks.meshcore.device_arguments import (
    FLOODS_ARE_FREE,
    MAX_POWER_DBM,
    NO_LIMIT,
    hash_size_of,
    hash_size_words,
    multi_acks_words,
    name_of,
    place_of,
    power_of,
    preset_of,
    region_of,
    scope_words,
    tuning_words,
)
from meshtui.networks.meshcore.told import Told

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion.answers import SelfInfo
    from meshtui.networks.meshcore.companion.asking import Asking
    from meshtui.networks.meshcore.companion.commands import RadioCommand
    from meshtui.networks.meshcore.companion.radio import Radio


def set_name(radio: Radio, argument: str) -> Asking:
    """Name the radio.

    Raises:
        LocalProtocolError: The name is empty or too long.
    """
    name = name_of(argument)
    return _apply(radio, SetAdvertName(name), f"it is called {name}; `advert-flood` tells the mesh")


def set_position(radio: Radio, argument: str) -> Asking:
    """Place the radio, or take its position back.

    Raises:
        LocalProtocolError: It is no position.
    """
    place = place_of(argument)
    if place is None:
        return _apply(radio, SetAdvertLatLon(0.0, 0.0), "it has no position any more")
    command = SetAdvertLatLon(place.lat, place.lng)
    return _apply(radio, command, f"it is at {place.lat:.6f}, {place.lng:.6f}")


def set_radio(radio: Radio, argument: str) -> Asking:
    """Tune the radio by a preset or by numbers.

    Raises:
        LocalProtocolError: There is no such preset, or a number is out of range.
    """
    preset = preset_of(argument)
    return _apply(radio, SetRadioParams(*preset), tuning_words(preset.settings))


def set_power(radio: Radio, argument: str) -> Asking:
    """Set what the radio sends with.

    Raises:
        LocalProtocolError: It is more than the board allows.
    """
    limit = radio.self_info.max_power_dbm if radio.self_info else MAX_POWER_DBM
    dbm = power_of(argument, limit)
    return _apply(radio, SetRadioTxPower(dbm), f"it sends with {dbm} dBm")


def set_path_hash_mode(radio: Radio, argument: str) -> Asking:
    """Choose how many bytes name a repeater in our floods.

    Raises:
        LocalProtocolError: They are not 1, 2 or 3.
    """
    size = hash_size_of(argument)
    return _path_hash_mode(radio, size - 1, hash_size_words(size))


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
    return _apply(radio, _others(me, multi_acks=int(is_on)), multi_acks_words(is_on=is_on))


def _others(me: SelfInfo, multi_acks: int) -> SetOtherParams:
    """Keep what is set by the same command."""
    return SetOtherParams(me.manual_add, me.telemetry, me.position_policy, multi_acks)


def scope(radio: Radio, argument: str) -> Asking:
    """Show or choose the region our floods are limited to.

    Raises:
        LocalProtocolError: The name is too long.
    """
    name = region_of(argument)
    if name == "":
        return _show_scope()
    if name is None:
        return _apply(radio, SetDefaultFloodScope(), FLOODS_ARE_FREE)
    return _apply(radio, SetDefaultFloodScope(name, region_key(name)), scope_words(name))


def _show_scope() -> Asking:
    frame = yield from need(Bare(Command.GET_DEFAULT_FLOOD_SCOPE))
    name = frame.name if isinstance(frame, DefaultFloodScope) else None
    return Told(scope_words(name) if name else NO_LIMIT)


def _apply(radio: Radio, command: RadioCommand, text: str) -> Asking:
    """Change a setting, and read how it stands now."""
    yield from need(command)
    yield from read_self(radio)
    return Told(text)
