"""What may ring: the rules, without a bell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.ids import ConversationKind, split_conversation
from meshtui.model.message import NotifyLevel

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId
    from meshtui.model.message import Message
    from meshtui.tui.state.conversations import ConversationBook
    from meshtui.tui.state.directory import Directory


def should_ring(
    message: Message,
    book: ConversationBook,
    directory: Directory,
    seen: ConversationId | None,
) -> bool:
    """Whether a message may disturb.

    Args:
        seen: The conversation the user is looking at; it does not ring.
    """
    if message.is_own or message.conversation == seen or directory.is_blocked(message.sender):
        return False
    talk = book.talks.get(message.conversation)
    level = talk.notify if talk is not None else NotifyLevel.ALL
    if level is NotifyLevel.MUTE:
        return False
    is_direct = split_conversation(message.conversation)[1] is ConversationKind.DIRECT
    return level is NotifyLevel.ALL or is_direct or message.mentions_me
