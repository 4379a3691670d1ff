"""Repeaters and sensors: whom they listen to, and what they answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshtui.model.packet import NO_RX, RxMeta
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.channel_key import region_key
from meshtui.networks.meshcore.node.contacts import OutPath
from meshtui.networks.meshcore.node.outputs import (
    AckHeard,
    ControlHeard,
    Dropped,
    LoginAnswered,
    PathLearned,
    ResponseHeard,
    Send,
    TextHeard,
)
from meshtui.networks.meshcore.node.sealed import seal_for
from meshtui.networks.meshcore.node.settings import Region, repeater_settings, room_settings
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    decode_packet,
    encode_packet,
)
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.payloads.anon_request import decode_query_answer
from meshtui.networks.meshcore.payloads.control import decode_control, discover_response_of
from meshtui.networks.meshcore.payloads.path import PathBody
from meshtui.networks.meshcore.payloads.request import NeighboursRequest, neighbours_request
from meshtui.networks.meshcore.payloads.response import decode_neighbours, decode_status
from tests.support.meshcore_air import advert_packet
from tests.support.meshcore_mesh import MeshAir, lone_node, served
from tests.support.meshcore_vectors import key

RX = RxMeta(-80, 5.0)
A, S = key("A").public_key, key("S").public_key
REPEATER = replace(repeater_settings("Hill"), owner="Ann")


def _ask(air: MeshAir, kind: int, params: bytes = b"") -> bytes | None:
    """Let A ask S; None = no answer."""
    before = len(air.heard("A", ResponseHeard))
    air.sent("A", air.nodes["A"].request(S, kind, params, air.now))
    air.run()
    answers = air.heard("A", ResponseHeard)[before:]
    return answers[0].body if answers else None


def _command(air: MeshAir, line: str, timestamp: int, txt_type: int = 1) -> str | None:
    before = len(air.heard("A", TextHeard))
    a = air.nodes["A"]
    air.sent("A", a.send_text(S, line, timestamp, air.now, txt_type=txt_type))
    air.run()
    texts = air.heard("A", TextHeard)[before:]
    return texts[0].text if texts else None


@pytest.mark.parametrize("near", [True, False])
def test_a_login_by_flood_is_answered_with_the_way(near) -> None:
    air = served(REPEATER, key, near=near)

    (answer,) = air.heard("A", LoginAnswered)
    assert (answer.is_ok, answer.is_admin, answer.permissions) == (True, True, 3)
    assert answer.firmware_level == 2
    path = OutPath(0, b"") if near else OutPath(1, key("R").public_key[:1])
    assert air.nodes["A"].out_path(S) == path
    # the reciprocal path makes the answers go along it, too
    assert [heard.out_path for heard in air.heard("S", PathLearned)] == [path]


def test_a_wrong_password_is_not_answered() -> None:
    air = served(REPEATER, key, b"wrong")

    assert not air.heard("A", LoginAnswered)
    assert ("S", Dropped("wrong-password")) in air.events


@pytest.mark.parametrize(("settings", "is_flood"), [(REPEATER, True), (room_settings("x"), False)])
def test_a_login_along_a_path_is_answered_by_a_flood_except_by_a_room(settings, is_flood) -> None:
    air = served(settings, key)
    before = len(air.log)

    air.sent("A", air.nodes["A"].login(S, b"password", air.now))
    air.run()

    assert len(air.heard("A", LoginAnswered)) == 2
    asked, answer = (decode_packet(data) for _, data in air.log[before:][:2])
    assert (asked.is_flood, answer.is_flood) == (False, is_flood)


def test_a_status_tells_what_was_counted() -> None:
    air = served(REPEATER, key, near=False)
    air.wait(100.0)

    body = _ask(air, 1)

    assert body is not None
    status = decode_status(body)
    assert (status.battery_mv, status.rssi_dbm) == (4100, -80)
    assert status.uptime_s in {100, 101}
    # the login, its own answer repeated by R, the path back, the question
    assert (status.received, status.sent) == (4, 1)
    assert (status.flood_sent, status.flood_received, status.direct_received) == (1, 2, 2)
    assert status.snr_db == 8.0
    assert status.receive_errors == 0


def test_telemetry_is_the_battery() -> None:
    assert _ask(served(REPEATER, key), 3)[:4] == bytes.fromhex("0174019a")


def test_the_owner_is_told() -> None:
    body = _ask(served(REPEATER, key), 7)

    assert body.rstrip(b"\0").decode() == f"{REPEATER.firmware}\nHill\nAnn"


def test_the_access_list_is_for_administrators() -> None:
    guest = replace(REPEATER, guest_password=SecretBytes(b"guest"))

    assert _ask(served(guest, key), 5, bytes(2))[:7] == A[:6] + b"\3"
    assert _ask(served(guest, key, b"guest"), 5, bytes(2)) is None
    assert _ask(served(guest, key), 5, b"\1\0") is None


def test_an_answer_that_fits_no_packet_is_not_sent() -> None:
    air = served(REPEATER, key)
    host = air.nodes["S"]._host
    for number in range(20):
        host._clients.admit(bytes([number]) * 32).permissions = 3
    asked = decode_packet(air.nodes["A"].request(S, 5, bytes(2), air.now).outputs[0].data)
    flood = encode_packet(Packet(RouteType.FLOOD, 0, 63, bytes(63), asked.payload))

    assert air.nodes["S"].hear(flood, RX, air.now) == [Dropped("no-room")]


def test_neighbours_are_repeaters_heard_without_a_hop() -> None:
    air = served(REPEATER, key)
    s = air.nodes["S"]
    s.hear(advert_packet(key("R"), "near", timestamp=9, node_type=2), RX, air.now)
    s.hear(advert_packet(key("B"), "chat", timestamp=9, node_type=1), RX, air.now)
    wanted = NeighboursRequest(10, 0, 0, 6)

    body = _ask(air, 6, neighbours_request(0, wanted, bytes(4)).parameters)

    page = decode_neighbours(body, 6)
    assert page.total == 1
    assert (page.entries[0].prefix, page.entries[0].snr_db) == (
        key("R").public_key[:6],
        5.0,
    )


@pytest.mark.parametrize("pack", ["far", "shared", "silent"])
def test_who_is_far_or_only_talked_about_is_no_neighbour(pack) -> None:
    air = served(REPEATER, key)
    s = air.nodes["S"]
    data = advert_packet(key("R"), "r", b"\x22" if pack == "far" else b"", 9, 2)
    if pack == "shared":
        packet = replace(decode_packet(data), route=3, transport_codes=(0, 0))
        data = encode_packet(packet)
    s.hear(data, NO_RX, air.now)

    body = _ask(air, 6, neighbours_request(0, NeighboursRequest(9, 0, 0, 6), b"").parameters)

    assert decode_neighbours(body, 6).total == (1 if pack == "silent" else 0)


@pytest.mark.parametrize(("kind", "params"), [(2, bytes(4)), (4, b"\0"), (6, b"\7"), (99, b"\0")])
def test_what_it_does_not_know_it_does_not_answer(kind, params) -> None:
    assert _ask(served(REPEATER, key), kind, params) is None


def test_a_request_that_is_not_newer_is_a_replay() -> None:
    air = served(REPEATER, key)
    air.nodes["A"].set_clock(1_000_000, air.now)

    assert _ask(air, 1) is None
    assert ("S", Dropped("replay")) in air.events


def test_who_is_not_logged_in_is_not_answered() -> None:
    assert _ask(served(REPEATER, key, None), 1) is None


def test_a_command_is_carried_out_once_and_answered() -> None:
    air = served(REPEATER, key)

    assert _command(air, "set name Peak", air.unix_s + 2) == "OK"
    assert _command(air, "set name Deep", air.unix_s + 2) is None
    assert _command(air, "get name", air.unix_s + 3) == "> Peak"
    assert air.nodes["S"].settings.name == "Peak"


def test_a_command_of_old_is_a_replay() -> None:
    air = served(REPEATER, key)
    _command(air, "ver", air.unix_s + 2)

    assert _command(air, "set name Deep", air.unix_s + 1) is None
    assert air.nodes["S"].settings.name == "Hill"


def test_a_plain_command_is_acknowledged_too() -> None:
    air = served(REPEATER, key)

    assert _command(air, "ver", air.unix_s + 2, txt_type=0) == REPEATER.firmware
    assert len(air.heard("A", AckHeard)) == 1


def test_question_and_answer_never_have_one_time() -> None:
    air = served(REPEATER, key)
    ahead = air.unix_s + 1

    _command(air, "ver", ahead)

    assert air.heard("A", TextHeard)[0].timestamp != ahead


def test_a_guest_commands_nothing() -> None:
    air = served(REPEATER, key, b"")

    assert _command(air, "set name Deep", air.unix_s + 2) is None
    assert ("S", Dropped("no-admin")) in air.events


def test_a_text_of_another_kind_is_dropped() -> None:
    air = served(REPEATER, key)
    plaintext = (air.unix_s + 5).to_bytes(4, "little") + b"\x08whosposted"
    payload = seal_for(air.nodes["A"]._core, S, plaintext)
    data = encode_packet(Packet(RouteType.DIRECT, PayloadType.TXT_MSG, 0, b"", payload))

    assert air.nodes["S"].hear(data, RX, air.now)[0] == Dropped("unknown-text")


def test_the_way_to_somebody_unknown_is_not_kept() -> None:
    node = lone_node(key("S"), REPEATER)
    packet = Packet(RouteType.DIRECT, PayloadType.PATH, 0, b"", b"")

    is_returned = node._host.path(packet, RX, b"stranger", PathBody(0, b"", 3, b"abcd"))

    assert not is_returned
    assert node._core.out == []


def test_a_response_nobody_asked_for_is_dropped() -> None:
    air = served(REPEATER, key)
    payload = seal_for(air.nodes["A"]._core, S, b"\1\2\3\4answer")
    data = encode_packet(Packet(RouteType.DIRECT, PayloadType.RESPONSE, 0, b"", payload))

    assert air.nodes["S"].hear(data, RX, air.now) == [Dropped("unasked")]


def _query(air: MeshAir, kind: int) -> bytes | None:
    before = len(air.heard("A", ResponseHeard))
    a = air.nodes["A"]
    a.set_out_path(S, OutPath(0, b""), air.now)
    air.sent("A", a.anon_request(S, bytes([kind]), air.now))
    air.run()
    answers = air.heard("A", ResponseHeard)[before:]
    return answers[0].body if answers else None


def test_strangers_may_ask_for_the_clock_the_owner_and_the_regions() -> None:
    europe = Region("#europe", SecretBytes(region_key("#europe")))
    air = served(replace(REPEATER, regions=(europe,), forwards=False), key, None)
    asked = [_query(air, kind) for kind in (1, 2, 3)]

    regions, owner, clock = (decode_query_answer(body) for body in asked)

    assert regions.text.rstrip("\0") == "*,europe"
    assert owner.text.rstrip("\0") == "Hill\nAnn"
    assert (clock.clock, clock.features) == (air.unix_s, 0x80)


def test_strangers_are_answered_four_times_in_three_minutes() -> None:
    air = served(REPEATER, key, None)

    answered = [_query(air, 3) is not None for _ in range(5)]
    air.wait(181.0)

    assert answered == [True] * 4 + [False]
    assert ("S", Dropped("rate")) in air.events
    assert _query(air, 3) is not None


def test_a_question_by_flood_or_without_a_way_back_is_not_answered() -> None:
    air = served(REPEATER, key, None)
    a = air.nodes["A"]

    air.sent("A", a.anon_request(S, b"\3", air.now))
    a.set_out_path(S, OutPath(0, b""), air.now)
    air.sent("A", a.anon_request(S, b"\3\x3f\1", air.now))
    air.run()

    assert air.events.count(("S", Dropped("unknown-request"))) == 2


@pytest.mark.parametrize(("prefix_only", "n_bytes"), [(True, 8), (False, 32)])
def test_a_call_for_repeaters_is_answered_with_how_it_was_heard(prefix_only, n_bytes) -> None:
    air = served(REPEATER, key, None)

    air.sent("A", air.nodes["A"].discover(7, 4, air.now, prefix_only=prefix_only))
    air.run()

    (heard,) = air.heard("A", ControlHeard)
    answer = discover_response_of(decode_control(heard.payload))
    assert answer is not None
    assert (answer.node_type, answer.tag, answer.snr_quarter_db) == (2, 7, 32)
    assert answer.key == S[:n_bytes]


@pytest.mark.parametrize(
    ("changes", "type_filter"),
    [({}, 2), ({"forwards": False}, 4), ({"role": AdvertType.SENSOR}, 4)],
)
def test_a_call_for_others_is_not_answered(changes, type_filter) -> None:
    air = served(replace(REPEATER, **changes), key, None)

    air.sent("A", air.nodes["A"].discover(7, type_filter, air.now))
    air.run()

    assert not air.heard("A", ControlHeard)


def test_calls_are_answered_four_times_in_two_minutes() -> None:
    air = served(REPEATER, key, None)

    for tag in range(6):
        air.sent("A", air.nodes["A"].discover(tag, 4, air.now))
    air.run()

    assert len(air.heard("A", ControlHeard)) == 4


def test_a_call_heard_by_a_link_that_does_not_measure_is_answered() -> None:
    node = lone_node(key("S"), REPEATER)
    call = lone_node(key("A")).discover(7, 4, MeshAir().now).outputs[0]

    outputs = node.hear(call.data, NO_RX, MeshAir().now)

    assert [type(out) for out in outputs] == [ControlHeard, Send]


def test_answers_to_floods_are_flooded_in_the_region_of_the_question() -> None:
    europe = Region("#europe", SecretBytes(region_key("#europe")))
    air = served(replace(REPEATER, regions=(europe,)), key, None)
    a = air.nodes["A"]
    a.settings = replace(a.settings, scope=europe, hash_size=2)

    air.sent("A", a.login(S, b"password", air.now))
    air.run()

    answer = decode_packet(air.sent_by("S")[0])
    assert (answer.route, answer.hash_size) == (RouteType.TRANSPORT_FLOOD, 2)
    assert air.heard("A", LoginAnswered)


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from((0, 1, 2, 7, 8)), body=st.binary(max_size=120), late=st.booleans())
def test_nothing_an_administrator_seals_makes_a_server_raise(kind, body, late) -> None:
    air = served(REPEATER, key)
    time = (air.unix_s + 9).to_bytes(4, "little") if late else b""
    payload = seal_for(air.nodes["A"]._core, S, time + body)
    data = encode_packet(Packet(RouteType.FLOOD, kind, 0, b"", payload))

    assert isinstance(air.nodes["S"].hear(data, RX, air.now), list)
