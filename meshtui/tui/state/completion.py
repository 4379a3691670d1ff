"""What Tab offers in the composer: slash commands, their arguments, names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words there are.

    Attributes:
        slash: Slash words with the kind of their first argument: `node`, `channel`, `word:a|b`
            or empty.
        names: People's names as shown, likely ones first.
        channels: Channel names with `#`.
    """

    slash: Mapping[str, str]
    names: Sequence[str] = ()
    channels: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """Replace `text[start:end]` by one of the candidates."""

    start: int
    end: int
    candidates: tuple[str, ...]


def complete(text: str, cursor: int, words: Vocabulary) -> Completion | None:
    """Find what the word before the cursor may become; None where nothing fits."""
    start = max(text.rfind(" ", 0, cursor), text.rfind("\n", 0, cursor)) + 1
    typed = text[start:cursor]
    head = text[:start].split()
    is_slash = text.startswith("/") and not text.startswith("//")
    if is_slash and start == 0:
        found = [word + " " for word in sorted(words.slash) if word.startswith(typed)]
    elif is_slash and len(head) == 1:
        found = _arguments(words.slash.get(head[0], ""), typed, words)
    else:
        found = _mentions(typed, words, at_start=start == 0)
    return Completion(start, cursor, tuple(found)) if found else None


def _arguments(kind: str, typed: str, words: Vocabulary) -> list[str]:
    wanted = typed.casefold()
    if kind.startswith("word:"):
        choices: Sequence[str] = kind.removeprefix("word:").split("|")
    else:
        choices = {"node": words.names, "channel": words.channels}.get(kind, ())
    return [choice for choice in choices if choice.casefold().startswith(wanted)]


def _mentions(typed: str, words: Vocabulary, *, at_start: bool) -> list[str]:
    """`@al` and, with two letters or more, `al` become `@[alice]`, at the start with a colon."""
    bare = typed.removeprefix("@").removeprefix("[").casefold()
    if not typed.startswith("@") and len(bare) < 2:
        return []
    end = ": " if at_start else " "
    return [f"@[{name}]{end}" for name in words.names if name.casefold().startswith(bare)]
