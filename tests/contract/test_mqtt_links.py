"""What MQTT adds to a link's promises, against a real mosquitto."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from meshtui.errors import LinkLostError, TransportError
from meshtui.model.ids import LinkId
from meshtui.model.packet import Subscribe, Transmit, Unsubscribe
from meshtui.transports import mqtt_connection, mqtt_link
from tests.support.chaos import ChaosProxy
from tests.support.links import open_link, opened
from tests.support.mosquitto import ALICE, SCHEMES, eventually, running

pytestmark = pytest.mark.broker
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with running(tmp_path_factory.mktemp("open")) as mosquitto:
        yield mosquitto


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with running(tmp_path_factory.mktemp("guarded"), has_login=True) as mosquitto:
        yield mosquitto


@pytest.fixture
def quick(monkeypatch):
    """Signs of life are missed within a second."""
    monkeypatch.setattr(mqtt_connection, "PING_TIMEOUT_S", 0.3)
    monkeypatch.setattr(mqtt_connection, "CONFIRM_TIMEOUT_S", 0.3)
    monkeypatch.setattr(mqtt_connection, "MISC_INTERVAL_S", 0.1)
    monkeypatch.setattr(mqtt_connection, "CLOSE_TIMEOUT_S", 0.2)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("protocol", ["4", "5"])
async def test_all_listeners_and_both_versions_carry_both_qualities(
    broker, scheme: str, protocol: str
) -> None:
    topic = f"test/{scheme}{protocol}"
    async with opened(broker.url(scheme, protocol=protocol), topic) as link:
        await link.send(b"confirmed", topic, is_confirmed=True)
        await link.send(b"not", topic, is_confirmed=False)
        await eventually(lambda: len(link.frames) == 2 and len(link.transmitted) == 2)
    assert link.payloads == [b"confirmed", b"not"]
    assert {frame.endpoint for frame in link.frames} == {topic}


async def test_what_was_sent_while_we_were_away_comes_in_order(broker) -> None:
    async with opened(broker.url(), "test/away", client_id="away"):
        pass
    async with opened(broker.url()) as other:
        for number in range(50):
            await other.send(b"%d" % number, "test/away")
    async with opened(broker.url(), client_id="away") as back:
        await eventually(lambda: len(back.frames) == 50)
    assert back.payloads == [b"%d" % number for number in range(50)]


@pytest.mark.parametrize("protocol", ["4", "5"])
async def test_what_was_not_settled_comes_again_and_what_was_does_not(broker, protocol) -> None:
    url, topic = broker.url(protocol=protocol), f"test/settle{protocol}"
    async with opened(url) as other:
        first = await open_link(url, topic, client_id=f"settler{protocol}")
        for payload in (b"kept", b"lost"):
            await other.send(payload, topic)
        frames = []
        async for batch in first.arrivals():
            frames += batch
            if len(frames) == 2:
                break
        first.settle(frames[:1])
        await asyncio.sleep(0.05)
        first.abort()
        async with opened(url, client_id=f"settler{protocol}") as second:
            await eventually(lambda: second.frames)
            await asyncio.sleep(0.05)
        assert second.payloads == [b"lost"]


async def test_a_receipt_of_an_earlier_connection_confirms_nothing(broker) -> None:
    async with opened(broker.url()) as other:
        first = await open_link(broker.url(), "test/stale", client_id="stale")
        await other.send(b"one", "test/stale")
        old = await anext(first.arrivals())
        first.abort()
        async with opened(broker.url(), client_id="stale", settles=False) as second:
            await eventually(lambda: second.frames)
            second.link.settle(old)
        async with opened(broker.url(), client_id="stale") as third:
            await eventually(lambda: third.frames)
    assert third.payloads == [b"one"]


async def test_the_will_is_sent_when_the_process_is_killed(broker) -> None:
    program = (
        "import asyncio, sys\n"
        "from tests.support.links import open_link\n"
        "from meshtui.model.packet import Transmit\n"
        "async def main():\n"
        "    will = Transmit('x', b'gone', 'test/will', is_confirmed=True)\n"
        f"    await open_link({broker.url()!r}, will=will)\n"
        "    print('open', flush=True)\n"
        "    await asyncio.sleep(30)\n"
        "asyncio.run(main())\n"
    )
    async with opened(broker.url(), "test/will") as watcher:
        process = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT
        )
        try:
            assert await asyncio.to_thread(process.stdout.readline) == b"open\n"
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
        await eventually(lambda: watcher.frames)
    assert watcher.payloads == [b"gone"]


async def test_a_clean_end_sends_no_will(broker) -> None:
    will = Transmit(LinkId("x"), b"gone", "test/no-will", is_confirmed=True)
    async with opened(broker.url(), "test/no-will") as watcher:
        async with opened(broker.url(), will=will):
            pass
        await watcher.send(b"end", "test/no-will")
        await eventually(lambda: watcher.frames)
    assert watcher.payloads == [b"end"]


async def test_retained_frames_say_so(broker) -> None:
    async with opened(broker.url()) as link:
        await link.send(b"state", "test/retained", is_retained=True)
        async with opened(broker.url(), "test/retained") as late:
            await link.send(b"news", "test/retained")
            await eventually(lambda: len(late.frames) == 2)
    assert [frame.is_retained for frame in late.frames] == [True, False]


async def test_subscriptions_change_while_open(broker) -> None:
    async with opened(broker.url()) as link:
        name = link.link.link_id
        await link.link.subscribe(Subscribe(name, "test/some"))
        await link.send(b"1", "test/some")
        await eventually(lambda: link.frames)
        await link.link.subscribe(Unsubscribe(name, "test/some"))
        await link.link.subscribe(Subscribe(name, "test/other"))
        await link.send(b"2", "test/some")
        await link.send(b"3", "test/other")
        await eventually(lambda: len(link.frames) == 2)
    assert link.payloads == [b"1", b"3"]


async def test_a_topic_that_cannot_be_published_to_is_refused_not_fatal(broker) -> None:
    async with opened(broker.url(), "test/fine") as link:
        for topic in ("test/+", "", "x" * 70_000):
            await link.send(b"x", topic)
        await link.send(b"fine", "test/fine")
        await eventually(lambda: len(link.refused) == 3 and link.frames)


async def test_at_most_a_window_of_transmissions_is_unconfirmed(broker) -> None:
    async with ChaosProxy(broker.ports["mqtt"]) as proxy:
        url = f"jsonmesh+mqtt://127.0.0.1:{proxy.port}"
        async with opened(url) as link:
            proxy.silence()
            for _ in range(mqtt_link.WINDOW):
                await link.send(b"x", "test/window")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(link.send(b"one more", "test/window"), 0.1)
            assert link.transmitted == []
            proxy.reset()


async def test_an_unread_link_stops_reading_and_loses_nothing(broker, monkeypatch) -> None:
    monkeypatch.setattr(mqtt_link, "MAX_QUEUED", 10)
    link = await open_link(broker.url(), "test/full")
    async with opened(broker.url()) as other:
        for number in range(200):
            await other.send(b"%d" % number, "test/full")
        await eventually(lambda: len(other.transmitted) == 200)
    frames = []
    async with asyncio.timeout(5):
        async for batch in link.arrivals():
            assert len(batch) < 40
            frames += batch
            link.settle(batch)
            if len(frames) == 200:
                break
    await link.aclose()
    assert [int(frame.payload) for frame in frames] == list(range(200))


async def test_a_payload_too_long_is_handed_up_one_byte_too_long(broker) -> None:
    async with opened(broker.url(), "test/long") as link:
        await link.send(b"x" * (3 * 1024 * 1024), "test/long", is_confirmed=True)
        await link.send(b"next", "test/long")
        await eventually(lambda: len(link.frames) == 2)
    assert [len(payload) for payload in link.payloads] == [mqtt_link.MAX_PAYLOAD_BYTES + 1, 4]


async def test_a_topic_too_long_is_cut(broker) -> None:
    topic = "test/long/" + "x" * 40_000
    async with opened(broker.url(), "test/long/#") as link:
        await link.send(b"x", topic)
        await eventually(lambda: link.frames)
    assert len(link.frames[0].endpoint) == mqtt_link.MAX_TOPIC_CHARS + 1


# --- login ---


async def test_the_right_password_lets_us_in(guarded, tmp_path) -> None:
    user, password = ALICE
    (tmp_path / "password").write_text(f"{password}\n")
    url = guarded.url(user=user, password_file=str(tmp_path / "password"))
    async with opened(url, "test/in") as link:
        await link.send(b"x", "test/in")
        await eventually(lambda: link.frames)
    async with opened(guarded.url(user=f"{user}:{password.replace(' ', '%20')}")):
        pass


@pytest.mark.parametrize("protocol", ["4", "5"])
@pytest.mark.parametrize("user", ["alice:hunter2", "bob:hunter2", ""])
async def test_a_wrong_login_is_final_and_its_text_holds_no_password(
    guarded, user: str, protocol: str
) -> None:
    with pytest.raises(TransportError, match=r"does not let us in") as failure:
        await open_link(guarded.url(user=user, protocol=protocol))
    assert failure.value.is_final
    assert "hunter2" not in repr(failure.value)


async def test_a_password_file_that_cannot_be_read_is_named(guarded) -> None:
    with pytest.raises(TransportError, match="password_file /nowhere: No such file"):
        await open_link(guarded.url(user="alice", password_file="/nowhere"))


async def test_a_forbidden_publish_ends_the_connection_or_is_refused(guarded) -> None:
    user = "alice:correct%20horse"
    async with opened(guarded.url(user=user)) as old:
        await old.send(b"x", "meshcore/forbidden")
        await eventually(lambda: old.lost or old.transmitted)
    async with opened(guarded.url(user=user, protocol="5")) as new:
        await new.send(b"x", "meshcore/forbidden")
        await eventually(lambda: new.lost or new.refused)


async def test_a_forbidden_subscription_is_remarked(guarded) -> None:
    async with opened(guarded.url(user="alice:correct%20horse", protocol="5"), "secret/#") as link:
        pass
    assert link.link.remark in {"", "the broker does not let us listen to secret/#"}


# --- faults ---


async def test_a_broker_that_goes_away_mid_send_is_told(tmp_path) -> None:
    with running(tmp_path) as broker:
        async with opened(broker.url()) as link:
            with pytest.raises(LinkLostError):  # noqa: PT012
                for number in range(10_000):
                    await link.send(b"x" * 1_000, "test/away")
                    if number == 100:
                        broker.kill()
            await eventually(lambda: link.lost is not None)
        broker.start()
        async with opened(broker.url()):
            pass


async def test_a_frozen_broker_is_noticed_when_something_waits(tmp_path, quick) -> None:
    with running(tmp_path) as broker:
        async with opened(broker.url()) as link:
            broker.freeze()
            await link.send(b"x", "test/frozen")
            await eventually(lambda: link.lost is not None)
    assert "has confirmed nothing" in link.lost


async def test_a_half_open_connection_is_noticed_by_the_ping(broker, quick, monkeypatch) -> None:
    async with ChaosProxy(broker.ports["mqtt"]) as proxy:
        url = f"jsonmesh+mqtt://127.0.0.1:{proxy.port}?keepalive=5"
        async with opened(url) as link:
            link.link._client._keepalive = 1  # no user may ask for so little
            proxy.silence()
            await eventually(lambda: link.lost is not None, 4)
    assert "has not answered" in link.lost


async def test_a_takeover_by_the_same_client_id_is_a_loss(broker) -> None:
    async with (
        opened(broker.url(), client_id="twin") as first,
        opened(broker.url(), client_id="twin"),
    ):
        await eventually(lambda: first.lost is not None)
    assert first.lost == "the broker closed the connection"


async def test_two_writers_of_one_link_do_not_disturb_each_other(broker) -> None:
    async with opened(broker.url(), "test/two") as link:
        async with asyncio.TaskGroup() as group:
            for name in (b"a", b"b"):
                group.create_task(_send_many(link, name))
        await eventually(lambda: len(link.frames) == 400)


async def _send_many(link, name: bytes) -> None:
    for number in range(200):
        await link.send(name + b"%d" % number, "test/two")


async def test_idle_links_leave_no_timer_and_no_reader_behind(broker) -> None:
    loop = asyncio.get_running_loop()
    async with opened(broker.url()) as link:
        fd = link.link._fd
    assert not loop.remove_reader(fd)
    assert link.link._misc.cancelled()


@contextlib.asynccontextmanager
async def answering(*answers: bytes, rest: bool = True):
    """A server that answers a connection with bytes and then says nothing (or ends)."""

    async def serve(reader, writer):
        with contextlib.suppress(OSError):
            await reader.read(65_536)
            for answer in answers:
                writer.write(answer)
                await writer.drain()
            if rest:
                await reader.read()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


CONNACK = b"\x20\x02\x00\x00"
CONNACK_5 = b"\x20\x03\x00\x00\x00"


@pytest.mark.parametrize(
    ("code", "words"), [(0x8E, "another program took over"), (0x8B, "is shutting down")]
)
async def test_the_reason_an_mqtt_5_broker_gives_is_told(code: int, words: str) -> None:
    goodbye = bytes([0xE0, 0x02, code, 0x00])
    async with (
        answering(CONNACK_5 + goodbye) as port,
        opened(f"jsonmesh+mqtt://127.0.0.1:{port}?protocol=5") as link,
    ):
        await eventually(lambda: link.lost is not None)
    assert words in link.lost


async def test_a_server_that_never_welcomes_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr("meshtui.transports.mqtt_login.OPEN_TIMEOUT_S", 0.3)
    async with answering() as port:
        with pytest.raises(TransportError, match="said nothing; is it an MQTT broker"):
            await open_link(f"jsonmesh+mqtt://127.0.0.1:{port}")
        with pytest.raises(TransportError, match=r"no answer from 127\.0\.0\.1"):
            await open_link(f"jsonmesh+wss://127.0.0.1:{port}")


async def test_a_server_that_hangs_up_is_not_a_broker() -> None:
    async with answering(rest=False) as port:
        with pytest.raises(TransportError, match="before it let us in"):
            await open_link(f"jsonmesh+mqtt://127.0.0.1:{port}")


async def test_bytes_that_are_no_mqtt_end_the_link(monkeypatch) -> None:
    monkeypatch.setattr("meshtui.transports.mqtt_login.OPEN_TIMEOUT_S", 0.5)
    for junk in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 64, b"\xff" * 64, b"SSH-2.0-x\n"):
        async with answering(junk) as port:
            with pytest.raises(TransportError):
                await open_link(f"jsonmesh+mqtt://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "packet",
    [
        b"\x32\xff\xff\xff\xff\xff",  # a length of five bytes
        b"\x32\x01\x00",  # a publish without a topic
        b"\x36\x05\x00\x01a\x00\x01",  # QoS 3
        b"\x40\x00",  # a PUBACK without an id
        b"\x90\x01\x00",  # a SUBACK cut short
        b"\xf0\x00",
        b"\x10\x00",
        b"\x30\x05\x00\xff\xff\xfe\xfd",  # a topic longer than its packet
        b"\x50\x02\x00\x07",  # a PUBREC for nothing
        b"\x62\x02\x00\x07",  # a PUBREL for nothing
    ],
)
async def test_a_broken_packet_costs_at_most_the_connection(packet: bytes, caplog) -> None:
    async with (
        answering(CONNACK + packet, rest=False) as port,
        opened(f"jsonmesh+mqtt://127.0.0.1:{port}") as link,
    ):
        await eventually(lambda: link.lost is not None)
    assert link.frames == []
    assert "Traceback" not in caplog.text


async def test_a_topic_that_is_not_utf8_is_marked_as_such() -> None:
    async with (
        answering(CONNACK + b"\x30\x06\x00\x02\xff\xfehi") as port,
        opened(f"jsonmesh+mqtt://127.0.0.1:{port}") as link,
    ):
        await eventually(lambda: link.frames)
    assert link.frames[0].endpoint == "\ufffd"


async def test_a_quarter_of_a_gigabyte_announced_keeps_memory_small() -> None:
    header = b"\x30\xff\xff\xff\x7f\x00\x01t"
    async with (
        answering(CONNACK + header, *([b"x" * 1_000_000] * 40)) as port,
        opened(f"jsonmesh+mqtt://127.0.0.1:{port}") as link,
    ):
        client = link.link._client
        await eventually(lambda: client._in_packet["to_process"] < 230_000_000)
        assert len(client._in_packet["packet"]) <= client.max_packet_bytes


async def test_a_web_server_that_refuses_the_websocket_is_named() -> None:
    async with answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as port:
        with pytest.raises(TransportError, match="does not accept a WebSocket at /chat"):
            await open_link(f"jsonmesh+ws://127.0.0.1:{port}/chat")


async def test_nothing_listening_is_said_so() -> None:
    async with answering() as port:
        pass
    with pytest.raises(TransportError, match=f"nothing listens at 127.0.0.1:{port}") as failure:
        await open_link(f"jsonmesh+mqtt://127.0.0.1:{port}")
    assert not failure.value.is_final


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".example", "x..y"])
async def test_a_name_that_is_not_known_is_said_so(host: str) -> None:
    with pytest.raises(TransportError, match=r"DNS|cannot connect"):
        await open_link(f"jsonmesh+mqtt://{host}:1883")


async def test_giving_up_leaves_no_thread_behind(monkeypatch) -> None:
    def connecting() -> list[str]:
        return [item.name for item in threading.enumerate() if item.name.startswith("connect")]

    monkeypatch.setattr("meshtui.transports.mqtt_login.OPEN_TIMEOUT_S", 0.2)
    async with answering() as port:
        for scheme in ("mqtts", "ws", "wss"):
            with pytest.raises(TransportError):
                await open_link(f"jsonmesh+{scheme}://127.0.0.1:{port}")
        await eventually(lambda: not connecting(), 2)
