"""What all parts of a node share: who it is, what it knows, and how it sends.

Priorities, from first to last: 0 along a path and to the neighbours (1 for PATH, 5 for TRACE);
floods of our own 1, PATH 2, ADVERT 3; floods passed on by the hops they have made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meshtui.model.ids import Instant
from meshtui.networks.meshcore.node.acks import AckTable
from meshtui.networks.meshcore.node.connections import Connections
from meshtui.networks.meshcore.node.contacts import Contact, ContactTable
from meshtui.networks.meshcore.node.delayed import DelayedFloods
from meshtui.networks.meshcore.node.outputs import Dropped, Send
from meshtui.networks.meshcore.node.pending import PendingRequests
from meshtui.networks.meshcore.node.seen import OwnSealed, SeenRing
from meshtui.networks.meshcore.node.stats import NodeStats
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    encode_packet,
    packet_hash,
    path_len_byte,
    scope_code,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.networks.meshcore.keyring import Keyring
    from meshtui.networks.meshcore.node.contacts import OutPath
    from meshtui.networks.meshcore.node.outputs import NodeOutput
    from meshtui.networks.meshcore.node.settings import NodeSettings, Region
    from meshtui.networks.meshcore.seal import Cipher

_MAX_UNIX_S: Final = 0xFFFFFFFF
_MAX_AHEAD_S: Final = 3600
_NOTED_AHEAD_S: Final = 60
_FLOOD_PRIORITY: Final = {int(PayloadType.PATH): 2, int(PayloadType.ADVERT): 3}
_DIRECT_PRIORITY: Final = {int(PayloadType.PATH): 1, int(PayloadType.TRACE): 5}
_START: Final = Instant(0.0, 0)


class Core:
    """The shared state; it decides nothing.

    Attributes:
        prefixes: The first one, two and three bytes of our key: our hash in paths.
        out: What the call in progress returns.
        now: When it was made.
    """

    __slots__ = (
        "_clock_offset_s",
        "_entropy",
        "_last_time_s",
        "acks",
        "connections",
        "contacts",
        "delayed",
        "key",
        "keyring",
        "now",
        "out",
        "pending",
        "prefixes",
        "public_key",
        "sealed",
        "seen",
        "settings",
        "stats",
    )

    def __init__(
        self,
        key: KeyPair,
        settings: NodeSettings,
        entropy: Callable[[int], bytes],
        keyring: Keyring,
    ) -> None:
        """Begin with nothing known."""
        self.key = key
        self.public_key = key.public_key
        self.prefixes = (key.public_key[:1], key.public_key[:2], key.public_key[:3])
        self.settings = settings
        self.keyring = keyring
        self.contacts = ContactTable(settings.max_contacts)
        self.seen = SeenRing()
        self.sealed = OwnSealed()
        self.acks = AckTable()
        self.pending = PendingRequests()
        self.connections = Connections()
        self.delayed = DelayedFloods()
        self.stats = NodeStats()
        self.out: list[NodeOutput] = []
        self.now = _START
        self._entropy = entropy
        self._clock_offset_s = 0
        self._last_time_s = 0
        keyring.add_own(settings.name, key)

    def configure(self, settings: NodeSettings) -> None:
        """Take new settings; a role cannot change and a table does not shrink."""
        self.settings = replace(settings, role=self.settings.role)

    # -- a call

    def begin(self, now: Instant) -> list[NodeOutput]:
        """Open a call: what is appended to the list returned is what the call returns."""
        self.now = now
        self.out = []
        if self.stats.started_s is None:
            self.stats.started_s = now.mono_s
        return self.out

    def drop(self, reason: str) -> None:
        """Say that nothing comes of the packet."""
        self.out.append(Dropped(reason))

    # -- time and chance

    def clock_s(self, now: Instant) -> int:
        """Return Unix seconds by our own clock."""
        return min(_MAX_UNIX_S, max(0, now.unix_ms // 1000 + self._clock_offset_s))

    def set_clock(self, unix_s: int, now: Instant) -> None:
        """Set our own clock."""
        self._clock_offset_s = unix_s - now.unix_ms // 1000

    def unique_time(self) -> int:
        """Return Unix seconds by our clock, none twice: equal packets would be dropped as seen."""
        time_s = self.clock_s(self.now)
        # a clock set back begins anew; a little ahead of it is where requests of one second end
        is_set_back = self._last_time_s > time_s + _MAX_AHEAD_S
        self._last_time_s = time_s if is_set_back else max(self._last_time_s + 1, time_s)
        return min(_MAX_UNIX_S, self._last_time_s)

    def note_time(self, timestamp: int) -> None:
        """Let the next `unique_time` come after a time that the driver put into a packet.

        Servers take a time lower than the last for a replay. A time far ahead is left alone.
        """
        if timestamp <= self.clock_s(self.now) + _NOTED_AHEAD_S:
            self._last_time_s = max(self._last_time_s, timestamp)

    def random(self, n_bytes: int) -> bytes:
        """Return random bytes."""
        return self._entropy(n_bytes)

    def random_below(self, limit: int) -> int:
        """Draw a number from 0 up to, without, `limit`."""
        return int.from_bytes(self._entropy(4), "little") % limit

    # -- keys

    def cipher(self, peer: bytes) -> Cipher | None:
        """Return what seals for a peer; None = its key is none."""
        return self.keyring.cipher_between(self.key, peer)

    # -- contacts

    def contact_of(self, peer: bytes) -> Contact:
        """Return a contact, or what is known of one who is none."""
        return self.contacts.get(peer) or Contact(peer)

    def add_contact(self, contact: Contact) -> bool:
        """Add or replace one, and let the keyring open what it sends; False = no room."""
        if not self.contacts.put(contact):
            return False
        self.keyring.add_contact(contact.public_key, contact.name)
        return True

    def remove_contact(self, peer: bytes) -> bool:
        """Forget one; False = there was none."""
        return self.contacts.remove(peer) is not None

    def change_contact(self, contact: Contact) -> None:
        """Keep a contact as it is now; nothing where it is none of ours."""
        if self.contacts.get(contact.public_key) is not None:
            changed = replace(contact, modified_s=self.clock_s(self.now))
            self.contacts.put(changed)

    def out_path(self, peer: bytes) -> OutPath | None:
        """Return the way to a peer; None = unknown."""
        contact = self.contacts.get(peer)
        return None if contact is None else contact.out_path

    def set_out_path(self, peer: bytes, out_path: OutPath | None) -> None:
        """Set the way to a contact; who is none becomes one, if there is room."""
        contact = replace(self.contact_of(peer), out_path=out_path)
        if self.contacts.get(peer) is None:
            self.add_contact(replace(contact, modified_s=self.clock_s(self.now)))
        else:
            self.change_contact(contact)

    # -- sending

    def send(
        self, packet: Packet, priority: int, delay_ms: int = 0, *, is_relay: bool = False
    ) -> None:
        """Put a packet on the air, after a delay."""
        not_before_s = self.now.mono_s + delay_ms / 1000
        self.out.append(Send(encode_packet(packet), priority, not_before_s, is_relay))

    def relay(self, packet: Packet, priority: int, delay_ms: int) -> None:
        """Pass a packet on for others."""
        self.send(packet, priority, delay_ms, is_relay=True)

    def originate(self, packet: Packet, priority: int, delay_ms: int = 0) -> None:
        """Send a packet of our own: heard again, it is known."""
        self.seen.add(packet_hash(packet))
        self.send(packet, priority, delay_ms)

    def flood(
        self,
        payload_type: int,
        payload: bytes,
        delay_ms: int = 0,
        *,
        hash_size: int = 0,
        scope: Region | None = None,
    ) -> None:
        """Send to everybody, or to everybody in a region.

        Args:
            hash_size: Bytes by which repeaters name themselves; 0 = as we are set.
        """
        path_len = path_len_byte(0, hash_size or self.settings.hash_size)
        packet = Packet(RouteType.FLOOD, payload_type, path_len, b"", payload)
        if scope is not None:
            packet.route = RouteType.TRANSPORT_FLOOD
            packet.transport_codes = (scope_code(scope.key.reveal, packet), 0)
        self.originate(packet, _FLOOD_PRIORITY.get(payload_type, 1), delay_ms)

    def direct(
        self, payload_type: int, payload: bytes, out_path: OutPath, delay_ms: int = 0
    ) -> None:
        """Send along a path."""
        packet = Packet(RouteType.DIRECT, payload_type, out_path.path_len, out_path.path, payload)
        self.originate(packet, _DIRECT_PRIORITY.get(payload_type, 0), delay_ms)

    def zero_hop(
        self,
        payload_type: int,
        payload: bytes,
        delay_ms: int = 0,
        codes: tuple[int, int] | None = None,
    ) -> None:
        """Send to the neighbours only."""
        route = RouteType.DIRECT if codes is None else RouteType.TRANSPORT_DIRECT
        packet = Packet(route, payload_type, 0, b"", payload, codes)
        self.originate(packet, 0, delay_ms)

    def to_peer(
        self, payload_type: int, payload: bytes, out_path: OutPath | None, delay_ms: int = 0
    ) -> None:
        """Send along a path where one is known, or else as a flood of our scope."""
        if out_path is None:
            self.flood(payload_type, payload, delay_ms, scope=self.settings.scope)
        else:
            self.direct(payload_type, payload, out_path, delay_ms)
