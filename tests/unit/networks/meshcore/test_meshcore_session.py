"""The session over several radios: whom it asks, what it keeps waiting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.crypto.ed25519 import from_seed
from meshtui.errors import LocalProtocolError, NotReadyError
from meshtui.model.command import (
    MAX_SIGNED_BYTES,
    AcceptKey,
    Advertise,
    Ask,
    CancelMessage,
    ForgetRoute,
    JoinChannel,
    LeaveChannel,
    ResendMessage,
    SendText,
    Sign,
)
from meshtui.model.event import (
    ChannelChanged,
    DeliveryChanged,
    DigestSeen,
    FrameSent,
    MessageQueued,
    MessageReceived,
    NodeHeard,
    RouteForgotten,
    SenderChanged,
)
from meshtui.model.ids import ConversationId, Instant, LinkId, MessageId, NodeId
from meshtui.model.link import LinkInfo, LinkKind, Myself
from meshtui.model.message import Channel, Delivery, DeliveryState
from meshtui.model.node import PinState
from meshtui.model.packet import Frame, PacketSummary, Transmit, Verdict
from meshtui.model.restored import Restored
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.listener import AirListener
from meshtui.networks.meshcore.nodes import NodeBook
from meshtui.networks.meshcore.session import MAX_WAITING, MeshcoreSession
from meshtui.networks.meshcore.settings import Settings
from meshtui.networks.meshcore.station import NETWORK, Station
from tests.support.meshcore_air import Digests, group_packet

NOW = Instant(10.0, 1_800_000_000_000)
PUBLIC = ConversationId("meshcore/#Public")
PEER = NodeId("81" * 32)
DIRECT = ConversationId(f"meshcore/{PEER}")
KEY = SecretBytes(bytes(range(16)))


class FakePort:
    """A radio that takes texts as long as it has no objection, and writes down what it is told."""

    def __init__(self, link_id: LinkId) -> None:
        self.link_id = link_id
        self.is_ready = False
        self.objects = ""
        self.myself: Myself | None = None
        self.device = None
        self.next_deadline_s: float | None = None
        self.told: list[tuple] = []
        self.brings: list = []

    def __getattr__(self, name: str):
        def told(*args):
            self.told.append((name, *args))
            return []

        return told

    def link_up(self, link, now):
        return self._become(ready=True)

    def link_down(self, now):
        return self._become(ready=False)

    def receive(self, frame):
        return list(self.brings)

    def describe(self, transmit, now):
        return FrameSent(NETWORK, transmit, now, PacketSummary("SEND_TXT_MSG", Verdict.SENT))

    def objection(self, conversation, text):
        return self.objects

    def sent(self) -> list[str]:
        return [told[1].text for told in self.told if told[0] == "send"]

    def _become(self, *, ready: bool) -> list:
        self.is_ready = ready
        return []


class Bench:
    def __init__(self, restored: Restored | None = None) -> None:
        self.ports: dict[LinkId, FakePort] = {}
        key = from_seed(b"\x01" * 32)
        self.keyring = Keyring()
        nodes = NodeBook((), ())
        station = Station(key, Settings(name="me"), self.keyring, nodes, Digests(), bytes)
        self.station = station
        self.listener = AirListener(station)
        self.session = MeshcoreSession(
            station, self.listener, restored or Restored(), self._make, ()
        )

    def make(self, name: str) -> FakePort:
        return self.ports.setdefault(LinkId(name), FakePort(LinkId(name)))

    def _make(self, link: LinkInfo) -> FakePort:
        return self.make(link.link_id)

    def up(self, name: str = "usb") -> list:
        link = LinkInfo(LinkId(name), NETWORK, LinkKind.STREAM, name, "")
        return list(self.session.link_up(link, NOW))

    def say(self, conversation: ConversationId = PUBLIC, text: str = "hi", name: str = "m") -> list:
        return list(self.session.submit(SendText(conversation, text, MessageId(name)), NOW))


def states(outputs: list) -> list[DeliveryState]:
    return [each.delivery.state for each in outputs if isinstance(each, DeliveryChanged)]


@pytest.mark.parametrize(
    ("conversation", "text"), [(PUBLIC, "x" * 159), (DIRECT, "x" * 161), (PUBLIC, "a\0b")]
)
def test_what_no_radio_could_carry_is_refused_before_one_is_there(conversation, text) -> None:
    with pytest.raises(LocalProtocolError, match=r"shorten it by 1|take it out"):
        Bench().say(conversation, text)


def test_a_text_must_fit_beside_the_name_of_the_radio_that_was_here() -> None:
    bench = Bench()
    early = states(bench.say(PUBLIC, "x" * 158))
    bench.make("usb").myself = Myself(NETWORK, PEER, str(PEER), "Hill")
    bench.up()
    bench.session.link_down(LinkId("usb"), NOW)

    with pytest.raises(LocalProtocolError, match="154 fit beside your name: shorten it by 1"):
        bench.say(PUBLIC, "x" * 155, "late")
    assert early == states(bench.say(PUBLIC, "x" * 154, "last")) == [DeliveryState.QUEUED]


def test_a_text_waits_for_a_radio_and_leaves_with_the_first_that_comes() -> None:
    bench = Bench()

    said = bench.say()
    came = bench.up()

    assert isinstance(said[0], MessageQueued)
    assert states(said) == [DeliveryState.QUEUED]
    assert bench.ports["usb"].sent() == ["hi"]
    assert [e.channel.name for e in came if isinstance(e, ChannelChanged)] == ["Public"]


def test_a_text_takes_the_radio_that_can_carry_it() -> None:
    bench = Bench()
    bench.up("one")
    bench.up("two")
    bench.ports["one"].objects = "not in its contacts"

    bench.say(DIRECT)

    assert bench.ports["one"].sent() == []
    assert bench.ports["two"].sent() == ["hi"]


def test_what_no_radio_can_carry_is_refused_at_once() -> None:
    bench = Bench()
    bench.up()
    bench.ports["usb"].objects = "162 bytes, and 160 are the most"

    with pytest.raises(LocalProtocolError, match="160 are the most"):
        bench.say()


def test_what_waited_and_cannot_be_carried_fails_with_its_reason() -> None:
    bench = Bench()
    bench.up()
    bench.session.link_down(LinkId("usb"), NOW)
    bench.say()
    bench.ports["usb"].objects = "too long"

    came = bench.up()

    assert states(came) == [DeliveryState.FAILED]


def test_the_waiting_room_is_bounded() -> None:
    bench = Bench()
    for number in range(MAX_WAITING):
        bench.say(name=str(number))

    with pytest.raises(LocalProtocolError, match="too many"):
        bench.say(name="one more")


@pytest.mark.parametrize("target", ["MESH-1234", "81" * 31, "ZZ" * 32, ""])
def test_a_node_id_is_a_whole_key(target: str) -> None:
    with pytest.raises(LocalProtocolError, match="64 hex digits"):
        Bench().say(ConversationId(f"meshcore/{target}"))


def test_who_is_not_in_a_channel_cannot_write_there() -> None:
    with pytest.raises(LocalProtocolError, match="join"):
        Bench().say(ConversationId("meshcore/##test"))


def test_an_empty_text_is_no_message() -> None:
    with pytest.raises(LocalProtocolError, match="no text"):
        Bench().say(text="  ")


def test_a_cancelled_text_does_not_leave() -> None:
    bench = Bench()
    bench.say()

    ended = bench.session.submit(CancelMessage(PUBLIC, MessageId("m")), NOW)
    bench.up()

    assert states(list(ended)) == [DeliveryState.CANCELLED]
    assert bench.ports["usb"].sent() == []


def test_what_outlived_a_restart_is_sent_and_can_be_sent_again() -> None:
    first = Bench()
    message = first.say()[0].message
    second = Bench(Restored(outbox=(message,)))

    second.up()
    second.session.submit(CancelMessage(PUBLIC, MessageId("m")), NOW)
    second.session.submit(ResendMessage(message), NOW)

    assert second.ports["usb"].sent() == ["hi", "hi"]


def test_what_is_on_its_way_is_not_sent_twice() -> None:
    bench = Bench()
    message = bench.say()[0].message
    bench.up()

    with pytest.raises(LocalProtocolError, match="still on its way"):
        bench.session.submit(ResendMessage(message), NOW)

    assert bench.ports["usb"].sent() == ["hi"]


@pytest.mark.parametrize(
    ("state", "expects_ack"),
    [(DeliveryState.DELIVERED, True), (DeliveryState.FAILED, True), (DeliveryState.SENT, False)],
)
def test_what_has_come_to_an_end_cannot_be_cancelled(
    state: DeliveryState, expects_ack: bool
) -> None:
    bench = Bench()
    bench.up()
    bench.say(DIRECT)
    delivery = Delivery(state, 1, expects_ack=expects_ack)
    bench.ports["usb"].brings = [DeliveryChanged(MessageId("m"), DIRECT, delivery, NOW)]
    bench.session.receive(Frame(LinkId("usb"), b"", NOW))

    with pytest.raises(LocalProtocolError, match="not on its way any more"):
        bench.session.submit(CancelMessage(DIRECT, MessageId("m")), NOW)

    assert not [told for told in bench.ports["usb"].told if told[0] == "cancel"]


def test_what_waits_to_be_sent_again_and_is_acknowledged_late_is_not_sent() -> None:
    bench = Bench()
    bench.up()
    message = bench.say(DIRECT)[0].message
    port = bench.ports["usb"]
    failed = Delivery(DeliveryState.FAILED, 3, expects_ack=True)
    port.brings = [DeliveryChanged(MessageId("m"), DIRECT, failed, NOW)]
    bench.session.receive(Frame(LinkId("usb"), b"", NOW))
    bench.session.link_down(LinkId("usb"), NOW)
    bench.session.submit(ResendMessage(replace(message, delivery=failed)), NOW)

    delivered = replace(failed, state=DeliveryState.DELIVERED)
    port.brings = [DeliveryChanged(MessageId("m"), DIRECT, delivered, NOW)]
    bench.session.receive(Frame(LinkId("usb"), b"", NOW))
    bench.up()

    assert port.sent() == ["hi"]


def test_what_waits_for_an_acknowledgement_can_be_cancelled() -> None:
    bench = Bench()
    bench.up()
    bench.say(DIRECT)
    delivery = Delivery(DeliveryState.RELAYED, 1, expects_ack=True)
    bench.ports["usb"].brings = [DeliveryChanged(MessageId("m"), DIRECT, delivery, NOW)]
    bench.session.receive(Frame(LinkId("usb"), b"", NOW))

    ended = bench.session.submit(CancelMessage(DIRECT, MessageId("m")), NOW)

    assert states(list(ended)) == [DeliveryState.CANCELLED]


def test_a_text_is_written_by_the_radio_that_takes_it() -> None:
    bench = Bench()
    said = bench.say(DIRECT)
    port = bench.make("usb")
    port.myself = Myself(NETWORK, PEER, PEER, "Ridge")

    came = bench.up()

    assert said[0].message.sender == bench.station.node_id
    assert SenderChanged(MessageId("m"), DIRECT, PEER) in came
    assert [told[1].sender for told in port.told if told[0] == "send"] == [PEER]


def test_a_text_of_whom_we_took_ourselves_for_changes_no_sender() -> None:
    bench = Bench()
    port = bench.make("usb")
    port.myself = Myself(NETWORK, PEER, PEER, "Ridge")
    bench.up()

    said = bench.say(DIRECT)

    assert said[0].message.sender == PEER
    assert not [each for each in said if isinstance(each, SenderChanged)]


def test_what_a_port_sent_is_known_to_the_next_session() -> None:
    bench = Bench()
    bench.up()
    bench.station.note_own_text(b"12345678", MessageId("m"))

    outputs = bench.say()

    assert DigestSeen(NETWORK, b"12345678") in outputs
    assert not [each for each in bench.say(name="n") if isinstance(each, DigestSeen)]


def test_a_key_opens_what_was_heard_before_it_came() -> None:
    bench = Bench()
    bench.up()
    bench.listener.hear(Frame(LinkId("usb"), group_packet("#test", "bob: early"), NOW))

    joined = bench.session.submit(JoinChannel(NETWORK, "#test"), NOW)

    texts = [each.message.text for each in joined if isinstance(each, MessageReceived)]
    assert texts == ["early"]
    assert "join" in {told[0] for told in bench.ports["usb"].told}


def test_a_channel_that_a_radio_knows_opens_what_was_heard() -> None:
    bench = Bench()
    bench.up()
    bench.listener.hear(Frame(LinkId("usb"), group_packet("#test", "bob: early"), NOW))
    secret = SecretBytes(bytes.fromhex("9cd8fcf22a47333b591d96a2b848b73f"))
    channel = Channel(NETWORK, "#test", is_joined=True, secret=secret)
    bench.ports["usb"].brings = [ChannelChanged(channel)]

    brought = bench.session.receive(Frame(LinkId("usb"), b"x", NOW))

    assert [each.message.text for each in brought if isinstance(each, MessageReceived)] == ["early"]


def test_leaving_a_channel_is_told_to_the_radios() -> None:
    bench = Bench()
    bench.up()

    left = bench.session.submit(LeaveChannel(NETWORK, "Public"), NOW)

    assert not left[0].channel.is_joined
    assert ("leave", "Public", NOW) in bench.ports["usb"].told


def test_the_radio_says_who_we_are() -> None:
    bench = Bench()
    own = bench.session.myself
    bench.up()
    bench.ports["usb"].myself = Myself(NETWORK, PEER, PEER, "radio")

    assert (own.name, len(own.node_id)) == ("me", 64)
    assert bench.session.myself.name == "radio"


def test_requests_go_to_the_radio_that_is_named() -> None:
    bench = Bench()
    bench.up("one")
    bench.up("two")

    bench.session.submit(Ask(NETWORK, "battery", "r", link_id=LinkId("two")), NOW)

    assert [told[0] for told in bench.ports["two"].told] == ["ask"]
    with pytest.raises(NotReadyError, match="three is not connected"):
        bench.session.submit(Ask(NETWORK, "battery", "r", link_id=LinkId("three")), NOW)


def test_without_a_radio_nothing_can_be_asked_or_advertised() -> None:
    for command in (Ask(NETWORK, "battery", "r"), Advertise(NETWORK)):
        with pytest.raises(NotReadyError, match="no MeshCore radio"):
            Bench().session.submit(command, NOW)


def test_a_way_is_forgotten_here_and_in_the_radio() -> None:
    bench = Bench()
    bench.up()

    forgotten = bench.session.submit(ForgetRoute(NETWORK, PEER), NOW)

    assert forgotten == [RouteForgotten(NETWORK, PEER)]
    assert ("forget_route", PEER, NOW) in bench.ports["usb"].told


def test_a_key_is_accepted_only_for_the_node_it_is() -> None:
    bench = Bench()

    (heard,) = bench.session.submit(AcceptKey(NETWORK, PEER, PEER.upper()), NOW)

    assert isinstance(heard, NodeHeard)
    assert heard.node.pin is PinState.VERIFIED
    with pytest.raises(LocalProtocolError, match="another node"):
        bench.session.submit(AcceptKey(NETWORK, PEER, "82" * 32), NOW)


def test_safety_numbers_are_of_both_keys() -> None:
    session = Bench().session

    assert len(session.safety_number(PEER).replace(" ", "")) == 60
    assert session.safety_number(NodeId("~bob")) == ""


def test_a_transmission_is_told_as_what_it_is() -> None:
    bench = Bench()
    bench.up()
    transmit = Transmit(LinkId("usb"), b"x")

    sent = bench.session.transmitted(transmit, NOW)

    assert sent[0] == FrameSent(NETWORK, transmit, NOW, PacketSummary("SEND_TXT_MSG", Verdict.SENT))


def test_links_that_are_unknown_cause_nothing() -> None:
    session, other = Bench().session, LinkId("other")

    assert session.receive(Frame(other, b"x", NOW)) == []
    assert session.transmitted(Transmit(other, b""), NOW) == []
    assert session.refused(Transmit(other, b""), "no", NOW) == []
    assert session.link_down(other, NOW) == []


def test_the_earliest_port_sets_the_alarm() -> None:
    bench = Bench()
    bench.up("one")
    bench.up("two")
    bench.ports["one"].next_deadline_s = 9.0
    bench.ports["two"].next_deadline_s = 7.0

    assert bench.session.next_deadline_s == 7.0


def test_who_signs_is_the_radio_behind_the_link_that_is_named() -> None:
    bench = Bench()
    bench.up("usb")
    bench.up("ble")
    request = Sign(NETWORK, LinkId("ble"), b"data", "s")

    bench.session.submit(request, NOW)

    assert bench.ports[LinkId("ble")].told[-1] == ("sign", request, NOW)
    assert "sign" not in {told[0] for told in bench.ports[LinkId("usb")].told}


def test_a_radio_that_is_not_there_and_data_without_end_are_refused_at_once() -> None:
    bench = Bench()
    bench.up("usb")

    with pytest.raises(NotReadyError):
        bench.session.submit(Sign(NETWORK, LinkId("ble"), b"data", "s"), NOW)
    with pytest.raises(LocalProtocolError, match="8192 bytes at most"):
        bench.session.submit(Sign(NETWORK, LinkId("usb"), bytes(MAX_SIGNED_BYTES + 1), "s"), NOW)
