"""A chat node."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.node.outputs import (
    AckHeard,
    ConnectionLost,
    ControlHeard,
    Dropped,
    LoginAnswered,
    PathDiscovered,
    RequestHeard,
    ResponseHeard,
    Send,
    TextHeard,
)
from meshtui.networks.meshcore.node.sealed import seal_for
from meshtui.networks.meshcore.node.settings import TelemetryAccess
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    decode_packet,
    encode_packet,
)
from meshtui.networks.meshcore.payloads.text import TextBody, encode_text
from tests.support.meshcore_mesh import MeshAir, acquainted
from tests.support.meshcore_vectors import key

RX = RxMeta(-80, 5.0)
A, B, R = (key(name).public_key for name in "ABR")


def _give(air: MeshAir, kind: int, plaintext: bytes, route: int = RouteType.DIRECT):
    """Let A hear something that B sealed."""
    payload = seal_for(air.nodes["B"]._core, A, plaintext)
    packet = Packet(route, kind, 0, b"", payload)
    return air.nodes["A"].hear(encode_packet(packet), RX, air.now)


def test_a_plain_text_along_a_path_is_acknowledged_along_one_or_as_a_flood() -> None:
    air = acquainted("A", "B", key=key)
    plaintext = encode_text(TextBody(5, b"hello"))

    text, flooded = _give(air, PayloadType.TXT_MSG, plaintext)
    air.nodes["A"].set_out_path(B, OutPath(1, R[:1]), air.now)
    _, direct = _give(air, PayloadType.TXT_MSG, encode_text(TextBody(6, b"hello")))

    assert (text.peer, text.text, text.txt_type, text.attempt) == (B, "hello", 0, 0)
    assert decode_packet(flooded.data).is_flood
    assert decode_packet(direct.data).path == R[:1]
    assert len(decode_packet(direct.data).payload) == 6


def test_a_command_is_told_and_not_acknowledged() -> None:
    air = acquainted("A", "B", key=key)
    plaintext = encode_text(TextBody(5, b"ver", 1))

    outputs = _give(air, PayloadType.TXT_MSG, plaintext)

    assert [type(out) for out in outputs] == [TextHeard]


def test_a_flooded_command_teaches_the_way_without_an_ack() -> None:
    air = acquainted("A", "B", key=key)

    _, path = _give(air, PayloadType.TXT_MSG, encode_text(TextBody(5, b"ver", 1)), RouteType.FLOOD)

    assert decode_packet(path.data).payload_type == PayloadType.PATH
    assert path.not_before_s == air.now_s


@pytest.mark.parametrize("body", [TextBody(5, b"", 1), TextBody(5, b"future", 3)])
def test_a_text_of_an_unknown_kind_is_dropped(body) -> None:
    air = acquainted("A", "B", key=key)

    outputs = _give(air, PayloadType.TXT_MSG, encode_text(body))

    assert [type(out) for out in outputs] == [Dropped]


def test_a_post_of_a_room_moves_what_we_have_of_it() -> None:
    air = acquainted("A", "B", key=key)
    author = b"\1\2\3\4"

    text, ack = _give(air, PayloadType.TXT_MSG, encode_text(TextBody(900, b"x", 2, 0, author)))
    _give(air, PayloadType.TXT_MSG, encode_text(TextBody(800, b"y", 2, 0, author)))

    contact = air.nodes["A"].contacts.get(B)
    assert contact is not None
    assert (contact.sync_since, text.author) == (900, author)
    assert len(decode_packet(ack.data).payload) == 4


def test_acks_are_repeated_where_it_is_set_so() -> None:
    air = acquainted("A", "B", key=key, extra_acks=1)
    air.nodes["A"].set_out_path(B, OutPath(1, R[:1]), air.now)

    _, part, ack = _give(air, PayloadType.TXT_MSG, encode_text(TextBody(5, b"hello")))

    assert decode_packet(part.data).payload[1:] == decode_packet(ack.data).payload
    assert (part.not_before_s, ack.not_before_s) == (pytest.approx(0.2), pytest.approx(0.5))


def test_the_second_copy_of_a_repeated_ack_is_nobodys() -> None:
    air = acquainted("A", "B", key=key, extra_acks=1)
    for name, peer in (("A", B), ("B", A)):
        air.nodes[name].set_out_path(peer, OutPath(0, b""), air.now)

    air.sent("A", air.nodes["A"].send_text(B, "hi", 1, air.now))
    air.run()

    assert len(air.heard("A", AckHeard)) == 1
    assert air.heard("A", AckHeard)[0].rtt_ms == 200


def test_a_part_that_acknowledges_nothing_of_ours_is_dropped() -> None:
    air = acquainted("A", "B", key=key)
    packet = encode_packet(Packet(2, PayloadType.MULTIPART, 0, b"", b"\x13abcd"))

    assert air.nodes["A"].hear(packet, RX, air.now) == [Dropped("not-for-us")]
    assert air.nodes["A"].hear(packet, RX, air.now) == [Dropped("seen")]
    other = encode_packet(Packet(2, PayloadType.MULTIPART, 0, b"", b"\x15abcd"))
    assert air.nodes["A"].hear(other, RX, air.now) == [Dropped("unknown-part")]


@pytest.mark.parametrize(
    ("access", "flags", "is_answered"),
    [
        (TelemetryAccess.NOBODY, 2, False),
        (TelemetryAccess.FLAGGED, 0, False),
        (TelemetryAccess.FLAGGED, 2, True),
        (TelemetryAccess.EVERYBODY, 0, True),
    ],
)
def test_telemetry_is_for_whom_the_settings_say(access, flags, is_answered) -> None:
    air = acquainted("A", "B", key=key, telemetry=access)
    a = air.nodes["A"]
    a.add_contact(Contact(B, "B", flags=flags))
    a.stats.battery_mv = 4000

    (out,) = _give(air, PayloadType.REQ, b"\1\0\0\0\3" + bytes(8))

    assert isinstance(out, Send if is_answered else RequestHeard)


def test_who_is_no_contact_gets_no_telemetry() -> None:
    air = acquainted("A", "B", key=key, telemetry=TelemetryAccess.EVERYBODY)
    air.nodes["A"].remove_contact(B)

    (out,) = _give(air, PayloadType.REQ, b"\1\0\0\0\3" + bytes(8))

    assert isinstance(out, RequestHeard)
    assert (out.kind, out.tag) == (3, b"\1\0\0\0")


def test_an_answer_to_nothing_is_told_as_such() -> None:
    air = acquainted("A", "B", key=key)

    (heard,) = _give(air, PayloadType.RESPONSE, b"\7\0\0\0rest")

    assert isinstance(heard, ResponseHeard)
    assert (heard.tag, heard.kind) == (b"\7\0\0\0", None)


def test_a_flooded_answer_although_the_way_is_known_gets_our_path_again() -> None:
    air = acquainted("A", "B", key=key)
    air.nodes["A"].set_out_path(B, OutPath(1, R[:1]), air.now)

    _, told = _give(air, PayloadType.RESPONSE, b"\7\0\0\0rest", RouteType.FLOOD)

    assert decode_packet(told.data).payload_type == PayloadType.PATH


@pytest.mark.parametrize(
    ("body", "is_ok"), [(b"OK" + bytes(8), True), (b"\0", True), (b"\1" + bytes(11), False)]
)
def test_an_answer_to_a_login_tells_whether_we_are_in(body, is_ok) -> None:
    air = acquainted("A", "B", key=key)
    air.nodes["A"].login(B, b"secret", air.now)

    (heard,) = _give(air, PayloadType.RESPONSE, b"\0\0\1\0" + body)

    assert isinstance(heard, LoginAnswered)
    assert (heard.is_ok, heard.server_time) == (is_ok, 65536)


def test_an_answer_to_a_login_that_is_cut_is_no_welcome() -> None:
    air = acquainted("A", "B", key=key)
    air.nodes["A"].login(B, b"secret", air.now)

    _, heard = _give(air, PayloadType.PATH, b"\3abc\1\1\0\0\0")[:2]

    assert isinstance(heard, LoginAnswered)
    assert not heard.is_ok


def test_nobody_logs_in_to_a_chat_node() -> None:
    air = acquainted("A", "B", key=key)
    login = air.nodes["B"].login(A, b"secret", air.now).outputs[0]

    assert air.nodes["A"].hear(login.data, RX, air.now) == [Dropped("no-login")]


def test_a_call_for_discovery_is_told() -> None:
    air = acquainted("A", "B", key=key)

    air.sent("B", air.nodes["B"].discover(7, 4, air.now, prefix_only=True))
    air.run()

    assert air.heard("A", ControlHeard)[0].payload.hex() == "81040700000000000000"


def test_a_search_for_a_path_changes_nothing() -> None:
    air = acquainted("A", "R", "B", key=key, forwards=True, telemetry=TelemetryAccess.EVERYBODY)
    a = air.nodes["A"]
    a.set_out_path(B, OutPath(0, b""), air.now)

    sent = air.sent("A", a.discover_path(B, air.now))
    air.run()

    (found,) = air.heard("A", PathDiscovered)
    assert sent.is_flood
    assert (found.out_path, found.in_path) == (OutPath(1, R[:1]), OutPath(1, R[:1]))
    assert a.out_path(B) == OutPath(0, b"")
    assert not air.heard("B", ResponseHeard)


def test_a_room_that_answers_stays_connected_and_one_that_does_not_is_lost() -> None:
    air = acquainted("A", "B", key=key)
    a = air.nodes["A"]
    a.set_out_path(B, OutPath(0, b""), air.now)
    a.connect(B, 60.0, air.now)

    air.wait(61.0)
    signs = air.sent_by("A")
    air.wait(200.0)

    assert len(signs) == 1
    assert decode_packet(signs[0]).payload_type == PayloadType.REQ
    assert [lost.peer for lost in air.heard("A", ConnectionLost)] == [B]
    assert a.next_deadline_s is None


def test_a_connection_without_a_path_sends_nothing_and_can_be_ended() -> None:
    air = acquainted("A", "B", key=key)
    a = air.nodes["A"]
    a.connect(B, 60.0, air.now)
    air.wait(61.0)

    a.disconnect(B)

    assert air.log == []
    assert not a.is_connected(B)


def test_the_ack_of_a_sign_of_life_keeps_the_connection() -> None:
    air = acquainted("A", "B", key=key)
    a = air.nodes["A"]
    a.set_out_path(B, OutPath(0, b""), air.now)
    a.connect(B, 60.0, air.now)
    air.wait(61.0)
    connection = a._core.connections.get(B)
    assert connection is not None
    ack = Packet(RouteType.DIRECT, PayloadType.ACK, 0, b"", connection.ack + b"\5")

    outputs = a.hear(encode_packet(ack), RX, air.now)

    assert outputs == []
    assert connection.next_ping_s == air.now_s + 60.0


def test_a_text_from_a_room_counts_as_a_sign_of_life() -> None:
    air = acquainted("A", "B", key=key)
    a = air.nodes["A"]
    a.connect(B, 60.0, air.now)
    air.now_s = 50.0

    _give(air, PayloadType.TXT_MSG, encode_text(TextBody(5, b"x", 2, 0, b"abcd")))

    assert a.next_deadline_s == 110.0


def test_names_do_not_matter_to_who_opens_a_text() -> None:
    air = acquainted("A", "B", key=key)
    a = air.nodes["A"]
    contact = a.contacts.get(B)
    assert contact is not None

    a.add_contact(replace(contact, name="Robert"))
    outputs = _give(air, PayloadType.TXT_MSG, encode_text(TextBody(5, b"hi")))

    assert isinstance(outputs[0], TextHeard)
