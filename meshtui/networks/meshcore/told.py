"""What a verb brings: a sentence, and rows that front ends make a table of.

Both ports ask the same questions of other nodes, each in its own way; the answers are read and put
into words here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from meshtui.errors import DecodeError, LocalProtocolError, NoAnswerError
from meshtui.networks.meshcore.payloads.lpp import decode_lpp
from meshtui.networks.meshcore.payloads.request import (
    NeighbourOrder,
    NeighboursRequest,
    RequestKind,
    neighbours_request,
)
from meshtui.networks.meshcore.payloads.response import (
    Neighbour,
    decode_access_list,
    decode_neighbours,
    decode_status,
    rank_of,
)
from meshtui.networks.meshcore.payloads.utf8 import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.networks.meshcore.station import Station

MIN_WAIT_S: Final = 4.0
MAX_WAIT_S: Final = 90.0
PATIENCE: Final = 1.5
"""An estimate is of the way; the far end thinks, too."""

CLI_WAIT_S: Final = 12.0
TRACE_WAIT_S: Final = 10.0
MAX_PAGES: Final = 8
MAX_ROWS: Final = 1_000
_DAY_S: Final = 86_400
_PAGE: Final = 255  # as many as fit
_PREFIX_BYTES: Final = 4
NO_PATH: Final = "not known"
_UNKNOWN: Final = "not known"
_UNITS: Final = {"_mv": " mV", "_dbm": " dBm", "_db": " dB", "_s": " s"}

NO_WAY: Final = (
    "no path to it is known: `discover-path` finds one; of a repeater or a room, `login` does"
)
_FOR_MEMBERS: Final = "; it answers only who is logged in: `login` first"
_FOR_TRUSTED: Final = "; a server answers who is logged in, anybody else whom it trusts"
_SILENT: Final = {
    **dict.fromkeys(("status", "neighbours", "owner", "acl", "cli"), _FOR_MEMBERS),
    **dict.fromkeys(("telemetry", "discover-path"), _FOR_TRUSTED),
}

Row: TypeAlias = tuple[tuple[str, str], ...]
Rows: TypeAlias = tuple[Row, ...]
NameOf: TypeAlias = Callable[[str], str]

_Step = TypeVar("_Step")
_Reply = TypeVar("_Reply")


@dataclass(frozen=True, slots=True)
class Told:
    """What a verb brought."""

    text: str
    rows: Rows = ()
    rtt_ms: int | None = None


def contact_row(node: str, name: str, unheard_s: float, path: str, *, is_favourite: bool) -> Row:
    """Show an entry of a contact table.

    Args:
        node: The first digits of its id.
        unheard_s: Since anything was last heard of it.
        path: Its hop hashes; empty = it is in direct reach.
    """
    return (
        ("node", node),
        ("name", name),
        ("heard", f"{int(max(0.0, unheard_s)) // _DAY_S} d ago"),
        ("path", path or "direct"),
        ("favourite", "yes" if is_favourite else ""),
    )


def unheard_words(count: int, total: int, days: float) -> str:
    """Say how many contacts were not heard for so long, and what may be done."""
    text = f"{count} of {total} contacts were not heard for {days:g} days"
    return f"{text}; `contacts-cleanup {days:g}` removes them" if count else text


def record(facts: dict[str, str]) -> Rows:
    """Make the one row of facts about one thing."""
    return (tuple(facts.items()),)


# -- waiting


def wait_s(estimate_ms: float, least_s: float = MIN_WAIT_S) -> float:
    """Say for how long to wait for an answer that should take so long."""
    return min(MAX_WAIT_S, max(least_s, estimate_ms / 1000 * PATIENCE))


def silence(waited_s: float, *, is_flood: bool) -> str:
    """Say that no answer came."""
    how = "by a flood" if is_flood else "along the known path"
    return f"no answer within {waited_s:.0f} s; it was asked {how}"


def failure(verb: str, error: Exception) -> Told:
    """Tell why a verb brought nothing, and what may help."""
    hint = _SILENT.get(verb, "") if isinstance(error, NoAnswerError) else ""
    return Told(f"{error}{hint}")


# -- names


def name_of_hop(station: Station, prefix: str, own_id: str) -> str:
    """Name who may be meant by a hop hash; `own_id` is the node that asks."""
    nodes = station.nodes.by_prefix(prefix)
    if not nodes and own_id.startswith(prefix):
        return "us"
    if len(nodes) == 1:
        return nodes[0].name or str(nodes[0].node_id)[:8]
    return f"one of {len(nodes)}" if nodes else _UNKNOWN


def duration(seconds: int) -> str:
    """Write a time span as people say it."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


# -- ways


def path_words(hashes: Sequence[str] | None, name_of: NameOf) -> str:
    """Say which way is in use; None = none is known."""
    if hashes is None:
        return "no path is known: the next text floods"
    if not hashes:
        return "direct, without repeaters"
    names = " > ".join(_known(name_of(each)) or each for each in hashes)
    return f"{len(hashes)} repeater{'s' if len(hashes) != 1 else ''}: {names}"


def _known(name: str) -> str:
    return "" if name == _UNKNOWN else name


def path_row(way: str, hashes: Sequence[str] | None, name_of: NameOf) -> Row:
    """Show a way with its hops' names; None = it is not known."""
    names = " > ".join(name_of(each) for each in hashes or ())
    hops = "not known" if hashes is None else " > ".join(hashes) or "direct"
    return (("way", way), ("hops", hops), ("names", names))


