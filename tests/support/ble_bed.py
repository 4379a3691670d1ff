"""Bluetooth without hardware, from bleak's own BlueZ backend down to a Nordic UART.

bleak → a private `dbus-daemon` → a small `org.bluez` → bumble's virtual controllers → peripherals.
The bed runs in a thread with a loop of its own, so that it outlives a test's loop.

By hand, or for a program of its own::

    python -m tests.support.ble_bed --tcp 0          # the peripheral's UART as a TCP port
    python -m tests.support.ble_bed --pty            # … as a serial device

It prints what to export (`DBUS_SYSTEM_BUS_ADDRESS=…`) and where the UART ends; it lives until its
standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.ble_bed_bluez import SmallBluez
    from tests.support.ble_bed_radio import UartRadio

NAME = "MESH-GW"
ADDRESS = "C4:00:00:00:00:01"
BATTERY = "0000180f-0000-1000-8000-00805f9b34fb"  # a service that is no UART
_CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/><allow user="*"/></policy></busconfig>
"""


def find_dbus_daemon() -> str:
    """Where dbus-daemon is; skips the test where it is not (fails where it is required)."""
    path = shutil.which("dbus-daemon")
    why = "" if path else "dbus-daemon is not installed (Debian: apt install dbus)"
    if sys.platform != "linux":
        why = "BlueZ is Linux's"
    if why:
        if os.environ.get("MESHTUI_TEST_REQUIRE") == "1":
            pytest.fail(why)
        pytest.skip(why)
    assert path is not None
    return path


class BleBed:
    """A bus, a BlueZ, and one peripheral (`radio`); `add` brings more."""

    bluez: SmallBluez
    radio: UartRadio

    def __init__(self, bus_address: str) -> None:
        self.radios: list[UartRadio] = []
        self.bus_address = bus_address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="ble bed")

    def __enter__(self) -> Self:
        self._thread.start()
        self.do(self._start)
        self.radio = self.add(NAME, ADDRESS)
        return self

    def __exit__(self, *_: object) -> None:
        self.do(self._end)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def do(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call something of the bed's in its own thread; returns its result, awaited."""

        async def run() -> Any:
            result = call(*arguments, **named)
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def add(self, name: str, address: str, **how: Any) -> UartRadio:
        """Switch another peripheral on."""

        async def switch_on() -> UartRadio:
            from tests.support.ble_bed_radio import UartRadio

            radio = UartRadio(self._link, name, address, **how)
            await radio.start()
            return radio

        radio = self.do(switch_on)
        self.radios.append(radio)
        return radio

    def tidy(self) -> None:
        """As at the beginning: one peripheral, nothing connected, no fault."""
        self.do(self.bluez.hang_up)
        for radio in self.radios[1:]:
            self.do(radio.stop)
        del self.radios[1:]
        self.radio.echoes = self.radio.is_bytewise = False
        self.radio.received.clear()
        self.do(self.bluez.forget)
        self.do(self.bluez.set_powered, True)

    async def _start(self) -> None:
        from bumble.link import LocalLink

        from tests.support.ble_bed_bluez import SmallBluez

        self._link = LocalLink()
        self.bluez = SmallBluez(self._link, self.bus_address)
        await self.bluez.start()

    async def _end(self) -> None:
        """Leave no task behind."""
        self.bluez.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


@contextlib.contextmanager
def private_bus() -> Iterator[str]:
    """A bus with nobody on it; its address."""
    with tempfile.TemporaryDirectory(prefix="mesh-dbus-") as folder:
        socket, config = Path(folder, "bus"), Path(folder, "bus.conf")
        config.write_text(_CONFIG.format(socket=socket))
        process = subprocess.Popen(
            [find_dbus_daemon(), f"--config-file={config}", "--nofork", "--nosyslog"],
            stderr=subprocess.DEVNULL,
        )
        try:
            _await(socket)
            yield f"unix:path={socket}"
        finally:
            process.terminate()
            process.wait(5)


def _await(socket: Path) -> None:
    for _ in range(500):
        if socket.exists():
            return
        time.sleep(0.01)
    raise RuntimeError("dbus-daemon did not start")


@contextlib.contextmanager
def running_bed() -> Iterator[BleBed]:
    """A bed for the length of a block; this process's system bus is the bed's meanwhile."""
    before = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS")
    with private_bus() as address, BleBed(address) as bed:
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bed.bus_address
        try:
            yield bed
        finally:
            os.environ.pop("DBUS_SYSTEM_BUS_ADDRESS")
            if before is not None:
                os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = before


# --- a program of its own ---


def _bridge_tcp(bed: BleBed, port: int) -> str:
    """Join the peripheral's UART to every client of a TCP port of this machine."""
    clients: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.add(writer)
        with contextlib.suppress(OSError):
            while data := await reader.read(4_096):
                bed.radio.say(data)
        clients.discard(writer)
        writer.close()

    def on_data(data: bytes) -> None:
        for writer in clients:
            writer.write(data)

    async def listen() -> str:
        server = await asyncio.start_server(serve, "127.0.0.1", port)
        bed.radio.on_data = on_data
        return f"tcp 127.0.0.1:{server.sockets[0].getsockname()[1]}"

    return bed.do(listen)


def _bridge_pty(bed: BleBed) -> str:
    """Join the peripheral's UART to a serial device of this machine."""
    master, slave = os.openpty()
    import tty

    tty.setraw(slave)

    def listen() -> str:
        loop = asyncio.get_running_loop()
        loop.add_reader(master, lambda: bed.radio.say(os.read(master, 4_096)))
        bed.radio.on_data = lambda data: os.write(master, data) and None
        return f"pty {os.ttyname(slave)}"

    return bed.do(listen)


def main() -> None:
    parser = argparse.ArgumentParser(description="Bluetooth without hardware")
    parser.add_argument("--tcp", type=int, metavar="PORT", help="the UART as a TCP port; 0 = any")
    parser.add_argument("--pty", action="store_true", help="the UART as a serial device")
    parser.add_argument("--echo", action="store_true", help="send back what comes")
    parser.add_argument("--bytewise", action="store_true", help="notify one byte at a time")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit())  # the bus must not outlive us
    with running_bed() as bed:
        bed.radio.echoes, bed.radio.is_bytewise = arguments.echo, arguments.bytewise
        out = [f"DBUS_SYSTEM_BUS_ADDRESS={bed.bus_address}", f"radio {NAME} {ADDRESS}"]
        if arguments.tcp is not None:
            out.append(_bridge_tcp(bed, arguments.tcp))
        if arguments.pty:
            out.append(_bridge_pty(bed))
        sys.stdout.write("\n".join([*out, "ready", ""]))
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            while sys.stdin.readline():
                pass


if __name__ == "__main__":
    main()
