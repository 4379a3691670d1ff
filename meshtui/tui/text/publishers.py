"""The packet capture service in words: rows, details of a broker, its next message; all cleaned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from rich.cells import cell_len

from meshtui.model.publishing import PreviewKind, PublisherState
from meshtui.model.text import clean_line
from meshtui.tui.state.publishers import (
    MAX_NAME,
    MAX_PREVIEW,
    PreviewForm,
    as_sent,
    in_hex,
    laid_out,
)
from meshtui.tui.text.details import field
from meshtui.tui.text.format import ago, clock_exact, count_of, fit, size_words, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from meshtui.model.publishing import (
        OutputStatus,
        Preview,
        PublisherStatus,
        PublishingStatus,
        TokenStatus,
    )
    from meshtui.tui.state.publishers import Held
    from meshtui.tui.text.details import Line
    from meshtui.tui.text.glyphs import Glyphs

Look: TypeAlias = Literal["plain", "dim", "name", "good", "warn", "bad"]
Piece: TypeAlias = "tuple[str, Look]"

HOW_LONG: Final = "until the program ends; the settings key filter keeps it"
"""How long a filter that was typed is in force."""

MAX_REASON: Final = 400
_MAX_WHERE, _MAX_TOPIC, _MAX_FILTER = 200, 300, 1_000
_MANY = 100_000
_KEY_DIGITS = 8
_PROBLEM_LINES = 2
_WIDE_HEX = 73

SETUP: Final = (
    "[capture]",
    "enabled = true",
    'iata = "BOS"                  # the airport next to you',
    'mqtt1_server = "mqtt-us-v1.letsmesh.net"',
    "mqtt1_port = 443",
    'mqtt1_transport = "websockets"',
    "mqtt1_use_tls = true",
    "mqtt1_use_auth_token = true",
    'mqtt1_token_audience = "mqtt-us-v1.letsmesh.net"',
    'mqtt1_topic_packets = "meshcore/{IATA}/{PUBLIC_KEY}/packets"',
    'mqtt1_topic_status = "meshcore/{IATA}/{PUBLIC_KEY}/status"',
    '# filter = "type==advert"    (what leaves; without it everything)',
)
"""The settings that publish to one broker."""


def setup_lines() -> list[Line]:
    """What to do where nothing is set up."""
    lines: list[Line] = [
        ((" What the radio hears is published nowhere.", "title"),),
        ((" A MeshCore radio's packets can go to up to ten MQTT brokers.", "plain"),),
        ((" Who has a config.ini with [PacketCapture]:", "plain"),),
        (("   meshtui capture --config config.ini", "key"),),
        ((" Else put this into config.toml, and start again:", "plain"),),
    ]
    return [*lines, *(((f"   {line}", "key"),) for line in SETUP)]


# -- the service -----------------------------------------------------------------------------------


def service_title(publishers: Sequence[PublisherStatus], glyphs: Glyphs) -> str:
    """How many brokers there are, and how they are: `10 · 6 up · 1 paused`; or empty."""
    if not publishers:
        return ""
    up = sum(each.state is PublisherState.UP for each in publishers)
    paused = sum(each.is_paused for each in publishers)
    said = [f"{len(publishers)}", f"{up} up", f"{paused} paused" if paused else ""]
    return f" {glyphs.dot} ".join(each for each in said if each)


def head_lines(status: PublishingStatus, glyphs: Glyphs, width: int) -> list[list[Piece]]:
    """Who observes, what leaves; and a line for each thing that is wrong."""
    room = max(width - 1, 1)
    lines = [_observer_parts(status, glyphs, room), _leaving_parts(status, glyphs, room)]
    wrong = [status.problem] if status.problem else []
    if status.output is not None and status.output.reason:
        wrong.append(f"file: {status.output.reason}")
    for text in wrong:
        words = wrap(f"{glyphs.warning} {clean_line(text, MAX_REASON)}", room)
        lines += [[(f" {line}", "bad")] for line in words[:_PROBLEM_LINES]]
    return lines


def _observer_parts(status: PublishingStatus, glyphs: Glyphs, room: int) -> list[Piece]:
    sign, word, look = _radio(status, glyphs)
    dot = f" {glyphs.dot} "
    counts = dot.join(
        (
            f"{_count(status.captured)} captured",
            f"{_count(status.kept_back)} kept back",
            f"{_count(status.missed)} missed",
        )
    )
    key = clean_line(str(status.node_id), _KEY_DIGITS + 1)[:_KEY_DIGITS]
    after = f" {key}  {sign} {word}  {counts}"
    name = clean_line(status.name, 40) or ("observer" if key else "no observer yet")
    shown = fit(name, max(min(room - len(after), len(name)), 4), glyphs.ellipsis).rstrip()
    return [
        (f" {shown}", "name"),
        (f" {key}  ", "dim"),
        (f"{sign} {word}  ", look),
        (counts, "warn" if status.missed else "plain"),
    ]


def _radio(status: PublishingStatus, glyphs: Glyphs) -> tuple[str, str, Look]:
    if status.is_radio_up:
        return glyphs.link_up, "radio up", "good"
    return glyphs.link_down, "radio down" if status.link_id else "no radio", "bad"


def _leaving_parts(status: PublishingStatus, glyphs: Glyphs, room: int) -> list[Piece]:
    text = clean_line(status.filter, _MAX_FILTER)
    said = text or "none, everything leaves"
    file = f"  file {file_words(status.output, room // 2)}" if status.output is not None else ""
    half = max(room - len(" filter ") - len(file), room // 2)
    parts: list[Piece] = [
        (" filter ", "dim"),
        (fit(said, min(len(said), half), glyphs.ellipsis), "name" if text else "dim"),
    ]
    left = room - sum(len(part) for part, _ in parts)
    parts.append((fit(file, left, glyphs.ellipsis).rstrip(), "plain"))
    return parts


def file_words(output: OutputStatus, room: int) -> str:
    """What the output file holds: `packets.jsonl 1,204 written`; the folder where there is room."""
    lost = f", {_count(output.lost)} lost" if output.lost else ""
    counts = f" {_count(output.written)} written{lost}"
    path = clean_line(output.path, _MAX_WHERE)
    is_long = cell_len(path) + len(counts) > room
    return (path.rpartition("/")[2] if is_long else path) + counts


# -- a row -----------------------------------------------------------------------------------------


def state_of(publisher: PublisherStatus, glyphs: Glyphs) -> Piece:
    """Where a broker stands: a sign for its connection, and a word."""
    sign, word, look = _STATES[publisher.state](glyphs)
    if publisher.is_unwell and publisher.state in _TRYING:
        sign, look = glyphs.warning, "bad"
    if publisher.is_paused and publisher.state in _TRYING:
        word, look = "paused", "warn" if look == "good" else look
    return f"{sign} {word}", look


_STATES: Mapping[PublisherState, Callable[[Glyphs], tuple[str, str, Look]]] = {
    PublisherState.OFF: lambda glyphs: (glyphs.cancelled, "off", "dim"),
    PublisherState.BROKEN: lambda glyphs: (glyphs.failed, "broken", "bad"),
    PublisherState.WAITING: lambda glyphs: (glyphs.queued, "waiting", "warn"),
    PublisherState.CONNECTING: lambda glyphs: (glyphs.link_connecting, "connecting", "warn"),
    PublisherState.UP: lambda glyphs: (glyphs.link_up, "up", "good"),
    PublisherState.DOWN: lambda glyphs: (glyphs.link_down, "down", "warn"),
}
_IDLE = (PublisherState.OFF, PublisherState.BROKEN)
_TRYING = (
    PublisherState.UP,
    PublisherState.DOWN,
    PublisherState.CONNECTING,
    PublisherState.WAITING,
)


def cells_of(
    publisher: PublisherStatus, glyphs: Glyphs, now_ms: int
) -> Mapping[str, tuple[str, Look]]:
    """A row's cells by column; without a second line the reason stands where the address would."""
    where = clean_line(publisher.where, _MAX_WHERE)
    reason = (
        "" if publisher.state is PublisherState.UP else clean_line(publisher.reason, MAX_REASON)
    )
    counters = (publisher.published, publisher.dropped, publisher.queued, publisher.held_back)
    is_idle = publisher.state is not PublisherState.UP and not any(counters)
    is_off = publisher.state is PublisherState.OFF
    look: Look = "dim" if is_off else "plain"
    token = publisher.token
    said: dict[str, tuple[str, Look]] = {
        "name": (clean_line(publisher.name, MAX_NAME), "dim" if is_off else "name"),
        "state": state_of(publisher, glyphs),
        "since": (ago(publisher.since_ms, now_ms) if publisher.since_ms else "", "dim"),
        "where": (where, look),
        "host": (_host(where), look),
        "why": (reason, _why_look(publisher)) if reason else (_host(where), look),
        "token": ("" if token is None else _renews(token, now_ms), "dim"),
    }
    if is_idle:
        return said
    return said | {
        "queue": (_queue_cell(publisher), _queue_look(publisher)),
        "published": (_count(publisher.published), look),
        "dropped": (_count(publisher.dropped), "bad" if publisher.dropped else "dim"),
        "last": (ago(publisher.last_published_ms, now_ms), look),
    }


