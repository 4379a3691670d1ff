"""The effective settings, and how they are read from all sources."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from meshtui.config import options
from meshtui.config.capture import Entry, Remarks, read_capture
from meshtui.config.capture_ini import is_capture_ini, no_ini, parse_ini, refuse_binary
from meshtui.config.capture_toml import TABLE, toml_entries
from meshtui.config.option import ENVIRONMENT_PREFIX
from meshtui.config.options import LINKS, OPTIONS
from meshtui.errors import ConfigError
from meshtui.model.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from meshtui.config.option import Option
    from meshtui.model.capture import CaptureConfig

COMMAND_LINE: Final = "command line"
DEFAULT: Final = "default"
CAPTURE_VARIABLE: Final = f"{ENVIRONMENT_PREFIX}CAPTURE_ENABLED"


@dataclass(frozen=True, slots=True)
class JsonmeshConfig:
    """Settings of the JSON mesh.

    Attributes:
        relay: None = as the command does by itself: `relay` relays, everything else only where
            there is a radio.
        ack_timeout_s: How long an attempt waits for its acknowledgement; longer on radio.
        compact: Write small frames on radio to nodes that read them.
        source_routing: Send along learned paths on radio before flooding.
        signatures: `off`, `brokers` or `all`.
        radio_presence_s: How often our presence is repeated on radio.
    """

    relay: bool | None
    share_position: bool
    ack_timeout_s: float
    max_attempts: int
    compact: bool
    source_routing: bool
    signatures: str
    radio_presence_s: float


@dataclass(frozen=True, slots=True)
class MeshcoreConfig:
    """Settings of MeshCore: all but the clock's are of our own node on a modem.

    Attributes:
        repeater: Pass other nodes' packets on.
        path_hash_size: Bytes by which repeaters name themselves in our packets, 1..3.
        multi_acks: Send an acknowledgement twice where a path is known.
        advert_every_s: Of advertisements to the whole mesh; 0 = only when asked.
        sync_clock: Set a companion radio's clock where it is behind ours.
        private_key_file: Where an identity from elsewhere stands; empty = the words' own.
    """

    repeater: bool
    share_position: bool
    path_hash_size: int
    multi_acks: bool
    advert_every_s: float
    sync_clock: bool
    private_key_file: str


@dataclass(frozen=True, slots=True)
class Config:
    """The effective settings.

    Attributes:
        position: Latitude and longitude in degrees, or None.
        links: Link URLs; may hold passwords, so never print them without `hide_password`.
        origins: Where each value that is not a default came from, by key.
        capture: The packet capture service, as far as it can be known without looking at the
            files it names.
        remarks: What is odd and still usable, naming file, line and key.
    """

    name: str
    theme: str
    glyphs: str
    links: tuple[str, ...] = field(repr=False)
    position: tuple[float, float] | None
    jsonmesh: JsonmeshConfig
    meshcore: MeshcoreConfig
    log_level: str
    origins: Mapping[str, str]
    capture: CaptureConfig
    remarks: tuple[str, ...]


def parse_config(
    path: Path,
    text: str,
    *,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Config:
    """Check the settings of all sources and merge them.

    Args:
        path: Names the file in messages.
        text: What it holds; empty where there is none. Also the INI file of another packet
            capture program will do: it gives the radio's link and the service.
        environment: Variables by name; None = none.
        overrides: Values from the command line, by key.

    Raises:
        ConfigError: Names the file (or variable, or option) and the key, and says what is allowed.
    """
    environment = environment or {}
    values, capture, remarks = _read(path, text, environment.get(CAPTURE_VARIABLE))
    origins = dict.fromkeys(values, str(path))
    # The file is wrong even where a nearer source hides it: say so now, not when that is gone.
    _check(values, origins)
    for option in OPTIONS:
        raw = environment.get(option.variable)
        if raw is not None:
            values[option.key] = _from_environment(option, raw)
            origins[option.key] = option.variable
    for key, value in (overrides or {}).items():
        values[key], origins[key] = value, COMMAND_LINE
    _check(values, origins)
    return _build(values, origins, capture, remarks)


def _read(
    path: Path, text: str, is_enabled: str | None
) -> tuple[dict[str, object], CaptureConfig, tuple[str, ...]]:
    """Read the file: its values by key, the packet capture service, and what is odd.

    Args:
        is_enabled: What the environment says of the service; None = nothing.
    """
    nearer = {} if is_enabled is None else {"enabled": Entry(is_enabled, CAPTURE_VARIABLE)}
    if is_capture_ini(text):
        file = parse_ini(path, text, nearer)
        return ({LINKS.key: list(file.links)} if file.links else {}), file.config, file.remarks
    root = dict(_parse(path, text))
    table = root.pop(TABLE, {})
    values = _flatten(path, root)
    remarks = Remarks()
    entries = toml_entries(path, text, table) | nearer
    return values, read_capture(path, entries, remarks, table=f"{TABLE}."), remarks.all()


def _build(
    values: Mapping[str, object],
    origins: Mapping[str, str],
    capture: CaptureConfig,
    remarks: tuple[str, ...],
) -> Config:
    name = options.NAME.of(values)
    return Config(
        name=name,
        theme=options.THEME.of(values),
        glyphs=options.GLYPHS.of(values),
        links=LINKS.of(values),
        position=options.POSITION.of(values),
        jsonmesh=JsonmeshConfig(
            relay=options.RELAY.of(values),
            share_position=options.SHARE_POSITION.of(values),
            ack_timeout_s=options.ACK_TIMEOUT_S.of(values),
            max_attempts=options.MAX_ATTEMPTS.of(values),
            compact=options.COMPACT.of(values),
            source_routing=options.SOURCE_ROUTING.of(values),
            signatures=options.SIGNATURES.of(values),
            radio_presence_s=options.RADIO_PRESENCE_S.of(values),
        ),
        meshcore=MeshcoreConfig(
            repeater=options.REPEATER.of(values),
            share_position=options.MESHCORE_SHARE_POSITION.of(values),
            path_hash_size=options.PATH_HASH_SIZE.of(values),
            multi_acks=options.MULTI_ACKS.of(values),
            advert_every_s=options.ADVERT_EVERY_S.of(values),
            sync_clock=options.SYNC_CLOCK.of(values),
            private_key_file=options.PRIVATE_KEY_FILE.of(values),
        ),
        log_level=options.LOG_LEVEL.of(values),
        origins=origins,
        capture=capture if capture.bot_name else replace(capture, bot_name=name),
        remarks=remarks,
    )


def _check(values: Mapping[str, object], origins: Mapping[str, str]) -> None:
    for option in OPTIONS:
        try:
            option.of(values)
        except ValueError as error:
            msg = f"{origins[option.key]}: {option.key}: {error}"
            raise ConfigError(msg) from None


def _from_environment(option: Option[object], raw: str) -> object:
    """Read a variable: bare text, words for a list, anything else as in the file."""
    if option is LINKS:
        return raw.split()
    if isinstance(option.default, str):
        return raw
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except (ValueError, RecursionError):
        return raw


def _parse(path: Path, text: str) -> Mapping[str, object]:
    refuse_binary(path, text)
    try:
        return tomllib.loads(text)
    except RecursionError:
        msg = f"{path}: nested too deeply"
        raise ConfigError(msg) from None
    except ValueError as error:
        msg = f"{path}: {clean_line(str(error), 200)}{no_ini(text)}"
        raise ConfigError(msg) from None


def _flatten(path: Path, root: Mapping[str, object]) -> dict[str, object]:
    """Turn tables into dotted keys and refuse what no option knows."""
    known = {option.key for option in OPTIONS}
    tables = {key.partition(".")[0] for key in known if "." in key}
    values: dict[str, object] = {}
    for name, value in root.items():
        if name not in tables:
            values[name] = value
        elif isinstance(value, dict):
            values |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            msg = f"{path}: {name}: must be a table, [{name}]"
            raise ConfigError(msg)
    for key in values:
        if key not in known:
            raise ConfigError(f"{path}: {_unknown(key, known)}")  # noqa: EM102
    return values


def _unknown(key: str, known: set[str]) -> str:
    """Say that a key is unknown, which one may be meant, and which there are beside it."""
    table, dot, name = key.rpartition(".")
    beside = [other for other in known if other.rpartition(".")[0] == table]
    names = sorted(other.removeprefix(table + dot) for other in beside)
    elsewhere = sorted(other for other in known if other.rpartition(".")[2] == name)
    near = difflib.get_close_matches(name[:64], names, n=1) or elsewhere
    meant = f" (did you mean {near[0]}?)" if near else ""
    if not table:
        tables = {other.partition(".")[0] for other in known if "." in other} | {TABLE}
        names += sorted(f"[{each}]" for each in tables)
    return f"{clean_line(key, 80)}: unknown key{meant}; one of {', '.join(names)}"
