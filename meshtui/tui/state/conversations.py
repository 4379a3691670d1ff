"""All conversations with their unread counts: a fold, so that the list is right without asking.

Three levels, as in weechat: nothing, messages, and what is for us (mentions, direct messages). A
muted conversation counts only what is for us.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.model.event import (
    ChannelChanged,
    ConversationRead,
    DraftChanged,
    MessageQueued,
    MessageReceived,
    NotifyChanged,
)
from meshtui.model.ids import (
    ConversationKind,
    channel_conversation,
    channel_title,
    split_conversation,
)
from meshtui.model.message import Conversation, NotifyLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId, NodeId
    from meshtui.model.message import Channel, Message


class ConversationBook:
    """A fold of messages, reads, drafts, notify levels and channels.

    Attributes:
        open_id: The conversation being read; nothing in it counts as unread.
    """

    def __init__(self, is_blocked: Callable[[NodeId], bool]) -> None:
        """Begin empty; blocked senders do not count."""
        self.talks: dict[ConversationId, Conversation] = {}
        self.announced: dict[ConversationId, Channel] = {}
        self._left: set[ConversationId] = set()
        self.open_id: ConversationId | None = None
        self._is_blocked = is_blocked
        self._counted: dict[ConversationId, int] = {}
        self._loaded_ms: dict[ConversationId, int] = {}

    def load(self, talks: Iterable[Conversation], channels: Iterable[Channel]) -> None:
        """Take what the store has; messages it has counted already are not counted again."""
        for talk in talks:
            self.talks[talk.conversation_id] = talk
            self._loaded_ms[talk.conversation_id] = talk.last_at_ms
        for channel in channels:
            self._channel(channel)

    def apply(self, event: Event) -> bool:
        """Fold an event; True where the list looks different."""
        match event:
            case MessageReceived(message):
                return self._received(message)
            case MessageQueued(message):
                self._touch(message)
            case ConversationRead(conversation, order):
                self._read(conversation, order)
            case DraftChanged(conversation, draft):
                self._change(replace(self._talk(conversation), draft=draft))
            case NotifyChanged(conversation, notify):
                self._change(replace(self._talk(conversation), notify=notify))
            case ChannelChanged(channel):
                self._channel(channel)
            case _:
                return False
        return True

    def open(self, conversation: ConversationId) -> Conversation:
        """Make sure it is in the list, as an empty one if need be."""
        talk = self._talk(conversation)
        self._change(talk)
        before, self.open_id = self.open_id, conversation
        if before in self._left:
            self._drop_if_empty(before)
        return talk

    def keep_draft(self, conversation: ConversationId, draft: str) -> None:
        """What is typed there and not sent."""
        self._change(replace(self._talk(conversation), draft=draft))

    def in_order(self) -> list[Conversation]:
        """Direct ones and channels, by network, then those with something for us, then newest."""
        return sorted(
            self.talks.values(),
            key=lambda talk: (talk.network, -talk.last_at_ms, talk.title.casefold()),
        )

    def discoverable(self) -> list[Channel]:
        """Announced channels not joined, by name."""
        return sorted(self.announced.values(), key=lambda channel: channel.name.casefold())

    def next_unread(self) -> ConversationId | None:
        """Where to look next: what is for us first, then the rest; the longest waiting first."""
        waiting = [
            talk
            for talk in self.talks.values()
            if talk.conversation_id != self.open_id and level_of(talk) > 0
        ]
        waiting.sort(key=lambda talk: (-level_of(talk), talk.last_at_ms))
        return waiting[0].conversation_id if waiting else None

    def first_to_open(self) -> ConversationId | None:
        """Where to begin: the newest that is for us, else the newest that is not muted."""
        talks = sorted(
            self.talks.values(),
            key=lambda talk: (
                not talk.mentions,
                talk.notify is NotifyLevel.MUTE,
                -talk.last_at_ms,
            ),
        )
        return talks[0].conversation_id if talks else None

    def unread_elsewhere(self) -> tuple[int, int]:
        """Messages, and those among them that are for us, outside the open conversation."""
        others = [talk for talk in self.talks.values() if talk.conversation_id != self.open_id]
        counted = [talk for talk in others if talk.notify is not NotifyLevel.MUTE]
        return sum(talk.unread for talk in counted), sum(talk.mentions for talk in others)

    def _received(self, message: Message) -> bool:
        conversation = message.conversation
        if self._is_blocked(message.sender):
            return False
        is_stale = message.order <= self._counted.get(conversation, 0) or (
            conversation in self._loaded_ms
            and message.received_at_ms <= self._loaded_ms[conversation]
        )
        if is_stale and message.order:
            return False
        self._counted[conversation] = message.order
        self._touch(message)
        if conversation == self.open_id:
            return True
        talk = self._talk(conversation)
        is_ours = talk.kind is ConversationKind.DIRECT or message.mentions_me
        self._change(
            replace(talk, unread=talk.unread + 1, mentions=talk.mentions + (1 if is_ours else 0))
        )
        return True

    def _touch(self, message: Message) -> None:
        talk = self._talk(message.conversation)
        self._change(replace(talk, last_at_ms=max(talk.last_at_ms, message.received_at_ms)))

    def _read(self, conversation: ConversationId, order: int) -> None:
        talk = self._talk(conversation)
        if order >= self._counted.get(conversation, 0):
            talk = replace(talk, unread=0, mentions=0)
        self._change(replace(talk, last_read=max(order, talk.last_read)))

    def _channel(self, channel: Channel) -> None:
        conversation = channel_conversation(channel.network, channel.name)
        self.announced.pop(conversation, None)
        if channel.is_joined:
            self._left.discard(conversation)
            self._change(self._talk(conversation))
            return
        self._left.add(conversation)
        if channel.is_announced:
            self.announced[conversation] = channel
        self._drop_if_empty(conversation)

    def _drop_if_empty(self, conversation: ConversationId) -> None:
        """A channel that was left without a word in it; not while it is on the screen."""
        talk = self.talks.get(conversation)
        if talk is not None and not talk.last_at_ms and conversation != self.open_id:
            del self.talks[conversation]

    def _change(self, talk: Conversation) -> None:
        self.talks[talk.conversation_id] = talk

    def _talk(self, conversation: ConversationId) -> Conversation:
        known = self.talks.get(conversation)
        if known is not None:
            return known
        network, kind, target = split_conversation(conversation)
        is_channel = kind is ConversationKind.CHANNEL
        title = channel_title(network, target) if is_channel else target
        return Conversation(conversation, network, kind, title)


def level_of(talk: Conversation) -> int:
    """0 nothing to read, 1 messages (also where only a number-less dot is due), 2 for us."""
    if talk.mentions:
        return 2
    if talk.unread and talk.notify is not NotifyLevel.MUTE:
        return 1
    return 0
