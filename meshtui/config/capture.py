"""Reads what the packet capture service is told (`model/capture.py` holds the values).

INI and TOML both come here as entries: a value and where it stands. A bad value of the service's
own is a ConfigError; one of a broker is that broker's problem, and the others run. What is odd
becomes a remark. All of them name file, line and key.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from meshtui.config.capture_checks import all_remarks
from meshtui.config.capture_keys import (
    BROKER_KEYS,
    ELSEWHERE,
    ELSEWHERE_PREFIXES,
    SERVICE_KEYS,
    Key,
)
from meshtui.errors import ConfigError
from meshtui.model.capture import MAX_BROKERS, BrokerConfig, CaptureConfig
from meshtui.model.secret import SecretBytes
from meshtui.model.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_REMARKS: Final = 50
DEFAULT_PREFIX: Final = "meshcore/packets"
EXAMPLE_IATA: Final = "LOC"
NUMBERS: Final = tuple(str(number) for number in range(1, MAX_BROKERS + 1))

_OF_BROKER = re.compile(r"mqtt([0-9]+)_(.+)")
_SERVICE_NAMES = {key.name for key in SERVICE_KEYS}
_BROKER_NAMES = {key.name for key in BROKER_KEYS}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a key is set to.

    Attributes:
        value: Text, or what TOML makes of it.
        place: File and line.
    """

    value: object = field(repr=False)
    place: str

    @property
    def is_blank(self) -> bool:
        """An empty value counts as none."""
        return isinstance(self.value, str) and not self.value.strip()


class Remarks:
    """What is odd, for a person; no file makes it long."""

    def __init__(self) -> None:
        """Begin with none."""
        self._texts: list[str] = []
        self._more = 0

    @property
    def is_full(self) -> bool:
        """What comes now is only counted."""
        return len(self._texts) >= MAX_REMARKS

    def add(self, text: str) -> None:
        """Keep one, unless it was said already."""
        if self.is_full:
            self._more += 1
        elif text not in self._texts:
            self._texts.append(text)

    def all(self) -> tuple[str, ...]:
        """Return them in order; what found no room is counted at the end."""
        more = (f"and {self._more} more like these",) if self._more else ()
        return (*self._texts, *more)


def read_capture(
    path: Path, entries: Mapping[str, Entry], remarks: Remarks, *, table: str = ""
) -> CaptureConfig:
    """Check the service's settings.

    Args:
        path: The settings file; files in the settings are beside it.
        entries: By key, in lower case.
        remarks: Takes what is odd.
        table: What stands before a key in messages: `capture.`.

    Raises:
        ConfigError: A setting of the service itself is wrong.
    """
    return _Reading(path, entries, remarks, table).run()


@dataclass(slots=True)
class _Values:
    """What was read of one table.

    Attributes:
        by_name: Checked values by the names of their keys.
        problem: The first that is not allowed, naming file, line and key; or empty.
        remarks: What is odd: key and text.
    """

    by_name: dict[str, object] = field(default_factory=dict)
    problem: str = ""
    remarks: list[tuple[str, str]] = field(default_factory=list)

    def fields(self, keys: tuple[Key, ...]) -> dict[str, Any]:
        """Return the values by the fields they fill."""
        return {
            key.field: self.by_name[key.name]
            for key in keys
            if key.field and key.name in self.by_name
        }


