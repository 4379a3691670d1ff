"""Gateways that speak lines over TCP: a serial port somewhere else (ser2net), or a bridge's own."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.errors import TransportError
from meshtui.model.link import LinkKind
from meshtui.transports.radio import RADIO_OPTIONS
from meshtui.transports.stream_link import StreamLink

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import Instant
    from meshtui.model.link import LinkSetup
    from meshtui.transports.base import Link, LinkSpec, OptionSpec

OPEN_TIMEOUT_S: Final = 10.0
# A gateway that was switched off says nothing: three vain probes, or as long without an answer
# to what we sent, end the link.
IDLE_S: Final = 20
PROBE_S: Final = 5
PROBES: Final = 3


@dataclass(frozen=True, slots=True)
class TcpTransport:
    """Opens connections to line gateways."""

    schemes: tuple[str, ...] = ("tcp",)
    kind: LinkKind = LinkKind.STREAM
    options: tuple[OptionSpec, ...] = RADIO_OPTIONS

    def check(self, spec: LinkSpec) -> None:
        """Refuse what lacks host or port, or has what no line gateway has."""
        if not spec.host or spec.port is None:
            msg = f"write host and port of the radio: {spec.network}+tcp://HOST:PORT"
            raise TransportError(msg, is_final=True)
        if spec.username or spec.path:
            msg = f"a radio has no user and no path: {spec.network}+tcp://{_where(spec)}"
            raise TransportError(msg, is_final=True)

    async def open(
        self,
        spec: LinkSpec,
        setup: LinkSetup,  # noqa: ARG002 - nobody is there to be told
        now: Callable[[], Instant],
    ) -> Link:
        """Connect, within ten seconds.

        Raises:
            TransportError: With a sentence that says what was tried and what to do.
        """
        self.check(spec)
        link = StreamLink(spec.link_id, now, _lost_words)
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                transport, _ = await asyncio.get_running_loop().create_connection(
                    lambda: link, spec.host, spec.port or 0
                )
        except (OSError, ValueError) as error:  # a host name that cannot be encoded is a ValueError
            raise _of_failure(_where(spec), error) from None
        _tune(transport.get_extra_info("socket"))
        return link


TCP = TcpTransport()


def _where(spec: LinkSpec) -> str:
    host = f"[{spec.host}]" if ":" in spec.host else spec.host
    return f"{host}:{spec.port or 'PORT'}"


def _tune(connection: socket.socket) -> None:
    """Notice within half a minute that nobody is there any more. (asyncio sets TCP_NODELAY.)"""
    # Darwin has other names for some; where there is none, its own times apply.
    options = [
        (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
        (socket.IPPROTO_TCP, "TCP_KEEPIDLE", IDLE_S),
        (socket.IPPROTO_TCP, "TCP_KEEPALIVE", IDLE_S),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", PROBE_S),
        (socket.IPPROTO_TCP, "TCP_KEEPCNT", PROBES),
        (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", (IDLE_S + PROBE_S * PROBES) * 1_000),
    ]
    for level, name, value in options:
        option = getattr(socket, name, None)
        if option is not None:
            with contextlib.suppress(OSError):
                connection.setsockopt(level, option, value)


def _lost_words(error: Exception | None) -> str:
    if error is None:
        return "the radio closed the connection"
    if isinstance(error, TimeoutError):
        return "the radio does not answer any more"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "the radio broke the connection off"
    return f"the connection broke ({getattr(error, 'strerror', None) or type(error).__name__})"


def _of_failure(where: str, error: Exception) -> TransportError:
    """Put a connection that did not come about into words."""
    match error:
        case socket.gaierror():
            return TransportError(f"the name in {where} is not known (DNS: {error.strerror})")
        case TimeoutError():
            return TransportError(f"no answer from {where}; is the radio on, and reachable?")
        case ConnectionRefusedError():
            return TransportError(f"nothing listens at {where}; is the radio's TCP server on?")
        case OSError(errno=errno.EHOSTUNREACH | errno.ENETUNREACH):
            return TransportError(f"no way leads to {where} from here")
        case OSError():
            # Several addresses that all failed have no number, and a text that names them.
            return TransportError(f"cannot reach {where}: {error.strerror or error}")
        case _:
            return TransportError(f"{where} names no host", is_final=True)
