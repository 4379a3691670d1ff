"""A port under everything that a link can do to it."""

from __future__ import annotations

import random

import pytest

from meshtui.model.command import Advertise
from meshtui.model.event import (
    Answered,
    FrameReceived,
    FrameSent,
    MessageReceived,
    NodeHeard,
    PacketDropped,
)
from meshtui.model.ids import NodeId
from meshtui.model.link import LinkKind
from meshtui.model.node import Position
from meshtui.model.packet import RxMeta, Verdict
from meshtui.networks.meshcore.companion import pushes
from meshtui.networks.meshcore.companion.answers import Err, Ok, PrivateKey, SelfInfo
from meshtui.networks.meshcore.companion.codes import Command, Push
from meshtui.networks.meshcore.companion.commands import (
    ForKey,
    SendSelfAdvert,
    SetAdvertLatLon,
    SetAdvertName,
)
from meshtui.networks.meshcore.companion.deframer import enframe
from meshtui.networks.meshcore.companion.forms import Path
from meshtui.networks.meshcore.companion.frames import encode_frame
from meshtui.networks.meshcore.station import NETWORK
from tests.support.fake_companion import BOB, CAROL, HILL, NOW, Desk, contact
from tests.support.meshcore_vectors import vectors

ANSWERS = [
    bytes.fromhex(text)
    for each in vectors()["companion_frames"]
    for text in each.get("from_device", ())
]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact(path=Path(1, b"\xaa"))
    return desk.connect()


def rows(desk: Desk) -> list[FrameReceived]:
    return desk.of(FrameReceived)


def test_every_frame_is_told_first_and_under_its_name(desk: Desk) -> None:
    desk.events.clear()

    desk.push(pushes.Advert(BOB.public_key))

    first = desk.events[0]
    assert isinstance(first, FrameReceived)
    assert (first.frame.endpoint, first.summary.kind) == ("companion", "ADVERT")
    assert first.summary.source == BOB.public_key.hex()


def test_commands_are_told_as_sent(desk: Desk) -> None:
    kinds = [event.summary.kind for event in desk.of(FrameSent)]

    assert kinds[:2] == ["DEVICE_QUERY", "APP_START"]
    assert {event.summary.verdict for event in desk.of(FrameSent)} == {Verdict.SENT}


def test_the_raw_log_gives_the_packet_and_how_well_it_was_heard(desk: Desk) -> None:
    packet = bytes.fromhex(
        "150011582E4A729A3BBEB392F3206C0E70F53BA6E007D217EFCBD51C2D10B93080D77AAEFC"
    )
    desk.events.clear()

    desk.push(pushes.LogRxData(-3.25, -87, packet))

    (row,) = rows(desk)
    assert (row.frame.endpoint, row.frame.payload) == ("", packet)
    assert row.frame.rx == RxMeta(-87, -3.25)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_raw_log_that_is_cut_off_breaks_nothing(desk: Desk, size: int) -> None:
    desk.events.clear()

    desk.say(b"\x88\x80\x7f\xff"[:size])

    assert rows(desk)[0].summary.verdict is Verdict.REJECTED


def test_measurements_at_the_edge_are_taken_as_they_are(desk: Desk) -> None:
    desk.push(pushes.LogRxData(-32.0, 127, b"\x0e\x00\x01\x02\x03\x04"))

    assert rows(desk)[-1].frame.rx == RxMeta(127, -32.0)


def test_an_answer_to_no_question_is_dropped_and_counted(desk: Desk) -> None:
    desk.push(Ok(), desk.radio.self_info())

    assert [row.summary.reason for row in rows(desk)[-2:]] == ["unasked", "unasked"]
    assert desk.port._radio.driver.strays == 2


def test_a_private_key_that_nobody_asked_for_is_not_kept(desk: Desk) -> None:
    desk.push(PrivateKey(b"SECRETSECRETSECR" * 4))

    assert rows(desk)[-1].summary.kind == "PRIVATE_KEY"
    assert b"SECRET" not in rows(desk)[-1].frame.payload
    assert "SECRET" not in repr(desk.events)


