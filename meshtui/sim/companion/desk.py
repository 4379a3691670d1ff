"""What a companion radio keeps between two commands."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from meshtui.errors import DecodeError
from meshtui.model.node import Position
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.channel_key import ChannelKey, channel_key
from meshtui.networks.meshcore.companion import answers
from meshtui.networks.meshcore.companion.codes import PATH_UNKNOWN, ErrorCode
from meshtui.networks.meshcore.companion.forms import UNKNOWN_PATH, Path
from meshtui.networks.meshcore.companion.frames import encode_frame
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.settings import Region
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.sim.companion.board import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.model.ids import Instant
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.sim.companion.board import Board, Preferences
    from meshtui.sim.meshcore_station import MeshcoreStation

MAX_ASKED: Final = 16
MAX_ADVERT_PATHS: Final = 16
_E6: Final = 1_000_000
_NAME_BYTES: Final = 31
_AUTO_ADD_BITS: Final = {
    AdvertType.CHAT: 2,
    AdvertType.REPEATER: 4,
    AdvertType.ROOM: 8,
    AdvertType.SENSOR: 16,
}
_OVERWRITES_OLDEST: Final = 1

Reply: TypeAlias = "RadioFrame | None"
"""What a command is answered with at once; None = nothing, or what follows answers it."""

OK: Final = answers.Ok()
UNSUPPORTED: Final = answers.Err(ErrorCode.UNSUPPORTED)
NOT_FOUND: Final = answers.Err(ErrorCode.NOT_FOUND)
TABLE_FULL: Final = answers.Err(ErrorCode.TABLE_FULL)
BAD_STATE: Final = answers.Err(ErrorCode.BAD_STATE)
FILE_IO: Final = answers.Err(ErrorCode.FILE_IO)
ILLEGAL: Final = answers.Err(ErrorCode.ILLEGAL_ARGUMENT)


class Owner(NamedTuple):
    """Whose radio it is.

    Attributes:
        keyring: What the node opens packets with.
        entropy: Returns so many random bytes.
    """

    key: KeyPair
    keyring: Keyring
    entropy: Callable[[int], bytes]


class AdvertPath(NamedTuple):
    """Which way a node's last advertisement came, and when by our clock."""

    at_s: int
    path: Path