def trace_told(
    heard: Sequence[tuple[str, float]],
    final_db: float | None,
    own_hop: str,
    turn: int,
    name_of: NameOf,
    rtt_ms: int,
) -> Told:
    """Tell how a trace went.

    Args:
        heard: Each hop, and how well it heard the one before.
        final_db: How well we heard the last; None = unknown.
        turn: So many of the hops are on the way out.
    """
    visits = [(hop, name_of(hop), snr_db) for hop, snr_db in heard]
    if final_db is not None:
        visits.append((own_hop, "us", final_db))
    rows = tuple(
        (
            ("step", str(number)),
            ("way", "out" if number <= turn else "back"),
            ("hop", hop),
            ("name", name),
            ("snr", f"{snr_db:g} dB"),
        )
        for number, (hop, name, snr_db) in enumerate(visits, 1)
    )
    return Told(f"{len(rows)} hops there and back in {rtt_ms} ms", rows, rtt_ms)


# -- what servers answer


def login_told(
    is_admin: int, permissions: int | None, skew_s: int | None, rtt_ms: int, *, is_room: bool
) -> Told:
    """Tell as what we are logged in; what older firmware does not say is None.

    Args:
        skew_s: How far the server's clock is before ours.
    """
    who = rank_of(is_admin, permissions, is_room=is_room)
    facts = {"role": who.partition(",")[0]}
    if permissions is not None:
        facts["permissions"] = f"0x{permissions:02X}"
    if skew_s is not None:
        facts["its clock"] = f"{skew_s:+d} s against ours"
    return Told(f"logged in as {who}", record(facts), rtt_ms)


def status_told(body: bytes, rtt_ms: int, *, is_room: bool) -> Told:
    """Read a status and tell it.

    Raises:
        LocalProtocolError: It cannot be read.
    """
    try:
        status = decode_status(body, is_room=is_room)
    except DecodeError as error:
        msg = f"its status cannot be read: {error}"
        raise LocalProtocolError(msg) from error
    facts = dict(
        fact_of(name, value)
        for name, value in zip(status._fields, status, strict=True)
        if value is not None
    )
    up = duration(status.uptime_s)
    facts["uptime"] += f" ({up})"
    text = f"{status.battery_mv / 1000:.2f} V, up {up}, {status.sent} sent"
    return Told(text, record(facts), rtt_ms)


def fact_of(name: str, value: object) -> tuple[str, str]:
    """Write a field's name without its unit, which goes to its value."""
    for ending, unit in _UNITS.items():
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " "), f"{value}{unit}"
    return name.replace("_", " "), str(value)


def telemetry_told(lpp: bytes, rtt_ms: int) -> Told:
    """Read measured values and tell them."""
    readings, end = decode_lpp(lpp)
    rows = tuple(
        (("channel", str(each.channel)), ("what", each.name), ("value", each.text))
        for each in readings
    )
    rest = len(lpp) - end
    text = ", ".join(f"{each.name} {each.text}" for each in readings[:3]) or "it measures nothing"
    return Told(f"{text}; {rest} bytes cannot be read" if rest else text, rows, rtt_ms)


# -- questions that each port sends in its own way, by their kind and parameters

Ask: TypeAlias = Callable[[RequestKind, bytes], Generator[_Step, _Reply, tuple[bytes, int]]]


def ask_neighbours(
    ask: Ask[_Step, _Reply], entropy: Callable[[int], bytes], name_of: NameOf
) -> Generator[_Step, _Reply, Told]:
    """Ask whom a repeater hears itself, page by page.

    Raises:
        LocalProtocolError: Its answer cannot be read.
    """
    entries: list[Neighbour] = []
    total, first_ms = 0, None
    for _ in range(MAX_PAGES):
        wanted = NeighboursRequest(_PAGE, len(entries), NeighbourOrder.NEWEST, _PREFIX_BYTES)
        asked = neighbours_request(0, wanted, entropy(4))
        body, rtt_ms = yield from ask(RequestKind.NEIGHBOURS, asked.parameters)
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
            ("name", name_of(entry.prefix.hex())),
            ("heard", f"{duration(entry.heard_s_ago)} ago"),
            ("snr", f"{entry.snr_db:g} dB"),
        )
        for entry in entries
    )
    return Told(f"{len(entries)} of {total} neighbours", rows, first_ms)


def ask_owner(
    ask: Ask[_Step, _Reply], entropy: Callable[[int], bytes]
) -> Generator[_Step, _Reply, Told]:
    """Ask for firmware, name and owner."""
    body, rtt_ms = yield from ask(RequestKind.OWNER, entropy(4))
    lines = text_of(body.partition(b"\0")[0]).split("\n", 2)
    facts = dict(zip(("firmware", "name", "owner"), lines, strict=False))
    return Told(", ".join(line for line in lines if line), record(facts), rtt_ms)


def ask_access_list(ask: Ask[_Step, _Reply], name_of: NameOf) -> Generator[_Step, _Reply, Told]:
    """Ask who may do what."""
    body, rtt_ms = yield from ask(RequestKind.ACCESS_LIST, bytes(2))
    rows = tuple(
        (
            ("node", entry.prefix.hex()),
            ("name", name_of(entry.prefix.hex())),
            ("permissions", f"0x{entry.permissions:02X}"),
        )
        for entry in decode_access_list(body)
    )
    return Told(f"{len(rows)} entries", rows, rtt_ms)
