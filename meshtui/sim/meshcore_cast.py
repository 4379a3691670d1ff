"""Who is who in a simulated MeshCore mesh."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.node.contacts import Contact
from meshtui.networks.meshcore.node.settings import (
    NodeSettings,
    TelemetryAccess,
    repeater_settings,
    room_settings,
)
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.sim.meshcore_scenario import choose_repeaters, repeater_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.model.link import RadioSettings
    from meshtui.model.node import Position
    from meshtui.sim.radio_scenario import ListedNode, RadioScenario

ZERO_HOP_ADVERT_S: Final = 900.0
_ROLES: Final = {
    "chat": AdvertType.CHAT,
    "repeater": AdvertType.REPEATER,
    "room": AdvertType.ROOM,
    "sensor": AdvertType.SENSOR,
}
_E6: Final = 1e6


class Member(NamedTuple):
    """A node of the mesh.

    Attributes:
        character: How it answers people; empty = it does not.
        is_new: Those who know each other from the start do not know it yet.
    """

    number: int
    name: str
    role: AdvertType
    character: str = ""
    about: str = ""
    password: str = ""
    is_new: bool = False

    @property
    def is_person(self) -> bool:
        """It chats."""
        return self.role is AdvertType.CHAT


def cast_of(
    scenario: RadioScenario, audible: Sequence[dict[int, float]], sensitivity_dbm: float
) -> list[Member]:
    """Give each node its part; where no repeater is named, some are chosen."""
    count = len(audible)
    common = count - len(scenario.only_meshcore)
    listed: list[ListedNode | None] = [*scenario.listed, *[None] * (common - len(scenario.listed))]
    listed += scenario.only_meshcore
    given = [node.meshcore.role if node else "" for node in listed]
    chosen = set() if "repeater" in given else choose_repeaters(audible, sensitivity_dbm)
    members: list[Member] = []
    unnamed = 0
    for number, node in enumerate(listed):
        role = _ROLES.get(given[number], AdvertType.CHAT)
        if not given[number] and number in chosen:
            role = AdvertType.REPEATER
        name = (node.meshcore.name or node.name) if node else ""
        if not name and role is AdvertType.REPEATER:
            name, unnamed = repeater_name(unnamed), unnamed + 1
        member = Member(number, name or f"node {number}", role)
        if node is not None:
            part = node.meshcore
            member = member._replace(about=node.about, password=part.password, is_new=part.is_new)
        if node is not None and role is AdvertType.CHAT:
            member = member._replace(character=node.character)
        members.append(member)
    return members


def settings_of(
    member: Member, scenario: RadioScenario, position: Position | None, radio: RadioSettings
) -> NodeSettings:
    """Set a node as its part wants it; its advertisements to all are the world's business."""
    mesh = scenario.meshcore
    password = SecretBytes((member.password or mesh.admin_password).encode()[:15])
    guest = SecretBytes(mesh.guest_password.encode()[:15])
    match member.role:
        case AdvertType.REPEATER:
            settings = repeater_settings(member.name)
        case AdvertType.ROOM:
            settings = replace(room_settings(member.name), allow_read_only=True)
        case AdvertType.SENSOR:
            settings = replace(repeater_settings(member.name), role=member.role, forwards=False)
        case _:
            settings = NodeSettings(member.name, telemetry=TelemetryAccess.EVERYBODY)
    if member.role is not AdvertType.CHAT:
        settings = replace(
            settings,
            password=password,
            guest_password=guest,
            advert_zero_hop_s=ZERO_HOP_ADVERT_S,
            advert_flood_s=0.0,
        )
    return replace(settings, position=position, hash_size=mesh.hash_size, radio=radio)


def contact_of(member: Member, key: KeyPair, position: Position | None, met_s: int) -> Contact:
    """Describe a node as somebody knows it who has met it; `met_s` is Unix seconds."""
    return Contact(
        key.public_key,
        member.name,
        int(member.role),
        last_advert=met_s - 1,
        modified_s=met_s,
        lat_e6=int(position.lat * _E6) if position else 0,
        lon_e6=int(position.lng * _E6) if position else 0,
    )
