"""Verbs that set our own radio, where it is a modem: what is the node's is ours, the rest its own.

What is set here lasts until the program ends: a modem that comes back is set so again. The settings
and the link's URL say what holds at each start; where the URL does not, it is what the modem has.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.errors import LocalProtocolError
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.arguments import switch_of
from meshtui.networks.meshcore.channel_key import region_key
from meshtui.networks.meshcore.device_arguments import (
    FLOODS_ARE_FREE,
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
from meshtui.networks.meshcore.kiss import Hardware, ModemRadio
from meshtui.networks.meshcore.modem.asking import Asking, of_modem
from meshtui.networks.meshcore.modem.greeting import Question, to_power, to_tune
from meshtui.networks.meshcore.node.settings import Region
from meshtui.networks.meshcore.told import Told

if TYPE_CHECKING:
    from meshtui.networks.meshcore.modem.rig import Rig


def set_name(rig: Rig, argument: str) -> Asking:
    """Call ourselves something."""
    yield from ()
    name = name_of(argument)
    rig.rename(name)
    rig.tell_device()
    return Told(f"we are {name} {_kept('name')}; `advert-flood` tells the mesh")


def set_position(rig: Rig, argument: str) -> Asking:
    """Say where we are, or nothing any more."""
    yield from ()
    place = place_of(argument)
    rig.move(place)
    rig.tell_device()
    if place is None:
        return Told(f"our adverts say no position {_kept('share_position')}")
    kept = _kept("position")
    return Told(f"our adverts say {place.lat:.6f}, {place.lng:.6f} {kept}")


def set_radio(rig: Rig, argument: str) -> Asking:
    """Tune the modem by a preset or by numbers."""
    preset = preset_of(argument)
    radio = ModemRadio(
        preset.frequency_khz * 1000,
        preset.bandwidth_hz,
        preset.spreading_factor,
        preset.coding_rate,
    )
    yield from of_modem(rig, to_tune(radio))
    yield from of_modem(rig, Question(Hardware.GET_RADIO))
    if rig.line.facts.radio != radio:
        raise LocalProtocolError("the modem took it, and says that it is set otherwise: see `info`")
    rig.line.keep()
    tuned = preset.settings
    url = (
        f"?freq={tuned.frequency_mhz:.7g}&sf={tuned.spreading_factor}"
        f"&bw={tuned.bandwidth_khz:g}&cr={tuned.coding_rate}"
    )
    return Told(f"{tuning_words(tuned)} {_kept_by_url(url)}")


def set_power(rig: Rig, argument: str) -> Asking:
    """Set what the modem sends with; it does not tell what its board allows."""
    dbm = power_of(argument)
    yield from of_modem(rig, to_power(dbm))
    yield from of_modem(rig, Question(Hardware.GET_POWER))
    said_dbm = rig.line.facts.power_dbm
    if said_dbm != dbm:
        msg = f"the modem took it, and says that it sends with {said_dbm} dBm"
        raise LocalProtocolError(msg)
    rig.line.keep()
    return Told(f"it sends with {dbm} dBm {_kept_by_url(f'?power={dbm}')}")


def set_path_hash_mode(rig: Rig, argument: str) -> Asking:
    """Choose by how many bytes repeaters name themselves in our floods."""
    yield from ()
    size = hash_size_of(argument)
    rig.node.settings = replace(rig.node.settings, hash_size=size)
    rig.tell_device()
    return Told(f"{hash_size_words(size)} {_kept('path_hash_size')}")


def set_multi_acks(rig: Rig, argument: str) -> Asking:
    """Acknowledge twice along a path, or once."""
    yield from ()
    is_on = switch_of(argument)
    rig.node.settings = replace(rig.node.settings, extra_acks=int(is_on))
    rig.tell_device()
    return Told(f"{multi_acks_words(is_on=is_on)} {_kept('multi_acks')}")


def scope(rig: Rig, argument: str) -> Asking:
    """Keep our floods in a region, or show in which."""
    yield from ()
    name = region_of(argument)
    if name == "":
        current = rig.node.settings.scope
        return Told(scope_words(current.name) if current else NO_LIMIT)
    region = None if name is None else Region(name, SecretBytes(region_key(name)))
    rig.node.settings = replace(rig.node.settings, scope=region)
    rig.tell_device()
    words = FLOODS_ARE_FREE if name is None else scope_words(name)
    return Told(f"{words} until the program ends")


def _kept(key: str) -> str:
    return f"until the program ends (`{key}` in the settings keeps it)"


def _kept_by_url(options: str) -> str:
    return f"for now (the link's URL keeps it: {options})"
