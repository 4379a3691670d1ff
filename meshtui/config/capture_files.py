"""The files that settings of the packet capture service name, looked at before it runs.

Only whoever runs the service looks: a disk that is not there must not keep anybody from reading old
messages. The private key is not read here, and no file is opened that could be waited for.
"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.errors import ConfigError
from meshtui.model.secret import SecretBytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.capture import BrokerConfig, CaptureConfig

    Say = Callable[[str, str], None]

MAX_SECRET_BYTES: Final = 4_096
MAX_CA_BYTES: Final = 16 * 1024 * 1024
MAX_SETTINGS_BYTES: Final = 1024 * 1024


def with_files(
    service: CaptureConfig, *, is_alone: bool = True
) -> tuple[CaptureConfig, tuple[str, ...]]:
    """Read the brokers' password files and look at all other files that are named.

    Args:
        is_alone: The service is all that is to run, and is refused without its files; otherwise
            they are remarked on, and the service says itself what it cannot do.

    Returns:
        The service, where a broker with an unusable file has a `problem` now, and what is odd.

    Raises:
        ConfigError: The key or the output file cannot be used, and the service is alone; names
            file, line and key.
    """
    remarks: list[str] = []

    def say(key: str, text: str) -> None:
        remarks.append(f"{_where(service, key)}: {text}")

    def complain(key: str, text: str) -> None:
        if is_alone:
            msg = f"{_where(service, key)}: {text}"
            raise ConfigError(msg)
        say(key, text)

    _check_key(service, complain, say)
    if fault := service.output_file and _output_fault(Path(service.output_file)):
        complain("output_file", fault)
    brokers = tuple(
        _with_files(broker, service, say)
        if service.has_mqtt and broker.is_enabled and not broker.problem
        else broker
        for broker in service.brokers
    )
    return replace(service, brokers=brokers), tuple(remarks)


def read_settings(path: Path) -> str | None:
    """Read more settings, which need not be there; None = they are not.

    Raises:
        ConfigError: They are, and cannot be read; the text quotes nothing of them.
    """
    if not os.path.lexists(path):
        return None
    try:
        return _read(path, MAX_SETTINGS_BYTES).decode()
    except UnicodeDecodeError:
        msg = f"{path}: must be UTF-8 text"
        raise ConfigError(msg) from None
    except ValueError as error:
        raise ConfigError(str(error)) from None


def is_open_to_others(path: Path) -> bool:
    """Tell whether somebody else on this machine can read or write it."""
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


def _where(service: CaptureConfig, key: str) -> str:
    return service.places.get(key, key)


def _check_key(service: CaptureConfig, complain: Say, say: Say) -> None:
    if not service.private_key_path:
        return
    path = Path(service.private_key_path)
    fault = _fault(path, MAX_SECRET_BYTES)
    if fault and service.auth_token_method == "python":  # noqa: S105 - a word, no secret
        complain("private_key_path", fault)
    elif fault:
        say("private_key_path", f"{fault}; only the radio can sign tokens then")
    elif is_open_to_others(path):
        say("private_key_path", f"others can read this key; run: chmod 600 {path}")


def _with_files(broker: BrokerConfig, service: CaptureConfig, say: Say) -> BrokerConfig:
    key = f"{broker.name}_tls_ca"
    try:
        if broker.tls_ca and (fault := _fault(Path(broker.tls_ca), MAX_CA_BYTES)):
            raise ValueError(fault)  # noqa: TRY301 - a fault of whichever file comes first
        key = f"{broker.name}_password_file"
        if not broker.password_file or broker.password.reveal:
            return broker
        path = Path(broker.password_file)
        password = _read_password(path)
        if is_open_to_others(path):
            say(key, f"others can read this password; run: chmod 600 {path}")
        return replace(broker, password=password)
    except ValueError as error:
        return replace(broker, problem=f"{_where(service, key)}: {error}")


def _read_password(path: Path) -> SecretBytes:
    """Return a file's first line.

    Raises:
        ValueError: It cannot be read, or holds none; the text quotes nothing of it.
    """
    line = _read(path, MAX_SECRET_BYTES).partition(b"\n")[0].rstrip(b"\r")
    text = line.decode("utf-8", "replace").removeprefix("\ufeff")
    if not text or not text.isprintable() or "\ufffd" in text:
        msg = f"{path}: must hold the password in its first line, as UTF-8 text"
        raise ValueError(msg)
    return SecretBytes(text.encode())


def _read(path: Path, limit: int) -> bytes:
    """Read a file, never waiting for a pipe's other end.

    Raises:
        ValueError: It cannot be read, is no file, or larger than `limit`.
    """
    if fault := _fault(path, limit):
        raise ValueError(fault)
    try:
        # Non-blocking: what stands there now may be a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(limit)
    except OSError as error:
        raise ValueError(_why(path, error)) from None


def _fault(path: Path, limit: int) -> str:
    """Say why a file cannot be read; empty = it can."""
    try:
        status = path.stat()
    except OSError as error:
        return _why(path, error)
    if not stat.S_ISREG(status.st_mode):
        return f"{path}: is no regular file"
    if status.st_size > limit:
        return f"{path}: is larger than {limit // 1024} KiB"
    return "" if os.access(path, os.R_OK) else f"{path}: permission denied"


def _output_fault(path: Path) -> str:
    """Say why a file cannot be written; empty = it can, or will be made. Its folder is not."""
    try:
        if path.exists():
            if not path.is_file():
                return f"{path}: is no regular file"
            return "" if os.access(path, os.W_OK) else f"{path}: cannot be written"
        folder = path.parent
        if not folder.exists():
            return f"{path}: there is no folder {folder}: make it"
    except OSError as error:
        return _why(path, error)
    if not folder.is_dir():
        return f"{path}: {folder} is no folder"
    return "" if os.access(folder, os.W_OK | os.X_OK) else f"{path}: {folder} cannot be written"


def _why(path: Path, error: OSError) -> str:
    return f"{path}: {(error.strerror or 'cannot be used as a file name').lower()}"
