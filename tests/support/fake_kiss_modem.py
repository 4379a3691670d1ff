"""A KISS modem as a host meets it: one that answers as the vectors do, and what may go wrong.

It is bytes in, bytes out; `serve_on_a_terminal` puts one behind a pseudo terminal. What it sends
goes to `on_air`; whoever owns the air calls `sent` when that is over, and `hear` for what arrives.
"""

from __future__ import annotations

import contextlib
import os
import pty
import threading
import tty
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meshtui.networks.meshcore.kiss import KissFrame, ModemRadio
from meshtui.sim.kiss_modem import UNTUNED, KissModem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["EU", "UNTUNED", "FakeKissModem", "serve_on_a_terminal"]

EU = ModemRadio(869_618_000, 62_500, 8, 8)


@dataclass
class FakeKissModem(KissModem):
    """One modem that was set before.

    Attributes:
        on_air: Every packet it was given and took.
        is_mute: It says nothing, as other firmware does.
        ignores: Sub-commands it does not answer.
        say: Writes to the host, where it stands behind a terminal.
    """

    radio: ModemRadio = EU
    power_dbm: int = 22
    name: str = "Host Sim"
    on_air: list[bytes] = field(default_factory=list)
    is_mute: bool = False
    ignores: frozenset[int] = frozenset()
    say: Callable[[bytes], object] = len

    def hear(self, packet: bytes, snr_q4: int = 34, rssi_dbm: int = -87) -> bytes:
        said = super().hear(packet, snr_q4, rssi_dbm)
        return b"" if self.is_mute else said

    def _send(self, packet: bytes) -> bytes:
        said = super()._send(packet)
        if not said:
            self.on_air.append(packet)
        return said

    def _take(self, frame: KissFrame) -> bytes:
        found = frame.hardware
        is_ignored = self.is_mute or (found is not None and found[0] in self.ignores)
        return b"" if is_ignored else super()._take(frame)


@contextlib.contextmanager
def serve_on_a_terminal(modem: FakeKissModem) -> Iterator[str]:
    """Put a modem behind a pseudo terminal for the length of a block; gives the device's path.

    What it is given to send is over at once.
    """
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    path = os.ttyname(theirs)
    modem.say = lambda data: os.write(ours, data)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while data := os.read(ours, 4096):
                os.write(ours, modem.feed(data))
                if modem.pending is not None:
                    os.write(ours, modem.sent())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield path
    finally:
        os.close(theirs)
        os.close(ours)
        thread.join(timeout=5)
