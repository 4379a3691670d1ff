"""What is known of one companion radio, and what the parts of its port share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from meshtui.model.device import Device
from meshtui.model.event import Answered, DeviceChanged
from meshtui.model.ids import Instant, NodeId
from meshtui.model.link import RadioSettings
from meshtui.model.node import Route
from meshtui.networks.meshcore.companion.driver import TABLE_ENTRIES, Driver
from meshtui.networks.meshcore.companion.forms import UNKNOWN_PATH
from meshtui.networks.meshcore.companion.scripts import Script, Scripts
from meshtui.networks.meshcore.nodes import position_of, role_of
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from meshtui.model.ids import LinkId
    from meshtui.model.node import Position
    from meshtui.networks.base import Output
    from meshtui.networks.meshcore.companion.answers import Contact, DeviceInfo, SelfInfo
    from meshtui.networks.meshcore.companion.pushes import NewAdvert
    from meshtui.networks.meshcore.station import Station

MAX_FACTS: Final = 64
DEFAULT_CHANNELS: Final = 8
_FAVOURITE: Final = 1
_RADIO_CONFIDENCE: Final = 0.6
_TRUST_STEP: Final = 0.3
_NO_LESS: Final = frozenset({"radio", "acked", "traced", "user"})
_FULL_SHARE: Final = 0.9
_SERVERS: Final = frozenset({AdvertType.REPEATER, AdvertType.ROOM, AdvertType.SENSOR})
_SHORT_SF: Final = 8


@dataclass(frozen=True, slots=True)
class Slot:
    """A channel as the radio keeps it."""

    name: str
    secret: bytes = field(repr=False)


class Radio:
    """The state of one link's radio; the parts of the port read and change it.

    Attributes:
        now: The moment that is being worked in.
        contacts: Its contact table, as last told, by public key.
        slots: Its channel slots that are set.
        lastmod: The newest change of its table, by its own clock; 0 = never read.
        clock_skew_s: Its clock minus ours.
        facts: What else it said of itself, in words.
        stats: The figures of its statistics, by the names other programs know them by.
    """

    def __init__(self, link_id: LinkId, station: Station) -> None:
        """Begin without having heard of it."""
        self.link_id = link_id
        self.station = station
        self.driver = Driver()
        self.scripts = Scripts(self.driver)
        self.now = Instant(0.0, 0)
        self.self_info: SelfInfo | None = None
        self.info: DeviceInfo | None = None
        self.contacts: dict[bytes, Contact] = {}
        self.has_contacts = False
        self.slots: dict[int, Slot] = {}
        self.lastmod = 0
        self.clock_skew_s: int | None = None
        self.battery_mv: int | None = None
        self.facts: dict[str, str] = {}
        self.stats: dict[str, int | float] = {}
        self._outputs: list[Output] = []
        self._told: Device | None = None
        self._has_warned = False

    # --- what comes of it ---

    def emit(self, *outputs: Output) -> None:
        """Add to what the port returns next."""
        self._outputs += outputs

    def drain(self) -> list[Output]:
        """Take what was emitted."""
        outputs, self._outputs = self._outputs, []
        return outputs

    def run(self, script: Script) -> int:
        """Start a script; returns its number, 0 = too many run."""
        return self.scripts.start(script, self.now.mono_s)

    def news(
        self, verb: str, text: str, node_id: NodeId | None = None, *, is_error: bool = False
    ) -> None:
        """Tell a person what nobody asked for."""
        self.emit(Answered(NETWORK, "", verb, node_id, self.now, text, is_error=is_error))

    def tell_device(self) -> None:
        """Say how the radio stands, where that is news."""
        device = self.device
        if device is not None and device != self._told:
            self._told = device
            self.emit(DeviceChanged(device))

    # --- what it is ---

    @property
    def key(self) -> bytes:
        """Its public key; empty before it said so."""
        return self.self_info.key if self.self_info else b""

    @property
    def node_id(self) -> NodeId:
        """Who we are on the mesh behind it; empty before it said so."""
        return NodeId(self.key.hex())

    @property
    def name(self) -> str:
        """What it puts before our channel texts."""
        return self.self_info.name if self.self_info else ""

    @property
    def max_contacts(self) -> int:
        """How many contacts it holds; a guess where it does not say."""
        half = self.info.half_max_contacts if self.info else None
        return 2 * half if half else TABLE_ENTRIES

    @property
    def max_channels(self) -> int:
        """How many channel slots it has; a guess where it does not say."""
        count = self.info.max_channels if self.info else None
        return DEFAULT_CHANNELS if count is None else count

    @property
    def version(self) -> tuple[int, ...] | None:
        """Its firmware's version number, such as (1, 17, 1); None where it cannot be read."""
        words = self.info.firmware if self.info else None
        if not words:
            return None
        digits = words.strip().lower().removeprefix("v").split("-")[0].split(" ")[0].split(".")
        if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in digits):
            return None
        return tuple(int(part) for part in digits)

    @property
    def settings(self) -> RadioSettings | None:
        """How it is tuned; None before it said so, or where it cannot be."""
        me = self.self_info
        if me is None or not 5 <= me.spreading_factor <= 12 or not 5 <= me.coding_rate <= 8:
            return None
        if not 1_000 <= me.bandwidth_hz <= 1_000_000:
            return None
        return RadioSettings(
            spreading_factor=me.spreading_factor,
            bandwidth_khz=me.bandwidth_hz / 1000,
            coding_rate=me.coding_rate,
            preamble_symbols=32 if me.spreading_factor <= _SHORT_SF else 16,
            duty_cycle=1.0,
            max_frame_bytes=255,
            frequency_mhz=me.frequency_khz / 1000,
            power_dbm=me.power_dbm,
        )

    @property
    def position(self) -> Position | None:
        """Where it believes it is."""
        me = self.self_info
        return None if me is None else position_of(round(me.lat * 1e6), round(me.lon * 1e6))

    @property
    def device(self) -> Device | None:
        """All of it for front ends; None before it said anything."""
        if self.self_info is None and self.info is None:
            return None
        info = self.info
        build = f" ({info.build})" if info and info.build else ""
        return Device(
            NETWORK,
            self.link_id,
            self.node_id,
            name=self.name,
            model=(info.model or "") if info else "",
            firmware=f"{info.firmware}{build}" if info and info.firmware else "",
            radio=self.settings,
            position=self.position,
            clock_skew_s=self.clock_skew_s,
            contacts=len(self.contacts) if self.has_contacts else None,
            max_contacts=2 * info.half_max_contacts if info and info.half_max_contacts else None,
            max_channels=info.max_channels if info else None,
            battery_mv=self.battery_mv,
            facts=tuple(self.facts.items())[:MAX_FACTS],
            stats=tuple(self.stats.items()),
        )

    def stamp(self, peer: bytes, timestamp: int) -> int:
        """Date a text to a node.

        Servers take what is older than our last request for a replay; requests are dated by the
        radio, so where its clock is ahead, it is that which counts.
        """
        return timestamp + (max(0, self.clock_skew_s or 0) if self.is_server(peer) else 0)

    def is_server(self, key: bytes) -> bool:
        """Tell whether a contact is one that people log in to."""
        contact = self.contacts.get(key)
        return contact is not None and contact.node_type in _SERVERS

    # --- its tables ---

    def keys_of(self, prefix: bytes) -> list[bytes]:
        """List the contacts whose keys begin so."""
        return [key for key in self.contacts if key.startswith(prefix)]

    def slot_of(self, secret: bytes) -> int | None:
        """Find the slot that holds a channel's key; None = none does."""
        return next((at for at, slot in self.slots.items() if slot.secret == secret), None)

    def free_slot(self) -> int | None:
        """Find a slot that is not set; the first is left to Public as long as there is another."""
        free = [at for at in range(self.max_channels) if at not in self.slots]
        return next((at for at in free if at), free[0] if free else None)

    def take_contact(self, contact: Contact) -> None:
        """Note one entry of its table."""
        if not any(contact.key):
            return
        is_new = contact.key not in self.contacts
        if is_new and len(self.contacts) >= 2 * self.max_contacts:
            return
        self.contacts[contact.key] = contact
        self.station.keyring.add_contact(contact.key, contact.name)
        if is_favourite(contact):
            self.station.keyring.befriend(contact.key)
        self._learn_node(contact, is_contact=True)
        self._learn_route(contact)
        if is_new and self.has_contacts:
            self.warn_if_full()

    def take_advert(self, advert: NewAdvert) -> None:
        """Note somebody whom the radio heard and did not take into its table."""
        self._learn_node(advert, is_contact=advert.key in self.contacts)

    def drop_contact(self, key: bytes) -> None:
        """Note that an entry is gone."""
        self.contacts.pop(key, None)
        node = self.station.nodes.get(NodeId(key.hex()))
        if node is not None and node.is_contact:
            self.emit(*self.station.nodes.put(replace(node, is_contact=False)))

    def forget_path(self, key: bytes) -> None:
        """Note that the radio knows no way to a contact any more."""
        contact = self.contacts.get(key)
        if contact is not None:
            self.contacts[key] = contact._replace(out_path=UNKNOWN_PATH)

    def warn_if_full(self) -> None:
        """Say once that there is little room left."""
        limit = 2 * self.info.half_max_contacts if self.info and self.info.half_max_contacts else 0
        is_nearly_full = limit > 0 and len(self.contacts) >= _FULL_SHARE * limit
        if is_nearly_full and not self._has_warned:
            self.news(
                "contacts-full",
                f"the radio's contact table holds {len(self.contacts)} of {limit}: "
                "`contacts-old 30` lists whom you could remove",
            )
        self._has_warned = is_nearly_full

    def _learn_node(self, contact: Contact | NewAdvert, *, is_contact: bool) -> None:
        nodes = self.station.nodes
        node_id = NodeId(contact.key.hex())
        if node_id in self.station.own_ids:
            return
        node = nodes.known(node_id)
        latest_s = self.now.unix_ms // 1000 + 60  # a clock far ahead must not bar later adverts
        is_newer = contact.last_advert >= node.claimed_at_s
        position = position_of(round(contact.lat * 1e6), round(contact.lon * 1e6))
        changed = replace(
            node,
            name=contact.name if contact.name and is_newer else node.name,
            role=role_of(contact.node_type) if is_newer else node.role,
            position=position if position is not None and is_newer else node.position,
            is_contact=is_contact,
            link_id=node.link_id or self.link_id,
            claimed_at_s=max(node.claimed_at_s, min(contact.last_advert, latest_s)),
        )
        self.emit(*nodes.put(changed))

    def judge_path(self, key: bytes, *, is_good: bool) -> None:
        """Trust the way in use more for an acknowledgement that came by it, less for none."""
        contact = self.contacts.get(key)
        if contact is None or not contact.out_path.is_known:
            return
        node_id = NodeId(key.hex())
        via = tuple(NodeId(each) for each in contact.out_path.hashes)
        known = self.station.nodes.route_to(node_id, self.link_id)
        if known is None or known.via != via:
            return
        trust = known.confidence
        trust = trust + (1 - trust) * _TRUST_STEP if is_good else trust * (1 - _TRUST_STEP)
        judged = replace(
            known,
            confidence=trust,
            source="acked" if is_good else known.source,
            last_seen_ms=self.now.unix_ms if is_good else known.last_seen_ms,
        )
        self.emit(*self.station.nodes.learn(judged))

    def _learn_route(self, contact: Contact) -> None:
        if not contact.out_path.is_known:
            return
        node_id = NodeId(contact.key.hex())
        via = tuple(NodeId(each) for each in contact.out_path.hashes)
        known = self.station.nodes.route_to(node_id, self.link_id)
        if known is not None and known.via == via and known.source in _NO_LESS:
            return
        self.emit(
            *self.station.nodes.learn(
                Route(
                    NETWORK,
                    node_id,
                    self.link_id,
                    len(via) + 1,
                    via,
                    self.now.unix_ms,
                    source="radio",
                    confidence=_RADIO_CONFIDENCE,
                )
            )
        )


def is_favourite(contact: Contact) -> bool:
    """Tell whether the user marked it, here or with another program."""
    return bool(contact.flags & _FAVOURITE)


def with_favourite(contact: Contact, *, is_favourite: bool) -> Contact:
    """Mark a contact, or take the mark back."""
    rest = contact.flags & ~_FAVOURITE
    return contact._replace(flags=rest | _FAVOURITE if is_favourite else rest)


def is_room(contact: Contact | None) -> bool:
    """Tell whether it is a room server."""
    return contact is not None and contact.node_type == AdvertType.ROOM
