"""What a modem's line is given, and what it has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from meshtui.model.ids import MessageId
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.kiss import KissFrame, KissNoise
    from meshtui.networks.meshcore.modem.greeting import ModemFacts, Question


class Outgoing(NamedTuple):
    """A packet that waits for its turn.

    Attributes:
        message_id: The text it carries; None for everything else.
    """

    data: bytes
    priority: int
    not_before_s: float
    message_id: MessageId | None = None
    is_relay: bool = False


@dataclass(frozen=True, slots=True)
class PacketHeard:
    """The radio heard a packet."""

    data: bytes
    rx: RxMeta


@dataclass(frozen=True, slots=True)
class PacketSent:
    """A packet has been on the air, or the modem could not send it."""

    outgoing: Outgoing
    is_ok: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Greeted:
    """The modem has told what it is, and takes packets."""

    facts: ModemFacts


@dataclass(frozen=True, slots=True)
class Replied:
    """The modem has answered what it was asked after its greeting, or will not.

    Attributes:
        question: The very one that was asked.
        code: That of the answer, or of an error; None = it keeps silent.
    """

    question: Question
    code: int | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Tuned:
    """The radio is set otherwise than before."""


@dataclass(frozen=True, slots=True)
class Restarting:
    """The modem starts anew: nothing that was asked of it is answered any more."""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes for the line.

    Attributes:
        packet: Those that they put on the air; None for a question.
    """

    wire: bytes
    packet: Outgoing | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The modem said something besides packets; for those who watch the line."""

    frame: KissFrame | KissNoise


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something is wrong with the modem, in words for a person."""

    text: str


LineEvent: TypeAlias = (
    PacketHeard | PacketSent | Greeted | Replied | Tuned | Restarting | Write | Answer | Trouble
)
