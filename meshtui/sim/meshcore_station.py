"""A simulated MeshCore node: the real state machine, driven by the engine, on a radio."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.node.outputs import Send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.node.node import MeshcoreNode
    from meshtui.networks.meshcore.node.outputs import NodeOutput
    from meshtui.sim.engine import Engine
    from meshtui.sim.transceiver import Transceiver

_EARLIEST_WAKE_S: Final = 0.001  # a node that is always due must not stop time


class MeshcoreStation:
    """One node and its radio.

    Attributes:
        number: Its number on the air.
        listen: Called with all that its node learns.
        overhear: Called with each packet its radio receives, before the node looks at it.
        is_on: It has power.
    """

    def __init__(
        self,
        number: int,
        node: MeshcoreNode,
        radio: Transceiver,
        engine: Engine,
        listen: Callable[[NodeOutput], None],
    ) -> None:
        """Begin without power; see `switch`."""
        self.number: Final = number
        self.node = node
        self.radio: Final = radio
        self.engine: Final = engine
        self.listen = listen
        self.overhear: Callable[[bytes, RxMeta], None] | None = None
        self.is_on = False
        self._wake_at_s = math.inf

    def switch(self, *, is_on: bool) -> None:
        """Give it power or take it away; what waited to be sent is lost."""
        self.is_on = is_on
        if is_on:
            self._watch()
        else:
            self.radio.forget()

    def hear(self, data: bytes, rx: RxMeta) -> None:
        """Take a packet that the radio received."""
        if not self.is_on:
            return
        self.radio.hear(data)
        if self.overhear is not None:
            self.overhear(data, rx)
        self.do(self.node.hear(data, rx, self.engine.instant()))

    def transmitted(self, data: bytes) -> None:
        """A packet of its radio has left."""
        self.node.transmitted(data, self.engine.instant())

    def do(self, outputs: Iterable[NodeOutput]) -> None:
        """Carry out what the node wants."""
        for output in outputs:
            if isinstance(output, Send):
                self.radio.take(output.data, output.priority, output.not_before_s)
            else:
                self.listen(output)
        self.node.stats.queue_len = self.radio.queued
        self._watch()

    def _watch(self) -> None:
        """Be there when the node is due."""
        due_s = self.node.next_deadline_s
        if due_s is not None and due_s < self._wake_at_s:
            self._wake_at_s = max(due_s, self.engine.now_s + _EARLIEST_WAKE_S)
            self.engine.at(self._wake_at_s, self._wake)

    def _wake(self) -> None:
        now_s = self.engine.now_s
        if now_s < self._wake_at_s:
            return  # another, earlier call has taken over
        self._wake_at_s = math.inf
        if not self.is_on:
            return
        due_s = self.node.next_deadline_s
        if due_s is not None and due_s <= now_s:
            self.do(self.node.tick(self.engine.instant()))
        else:
            self._watch()
