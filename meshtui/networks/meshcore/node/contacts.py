"""The contact table: whom a chat node knows, and the way to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

FAVOURITE = 0x01


class OutPath(NamedTuple):
    """A way to a node, as packets carry it.

    Attributes:
        path_len: Hop count and bytes a hop in one byte, as on the air.
        path: The repeaters' hashes, the nearest to us first; empty = it is in reach.
    """

    path_len: int
    path: bytes

    @property
    def hops(self) -> int:
        """Repeaters on the way."""
        return self.path_len & 0x3F

    @property
    def hash_size(self) -> int:
        """Bytes a repeater."""
        return (self.path_len >> 6) + 1


@dataclass(frozen=True, slots=True)
class Contact:
    """A node we know.

    Attributes:
        node_type: 0 none, 1 chat, 2 repeater, 3 room, 4 sensor.
        flags: Bit 0 favourite, bits 1..3 what it may ask of our telemetry.
        out_path: The way to it; None = unknown, so packets to it flood.
        last_advert: Time of its last advertisement by its own clock; an older one is a replay.
        lat_e6: Millionths of a degree; 0 with `lon_e6` 0 = unknown.
        modified_s: When something of this was last changed, by our clock.
        sync_since: The newest post we have of it, where it is a room.
        advert: Its last advertisement, a whole packet; empty = none.
    """

    public_key: bytes
    name: str = ""
    node_type: int = 1
    flags: int = 0
    out_path: OutPath | None = None
    last_advert: int = 0
    lat_e6: int = 0
    lon_e6: int = 0
    modified_s: int = 0
    sync_since: int = 0
    advert: bytes = b""

    @property
    def is_favourite(self) -> bool:
        """It is never forgotten to make room."""
        return bool(self.flags & FAVOURITE)


class ContactTable:
    """Contacts by their keys; bounded."""

    def __init__(self, limit: int) -> None:
        """Begin with none, and keep at most `limit`."""
        self._limit = limit
        self._contacts: dict[bytes, Contact] = {}

    def __len__(self) -> int:
        """Count the contacts."""
        return len(self._contacts)

    def __iter__(self) -> Iterator[Contact]:
        """Go through all, as they were added."""
        return iter(tuple(self._contacts.values()))

    @property
    def is_full(self) -> bool:
        """No further one fits."""
        return len(self._contacts) >= self._limit

    def get(self, public_key: bytes) -> Contact | None:
        """Return a contact by its whole key."""
        return self._contacts.get(public_key)

    def by_prefix(self, prefix: bytes) -> list[Contact]:
        """Return the contacts whose keys begin so."""
        return [contact for key, contact in self._contacts.items() if key.startswith(prefix)]

    def put(self, contact: Contact) -> bool:
        """Add or change one; False = it is new and the table is full."""
        if contact.public_key not in self._contacts and self.is_full:
            return False
        self._contacts[contact.public_key] = contact
        return True

    def remove(self, public_key: bytes) -> Contact | None:
        """Forget one, and return what it was."""
        return self._contacts.pop(public_key, None)

    def oldest(self) -> Contact | None:
        """Return whom a full table would forget: the longest unchanged that is no favourite."""
        loose = [contact for contact in self._contacts.values() if not contact.is_favourite]
        return min(loose, key=lambda contact: contact.modified_s, default=None)
