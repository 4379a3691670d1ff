"""Channels in the radio's slots, and those it has no slot for."""

from __future__ import annotations

import pytest

from meshtui.model.message import Channel, DeliveryState
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.channel_key import key_of_name
from meshtui.networks.meshcore.companion.answers import Err, Ok
from meshtui.networks.meshcore.companion.commands import (
    SendChannelTxtMsg,
    SendRawPacket,
    SetChannel,
)
from meshtui.networks.meshcore.companion.pushes import LogRxData
from meshtui.networks.meshcore.packet import PayloadType, decode_packet
from meshtui.networks.meshcore.station import NETWORK
from tests.support.fake_companion import NOW, PUBLIC, Desk

TEST = key_of_name("#test").secret.reveal
LONG = bytes(range(32))


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.knows("Public", PUBLIC)
    return desk.connect()


def fill(desk: Desk) -> None:
    for number in range(1, desk.radio.max_channels):
        desk.radio.slots[number] = (f"#{number}", bytes((number,)) * 16)
    desk.disconnect()
    desk.connect()


def join(desk: Desk, name: str, secret: bytes) -> None:
    desk.knows(name, secret)
    channel = Channel(NETWORK, name, is_joined=True, secret=SecretBytes(secret))
    desk.apply(desk.port.join(channel, desk.now))
    desk.settle()


def raw(desk: Desk) -> list[SendRawPacket]:
    return [each for each in desk.radio.asked if isinstance(each, SendRawPacket)]


def test_a_text_goes_through_its_channels_slot(desk: Desk) -> None:
    message_id = desk.send("Public", "Hello everyone")

    assert SendChannelTxtMsg(0, 0, NOW + 1, "Hello everyone") in desk.radio.asked
    assert desk.states(message_id) == ["sending", "sent"]
    assert desk.deliveries(message_id)[-1].expects_ack is False


def test_a_text_never_goes_through_a_slot_that_another_channel_took(desk: Desk) -> None:
    asked, spoken_in = 0, []

    def set_slot(command: SetChannel) -> list[Ok] | None:
        nonlocal asked
        asked += 1
        if asked == 1:
            return None  # silent, so it is greeted anew, and its slots are read again
        desk.radio.slots[command.slot] = (command.name, command.secret)
        if asked == 2:
            desk.knows("#other", LONG[:16])
            other = Channel(NETWORK, "#other", is_joined=True, secret=SecretBytes(LONG[:16]))
            desk.apply(desk.port.join(other, desk.now))
        return [Ok()]

    def speak(command: SendChannelTxtMsg) -> list[Ok]:
        spoken_in.append(desk.radio.slots[command.channel][0])
        return [Ok()]

    desk.radio.rules = {SetChannel: set_slot, SendChannelTxtMsg: speak}  # type: ignore[dict-item]
    desk.knows("#test", TEST)
    desk.send("#test", "for #test alone")

    desk.wind(10.0)

    assert spoken_in == ["#test"]
    assert [name for name, _ in desk.radio.slots.values()] == ["Public", "#other", "#test"]


def test_our_own_text_heard_again_is_a_repeat_and_no_message(desk: Desk) -> None:
    from meshtui.networks.meshcore.channel_key import PUBLIC as CHANNEL
    from meshtui.networks.meshcore.payloads.group_text import encode_group_text, group_text
    from meshtui.networks.meshcore.seal import Cipher

    message_id = desk.send("Public", "Hello")
    sealed = Cipher(PUBLIC).seal(encode_group_text(group_text(NOW + 1, "Alice", "Hello")))
    body = bytes((CHANNEL.hash,)) + sealed

    desk.push(
        LogRxData(8.5, -87, b"\x15\x01\xaa" + body), LogRxData(1.0, -97, b"\x15\x01\xbb" + body)
    )

    assert desk.messages == []
    assert desk.states(message_id) == ["sending", "sent", "relayed", "relayed"]
    assert desk.deliveries(message_id)[-1].repeats == 2


def test_a_channel_that_is_joined_gets_a_free_slot(desk: Desk) -> None:
    join(desk, "#test", TEST)

    assert desk.radio.slots[1] == ("#test", TEST)


def test_a_channel_that_has_a_slot_gets_no_second_one(desk: Desk) -> None:
    join(desk, "Public", PUBLIC)

    assert desk.radio.count(SetChannel) == 0


def test_a_channel_without_a_slot_is_kept_here_and_the_user_is_told(desk: Desk) -> None:
    fill(desk)

    join(desk, "#test", TEST)

    assert desk.radio.count(SetChannel) == 0
    assert "#test is opened by this program" in desk.news("channel")[0]


def test_a_key_too_long_for_a_slot_is_kept_here(desk: Desk) -> None:
    join(desk, "long", LONG)

    assert desk.radio.count(SetChannel) == 0
    assert desk.news("channel")


def test_a_text_without_a_slot_goes_as_a_packet_of_ours(desk: Desk) -> None:
    fill(desk)
    desk.knows("#test", TEST)

    message_id = desk.send("#test", "hi")

    packet = decode_packet(raw(desk)[0].packet)
    opened = desk.keyring.open_group(packet.payload[0], packet.payload[1:])
    assert packet.payload_type == PayloadType.GRP_TXT
    assert opened is not None
    assert opened[0].name == "#test"
    assert opened[1][5:].startswith(b"Alice: hi")
    assert desk.states(message_id) == ["sending", "sent"]


def test_a_text_to_a_channel_not_yet_on_the_radio_claims_a_slot(desk: Desk) -> None:
    desk.knows("#test", TEST)

    desk.send("#test", "hi")

    assert desk.radio.slots[1] == ("#test", TEST)
    assert raw(desk) == []


def test_firmware_before_1_16_says_why_it_cannot_send_without_a_slot() -> None:
    desk = Desk()
    desk.radio.firmware = "v1.15.0-abc"
    desk.connect()
    fill(desk)
    desk.knows("#test", TEST)

    objection = desk.port.objection(desk.conversation("#test"), "hi")

    assert "1.15.0" in objection
    assert "1.16" in objection


def test_a_radio_that_refuses_our_packet_fails_the_text_with_the_reason(desk: Desk) -> None:
    fill(desk)
    desk.knows("#test", TEST)
    desk.radio.rules[SendRawPacket] = lambda _: [Err(1)]

    message_id = desk.send("#test", "hi")

    last = desk.deliveries(message_id)[-1]
    assert last.state is DeliveryState.FAILED
    assert "in no slot" in last.reason


def test_a_slot_that_cannot_be_written_is_free_again(desk: Desk) -> None:
    desk.radio.rules[SetChannel] = lambda _: [Err(2)]

    join(desk, "#test", TEST)

    assert desk.news("channel")


def test_a_channel_that_is_left_frees_its_slot(desk: Desk) -> None:
    join(desk, "#test", TEST)

    desk.apply(desk.port.leave("#test", desk.now))
    desk.settle()

    assert desk.radio.slots[1] == ("", bytes(16))
    join(desk, "#other", b"o" * 16)
    assert desk.radio.slots[1] == ("#other", b"o" * 16)


def test_a_channel_nobody_joined_cannot_be_written_to(desk: Desk) -> None:
    assert "join it first" in desk.port.objection(desk.conversation("#nowhere"), "hi")

    message_id = desk.send("#nowhere")

    assert "join it first" in desk.deliveries(message_id)[-1].reason
