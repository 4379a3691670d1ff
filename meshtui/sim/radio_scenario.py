"""A simulated radio mesh as data: where nodes are, how waves travel, who writes to whom.

Scenarios are TOML files; those in `meshtui/sim/scenarios` with a `[place]` table are of this kind.
Everything follows from their seed. Their keys do, too: they are no secrets, and nobody real may
use them.

    title = "Sixty nodes"
    hours = 4.0
    [radio]      sf, bandwidth_khz, coding_rate, preamble, duty_percent
    [air]        tx_dbm, loss_1m_db, db_per_decade, shadowing_db, noise_figure_db, capture_db
    [place]      rule = disc | grid | line | city | list; nodes, mean_degree or spacing_m
    [[node]]     a node by hand: name, x_m, y_m or lat, lng; character, waypoints
    [traffic]    dms_per_node_hour, text_chars, partners, partner_km; [[traffic.forum]]
    [session]    options of every node's session; [variant.NAME] overrides them
    [mobility]   share, speed_m_s, every_s
    [[failure]]  nodes = [1, 2] or share; from_min, to_min
    [own]        where you are when you join it by `jsonmesh+sim://`
    [meshcore]   what it is for `meshcore+sim://` (see `sim.meshcore_scenario`)
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from meshtui.crypto.keys import Identity
from meshtui.errors import ConfigError
from meshtui.model.link import RadioSettings
from meshtui.networks.jsonmesh.settings import Settings
from meshtui.sim.meshcore_scenario import RADIO as MESHCORE_RADIO
from meshtui.sim.meshcore_scenario import (
    MeshcorePart,
    MeshcoreSettings,
    read_part,
    read_settings,
)
from meshtui.sim.propagation import AirSettings
from meshtui.sim.toml_table import TomlTable

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_NODES: Final = 10_000
MAX_HOURS: Final = 10_000.0
MAX_FILE_BYTES: Final = 1 << 20
_FAR_M: Final = 1e7
RULES: Final = ("disc", "grid", "line", "city", "list")
KNOWN: Final = ("all", "partners", "none")
_VARIANT_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,24}")
_SESSION_OPTIONS: Final = frozenset(option.name for option in fields(Settings))


@dataclass(frozen=True, slots=True)
class Placement:
    """Where nodes are, by rule.

    Attributes:
        mean_degree: The scale is chosen so that a node hears this many others; 0 = `spacing_m`.
        spacing_m: Between neighbours of a grid or a line.
        clusters: Of a city.
        is_connected: Nodes that nobody hears are placed again.
    """

    rule: str
    nodes: int
    mean_degree: float
    spacing_m: float
    clusters: int
    is_connected: bool


@dataclass(frozen=True, slots=True)
class ListedNode:
    """A node placed by hand, or given a name.

    Attributes:
        place_m: East and north of the origin; None = where the rule puts it.
        waypoints: (minute, x, y) in order; it walks between them.
        character: How it answers people (see `sim.characters`); empty = it does not.
        options: Of its session, beside those of all.
    """

    name: str
    place_m: tuple[float, float] | None
    waypoints: tuple[tuple[float, float, float], ...] = ()
    character: str = ""
    about: str = ""
    forums: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    meshcore: MeshcorePart = field(default_factory=MeshcorePart)


@dataclass(frozen=True, slots=True)
class ForumTraffic:
    """A forum: which part of the nodes is in it, and how much each of them writes."""

    name: str
    share: float
    per_node_hour: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is written.

    Attributes:
        dms_per_node_hour: On average, at random moments.
        partners: How many others a node writes to; 0 = anybody.
        partner_km: No partner is farther away; 0 = any distance.
    """

    dms_per_node_hour: float
    text_chars: int
    partners: int
    partner_km: float
    forums: tuple[ForumTraffic, ...]


@dataclass(frozen=True, slots=True)
class Mobility:
    """Who walks, and how fast; `every_s` is how often the air notices."""

    share: float
    speed_m_s: float
    every_s: float


