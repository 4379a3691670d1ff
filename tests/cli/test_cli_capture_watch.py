"""Laws of what `meshtui capture` says and when it ends, over a service in memory."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import io
import json
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from meshtui.cli.capture_watch import POLL_S, SETTLE_S, CaptureWatch
from meshtui.cli.output import Output
from meshtui.errors import LocalProtocolError, TransportError
from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.link import LinkInfo, LinkKind, LinkState
from meshtui.model.publishing import OutputStatus, PublisherState, PublisherStatus
from tests.support.clock import FakeClock
from tests.support.fake_mesh import FakeMesh
from tests.support.fake_publishing import FakePublishing, one_broker, ten_brokers, token_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RADIO = LinkId("ttyUSB0")
NOBODY = NodeId("")


class Bed:
    """A watch, the service it watches, and what it wrote."""

    def __init__(self, publishers: list[PublisherStatus], *, as_json: bool = True, **options):
        self.clock = FakeClock()
        self.service = FakePublishing(publishers, self.clock.now().unix_ms)
        self.mesh = FakeMesh()
        self.mesh.service = self.service
        self.mesh.link_infos = {RADIO: self.radio()}
        self.out = io.StringIO()
        output = Output(as_json=as_json, stdout=self.out)
        self.watch = CaptureWatch(output, clock=self.clock, **options)

    def radio(self, state: LinkState = LinkState.UP, reason: str = "") -> LinkInfo:
        return LinkInfo(
            RADIO, NetworkName("meshcore"), LinkKind.STREAM, "USB", "", state=state, reason=reason
        )

    def tell(self, **more: object) -> None:
        self.service.service = replace(self.service.service, **more)

    @property
    def rows(self) -> list[dict]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[asyncio.Task[int]]:
        task = asyncio.get_running_loop().create_task(self.watch.follow(self.mesh))
        await self.clock.wind(0)
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])


async def ended(task: asyncio.Task[int]) -> int:
    """What it returned; the thread that writes may take a moment of real time."""
    async with asyncio.timeout(5):
        return await task


def a_broker(**more: object) -> PublisherStatus:
    return one_broker(1_700_000_000_000, **more)


async def test_it_ends_once_so_many_are_captured() -> None:
    bed = Bed([a_broker()], count=5)
    bed.tell(captured=4)

    async with bed.following() as task:
        await bed.clock.wind(POLL_S)
        assert not task.done()
        bed.tell(captured=5)
        await bed.clock.wind(POLL_S)

        assert await ended(task) == 0


@pytest.mark.parametrize("state", [PublisherState.WAITING, PublisherState.CONNECTING])
async def test_a_broker_that_logs_in_gets_what_was_captured_meanwhile(
    state: PublisherState,
) -> None:
    bed = Bed([a_broker(state=state, queued=3)], count=1)

    async with bed.following() as task:
        await bed.clock.wind(POLL_S)
        assert not task.done()
        bed.service.change("mqtt1", state=PublisherState.UP, queued=0)
        await bed.clock.wind(POLL_S)

        assert await ended(task) == 0


async def test_no_broker_is_waited_for_that_is_down_or_never_ready() -> None:
    down = a_broker(state=PublisherState.DOWN, queued=3)
    stuck = a_broker(number=2, state=PublisherState.UP, queued=1)
    paused = a_broker(number=3, queued=9, is_paused=True)

    async with Bed([down, paused], count=1).following() as task:
        assert await ended(task) == 0
    bed = Bed([stuck], count=1)
    async with bed.following() as task:
        assert not task.done()
        await bed.clock.wind(SETTLE_S)
        assert await ended(task) == 0


async def test_the_time_is_over() -> None:
    for count, captured, code in ((None, 0, 0), (9, 3, 4)):
        bed = Bed([a_broker()], count=count, timeout_s=2)
        bed.tell(captured=captured)

        async with bed.following() as task:
            await bed.clock.wind(1.9)
            assert not task.done()
            await bed.clock.wind(0.2)
            assert await ended(task) == code


async def test_a_radio_that_never_came_is_no_connection() -> None:
    bed = Bed([a_broker()], timeout_s=2)
    bed.tell(node_id=NOBODY, is_radio_up=False)
    bed.mesh.link_infos[RADIO] = bed.radio(LinkState.DOWN, "there is no such device")

    async with bed.following() as task:
        await bed.clock.wind(2)
        with pytest.raises(TransportError, match="ttyUSB0: there is no such device"):
            await ended(task)


async def test_brokers_that_never_came_are_no_connection_but_one_is_enough() -> None:
    refused = a_broker(state=PublisherState.DOWN, connects=0, failures=1, reason="not authorised")
    slow = a_broker(number=4, state=PublisherState.CONNECTING, connects=0, reason="of old")
    off = a_broker(number=2, state=PublisherState.OFF, connects=0)
    bed = Bed([refused, off, slow], timeout_s=2)

    async with bed.following() as task:
        await bed.clock.wind(2)
        with pytest.raises(TransportError, match=r"^mqtt1: not authorised; mqtt4: no answer yet$"):
            await ended(task)
    bed = Bed([refused, off, a_broker(number=3)], timeout_s=2)
    async with bed.following() as task:
        await bed.clock.wind(2)
        assert await ended(task) == 0


async def test_who_only_writes_a_file_needs_no_broker() -> None:
    bed = Bed([], timeout_s=2)

    async with bed.following() as task:
        await bed.clock.wind(2)
        assert await ended(task) == 0


async def test_counters_come_every_so_often_and_at_the_end() -> None:
    bed = Bed([a_broker()], every_s=10)

    async with bed.following():
        for _ in range(3):
            await bed.clock.wind(10)
    bed.tell(captured=99_999)
    bed.watch.say_last()

    assert len(bed.rows) == 4
    assert bed.rows[-1]["captured"] == 99_999


async def test_the_last_counters_come_last_though_earlier_ones_are_slow(monkeypatch) -> None:
    bed = Bed([a_broker()], every_s=10)
    write, delays_s = bed.out.write, iter((0.1, 0.0))

    def slowly(text: str) -> int:
        time.sleep(next(delays_s))
        return write(text)

    monkeypatch.setattr(bed.out, "write", slowly)

    async with bed.following():
        await bed.clock.wind(10)
    bed.tell(captured=99_999)
    bed.watch.say_last()

    assert [row["captured"] for row in bed.rows] == [12_345, 99_999]


async def test_a_full_disk_costs_counters_and_nothing_else(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bed = Bed([a_broker()], every_s=1)
    written: list[str] = []

    def write(line: str) -> None:
        if not written:
            written.append("")
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(line)

    monkeypatch.setattr(bed.watch._output, "write_unbuffered", write)
    async with bed.following() as task:
        async with asyncio.timeout(5):
            while not any(written):  # a thread writes
                await bed.clock.wind(1)
                await asyncio.sleep(0.001)
        assert not task.done()

    assert "Counters are not written: No space left on device" in caplog.messages
    assert json.loads(written[-1])["event"] == "counters"


async def test_a_row_of_counters_holds_what_was_promised() -> None:
    now_ms = FakeClock().now().unix_ms
    waits = a_broker(number=2, state=PublisherState.DOWN, reason="lost", last_published_ms=0)
    bed = Bed([a_broker(token=token_at(now_ms)), waits])
    bed.tell(output=OutputStatus("/tmp/out.jsonl", 3, 1, "the disk is full: make room"))

    async with bed.following():
        pass
    bed.watch.say_last()

    [row] = bed.rows
    assert list(row) == [
        "event",
        "ts",
        "captured",
        "filtered",
        "missed",
        "radio",
        "brokers",
        "output",
    ]
    assert (row["event"], row["ts"], row["filtered"]) == ("counters", now_ms, 67)
    assert row["radio"]["state"] == "up"
    assert set(row["radio"]) == {"link", "state", "node_id", "name"}
    first, second = row["brokers"]
    assert list(first) == [
        "name",
        "where",
        "state",
        "reason",
        "published",
        "queued",
        "dropped",
        "held_back",
        "connects",
        "failures",
        "last_publish_ts",
        "token_expires_ts",
    ]
    assert first["token_expires_ts"] == token_at(now_ms).expires_ms
    assert (second["last_publish_ts"], second["token_expires_ts"]) == (None, None)
    assert row["output"] == {
        "path": "/tmp/out.jsonl",
        "written": 3,
        "lost": 1,
        "reason": "the disk is full: make room",
    }


async def test_the_table_for_people_obeys_nothing_that_a_broker_said() -> None:
    bed = Bed([], as_json=False)
    bed.service.service = replace(
        ten_brokers(0).service, name="Hill\x1b[2J", output=OutputStatus("/tmp/\x9bx", 1, 0, "full")
    )
    bed.service.change("mqtt2", reason="go away\x1b]0;owned\x07")

    async with bed.following():
        pass
    bed.watch.say_last()

    lines = bed.out.getvalue().splitlines()
    assert "captured 12345, filtered 67, missed 0; radio ttyUSB0 up, Hill" in lines[0]
    assert lines[1].split() == [
        "NAME",
        "WHERE",
        "STATE",
        "PUBLISHED",
        "QUEUED",
        "DROPPED",
        "REASON",
    ]
    assert len(lines) == 13
    assert "written 1, lost 0: full" in lines[12]
    assert not set("\x1b\x07\x9b") & set(bed.out.getvalue())


async def test_the_radio_is_told_of_when_it_comes_and_goes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bed = Bed([a_broker()])
    bed.tell(node_id=NOBODY, is_radio_up=False)
    bed.mesh.link_infos[RADIO] = bed.radio(LinkState.CONNECTING)

    with caplog.at_level(logging.INFO):
        async with bed.following():
            assert caplog.messages == []  # it may come in a moment
            bed.tell(is_radio_up=True)
            bed.mesh.link_infos[RADIO] = bed.radio(LinkState.UP, "minicom has it open, too")
            await bed.clock.wind(POLL_S)
            bed.tell(node_id=NodeId("AB" * 32))
            await bed.clock.wind(POLL_S)
            bed.tell(is_radio_up=False)
            bed.mesh.link_infos[RADIO] = bed.radio(LinkState.DOWN, "unplugged")
            for _ in range(5):
                await bed.clock.wind(POLL_S)

    assert caplog.messages == [
        "Radio: ttyUSB0: minicom has it open, too",
        "Connected to the radio Hilltop (ttyUSB0)",
        "No radio: ttyUSB0: unplugged",
    ]


async def test_what_is_odd_about_a_radio_that_is_known_at_once_is_said(caplog) -> None:
    bed = Bed([a_broker()])
    bed.mesh.link_infos[RADIO] = bed.radio(LinkState.UP, "took MeshCore-Alice (AA:BB:CC)")

    with caplog.at_level(logging.INFO):
        async with bed.following():
            await bed.clock.wind(POLL_S)

    assert caplog.messages == [
        "Radio: ttyUSB0: took MeshCore-Alice (AA:BB:CC)",
        "Connected to the radio Hilltop (ttyUSB0)",
    ]


async def test_without_a_service_there_is_nothing_to_watch() -> None:
    bed = Bed([])
    bed.mesh.service = None

    with pytest.raises(LocalProtocolError, match="not set up"):
        await bed.watch.follow(bed.mesh)
    bed.watch.say_last()

    assert bed.rows == []


async def test_links_without_a_radio_are_refused_at_once() -> None:
    bed = Bed([a_broker()])
    bed.tell(network=NetworkName(""), problem="no MeshCore radio among the links")

    with pytest.raises(LocalProtocolError, match="no MeshCore radio"):
        await bed.watch.follow(bed.mesh)
