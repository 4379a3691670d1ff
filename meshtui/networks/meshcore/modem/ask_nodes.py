"""Verbs about other nodes, where we are the node that asks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from meshtui.errors import LocalProtocolError
from meshtui.model.ids import NodeId
from meshtui.networks.meshcore.arguments import check_command_line, check_password, hops_of
from meshtui.networks.meshcore.contact_card import card_of, link_of
from meshtui.networks.meshcore.modem.asking import Asking, from_air, names_at
from meshtui.networks.meshcore.node.contacts import OutPath
from meshtui.networks.meshcore.node.outputs import (
    LoginAnswered,
    PathDiscovered,
    ResponseHeard,
    TextHeard,
    TraceHeard,
)
from meshtui.networks.meshcore.packet import decode_packet, path_len_byte, split_hashes
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.payloads.request import RequestKind
from meshtui.networks.meshcore.payloads.text import TextType
from meshtui.networks.meshcore.told import (
    CLI_WAIT_S,
    NO_WAY,
    TRACE_WAIT_S,
    Told,
    ask_access_list,
    ask_neighbours,
    ask_owner,
    login_told,
    path_row,
    path_words,
    status_told,
    telemetry_told,
    trace_told,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from meshtui.networks.meshcore.modem.asking import News, Wait
    from meshtui.networks.meshcore.modem.rig import Rig

_FORWARDS: Final = (AdvertType.REPEATER, AdvertType.ROOM)
_KEEP_ALIVE_S: Final = 120.0


def trace(rig: Rig, key: bytes, argument: str) -> Asking:
    """Trace the way to a node and back, or along given hops."""
    there = _way_of(rig, key, argument)
    flags = 0 if len(there[0]) == 2 else 1
    hashes = there + there[-2::-1]
    tag = int.from_bytes(rig.station.entropy(4), "little")
    path = bytes.fromhex("".join(hashes))
    sent = rig.node.trace(tag, 0, flags, path, rig.now)
    heard, rtt_ms = yield from from_air(
        rig, sent, TraceHeard, lambda news: news.tag == tag, TRACE_WAIT_S
    )
    if not argument.strip():
        rig.learn(key, there[:-1] if key.hex().startswith(there[-1]) else there, "traced")
    snrs = [(hop, snr / 4) for hop, snr in zip(hashes, heard.snrs_q4, strict=False)]
    own_hop = rig.node.public_key.hex()[: len(there[0])]
    return trace_told(snrs, heard.final_snr_db, own_hop, len(there), names_at(rig), rtt_ms)


def show_path(rig: Rig, key: bytes, argument: str) -> Asking:
    """Show which way is in use, and which way the last advertisement came."""
    del argument
    yield from ()
    told = _path_told(rig, rig.node.out_path(key))
    contact = rig.node.contacts.get(key)
    if contact is None or not contact.advert:
        return told
    came = [hop.lower() for hop in decode_packet(contact.advert).path_hashes()]
    row = path_row("last advert, as it came", came, names_at(rig))
    return Told(told.text, (*told.rows, row))


def discover_path(rig: Rig, key: bytes, argument: str) -> Asking:
    """Find the ways there and back by a flood."""
    del argument
    rig.meet(key)
    sent = rig.node.discover_path(key, rig.now)
    found, rtt_ms = yield from from_air(rig, sent, PathDiscovered, lambda news: news.peer == key)
    out, back, name_of = _hashes(found.out_path), _hashes(found.in_path), names_at(rig)
    rig.learn(key, out or (), "traced")
    rows = (path_row("out", out, name_of), path_row("back", back, name_of))
    return Told(path_words(out, name_of), rows, rtt_ms)


def reset_path(rig: Rig, key: bytes, argument: str) -> Asking:
    """Forget the way: the next text floods."""
    del argument
    yield from ()
    rig.node.set_out_path(key, None, rig.now)
    rig.emit(*rig.station.nodes.forget_route(NodeId(key.hex())))
    return Told("the path is forgotten; the next text floods")


def set_path(rig: Rig, key: bytes, argument: str) -> Asking:
    """Use a way of the user's choice."""
    yield from ()
    hashes = () if argument.strip().lower() == "direct" else hops_of(argument)
    size = len(hashes[0]) // 2 if hashes else rig.node.settings.hash_size
    out_path = OutPath(path_len_byte(len(hashes), size), bytes.fromhex("".join(hashes)))
    rig.meet(key)
    rig.node.set_out_path(key, out_path, rig.now)
    rig.learn(key, hashes, "user")
    return _path_told(rig, out_path)


def login(rig: Rig, key: bytes, argument: str) -> Asking:
    """Log in; a wrong password gets no answer from most firmware."""
    password = check_password(argument)
    contact = rig.meet(key)
    sent = rig.node.login(key, password, rig.now)
    try:
        answer, rtt_ms = yield from from_air(
            rig, sent, LoginAnswered, lambda news: news.peer == key
        )
    except LocalProtocolError as error:
        msg = f"{error} (firmware answers a wrong password with silence)"
        raise LocalProtocolError(msg) from error
    if not answer.is_ok:
        raise LocalProtocolError("it refused the password")
    is_room = contact.node_type == AdvertType.ROOM
    if is_room:
        rig.node.connect(key, _KEEP_ALIVE_S, rig.now)
    skew_s = answer.server_time - rig.now.unix_ms // 1000
    return login_told(int(answer.is_admin), answer.permissions, skew_s, rtt_ms, is_room=is_room)


