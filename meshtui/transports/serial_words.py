"""What went wrong with a serial port, in words for a person."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Final

from meshtui.errors import TransportError
from meshtui.transports import serial_ports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.transports.serial_ports import Holder, SerialPort

_SHOWN: Final = 6
_ABSENT: Final = {errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOTDIR, errno.EIO}
_BUSY: Final = {errno.EBUSY, errno.EAGAIN}
_FORBIDDEN: Final = {errno.EACCES, errno.EPERM}
UNPLUGGED: Final = "the radio was unplugged"


def of_failure(device: str, error: Exception) -> TransportError:
    """Put a port that could not be opened into words; looks around, so not on the loop."""
    code = error.errno if isinstance(error, OSError) else None
    if code in _ABSENT:
        return absent(device, serial_ports.list_ports())
    if code in _BUSY:
        return busy(device, serial_ports.holders(device))
    if code in _FORBIDDEN:
        return TransportError(forbidden(device), is_final=True)
    if code is None or code == errno.ENOTTY:
        return not_serial(device)
    return TransportError(f"cannot open {device}: {os.strerror(code)}")


def absent(device: str, ports: Sequence[SerialPort]) -> TransportError:
    """Say that a port is not there, and which are."""
    return TransportError(f"{device} is not there; {ports_there(ports)}")


def ports_there(ports: Sequence[SerialPort]) -> str:
    """Name the serial ports of this machine."""
    if not ports:
        return "this machine has no serial port; is the radio plugged in, by a cable with data?"
    named = [f"{port.device} ({port.label})" if port.label else port.device for port in ports]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return f"the serial ports here are {', '.join(named[:_SHOWN])}{more}"


def busy(device: str, held_by: Sequence[Holder]) -> TransportError:
    """Say who has a port."""
    if held_by:
        who = " and ".join(holder.words for holder in held_by[:_SHOWN])
        return TransportError(f"{device} is in use by {who}; close that first")
    unseen = f"another link of this program, or another user's (sudo lsof {device} tells)"
    return TransportError(f"{device} is in use by {unseen}")


def shared(held_by: Sequence[Holder]) -> str:
    """Remark that somebody else has the port open, too; empty for nobody."""
    if not held_by:
        return ""
    who = " and ".join(holder.words for holder in held_by[:_SHOWN])
    return f"{who} has this port open, too, and may take bytes away"


def forbidden(device: str) -> str:
    """Say that we may not use a port, and what to type."""
    return f"permission denied for {device}; {serial_ports.how_to_be_permitted(device)}"


def not_serial(device: str) -> TransportError:
    """Say that it is a file, a directory or another kind of device."""
    return TransportError(f"{device} is not a serial port", is_final=True)


def of_loss(error: Exception | None) -> str:
    """Say why an open port is gone."""
    code = error.errno if isinstance(error, OSError) else None
    if code is None or code in _ABSENT:
        return UNPLUGGED
    return f"the port failed ({os.strerror(code)})"
