"""Bodies of answers."""

from __future__ import annotations

from meshtui.model.ids import Instant
from meshtui.networks.meshcore.node.bodies import answer, status_of
from meshtui.networks.meshcore.node.clients import ClientTable, Permission
from meshtui.networks.meshcore.node.neighbours import NeighbourTable
from meshtui.networks.meshcore.node.settings import repeater_settings, room_settings
from meshtui.networks.meshcore.payloads.request import RequestBody, RequestKind
from meshtui.networks.meshcore.payloads.response import encode_status
from tests.support.meshcore_mesh import lone_node
from tests.support.meshcore_vectors import key

NOW = Instant(10.0, 1_767_225_600_000)


def _core(settings):
    core = lone_node(key("S"), settings)._core
    core.begin(NOW)
    return core


def test_counters_that_overflow_still_fit() -> None:
    core = _core(repeater_settings("r"))
    stats = core.stats
    stats.battery_mv = stats.queue_len = stats.received = stats.sent = stats.errors = 1 << 40
    stats.direct_dups = stats.flood_dups = 65_537
    stats.noise_dbm, stats.last_rssi_dbm, stats.last_snr_db = -99_999, 99_999, -99_999.0

    status = status_of(core)

    assert len(encode_status(status)) == 56
    assert (status.battery_mv, status.noise_floor_dbm, status.rssi_dbm) == (65_535, -32_768, 32_767)
    assert status.direct_duplicates == 1


def test_a_room_counts_posts_where_others_count_what_they_heard() -> None:
    core = _core(room_settings("r"))
    core.stats.posted, core.stats.pushed = 5, 9

    status = status_of(core)

    assert (status.posted, status.pushed, status.receive_errors) == (5, 9, None)
    assert len(encode_status(status)) == 52


def test_an_access_list_names_who_may_do_more_than_a_guest_and_in_a_room_administrators() -> None:
    clients = ClientTable()
    for letter, permission in ((b"a", 3), (b"b", 2), (b"c", 0)):
        client = clients.admit(letter * 32)
        assert client is not None
        client.permissions = permission
    admin = clients.get(b"a" * 32)
    assert admin is not None
    request = RequestBody(1, RequestKind.ACCESS_LIST, bytes(2))

    repeater, room = (
        answer(_core(kind("r")), clients, NeighbourTable(), admin, request)
        for kind in (repeater_settings, room_settings)
    )

    assert repeater == b"aaaaaa\3bbbbbb\2"
    assert room == b"aaaaaa\3"


def test_a_long_access_list_is_cut_at_a_whole_entry() -> None:
    clients = ClientTable()
    for number in range(32):
        client = clients.admit(bytes([number]) * 32)
        assert client is not None
        client.permissions = Permission.ADMIN
    request = RequestBody(1, RequestKind.ACCESS_LIST, bytes(2))

    body = answer(_core(repeater_settings("r")), clients, NeighbourTable(), client, request)

    assert body is not None
    assert len(body) == 21 * 7
