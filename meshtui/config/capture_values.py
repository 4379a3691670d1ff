"""Readers of the packet capture service's values: text of an INI file, or TOML's own types.

A reader returns the checked value; ValueError says what is allowed and never quotes a secret. What
is odd and still usable is told to `say`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlsplit

from meshtui.errors import FilterError
from meshtui.model.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    Say: TypeAlias = Callable[[str], None]

MAX_TOPIC: Final = 256
NEVER_S: Final = 315_360_000.0
"""Ten years: an interval that was switched off."""
PLACEHOLDERS: Final = ("{IATA}", "{iata}", "{PUBLIC_KEY}", "{public_key}")
PACKET_TYPES: Final = range(16)
EXAMPLE_IATA: Final = frozenset({"LOC", "XYZ"})
"""What the examples that people copy say: letters of no airport."""

_MAX_SHOWN = 40
_BOOLEANS = {
    **dict.fromkeys(("1", "yes", "true", "on"), True),
    **dict.fromkeys(("0", "no", "false", "off"), False),
}
_TRANSPORTS = {
    **dict.fromkeys(("websocket", "ws", "wss", "http", "https"), "websockets"),
    **dict.fromkeys(("mqtt", "mqtts", "tls", "ssl", "tcps"), "tcp"),
}
_ENCRYPTED = frozenset({"wss", "https", "mqtts", "tls", "ssl", "tcps"})
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_HOST = re.compile(r"[^\W_](?:[\w.-]{0,251}\w)?\.?")
_IN_BRACES = re.compile(r"\{[^{}]*\}")
_KEY = re.compile(r"[0-9A-Fa-f]{64}")


def flag(value: object, _say: Say) -> bool:
    if isinstance(value, bool):
        return value
    is_on = _BOOLEANS.get(value.lower()) if isinstance(value, str) else None
    if is_on is None:
        msg = "must be true or false (or yes, no, on, off, 1, 0)"
        raise ValueError(msg)
    return is_on


def whole(low: int, high: int) -> Callable[[object, Say], int]:
    def read(value: object, _say: Say) -> int:
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        msg = f"must be a whole number from {low} to {high}"
        raise ValueError(msg)

    return read


def number(low: float, high: float) -> Callable[[object, Say], float]:
    def read(value: object, _say: Say) -> float:
        amount = _amount(value)
        if amount is None or not low <= amount <= high:
            msg = f"must be a number from {low:g} to {high:g}"
            raise ValueError(msg)
        return amount

    return read


def seconds(low: int, high: int, *, zero: float) -> Callable[[object, Say], float]:
    """Return a reader of an interval; 0 switches off, and is read as `zero` seconds."""

    def read(value: object, _say: Say) -> float:
        amount = _amount(value)
        if amount is None or not (amount == 0 or low <= amount <= high):
            msg = f"must be seconds from {low} to {high}, or 0 to switch it off"
            raise ValueError(msg)
        return amount or zero

    return read


def line(limit: int) -> Callable[[object, Say], str]:
    def read(value: object, _say: Say) -> str:
        if not isinstance(value, str) or len(value) > limit or not value.isprintable():
            msg = f"must be text of one line, at most {limit} characters, nothing invisible"
            raise ValueError(msg)
        return value

    return read


def auth_method(value: object, _say: Say) -> str:
    word = value.lower() if isinstance(value, str) else ""
    if word not in {"device", "python"}:
        msg = "must be device (the radio signs) or python (we sign with its private key)"
        raise ValueError(msg)
    return word


def iata(value: object, say: Say) -> str:
    word = value.upper() if isinstance(value, str) and value.isascii() else ""
    if word == "TEST":
        return "test"
    if not (len(word) == 3 and word.isalpha()):
        msg = "must be the three letters of an airport near you, such as SEA, or test"
        raise ValueError(msg)
    if word == "XXX":
        msg = "must be an airport near you: brokers disconnect whoever says XXX"
        raise ValueError(msg)
    if word in EXAMPLE_IATA:
        say(f"{word} is only the example's; set the three letters of an airport near you")
    return word


def owner_key(value: object, say: Say) -> str:
    if isinstance(value, str) and re.match(r"(?i)your_", value):
        say("still says what the example says; it is left out")
        return ""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        msg = "must be a public key of 64 hexadecimal digits, or nothing"
        raise ValueError(msg)
    return value.upper()


def email(value: object, say: Say) -> str:
    text = value if isinstance(value, str) else ""
    user, _, host = text.rpartition("@")
    if not (user and host) or len(text) > 254 or not text.isprintable() or " " in text:
        msg = "must be one address, such as you@example.org, or nothing"
        raise ValueError(msg)
    if host.lower() == "example.com":
        say("still says what the example says; it is left out")
        return ""
    return text


def server(value: object, _say: Say) -> str:
    text = value if isinstance(value, str) else ""
    if "://" in text or "/" in text or "@" in text:
        msg = (
            "must be the bare host name: what stands before and behind it in a URL goes into "
            "_transport, _use_tls, _username, _password, _port and _websocket_path"
        )
        raise ValueError(msg)
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if _is_ipv6(bare):
        return bare
    if ":" in bare:
        msg = "must be the bare host name; the port goes into _port"
        raise ValueError(msg)
    if not _HOST.fullmatch(text) or ".." in text:
        msg = "must be a host name or address: letters, digits, dots and hyphens"
        raise ValueError(msg)
    return text


def audience(value: object, say: Say) -> str:
    text = value if isinstance(value, str) else ""
    if "://" in text or "/" in text or text.count(":") == 1:
        try:
            host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
        except ValueError:
            host = ""
        if _HOST.fullmatch(host):
            say("must be a bare host name; scheme, port and path are cut off")
            return host
    if not _HOST.fullmatch(text) and not _is_ipv6(text):
        msg = "must be the bare host name that the broker goes by"
        raise ValueError(msg)
    return text


def transport(value: object, _say: Say) -> str:
    word = value.lower() if isinstance(value, str) else ""
    if word in {"tcp", "websockets"}:
        return word
    msg = "must be tcp or websockets"
    if meant := _TRANSPORTS.get(word):
        tls = " and _use_tls = true" if word in _ENCRYPTED else ""
        msg += f"; for {word} write {meant}{tls}"
    raise ValueError(msg)


def qos(value: object, say: Say) -> int:
    if isinstance(value, int | str) and str(value) == "2":
        msg = "must be 0 or 1: twice the talk of QoS 2 buys nothing, readers know copies by hash"
        raise ValueError(msg)
    return whole(0, 1)(value, say)


def topic(value: object, _say: Say) -> str:
    """Read a topic template; only the four placeholders may stand in braces."""
    text = value if isinstance(value, str) else ""
    if not text.strip("/") or len(text) > MAX_TOPIC or not text.isprintable():
        msg = f"must be a topic of at most {MAX_TOPIC} characters, nothing invisible"
        raise ValueError(msg)
    if set("+#") & set(text) or text.startswith("$"):
        msg = "must be one topic: no + or #, and no $ in front"
        raise ValueError(msg)
    for found in _IN_BRACES.findall(text):
        if found not in PLACEHOLDERS:
            msg = f"{_shown(found)} is no placeholder; there are {', '.join(PLACEHOLDERS)}"
            raise ValueError(msg)
    if set("{}") & set(_IN_BRACES.sub("", text)):
        msg = f"has a brace too many; placeholders are {', '.join(PLACEHOLDERS)}"
        raise ValueError(msg)
    return text


def packet_filter(value: object, say: Say) -> str:
    # What the filter's language needs is not loaded by those who set none.
    from meshtui.model.display_filter import MAX_LENGTH, compile_filter
    from meshtui.model.packet_fields import packet_fields

    text = line(MAX_LENGTH)(value, say)
    try:
        compile_filter(text, packet_fields({}))
    except FilterError as error:
        raise ValueError(str(error)) from None
    return text


def websocket_path(value: object, say: Say) -> str:
    text = line(1024)(value, say)
    if " " in text or "://" in text:
        msg = "must be a path such as /mqtt"
        raise ValueError(msg)
    return text if text.startswith("/") else f"/{text}"


def packet_types(value: object, _say: Say) -> frozenset[int]:
    words = value.split(",") if isinstance(value, str) and len(value) <= MAX_TOPIC else value
    if isinstance(words, list) and len(words) <= MAX_TOPIC:
        kept = [word for word in words if not isinstance(word, str) or word.strip()]
        types = {_packet_type(word) for word in kept}
        if types <= set(PACKET_TYPES):
            return frozenset(each for each in types if each is not None)
    msg = "must be packet types from 0 to 15 with commas between, such as 2, 4"
    raise ValueError(msg)


def _is_ipv6(text: str) -> bool:
    if text.count(":") < 2:
        return False
    import ipaddress

    try:
        return bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False


def _packet_type(word: object) -> int | None:
    if isinstance(word, str) and _WHOLE.fullmatch(word.strip()):
        return int(word)
    return word if isinstance(word, int) and not isinstance(word, bool) else None


def _amount(value: object) -> float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    # Beyond a float's range there is no interval either, and `float` would raise.
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e15:
        return float(value)
    return None


def _shown(text: str) -> str:
    return clean_line(text, _MAX_SHOWN)
