"""What a network lets its users ask of nodes and radios; front ends make their menus of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.node import NodeRole


class VerbTarget(Enum):
    """Whom a verb is asked of."""

    NODE = "node"  # somebody on the mesh
    RADIO = "radio"  # our own radio


@dataclass(frozen=True, slots=True)
class Verb:
    """Something an `Ask` can name; declared once by the network, shown by every front end.

    Attributes:
        name: As typed: `trace`, `login`, `status`, `set-name`; lower-case letters, digits, `-`.
        title: For a menu: `Trace the way`.
        help: One sentence.
        argument: What it takes, for a prompt: `name`, `LAT LNG`; empty = nothing.
        is_optional: The argument may be left out.
        is_secret: The argument is typed unseen and travels as `Ask.secret`.
        roles: Whom of the nodes it makes sense for; empty = anybody.
        is_dangerous: Ask the user once more: it forgets, reboots or overwrites something.
        check: Reads an argument, so that nobody is asked once more about one that is refused then;
            raises `LocalProtocolError`. None = there is nothing to see before it is sent.
    """

    name: str
    title: str
    help: str
    target: VerbTarget
    argument: str = ""
    is_optional: bool = False
    is_secret: bool = False
    roles: frozenset[NodeRole] = frozenset()
    is_dangerous: bool = False
    check: Callable[[str], object] | None = field(default=None, compare=False, repr=False)
