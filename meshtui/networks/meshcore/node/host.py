"""What a role does with what is meant for it; routing is the same for all roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.packet import Packet
    from meshtui.networks.meshcore.payloads.path import PathBody


class Host(Protocol):
    """A role: chat node, repeater, room. All methods append to `Core.out`."""

    @property
    def next_deadline_s(self) -> float | None:
        """When `tick` is due, monotonic."""
        ...

    def tick(self) -> None:
        """Do what is due."""
        ...

    def knows(self, peer: bytes) -> bool:
        """Tell whether sealed packets of this peer are looked at."""
        ...

    def text(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        """A text was opened."""
        ...

    def request(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        """A request was opened."""
        ...

    def response(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        """A response was opened."""
        ...

    def path(self, packet: Packet, rx: RxMeta, peer: bytes, body: PathBody) -> bool:
        """A returned path was opened; True = tell the peer its way to us in turn."""
        ...

    def ack(self, packet: Packet, rx: RxMeta, ack: bytes) -> bool:
        """An acknowledgement was heard; True = it was ours, so it goes no further."""
        ...

    def anon(self, packet: Packet, rx: RxMeta, sender: bytes, plaintext: bytes) -> None:
        """A request of somebody who need not be known was opened."""
        ...

    def control(self, packet: Packet, rx: RxMeta) -> None:
        """A neighbour asks for us, or answers."""
        ...

    def neighbour(self, packet: Packet, rx: RxMeta, public_key: bytes, node_type: int) -> None:
        """A node in reach advertised itself."""
        ...
