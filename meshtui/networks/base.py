"""What a network is to the rest of the house.

A `Session` is a state machine: frames, commands and time go in; transmissions and events come out,
in the order they must happen. Five rules make it work:

1. Return, do not call.
2. Nothing a peer sends raises. Only `submit` may, and only for our own mistake.
3. Time arrives as `Instant`; randomness and keys arrive in the constructor.
4. Every buffer is bounded: entries, bytes, age.
5. One session a network, many links.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from meshtui.crypto.keys import Identity
    from meshtui.model.command import SessionCommand
    from meshtui.model.device import Device
    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId, Instant, LinkId, NetworkName, NodeId
    from meshtui.model.link import LinkInfo, LinkKind, LinkSetup, Myself
    from meshtui.model.message import SendCost
    from meshtui.model.packet import (
        Dissection,
        Frame,
        PacketSummary,
        RxMeta,
        Subscribe,
        Transmit,
        Unsubscribe,
    )
    from meshtui.model.restored import Restored
    from meshtui.model.secret import SecretBytes
    from meshtui.model.verb import Verb

Output: TypeAlias = "Transmit | Subscribe | Unsubscribe | Event"


class DigestMemory(Protocol):
    """Which ciphertexts were accepted before, for good; backed by the store.

    The session emits `MessageReceived.digest` or `DigestSeen`; the store keeps it. `has` must
    see what was emitted a moment ago and is not yet on disk, so the session calls `add` too.
    """

    def has(self, digest: bytes) -> bool:
        """Tell whether an 8-byte digest was added before, in this life or an earlier one."""
        ...

    def add(self, digest: bytes) -> None:
        """Remember it from now on in this process; disk is the store's business."""
        ...


