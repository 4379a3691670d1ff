"""What a stream brings at once is taken in pieces that hold no turn of the loop for long."""

from __future__ import annotations

import time

from meshtui.crypto.ed25519 import from_seed
from meshtui.model.ids import Instant, LinkId
from meshtui.model.link import LinkInfo, LinkKind
from meshtui.model.packet import Frame
from meshtui.networks.meshcore.companion.deframer import enframe
from meshtui.networks.meshcore.companion.port import CompanionPort
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.listener import AirListener
from meshtui.networks.meshcore.nodes import NodeBook
from meshtui.networks.meshcore.settings import Settings
from meshtui.networks.meshcore.station import NETWORK, Station
from meshtui.transports.stream_link import MAX_FRAME_BYTES, StreamLink
from tests.support.meshcore_air import Digests

NOW = Instant(1.0, 1_800_000_000_000)
LINK = LinkId("radio")


async def test_a_large_read_arrives_in_small_pieces_and_whole() -> None:
    link = StreamLink(LINK, lambda: NOW, str)
    data = bytes(range(256)) * 64

    link.data_received(data)
    arrivals = await anext(link.arrivals())
    frames = [arrival for arrival in arrivals if isinstance(arrival, Frame)]

    assert b"".join(frame.payload for frame in frames) == data
    assert max(len(frame.payload) for frame in frames) <= MAX_FRAME_BYTES


def test_a_piece_of_the_smallest_frames_holds_the_loop_for_milliseconds() -> None:
    key = from_seed(b"k" * 32)
    station = Station(key, Settings(), Keyring(), NodeBook((), ()), Digests(), bytes)
    port = CompanionPort(LINK, station, AirListener(station))
    port.link_up(LinkInfo(LINK, NETWORK, LinkKind.STREAM, "radio", ""), NOW)
    tiny = enframe(b"\x08", to_radio=False)  # an answer that is cut off: the dearest to refuse
    frame = Frame(LINK, tiny * (MAX_FRAME_BYTES // len(tiny)), NOW)
    spent_s = []

    for _ in range(20):
        begun_s = time.thread_time()
        port.receive(frame)
        spent_s.append(time.thread_time() - begun_s)

    assert sorted(spent_s)[10] < 0.010
