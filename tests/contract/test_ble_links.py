"""Bluetooth gateways: bleak's own BlueZ backend against a peripheral in memory."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from meshtui.errors import LinkLostError
from meshtui.model.ids import NetworkName
from meshtui.model.link import LinkInfo, LinkKind, LinkSetup, LinkState
from meshtui.model.packet import Frame, Transmit
from meshtui.runtime import link_runner
from meshtui.runtime.clock import SystemClock
from meshtui.transports import ble, ble_link
from meshtui.transports.registry import load_transport
from meshtui.transports.url import parse_link_url
from tests.support.ble_bed import ADDRESS
from tests.support.links import open_link, opened
from tests.support.mosquitto import eventually

pytestmark = pytest.mark.ble
BY_NAME = "jsonmesh+ble://MESH-GW"
BY_ADDRESS = f"jsonmesh+ble://{ADDRESS}"


def said(link) -> bytes:
    return b"".join(link.payloads)


@pytest.mark.parametrize("url", [BY_NAME, BY_ADDRESS, BY_NAME.lower(), BY_ADDRESS.lower()])
async def test_a_radio_is_found_by_name_or_address_and_both_sides_hear(bed, url: str) -> None:
    async with opened(url) as link:
        bed.do(bed.radio.say, b"from the air\n")
        await link.send(b"to the air\n")
        await eventually(lambda: said(link) == b"from the air\n")
        await eventually(lambda: bed.radio.received == b"to the air\n")
        await eventually(lambda: len(link.transmitted) == 1)


# --- what passes ---


async def test_eight_kilobytes_pass_both_ways_in_writes_that_fit(bed) -> None:
    payload = random.Random(8).randbytes(8_192)
    async with opened(BY_ADDRESS) as link:
        await link.send(payload)
        await eventually(lambda: len(bed.radio.received) == len(payload))
        bed.do(bed.radio.say, payload)
        await eventually(lambda: len(said(link)) == len(payload))
    assert bed.radio.received == payload
    assert said(link) == payload
    assert max(bed.radio.writes) == ble.LARGEST_WRITE


@pytest.mark.parametrize("mtu", [23, 64, 185, 244, 247, 512, 517])
async def test_any_mtu_and_any_length_around_it(bed, mtu: int) -> None:
    bed.bluez.mtu = mtu
    most = min(mtu - 3, ble.LARGEST_WRITE)
    async with opened(BY_ADDRESS) as link:
        for length in (1, most, most + 1, 3 * most, 3 * most + 1):
            bed.radio.writes.clear()
            bed.radio.received.clear()
            payload = random.Random(length).randbytes(length)
            await link.send(payload)
            await eventually(lambda sent=payload: bed.radio.received == sent)
            assert bed.radio.writes == [most] * (length // most) + [length % most] * (
                length % most > 0
            )


@pytest.mark.parametrize("writes", ["write", "command", "both"])
async def test_a_radio_is_written_to_as_it_offers(bed, writes: str) -> None:
    other = bed.add("OTHER", "C4:00:00:00:00:02", writes=writes)
    async with opened("jsonmesh+ble://other") as link:
        for number in range(20):
            await link.send(b"%02d" % number * 300)
        await eventually(lambda: len(other.received) == 12_000)
    assert other.received == b"".join(b"%02d" % number * 300 for number in range(20))


async def test_each_notification_is_a_frame_of_its_own(bed) -> None:
    pieces = [b"{", b"half", b" line\nnext", b" line\n", b"whole\n", b"MCHK|x|0|2|", b"\xff\x00"]
    async with opened(BY_ADDRESS) as link:
        for piece in pieces:
            bed.do(bed.radio.notify, piece)
        await eventually(lambda: len(link.frames) == len(pieces))
    assert link.payloads == pieces
    assert {frame.link_id for frame in link.frames} == {ADDRESS.lower()}


async def test_a_notification_of_nothing_is_no_frame(bed) -> None:
    async with opened(BY_ADDRESS) as link:
        for piece in (b"", b"x", b""):
            bed.do(bed.radio.notify, piece)
        await eventually(lambda: link.frames)
        await asyncio.sleep(0.05)
    assert link.payloads == [b"x"]


async def test_a_radio_that_notifies_one_byte_at_a_time_is_understood(bed) -> None:
    bed.radio.is_bytewise = True
    line = bytes(range(1, 241))
    async with opened(BY_ADDRESS) as link:
        for _ in range(4):
            bed.do(bed.radio.say, line)
        await eventually(lambda: len(said(link)) == 4 * len(line))
    assert said(link) == line * 4


async def test_a_flood_of_notifications_does_not_keep_the_loop(bed) -> None:
    async with opened(BY_ADDRESS) as link, longest_pause() as pauses:
        for _ in range(1_000):
            bed.do(bed.radio.notify, b"x" * 20)
        await eventually(lambda: len(link.frames) == 1_000, 20)
    assert max(pauses) < 0.25


@contextlib.asynccontextmanager
async def longest_pause():
    """How long the loop did not turn, in seconds, again and again."""
    pauses = [0.0]

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            before_s = loop.time()
            await asyncio.sleep(0.005)
            pauses.append(loop.time() - before_s)

    async with asyncio.TaskGroup() as group:
        watcher = group.create_task(watch())
        yield pauses
        watcher.cancel()


async def test_who_reads_late_is_handed_all_at_once(bed) -> None:
    bed.radio.is_bytewise = True
    link = await open_link(BY_ADDRESS)
    bed.do(bed.radio.say, b"x" * 200)
    await eventually(lambda: len(link._arrivals) == 200)
    assert len(await anext(link.arrivals())) == 200
    await link.aclose()


async def test_an_unread_link_keeps_what_fits_and_counts_the_rest(bed, monkeypatch) -> None:
    monkeypatch.setattr(ble_link, "MAX_QUEUED", 50)
    bed.radio.is_bytewise = True
    link = await open_link(BY_ADDRESS)
    bed.do(bed.radio.say, bytes(range(100)))
    await eventually(lambda: link._dropped == 50)
    batch = await anext(link.arrivals())
    assert b"".join(frame.payload for frame in batch) == bytes(range(50))
    await link.aclose()


async def test_transmissions_are_reported_in_order_after_they_left(bed) -> None:
    async with opened(BY_ADDRESS) as link:
        async with asyncio.TaskGroup() as group:
            for number in range(10):
                group.create_task(link.send(b"%d" % number * 1_000))
        await eventually(lambda: len(link.transmitted) == 10)
        await eventually(lambda: len(bed.radio.received) == 10_000)
    assert bed.radio.received == b"".join(item.payload for item in link.transmitted)


# --- what ends it, and how it comes back ---


@pytest.mark.parametrize("how", ["drop", "vanish"])
async def test_a_loss_is_told_to_reader_and_sender_and_nothing_comes_twice(bed, how: str) -> None:
    async with opened(BY_ADDRESS) as link:
        bed.do(getattr(bed.radio, how))
        await eventually(lambda: link.lost is not None)
        with pytest.raises(LinkLostError, match="MESH-GW"):
            await link.send(b"x")
    assert "MESH-GW has disconnected" in link.lost
    async with opened(BY_ADDRESS) as again:
        bed.do(bed.radio.say, b"once\n")
        await eventually(lambda: again.frames)
        await asyncio.sleep(0.1)
    assert again.payloads == [b"once\n"]


async def test_an_old_half_is_not_joined_to_what_comes_after(bed) -> None:
    async with opened(BY_ADDRESS) as link:
        bed.do(bed.radio.say, b"half a li")
        await eventually(lambda: link.frames)
        bed.do(bed.radio.drop)
        await eventually(lambda: link.lost is not None)
        bed.do(bed.radio.say, b"ne\n")
    async with opened(BY_ADDRESS) as again:
        bed.do(bed.radio.say, b"new\n")
        await eventually(lambda: again.frames)
    assert again.payloads == [b"new\n"]


async def test_a_write_that_nobody_acknowledges_ends_the_link(bed, monkeypatch) -> None:
    monkeypatch.setattr(ble_link, "WRITE_TIMEOUT_S", 0.2)
    async with opened(BY_ADDRESS) as link:
        bed.bluez.holds_writes = True
        with pytest.raises(LinkLostError, match="has taken nothing for"):
            await link.send(b"x" * 2_000)
        await eventually(lambda: link.lost is not None)
        assert link.transmitted == []
        bed.bluez.holds_writes = False
    async with opened(BY_ADDRESS) as again:
        bed.do(bed.radio.say, b"once\n")
        await eventually(lambda: again.frames)
        await asyncio.sleep(0.1)
    assert again.payloads == [b"once\n"]


async def test_a_drop_in_the_midst_of_a_write_that_hangs_is_heard_at_once(bed) -> None:
    async with opened(BY_ADDRESS) as link, asyncio.timeout(3):
        bed.bluez.holds_writes = True
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(swallow(link.send(b"x" * 2_000)))
            await eventually(lambda: "WriteValue" in bed.bluez.calls)
            bed.do(bed.radio.drop)
        assert "disconnected" in str(sending.result())
        bed.bluez.holds_writes = False


async def test_a_write_that_fails_once_ends_the_link_with_its_reason(bed) -> None:
    async with opened(BY_ADDRESS) as link:
        bed.bluez.faults["WriteValue"] = ("org.bluez.Error.Failed", "ATT error: 0x0e")
        with pytest.raises(LinkLostError, match="Unlikely Error"):
            await link.send(b"x")
        await eventually(lambda: link.lost is not None)


async def test_closing_takes_two_seconds_at_most(bed) -> None:
    bed.bluez.disconnect_s = 2.5
    async with opened(BY_ADDRESS) as link:
        await link.send(b"last words")
        began_s = asyncio.get_running_loop().time()
        await link.link.aclose()
        took_s = asyncio.get_running_loop().time() - began_s
        await eventually(lambda: link.is_ended)
        with pytest.raises(LinkLostError):
            await link.send(b"x")
        await link.link.aclose()
    assert link.lost is None
    assert took_s < 2.2
    assert bed.radio.received == b"last words"


async def test_a_close_does_not_wait_for_a_write_that_hangs(bed) -> None:
    async with opened(BY_ADDRESS) as link, asyncio.timeout(3):
        bed.bluez.holds_writes = True
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(swallow(link.send(b"x")))
            await eventually(lambda: "WriteValue" in bed.bluez.calls)
            await link.link.aclose()
        assert isinstance(sending.result(), LinkLostError)
        bed.bluez.holds_writes = False


async def test_a_connection_that_a_killed_program_left_is_taken_over(bed) -> None:
    from bleak import BleakClient, BleakScanner

    device = await BleakScanner.find_device_by_address(ADDRESS)
    await BleakClient(device).connect()
    async with opened(BY_ADDRESS) as link:
        bed.do(bed.radio.say, b"still here\n")
        await eventually(lambda: said(link) == b"still here\n")


async def swallow(awaitable) -> Exception | None:
    try:
        await awaitable
    except Exception as error:  # noqa: BLE001 - whatever it was is what the test looks at
        return error


# --- through the runner, as the program does ---


class Port:
    """What a runner reports and hands on."""

    def __init__(self) -> None:
        self.states: list[tuple[LinkState, str]] = []
        self.frames: list[bytes] = []

    def setup(self, _link) -> LinkSetup:
        return LinkSetup()

    def report(self, link) -> None:
        self.states.append((link.state, link.reason))

    async def put(self, inputs) -> None:
        self.frames += [item.payload for item in inputs if isinstance(item, Frame)]

    @property
    def is_up(self) -> bool:
        return bool(self.states) and self.states[-1][0] is LinkState.UP


@contextlib.asynccontextmanager
async def runner_on(url: str):
    network, spec = parse_link_url(url)
    info = LinkInfo(spec.link_id, NetworkName(network), LinkKind.PIECES, "ble", url)
    port = Port()
    runner = link_runner.LinkRunner(
        info, spec, load_transport("ble"), port, SystemClock(), lambda: 0.0
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(runner.run())
        yield runner, port
        await runner.stop()


async def test_the_runner_brings_a_lost_radio_back(bed, monkeypatch) -> None:
    monkeypatch.setattr(link_runner, "FIRST_RETRY_S", 0.05)
    async with runner_on(BY_NAME) as (runner, port):
        await eventually(lambda: port.is_up)
        for number in range(3):
            bed.do(bed.radio.vanish if number else bed.radio.drop)
            await eventually(lambda: not port.is_up)
            await eventually(lambda: port.is_up, 10)
            bed.do(bed.radio.say, b"%d" % number)
            await eventually(lambda count=number: len(port.frames) > count)
            answer = b"back%d" % number
            assert runner.offer(Transmit(runner.info.link_id, answer)) is None
            await eventually(lambda end=answer: bed.radio.received.endswith(end))
    assert port.frames == [b"0", b"1", b"2"]
    assert any("MESH-GW has disconnected" in reason for _, reason in port.states)


async def test_the_runner_ends_while_the_radio_is_looked_for(bed) -> None:
    async with asyncio.timeout(2), runner_on("jsonmesh+ble://nobody"):
        await asyncio.sleep(0.3)
