"""What a serial port does that no other link does: plugs, owners, full buffers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from meshtui.errors import LinkLostError, TransportError
from meshtui.model.link import LinkInfo, LinkKind, LinkState
from meshtui.model.packet import Frame, Transmit
from meshtui.runtime.inbox import LinkOpened
from meshtui.runtime.link_runner import LinkRunner
from meshtui.transports.registry import load_transport
from meshtui.transports.stream_link import MAX_FRAME_BYTES, MAX_UNREAD_BYTES
from meshtui.transports.url import parse_link_url
from tests.support.clock import FakeClock
from tests.support.heartbeat import longest_gap
from tests.support.link_port import LinkPortLog
from tests.support.links import open_link, opened
from tests.support.mosquitto import eventually
from tests.support.pty_wire import Pty, PtyWire

ONE_READ_BYTES = 1_024
"""What pyserial-asyncio takes at once: so much may come over a limit."""


@pytest.fixture
def pty():
    made = Pty()
    yield made
    made.unplug()


def url_of(device: str, options: str = "") -> str:
    return f"jsonmesh+serial://{device}{options}"


async def why_not(url: str) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await open_link(url)
    assert "\n" not in str(caught.value)
    return caught.value


# --- what it does not open, and why ---


async def test_a_port_that_is_not_there_is_said_and_looked_for_again(tmp_path) -> None:
    error = await why_not(url_of(f"{tmp_path}/ttyUSB7"))
    assert "ttyUSB7 is not there; " in str(error)
    assert "serial port" in str(error)
    assert not error.is_final


@pytest.mark.parametrize("path", ["/dev/null", "/etc", "/etc/passwd"])
async def test_what_is_no_serial_port_is_never_one(path) -> None:
    error = await why_not(url_of(path))
    assert str(error) == f"{path} is not a serial port"
    assert error.is_final


@pytest.mark.parametrize("url", ["serial://dev/ttyUSB0", "serial://u@/dev/ttyUSB0", "serial://x:1"])
async def test_two_slashes_are_one_too_few(url) -> None:
    error = await why_not(f"jsonmesh+{url}")
    assert "three slashes: jsonmesh+serial:///dev/ttyUSB0" in str(error)
    assert error.is_final


@pytest.mark.parametrize("baud", ["0", "-1", "fast", "115200.5", "1e5", "99999999999", "²"])
async def test_a_baud_rate_is_a_number_within_reason(pty, baud) -> None:
    error = await why_not(url_of(pty.device, f"?baud={baud}"))
    assert "a number from 300 to 4000000" in str(error)
    assert error.is_final


@pytest.mark.parametrize("baud", ["9600", "115200", "921600", "250000"])
async def test_any_baud_rate_is_set(pty, baud) -> None:
    async with opened(url_of(pty.device, f"?baud={baud}")) as reading:
        pty.write(b"hello\n")
        await eventually(lambda: reading.payloads == [b"hello\n"])


async def test_a_port_is_ours_alone(pty) -> None:
    async with opened(url_of(pty.device)) as reading:
        error = await why_not(url_of(pty.device))
        assert f"{pty.device} is in use by another link of this program" in str(error)
        assert not error.is_final
        pty.write(b"still ours\n")
        await eventually(lambda: reading.frames)
    async with opened(url_of(pty.device)):
        pass  # given back


@contextlib.contextmanager
def holding(device: str, *, is_locking: bool):
    """Another process that has a device open."""
    script = (
        "import fcntl, os, sys\nfd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)\n"
        "if sys.argv[2] == '1': fcntl.flock(fd, fcntl.LOCK_EX)\n"
        "print('open', flush=True)\nsys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, device, str(int(is_locking))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.communicate()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="who it is stands in /proc")
async def test_who_has_a_port_is_named(pty) -> None:
    with holding(pty.device, is_locking=True) as pid:
        error = await why_not(url_of(pty.device))
    assert f"(pid {pid}); close that first" in str(error)
    assert not error.is_final


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="who it is stands in /proc")
async def test_a_program_without_manners_is_remarked_upon(pty) -> None:
    with holding(pty.device, is_locking=False) as pid:
        async with opened(url_of(pty.device)) as reading:
            assert f"(pid {pid}) has this port open, too" in reading.link.remark
    async with opened(url_of(pty.device)) as reading:
        assert reading.link.remark == ""


@contextlib.contextmanager
def being_nobody():
    """Without root's powers, where we have them."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(before)


async def test_a_forbidden_port_says_what_to_type(pty) -> None:
    import grp  # noqa: F401 - nobody may not read where Python lies
    import pwd  # noqa: F401

    async with opened(url_of(pty.device)):
        pass
    Path(pty.device).chmod(0)  # noqa: ASYNC240 - a pty's
    with being_nobody():
        error = await why_not(url_of(pty.device))
    assert str(error).startswith(f"permission denied for {pty.device}; ")
    assert "sudo" in str(error)
    assert error.is_final


