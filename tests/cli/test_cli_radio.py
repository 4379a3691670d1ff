"""Real processes on line gateways: the command line by radio, and `meshtui relay` as a gateway."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import threading
from random import Random
from typing import TYPE_CHECKING

import pytest

from meshtui.model.event import FrameSent
from meshtui.model.ids import LinkId
from meshtui.model.link import RadioSettings
from meshtui.model.packet import PacketSummary, Transmit, Verdict
from meshtui.networks.jsonmesh.topics import LORA_INBOUND, LORA_OUTBOUND
from meshtui.runtime.clock import SystemClock
from tests.support.gateway_pair import ToyAir, gateways
from tests.support.links import opened
from tests.support.mosquitto import eventually, running
from tests.support.open_store import NETWORK, OpenStore
from tests.support.program import new_identity, run_program, running_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from meshtui.model.restored import Spent

RADIO = RadioSettings(spreading_factor=7, bandwidth_khz=500)
QUICK = "sf=7&bw=500&duty=100"
JUNK = (
    b"hello",
    b'{"nodeId":"MESH-00000000"}',
    b"MCHK|x|0|1000000000|y",
    b"{" + b"a" * 10_000_000,
)
RANDOM_TEXT = "".join(Random(7).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=700))


@contextlib.contextmanager
def on_the_air() -> Iterator[ToyAir]:
    """Two gateways on serial ports, served beside the test."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True, name="air")
    thread.start()
    pair = gateways(2, radio=RADIO)
    try:
        yield asyncio.run_coroutine_threadsafe(pair.__aenter__(), loop).result(5)
    finally:
        asyncio.run_coroutine_threadsafe(pair.__aexit__(None, None, None), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def somebody(home: Path) -> tuple[Path, str]:
    """Home and node id of somebody."""
    return home, new_identity(home)


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    return somebody(tmp_path_factory.mktemp("anna"))


@pytest.fixture(scope="module")
def ben(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    return somebody(tmp_path_factory.mktemp("ben"))


def test_a_talk_by_radio_from_the_command_line(
    anna: tuple[Path, str], ben: tuple[Path, str]
) -> None:
    with on_the_air() as air:
        here, there = (("--link", f"{url}?{QUICK}") for url in air.urls)
        forum = ("--forum", "hills")
        with running_program(ben[0], "listen", *forum, *there) as listening:
            listening.wait_for_event("link", state="up")
            to_ben = ("send", "--wait", "delivered", "--to", ben[1])

            short = run_program(anna[0], *to_ben, "hello by radio", *here)
            long = run_program(anna[0], *to_ben, RANDOM_TEXT, *here)
            spoken = run_program(anna[0], "send", *forum, "to the hills", *here)

            heard = listening.wait_for_event("message", text="hello by radio")
            listening.wait_for_event("message", text=RANDOM_TEXT)
            chunks = [row for row in listening.rows if row["event"] == "reassembly"]
            said = listening.wait_for_event("message", text="to the hills")
    assert [(code, row["state"]) for code, [row], _ in (short, long, spoken)] == [
        (0, "delivered"),
        (0, "delivered"),
        (0, "sent"),
    ]
    assert (heard["from"], heard["hops"], heard["rssi"], heard["snr"]) == (anna[1], 0, -92, 7.5)
    assert said["conversation"] == "jsonmesh/#hills"
    total = chunks[-1]["total"]
    assert [row["have"] for row in chunks] == list(range(1, total + 1))
    assert total > 2


def test_what_one_process_sent_by_radio_the_next_one_knows(tmp_path: Path) -> None:
    home, _ = somebody(tmp_path)
    with on_the_air() as air:
        send = ("send", "--forum", "hills", "--timeout", "2", "hello", "--link")
        first, _, _ = run_program(home, *send, f"{air.urls[0]}?{QUICK}")
        kept = _keep_airtime(home, 3_600)  # all that the least duty cycle allows
        second, [waiting], _ = run_program(home, *send, f"{air.urls[0]}?duty=0.1")

    assert (first, second, waiting["state"]) == (0, 4, "sending")
    assert 0 < sum(spent.airtime_s for spent in kept) < 1


def _keep_airtime(home: Path, airtime_ms: int) -> Sequence[Spent]:
    """Add to what the radio spent a moment ago; returns what it was before."""
    store = OpenStore.at(home / "meshtui.db")
    now, link_id = SystemClock().now(), LinkId("gateway0")
    before = store.reader.restored(NETWORK, now.unix_ms).airtime[link_id]
    summary = PacketSummary("text", Verdict.SENT)
    store.writer.apply([FrameSent(NETWORK, Transmit(link_id, b"x"), now, summary, airtime_ms)])
    store.database.close()
    return before


@pytest.mark.broker
def test_a_relay_is_the_gateway_of_its_broker(
    anna: tuple[Path, str], ben: tuple[Path, str], tmp_path: Path
) -> None:
    with running(tmp_path / "broker") as broker, on_the_air() as air:
        radio = ("--link", f"{air.urls[0]}?{QUICK}")
        with running_program(anna[0], "relay", "--link", broker.url(), *radio) as relay:
            for name in ("localhost", "gateway0"):
                relay.wait_for_event("link", state="up", link=name)
            asyncio.run(_use_gateway(broker.url(), air, ben))
            for _ in JUNK:
                relay.rows.remove(relay.wait_for_event("drop", reason="malformed"))
            assert relay.end(signal.SIGTERM) == (130, "")


async def _use_gateway(url: str, air: ToyAir, ben: tuple[Path, str]) -> None:
    presence = json.dumps(
        {
            "nodeId": ben[1],
            "pubkeyHex": run_program(ben[0], "identity", "show")[1][0]["pubkey"],
            "online": True,
            "ts": 1_800_000_000_000,
            "name": "Ben",
        },
        separators=(",", ":"),
    ).encode()
    async with opened(url, LORA_INBOUND) as broker:
        for junk in JUNK:
            await broker.send(junk, LORA_OUTBOUND)
        await broker.send(presence, LORA_OUTBOUND)
        await eventually(lambda: presence in sent_by(air, 0), 10)

        heard = presence.replace(b"Ben", b"Ben again").replace(b"18000", b"18001")
        air.gateways[1]._air.send(1, heard)
        await eventually(lambda: heard in broker.payloads, 10)
    assert {line[:1] for line in sent_by(air, 0)} <= {b"{", b"\xca"}


def sent_by(air: ToyAir, number: int) -> list[bytes]:
    return [line for sender, line in air.lines if sender == number]
