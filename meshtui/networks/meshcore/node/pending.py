"""Questions of ours that are not answered yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_PENDING: Final = 16
PATH_DISCOVERY: Final = -2
ANON: Final = -3


@dataclass(frozen=True, slots=True)
class Question:
    """What we asked.

    Attributes:
        kind: A request's kind, or one of the negative numbers above.
    """

    peer: bytes
    kind: int


class PendingRequests:
    """The last sixteen, by tag; logins by peer, for their answers carry no tag of ours."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_tag: dict[bytes, Question] = {}
        self._logins: dict[bytes, bool] = {}

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._by_tag) + len(self._logins)

    def ask(self, tag: bytes, question: Question) -> None:
        """Wait for an answer with this tag; a login that this peer never answered is given up,
        or its next answer would be taken for that.
        """
        self._logins.pop(question.peer, None)
        self._by_tag.pop(tag, None)
        self._by_tag[tag] = question
        if len(self._by_tag) > MAX_PENDING:
            del self._by_tag[next(iter(self._by_tag))]

    def peek(self, tag: bytes, peer: bytes) -> Question | None:
        """Return what this answers; None = nothing that we asked this peer."""
        question = self._by_tag.get(tag)
        return question if question is not None and question.peer == peer else None

    def take(self, tag: bytes, peer: bytes) -> Question | None:
        """Return what this answers, once."""
        question = self.peek(tag, peer)
        if question is not None:
            del self._by_tag[tag]
        return question

    def ask_login(self, peer: bytes) -> None:
        """Wait for the answer to a login."""
        self._logins.pop(peer, None)
        self._logins[peer] = True
        if len(self._logins) > MAX_PENDING:
            del self._logins[next(iter(self._logins))]

    def take_login(self, peer: bytes) -> bool:
        """Tell, once, whether we asked this peer to let us in."""
        return self._logins.pop(peer, False)
