"""What others wrote to us, as the radio kept it: every text becomes a message once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from meshtui.model.event import PacketDropped
from meshtui.model.ids import NodeId
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.companion.answers import (
    ChannelMsg,
    ChannelMsgV3,
    ContactMsg,
    ContactMsgV3,
    author_and_text,
    hops_of,
)
from meshtui.networks.meshcore.companion.driver import Priority
from meshtui.networks.meshcore.companion.greeting import read_contact, read_slot
from meshtui.networks.meshcore.mail import Delivered, Reception, channel_text, direct_text
from meshtui.networks.meshcore.payloads.text import TextType
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.companion.radio import Radio
    from meshtui.networks.meshcore.companion.scripts import Script

_DirectFrame: TypeAlias = ContactMsg | ContactMsgV3
_ChannelFrame: TypeAlias = ChannelMsg | ChannelMsgV3


class Inbox:
    """Turns text frames into messages."""

    def __init__(self, radio: Radio) -> None:
        """Keep to one radio."""
        self._radio = radio

    def take(self, frame: RadioFrame) -> None:
        """Take a text; what is none is passed over."""
        match frame:
            case ContactMsg() | ContactMsgV3():
                self._direct(frame)
            case ChannelMsg() | ChannelMsgV3():
                self._channel(frame)
            case _:
                pass

    def _channel(self, frame: _ChannelFrame) -> None:
        if frame.channel in self._radio.slots or not self._radio.run(self._look_at_slot(frame)):
            self._deliver_in_channel(frame)

    def _look_at_slot(self, frame: _ChannelFrame) -> Script:
        """Ask the radio which channel that is: the slot may have been set since it was read."""
        yield from read_slot(self._radio, frame.channel, Priority.BACKGROUND)
        self._deliver_in_channel(frame)

    def _deliver_in_channel(self, frame: _ChannelFrame) -> None:
        slot = self._radio.slots.get(frame.channel)
        if slot is None:
            self._drop("no-channel", f"a text in channel slot {frame.channel}, which is not set")
            return
        self._emit(
            channel_text(
                self._radio.station, slot.name, frame.text, frame.timestamp, self._reception(frame)
            )
        )

    def _direct(self, frame: _DirectFrame) -> None:
        keys = self._radio.keys_of(frame.prefix)
        if keys or not self._radio.run(self._look_up(frame)):
            self._deliver(frame, keys)

    def _look_up(self, frame: _DirectFrame) -> Script:
        """Ask the radio who that is: its table may have changed since it was read."""
        yield from read_contact(self._radio, frame.prefix)
        self._deliver(frame, self._radio.keys_of(frame.prefix))

    def _deliver(self, frame: _DirectFrame, keys: list[bytes]) -> None:
        """Take a text of one of these contacts; if they are several, of none in particular."""
        author, text = author_and_text(frame)
        node_id = NodeId(keys[0].hex()) if len(keys) == 1 else self._node(frame.prefix)
        if frame.text_type == TextType.COMMAND:
            if not self._radio.scripts.hear(frame, self._radio.now.mono_s):
                self._radio.news("cli", text, node_id)
            return
        nodes, link_id = self._radio.station.nodes, self._radio.link_id
        nodes.keep(node_id)
        hops = hops_of(frame.path_len)
        self._radio.emit(*nodes.wrote(node_id, link_id, frame.timestamp, hops, self._radio.now))
        self._emit(
            direct_text(
                self._radio.station,
                node_id,
                text,
                frame.timestamp,
                self._reception(frame),
                author=self._node(author) if author else None,
            )
        )

    def _node(self, prefix: bytes) -> NodeId:
        """Name a node by the beginning of its key; only that where it is not known, or not one."""
        keys = self._radio.keys_of(prefix)
        if len(keys) == 1:
            return NodeId(keys[0].hex())
        nodes = self._radio.station.nodes.by_prefix(prefix.hex())
        return nodes[0].node_id if len(nodes) == 1 else NodeId(prefix.hex())

    def _reception(self, frame: _DirectFrame | _ChannelFrame) -> Reception:
        snr_db = frame.snr_db if isinstance(frame, ContactMsgV3 | ChannelMsgV3) else None
        rx = RxMeta(None, snr_db)
        return Reception(self._radio.link_id, self._radio.now, hops_of(frame.path_len), rx)

    def _emit(self, delivered: Delivered) -> None:
        if delivered.message is not None:
            self._radio.emit(delivered.message)

    def _drop(self, reason: str, detail: str) -> None:
        self._radio.emit(
            PacketDropped(NETWORK, self._radio.link_id, reason, detail, "", "", self._radio.now)
        )
