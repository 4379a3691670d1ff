"""Our own radios as lines: who each is on the mesh, how it is set, and what needs a hand."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from meshtui.model.text import clean_line
from meshtui.tui.state.networks import network_title
from meshtui.tui.text.details import MAX_ID, field
from meshtui.tui.text.format import position_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from meshtui.model.device import Device
    from meshtui.model.ids import LinkId
    from meshtui.model.link import RadioSettings
    from meshtui.tui.text.details import Line

NEARLY_FULL: Final = 0.9
MAX_SKEW_S: Final = 60
_LOW_MV: Final = 3_400
_CLEANUPS: Final = ("contacts-old", "contacts-cleanup", "cleanup")
_CLOCKS: Final = ("sync-time", "set-clock")
_RESTART: Final = "reboot"
_MAX_FACTS: Final = 60


def device_lines(
    devices: Sequence[Device],
    verbs: Collection[str],
    away: Mapping[LinkId, str] = MappingProxyType({}),
) -> list[Line]:
    """All radios of ours, one after the other.

    Args:
        verbs: Those that can be asked of them.
        away: Links that are not up, and why.
    """
    if not devices:
        return [((" No radio of ours has said anything of itself yet.", "dim"),)]
    lines: list[Line] = []
    for number, device in enumerate(devices):
        if number:
            lines.append((("", "plain"),))
        lines += _lines_of(device, verbs, away.get(device.link_id))
    return lines


def full_share(device: Device) -> float | None:
    """How full its contact table is, 0..1; None where it does not say."""
    if device.contacts is None or not device.max_contacts:
        return None
    return device.contacts / device.max_contacts


def is_nearly_full(device: Device) -> bool:
    """New nodes will soon not fit."""
    share = full_share(device)
    return share is not None and share >= NEARLY_FULL


def radio_words(radio: RadioSettings) -> str:
    """How a radio is set: `869.618 MHz SF8 62.5 kHz 4/8`."""
    parts = [
        "" if radio.frequency_mhz is None else f"{radio.frequency_mhz:.3f} MHz",
        f"SF{radio.spreading_factor}",
        f"{radio.bandwidth_khz:g} kHz",
        f"4/{radio.coding_rate}",
    ]
    return " ".join(part for part in parts if part)


def _lines_of(device: Device, verbs: Collection[str], away: str | None) -> list[Line]:
    name = clean_line(device.name, 40) or "(no name)"
    lines: list[Line] = [((f" {name}", "title"),)]
    if away is not None:
        why = f" ({clean_line(away, 100)})" if away else ""
        lines.append(((f" It is away{why}: this is what it said last.", "bad"),))
    if device.node_id:
        lines.append(((f" {clean_line(device.node_id, MAX_ID)}", "dim"),))
    link = clean_line(device.link_id, 30)
    lines.append(field("network", f"{network_title(device.network)} by {link}"))
    told = " ".join(clean_line(text, 60) for text in (device.model, device.firmware) if text)
    if told:
        lines.append(field("device", told))
    if device.radio is not None:
        lines.append(field("radio", radio_words(device.radio)))
        is_told = any(label == "power" for label, _ in device.facts)
        if device.radio.power_dbm is not None and not is_told:
            lines.append(field("power", f"{device.radio.power_dbm} dBm"))
    if device.position is not None:
        lines.append(field("where", position_words(device.position.lat, device.position.lng)))
    lines += _state_lines(device, verbs)
    for label, value in device.facts[:_MAX_FACTS]:
        said = clean_line(value, 200)
        lines.append(((f" {clean_line(label, 24):<20} ", "dim"), (said or "-", "plain")))
    return lines


def _state_lines(device: Device, verbs: Collection[str]) -> list[Line]:
    lines: list[Line] = []
    if device.battery_mv is not None:
        look = "warn" if 0 < device.battery_mv < _LOW_MV else "plain"
        lines.append(field("battery", f"{device.battery_mv / 1000:.2f} V", look))
    if device.contacts is not None:
        lines.append(_contacts_line(device, verbs))
    if device.max_channels is not None:
        lines.append(field("channels", f"{device.max_channels} fit"))
    if device.clock_skew_s is not None:
        lines.append(_clock_line(device.clock_skew_s, verbs))
    return lines


def _contacts_line(device: Device, verbs: Collection[str]) -> Line:
    of = "" if device.max_contacts is None else f" of {device.max_contacts}"
    if not is_nearly_full(device):
        return field("contacts", f"{device.contacts}{of}")
    help_ = _way_out(_CLEANUPS, verbs)
    return field("contacts", f"{device.contacts}{of}: nearly full{help_}", "warn")


def _clock_line(skew_s: int, verbs: Collection[str]) -> Line:
    if abs(skew_s) <= MAX_SKEW_S:
        return field("clock", "right" if not skew_s else f"{abs(skew_s)} s off")
    if skew_s < 0:
        return field("clock", f"{-skew_s} s behind{_way_out(_CLOCKS, verbs)}", "warn")
    # a radio refuses times before its own; started anew, it may begin before ours
    help_ = f"; /{_RESTART} it, or wait" if _RESTART in verbs else ""
    return field("clock", f"{skew_s} s ahead{help_}", "warn")


def _way_out(names: Sequence[str], verbs: Collection[str]) -> str:
    known = next((name for name in names if name in verbs), "")
    return f"; /{known} helps" if known else ""
