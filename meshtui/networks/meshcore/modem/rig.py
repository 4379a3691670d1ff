"""What the parts of a modem's port share: the node we are, and the line to the radio."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meshtui.crypto.ed25519 import PUBLIC_KEY_BYTES
from meshtui.model.ids import NodeId
from meshtui.model.node import Route
from meshtui.networks.meshcore.modem.events import Outgoing, PacketSent, Write
from meshtui.networks.meshcore.modem.line import ModemLine
from meshtui.networks.meshcore.node.contacts import FAVOURITE, Contact
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.outputs import ContactDeleted, Send
from meshtui.networks.meshcore.node.settings import NodeSettings, mesh_radio
from meshtui.networks.meshcore.nodes import type_of
from meshtui.networks.meshcore.packet import decode_packet, packet_hash
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meshtui.model.ids import Instant, LinkId, MessageId
    from meshtui.model.link import RadioSettings
    from meshtui.model.node import Position
    from meshtui.networks.base import Output
    from meshtui.networks.meshcore.modem.events import LineEvent
    from meshtui.networks.meshcore.node.outputs import NodeOutput
    from meshtui.networks.meshcore.station import Station

MAX_CONTACTS: Final = 4096
MAX_FOLLOWED: Final = 500


class Rig:
    """The node and its radio; the port gives it hands and ears.

    Attributes:
        now: When the call in progress was made.
        outputs: What it returns.
        on_write: Takes bytes for the line.
        on_sent: Told of every packet that was on the air, or could not be.
        tell_device: Says how the modem and we stand.
    """

    def __init__(self, link_id: LinkId, station: Station, now: Instant) -> None:
        """Begin with the line closed."""
        self.link_id = link_id
        self.station = station
        self.now = now
        self.outputs: list[Output] = []
        self.on_write: Callable[[Write], None] = lambda _: None
        self.on_sent: Callable[[PacketSent], None] = lambda _: None
        self.on_event: Callable[[LineEvent], None] = lambda _: None
        self.tell_device: Callable[[], None] = lambda: None
        self.on_news: Callable[[NodeOutput], None] = lambda _: None
        self.line: ModemLine = self.line_for(mesh_radio())
        self._hashes: dict[bytes, MessageId | None] = {}
        self.node = MeshcoreNode(
            station.key, self._node_settings(), station.entropy, station.keyring
        )
        for known in station.nodes.kept_first():
            if self.node.contacts.is_full:
                break
            key = key_in(known.node_id)
            if key is not None:
                self.meet(key, is_kept=station.nodes.is_kept(known.node_id))

    def line_for(self, wished: RadioSettings) -> ModemLine:
        """Make the line of a link whose URL says this of the radio."""
        return ModemLine(wished, lambda limit: self.station.entropy(1)[0] % limit)

    # -- the node

    @property
    def name(self) -> str:
        """What we are called."""
        return self.node.settings.name

    def rename(self, name: str) -> None:
        """Take a name, and know it in texts that mention us."""
        self.node.settings = replace(self.node.settings, name=name)
        self.station.know_as(name)

    def move(self, position: Position | None) -> None:
        """Advertise another position, or none."""
        self.node.settings = replace(self.node.settings, position=position)

    def tune(self) -> None:
        """Let the node reckon with the radio as it is set now."""
        self.node.settings = replace(self.node.settings, radio=self.line.settings)

    def meet(self, key: bytes, *, is_kept: bool = False) -> Contact:
        """Return a peer as the node has it; who is not in its table is put there.

        Args:
            is_kept: However many others advertise, this one is not forgotten for them.
        """
        contact = self.node.contacts.get(key)
        if contact is None:
            known = self.station.nodes.known(NodeId(key.hex()))
            contact = Contact(key, known.name, type_of(known.role), last_advert=known.claimed_at_s)
            self.node.add_contact(contact)
        if is_kept and not contact.is_favourite:
            contact = replace(contact, flags=contact.flags | FAVOURITE)
            self.node.add_contact(contact)
            self.station.keyring.prefer(key)
        return contact

    def learn(
        self, key: bytes, hashes: Iterable[str], source: str, confidence: float = 0.9
    ) -> None:
        """Keep a way to a peer in the book of routes; `hashes` are its hops in hex."""
        via = tuple(NodeId(each.lower()) for each in hashes)
        route = Route(
            NETWORK,
            NodeId(key.hex()),
            self.link_id,
            len(via) + 1,
            via,
            self.now.unix_ms,
            source=source,
            confidence=confidence,
        )
        self.emit(*self.station.nodes.learn(route))

    def carry(self, outputs: Iterable[NodeOutput], message_id: MessageId | None = None) -> None:
        """Put what the node sends into the queue, and pass its news on."""
        for output in outputs:
            if isinstance(output, ContactDeleted) and not output.is_full:
                # or the keys of who is forgotten would push those of our friends out
                self.station.keyring.remove_contact(output.public_key)
            if not isinstance(output, Send):
                self.on_news(output)
                continue
            if not output.is_relay:
                self._remember(output.data, message_id)
            outgoing = Outgoing(
                output.data, output.priority, output.not_before_s, message_id, output.is_relay
            )
            self.take(self.line.send(outgoing, self.now.mono_s))

    def take(self, events: Iterable[LineEvent]) -> None:
        """Act on what the line has to say, in order."""
        for event in events:
            match event:
                case Write():
                    self.on_write(event)
                case PacketSent():
                    if event.is_ok:
                        self.node.transmitted(event.outgoing.data, self.now)
                    self.on_sent(event)
                case _:
                    self.on_event(event)

    def message_of(self, digest: bytes) -> MessageId | None:
        """Say which text of ours a packet hash belongs to."""
        return self._hashes.get(digest)

    def has_made(self, digest: bytes) -> bool:
        """Tell whether a packet hash is of one that we sent as our own, not for others."""
        return digest in self._hashes

    def emit(self, *outputs: Output) -> None:
        """Return something from the call in progress."""
        self.outputs += outputs

    def _remember(self, data: bytes, message_id: MessageId | None) -> None:
        digest = packet_hash(decode_packet(data))
        self._hashes[digest] = message_id or self._hashes.get(digest)
        if len(self._hashes) > MAX_FOLLOWED:
            del self._hashes[next(iter(self._hashes))]

    def _node_settings(self) -> NodeSettings:
        settings = self.station.settings
        return NodeSettings(
            # a node without a name is called so by the firmware, too
            name=settings.name or self.station.node_id[:8].upper(),
            position=settings.position if settings.share_position else None,
            forwards=settings.repeater,
            hash_size=settings.path_hash_size,
            extra_acks=int(settings.multi_acks),
            advert_flood_s=settings.advert_every_s,
            max_contacts=MAX_CONTACTS,
            radio=self.line.settings,
        )


def key_in(node_id: str) -> bytes | None:
    """Return the public key that a node id is; None where it is less, or a claimed name."""
    try:
        key = bytes.fromhex(node_id)
    except ValueError:
        return None
    return key if len(key) == PUBLIC_KEY_BYTES else None