@dataclass(frozen=True, slots=True)
class Failure:
    """Nodes without power for a while; `nodes` by number from 0, or a random `share`."""

    nodes: tuple[int, ...]
    share: float
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class RadioScenario:
    """A whole simulated radio mesh.

    Attributes:
        warmup_s: Nothing is written and counted before.
        drain_s: Time for the last messages to arrive, after `hours`.
        boot_s: Nodes start one by one within this time.
        known: Whose keys a node knows from the start: `all`, `partners` or `none`.
        caps: What known nodes are known to be able to do.
        options: Of every session.
        variants: By name, what each changes in the options.
        own_m: Where the guest of the live mesh is; None = in the middle.
        origin: Latitude and longitude of the point 0, 0; None = positions are nobody's business.
        only_meshcore: Nodes that only a MeshCore mesh has, after the others.
    """

    name: str
    title: str
    seed: int
    hours: float
    warmup_s: float
    drain_s: float
    boot_s: float
    radio: RadioSettings
    air: AirSettings
    place: Placement
    listed: tuple[ListedNode, ...]
    traffic: Traffic
    known: str
    caps: frozenset[str]
    options: Mapping[str, Any]
    variants: Mapping[str, Mapping[str, Any]]
    mobility: Mobility
    failures: tuple[Failure, ...]
    own_m: tuple[float, float] | None = None
    origin: tuple[float, float] | None = None
    characters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    common: Mapping[str, Any] = field(default_factory=dict)
    meshcore: MeshcoreSettings = field(default_factory=MeshcoreSettings)
    only_meshcore: tuple[ListedNode, ...] = ()

    def identity(self, node: int, seed: int) -> Identity:
        """Derive a node's seed."""
        return Identity(hashlib.sha512(f"meshtui air {seed} {node}".encode()).digest())


def radio_scenario_names() -> list[str]:
    """Name the scenarios that come with the program."""
    folder = files("meshtui.sim") / "scenarios"
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml") and "\n[place]" in entry.read_text(encoding="utf-8")
    )


def load_radio_scenario(name_or_file: str) -> RadioScenario:
    """Read a scenario: one that comes with the program by its name, or a file.

    Raises:
        ConfigError: There is none, or it is wrong; the text names file and key.
    """
    path = Path(name_or_file)
    if path.suffix != ".toml" and name_or_file not in radio_scenario_names():
        known = ", ".join(radio_scenario_names())
        msg = f"no scenario called {name_or_file!r}; there are {known}, or name a .toml file"
        raise ConfigError(msg)
    if path.suffix != ".toml":
        path = Path(str(files("meshtui.sim") / "scenarios" / f"{name_or_file}.toml"))
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
        raise ConfigError(msg) from error
    return parse_radio_scenario(content, path.stem, str(path))


def parse_radio_scenario(content: bytes, name: str, file: str) -> RadioScenario:
    """Read a scenario from the content of its file.

    Raises:
        ConfigError: It is not TOML, or a value is wrong; the text names file and key.
    """
    if len(content) > MAX_FILE_BYTES:
        msg = f"{file}: too long for a scenario"
        raise ConfigError(msg)
    try:
        return _scenario(TomlTable(tomllib.loads(content.decode())), name)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        msg = f"{file}: not TOML: {error}"
        raise ConfigError(msg) from error
    except ConfigError as error:
        msg = f"{file}: {error}"
        raise ConfigError(msg) from error


