"""What becomes of a packet, in order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.model.ids import Instant
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.node.outputs import ControlHeard, Dropped, Send
from meshtui.networks.meshcore.node.settings import NodeSettings, repeater_settings
from tests.support.meshcore_mesh import lone_node
from tests.support.meshcore_vectors import key, raw, vectors

NOW = Instant(10.0, 1_767_225_600_000)
RX = RxMeta(-80, 5.0)
WEAK = RxMeta(-120, -12.0)


@pytest.mark.parametrize("entry", vectors()["negative"], ids=lambda entry: entry["name"])
def test_what_the_firmware_does_not_parse_is_an_error_and_the_rest_is_none(entry) -> None:
    node = lone_node(key("R"), repeater_settings("r"))

    outputs = node.hear(bytes.fromhex(entry["hex"]), RX, NOW)

    assert bool(node.stats.errors) == (entry["firmware_parses"] is False)
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("0d00aabb", "short"),
        ("090081", "short"),
        ("1d0081aabb", "short"),
        ("3d000102", "raw-flood"),
        ("3100aabb", "unknown-type"),
        ("2e01ed80", "not-zero-hop"),
        ("2e0005", "unknown-type"),
        ("2600", "short"),
        ("2a00", "short"),
    ],
)
def test_a_packet_that_is_not_whole_says_why(data, reason) -> None:
    node = lone_node(key("R"), repeater_settings("r"))

    assert node.hear(bytes.fromhex(data), RX, NOW) == [Dropped(reason)]


def test_a_call_to_the_neighbours_is_told() -> None:
    (heard,) = lone_node(key("A")).hear(bytes.fromhex("2e00a0"), RX, NOW)

    assert isinstance(heard, ControlHeard)


def test_packets_are_counted_by_how_they_travel() -> None:
    node = lone_node(key("R"), repeater_settings("r"))

    for data in ("0d00aabbccdd", "0d00aabbccdd", "0e00aabbccdd", "0e00aabbccdd", "00"):
        node.hear(bytes.fromhex(data), RX, NOW)

    stats = node.stats
    assert (stats.received, stats.received_flood, stats.received_direct) == (5, 2, 2)
    assert (stats.flood_dups, stats.direct_dups, stats.errors) == (1, 2, 1)


def test_a_flood_heard_badly_is_looked_at_later_and_perhaps_never_passed_on() -> None:
    node = lone_node(key("R"), replace(repeater_settings("r"), rx_delay_base=10.0))
    data = b"\x0d\x00" + bytes(60)

    assert node.hear(data, WEAK, NOW) == []
    deadline = node.next_deadline_s
    assert deadline is not None
    assert deadline > NOW.mono_s
    better = node.hear(data, RxMeta(-60, 9.0), NOW)
    assert isinstance(better[0], Send)
    assert node.tick(Instant(deadline, NOW.unix_ms + 1)) == [Dropped("seen")]


def test_a_packet_along_a_path_never_lies() -> None:
    node = lone_node(key("A"), NodeSettings(name="a", rx_delay_base=10.0))

    assert node.hear(bytes.fromhex("0e00aabbccdd"), WEAK, NOW) == [Dropped("not-for-us")]


@pytest.mark.parametrize(
    "data",
    [
        raw("RAW_CUSTOM zero hop"),
        raw("ADVERT zero hop B"),
        b"\x16\x00" + raw("GRP_TXT #test")[2:],
        b"\x0e\x00abcd",
        b"\x0a\x00" + raw("TXT_MSG A->B flood")[2:],
        b"\x1e\x00" + raw("ANON_REQ login A->B (repeater")[3:],
    ],
)
def test_what_came_to_us_directly_is_handled_once(data) -> None:
    node = lone_node(key("R"), repeater_settings("r"))

    first = node.hear(data, RX, NOW)

    assert first != [Dropped("seen")]
    assert node.hear(data, RX, NOW) == [Dropped("seen")]
    assert node.stats.direct_dups == 1
