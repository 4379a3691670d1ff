"""A link by which packets are only heard: a recording. Nobody is there to be asked or told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import NotReadyError
from meshtui.model.event import FrameReceived, FrameSent
from meshtui.model.packet import Frame
from meshtui.networks.meshcore.frame_view import summarise_frame
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.command import Advertise, Ask, Sign
    from meshtui.model.device import Device
    from meshtui.model.ids import ConversationId, Instant, LinkId, MessageId, NodeId
    from meshtui.model.link import LinkInfo, Myself
    from meshtui.model.message import Channel, Message, SendCost
    from meshtui.model.packet import Transmit
    from meshtui.networks.base import Output
    from meshtui.networks.meshcore.listener import AirListener
    from meshtui.networks.meshcore.station import Station

DEAF: Final = "a recording hears nobody: there is no radio behind this link"


class ListeningPort:
    """See `networks.meshcore.port.Port`; it is never ready, so nothing is given to it to send."""

    myself: Myself | None = None
    device: Device | None = None
    is_ready = False
    next_deadline_s: float | None = None

    def __init__(self, link_id: LinkId, station: Station, listener: AirListener) -> None:
        """Begin with nothing heard."""
        self._link_id = link_id
        self._station = station
        self._listener = listener

    @property
    def link_id(self) -> LinkId:
        """The link."""
        return self._link_id

    def link_up(self, link: LinkInfo, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """Nobody is greeted."""
        return ()

    def link_down(self, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """Nothing was on its way."""
        return ()

    def receive(self, frame: Frame) -> Sequence[Output]:
        """Judge a packet of the air; what radio and host said to each other is only shown."""
        if not frame.endpoint:
            return self._listener.hear(frame).outputs
        return (FrameReceived(NETWORK, frame, summarise_frame(frame, self._station.keyring)),)

    def describe(self, transmit: Transmit, now: Instant) -> FrameSent:
        """Say what would have been sent."""
        frame = Frame(self.link_id, transmit.payload, now, endpoint=transmit.endpoint)
        return FrameSent(NETWORK, transmit, now, summarise_frame(frame, self._station.keyring))

    def transmitted(self, transmit: Transmit, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """Nothing is sent."""
        return ()

    def refused(
        self,
        transmit: Transmit,  # noqa: ARG002
        reason: str,  # noqa: ARG002
        now: Instant,  # noqa: ARG002
    ) -> Sequence[Output]:
        """Nothing is sent."""
        return ()

    def tick(self, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """Nothing is waited for."""
        return ()

    def objection(self, conversation: ConversationId, text: str) -> str:  # noqa: ARG002
        """No text leaves here."""
        return DEAF

    def send(self, message: Message, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """Nothing leaves."""
        return ()

    def cancel(self, message_id: MessageId, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """Nothing is on its way."""
        return ()

    def join(self, channel: Channel, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """There is no radio that would keep it."""
        return ()

    def leave(self, name: str, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """There is no radio that kept it."""
        return ()

    def advertise(self, request: Advertise, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """Nobody would hear it."""
        raise NotReadyError(DEAF)

    def forget_route(self, node_id: NodeId, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """No way is kept here."""
        return ()

    def ask(self, request: Ask, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """Nobody answers."""
        raise NotReadyError(DEAF)

    def sign(self, request: Sign, now: Instant) -> Sequence[Output]:  # noqa: ARG002
        """Nobody signs."""
        raise NotReadyError(DEAF)

    def cost(self, conversation: ConversationId, text: str, now: Instant) -> SendCost | None:  # noqa: ARG002
        """No radio would carry it."""
        return None
