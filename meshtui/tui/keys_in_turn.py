"""Keys that are carried out one after the other, however fast they come.

Textual gives a key to what has the focus when it arrives. Of `/hill` in one packet of SSH, or from
quick fingers, `hill` would still be commands of the list, for the input that `/` opens is not open
yet. Here a key waits until all that the one before it caused has been done: by whoever it was given
to, by those whom these have told, and by workers that open something. Text for the input that has
the focus moves no focus, so nothing waits for it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.app import App, ReturnType
from textual.events import Key, Paste
from textual.message import Message

from meshtui.tui.widgets.line_input import LineInput, is_text

if TYPE_CHECKING:
    from textual.events import Event
    from textual.timer import Timer

OPENING: Final = "open"
"""The group of workers that put something else under the keys."""

_ROUNDS: Final = 2
_AGAIN_S: Final = 0.01
_PATIENCE_S: Final = 2.0
"""So long keys wait while nothing goes on, at least; then they are given out as they came."""


class KeysInTurn(App[ReturnType], inherit_bindings=False):
    """An application that gives out the next key when the one before it has been dealt with."""

    @dataclass
    class Passed(Message):
        """Follows a key on its way, from the focus upwards: who gets this is done with the key.

        Attributes:
            turn: Which key.
            rounds: How often it goes the way; later ones follow what the key's handlers have sent.
        """

        turn: int
        rounds: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with no key; arguments are the application's."""
        super().__init__(*args, **kwargs)
        self._waiting: deque[Key | Paste] = deque()
        self._turn = 0
        self._is_taken = False
        self._watch: Timer | None = None
        self._watched = 0

    async def on_event(self, event: Event) -> None:
        """Give a key out, or let it wait."""
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
        elif not self._is_taken:
            await self._give_out(event)
        else:
            self._waiting.append(event)
            if self._watch is None:
                self._watched = self._turn
                self._watch = self.set_interval(_PATIENCE_S, self._look_on)

    def on_keys_in_turn_passed(self, message: Passed) -> None:
        """Go another way, or on to the next key."""
        message.stop()
        if message.turn == self._turn:
            # behind what was to be done later, such as moving the focus
            self.call_later(self._go_on, message)

    async def _give_out(self, event: Key | Paste) -> None:
        self._is_taken = not (isinstance(self.focused, LineInput) and _is_typed(event))
        await super().on_event(event)
        if self._is_taken:
            self._turn += 1
            self._follow(_ROUNDS)

    def _follow(self, rounds: int) -> None:
        message = self.Passed(self._turn, rounds)
        if not (self.focused or self.screen).post_message(message):
            self.post_message(message)  # it is being removed

    async def _go_on(self, message: Passed) -> None:
        if message.turn != self._turn:
            return
        if message.rounds > 1:
            self._follow(message.rounds - 1)
        elif any(each.group == OPENING and not each.is_finished for each in self.workers):
            self.set_timer(_AGAIN_S, partial(self._go_on, message))
        else:
            self._is_taken = False
            await self._next()

    async def _next(self) -> None:
        while self._waiting and not self._is_taken:
            await self._give_out(self._waiting.popleft())
        if not self._waiting and self._watch is not None:
            self._watch.stop()
            self._watch = None

    async def _look_on(self) -> None:
        """Wait no longer where nothing went on: somebody is slow, or was removed with its key."""
        if self._watched != self._turn:
            self._watched = self._turn
            return
        while len(self._waiting) > 1:
            await super().on_event(self._waiting.popleft())
        self._is_taken = False
        await self._next()


def _is_typed(event: Key | Paste) -> bool:
    return isinstance(event, Paste) or is_text(event)
