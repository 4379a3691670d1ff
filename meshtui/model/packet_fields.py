"""What a filter can ask of a packet; what only its summary says is slow: it must be opened."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from meshtui.model.display_filter import FILTER_SIGNS
from meshtui.model.filter_completion import quoted
from meshtui.model.filter_fields import FilterField, by_name
from meshtui.model.packet import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from meshtui.model.filter_fields import NameBook
    from meshtui.model.packet_row import PacketRow

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d(?:\.\d{1,3})?))?")
_QUICK = frozenset({"link", "dir", "air", "topic", "size", "rssi", "snr", "time", "number", "hex"})
_WORDS_IN = ("name", "channel", "text", "reason")
_LAST_S = 253_402_214_400  # the year 9999 ends what the platform's calendar knows


def packet_fields(names: NameBook) -> Mapping[str, FilterField[PacketRow]]:
    """Return the fields of a packet; `names` is looked into at every match."""
    fields = (*_where(), *_who(names), *_how(), *_what())
    return by_name(replace(field, is_slow=field.name not in _QUICK) for field in fields)


def filter_of_words(text: str, kinds: Iterable[str]) -> str:
    """Write the filter that looks for words wherever a person would; empty where text is none.

    What holds a sign of the language was meant as a filter.

    Args:
        kinds: All there are; where none holds the words, they are not looked for there.
    """
    words = text.strip()
    if not words or any(sign in FILTER_SIGNS for sign in words):
        return ""
    is_kind = any(words.casefold() in kind.casefold() for kind in kinds)
    fields = ("type", *_WORDS_IN) if is_kind else _WORDS_IN
    return " || ".join(f"{field}~{quoted(words)}" for field in fields)


def _where() -> tuple[FilterField[PacketRow], ...]:
    return (
        FilterField("net", "network", text=attrgetter("network")),
        FilterField("link", "link it crossed", text=attrgetter("link_id")),
        FilterField("dir", "rx or tx", text=attrgetter("direction"), choices=("rx", "tx")),
        FilterField(
            "own",
            "we made it, sent or heard again",
            text=_own,
            choices=("yes",),
        ),
        FilterField("type", "packet type, as text, ack", text=attrgetter("summary.kind")),
        FilterField(
            "position",
            "it tells a position",
            text=lambda row: "yes" if row.summary.has_position else "",
            choices=("yes",),
        ),
        FilterField(
            "air",
            "a radio sent or heard it; no broker's, nor a radio's talk with its host",
            text=lambda row: "" if row.endpoint else "yes",
            choices=("yes",),
        ),
        FilterField("topic", "MQTT topic, or companion", text=attrgetter("endpoint")),
    )


def _who(names: NameBook) -> tuple[FilterField[PacketRow], ...]:
    def sender(row: PacketRow) -> tuple[str, ...]:
        source = row.summary.source
        return source, names.get(source, "")

    def recipient(row: PacketRow) -> tuple[str, ...]:
        destination = row.summary.destination
        return destination, names.get(destination, "")

    def both_names(row: PacketRow) -> tuple[str, ...]:
        summary = row.summary
        return names.get(summary.source, ""), names.get(summary.destination, "")

    def relays(row: PacketRow) -> tuple[str, ...]:
        path = row.summary.path
        return (*path, *(names.get(hop, "") for hop in path))

    return (
        FilterField("from", "sender, by id or name", texts=sender),
        FilterField("to", "recipient, by id or name", texts=recipient),
        FilterField("name", "name of sender or recipient", texts=both_names),
        FilterField("channel", "by name, or the hash it goes by", texts=_channel),
        FilterField("via", "a relay it names, by hash, id or name", texts=relays),
    )


def _how() -> tuple[FilterField[PacketRow], ...]:
    return (
        FilterField("hops", "relays so far", number=attrgetter("summary.hops")),
        FilterField("ttl", "relays left", number=attrgetter("summary.ttl")),
        FilterField("size", "bytes", number=lambda row: len(row.payload)),
        FilterField("rssi", "dBm", number=attrgetter("rssi_dbm")),
        FilterField("snr", "dB", number=attrgetter("snr_db")),
        FilterField(
            "time", "local time of day", number=_day_s, figure_of=_clock_s, example="21:05:30"
        ),
        FilterField("number", "as the list counts", number=attrgetter("number")),
    )


def _what() -> tuple[FilterField[PacketRow], ...]:
    return (
        FilterField("id", "message id on the wire", text=attrgetter("summary.message_id")),
        FilterField("hash", "same for all its copies", text=attrgetter("summary.packet_hash")),
        FilterField("acks", "message id it acknowledges", text=attrgetter("summary.acks")),
        FilterField("verdict", "what became of it, or why, in a word", texts=_verdict),
        FilterField("reason", "why, in a word", text=attrgetter("summary.reason")),
        FilterField("why", "why, in words", texts=lambda r: (r.summary.reason, r.summary.detail)),
        FilterField(
            "text",
            "what it says, opened where we could, else as in the frame",
            text=attrgetter("summary.text"),
            data=attrgetter("payload"),
        ),
        FilterField("hex", "bytes within the frame", data=attrgetter("payload"), takes_hex=True),
    )


def _verdict(row: PacketRow) -> tuple[str, ...]:
    """Both, for lists show the more telling of them."""
    summary = row.summary
    return summary.verdict._value_, summary.reason


def _own(row: PacketRow) -> str:
    summary = row.summary
    return "yes" if summary.verdict is Verdict.SENT or summary.is_own else ""


def _channel(row: PacketRow) -> tuple[str, ...]:
    """A channel with and without its sign, so that nobody has to know which it is."""
    summary = row.summary
    named = summary.channel
    if not named and summary.destination.startswith("#"):
        named = summary.destination
    return (named, named[1:]) if named.startswith("#") else (named, f"#{named}" if named else "")


def _day_s(row: PacketRow) -> float:
    seconds, milliseconds = divmod(max(row.at.unix_ms, 0), 1000)
    local = time.localtime(min(seconds, _LAST_S))
    return local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec + milliseconds / 1000


def _clock_s(text: str) -> float | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3] or 0)