# --- plugs ---


async def test_a_pulled_plug_is_told_to_reader_and_sender(pty) -> None:
    async with opened(url_of(pty.device)) as reading:
        pty.write(b"last words\n")
        await eventually(lambda: reading.frames)
        pty.unplug()
        await eventually(lambda: reading.lost is not None)
        assert reading.payloads == [b"last words\n"]
        assert reading.lost == "the radio was unplugged"
        with pytest.raises(LinkLostError, match="unplugged"):
            await reading.send(b"x")


async def test_pulling_the_plug_on_unsent_bytes_ends_the_link_once(pty, caplog) -> None:
    async with opened(url_of(pty.device)) as reading, asyncio.TaskGroup() as group:
        stuck = group.create_task(fill(reading))
        await asyncio.sleep(0.05)
        pty.unplug()
        await eventually(lambda: reading.lost is not None)
        await eventually(stuck.done)
    assert reading.lost == "the radio was unplugged"
    assert caplog.records == []


async def fill(reading) -> None:
    """Send until it stops, or the link ends."""
    with contextlib.suppress(LinkLostError):
        while True:
            await reading.send(bytes(10_000))


class Cable:
    """A gateway's port under a lasting name, a link runner on it, and time in our hands."""

    def __init__(self, tmp_path) -> None:
        self.path = tmp_path / "ttyUSB0"
        self.pty = Pty(self.path)
        _, spec = parse_link_url(url_of(str(self.path)))
        info = LinkInfo(spec.link_id, "jsonmesh", LinkKind.STREAM, "gateway", "")
        self.log, self.clock = LinkPortLog(), FakeClock()
        transport = load_transport("serial")
        self.runner = LinkRunner(info, spec, transport, self.log, self.clock, lambda: 0.0)

    @property
    def opened(self) -> int:
        return self.log.count(LinkOpened)

    def unplug(self) -> None:
        self.pty.unplug()
        self.path.unlink()

    def replug(self) -> None:
        self.pty = Pty(self.path)

    async def until_waiting(self) -> float:
        """Wait for the link to be down; returns when it tries again, in seconds."""
        await eventually(lambda: self.runner.info.retry_at_ms)
        return (self.runner.info.retry_at_ms - self.clock.now().unix_ms) / 1_000


@contextlib.asynccontextmanager
async def running(cable: Cable):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(cable.runner.run())
        yield
        await cable.runner.stop()
        await asyncio.wait([task], timeout=2)
        task.cancel()
    cable.pty.unplug()


async def test_a_gateway_that_is_plugged_in_again_is_back_by_itself(tmp_path) -> None:
    cable = Cable(tmp_path)
    async with running(cable):
        await eventually(lambda: cable.opened == 1)
        cable.unplug()
        delay_s = await cable.until_waiting()
        assert cable.runner.info.state is LinkState.DOWN
        assert cable.runner.info.reason == "the radio was unplugged"

        await cable.clock.wind(delay_s)
        delay_s = await cable.until_waiting()
        assert "is not there" in cable.runner.info.reason

        cable.replug()
        await cable.clock.wind(delay_s)
        await eventually(lambda: cable.opened == 2)
        cable.pty.write(b"back\n")
        await eventually(lambda: cable.log.payloads == [b"back\n"])
        cable.runner.offer(Transmit(cable.runner.info.link_id, b"hello\n"))
        await eventually(lambda: cable.pty.read() == b"hello\n")


async def test_a_loose_contact_is_tried_less_and_less(tmp_path) -> None:
    cable = Cable(tmp_path)
    async with running(cable):
        for _ in range(100):  # ten seconds of coming and going
            cable.unplug()
            await cable.clock.wind(0.05)
            cable.replug()
            await cable.clock.wind(0.05)
            await asyncio.sleep(0.002)  # it is noticed by the system, not by the clock
        tries = sum(link.state is LinkState.CONNECTING for link in cable.log.reports)
        assert tries <= 10

        while cable.runner.info.state is not LinkState.UP:
            await asyncio.sleep(0.01)
            await cable.clock.wind(61)


async def test_a_gateway_that_keeps_going_away_is_asked_about_its_plug(tmp_path) -> None:
    cable = Cable(tmp_path)
    async with running(cable):
        for _ in range(3):
            await eventually(lambda: cable.runner.info.state is LinkState.UP)
            cable.unplug()
            delay_s = await cable.until_waiting()
            reason = cable.runner.info.reason
            cable.replug()
            await cable.clock.wind(delay_s + 0.01)
    assert reason == "the radio was unplugged; it does so again and again: is a plug loose?"


# --- more than fits ---


