"""LoRa gateways on a serial port, 8N1, as USB sticks and boards have one.

pyserial is loaded when the first link opens. Opening may block, so it is done in a thread.
"""

from __future__ import annotations

import asyncio
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.errors import TransportError
from meshtui.model.link import LinkKind
from meshtui.transports.base import OptionSpec
from meshtui.transports.radio import RADIO_OPTIONS
from meshtui.transports.stream_link import StreamLink
from meshtui.transports.threads import in_own_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import Instant
    from meshtui.model.link import LinkSetup
    from meshtui.transports.base import Link, LinkSpec
    from meshtui.transports.serial_port import Port

OPEN_TIMEOUT_S: Final = 10.0
SLOWEST_BAUD: Final = 300
FASTEST_BAUD: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class SerialTransport:
    """Opens serial ports."""

    schemes: tuple[str, ...] = ("serial",)
    kind: LinkKind = LinkKind.STREAM
    options: tuple[OptionSpec, ...] = (
        *RADIO_OPTIONS,
        OptionSpec("baud", "bits per second on the cable, 300 to 4000000", "115200"),
    )

    def check(self, spec: LinkSpec) -> None:
        """Refuse what names no device, or no speed."""
        _device(spec)
        _baud(spec)

    async def open(
        self,
        spec: LinkSpec,
        setup: LinkSetup,  # noqa: ARG002 - nobody is there to be told
        now: Callable[[], Instant],
    ) -> Link:
        """Open the port for us alone, within ten seconds.

        Raises:
            TransportError: With a sentence that says what was tried and what to do.
        """
        device, baud = _device(spec), _baud(spec)
        ports: list[Port] = []

        def give_back() -> None:
            for port in ports:
                port.close()

        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                port, remark = await in_own_thread(
                    lambda: _open(device, baud, ports), f"open {spec.link_id}", give_back
                )
        except TimeoutError:
            msg = f"{device} does not open; unplug the radio and plug it in again"
            raise TransportError(msg) from None
        return _link(spec, now, port, remark)


SERIAL = SerialTransport()


def _link(spec: LinkSpec, now: Callable[[], Instant], port: Port, remark: str) -> Link:
    from meshtui.transports import serial_words
    from meshtui.transports.serial_port import PortTransport

    link = StreamLink(spec.link_id, now, serial_words.of_loss, remark)
    try:
        # It calls this itself, but only in the loop's next turn.
        link.connection_made(PortTransport(asyncio.get_running_loop(), link, port))
    except OSError as error:  # pulled this very moment
        port.close()
        raise TransportError(serial_words.of_loss(error)) from None
    return link


def _device(spec: LinkSpec) -> str:
    if spec.host or spec.port is not None or spec.username:
        folder = f"/{spec.host}" if spec.host else ""
        there = f"{folder}{spec.path}" if spec.path else "/dev/ttyUSB0"
        msg = f"a device begins after three slashes: {spec.network}+serial://{there}"
        raise TransportError(msg, is_final=True)
    return spec.path


def _baud(spec: LinkSpec) -> int:
    text = spec.options.get("baud", "115200")
    if not (text.isascii() and text.isdigit() and SLOWEST_BAUD <= int(text[:9]) <= FASTEST_BAUD):
        msg = f"baud={text[:20]}: a number from {SLOWEST_BAUD} to {FASTEST_BAUD}, mostly 115200"
        raise TransportError(msg, is_final=True)
    return int(text)


def _open(device: str, baud: int, ports: list[Port]) -> tuple[Port, str]:
    """Open a port, in a thread; returns it and what is odd about it.

    Args:
        ports: Where the port is noted before it is open, for whoever must close it.

    Raises:
        TransportError: It does not open.
    """
    # Loading them takes longer than the loop may stand still.
    from meshtui.transports import serial_ports, serial_words
    from meshtui.transports.serial_port import Port

    try:
        if not stat.S_ISCHR(Path(device).stat().st_mode):
            raise serial_words.not_serial(device)
        port = Port(device, baud)
        ports.append(port)
        port.open()
    except ValueError:
        msg = f"{device} does not do {baud} bits per second; what is the radio set to?"
        raise TransportError(msg, is_final=True) from None
    except OSError as error:
        raise serial_words.of_failure(device, error) from None
    return port, serial_words.shared(serial_ports.holders(device))
