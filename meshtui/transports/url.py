"""Link URLs, taken apart and checked: `NETWORK+TRANSPORT://user:password@host:port/path?key=value`.

What a transport understands after the `?` comes from its `OptionSpec`s; `id` and `title` are
understood by all.
"""

from __future__ import annotations

import dataclasses
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from meshtui.errors import ConfigError
from meshtui.model.ids import LinkId, NetworkName
from meshtui.model.link import LinkKind
from meshtui.transports.base import LinkSpec, OptionSpec
from meshtui.transports.registry import load_transport

if TYPE_CHECKING:
    from collections.abc import Iterable

COMMON_OPTIONS = (
    OptionSpec("id", "a name of your own for this link"),
    OptionSpec("title", "how the status line calls it"),
)
EXAMPLE = "jsonmesh+mqtt://user@host:1883"
_EXAMPLES = {
    "serial": "serial:///dev/ttyUSB0",
    "ble": "ble://AA:BB:CC:DD:EE:FF",
    "tcp": "tcp://host:5000",
    "kiss": "kiss:///dev/ttyUSB0",
    "sim": "sim://valley",
    "replay": "replay:///path/recording.pcap",
}
LONGEST_URL = 4_096
LONGEST_NAME = 64
# A Bluetooth address where a host stands: its colons begin no port.
_BLUETOOTH = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_BLUETOOTH_HOST = re.compile(rf"(?<=://){_BLUETOOTH.pattern}(?=[/?#]|$)")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%.+)?")


def parse_link_url(text: str) -> tuple[NetworkName, LinkSpec]:
    """Take a link URL apart.

    Raises:
        ConfigError: It says what is wrong and what is allowed, without the password.
    """
    text = text.strip()
    if not text or len(text) > LONGEST_URL:
        msg = f"a link URL looks like {EXAMPLE} and has at most {LONGEST_URL} characters"
        raise ConfigError(msg)
    _refuse_control(text, "the link URL")
    try:
        parts = urlsplit(_BLUETOOTH_HOST.sub(lambda found: found[0].replace(":", "%3A"), text, 1))
        port = parts.port
    except ValueError as error:
        msg = f"link URL: {_clean_reason(error)}; it looks like {EXAMPLE}"
        raise ConfigError(msg) from None
    network, plus, scheme = parts.scheme.partition("+")
    if not (network and plus and scheme and text[len(parts.scheme) :].startswith("://")):
        msg = f"a link URL begins with NETWORK+TRANSPORT://, such as {EXAMPLE}"
        raise ConfigError(msg)
    transport = load_transport(scheme)
    options = _parse_options(parts.query, transport.options)
    if parts.fragment:
        msg = "link URL: write %23 for a # (nothing may follow a bare one)"
        raise ConfigError(msg)
    if port == 0:
        msg = "link URL: a port is a number from 1 to 65535"
        raise ConfigError(msg)
    host = _host_of(parts, transport.kind)
    if not host and (transport.kind is LinkKind.BROKER or not parts.path.strip("/")):
        msg = f"link URL: where to? It looks like {_example(network, scheme)}"
        raise ConfigError(msg)
    return NetworkName(network), LinkSpec(
        link_id=_link_id(options, host, parts),
        scheme=scheme,
        host=host,
        port=port,
        path=_decode(parts.path, "path") if parts.path != "/" else "",
        username=_decode(parts.username or "", "user"),
        password=_decode(parts.password or "", "password"),
        options=options,
        network=network,
    )


def _example(network: str, scheme: str) -> str:
    return f"{network}+{_EXAMPLES[scheme]}" if scheme in _EXAMPLES else EXAMPLE


def parse_link_urls(texts: Iterable[str]) -> list[tuple[NetworkName, LinkSpec]]:
    """Take several apart; where names repeat, the later ones are numbered (`host-2`).

    Raises:
        ConfigError: One is wrong, or two were given the same `id` by hand.
    """
    taken: set[str] = set()
    links = []
    for text in texts:
        network, spec = parse_link_url(text)
        link_id, number = spec.link_id, 1
        while link_id in taken:
            if "id" in spec.options:
                msg = f"link URL: id={link_id} is given twice"
                raise ConfigError(msg)
            number += 1
            link_id = LinkId(f"{spec.link_id}-{number}")
        taken.add(link_id)
        links.append((network, dataclasses.replace(spec, link_id=link_id)))
    return links


def safe_url(network: NetworkName, spec: LinkSpec) -> str:
    """Write the URL for people and logs: everything that leads there, no secret, no files."""
    user = f"{quote(spec.username, safe='')}@" if spec.username else ""
    port = f":{spec.port}" if spec.port is not None else ""
    return f"{network}+{spec.scheme}://{user}{_host(spec.host)}{port}{quote(spec.path, safe='/')}"


def _host(host: str) -> str:
    """Write a host as it stands in a URL: a name, an address, or a device's name."""
    if _BLUETOOTH.fullmatch(host):
        return host
    if _IPV6.fullmatch(host):
        return f"[{host}]"
    return "".join(quote(each, safe="") if each.isascii() else each for each in host)


def link_title(spec: LinkSpec) -> str:
    """Return a short name for the status line."""
    return spec.options.get("title") or spec.link_id


def _host_of(parts: SplitResult, kind: LinkKind) -> str:
    """Return the host: lower case for brokers and addresses; names of devices, files as written."""
    length = len(parts.hostname or "")
    host = _decode(parts.netloc.rpartition("@")[2].lstrip("[")[:length], "host")
    return host.lower() if kind is LinkKind.BROKER or _BLUETOOTH.fullmatch(host) else host


def _link_id(options: dict[str, str], host: str, parts: SplitResult) -> LinkId:
    name = options.get("id") or host or unquote(parts.path).rstrip("/").rpartition("/")[2]
    if len(name) > LONGEST_NAME:
        if "id" in options:
            msg = f"link URL: id= has at most {LONGEST_NAME} characters"
            raise ConfigError(msg)
        name = name[:LONGEST_NAME]
    return LinkId(name)


def _parse_options(query: str, specs: tuple[OptionSpec, ...]) -> dict[str, str]:
    known = {spec.name: spec for spec in (*specs, *COMMON_OPTIONS)}
    options: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        msg = "link URL: after the ? come key=value pairs, joined by &"
        raise ConfigError(msg) from None
    for key, value in pairs:
        if key not in known:
            raise ConfigError(_unknown_option(key, list(known)))
        if key in options:
            msg = f"link URL: option {key!r} is given twice"
            raise ConfigError(msg)
        _refuse_control(value, f"option {key!r}")
        choices = known[key].choices
        if choices and value not in choices:
            msg = f"link URL: {key}={value[:40]}: one of {', '.join(choices)}"
            raise ConfigError(msg)
        options[key] = value
    return options


def _unknown_option(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"link URL: unknown option {key[:40]!r}{hint} (known: {', '.join(known)})"


def _decode(text: str, what: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        msg = f"link URL: the {what} is not UTF-8 after its % signs are read"
        raise ConfigError(msg) from None
    _refuse_control(decoded, f"the {what}")
    return decoded


def _refuse_control(text: str, what: str) -> None:
    if not text.isprintable():
        msg = f"{what} holds a control character"
        raise ConfigError(msg)


def _clean_reason(error: ValueError) -> str:
    """Say what urlsplit found, never quoting the URL: it may hold the password."""
    if "port" in str(error).lower():
        return "a port is a number from 1 to 65535 (a @, / or : in a password is written %40, …)"
    return "the host is not well-formed (an IPv6 address stands in [brackets])"
