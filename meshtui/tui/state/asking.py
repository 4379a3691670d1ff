"""What the user asks of nodes and radios by the networks' verbs, and what came of it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from meshtui.model.node import NodeRole
from meshtui.model.verb import VerbTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meshtui.model.event import Answered
    from meshtui.model.ids import LinkId, NetworkName, NodeId
    from meshtui.model.verb import Verb

MAX_ASKED: Final = 50
MAX_ANSWERS: Final = 200
"""Answers kept of one request; a node that answers for ever fills no memory."""

MAX_NEWS: Final = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants asked, as far as it is said.

    Attributes:
        node_id: Whom; None = our radio, or not said yet where the verb is asked of nodes.
        argument: None = not said yet.
    """

    network: NetworkName
    verb: Verb
    node_id: NodeId | None = None
    link_id: LinkId | None = None
    argument: str | None = None

    @property
    def lacks_node(self) -> bool:
        """It must be said whom to ask."""
        return self.verb.target is VerbTarget.NODE and self.node_id is None

    @property
    def lacks_argument(self) -> bool:
        """The user must type something. What is secret is always asked for, and never typed
        where it can be seen.
        """
        if not self.verb.argument:
            return False
        if self.verb.is_secret:
            return True
        return not self.verb.is_optional and not self.argument


@dataclass(slots=True)
class Asked:
    """A request on its way, or answered; its secret is not kept.

    Attributes:
        is_over: Nothing more will come.
    """

    request_id: str
    network: NetworkName
    verb: str
    title: str
    node_id: NodeId | None
    at_ms: int
    argument: str = ""
    answers: list[Answered] = field(default_factory=list)
    is_over: bool = False


class AnswerBook:
    """The last requests with their answers, and news nobody asked for."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self._asked: dict[str, Asked] = {}
        self.news: deque[Answered] = deque(maxlen=MAX_NEWS)

    def ask(self, asked: Asked) -> None:
        """Expect answers; the oldest request is forgotten beyond the bound."""
        self._asked[asked.request_id] = asked
        if len(self._asked) > MAX_ASKED:
            del self._asked[next(iter(self._asked))]

    def take(self, answered: Answered) -> Asked | None:
        """File an answer; None = nobody asked for it here."""
        asked = self._asked.get(answered.request_id) if answered.request_id else None
        if asked is None:
            if not answered.request_id:
                self.news.append(answered)
            return None
        if len(asked.answers) < MAX_ANSWERS:
            asked.answers.append(answered)
        asked.is_over = asked.is_over or answered.is_final
        return asked

    def latest_first(self) -> list[Asked]:
        """What was asked, the latest first."""
        return list(reversed(self._asked.values()))


def verbs_for(
    verbs: Iterable[Verb], target: VerbTarget, role: NodeRole = NodeRole.UNKNOWN
) -> list[Verb]:
    """The verbs that make sense for somebody; of whom we do not know the role, all may."""
    return [
        verb
        for verb in verbs
        if verb.target is target
        and (not verb.roles or role in verb.roles or role is NodeRole.UNKNOWN)
    ]


def find_verb(verbs: Iterable[Verb], name: str, target: VerbTarget) -> Verb | None:
    """Look a verb up: one of nodes and one of our radio may have the same name."""
    return next((verb for verb in verbs if (verb.name, verb.target) == (name, target)), None)


def usage(verb: Verb) -> str:
    """How a verb is typed: `/trace [PATH]`; what is secret is asked for, not typed."""
    if not verb.argument or verb.is_secret:
        return f"/{verb.name}"
    return (
        f"/{verb.name} [{verb.argument}]" if verb.is_optional else f"/{verb.name} {verb.argument}"
    )


def columns_of(rows: Sequence[Sequence[tuple[str, str]]]) -> list[str]:
    """The names of an answer's columns, in order of first use."""
    return list(dict.fromkeys(name for row in rows for name, _ in row))
