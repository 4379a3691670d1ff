"""Every way Bluetooth can fail has words, and none of them trusts what came by radio."""

from __future__ import annotations

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)

from meshtui.errors import TransportError
from meshtui.transports import ble_words

BLUEZ = "org.bluez.Error."
FREEDESKTOP = "org.freedesktop.DBus.Error."


@pytest.mark.parametrize(
    ("error", "words", "is_final"),
    [
        (ImportError("bleak"), "needs the Python package bleak", True),
        (TimeoutError(), "GW does not answer", False),
        (PermissionError(13, "denied"), "group `bluetooth`", True),
        (BleakDBusError(FREEDESKTOP + "AccessDenied", ["x"]), "group `bluetooth`", True),
        (BleakDBusError(FREEDESKTOP + "ServiceUnknown", []), "systemctl start bluetooth", True),
        (BleakDBusError(FREEDESKTOP + "NoReply", []), "does not answer", False),
        (BleakDBusError(BLUEZ + "NotReady", ["Resource Not Ready"]), "adapter is off", False),
        (BleakDBusError(BLUEZ + "AuthenticationFailed", []), "wrong PIN", True),
        (BleakDBusError(BLUEZ + "AuthenticationCanceled", []), "broken off", True),
        (BleakDBusError(BLUEZ + "AuthenticationTimeout", []), "nobody confirmed", True),
        (BleakDBusError(BLUEZ + "Failed", ["br-connection-x"]), "br-connection-x", False),
        (BleakDBusError(BLUEZ + "Failed", []), "org.bluez.Error.Failed", False),
        (BleakGATTProtocolError(0x05), "GW wants to be paired", True),
        (BleakGATTProtocolError(0x0F), "GW wants to be paired", True),
        (BleakGATTProtocolError(0x0E), "Unlikely Error", False),
        (BleakDeviceNotFoundError("x", "Device with address x was not found."), "reach", False),
        (BleakError("adapter 'hci3' not found"), "there is no adapter 'hci3'", True),
        (BleakError("Not connected"), "the connection to GW is gone", False),
        (BleakError(""), "BleakError", False),
        (BleakCharacteristicNotFoundError("x"), "Characteristic x was not found", False),
    ],
)
def test_failures(error: Exception, words: str, is_final: bool) -> None:
    told = ble_words.of_failure("GW", error)
    assert words in str(told)
    assert told.is_final is is_final


@pytest.mark.parametrize("reason", list(BleakBluetoothNotAvailableReason))
def test_every_reason_of_bleaks_has_words(reason: BleakBluetoothNotAvailableReason) -> None:
    told = str(ble_words.of_failure("", BleakBluetoothNotAvailableError("why\x1b[2J", reason)))
    assert "Bluetooth" in told
    assert told.isprintable()


def test_our_own_words_pass() -> None:
    ours = TransportError("ours", is_final=True)
    assert ble_words.of_failure("GW", ours) is ours


def test_a_foreign_text_is_cleaned_and_cut() -> None:
    told = str(ble_words.of_failure("GW", BleakError("a\x1b]0;x\x07\u202e" + "b" * 9_000)))
    assert told.isprintable()
    assert len(told) < 200
