"""What a display filter can ask of a packet: the fields, their kinds, and how each is read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from meshtui.model.packet import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meshtui.model.packet_row import PacketRow

NameBook: TypeAlias = "Mapping[str, str]"
"""Names by node id, as they are known when a filter looks, not when the packet passed."""


class FieldKind(Enum):
    """What a field holds, and so which operators it takes."""

    TEXT = "text"
    NUMBER = "number"
    BYTES = "bytes"


TEXT_OPERATORS = ("==", "!=", "~", "in")
NUMBER_OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in")
BYTES_OPERATORS = ("~",)


@dataclass(frozen=True, slots=True)
class FilterField:
    """One field of the language.

    Attributes:
        help: What it is, in a few words.
        texts: For TEXT: the texts any one of which may match; empty ones do not count.
        number: For NUMBER: the figure, None where the packet does not say.
        choices: All values there are; empty = any.
    """

    name: str
    kind: FieldKind
    help: str
    texts: Callable[[PacketRow, NameBook], tuple[str, ...]] | None = None
    number: Callable[[PacketRow], float | None] | None = None
    choices: tuple[str, ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it takes."""
        if self.kind is FieldKind.NUMBER:
            return NUMBER_OPERATORS
        return TEXT_OPERATORS if self.kind is FieldKind.TEXT else BYTES_OPERATORS


def _both_names(row: PacketRow, names: NameBook) -> tuple[str, ...]:
    summary = row.summary
    return names.get(summary.source, ""), names.get(summary.destination, "")


def _text(
    name: str,
    help_text: str,
    texts: Callable[[PacketRow, NameBook], tuple[str, ...]],
    choices: tuple[str, ...] = (),
) -> FilterField:
    return FilterField(name, FieldKind.TEXT, help_text, texts=texts, choices=choices)


def _number(name: str, help_text: str, number: Callable[[PacketRow], float | None]) -> FilterField:
    return FilterField(name, FieldKind.NUMBER, help_text, number=number)


_ALL = (
    _text("net", "network", lambda row, _: (row.network,)),
    _text("link", "link it crossed", lambda row, _: (row.link_id,)),
    _text("dir", "rx or tx", lambda row, _: (row.direction,), ("rx", "tx")),
    _text("type", "packet type, such as text or ack", lambda row, _: (row.summary.kind,)),
    _text(
        "from",
        "sender, by id or name",
        lambda row, names: (row.summary.source, names.get(row.summary.source, "")),
    ),
    _text(
        "to",
        "recipient, by id or name",
        lambda row, names: (row.summary.destination, names.get(row.summary.destination, "")),
    ),
    _text("name", "name of sender or recipient", _both_names),
    _number("hops", "relays so far", lambda row: row.summary.hops),
    _number("ttl", "relays left", lambda row: row.summary.ttl),
    _number("size", "bytes", lambda row: len(row.payload)),
    _number("rssi", "dBm", lambda row: row.rssi_dbm),
    _number("snr", "dB", lambda row: row.snr_db),
    _text("id", "message id on the wire", lambda row, _: (row.summary.message_id,)),
    _text("topic", "MQTT topic", lambda row, _: (row.endpoint,)),
    _text(
        "verdict",
        "what became of it",
        lambda row, _: (row.summary.verdict.value,),
        tuple(verdict.value for verdict in Verdict),
    ),
    _text("reason", "why, in a word", lambda row, _: (row.summary.reason,)),
    FilterField("text", FieldKind.BYTES, "text within the frame"),
    FilterField("hex", FieldKind.BYTES, "bytes within the frame"),
)

FIELDS: Mapping[str, FilterField] = {field.name: field for field in _ALL}
