"""A channel's text: who claims to have written it.

In a channel anybody can call himself anything, so a channel's author is a claim: its id is `~` and
the claimed name, which no node's id begins with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from meshtui.model.ids import NodeId

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId

CLAIMED: Final = "~"
MAX_NAME_CHARS: Final = 64  # firmware takes 31 bytes; what is longer is a text with a colon in it
Said: TypeAlias = "tuple[ConversationId, str, int, str]"
"""Conversation, claimed sender, the sender's clock in Unix seconds, and all words."""


def claimed_sender(name: str) -> NodeId:
    """Name the author of a channel text, of whom nothing is proven."""
    return NodeId(CLAIMED + name)


def split_sender(text: str) -> tuple[str, str]:
    """Split `name: text`; without a name, it is empty and the text is whole."""
    name, colon, rest = text.partition(": ")
    if not colon or not name or len(name) > MAX_NAME_CHARS:
        return "", text
    return name, rest
