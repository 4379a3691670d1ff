"""Who is logged in to a repeater or room, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meshtui.networks.meshcore.node.contacts import OutPath

MAX_CLIENTS: Final = 32
_ROLE_BITS: Final = 0x03


class Permission(IntEnum):
    """What the low two bits of a client's permissions say."""

    GUEST = 0
    READER = 1
    WRITER = 2
    ADMIN = 3


@dataclass(slots=True)
class Client:
    """Somebody who logged in.

    Attributes:
        last_timestamp: Of its last request, by its clock; an older one is a replay.
        active_at_s: When it last asked something, monotonic.
        out_path: The way to it; None = unknown.
        since: In a room: the newest post it has.
        push_time: In a room: the post it was sent last.
        push_ack: In a room: what will acknowledge that; empty = nothing is on its way.
        push_until_s: In a room: after this it is lost, monotonic.
        push_failures: In a room: posts lost in a row; after three it is let be.
    """

    public_key: bytes
    permissions: int = Permission.GUEST
    last_timestamp: int = 0
    active_at_s: float = 0.0
    out_path: OutPath | None = None
    since: int = 0
    push_time: int = 0
    push_ack: bytes = b""
    push_until_s: float = 0.0
    push_failures: int = 0

    @property
    def role(self) -> Permission:
        """What it may do."""
        return Permission(self.permissions & _ROLE_BITS)

    @property
    def is_admin(self) -> bool:
        """It may command."""
        return self.role is Permission.ADMIN


class ClientTable:
    """At most 32; who was not heard for longest makes room, but no administrator."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._clients: dict[bytes, Client] = {}

    def __len__(self) -> int:
        """Count them."""
        return len(self._clients)

    def __iter__(self) -> Iterator[Client]:
        """Go through all, as they came."""
        return iter(tuple(self._clients.values()))

    def get(self, public_key: bytes) -> Client | None:
        """Return a client by its key."""
        return self._clients.get(public_key)

    def admit(self, public_key: bytes) -> Client | None:
        """Return a client, new or known; None = there is no room for a new one."""
        client = self._clients.get(public_key)
        if client is not None:
            return client
        if len(self._clients) >= MAX_CLIENTS:
            loose = [one for one in self._clients.values() if not one.is_admin]
            if not loose:
                return None
            oldest = min(loose, key=lambda one: one.active_at_s)
            del self._clients[oldest.public_key]
        client = self._clients[public_key] = Client(public_key)
        return client

    def put_last(self, client: Client) -> None:
        """Let all others come before this one."""
        if self._clients.pop(client.public_key, None) is not None:
            self._clients[client.public_key] = client
