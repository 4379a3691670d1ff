"""Finding and opening Bluetooth gateways, and every reason why it fails; the scan, the doctor."""

from __future__ import annotations

import asyncio

import pytest

from meshtui.errors import TransportError
from meshtui.runtime import doctor, doctor_gateways, setup
from meshtui.runtime.api import NearbyRadio
from meshtui.transports import ble_scan
from meshtui.transports.url import parse_link_url
from tests.support.ble_bed import ADDRESS, BATTERY, private_bus
from tests.support.links import open_link, opened
from tests.support.mosquitto import eventually

pytestmark = pytest.mark.ble
BY_NAME = "jsonmesh+ble://MESH-GW"
BY_ADDRESS = f"jsonmesh+ble://{ADDRESS}"


async def refused(url: str) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await open_link(url)
    return caught.value


async def test_a_radio_out_of_reach_is_told_with_what_was_heard_instead(bed) -> None:
    error = await refused("jsonmesh+ble://nobody")
    assert "nobody is not in reach" in str(error)
    assert f"MESH-GW ({ADDRESS}, -55 dBm)" in str(error)
    assert not error.is_final
    assert "C4:00:00:00:00:09 is not" in str(await refused("jsonmesh+ble://c4:00:00:00:00:09"))


async def test_two_of_one_name_are_not_guessed_between(bed) -> None:
    other = bed.add("MESH-GW", "C4:00:00:00:00:02")
    error = await refused(BY_NAME)
    assert error.is_final
    assert "2 devices are called MESH-GW; write the address" in str(error)
    assert ADDRESS in str(error)
    async with opened("jsonmesh+ble://C4:00:00:00:00:02") as link:
        await link.send(b"you")
        await eventually(lambda: other.received == b"you")
    assert bed.radio.received == b""


@pytest.mark.parametrize("pattern", ["mesh*", "M*-G*", "*-gw"])
async def test_the_only_radio_that_fits_a_pattern_is_taken_and_told(bed, pattern: str) -> None:
    bed.add("OTHER", "C4:00:00:00:00:02")
    async with opened(f"jsonmesh+ble://{pattern}") as link:
        assert link.link.remark == f"took MESH-GW ({ADDRESS}, -55 dBm)"


async def test_any_name_means_any_radio_but_no_headphones(bed) -> None:
    bed.do(bed.bluez.haunt, "C4:00:00:00:00:02", "EARS", -20)
    async with opened("jsonmesh+ble://*") as link:
        assert "took MESH-GW" in link.link.remark


@pytest.mark.parametrize("pattern", ["NO*", "M*-G%3F*", "%5BM%5D*"])
async def test_nothing_but_the_star_stands_for_something(bed, pattern: str) -> None:
    error = await refused(f"jsonmesh+ble://{pattern}")
    assert "is in reach and free; heard instead: MESH-GW" in str(error)


async def test_of_two_that_fit_none_is_taken_but_the_one_that_is_paired(bed) -> None:
    other = bed.add("MESH-2", "C4:00:00:00:00:02")
    error = await refused("jsonmesh+ble://MESH*")
    assert error.is_final
    assert "2 devices fit MESH*; write the address: MESH-" in str(error)
    assert ADDRESS in str(error)
    assert other.address in str(error)
    async with opened(f"jsonmesh+ble://{other.address}?pair=1"):
        pass

    async with opened("jsonmesh+ble://MESH*") as link:
        assert "took MESH-2 (C4:00:00:00:00:02" in link.link.remark


async def test_hostile_names_are_harmless_and_many_of_them_bounded(bed) -> None:
    bed.do(bed.bluez.haunt, "C4:00:00:00:01:00", "a\x1b[31m\u202eb\n" + "x" * 248, -20)
    for number in range(150):
        bed.do(bed.bluez.haunt, f"C4:00:00:00:02:{number:02X}", f"ghost {number}", None)
    error = await refused("jsonmesh+ble://nobody")
    assert str(error).isprintable()
    assert len(str(error)) < 600
    assert f"and {ble_scan.MAX_SEEN - 5} more" in str(error)


async def test_a_device_without_a_uart_is_named(bed) -> None:
    bed.add("NOUART", "C4:00:00:00:00:02", service=BATTERY)
    error = await refused("jsonmesh+ble://nouart")
    assert "NOUART has no Nordic UART service" in str(error)
    assert error.is_final


async def test_a_uart_that_cannot_notify_is_named(bed) -> None:
    bed.add("DEAF", "C4:00:00:00:00:02", notifies=False)
    assert "DEAF has a UART that cannot notify" in str(await refused("jsonmesh+ble://deaf"))
    await eventually(lambda: not bed.radios[-1].is_connected)


async def test_a_uart_with_its_directions_swapped_is_named(bed) -> None:
    bed.add("SWAPPED", "C4:00:00:00:00:02", is_swapped=True)
    assert "cannot notify" in str(await refused("jsonmesh+ble://swapped"))


async def test_who_shares_a_gateway_is_told(bed) -> None:
    async with opened(BY_NAME) as first, opened(BY_ADDRESS) as second:
        assert first.link.remark == ""
        assert "another program listens" in second.link.remark
    async with opened(BY_NAME) as alone:
        assert alone.link.remark == ""