def note_of(publisher: PublisherStatus, glyphs: Glyphs, now_ms: int) -> list[Piece]:
    """What a row's second line says: why it is not up, the token, the last error."""
    reason: Piece = (reason_words(publisher, now_ms), _why_look(publisher))
    token: Piece = (_token_note(publisher.token, now_ms), "dim")
    if publisher.state is PublisherState.UP:
        last = f"last error: {reason[0]}" if reason[0] else ""
        pieces = [token, (last, "warn")]
    else:
        pieces = [reason, token]
    said = [piece for piece in pieces if piece[0]]
    if not said:
        to = clean_line(publisher.topic_packets, _MAX_TOPIC)
        return [(f"to {to}" if to else "nothing was heard yet", "dim")]
    dots: list[Piece] = [(f" {glyphs.dot} ", "dim")] * (len(said) - 1)
    return [piece for pair in zip(said, [*dots, ("", "dim")], strict=True) for piece in pair]


def reason_words(publisher: PublisherStatus, now_ms: int) -> str:
    """Why a broker is not up, or what went wrong last, and when it is tried again."""
    reason = clean_line(publisher.reason, MAX_REASON)
    again = ""
    if publisher.state is PublisherState.DOWN and publisher.retry_at_ms:
        again = f"again {_until(publisher.retry_at_ms, now_ms)}"
    return "; ".join(words for words in (again, reason) if words)


