"""Presence, ours and others': who is there, under which key, and where.

Presence is not signed. So a second key for a known node only raises a flag, and nothing that a
presence says touches a pinned key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import EncodeError
from meshtui.mesh.radio_queue import Parcel
from meshtui.mesh.relay import CLOCK_IS_SET_AFTER_MS
from meshtui.mesh.routing import plausible_latency_ms
from meshtui.model.node import Route
from meshtui.model.packet import PacketSummary, Transmit, Verdict
from meshtui.networks.jsonmesh.peers import Standing
from meshtui.networks.jsonmesh.presence import Presence, decode_presence, encode_presence
from meshtui.networks.jsonmesh.radio import COMPACT_CAP
from meshtui.networks.jsonmesh.repeater import PRESENCE_PRIORITY, write_presence
from meshtui.networks.jsonmesh.topics import identity_topic

if TYPE_CHECKING:
    from meshtui.model.ids import Instant, LinkId
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.bridge import Bridge
    from meshtui.networks.jsonmesh.learning import Learner
    from meshtui.networks.jsonmesh.passage import Passage
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.radio import Airwaves
    from meshtui.networks.jsonmesh.station import Station

_CORRECT_AGAIN_S = 10.0
FIRST_AFTER_S = 2.0
FIRST_SPREAD_S = 10.0
WELCOME_SPREAD_S = 20.0  # these are for the usual setting: quicker radios wait less
TIMES_SILENT = 1.5  # as long as presence is apart: who is heard again then was away
SPEAK_AGAIN_S = 45.0
WIRE_S = 60.0  # not heard for so long, who is heard on a wire has come anew
USUAL_S = 0.7  # on the air: a small presence, at SF11 and 250 kHz
_PRESENCE = bytes(64)


class Presences:
    """Says that we are here, and hears who else is."""

    def __init__(
        self, station: Station, peers: PeerBook, learner: Learner, bridge: Bridge, air: Airwaves
    ) -> None:
        """Work for a station."""
        self._station = station
        self._peers = peers
        self._learner = learner
        self._bridge = bridge
        self._due_s: float | None = None
        self._corrected_s = float("-inf")
        self._is_leaving = False
        self._air = air
        self._air_due_s: dict[LinkId, float] = {}
        self._spoke_s: dict[LinkId, float] = {}

    @property
    def next_deadline_s(self) -> float | None:
        """When our presence is repeated; None while nobody would hear it."""
        deadlines = [self._air_due_s[link] for link in self._air.links() if link in self._air_due_s]
        if self._due_s is not None and self._station.brokers():
            deadlines.append(self._due_s)
        return min(deadlines, default=None)

    def air_up(self, link_id: LinkId, now: Instant) -> None:
        """Plan to tell who is in reach of a new radio that we are here; not all at one moment."""
        delay_s = self._soon_s(link_id, FIRST_SPREAD_S)
        if not self._air.is_radio(link_id):
            delay_s = 0.0
        due_s = self._air_due_s.get(link_id)
        if due_s is None or due_s > now.mono_s + self._station.settings.radio_presence_s:
            self._air_due_s[link_id] = now.mono_s + delay_s

    def announce_by_air(self, now: Instant) -> None:
        """Say on every radio and wire that we are here, now."""
        for link_id in self._air.links():
            self._speak(link_id, now)

    def _welcome(self, passage: Passage, presence: Presence) -> None:
        """Introduce ourselves soon to a newcomer next to us, who else would wait for hours.

        On a wire we do so at once, and again after the newcomer's answer to that, no further.
        """
        link_id, now = passage.link_id, passage.now
        is_radio = self._air.is_radio(link_id)
        if presence.via or not presence.is_online or link_id not in self._air.links():
            return
        away_s = TIMES_SILENT * self._station.settings.radio_presence_s if is_radio else WIRE_S
        if not self._was_away(presence, away_s, now):
            return  # it is only its hour, or it greets somebody
        soon_s = now.mono_s
        if is_radio:
            soon_s += self._soon_s(link_id, WELCOME_SPREAD_S)
            again_s = SPEAK_AGAIN_S * self._pace(link_id)  # who comes right after another waits
            soon_s = max(soon_s, self._spoke_s.get(link_id, float("-inf")) + again_s)
        self._air_due_s[link_id] = min(soon_s, self._air_due_s.get(link_id, soon_s))

    def _is_newcomer(self, passage: Passage, presence: Presence) -> bool:
        """Tell whether a node came next to us, on a radio or at the other end of a wire."""
        link_id = passage.link_id
        if presence.via or link_id not in self._air.links():
            return False
        if self._air.is_radio(link_id):
            return presence.node_id not in self._air.neighbour_ids(link_id, passage.now)
        return self._was_away(presence, WIRE_S, passage.now)

    def _was_away(self, presence: Presence, seconds: float, now: Instant) -> bool:
        peer = self._peers.get(presence.node_id)
        return peer is None or now.unix_ms - peer.node.last_heard_ms >= seconds * 1000

    def _soon_s(self, link_id: LinkId, spread_s: float) -> float:
        """Draw how long to wait, so that not all speak at one moment."""
        return (FIRST_AFTER_S + spread_s * self._station.chance()) * self._pace(link_id)

    def _pace(self, link_id: LinkId) -> float:
        """Say how slow a radio is: 1 at the usual setting, where a presence takes 0.7 s."""
        queue = self._air.queue(link_id)
        return 1.0 if queue is None else min(4.0, queue.airtime_s([_PRESENCE]) / USUAL_S)

    def _speak(self, link_id: LinkId, now: Instant) -> None:
        self._spoke_s[link_id] = now.mono_s
        spread = 0.75 + 0.5 * self._station.chance()
        self._air_due_s[link_id] = now.mono_s + self._station.settings.radio_presence_s * spread
        is_compact = self._air.all_read_compact(link_id, now)
        presence = self._presence(now, is_online=True)
        try:
            packet = write_presence(presence, is_compact=is_compact)
        except EncodeError:
            return
        has_position = presence.position is not None
        summary = PacketSummary(
            "presence", Verdict.SENT, self._station.node_id, has_position=has_position
        )
        frames = self._air.frames(link_id, packet)
        self._air.send(link_id, Parcel(frames, PRESENCE_PRIORITY, summary))

    def announce(
        self, links: list[LinkId], now: Instant, *, is_online: bool = True
    ) -> list[Output]:
        """Tell these brokers that we are here, or not any more; they keep it for latecomers."""
        self._is_leaving = not is_online
        if self._due_s is None or self._due_s <= now.mono_s:
            self._due_s = now.mono_s + self._station.settings.presence_s
        return [self.transmit(link_id, now, is_online=is_online) for link_id in links]

    def tick(self, now: Instant) -> list[Output]:
        """Repeat our presence where it is due."""
        for link_id in self._air.links():
            if self._air_due_s.get(link_id, float("inf")) <= now.mono_s:
                self._speak(link_id, now)
        if self._due_s is None or now.mono_s < self._due_s:
            return []
        return self.announce(self._station.brokers(), now)

    def transmit(self, link_id: LinkId, now: Instant, *, is_online: bool) -> Transmit:
        """Write our presence for a link; also the last will, with `is_online` False."""
        return Transmit(
            link_id,
            encode_presence(self._presence(now, is_online=is_online)),
            identity_topic(self._station.node_id),
            is_confirmed=True,
            is_retained=True,
            priority=3,
        )

    def _presence(self, now: Instant, *, is_online: bool) -> Presence:
        station = self._station
        is_shown = is_online and station.settings.share_position
        return Presence(
            station.node_id,
            station.public_key,
            is_online,
            now.unix_ms,
            position=station.position if is_shown else None,
            name=station.name,
            caps=station.caps,
        )

    def receive(self, passage: Passage, topic_node: str) -> None:
        """Take a presence in.

        Raises:
            DecodeError: It is malformed.
            CryptoError: It shows another node's key.
        """
        passage.kind = "presence"
        passage.source = topic_node
        if not passage.frame.payload:
            passage.conclude(Verdict.HANDLED, "withdrawn", "the broker keeps no presence any more")
            return
        self.judge(passage, decode_presence(passage.frame.payload), topic_node)

    def judge(self, passage: Passage, presence: Presence, topic_node: str = "") -> None:
        """Take a presence in that is well-formed."""
        passage.kind = "presence"
        passage.source = presence.node_id
        passage.hops = len(presence.via)
        passage.has_position = presence.position is not None
        is_newcomer = self._is_newcomer(passage, presence)
        if self._air.is_radio(passage.link_id):
            self._note_sender(passage, presence)
        if topic_node and presence.node_id != topic_node:
            passage.drop("wrong-topic", f"it speaks of {presence.node_id}")
        elif presence.node_id == self._station.node_id:
            self._about_us(passage, presence)
        elif self._station.node_id in presence.via:
            passage.conclude(Verdict.HANDLED, "echo", "we carried it here ourselves")
        else:
            self._about_peer(passage, presence, is_kept=bool(topic_node))
            if is_newcomer and passage.verdict is Verdict.HANDLED:
                self._bridge.welcome(passage)

    def _note_sender(self, passage: Passage, presence: Presence) -> None:
        """Note who sent this packet on a radio: its last relay, or the node itself."""
        neighbour = presence.via[-1] if presence.via else presence.node_id
        peer = self._peers.get(neighbour)
        caps = peer.node.caps if presence.via and peer is not None else frozenset()
        reads_compact = None  # who relays keeps the form it came in
        if passage.is_compact or not presence.via or caps:
            reads_compact = passage.is_compact or COMPACT_CAP in (caps or presence.caps)
        if neighbour != self._station.node_id:
            self._air.note_neighbour(
                passage.link_id, neighbour, reads_compact=reads_compact, now=passage.now
            )

    def _about_us(self, passage: Passage, presence: Presence) -> None:
        if presence.public_key != self._station.public_key:
            detail = "another key announces itself under our own node id"
            passage.drop("impersonated", detail, Verdict.REJECTED)
            passage.outputs += self._station.warn(
                "impersonated", self._station.node_id, detail, passage.now
            )
            return
        passage.conclude(Verdict.HANDLED, "echo", "our own presence")
        passage.is_own = True
        # The will of a connection we lost may arrive after we are back: say again that we are here.
        is_link_up = passage.link_id in self._station.brokers()
        is_wrong = not (presence.is_online or presence.via or self._is_leaving)
        if not (is_wrong and is_link_up):
            return
        again_s = self._corrected_s + _CORRECT_AGAIN_S
        if passage.now.mono_s >= again_s:
            self._corrected_s = passage.now.mono_s
            passage.outputs.append(self.transmit(passage.link_id, passage.now, is_online=True))
        elif self._due_s is not None:
            self._due_s = min(self._due_s, again_s)

    def _about_peer(self, passage: Passage, presence: Presence, *, is_kept: bool) -> None:
        """Judge somebody's presence; `is_kept` = its topic says that a broker keeps it."""
        standing = self._peers.standing(presence.node_id, presence.public_key)
        if standing is Standing.RIVAL:
            passage.drop(
                "key-changed", "its key is not the one pinned for this node", Verdict.REJECTED
            )
            passage.outputs += self._peers.meet_rival(
                presence.node_id, presence.public_key, passage.now
            )
            return
        if standing is Standing.UNKNOWN and not self._peers.may_announce(
            passage.link_id, passage.now
        ):
            passage.drop("rate", "too many unknown nodes at once")
            return
        self._welcome(passage, presence)
        heard = self._peers.hear(
            presence.node_id,
            presence.public_key,
            passage.now,
            link_id=passage.link_id,
            hops=len(presence.via),
            heard_at_ms=_heard_at_ms(passage, presence),
            rssi_dbm=passage.frame.rx.rssi_dbm,
            snr_db=passage.frame.rx.snr_db,
            name=presence.name if presence.is_online else self._name(presence),
            position=presence.position,
            # who leaves one broker may still be on another
            is_online=presence.is_online
            or self._peers.is_on_another_broker(presence.node_id, passage.link_id),
            caps=presence.caps if presence.is_online else self._caps(presence),
        )
        passage.outputs += heard
        if is_kept and not presence.via:
            self._peers.note_broker(presence.node_id, passage.link_id, is_online=presence.is_online)
        self._learn(passage, presence)
        self._bridge.carry_presence(passage, presence, is_changed=bool(heard))

    def _caps(self, presence: Presence) -> frozenset[str]:
        """Keep what a node could do when its will, which says nothing of it, takes it offline."""
        peer = self._peers.get(presence.node_id)
        return presence.caps or (peer.node.caps if peer else frozenset())

    def _name(self, presence: Presence) -> str:
        """Keep the name a node had: its will was written before it took that name, or has none."""
        peer = self._peers.get(presence.node_id)
        return (peer.node.name if peer else "") or presence.name

    def _learn(self, passage: Passage, presence: Presence) -> None:
        """Learn the way to a node that is there now; what a broker kept must be recent."""
        seen_ms = _heard_at_ms(passage, presence)
        now_ms = passage.now.unix_ms
        if not presence.is_online or now_ms - seen_ms > Route.ACTIVE_MS:
            return
        is_live = not passage.frame.is_retained
        self._learner.learn_route(
            passage,
            (presence.node_id, *presence.via),
            seen_ms,
            source="claimed" if presence.via else "heard",
            latency_ms=plausible_latency_ms(presence.ts_ms, now_ms) if is_live else None,
        )


def _heard_at_ms(passage: Passage, presence: Presence) -> int:
    """Say when the node itself spoke: what a broker kept is as old as it says, if that can be."""
    if not passage.frame.is_retained:
        return passage.now.unix_ms
    if CLOCK_IS_SET_AFTER_MS < presence.ts_ms <= passage.now.unix_ms:
        return presence.ts_ms
    return 0