@pytest.mark.parametrize(
    ("member", "name", "words"),
    [
        ("Pair", "AuthenticationFailed", "pairing with MESH-GW failed"),
        ("Pair", "AuthenticationRejected", "MESH-GW refuses"),
        ("StartNotify", "NotPermitted", "MESH-GW does not let us in"),
        ("Connect", "AuthenticationFailed", "pairing with MESH-GW failed"),
    ],
)
async def test_a_radio_that_does_not_let_us_in(bed, member: str, name: str, words: str) -> None:
    bed.bluez.faults[member] = (f"org.bluez.Error.{name}", "no")
    error = await refused(f"{BY_NAME}?pair=1" if member == "Pair" else BY_NAME)
    assert words in str(error)
    assert f"(bluetoothctl pair {ADDRESS})" in str(error)
    assert error.is_final
    await eventually(lambda: not bed.radio.is_connected)


async def test_a_radio_is_paired_with_when_asked(bed) -> None:
    async with opened(f"{BY_NAME}?pair=1"):
        assert "Pair" in bed.bluez.calls


async def test_a_connect_that_fails_says_so_and_the_next_works(bed) -> None:
    bed.bluez.faults["Connect"] = ("org.bluez.Error.Failed", "br-connection-unknown\x1b[2J")
    error = await refused(BY_NAME)
    assert "br-connection-unknown" in str(error)
    assert str(error).isprintable()
    async with opened(BY_NAME):
        pass


async def test_an_adapter_that_is_off_missing_or_pulled_out(bed) -> None:
    bed.do(bed.bluez.set_powered, False)
    off = await refused(BY_NAME)
    bed.do(bed.bluez.set_powered, True)
    unknown = await refused(f"{BY_NAME}?adapter=hci7")
    bed.do(bed.bluez.unplug)
    await asyncio.sleep(0.1)
    gone = await refused(BY_NAME)
    bed.do(bed.bluez.unplug, False)
    await asyncio.sleep(0.1)
    assert "adapter is off" in str(off)
    assert not off.is_final
    assert "there is no adapter 'hci7'" in str(unknown)
    assert "no Bluetooth adapter" in str(gone)
    async with opened(f"{BY_NAME}?adapter=hci0"):
        pass


async def test_an_adapter_pulled_out_under_an_open_link(bed) -> None:
    async with opened(BY_NAME) as link:
        bed.do(bed.bluez.unplug)
        await eventually(lambda: link.lost is not None)
        bed.do(bed.bluez.unplug, False)


async def test_no_bus_at_all(bed, monkeypatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
    error = await refused(BY_NAME)
    assert "no system D-Bus here" in str(error)
    assert error.is_final


async def test_a_bus_without_bluez(bed, monkeypatch) -> None:
    with private_bus() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        error = await refused(BY_NAME)
    assert "systemctl start bluetooth" in str(error)


# --- the scan ---


async def test_a_scan_shows_uarts_the_strongest_first(bed) -> None:
    bed.do(bed.bluez.haunt, "C4:00:00:00:01:00", "NEAR", -30, [ble_scan.UART_SERVICE])
    bed.do(bed.bluez.haunt, "C4:00:00:00:01:01", "HEADSET", -20, [BATTERY])
    bed.do(bed.bluez.haunt, "44:00:00:00:01:02", "MOVING ON", None, [ble_scan.UART_SERVICE])
    seen = [radios async for radios in ble_scan.scan("", 0.4)]
    assert [radio.name for radio in seen[-1]] == ["NEAR", "MESH-GW", "MOVING ON"]
    assert [ble_scan.radio_url("jsonmesh", radio) for radio in seen[-1]] == [
        "jsonmesh+ble://C4:00:00:00:01:00?title=NEAR",
        f"{BY_ADDRESS}?title=MESH-GW",
        "jsonmesh+ble://MOVING%20ON",
    ]


async def test_a_first_run_hears_what_a_scan_hears(bed, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(setup, "LISTEN_S", 0.3)
    first_run = setup.ProfileSetup(tmp_path / "keys.json", lambda _: None)
    heard = [radios async for radios in first_run.radios()]
    assert heard[-1] == [NearbyRadio("MESH-GW", ADDRESS, -55, f"{BY_ADDRESS}?title=MESH-GW")]
    assert (await first_run.check_link(heard[-1][0].url)).problem == ""
    bed.do(bed.bluez.set_powered, False)
    await asyncio.sleep(0.1)
    assert "adapter is off" in (await first_run.check_link(heard[-1][0].url)).problem


# --- the doctor ---


async def checks_of(url: str) -> list[tuple[str, bool, str]]:
    _, spec = parse_link_url(url)
    return [
        (check.check.partition(": ")[2], check.is_ok, check.detail)
        async for check in doctor.check_link(spec, None)
    ]


async def test_the_doctor_follows_a_link_step_by_step(bed, monkeypatch) -> None:
    monkeypatch.setattr(doctor_gateways, "LISTEN_S", 0.1)
    well = await checks_of(BY_NAME)
    assert [(step, is_ok) for step, is_ok, _ in well] == [
        ("bluetooth", True),
        ("radio", True),
        ("open", True),
        ("hears", True),
    ]
    assert f"MESH-GW ({ADDRESS}, -55 dBm)" in well[1][2]


async def test_the_doctor_stops_where_it_fails(bed) -> None:
    away = await checks_of("jsonmesh+ble://nobody")
    bed.add("NOUART", "C4:00:00:00:00:02", service=BATTERY)
    other = await checks_of("jsonmesh+ble://nouart")
    bed.do(bed.bluez.set_powered, False)
    await asyncio.sleep(0.1)
    off = await checks_of(BY_NAME)
    assert away[-1][:2] == ("radio", False)
    assert other[-1][:2] == ("open", False)
    assert off == [("bluetooth", False, off[0][2])]
    assert "adapter is off" in off[0][2]