def _why_look(publisher: PublisherStatus) -> Look:
    if publisher.state is PublisherState.UP:
        return "plain"
    return "dim" if publisher.state is PublisherState.OFF else state_look(publisher)


def state_look(publisher: PublisherStatus) -> Look:
    """How bad its state is."""
    is_bad = publisher.is_unwell or publisher.state is PublisherState.BROKEN
    return "bad" if is_bad else "warn"


def _queue_cell(publisher: PublisherStatus) -> str:
    thousands, rest = divmod(publisher.queue_limit, 1_000)
    limit = f"{thousands}k" if thousands and not rest else f"{publisher.queue_limit}"
    return f"{publisher.queued}/{limit}"


def _queue_look(publisher: PublisherStatus) -> Look:
    if publisher.queued >= publisher.queue_limit > 0:
        return "bad"
    return "plain" if publisher.queued else "dim"


def _token_note(token: TokenStatus | None, now_ms: int) -> str:
    if token is None:
        return ""
    made = f"token {ago(token.issued_ms, now_ms)} old"
    if token.expires_ms <= now_ms:
        made = "token expired"
    return f"{made}, {_renews(token, now_ms)}, signed by {clean_line(token.signed_by, 40)}"


# -- a broker in full ------------------------------------------------------------------------------


def publisher_title(publisher: PublisherStatus, glyphs: Glyphs, width: int) -> list[Piece]:
    """Its name and its address, ruled off from what is above without any colour."""
    name = f" {clean_line(publisher.name, MAX_NAME)}  "
    where = clean_line(publisher.where, _MAX_WHERE)
    room = width - cell_len(name) - 1
    if cell_len(where) > room:
        where = fit(where, room, glyphs.ellipsis)
    rule = glyphs.horizontal * (room - cell_len(where))
    return [(name, "name"), (f"{where} ", "plain"), (rule, "dim")]


