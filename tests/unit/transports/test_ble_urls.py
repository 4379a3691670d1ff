"""Bluetooth devices in link URLs: addresses, names, and what names may hold."""

from __future__ import annotations

import pytest

from meshtui.errors import ConfigError
from meshtui.model.ids import NetworkName
from meshtui.transports.ble_scan import Radio, is_address, radio_url
from meshtui.transports.url import parse_link_url, safe_url

MAC = "C4:00:00:00:00:01"
UUID = "6E400001-B5A3-F393-E0A9-E50E24DCCA9E"


def radio(name: str = "GW", address: str = MAC, *, is_lasting: bool = True) -> Radio:
    return Radio(name, name, address, -50, True, is_lasting, None)


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        (MAC, MAC.lower()),
        (MAC.lower(), MAC.lower()),
        (UUID, UUID.lower()),
        ("MESH-GW", "mesh-gw"),
        ("My%20Radio%2F7%40home%3A1", "my Radio/7@home:1"),
        ("r%C3%A4dio", "rädio"),
    ],
)
def test_an_address_or_a_name_leads_there_and_back(host: str, meant: str) -> None:
    network, spec = parse_link_url(f"jsonmesh+ble://{host}?adapter=hci1&sf=9")
    again = parse_link_url(safe_url(network, spec))[1]

    assert spec.host.casefold() == meant.casefold()
    assert spec.port is None
    assert again.host.casefold() == meant.casefold()


@pytest.mark.parametrize("url", ["jsonmesh+ble://", "jsonmesh+ble://a%1Bb", "jsonmesh+ble://a%FF"])
def test_what_is_no_name_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        parse_link_url(url)


@pytest.mark.parametrize("text", [MAC, MAC.lower(), UUID])
def test_addresses_are_known(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize("text", ["", "MESH-GW", MAC + ":02", MAC[:-1], f" {MAC}", MAC + "\n"])
def test_names_are_not_taken_for_addresses(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize("name", ["GW", "", "a b&c=#?/@:%\x1b", "\u202e", "ä" * 300, "--"])
def test_a_url_is_made_of_any_name_and_leads_to_the_address(name: str) -> None:
    _, spec = parse_link_url(radio_url("jsonmesh", radio(name)))
    assert spec.host == MAC.lower()


def test_a_radio_whose_address_changes_is_named_by_its_name() -> None:
    url = radio_url("jsonmesh", radio("a b/ä%", is_lasting=False))
    assert parse_link_url(url)[1].host.casefold() == "a b/ä%"


@pytest.mark.parametrize("name", ["", "\x1b[2J"])
def test_but_not_by_a_name_no_url_may_hold(name: str) -> None:
    assert MAC in radio_url("jsonmesh", radio(name, is_lasting=False))


def test_a_broker_is_written_as_ever() -> None:
    url = "jsonmesh+mqtt://us%40er@[::1]:1883"
    network, spec = parse_link_url(url)
    assert network == NetworkName("jsonmesh")
    assert safe_url(network, spec) == url
