"""Laws of recordings as links: what was heard is heard again, at its pace; nothing is sent."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from meshtui.errors import LinkLostError, TransportError
from meshtui.model.link import LinkSetup
from meshtui.model.packet import Frame, Refused, Transmit
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.replay import REPLAY, ReplayLink
from meshtui.transports.url import parse_link_url

if TYPE_CHECKING:
    from meshtui.transports.base import Arrival


def line(payload: str, ts: int = 1_000, **more: Any) -> dict[str, Any]:
    record = {"v": 1, "ts": ts, "direction": "rx", "network": "meshcore", "link": "usb"}
    return record | {"endpoint": "", "hex": payload, "rssi": -90, "snr": 5.5} | more


def recording(folder: Path, *lines: dict[str, Any]) -> Path:
    path = folder / "heard.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return path


async def opened(path: Path | str, speed: str = "0", network: str = "meshcore") -> ReplayLink:
    _, spec = parse_link_url(f"{network}+replay://{path}?speed={speed}")
    link = await REPLAY.open(spec, LinkSetup(), SystemClock().now)
    assert isinstance(link, ReplayLink)
    return link


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def heard(link: ReplayLink, count: int) -> list[Arrival]:
    """The first so many arrivals."""
    found: list[Arrival] = []
    async with asyncio.timeout(5):
        async for batch in link.arrivals():
            found += batch
            if len(found) >= count:
                break
    return found


async def test_what_was_heard_is_heard_again_in_order_as_well_as_then(tmp_path: Path) -> None:
    path = recording(tmp_path, *(line(f"{number:04x}") for number in range(1_000)))

    frames = await heard(await opened(path), 1_000)

    assert [frame.payload.hex() for frame in frames] == [f"{number:04x}" for number in range(1_000)]  # type: ignore[union-attr]
    assert isinstance(frames[0], Frame)
    assert (frames[0].rx.rssi_dbm, frames[0].rx.snr_db) == (-90, 5.5)


async def test_what_was_sent_and_what_is_of_other_networks_is_left_out(tmp_path: Path) -> None:
    path = recording(
        tmp_path,
        line("01", direction="tx"),
        line("02", network="jsonmesh", endpoint="meshcore/dm/x"),
        line("03"),
    )

    assert [frame.payload for frame in await heard(await opened(path), 1)] == [b"\3"]  # type: ignore[union-attr]
    (other,) = await heard(await opened(path, network="jsonmesh"), 1)
    assert isinstance(other, Frame)
    assert (other.payload, other.endpoint) == (b"\2", "meshcore/dm/x")


async def test_pauses_are_as_they_were_or_shorter(tmp_path: Path) -> None:
    path = recording(tmp_path, line("01", 1_000), line("02", 501_000), line("03", 1_001_000))
    began_s = time.monotonic()

    await heard(await opened(path, speed="10000"), 3)

    assert time.monotonic() - began_s >= 0.1


async def test_during_a_pause_a_transmission_is_refused_at_once(tmp_path: Path) -> None:
    link = await opened(recording(tmp_path, line("01", 1_000), line("02", 900_000)), speed="1")
    transmit = Transmit(link.link_id, b"hello")
    arrivals = link.arrivals()
    async with asyncio.timeout(5):
        assert [type(each) for each in await anext(arrivals)] == [Frame]
        await link.send(transmit)
        (refused,) = await anext(arrivals)

    assert isinstance(refused, Refused)
    assert (refused.transmit, refused.reason) == (transmit, "a recording takes nothing")


async def test_it_can_be_closed_in_a_pause_and_at_its_end(tmp_path: Path) -> None:
    for lines in ((line("01", 1_000), line("02", 900_000)), (line("01"),)):
        link = await opened(recording(tmp_path, *lines), speed="1")
        arrivals = link.arrivals()
        async with asyncio.timeout(5):
            await anext(arrivals)
            await link.aclose()
            assert [batch async for batch in arrivals] == []
        with pytest.raises(LinkLostError):
            await link.send(Transmit(link.link_id, b""))


async def test_at_its_end_it_says_what_was_heard_and_what_was_left_out(tmp_path: Path) -> None:
    link = await opened(recording(tmp_path, line("01"), line("02", direction="tx")))
    assert link.remark == "a recording"
    arrivals = link.arrivals()

    async with asyncio.timeout(5):
        assert len(await anext(arrivals)) == 1
        assert await anext(arrivals) == []

    assert link.remark == "a recording, at its end: 1 heard, 1 sent or of other networks"
    await link.aclose()


async def test_a_link_that_nobody_read_lets_go_of_its_file(tmp_path: Path) -> None:
    path = recording(tmp_path, line("01"))
    before = open_files()
    for _ in range(20):
        await (await opened(path)).aclose()

    assert open_files() <= before + 2


async def test_reading_that_is_broken_off_closes_the_file_after_its_reader(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)  # somebody who writes a line and then nothing
    os.write(writer, (json.dumps(line("01")) + "\n").encode())
    link = await opened(pipe)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(heard(link, 99))
        await asyncio.sleep(0.05)
        task.cancel()
    async with asyncio.timeout(5):
        while not link._is_shut:  # noqa: ASYNC110 - a thread says so
            await asyncio.sleep(0.01)
    os.close(writer)

    assert link._read_on(0, more=True) == (False, ())


@pytest.mark.parametrize(
    ("content", "words"), [(None, "No such file"), ("no packets here", "it is text")]
)
async def test_what_is_no_recording_is_named(
    tmp_path: Path, content: str | None, words: str
) -> None:
    path = tmp_path / "it"
    if content is not None:
        path.write_text(content)

    with pytest.raises(TransportError, match=words) as told:
        await opened(path)
    assert told.value.is_final


@pytest.mark.parametrize("speed", ["x", "-1", "nan", "1e9"])
def test_a_speed_that_is_none_is_refused(speed: str) -> None:
    with pytest.raises(TransportError, match="speed="):
        REPLAY.check(parse_link_url(f"meshcore+replay:///file?speed={speed}")[1])