def publisher_lines(publisher: PublisherStatus, glyphs: Glyphs, now_ms: int) -> list[Line]:
    """Everything there is to know of a broker, but for its title and its next message."""
    state, look = state_of(replace(publisher, is_paused=False), glyphs)
    lines = [field("state", f"{state}{_state_more(publisher, now_ms)}", look)]
    reason = clean_line(publisher.reason, MAX_REASON)
    if reason:
        is_up = publisher.state is PublisherState.UP
        lines.append(field("error" if is_up else "why", reason, "warn" if is_up else look))
    lines.append(field("packets", _packet_words(publisher, glyphs, now_ms)))
    lines.append(field("queue", _queue_words(publisher, glyphs)))
    lines.append(_login_line(publisher, now_ms))
    if publisher.state in _IDLE and not publisher.topic_packets:
        return lines
    for label, topic in (("to", publisher.topic_packets), ("status to", publisher.topic_status)):
        said = clean_line(topic, _MAX_TOPIC) or "not known before the radio says who it is"
        lines.append(field(label, said, "plain" if topic else "dim"))
    return lines


def _state_more(publisher: PublisherStatus, now_ms: int) -> str:
    more = f" for {ago(publisher.since_ms, now_ms)}" if publisher.since_ms else ""
    if publisher.is_paused:
        more += ", paused: given no packets"
    if publisher.state is PublisherState.DOWN and publisher.retry_at_ms:
        more += f"; tries again {_until(publisher.retry_at_ms, now_ms)}, R now"
    return more


def _packet_words(publisher: PublisherStatus, glyphs: Glyphs, now_ms: int) -> str:
    last = ago(publisher.last_published_ms, now_ms)
    counts = [
        f"{publisher.published:,} published",
        f"{publisher.dropped:,} dropped",
        f"{publisher.held_back:,} held back",
        "none yet" if last == "never" else f"last {last} ago",
    ]
    return f" {glyphs.dot} ".join(counts)


def _queue_words(publisher: PublisherStatus, glyphs: Glyphs) -> str:
    words = [
        f"{publisher.queued:,} of {publisher.queue_limit:,} wait",
        f"QoS {publisher.qos}, {'' if publisher.qos else 'un'}confirmed",
        f"{count_of(publisher.connects, 'connect')}, {publisher.failures:,} failed",
    ]
    return f" {glyphs.dot} ".join(words)


def _login_line(publisher: PublisherStatus, now_ms: int) -> Line:
    token = publisher.token
    if publisher.login != "token":
        how = "by user and password" if publisher.login else "without user or token"
        return field("login", how, "dim")
    if token is None:
        return field("token", "none yet", "dim")
    is_over = token.expires_ms <= now_ms
    ends = "expired" if is_over else f"valid {_span(token.expires_ms - now_ms)}"
    made = f"{ago(token.issued_ms, now_ms)} old, {ends}"
    words = f"{made}, {_renews(token, now_ms)}; signed by {clean_line(token.signed_by, 60)}"
    return field("token", words, "bad" if is_over else "plain")


