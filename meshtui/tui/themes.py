"""Colour themes from TOML files: ours, and the user's own beside them.

    title = "Harbour"
    about = "calm and dark"
    is_dark = true
    [colours]
    background = "#11161c"        # `#rrggbb`, or `ansi_…` for one of the terminal's sixteen
    …                             # every name in `COLOURS`
    names = ["#7fb4e6", …]        # eight, by which people are told apart

A user's file of the same name replaces ours. A file that cannot be used is left out, and says why.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from textual.theme import Theme

from meshtui.errors import ConfigError

DEFAULT: Final = "harbour"
SIXTEEN_COLOURS: Final = "terminal"
NAME_COLOURS: Final = 8
COLOURS: Final = (
    "background",
    "foreground",
    "surface",
    "panel",
    "bar",
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "error",
    "muted",
    "rule",
    "selection",
)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}|ansi_(default|(bright_)?[a-z]+)")
_ANSI = frozenset(
    f"ansi_{prefix}{colour}"
    for prefix in ("", "bright_")
    for colour in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
) | {"ansi_default"}
_MAX_FILE_BYTES = 64 * 1024
_MAX_FILES = 100


@dataclass(frozen=True, slots=True)
class ThemeSet:
    """What was found.

    Attributes:
        themes: By name, which is the file's name without `.toml`.
        about: Title and description, by name.
        problems: One sentence for each file left out.
    """

    themes: dict[str, Theme]
    about: dict[str, str]
    problems: tuple[str, ...]


def shipped_dir() -> Path:
    """Our own themes: inside the wheel, or beside the package in a working copy."""
    package = Path(__file__).parents[1]
    inside = package / "_themes"
    return inside if inside.is_dir() else package.parent / "themes"


def load_themes(user_dir: Path | None) -> ThemeSet:
    """Read our themes and then the user's."""
    themes: dict[str, Theme] = {}
    about: dict[str, str] = {}
    problems: list[str] = []
    for folder in (shipped_dir(), user_dir):
        if folder is None or not folder.is_dir():
            continue
        for path in sorted(folder.glob("*.toml"))[:_MAX_FILES]:
            try:
                theme, description = read_theme(path)
            except ConfigError as error:
                problems.append(str(error))
            else:
                themes[theme.name] = theme
                about[theme.name] = description
    return ThemeSet(themes, about, tuple(problems))


def read_theme(path: Path) -> tuple[Theme, str]:
    """Read one file.

    Returns:
        The theme and a line about it.

    Raises:
        ConfigError: It is not usable; the text names the file and the key.
    """
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            msg = f"{path}: larger than 64 KiB: this is no theme"
            raise ConfigError(msg)
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{path}: {error}"
        raise ConfigError(msg) from error
    return _theme_of(path, data)


def _theme_of(path: Path, data: dict[str, object]) -> tuple[Theme, str]:
    colours = data.get("colours")
    if not isinstance(colours, dict):
        msg = f"{path}: [colours] is missing"
        raise ConfigError(msg)
    unknown = (set(data) - {"title", "about", "is_dark", "colours"}) | (
        set(colours) - {*COLOURS, "names"}
    )
    if unknown:
        msg = f"{path}: {min(unknown)}: unknown key"
        raise ConfigError(msg)
    found = {key: _colour(path, key, colours.get(key)) for key in COLOURS}
    names = colours.get("names")
    if not isinstance(names, list) or len(names) != NAME_COLOURS:
        msg = f"{path}: names: a list of {NAME_COLOURS} colours"
        raise ConfigError(msg)
    variables = {
        f"name-{index}": _colour(path, f"names[{index}]", colour)
        for index, colour in enumerate(names)
    }
    # Textual's own style sheets name these two where a theme is of the terminal's colours.
    variables |= {"ansi-background": "ansi_default", "ansi-foreground": "ansi_default"}
    variables |= {key: found[key] for key in ("muted", "rule", "selection", "bar")}
    is_dark = data.get("is_dark", True)
    if not isinstance(is_dark, bool):
        msg = f"{path}: is_dark: true or false"
        raise ConfigError(msg)
    theme = Theme(
        name=path.stem,
        primary=found["primary"],
        secondary=found["secondary"],
        accent=found["accent"],
        foreground=found["foreground"],
        background=found["background"],
        surface=found["surface"],
        panel=found["panel"],
        success=found["success"],
        warning=found["warning"],
        error=found["error"],
        dark=is_dark,
        variables=variables,
        ansi=found["background"].startswith("ansi_"),
    )
    return theme, f"{data.get('title', path.stem)}: {data.get('about', '')}"


def _colour(path: Path, key: str, value: object) -> str:
    if (
        isinstance(value, str)
        and _COLOUR.fullmatch(value)
        and (not value.startswith("ansi_") or value in _ANSI)
    ):
        return value
    msg = f"{path}: colours.{key}: a colour as #rrggbb, or an ansi_ colour such as ansi_cyan"
    raise ConfigError(msg)