def _scenario(root: TomlTable, name: str) -> RadioScenario:
    origin = root.numbers("origin", (), -180, 180)
    if len(origin) not in (0, 2):
        raise root.fault("origin", "latitude and longitude")
    listed = tuple(_listed(table) for table in root.tables("node", MAX_NODES))
    options = root.plain("session")
    variants = root.plain("variant")
    for key, value in variants.items():
        if not isinstance(value, dict) or not _VARIANT_NAME.fullmatch(key):
            raise root.fault("variant", "tables with short plain names, such as [variant.plain]")
    for table in (options, *variants.values()):
        unknown = sorted(set(table) - _SESSION_OPTIONS)
        if unknown:
            key, known = f"session or variant: {unknown[0]}", ", ".join(sorted(_SESSION_OPTIONS))
            raise root.fault(key, f"one of {known}")
    meshcore = root.table("meshcore")
    meshcore_radio = _radio(meshcore.table("radio"), MESHCORE_RADIO)
    scenario = RadioScenario(
        name=name,
        title=root.text("title", name),
        seed=root.whole("seed", 1, 0, 2**31),
        hours=root.number("hours", 1.0, 0.001, MAX_HOURS),
        warmup_s=root.number("warmup_min", 5.0, 0, 10_000) * 60,
        drain_s=root.number("drain_min", 10.0, 0, 10_000) * 60,
        boot_s=root.number("boot_s", 60.0, 0, 1e6),
        radio=_radio(root.table("radio"), RadioSettings()),
        air=_air(root.table("air")),
        place=_place(root.table("place"), len(listed)),
        listed=listed,
        traffic=_traffic(root.table("traffic")),
        known=root.text("known_contacts", "all", KNOWN),
        caps=frozenset(root.texts("caps")),
        options=options,
        variants=variants,
        mobility=_mobility(root.table("mobility")),
        failures=tuple(_failure(table) for table in root.tables("failure", 1_000)),
        own_m=_own(root.table("own")) if "own" in root else None,
        origin=(origin[0], origin[1]) if origin else None,
        characters=root.plain("character"),
        common=root.plain("common"),
        meshcore=read_settings(meshcore, meshcore_radio),
        only_meshcore=tuple(_listed(table) for table in meshcore.tables("node", MAX_NODES)),
    )
    meshcore.close()
    root.close()
    _check(scenario)
    return scenario


def _radio(table: TomlTable, default: RadioSettings) -> RadioSettings:
    settings = replace(
        default,
        spreading_factor=table.whole("sf", default.spreading_factor, 5, 12),
        bandwidth_khz=table.number("bandwidth_khz", default.bandwidth_khz, 7.8, 500),
        coding_rate=table.whole("coding_rate", default.coding_rate, 5, 8),
        preamble_symbols=table.whole("preamble", default.preamble_symbols, 6, 65_535),
        duty_cycle=table.number("duty_percent", default.duty_cycle * 100, 0.1, 100) / 100,
    )
    table.close()
    return settings


def _air(table: TomlTable) -> AirSettings:
    settings = AirSettings(
        tx_dbm=table.number("tx_dbm", 14.0, -20, 40),
        loss_1m_db=table.number("loss_1m_db", 40.0, 0, 100),
        db_per_decade=table.number("db_per_decade", 27.0, 15, 80),
        shadowing_db=table.number("shadowing_db", 3.0, 0, 20),
        noise_figure_db=table.number("noise_figure_db", 6.0, 0, 30),
        capture_db=table.number("capture_db", 6.0, 0, 30),
    )
    table.close()
    return settings


def _place(table: TomlTable, listed: int) -> Placement:
    rule = table.text("rule", None, RULES)
    placement = Placement(
        rule=rule,
        nodes=table.whole("nodes", listed or None, max(2, listed), MAX_NODES),
        mean_degree=table.number("mean_degree", 0.0, 0, 1_000),
        spacing_m=table.number("spacing_m", 0.0, 0, _FAR_M),
        clusters=table.whole("clusters", 6, 1, 1_000),
        is_connected=table.flag("connected", default=rule != "list"),
    )
    table.close()
    if rule == "list" and placement.nodes != listed:
        raise table.fault("nodes", "as many as there are [[node]] tables, or left out")
    if rule in {"grid", "line"} and not (placement.mean_degree or placement.spacing_m):
        raise table.fault("spacing_m", "given, or mean_degree")
    if rule in {"disc", "city"} and not 0 < placement.mean_degree < placement.nodes:
        raise table.fault("mean_degree", "above 0 and below the number of nodes")
    return placement


