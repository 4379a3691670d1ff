"""The modem our tests speak to is one for others, too: `pymc_core` drives it over a terminal."""

from __future__ import annotations

import threading

import pytest

from meshtui.networks.meshcore.kiss import ModemRadio
from tests.support.companion_server import require
from tests.support.fake_kiss_modem import FakeKissModem, serve_on_a_terminal
from tests.support.meshcore_vectors import raw

pytestmark = pytest.mark.peers


@pytest.fixture
def modem() -> FakeKissModem:
    return FakeKissModem()


@pytest.fixture
def driver(modem):
    require("pymc_core")
    from pymc_core.hardware.kiss_modem_wrapper import KissModemWrapper

    with serve_on_a_terminal(modem) as device:
        wrapper = KissModemWrapper(
            port=device,
            radio_config={
                "frequency": 910_525_000,
                "bandwidth": 62_500,
                "spreading_factor": 7,
                "coding_rate": 5,
                "power": 14,
            },
            lbt_enabled=False,
        )
        assert wrapper.connect()
        try:
            yield wrapper
        finally:
            wrapper.disconnect()


def test_it_is_set_and_asked_by_another_program(modem, driver) -> None:
    assert driver.configure_radio()

    assert modem.radio == ModemRadio(910_525_000, 62_500, 7, 5)
    assert modem.power_dbm == 14
    assert driver.get_radio_config()["frequency"] == 910_525_000
    assert driver.ping()
    assert driver.get_device_name() == "Host Sim"
    assert driver.get_battery() == 3900
    assert driver.get_current_rssi() == -110
    assert driver.is_channel_busy() is False


def test_packets_pass_both_ways_through_another_program(modem, driver) -> None:
    packet = raw("GRP_TXT Public")
    heard: list[bytes] = []
    has_heard = threading.Event()

    def take(data: bytes, *_: object, **__: object) -> None:
        heard.append(bytes(data))
        has_heard.set()

    driver.set_rx_callback(take)
    assert driver.send_frame_and_wait(packet)
    modem.say(modem.hear(b"\x15\x00\xc0\xdb" + bytes(18)))

    assert has_heard.wait(5)
    assert modem.on_air == [packet]
    assert heard == [b"\x15\x00\xc0\xdb" + bytes(18)]