def test_a_password_is_not_kept(desk: Desk) -> None:
    desk.ask("login", BOB.public_key, secret="hunter2")

    assert b"hunter2" not in b"".join(event.transmit.payload for event in desk.of(FrameSent))
    assert any(b"hunter2" in payload for payload in desk.written)


@pytest.mark.parametrize("payload", ANSWERS, ids=lambda each: each.hex()[:12])
def test_every_answer_of_the_firmware_cut_anywhere_breaks_nothing(payload: bytes) -> None:
    desk = Desk().connect()

    for size in range(len(payload) + 1):
        desk.read(enframe(payload[:size], to_radio=False))
    desk.wind(30.0)

    assert desk.port.is_ready


def test_random_bytes_break_nothing() -> None:
    chance = random.Random(7)
    for kind in (LinkKind.STREAM, LinkKind.PIECES):
        desk = Desk(kind).connect()
        for _ in range(2_000):
            desk.read(chance.randbytes(chance.choice((1, 3, 40, 200))))
        desk.wind(60.0)

        assert desk.port.is_ready


def test_random_answers_at_every_moment_break_nothing() -> None:
    chance = random.Random(8)
    desk = Desk().connect()
    for _ in range(300):
        if chance.random() < 0.3:
            desk.send(chance.choice((BOB.public_key, "Public")))
        desk.push_raw = chance.choice(ANSWERS)
        desk.say(desk.push_raw)
        desk.wind(chance.random())
    desk.wind(600.0)

    assert desk.port.is_ready


def test_twenty_thousand_frames_in_one_read_are_all_taken(desk: Desk) -> None:
    desk.events.clear()

    desk.read(enframe(b"\x7f", to_radio=False) * 20_000)

    assert len(rows(desk)) == 20_000


@pytest.mark.parametrize("data", [b"", b"garbage", b"<\x01\x00\x00", b">\x00\x00", b">\xff\xff"])
def test_what_is_no_frame_is_passed_over(desk: Desk, data: bytes) -> None:
    desk.events.clear()

    desk.read(data + encode(pushes.Advert(BOB.public_key)))

    assert [row.summary.kind for row in rows(desk)][:1] == ["ADVERT"]


def test_a_lying_length_swallows_only_for_a_while(desk: Desk) -> None:
    desk.read(b">\xc8\x00")
    desk.read(encode(pushes.Advert(BOB.public_key)))
    desk.events.clear()

    desk.wind(3.0)

    assert [row.summary.kind for row in rows(desk)][:1] == ["ADVERT"]


@pytest.mark.parametrize("size", [0, 513, 10_240])
def test_a_notification_of_a_size_that_cannot_be_is_refused(size: int) -> None:
    desk = Desk(LinkKind.PIECES).connect()
    desk.events.clear()

    desk.read(b"\x08" * size)

    assert rows(desk)[0].summary.verdict is Verdict.REJECTED
    assert not desk.of(MessageReceived)


def test_notifications_twice_or_out_of_order_break_nothing() -> None:
    desk = Desk(LinkKind.PIECES).connect()

    for payload in (ANSWERS[0], ANSWERS[0], *reversed(ANSWERS)):
        desk.read(payload)
    desk.wind(30.0)

    assert desk.port.is_ready


def test_a_contact_that_advertised_is_read_again(desk: Desk) -> None:
    desk.radio.contacts[BOB.public_key] = contact(name="Robert")._replace(last_advert=NOW)

    desk.push(pushes.Advert(BOB.public_key))

    assert desk.of(NodeHeard)[-1].node.name == "Robert"


def test_a_path_that_changed_is_read_again_once_for_many_pushes(desk: Desk) -> None:
    desk.holds = True
    desk.say(*[encode_frame(pushes.PathUpdated(BOB.public_key))] * 100)
    desk.holds = False
    desk.settle()

    assert desk.radio.count(ForKey, Command.GET_CONTACT_BY_KEY) <= 101
    assert desk.port.next_deadline_s is not None


def test_somebody_heard_who_is_no_contact_is_a_node(desk: Desk) -> None:
    desk.push(pushes.NewAdvert(*contact(CAROL.public_key, "Carol")))

    node = desk.of(NodeHeard)[-1].node
    assert (node.name, node.is_contact) == ("Carol", False)


