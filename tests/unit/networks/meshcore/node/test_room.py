"""A room: posts, pushes, members."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshtui.model.packet import RxMeta
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.node.outputs import (
    AckHeard,
    Dropped,
    LoginAnswered,
    PostStored,
    ResponseHeard,
    TextHeard,
)
from meshtui.networks.meshcore.node.room import MAX_POSTS, RoomHost
from meshtui.networks.meshcore.node.sealed import seal_for
from meshtui.networks.meshcore.node.settings import room_settings
from meshtui.networks.meshcore.packet import Packet, PayloadType, decode_packet, encode_packet
from meshtui.networks.meshcore.payloads.response import decode_status
from tests.support.meshcore_mesh import MeshAir, chat, served
from tests.support.meshcore_vectors import key

RX = RxMeta(-80, 5.0)
A, B, S = (key(name).public_key for name in "ABS")
ROOM = replace(room_settings("Room"), advert_zero_hop_s=0.0, advert_flood_s=0.0)


def _room(**changes: object) -> MeshAir:
    """A and B are members of the room S; both hear it."""
    air = served(replace(ROOM, **changes), key, b"")
    b = air.add("B", chat("B", key("B")))
    b.add_contact(Contact(S, "S", 3))
    air.link("B", "S")
    air.sent("B", b.login(S, b"", air.now))
    air.run()
    return air


def _post(air: MeshAir, who: str, text: str, **changes: object) -> None:
    node = air.nodes[who]
    air.sent(who, node.send_text(S, text, node.unique_time(air.now), air.now, **changes))
    air.run()


def _texts(air: MeshAir, who: str) -> list[str]:
    return [heard.text for heard in air.heard(who, TextHeard)]


def test_a_post_is_acknowledged_kept_and_pushed_to_the_others() -> None:
    air = _room()

    _post(air, "A", "hello room")
    air.wait(15.0)

    assert len(air.heard("A", AckHeard)) == 1
    assert [stored.text for stored in air.heard("S", PostStored)] == ["hello room"]
    (heard,) = air.heard("B", TextHeard)
    assert (heard.peer, heard.txt_type, heard.author) == (S, 2, A[:4])
    assert _texts(air, "A") == []


def test_a_post_is_pushed_when_it_is_six_seconds_old_and_once() -> None:
    air = _room()
    _post(air, "A", "hello room")

    air.wait(5.0)
    early = _texts(air, "B")
    air.wait(600.0)

    assert early == []
    assert _texts(air, "B") == ["hello room"]
    assert air.nodes["S"].next_deadline_s is None


def test_a_room_that_is_woken_too_early_pushes_nothing() -> None:
    air = _room()
    _post(air, "A", "hello room")

    assert air.nodes["S"].tick(air.now) == []


def test_posts_come_in_order_one_after_the_other() -> None:
    air = _room()
    for number in range(5):
        _post(air, "A", f"post {number}")

    air.wait(60.0)

    assert _texts(air, "B") == [f"post {number}" for number in range(5)]


def test_a_retry_is_acknowledged_again_but_kept_once() -> None:
    air = _room()
    a = air.nodes["A"]
    timestamp = a.unique_time(air.now)

    for attempt in range(2):
        air.sent("A", a.send_text(S, "once", timestamp, air.now, attempt))
        air.run()

    assert len(air.heard("A", AckHeard)) == 2
    assert len(air.heard("S", PostStored)) == 1


def test_who_does_not_acknowledge_is_let_be_after_three_posts() -> None:
    air = _room()
    _post(air, "A", "anybody there?")
    air.unlink_all()

    air.wait(600.0)
    pushes = len(air.sent_by("S"))

    assert air.nodes["S"].stats.pushed == 3
    assert air.nodes["S"].next_deadline_s is None
    air.link("B", "S")
    air.link("A", "S")
    _post(air, "B", "back again")
    air.wait(60.0)
    assert len(air.sent_by("S")) > pushes
    assert _texts(air, "B") == ["anybody there?"]


def test_a_member_who_comes_back_gets_what_it_has_not() -> None:
    air = _room()
    _post(air, "A", "one")
    air.wait(20.0)
    b = air.nodes["B"]
    air.unlink_all()
    air.link("A", "S")
    _post(air, "A", "two")
    air.wait(200.0)
    air.link("B", "S")

    air.sent("B", b.keep_alive(S, air.now))
    air.run()
    air.wait(30.0)

    assert _texts(air, "B") == ["one", "two"]
    assert len(air.heard("B", AckHeard)) == 1


def test_a_sign_of_life_says_how_many_posts_wait_and_from_when_on() -> None:
    air = _room()
    _post(air, "A", "one")
    _post(air, "A", "two")
    b = air.nodes["B"]

    air.sent("B", b.keep_alive(S, air.now))
    air.run()

    ack = decode_packet(air.sent_by("S")[-1])
    assert (ack.payload_type, len(ack.payload), ack.payload[4]) == (PayloadType.ACK, 5, 2)


def test_a_sign_of_life_from_nowhere_is_not_answered() -> None:
    air = served(ROOM, key, None)
    a = air.nodes["A"]
    air.sent("A", a.login(S, b"", air.now))
    a.set_out_path(S, OutPath(0, b""), air.now)
    sign = a.keep_alive(S, air.now).outputs[0]
    login = air._queue[0][4]
    air.nodes["S"].hear(login, RX, air.now)

    assert air.nodes["S"].hear(sign.data, RX, air.now) == [Dropped("no-path")]


def test_a_flooded_sign_of_life_is_a_question_nobody_answers() -> None:
    air = _room()
    payload = seal_for(
        air.nodes["A"]._core, S, (air.unix_s + 5).to_bytes(4, "little") + b"\2" + bytes(4)
    )
    data = encode_packet(Packet(1, PayloadType.REQ, 0, b"", payload))

    assert air.nodes["S"].hear(data, RX, air.now) == [Dropped("unknown-request")]


def test_readers_may_not_write() -> None:
    air = _room(guest_password=SecretBytes(b"write"), allow_read_only=True)

    _post(air, "A", "hello?")

    assert not air.heard("S", PostStored)
    assert ("S", Dropped("read-only")) in air.events
    assert air.heard("A", LoginAnswered)[0].permissions == 0


def test_an_administrator_commands_a_room_and_a_member_does_not() -> None:
    air = served(ROOM, key, b"password")
    _post(air, "A", "get role", txt_type=1)
    members = _room()
    _post(members, "A", "get role", txt_type=1)

    assert _texts(air, "A") == ["> room"]
    assert _texts(members, "A") == []
    assert ("S", Dropped("no-admin")) in members.events


def test_acks_are_repeated_where_it_is_set_so() -> None:
    air = _room(extra_acks=1)

    _post(air, "A", "hello room")

    kinds = [decode_packet(data).payload_type for data in air.sent_by("S")][-2:]
    assert kinds == [PayloadType.MULTIPART, PayloadType.ACK]


def test_a_room_counts_posts_and_pushes() -> None:
    air = _room()
    _post(air, "A", "hello room")
    air.wait(15.0)

    air.sent("A", air.nodes["A"].request(S, 1, b"", air.now))
    air.run()

    status = decode_status(air.heard("A", ResponseHeard)[0].body, is_room=True)
    assert (status.posted, status.pushed) == (1, 1)


def test_posts_and_requests_of_old_are_replays() -> None:
    air = _room()
    a = air.nodes["A"]
    air.sent("A", a.send_text(S, "old", 5, air.now))
    a.set_clock(1000, air.now)
    air.sent("A", a.request(S, 1, b"", air.now))
    air.run()

    assert air.events.count(("S", Dropped("replay"))) == 2
    assert not air.heard("A", ResponseHeard)


def test_a_pushed_post_is_not_for_a_room_to_read() -> None:
    air = _room()
    plaintext = (air.unix_s + 5).to_bytes(4, "little") + b"\x08whosposted"
    payload = seal_for(air.nodes["A"]._core, S, plaintext)
    data = encode_packet(Packet(2, PayloadType.TXT_MSG, 0, b"", payload))

    assert air.nodes["S"].hear(data, RX, air.now) == [Dropped("unknown-text")]


def test_an_ack_of_nothing_goes_its_way() -> None:
    air = _room()
    data = encode_packet(Packet(1, PayloadType.ACK, 0, b"", b"abcd"))

    assert air.nodes["S"].hear(data, RX, air.now) == [Dropped("not-for-us")]


def test_only_the_last_posts_are_kept() -> None:
    air = _room()
    for number in range(MAX_POSTS + 5):
        _post(air, "A", f"post {number}")

    host = air.nodes["S"]._host

    assert isinstance(host, RoomHost)
    assert len(host._posts) == MAX_POSTS
    assert host._posts[0].text == b"post 5"


def test_a_failed_login_does_not_hold_the_posts_up() -> None:
    air = _room(guest_password=SecretBytes(b""))
    _post(air, "A", "hello room")
    before = air.nodes["S"].next_deadline_s
    wrong = chat("x", key("R")).login(S, b"wrong", air.now).outputs[0]

    air.nodes["S"].hear(wrong.data, RX, air.now)

    assert air.nodes["S"].next_deadline_s == before


@pytest.mark.parametrize("flood", [True, False])
def test_members_far_away_are_pushed_to_along_their_path(flood) -> None:
    air = served(ROOM, key, b"", near=False)
    b = air.add("B", chat("B", key("B")))
    b.add_contact(Contact(S, "S", 3))
    air.link("B", "S")
    air.sent("B", b.login(S, b"", air.now))
    air.run()
    if flood:
        air.nodes["S"]._host._clients.get(A).out_path = None

    _post(air, "B", "hello far away")
    air.wait(20.0)

    assert _texts(air, "A") == ["hello far away"]
    assert air.nodes["S"]._host._clients.get(A).push_ack == b""


@settings(max_examples=100, deadline=None)
@given(kind=st.sampled_from((0, 1, 2, 7, 8)), body=st.binary(max_size=120), late=st.booleans())
def test_nothing_a_member_seals_makes_a_room_raise(kind, body, late) -> None:
    air = served(ROOM, key, b"")
    time = (air.unix_s + 9).to_bytes(4, "little") if late else b""
    payload = seal_for(air.nodes["A"]._core, S, time + body)
    data = encode_packet(Packet(1, kind, 0, b"", payload))

    air.take("S", air.nodes["S"].hear(data, RX, air.now))
    air.run()
    air.wait(100.0)
