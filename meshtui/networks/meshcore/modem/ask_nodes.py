"""Verbs about other nodes, where we are the node that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError, LocalProtocolError
from meshtui.model.ids import NodeId
from meshtui.networks.meshcore.companion.ask_paths import hops_of
from meshtui.networks.meshcore.companion.lpp import decode_lpp
from meshtui.networks.meshcore.contact_card import SCHEME, link_of
from meshtui.networks.meshcore.modem.asking import Asking, Told, from_air
from meshtui.networks.meshcore.node.contacts import OutPath
from meshtui.networks.meshcore.node.outputs import (
    LoginAnswered,
    PathDiscovered,
    ResponseHeard,
    TextHeard,
    TraceHeard,
)
from meshtui.networks.meshcore.packet import path_len_byte, split_hashes
from meshtui.networks.meshcore.payloads.request import (
    NeighbourOrder,
    NeighboursRequest,
    RequestKind,
    neighbours_request,
)
from meshtui.networks.meshcore.payloads.response import (
    Neighbour,
    decode_neighbours,
    decode_status,
)
from meshtui.networks.meshcore.payloads.text import MAX_TEXT_BYTES, TextType
from meshtui.networks.meshcore.payloads.utf8 import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from meshtui.networks.meshcore.modem.asking import Wait
    from meshtui.networks.meshcore.modem.rig import Rig
    from meshtui.networks.meshcore.node.outputs import NodeOutput

MAX_PASSWORD_BYTES: Final = 15
CLI_WAIT_S: Final = 12.0
MAX_PAGES: Final = 8
_PAGE: Final = 10
_PREFIX_BYTES: Final = 4
_ROOM: Final = 3
_FORWARDS: Final = (2, 3)
_KEEP_ALIVE_S: Final = 120.0


def trace(rig: Rig, key: bytes, argument: str) -> Asking:
    """Trace the way to a node and back, or along given hops."""
    there = _way_of(rig, key, argument)
    flags = 0 if len(there[0]) == 2 else 1
    hashes = there + there[-2::-1]
    tag = int.from_bytes(rig.station.entropy(4), "little")
    path = bytes.fromhex("".join(hashes))
    sent = rig.node.trace(tag, 0, flags, path, rig.now)
    heard, rtt_ms = yield from from_air(rig, sent, TraceHeard, lambda news: news.tag == tag, 10.0)
    rows = tuple(
        (
            ("step", str(number)),
            ("way", "out" if number <= len(there) else "back"),
            ("hop", hop),
            ("name", _name_of(rig, hop)),
            ("snr", f"{snr / 4:g} dB"),
        )
        for number, (hop, snr) in enumerate(zip(hashes, heard.snrs_q4, strict=False), 1)
    )
    if heard.final_snr_db is not None:
        us = ("name", "us"), ("snr", f"{heard.final_snr_db:g} dB")
        hop = rig.node.public_key.hex()[: len(there[0])]
        rows += ((("step", str(len(rows) + 1)), ("way", "back"), ("hop", hop), *us),)
    return Told(f"{len(rows)} hops there and back in {rtt_ms} ms", rows, rtt_ms)


def show_path(rig: Rig, key: bytes, argument: str) -> Asking:
    """Show which way is in use."""
    del argument
    yield from ()
    out_path = rig.node.out_path(key)
    return Told(_path_words(rig, out_path), (_path_row(rig, "out", out_path),))


def discover_path(rig: Rig, key: bytes, argument: str) -> Asking:
    """Find the ways there and back by a flood."""
    del argument
    rig.meet(key)
    sent = rig.node.discover_path(key, rig.now)
    found, rtt_ms = yield from from_air(rig, sent, PathDiscovered, lambda news: news.peer == key)
    rows = (_path_row(rig, "out", found.out_path), _path_row(rig, "back", found.in_path))
    return Told(_path_words(rig, found.out_path), rows, rtt_ms)


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
    return Told(_path_words(rig, out_path), (_path_row(rig, "out", out_path),))


def login(rig: Rig, key: bytes, argument: str) -> Asking:
    """Log in; a wrong password gets no answer from most firmware."""
    password = argument.encode(errors="replace")
    if len(password) > MAX_PASSWORD_BYTES:
        msg = f"a password has at most {MAX_PASSWORD_BYTES} bytes"
        raise LocalProtocolError(msg)
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
    if contact.node_type == _ROOM:
        rig.node.connect(key, _KEEP_ALIVE_S, rig.now)
    who = "administrator" if answer.is_admin else "guest"
    skew_s = answer.server_time - rig.now.unix_ms // 1000
    facts = {
        "role": who,
        "permissions": f"0x{answer.permissions:02X}",
        "its clock": f"{skew_s:+d} s against ours",
    }
    return Told(f"logged in as {who}", (tuple(facts.items()),), rtt_ms)


def logout(rig: Rig, key: bytes, argument: str) -> Asking:
    """End the session."""
    del argument
    yield from ()
    rig.node.disconnect(key)
    return Told("logged out")


def status(rig: Rig, key: bytes, argument: str) -> Asking:
    """Ask for battery, uptime and traffic."""
    del argument
    is_room = rig.meet(key).node_type == _ROOM
    body, rtt_ms = yield from _request(rig, key, RequestKind.STATUS)
    try:
        told = decode_status(body)
    except DecodeError as error:
        msg = f"its status cannot be read: {error}"
        raise LocalProtocolError(msg) from error
    facts = {
        "battery": f"{told.batt_mv} mV",
        "uptime s": str(told.uptime_s),
        "queue": str(told.tx_queue),
        "noise floor": f"{told.noise_floor} dBm",
        "last rssi": f"{told.last_rssi} dBm",
        "last snr": f"{told.snr_quarter_db / 4:g} dB",
        "received": str(told.recv),
        "sent": str(told.sent),
        "flood sent": str(told.sent_flood),
        "direct sent": str(told.sent_direct),
        "flood received": str(told.recv_flood),
        "direct received": str(told.recv_direct),
        "duplicates": f"{told.direct_dups} direct, {told.flood_dups} flood",
        "tx air s": str(told.tx_air_s),
        "errors": str(told.err_events),
    }
    if is_room:
        facts |= {"posted": str(told.posted), "pushed": str(told.pushed)}
    else:
        facts["rx air s"] = str(told.rx_air_s)
    text = f"{told.batt_mv / 1000:.2f} V, up {told.uptime_s} s, {told.sent} sent"
    return Told(text, (tuple(facts.items()),), rtt_ms)


def neighbours(rig: Rig, key: bytes, argument: str) -> Asking:
    """Ask whom a repeater hears itself, page by page."""
    del argument
    rig.meet(key)
    entries: list[Neighbour] = []
    total, first_ms = 0, None
    for _ in range(MAX_PAGES):
        wanted = NeighboursRequest(_PAGE, len(entries), NeighbourOrder.NEWEST, _PREFIX_BYTES)
        asked = neighbours_request(0, wanted, rig.station.entropy(4))
        body, rtt_ms = yield from _request(rig, key, RequestKind.NEIGHBOURS, asked.parameters)
        first_ms = rtt_ms if first_ms is None else first_ms
        try:
            page = decode_neighbours(body, _PREFIX_BYTES)
        except DecodeError as error:
            msg = f"its neighbours cannot be read: {error}"
            raise LocalProtocolError(msg) from error
        total = page.total
        entries += page.entries
        if not page.entries or len(entries) >= total:
            break
    rows = tuple(
        (
            ("node", entry.prefix.hex()),
            ("name", _name_of(rig, entry.prefix.hex())),
            ("heard", f"{entry.secs_ago} s ago"),
            ("snr", f"{entry.snr_quarter_db / 4:g} dB"),
        )
        for entry in entries
    )
    return Told(f"{len(entries)} of {total} neighbours", rows, first_ms)


def telemetry(rig: Rig, key: bytes, argument: str) -> Asking:
    """Ask what its sensors measure."""
    del argument
    rig.meet(key)
    params = bytes(4) + rig.station.entropy(4)
    body, rtt_ms = yield from _request(rig, key, RequestKind.TELEMETRY, params)
    readings, _ = decode_lpp(body)
    rows = tuple(
        (("channel", str(each.channel)), ("what", each.name), ("value", each.text))
        for each in readings
    )
    text = ", ".join(f"{each.name} {each.text}" for each in readings[:3])
    return Told(text or "it measures nothing", rows, rtt_ms)


def owner(rig: Rig, key: bytes, argument: str) -> Asking:
    """Ask for firmware, name and owner."""
    del argument
    rig.meet(key)
    body, rtt_ms = yield from _request(rig, key, RequestKind.OWNER, rig.station.entropy(4))
    lines = text_of(body.partition(b"\0")[0]).split("\n", 2)
    facts = tuple(zip(("firmware", "name", "owner"), lines, strict=False))
    return Told(", ".join(line for line in lines if line), (facts,), rtt_ms)


def command_line(rig: Rig, key: bytes, argument: str) -> Asking:
    """Send one line to its command line."""
    size = len(argument.encode(errors="replace"))
    if not argument.strip() or size > MAX_TEXT_BYTES:
        msg = f"a command has 1 to {MAX_TEXT_BYTES} bytes, not {size}"
        raise LocalProtocolError(msg)
    rig.meet(key)
    timestamp = rig.station.next_timestamp(rig.now)
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
        return Told(SCHEME + contact.advert.hex().upper())
    return Told(link_of(key, contact.name, contact.node_type or 1))


def _request(
    rig: Rig, key: bytes, kind: RequestKind, params: bytes = b""
) -> Generator[Wait, NodeOutput | None, tuple[bytes, int]]:
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
        if contact.out_path is None:
            raise LocalProtocolError("no path to it is known: `discover-path` first")
        there = _hashes(contact.out_path)
        if contact.node_type in _FORWARDS:
            there = (*there, key.hex()[: len(there[0]) if there else 2])
    if not there:
        raise LocalProtocolError("it is heard directly, and only repeaters answer a trace")
    # a trace has no hashes of 3 bytes: there the first of them must do
    return tuple(hop if len(hop) <= 4 else hop[:2] for hop in there)


def _hashes(out_path: OutPath) -> tuple[str, ...]:
    return tuple(hop.lower() for hop in split_hashes(out_path.path, out_path.hash_size))


def _path_row(rig: Rig, way: str, out_path: OutPath | None) -> tuple[tuple[str, str], ...]:
    if out_path is None:
        return (("way", way), ("hops", "not known"), ("names", ""))
    hashes = _hashes(out_path)
    names = " > ".join(_name_of(rig, hop) for hop in hashes)
    return (("way", way), ("hops", " > ".join(hashes) or "direct"), ("names", names))


def _path_words(rig: Rig, out_path: OutPath | None) -> str:
    if out_path is None:
        return "no path is known: the next text floods"
    hashes = _hashes(out_path)
    if not hashes:
        return "it is in direct reach"
    return f"over {len(hashes)}: {' > '.join(_name_of(rig, hop) for hop in hashes)}"


def _name_of(rig: Rig, hop: str) -> str:
    """Name a hop as far as it can be: several nodes may share a hash."""
    found = rig.station.nodes.by_prefix(hop)
    if len(found) == 1:
        return found[0].name or hop
    return f"one of {len(found)}" if found else hop


NODE_SCRIPTS: Final[dict[str, Callable[[Rig, bytes, str], Asking]]] = {
    "trace": trace,
    "path": show_path,
    "discover-path": discover_path,
    "reset-path": reset_path,
    "set-path": set_path,
    "login": login,
    "logout": logout,
    "status": status,
    "neighbours": neighbours,
    "telemetry": telemetry,
    "owner": owner,
    "cli": command_line,
    "share": share,
    "export": export,
}
