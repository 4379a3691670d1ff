"""What a radio scenario says of a MeshCore mesh on its places; all of it may be left out.

    [meshcore]          channels, advert_every_min, chatter_every_min, chatter,
                        admin_password, guest_password, hash_size
    [meshcore.radio]    as [radio]; without it as the network's European preset
    [[meshcore.node]]   as [[node]]: nodes only this network has
    [node.meshcore]     role = chat | repeater | room | sensor; name, password, is_new

Only repeaters and room servers pass packets on, so a mesh whose scenario names no repeater is given
some: the few nodes that hold it together (`choose_repeaters`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.model.link import RadioSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.sim.toml_table import TomlTable

MESHCORE: Final = "meshcore"
ROLES: Final = ("chat", "repeater", "room", "sensor")
# what the firmware comes with in Europe
RADIO: Final = RadioSettings(
    spreading_factor=8,
    bandwidth_khz=62.5,
    coding_rate=8,
    preamble_symbols=32,
    duty_cycle=0.5,
    max_frame_bytes=255,
    frequency_mhz=869.618,
    power_dbm=14,
)
_HILLS: Final = (
    *("Ridge", "Mill", "Church", "Quarry", "Lake", "Pass", "Tower", "Forest", "Harbour", "Castle"),
    *("Meadow", "Bridge", "Summit", "Valley", "Station", "School", "Orchard", "Dam", "Chapel"),
)


@dataclass(frozen=True, slots=True)
class MeshcorePart:
    """A node's part in a MeshCore mesh.

    Attributes:
        role: One of `ROLES`; empty = by the rule.
        name: Instead of the name it has in other networks; empty = the same.
        password: For its owner; empty = the mesh's.
        is_new: Those who know each other from the start do not know it yet.
    """

    role: str = ""
    name: str = ""
    password: str = ""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class MeshcoreSettings:
    """What all nodes of a MeshCore mesh have in common.

    Attributes:
        channels: Beside `Public`; everybody is in.
        advert_every_s: How often a node floods its advertisement; 0 = once.
        chatter_every_s: How often somebody says something to all; 0 = never.
        chatter: What they say then.
        hash_size: Bytes by which repeaters name themselves, 1..3.
    """

    channels: tuple[str, ...] = ("#test",)
    advert_every_s: float = 900.0
    chatter_every_s: float = 0.0
    chatter: tuple[str, ...] = ()
    admin_password: str = "password"  # noqa: S105 - as the firmware comes
    guest_password: str = ""
    hash_size: int = 1
    radio: RadioSettings = RADIO


def read_settings(table: TomlTable, radio: RadioSettings) -> MeshcoreSettings:
    """Read `[meshcore]` but for its nodes.

    Args:
        radio: What `[meshcore.radio]` came to.

    Raises:
        ConfigError: A value is wrong.
    """
    default = MeshcoreSettings()
    return MeshcoreSettings(
        channels=table.texts("channels") if "channels" in table else default.channels,
        advert_every_s=60 * table.number("advert_every_min", 15.0, 0, 100_000),
        chatter_every_s=60 * table.number("chatter_every_min", 0.0, 0, 100_000),
        chatter=table.texts("chatter"),
        admin_password=table.text("admin_password", default.admin_password),
        guest_password=table.text("guest_password", default.guest_password),
        hash_size=table.whole("hash_size", default.hash_size, 1, 3),
        radio=radio,
    )


def read_part(table: TomlTable) -> MeshcorePart:
    """Read `[node.meshcore]`.

    Raises:
        ConfigError: A value is wrong.
    """
    part = MeshcorePart(
        role=table.text("role", "", ("", *ROLES)),
        name=table.text("name", ""),
        password=table.text("password", ""),
        is_new=table.flag("is_new", default=False),
    )
    table.close()
    return part


def choose_repeaters(audible: Sequence[dict[int, float]], sensitivity_dbm: float) -> set[int]:
    """Choose the few nodes that hold each group of a mesh together, the busiest first.

    Whoever hears anybody hears one of them, and they reach each other through each other. Where
    all hear all, none is needed.
    """
    hears = [
        {other for other, power in table.items() if power >= sensitivity_dbm} for table in audible
    ]
    chosen: set[int] = set()
    left = set(range(len(hears)))  # whom no repeater reaches yet
    while left:
        start = min(left, key=lambda node: (-len(hears[node]), node))
        border = {start}  # whom one reaches already, and who could be one
        while border:
            best = min(border, key=lambda node: (-len(hears[node] & left), node))
            border.discard(best)
            if best != start and not hears[best] & left:
                break
            chosen.add(best)
            border |= hears[best] - chosen
            left -= hears[best] | {best}
        if all(hears[start] | {start} <= hears[other] | {other} for other in hears[start]):
            chosen.discard(start)
    return chosen


def repeater_name(number: int) -> str:
    """Name the repeater with this number among those without a name."""
    hill = _HILLS[number % len(_HILLS)]
    again = number // len(_HILLS)
    return f"{hill} {again + 1} Rpt" if again else f"{hill} Rpt"
