"""One link of the session: what a companion radio and a bare modem have in common.

A port turns what its link says into facts and carries out what the user asks, as far as that radio
can. The session owns the ports, chooses among them, and keeps what must wait until one is ready.
All methods keep the rules of `networks.base.Session`: they return what must happen, in order, and
nothing the far end sends makes them raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.command import Advertise, Ask, Sign
    from meshtui.model.device import Device
    from meshtui.model.event import FrameSent
    from meshtui.model.ids import ConversationId, Instant, LinkId, MessageId, NodeId
    from meshtui.model.link import LinkInfo, Myself
    from meshtui.model.message import Channel, Message, SendCost
    from meshtui.model.packet import Frame, Transmit
    from meshtui.networks.base import Output


class Port(Protocol):
    """A link and the radio behind it."""

    @property
    def link_id(self) -> LinkId:
        """The link."""
        ...

    @property
    def is_ready(self) -> bool:
        """It is up, its greeting is over, and it takes messages."""
        ...

    @property
    def myself(self) -> Myself | None:
        """Who we are behind this link; None = it has not said."""
        ...

    @property
    def device(self) -> Device | None:
        """What the radio said of itself; None = nothing yet."""
        ...

    @property
    def next_deadline_s(self) -> float | None:
        """When `tick` is due; None = nothing waits."""
        ...

    def link_up(self, link: LinkInfo, now: Instant) -> Sequence[Output]:
        """The link is open: greet the radio."""
        ...

    def link_down(self, now: Instant) -> Sequence[Output]:
        """The link is gone. What was not proven delivered waits for `link_up`, or fails in time."""
        ...

    def receive(self, frame: Frame) -> Sequence[Output]:
        """Take what the link read; each packet in it has its own `FrameReceived`, first."""
        ...

    def describe(self, transmit: Transmit, now: Instant) -> FrameSent:
        """Say what a transmission was, as it may be shown: what is secret in it is overwritten.

        Where the radio is ours to pace, with its airtime; the verdict is `SENT`.
        """
        ...

    def transmitted(self, transmit: Transmit, now: Instant) -> Sequence[Output]:
        """The link took a transmission. (The session has emitted its `FrameSent`.)"""
        ...

    def refused(self, transmit: Transmit, reason: str, now: Instant) -> Sequence[Output]:
        """The link will not take a transmission."""
        ...

    def tick(self, now: Instant) -> Sequence[Output]:
        """Time has passed."""
        ...

    def objection(self, conversation: ConversationId, text: str) -> str:
        """Say why this radio cannot carry a text, and what to do; empty = it can."""
        ...

    def send(self, message: Message, now: Instant) -> Sequence[Output]:
        """Send a message of ours, for which `objection` was empty; it is queued on disk already.

        `Message.sent_at_ms` is a whole second and unique: it is the packet's time stamp.
        `Message.delivery.attempt` is what was tried in an earlier life.
        """
        ...

    def cancel(self, message_id: MessageId, now: Instant) -> Sequence[Output]:
        """Stop trying; nothing where it is not ours. The session says CANCELLED."""
        ...

    def join(self, channel: Channel, now: Instant) -> Sequence[Output]:
        """Let the radio know a channel, if it keeps any. `channel.secret` is set."""
        ...

    def leave(self, name: str, now: Instant) -> Sequence[Output]:
        """Let the radio forget a channel."""
        ...

    def advertise(self, request: Advertise, now: Instant) -> Sequence[Output]:
        """Change name or position where given, then flood an advertisement.

        Raises:
            LocalProtocolError: It cannot be done.
        """
        ...

    def forget_route(self, node_id: NodeId, now: Instant) -> Sequence[Output]:
        """Forget the way to a node: the next text floods."""
        ...

    def ask(self, request: Ask, now: Instant) -> Sequence[Output]:
        """Carry out a verb; exactly one final `Answered` follows in time.

        Raises:
            LocalProtocolError: This radio cannot, or the argument is wrong.
        """
        ...

    def sign(self, request: Sign, now: Instant) -> Sequence[Output]:
        """Sign as the node that the radio is; exactly one `Signed` follows in time.

        Raises:
            LocalProtocolError: Too much waits to be signed.
        """
        ...

    def cost(self, conversation: ConversationId, text: str, now: Instant) -> SendCost | None:
        """What sending this text would take; None where the radio has not said how it is set."""
        ...
