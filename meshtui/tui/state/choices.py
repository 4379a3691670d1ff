"""Things to choose from by a few letters: chats, nodes, commands, messages found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to go to or do.

    Attributes:
        title: Cleaned.
        kind: `chat`, `node`, `command`.
        hint: What stands at the right: a key, an id.
        value: What the caller knows it by.
        rank: Lower first among equal matches.
    """

    title: str
    kind: str
    hint: str
    value: str
    rank: int = 0


def match(query: str, choices: Sequence[Choice]) -> list[Choice]:
    """Those whose title or hint holds all letters of the query in order, the best first."""
    wanted = query.casefold().split()
    scored = []
    for index, choice in enumerate(choices):
        score = _score(wanted, choice.title.casefold(), choice.hint.casefold())
        if score is not None:
            scored.append((score, choice.rank, index, choice))
    scored.sort(key=lambda entry: entry[:3])
    return [choice for *_, choice in scored[:_MAX_SHOWN]]


def _score(words: Sequence[str], title: str, hint: str) -> int | None:
    """0 begins with it, 1 a word begins with it, 2 holds it, 3 holds its letters in order."""
    worst = 0
    for word in words:
        bare = title.lstrip("#/@")
        if bare.startswith(word) or title.startswith(word):
            score = 0
        elif f" {word}" in title:
            score = 1
        elif word in title or word in hint:
            score = 2
        elif _in_order(word, title):
            score = 3
        else:
            return None
        worst = max(worst, score)
    return worst


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)
