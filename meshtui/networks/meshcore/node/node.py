"""A whole MeshCore node: the door to this package.

    node = MeshcoreNode(key, settings, entropy, keyring)
    outputs = node.hear(data, rx, now)        # a packet from the air
    sent = node.send_text(peer, "hi", 1767225600, now)
    outputs = node.tick(now)                  # at `next_deadline_s`

Whoever drives it carries out the outputs: each `Send` goes on the air, one at a time, when the
channel is free and its moment has come, lower priorities first. Methods that send return a `Sent`
with the outputs in it. Nothing that is heard raises; what we ask for ourselves may (`EncodeError`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.networks.meshcore.node import adverts, asking, chat, routing, writing
from meshtui.networks.meshcore.node.core import Core
from meshtui.networks.meshcore.node.hosts import host_for
from meshtui.networks.meshcore.node.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.model.ids import Instant
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.channel_key import ChannelKey
    from meshtui.networks.meshcore.keyring import Keyring
    from meshtui.networks.meshcore.node.contacts import Contact, ContactTable, OutPath
    from meshtui.networks.meshcore.node.outputs import NodeOutput, RequestHeard, Sent
    from meshtui.networks.meshcore.node.settings import NodeSettings
    from meshtui.networks.meshcore.node.stats import NodeStats
    from meshtui.networks.meshcore.packet import Packet


class MeshcoreNode:
    """One node: chat, repeater, room or sensor, as its settings say.

    Public keys are 32 bytes throughout; `now` is always the driver's reading of both clocks.
    """

    def __init__(
        self,
        key: KeyPair,
        settings: NodeSettings,
        entropy: Callable[[int], bytes],
        keyring: Keyring,
    ) -> None:
        """Begin without contacts.

        Args:
            entropy: Returns so many random bytes.
            keyring: What it opens packets with; our key and the contacts are added to it.
        """
        self._core = Core(key, settings, entropy, keyring)
        self._host = host_for(self._core)
        self._timers = Timers(self._core, self._host)

    # ---------------------------------------------------------------- what it is

    @property
    def public_key(self) -> bytes:
        """Who it is."""
        return self._core.public_key

    @property
    def settings(self) -> NodeSettings:
        """What it is set to."""
        return self._core.settings

    @settings.setter
    def settings(self, settings: NodeSettings) -> None:
        """Set it anew; the role stays what it was."""
        self._core.configure(settings)

    @property
    def stats(self) -> NodeStats:
        """Its counters; the driver writes what only it can know (queue, battery, noise)."""
        return self._core.stats

    @property
    def contacts(self) -> ContactTable:
        """Whom it knows; change it by `add_contact` and `remove_contact`."""
        return self._core.contacts

    def clock(self, now: Instant) -> int:
        """Return Unix seconds by the node's own clock."""
        return self._core.clock_s(now)

    def set_clock(self, unix_s: int, now: Instant) -> None:
        """Set the node's own clock; it begins as the driver's."""
        self._core.set_clock(unix_s, now)

    def unique_time(self, now: Instant) -> int:
        """Return Unix seconds by the node's own clock, none twice: for what must be no replay."""
        self._core.begin(now)
        return self._core.unique_time()

    # ---------------------------------------------------------------- the air

    @property
    def next_deadline_s(self) -> float | None:
        """When `tick` is due, monotonic; None = nothing waits. New after every call."""
        return self._timers.next_deadline_s

    def hear(self, data: bytes, rx: RxMeta, now: Instant) -> list[NodeOutput]:
        """Take a packet from the air, whatever it is."""
        return routing.hear(self._core, self._host, data, rx, now)

    def tick(self, now: Instant) -> list[NodeOutput]:
        """Do what is due: delayed floods, adverts, keep-alives, posts of a room."""
        return self._timers.tick(now)

    def transmitted(self, data: bytes, now: Instant) -> None:
        """Count a packet that has gone on the air; nothing else depends on it."""
        self._core.begin(now)
        self._core.stats.count_sent(data, self._core.settings.radio)

    # ---------------------------------------------------------------- texts

    def send_text(
        self,
        peer: bytes,
        text: str,
        timestamp: int,
        now: Instant,
        attempt: int = 0,
        txt_type: int = 0,
    ) -> Sent:
        """Send a text along the known path, or else as a flood.

        Args:
            timestamp: Unix seconds; the same for all attempts.
            attempt: 0..255; each makes another packet and another ack.
            txt_type: 0 plain; 1 a command, which nobody acknowledges.

        Raises:
            EncodeError: Longer than 160 bytes of UTF-8 (158 above attempt 3), or with a NUL.
        """
        return writing.send_text(self._core, peer, text, timestamp, now, attempt, txt_type)

    def send_channel_text(
        self, channel: ChannelKey, text: str, timestamp: int, now: Instant
    ) -> Sent:
        """Flood a text to a channel, our name put in front; nobody acknowledges it.

        Raises:
            EncodeError: Name and text together are longer than 160 bytes.
        """
        return writing.send_channel_text(self._core, channel, text, timestamp, now)

    def send_channel_data(
        self,
        channel: ChannelKey,
        data_type: int,
        data: bytes,
        now: Instant,
        out_path: OutPath | None = None,
    ) -> Sent:
        """Send data to a channel, as a flood or along a path.

        Raises:
            EncodeError: Longer than 165 bytes.
        """
        return writing.send_channel_data(self._core, channel, data_type, data, now, out_path)

    def give_up(self, ack: bytes) -> None:
        """Wait no longer for an ack."""
        self._core.acks.forget(ack)

    # ---------------------------------------------------------------- questions

    def login(self, peer: bytes, password: bytes, now: Instant) -> Sent:
        """Log in to a repeater, room or sensor; `LoginAnswered` follows, or nothing."""
        return asking.login(self._core, peer, password, now)

    def request(self, peer: bytes, kind: int, params: bytes, now: Instant) -> Sent:
        """Ask a peer; `ResponseHeard` with `Sent.tag` follows, or nothing.

        Args:
            kind: See `meshtui.networks.meshcore.payloads.request.RequestKind`.
            params: What follows the kind; empty = eight bytes: four reserved, four random.
        """
        return asking.request(self._core, peer, kind, params, now)

    def anon_request(self, peer: bytes, body: bytes, now: Instant) -> Sent:
        """Ask one who need not know us: 01 regions, 02 owner, 03 clock, with the way back.

        The way back is put behind a body of one byte: the known path reversed hop by hop.
        """
        return asking.anon_request(self._core, peer, body, now)

    def discover_path(self, peer: bytes, now: Instant) -> Sent:
        """Find a peer by a flood; `PathDiscovered` follows, or nothing. Nothing is changed."""
        return asking.discover_path(self._core, peer, now)

    def keep_alive(self, peer: bytes, now: Instant) -> Sent:
        """Tell a room that we are still there and what we have; it sends what is newer.

        `AckHeard` with `Sent.ack` follows, or nothing.

        Raises:
            EncodeError: No path to it is known: it would not answer a flood.
        """
        return asking.keep_alive(self._core, peer, now)

    def connect(self, peer: bytes, interval_s: float, now: Instant) -> None:
        """Keep alive by ourselves, every so often, until `disconnect` or `ConnectionLost`."""
        self._core.connections.start(peer, interval_s, now.mono_s)

    def disconnect(self, peer: bytes) -> None:
        """Stop keeping alive."""
        self._core.connections.stop(peer)

    def is_connected(self, peer: bytes) -> bool:
        """Tell whether we keep a connection to a room alive."""
        return self._core.connections.get(peer) is not None

    def respond(self, request: RequestHeard, body: bytes, now: Instant) -> list[NodeOutput]:
        """Answer a request that the node does not answer by itself.

        Raises:
            EncodeError: The answer fits no packet, with the path it has to tell.
        """
        out = self._core.begin(now)
        chat.respond(self._core, request.packet, request.peer, request.tag + body)
        return out

    def trace(self, tag: int, auth: int, flags: int, path: bytes, now: Instant) -> Sent:
        """Send a trace along a path; `TraceHeard` follows where we hear its last hop.

        Args:
            flags: Low two bits: entries of `path` have 1, 2, 4 or 8 bytes.
            path: There and, usually, back.

        Raises:
            EncodeError: No path, or one that is no whole number of entries or too long.
        """
        return asking.trace(self._core, tag, auth, flags, path, now)

    def discover(
        self, tag: int, type_filter: int, now: Instant, *, prefix_only: bool = False, since: int = 0
    ) -> Sent:
        """Call who is in reach; each answer is a `ControlHeard`.

        Args:
            type_filter: Bit n = nodes of type n.
            prefix_only: Eight bytes of their keys suffice.
        """
        return asking.discover(
            self._core, tag, type_filter, now, prefix_only=prefix_only, since=since
        )

    # ---------------------------------------------------------------- any packet

    def advertise(self, now: Instant, *, flood: bool) -> list[NodeOutput]:
        """Advertise ourselves, to everybody or to the neighbours."""
        return adverts.advertise(self._core, now, flood=flood)

    def own_advert(self, now: Instant) -> bytes:
        """Return an advertisement of ours as a packet, without sending it."""
        return adverts.own_advert(self._core, now)

    def share_contact(self, peer: bytes, now: Instant) -> list[NodeOutput]:
        """Repeat a contact's last advertisement to the neighbours; nothing where there is none."""
        return adverts.share(self._core, peer, now)

    def import_advert(self, data: bytes, rx: RxMeta, now: Instant) -> list[NodeOutput]:
        """Take an advertisement from elsewhere (a card) as if it were heard now."""
        return routing.hear_again(self._core, data, rx, now)

    def send_packet(self, packet: Packet, now: Instant, priority: int = 1) -> list[NodeOutput]:
        """Send a packet as it is; heard again, it is not passed on.

        Raises:
            EncodeError: It is none.
        """
        return writing.send_packet(self._core, packet, now, priority)

    # ---------------------------------------------------------------- contacts

    def add_contact(self, contact: Contact) -> bool:
        """Add or replace one; False = the table is full."""
        return self._core.add_contact(contact)

    def remove_contact(self, peer: bytes) -> bool:
        """Forget one; False = there was none."""
        return self._core.remove_contact(peer)

    def out_path(self, peer: bytes) -> OutPath | None:
        """Return the way to a peer; None = unknown, so packets to it flood."""
        return self._core.out_path(peer)

    def set_out_path(self, peer: bytes, out_path: OutPath | None, now: Instant) -> None:
        """Set the way to a peer; None = forget it, the next packet floods."""
        self._core.begin(now)
        self._core.set_out_path(peer, out_path)
