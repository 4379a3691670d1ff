"""The tests' own gateways do what gateways do, or flows over them prove nothing."""

from __future__ import annotations

import pytest

from tests.support.gateway_pair import gateways, in_a_line
from tests.support.links import opened
from tests.support.mosquitto import eventually

KINDS = ("serial", "tcp")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_line_comes_out_of_the_other_with_how_it_was_heard(kind) -> None:
    async with gateways(2, kind) as air, opened(air.urls[0]) as left, opened(air.urls[1]) as right:
        await left.send(b"first\nsec")
        await left.send(b"ond\n" + b"x" * 241 + b"\n")
        await eventually(lambda: len(air.too_long) == 1)
        await eventually(
            lambda: b"".join(right.payloads) == b"RSSI:-92|SNR:7.5|first\nRSSI:-92|SNR:7.5|second\n"
        )
        await right.send(b"back\n")
        await eventually(lambda: left.payloads == [b"RSSI:-92|SNR:7.5|back\n"])
        assert air.lines == [(0, b"first"), (0, b"second"), (1, b"back")]


@pytest.mark.parametrize("kind", KINDS)
async def test_those_out_of_reach_hear_nothing(kind) -> None:
    async with (
        gateways(3, kind, hears=in_a_line) as air,
        opened(air.urls[0]) as first,
        opened(air.urls[1]) as second,
        opened(air.urls[2]) as third,
    ):
        await first.send(b"a\n")
        await eventually(lambda: second.frames)
        await second.send(b"b\n")
        await eventually(lambda: first.frames and third.frames)
        assert third.payloads == [b"RSSI:-92|SNR:7.5|b\n"]


async def test_a_gateway_can_be_unplugged() -> None:
    async with gateways() as air, opened(air.urls[0]) as left:
        air.gateways[0].unplug()
        await eventually(lambda: left.lost is not None)
        air.gateways[0].replug()
        async with opened(air.urls[0]) as again, opened(air.urls[1]) as right:
            await right.send(b"hello\n")
            await eventually(lambda: again.frames)
