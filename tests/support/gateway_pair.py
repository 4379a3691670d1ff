"""LoRa gateways for tests, on pseudo-terminals or TCP ports, joined by an air that loses nothing.

    async with gateways() as air:                      # two, on serial ports
        alice_url, bob_url = air.urls                  # jsonmesh+serial:///tmp/…/gateway0
    async with gateways(3, "tcp", hears=in_a_line): …  # the outer two do not hear each other

A line written to one gateway comes out of all that hear it as `RSSI:-92|SNR:7.5|<line>`, after
`delay_s`, or with `radio` after its time on the air, one line at a time. As with real ones a line
that no packet holds is not sent. Programs of other processes may open the URLs, too, as long as the
test's loop runs. `gateway_on` adds a gateway that stands at a broker.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.networks.jsonmesh.topics import LORA_INBOUND, LORA_OUTBOUND
from tests.support.links import opened
from tests.support.pty_wire import Pty

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from meshtui.model.link import RadioSettings
    from tests.support.links import OpenLink

MAX_LINE = 240
MAX_HELD = 64 * 1024
LOOK_AGAIN_S = 0.02
HEARD_AS = b"RSSI:-92|SNR:7.5|"


def everybody(_sender: int, _hearer: int) -> bool:
    return True


def in_a_line(sender: int, hearer: int) -> bool:
    """Each hears its neighbours only."""
    return abs(sender - hearer) == 1


class ToyAir:
    """What is on the air, and the gateways around it.

    Attributes:
        urls: One link URL a gateway.
        lines: What was sent, in order: by which gateway, without its newline.
        too_long: Lines that no packet holds.
    """

    def __init__(
        self,
        delay_s: float,
        hears: Callable[[int, int], bool],
        radio: RadioSettings | None = None,
    ) -> None:
        self.urls: list[str] = []
        self.lines: list[tuple[int, bytes]] = []
        self.too_long: list[tuple[int, bytes]] = []
        self.gateways: list[SerialGateway | TcpGateway | MqttGateway] = []
        self._delay_s = delay_s
        self._hears = hears
        self._radio = radio
        self._free_at_s = 0.0

    def send(self, sender: int, line: bytes) -> None:
        """Put a line on the air."""
        if len(line) > MAX_LINE:
            self.too_long.append((sender, line))
            return
        self.lines.append((sender, line))
        loop = asyncio.get_running_loop()
        at_s = loop.time() + self._delay_s
        if self._radio is not None:
            airtime_s = time_on_air_ms(len(line), self._radio) / 1000
            at_s = self._free_at_s = max(loop.time(), self._free_at_s) + airtime_s
        loop.call_at(at_s, self._arrive, sender, line)

    def _arrive(self, sender: int, line: bytes) -> None:
        for number, gateway in enumerate(self.gateways):
            if number != sender and self._hears(sender, number):
                gateway.give(HEARD_AS + line + b"\n")


class _Gateway:
    """Cuts what its host writes into lines."""

    def __init__(self, air: ToyAir, number: int) -> None:
        self._air, self._number = air, number
        self._unfinished = b""

    def take(self, data: bytes) -> None:
        """Hear bytes from the host."""
        *lines, rest = (self._unfinished + data).split(b"\n")
        self._unfinished = rest[-MAX_HELD:]
        for line in filter(None, lines):
            self._air.send(self._number, line)


class SerialGateway(_Gateway):
    """A gateway on a pseudo-terminal; `unplug` and `replug` do what they say."""

    def __init__(self, air: ToyAir, number: int, folder: Path) -> None:
        super().__init__(air, number)
        self._path = folder / f"gateway{number}"
        self._held = b""
        self._pty: Pty | None = None
        self.url = f"jsonmesh+serial://{self._path}"
        self.replug()

    def replug(self) -> None:
        self._pty = Pty(self._path)
        self._pty.let_go()  # or programs would find it in use
        self._listen(self._pty)

    def unplug(self) -> None:
        if self._pty is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._pty.master)
            loop.remove_writer(self._pty.master)
            self._pty.unplug()
            self._path.unlink()
            self._pty, self._held, self._unfinished = None, b"", b""

    def give(self, line: bytes) -> None:
        """Say a line to the host, or lose it where that does not listen."""
        if self._pty is not None and len(self._held) + len(line) <= MAX_HELD:
            self._held += line
            asyncio.get_running_loop().add_writer(self._pty.master, self._writable)

    async def aclose(self) -> None:
        self.unplug()

    def _listen(self, pty: Pty) -> None:
        if pty is self._pty:
            asyncio.get_running_loop().add_reader(pty.master, self._readable, pty)

    def _readable(self, pty: Pty) -> None:
        try:
            self.take(pty.read())
        except OSError:  # nobody has it open; nothing but a look from time to time shows when
            loop = asyncio.get_running_loop()
            loop.remove_reader(pty.master)
            loop.call_later(LOOK_AGAIN_S, self._listen, pty)

    def _writable(self) -> None:
        assert self._pty is not None
        with contextlib.suppress(BlockingIOError):
            self._held = self._held[self._pty.write(self._held) :]
        if not self._held:
            asyncio.get_running_loop().remove_writer(self._pty.master)


class TcpGateway(_Gateway):
    """A gateway behind a TCP port; serves one client at a time."""

    url = ""

    def __init__(self, air: ToyAir, number: int) -> None:
        super().__init__(air, number)
        self._writer: asyncio.StreamWriter | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"jsonmesh+tcp://127.0.0.1:{port}?title=gateway{self._number}"

    def give(self, line: bytes) -> None:
        """Say a line to the host, or lose it where that does not listen."""
        if self._writer is not None and (self._writer.transport.get_write_buffer_size() < MAX_HELD):
            self._writer.write(line)

    async def aclose(self) -> None:
        self._server.close()
        if self._writer is not None:
            self._writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer, self._unfinished = writer, b""
        with contextlib.suppress(OSError):
            while data := await reader.read(4_096):
                self.take(data)
        if self._writer is writer:
            self._writer = None
        writer.close()


class MqttGateway(_Gateway):
    """A gateway on a broker, which knows two topics and nothing else."""

    def __init__(self, air: ToyAir, number: int, broker: OpenLink) -> None:
        super().__init__(air, number)
        self._broker = broker
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue()

    def give(self, line: bytes) -> None:
        """Publish what was heard, without how well."""
        self._outbox.put_nowait(line.split(b"|", 2)[2].removesuffix(b"\n"))

    async def serve(self) -> None:
        """Carry both ways until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._speak())
            while True:
                taken, self._broker.frames[:] = list(self._broker.frames), []
                for frame in taken:
                    self.take(frame.payload + b"\n")
                await asyncio.sleep(0.002)

    async def aclose(self) -> None:
        pass

    async def _speak(self) -> None:
        while True:
            await self._broker.send(await self._outbox.get(), LORA_INBOUND, is_confirmed=False)


