"""Writing settings: the documented first file, changes to it, and the effective settings.

A change keeps the user's own comments and order: one line is replaced or added, and the result is
parsed again before it takes the file's place. A file too unusual for that is left alone.
"""

from __future__ import annotations

import json
import re
import tomllib
from functools import partial
from typing import TYPE_CHECKING

from meshtui.cli.files import read_text, replace
from meshtui.cli.output import Exit, Output
from meshtui.cli.profile import load_profile
from meshtui.config.capture_ini import is_capture_ini
from meshtui.config.capture_keys import BROKER_KEYS, SERVICE_KEYS
from meshtui.config.capture_toml import TABLE
from meshtui.config.link_urls import hide_password
from meshtui.config.options import LINKS, OPTIONS
from meshtui.config.settings import DEFAULT, Config, parse_config
from meshtui.errors import ConfigError
from meshtui.model.capture import MAX_BROKERS
from meshtui.model.secret import SecretBytes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from meshtui.config.capture_keys import Key
    from meshtui.config.option import Option
    from meshtui.model.capture import CaptureConfig

_HEADING = """\
# Settings of meshtui. A line that begins with # is a remark or shows what could be set.
# Nearest wins: command line, environment (MESHTUI_NAME, …), this file, default.
# `meshtui --print-config` shows what is in effect.
"""
_CAPTURE_HEADING = f"""\
[{TABLE}]

# Publish what a MeshCore radio hears to MQTT brokers: mqtt1_… to mqtt{MAX_BROKERS}_….
"""
_CAPTURE_EXAMPLE = {
    "enabled": True,
    "iata": "SEA",
    "output_file": "packets.jsonl",
    "mqtt1_server": "broker.example",
    "mqtt1_port": 443,
    "mqtt1_transport": "websockets",
    "mqtt1_use_tls": True,
    "mqtt1_use_auth_token": True,
    "mqtt1_topic_status": "meshcore/{IATA}/{PUBLIC_KEY}/status",
    "mqtt1_topic_packets": "meshcore/{IATA}/{PUBLIC_KEY}/packets",
    "mqtt2_server": "localhost",
    "mqtt2_username": "user",
    "mqtt2_password_file": "~/.broker-password",
}


def print_config(args: argparse.Namespace) -> int:
    """Print the effective settings with their origins, without any password."""
    output = Output(as_json=args.json)
    config = load_profile(args, output=output).config
    for option in OPTIONS:
        value = _effective(config, option)
        origin = config.origins.get(option.key, DEFAULT)
        row = {"key": option.key, "value": value, "origin": origin}
        output.row(row, partial(_line, option.key, value, origin))
    for broker in config.capture.brokers:
        if broker.problem:
            output.say(f"warning: {broker.problem}")
    for key, value, origin in _capture_rows(config.capture):
        row = {"key": key, "value": value, "origin": origin}
        output.row(row, partial(_line, key, value, origin))
    return Exit.DONE


def _line(key: str, value: object, origin: str) -> str:
    return f"# {key} is not set" if value is None else f"{key} = {as_toml(value)}  # {origin}"


def _effective(config: Config, option: Option[object]) -> object:
    holder: object = config
    *tables, name = option.key.split(".")
    for table in tables:
        holder = config if table == "log" else getattr(holder, table)
    value = getattr(holder, "log_level" if option.key == "log.level" else name)
    if option.key == LINKS.key:
        return [hide_password(url) for url in config.links]
    return list(value) if isinstance(value, tuple) else value


def _capture_rows(service: CaptureConfig) -> Iterator[tuple[str, object, str]]:
    """Return the packet capture service's settings: key, value, and where it stands."""
    tables: list[tuple[str, object, tuple[Key, ...]]] = [("", service, SERVICE_KEYS)]
    tables += [(f"{broker.name}_", broker, BROKER_KEYS) for broker in service.brokers]
    for before, holder, keys in tables:
        for key in keys:
            name = before + key.name
            if key.field:
                value = _shown(getattr(holder, key.field))
                place, _, _ = service.places.get(name, DEFAULT).rpartition(": ")
                yield f"{TABLE}.{name}", value, place or DEFAULT


