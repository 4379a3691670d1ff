"""What went wrong with a broker, in words for a person. Nothing here holds a password."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from meshtui.errors import TransportError

if TYPE_CHECKING:
    from paho.mqtt.reasoncodes import ReasonCode

# By MQTT 5 code (paho turns 3.1.1's into these): what to say, and whether trying again is idle.
_REFUSALS = {
    0x84: ("does not speak this version of MQTT; try ?protocol=5 or 4", True),
    0x85: ("does not accept our client id", True),
    0x86: ("refuses user or password", True),
    0x87: ("does not let us in: user or password are wrong, or this user may not connect", True),
    0x88: ("is not available at the moment", False),
    0x89: ("is busy", False),
    0x8A: ("has banned us", True),
    0x8C: ("does not accept this way to log in", True),
    0x97: ("has no room for us (quota)", False),
    0x9F: ("says we connect too often", False),
}
_AUTHORITY = "its authority is added by ?ca=FILE (a link) or mqttN_tls_ca (packet capture)"
# Those that another user, password or token may change.
_LOGIN_CODES = frozenset({0x86, 0x87, 0x8C})
_LOST = {
    0x8E: "another program took over with the same identity",
    0x87: "the broker says we may not do this",
    0x90: "the broker does not accept a topic of ours",
    0x93: "the broker says we sent too much at once",
    0x96: "the broker says we send too fast",
    0x97: "the broker says we have used up our quota",
    0x9A: "the broker keeps no retained messages",
    0x9B: "the broker does not take messages of QoS 1",
    0xA0: "the broker ends connections after a time",
    0x8B: "the broker is shutting down",
    0x8D: "the broker did not hear from us in time",
    0x95: "the broker found a packet of ours too large",
    0x98: "the broker's administrator ended the connection",
    0x81: "the broker sent something that is not MQTT",
    0x82: "the broker broke the protocol",
}
_DENIALS = {
    0x83: "it does not say why",
    0x87: "this user may not publish there",
    0x90: "it does not accept the topic",
    0x97: "our quota is used up",
    0x99: "it does not accept the format",
}


def of_refusal(where: str, code: ReasonCode) -> TransportError:
    """Put a refused CONNECT into words."""
    known = _REFUSALS.get(code.value)
    if known is None:
        return TransportError(f"{where} refuses the connection ({code})")
    is_refused = code.value in _LOGIN_CODES
    return TransportError(f"{where} {known[0]}", is_final=known[1], is_refused=is_refused)


def of_loss(code: int) -> str:
    """Put the end of a connection into words; `code` is MQTT 5's."""
    return _LOST.get(code, "the broker closed the connection")


def of_denial(topic: str, code: int) -> str:
    """Put it into words that a broker does not take a message; `code` is of a PUBACK."""
    why = _DENIALS.get(code, f"code 0x{code:02X}")
    return f"the broker does not take messages for {topic} ({why})"


def of_sudden_end(topic: str) -> str:
    """Say what to look at where a broker hung up after our first message, without a word."""
    return (
        "the broker closed the connection after our first message: is the topic right, with its "
        "airport, may this user publish there, and does no other program log in with the same "
        f"radio? ({topic})"
    )


def of_failure(where: str, error: Exception, path: str) -> TransportError:
    """Put a failed attempt to connect into words.

    Args:
        path: The WebSocket's path, or empty.
    """
    from paho.mqtt.client import WebsocketConnectionError

    match error:
        case TransportError():
            return error
        case ssl.SSLCertVerificationError():
            why = error.verify_message or "it does not verify"
            msg = f"the certificate of {where} is not trusted: {why}; {_AUTHORITY}"
            return TransportError(msg, is_final=True)
        case ssl.SSLEOFError():
            return TransportError(f"no TLS with {where}: it hung up; does it speak TLS there?")
        case ssl.SSLError():
            return TransportError(f"no TLS with {where}: {_tls_reason(error)}", is_final=True)
        case WebsocketConnectionError():
            return TransportError(f"{where} does not accept a WebSocket at {path}")
        case socket.gaierror():
            return TransportError(f"the name in {where} is not known (DNS: {error.strerror})")
        case TimeoutError():
            return TransportError(f"no answer from {where}")
        case ConnectionRefusedError():
            return TransportError(f"nothing listens at {where}")
        case OSError():
            return TransportError(f"cannot reach {where}: {error.strerror or type(error).__name__}")
        case _:
            # Such as a host name that cannot be encoded.
            msg = f"cannot connect to {where} ({type(error).__name__})"
            return TransportError(msg, is_final=isinstance(error, ValueError))


def _tls_reason(error: ssl.SSLError) -> str:
    reason = (getattr(error, "reason", None) or "handshake failed").replace("_", " ").lower()
    if "wrong version number" in reason or "record layer failure" in reason:
        return f"it does not speak TLS there, or an old version ({reason})"
    if "protocol" in reason:
        return f"it offers only versions older than TLS 1.2 ({reason})"
    return reason
