"""Work of several steps, written down as it happens: ask the radio, wait for a push, go on.

A script is a generator: it yields what it needs and is sent a `Reply`. It changes nothing by
itself but what it is given to change, and it can be dropped at any step.

    def reset(key):
        reply = yield Do(ForKey(Command.RESET_PATH, key))
        if reply.problem: …
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from meshtui.errors import EncodeError
from meshtui.networks.meshcore.companion.driver import (
    LINK_LOST,
    OVERFULL,
    Driver,
    Priority,
    Reply,
)

if TYPE_CHECKING:
    from meshtui.model.ids import MessageId
    from meshtui.networks.meshcore.companion.commands import RadioCommand
    from meshtui.networks.meshcore.companion.frames import RadioFrame

MAX_SCRIPTS: Final = 400
NOT_IN_TIME: Final = "no answer came in time"


@dataclass(frozen=True, slots=True)
class Do:
    """Ask the radio.

    Attributes:
        attempts: How often, where it keeps silent.
        message_id: The message that the command carries.
    """

    command: RadioCommand
    priority: Priority = Priority.REQUEST
    attempts: int = 2
    message_id: MessageId | None = None


@dataclass(frozen=True, slots=True)
class Await:
    """Wait for a frame that nobody asked for: the first that `matches`."""

    matches: Callable[[RadioFrame], bool]
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    seconds: float


Step: TypeAlias = Do | Await | Pause
Script: TypeAlias = Generator[Step, Reply, None]


@dataclass(slots=True)
class _Running:
    script: Script
    waits_for: Await | None = None
    deadline_s: float | None = None
    problem: str = NOT_IN_TIME


class Scripts:
    """The scripts of one link, side by side; each stands at one step."""

    def __init__(self, driver: Driver) -> None:
        """Begin with none."""
        self._driver = driver
        self._running: dict[int, _Running] = {}
        self._last = 0
        self._now_s = 0.0

    def __len__(self) -> int:
        """Count them."""
        return len(self._running)

    @property
    def next_deadline_s(self) -> float | None:
        """When the first has waited long enough; None = none waits for time."""
        due = [each.deadline_s for each in self._running.values() if each.deadline_s is not None]
        return min(due, default=None)

    def start(self, script: Script, now_s: float) -> int:
        """Let a script run to its first step; returns its number, 0 where there are too many."""
        if len(self._running) >= MAX_SCRIPTS:
            script.close()
            return 0
        self._now_s = now_s
        self._last += 1
        number = self._last
        self._running[number] = _Running(script)
        self._resume(number, None)
        return number

    def is_running(self, number: int) -> bool:
        """Tell whether it has not come to its end."""
        return number in self._running

    def stop(self, number: int) -> None:
        """Drop a script where it stands."""
        running = self._running.pop(number, None)
        if running is not None:
            running.script.close()

    def hear(self, frame: RadioFrame, now_s: float) -> bool:
        """Give a frame to the first script that waits for it; tells whether one did."""
        self._now_s = now_s
        for number, running in self._running.items():
            if running.waits_for is not None and running.waits_for.matches(frame):
                self._resume(number, Reply(frame))
                return True
        return False

    def tick(self, now_s: float) -> None:
        """Wake those who have waited long enough."""
        self._now_s = now_s
        due = [
            number
            for number, running in self._running.items()
            if running.deadline_s is not None and running.deadline_s <= now_s
        ]
        for number in due:
            if number in self._running:
                self._resume(number, Reply(None, problem=self._running[number].problem))

    def fail_all(self, now_s: float) -> None:
        """The link is gone: nothing that any of them waits for will come.

        Each is told at every step it still tries, and so ends.
        """
        self._now_s = now_s
        for number in list(self._running):
            for _ in range(MAX_SCRIPTS):
                if number not in self._running:
                    break
                self._resume(number, Reply(None, problem=LINK_LOST))
            self.stop(number)

    def _resume(self, number: int, reply: Reply | None) -> None:
        """Send a reply in (None at the start), and do what the script yields."""
        running = self._running[number]
        running.waits_for = running.deadline_s = None
        running.problem = NOT_IN_TIME
        try:
            step = next(running.script) if reply is None else running.script.send(reply)
        except StopIteration:
            self._running.pop(number, None)
            return
        self._take(number, running, step)

    def _take(self, number: int, running: _Running, step: Step) -> None:
        match step:
            case Do():
                self._ask(number, running, step)
            case Await():
                running.waits_for = step
                running.deadline_s = self._now_s + step.timeout_s
            case Pause(seconds):
                running.deadline_s = self._now_s + seconds

    def _ask(self, number: int, running: _Running, step: Do) -> None:
        def then(reply: Reply) -> None:
            # it may have been stopped, or have gone on, while its answer was on the way
            if self._running.get(number) is running:
                self._resume(number, reply)

        try:
            is_queued = self._driver.submit(
                step.command, then, step.priority, step.attempts, step.message_id
            )
            problem = OVERFULL
        except EncodeError as error:
            is_queued, problem = False, str(error)
        if not is_queued:
            running.deadline_s = self._now_s  # told at the next tick, for a generator is running
            running.problem = problem