def _shown(value: object) -> object:
    if isinstance(value, SecretBytes):
        return "***" if value.reveal else ""
    return sorted(value) if isinstance(value, frozenset) else value


def documented_file(values: Mapping[str, object]) -> str:
    """Return a first settings file: every option with its help, `values` set, the rest shown."""
    lines = [_HEADING]
    table = ""
    for option in OPTIONS:
        section, _, name = option.key.rpartition(".")
        if section != table:
            lines.append(f"[{section}]\n")
            table = section
        lines += [f"# {line}" for line in option.help.splitlines()]
        if option.key in values:
            lines.append(f"{name} = {as_toml(values[option.key])}\n")
        elif option.example:
            lines.append(f"# {option.example}\n")
        else:
            lines.append(f"# {name} = {as_toml(option.default)}\n")
    return "\n".join([*lines, _CAPTURE_HEADING, *_capture_example()])


def _capture_example() -> Iterator[str]:
    """Show how two brokers are set, one by token and one by password."""
    help_of = {key.name: key.help for key in SERVICE_KEYS}
    help_of |= {f"mqtt{number}_{key.name}": key.help for number in (1, 2) for key in BROKER_KEYS}
    for name, value in _CAPTURE_EXAMPLE.items():
        yield f"# {help_of[name]}\n# {name} = {as_toml(value)}\n"


def save_values(path: Path, values: Mapping[str, object]) -> None:
    """Set values in the settings file; where there is none, write the documented one.

    Raises:
        ConfigError: A value is not allowed, or the file cannot be read, changed or written; it
            is untouched then.
    """
    parse_config(path, "", overrides=values)
    file = read_text(path, is_required=False)
    if not file.mode:
        replace(path, documented_file(values))
        return
    if is_capture_ini(file.text):
        msg = f"{path}: is another program's settings, which are left as they are"
        raise ConfigError(msg)
    text = file.text
    for key, value in values.items():
        text = _with_value(path, text, key, value)
    replace(path, text, file.mode)


def as_toml(value: object) -> str:
    """Write a setting's value as TOML."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(as_toml(item) for item in value)}]"
    # What JSON says of strings, numbers and booleans, TOML says too.
    return json.dumps(value, ensure_ascii=False)


def _with_value(path: Path, text: str, key: str, value: object) -> str:
    """Return the file's text with one value changed and nothing else."""
    section, _, name = key.rpartition(".")
    line = f"{name} = {as_toml(value)}"
    changed = _edit(text.splitlines(), section, name, line)
    wanted = tomllib.loads(text)
    table = wanted.setdefault(section, {}) if section else wanted
    table[name] = json.loads(json.dumps(value))
    try:
        is_right = tomllib.loads(changed) == wanted
    except ValueError:
        is_right = False
    if not is_right:
        msg = f"{path}: {key}: this file is written too freely to be changed; set by hand: {line}"
        raise ConfigError(msg)
    return changed


def _edit(lines: list[str], section: str, name: str, line: str) -> str:
    """Replace the line that sets `name`, else the remark that shows it, else add one."""
    start, end = _bounds(lines, section)
    if start < 0:
        return "\n".join([*lines, "", f"[{section}]", line, ""])
    for pattern in (rf"\s*{name}\s*=", rf"#\s*{name}\s*="):
        for index in range(start, end):
            if re.match(pattern, lines[index]):
                return "\n".join([*lines[:index], line, *lines[_value_end(lines, index) :], ""])
    return "\n".join([*lines[:start], line, *lines[start:], ""])


def _bounds(lines: list[str], section: str) -> tuple[int, int]:
    """Return the first line inside a table and the one past it; -1 where there is no such table."""
    headings = [
        (index, match[1])
        for index, text in enumerate(lines)
        if (match := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$", text))
    ]
    ends = [index for index, _ in headings[1:]] + [len(lines)]
    if not section:
        return 0, headings[0][0] if headings else len(lines)
    for (index, name), end in zip(headings, ends, strict=False):
        if name == section:
            return index + 1, end
    return -1, -1


def _value_end(lines: list[str], start: int) -> int:
    """Return the line past the value that begins at `start`; a list may span several."""
    for end in range(start + 1, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[start:end]))
        except ValueError:
            continue
        return end
    return start + 1
