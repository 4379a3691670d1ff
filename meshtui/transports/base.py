"""What a transport is to the rest of the house: a way to move bytes.

A transport opens links; a link moves opaque payloads and knows no packet. Reconnecting is
not its business (`runtime.link_runner` opens a new link); ending cleanly is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from meshtui.model.packet import Frame, Refused, Transmitted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from meshtui.model.ids import Instant, LinkId
    from meshtui.model.link import LinkKind, LinkSetup
    from meshtui.model.packet import Subscribe, Transmit, Unsubscribe

Arrival: TypeAlias = Frame | Transmitted | Refused


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """One `?key=value` of a link URL; rendered by help, the checker and settings forms.

    Attributes:
        default: As text; empty = unset.
        choices: Allowed values; empty = any.
    """

    name: str
    help: str
    default: str = ""
    choices: tuple[str, ...] = ()
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """A link URL taken apart and checked (see `transports.url`).

    Attributes:
        scheme: The transport's part of the URL scheme: `mqtt`, `wss`, `serial`, …
        host: Without brackets; empty for local devices.
        port: None = the scheme's default.
        path: What follows the host, from its `/`; a device path for serial.
        username: Empty = none.
        password: Empty = none; never shown (kept out of repr).
        network: Whose packets the link carries. Only a simulated mesh looks at it: it must be one.
    """

    link_id: LinkId
    scheme: str
    host: str = ""
    port: int | None = None
    path: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict)
    network: str = ""


class Link(Protocol):
    """One open connection."""

    @property
    def link_id(self) -> LinkId:
        """As in its `LinkSpec`."""
        ...

    @property
    def remark(self) -> str:
        """Something odd the user should know (`certificate not checked`), or empty; looked at
        when it opens, and whenever something has arrived.
        """
        ...

    def arrivals(self) -> AsyncIterator[Sequence[Arrival]]:
        """What has arrived, in order, as many at once as there are; bounded inside.

        Raises:
            LinkLostError: The link is gone. A closed link just ends the iteration.
        """
        ...

    async def send(self, transmit: Transmit) -> None:
        """Hand bytes over, in order; waits while too many are unconfirmed.

        `Transmitted` arrives later, when the far end has them (`is_confirmed`) or the link does.

        Raises:
            LinkLostError: The link is gone.
        """
        ...

    async def subscribe(self, request: Subscribe | Unsubscribe) -> None:
        """Change what is delivered. Links without endpoints do nothing."""
        ...

    def settle(self, frames: Sequence[Frame]) -> None:
        """What these frames caused is on disk: confirm them to the far end (MQTT PUBACK)."""
        ...

    async def aclose(self) -> None:
        """End cleanly: everything handed over leaves first, for at most two seconds."""
        ...


class Transport(Protocol):
    """A way to move bytes."""

    schemes: tuple[str, ...]
    kind: LinkKind
    options: tuple[OptionSpec, ...]

    def check(self, spec: LinkSpec) -> None:
        """Look at a link URL before anything is opened.

        Raises:
            TransportError: It can lead nowhere, on no machine; the text says what to write.
        """
        ...

    async def open(self, spec: LinkSpec, setup: LinkSetup, now: Callable[[], Instant]) -> Link:
        """Open a link; at most 15 seconds.

        Raises:
            TransportError: With a sentence that says what was tried and what to do.
        """
        ...
