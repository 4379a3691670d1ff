"""What a node asks for and what it learned: everything `MeshcoreNode` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.channel_key import ChannelKey
    from meshtui.networks.meshcore.node.contacts import Contact, OutPath
    from meshtui.networks.meshcore.packet import Packet


class Send(NamedTuple):
    """A packet for the air.

    Attributes:
        priority: Lower first, among those that may go: 0 direct, 1 text, 2 path, 3 advert, and
            for a flood passed on the hops it has made.
        not_before_s: Monotonic seconds; it waits at least until then.
        is_relay: It is passed on for others.
    """

    data: bytes
    priority: int
    not_before_s: float
    is_relay: bool = False


class Dropped(NamedTuple):
    """A packet that told us nothing: `seen`, `not-for-us`, `forged`, `hop-limit`, …

    It may be passed on for others all the same.

    Attributes:
        reason: A short stable word.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class AdvertHeard:
    """A node advertised itself; the signature was verified, the time is new, it is not ours.

    Attributes:
        is_new: It was not among the contacts before.
        is_contact: It is now.
    """

    contact: Contact
    packet: Packet
    rx: RxMeta
    is_new: bool
    is_contact: bool


@dataclass(frozen=True, slots=True)
class ContactDeleted:
    """A contact was forgotten to make room; or, with `is_full`, one could not be taken in."""

    public_key: bytes
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class TextHeard:
    """A text for us. Retries of it are told again: who shows it tells them apart by its time.

    Attributes:
        peer: Public key of who sent it.
        timestamp: By the sender's clock, Unix seconds.
        txt_type: 0 plain, 1 command or its answer, 2 post of a room.
        author: First four bytes of the author's key, for type 2; else empty.
    """

    peer: bytes
    timestamp: int
    txt_type: int
    attempt: int
    text: str
    author: bytes
    packet: Packet
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class GroupTextHeard:
    """A text of a channel, with its author's name in front: `name: text`."""

    channel: ChannelKey
    timestamp: int
    text: str
    packet: Packet
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class GroupDataHeard:
    """Data of a channel."""

    channel: ChannelKey
    data_type: int
    data: bytes
    packet: Packet
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class AckHeard:
    """One of our texts was acknowledged.

    Attributes:
        ack: The four bytes that `Sent.ack` promised.
        peer: Whom the text was sent to.
        rtt_ms: Since it was handed over.
        packet: What brought it; an `ACK`, `MULTIPART` or `PATH`.
    """

    ack: bytes
    peer: bytes
    rtt_ms: int
    packet: Packet
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class PathLearned:
    """A peer told us the way to it; it is in use from now on."""

    peer: bytes
    out_path: OutPath
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class PathDiscovered:
    """The answer to `discover_path`; nothing was changed by it.

    Attributes:
        out_path: The way from us to the peer.
        in_path: The way by which its answer came.
    """

    peer: bytes
    out_path: OutPath
    in_path: OutPath
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class LoginAnswered:
    """A repeater or room answered our login. (A wrong password is not answered at all.)

    Attributes:
        server_time: By its clock, Unix seconds.
        permissions: Low two bits: 0 guest, 1 reader, 2 writer, 3 administrator.
        firmware_level: 0 = it did not say.
    """

    peer: bytes
    is_ok: bool
    is_admin: bool
    permissions: int
    server_time: int
    firmware_level: int
    packet: Packet
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class ResponseHeard:
    """A peer answered a request.

    Attributes:
        tag: As `Sent.tag` was.
        body: Without the tag; zeros follow it where the cipher needed them.
        kind: What we had asked; None = nothing of that tag.
    """

    peer: bytes
    tag: bytes
    body: bytes
    kind: int | None
    packet: Packet
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class RequestHeard:
    """A peer asks something that this node does not answer by itself; see `respond`."""

    peer: bytes
    tag: bytes
    kind: int
    params: bytes
    packet: Packet
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class TraceHeard:
    """A trace has reached the end of its way, and we hear it.

    Attributes:
        flags: Low two bits: entries of `path` have 1, 2, 4 or 8 bytes.
        path: The hashes it went by, one after another.
        snrs_q4: How each of them heard it, quarters of a decibel.
        final_snr_db: How we heard it; None where the link does not say.
    """

    tag: int
    auth: int
    flags: int
    path: bytes
    snrs_q4: tuple[int, ...]
    final_snr_db: float | None
    packet: Packet
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class ControlHeard:
    """A control packet from somebody in reach: a call for discovery, or an answer to one."""

    payload: bytes
    packet: Packet
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class RawHeard:
    """Data of a kind that only its sender knows."""

    payload: bytes
    packet: Packet
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """A room has not answered our signs of life for two and a half intervals."""

    peer: bytes


@dataclass(frozen=True, slots=True)
class ClientLoggedIn:
    """Somebody logged in to us."""

    peer: bytes
    permissions: int


@dataclass(frozen=True, slots=True)
class PostStored:
    """Somebody wrote in the room we keep."""

    author: bytes
    timestamp: int
    text: str


@dataclass(frozen=True, slots=True)
class RebootAsked:
    """An administrator asked for a reboot."""

    peer: bytes


NodeOutput: TypeAlias = (
    Send
    | Dropped
    | AdvertHeard
    | ContactDeleted
    | TextHeard
    | GroupTextHeard
    | GroupDataHeard
    | AckHeard
    | PathLearned
    | PathDiscovered
    | LoginAnswered
    | ResponseHeard
    | RequestHeard
    | TraceHeard
    | ControlHeard
    | RawHeard
    | ConnectionLost
    | ClientLoggedIn
    | PostStored
    | RebootAsked
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of something we were asked to send.

    Attributes:
        outputs: To be carried out.
        ack: What will acknowledge it; empty where nothing will.
        tag: What its answer will carry; empty where there is none.
        est_timeout_ms: After this long without ack or answer, it is lost.
        is_flood: It goes everywhere, for want of a path.
    """

    outputs: tuple[NodeOutput, ...]
    ack: bytes = b""
    tag: bytes = b""
    est_timeout_ms: int = 0
    is_flood: bool = False
