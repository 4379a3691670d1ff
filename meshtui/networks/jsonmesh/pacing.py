"""When a packet goes on a radio, how often, and what overheard makes it superfluous.

A flood is relayed late, in slots, and left to others who were quicker. Along a path a relay goes
at once; whoever does not overhear the next one pass it on sends the same bytes again. An answer
that is overheard ends both: what it answers has arrived. (Nobody can prove to a relay whose answer
it is. Who forges one saves us a packet, which the next attempt brings back.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.mesh.radio_relay import FLOOD_REPEATS, PATH_REPEATS, PLAIN, among
from meshtui.mesh.relay import MAX_TTL
from meshtui.networks.jsonmesh.seal import ACK_KIND

if TYPE_CHECKING:
    from meshtui.mesh.radio_queue import Parcel
    from meshtui.mesh.radio_relay import RelayTiming
    from meshtui.model.ids import Instant, LinkId
    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.networks.jsonmesh.radio import Airwaves
    from meshtui.networks.jsonmesh.station import Station

SPARE_HOPS = 2
TALK_S = 180.0  # two messages of a pair within this may be answered in any order
MAX_PAIRS = 500


class Pacing:
    """Times parcels for the radios of a session."""

    def __init__(self, station: Station, air: Airwaves) -> None:
        """Begin with nothing overheard."""
        self._station = station
        self._air = air
        self._latest: dict[tuple[str, str], tuple[bytes, float]] = {}

    def timing(self, link_id: LinkId) -> RelayTiming:
        """Say how floods are relayed on a radio."""
        if self._station.settings.plain:
            return PLAIN
        return among(self._air.count_neighbours(link_id))

    def reach(self, relays: int | None) -> int:
        """Choose how many hops a flood may make that needs so many relays; None = unknown."""
        if relays is None or self._station.settings.plain:
            return MAX_TTL
        return min(MAX_TTL, relays + SPARE_HOPS)

    def time_own(self, parcel: Parcel, envelope: Envelope, digest: bytes, link_id: LinkId) -> None:
        """Time a packet of ours: now, and again if nobody is overheard passing it on."""
        parcel.key = (envelope.sender, digest)
        is_along = is_sent_along(envelope)
        is_ack = envelope.kind == ACK_KIND
        # nobody passes an answer to a neighbour on; who misses it asks again
        if parcel.is_direct and not (is_ack and envelope.ttl == 0):
            self._repeat(parcel, link_id, PATH_REPEATS if is_along else FLOOD_REPEATS, is_along)
        if not is_ack:
            parcel.answered_by = (envelope.recipient, envelope.sender)

    def time_relay(
        self,
        parcel: Parcel,
        link_id: LinkId,
        snr_db: float | None,
        now: Instant,
        *,
        repeats: int | None,
        is_alone: bool = False,
    ) -> None:
        """Time a packet of somebody else.

        Args:
            is_alone: It came from elsewhere, and nobody else here can have it.
            snr_db: How well it was heard; None = unknown, or it came by another link.
            repeats: It is asked of us alone, and sent again so often; None = of everybody.
        """
        queue = self._air.queue(link_id)
        if queue is None:
            return
        is_hasty = is_alone or repeats is not None
        timing = PLAIN if is_hasty else self.timing(link_id)
        delay_s = timing.delay_s(queue.airtime_s(parcel.frames), snr_db, self._station.chance)
        parcel.not_before_s = now.mono_s + delay_s
        parcel.patience = timing.patience
        if repeats is not None:
            self._repeat(parcel, link_id, repeats, is_along=True)

    def answer_to(self, envelope: Envelope, digest: bytes, now: Instant) -> object:
        """Name the overheard answer that makes a relay of this superfluous; None = none does.

        An answer does not tell which message it is for. So of a flood only where no other of the
        same two passed just now; what is sent along a path has gone before an answer can come.
        """
        if envelope.kind == ACK_KIND or self._station.settings.plain:
            return None
        pair = (envelope.sender, envelope.recipient)
        before, at_s = self._latest.pop(pair, (digest, now.mono_s))
        self._latest[pair] = (digest, now.mono_s)
        if len(self._latest) > MAX_PAIRS:
            del self._latest[next(iter(self._latest))]
        is_alone = before == digest or now.mono_s - at_s > TALK_S
        return (envelope.recipient, envelope.sender) if is_alone or envelope.path else None

    def _repeat(self, parcel: Parcel, link_id: LinkId, repeats: int, is_along: bool) -> None:  # noqa: FBT001
        queue = self._air.queue(link_id)
        if queue is None or self._station.settings.plain or len(parcel.frames) > 1:
            return  # of chunks those are asked for that are missing
        timing = PLAIN if is_along else self.timing(link_id)
        airtime_s = queue.airtime_s(parcel.frames)
        parcel.repeats = repeats
        parcel.repeat_after_s = timing.listen_s(airtime_s, self._station.chance)


def is_sent_along(envelope: Envelope) -> bool:
    """Tell whether an envelope asks certain relays, or none, instead of everybody."""
    return bool(envelope.path) or (envelope.ttl == 0 and envelope.hop_count == 0)
