"""What a node counts."""

from __future__ import annotations

import pytest

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.packet import NO_RX, RxMeta
from meshtui.networks.meshcore.node.settings import mesh_radio
from meshtui.networks.meshcore.node.stats import NodeStats

RADIO = mesh_radio()


def test_time_on_air_is_added_up_both_ways() -> None:
    stats = NodeStats()

    stats.count_heard(bytes(40), RxMeta(-90, 2.5), RADIO)
    stats.count_heard(bytes(40), NO_RX, RADIO)
    stats.count_sent(b"\x11" + bytes(39), RADIO)
    stats.count_sent(b"\x12" + bytes(39), RADIO)

    assert stats.rx_air_ms == pytest.approx(2 * time_on_air_ms(40, RADIO))
    assert stats.tx_air_ms == stats.rx_air_ms
    assert (stats.received, stats.sent, stats.sent_flood, stats.sent_direct) == (2, 2, 1, 1)
    assert (stats.last_rssi_dbm, stats.last_snr_db) == (-90, 2.5)


def test_a_node_that_has_not_begun_is_not_up() -> None:
    stats = NodeStats()

    assert stats.uptime_s(50.0) == 0
    stats.started_s = 10.0
    assert stats.uptime_s(50.0) == 40
    assert stats.uptime_s(5.0) == 0
