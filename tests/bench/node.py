"""What a packet costs a MeshCore node: most of what a radio hears is no news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.ids import Instant
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.node.settings import repeater_settings
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType, encode_packet
from tests.bench.measure import seconds
from tests.support.meshcore_mesh import lone_node
from tests.support.meshcore_vectors import key, raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.measure import Table

ROUNDS = 7
COUNT = 5_000
_NOW = Instant(1.0, 1_767_225_600_000)
_RX = RxMeta(-80, 5.0)


def report(table: Table) -> None:
    """Time duplicates, packets for others, and floods that are passed on."""
    table.head("node: µs a packet heard by a repeater")
    foreign = Packet(RouteType.DIRECT, PayloadType.TXT_MSG, 2, b"\x11\x22", bytes(36))
    table.add("duplicate of a channel text", _cost([raw("GRP_TXT #test")] * COUNT), aim="<= 5 µs")
    table.add("duplicate of an advert", _cost([raw("ADVERT flood A")] * COUNT), aim="<= 5 µs")
    table.add("for another next hop", _cost([encode_packet(foreign)] * COUNT), aim="<= 5 µs")
    floods = [b"\x15\x00\xd9" + number.to_bytes(34, "little") for number in range(COUNT)]
    table.add("flood passed on", _cost(floods))


def _cost(heard: Sequence[bytes]) -> str:
    """Return the least microseconds a packet of some rounds, each with a fresh repeater."""
    best = min(_once(heard) for _ in range(ROUNDS))
    return f"{best / len(heard) * 1e6:.2f} µs"


def _once(heard: Sequence[bytes]) -> float:
    node = lone_node(key("R"), repeater_settings("r"))
    node.hear(heard[0], _RX, _NOW)
    hear = node.hear

    def listen() -> None:
        for data in heard:
            hear(data, _RX, _NOW)

    return seconds(listen)
