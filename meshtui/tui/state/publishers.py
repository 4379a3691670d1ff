"""The packet capture service as a pane shows it: its brokers, and the message one of them gets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from meshtui.model.display_filter import compile_filter
from meshtui.model.filter_fields import values_of
from meshtui.model.packet_fields import packet_fields
from meshtui.model.packet_row import received_row
from meshtui.model.publishing import PublisherState
from meshtui.model.text import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from meshtui.model.event import FrameReceived
    from meshtui.model.filter_fields import FilterField, NameBook
    from meshtui.model.packet_row import PacketRow
    from meshtui.model.publishing import Preview, PublisherStatus, PublishingStatus
    from meshtui.runtime.api import PublishingApi

MAX_PREVIEW = 16_384
"""Bytes of a message that are shown; a packet message has some 800."""

MAX_TRIED = 200
"""Packets that a filter is tried on while it is typed."""

MAX_NAME = 12


class PreviewForm(Enum):
    """How a message is shown."""

    LAID_OUT = "laid out"
    AS_SENT = "as it is sent"
    HEX = "in hex"


@dataclass(frozen=True, slots=True)
class Held:
    """A message, and when it was asked for."""

    preview: Preview | None
    at_ms: int


class PublisherBook:
    """What the service said last. While a message is read it stands still: `is_held`."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.status: PublishingStatus | None = None
        self.held = Held(None, 0)
        self.form = PreviewForm.LAID_OUT
        self.is_held = False
        self._selected = ""

    @property
    def publishers(self) -> Sequence[PublisherStatus]:
        """All brokers, in the order of the settings."""
        return self.status.publishers if self.status is not None else ()

    @property
    def selected(self) -> PublisherStatus | None:
        """The broker that is looked at; the first one before another is chosen."""
        named = (each for each in self.publishers if each.name == self._selected)
        return next(named, self.publishers[0] if self.publishers else None)

    def read(self, api: PublishingApi | None, now_ms: int) -> None:
        """Ask the service again; None = it is not set up."""
        self.status = api.status() if api is not None else None
        if not self.is_held:
            self.take_preview(api, now_ms)

    def select(self, name: str, api: PublishingApi | None, now_ms: int) -> None:
        """Look at another broker."""
        if name != self._selected:
            self._selected = name
            self.take_preview(api, now_ms)

    def take_preview(self, api: PublishingApi | None, now_ms: int) -> None:
        """Ask what the selected broker gets next."""
        chosen, preview = self.selected, None
        if api is not None and chosen is not None:
            try:
                preview = api.preview(chosen.name)
            except LookupError:  # the settings are others by now
                preview = None
        self.held = Held(preview, now_ms)

    def next_form(self) -> None:
        """Show the message in the next form."""
        forms = tuple(PreviewForm)
        self.form = forms[(forms.index(self.form) + 1) % len(forms)]


class Heard:
    """The newest packets of the service's radio, for a filter to be tried on while it is typed."""

    def __init__(self, names: NameBook) -> None:
        """Look names up in this book."""
        self.fields: Mapping[str, FilterField[PacketRow]] = packet_fields(names)
        self._rows: list[PacketRow] = []

    def take(self, events: Iterable[FrameReceived], link_id: str) -> None:
        """Take packets in place of those there were: of this link, and not the radio's own talk."""
        own = [each for each in events if each.frame.link_id == link_id and not each.frame.endpoint]
        self._rows = [received_row(n, event) for n, event in enumerate(own[-MAX_TRIED:], 1)]

    def try_out(self, text: str) -> tuple[int, int]:
        """Count how many pass a filter, and of how many.

        Raises:
            FilterError: It cannot be read.
        """
        matches = compile_filter(text, self.fields).matches
        return sum(map(matches, self._rows)), len(self._rows)

    def seen_values(self, field_name: str) -> list[str]:
        """Values of a field among them, newest first, for completion."""
        return values_of(self.fields.get(field_name), reversed(self._rows))


