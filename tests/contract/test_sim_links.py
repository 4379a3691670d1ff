"""The link into a simulated mesh: a process of its own that speaks as a radio does."""

from __future__ import annotations

import asyncio

import pytest

from meshtui.errors import LinkLostError, TransportError
from meshtui.networks.meshcore.companion.answers import SelfInfo
from meshtui.networks.meshcore.companion.deframer import Deframer, enframe
from meshtui.networks.meshcore.companion.frames import decode_frame
from meshtui.sim.link import SIM
from meshtui.transports.url import parse_link_url
from tests.support.links import open_link, opened
from tests.support.mosquitto import eventually

PAIR = """
title = "Two"
boot_s = 0.1
origin = [45.0, 3.0]
known_contacts = "none"
[place]
rule = "list"
[[node]]
name = "Near"
x_m = 100
y_m = 0
[[node]]
name = "Far"
x_m = 200
y_m = 0
[own]
x_m = 0
y_m = 0
[traffic]
dms_per_node_hour = 0
"""


@pytest.fixture
def url(tmp_path) -> str:
    path = tmp_path / "two.toml"
    path.write_text(PAIR)
    return f"jsonmesh+sim://{path}?sf=7&bw=500&speed=10"


async def test_the_nodes_presences_arrive_as_lines_of_a_gateway(url: str) -> None:
    async with opened(url) as link:
        await eventually(lambda: b"".join(link.payloads).count(b"\n") >= 2, 20)
        heard = b"".join(link.payloads)

    assert all(line.startswith(b"RSSI:-") for line in heard.splitlines()[:1])
    assert b"|SNR:" in heard
    assert link.link.remark == "simulated"


async def test_it_hears_on_after_it_has_spoken(url: str) -> None:
    async with opened(url) as link:
        await link.send(b"hello\n")
        await eventually(lambda: b"".join(link.payloads).count(b"\n") >= 2, 20)

    assert link.lost is None


async def test_the_mesh_ends_with_its_link(url: str) -> None:
    async with opened(url) as link:
        process = link.link._process
        await link.send(b"hello\n")
        await eventually(lambda: link.transmitted)
        assert process.returncode is None

    assert process.returncode is not None
    with pytest.raises(LinkLostError):
        await link.link.send(link.transmitted[0])


async def test_a_mesh_that_dies_is_a_lost_link(url: str) -> None:
    async with opened(url) as link:
        link.link._process.kill()
        await eventually(lambda: link.lost is not None)

    assert link.lost == "the simulated mesh has ended"


async def test_a_host_that_does_not_listen_stops_nothing(url: str) -> None:
    link = await open_link(url)
    await asyncio.sleep(0.5)

    async with asyncio.timeout(5):
        await link.aclose()


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ("jsonmesh+sim://nowhere", "no scenario called 'nowhere'"),
        ("jsonmesh+sim:///nowhere.toml", "nowhere.toml: No such file"),
        ("jsonmesh+sim://dm60?speed=0", "speed=0: a number from 0.1 to 100"),
        ("jsonmesh+sim://dm60?speed=x", "speed=x"),
        ("jsonmesh+sim://dm60?node=60", "node=60: a number from 0 to 59"),
        ("jsonmesh+sim://dm60?seed=-1", "seed=-1"),
        ("jsonmesh+sim://dm60?sf=13", "sf=13"),
        ("jsonmesh+sim://dm60?air=none", "air=none makes no sense here"),
        ("meshcore+sim://valley?node=99", "node=99: a number from 0 to 18"),
        ("meshcore+sim://nowhere", "no scenario called 'nowhere'"),
    ],
)
async def test_what_cannot_be_is_said_and_not_tried_again(bad: str, complaint: str) -> None:
    with pytest.raises(TransportError, match=complaint) as caught:
        await open_link(bad)

    assert caught.value.is_final


async def test_a_path_may_be_relative_and_is_taken_as_written(tmp_path, monkeypatch) -> None:
    (tmp_path / "My Place").mkdir()
    (tmp_path / "My Place" / "Two.toml").write_text(PAIR)
    monkeypatch.chdir(tmp_path)

    async with opened("jsonmesh+sim://My%20Place/Two.toml?sf=7&bw=500&speed=10") as link:
        await eventually(lambda: link.payloads, 20)
    SIM.check(parse_link_url("jsonmesh+sim://./My%20Place/Two.toml")[1])


async def test_for_meshcore_the_radio_is_a_companion_and_set_as_the_scenario_says(url: str) -> None:
    companion = url.replace("jsonmesh+sim", "meshcore+sim").replace("&bw=500", "")

    async with opened(companion) as link:
        await link.send(enframe(b"\x01" + bytes(7) + b"test"))
        await eventually(lambda: b"".join(link.payloads).startswith(b">"), 20)
        frame = decode_frame(Deframer().feed(b"".join(link.payloads), 0.0)[0])

    assert isinstance(frame, SelfInfo)
    assert (frame.spreading_factor, frame.bandwidth_hz) == (7, 62_500)
    assert frame.name == f"Sim {frame.key[:2].hex().upper()}"
