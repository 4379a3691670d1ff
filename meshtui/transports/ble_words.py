"""What went wrong with Bluetooth, in words for a person; foreign texts are cleaned."""

from __future__ import annotations

import sys
from typing import Final

from meshtui.errors import TransportError
from meshtui.model.text import clean_line

_PAIR: Final = "pair with it once in the system's Bluetooth settings (bluetoothctl pair ADDRESS)"
_GROUP: Final = "we may not use Bluetooth here: the user must be of the group `bluetooth`"
_NO_SERVICE: Final = "the Bluetooth service does not run; start it: systemctl start bluetooth"
# By D-Bus error name (its last word): what to say, and whether trying again is idle. `{}` is the
# device, where it is about one.
_BY_NAME: Final = {
    "AuthenticationFailed": (
        f"pairing with {{}} failed (wrong PIN, or it forgot us); {_PAIR}",
        True,
    ),
    "AuthenticationRejected": (f"{{}} refuses to be paired with; {_PAIR}", True),
    "AuthenticationCanceled": (f"pairing with {{}} was broken off; {_PAIR}", True),
    "AuthenticationTimeout": (f"nobody confirmed the pairing with {{}} in time; {_PAIR}", True),
    "NotAuthorized": (f"{{}} does not let us in; {_PAIR}", True),
    "NotPermitted": (f"{{}} does not let us in; {_PAIR}", True),
    "AccessDenied": (_GROUP, True),
    "AuthFailed": (_GROUP, True),
    "ServiceUnknown": (_NO_SERVICE, True),
    "NameHasNoOwner": (_NO_SERVICE, True),
    "NotReady": ("the Bluetooth adapter is off", False),
    "NoReply": ("the Bluetooth service does not answer", False),
    "UnknownObject": ("the Bluetooth adapter or the device is gone", False),
    "UnknownMethod": ("the Bluetooth adapter or the device is gone", False),
    "InProgress": ("the Bluetooth adapter is busy", False),
}
# Reasons of bleak's own, which are the same on every system.
_BY_REASON: Final = {
    "NO_BLUETOOTH": ("this machine has no Bluetooth adapter", True),
    "NO_BLE_CENTRAL_ROLE": ("the Bluetooth adapter cannot do Low Energy", True),
    "POWERED_OFF": ("the Bluetooth adapter is off; switch it on (bluetoothctl power on)", False),
    "DENIED_BY_USER": ("the system's settings do not let this program use Bluetooth", True),
    "DENIED_BY_SYSTEM": (_GROUP, True),
    "DENIED_BY_UNKNOWN": ("the system does not let this program use Bluetooth", True),
}
# GATT errors that mean: not without pairing.
_UNPAIRED: Final = frozenset({0x05, 0x08, 0x0C, 0x0F})


def of_failure(where: str, error: Exception, address: str = "") -> TransportError:
    """Put a failed attempt into words.

    Args:
        where: The device, fit to be shown; empty where it was about none.
        address: The device's; empty where it is not known.
    """
    if isinstance(error, TransportError):
        return error
    if isinstance(error, ImportError):
        return TransportError("Bluetooth needs the Python package bleak", is_final=True)
    if isinstance(error, TimeoutError):
        return TransportError(f"{where or 'Bluetooth'} does not answer")
    known = _known(error)
    if known is None:
        return TransportError(f"{where or 'Bluetooth'}: {_other(error)}")
    words, is_final = known
    words = words.replace("ADDRESS", address or "ADDRESS").replace("{}", where or "the device")
    return TransportError(words, is_final=is_final)


def of_loss(where: str, error: Exception) -> str:
    """Put the end of a connection into words."""
    return str(of_failure(where, error))


def _known(error: Exception) -> tuple[str, bool] | None:
    # bleak is not imported for this: an error of another kind may be all there is.
    reason = getattr(getattr(error, "reason", None), "name", "")
    if reason in _BY_REASON:
        return _BY_REASON[reason]
    name = str(getattr(error, "dbus_error", "")).rpartition(".")[2]
    if name in _BY_NAME:
        return _BY_NAME[name]
    if int(getattr(error, "code", 0) or 0) in _UNPAIRED:
        return f"{{}} wants to be paired first; {_PAIR}", True
    match error:
        case PermissionError():
            return _GROUP, True
        case FileNotFoundError() | ConnectionRefusedError() if sys.platform == "linux":
            return "no system D-Bus here; Bluetooth needs the packages dbus and bluez", True
    text = str(error)
    if text.startswith("adapter ") and text.endswith(" not found"):
        return f"there is no {clean_line(text[: -len(' not found')], 40)}", True
    if type(error).__name__ == "BleakDeviceNotFoundError":
        return "{} went out of reach", False
    if text.startswith("Not connected"):
        return "the connection to {} is gone", False
    return None


def _other(error: Exception) -> str:
    details = getattr(error, "dbus_error_details", None) or str(error)
    return clean_line(str(details), 120) or type(error).__name__
