"""KISS modems: a device or host and port, and a radio that is set whole or not at all."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from meshtui.errors import ConfigError, TransportError
from meshtui.model.ids import Instant
from meshtui.model.link import LinkKind, LinkSetup
from meshtui.model.packet import Frame, Transmit
from meshtui.networks.meshcore.kiss import Hardware, KissDeframer, KissFrame, hardware_frame
from meshtui.transports.kiss import KISS
from meshtui.transports.radio import radio_settings
from meshtui.transports.registry import load_transport
from meshtui.transports.url import parse_link_url
from tests.support.fake_kiss_modem import FakeKissModem, serve_on_a_terminal

NOW = Instant(1.0, 1)


def spec_of(rest: str):
    return parse_link_url(f"meshcore+kiss://{rest}")[1]


@pytest.mark.parametrize("rest", ["/dev/ttyACM0", "host:5001", "/dev/x?freq=869.618&sf=8"])
def test_a_device_or_a_host_with_a_port_is_accepted(rest) -> None:
    KISS.check(spec_of(rest))


@pytest.mark.parametrize("rest", ["host", "me@host:5001", "host:5001/dev", "/dev/x?baud=fast"])
def test_what_leads_nowhere_is_refused_with_what_to_write(rest) -> None:
    with pytest.raises(TransportError) as caught:
        KISS.check(spec_of(rest))

    assert caught.value.is_final


@pytest.mark.parametrize("option", ["sf=7", "bw=125", "cr=5", "preamble=16"])
def test_a_radio_is_set_whole_or_left_alone(option) -> None:
    with pytest.raises(TransportError, match="add freq="):
        KISS.check(spec_of(f"/dev/x?{option}"))

    KISS.check(spec_of(f"/dev/x?freq=869.618&{option}"))


def test_without_a_frequency_the_modem_keeps_its_radio() -> None:
    radio = radio_settings(spec_of("/dev/x"))

    assert radio is not None
    assert (radio.frequency_mhz, radio.power_dbm) == (None, None)
    assert (radio.max_frame_bytes, radio.duty_cycle) == (255, 0.1)


def test_with_a_frequency_the_rest_is_meshcores() -> None:
    radio = radio_settings(spec_of("/dev/x?freq=869.618&power=-3&duty=50"))
    other = radio_settings(spec_of("/dev/x?freq=915&sf=10&bw=250&cr=5"))

    assert radio is not None
    assert other is not None
    assert (radio.frequency_mhz, radio.spreading_factor, radio.bandwidth_khz) == (869.618, 8, 62.5)
    assert (radio.coding_rate, radio.preamble_symbols, radio.power_dbm) == (8, 32, -3)
    assert (other.spreading_factor, other.preamble_symbols) == (10, 16)


@pytest.mark.parametrize("option", ["freq=0", "freq=much", "freq=869&power=31", "freq=869&power=x"])
def test_numbers_that_no_radio_has_are_refused(option) -> None:
    with pytest.raises(ConfigError):
        radio_settings(spec_of(f"/dev/x?{option}"))


def test_it_is_registered_as_a_modem() -> None:
    transport = load_transport("kiss")

    assert transport is KISS
    assert transport.kind is LinkKind.MODEM


async def version_by(spec) -> KissFrame:
    """Open a link, ask the modem's version, and return what it said."""
    link = await KISS.open(spec, LinkSetup(), lambda: NOW)
    deframer = KissDeframer()
    try:
        await link.send(Transmit(link.link_id, hardware_frame(Hardware.VERSION)))
        async with asyncio.timeout(5):
            async for arrivals in link.arrivals():
                for frame in (each for each in arrivals if isinstance(each, Frame)):
                    for event in deframer.feed(frame.payload):
                        assert isinstance(event, KissFrame)
                        return event
    finally:
        await link.aclose()
    raise AssertionError


async def test_a_modem_on_a_serial_port_answers() -> None:
    with serve_on_a_terminal(FakeKissModem()) as device:
        said = await version_by(spec_of(device))

    assert said.hardware == (Hardware.VERSION | 0x80, b"\x01\x00")


async def test_a_modem_behind_tcp_answers() -> None:
    modem = FakeKissModem()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                writer.write(modem.feed(data))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        said = await version_by(spec_of(f"127.0.0.1:{port}"))

    assert said.hardware == (Hardware.VERSION | 0x80, b"\x01\x00")


async def test_a_device_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(TransportError):
        await KISS.open(spec_of("/dev/null"), LinkSetup(), lambda: NOW)
