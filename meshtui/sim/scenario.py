"""A simulated mesh as data: who is there, on which brokers, and what they have to say.

Scenarios are TOML files in `meshtui/sim/scenarios`; everything follows from their seed, except
times. Their secrets do, too: they are no secrets, and nobody real may use them.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from enum import Enum
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from meshtui.crypto.keys import Identity
from meshtui.errors import ConfigError
from meshtui.model.node import Position

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class NodeKind(Enum):
    """What a simulated node is made of."""

    CLIENT = "client"  # as ours
    RELAY = "relay"  # passes on between its islands
    APP = "app"  # the deployed phone app: bare text, no acknowledgements
    GHOST = "ghost"  # known to everybody, hears nothing


@dataclass(frozen=True, slots=True)
class SimNode:
    """One node.

    Attributes:
        islands: The brokers it is connected to.
        place: Where it is, for a person.
        character: Which answers it gives.
        greets: It writes to newcomers by itself.
        away_s: It goes after so many seconds, for so many; empty = it stays.
        twins: Two numbers that give two keys with one node id; empty = it has one key.
    """

    name: str
    islands: tuple[str, ...]
    position: Position
    place: str
    character: str
    kind: NodeKind = NodeKind.CLIENT
    forums: tuple[str, ...] = ()
    greets: bool = False
    away_s: tuple[float, ...] = ()
    twins: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SimForum:
    """A forum and who announced it."""

    name: str
    description: str
    by: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of talk."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Lines that belong together, in one forum."""

    forum: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole simulated mesh.

    Attributes:
        islands: Names of the brokers; the user arrives at the first.
        joined: Forums the user is a member of from the start.
        own_name: What the user is called.
        characters: For each character: a word to look for (`any` = whatever is said), and answers.
        common: Words every character knows.
    """

    title: str
    seed: int
    islands: tuple[str, ...]
    joined: tuple[str, ...]
    own_name: str
    own_position: Position
    forums: tuple[SimForum, ...]
    nodes: tuple[SimNode, ...]
    scenes: tuple[Scene, ...]
    characters: Mapping[str, Mapping[str, Sequence[str]]]
    common: Mapping[str, Sequence[str]]

    def node(self, name: str) -> SimNode:
        """Find a node by its name."""
        return next(node for node in self.nodes if node.name == name)

    @property
    def farthest(self) -> SimNode:
        """A node like ours, on the island farthest from the user."""
        return next(
            node
            for node in self.nodes
            if node.kind is NodeKind.CLIENT and node.islands == self.islands[-1:]
        )

    @property
    def own_identity(self) -> Identity:
        """The user's seed in this mesh."""
        return Identity(self.entropy("the user"))

    def entropy(self, label: str, variant: int = 0) -> bytes:
        """64 bytes that follow from the seed."""
        return hashlib.sha512(f"meshtui demo {self.seed} {label} {variant}".encode()).digest()

    def identity(self, node: SimNode, twin: int = 0) -> Identity:
        """Derive a node's seed; `twin` 1 is the other one of a node with two."""
        return Identity(self.entropy(node.name, node.twins[twin] if node.twins else 0))


def load_scenario(name: str = "hills") -> Scenario:
    """Read a scenario that comes with the program.

    Raises:
        ConfigError: There is none of that name, or it contradicts itself.
    """
    source = files("meshtui.sim") / "scenarios" / f"{name}.toml"
    try:
        return parse_scenario(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"no scenario called {name!r}"
        raise ConfigError(msg) from None


def parse_scenario(text: str) -> Scenario:
    """Read a scenario.

    Raises:
        ConfigError: It is not TOML, lacks something, or names what does not exist.
    """
    try:
        scenario = _scenario(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, LookupError, TypeError, ValueError) as error:
        msg = f"not a scenario: {type(error).__name__} {error}"
        raise ConfigError(msg) from error
    problem = _contradiction(scenario)
    if problem:
        msg = f"scenario {scenario.title!r}: {problem}"
        raise ConfigError(msg)
    return scenario


def _scenario(data: Mapping[str, Any]) -> Scenario:
    own = data["own"]
    return Scenario(
        title=data["title"],
        seed=int(data["seed"]),
        islands=tuple(data["islands"]),
        joined=tuple(data["joined"]),
        own_name=own["name"],
        own_position=Position(own["lat"], own["lng"]),
        forums=tuple(SimForum(**forum) for forum in data["forum"]),
        nodes=tuple(_node(node) for node in data["node"]),
        scenes=tuple(
            Scene(scene["forum"], tuple(Line(*line) for line in scene["lines"]))
            for scene in data["scene"]
        ),
        characters=data["character"],
        common=data["common"],
    )


def _node(data: Mapping[str, Any]) -> SimNode:
    known = dict(data)
    return SimNode(
        islands=tuple(known.pop("islands")),
        position=Position(known.pop("lat"), known.pop("lng")),
        kind=NodeKind(known.pop("kind", "client")),
        forums=tuple(known.pop("forums", ())),
        away_s=tuple(known.pop("away_s", ())),
        twins=tuple(known.pop("twins", ())),
        **known,
    )


def _contradiction(scenario: Scenario) -> str:
    """Name what a scenario mentions and does not have; empty = nothing."""
    nodes = {node.name: node for node in scenario.nodes}
    forums = {forum.name for forum in scenario.forums}
    islands = {island for node in scenario.nodes for island in node.islands}
    speakers = {(line.speaker, scene.forum) for scene in scenario.scenes for line in scene.lines}
    missing = (
        islands - set(scenario.islands),
        {node.character for node in scenario.nodes} - set(scenario.characters),
        {forum.by for forum in scenario.forums} - set(nodes),
        (set(scenario.joined) | {scene.forum for scene in scenario.scenes}) - forums,
        {name for name, _ in speakers} - set(nodes),
    )
    for names in missing:
        if names:
            return f"{min(names)!r} does not exist"
    for name, forum in sorted(speakers):
        if forum not in nodes[name].forums:
            return f"{name!r} speaks in {forum!r} without being a member"
    return ""
