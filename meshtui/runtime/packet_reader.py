"""Turns packets of a recording into rows: finds out whose they are, and reads them with keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from meshtui.errors import ConfigError
from meshtui.model.ids import Instant, LinkId, NetworkName
from meshtui.model.packet import (
    DissectedField,
    Dissection,
    Frame,
    PacketSummary,
    RxMeta,
    Verdict,
)
from meshtui.model.packet_row import PacketRow, frame_of
from meshtui.networks.base import KeyMaterial
from meshtui.networks.registry import NETWORKS
from meshtui.runtime.decoding import open_dissector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from meshtui.capture.packet import CapturedPacket
    from meshtui.networks.base import Dissector

MAX_NAMES: Final = 20_000
_NAMING: Final = frozenset({"advert", "presence"})
_UNKNOWN: Final = "unknown"


def fitting_keys(keys: KeyMaterial, network: str = "") -> Mapping[str, KeyMaterial]:
    """Say which networks are read, and with which of the keys, in the order they are tried.

    Args:
        network: Only this one, with all keys; empty = all there are, MeshCore first: what is no
            MeshCore packet is refused by its first byte, mostly.

    Raises:
        ConfigError: No such network, or a key that fits no network; the text names it.
    """
    if network:
        open_dissector(network, keys)
        return {network: keys}
    names = sorted(NETWORKS, key=lambda name: name != "meshcore")
    fitting = {name: KeyMaterial() for name in names}
    for single in _singles(keys):
        refusals = []
        for name in names:
            try:
                open_dissector(name, single)
            except ConfigError as error:
                refusals.append(error)
                continue
            fitting[name] = _joined(fitting[name], single)
        if len(refusals) == len(names):
            raise refusals[0]
    return fitting


def fitting_only(keys: KeyMaterial) -> KeyMaterial:
    """Leave out keys that fit no network."""
    kept = KeyMaterial()
    for single in _singles(keys):
        try:
            fitting_keys(single)
        except ConfigError:
            continue
        kept = _joined(kept, single)
    return kept


def _singles(keys: KeyMaterial) -> Sequence[KeyMaterial]:
    return [
        *(KeyMaterial(channels=(each,)) for each in keys.channels),
        *(KeyMaterial(identities=(each,)) for each in keys.identities),
        *(KeyMaterial(contacts=(each,)) for each in keys.contacts),
    ]


def _joined(left: KeyMaterial, right: KeyMaterial) -> KeyMaterial:
    return KeyMaterial(
        left.channels + right.channels,
        left.identities + right.identities,
        left.contacts + right.contacts,
    )


class PacketReader:
    """Reads packets, for one thread at a time: what opens them is not to be shared.

    Attributes:
        names: What nodes call themselves in the packets read so far, by node id; bounded.
    """

    def __init__(
        self, keys: KeyMaterial, network: str = "", names: dict[str, str] | None = None
    ) -> None:
        """Read with these keys.

        Args:
            network: What packets are of that do not say; empty = look at them.
            names: Learn into this table.

        Raises:
            ConfigError: As for `fitting_keys`.
        """
        self._keys = fitting_keys(keys, network)
        self._opened: dict[str, Dissector] = {}
        self._summarises: dict[str, Callable[[LateRow], PacketSummary]] = {}
        self._default = network
        self.names: dict[str, str] = {} if names is None else names

    def row(self, index: int, packet: CapturedPacket) -> PacketRow:
        """Make a packet's row. Never raises."""
        return LateRow(self, index, packet).row()

    def summary(self, late: LateRow) -> tuple[str, PacketSummary]:
        """Name a packet's network and say what it is. Never raises."""
        packet = late.packet
        network, summary = self._summary(packet, late)
        if packet.note or packet.recorded is not None or packet.direction == "tx":
            summary = _told(summary, packet)
        if summary.kind in _NAMING and summary.source not in self.names:
            self._learn(network, summary, late)
        return network, summary

    def dissect(self, row: PacketRow) -> Dissection:
        """Take a row's packet apart. Never raises."""
        dissector = self._dissector(row.network)
        if dissector is None:
            size = len(row.payload)
            field = DissectedField("payload", f"{size} bytes", 0, size)
            why = f"no network {row.network!r} is known here" if row.network else ""
            return Dissection(row.network, f"{size} bytes", (field,), why=why)
        return dissector.dissect(frame_of(row))

    def _summary(self, packet: CapturedPacket, late: LateRow) -> tuple[str, PacketSummary]:
        name = packet.network or self._default
        if name:
            summarise = self._summarises.get(name) or self._summariser(name)
            if summarise is None:
                return name, PacketSummary(_UNKNOWN, Verdict.IGNORED)
            return name, summarise(late)
        first = None
        for name in self._keys:
            # looked up here before it is asked for: this is the hot path
            summarise = self._summarises.get(name) or self._summariser(name)
            if summarise is None:
                continue
            summary = summarise(late)
            if summary.verdict is not Verdict.REJECTED:
                return name, summary
            first = first or (name, summary)
        if first is None or packet.note:
            return "", PacketSummary(_UNKNOWN, Verdict.REJECTED)
        return first

    def _dissector(self, name: str) -> Dissector | None:
        """Open it when the first packet needs it: a network takes its time to load."""
        dissector = self._opened.get(name)
        if dissector is None and name in self._keys:
            dissector = self._opened[name] = open_dissector(name, self._keys[name])
        return dissector

    def _summariser(self, name: str) -> Callable[[LateRow], PacketSummary] | None:
        """What summarises a network's packets; a row that is read late passes for a frame."""
        dissector = self._dissector(name)
        if dissector is None:
            return None
        found = cast("Callable[[LateRow], PacketSummary]", dissector.summarise)
        self._summarises[name] = found
        return found

    def _learn(self, network: str, summary: PacketSummary, late: LateRow) -> None:
        """Keep what a node calls itself; once a node, for it takes a dissection."""
        dissector = self._dissector(network)
        if dissector is not None and len(self.names) < MAX_NAMES:
            name = summary.text or _named_in(dissector.dissect(late.frame()).fields)
            self.names[summary.source] = name