class Desk:
    """Everything a companion radio knows; the commands work on it.

    Attributes:
        app_version: What the program said it speaks; 0 = nothing.
        slots: The channels; None = empty.
        asked: By tag, which command an answer belongs to.
        signing: What is to be signed so far; None = nothing was begun.
        is_listing: The contacts are being told.
        is_connected: Somebody is there to be told.
        override: Key of the region that our floods keep to for now; empty = none, whatever the
            preferences say; None = as they say.
        retune: Called when the radio was set anew; it may have left the channel.
        restart: Called when it is to start anew; True = it has also forgotten everything.
    """

    def __init__(
        self,
        station: MeshcoreStation,
        owner: Owner,
        board: Board,
        preferences: Preferences,
        give: Callable[[bytes], None],
    ) -> None:
        """Begin with the public channel and no contacts."""
        self.station: Final = station
        self.owner = owner
        self.board: Final = board
        self.preferences = preferences
        self.app_version = 0
        self.slots: list[ChannelKey | None] = [None] * board.max_channels
        self.inbox = Inbox()
        self.asked: OrderedDict[bytes, int] = OrderedDict()
        self.advert_paths: OrderedDict[bytes, AdvertPath] = OrderedDict()
        self.signing: bytearray | None = None
        self.is_listing = False
        self.is_connected = False
        self.override: bytes | None = None
        self.retune: Callable[[], None] = lambda: None
        self.restart: Callable[[bool], None] = lambda _: None
        self._give = give

    @property
    def node(self) -> MeshcoreNode:
        """The node behind it all."""
        return self.station.node

    @property
    def now(self) -> Instant:
        """Both clocks."""
        return self.station.engine.instant()

    @property
    def clock_s(self) -> int:
        """What the radio's clock shows."""
        return self.node.clock(self.now)

    def tell(self, frame: RadioFrame) -> None:
        """Send a frame to whoever is connected; else it is lost."""
        self.tell_raw(encode_frame(frame))

    def tell_raw(self, payload: bytes) -> None:
        """Send a frame that is written already."""
        if self.is_connected:
            self._give(payload)

    # --- the node's settings ---

    def apply(self) -> None:
        """Let the node be as the preferences say."""
        mine = self.preferences
        position = Position(mine.lat, mine.lon) if mine.position_policy else None
        key = mine.scope_key if self.override is None else self.override
        scope = Region(mine.scope_name, SecretBytes(key)) if key else None
        bits = mine.autoadd_bits
        # with everything added anyway the bits say nothing
        added = [role for role, bit in _AUTO_ADD_BITS.items() if bits & bit or not mine.manual_add]
        self.node.settings = replace(
            self.node.settings,
            position=position,
            forwards=bool(mine.repeat),
            hash_size=mine.path_hash_mode + 1,
            extra_acks=min(1, mine.multi_acks),
            scope=scope,
            auto_add=frozenset(added),
            auto_add_max_hops=mine.autoadd_hops,
            overwrites_oldest=bool(bits & _OVERWRITES_OLDEST),
            rx_delay_base=mine.rx_delay,
        )

    def rename(self, name: str) -> None:
        """Give the node another name."""
        self.node.settings = replace(self.node.settings, name=fitting(name))

    def become(self, key: KeyPair) -> None:
        """Let the radio be another node, with the same contacts and channels."""
        before = self.node
        keyring = Keyring()
        self.owner = self.owner._replace(key=key, keyring=keyring)
        self.station.node = MeshcoreNode(key, before.settings, self.owner.entropy, keyring)
        for channel in self.slots:
            if channel is not None:
                keyring.add_channel(channel)
        for contact in before.contacts:
            self.station.node.add_contact(contact)

    # --- contacts ---

    def contact(self, key: bytes) -> Contact | None:
        """Find a contact by its key or the beginning of it; among several the first."""
        whole = self.node.contacts.get(key)
        return whole or next(iter(self.node.contacts.by_prefix(key)), None)

    # --- channels ---

    def set_slot(self, slot: int, name: str, secret: bytes) -> None:
        """Fill a channel slot, or clear it where the key is all zeros."""
        before, self.slots[slot] = self.slots[slot], None
        if before is not None and self.slot_of(before.name) is None:
            self.owner.keyring.remove_channel(before.name)
        try:
            channel = channel_key(name, secret)
        except DecodeError:
            return
        self.slots[slot] = channel
        self.owner.keyring.add_channel(channel)

    def slot_of(self, name: str) -> int | None:
        """Find the slot of a channel."""
        found = (n for n, channel in enumerate(self.slots) if channel and channel.name == name)
        return next(found, None)

    def channel(self, slot: int) -> ChannelKey | None:
        """Return the channel in a slot; None = it is empty, or there is no such slot."""
        return self.slots[slot] if slot < len(self.slots) else None

    # --- questions to others ---

    def ask(self, tag: bytes, command: int) -> None:
        """Remember what an answer with this tag belongs to."""
        self.asked[tag] = command
        if len(self.asked) > MAX_ASKED:
            self.asked.popitem(last=False)

    def note_advert(self, key: bytes, path: Path) -> None:
        """Remember which way an advertisement came."""
        self.advert_paths[key] = AdvertPath(self.clock_s, path)
        self.advert_paths.move_to_end(key)
        if len(self.advert_paths) > MAX_ADVERT_PATHS:
            self.advert_paths.popitem(last=False)

    def forget(self) -> None:
        """Lose what a radio loses with its power."""
        self.app_version = 0
        self.inbox.clear()
        self.asked.clear()
        self.advert_paths.clear()
        self.signing = None
        self.is_listing = False


def fitting(name: str) -> str:
    """Cut a name to what an advertisement holds, at the border of a character."""
    return name.encode("utf-8", "replace")[:_NAME_BYTES].decode("utf-8", "ignore")


def frame_of(contact: Contact) -> answers.Contact:
    """Write a contact as a frame."""
    path = contact.out_path
    return answers.Contact(
        key=contact.public_key,
        node_type=contact.node_type,
        flags=contact.flags,
        out_path=UNKNOWN_PATH if path is None else Path(path.path_len, path.path),
        name=fitting(contact.name),
        last_advert=contact.last_advert,
        lat=contact.lat_e6 / _E6,
        lon=contact.lon_e6 / _E6,
        lastmod=contact.modified_s,
    )


def out_path_of(path: Path) -> OutPath | None:
    """Read a path of a frame; None = unknown."""
    return None if path.length == PATH_UNKNOWN else OutPath(path.length, path.data)
