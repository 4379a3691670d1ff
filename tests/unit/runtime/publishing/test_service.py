"""Laws of the capture service: what leaves, under whose name, and what is counted where."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from meshtui.errors import FilterError, TransportError
from meshtui.model.capture import BrokerConfig, CaptureConfig
from meshtui.model.device import Device
from meshtui.model.event import (
    Answered,
    DeviceChanged,
    EventsMissed,
    FrameReceived,
    FrameSent,
    LinkChanged,
)
from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.link import LinkInfo, LinkKind, LinkState
from meshtui.model.packet import Frame, PacketSummary, RxMeta, Transmit, Verdict
from meshtui.networks.meshcore.observing.observer import MeshcoreObserver
from meshtui.runtime.bus import Bus
from meshtui.runtime.publishing import service as service_module
from meshtui.runtime.publishing.service import PublishingService
from tests.support.clock import FakeClock
from tests.support.fake_desk import FakeDesk
from tests.support.meshcore_vectors import raw_packets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from meshtui.model.command import Command
    from meshtui.model.event import Event
    from meshtui.networks.base import Observer

MESHCORE, JSONMESH = NetworkName("meshcore"), NetworkName("jsonmesh")
USB, MQTT = LinkId("usb"), LinkId("broker")
KEY = "ab" * 32
HILL = Device(MESHCORE, USB, NodeId(KEY), name="Hill")
TOPIC = "meshcore/{IATA}/{PUBLIC_KEY}/packets"
BROKERS = tuple(
    BrokerConfig(number, server="b.example", topic_packets=TOPIC, topic_status="s/{public_key}")
    for number in (1, 2)
)
SETTINGS = CaptureConfig(is_enabled=True, iata="TST", brokers=BROKERS)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nobody's packets."""
    monkeypatch.setattr(service_module, "GATHER_S", 0.0)


