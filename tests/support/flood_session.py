"""The least a mesh node can do: flood whatever is new, once, after a short random while.

Stands in for a real session where the air, the gateways and the world are under test.
"""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

from meshtui.model.event import DeliveryChanged, MessageReceived
from meshtui.model.ids import Instant, LinkId, MessageId, NetworkName, NodeId, split_conversation
from meshtui.model.link import LinkInfo, LinkSetup, Myself
from meshtui.model.message import Delivery, DeliveryState, Message
from meshtui.model.packet import Frame, Transmit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.networks.base import Output

NETWORK = NetworkName("jsonmesh")
MAX_TTL = 20


class FloodSession:
    """Frames read `F ID TO FROM HOPS TEXT`."""

    def __init__(self, number: int, randbytes: Callable[[int], bytes], size: int = 150) -> None:
        self.myself = Myself(NETWORK, NodeId(f"MESH-{number:08X}"), "")
        self.next_deadline_s: float | None = None
        self.received = 0
        self._randbytes = randbytes
        self._size = size
        self._seen: set[bytes] = set()
        self._waiting: list[tuple[float, bytes]] = []
        self._link = LinkId("")

    def setup(self, link: LinkInfo, now: Instant) -> LinkSetup:
        return LinkSetup()

    def link_up(self, link: LinkInfo, now: Instant) -> Sequence[Output]:
        self._link = link.link_id
        return ()

    def link_down(self, link_id: LinkId, now: Instant) -> Sequence[Output]:
        self._waiting.clear()
        self.next_deadline_s = None
        return ()

    def receive(self, frame: Frame) -> Sequence[Output]:
        self.received += 1
        _, _, packet = frame.payload.partition(b"|SNR:")
        _, _, packet = packet.partition(b"|")
        word, message_id, recipient, sender, hops, text = packet[:-1].split(b" ", 5)
        if word != b"F" or message_id in self._seen:
            return ()
        self._seen.add(message_id)
        if recipient == self.myself.node_id.encode():
            return [
                MessageReceived(
                    Message(
                        MessageId(message_id.decode()),
                        "jsonmesh/x",  # type: ignore[arg-type]
                        NodeId(sender.decode()),
                        "text",
                        text.decode().rstrip("."),
                        frame.received_at.unix_ms,
                        hops=int(hops),
                    )
                )
            ]
        if int(hops) < MAX_TTL:
            delay_s = 0.05 + 0.15 * self._randbytes(1)[0] / 255
            again = b"F %s %s %s %d %s\n" % (message_id, recipient, sender, int(hops) + 1, text)
            heapq.heappush(self._waiting, (frame.received_at.mono_s + delay_s, again))
            self._look()
        return ()

    def transmitted(self, transmit: Transmit, now: Instant) -> Sequence[Output]:
        if transmit.message_id is None:
            return ()
        delivery = Delivery(DeliveryState.SENT, 1)
        return [DeliveryChanged(transmit.message_id, "jsonmesh/x", delivery, now)]  # type: ignore[arg-type]

    def submit(self, command, now: Instant) -> Sequence[Output]:
        _, _, target = split_conversation(command.conversation)
        text = command.text.encode()
        head = f"F {command.message_id} {target} {self.myself.node_id} 0 ".encode()
        packet = (head + text).ljust(self._size, b".") + b"\n"
        self._seen.add(command.message_id.encode())
        return [Transmit(self._link, packet, message_id=command.message_id)]

    def tick(self, now: Instant) -> Sequence[Output]:
        outputs: list[Output] = []
        while self._waiting and self._waiting[0][0] <= now.mono_s:
            outputs.append(Transmit(self._link, heapq.heappop(self._waiting)[1]))
        self._look()
        return outputs

    def _look(self) -> None:
        self.next_deadline_s = self._waiting[0][0] if self._waiting else None
        assert self.next_deadline_s is None or not math.isnan(self.next_deadline_s)