def _listed(table: TomlTable) -> ListedNode:
    place_m = None
    if "x_m" in table or "y_m" in table:
        place_m = (
            table.number("x_m", None, -_FAR_M, _FAR_M),
            table.number("y_m", None, -_FAR_M, _FAR_M),
        )
    waypoints = tuple(
        (
            point.number("at_min", None, 0, 1e6),
            point.number("x_m", None, -_FAR_M, _FAR_M),
            point.number("y_m", None, -_FAR_M, _FAR_M),
        )
        for point in table.tables("waypoint", 1_000)
    )
    if any(later[0] <= earlier[0] for earlier, later in pairwise(((0.0, 0, 0), *waypoints))):
        raise table.fault("waypoint", "in order of at_min, the first after 0")
    node = ListedNode(
        name=table.text("name", ""),
        place_m=place_m,
        waypoints=waypoints,
        character=table.text("character", ""),
        about=table.text("place", ""),
        forums=table.texts("forums"),
        options=table.plain("session"),
        meshcore=read_part(table.table("meshcore")),
    )
    table.close()
    return node


def _traffic(table: TomlTable) -> Traffic:
    forums = []
    for part in table.tables("forum", 100):
        forums.append(
            ForumTraffic(
                part.text("name"),
                part.number("share", 1.0, 0, 1),
                part.number("per_node_hour", 0.0, 0, 1_000),
            )
        )
        part.close()
    traffic = Traffic(
        dms_per_node_hour=table.number("dms_per_node_hour", 0.25, 0, 1_000),
        text_chars=table.whole("text_chars", 100, 1, 10_000),
        partners=table.whole("partners", 0, 0, 1_000),
        partner_km=table.number("partner_km", 0.0, 0, _FAR_M / 1000),
        forums=tuple(forums),
    )
    table.close()
    return traffic


def _mobility(table: TomlTable) -> Mobility:
    mobility = Mobility(
        table.number("share", 0.0, 0, 1),
        table.number("speed_m_s", 1.5, 0, 1_000),
        table.number("every_s", 30.0, 1, 3_600),
    )
    table.close()
    return mobility


def _failure(table: TomlTable) -> Failure:
    failure = Failure(
        tuple(int(node) for node in table.numbers("nodes", (), 0, MAX_NODES - 1)),
        table.number("share", 0.0, 0, 1),
        table.number("from_min", 0.0, 0, 1e6) * 60,
        table.number("to_min", 1e6, 0, 1e6) * 60,
    )
    table.close()
    return failure


def _own(table: TomlTable) -> tuple[float, float]:
    place = (
        table.number("x_m", None, -_FAR_M, _FAR_M),
        table.number("y_m", None, -_FAR_M, _FAR_M),
    )
    table.close()
    return place


def _check(scenario: RadioScenario) -> None:
    """Refuse what contradicts itself.

    Raises:
        ConfigError: Something does.
    """
    if scenario.place.rule == "list" and any(node.place_m is None for node in scenario.listed):
        raise ConfigError("node.x_m is missing: place.rule is list")
    for failure in scenario.failures:
        if any(node >= scenario.place.nodes for node in failure.nodes):
            raise ConfigError("failure.nodes must be numbers of nodes, from 0")
    if any(node.place_m is None for node in scenario.only_meshcore):
        raise ConfigError("meshcore.node.x_m is missing: no rule places these nodes")
    for node in (*scenario.listed, *scenario.only_meshcore):
        if node.character and node.character not in scenario.characters:
            msg = f"node.character {node.character!r} must be one of the [character.…] tables"
            raise ConfigError(msg)
