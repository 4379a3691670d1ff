"""Heavy libraries wait for the command that needs them; static contracts cannot see when."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCREEN = {"textual", "rich"}
RADIOS = {"bleak", "dbus_fast", "serial", "serial_asyncio"}
HEAVY = {
    *SCREEN,
    *RADIOS,
    "cbor2",
    "paho",
    "coincurve",
    "cryptography",
    "amqtt",
    "sqlite3",
    "orjson",
    "asyncio",
    "ssl",
}
HEADLESS = (
    "meshtui.cli.mesh",
    "meshtui.cli.send",
    "meshtui.cli.listen",
    "meshtui.cli.relay",
    "meshtui.cli.identity",
    "meshtui.cli.doctor",
    "meshtui.cli.history",
    "meshtui.cli.tui",
    "meshtui.cli.demo",
    "meshtui.runtime.bootstrap",
    "meshtui.runtime.hub",
    "meshtui.runtime.setup",
    "meshtui.runtime.doctor",
    "meshtui.sim.link",
    "meshtui.transports.ble",
    "meshtui.transports.serial",
    "meshtui.store.writer",
    "meshtui.networks.jsonmesh.network",
    "meshtui.transports.mqtt",
)


def loaded_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and name the top-level modules it left loaded."""
    script = (
        f"{code}\nimport sys\nprint('LOADED', *{{name.partition('.')[0] for name in sys.modules}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["--version"],
        ["send", "--help"],
        ["sim", "--help"],
        ["inspect", "--help"],
        ["capture", "--help"],
        ["nonsense"],
    ],
)
def test_help_loads_nothing_heavy(argv: list[str]) -> None:
    loaded = loaded_after(f"from meshtui.cli.main import main; main({argv!r})")

    assert "meshtui" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("module", HEADLESS)
def test_a_headless_module_leaves_the_screen_alone(module: str) -> None:
    assert loaded_after(f"import {module}") & SCREEN == set()


def test_a_transport_waits_with_its_library_for_the_first_link() -> None:
    urls = ("mqtt://host", "serial:///dev/ttyUSB0", "ble://name", "tcp://host:1", "sim://dm60")
    code = (
        "from meshtui.transports.url import parse_link_url\n"
        f"for url in {urls}: parse_link_url('jsonmesh+' + url)"
    )

    assert loaded_after(code) & {"paho", "amqtt", *RADIOS} == set()


def test_a_feed_waits_with_its_library_until_it_opens() -> None:
    code = "from meshtui.transports.mqtt_feed import Publication, open_feed; Publication('t', b'')"

    assert "paho" not in loaded_after(code)


def test_the_first_screen_needs_no_library_of_a_link() -> None:
    parts = (
        "tui.app, meshtui.tui.screens.main, meshtui.tui.screens.welcome, meshtui.runtime.setup, "
        "meshtui.runtime.bootstrap, meshtui.transports.mqtt"
    )

    loaded = loaded_after(f"import meshtui.{parts}, meshtui.networks.jsonmesh.network")

    assert "textual" in loaded
    assert loaded & {"paho", "amqtt", "cbor2", *RADIOS} == set()


def test_a_network_loads_what_takes_packets_and_bodies_apart_when_there_is_one() -> None:
    rare = ("dissect", "cashu", "bitcoin")
    code = (
        "import sys, meshtui.networks.jsonmesh.network\n"
        f"for name in {rare}: assert f'meshtui.networks.jsonmesh.{{name}}' not in sys.modules, name"
    )

    assert "meshtui" in loaded_after(code)
