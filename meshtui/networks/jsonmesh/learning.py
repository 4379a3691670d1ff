"""What an accepted packet teaches beside its content: who was heard, and by which way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.mesh.routing import plausible_latency_ms, ways_of
from meshtui.model.event import RouteChanged
from meshtui.networks.jsonmesh.envelope import MAX_TTL

if TYPE_CHECKING:
    from meshtui.mesh.routing import RoutingTable
    from meshtui.model.ids import NodeId
    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.networks.jsonmesh.passage import Passage
    from meshtui.networks.jsonmesh.peers import PeerBook, Said
    from meshtui.networks.jsonmesh.station import Station


class Learner:
    """Keeps nodes and routes up to date with what passes."""

    def __init__(self, station: Station, peers: PeerBook, routes: RoutingTable) -> None:
        """Work for a station."""
        self._station = station
        self._peers = peers
        self._routes = routes

    def hear(self, passage: Passage, envelope: Envelope, *, is_bare: bool | None = None) -> None:
        """Note that an envelope's sender was heard, under the key it shows.

        Args:
            is_bare: Whether it wrote text without our JSON; None = that cannot be told from it.
        """
        said: Said = {} if is_bare is None else {"writes_bare_text": is_bare}
        rx = passage.frame.rx
        passage.outputs += self._peers.hear(
            envelope.sender,
            envelope.sender_key,
            passage.now,
            link_id=passage.link_id,
            hops=envelope.hop_count,
            heard_at_ms=passage.now.unix_ms,
            rssi_dbm=rx.rssi_dbm,
            snr_db=rx.snr_db,
            **said,
        )

    def learn(self, passage: Passage, envelope: Envelope, source: str = "claimed") -> None:
        """Learn the way an envelope came: back to its sender, and to the relays on it."""
        route = envelope.route
        if not route or route[0] != envelope.sender or self._station.node_id in route:
            return
        now_ms = passage.now.unix_ms
        self.learn_route(
            passage,
            route[-MAX_TTL - 1 :],
            now_ms,
            source=source if source == "acked" or len(route) > 1 else "heard",
            latency_ms=plausible_latency_ms(envelope.sent_at_ms, now_ms),
        )

    def learn_route(
        self,
        passage: Passage,
        route: tuple[NodeId, ...],
        seen_ms: int,
        *,
        source: str,
        latency_ms: int | None,
    ) -> None:
        """Learn from a route, sender first; the latency is the sender's."""
        for node_id, via in ways_of(route):
            is_sender = len(via) == len(route) - 1
            learned = self._routes.learn(
                node_id,
                passage.link_id,
                via,
                seen_ms,
                source=source,
                latency_ms=latency_ms if is_sender else None,
                rssi_dbm=passage.frame.rx.rssi_dbm,
            )
            if learned is not None:
                passage.outputs.append(RouteChanged(learned))
