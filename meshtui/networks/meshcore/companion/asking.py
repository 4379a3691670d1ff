"""What the scripts of all verbs have in common: needs, arguments, rows."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from meshtui.errors import LocalProtocolError, NoAnswerError
from meshtui.model.ids import NodeId
from meshtui.networks.meshcore.companion.answers import Sent
from meshtui.networks.meshcore.companion.driver import Reply
from meshtui.networks.meshcore.companion.scripts import NOT_IN_TIME, Await, Do, Step
from meshtui.networks.meshcore.told import MIN_WAIT_S, Told, name_of_hop, silence, wait_s

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion.commands import RadioCommand
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.companion.radio import Radio

_Answer = TypeVar("_Answer")
Asking: TypeAlias = Generator[Step, Reply, Told]


def need(command: RadioCommand) -> Generator[Step, Reply, RadioFrame | None]:
    """Ask the radio, which must do it.

    Raises:
        LocalProtocolError: It refused, or kept silent.
    """
    reply = yield Do(command)
    if reply.problem:
        prefix = "" if reply.frame is None else "the radio says: "
        msg = f"{prefix}{reply.problem}"
        raise LocalProtocolError(msg)
    return reply.frame


def ask_air(
    radio: Radio,
    command: RadioCommand,
    pick: Callable[[Sent, RadioFrame], _Answer | None],
    min_wait_s: float = MIN_WAIT_S,
) -> Generator[Step, Reply, tuple[_Answer, int]]:
    """Ask another node through the radio: what it answers, and after how many ms.

    Args:
        pick: Gives the frame back if it is the answer, else None; the radio's word when it sent
            the question may be needed to know.

    Raises:
        LocalProtocolError: The radio refused, or no answer came in time.
    """
    began_s = radio.now.mono_s
    sent = yield from need(command)
    if not isinstance(sent, Sent):
        raise LocalProtocolError("the radio answered something else")
    patience_s = wait_s(sent.timeout_ms, min_wait_s)
    reply = yield Await(lambda frame: pick(sent, frame) is not None, patience_s)
    answer = None if reply.frame is None else pick(sent, reply.frame)
    if answer is None:
        if reply.problem == NOT_IN_TIME:
            raise NoAnswerError(silence(patience_s, is_flood=bool(sent.flood)))
        raise LocalProtocolError(reply.problem)
    return answer, round((radio.now.mono_s - began_s) * 1000)


def names_at(radio: Radio) -> Callable[[str], str]:
    """Return what names hops as the radio, which asks, knows them."""
    return lambda prefix: name_of_hop(radio.station, prefix, radio.node_id)


def name_of_node(radio: Radio, key: bytes) -> str:
    """Name a node for a sentence."""
    node = radio.station.nodes.get(NodeId(key.hex()))
    return node.name if node is not None and node.name else key.hex()[:8]