def _renews(token: TokenStatus, now_ms: int) -> str:
    return f"renews {_until(token.renew_at_ms, now_ms)}"


# -- its next message ------------------------------------------------------------------------------


def preview_lines(
    held: Held, form: PreviewForm, state: PublisherState, width: int, *, is_whole: bool
) -> list[Line]:
    """The message that a broker gets next, exactly.

    Args:
        state: The broker's.
        is_whole: It has the pane for itself, and stands still.
    """
    preview = held.preview
    if preview is None:
        why = _NO_MESSAGE.get(state, "the radio has not said who it is")
        return [((f" No message: {why}.", "dim"),)]
    keys = "" if is_whole else "; Enter whole, b other form, c copy"
    lines: list[Line] = [
        ((f" {_kind_words(held, preview, is_whole=is_whole)}", "title"),),
        ((f" {_how(preview, form)}{keys}", "dim"),),
        field("topic", clean_line(preview.topic, _MAX_TOPIC)),
    ]
    return lines + _payload_lines(preview.payload, form, width)


_NO_MESSAGE = {
    PublisherState.OFF: "it is switched off in the settings",
    PublisherState.BROKEN: "its settings are wrong",
}


def _kind_words(held: Held, preview: Preview, *, is_whole: bool) -> str:
    words = {
        PreviewKind.NEXT: "NEXT MESSAGE, first in the queue",
        PreviewKind.LAST: "LAST MESSAGE SENT, none waits",
        PreviewKind.EXAMPLE: "EXAMPLE, nothing was heard yet: the status message",
    }[preview.kind]
    return f"{words} (at {clock_exact(held.at_ms)[:-4]})" if is_whole else words


def _how(preview: Preview, form: PreviewForm) -> str:
    kept = "retained" if preview.is_retained else "not retained"
    size = size_words(len(preview.payload))
    cut = f", the first {size_words(MAX_PREVIEW)}" if len(preview.payload) > MAX_PREVIEW else ""
    return f"{size}{cut}, QoS {preview.qos}, {kept}, {form.value}"


def _payload_lines(payload: bytes, form: PreviewForm, width: int) -> list[Line]:
    match form:
        case PreviewForm.LAID_OUT:
            return [
                ((f" {before}", "dim"), (value, "plain")) for before, value in laid_out(payload)
            ]
        case PreviewForm.AS_SENT:
            return [((" ", "plain"), (line, "plain")) for line in as_sent(payload)]
        case PreviewForm.HEX:
            rows = in_hex(payload, 16 if width >= _WIDE_HEX else 8)
            return [((" ", "plain"), (line, "plain")) for line in rows]


# -- pieces ----------------------------------------------------------------------------------------


def _count(count: int) -> str:
    """A counter in at most seven cells: `12,345`, `1,234k`."""
    return f"{count:,}" if count < _MANY else f"{count // 1000:,}k"


def _host(where: str) -> str:
    """The host of an address, without scheme, port and path."""
    return where.partition("://")[2].partition("/")[0].rpartition(":")[0] or where


def _until(then_ms: int, now_ms: int) -> str:
    """When something is due: `in 9 h`, `now`."""
    return f"in {_span(then_ms - now_ms)}" if then_ms - now_ms >= 1_000 else "now"


def _span(milliseconds: int) -> str:
    """What is left, rounded, in one unit: `9 h`."""
    seconds = max(milliseconds, 0) / 1000
    for size_s, most, unit in ((1, 60, "s"), (60, 60, "min"), (3_600, 48, "h")):
        if (count := round(seconds / size_s)) < most:
            return f"{count} {unit}"
    return f"{seconds / 86_400:.0f} d"


def names_words(names: Sequence[str]) -> str:
    """Several brokers: `mqtt1, mqtt2 and 3 others`."""
    shown = ", ".join(clean_line(name, MAX_NAME) for name in names[:3])
    rest = len(names) - 3
    return f"{shown} and {count_of(rest, 'other')}" if rest > 0 else shown
