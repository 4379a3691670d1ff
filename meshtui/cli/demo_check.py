"""`meshtui demo --check`: do the demo's meshes carry messages, by broker and by each radio?"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from meshtui.cli.mesh import Follower
from meshtui.cli.output import Exit
from meshtui.model.command import SendText
from meshtui.model.event import DeliveryChanged, NodeHeard
from meshtui.model.ids import MessageId, direct_conversation

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from meshtui.cli.output import Output
    from meshtui.config.settings import Config
    from meshtui.model.message import Delivery
    from meshtui.model.node import Node
    from meshtui.runtime.hub import MeshHub
    from meshtui.sim.scenario import Scenario

MESHCORE: Final = "meshcore"
HOST: Final = "Nadia"  # she is near, and answers


async def check(
    mesh: AbstractAsyncContextManager[tuple[MeshHub, Config, Scenario]],
    timeout_s: float,
    output: Output,
) -> int:
    """Write to the farthest node by broker, and to one by each radio; wait for all."""
    async with mesh as (hub, _, scenario):
        follower = Follower(hub, timeout_s)
        farthest = scenario.farthest.name
        errands = [
            _Errand("broker", farthest, lambda node: bool(node.name == farthest and node.hops)),
            _Errand("radio", "", lambda node: node.link_id == "air"),
            _Errand("meshcore", HOST, lambda node: (node.network, node.name) == (MESHCORE, HOST)),
        ]
        while any(not errand.is_done for errand in errands):
            event = await follower.next()
            if event is None:
                break
            for errand in errands:
                if isinstance(event, NodeHeard):
                    await errand.meet(hub, event.node)
                elif isinstance(event, DeliveryChanged):
                    errand.note(event)
        return max(errand.report(output) for errand in errands)


class _Errand:
    """One message of the check, to the first node that fits."""

    def __init__(self, by: str, name: str, fits: Callable[[Node], bool]) -> None:
        """Begin; `name` is said where nobody fits, empty = anybody's."""
        self._by, self._name, self._fits = by, name, fits
        self._message_id = MessageId(str(uuid.uuid4()))
        self._to = ""
        self._delivery: Delivery | None = None

    @property
    def is_done(self) -> bool:
        return self._delivery is not None and self._delivery.state.is_final

    async def meet(self, hub: MeshHub, node: Node) -> None:
        """Write to a node that was heard, if it is the one."""
        if self._fits(node) and not self._to:
            self._to = node.name or node.node_id
            conversation = direct_conversation(node.network, node.node_id)
            await hub.submit(SendText(conversation, "Is this thing on?", self._message_id))

    def note(self, event: DeliveryChanged) -> None:
        """Take what became of a message."""
        if event.message_id == self._message_id:
            self._delivery = event.delivery

    def report(self, output: Output) -> int:
        """Say how it went; returns the exit code."""
        delivery = self._delivery if self.is_done else None
        state = delivery.state.value if delivery else "timed out"
        rtt_ms = delivery.rtt_ms if delivery else None
        row = {"to": self._to or self._name, "by": self._by, "state": state, "rtt_ms": rtt_ms}
        told = f"in {rtt_ms} ms" if rtt_ms is not None else ""
        output.row(row, f"{self._to or self._name} by {self._by}: {state} {told}".rstrip)
        if delivery is None:
            return Exit.TIMED_OUT
        return Exit.DONE if state == "delivered" else Exit.FAILED
