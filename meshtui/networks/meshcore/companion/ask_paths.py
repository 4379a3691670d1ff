"""Verbs about ways: trace, path, discover, reset, set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.errors import EncodeError, LocalProtocolError
from meshtui.model.ids import NodeId
from meshtui.model.node import Route
from meshtui.networks.meshcore.companion.answers import AdvertPath, Sent
from meshtui.networks.meshcore.companion.asking import Told, ask_air, name_of_hop, need, table
from meshtui.networks.meshcore.companion.codes import Command, NodeType
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
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion.asking import Asking, Rows
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.companion.radio import Radio

MAX_TRACE_BYTES: Final = 64
TRACE_WAIT_S: Final = 10.0
_HEX: Final = frozenset("0123456789abcdef")
_FORWARDS: Final = frozenset({NodeType.REPEATER, NodeType.ROOM})


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
    rows = _trace_rows(radio, frame, trip)
    if given is None:
        out = radio.contacts[key].out_path.hashes if key in radio.contacts else ()
        _learn(radio, key, out, "traced")
    return Told(f"{len(rows)} hops there and back in {rtt_ms} ms", rows, rtt_ms)


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
    if not path.is_known and not (is_repeater and node.hops == 0):
        raise LocalProtocolError("no path to it is known: `discover-path` first")
    there = path.hashes
    return (*there, key.hex()[: len(there[0]) if there else 2]) if is_repeater else there


def _trace_rows(radio: Radio, frame: TraceData, trip: _Trip) -> Rows:
    rows = [
        (
            ("step", str(number + 1)),
            ("way", "out" if number < trip.turn else "back"),
            ("hop", hop.hash),
            ("name", name_of_hop(radio, hop.hash)),
            ("snr", f"{hop.snr_db:g} dB"),
        )
        for number, hop in enumerate(trace_hops(frame))
    ]
    final_db = trace_final_db(frame)
    if final_db is not None:
        us = radio.node_id[: len(trip.hashes[0])]
        snr = f"{final_db:g} dB"
        number = str(len(rows) + 1)
        rows.append((("step", number), ("way", "back"), ("hop", us), ("name", "us"), ("snr", snr)))
    return tuple(rows)


def show_path(radio: Radio, key: bytes, _: str) -> Asking:
    """Show which way the radio uses, and which way the last advert came."""
    problem = yield from become_contact(radio, key)
    if problem:
        raise LocalProtocolError(problem)
    contact = radio.contacts[key]
    rows = [_path_row(radio, "out", contact.out_path)]
    reply = yield Do(GetAdvertPath(0, key))
    if isinstance(reply.frame, AdvertPath):
        rows.append(_path_row(radio, "last advert, as it came", reply.frame.path))
    return Told(_path_words(radio, contact.out_path), tuple(rows))


def discover_path(radio: Radio, key: bytes, _: str) -> Asking:
    """Find the ways there and back by a flood."""
    problem = yield from become_contact(radio, key)
    if problem:
        raise LocalProtocolError(problem)

    def found(_: Sent, frame: RadioFrame) -> PathDiscovery | None:
        return frame if isinstance(frame, PathDiscovery) and frame.prefix == key[:6] else None

    frame, rtt_ms = yield from ask_air(radio, SendPathDiscoveryReq(0, key), found)
    _learn(radio, key, frame.out_path.hashes, "traced")
    rows = (_path_row(radio, "out", frame.out_path), _path_row(radio, "back", frame.in_path))
    return Told(_path_words(radio, frame.out_path), rows, rtt_ms)


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
    return Told(_path_words(radio, path), table(_path_row(radio, "out", path)))


def hops_of(argument: str) -> tuple[str, ...]:
    """Read hop hashes: hex, parted by commas, blanks or `>`.

    Raises:
        LocalProtocolError: They are not of one size of 1 to 3 bytes.
    """
    hashes = tuple(argument.lower().replace(",", " ").replace(">", " ").split())
    sizes = {len(each) for each in hashes}
    is_hex = all(_HEX.issuperset(each) for each in hashes)
    if len(sizes) != 1 or not sizes <= {2, 4, 6} or not is_hex:
        msg = "a path is hop hashes of 2, 4 or 6 hex digits, all alike: `a1,3f,07`"
        raise LocalProtocolError(msg)
    return hashes


def _path_row(radio: Radio, way: str, path: Path) -> tuple[tuple[str, str], ...]:
    names = " > ".join(name_of_hop(radio, each) for each in path.hashes)
    hops = " > ".join(path.hashes)
    if not path.is_known:
        hops = "not known"
    return (("way", way), ("hops", hops or "direct"), ("names", names))


def _path_words(radio: Radio, path: Path) -> str:
    if not path.is_known:
        return "no path is known: the next text floods"
    if not path.hashes:
        return "direct, without repeaters"
    count = len(path.hashes)
    names = " > ".join(name_of_hop(radio, each) for each in path.hashes)
    return f"{count} repeater{'s' if count != 1 else ''}: {names}"


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
