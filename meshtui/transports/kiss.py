"""KISS modems: a LoRa radio that only sends and hears, on a serial port or behind TCP.

    NETWORK+kiss:///dev/ttyACM0?freq=869.618      NETWORK+kiss://HOST:PORT

We are the node then, and everything is ours to do. The modem keeps its own radio settings unless
the URL names `freq`: then frequency, bandwidth, spreading factor and coding rate are all set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.errors import TransportError
from meshtui.model.link import LinkKind
from meshtui.transports.base import OptionSpec
from meshtui.transports.serial import SERIAL
from meshtui.transports.tcp import TCP

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import Instant
    from meshtui.model.link import LinkSetup
    from meshtui.transports.base import Link, LinkSpec

_TUNED = ("sf", "bw", "cr", "preamble")


@dataclass(frozen=True, slots=True)
class KissTransport:
    """Opens modems."""

    schemes: tuple[str, ...] = ("kiss",)
    kind: LinkKind = LinkKind.MODEM
    options: tuple[OptionSpec, ...] = (
        OptionSpec("freq", "MHz to set the modem to; left out, it keeps its own radio settings"),
        OptionSpec("sf", "LoRa spreading factor, 5 to 12; set together with freq", "8"),
        OptionSpec("bw", "LoRa bandwidth in kHz, 7.8 to 500; set together with freq", "62.5"),
        OptionSpec(
            "cr", "LoRa coding rate 4/5 to 4/8; set together with freq", "8", ("5", "6", "7", "8")
        ),
        OptionSpec("preamble", "LoRa preamble in symbols; MeshCore has 32 up to SF8, then 16"),
        OptionSpec("power", "dBm to send with, -9 to 30; left out, the modem keeps its own"),
        OptionSpec("duty", "percent of an hour that may be spent sending, 0.1 to 100", "10"),
        OptionSpec("baud", "bits per second on a serial cable, 300 to 4000000", "115200"),
    )

    def check(self, spec: LinkSpec) -> None:
        """Refuse what names neither a device nor host and port, or half of a radio's settings."""
        named = [name for name in _TUNED if name in spec.options]
        if named and "freq" not in spec.options:
            msg = f"{named[0]}= is set together with the frequency: add freq=MHZ, or leave both out"
            raise TransportError(msg, is_final=True)
        if _is_device(spec):
            SERIAL.check(spec)
            return
        if spec.port is None or spec.path or spec.username:
            there = f"{spec.network}+kiss"
            msg = f"write {there}:///dev/ttyACM0 for a device, {there}://HOST:PORT for one by TCP"
            raise TransportError(msg, is_final=True)

    async def open(self, spec: LinkSpec, setup: LinkSetup, now: Callable[[], Instant]) -> Link:
        """Open the serial port, or connect.

        Raises:
            TransportError: With a sentence that says what was tried and what to do.
        """
        self.check(spec)
        transport = SERIAL if _is_device(spec) else TCP
        return await transport.open(spec, setup, now)


KISS = KissTransport()


def _is_device(spec: LinkSpec) -> bool:
    return not spec.host
