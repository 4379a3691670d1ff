"""One conversation as it is shown: a fold of history and events, idempotent by message id."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from meshtui.model.event import DeliveryChanged, MessageQueued, MessageReceived

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId, MessageId, NodeId
    from meshtui.model.message import Delivery, DeliveryState, Message

MAX_MESSAGES = 5_000


@dataclass(slots=True)
class Change:
    """What a fold did to the rows.

    Attributes:
        appended: Rows added at the end.
        rows: Rows that look different.
        is_reordered: A row came in between: draw everything again.
        dropped: Rows taken from the beginning, to keep the bound.
    """

    appended: int = 0
    rows: tuple[int, ...] = ()
    is_reordered: bool = False
    dropped: int = 0


class ChatLog:
    """The messages of one conversation in arrival order, and where the unread ones began.

    Attributes:
        unread: How many were unread when the chat was entered.
        first_unread: `Message.order` above which the divider stands; None = no divider. It is
            set when the chat is entered and stays until the chat is left.
        has_older: The store may hold more above the first message.
    """

    def __init__(self, conversation: ConversationId) -> None:
        """Begin empty."""
        self.conversation = conversation
        self.messages: list[Message] = []
        self.first_unread: int | None = None
        self.unread = 0
        self.has_older = True
        self._keys: dict[tuple[str, MessageId], int] = {}
        self._early: dict[MessageId, Delivery] = {}

    def enter(self, last_read: int, unread: int) -> None:
        """Pin the divider, before anything is marked as read."""
        self.first_unread = last_read if unread else None
        self.unread = unread

    def load(self, history: Sequence[Message], limit: int) -> int:
        """Take a page of history, older than or overlapping what is here.

        Returns:
            How many rows it put before the first.
        """
        self.has_older = len(history) >= limit
        older = [m for m in history if _key(m) not in self._keys]
        if not older:
            return 0
        before = 0
        if self.messages:
            first = self.messages[0].order
            before = sum(message.order < first for message in older)
        self.messages = sorted([*older, *self.messages], key=_order)
        for message in older:
            self._keys[_key(message)] = message.order
        return before if len(self.messages) > len(older) else len(older)

    def apply(self, event: Event) -> Change:
        """Fold an event; those of other conversations change nothing."""
        match event:
            case MessageReceived(message) | MessageQueued(message):
                if message.conversation == self.conversation:
                    return self._insert(message)
            case DeliveryChanged(message_id, conversation, delivery):
                if conversation == self.conversation:
                    return self._deliver(message_id, delivery)
        return Change()

    def remove_sender(self, sender: NodeId) -> None:
        """A sender was blocked: their messages go out of sight."""
        self.messages = [message for message in self.messages if message.sender != sender]
        self._keys = {key: order for key, order in self._keys.items() if key[0] != sender}

    @property
    def last_order(self) -> int:
        """Order of the newest message; 0 in an empty chat."""
        return self.messages[-1].order if self.messages else 0

    def row_of(self, order: int) -> int | None:
        """Where the message with an order stands."""
        row = bisect_left(self.messages, order, key=_order)
        if row < len(self.messages) and self.messages[row].order == order:
            return row
        return None

    def divider_row(self) -> int | None:
        """Where the divider stands: before the first unread message of somebody else."""
        if self.first_unread is None:
            return None
        first = bisect_left(self.messages, self.first_unread + 1, key=_order)
        unread = range(first, len(self.messages))
        return next((row for row in unread if not self.messages[row].is_own), None)

    def last_own(self, states: Iterable[DeliveryState]) -> Message | None:
        """Our newest message in one of these states."""
        wanted = frozenset(states)
        for message in reversed(self.messages):
            if message.delivery is not None and message.delivery.state in wanted:
                return message
        return None

    def senders(self) -> list[NodeId]:
        """Who has written, the latest first."""
        return list(dict.fromkeys(message.sender for message in reversed(self.messages)))

    def _insert(self, message: Message) -> Change:
        key = _key(message)
        if key in self._keys:
            return Change()
        early = self._early.pop(message.message_id, None)
        if early is not None and message.is_own:
            message = replace(message, delivery=early)
        self._keys[key] = message.order
        if self.messages and message.order < self.messages[-1].order:
            row = bisect_left(self.messages, message.order, key=_order)
            self.messages.insert(row, message)
            return Change(is_reordered=True)
        self.messages.append(message)
        return Change(appended=1, dropped=self._bound())

    def _bound(self) -> int:
        """Drop a tenth of the rows at once when there are too many; the store has them."""
        if len(self.messages) <= MAX_MESSAGES:
            return 0
        dropped = MAX_MESSAGES // 10
        for message in self.messages[:dropped]:
            self._keys.pop(_key(message), None)
        del self.messages[:dropped]
        self.has_older = True
        return dropped

    def _deliver(self, message_id: MessageId, delivery: Delivery) -> Change:
        for row in range(len(self.messages) - 1, -1, -1):
            message = self.messages[row]
            if message.message_id == message_id and message.is_own:
                self.messages[row] = replace(message, delivery=delivery)
                return Change(rows=(row,))
        if len(self._early) < MAX_MESSAGES:
            self._early[message_id] = delivery
        return Change()


def _order(message: Message) -> int:
    return message.order


def _key(message: Message) -> tuple[str, MessageId]:
    """Tell messages apart; as whom we wrote one of ours may be found out later."""
    return "" if message.is_own else message.sender, message.message_id