def test_a_contact_thrown_out_for_room_is_news(desk: Desk) -> None:
    desk.push(pushes.ContactDeleted(BOB.public_key), pushes.BarePush(Push.CONTACTS_FULL))

    assert "forgetting Bob" in desk.news("contact-deleted")[0]
    assert "contacts-old" in desk.news("contacts-full")[0]
    assert desk.of(NodeHeard)[-1].node.is_contact is False


def test_logins_that_nobody_waits_for_are_news(desk: Desk) -> None:
    desk.push(pushes.LoginSuccess(1, BOB.public_key[:6]), pushes.LoginFail(0, bytes(6)))

    told = desk.of(Answered)[-2:]
    assert [each.node_id for each in told] == [BOB.public_key.hex(), None]
    assert [each.is_error for each in told] == [False, True]


def test_answers_too_late_are_dropped(desk: Desk) -> None:
    desk.push(pushes.StatusResponse(0, bytes(6), b""), pushes.RawData(1.0, -80, 255, b"x"))

    assert [drop.reason for drop in desk.of(PacketDropped)] == ["unasked"]


def test_advertising_changes_the_position_first_and_never_the_radios_name(desk: Desk) -> None:
    request = Advertise(NETWORK, "Alice 2", Position(48.0, 11.0))

    desk.apply(desk.port.advertise(request, desk.now))
    desk.settle()

    asked = [
        each
        for each in desk.radio.asked
        if isinstance(each, SetAdvertName | SetAdvertLatLon | SendSelfAdvert)
    ]
    assert asked == [SetAdvertLatLon(48.0, 11.0), SendSelfAdvert(1)]


def test_a_name_of_ours_is_no_reason_to_advertise_a_radio(desk: Desk) -> None:
    assert desk.port.advertise(Advertise(NETWORK, "Alice 2"), desk.now) == []


def test_an_advertisement_that_the_radio_refuses_is_news(desk: Desk) -> None:
    desk.radio.rules[SendSelfAdvert] = lambda _: [Err(3)]

    desk.apply(desk.port.advertise(Advertise(NETWORK), desk.now))
    desk.settle()

    assert "table is full" in desk.news("advert")[0]


def test_a_forgotten_way_is_forgotten_by_the_radio_too(desk: Desk) -> None:
    desk.apply(desk.port.forget_route(NodeId(BOB.public_key.hex()), desk.now))
    desk.apply(desk.port.forget_route(NodeId(HILL.public_key.hex()), desk.now))
    desk.settle()

    assert desk.radio.count(ForKey, Command.RESET_PATH) == 2
    assert not desk.port._radio.contacts[BOB.public_key].out_path.is_known
    assert desk.news("reset-path") == []


def test_a_name_with_escapes_is_told_as_it_came(desk: Desk) -> None:
    desk.disconnect()
    desk.radio.name = "\x1b[2JAlice"

    desk.connect()

    assert desk.port.device is not None
    assert desk.port.device.name == "\x1b[2JAlice"
    assert isinstance(desk.radio.self_info(), SelfInfo)


def test_a_port_that_is_down_does_nothing(desk: Desk) -> None:
    desk.disconnect()

    assert desk.port.next_deadline_s is None
    assert list(desk.port.tick(desk.now)) == []
    assert not desk.port.is_ready


def test_firmware_whose_version_nobody_knows_is_tried(desk: Desk) -> None:
    for words in ("", "dev", "v1.x", "v" + "9" * 5_000):
        desk.disconnect()
        desk.radio.firmware = words[:20]
        desk.connect()

        assert desk.port.is_ready


def encode(frame) -> bytes:
    return enframe(encode_frame(frame), to_radio=False)


def test_a_text_and_its_acknowledgement_are_told_under_the_messages_id(desk: Desk) -> None:
    message_id = desk.send(BOB.public_key, "hello")

    desk.push(pushes.SendConfirmed((1).to_bytes(4, "little"), 275))

    sent = [event for event in desk.of(FrameSent) if event.summary.kind == "SEND_TXT_MSG"]
    assert [(each.summary.message_id, each.summary.text) for each in sent] == [
        (message_id, "hello")
    ]
    assert rows(desk)[-1].summary.acks == message_id
