"""What no MeshCore radio can carry, whichever it is: known before one is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.ids import ConversationKind, split_conversation
from meshtui.networks.meshcore.payloads.text import MAX_TEXT_BYTES

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId


def misfit(conversation: ConversationId, text: str, name: str) -> str:
    """Say why a text does not fit, and what to do; empty = it does. In channels our name goes too.

    Args:
        name: Ours; empty = not known yet.
    """
    if "\0" in text:
        return "a MeshCore text ends at its first NUL character; take it out"
    is_direct = split_conversation(conversation)[1] is ConversationKind.DIRECT
    taken = 0 if is_direct else len(f"{name}: ".encode(errors="replace"))
    size, limit = len(text.encode(errors="replace")), MAX_TEXT_BYTES - taken
    if size <= limit:
        return ""
    beside = " beside your name" if taken else ""
    return f"it is {size} bytes long, and {limit} fit{beside}: shorten it by {size - limit}"
