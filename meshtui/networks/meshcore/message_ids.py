"""Names for texts that have none on the wire.

The same text reaches us several ways: from the radio's own queue, from its raw log, again by
another repeater, again by another radio. All of them give the same id.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from meshtui.model.ids import MessageId

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId

ID_BYTES = 8
_BORDERS = 3


def text_digest(conversation: ConversationId, sender: str, timestamp: int, text: str) -> bytes:
    """Return 8 bytes that are the same for every attempt at, and reception of, a text.

    Args:
        sender: Node id, or in a channel the claimed name.
        timestamp: The sender's, Unix seconds.
    """
    whole = f"{conversation}\0{sender}\0{timestamp}\0{text}"
    if whole.count("\0") != _BORDERS:
        parts = (conversation, sender, str(timestamp), text)
        whole = "\0".join(part.replace("\0", "\0\0") for part in parts)
    try:
        data = whole.encode()
    except UnicodeEncodeError:  # half a character, which no packet can hold, but a store might
        data = whole.encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).digest()[:ID_BYTES]


def message_id_of(digest: bytes) -> MessageId:
    """Name a text by its digest."""
    return MessageId(digest.hex())
