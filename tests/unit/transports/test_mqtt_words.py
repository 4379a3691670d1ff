"""Every way a broker can fail has words."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest
from paho.mqtt.client import WebsocketConnectionError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from meshtui.errors import TransportError
from meshtui.transports import mqtt_words


@pytest.mark.parametrize(
    ("code", "words", "is_final"),
    [
        (0x84, "version of MQTT", True),
        (0x85, "client id", True),
        (0x86, "refuses user or password", True),
        (0x87, "does not let us in", True),
        (0x88, "not available", False),
        (0x8A, "banned", True),
        (0x9F, "too often", False),
        (0x80, "refuses the connection", False),
    ],
)
def test_refusals(code: int, words: str, is_final: bool) -> None:
    error = mqtt_words.of_refusal("h:1", ReasonCode(PacketTypes.CONNACK, identifier=code))
    assert words in str(error)
    assert str(error).startswith("h:1 ")
    assert error.is_final is is_final


@pytest.mark.parametrize(
    ("code", "is_refused"),
    [(0x86, True), (0x87, True), (0x8C, True), (0x85, False), (0x8A, False), (0x80, False)],
)
def test_only_user_password_and_permission_are_a_refused_login(code: int, is_refused: bool) -> None:
    error = mqtt_words.of_refusal("h:1", ReasonCode(PacketTypes.CONNACK, identifier=code))
    assert error.is_refused is is_refused


def test_no_other_failure_is_a_refused_login() -> None:
    assert not TransportError("x").is_refused
    assert not mqtt_words.of_failure("h:1", TimeoutError(), "").is_refused


@pytest.mark.parametrize(
    ("code", "words"), [(0x87, "may not publish there"), (0x97, "quota"), (0x91, "code 0x91")]
)
def test_denials(code: int, words: str) -> None:
    told = mqtt_words.of_denial("meshcore/XYZ", code)
    assert words in told
    assert "meshcore/XYZ" in told


@pytest.mark.parametrize(
    ("error", "words", "is_final"),
    [
        (TransportError("as it was", is_final=True), "as it was", True),
        (WebsocketConnectionError("x"), "does not accept a WebSocket at /mqtt", False),
        (socket.gaierror(-2, "Name or service not known"), "the name in h:1 is not known", False),
        (TimeoutError(), "no answer from h:1", False),
        (ConnectionRefusedError(), "nothing listens at h:1", False),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "Network is unreachable", False),
        (OSError(), "cannot reach h:1: OSError", False),
        (ssl.SSLEOFError(), "it hung up", False),
        (ssl.SSLError(1, "x"), "no TLS with h:1: handshake failed", True),
        (UnicodeError("label too long"), "cannot connect to h:1", True),
        (RuntimeError("hunter2"), "cannot connect to h:1 (RuntimeError)", False),
    ],
)
def test_failures(error: Exception, words: str, is_final: bool) -> None:
    told = mqtt_words.of_failure("h:1", error, "/mqtt")
    assert words in str(told)
    assert "hunter2" not in str(told)
    assert told.is_final is is_final


def test_an_unknown_authority_is_said_with_the_settings_that_add_it() -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_message = "self-signed certificate"

    told = mqtt_words.of_failure("h:1", error, "")

    assert str(told).startswith("the certificate of h:1 is not trusted: self-signed certificate; ")
    assert "?ca=FILE" in str(told)
    assert "mqttN_tls_ca" in str(told)
    assert told.is_final


def test_an_unknown_loss_is_a_closed_connection() -> None:
    code = ReasonCode(PacketTypes.DISCONNECT, identifier=0x80)
    assert mqtt_words.of_loss(code.value) == "the broker closed the connection"