def logout(rig: Rig, key: bytes, argument: str) -> Asking:
    """End the session."""
    del argument
    yield from ()
    rig.node.disconnect(key)
    return Told("logged out")


def status(rig: Rig, key: bytes, argument: str) -> Asking:
    """Ask for battery, uptime and traffic."""
    del argument
    is_room = rig.meet(key).node_type == AdvertType.ROOM
    body, rtt_ms = yield from _request(rig, key, RequestKind.STATUS)
    return status_told(body, rtt_ms, is_room=is_room)


def neighbours(rig: Rig, key: bytes, argument: str) -> Asking:
    """Ask whom a repeater hears itself, page by page."""
    del argument
    rig.meet(key)
    ask = partial(_request, rig, key)
    return (yield from ask_neighbours(ask, rig.station.entropy, names_at(rig)))


def telemetry(rig: Rig, key: bytes, argument: str) -> Asking:
    """Ask what its sensors measure."""
    del argument
    rig.meet(key)
    params = bytes(4) + rig.station.entropy(4)
    body, rtt_ms = yield from _request(rig, key, RequestKind.TELEMETRY, params)
    return telemetry_told(body, rtt_ms)


def owner(rig: Rig, key: bytes, argument: str) -> Asking:
    """Ask for firmware, name and owner."""
    del argument
    rig.meet(key)
    return (yield from ask_owner(partial(_request, rig, key), rig.station.entropy))


def access_list(rig: Rig, key: bytes, argument: str) -> Asking:
    """Ask who may do what."""
    del argument
    rig.meet(key)
    return (yield from ask_access_list(partial(_request, rig, key), names_at(rig)))


def command_line(rig: Rig, key: bytes, argument: str) -> Asking:
    """Send one line to its command line."""
    check_command_line(argument)
    rig.meet(key)
    # as its requests are dated: what is older than the last of them is a replay
    timestamp = rig.node.unique_time(rig.now)
    sent = rig.node.send_text(key, argument, timestamp, rig.now, txt_type=int(TextType.COMMAND))
    heard, rtt_ms = yield from from_air(
        rig,
        sent,
        TextHeard,
        lambda news: news.peer == key and news.txt_type == TextType.COMMAND,
        CLI_WAIT_S,
    )
    return Told(heard.text, (), rtt_ms)


def share(rig: Rig, key: bytes, argument: str) -> Asking:
    """Send a contact's advert to those in direct reach."""
    del argument
    yield from ()
    outputs = rig.node.share_contact(key, rig.now)
    if not outputs:
        raise LocalProtocolError("no advertisement of it was heard, so there is none to share")
    rig.carry(outputs)
    return Told("told to those in direct reach")


def export(rig: Rig, key: bytes, argument: str) -> Asking:
    """Show a contact's card; without an advert of it, an unsigned one."""
    del argument
    yield from ()
    contact = rig.meet(key)
    if contact.advert:
        return Told(card_of(contact.advert))
    return Told(link_of(key, contact.name, contact.node_type or 1))


def _request(
    rig: Rig, key: bytes, kind: RequestKind, params: bytes = b""
) -> Generator[Wait, News | None, tuple[bytes, int]]:
    """Ask a node something; its tag says which answer is whose."""
    sent = rig.node.request(key, kind, params, rig.now)
    heard, rtt_ms = yield from from_air(rig, sent, ResponseHeard, lambda news: news.tag == sent.tag)
    return heard.body, rtt_ms


def _way_of(rig: Rig, key: bytes, argument: str) -> tuple[str, ...]:
    """Say which hops a trace visits on its way out."""
    if argument.strip():
        there = hops_of(argument)
    else:
        contact = rig.meet(key)
        # what was heard of it came that way, so a trace may go back along it
        heard = rig.station.nodes.way_back(NodeId(key.hex()), rig.link_id)
        way = heard if contact.out_path is None else _hashes(contact.out_path)
        if way is None:
            raise LocalProtocolError(NO_WAY)
        there = way
        if contact.node_type in _FORWARDS:
            there = (*there, key.hex()[: len(there[0]) if there else 2])
    if not there:
        raise LocalProtocolError("it is heard directly, and only repeaters answer a trace")
    # a trace has no hashes of 3 bytes: there the first of them must do
    return tuple(hop if len(hop) <= 4 else hop[:2] for hop in there)


def _hashes(out_path: OutPath | None) -> tuple[str, ...] | None:
    if out_path is None:
        return None
    return tuple(hop.lower() for hop in split_hashes(out_path.path, out_path.hash_size))


def _path_told(rig: Rig, out_path: OutPath | None) -> Told:
    hashes, name_of = _hashes(out_path), names_at(rig)
    return Told(path_words(hashes, name_of), (path_row("out", hashes, name_of),))
