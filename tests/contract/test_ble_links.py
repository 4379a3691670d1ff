"""Bluetooth gateways: bleak's own BlueZ backend against a peripheral in memory."""

from __future__ import annotations

import pytest

from meshtui.transports import ble_scan
from tests.support.ble_bed import ADDRESS, running_bed
from tests.support.links import opened
from tests.support.mosquitto import eventually

pytestmark = pytest.mark.ble
BY_NAME = "jsonmesh+ble://MESH-GW"
BY_ADDRESS = f"jsonmesh+ble://{ADDRESS}"


@pytest.fixture(scope="module")
def whole_bed():
    with running_bed() as bed:
        yield bed


@pytest.fixture
def bed(whole_bed, monkeypatch):
    """A bed as new, and waits that are short."""
    monkeypatch.setattr(ble_scan, "RIVAL_S", 0.2)
    monkeypatch.setattr(ble_scan, "FIND_TIMEOUT_S", 1.0)
    monkeypatch.setattr(ble_scan, "REFRESH_S", 0.1)
    yield whole_bed
    whole_bed.tidy()


def said(link) -> bytes:
    return b"".join(link.payloads)


@pytest.mark.parametrize("url", [BY_NAME, BY_ADDRESS, BY_NAME.lower(), BY_ADDRESS.lower()])
async def test_a_radio_is_found_by_name_or_address_and_both_sides_hear(bed, url: str) -> None:
    async with opened(url) as link:
        bed.do(bed.radio.say, b"from the air\n")
        await link.send(b"to the air\n")
        await eventually(lambda: said(link) == b"from the air\n")
        await eventually(lambda: bed.radio.received == b"to the air\n")
        await eventually(lambda: len(link.transmitted) == 1)
