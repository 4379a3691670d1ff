"""Commands about texts and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import EncodeError
from meshtui.networks.meshcore.companion import answers
from meshtui.networks.meshcore.companion.codes import Answer
from meshtui.networks.meshcore.payloads.text import TextType
from meshtui.sim.companion.desk import (
    ILLEGAL,
    NOT_FOUND,
    OK,
    TABLE_FULL,
    UNSUPPORTED,
    Reply,
    out_path_of,
)

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion import commands
    from meshtui.networks.meshcore.node.outputs import Sent
    from meshtui.sim.companion.desk import Desk

_KEY_BYTES: Final = 16
_MOST_DATA_BYTES: Final = 167  # more is illegal, and more than a packet holds does not go
_NO_ACK: Final = bytes(4)


def sent(result: Sent, tag: bytes = b"") -> answers.Sent:
    """Say that something goes out, and what to expect; `tag` instead of the packet's own."""
    return answers.Sent(
        int(result.is_flood), tag or result.ack or result.tag or _NO_ACK, result.est_timeout_ms
    )


def send_text(desk: Desk, command: commands.SendTxtMsg) -> Reply:
    """Write to a contact."""
    contact = desk.contact(command.prefix)
    if contact is None:
        return NOT_FOUND
    if command.text_type not in {TextType.PLAIN, TextType.COMMAND}:
        return UNSUPPORTED
    now = desk.now
    timestamp = command.timestamp
    if command.text_type == TextType.COMMAND:
        timestamp = desk.node.unique_time(now)  # the radio's own: the far end refuses replays
    try:
        result = desk.node.send_text(
            contact.public_key, command.text, timestamp, now, command.attempt, command.text_type
        )
    except EncodeError:
        return TABLE_FULL
    desk.tell(sent(result))
    desk.station.do(result.outputs)
    return None


def send_channel_text(desk: Desk, command: commands.SendChannelTxtMsg) -> Reply:
    """Write to a channel."""
    if command.text_type != TextType.PLAIN:
        return UNSUPPORTED
    channel = desk.channel(command.channel)
    if channel is None:
        return NOT_FOUND
    try:
        result = desk.node.send_channel_text(channel, command.text, command.timestamp, desk.now)
    except EncodeError:
        return NOT_FOUND
    desk.station.do(result.outputs)
    return OK


def send_channel_data(desk: Desk, command: commands.SendChannelData) -> Reply:
    """Send data to a channel."""
    channel = desk.channel(command.channel)
    if channel is None:
        return NOT_FOUND
    if not command.data_type or len(command.data) > _MOST_DATA_BYTES:
        return ILLEGAL
    try:
        result = desk.node.send_channel_data(
            channel, command.data_type, command.data, desk.now, out_path_of(command.path)
        )
    except EncodeError:
        return TABLE_FULL
    desk.station.do(result.outputs)
    return OK


def sync_next(desk: Desk, _: commands.Bare) -> Reply:
    """Hand out the oldest text nobody has read."""
    frame = desk.inbox.take()
    if frame is None:
        return answers.BareAnswer(Answer.NO_MORE_MESSAGES)
    desk.tell_raw(frame)
    return None


def get_channel(desk: Desk, command: commands.GetChannel) -> Reply:
    """Tell what is in a slot."""
    if command.slot >= len(desk.slots):
        return NOT_FOUND
    channel = desk.slots[command.slot]
    if channel is None:
        return answers.ChannelInfo(command.slot, "", bytes(_KEY_BYTES))
    return answers.ChannelInfo(command.slot, channel.name, channel.secret.reveal[:_KEY_BYTES])


def set_channel(desk: Desk, command: commands.SetChannel) -> Reply:
    """Fill a slot; the firmware takes keys of 16 bytes."""
    if len(command.secret) >= 2 * _KEY_BYTES or len(command.secret) < _KEY_BYTES:
        return UNSUPPORTED
    if command.slot >= len(desk.slots):
        return NOT_FOUND
    desk.set_slot(command.slot, command.name, command.secret[:_KEY_BYTES])
    return OK
