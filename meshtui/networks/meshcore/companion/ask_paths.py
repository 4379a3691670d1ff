"""Verbs about ways: trace, path, discover, reset, set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.errors import EncodeError, LocalProtocolError
from meshtui.model.ids import NodeId
from meshtui.model.node import Route
from meshtui.networks.meshcore.arguments import hops_of
from meshtui.networks.meshcore.companion.answers import AdvertPath, Sent
from meshtui.networks.meshcore.companion.asking import ask_air, names_at, need
from meshtui.networks.meshcore.companion.codes import Command
from meshtui.networks.meshcore.companion.commands import (
    ForKey,
    GetAdvertPath,
    SendPathDiscoveryReq,
    SendTracePath,
)
from meshtui.networks.meshcore.companion.contacts import become_contact, put_contact
from meshtui.networks.meshcore.companion.forms import UNKNOWN_PATH, Path, path_of
from meshtui.networks.meshcore.companion.pushes import (
    PathDiscovery,
    TraceData,
    trace_final_db,
    trace_hops,
)
from meshtui.networks.meshcore.companion.scripts import Do
from meshtui.networks.meshcore.nodes import type_of
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.station import NETWORK
from meshtui.networks.meshcore.told import (
    NO_WAY,
    TRACE_WAIT_S,
    Told,
    path_row,
    path_words,
    trace_told,
)

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion.asking import Asking
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.companion.radio import Radio

MAX_TRACE_BYTES: Final = 64
_FORWARDS: Final = frozenset({AdvertType.REPEATER, AdvertType.ROOM})


@dataclass(frozen=True, slots=True)
class _Trip:
    """Where a trace goes: hop hashes in hex, all of one size; `turn` of them lead there."""

    hashes: tuple[str, ...]
    turn: int


def trace(radio: Radio, key: bytes, argument: str) -> Asking:
    """Trace the way to a node and back, or along given hops.

    Raises:
        LocalProtocolError: There is no repeater to trace, or the hops cannot be.
    """
    given = hops_of(argument) if argument.strip() else None
    return _trace(radio, key, given)


def _trace(radio: Radio, key: bytes, given: tuple[str, ...] | None) -> Asking:
    problem = "" if given is not None else (yield from become_contact(radio, key))
    if problem:
        raise LocalProtocolError(problem)
    trip = _trip(radio, key, given)
    size = len(trip.hashes[0]) // 2
    flags = {1: 0, 2: 1}[size]
    tag = radio.station.entropy(4)
    path = bytes.fromhex("".join(trip.hashes))

    def arrived(_: Sent, frame: RadioFrame) -> TraceData | None:
        return frame if isinstance(frame, TraceData) and frame.tag == tag else None

    frame, rtt_ms = yield from ask_air(
        radio, SendTracePath(tag, bytes(4), flags, path), arrived, TRACE_WAIT_S
    )
    if given is None:
        out = trip.hashes[: trip.turn]
        _learn(radio, key, out[:-1] if key.hex().startswith(out[-1]) else out, "traced")
    heard = [(hop.hash, hop.snr_db) for hop in trace_hops(frame)]
    own_hop = radio.node_id[: len(trip.hashes[0])]
    final_db = trace_final_db(frame)
    return trace_told(heard, final_db, own_hop, trip.turn, names_at(radio), rtt_ms)


def _trip(radio: Radio, key: bytes, given: tuple[str, ...] | None) -> _Trip:
    """Plan a trace: the same hops back, so that we hear the last one."""
    there = _way_to(radio, key) if given is None else given
    # a trace has no hashes of 3 bytes: there the first of them must do
    there = tuple(each if len(each) <= 4 else each[:2] for each in there)
    if not there:
        raise LocalProtocolError("it is heard directly, and only repeaters answer a trace")
    hashes = there + there[-2::-1]
    if sum(len(each) // 2 for each in hashes) > MAX_TRACE_BYTES:
        raise LocalProtocolError("the way there and back is too long for a trace")
    return _Trip(hashes, len(there))


def _way_to(radio: Radio, key: bytes) -> tuple[str, ...]:
    """List the hops to a node; a repeater is the last of them itself."""
    contact = radio.contacts.get(key)
    node = radio.station.nodes.known(NodeId(key.hex()))
    is_repeater = ((contact and contact.node_type) or type_of(node.role)) in _FORWARDS
    path = contact.out_path if contact is not None else UNKNOWN_PATH
    # what was heard of it came that way, so a trace may go back along it
    heard = None if path.is_known else radio.station.nodes.way_back(node.node_id, radio.link_id)
    if not path.is_known and heard is None:
        raise LocalProtocolError(NO_WAY)
    there: tuple[str, ...] = path.hashes if heard is None else heard
    return (*there, key.hex()[: len(there[0]) if there else 2]) if is_repeater else there


def show_path(radio: Radio, key: bytes, _: str) -> Asking:
    """Show which way the radio uses, and which way the last advert came."""
    problem = yield from become_contact(radio, key)
    if problem:
        raise LocalProtocolError(problem)
    contact = radio.contacts[key]
    out, name_of = _hashes(contact.out_path), names_at(radio)
    rows = [path_row("out", out, name_of)]
    reply = yield Do(GetAdvertPath(0, key))
    if isinstance(reply.frame, AdvertPath):
        rows.append(path_row("last advert, as it came", _hashes(reply.frame.path), name_of))
    return Told(path_words(out, name_of), tuple(rows))


def discover_path(radio: Radio, key: bytes, _: str) -> Asking:
    """Find the ways there and back by a flood."""
    problem = yield from become_contact(radio, key)
    if problem:
        raise LocalProtocolError(problem)

    def found(_: Sent, frame: RadioFrame) -> PathDiscovery | None:
        return frame if isinstance(frame, PathDiscovery) and frame.prefix == key[:6] else None

    frame, rtt_ms = yield from ask_air(radio, SendPathDiscoveryReq(0, key), found)
    _learn(radio, key, frame.out_path.hashes, "traced")
    out, back, name_of = _hashes(frame.out_path), _hashes(frame.in_path), names_at(radio)
    rows = (path_row("out", out, name_of), path_row("back", back, name_of))
    return Told(path_words(out, name_of), rows, rtt_ms)


def reset_path(radio: Radio, key: bytes, _: str) -> Asking:
    """Forget the way: the next text floods."""
    yield from need(ForKey(Command.RESET_PATH, key))
    radio.forget_path(key)
    radio.emit(*radio.station.nodes.forget_route(NodeId(key.hex())))
    return Told("the path is forgotten; the next text floods")


def set_path(radio: Radio, key: bytes, argument: str) -> Asking:
    """Use a way of the user's choice.

    Raises:
        LocalProtocolError: The hops cannot be.
    """
    hashes = () if argument.strip().lower() == "direct" else hops_of(argument)
    try:
        path = path_of(hashes)
    except EncodeError as error:
        raise LocalProtocolError(str(error)) from error
    return _set_path(radio, key, path)


def _set_path(radio: Radio, key: bytes, path: Path) -> Asking:
    problem = yield from become_contact(radio, key)
    if not problem:
        contact = radio.contacts[key]._replace(out_path=path)
        problem = yield from put_contact(radio, contact)
    if problem:
        raise LocalProtocolError(problem)
    _learn(radio, key, path.hashes, "user")
    name_of = names_at(radio)
    return Told(path_words(path.hashes, name_of), (path_row("out", path.hashes, name_of),))


def _hashes(path: Path) -> tuple[str, ...] | None:
    return path.hashes if path.is_known else None


def _learn(radio: Radio, key: bytes, hashes: tuple[str, ...], source: str) -> None:
    via = tuple(NodeId(each) for each in hashes)
    route = Route(
        NETWORK,
        NodeId(key.hex()),
        radio.link_id,
        len(via) + 1,
        via,
        radio.now.unix_ms,
        source=source,
        confidence=0.9,
    )
    radio.emit(*radio.station.nodes.learn(route))
