"""What a radio hears comes to every broker, whatever becomes of the others."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from meshtui.model.publishing import PreviewKind, PublisherState
from tests.support import bad_brokers
from tests.support.capture_bed import (
    air,
    at_mosquitto,
    at_port,
    at_tokens,
    capture_radio,
    capturing,
    hexes,
    numbered,
)
from tests.support.mosquitto import ALICE, SCHEMES, eventually, running
from tests.support.program import run_program
from tests.support.public_reader import read_packet, reading
from tests.support.token_broker import TokenBroker

QOS_1 = "qos = 1"


@pytest.fixture
async def tokens(tmp_path):
    async with TokenBroker(tmp_path) as broker:
        yield broker


@pytest.fixture
async def radio(tmp_path):
    async with capture_radio(tmp_path) as radio:
        yield radio


def raws(broker: TokenBroker) -> list[str]:
    return [body["raw"] for body in broker.bodies()]


@pytest.mark.broker
@pytest.mark.peers
async def test_packets_come_by_every_kind_of_connection_and_others_can_read_them(
    radio, tokens, tmp_path
) -> None:
    sent = air(70)
    with running(tmp_path / "mosquitto", has_login=True) as mosquitto:
        brokers = {
            f"mqtt{number}": at_mosquitto(mosquitto, scheme)
            for number, scheme in enumerate(SCHEMES, 1)
        }
        brokers["mqtt7"] = at_tokens(tokens)
        async with (
            reading(mosquitto.ports["mqtt"], "meshcore/#", login=ALICE) as reader,
            capturing(radio, **brokers) as service,
        ):
            await service.up()
            await service.hear(radio, sent)
            await eventually(lambda: len(reader.bodies()) == 4 * len(sent))
            await eventually(lambda: len(tokens.bodies()) == len(sent))
            connects = [each.connects for each in service.status.publishers]

    assert connects == [1] * 5
    assert tokens.topics()[f"meshcore/BTS/{radio.key}/packets"] == len(sent)
    assert raws(tokens) == hexes(sent)
    for body in tokens.bodies():
        assert reader.bodies().count(body) == 4
        assert body["origin_id"] == radio.key
        assert (body["SNR"], body["RSSI"], body["direction"]) == ("8.5", "-42", "rx")
        told = read_packet(body["raw"])
        assert body["hash"] == told.hash
        assert body["packet_type"] == told.packet_type
        assert body["route"] == told.route
        assert body["payload_len"] == told.payload_len


@pytest.mark.broker
async def test_six_brokers_that_fail_do_not_keep_four_from_getting_all(
    radio, tokens, tmp_path
) -> None:
    sent = numbered(600)
    async with contextlib.AsyncExitStack() as stack:
        first = stack.enter_context(running(tmp_path / "first", has_login=True))
        second = stack.enter_context(running(tmp_path / "second", has_login=True))
        dead = [await stack.enter_async_context(bad_brokers.dead_port()) for _ in range(3)]
        hangs = await stack.enter_async_context(bad_brokers.hangs_in_tls())
        mute = await stack.enter_async_context(bad_brokers.never_acks())
        stern = await stack.enter_async_context(bad_brokers.refuses())
        readers = [
            await stack.enter_async_context(reading(port, "meshcore/#", login=ALICE))
            for port in (first.ports["mqtt"], second.ports["mqtt"])
        ]
        service = await stack.enter_async_context(
            capturing(
                radio,
                mqtt1=at_port(dead[0]),
                mqtt2=at_port(dead[1], "transport = websockets"),
                mqtt3=at_port(dead[2], "use_tls = true"),
                mqtt4=at_mosquitto(first, "mqtts", QOS_1),
                mqtt5=at_port(hangs.port, "use_tls = true"),
                mqtt6=at_port(mute.port, QOS_1),
                mqtt7=at_port(stern.port, "username = x", "password = y"),
                mqtt8=at_mosquitto(second, "wss"),
                mqtt9=at_tokens(tokens, "ws", QOS_1),
                mqtt10=at_tokens(tokens, "mqtts"),
            )
        )
        good = ("mqtt4", "mqtt8", "mqtt9", "mqtt10")
        await service.up(*good, "mqtt6")
        await service.hear(radio, sent)
        await service.published(len(sent), *good)
        await eventually(lambda: all(len(each.bodies()) == len(sent) for each in readers))
        await eventually(lambda: len(tokens.bodies()) == 2 * len(sent))
        states = {each.name: each for each in service.status.publishers}
        mute_connections = mute.connections

    for reader in readers:
        assert [body["raw"] for body in reader.bodies()] == hexes(sent)
    assert sorted(raws(tokens)) == sorted(2 * hexes(sent))
    for name in good:
        assert (states[name].dropped, states[name].connects) == (0, 1), states[name]
    for name, words in {
        "mqtt1": "nothing listens",
        "mqtt2": "nothing listens",
        "mqtt3": "nothing listens",
        "mqtt7": "does not let us in",
    }.items():
        assert words in states[name].reason
        assert states[name].connects == 0
    assert states["mqtt5"].state is PublisherState.CONNECTING
    assert states["mqtt6"].published == 0
    assert mute_connections == 1
    for name in ("mqtt1", "mqtt2", "mqtt3", "mqtt5", "mqtt6", "mqtt7"):
        assert states[name].queued + states[name].dropped == len(sent), states[name]


async def test_what_is_heard_again_is_published_again(radio, tokens) -> None:
    packet, other = air(2)
    async with capturing(radio, mqtt1=at_tokens(tokens)) as service:
        await service.up()
        for _ in range(3):
            radio.hear(packet)
        radio.hear(other, packet)
        await service.published(5, "mqtt1")
        await eventually(lambda: len(tokens.bodies()) == 5)

    assert raws(tokens) == hexes([packet, packet, packet, other, packet])


async def test_a_paused_broker_stays_connected_and_goes_on_where_the_present_is(
    radio, tokens
) -> None:
    before, during, after = (air(9)[start : start + 3] for start in (0, 3, 6))
    brokers = {"mqtt1": at_tokens(tokens, "ws"), "mqtt2": at_tokens(tokens, "wss")}
    async with capturing(radio, **brokers) as service:
        await service.up()
        await service.hear(radio, before)
        await service.published(3, "mqtt1", "mqtt2")
        service.api.pause("mqtt1", is_paused=True)
        await service.hear(radio, during)
        await service.published(6, "mqtt2")
        paused = service.of("mqtt1")
        service.api.pause("mqtt1", is_paused=False)
        await service.hear(radio, after)
        await service.published(6, "mqtt1")
        await service.published(9, "mqtt2")
        await eventually(lambda: len(tokens.bodies()) == 15)
        one, two = service.of("mqtt1"), service.of("mqtt2")

    assert (paused.is_paused, paused.state) == (True, PublisherState.UP)
    assert (paused.published, paused.held_back, paused.queued) == (3, 3, 0)
    assert (one.published, one.held_back, one.dropped, one.connects) == (6, 3, 0, 1)
    assert (two.published, two.held_back, two.connects) == (9, 0, 1)


async def test_the_preview_is_what_the_broker_gets_next_byte_for_byte(radio, tokens) -> None:
    await tokens.close()
    async with capturing(radio, mqtt1=at_tokens(tokens, "ws")) as service:
        await service.reason("mqtt1", "nothing listens")
        await service.hear(radio, air(3))
        preview = service.api.preview("mqtt1")
        await tokens.open()
        service.api.retry("mqtt1")
        await service.published(3, "mqtt1")
        last = service.api.preview("mqtt1")
        await eventually(lambda: len(tokens.bodies()) == 3)

    packets = [message for message in tokens.messages if message.kind == "packets"]
    assert preview.kind is PreviewKind.NEXT
    assert (preview.topic, preview.payload) == (packets[0].topic, packets[0].payload)
    assert last.kind is PreviewKind.LAST
    assert last.payload == packets[-1].payload


async def test_with_qos_1_a_broker_that_restarts_in_the_middle_misses_nothing(
    radio, tokens
) -> None:
    sent = numbered(900)
    async with capturing(radio, mqtt1=at_tokens(tokens, "ws", QOS_1)) as service:
        await service.up()
        await service.hear(radio, sent[:300])
        radio.hear(*sent[300:350])
        await tokens.close()
        await service.reason("mqtt1")
        await service.hear(radio, sent[350:600])
        await tokens.open()
        service.api.retry("mqtt1")
        await service.up()
        # and one that takes messages without a word, and is then gone
        await service.published(600, "mqtt1")
        tokens.is_mute = True
        radio.hear(*sent[600:650])
        await eventually(lambda: service.status.captured == 650)
        tokens.hang_up()
        tokens.is_mute = False
        await service.reason("mqtt1", "closed")
        service.api.retry("mqtt1")
        await service.hear(radio, sent[650:])
        await service.published(900, "mqtt1", timeout_s=15)
        status = service.of("mqtt1")

    # nothing is missing and nothing overtakes; what was not confirmed in time may come twice
    assert (status.published, status.dropped, status.queued) == (900, 0, 0)
    assert list(dict.fromkeys(raws(tokens))) == hexes(sent)
    assert len(raws(tokens)) < 900 + 300


async def test_a_broker_that_comes_back_by_itself_is_found(radio, tokens) -> None:
    async with capturing(radio, mqtt1=at_tokens(tokens)) as service:
        await service.up()
        tokens.hang_up()
        await eventually(lambda: service.of("mqtt1").connects == 2)
        await service.up()
        await service.hear(radio, air(5))
        await eventually(lambda: raws(tokens) == hexes(air(5)))

    assert [message.is_will for message in tokens.messages if message.kind == "status"].count(
        True
    ) == 1
    assert not tokens.denied
    assert not tokens.refused


async def test_only_what_passes_the_filter_leaves(radio, tokens) -> None:
    sent = air(40)
    short = [raw for raw in sent if len(raw) < 60]
    assert 0 < len(short) < 40
    service_lines = "filter = size < 60"
    async with capturing(radio, service_lines, mqtt1=at_tokens(tokens)) as service:
        await service.up()
        await service.hear(radio, sent)
        await service.published(len(short), "mqtt1")
        status = service.status
        service.api.set_filter("")
        await service.hear(radio, sent)
        await service.published(len(short) + 40, "mqtt1")
        await eventually(lambda: raws(tokens) == hexes(short + sent))

    assert (status.captured, status.kept_back) == (40, 40 - len(short))


async def test_a_place_that_the_broker_does_not_know_is_said(radio, tokens) -> None:
    async with capturing(radio, "iata = QQQ", mqtt1=at_tokens(tokens)) as service:
        reason = await service.reason("mqtt1", "may this user publish there")

    assert not tokens.messages
    assert tokens.denied == {"place": len(tokens.logins)}
    assert f"meshcore/QQQ/{radio.key}/status" in reason


async def test_a_slow_broker_has_its_packets_in_its_own_time(radio, tokens) -> None:
    sent = numbered(300)
    async with bad_brokers.reads_slowly(50_000) as slow:
        brokers = {"mqtt1": at_port(slow.port, QOS_1), "mqtt2": at_tokens(tokens, "ws")}
        async with capturing(radio, **brokers) as service:
            await service.up()
            await service.hear(radio, sent)
            await service.published(300, "mqtt2")
            behind = service.of("mqtt1")
            await service.published(300, "mqtt1", timeout_s=20)

    assert raws(tokens) == hexes(sent)
    assert behind.published < 300
    assert behind.queued + behind.published == 300
    packets = [message for message in slow.taken if message.topic.endswith("/packets")]
    assert [json.loads(message.payload)["raw"] for message in packets] == hexes(sent)


@pytest.mark.parametrize(
    "name", ["Žofia 📡", 'quote " slash \\ {IATA}', "red \x1b[31m\nand two lines"]
)
async def test_a_name_is_told_as_it_is_whatever_is_in_it(name, radio, tokens) -> None:
    radio.mesh.radio.desk.rename(name)
    async with capturing(radio, mqtt1=at_tokens(tokens)) as service:
        await service.up()
        await service.hear(radio, numbered(1))
        await eventually(lambda: len(tokens.bodies()) == 1)

    assert {message.body["origin"] for message in tokens.messages} == {name}
    assert not any(byte < 0x20 for message in tokens.messages for byte in message.payload)


async def test_the_file_holds_what_the_broker_got_byte_for_byte(radio, tokens, tmp_path) -> None:
    path = tmp_path / "packets.jsonl"
    async with capturing(radio, f"output_file = {path}", mqtt1=at_tokens(tokens)) as service:
        await service.up()
        await service.hear(radio, air(60))
        await eventually(lambda: len(tokens.bodies()) == 60)
    packets = [message.payload for message in tokens.messages if message.kind == "packets"]

    assert path.read_bytes().splitlines() == packets
    assert path.stat().st_mode & 0o077 == 0
    code, rows, said = await asyncio.to_thread(run_program, tmp_path / "home", "inspect", str(path))
    assert (code, said) == (0, "")
    assert len(rows) == 60