class Session(Protocol):
    """Our side of one network, over any number of links."""

    @property
    def myself(self) -> Myself:
        """Who we are."""
        ...

    @property
    def next_deadline_s(self) -> float | None:
        """When `tick` is due, as `Instant.mono_s`; None = nothing waits."""
        ...

    def setup(self, link: LinkInfo, now: Instant) -> LinkSetup:
        """Say what a link needs before it opens. May be called for every attempt."""
        ...

    def link_up(self, link: LinkInfo, now: Instant) -> Sequence[Output]:
        """A link is open: announce ourselves, send what waited."""
        ...

    def link_down(self, link_id: LinkId, now: Instant) -> Sequence[Output]:
        """A link is gone: what it had not taken waits again."""
        ...

    def receive(self, frame: Frame) -> Sequence[Output]:
        """Take a frame; the first output is its `FrameReceived`. Never raises.

        Of a link that delivers bytes without borders (`STREAM`, `PIECES`) it is given what was
        read; each packet found in there has its own `FrameReceived`, and there may be none.
        """
        ...

    def transmitted(self, transmit: Transmit, now: Instant) -> Sequence[Output]:
        """A link took a transmission; the first output is its `FrameSent`."""
        ...

    def refused(self, transmit: Transmit, reason: str, now: Instant) -> Sequence[Output]:
        """A link will not take a transmission: its outbox is full, or the far end forbids it.

        What it carried waits again, or fails with `reason`; never sent again at once.
        """
        ...

    def submit(self, command: SessionCommand, now: Instant) -> Sequence[Output]:
        """Carry out a request.

        Raises:
            LocalProtocolError: It cannot be done; nothing has changed.
        """
        ...

    def tick(self, now: Instant) -> Sequence[Output]:
        """Time has passed: retries, expiry."""
        ...

    def shutdown(self, now: Instant) -> Sequence[Output]:
        """Last words before a clean end, such as `offline`."""
        ...

    def dissect(self, frame: Frame) -> Dissection:
        """Take a frame apart with the keys at hand, changing nothing. Never raises."""
        ...

    def summarise(self, frame: Frame) -> PacketSummary:
        """Say in one line what a frame is, with the keys at hand, changing nothing. Never raises.

        What arrived earlier may say more now: a key has come since.
        """
        ...

    def verbs(self) -> Sequence[Verb]:
        """What an `Ask` can name here; the same for the session's whole life."""
        ...

    def devices(self) -> Sequence[Device]:
        """The radios of ours that said something of themselves, as they stand."""
        ...

    def cost(self, conversation: ConversationId, text: str, now: Instant) -> SendCost | None:
        """Say what sending this text by radio would take; None where no radio would carry it.

        Quick enough for every key press; changes nothing and never raises.
        """
        ...

    def safety_number(self, node_id: NodeId, public_key: str = "") -> str:
        """60 digits both sides can compare by voice, in groups of five; empty without a key.

        They are of the key that waits for the user's word where there is one (`Node.rival_key`),
        else of the pinned one.

        Args:
            public_key: Ask for this key's digits, in hex: what is shown and what is then accepted
                must be of the same moment; empty = the one described above.
        """
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a radio that its answer tells besides who it is.

    Attributes:
        what: One word for it: `clock`.
        detail: What was found, for a person; not yet cleaned.
        fix: What to do about it; empty = nothing.
    """

    what: str
    is_ok: bool
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """How to find out whether a radio of a network is at the other end of an open link.

    Attributes:
        hello: What to send, in order.
        recognise: Given all that was read since, says which radio answered, for a person and not
            yet cleaned; empty = none yet. Never raises.
        examine: Given the same and our time (Unix seconds), says what else is to be known of that
            radio. Never raises.
        advice: What to look at where none answers.
    """

    hello: tuple[bytes, ...]
    recognise: Callable[[Sequence[bytes]], str]
    examine: Callable[[Sequence[bytes], int], Sequence[Finding]]
    advice: str


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """What somebody who reads a recording has at hand.

    Attributes:
        channels: Name and key of each; None = the key follows from the name.
        identities: A label and a private key each, as the network writes private keys.
        contacts: A label and a public key each.
    """

    channels: tuple[tuple[str, SecretBytes | None], ...] = ()
    identities: tuple[tuple[str, SecretBytes], ...] = ()
    contacts: tuple[tuple[str, bytes], ...] = ()


class Dissector(Protocol):
    """Reads frames with given keys, for recordings and for `decode`. Nothing here raises,
    whatever the frames hold, but `record`.
    """

    def summarise(self, frame: Frame) -> PacketSummary:
        """Say in one line what a frame is; quick enough for a hundred thousand."""
        ...

    def dissect(self, frame: Frame) -> Dissection:
        """Take a frame apart."""
        ...

    def record(self, frame: Frame) -> Mapping[str, object]:
        """Return what `decode --json` prints of a frame, without `ok`.

        Raises:
            DecodeError: It must be rejected; says why and where.
        """
        ...


@dataclass(frozen=True, slots=True)
class Claims:
    """What a login token says beside whose it is.

    Attributes:
        issued_s: Unix time, as `expires_s`.
        audience: The broker's bare host name; empty = not said.
        owner: The owner's public key in hex; empty = not said, like all that follow.
        email: Of the owner.
        client: The program and its version.
        iata: Where the observer stands.
    """

    issued_s: int
    expires_s: int
    audience: str = ""
    owner: str = ""
    email: str = ""
    client: str = ""
    iata: str = ""


class Observer(Protocol):
    """How a node tells others what its radio hears: messages, topics and logins, in the form that
    the network's analyzers read. Nothing here raises but `sign`.
    """

    def packet(
        self, origin: Device, payload: bytes, rx: RxMeta, at_ms: int, direction: str
    ) -> bytes:
        """Write the message of one packet as it crossed the air, also of one that is malformed.

        Args:
            origin: Who heard it, or sent it.
            direction: `rx` or `tx`.
        """
        ...

    def packet_type(self, payload: bytes) -> int:
        """Say which number `packet` gives as a packet's type."""
        ...

    def status(self, origin: Device, at_ms: int, *, is_online: bool, has_stats: bool) -> bytes:
        """Write the message that says that an observer is there, or no longer."""
        ...

    def topic(self, template: str, origin: Device, iata: str) -> str:
        """Fill a topic's placeholders in; what is none of them stays as it is."""
        ...

    def client_id(self, origin: Device, number: int) -> str:
        """Name the connection to broker `number` (1..10), so that a broker knows it again."""
        ...

    def username(self, origin: Device) -> str:
        """Whom a token logs in."""
        ...

    def token_input(self, origin: Device, claims: Claims) -> bytes:
        """Return what is to be signed for a token."""
        ...

    def token(self, origin: Device, signed: bytes, signature: SecretBytes) -> SecretBytes | None:
        """Put a token together; None = the signature is not this node's."""
        ...

    def sign(self, origin: Device, private_key: SecretBytes, data: bytes) -> SecretBytes:
        """Sign with a private key from a file, in hex as radios export it.

        Raises:
            CryptoError: It is none, or not this node's; the text holds nothing of it.
        """
        ...


class Network(Protocol):
    """A protocol family."""

    name: NetworkName

    def paces(self, kind: LinkKind) -> bool:
        """Tell whether the radio behind such a link is ours to pace: its `LinkInfo` then says
        how that radio is set.
        """
        ...

    def probe(self, kind: LinkKind) -> Probe | None:
        """Say how to greet a radio before it is relied on; None = it must only be listened to."""
        ...

    def prepare(self) -> None:
        """Do early what the first packet by radio would wait for; from any thread."""
        ...

    def open_session(
        self,
        identity: Identity,
        options: Mapping[str, object],
        restored: Restored,
        digests: DigestMemory,
        entropy: Callable[[int], bytes],
    ) -> Session:
        """Start a session.

        Args:
            options: The network's own settings, already checked by the configuration.
            entropy: Returns that many random bytes; a seeded source in tests.
        """
        ...

    def open_observer(self) -> Observer | None:
        """Say how what is heard is published; None = this network has no such thing."""
        ...

    def open_dissector(self, keys: KeyMaterial) -> Dissector:
        """Start reading with given keys; knows nothing of any session.

        Raises:
            ConfigError: A key is none of this network's; the text names it by its label.
        """
        ...