class _Reading:
    """One file being read."""

    def __init__(
        self, path: Path, entries: Mapping[str, Entry], remarks: Remarks, table: str
    ) -> None:
        self._path = path
        self._entries = {key: entry for key, entry in entries.items() if not entry.is_blank}
        self._all = entries
        self._remarks = remarks
        self._table = table

    def run(self) -> CaptureConfig:
        self._remark_unknown()
        values = self._values(SERVICE_KEYS, "")
        if values.problem:
            raise ConfigError(values.problem)
        service = replace(
            CaptureConfig(places={key: self._where(key) for key in self._entries}),
            **values.fields(SERVICE_KEYS),
        )
        if service.output_file and is_same_file(service.output_file, self._path):
            msg = f"{self._where('output_file')}: must not be the settings file itself"
            raise ConfigError(msg)
        brokers = self._brokers(service, values.by_name.get("jwt_ttl_seconds"))
        iata = service.iata or (EXAMPLE_IATA if any(map(needs_iata, brokers)) else "")
        service = replace(service, brokers=brokers, iata=iata)
        if service.is_enabled:
            for key, text in (*values.remarks, *all_remarks(service)):
                self._remark(key, text)
        return service

    def _brokers(self, service: CaptureConfig, jwt_ttl_s: object) -> tuple[BrokerConfig, ...]:
        set_ = {found[1] for key in self._entries if (found := _OF_BROKER.fullmatch(key))}
        brokers = []
        for number in NUMBERS:
            if number in set_:
                values = self._values(BROKER_KEYS, f"mqtt{number}_")
                broker = self._broker(number, values, jwt_ttl_s)
                brokers.append(broker)
                if service.is_enabled and service.has_mqtt and broker.is_enabled:
                    for key, text in values.remarks:
                        self._remark(key, text)
        return tuple(brokers)

    def _broker(self, number: str, values: _Values, jwt_ttl_s: object) -> BrokerConfig:
        broker = replace(BrokerConfig(int(number)), **values.fields(BROKER_KEYS))
        if not broker.is_enabled:
            return broker
        if isinstance(jwt_ttl_s, float) and "jwt_ttl_seconds" not in values.by_name:
            broker = replace(broker, jwt_ttl_s=jwt_ttl_s)
        prefix = str(values.by_name.get("topic_prefix", DEFAULT_PREFIX)).rstrip("/")
        problem = values.problem
        if not problem and not broker.server:
            problem = f"{self._where(f'mqtt{number}_server')}: is missing: the broker's host name"
        return replace(
            broker,
            problem=problem,
            token_audience=broker.token_audience or broker.server,
            topic_status=broker.topic_status or f"{prefix}/status",
            topic_packets=broker.topic_packets or f"{prefix}/packet",
        )

    def _values(self, keys: tuple[Key, ...], before: str) -> _Values:
        """Read one table's values, as far as they are allowed."""
        values = _Values()
        for key in keys:
            name = before + key.name
            if name in self._entries:
                try:
                    values.by_name[key.name] = self._value(key, name, values)
                except ValueError as error:
                    values.problem = values.problem or f"{self._where(name)}: {error}"
        return values

    def _value(self, key: Key, name: str, values: _Values) -> object:
        value = key.read(
            self._entries[name].value, lambda text: values.remarks.append((name, text))
        )
        if key.is_path:
            return beside(self._path, str(value))
        return SecretBytes(str(value).encode()) if key.is_secret else value

    def _where(self, key: str) -> str:
        """Return file, line and key, for messages."""
        entry = self._all.get(key)
        return f"{entry.place if entry else self._path}: {self._table}{key}"

    def _remark(self, key: str, text: str) -> None:
        self._remarks.add(f"{self._where(key)}: {text}")

    def _remark_unknown(self) -> None:
        beyond: set[str] = set()
        for key in self._all:
            of_broker = _OF_BROKER.fullmatch(key)
            number, name = of_broker.groups() if of_broker else ("", key)
            known = _BROKER_NAMES if of_broker else _SERVICE_NAMES
            if of_broker and number not in NUMBERS:
                if number not in beyond:
                    text = f"{self._all[key].place}: {self._table}mqtt{number[:9]}_…: not read"
                    self._remarks.add(f"{text}; brokers are mqtt1 to mqtt{MAX_BROKERS}")
                beyond.add(number)
            elif name not in known and not self._remarks.is_full:
                self._remarks.add(self._unknown(key, number, name))
            elif name not in known:
                self._remarks.add("")

    def _unknown(self, key: str, number: str, name: str) -> str:
        where = f"{self._all[key].place}: {self._table}{clean_line(key, 40)}"
        hint = ELSEWHERE.get(name) or next(
            (hint for start, hint in ELSEWHERE_PREFIXES.items() if name.startswith(start)), ""
        )
        if hint:
            return f"{where}: not read here: {hint}"
        if isinstance(self._all[key].value, dict):
            return f"{where}: is a table, and left out; keys here are flat, as mqtt1_server"
        names = {each: f"mqtt{number or 'N'}_{each}" for each in _BROKER_NAMES}
        if not number:
            names |= {each: each for each in _SERVICE_NAMES}
            name = re.sub(r"^mqtt[0-9]*_?", "", name)
        near = [names[each] for each in difflib.get_close_matches(name[:64], sorted(names), n=1)]
        meant = f" (did you mean {near[0]}?)" if near else ""
        return f"{where}: unknown key{meant}; it is left out"


def needs_iata(broker: BrokerConfig) -> bool:
    """Tell whether a broker that runs has the airport in its topics."""
    topics = (broker.topic_status + broker.topic_packets).casefold()
    return broker.is_enabled and not broker.problem and "{iata}" in topics


def beside(path: Path, name: str) -> str:
    """Return a file that settings name: beside them, unless it begins with `/` or `~`.

    Raises:
        ValueError: There is no such home folder.
    """
    try:
        return str(path.parent / Path(name).expanduser())
    except RuntimeError:
        msg = "names a home folder that is not there"
        raise ValueError(msg) from None


def is_same_file(name: str, path: Path) -> bool:
    """Tell whether a name leads to a file, by whatever way."""
    try:
        return Path(name) == path or Path(name).samefile(path)
    except (OSError, ValueError):
        return False