@contextlib.asynccontextmanager
async def gateway_on(broker_url: str, air: ToyAir) -> AsyncIterator[MqttGateway]:
    """One more gateway of an air, at a broker, for the length of a block."""
    number = len(air.gateways)
    async with opened(broker_url, LORA_OUTBOUND, client_id=f"gateway{number}") as broker:
        gateway = MqttGateway(air, number, broker)
        air.gateways.append(gateway)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(gateway.serve())
            try:
                yield gateway
            finally:
                serving.cancel()


@contextlib.asynccontextmanager
async def gateways(
    count: int = 2,
    kind: Literal["serial", "tcp"] = "serial",
    *,
    delay_s: float = 0.0,
    hears: Callable[[int, int], bool] = everybody,
    radio: RadioSettings | None = None,
) -> AsyncIterator[ToyAir]:
    """Gateways for the length of a block; see the module's docstring."""
    air = ToyAir(delay_s, hears, radio)
    with tempfile.TemporaryDirectory(prefix="meshtui-gateways-") as folder:
        try:
            for number in range(count):
                if kind == "serial":
                    air.gateways.append(SerialGateway(air, number, Path(folder)))
                else:
                    air.gateways.append(gateway := TcpGateway(air, number))
                    await gateway.start()
            air.urls = [gateway.url for gateway in air.gateways]
            yield air
        finally:
            for gateway in air.gateways:
                await gateway.aclose()
