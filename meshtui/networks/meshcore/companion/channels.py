"""Channels on a radio: those in its slots, and those it knows nothing of."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Final, TypeAlias

from meshtui.model.ids import channel_conversation
from meshtui.networks.meshcore.channel_text import claimed_sender
from meshtui.networks.meshcore.companion.commands import (
    SendChannelTxtMsg,
    SendRawPacket,
    SetChannel,
)
from meshtui.networks.meshcore.companion.driver import Priority, Reply
from meshtui.networks.meshcore.companion.greeting import take_slot
from meshtui.networks.meshcore.companion.radio import Slot
from meshtui.networks.meshcore.companion.scripts import Do, Script, Step
from meshtui.networks.meshcore.message_ids import text_digest
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    encode_packet,
    path_len_byte,
)
from meshtui.networks.meshcore.payloads.group import GroupEnvelope, encode_group
from meshtui.networks.meshcore.payloads.group_text import encode_group_text, group_text
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from meshtui.model.message import Channel, Message
    from meshtui.networks.meshcore.channel_key import ChannelKey
    from meshtui.networks.meshcore.companion.radio import Radio

SLOT_KEY_BYTES: Final = 16
_RAW_PRIORITY: Final = 1
Sending: TypeAlias = Generator[Step, Reply, Reply]


def send_in_channel(radio: Radio, name: str, message: Message) -> Sending:
    """Hand a channel's text to the radio; through a slot of its own if it can have one."""
    channel = radio.station.keyring.channel(name)
    if channel is None:
        return Reply(None, problem=f"no key of {name} is known; join it first")
    timestamp = message.sent_at_ms // 1000
    sender = claimed_sender(radio.name)
    digest = text_digest(channel_conversation(NETWORK, name), sender, timestamp, message.text)
    radio.station.note_own_text(digest, message.message_id)
    slot = radio.slot_of(channel.secret.reveal)
    if slot is None:
        slot = yield from _settle(radio, channel)
    if slot is None:
        return (yield from _send_raw(radio, channel, timestamp, message))
    command = SendChannelTxtMsg(0, slot, timestamp, message.text)
    return (yield Do(command, Priority.USER, message_id=message.message_id))


def join_channel(radio: Radio, channel: Channel) -> Script:
    """Give a channel a slot; where there is none, say what follows from that."""
    key = radio.station.keyring.channel(channel.name)
    if key is None or radio.slot_of(key.secret.reveal) is not None:
        return
    if (yield from _settle(radio, key)) is None:
        radio.news(
            "channel",
            f"{channel.name} is opened by this program, from what the radio hears, for no slot of "
            f"its {radio.max_channels} takes it: what comes while we are not connected is missed",
        )


def leave_channel(radio: Radio, name: str) -> Script:
    """Clear the slots of a channel."""
    for number in [at for at, slot in radio.slots.items() if slot.name == name]:
        reply = yield Do(SetChannel(number, "", bytes(SLOT_KEY_BYTES)), Priority.USER)
        if not reply.problem:
            take_slot(radio, number, "", bytes(SLOT_KEY_BYTES))
    radio.tell_device()


def _settle(radio: Radio, channel: ChannelKey) -> Generator[Step, Reply, int | None]:
    """Put a channel into a free slot; None where there is none, or its key is too long for one."""
    number, secret = radio.free_slot(), channel.secret.reveal
    if number is None or len(secret) != SLOT_KEY_BYTES:
        return None
    ours = Slot(channel.name, secret)
    radio.slots[number] = ours  # taken, while the radio is asked
    reply = yield Do(SetChannel(number, channel.name, secret), Priority.USER)
    if radio.slots.get(number, ours) != ours:
        # the slots were read anew meanwhile, and another channel took this one
        return (yield from _settle(radio, channel))
    if reply.problem:
        radio.slots.pop(number, None)
        return None
    radio.slots[number] = ours
    return number


def _send_raw(radio: Radio, channel: ChannelKey, timestamp: int, message: Message) -> Sending:
    """Make the packet ourselves and let the radio send it as it is."""
    plaintext = encode_group_text(group_text(timestamp, radio.name, message.text))
    sealed = radio.station.keyring.cipher_of(channel).seal(plaintext)
    payload = encode_group(GroupEnvelope(channel.hash, sealed))
    mode = radio.info.path_hash_mode if radio.info else None
    path_len = path_len_byte(0, min(3, (mode or 0) + 1))
    packet = Packet(RouteType.FLOOD, PayloadType.GRP_TXT, path_len, b"", payload)
    command = SendRawPacket(_RAW_PRIORITY, encode_packet(packet))
    reply = yield Do(command, Priority.USER, message_id=message.message_id)
    if reply.error_code is not None:
        problem = (
            f"{channel.name} is in no slot of the radio, and it sends no packets made here: "
            f"{reply.problem}"
        )
        return Reply(None, problem=problem)
    return reply
