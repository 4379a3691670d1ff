"""What odd brokers say to a feed: words for a person, and no harm."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from meshtui.errors import LinkLostError, TransportError
from meshtui.transports import mqtt_connection, mqtt_feed
from meshtui.transports.mqtt_feed import Publication
from meshtui.transports.websocket_frames import masked
from tests.support.feeds import (
    CONNACK,
    CONNACK_5,
    cost_of_turns,
    fed,
    feed_to,
    numbered,
    served_by,
    shake_hands,
)
from tests.support.mosquitto import eventually

ONE = [Publication("meshcore/XYZ/packets", b"x")]


def answering(*answers: bytes, protocol: str = "4", is_last: bool = True):
    """A server that answers the CONNECT, reads a message and answers that."""

    async def deed(reader, writer) -> None:
        writer.write(answers[0])
        for answer in answers[1:]:
            await reader.read(4_096)
            writer.write(answer)
        if not is_last:
            await reader.read(-1)

    return served_by(deed, protocol)


async def test_a_broker_that_hangs_up_after_the_first_message_may_not_let_us_publish() -> None:
    async with answering(CONNACK, b"") as url, fed(url) as feed:
        await feed.send(ONE)
        why = await feed.lost()
        assert "after our first message: is the topic right, with its airport" in why
        assert why.endswith("(meshcore/XYZ/packets)")


async def test_one_that_hangs_up_before_or_late_says_nothing_of_that(monkeypatch) -> None:
    async with answering(CONNACK) as url, fed(url) as feed:
        assert await feed.lost() == "the broker closed the connection"
    monkeypatch.setattr(mqtt_feed, "SUDDEN_S", 0.0)
    async with answering(CONNACK, b"") as url, fed(url) as feed:
        await feed.send(ONE)
        assert await feed.lost() == "the broker closed the connection"


@pytest.mark.parametrize(
    "packet", [b"\x34\x05\x00\x01t\x00\x01", b"\xc0\x00", b"\x90\x03\x00\x01\x00"]
)
async def test_who_does_not_begin_with_a_welcome_is_no_broker(packet: bytes) -> None:
    async with answering(packet * 1_000, b"", is_last=False) as url:
        with pytest.raises(TransportError, match="before it let us in"):
            await feed_to(url)


@pytest.mark.parametrize(
    ("code", "words"),
    [(0x8B, "is shutting down"), (0x87, "may not do this"), (0x97, "quota"), (0x93, "too much")],
)
async def test_the_reason_a_version_5_broker_gives_is_told(code: int, words: str) -> None:
    goodbye = bytes([0xE0, 0x02, code, 0x00])
    async with answering(CONNACK_5, goodbye, protocol="5") as url, fed(url) as feed:
        await feed.send(ONE)
        assert words in await feed.lost()


@pytest.mark.parametrize(("code", "is_refused"), [(0x8C, True), (0x88, False), (0x97, False)])
async def test_only_a_login_is_refused(code: int, is_refused: bool) -> None:
    async with answering(bytes([0x20, 0x03, 0x00, code, 0x00]), protocol="5") as url:
        with pytest.raises(TransportError) as failure:
            await feed_to(url)
    assert failure.value.is_refused is is_refused


async def test_a_refusal_of_one_says_how_many_before_it_were_taken() -> None:
    answer = b"\x40\x02\x00\x01" + b"\x40\x03\x00\x03\x97" + b"\x40\x02\x00\x02"
    async with answering(CONNACK_5, answer, protocol="5") as url, fed(url) as feed:
        with pytest.raises(LinkLostError, match="quota"):
            await feed.send(numbered(4, "t"))
        assert feed.taken == 1


async def test_packets_nobody_asked_for_are_thrown_away(monkeypatch) -> None:
    turns_s = cost_of_turns(monkeypatch)
    flood = b"\x32\x80\x80\x01\x00\x01t\x00\x01" + b"x" * 16_379  # QoS 1, wants a PUBACK
    pings = b"\xc0\x00" * 50_000
    subacks = b"\x90\x03\x00\x01\x00" * 1_000
    exactly_once = b"".join(b"\x34\x05\x00\x01t" + n.to_bytes(2, "big") for n in range(1, 9_999))
    answer = flood * 500 + pings + subacks + exactly_once + b"\x40\x02\x00\x01"
    async with answering(CONNACK, answer, is_last=False) as url, fed(url) as feed:
        await feed.send([Publication("t", b"x", True)])
        assert feed.remark == "the broker sends messages unasked"
        assert not feed._client._out_packet
        assert not feed._client._in_messages
    assert sorted(turns_s)[-3] < 0.010


async def test_a_flood_has_one_turn_of_the_loop_at_a_time(monkeypatch) -> None:
    monkeypatch.setattr(mqtt_connection, "READ_SLICE_S", 0.0)  # a turn is one read
    answer = b"\xd0\x00" * 200_000 + b"\x40\x02\x00\x01"
    async with answering(CONNACK, answer, is_last=False) as url, fed(url) as feed:
        reads, read_some = [0], feed._client.read_some

        def counted() -> bool:
            reads[-1] += 1
            return read_some()

        monkeypatch.setattr(feed._client, "read_some", counted)
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(feed.send([Publication("t", b"x", True)]))
            while not sending.done():
                reads.append(0)
                await asyncio.sleep(0)
    assert sum(reads) > 100
    assert max(reads) == 1


@pytest.mark.parametrize("junk", [b"\x40\x00", b"\x40\xff\xff\xff\xff\x01", b"HTTP/1.1 400 Bad"])
async def test_what_is_no_mqtt_ends_it(junk: bytes, caplog) -> None:
    async with answering(CONNACK, junk, is_last=False) as url, fed(url) as feed:
        await feed.send(ONE)
        feed._stirred_s = 0.0  # twenty seconds ago, for junk that begins a long packet
        feed._client._ping_t = 1.0
        assert await feed.lost()
    assert "Traceback" not in caplog.text


async def test_a_broker_that_answers_pings_and_confirms_nothing_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr(mqtt_connection, "CONFIRM_TIMEOUT_S", 0.3)
    monkeypatch.setattr(mqtt_connection, "MISC_INTERVAL_S", 0.05)

    async def chatter(reader, writer) -> None:
        writer.write(CONNACK)
        while True:
            writer.write(b"\xd0\x00")
            await asyncio.sleep(0.02)

    async with served_by(chatter) as url, fed(url) as feed:
        with pytest.raises(LinkLostError, match="confirmed nothing"):
            await feed.send([Publication("t", b"x", True)])


async def test_answers_for_what_was_not_sent_change_nothing() -> None:
    answer = b"\x40\x02\x12\x34" * 100 + b"\x40\x02\x00\x01"
    async with answering(CONNACK, answer, is_last=False) as url, fed(url) as feed:
        await feed.send([Publication("t", b"x", True)])
        assert feed.taken == 1


async def test_a_ping_amid_a_large_message_is_answered_between_frames() -> None:
    """An answer within a frame, or one that is not masked, would end the connection."""
    frames: list[tuple[int, bytes]] = []

    async def serve(reader, writer) -> None:
        await shake_hands(reader, writer)
        frames.append(await _frame(reader))
        for number in range(50):
            writer.write(b"\x89\x02%02d" % number)
        await asyncio.sleep(0.05)
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                frames.append(await _frame(reader))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    payload = bytes(range(256)) * 40_000
    async with fed(f"jsonmesh+ws://127.0.0.1:{port}") as feed:
        await feed.send([Publication("t", payload)])
        await eventually(lambda: sum(len(data) for _, data in frames) > len(payload))
        await eventually(lambda: (0xA, b"49") in frames)
    server.close()
    packets = b"".join(data for opcode, data in frames if opcode == 0x2)
    assert packets.endswith(payload)
    assert {opcode for opcode, _ in frames} == {0x2, 0xA}


async def _frame(reader) -> tuple[int, bytes]:
    first, size = await reader.readexactly(2)
    assert size & 0x80
    size &= 0x7F
    if size > 125:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    mask = await reader.readexactly(4)
    return first & 0x0F, masked(await reader.readexactly(size), mask)


async def test_of_what_is_handed_to_a_connection_that_has_ended_nothing_counts_as_taken() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CONNACK)
        await reader.read(4_096)

    async with served_by(hang_up) as url, fed(url) as feed:
        await feed.send(numbered(2, "t", is_confirmed=False))
        assert feed.taken == 2
        await feed.lost()

        with pytest.raises(LinkLostError):
            await feed.send(numbered(3, "t", is_confirmed=False))
        assert feed.taken == 0
