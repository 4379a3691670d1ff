"""What all ports of the session share: who we are, whom and what we know."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from meshtui.errors import DecodeError
from meshtui.mesh.dedupe import SeenCache
from meshtui.model.event import DigestSeen
from meshtui.model.ids import NetworkName
from meshtui.networks.meshcore.ack_book import AckBook
from meshtui.networks.meshcore.identity import node_id_of, parse_node_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.model.ids import Instant, LinkId, MessageId, NodeId
    from meshtui.networks.base import DigestMemory
    from meshtui.networks.meshcore.keyring import Keyring
    from meshtui.networks.meshcore.nodes import NodeBook
    from meshtui.networks.meshcore.settings import Settings

NETWORK = NetworkName("meshcore")
MAX_OWN_TEXTS = 500
MAX_PACKETS = 5_000
MAX_NAMES = 16
PACKET_AGE_S = 3_600.0
_MAX_AHEAD_S = 3_600


class Station:
    """The shared state; it does nothing by itself.

    Attributes:
        key: Ours, where we are the node; a companion radio has its own.
        keyring: All channels and contacts we can open packets with.
        packets: Hashes of the packets heard in the last hour, over all links.
        acks: What acknowledges which text, ours and those opened.
        own_ids: Our own key and those of our radios.
    """

    def __init__(
        self,
        key: KeyPair,
        settings: Settings,
        keyring: Keyring,
        nodes: NodeBook,
        digests: DigestMemory,
        entropy: Callable[[int], bytes],
    ) -> None:
        """Begin with what outlived earlier sessions."""
        self.key = key
        self.node_id = node_id_of(key.public_key)
        self.settings = settings
        self.keyring = keyring
        keyring.remember = self.remember
        self.nodes = nodes
        self.digests = digests
        self.entropy = entropy
        self.packets = SeenCache(PACKET_AGE_S, MAX_PACKETS)
        self.acks = AckBook()
        self.own_ids: dict[NodeId, None] = {self.node_id: None}
        self._ids_behind: dict[LinkId, NodeId] = {}
        self._own_texts: dict[bytes, MessageId] = {}
        self._unsaved: list[DigestSeen] = []
        self._last_timestamp = 0
        self._names: dict[str, None] = {}
        self._mention = re.compile(r"(?!)")
        self.know_as(settings.name)

    def call_ours(self, node_id: NodeId, link_id: LinkId) -> None:
        """Remember who a radio of ours is; the oldest but our own key is forgotten past a limit."""
        self._ids_behind[link_id] = node_id
        self.own_ids.pop(node_id, None)
        self.own_ids[node_id] = None
        if len(self.own_ids) > MAX_NAMES:
            del self.own_ids[next(each for each in self.own_ids if each != self.node_id)]

    def id_behind(self, link_id: LinkId) -> NodeId:
        """Say who we are on a link: its radio, or, where that has no key of its own, ourselves."""
        return self._ids_behind.get(link_id, self.node_id)

    def befriend(self, node_id: NodeId) -> None:
        """Remember whom the user chose: neither forgotten nor crowded out by strangers."""
        self.nodes.befriend(node_id)
        with contextlib.suppress(DecodeError):  # of one that is known by its first digits only
            self.keyring.befriend(parse_node_id(node_id))

    def know_as(self, name: str) -> None:
        """Remember a name of ours: texts that mention it mention us."""
        if name:
            self._names.pop(name, None)
            self._names[name] = None
            if len(self._names) > MAX_NAMES:  # a radio may call itself something new at each start
                del self._names[next(each for each in self._names if each != self.settings.name)]
            words = "|".join(re.escape(known) for known in self._names)
            self._mention = re.compile(rf"@(?:(?:{words})(?!\w)|\[(?:{words})\])", re.IGNORECASE)

    def is_mentioned_in(self, text: str) -> bool:
        """Tell whether a text addresses us: `@name`, `@[name]`."""
        return "@" in text and self._mention.search(text) is not None

    def next_timestamp(self, now: Instant) -> int:
        """Return Unix seconds for a packet of ours: no two are the same, none goes back.

        The same text in the same second would be the same packet, and repeaters pass none twice.
        """
        now_s = now.unix_ms // 1000
        # a clock that was far ahead, and is set back, begins anew
        is_set_back = self._last_timestamp > now_s + _MAX_AHEAD_S
        self._last_timestamp = now_s if is_set_back else max(self._last_timestamp + 1, now_s)
        return self._last_timestamp

    def note_own_text(self, digest: bytes, message_id: MessageId) -> None:
        """Remember a text of ours by its digest (see `message_ids`), to know it when it is heard.

        A copy of it that comes back is then no message, but an echo; in a later session, which
        does not know the message any more, a text that was had before.
        """
        self._own_texts[digest] = message_id
        self.remember(digest)
        if len(self._own_texts) > MAX_OWN_TEXTS:
            del self._own_texts[next(iter(self._own_texts))]

    def own_text(self, digest: bytes) -> MessageId | None:
        """Return which message of ours this is; None = it is not ours."""
        return self._own_texts.get(digest)

    def remember(self, digest: bytes) -> bool:
        """Keep 8 bytes for this life and all to come; False = they were kept before."""
        if self.digests.has(digest):
            return False
        self.digests.add(digest)
        self._unsaved.append(DigestSeen(NETWORK, digest))
        return True

    def take_unsaved(self) -> list[DigestSeen]:
        """Take what is to outlive this session and was not taken yet."""
        unsaved, self._unsaved = self._unsaved, []
        return unsaved
