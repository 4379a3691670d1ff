"""The simulated KISS modem answers as the firmware does, and follows what it is tuned to."""

from __future__ import annotations

import pytest

from meshtui.networks.meshcore.kiss import (
    Hardware,
    KissDeframer,
    KissFrame,
    ModemRadio,
    data_frame,
    encode_radio,
    hardware_frame,
)
from meshtui.sim.kiss_modem import UNTUNED, KissModem, ModemStation, tuning_of
from meshtui.sim.meshcore_world import MeshcoreWorld
from meshtui.sim.radio_scenario import parse_radio_scenario
from tests.support.companion_server import STREET
from tests.support.meshcore_vectors import raw, vectors

US = ModemRadio(910_525_000, 62_500, 7, 5)
ADVERT = raw("ADVERT zero hop B name only")


@pytest.fixture
def world() -> MeshcoreWorld:
    """A street; we are its last node, a modem that nobody has tuned."""
    return MeshcoreWorld(parse_radio_scenario(STREET.encode(), "street", ""), has_guest=True)


def placed(world: MeshcoreWorld) -> tuple[ModemStation, bytearray]:
    """Put a modem into the guest's place; returns it and what it will have said."""
    said = bytearray()
    return ModemStation(world, len(world.stations) - 1, KissModem(), said.extend), said


def tune(station: ModemStation, radio: ModemRadio) -> None:
    station.take(hardware_frame(Hardware.SET_RADIO, encode_radio(radio)))


def packets_in(said: bytearray) -> list[bytes]:
    frames = [frame for frame in KissDeframer().feed(bytes(said)) if isinstance(frame, KissFrame)]
    return [frame.data for frame in frames if not frame.command]


@pytest.mark.parametrize(
    "name",
    [
        "SetRadio",
        "GetRadio",
        "GetTxPower",
        "GetCurrentRssi",
        "IsChannelBusy",
        "GetDeviceName",
        "Ping",
        "SetSignalReport off",
        "SetSignalReport on",
        "unknown sub-command",
        "TXDELAY 0",
    ],
)
def test_it_answers_as_the_firmware_answered(name: str) -> None:
    exchange = next(each for each in vectors()["kiss_frames"] if each["name"] == name)
    modem = KissModem(ModemRadio(869_618_000, 62_500, 8, 8), 22, "Host Sim")

    said = modem.feed(bytes.fromhex(exchange["to_device"]))

    assert said.hex().upper() == "".join(exchange.get("from_device", []))


def test_one_packet_is_taken_at_a_time() -> None:
    modem = KissModem()

    first, second = modem.feed(data_frame(ADVERT)), modem.feed(data_frame(ADVERT))

    assert (first, second) == (b"", hardware_frame(Hardware.ERROR, b"\x07"))
    assert modem.sent() == hardware_frame(Hardware.TX_DONE, b"\x01")
    assert modem.feed(data_frame(ADVERT)) == b""
    assert modem.taken == 2
    assert KissModem().feed(data_frame(b"\0")) == hardware_frame(Hardware.ERROR, b"\x01")


@pytest.mark.parametrize("code", [Hardware.SET_RADIO, Hardware.SET_POWER, Hardware.SET_REPORT])
def test_half_a_setting_is_refused(code: Hardware) -> None:
    assert KissModem().feed(hardware_frame(code)) == hardware_frame(Hardware.ERROR, b"\x01")


def test_nothing_is_kept_over_a_restart() -> None:
    modem = KissModem(US, 14)
    modem.feed(hardware_frame(Hardware.SET_REPORT, b"\0"))

    modem.feed(hardware_frame(Hardware.REBOOT))

    assert (modem.radio, modem.power_dbm, modem.reports, modem.boots) == (UNTUNED, 0, True, 2)


def test_it_is_on_the_mesh_only_while_it_is_tuned_to_it(world: MeshcoreWorld) -> None:
    station, said = placed(world)
    near = world.stations[0]
    heard: list[bytes] = []
    near.overhear = lambda data, _: heard.append(data)

    for radio, is_here in ((US, False), (tuning_of(world), True), (US, False)):
        tune(station, radio)
        heard.clear()
        said.clear()
        station.take(data_frame(ADVERT))
        world.engine.run_until(world.engine.now_s + 5)
        near.radio.take(ADVERT + b"\0", 0, world.engine.now_s)
        world.engine.run_until(world.engine.now_s + 5)

        assert (ADVERT in heard) is is_here
        assert (ADVERT + b"\0" in packets_in(said)) is is_here
        assert hardware_frame(Hardware.TX_DONE, b"\x01") in said


def test_its_node_says_nothing_by_itself(world: MeshcoreWorld) -> None:
    station, _ = placed(world)
    tune(station, tuning_of(world))

    world.engine.run_until(600.0)

    assert station.radio.counts.sent == 0
    assert not station.is_on
