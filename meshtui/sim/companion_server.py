"""A companion radio on a simulated mesh, for any client: `python -m meshtui.sim.companion_server`.

    usage: companion_server SCENARIO [--port N] [--pty] [--kiss] [--seed N] [--speed X] [--node N]
                                     [--no-key-export] [--no-signing] [--wrong-signatures]

It listens on the loopback interface as a radio with WiFi does: one client, and a new one takes the
place of the old. With `--pty` it is the far end of a serial line instead; with `--kiss` the radio
is a KISS modem that nobody has tuned yet, and the client is the node. One JSON line on stdout
says where: `{"port": 40123}` or `{"pty": "/dev/pts/7"}`. It ends when its stdin does, or with
SIGTERM; where stdin is no pipe or terminal (/dev/null, a file), only with that.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import stat
import sys
import tty
from typing import TYPE_CHECKING, Final

from meshtui.errors import MeshtuiError
from meshtui.runtime.clock import SystemClock
from meshtui.sim.companion.board import Board
from meshtui.sim.companion.framing import Unframer, framed
from meshtui.sim.companion.stream import LiveMeshcore
from meshtui.sim.kiss_modem import LiveModem
from meshtui.sim.radio_scenario import load_radio_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

HOST: Final = "127.0.0.1"
MAX_UNREAD_BYTES: Final = 64 * 1024  # a client that does not listen loses what it is told
_READ_BYTES: Final = 4_096


class CompanionServer:
    """A mesh, and the radio that clients connect to.

    Attributes:
        mesh: Run it beside.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        """Prepare what the command line asks for.

        Raises:
            ConfigError: There is no such scenario, or it gives no mesh.
        """
        scenario, clock = load_radio_scenario(arguments.scenario), SystemClock()
        seed, speed, node = arguments.seed, arguments.speed, arguments.node
        self.mesh: LiveMeshcore | LiveModem
        self._is_kiss: bool = arguments.kiss
        if self._is_kiss:
            self.mesh = LiveModem(
                scenario, clock, self._give, seed=seed, speed=speed, place_of=node
            )
        else:
            board = Board(
                exports_key=arguments.key_export,
                signs=arguments.signing,
                signs_rightly=not arguments.wrong_signatures,
            )
            self.mesh = LiveMeshcore(
                scenario, clock, self._give, seed=seed, speed=speed, place_of=node, board=board
            )
            self.mesh.radio.rebooted = self._hang_up
        self._client: asyncio.Transport | None = None
        self._master = -1

    @property
    def key(self) -> str:
        """The radio's public key in hex; empty = it has none, its client has."""
        mesh = self.mesh
        return "" if isinstance(mesh, LiveModem) else mesh.radio.desk.node.public_key.hex()

    def unframe(self, *, skips_long: bool = False) -> Callable[[bytes], Iterable[bytes]]:
        """Make what finds the commands in what a client writes; a modem does that itself."""
        return _whole if self._is_kiss else Unframer(skips_long=skips_long).feed

    def connected(self, client: asyncio.Transport) -> None:
        """Take a client; the one before it is cut off."""
        self._hang_up()
        self._client = client
        self._tell_radio()

    def disconnected(self, client: asyncio.Transport) -> None:
        """Let a client go."""
        if self._client is client:
            self._client = None
            self._tell_radio()

    def _tell_radio(self) -> None:
        """A companion radio knows whether somebody listens."""
        mesh = self.mesh
        if isinstance(mesh, LiveMeshcore):
            mesh.do(lambda: mesh.radio.connect(is_connected=self._has_client))

    @property
    def _has_client(self) -> bool:
        return self._client is not None or self._master >= 0

    @contextlib.contextmanager
    def on_a_line(self) -> Iterator[str]:
        """Be the far end of a serial line for the length of a block; gives its device."""
        self._master, slave = os.openpty()
        loop = asyncio.get_running_loop()
        try:
            tty.setraw(slave)
            os.set_blocking(self._master, False)
            loop.add_reader(self._master, self._read_line, self.unframe())
            self._tell_radio()
            # the slave stays open here: between two clients the line would else be dead
            yield os.ttyname(slave)
        finally:
            loop.remove_reader(self._master)
            os.close(self._master)
            os.close(slave)
            self._master = -1

    def _read_line(self, unframe: Callable[[bytes], Iterable[bytes]]) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            for payload in unframe(os.read(self._master, _READ_BYTES)):
                self.mesh.command(payload)

    def _give(self, payload: bytes) -> None:
        wire = payload if self._is_kiss else framed(payload)
        if self._master >= 0:
            with contextlib.suppress(BlockingIOError, OSError):  # nobody reads: as on a real line
                os.write(self._master, wire)
        client = self._client
        if client is not None and client.get_write_buffer_size() < MAX_UNREAD_BYTES:
            client.write(wire)

    def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.abort()


def _whole(data: bytes) -> tuple[bytes]:
    return (data,)


class _Client(asyncio.Protocol):
    """A connection."""

    def __init__(self, server: CompanionServer) -> None:
        self._server = server
        self._unframe = server.unframe(skips_long=True)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._server.connected(transport)

    def data_received(self, data: bytes) -> None:
        for payload in self._unframe(data):
            self._server.mesh.command(payload)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._transport is not None:
            self._server.disconnected(self._transport)


async def serve(server: CompanionServer, arguments: argparse.Namespace) -> None:
    """Serve until stdin ends, or a SIGTERM comes.

    Raises:
        OSError: The port is taken.
    """
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        if arguments.pty:
            place: dict[str, object] = {"pty": stack.enter_context(server.on_a_line())}
        else:
            listener = await loop.create_server(lambda: _Client(server), HOST, arguments.port)
            stack.callback(listener.close)
            place = {"port": listener.sockets[0].getsockname()[1]}
        place["key"] = server.key
        sys.stdout.write(f"{json.dumps(place)}\n")
        sys.stdout.flush()
        async with asyncio.TaskGroup() as group:
            group.create_task(server.mesh.run())
            await _end()
            server.mesh.end()


async def _end() -> None:
    """Wait for the end of stdin or a SIGTERM."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    if not _says_when_it_ends():
        await ended.wait()
        return
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def drain() -> None:
        while await reader.read(1024):
            pass
        ended.set()

    draining = loop.create_task(drain())
    await ended.wait()
    draining.cancel()


def _says_when_it_ends() -> bool:
    """Tell whether stdin is what somebody holds open: a shell's `&` gives us /dev/null."""
    try:
        fd = sys.stdin.fileno()
        mode = os.fstat(fd).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(fd)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        "companion_server",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=argparse.SUPPRESS,
    )
    parser.add_argument("scenario", help="one that comes along, such as valley, or a file")
    parser.add_argument("--port", type=int, default=0, help="0 = any that is free")
    parser.add_argument("--pty", action="store_true", help="a serial line instead of TCP")
    parser.add_argument("--kiss", action="store_true", help="a modem: the client is the node")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument(
        "--node",
        type=int,
        metavar="N",
        help="stand where this node of the scenario would: its number, from 0; "
        "each makes another radio, with a key of its own",
    )
    parser.add_argument("--no-key-export", dest="key_export", action="store_false")
    parser.add_argument("--no-signing", dest="signing", action="store_false")
    parser.add_argument("--wrong-signatures", action="store_true")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Run the process; returns its exit code."""
    arguments = parse(argv)
    try:
        asyncio.run(serve(CompanionServer(arguments), arguments))
    except (MeshtuiError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
