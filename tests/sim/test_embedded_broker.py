"""The demo's broker, driven by a real client over real sockets."""

from __future__ import annotations

import asyncio
import socket
import sys
import time

import paho.mqtt.client as mqtt
import pytest

from meshtui.errors import ConfigError, TransportError
from meshtui.sim.broker import EmbeddedBroker, require_broker

pytest.importorskip("amqtt", reason="the extra `demo` is not installed")

WAIT_S = 5.0


class Client:
    """A paho client on its own thread; everything it hears is in `heard`."""

    def __init__(
        self, port: int, name: str, *, clean: bool = True, will: str = "", acknowledges: bool = True
    ) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._paho = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=name,
            clean_session=clean,
            manual_ack=not acknowledges,
        )
        self._paho.on_message = lambda _c, _u, message: self.heard.append(
            (message.topic, message.payload, message.retain)
        )
        if will:
            self._paho.will_set(will, b"gone", qos=1, retain=True)
        self._paho.connect("127.0.0.1", port)
        self._paho.loop_start()
        wait_for(self._paho.is_connected)

    def subscribe(self, *topics: str) -> None:
        done: list[int] = []
        self._paho.on_subscribe = lambda *_: done.append(1)
        for topic in topics:
            self._paho.subscribe(topic, qos=1)
        wait_for(lambda: len(done) == len(topics))

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._paho.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WAIT_S)

    def hears(self, count: int) -> list[tuple[str, bytes, bool]]:
        wait_for(lambda: len(self.heard) >= count)
        return sorted(self.heard)

    def vanish(self) -> None:
        """Lose the connection without a word."""
        self._paho.loop_stop()
        self._paho.socket().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._paho.disconnect()
        self._paho.loop_stop()


def wait_for(condition) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.005)


@pytest.fixture
async def port():
    broker = EmbeddedBroker()
    yield await broker.start()
    await broker.stop()


async def test_a_latecomer_gets_what_was_retained_and_nothing_it_did_not_ask_for(port) -> None:
    def story():
        early = Client(port, "early")
        early.subscribe("a/+", "b/#")
        early.publish("a/1", b"one", retain=True)
        early.publish("b/2", b"two", retain=True)
        late = Client(port, "late")
        late.subscribe("a/+")
        late.publish("a/9", b"end")
        heard = late.hears(2)
        early.close()
        late.close()
        return heard

    heard = await asyncio.to_thread(story)

    assert heard == [("a/1", b"one", True), ("a/9", b"end", False)]


async def test_an_empty_retained_payload_deletes(port) -> None:
    def story():
        one = Client(port, "one")
        one.publish("a/1", b"one", retain=True)
        one.publish("a/1", b"", retain=True)
        two = Client(port, "two")
        two.subscribe("a/+")
        two.publish("a/2", b"end")
        heard = two.hears(1)
        one.close()
        two.close()
        return heard

    assert await asyncio.to_thread(story) == [("a/2", b"end", False)]


async def test_the_will_is_sent_and_retained_when_a_client_vanishes(port) -> None:
    def story():
        watcher = Client(port, "watcher")
        watcher.subscribe("identity/+")
        Client(port, "mortal", will="identity/mortal").vanish()
        heard = watcher.hears(1)
        late = Client(port, "late")
        late.subscribe("identity/+")
        heard += late.hears(1)
        watcher.close()
        late.close()
        return heard

    heard = await asyncio.to_thread(story)

    assert heard == [("identity/mortal", b"gone", False), ("identity/mortal", b"gone", True)]


async def test_a_clean_farewell_leaves_no_will(port) -> None:
    def story():
        watcher = Client(port, "watcher")
        watcher.subscribe("#")
        Client(port, "polite", will="identity/polite").close()
        watcher.publish("end", b"")
        heard = watcher.hears(1)
        watcher.close()
        return heard

    assert await asyncio.to_thread(story) == [("end", b"", False)]


async def test_a_persistent_session_gets_what_came_while_it_was_away(port) -> None:
    def story():
        sleeper = Client(port, "sleeper", clean=False)
        sleeper.subscribe("dm/sleeper")
        sleeper.close()
        time.sleep(1.2)  # the broker forgets sessions that may be forgotten once a second
        writer = Client(port, "writer")
        for index in range(5):
            writer.publish("dm/sleeper", b"%d" % index)
        writer.close()
        awake = Client(port, "sleeper", clean=False)
        wait_for(lambda: len(awake.heard) == 5)
        awake.close()
        return awake.heard

    late = [("dm/sleeper", b"%d" % index, False) for index in range(5)]
    assert await asyncio.to_thread(story) == late


async def test_a_client_that_acknowledges_late_can_subscribe_meanwhile(port) -> None:
    def story():
        sleeper = Client(port, "sleeper", clean=False)
        sleeper.subscribe("dm/sleeper")
        sleeper.close()
        writer = Client(port, "writer")
        writer.publish("dm/sleeper", b"late")
        writer.close()
        awake = Client(port, "sleeper", clean=False, acknowledges=False)
        began_s = time.monotonic()
        awake.subscribe("other")
        passed_s = time.monotonic() - began_s
        awake.close()
        return passed_s

    assert await asyncio.to_thread(story) < 2.0


async def test_wildcards_take_one_level_or_the_rest(port) -> None:
    def story():
        one = Client(port, "one")
        one.subscribe("route/+")
        one.publish("route/a/b", b"too deep")
        one.publish("route/a", b"right")
        heard = one.hears(1)
        one.close()
        return heard

    assert await asyncio.to_thread(story) == [("route/a", b"right", False)]


async def test_brokers_in_one_process_are_islands(port) -> None:
    other = EmbeddedBroker()
    other_port = await other.start()

    def story():
        here, there = Client(port, "here"), Client(other_port, "there")
        there.subscribe("#")
        here.publish("a", b"here")
        there.publish("a", b"there")
        heard = there.hears(1)
        here.close()
        there.close()
        return heard

    heard = await asyncio.to_thread(story)
    await other.stop()

    assert heard == [("a", b"there", False)]


async def test_a_stopped_broker_leaves_its_port_free(port) -> None:
    first = EmbeddedBroker()
    taken = await first.start()
    client = await asyncio.to_thread(Client, taken, "still-there")

    await first.stop()
    await first.stop()
    again = EmbeddedBroker()

    assert await again.start(port=taken) == taken
    await again.stop()
    await asyncio.to_thread(client.close)


async def test_a_taken_port_is_an_error_for_a_person(port) -> None:
    with pytest.raises(TransportError, match=str(port)):
        await EmbeddedBroker().start(port=port)


def test_without_its_library_the_broker_says_how_to_get_it(monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ConfigError, match=r"meshtui-client\[demo\]"):
        require_broker()


def test_the_library_waits_until_a_broker_starts() -> None:
    import subprocess

    code = "import sys, meshtui.sim.broker; sys.exit('amqtt' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
