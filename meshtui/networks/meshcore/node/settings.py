"""What a node is set to; the defaults are those of the firmware."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Final

from meshtui.model.link import RadioSettings
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.payloads.advert import AdvertType

if TYPE_CHECKING:
    from meshtui.model.node import Position

_SHORT_SPREADING: Final = 8  # up to here the firmware sends the long preamble
NO_PASSWORD: Final = SecretBytes(b"")


class LoopDetect(Enum):
    """How often our own hash may stand in a flood's path already, by its size, until we drop it."""

    OFF = (65, 65, 65)
    MINIMAL = (4, 2, 1)
    MODERATE = (2, 1, 1)
    STRICT = (1, 1, 1)


class TelemetryAccess(IntEnum):
    """Who of those that ask a chat node for its telemetry gets it."""

    NOBODY = 0
    FLAGGED = 1  # contacts whose flags say so
    EVERYBODY = 2  # all contacts


@dataclass(frozen=True, slots=True)
class Region:
    """A scope of floods, known by its key.

    Attributes:
        key: 16 bytes, SHA-256 of the name with its `#`.
    """

    name: str
    key: SecretBytes


def mesh_radio(
    spreading_factor: int = 8,
    bandwidth_khz: float = 62.5,
    coding_rate: int = 8,
    frequency_mhz: float = 869.618,
    power_dbm: int | None = None,
) -> RadioSettings:
    """Return the radio settings of a MeshCore network: the duty cycle is the firmware's 50 %."""
    return RadioSettings(
        spreading_factor=spreading_factor,
        bandwidth_khz=bandwidth_khz,
        coding_rate=coding_rate,
        preamble_symbols=preamble_of(spreading_factor),
        duty_cycle=0.5,
        max_frame_bytes=255,
        frequency_mhz=frequency_mhz,
        power_dbm=power_dbm,
    )


def preamble_of(spreading_factor: int) -> int:
    """Say how many symbols the firmware's preamble has."""
    return 32 if spreading_factor <= _SHORT_SPREADING else 16


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """How a node behaves.

    Attributes:
        name: As advertised; cut to what an advertisement holds.
        position: Advertised where given.
        forwards: Pass other nodes' packets on. Chat nodes of the firmware do not.
        hash_size: Bytes by which repeaters name themselves in the paths of our floods, 1..3.
        extra_acks: How many more times each acknowledgement along a known path is sent; 0 or 1.
        flood_max: Floods that have passed so many hops are not passed on.
        flood_max_unscoped: The same for floods without a region.
        flood_max_advert: The same for advertisements.
        tx_delay_factor: Floods wait up to five times their time on air times this, 0..2.
        direct_tx_delay_factor: The same for packets along a path.
        rx_delay_base: Above 0, floods heard badly are looked at later; 0 = off.
        regions: The scopes passed on.
        passes_unscoped: Floods without a region are passed on.
        scope: Our own floods are meant for this region; None = for everybody.
        advert_zero_hop_s: How often the neighbours are told of us; 0 = never.
        advert_flood_s: How often everybody is told; 0 = never.
        password: Of administrators; empty = nobody gets in by one.
        guest_password: Of guests (of writers, in a room); empty lets guests in with none.
        allow_read_only: A room lets in who has no password, as a reader.
        owner: Free text for who asks whose repeater this is.
        auto_add: Take whoever advertises into the contacts, by node type.
        auto_add_max_hops: Take only who is nearer than so many hops plus one; 0 = anybody.
        max_contacts: Size of the contact table.
        overwrites_oldest: A full table forgets its oldest entry that is no favourite.
        telemetry: Who may ask a chat node how it does.
        firmware: What it says it runs.
    """

    name: str = ""
    role: AdvertType = AdvertType.CHAT
    position: Position | None = None
    forwards: bool = False
    hash_size: int = 1
    extra_acks: int = 0
    flood_max: int = 64
    flood_max_unscoped: int = 64
    flood_max_advert: int = 8
    loop_detect: LoopDetect = LoopDetect.OFF
    tx_delay_factor: float = 0.5
    direct_tx_delay_factor: float = 0.3
    rx_delay_base: float = 0.0
    regions: tuple[Region, ...] = ()
    passes_unscoped: bool = True
    scope: Region | None = None
    advert_zero_hop_s: float = 0.0
    advert_flood_s: float = 0.0
    password: SecretBytes = NO_PASSWORD
    guest_password: SecretBytes = NO_PASSWORD
    allow_read_only: bool = False
    owner: str = ""
    auto_add: frozenset[AdvertType] = frozenset(AdvertType)
    auto_add_max_hops: int = 0
    max_contacts: int = 350
    overwrites_oldest: bool = True
    telemetry: TelemetryAccess = TelemetryAccess.NOBODY
    firmware: str = "v1.17.1 (meshtui)"
    radio: RadioSettings = field(default_factory=mesh_radio)


def repeater_settings(name: str) -> NodeSettings:
    """Return what a repeater fresh from its box is set to; `dataclasses.replace` changes it."""
    return NodeSettings(
        name=name,
        role=AdvertType.REPEATER,
        forwards=True,
        advert_zero_hop_s=120.0,
        advert_flood_s=47 * 3600.0,
        password=SecretBytes(b"password"),
        auto_add=frozenset(),
    )


def room_settings(name: str) -> NodeSettings:
    """Return what a room server fresh from its box is set to; it passes nothing on."""
    return replace(repeater_settings(name), role=AdvertType.ROOM, forwards=False)
