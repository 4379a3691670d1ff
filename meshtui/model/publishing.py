"""Publishing what a radio hears: where each broker stands, what the next message is.

One publisher a broker. Texts are for a person and hold no secret; what a broker or a radio said in
them is not yet cleaned for a terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshtui.model.ids import LinkId, NetworkName, NodeId


class PublisherState(Enum):
    """Where a publisher stands."""

    OFF = "off"  # switched off in the settings
    BROKEN = "broken"  # its settings are wrong; `reason` names file and key
    WAITING = "waiting"  # for the radio to say who it is, or for a signature
    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"  # tries again by itself, see `retry_at_ms`


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """The login that a publisher holds; the token itself is nowhere to be seen.

    Attributes:
        signed_by: For a person: `the radio`, `private_key_path`, `the key the radio exported`,
            `our own key`.
        renew_at_ms: When the next one is asked for.
    """

    issued_ms: int
    expires_ms: int
    renew_at_ms: int
    signed_by: str


@dataclass(frozen=True, slots=True)
class PublisherStatus:
    """One broker.

    Attributes:
        name: As in the settings: `mqtt1`.
        where: Scheme, host, port and path, never user or password: `wss://host:443/mqtt`.
        since_ms: Since when it is up, or is not: attempts in between do not count.
        reason: Why it is not up, in words, with what to do; or the last error while it is up.
        retry_at_ms: When the next attempt is due; 0 = none planned.
        is_paused: Kept connected, given nothing; what is heard meanwhile is `held_back`, and so is
            what waited when a filter was set that it does not pass.
        is_unwell: More health checks failed in a row than the grace period allows.
        queued: Messages that wait; bounded by `queue_limit`.
        published: Packets that the broker confirmed (QoS 1), or the connection took (QoS 0).
        dropped: Packets lost: the queue was full, or its login was another's.
        connects: Connections that succeeded.
        failures: Attempts that failed since the last one that succeeded.
        last_published_ms: 0 = never.
        login: How it logs in: `token`, `password`, or empty: not at all.
        token: None = it has none, or needs none.
    """

    name: str
    where: str
    state: PublisherState
    since_ms: int
    reason: str = ""
    retry_at_ms: int = 0
    is_paused: bool = False
    is_unwell: bool = False
    qos: int = 0
    queued: int = 0
    queue_limit: int = 0
    published: int = 0
    dropped: int = 0
    held_back: int = 0
    connects: int = 0
    failures: int = 0
    last_published_ms: int = 0
    topic_packets: str = ""
    topic_status: str = ""
    login: str = ""
    token: TokenStatus | None = None


@dataclass(frozen=True, slots=True)
class OutputStatus:
    """The file that packet messages are written to.

    Attributes:
        written: Messages on disk.
        lost: Messages that found no room or could not be written.
        reason: What is wrong at the moment, with what to do; empty = nothing.
    """

    path: str
    written: int = 0
    lost: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PublishingStatus:
    """The service as a whole.

    Attributes:
        node_id: Whose ears these are; empty before the radio said so.
        link_id: The radio's link; empty where there is none to listen to.
        is_radio_up: The radio is connected. Without it brokers stay connected.
        captured: Packets heard (and sent, where `publish_own` is set) since the start.
        kept_back: Of these, how many the filter did not let pass.
        missed: Packets that passed too fast to be looked at.
        filter: What leaves; empty = everything.
        problem: Why nothing is captured, for a person; empty = it works.
    """

    network: NetworkName
    link_id: LinkId | str
    node_id: NodeId | str
    name: str
    is_radio_up: bool
    since_ms: int
    captured: int
    kept_back: int
    missed: int
    filter: str
    problem: str
    publishers: tuple[PublisherStatus, ...]
    output: OutputStatus | None = None


class PreviewKind(Enum):
    """What a preview shows."""

    NEXT = "next"  # waits in the queue, leaves next
    LAST = "last"  # left last: nothing waits
    EXAMPLE = "example"  # nothing was heard yet: the status message as it would be


@dataclass(frozen=True, slots=True)
class Preview:
    """Exactly what a broker gets: these bytes at this topic.

    Attributes:
        payload: JSON, as it is on the wire.
    """

    kind: PreviewKind
    topic: str
    payload: bytes
    qos: int
    is_retained: bool
