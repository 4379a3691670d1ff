"""Settings: one TOML file, the environment and the command line, read once into frozen data.

Nearest wins: command line, `MESHTUI_*` environment, file, default. `OPTIONS` is the only list of
what can be set: the checks, the documented first file and `--print-config` all come from it. An
unknown key is refused with the nearest known one, so that a typing error never passes for a
setting. Whatever is wrong becomes a `ConfigError` that names file and key.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from urllib.parse import SplitResult, urlsplit

from meshtui.errors import ConfigError
from meshtui.model.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

MAX_LINKS: Final = 32
ENVIRONMENT_PREFIX: Final = "MESHTUI_"
COMMAND_LINE: Final = "command line"
DEFAULT: Final = "default"

_T = TypeVar("_T")
_SECRET_QUERY = re.compile(r"(?i)([?&](?:password|token|secret)=)[^&#]*")
_SCHEME = re.compile(r"[a-z][a-z0-9]*\+[a-z][a-z0-9]*")
# A Bluetooth address where a host stands; its colons begin no port.
_BLUETOOTH = re.compile(r"://[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}(?=[/?#]|$)")


@dataclass(frozen=True, slots=True)
class Option(Generic[_T]):
    """One setting.

    Attributes:
        key: As in the file, with its table: `jsonmesh.relay`.
        read: Returns the checked value; ValueError says what is allowed.
        help: Lines for the documented file.
        example: TOML shown there where the default shows nothing.
    """

    key: str
    default: _T
    read: Callable[[object], _T]
    help: str
    example: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that overrides the file."""
        return ENVIRONMENT_PREFIX + self.key.upper().replace(".", "_")

    def of(self, values: Mapping[str, object]) -> _T:
        """Return the value among checked ones."""
        return self.read(values[self.key]) if self.key in values else self.default


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
class Config:
    """The effective settings.

    Attributes:
        position: Latitude and longitude in degrees, or None.
        links: Link URLs; may hold passwords, so never print them without `hide_password`.
        origins: Where each value that is not a default came from, by key.
    """

    name: str
    theme: str
    glyphs: str
    links: tuple[str, ...] = field(repr=False)
    position: tuple[float, float] | None
    jsonmesh: JsonmeshConfig
    log_level: str
    origins: Mapping[str, str]


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        msg = "must be true or false"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for a value that is not allowed
    return value


def _number(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)  # NaN compares with nothing
        msg = f"must be a number from {low:g} to {high:g}"
        raise ValueError(msg)

    return read


