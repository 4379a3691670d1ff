"""The Bluetooth bed, for whoever asks for it."""

import pytest

from meshtui.transports import ble_scan


@pytest.fixture(scope="module")
def whole_bed():
    from tests.support.ble_bed import running_bed

    with running_bed() as bed:
        yield bed


@pytest.fixture
def bed(whole_bed, monkeypatch):
    """A bed as new, and waits that are short."""
    monkeypatch.setattr(ble_scan, "RIVAL_S", 0.2)
    monkeypatch.setattr(ble_scan, "PATTERN_RIVAL_S", 0.4)
    monkeypatch.setattr(ble_scan, "FIND_TIMEOUT_S", 1.0)
    monkeypatch.setattr(ble_scan, "REFRESH_S", 0.1)
    yield whole_bed
    whole_bed.tidy()