class Mesh:
    """As much of the mesh as the service sees, and brokers that keep what they are given."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.clock = FakeClock()
        self.desk = FakeDesk(self.clock)
        self.submitted: list[Command] = []
        self.heard_of: list[Device] = []
        self.infos = [
            LinkInfo(MQTT, JSONMESH, LinkKind.BROKER, "broker", "", LinkState.UP),
            LinkInfo(USB, MESHCORE, LinkKind.STREAM, "usb", "", LinkState.UP),
        ]
        self.service: PublishingService

    def subscribe(self, limit: int) -> object:
        return self.bus.subscribe(limit)

    def links(self) -> Sequence[LinkInfo]:
        return self.infos

    def devices(self) -> Sequence[Device]:
        return self.heard_of

    async def nodes(self) -> Sequence[Any]:
        return ()

    async def submit(self, command: Command) -> None:
        self.submitted.append(command)

    async def tell(self, *events: Event) -> None:
        self.bus.publish(events)
        await self.clock.wind(0.0, turns=60)

    def packets(self, number: int = 0) -> list[dict[str, str]]:
        """What a broker was given, without status messages."""
        got = [message for message in self.desk.feeds[number].got if message.topic[:2] != "s/"]
        return [json.loads(message.payload) for message in got]

    def statuses(self, number: int = 0) -> list[dict[str, Any]]:
        got = [message for message in self.desk.feeds[number].got if message.topic[:2] == "s/"]
        return [json.loads(message.payload) for message in got]


def observer_of(network: NetworkName) -> Observer | None:
    return MeshcoreObserver() if network == MESHCORE else None


@contextlib.asynccontextmanager
async def running(
    monkeypatch: pytest.MonkeyPatch, settings: CaptureConfig = SETTINGS
) -> AsyncIterator[Mesh]:
    mesh = Mesh()
    monkeypatch.setattr(
        service_module.PublishingService,
        "open_feed",
        lambda _self, spec, client_id, will: mesh.desk.open_feed(spec, client_id, will),
    )
    mesh.service = PublishingService(settings, mesh, observer_of, mesh.clock, lambda: 0.0)  # type: ignore[arg-type]
    async with mesh.service:
        await mesh.clock.wind(0.0, turns=60)
        yield mesh


def heard(payload: bytes, link: LinkId = USB, endpoint: str = "", **summary: Any) -> FrameReceived:
    frame = Frame(link, payload, FakeClock().now(), RxMeta(-42, 8.5), endpoint)
    return FrameReceived(
        MESHCORE, frame, PacketSummary(**{"kind": "text", "verdict": Verdict.HANDLED} | summary)
    )


def sent(payload: bytes) -> FrameSent:
    summary = PacketSummary("text", Verdict.SENT)
    return FrameSent(MESHCORE, Transmit(USB, payload), FakeClock().now(), summary)


async def test_every_broker_gets_what_the_radio_heard_as_often_as_it_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    payload = raw_packets()[0]
    async with running(monkeypatch) as mesh:
        await mesh.tell(DeviceChanged(HILL))

        await mesh.tell(heard(payload), heard(payload))

        for number in (0, 1):
            got = mesh.packets(number)
            assert [each["raw"] for each in got] == [payload.hex().upper()] * 2
            assert got[0]["origin"] == "Hill"
            assert got[0]["origin_id"] == KEY.upper()
            assert (got[0]["SNR"], got[0]["RSSI"]) == ("8.5", "-42")
        assert mesh.desk.feeds[0].got[-1] is mesh.desk.feeds[1].got[-1]  # written once
        assert mesh.desk.feeds[0].got[-1].topic == f"meshcore/TST/{KEY.upper()}/packets"
        assert mesh.service.status().captured == 2


async def test_talk_with_the_radio_other_links_and_our_own_packets_stay_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    payload = raw_packets()[0]
    async with running(monkeypatch) as mesh:
        await mesh.tell(DeviceChanged(HILL))

        await mesh.tell(heard(payload, endpoint="companion"), heard(payload, MQTT), sent(payload))

        assert mesh.packets() == []


async def test_our_own_packets_leave_where_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch, replace(SETTINGS, publish_own=True)) as mesh:
        await mesh.tell(DeviceChanged(HILL))

        await mesh.tell(sent(raw_packets()[0]))

        assert [each["direction"] for each in mesh.packets()] == ["tx"]


async def test_what_the_filter_does_not_let_pass_is_counted_and_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = replace(SETTINGS, filter="!type==advert && channel!=private")
    async with running(monkeypatch, settings) as mesh:
        await mesh.tell(DeviceChanged(HILL))
        payload = raw_packets()[0]

        await mesh.tell(
            heard(payload, kind="advert"),
            heard(payload, channel="private"),
            heard(payload, channel="public"),
        )
        assert (len(mesh.packets()), mesh.service.status().kept_back) == (1, 2)

        mesh.service.set_filter("")
        await mesh.tell(heard(payload, kind="advert"))
        assert len(mesh.packets()) == 2
        with pytest.raises(FilterError):
            mesh.service.set_filter("type==")
        await mesh.tell(heard(payload, kind="advert"))
        assert len(mesh.packets()) == 3


async def test_a_filter_set_meanwhile_counts_for_what_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch) as mesh:
        mesh.desk.refusals = [TransportError("nothing listens") for _ in range(2)]
        await mesh.tell(DeviceChanged(HILL))
        payload = raw_packets()[0]
        await mesh.tell(heard(payload, kind="advert"), heard(payload, kind="text"))

        mesh.service.set_filter("type!=advert")
        await mesh.tell(heard(payload, kind="text"))
        await mesh.clock.wind(1.0, turns=60)

        assert [len(mesh.packets(number)) for number in (0, 1)] == [2, 2]
        assert [each.held_back for each in mesh.service.status().publishers] == [1, 1]


async def test_nothing_leaves_before_the_radio_has_said_who_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch) as mesh:
        await mesh.tell(heard(raw_packets()[0]))
        assert mesh.desk.feeds == []
        assert "who it is" in mesh.service.status().problem

        await mesh.tell(DeviceChanged(replace(HILL, node_id=NodeId(""))))
        assert mesh.desk.feeds == []
        await mesh.tell(DeviceChanged(HILL))
        assert len(mesh.desk.feeds) == 2
        assert mesh.service.status().problem == ""
        assert len(mesh.packets()) == 1


async def test_of_what_is_heard_before_that_not_everything_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service_module, "MAX_EARLY", 3)
    async with running(monkeypatch) as mesh:
        await mesh.tell(*(heard(payload) for payload in raw_packets()[:5]))
        await mesh.tell(DeviceChanged(HILL))

        assert mesh.service.status().missed == 2
        assert [each["raw"] for each in mesh.packets()] == [
            payload.hex().upper() for payload in raw_packets()[2:5]
        ]


async def test_a_radio_that_is_away_costs_no_session_and_is_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(monkeypatch) as mesh:
        await mesh.tell(DeviceChanged(HILL))
        down = replace(mesh.infos[1], state=LinkState.DOWN)

        await mesh.tell(LinkChanged(down, mesh.clock.now()))
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                await mesh.clock.wind(30.0)
        assert [each["status"] for each in mesh.statuses()] == ["online", "offline"]
        assert "the radio is away" in caplog.text
        assert mesh.service.status().problem.startswith("the radio is away")
        await mesh.tell(LinkChanged(mesh.infos[1], mesh.clock.now()))
        await mesh.tell(heard(raw_packets()[0]))

        assert len(mesh.desk.feeds) == 2
        assert mesh.statuses()[-1]["status"] == "online"
        assert len(mesh.packets()) == 1


async def test_the_status_is_told_every_few_minutes_with_fresh_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch) as mesh:
        await mesh.tell(DeviceChanged(HILL))

        await mesh.clock.wind(300.0)
        request = mesh.submitted[-1]
        assert (request.verb, request.link_id) == ("stats", USB)  # type: ignore[union-attr]
        assert len(mesh.statuses()) == 1  # the radio has not answered
        await mesh.tell(
            DeviceChanged(replace(HILL, stats=(("battery_mv", 4_011),))),
            Answered(MESHCORE, request.request_id, "stats", None, mesh.clock.now()),  # type: ignore[union-attr]
        )

        assert mesh.statuses()[-1]["stats"]["battery_mv"] == 4_011


async def test_the_first_figures_are_told_when_they_come_later_ones_in_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch) as mesh:
        await mesh.tell(DeviceChanged(HILL))
        await mesh.tell(DeviceChanged(replace(HILL, stats=(("battery_mv", 4_011),))))
        await mesh.tell(DeviceChanged(replace(HILL, stats=(("battery_mv", 4_010),))))

        told = [status.get("stats") for status in mesh.statuses()]
        assert told == [None, {"battery_mv": 4_011}]


async def test_a_radio_that_does_not_answer_does_not_keep_the_status_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch) as mesh:
        await mesh.tell(DeviceChanged(HILL))
        await mesh.clock.wind(300.0)
        await mesh.clock.wind(10.0)

        assert len(mesh.statuses()) == 2


async def test_another_radio_is_another_observer(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch) as mesh:
        await mesh.tell(DeviceChanged(HILL))
        await mesh.tell(DeviceChanged(replace(HILL, node_id=NodeId("cd" * 32))))
        await mesh.tell(heard(raw_packets()[0]))

        assert len(mesh.desk.feeds) == 4
        assert mesh.packets(2)[0]["origin_id"] == "CD" * 32
        farewell = mesh.desk.feeds[0].last
        assert farewell is not None
        assert farewell.topic == f"s/{KEY}"
        said = json.loads(farewell.payload)
        assert (said["status"], said["origin_id"]) == ("offline", KEY.upper())


async def test_a_new_name_is_told_without_a_new_session(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch) as mesh:
        await mesh.tell(DeviceChanged(HILL))
        await mesh.tell(DeviceChanged(replace(HILL, name="Ridge")))
        await mesh.tell(heard(raw_packets()[0]))

        assert len(mesh.desk.feeds) == 2
        assert mesh.packets()[0]["origin"] == "Ridge"


async def test_the_wanted_link_is_listened_to_and_one_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch, replace(SETTINGS, link="attic")) as mesh:
        assert "attic" in mesh.service.status().problem
        await mesh.tell(DeviceChanged(HILL), heard(raw_packets()[0]))
        assert mesh.desk.feeds == []


async def test_what_passed_too_fast_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch) as mesh:
        await mesh.tell(EventsMissed(7))

        assert mesh.service.status().missed == 7


async def test_who_listens_is_asked_again_when_the_news_of_it_may_have_been_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch) as mesh:
        mesh.heard_of = [HILL]
        mesh.infos[1] = replace(mesh.infos[1], state=LinkState.DOWN)

        await mesh.tell(EventsMissed(7))

        status = mesh.service.status()
        assert (status.node_id, status.is_radio_up) == (KEY, False)


async def test_nobody_follows_the_mesh_for_a_service_that_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch) as mesh:
        assert mesh.bus._subscriptions

    assert not mesh.bus._subscriptions


async def test_packets_are_logged_only_where_somebody_looks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    off = BrokerConfig(3, is_enabled=False)
    async with running(monkeypatch, replace(SETTINGS, brokers=(*BROKERS, off))) as mesh:
        await mesh.tell(DeviceChanged(HILL))
        with caplog.at_level(logging.INFO, "meshtui.runtime.publishing.packets"):
            await mesh.tell(heard(raw_packets()[0]))

        assert "Captured packet #1" in caplog.text
        assert "(MQTT: 2/2)" in caplog.text


async def test_the_file_gets_what_the_brokers_get(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "packets.json"
    settings = replace(SETTINGS, output_file=str(path), has_mqtt=False)
    async with running(monkeypatch, settings) as mesh:
        await mesh.tell(DeviceChanged(HILL))
        await mesh.tell(heard(raw_packets()[0]))
        assert mesh.service.status().publishers == ()

    assert json.loads(path.read_text())["raw"] == raw_packets()[0].hex().upper()


async def test_the_end_says_offline_to_those_who_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch) as mesh:
        await mesh.tell(DeviceChanged(HILL))
        feeds = mesh.desk.feeds

    for feed in feeds:
        assert feed.last is not None
        assert json.loads(feed.last.payload)["status"] == "offline"
        assert feed.last.is_retained


async def test_the_end_does_not_wait_for_a_broker_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service_module, "GOODBYE_S", 0.05)
    async with asyncio.timeout(5), running(monkeypatch) as mesh:
        await mesh.tell(DeviceChanged(HILL))
        mesh.desk.feeds[0].is_frozen = True
        await mesh.tell(heard(raw_packets()[0]))

    assert mesh.desk.feeds[0].is_aborted
    assert mesh.desk.feeds[1].last is not None


async def test_a_broker_gets_the_types_it_is_to_have(monkeypatch: pytest.MonkeyPatch) -> None:
    picky = replace(BROKERS[1], packet_types=frozenset({4}))
    settings = replace(SETTINGS, brokers=(BROKERS[0], picky))
    async with running(monkeypatch, settings) as mesh:
        await mesh.tell(DeviceChanged(HILL))

        await mesh.tell(*(heard(payload) for payload in raw_packets()), heard(b"\xff"))

        types = {each["packet_type"] for each in mesh.packets(0)}
        assert {"2", "4", "5"} <= types
        assert {each["packet_type"] for each in mesh.packets(1)} == {"4"}


async def test_a_radio_without_a_name_goes_by_the_one_in_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch, replace(SETTINGS, bot_name="Bot")) as mesh:
        await mesh.tell(DeviceChanged(replace(HILL, name="")))
        await mesh.tell(heard(raw_packets()[0]))

        assert mesh.packets()[0]["origin"] == "Bot"