def _integer(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            msg = f"must be a whole number from {low} to {high}"
            raise ValueError(msg)
        return value

    return read


def _text(limit: int) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > limit or clean_line(value) != value:
            msg = f'must be "text" of one line, at most {limit} characters, nothing invisible'
            raise ValueError(msg)
        return value

    return read


def _choice(*allowed: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            msg = f"must be one of {', '.join(json.dumps(word) for word in allowed)}"
            raise ValueError(msg)
        return value

    return read


def _position(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        msg = "must be [latitude, longitude] in degrees"
        raise ValueError(msg)
    return _number(-90, 90)(value[0]), _number(-180, 180)(value[1])


def _links(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MAX_LINKS:
        msg = f"must be a list of at most {MAX_LINKS} link URLs"
        raise ValueError(msg)
    links = tuple(check_link_url(url) for url in value)
    if len(set(links)) < len(links):
        msg = "holds the same link twice"
        raise ValueError(msg)
    return links


def check_link_url(url: object) -> str:
    """Return a link URL of the right shape; what its transport makes of it is checked later.

    Raises:
        ValueError: It is no link URL; the text says what one looks like and holds no password.
    """
    example = "such as jsonmesh+mqtt://HOST:1883"
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        msg = f"must hold link URLs, {example}, in quotes and without spaces"
        raise ValueError(msg)
    parts = _split(url)
    if parts is None or not _SCHEME.fullmatch(parts.scheme) or "://" not in url:
        msg = f"{clean_line(hide_password(url), 80)!r} is no link URL, {example}"
        raise ValueError(msg)
    return url


def hide_password(url: str) -> str:
    """Return a link URL fit to be shown: passwords are replaced by `***`, whatever its shape."""
    shown = _SECRET_QUERY.sub(r"\g<1>***", url)
    head, separator, rest = shown.partition("://")
    authority, at, tail = rest.rpartition("@")
    if not at:
        return shown
    user, colon, _ = authority.partition(":")
    return f"{head}{separator}{user}{':***' if colon else ''}@{tail}"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(_BLUETOOTH.sub("://device", url, count=1))
        _ = parts.port
    except ValueError:
        return None
    return parts


NAME: Final = Option(
    "name", "", _text(64), "The name others see beside your messages.", 'name = "Alice"'
)
LINKS: Final[Option[tuple[str, ...]]] = Option(
    "links",
    (),
    _links,
    "What to connect to, as NETWORK+MEDIUM URLs. Keep a password out of this file with\n"
    "?password_file=PATH; see `meshtui doctor` when a link does not come up.",
    'links = ["jsonmesh+mqtts://user@broker.example:8883?password_file=~/.broker-password"]',
)
THEME: Final = Option("theme", "", _text(64), "Colour theme; empty = the standard one.")
GLYPHS: Final = Option(
    "glyphs",
    "unicode",
    _choice("unicode", "plain"),
    'Symbols on the screen: "unicode", or "plain" for terminals and fonts without them.',
)
POSITION: Final[Option[tuple[float, float] | None]] = Option(
    "position",
    None,
    _position,
    "Where this node stands, [latitude, longitude]. Told to nobody unless share_position is set.",
    "position = [48.8566, 2.3522]",
)
RELAY: Final[Option[bool | None]] = Option(
    "jsonmesh.relay",
    None,
    _flag,
    "Pass other nodes' messages on, also from one link to another, and lend our radios to the\n"
    "brokers' members. `meshtui relay` does so by itself, and whoever has a radio passes messages\n"
    "on; everything else does only where this is true, and nothing where it is false.",
    "relay = true",
)
SHARE_POSITION: Final = Option(
    "jsonmesh.share_position",
    False,
    _flag,
    "Put the position above into the public, retained presence of this node.",
)
ACK_TIMEOUT_S: Final = Option(
    "jsonmesh.ack_timeout_s",
    5.0,
    _number(0.5, 600),
    "Seconds to wait for the acknowledgement of a direct message before it is sent again.",
)
MAX_ATTEMPTS: Final = Option(
    "jsonmesh.max_attempts",
    3,
    _integer(1, 10),
    "How often a direct message is sent before it counts as not delivered.",
)
COMPACT: Final = Option(
    "jsonmesh.compact",
    True,
    _flag,
    "Write frames on radio in a small form to the nodes that announced they read it.",
)
SOURCE_ROUTING: Final = Option(
    "jsonmesh.source_routing",
    True,
    _flag,
    "Send direct messages on radio along the path learned last; flood when that fails.",
)
SIGNATURES: Final = Option(
    "jsonmesh.signatures",
    "off",
    _choice("off", "brokers", "all"),
    'Sign messages, so that also in a forum it is certain who wrote: "brokers" = not on radio,\n'
    "where a signature costs 64 bytes of every packet.",
)
RADIO_PRESENCE_S: Final = Option(
    "jsonmesh.radio_presence_s",
    10_800.0,
    _number(300, 86_400),
    "Seconds between two announcements of this node on radio.",
)
LOG_LEVEL: Final = Option(
    "log.level",
    "info",
    _choice("debug", "info", "warning", "error"),
    "How much goes into the log. Never message texts or keys.",
)
OPTIONS: Final[tuple[Option[object], ...]] = (
    NAME,
    LINKS,
    THEME,
    GLYPHS,
    POSITION,
    RELAY,
    SHARE_POSITION,
    ACK_TIMEOUT_S,
    MAX_ATTEMPTS,
    COMPACT,
    SOURCE_ROUTING,
    SIGNATURES,
    RADIO_PRESENCE_S,
    LOG_LEVEL,
)  # type: ignore[assignment]  # a table of options of many types


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
        text: What it holds; empty where there is none.
        environment: Variables by name; None = none.
        overrides: Values from the command line, by key.

    Raises:
        ConfigError: Names the file (or variable, or option) and the key, and says what is allowed.
    """
    values = _flatten(path, _parse(path, text))
    origins = dict.fromkeys(values, str(path))
    # The file is wrong even where a nearer source hides it: say so now, not when that is gone.
    _check(values, origins)
    for option in OPTIONS:
        raw = (environment or {}).get(option.variable)
        if raw is not None:
            values[option.key] = _from_environment(option, raw)
            origins[option.key] = option.variable
    for key, value in (overrides or {}).items():
        values[key], origins[key] = value, COMMAND_LINE
    _check(values, origins)
    return _build(values, origins)


def _build(values: Mapping[str, object], origins: Mapping[str, str]) -> Config:
    return Config(
        name=NAME.of(values),
        theme=THEME.of(values),
        glyphs=GLYPHS.of(values),
        links=LINKS.of(values),
        position=POSITION.of(values),
        jsonmesh=JsonmeshConfig(
            relay=RELAY.of(values),
            share_position=SHARE_POSITION.of(values),
            ack_timeout_s=ACK_TIMEOUT_S.of(values),
            max_attempts=MAX_ATTEMPTS.of(values),
            compact=COMPACT.of(values),
            source_routing=SOURCE_ROUTING.of(values),
            signatures=SIGNATURES.of(values),
            radio_presence_s=RADIO_PRESENCE_S.of(values),
        ),
        log_level=LOG_LEVEL.of(values),
        origins=origins,
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
    try:
        return tomllib.loads(text)
    except RecursionError:
        msg = f"{path}: nested too deeply"
        raise ConfigError(msg) from None
    except ValueError as error:
        msg = f"{path}: {clean_line(str(error), 200)}"
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
        names += sorted({f"[{other.partition('.')[0]}]" for other in known if "." in other})
    return f"{clean_line(key, 80)}: unknown key{meant}; one of {', '.join(names)}"