def alarm_of(status: PublishingStatus | None) -> str:
    """Say in a few words what is wrong with the service, cleaned; empty = nothing is."""
    if status is None:
        return ""
    ill = [
        each
        for each in status.publishers
        if each.state is PublisherState.BROKEN
        or (each.is_unwell and each.state is not PublisherState.OFF)
    ]
    if status.problem:
        return "nothing captured"
    if len(ill) > 1:
        return f"{len(ill)} brokers unwell"
    if not ill:
        return ""
    word = "broken" if ill[0].state is PublisherState.BROKEN else "unwell"
    return f"{clean_line(ill[0].name, MAX_NAME)} {word}"


def brokers_meant(publishers: Sequence[PublisherStatus], argument: str) -> Sequence[str]:
    """Names of the brokers that a person typed: `mqtt1`, `1`, several; nothing = all.

    Raises:
        LookupError: One of them does not exist; the text says which do.
    """
    known = [each.name for each in publishers]
    words = argument.replace(",", " ").split()
    meant = [f"mqtt{word}" if word.isdecimal() else word.casefold() for word in words]
    for word, name in zip(words, meant, strict=True):
        if name not in known:
            there_are = ", ".join(clean_line(each, MAX_NAME) for each in known) or "none"
            msg = f"No broker {clean_line(word, 20)}; there are: {there_are}"
            raise LookupError(msg)
    return list(dict.fromkeys(meant)) or known


def refusal_to_pause(publisher: PublisherStatus) -> str:
    """Say why a broker cannot be paused; empty = it can."""
    return _refusal_to_run(publisher)


def refusal_to_retry(publisher: PublisherStatus) -> str:
    """Say why there is nothing to try again; empty = there is."""
    if publisher.state in (PublisherState.UP, PublisherState.CONNECTING):
        is_up = publisher.state is PublisherState.UP
        return f"{publisher.name} is {'connected' if is_up else 'being tried'}"
    return _refusal_to_run(publisher)


def refusal_to_renew(publisher: PublisherStatus) -> str:
    """Say why a broker gets no new token; empty = it does."""
    refusal = _refusal_to_run(publisher)
    if not refusal and publisher.login != "token":
        return f"{publisher.name} does not log in with a token"
    return refusal


def _refusal_to_run(publisher: PublisherStatus) -> str:
    name = publisher.name
    if publisher.state is PublisherState.OFF:
        return f"{name} is off: {name}_enabled in the settings"
    return f"{name} cannot run: see its reason" if publisher.state is PublisherState.BROKEN else ""


def text_of_payload(payload: bytes) -> str:
    """The bytes of a message as text, not cleaned; what is not UTF-8 is escaped."""
    return payload.decode("utf-8", "backslashreplace")


def laid_out(payload: bytes) -> list[tuple[str, str]]:
    """A message's lines as (what stands before a value, the value), cleaned.

    JSON has one member a line; anything else comes as it is, and so does what is too long.
    """
    if len(payload) > MAX_PREVIEW:
        return [("", line) for line in as_sent(payload)]
    try:
        said = json.loads(payload)
        lines = json.dumps(said, indent=2, ensure_ascii=False).split("\n")
    except (ValueError, RecursionError):
        return [("", line) for line in as_sent(payload)]
    return [_member(line) for line in lines]


def as_sent(payload: bytes) -> list[str]:
    """A message's text in the order of its bytes, cleaned."""
    return clean(text_of_payload(payload[:MAX_PREVIEW]), keep_newlines=True).split("\n")


def in_hex(payload: bytes, per_row: int = 16) -> list[str]:
    """A message's bytes: `0000 7b 22 6f …  {"o…`."""
    shown = payload[:MAX_PREVIEW]
    rows = [shown[at : at + per_row] for at in range(0, len(shown), per_row)]
    return [
        f"{number * per_row:04x} {row.hex(' '):<{per_row * 3}} "
        + "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        for number, row in enumerate(rows)
    ]


def _member(line: str) -> tuple[str, str]:
    """Part a line of laid out JSON where its value begins."""
    key, colon, value = line.partition('": ')
    if not colon or not key.lstrip().startswith('"'):
        indent = len(line) - len(line.lstrip(" "))
        return line[:indent], clean(line[indent:])
    return clean(key) + colon, clean(value)
