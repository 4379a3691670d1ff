"""Learning paths and telling them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.errors import EncodeError
from meshtui.model.ids import Instant
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.node.contacts import OutPath
from meshtui.networks.meshcore.node.outputs import AckHeard, Dropped, PathLearned, Send
from meshtui.networks.meshcore.node.sealed import seal_for
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    decode_packet,
    encode_packet,
)
from tests.support.meshcore_mesh import MeshAir, acquainted
from tests.support.meshcore_vectors import key

RX = RxMeta(-80, 5.0)
A, B, R = (key(name).public_key for name in "ABR")


def _three() -> MeshAir:
    air = acquainted("A", "R", "B", key=key)
    relay = air.nodes["R"]
    relay.settings = replace(relay.settings, forwards=True)
    return air


def test_a_flooded_text_teaches_both_ends_the_way() -> None:
    air = _three()

    air.sent("A", air.nodes["A"].send_text(B, "hi", 1, air.now))
    air.run()

    path = OutPath(1, R[:1])
    assert air.nodes["A"].out_path(B) == air.nodes["B"].out_path(A) == path
    assert [heard.peer for heard in air.heard("A", PathLearned)] == [B]
    assert [heard.peer for heard in air.heard("B", PathLearned)] == [A]
    assert len(air.heard("A", AckHeard)) == 1


def test_answers_wait_as_long_as_the_firmwares() -> None:
    air = acquainted("A", "B", key=key)
    text = air.nodes["A"].send_text(B, "hi", 1, air.now).outputs[0]

    (_, path) = air.nodes["B"].hear(text.data, RX, air.now)
    _, _, reciprocal = air.nodes["A"].hear(path.data, RX, air.now)

    assert path.not_before_s - air.now_s == pytest.approx(0.2)
    assert reciprocal.not_before_s - air.now_s == pytest.approx(0.5)
    assert (path.priority, reciprocal.priority) == (2, 1)


def test_a_path_that_came_along_a_path_is_not_returned() -> None:
    air = acquainted("A", "B", key=key)
    air.sent("A", air.nodes["A"].send_text(B, "hi", 1, air.now))
    air.run()

    kinds = [decode_packet(data).payload_type for _, data in air.log]

    assert kinds == [PayloadType.TXT_MSG, PayloadType.PATH, PayloadType.PATH]


def test_who_floods_an_ack_although_we_know_the_way_is_told_ours_again() -> None:
    air = acquainted("A", "B", key=key)
    a = air.nodes["A"]
    a.set_out_path(B, OutPath(1, R[:1]), air.now)
    sent = a.send_text(B, "hi", 1, air.now)
    flooded = Packet(RouteType.FLOOD, PayloadType.ACK, 1, b"\x22", sent.ack)

    ack, told = a.hear(encode_packet(flooded), RX, air.now)

    assert isinstance(ack, AckHeard)
    onward = decode_packet(told.data)
    assert (onward.payload_type, onward.path) == (PayloadType.PATH, R[:1])
    assert told.not_before_s == pytest.approx(air.now_s + 3.0)


def test_a_path_too_long_for_its_packet_is_not_told() -> None:
    air = acquainted("A", "B", key=key)
    request = air.nodes["A"].request(B, 5, b"\1", air.now).outputs[0]
    packet = decode_packet(request.data)
    long = Packet(RouteType.FLOOD, packet.payload_type, 63, bytes(63), packet.payload)
    (asked,) = air.nodes["B"].hear(encode_packet(long), RX, air.now)

    with pytest.raises(EncodeError):
        air.nodes["B"].respond(asked, bytes(120), air.now)
    assert len(air.nodes["B"].respond(asked, bytes(60), air.now)) == 1


def test_a_returned_path_that_is_none_is_dropped() -> None:
    air = acquainted("A", "B", key=key)
    core = air.nodes["A"]._core
    # path_len of four bytes a hop is reserved: what it opens to is no path
    payload = seal_for(core, B, b"\xc1" + bytes(15))
    packet = Packet(RouteType.DIRECT, PayloadType.PATH, 0, b"", payload)

    outputs = air.nodes["B"].hear(encode_packet(packet), RX, Instant(1.0, 1000))

    assert [type(out) for out in outputs] == [Dropped]


def test_a_returned_path_of_somebody_new_makes_a_contact() -> None:
    air = acquainted("A", "B", key=key)
    b = air.nodes["B"]
    b.remove_contact(A)  # the keyring still opens what A sends

    air.sent("A", air.nodes["A"].send_text(B, "hi", 1, air.now))
    air.run()

    assert b.out_path(A) == OutPath(0, b"")


def test_a_sent_path_is_no_relay() -> None:
    air = acquainted("A", "B", key=key)
    text = air.nodes["A"].send_text(B, "hi", 1, air.now).outputs[0]

    sends = [out for out in air.nodes["B"].hear(text.data, RX, air.now) if isinstance(out, Send)]

    assert [send.is_relay for send in sends] == [False]