async def test_a_gateway_that_stops_reading_holds_up_its_sender_only(pty) -> None:
    async with opened(url_of(pty.device)) as reading, asyncio.TaskGroup() as group:
        stuck = group.create_task(fill(reading))
        gap_s = await longest_gap(0.3)
        sent = len(reading.transmitted)
        assert not stuck.done()
        assert sent <= 7  # what the system holds: one buffer
        assert gap_s < 0.02

        while len(reading.transmitted) < sent + 3:  # it reads again
            pty.read()
            await asyncio.sleep(0)
        stuck.cancel()
        pty.unplug()


async def test_closing_does_not_wait_for_a_gateway_that_stopped_reading(pty) -> None:
    link = await open_link(url_of(pty.device))
    await link.send(Transmit(link.link_id, bytes(100_000)))
    began_s = time.monotonic()
    await link.aclose()
    assert 1.5 < time.monotonic() - began_s < 3
    async with opened(url_of(pty.device)):
        pass  # and the port is free


async def test_what_nobody_reads_stays_in_the_gateway() -> None:
    with PtyWire() as wire:
        left, right = [await open_link(url_of(end.device)) for end in (wire.left, wire.right)]
        total = 1_000_000
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(left.send(Transmit(left.link_id, bytes(total))))
            await eventually(lambda: sending.done() and _held(right) >= MAX_UNREAD_BYTES)
            await asyncio.sleep(0.1)  # it reads no more
            assert _held(right) <= MAX_UNREAD_BYTES + ONE_READ_BYTES
        seen = 0
        async with asyncio.timeout(20):
            async for batch in right.arrivals():
                frames = [item for item in batch if isinstance(item, Frame)]
                assert all(0 < len(frame.payload) <= MAX_FRAME_BYTES for frame in frames)
                seen += sum(len(frame.payload) for frame in frames)
                if seen == total:
                    break
        await left.aclose()
        await right.aclose()


def _held(link) -> int:
    return sum(len(arrival.payload) for arrival in link._arrivals)


async def test_ten_megabytes_without_a_line_pass_and_leave_nothing_behind() -> None:
    with PtyWire() as wire:
        async with opened(url_of(wire.right.device)) as right:
            left = await open_link(url_of(wire.left.device))
            seen, most = 0, 0
            for _ in range(1_000):
                await left.send(Transmit(left.link_id, b"x" * 10_240))
                seen += sum(map(len, right.payloads))
                right.frames.clear()
                most = max(most, right.link._unread_bytes)
                # Nobody takes what is said of the sending end.
                left._arrivals.clear()
            await eventually(lambda: seen + sum(map(len, right.payloads)) == 10_240_000)
            assert most <= MAX_UNREAD_BYTES + ONE_READ_BYTES
            await left.aclose()


# --- the loop, and the real thing ---


async def test_opening_and_closing_do_not_hold_the_loop_up(pty) -> None:
    from meshtui.transports import serial_port  # noqa: F401 - loading it is not what is measured

    async def many() -> None:
        for _ in range(10):
            await (await open_link(url_of(pty.device))).aclose()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(many())
        gap_s = await longest_gap(0.3)
        await task
    assert gap_s < 0.02


async def test_a_cancelled_opening_leaves_the_port_free(pty) -> None:
    for turns in range(8):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(open_link(url_of(pty.device)))
            for _ in range(turns):
                await asyncio.sleep(0.001)
            if task.done():
                await task.result().aclose()
            task.cancel()
        await eventually(lambda: not is_open(pty.device))


def is_open(device: str) -> bool:
    """Somebody but the test has it open."""
    fds = Path("/proc/self/fd")
    open_now = []
    for fd in fds.iterdir():
        with contextlib.suppress(OSError):
            open_now.append(str(fd.readlink()))
    return open_now.count(device) > 1


def find_socat() -> str:
    path = shutil.which("socat")
    if path is None:
        why = "socat is not installed (Debian: apt install socat)"
        if os.environ.get("MESHTUI_TEST_REQUIRE") == "1":
            pytest.fail(why)
        pytest.skip(why)
    return path


@pytest.mark.socat
async def test_two_links_talk_through_socat(tmp_path) -> None:
    ends = [tmp_path / "left", tmp_path / "right"]
    addresses = [f"pty,raw,echo=0,link={end}" for end in ends]
    process = await asyncio.create_subprocess_exec(find_socat(), *addresses)
    try:
        await eventually(lambda: all(end.exists() for end in ends))
        async with opened(url_of(str(ends[0]))) as left, opened(url_of(str(ends[1]))) as right:
            lines = [b"%d" % number * (number % 40 + 1) + b"\n" for number in range(300)]
            for line in lines:
                await left.send(line)
                await right.send(line)
            await eventually(lambda: b"".join(left.payloads) == b"".join(lines))
            await eventually(lambda: b"".join(right.payloads) == b"".join(lines))
            process.terminate()
            await eventually(lambda: left.lost is not None and right.lost is not None)
            assert left.lost == right.lost == "the radio was unplugged"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
