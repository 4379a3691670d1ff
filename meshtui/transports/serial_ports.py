"""Which serial ports there are, who holds one, and who may use it: looked up, never opened.

Opening a port resets many boards, so all this reads directories only. It may take a few
milliseconds: not on the loop.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.model.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator

DEV: Final = Path("/dev")
PROC: Final = Path("/proc")
SYS: Final = Path("/sys")
MAX_PORTS: Final = 64
MAX_LABEL: Final = 40
_USB: Final = ("ttyUSB*", "ttyACM*", "cu.usb*", "cu.SLAB*", "cu.wch*")
_BUILT_IN: Final = ("ttyAMA*", "serial[0-9]", "rfcomm*")
# `usb-Silicon_Labs_CP2102_…_0001-if00-port0`: what comes before the interface.
_BY_ID: Final = re.compile(r"usb-(?P<label>.*?)(?:-if\d+.*)?")


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port of this machine.

    Attributes:
        device: Its path, such as `/dev/ttyUSB0`.
        is_usb: Gateways are plugged in so; the others may be anything.
        label: What the device calls itself, fit to be shown; empty = it does not say.
    """

    device: str
    is_usb: bool
    label: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """A program that has a port open."""

    name: str
    pid: int

    @property
    def words(self) -> str:
        """Name and process in one line."""
        return f"{self.name} (pid {self.pid})"


def list_ports(dev: Path = DEV) -> list[SerialPort]:
    """List the serial ports below `dev`, USB first; at most `MAX_PORTS`."""
    labels = _labels(dev)
    found = [
        SerialPort(str(path), is_usb, labels.get(path.name, ""))
        for is_usb, patterns in ((True, _USB), (False, _BUILT_IN))
        for pattern in patterns
        for path in sorted(dev.glob(pattern), key=_natural)
    ]
    return found[:MAX_PORTS]


def holders(device: str, proc: Path = PROC) -> list[Holder]:
    """Find who has a device open, ourselves left out; other users' programs stay unseen."""
    wanted = str(Path(device).resolve())
    found = [
        Holder(_name(process), int(process.name))
        for process in proc.glob("[0-9]*")
        if int(process.name) != os.getpid() and wanted in _open_files(process)
    ]
    return sorted(found, key=lambda holder: holder.pid)


def is_serial(device: str, sys: Path = SYS) -> bool:
    """Tell whether a device is a serial port, as far as the kernel says what it is.

    Raises:
        OSError: It is not there, or may not be looked at.
    """
    status = Path(device).stat()
    if not stat.S_ISCHR(status.st_mode):
        return False
    number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    kind = sys / "dev" / "char" / number / "subsystem"
    return not kind.exists() or kind.resolve().name == "tty"  # pseudo-terminals are not listed


def is_permitted(device: str) -> bool:
    """We may read and write it, as far as its owner is concerned."""
    return os.access(device, os.R_OK | os.W_OK)


def how_to_be_permitted(device: str) -> str:
    """Say what must be typed so that we may use a device."""
    group = _group(device)
    if not group:
        return f"only its owner may use it: sudo chmod 666 {device}, or a udev rule"
    if _is_listed(group):
        return f"you are in the group {group}, this session is not yet: log out and in again"
    return f"join its group, then log in again: sudo usermod -aG {group} {_user()}"


def _natural(path: Path) -> tuple[str, int]:
    digits = re.search(r"\d*$", path.name)
    number = digits[0] if digits is not None else ""
    return path.name.removesuffix(number), int(number or 0)


def _labels(dev: Path) -> dict[str, str]:
    """Map device names to what udev knows of the hardware."""
    labels = {}
    for link in sorted((dev / "serial" / "by-id").glob("usb-*")):
        match = _BY_ID.fullmatch(link.name)
        if match is not None:
            label = clean_line(match["label"].replace("_", " "), MAX_LABEL)
            labels[link.resolve().name] = label
    return labels


def _open_files(process: Path) -> Iterator[str]:
    with contextlib.suppress(OSError):  # it has ended, or is somebody else's
        for file in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                yield str(file.readlink())


def _name(process: Path) -> str:
    try:
        return clean_line((process / "comm").read_text("utf-8", "replace"), MAX_LABEL) or "?"
    except OSError:
        return "?"


def _group(device: str) -> str:
    """Name the group that may use a device; empty = there is none worth joining."""
    import grp

    try:
        status = Path(device).stat()
        if status.st_gid == 0 or not status.st_mode & stat.S_IWGRP:
            return ""
        return grp.getgrgid(status.st_gid).gr_name
    except (OSError, KeyError):
        return ""


def _is_listed(group: str) -> bool:
    import grp

    try:
        return _user() in grp.getgrnam(group).gr_mem
    except KeyError:
        return False


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return "$USER"
