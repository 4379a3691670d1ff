"""What every link promises, over all transports there are."""

from __future__ import annotations

import asyncio
import contextlib
import itertools

import pytest

from meshtui.errors import LinkLostError
from meshtui.model.packet import Transmit
from meshtui.transports.registry import TRANSPORTS, load_transport
from meshtui.transports.url import COMMON_OPTIONS
from tests.support.chaos import ChaosProxy
from tests.support.links import opened
from tests.support.mosquitto import SCHEMES, eventually, running
from tests.support.pty_wire import PtyWire
from tests.support.tcp_wire import TcpWire

pytestmark = pytest.mark.broker
_names = itertools.count()


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with running(tmp_path_factory.mktemp("broker")) as mosquitto:
        yield mosquitto


class Pair:
    """Two open links, the second of which hears the first.

    `has_borders`: a frame is what one transmission carried; a stream only keeps the bytes.
    """

    def __init__(self, left, right, endpoint: str, cut, *, has_borders: bool = True) -> None:
        self.left, self.right = left, right
        self.endpoint = endpoint
        self.cut = cut
        self._has_borders = has_borders

    async def send(self, payload: bytes) -> None:
        await self.left.send(payload, self.endpoint)

    def has_heard(self, *payloads: bytes) -> bool:
        """Nothing else, and in this order."""
        if self._has_borders:
            return self.right.payloads == list(payloads)
        return b"".join(self.right.payloads) == b"".join(payloads)


@contextlib.asynccontextmanager
async def broker_pair(scheme: str, broker):
    topic = f"test/{next(_names)}"
    async with ChaosProxy(broker.ports[scheme]) as proxy:
        url = broker.url(scheme).replace(str(broker.ports[scheme]), str(proxy.port))
        async with opened(url) as left, opened(broker.url(scheme), topic) as right:
            yield Pair(left, right, topic, proxy.reset)


@contextlib.asynccontextmanager
async def loopback_pair(_scheme: str, _broker):
    url = f"jsonmesh+loopback://pair{next(_names)}"
    async with opened(url) as left, opened(url) as right:
        yield Pair(left, right, "", lambda: left.link.lose("the cable was pulled"))


@contextlib.asynccontextmanager
async def serial_pair(_scheme: str, _broker):
    with PtyWire() as wire:
        left_url, right_url = (f"jsonmesh+serial://{end.device}" for end in (wire.left, wire.right))
        async with opened(left_url) as left, opened(right_url) as right:
            yield Pair(left, right, "", wire.cut, has_borders=False)


@contextlib.asynccontextmanager
async def tcp_pair(_scheme: str, _broker):
    async with TcpWire() as wire, opened(wire.left_url) as left, opened(wire.right_url) as right:
        yield Pair(left, right, "", wire.cut, has_borders=False)


# The others need beds of their own, and have files of their own.
PAIRS = dict.fromkeys(SCHEMES, broker_pair) | {
    "loopback": loopback_pair,
    "serial": serial_pair,
    "tcp": tcp_pair,
}


@pytest.fixture(params=sorted(PAIRS))
async def pair(request, broker):
    async with PAIRS[request.param](request.param, broker) as joined:
        yield joined


async def test_frames_arrive_whole_and_in_order(pair) -> None:
    payloads = [b"%d" % number * (number % 50 + 1) for number in range(300)]
    for payload in payloads:
        await pair.send(payload)
    await eventually(lambda: pair.has_heard(*payloads))


async def test_frames_carry_their_link_and_the_time_of_arrival(pair) -> None:
    await pair.send(b"x")
    await eventually(lambda: pair.right.frames)
    (frame,) = pair.right.frames
    assert frame.link_id == pair.right.link.link_id
    assert frame.received_at.unix_ms > 1_700_000_000_000
    assert not frame.is_retained


async def test_every_transmission_is_reported_once(pair) -> None:
    for number in range(200):
        await pair.send(b"%d" % number)
    await eventually(lambda: len(pair.left.transmitted) == 200)
    assert sorted(int(item.payload) for item in pair.left.transmitted) == list(range(200))


async def test_every_byte_passes(pair) -> None:
    payload = bytes(range(256)) * 64
    await pair.send(payload)
    await eventually(lambda: pair.has_heard(payload))


async def test_a_loss_is_told_to_reader_and_sender(pair) -> None:
    pair.cut()
    await eventually(lambda: pair.left.lost is not None)
    assert pair.left.lost
    with pytest.raises(LinkLostError):
        await pair.send(b"x")
    await pair.left.link.aclose()  # still allowed, and does nothing


async def test_closing_lets_what_was_handed_over_leave_first(pair) -> None:
    payloads = [b"%d" % number for number in range(50)]
    for payload in payloads:
        await pair.send(payload)
    await pair.left.link.aclose()
    await eventually(lambda: pair.has_heard(*payloads))


async def test_a_closed_link_just_ends_and_takes_no_more(pair) -> None:
    await pair.left.link.aclose()
    await eventually(lambda: pair.left.is_ended)
    assert pair.left.lost is None
    with pytest.raises(LinkLostError):
        await pair.left.link.send(Transmit(pair.left.link.link_id, b"x", "test/x"))
    await pair.left.link.aclose()


async def test_settling_twice_or_after_the_end_is_harmless(pair) -> None:
    await pair.send(b"x")
    await eventually(lambda: pair.right.frames)
    pair.right.link.settle(pair.right.frames)
    await pair.right.link.aclose()
    pair.right.link.settle(pair.right.frames)


async def test_a_slow_reader_loses_nothing(broker) -> None:
    async with loopback_pair("", broker) as pair, asyncio.timeout(5):
        for number in range(3_000):
            await pair.send(b"%d" % number)
        await eventually(lambda: len(pair.right.frames) == 3_000)


@pytest.mark.parametrize("scheme", sorted(TRANSPORTS))
def test_a_transport_names_its_schemes_and_no_option_of_everybody(scheme: str) -> None:
    transport = load_transport(scheme)
    names = [option.name for option in transport.options]
    assert scheme in transport.schemes
    assert len(set(names)) == len(names)
    assert not set(names) & {option.name for option in COMMON_OPTIONS}
    assert all(option.help for option in transport.options)
    assert all(not o.choices or o.default in o.choices for o in transport.options)
