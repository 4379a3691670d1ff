"""Verbs that wait for an answer, from the air or of the modem, written down as they happen.

A script is a generator: it yields what it waits for and is sent the answer, or None when none came
in time. It returns what it brought; a `LocalProtocolError` in it says why there is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from meshtui.errors import CryptoError, DecodeError, EncodeError, LocalProtocolError, NoAnswerError
from meshtui.model.event import Answered
from meshtui.networks.meshcore.kiss import Hardware, error_words
from meshtui.networks.meshcore.modem.events import Replied
from meshtui.networks.meshcore.station import NETWORK
from meshtui.networks.meshcore.told import (
    MAX_WAIT_S,
    MIN_WAIT_S,
    Told,
    failure,
    name_of_hop,
    silence,
    wait_s,
)

if TYPE_CHECKING:
    from meshtui.model.command import Ask
    from meshtui.networks.meshcore.modem.greeting import Question
    from meshtui.networks.meshcore.modem.rig import Rig
    from meshtui.networks.meshcore.node.outputs import NodeOutput, Sent

MAX_ASKED: Final = 64
MODEM_S: Final = 300.0
"""The line knows far earlier that a modem keeps silent; this ends what it has forgotten."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for news of the node or the modem: the first that `matches`."""

    matches: Callable[[News], bool]
    timeout_s: float


News: TypeAlias = "NodeOutput | Replied"
Asking: TypeAlias = Generator[Wait, "News | None", Told]
_Heard = TypeVar("_Heard")


@dataclass(slots=True)
class _Asked:
    request: Ask
    script: Asking
    wait: Wait
    deadline_s: float


def from_air(
    rig: Rig,
    sent: Sent,
    kind: type[_Heard],
    matches: Callable[[_Heard], bool],
    least_s: float = MIN_WAIT_S,
) -> Generator[Wait, News | None, tuple[_Heard, int]]:
    """Send a question and wait for its answer; returns it and after how many ms it came.

    Raises:
        LocalProtocolError: None came in time.
    """
    began_s = rig.now.mono_s
    rig.carry(sent.outputs)
    patience_s = wait_s(sent.est_timeout_ms, least_s) + rig.line.wait_s(100, began_s)
    patience_s = min(MAX_WAIT_S, patience_s)
    news = yield Wait(lambda output: isinstance(output, kind) and matches(output), patience_s)
    if not isinstance(news, kind):
        raise NoAnswerError(silence(patience_s, is_flood=sent.is_flood))
    return news, round((rig.now.mono_s - began_s) * 1000)


def of_modem(rig: Rig, question: Question) -> Generator[Wait, News | None, bytes]:
    """Ask the modem, which must answer; returns what.

    Raises:
        LocalProtocolError: It refused, or kept silent.
    """
    rig.take(rig.line.ask(question, rig.now.mono_s))
    news = yield Wait(lambda said: isinstance(said, Replied) and said.question is question, MODEM_S)
    if not isinstance(news, Replied) or news.code is None:
        raise LocalProtocolError("the modem does not answer")
    if news.code == Hardware.ERROR:
        msg = f"the modem says: {error_words(news.body)}"
        raise LocalProtocolError(msg)
    return news.body


def names_at(rig: Rig) -> Callable[[str], str]:
    """Return what names hops as we, the node that asks, know them."""
    own_id = rig.node.public_key.hex()
    return lambda prefix: name_of_hop(rig.station, prefix, own_id)


class Asked:
    """The verbs under way at one modem."""

    def __init__(self, rig: Rig) -> None:
        """Begin with none."""
        self._rig = rig
        self._running: list[_Asked] = []

    @property
    def next_deadline_s(self) -> float | None:
        """When the first has waited long enough."""
        return min((asked.deadline_s for asked in self._running), default=None)

    def start(self, request: Ask, script: Asking) -> None:
        """Let a verb run to its first wait.

        Raises:
            LocalProtocolError: It cannot be done, or too many are under way.
        """
        if len(self._running) >= MAX_ASKED:
            raise LocalProtocolError("too much is asked already; wait for an answer")
        try:
            wait = script.send(None)
        except StopIteration as end:
            self._answer(request, end.value)
        except (EncodeError, CryptoError, DecodeError) as error:
            raise LocalProtocolError(str(error)) from error
        else:
            self._wait(request, script, wait)

    def hear(self, news: News) -> bool:
        """Give news to the first verb that waits for it; tells whether one did."""
        for asked in self._running:
            if asked.wait.matches(news):
                self._running.remove(asked)
                self._step(asked.request, asked.script, news)
                return True
        return False

    def tick(self) -> None:
        """Tell those who have waited long enough that nothing came."""
        due = [asked for asked in self._running if asked.deadline_s <= self._rig.now.mono_s]
        for asked in due:
            self._running.remove(asked)
            self._step(asked.request, asked.script, None)

    def fail_all(self, reason: str) -> None:
        """The line is gone."""
        running, self._running = self._running, []
        for asked in running:
            asked.script.close()
            self._answer(asked.request, Told(reason), is_error=True)

    def _step(self, request: Ask, script: Asking, news: News | None) -> None:
        """Send a script what it waits for, and see what it wants next."""
        try:
            wait = script.send(news)
        except StopIteration as end:
            self._answer(request, end.value)
        except (LocalProtocolError, EncodeError, CryptoError, DecodeError) as error:
            self._answer(request, failure(request.verb, error), is_error=True)
        else:
            self._wait(request, script, wait)

    def _wait(self, request: Ask, script: Asking, wait: Wait) -> None:
        deadline_s = self._rig.now.mono_s + wait.timeout_s
        self._running.append(_Asked(request, script, wait, deadline_s))

    def _answer(self, request: Ask, told: Told, *, is_error: bool = False) -> None:
        self._rig.emit(
            Answered(
                NETWORK,
                request.request_id,
                request.verb,
                request.node_id,
                self._rig.now,
                told.text,
                told.rows,
                told.rtt_ms,
                is_error=is_error,
            )
        )
