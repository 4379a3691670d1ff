"""What the packet capture service needs of this machine: its files, and words about the owner."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.errors import CryptoError
from meshtui.model.text import clean_line
from meshtui.runtime.check import Check
from meshtui.runtime.key_file import read_key_file
from meshtui.runtime.publishing.rotating_file import RotatingFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meshtui.model.capture import CaptureConfig
    from meshtui.model.secret import SecretBytes

MIB: Final = 1024 * 1024
_MAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_KEY: Final = re.compile(r"[0-9A-Fa-f]{64}")


def check_machine(
    config: CaptureConfig, prove: Callable[[SecretBytes], None] | None
) -> Iterator[Check]:
    """Look at files and at what is said of the owner. Reads the disk: not for the loop.

    Args:
        prove: Given what stands in the key file, raises CryptoError where it is not the radio's
            private key; None = the radio is not known.
    """
    if config.output_file:
        yield _check_output(config)
    if config.private_key_path:
        yield _check_key_file(_path(config.private_key_path), prove)
    if config.owner_email or config.owner_public_key:
        yield _check_owner(config)


def _check_output(config: CaptureConfig) -> Check:
    name, path = "capture: output_file", _path(config.output_file)
    problem = _write_problem(path, config)
    if problem:
        return Check(name, False, f"{path}: {problem}")
    free_mb = shutil.disk_usage(path.parent).free / MIB
    files = [path, *(Path(f"{path}.{number}") for number in range(1, config.output_keep + 1))]
    there_mb = sum(_size_of(file) or 0 for file in files) / MIB
    wanted_mb = config.output_max_mb * len(files)
    room = f"{free_mb:.0f} MB are free"
    if free_mb + there_mb < wanted_mb:
        fix = "make room, or set output_max_mb and output_keep lower"
        detail = f"{path}: {room}, and it may become {wanted_mb:.0f} MB with all that is kept"
        return Check(name, False, detail, fix)
    return Check(name, True, f"{path}: can be written, {room}")


def _write_problem(path: Path, config: CaptureConfig) -> str:
    """Say why packet messages cannot be written there; what is there is not touched."""
    tried = path
    if _size_of(path) is not None:
        if not os.access(path, os.W_OK):
            return "we may not write there: change its permissions, or choose another place"
        tried = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}")
    was_there = os.path.lexists(tried)
    file = RotatingFile(tried, max_bytes=MIB, keep=config.output_keep)
    try:
        _, problem = file.append(())
    finally:
        file.close()
        if not was_there:
            with contextlib.suppress(OSError, ValueError):
                tried.unlink()
    return problem


def _check_key_file(path: Path, prove: Callable[[SecretBytes], None] | None) -> Check:
    name = "capture: private_key_path"
    try:
        key, is_open = read_key_file(path)
    except OSError as error:
        fix = "name the file with the radio's private key"
        return Check(name, False, f"{path}: {error.strerror}", fix)
    try:
        if prove is not None:
            prove(key)
    except CryptoError as error:
        fix = "export the private key of this very radio to it, in hex"
        return Check(name, False, f"{path}: {error}", fix)
    if is_open:
        fix = f"make it yours alone: chmod 600 {path}"
        return Check(name, False, f"{path}: others can read this radio's private key", fix)
    whose = "not compared: no radio told its key" if prove is None else "this radio's key"
    return Check(name, True, f"{path}: {whose}, for its owner only")


def _check_owner(config: CaptureConfig) -> Check:
    name, key, mail = "capture: owner", config.owner_public_key, config.owner_email
    shown = clean_line(mail, 80)
    if key and not _KEY.fullmatch(key):
        fix = "write the 64 hex digits of the public key of the owner's own node, or nothing"
        return Check(name, False, "owner_public_key: is no public key", fix)
    if mail and not _MAIL.fullmatch(mail):
        fix = "write one address, such as me@example.org, or nothing"
        return Check(name, False, f"owner_email: {shown} is no mail address", fix)
    takers = [broker for broker in config.brokers if broker.is_enabled and broker.use_auth_token]
    said = " and ".join(part for part in (f"key {key[:8]}…" if key else "", shown) if part)
    if not takers:
        return Check(name, True, f"{said}: told to nobody, as only tokens carry it")
    whom = ", ".join(broker.name for broker in takers)
    return Check(name, True, f"{said}: told to {whom} with each login")


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # whose home that would be is not known
        return Path(text)


def _size_of(path: Path) -> int | None:
    """Return the size of a regular file; None = it is none."""
    try:
        status = path.lstat()
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
