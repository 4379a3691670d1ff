"""What a text costs on the air, and why one cannot be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.ids import ConversationKind, NodeId, split_conversation
from meshtui.model.message import SendCost
from meshtui.networks.meshcore.text_limits import misfit

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId
    from meshtui.networks.meshcore.companion.radio import Radio

RAW_PACKET_VERSION: Final = (1, 16)
_KEY_CHARS: Final = 64
_BLOCK: Final = 16
_TEXT_HEAD: Final = 5  # time and flags, before the text and sealed with it
_GROUP_HEAD: Final = 1 + 1 + 1 + 2  # header, path_len, channel hash, MAC
_DIRECT_HEAD: Final = 1 + 1 + 2 + 2  # header, path_len, both hashes, MAC


def objection(radio: Radio, conversation: ConversationId, text: str) -> str:
    """Say why this radio cannot carry a text, and what to do; empty = it can."""
    _, kind, target = split_conversation(conversation)
    if target == radio.node_id:
        return "that is the radio itself"
    is_channel = kind is ConversationKind.CHANNEL
    complaint = misfit(conversation, text, radio.name)
    return complaint or (_no_channel(radio, target) if is_channel else "")


def cost(radio: Radio, conversation: ConversationId, text: str) -> SendCost | None:
    """Reckon what sending a text takes; None where the radio has not said how it is set."""
    if radio.settings is None:
        return None
    _, kind, target = split_conversation(conversation)
    size = len(text.encode(errors="replace"))
    if kind is ConversationKind.CHANNEL:
        size += len(f"{radio.name}: ".encode(errors="replace"))
        frame_bytes = _GROUP_HEAD + _sealed(size)
    else:
        path_bytes = 0
        if len(target) == _KEY_CHARS:
            contact = radio.contacts.get(_key(target))
            path_bytes = len(contact.out_path.data) if contact else 0
        frame_bytes = _DIRECT_HEAD + path_bytes + _sealed(size)
    airtime_ms = time_on_air_ms(frame_bytes, radio.settings)
    return SendCost(1, frame_bytes, airtime_ms, "text", duty_used=0.0)


def is_raw_possible(radio: Radio) -> bool:
    """Tell whether the radio sends packets we made; where it does not say, it is tried."""
    return radio.version is None or radio.version[:2] >= RAW_PACKET_VERSION


def _sealed(size: int) -> int:
    return -(-(_TEXT_HEAD + size) // _BLOCK) * _BLOCK


def _no_channel(radio: Radio, name: str) -> str:
    channel = radio.station.keyring.channel(name)
    if channel is None:
        return f"no key of {name} is known; join it first"
    secret = channel.secret.reveal
    is_kept = radio.slot_of(secret) is not None
    if is_kept or is_raw_possible(radio):
        return ""
    if len(secret) == _BLOCK and radio.free_slot() is not None:
        return ""
    version = ".".join(str(part) for part in radio.version or ())
    return (
        f"{name} is in none of the radio's {radio.max_channels} slots, and its firmware {version} "
        "sends no packets made here (1.16 does): leave another channel, then join this one again"
    )


def _key(node_id: str) -> bytes:
    try:
        return bytes.fromhex(NodeId(node_id))
    except ValueError:
        return b""
