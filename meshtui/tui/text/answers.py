"""Answers of nodes and radios as lines: a table, one record, a trace hop by hop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from meshtui.model.ids import NodeId
from meshtui.model.text import clean_line
from meshtui.tui.state.asking import columns_of
from meshtui.tui.text.details import field
from meshtui.tui.text.format import ago, clock, duration, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.event import Answered
    from meshtui.tui.state.asking import Asked
    from meshtui.tui.state.directory import Directory
    from meshtui.tui.text.details import Line
    from meshtui.tui.text.glyphs import Glyphs

MAX_ROWS: Final = 300
MAX_CELL: Final = 400
TABLE_WIDTH: Final = 76
_NODE_COLUMNS: Final = frozenset({"hop", "node", "neighbour", "contact", "key", "prefix", "from"})
_SNR_COLUMNS: Final = frozenset({"snr", "snr_db"})
_LEAST_SNR_DB, _SNR_SPAN_DB = -20.0, 32.0
_NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d+)?")
_US: Final = "us"
_BLANK: Final[Line] = (("", "plain"),)


def answer_lines(asked: Asked, directory: Directory, glyphs: Glyphs, now_ms: int) -> list[Line]:
    """A request with all that came of it so far; what is missing is said too."""
    whom = "our radio" if asked.node_id is None else directory.name_of(asked.node_id)
    lines: list[Line] = [field("asked", f"{whom}, {ago(asked.at_ms, now_ms)} ago")]
    if asked.argument:
        lines.append(field("for", clean_line(asked.argument, MAX_CELL)))
    for answered in asked.answers:
        lines += [_BLANK, *body_lines(answered, directory, glyphs)]
    if not asked.is_over:
        waits = " More may come." if asked.answers else " No answer yet."
        lines += [_BLANK, ((f"{waits} Esc: it is told below when it comes.", "dim"),)]
    return lines


def body_lines(answered: Answered, directory: Directory, glyphs: Glyphs) -> list[Line]:
    """One answer: its sentence, how long it took, and its table."""
    lines: list[Line] = []
    text = clean_line(answered.text, MAX_CELL)
    if text:
        lines.append(((f" {text}", "bad" if answered.is_error else "plain"),))
    if answered.rtt_ms is not None:
        lines.append(field("took", f"{duration(answered.rtt_ms)} there and back"))
    rows = answered.rows[:MAX_ROWS]
    if not rows:
        return lines
    if text:
        lines.append(_BLANK)
    is_trace = answered.verb == "trace" and set(columns_of(rows)) & _SNR_COLUMNS
    if is_trace and "hop" in columns_of(rows):
        return [*lines, *_trace_lines(answered, directory, glyphs)]
    return [*lines, *_row_lines(answered, rows, directory, glyphs)]


def snr_bar(snr_db: float, glyphs: Glyphs) -> str:
    """One sign for how well something was heard, between the worst and the best LoRa can use."""
    step = round((snr_db - _LEAST_SNR_DB) / _SNR_SPAN_DB * (len(glyphs.bar) - 1))
    return glyphs.bar[min(max(step, 0), len(glyphs.bar) - 1)]


def news_words(answered: Answered, directory: Directory) -> str:
    """News nobody asked for, in one line."""
    whom = "" if answered.node_id is None else f"{directory.name_of(answered.node_id)}: "
    return f"{whom}{clean_line(answered.text or answered.verb, 160)}"


def copied(asked: Asked, lines: Sequence[Line]) -> str:
    """What is worth copying of an answer: a link it holds, its only value, or else all of it."""
    last = asked.answers[-1] if asked.answers else None
    if last is not None:
        values = [clean_line(value, MAX_CELL) for row in last.rows for _, value in row if value]
        links = [word for text in (*values, last.text) for word in text.split() if "://" in word]
        if len(links) == 1:
            return clean_line(links[0], MAX_CELL)
        if len(values) == 1:
            return values[0]
    return "\n".join("".join(text for text, _ in line).strip() for line in lines)


def history_lines(
    asked: Sequence[Asked], news: Sequence[Answered], directory: Directory, now_ms: int
) -> list[Line]:
    """What was asked lately and what came of it, the latest first; then news."""
    lines: list[Line] = []
    for each in asked:
        whom = "our radio" if each.node_id is None else directory.name_of(each.node_id)
        head = f" {clock(each.at_ms)} {clean_line(each.title, 40)}: {whom}"
        lines.append(((head, "title"),))
        last = each.answers[-1] if each.answers else None
        if last is None:
            words, look = "no answer yet", "dim"
        else:
            words = clean_line(last.text, MAX_CELL) or f"{len(last.rows)} rows"
            look = "bad" if last.is_error else "plain"
        lines.append((("       ", "plain"), (words, look)))
    if news:
        lines += [_BLANK, ((" Nobody asked for it:", "title"),)]
    for answered in reversed(news):
        age = ago(answered.at.unix_ms, now_ms)
        lines.append(((f" {age:>6} ", "dim"), (news_words(answered, directory), "plain")))
    return lines or [((" Nothing was asked yet: /ask, or a in the node list.", "dim"),)]


# -- tables ------------------------------------------------------------------------------------


def _row_lines(
    answered: Answered,
    rows: Sequence[Sequence[tuple[str, str]]],
    directory: Directory,
    glyphs: Glyphs,
) -> list[Line]:
    columns = columns_of(rows)
    has_names = "name" in columns
    cells = [
        [
            _shown(answered, name, dict(row).get(name, ""), directory, glyphs, has_names=has_names)
            for name in columns
        ]
        for row in rows
    ]
    titles = [clean_line(name, 30) for name in columns]
    widths = [
        max(cell_len(titles[index]), *(cell_len(row[index]) for row in cells))
        for index in range(len(columns))
    ]
    if len(cells) == 1 or sum(widths) + 2 * len(widths) > TABLE_WIDTH:
        return _pairs(titles, cells)
    lines: list[Line] = [((_table_line(titles, widths), "dim"),)]
    lines += [((_table_line(row, widths), "plain"),) for row in cells]
    return lines


def _table_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (fit(text, width) for text, width in zip(cells, widths, strict=True))
    return f" {'  '.join(padded)}".rstrip()


def _pairs(titles: Sequence[str], cells: Sequence[Sequence[str]]) -> list[Line]:
    """A record a block, a value a line: what is wide wraps."""
    lines: list[Line] = []
    room = min(max(cell_len(title) for title in titles), 24)
    for number, row in enumerate(cells):
        if number:
            lines.append(_BLANK)
        for title, text in zip(titles, row, strict=True):
            if text:
                lines.append(((f" {fit(title, room)}  ", "dim"), (text, "plain")))
    return lines


def _shown(
    answered: Answered,
    column: str,
    value: str,
    directory: Directory,
    glyphs: Glyphs,
    *,
    has_names: bool,
) -> str:
    """A value for a person: nodes by name where no column names them, signals with a bar."""
    text = clean_line(value, MAX_CELL)
    if column in _NODE_COLUMNS and text and not has_names:
        return _named(answered, text, directory)
    if column in _SNR_COLUMNS and (snr_db := _number(text)) is not None:
        return f"{snr_bar(snr_db, glyphs)} {_snr_words(text)}"
    return text


def _named(answered: Answered, digits: str, directory: Directory) -> str:
    name = directory.hop_name(answered.network, NodeId(digits.lower()))
    return name if name.startswith(digits.lower()) else f"{digits[:8]} {name}"


def _snr_words(text: str) -> str:
    return text if text.endswith("dB") else f"{text} dB"


def _number(text: str) -> float | None:
    found = _NUMBER.match(text)
    return float(found.group()) if found else None


# -- a trace -----------------------------------------------------------------------------------


def _trace_lines(answered: Answered, directory: Directory, glyphs: Glyphs) -> list[Line]:
    """Each leg with how well its far end heard it; a way out and back by the same hops in one."""
    hops, signals = [], []
    for row in answered.rows[:MAX_ROWS]:
        values = dict(row)
        is_us = values.get("name") == _US
        hops.append("" if is_us else clean_line(values.get("hop", ""), 64).lower())
        signals.append(next((values[name] for name in _SNR_COLUMNS if name in values), ""))
    stops = ["me", *(hop for hop in hops if hop not in ("", "me"))]
    names = ["me", *(_named(answered, hop, directory) for hop in stops[1:])]
    relays = stops[1:]
    if len(signals) == len(relays) + 1:  # the last signal is ours, of what came back
        stops, names = [*stops, "me"], [*names, "me"]
    legs = len(stops) - 1
    is_there_and_back = legs > 1 and stops == stops[::-1]
    shown = (legs + 1) // 2 if is_there_and_back else legs
    room = min(max(cell_len(name) for name in names), 28)
    lines: list[Line] = [((_trace_head(room, is_back=is_there_and_back), "dim"),)]
    for index in range(shown):
        leg = f" {fit(names[index], room)} {glyphs.arrow} {fit(names[index + 1], room)}  "
        there = _signal(signals[index], glyphs)
        back = legs - 1 - index
        came = _signal(signals[back], glyphs) if is_there_and_back and back != index else ""
        lines.append(((leg, "plain"), (f"{fit(there, 12)}{came}".rstrip(), "good")))
    return lines


def _trace_head(room: int, *, is_back: bool) -> str:
    return f" {'from':<{room}}   {'to':<{room}}  {'there':<12}{'back' if is_back else ''}".rstrip()


def _signal(text: str, glyphs: Glyphs) -> str:
    snr_db = _number(clean_line(text, 20))
    return "?" if snr_db is None else f"{snr_bar(snr_db, glyphs)} {snr_db:.1f} dB"
