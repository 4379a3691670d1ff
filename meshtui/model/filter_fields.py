"""What a filter can ask of a row: fields, their kinds, how each is read; those of packets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from meshtui.model.packet import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from meshtui.model.packet_row import PacketRow

RowT = TypeVar("RowT")


class NameBook(Protocol):
    """Names by node id, as they are known when a filter looks, not when the packet passed."""

    def get(self, node_id: str, default: str, /) -> str:
        """Return the name a node claims, not cleaned."""
        ...


class FieldKind(Enum):
    """What a field holds, and so which operators it takes."""

    TEXT = "text"
    NUMBER = "number"
    BYTES = "bytes"


_OPERATORS = {
    FieldKind.TEXT: ("==", "!=", "~", "in"),
    FieldKind.NUMBER: ("==", "!=", "<", "<=", ">", ">=", "in"),
    FieldKind.BYTES: ("~",),
}


@dataclass(frozen=True, slots=True)
class FilterField(Generic[RowT]):
    """One field of the language; exactly one of `texts`, `number` and `data` reads it.

    Attributes:
        help: What it is, in a few words.
        texts: The texts any one of which may match; empty ones do not count.
        number: The figure, None where the row does not say.
        data: Bytes to look into.
        takes_hex: A value for `data` is hex digits, not text.
        choices: All values there are; empty = any.
    """

    name: str
    help: str
    texts: Callable[[RowT], tuple[str, ...]] | None = None
    number: Callable[[RowT], float | None] | None = None
    data: Callable[[RowT], bytes] | None = None
    takes_hex: bool = False
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> FieldKind:
        """What it holds."""
        if self.texts is not None:
            return FieldKind.TEXT
        return FieldKind.NUMBER if self.number is not None else FieldKind.BYTES

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it takes."""
        return _OPERATORS[self.kind]


Fields: TypeAlias = "Mapping[str, FilterField[RowT]]"


def by_name(fields: Iterable[FilterField[RowT]]) -> Mapping[str, FilterField[RowT]]:
    """Make the table a filter is read with."""
    return {field.name: field for field in fields}


def packet_fields(names: NameBook) -> Mapping[str, FilterField[PacketRow]]:
    """Return the fields of a packet; `names` is looked into at every match."""

    def sender(row: PacketRow) -> tuple[str, ...]:
        return row.summary.source, names.get(row.summary.source, "")

    def recipient(row: PacketRow) -> tuple[str, ...]:
        return row.summary.destination, names.get(row.summary.destination, "")

    def both_names(row: PacketRow) -> tuple[str, ...]:
        return names.get(row.summary.source, ""), names.get(row.summary.destination, "")

    verdicts = tuple(verdict.value for verdict in Verdict)
    return by_name(
        (
            FilterField("net", "network", texts=lambda row: (row.network,)),
            FilterField("link", "link it crossed", texts=lambda row: (row.link_id,)),
            FilterField(
                "dir", "rx or tx", texts=lambda row: (row.direction,), choices=("rx", "tx")
            ),
            FilterField("type", "packet type, as text, ack", texts=lambda row: (row.summary.kind,)),
            FilterField("from", "sender, by id or name", texts=sender),
            FilterField("to", "recipient, by id or name", texts=recipient),
            FilterField("name", "name of sender or recipient", texts=both_names),
            FilterField("hops", "relays so far", number=lambda row: row.summary.hops),
            FilterField("ttl", "relays left", number=lambda row: row.summary.ttl),
            FilterField("size", "bytes", number=lambda row: len(row.payload)),
            FilterField("rssi", "dBm", number=lambda row: row.rssi_dbm),
            FilterField("snr", "dB", number=lambda row: row.snr_db),
            FilterField("id", "message id on the wire", texts=lambda r: (r.summary.message_id,)),
            FilterField("topic", "MQTT topic", texts=lambda row: (row.endpoint,)),
            FilterField(
                "verdict",
                "what became of it",
                texts=lambda row: (row.summary.verdict.value,),
                choices=verdicts,
            ),
            FilterField("reason", "why, in a word", texts=lambda row: (row.summary.reason,)),
            FilterField("text", "text within the frame", data=lambda row: row.payload),
            FilterField(
                "hex", "bytes within the frame", data=lambda row: row.payload, takes_hex=True
            ),
        )
    )
