"""What texts a modem's node can send, and what each takes of the air."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.ids import ConversationKind, split_conversation
from meshtui.model.message import SendCost
from meshtui.networks.meshcore.modem.rig import key_in
from meshtui.networks.meshcore.text_limits import misfit

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId, Instant
    from meshtui.networks.meshcore.modem.rig import Rig

UNTUNED: Final = (
    "the modem's radio is not set: `set-radio eu` does it for now, the link's URL for good, "
    "such as ?freq=869.618&sf=8&bw=62.5&cr=8"
)
_BLOCK: Final = 16
_TEXT_HEAD: Final = 5  # time and flags, before the text and sealed with it
_GROUP_HEAD: Final = 5  # header, path_len, channel hash, MAC
_DIRECT_HEAD: Final = 6  # header, path_len, both hashes, MAC


def objection(rig: Rig, conversation: ConversationId, text: str) -> str:
    """Say why a text cannot be sent; empty = it can."""
    if not rig.line.facts.is_tuned:
        return UNTUNED
    _, kind, target = split_conversation(conversation)
    if target == rig.station.node_id:
        return "that is you"
    if kind is ConversationKind.CHANNEL and rig.station.keyring.channel(target) is None:
        return f"no key of {target} is known; join it first"
    return misfit(conversation, text, rig.name)


def cost(rig: Rig, conversation: ConversationId, text: str, now: Instant) -> SendCost | None:
    """Reckon what sending a text takes; None where the radio is not set."""
    if not rig.line.facts.is_tuned:
        return None
    _, kind, target = split_conversation(conversation)
    size = _TEXT_HEAD + len(text.encode(errors="replace"))
    head, form = _DIRECT_HEAD, "flood"
    if kind is ConversationKind.CHANNEL:
        size += len(f"{rig.name}: ".encode(errors="replace"))
        head = _GROUP_HEAD
    elif (path := rig.node.out_path(key_in(target) or b"")) is not None:
        head, form = head + len(path.path), "direct"
    frame_bytes = head + -(-size // _BLOCK) * _BLOCK
    return SendCost(
        1,
        frame_bytes,
        time_on_air_ms(frame_bytes, rig.line.settings),
        form,
        rig.line.duty_used(now.mono_s),
        rig.line.wait_s(frame_bytes, now.mono_s),
    )
