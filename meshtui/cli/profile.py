"""Whose settings, keys and data a command works with: folders, effective settings, password."""

from __future__ import annotations

import contextlib
import getpass
import os
import stat
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from meshtui.cli.files import TextFile, read_secret, read_text
from meshtui.config.capture_files import with_files
from meshtui.config.link_urls import hide_password
from meshtui.config.options import LINKS
from meshtui.config.settings import Config, parse_config
from meshtui.errors import ConfigError
from meshtui.runtime.api import Paths

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from meshtui.cli.output import Output
    from meshtui.model.capture import CaptureConfig

APP = "meshtui"


@dataclass(frozen=True, slots=True)
class Profile:
    """One user's settings and files.

    Attributes:
        password_file: Where the key file's password stands; None = ask.
    """

    paths: Paths
    config: Config
    password_file: Path | None

    @property
    def asks_for_password(self) -> bool:
        """Somebody at a terminal can be asked, again where it was mistyped."""
        return self.password_file is None and sys.stdin.isatty()

    def password(self, *, reason: str = "the key file is encrypted") -> str:
        """Return the key file's password from its file, or ask at the terminal.

        Raises:
            ConfigError: There is neither a password file nor a terminal.
        """
        if self.password_file is not None:
            return read_secret(self.password_file)
        if not sys.stdin.isatty():
            msg = (
                f"{reason}, and there is no terminal to ask for its password: "
                "pass --password-file FILE or set MESHTUI_PASSWORD_FILE"
            )
            raise ConfigError(msg)
        return getpass.getpass("Password of the key file: ")


def load_profile(
    args: argparse.Namespace, *, output: Output | None, has_service: bool = False
) -> Profile:
    """Find the folders, read and check the settings, and say what is odd about them.

    Args:
        output: Where to say it; None = nowhere.
        has_service: The packet capture service is to run beside a mesh, where it is switched on:
            look at the files that it needs, too.

    Raises:
        ConfigError: A setting is wrong.
    """
    paths = find_paths(args.home, args.config, os.environ)
    file = read_text(paths.config_file, is_required=args.config is not None)
    overrides = {} if args.link is None else {LINKS.key: args.link}
    config = parse_config(paths.config_file, file.text, environment=os.environ, overrides=overrides)
    if has_service and config.capture.is_enabled:
        capture, remarks = with_files(config.capture, is_alone=False)
        config = replace(config, capture=capture, remarks=(*config.remarks, *remarks))
    if config.capture.is_enabled and config.capture.filter.strip():
        config = replace(config, remarks=(*config.remarks, *_filter_doubts(config.capture)))
    named = args.password_file or os.environ.get("MESHTUI_PASSWORD_FILE")
    password_file = _path(named, "--password-file") if named else None
    if output is not None:
        for warning in _warnings(paths.config_file, file, config, password_file):
            output.say(f"warning: {warning}")
    return Profile(paths, config, password_file)


def _filter_doubts(capture: CaptureConfig) -> Iterator[str]:
    """Say which value of the service's filter no packet has, as far as is known."""
    from meshtui.model.filter_doubt import doubt_of
    from meshtui.runtime.known_values import known_values

    if doubt := doubt_of(capture.filter, known_values):
        yield f"{capture.places.get('filter', 'capture.filter')}: {doubt}"


def find_paths(home: str | None, config: str | None, environment: Mapping[str, str]) -> Paths:
    """Say where a profile lives; nothing is created.

    Args:
        home: Value of `--home`; beats `MESHTUI_HOME`, which beats the platform's own folders.
        config: Value of `--config`; beats the settings file of either.

    Raises:
        ConfigError: A folder's name is empty or impossible.
    """
    chosen = home if home is not None else environment.get("MESHTUI_HOME") or None
    if chosen is None:
        settings, data, logs = _platform_folders()
    else:
        settings = data = logs = _path(chosen, "--home")
    config_file = settings / "config.toml" if config is None else _path(config, "--config")
    return Paths(
        config_file=config_file,
        keys_file=data / "keys.json",
        database_file=data / "meshtui.db",
        log_file=logs / "meshtui.log",
        themes_dir=settings / "themes",
    )


def _platform_folders() -> tuple[Path, Path, Path]:
    import platformdirs

    return (
        platformdirs.user_config_path(APP),
        platformdirs.user_data_path(APP),
        platformdirs.user_log_path(APP),
    )


def _path(text: str, option: str) -> Path:
    if not text or "\0" in text:
        msg = f"{option}: must name a folder or file"
        raise ConfigError(msg)
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        msg = f"{option}: {error}"
        raise ConfigError(msg) from None


def _warnings(
    path: Path, file: TextFile, config: Config, password_file: Path | None
) -> Iterator[str]:
    yield from config.remarks
    for url in config.links:
        if _is_unchecked(url):
            yield f"{hide_password(url)}: nobody checks who the broker is, nor who listens in"
    is_from_file = config.origins.get(LINKS.key) == str(path)
    holds_password = any(hide_password(url) != url for url in config.links)
    if is_from_file and holds_password and file.is_open_to_others:
        yield f"{path}: links: holds a password others can read; run: chmod 600 {path}"
    named = [f"{broker.name}_password" for broker in config.capture.brokers]
    places = config.capture.places
    secret = next((key for key in named if places.get(key, "").startswith(f"{path}: ")), "")
    if secret and file.is_open_to_others:
        yield f"{path}: {secret}: is a password others can read; run: chmod 600 {path}"
    if password_file is not None:
        with contextlib.suppress(OSError):
            status = password_file.stat()
            if stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
                yield f"{password_file}: others can read this password; run: chmod 600 it"


def _is_unchecked(url: str) -> bool:
    """Tell whether a link encrypts for whoever answers: `?insecure=1`."""
    parts = urlsplit(url)
    is_tls = parts.scheme.rpartition("+")[2] in {"mqtts", "wss"}
    return is_tls and ("insecure", "1") in parse_qsl(parts.query)
