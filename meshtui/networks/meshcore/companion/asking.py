"""What the scripts of all verbs have in common: needs, arguments, rows."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from meshtui.errors import LocalProtocolError
from meshtui.model.ids import NodeId
from meshtui.networks.meshcore.companion.answers import Sent
from meshtui.networks.meshcore.companion.driver import Reply
from meshtui.networks.meshcore.companion.scripts import NOT_IN_TIME, Await, Do, Step

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion.commands import RadioCommand
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.companion.radio import Radio

MIN_WAIT_S: Final = 4.0
MAX_WAIT_S: Final = 90.0
PATIENCE: Final = 1.5
"""The radio's estimate is of the way; the far end thinks, too."""

Rows: TypeAlias = tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a verb brought."""

    text: str
    rows: Rows = ()
    rtt_ms: int | None = None


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
    wait_s = min(MAX_WAIT_S, max(min_wait_s, sent.timeout_ms / 1000 * PATIENCE))
    reply = yield Await(lambda frame: pick(sent, frame) is not None, wait_s)
    answer = None if reply.frame is None else pick(sent, reply.frame)
    if answer is None:
        how = "by a flood" if sent.flood else "along the known path"
        late = f"no answer within {wait_s:.0f} s; it was asked {how}"
        raise LocalProtocolError(late if reply.problem == NOT_IN_TIME else reply.problem)
    return answer, round((radio.now.mono_s - began_s) * 1000)


def words_of(argument: str, least: int, most: int, usage: str) -> list[str]:
    """Split an argument.

    Raises:
        LocalProtocolError: It has too few words or too many.
    """
    words = argument.split()
    if not least <= len(words) <= most:
        msg = f"it takes {usage}"
        raise LocalProtocolError(msg)
    return words


def number_of(word: str, low: float, high: float, what: str) -> float:
    """Read a number.

    Raises:
        LocalProtocolError: It is none, or out of range.
    """
    try:
        value = float(word)
    except ValueError:
        value = high + 1
    if not low <= value <= high:
        msg = f"{what} is a number from {low:g} to {high:g}, not {word!r}"
        raise LocalProtocolError(msg)
    return value


def switch_of(argument: str, *, default: bool | None = None) -> bool:
    """Read `on` or `off`; empty means the default where there is one.

    Raises:
        LocalProtocolError: It is neither.
    """
    word = argument.strip().lower()
    if not word and default is not None:
        return default
    if word not in {"on", "off"}:
        raise LocalProtocolError("it takes `on` or `off`")
    return word == "on"


def table(*records: tuple[tuple[str, str], ...]) -> Rows:
    """Make rows of records."""
    return records


def pairs(record: dict[str, str]) -> Rows:
    """Make rows of names and values, one a row."""
    return tuple((("what", name), ("value", value)) for name, value in record.items())


def name_of_hop(radio: Radio, prefix: str) -> str:
    """Name who may be meant by a hop hash."""
    nodes = radio.station.nodes.by_prefix(prefix)
    if not nodes and radio.node_id.startswith(prefix):
        return "us"
    if len(nodes) == 1:
        return nodes[0].name or str(nodes[0].node_id)[:8]
    return f"one of {len(nodes)}" if nodes else "not known"


def name_of_node(radio: Radio, key: bytes) -> str:
    """Name a node for a sentence."""
    node = radio.station.nodes.get(NodeId(key.hex()))
    return node.name if node is not None and node.name else key.hex()[:8]
