"""The one door for front ends: what they may ask of the running mesh, and of its set-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from meshtui.model.metric import MetricRow

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence
    from pathlib import Path

    from meshtui.model.command import Command
    from meshtui.model.device import Device
    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId, LinkId, NetworkName, NodeId
    from meshtui.model.link import LinkInfo, Myself, RadioSettings
    from meshtui.model.message import Channel, Conversation, Message, SendCost
    from meshtui.model.node import Node, NodeMarks, Route
    from meshtui.model.packet import Dissection, Frame, PacketSummary
    from meshtui.model.packet_row import PacketRow
    from meshtui.model.publishing import Preview, PublishingStatus
    from meshtui.model.verb import Verb

# `MetricRow` lives in the model because the store makes it and may not import this floor
__all__ = [
    "FilterProgress",
    "Found",
    "MeshApi",
    "MetricRow",
    "NearbyRadio",
    "Paths",
    "Preferences",
    "PublishingApi",
    "ReadingProgress",
    "RecordingApi",
    "SetupApi",
    "Subscription",
]


class Subscription(Protocol):
    """A bounded queue of events; a slow reader loses the oldest and is told (`EventsMissed`)."""

    async def next_batch(self) -> Sequence[Event]:
        """Wait for events; returns all there are, in order."""
        ...

    def close(self) -> None:
        """Stop receiving."""
        ...


class MeshApi(Protocol):
    """What a front end sees of the mesh. Everything here is quick or awaits off the loop."""

    def myself(self) -> Sequence[Myself]:
        """Who we are, one a network."""
        ...

    def links(self) -> Sequence[LinkInfo]:
        """The configured links as they stand."""
        ...

    async def submit(self, command: Command) -> None:
        """Carry out a request; on return its first events are on disk.

        Raises:
            LocalProtocolError: It cannot be done; the text says why and what to do.
            NotKeptYetError: It was taken, and is carried out once the store writes again.
            StoreError: It could not be kept, and is not carried out.
        """
        ...

    def subscribe(self, limit: int = 10_000) -> Subscription:
        """Follow events from now on. Subscribe first, then load what was: folds are idempotent."""
        ...

    def open_links(self) -> None:
        """Open the links, where that was left to the front end: it can show what they bring."""
        ...

    def retry_links(self, link_id: LinkId | None = None) -> None:
        """Try a link that is down now instead of later; None = all such."""
        ...

    async def conversations(self) -> Sequence[Conversation]:
        """All conversations with their unread counts, newest first; joined channels included."""
        ...

    async def history(
        self, conversation: ConversationId, before: int | None = None, limit: int = 200
    ) -> Sequence[Message]:
        """Messages of a conversation in arrival order, the last `limit` before order `before`.

        Blocked senders' messages are left out.
        """
        ...

    async def search(
        self, text: str, conversation: ConversationId | None = None, limit: int = 50
    ) -> Sequence[Message]:
        """Messages that hold all words of `text`, newest first."""
        ...

    async def nodes(self) -> Sequence[tuple[Node, NodeMarks]]:
        """Every known node, last heard first."""
        ...

    async def routes(self) -> Sequence[Route]:
        """The routing table, newest first."""
        ...

    async def channels(self) -> Sequence[Channel]:
        """Joined and announced channels."""
        ...

    async def metrics(self) -> Sequence[MetricRow]:
        """Counters since the profile was made."""
        ...

    def dissect(self, network: NetworkName, frame: Frame) -> Dissection:
        """Take a frame apart with the keys at hand."""
        ...

    def summarise(self, network: NetworkName, frame: Frame) -> PacketSummary:
        """Say in one line what a frame is, with the keys at hand now."""
        ...

    def known_values(self, field_name: str) -> Sequence[str]:
        """What a field of a filter may hold as far as our networks know, such as all packet types;
        nothing where it may be anything. What is none of these can still come from the air.
        """
        ...

    def verbs(self, network: NetworkName) -> Sequence[Verb]:
        """What an `Ask` can name on a network; nothing where it is not set up."""
        ...

    async def export(self, folder: Path, rows: Sequence[PacketRow], form: str = "jsonl") -> Path:
        """Write packets to a new file in `folder`, for us alone; returns it.

        Args:
            form: `jsonl`, `pcap` or `pcapng`.

        Raises:
            OSError: The folder cannot be made, or the file cannot be written.
        """
        ...

    def devices(self) -> Sequence[Device]:
        """The radios of ours that said something of themselves, as they stand."""
        ...

    def radios(self) -> Mapping[LinkId, RadioSettings]:
        """How the radios behind our links are set: as they say, else as they shall be."""
        ...

    def publishing(self) -> PublishingApi | None:
        """The packet capture service; None = it is not set up."""
        ...

    def cost(self, conversation: ConversationId, text: str) -> SendCost | None:
        """Say what sending this text by radio would take; None where no radio would carry it.

        Quick enough for every key press.
        """
        ...

    def safety_number(self, network: NetworkName, node_id: NodeId, public_key: str = "") -> str:
        """60 digits both sides can compare by voice, in groups of five; empty without a key.

        They are of the key that waits for the user's word where there is one (`Node.rival_key`),
        else of the pinned one.

        Args:
            public_key: Ask for this key's digits, in hex: what is shown and what is then accepted
                must be of the same moment; empty = the one described above.
        """
        ...


class PublishingApi(Protocol):
    """What a front end sees of the packet capture service. Everything here is quick."""

    def status(self) -> PublishingStatus:
        """Where it stands, with every broker in the order of the settings."""
        ...

    def preview(self, name: str) -> Preview | None:
        """Exactly what a broker gets next; None = its topics are not known yet.

        Args:
            name: As in `PublisherStatus.name`; `LookupError` where there is none.
        """
        ...

    def pause(self, name: str, *, is_paused: bool) -> None:
        """Give a broker no packets until it goes on, or the program ends; it stays connected, and
        is still told how the observer stands.
        """
        ...

    def retry(self, name: str) -> None:
        """Try a broker that is down now instead of later."""
        ...

    def set_filter(self, text: str) -> None:
        """Let only what passes leave, from now on until the program ends; blank = everything.

        Raises:
            FilterError: It cannot be read.
        """
        ...

    def renew(self, name: str) -> None:
        """Ask for a new token, and log in with it."""
        ...


@dataclass(frozen=True, slots=True)
class ReadingProgress:
    """How far a recording is read.

    Attributes:
        packets: Found so far; these can be asked for.
        bytes_total: None = more may come (a pipe that goes on).
        problems: What is wrong with the recording, a sentence each; not cleaned for a terminal.
    """

    packets: int
    bytes_read: int
    bytes_total: int | None
    is_complete: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilterProgress:
    """How far a filter has looked.

    Attributes:
        passing: Indices that passed since the last report, ascending.
        looked_at: Packets looked at so far, in this run.
        total: Packets this run will look at.
    """

    passing: Sequence[int]
    looked_at: int
    total: int


class RecordingApi(Protocol):
    """What a front end sees of an opened recording. Packets are counted from 0 here; a row's
    `number` is one more. Only what is asked for is decoded; generators work off the loop, in
    slices of some 50 ms, and stop when they are closed.
    """

    @property
    def title(self) -> str:
        """What was opened, as the user called it; not cleaned."""
        ...

    @property
    def form(self) -> str:
        """`JSON Lines`, `pcap` or `pcapng`."""
        ...

    def __len__(self) -> int:
        """Packets found so far."""
        ...

    def row(self, index: int) -> PacketRow:
        """One packet; quick.

        Raises:
            IndexError: There is none of that index (yet).
        """
        ...

    def rows(self, start: int, stop: int) -> Sequence[PacketRow]:
        """Packets `start` up to before `stop`, as far as there are; quick for a screenful."""
        ...

    def progress(self) -> ReadingProgress:
        """How far it is read, at this moment."""
        ...

    def read_on(self) -> AsyncGenerator[ReadingProgress, None]:
        """Read on to the end, or for as long as a pipe goes on; reports as it goes.

        Nothing is read but what `open` has read while nobody iterates this.
        """
        ...

    def filtered(self, text: str, start: int = 0) -> AsyncGenerator[FilterProgress, None]:
        """Look for packets that pass, among those from `start` that are found by now.

        Raises:
            FilterError: At once; the filter cannot be read.
        """
        ...

    def dissect(self, row: PacketRow) -> Dissection:
        """Take a packet apart with the keys at hand."""
        ...

    def add_channel(self, name: str, secret_hex: str = "") -> None:
        """Read all packets with one more channel from now on; without a key it follows from the
        name. Rows and filters asked for before know nothing of it.

        Raises:
            LocalProtocolError: It is no key, or no network has such a channel.
        """
        ...

    def name_of(self, node_id: str) -> str:
        """The name a node gave itself in what was decoded so far, not cleaned; or empty."""
        ...

    async def export(
        self, folder: Path, indices: Sequence[int] | None, form: str = "jsonl"
    ) -> Path:
        """Write packets (None = all) to a new file in `folder`; see `MeshApi.export`."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """Something a first run can connect to: `url` may be offered as a link."""

    title: str
    url: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NearbyRadio:
    """A radio or gateway that was heard over Bluetooth.

    Attributes:
        name: As it calls itself, which anybody may; empty = it does not say.
        rssi_dbm: How well it is heard; None = not known.
        url: The link that leads there.
    """

    name: str
    address: str
    rssi_dbm: int | None
    url: str


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """What trying a link showed.

    Attributes:
        problem: Why it does not work, for a person; empty = it does.
        is_silent: It opens, may not be greeted, and no packet was heard: whose it is stays open.
    """

    problem: str = ""
    is_silent: bool = False


class SetupApi(Protocol):
    """First run: an identity and a link, before there is a mesh."""

    def has_identity(self) -> bool:
        """There is a key file already: only a link is missing."""
        ...

    def name(self) -> str:
        """Return the user's display name, as the settings have it; empty = they have none."""
        ...

    def new_words(self, count: int) -> Sequence[str]:
        """Fresh BIP39 words, 12 or 24. They are kept nowhere until `create`."""
        ...

    def check_words(self, words: str) -> str:
        """Say what is wrong with typed words, for a person; empty = they are right."""
        ...

    async def create(self, words: str, passphrase: str, password: str | None) -> Myself:
        """Derive the identity and write the key file; `password` None = not encrypted.

        Raises:
            KeystoreError: It could not be written, or one is there already.
        """
        ...

    async def found(self) -> Sequence[Found]:
        """What can be seen from here: brokers on this machine, serial ports."""
        ...

    def radios(self) -> AsyncGenerator[Sequence[NearbyRadio], None]:
        """Listen for radios over Bluetooth; all that were heard, twice a second for a minute.

        Raises:
            TransportError: There is no Bluetooth here, it is off, or we may not use it.
        """
        ...

    async def check_link(self, url: str) -> LinkCheck:
        """Try a link URL for at most ten seconds."""
        ...

    async def save_links(self, urls: Sequence[str], name: str) -> None:
        """Write all links and the user's display name to the configuration.

        No links = those that are set stay.
        """
        ...


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a profile lives. All in one folder with `--home`, else the platform's own folders."""

    config_file: Path
    keys_file: Path
    database_file: Path
    log_file: Path
    themes_dir: Path


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the user chose for the screen; the front end reads it, nobody below does.

    Attributes:
        glyphs: `unicode` or `plain`.
        saved: Remembered choices (sort order, columns, …), opaque to everyone but their pane.
    """

    theme: str
    glyphs: str
    saved: Mapping[str, str]
