"""The INI file that other packet capture programs run with, read as their users wrote it.

    [PacketCapture]          section and keys in any case; `:` does for `=`
    key = value   # comment  a comment begins with # or ; behind a blank
    key = "a # b"            in quotes everything counts

A `%` is just that (`%%` is one, as those programs have it), and nothing is put in its place. Of the
other sections only `[Connection]` (the radio) and `[Bot]` (its name) are looked at.

What a file of the user's own sets counts: `local/config.ini` beside it, or in the folder that
`local_dir_path` of `[Bot]` names.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from meshtui.config import capture_values as values
from meshtui.config.capture import Entry, Remarks, beside, is_same_file, read_capture
from meshtui.config.capture_files import is_open_to_others, read_settings
from meshtui.errors import ConfigError
from meshtui.model.capture import INI_SECTION, CaptureConfig
from meshtui.model.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_CAPTURE: Final = INI_SECTION.casefold()
_CONNECTION: Final = "connection"
_BOT: Final = "bot"
_LOCAL_FOLDER: Final = "local"
_LOCAL_NAME: Final = "config.ini"
_KEY = re.compile(r"[\w.-]{1,64}")
_HEADING = re.compile(r"\s*\[([^\[\]]{1,200})\]\s*(?:[#;].*)?")
_COMMENT = re.compile(r"\s[#;]")
# Other programs take a radio whose name begins with MeshCore and holds what is set.
_IS_WHOLE = re.compile(r"(?i)meshcore-?[^-]|[0-9a-f]{2}:|[0-9a-f]{8}-|.*[*]")
_IS_ANY = re.compile(r"(?i)(meshcore-?)?")
_IS_INI = re.compile(rf"(?im)^\ufeff?[ \t]*\[[ \t]*{INI_SECTION}[ \t]*\]")
_MAX_NAME = 64
_MAX_HEADINGS = 1_000


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """What a settings file says to `meshtui capture`.

    Attributes:
        links: The radio's link URL; empty where the file names none.
        bot_name: Origin of messages where the radio has no name; or empty.
        remarks: What is odd, naming file, line and key.
    """

    config: CaptureConfig
    links: tuple[str, ...] = ()
    bot_name: str = ""
    remarks: tuple[str, ...] = ()


def is_capture_ini(text: str) -> bool:
    """Tell whether a settings file is an INI with a section of the service."""
    return bool(_IS_INI.search(text))


def refuse_binary(path: Path, text: str) -> None:
    """Refuse what decodes as text and is none, such as text of two bytes a letter.

    Raises:
        ConfigError: It names the line.
    """
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        msg = f"{path}: line {line}: holds a NUL; save the file as UTF-8 text"
        raise ConfigError(msg)


def no_ini(text: str) -> str:
    """Say what keeps a text from being such an INI; empty where it does not look like one."""
    headings = [match[1] for line in text.split("\n") if (match := _HEADING.match(line))]
    names = {re.sub(r"[^a-z]", "", name.lower()) for name in headings[:_MAX_HEADINGS]}
    if names & {_CONNECTION, _BOT} or difflib.get_close_matches(_CAPTURE, names, n=1):
        return f"; as the INI file of a bot, it has no section [{INI_SECTION}]"
    return ""


def parse_ini(path: Path, text: str, nearer: Mapping[str, Entry] | None = None) -> CaptureFile:
    """Read an INI file, and the one that lies over it.

    Args:
        nearer: Entries that win over the file's own.

    Raises:
        ConfigError: Names the file, the line and the key, and says what is allowed.
    """
    remarks = Remarks()
    sections = _read_sections(path, text, remarks)
    _lay_over(path, sections, remarks)
    config = read_capture(path, sections[_CAPTURE] | dict(nearer or {}), remarks)
    bot_name = clean_line(_text(sections[_BOT], "bot_name"), _MAX_NAME)
    link = _link(sections[_CONNECTION], remarks)
    return CaptureFile(
        replace(config, bot_name=bot_name), (link,) if link else (), bot_name, remarks.all()
    )


def _lay_over(path: Path, sections: Mapping[str, dict[str, Entry]], remarks: Remarks) -> None:
    """Let what the user keeps apart from the file win: passwords, as a rule.

    Raises:
        ConfigError: It is there, and cannot be read.
    """
    try:
        folder = beside(path, _text(sections[_BOT], "local_dir_path") or _LOCAL_FOLDER)
    except ValueError as error:
        raise _wrong(sections[_BOT], "local_dir_path", str(error)) from None
    own = Path(folder, _LOCAL_NAME)
    text = None if is_same_file(str(own), path) else read_settings(own)
    if text is None:
        return
    remarks.add(f"{own}: is read, too; what it sets counts")
    for name, entries in _read_sections(own, text, remarks, is_whole=False).items():
        sections[name].update(entries)
        if any(key.endswith("_password") for key in entries) and is_open_to_others(own):
            remarks.add(f"{own}: others can read its passwords; run: chmod 600 {own}")


def _read_sections(
    path: Path, text: str, remarks: Remarks, *, is_whole: bool = True
) -> Mapping[str, dict[str, Entry]]:
    """Return the entries of the sections that are ours to read.

    Args:
        is_whole: It must have the section of the service.

    Raises:
        ConfigError: It is no text, or has no section of the service.
    """
    refuse_binary(path, text)
    sections: dict[str, dict[str, Entry]] = {_CAPTURE: {}, _CONNECTION: {}, _BOT: {}}
    found: dict[str, int] = {}
    section: str | None = None
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        place = f"{path}: line {number}"
        if heading := _HEADING.fullmatch(line):
            section = heading[1].strip().casefold()
            if section == _CAPTURE and section in found:
                text = f"{place}: [{INI_SECTION}] is there a second time (line {found[section]})"
                remarks.add(f"{text}; both are read, and what comes last counts")
            found.setdefault(section, number)
        elif section is None and line.strip() and line.strip()[0] not in "#;":
            remarks.add(f"{place}: stands before all sections; it is left out, and what follows it")
            section = ""
        elif section in sections:
            _read_line(line, place, sections[section], remarks if section == _CAPTURE else None)
    if is_whole and _CAPTURE not in found:
        msg = f"{path}: has no section [{INI_SECTION}]"
        raise ConfigError(msg)
    return sections


def _read_line(line: str, place: str, entries: dict[str, Entry], remarks: Remarks | None) -> None:
    """Read `key = value`.

    Args:
        remarks: Takes what is odd; None = what is odd here is another program's business.
    """
    line = line.strip()
    if not line or line[0] in "#;":
        return
    remarks = remarks or Remarks()
    end = min((at for at in (line.find("="), line.find(":")) if at >= 0), default=-1)
    key = line[:end].strip().lower()
    if end < 0 or not _KEY.fullmatch(key):
        # What stands there may be the rest of a secret: it is not repeated.
        remarks.add(f"{place}: is neither key = value nor a comment; it is left out")
        return
    value, comment = _value(line[end + 1 :])
    # `= #hunter2` is one, `=  # none` is not.
    if key.endswith("_password") and comment and (value or not comment[0].isspace()):
        text = "what follows the blank is a comment; if it is of the password, put it in quotes"
        remarks.add(f"{place}: {key}: {text}")
    if "%%" in value:
        remarks.add(f"{place}: {key}: %% is read as one %, as other programs do")
        value = value.replace("%%", "%")
    if key in entries:
        before = entries[key].place.rpartition(": ")[2]
        remarks.add(f"{place}: {key}: is set already, in {before}; the last one counts")
    entries[key] = Entry(value, place)


def _value(text: str) -> tuple[str, str]:
    """Return a value without its quotes, and the comment behind it."""
    bare = text.strip()
    if bare[:1] in {'"', "'"}:
        end = bare.find(bare[0], 1)
        rest = bare[end + 1 :].lstrip()
        if end > 0 and rest[:1] in {"", "#", ";"}:
            return bare[1:end], ""
    comment = _COMMENT.search(text)
    return (text[: comment.start()].strip(), text[comment.end() :]) if comment else (bare, "")


def _text(entries: Mapping[str, Entry], key: str) -> str:
    return str(entries[key].value) if key in entries else ""


def _link(entries: Mapping[str, Entry], remarks: Remarks) -> str:
    """Return the radio's link URL, or empty where the file names none.

    Raises:
        ConfigError: A setting is not allowed.
    """
    if not entries:
        return ""
    kind = _text(entries, "connection_type").lower()
    if not kind:
        kind = "ble"
        remarks.add(f"{_place(entries, 'connection_type')}: is not set, which means ble")
    if kind == "serial":
        port = _text(entries, "serial_port") or "/dev/ttyUSB0"
        return f"meshcore+serial://{quote(port, errors='replace')}"
    if kind == "ble":
        name = _text(entries, "ble_device_name")
        if not name:
            text = "is not set: the only radio in reach whose name begins with MeshCore is taken"
            remarks.add(f"{_place(entries, 'ble_device_name')}: {text}")
        return f"meshcore+ble://{quote(_radio_name(name), safe=':*', errors='replace')}"
    if kind != "tcp":
        raise _wrong(entries, "connection_type", "must be serial, ble or tcp")
    host, port = _text(entries, "hostname"), _text(entries, "tcp_port") or "5000"
    try:
        host = values.server(host, lambda _text: None)
    except ValueError as error:
        raise _wrong(entries, "hostname", str(error)) from None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65_536):
        raise _wrong(entries, "tcp_port", "must be a whole number from 1 to 65535")
    return f"meshcore+tcp://{f'[{host}]' if ':' in host else host}:{int(port)}"


def _radio_name(name: str) -> str:
    """Return an address or a name; of a radio that is not named whole, what its name fits."""
    if _IS_WHOLE.match(name):
        return name
    return "MeshCore*" if _IS_ANY.fullmatch(name) else f"MeshCore*{name}*"


def _wrong(entries: Mapping[str, Entry], key: str, text: str) -> ConfigError:
    return ConfigError(f"{_place(entries, key)}: {text}")


def _place(entries: Mapping[str, Entry], key: str) -> str:
    """Return file, line and key, for messages; of a key that is missing, where it would stand."""
    nearest = entries.get(key) or entries.get("connection_type") or next(iter(entries.values()))
    return f"{nearest.place}: {key}"
