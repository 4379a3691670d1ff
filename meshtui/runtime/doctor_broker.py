"""What keeps a broker from being reached, step by step: name, TCP, TLS, WebSocket, clock.

Each step is tried by itself, so that the first that fails names the culprit; steps after it are
left out. Nothing is said to the broker that would leave a trace there.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import secrets
import socket
import ssl
import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from meshtui.errors import TransportError
from meshtui.model.text import clean_line
from meshtui.runtime.check import Check
from meshtui.transports.mqtt_login import DEFAULT_PORTS
from meshtui.transports.tls import client_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from meshtui.transports.base import LinkSpec

STEP_TIMEOUT_S = 8.0
DATE_TIMEOUT_S = 3.0
# A token that is younger, or older, than a broker believes possible is refused.
MAX_SKEW_S: Final = 300
_MAX_HEAD_LINES: Final = 100
_MAX_WORDS: Final = 80
_NEEDS_CLOCK: Final = frozenset({"certificate has expired", "certificate is not yet valid"})


@dataclass(frozen=True, slots=True)
class Wording:
    """What the settings that name a broker call the things a person may have to change."""

    authority: str = "?ca=FILE"
    insecure: str = "?insecure=1"
    plain: str = "plain ones are mqtt:// and ws://"
    path: str = "the path after the port must be the broker's, often /mqtt or /ws"
    clock: str = "others judge us by our times"


class Way:
    """The way to one broker, up to where it would ask who we are.

    Attributes:
        is_open: All of it was walked, and nothing stood in the way.
        skew_s: Our clock minus the broker's, in seconds; None = it did not tell its time.
    """

    def __init__(self, title: str, spec: LinkSpec, wording: Wording | None = None) -> None:
        """Try nothing yet; `title` begins the name of every check."""
        self.is_open = False
        self.skew_s: int | None = None
        self._title = title
        self._spec = spec
        self._wording = wording or Wording()
        self._port = spec.port or DEFAULT_PORTS[spec.scheme]
        self._is_tls = spec.scheme in {"mqtts", "wss"}
        self._is_websocket = spec.scheme in {"ws", "wss"}
        self._has_tls = False

    async def checks(self) -> AsyncIterator[Check]:
        """Walk it, up to the first step that fails."""
        steps: list[Callable[[], Awaitable[Check]]] = [self._name, self._tcp]
        if self._is_tls:
            steps.append(self._tls)
        if self._is_websocket:
            steps.append(self._websocket)
        for step in steps:
            check = await step()
            yield check
            is_only_unsafe = step == self._tls and self._has_tls
            if not (check.is_ok or is_only_unsafe):
                return
        self.is_open = True
        if self.skew_s is not None:
            yield self._clock(self.skew_s)

    async def _name(self) -> Check:
        name, host = f"{self._title}: name", self._spec.host
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(STEP_TIMEOUT_S):
                found = await loop.getaddrinfo(host, self._port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError) as error:
            fix = "check the spelling of the host, and the network of this machine"
            return Check(name, False, f"{host} is not found ({_why(error)})", fix)
        addresses = sorted({str(entry[4][0]) for entry in found})
        return Check(name, True, f"{host} is {', '.join(addresses[:6])}")

    async def _tcp(self) -> Check:
        name, where = f"{self._title}: tcp", f"port {self._port} of {self._spec.host}"
        began_s = time.monotonic()
        try:
            async with self._connection(None):
                took_ms = (time.monotonic() - began_s) * 1000
        except (OSError, TimeoutError) as error:
            fix = "is the broker running, the port right, and no firewall between?"
            return Check(name, False, f"{where} does not answer ({_why(error)})", fix)
        return Check(name, True, f"{where} answers in {took_ms:.0f} ms")

    async def _tls(self) -> Check:
        name, wording = f"{self._title}: tls", self._wording
        try:
            async with self._connection(client_context(self._spec)) as (_, writer):
                tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
                until = dict(tls.getpeercert() or {}).get("notAfter", "?")
        except TransportError as error:
            fix = f"{wording.authority} names a PEM file with the authority's certificate"
            return Check(name, False, str(error), fix)
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message or "it does not verify"
            fix = (
                "is the clock of this machine right? Else the broker needs a new certificate"
                if why in _NEEDS_CLOCK
                else f"a private authority is trusted by {wording.authority}; "
                "a wrong name needs the right host name"
            )
            return Check(name, False, f"the certificate is not trusted: {why}", fix)
        except (OSError, TimeoutError) as error:
            fix = f"is this the TLS port? {wording.plain}"
            return Check(name, False, f"no TLS there ({_why(error)})", fix)
        self._has_tls = True
        if self._spec.options.get("insecure") == "1":
            fix = f"take {wording.insecure} away; {wording.authority} trusts a private authority"
            return Check(name, False, "the certificate is not checked: anybody can listen in", fix)
        return Check(name, True, f"{tls.version()}, certificate valid until {until}")

    async def _websocket(self) -> Check:
        name, path = f"{self._title}: websocket", self._spec.path or "/mqtt"
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        upgrade = (
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n"
        )
        try:
            status, date = await self._get(path, upgrade)
            if not date:
                # who upgrades need not tell the time, but a web server does to anybody
                with contextlib.suppress(OSError, ValueError, TimeoutError):
                    async with asyncio.timeout(DATE_TIMEOUT_S):
                        _, date = await self._get("/", "Connection: close\r\n")
        except (OSError, ValueError, TimeoutError) as error:
            return Check(
                name, False, f"no answer to the upgrade ({_why(error)})", self._wording.path
            )
        self.skew_s = _skew_s(date)
        if status.split(" ")[1:2] == ["101"]:
            return Check(name, True, f"{path} upgrades")
        return Check(name, False, f"{path} answers {status or 'nothing'}", self._wording.path)

    def _clock(self, skew_s: int) -> Check:
        name = f"{self._title}: clock"
        if abs(skew_s) <= MAX_SKEW_S:
            return Check(name, True, "this machine and the broker agree on the time")
        fix = f"set the clock, best by NTP (timedatectl set-ntp true); {self._wording.clock}"
        return Check(name, False, f"this machine's clock is {skew_words(skew_s)} the broker's", fix)

    async def _get(self, path: str, headers: str) -> tuple[str, str]:
        """Ask for a page; returns the status line, fit to be shown, and the `Date` header."""
        tls = client_context(self._spec) if self._is_tls else None
        host = f"[{self._spec.host}]" if ":" in self._spec.host else self._spec.host
        request = f"GET {path} HTTP/1.1\r\nHost: {host}:{self._port}\r\n{headers}\r\n"
        date = ""
        async with self._connection(tls) as (reader, writer), asyncio.timeout(STEP_TIMEOUT_S):
            writer.write(request.encode())
            status = clean_line((await reader.readline()).decode("ascii", "replace"), _MAX_WORDS)
            for _ in range(_MAX_HEAD_LINES):
                line = (await reader.readline()).decode("ascii", "replace").strip()
                if not line:
                    break
                header, _, value = line.partition(":")
                if header.lower() == "date":
                    date = value.strip()
        return status, date

    @contextlib.asynccontextmanager
    async def _connection(
        self, tls: ssl.SSLContext | None
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        host = self._spec.host
        async with asyncio.timeout(STEP_TIMEOUT_S):
            name = host if tls is not None else None
            reader, writer = await asyncio.open_connection(
                host, self._port, ssl=tls, server_hostname=name
            )
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


def skew_words(skew_s: int) -> str:
    """Say how far a clock is from another's: `3 h 20 min ahead of`."""
    minutes = round(abs(skew_s) / 60)
    hours = minutes // 60
    if hours >= 48:
        much = f"{hours // 24} days"
    elif hours:
        much = f"{hours} h {minutes % 60} min"
    else:
        much = f"{minutes} min"
    return f"{much} {'ahead of' if skew_s > 0 else 'behind'}"


def _skew_s(date: str) -> int | None:
    """Return our clock minus that of an HTTP `Date` header; None = it is none."""
    try:
        told = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return round(time.time() - told.replace(tzinfo=told.tzinfo or UTC).timestamp())


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ValueError):  # a line that does not end
        return "what it answers is no web server's"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return getattr(error, "strerror", None) or type(error).__name__