def _named_in(fields: Sequence[DissectedField]) -> str:
    for field in fields:
        if field.name == "name":
            return field.value.strip('"')
        within = _named_in(field.children)
        if within:
            return within
    return ""


class LateRow:
    """A packet that is read when a filter looks at more than the file says of it.

    It has the attributes of a `PacketRow` and those of a `Frame`, so that filters and networks
    take it for either: making both a hundred thousand times over takes longer than many filters.

    Attributes:
        number: As in a row.
        packet: What the file says.
        payload: Its bytes.
        endpoint: A topic, `companion`, or empty.
    """

    __slots__ = ("_named", "_reader", "_summary", "endpoint", "number", "packet", "payload")

    is_retained = False
    receipt = 0

    def __init__(self, reader: PacketReader, index: int, packet: CapturedPacket) -> None:
        """Wait to be looked at; for as long as the reader is its thread's."""
        self.number = index + 1
        self.packet = packet
        self.payload = packet.payload
        self.endpoint = packet.endpoint
        self._reader = reader
        self._named: str | None = None
        self._summary: PacketSummary | None = None

    @property
    def summary(self) -> PacketSummary:
        """What it is."""
        if self._summary is None:
            self._named, self._summary = self._reader.summary(self)
        return self._summary

    @property
    def network(self) -> str:
        """Whose it is; most files leave that to be found out."""
        if self._named is None:
            self._named, self._summary = self._reader.summary(self)
        return self._named

    @property
    def direction(self) -> str:
        """`rx` or `tx`."""
        return self.packet.direction or "rx"

    @property
    def link_id(self) -> str:
        """The link it crossed, or empty."""
        return self.packet.link

    @property
    def rssi_dbm(self) -> int | None:
        """How strong it was."""
        return self.packet.rssi_dbm

    @property
    def snr_db(self) -> float | None:
        """How far above the noise it was."""
        return self.packet.snr_db

    @property
    def rx(self) -> RxMeta:
        """How well it was heard."""
        return RxMeta(self.packet.rssi_dbm, self.packet.snr_db)

    @property
    def at(self) -> Instant:
        """When it passed."""
        return Instant(self.packet.unix_ms / 1_000, self.packet.unix_ms)

    received_at = at

    def learn(self) -> None:
        """Be read, for the name that may be in it."""
        if self._summary is None:
            self._named, self._summary = self._reader.summary(self)

    def frame(self) -> Frame:
        """The frame itself."""
        return Frame(LinkId(self.link_id), self.payload, self.at, self.rx, self.endpoint)

    def row(self) -> PacketRow:
        """The row itself."""
        packet = self.packet
        return PacketRow(
            self.number,
            packet.direction or "rx",
            NetworkName(self.network),
            LinkId(packet.link),
            packet.payload,
            self.at,
            packet.endpoint,
            packet.rssi_dbm,
            packet.snr_db,
            self.summary,
        )


def _told(summary: PacketSummary, packet: CapturedPacket) -> PacketSummary:
    """Add what the recording says; where it says what became of a packet, it was there."""
    if packet.note:
        # what was written there is no packet's bytes: how those would be read says nothing
        is_rejected = summary.verdict is Verdict.REJECTED and packet.payload
        reason = "damaged" if is_rejected else summary.reason
        return replace(summary, reason=reason, detail=packet.note)
    recorded = packet.recorded
    if recorded is None:
        return replace(summary, verdict=Verdict.SENT)
    if summary.verdict is Verdict.REJECTED or summary.kind == _UNKNOWN:
        return recorded
    if recorded.verdict is Verdict.UNREADABLE:
        return summary  # a key may have come since
    if summary.verdict is Verdict.UNREADABLE:
        # opened then, not now: who wrote to whom is in the record, and why not now in the tree
        source, destination = recorded.source, recorded.destination
    else:
        source, destination = summary.source, summary.destination
    return replace(
        summary,
        verdict=recorded.verdict,
        reason=recorded.reason,
        detail=recorded.detail,
        source=source or recorded.source,
        destination=destination or recorded.destination,
        hops=summary.hops if summary.hops is not None else recorded.hops,
        message_id=summary.message_id or recorded.message_id,
        is_own=recorded.is_own,
    )
