"""A KISS modem with MeshCore's firmware, as far as a host sees it: it answers as the vectors do.

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

from meshtui.networks.meshcore.kiss import (
    ANSWER_BIT,
    Hardware,
    KissCommand,
    KissDeframer,
    KissFrame,
    ModemRadio,
    data_frame,
    decode_radio,
    encode_radio,
    hardware_frame,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EU = ModemRadio(869_618_000, 62_500, 8, 8)
UNTUNED = ModemRadio(0, 0, 0, 0)


@dataclass
class FakeKissModem:
    """One modem.

    Attributes:
        on_air: Every packet it was given and took.
        pending: The one it is sending.
        plain: What it was told by plain KISS commands: command to value.
        is_mute: It says nothing, as other firmware does.
        ignores: Sub-commands it does not answer.
        say: Writes to the host, where it stands behind a terminal.
    """

    radio: ModemRadio = EU
    power_dbm: int = 22
    name: str = "Host Sim"
    battery_mv: int = 3900
    is_busy: bool = False
    is_mute: bool = False
    ignores: frozenset[int] = frozenset()
    reports: bool = True
    on_air: list[bytes] = field(default_factory=list)
    pending: bytes | None = None
    plain: dict[int, bytes] = field(default_factory=dict)
    heard: int = 0
    errors: int = 0
    noise_dbm: int = -117
    boots: int = 1
    say: Callable[[bytes], object] = len
    _deframer: KissDeframer = field(default_factory=KissDeframer)

    def feed(self, data: bytes) -> bytes:
        """Take what the host writes; returns what it reads at once."""
        said = b""
        for event in self._deframer.feed(data):
            if isinstance(event, KissFrame) and not self.is_mute:
                said += self._take(event)
        return said

    def sent(self, *, is_ok: bool = True) -> bytes:
        """What was on the air is over; returns what the host reads."""
        self.pending = None
        return hardware_frame(Hardware.TX_DONE, bytes((is_ok,)))

    def hear(self, packet: bytes, snr_q4: int = 34, rssi_dbm: int = -87) -> bytes:
        """A packet arrived; returns what the host reads."""
        self.heard += 1
        meta = bytes((snr_q4 & 0xFF, rssi_dbm & 0xFF))
        report = hardware_frame(Hardware.RX_META, meta) if self.reports else b""
        return b"" if self.is_mute else data_frame(packet) + report

    def _take(self, frame: KissFrame) -> bytes:
        if frame.command == KissCommand.DATA:
            return self._send(frame.data)
        found = frame.hardware
        if found is None:
            self.plain[frame.command] = frame.data
            return b""
        code, body = found
        return b"" if code in self.ignores else self._answer(code, body)

    def _send(self, packet: bytes) -> bytes:
        if self.pending is not None:
            return hardware_frame(Hardware.ERROR, b"\x07")
        if len(packet) < 2:
            return hardware_frame(Hardware.ERROR, b"\x01")
        self.pending = packet
        self.on_air.append(packet)
        return b""

    def _answer(self, code: int, body: bytes) -> bytes:
        match code:
            case Hardware.SET_RADIO:
                if len(body) < 10:
                    return hardware_frame(Hardware.ERROR, b"\x01")
                self.radio = decode_radio(body)
                return hardware_frame(Hardware.OK)
            case Hardware.SET_POWER:
                self.power_dbm = int.from_bytes(body[:1], "little", signed=True)
                return hardware_frame(Hardware.OK)
            case Hardware.REBOOT:
                self._reboot()
                return hardware_frame(Hardware.OK)
            case Hardware.SET_REPORT:
                self.reports = bool(body[0])
                code = Hardware.GET_REPORT
        answers = {
            Hardware.VERSION: b"\x01\x00",
            Hardware.GET_RADIO: encode_radio(self.radio),
            Hardware.GET_POWER: self.power_dbm.to_bytes(1, "little", signed=True),
            Hardware.NAME: self.name.encode(),
            Hardware.BATTERY: self.battery_mv.to_bytes(2, "little"),
            Hardware.IS_BUSY: bytes((self.is_busy,)),
            Hardware.GET_REPORT: bytes((self.reports,)),
            Hardware.RSSI: b"\x92",
            Hardware.NOISE: self.noise_dbm.to_bytes(2, "little", signed=True),
            Hardware.PING: b"",
            Hardware.STATS: b"".join(
                number.to_bytes(4, "little")
                for number in (self.heard, len(self.on_air), self.errors)
            ),
        }
        if code not in answers:
            return hardware_frame(Hardware.ERROR, b"\x05")
        return hardware_frame(code | ANSWER_BIT, answers[Hardware(code)])

    def _reboot(self) -> None:
        """It keeps nothing of what it was told."""
        self.boots += 1
        self.radio, self.power_dbm = UNTUNED, 0
        self.reports, self.pending = True, None
        self.plain.clear()


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
