"""What the parts of a session share: who we are, which links are up, what was accepted before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from meshtui.mesh.dedupe import SeenCache
from meshtui.model.event import DigestSeen, SecurityRaised
from meshtui.model.ids import NetworkName, NodeId
from meshtui.model.link import LinkKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import Instant, LinkId
    from meshtui.model.link import LinkInfo
    from meshtui.networks.base import DigestMemory
    from meshtui.networks.jsonmesh.seal import Sealer
    from meshtui.networks.jsonmesh.settings import Settings

NETWORK = NetworkName("jsonmesh")
CAPS = frozenset({"ack"})
SMALL_CAPS = frozenset({"cbor1", "zlib"})
RADIO_CAPS = SMALL_CAPS | {"resend", "dsr"}
_WARN_AGAIN_S = 3600.0
_MARK_OWN = bytes(255 - value for value in range(256))


class Station:
    """Our identity, settings, links and memory; a place to look things up, without behaviour."""

    def __init__(
        self,
        node_id: NodeId,
        public_key: bytes,
        sealer: Sealer,
        settings: Settings,
        digests: DigestMemory,
        entropy: Callable[[int], bytes],
    ) -> None:
        """Start with no link up."""
        self.node_id = node_id
        self.public_key = public_key
        self.sealer = sealer
        self.settings = settings
        self.entropy = entropy
        self.name = settings.name
        self.position = settings.position
        self.now_s = float("-inf")  # of the last thing that happened
        self.links: dict[LinkId, LinkInfo] = {}  # those that are up
        self.known_links: set[LinkId] = set()  # those that were ever asked to open
        self.gateways: dict[LinkId, float] = {}  # brokers with a LoRa gateway: last heard, mono_s
        self.clean_gateways: set[LinkId] = set()  # whose gateway takes any bytes, not only text
        self._digests = digests
        self._warned = SeenCache(_WARN_AGAIN_S, limit=1_000)
        self._mention = re.compile("")
        self.rename(settings.name)

    def rename(self, name: str) -> None:
        """Take another display name."""
        self.name = name
        words = [
            rf"{re.escape(word)}(?!\w)|\[{re.escape(word)}\]"
            for word in (self.node_id, name)
            if word
        ]
        self._mention = re.compile(rf"@(?:{'|'.join(words)})", re.IGNORECASE)

    def is_mentioned_in(self, text: str) -> bool:
        """Tell whether a text addresses us: `@name`, `@[name]`, `@MESH-…`."""
        return "@" in text and self._mention.search(text) is not None

    def brokers(self, but: LinkId | None = None) -> list[LinkId]:
        """List the broker links that are up, without `but`."""
        return [
            link_id
            for link_id, link in self.links.items()
            if link_id != but and link.kind is LinkKind.BROKER
        ]

    def is_broker(self, link_id: LinkId) -> bool:
        """Tell whether a link is a broker's, and up."""
        link = self.links.get(link_id)
        return link is not None and link.kind is LinkKind.BROKER

    @property
    def caps(self) -> frozenset[str]:
        """What we announce that we can do."""
        if self.settings.plain:
            return CAPS
        # who writes only the long form, the answers too, is written to in the long form
        return CAPS | (RADIO_CAPS if self.settings.compact else RADIO_CAPS - SMALL_CAPS)

    def chance(self) -> float:
        """Draw a number from 0 up to 1."""
        return int.from_bytes(self.entropy(4)) / 2**32

    def new_id(self) -> str:
        """Make a fresh message id: a random UUID."""
        digits = self.entropy(16).hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
        )

    def was_accepted(self, digest: bytes) -> bool:
        """Tell whether this ciphertext of somebody else was accepted before, in any life."""
        return self._digests.has(digest)

    def accept(self, digest: bytes) -> None:
        """Never accept this ciphertext again."""
        self._digests.add(digest)

    def is_ours(self, digest: bytes) -> bool:
        """Tell whether we sealed this ciphertext, in any life."""
        return self._digests.has(digest.translate(_MARK_OWN))

    def remember_own(self, digest: bytes) -> DigestSeen:
        """Know a ciphertext of ours again; marked, so it is never taken for an accepted one."""
        own = digest.translate(_MARK_OWN)
        self._digests.add(own)
        return DigestSeen(NETWORK, own)

    def warn(self, kind: str, node_id: NodeId, detail: str, now: Instant) -> list[SecurityRaised]:
        """Raise a matter of security, each at most once an hour."""
        if not self._warned.add((kind, node_id, detail), now.mono_s):
            return []
        return [SecurityRaised(NETWORK, kind, node_id, detail, now)]
