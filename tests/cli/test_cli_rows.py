"""The keys of every event, as scripts rely on them, and its line for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from meshtui.cli import send
from meshtui.cli.lines import clock_time, event_line
from meshtui.cli.output import Exit, Output, as_json_line
from meshtui.cli.rows import EVENTS, event_row, node_row, packet_row
from meshtui.model import event as events
from meshtui.model.device import Device
from meshtui.model.ids import Instant, LinkId, MessageId, NetworkName, NodeId, direct_conversation
from meshtui.model.link import LinkInfo, LinkKind, LinkState
from meshtui.model.message import Delivery, DeliveryState, Message
from meshtui.model.node import Node, Position, Route
from meshtui.model.packet import (
    DissectedField,
    Dissection,
    Frame,
    PacketSummary,
    RxMeta,
    Verdict,
)

if TYPE_CHECKING:
    from meshtui.model.event import Event

NET, LINK = NetworkName("jsonmesh"), LinkId("home")
ME, PEER = NodeId("MESH-0000000A"), NodeId("MESH-0000000B")
AT = Instant(1.0, 1_780_000_000_000)
TALK = direct_conversation(NET, PEER)
EVIL = "\x1b]0;owned\x07\x9b2J\u202e\x7f"
SENT = Delivery(DeliveryState.SENT, 1, 7, EVIL)

COMMON = {"event", "ts", "network", "link"}
CASES: dict[str, tuple[Event, set[str]]] = {
    "message": (
        events.MessageReceived(
            Message(MessageId("m"), TALK, PEER, "text", EVIL, AT.unix_ms, link_id=LINK)
        ),
        {"id", "conversation", "from", "to", "text", "type", "hops", "route", "sent_ts"}
        | {"rssi", "snr", "signed"},
    ),
    "delivery": (
        events.DeliveryChanged(MessageId("m"), TALK, SENT, AT),
        {"id", "state", "attempt", "rtt_ms", "reason"},
    ),
    "node": (
        events.NodeHeard(Node(NET, PEER, name=EVIL, position=Position(1.5, -2.5))),
        {"node_id", "name", "online", "lat", "lng", "pubkey"},
    ),
    "route": (
        events.RouteChanged(Route(NET, PEER, LINK, 2, (ME,), AT.unix_ms)),
        {"node_id", "hops", "via", "rssi", "latency_ms", "confidence"},
    ),
    "answer": (
        events.Answered(NET, "r", "status", PEER, AT, EVIL, (((EVIL, EVIL),),), 900),
        {"verb", "id", "node_id", "text", "rows", "rtt_ms", "final", "error"},
    ),
    "device": (
        events.DeviceChanged(Device(NET, LINK, PEER, EVIL, facts=((EVIL, EVIL),))),
        {"node_id", "name", "firmware", "contacts", "max_contacts", "battery_mv", "facts"},
    ),
    "relay": (
        events.PacketRelayed(NET, "m", PEER, ME, 9, 1, (LINK,), AT),
        {"id", "ttl", "hops", "to"},
    ),
    "drop": (events.PacketDropped(NET, LINK, "seen", EVIL, PEER, "m", AT), {"reason"}),
    "link": (
        events.LinkChanged(
            LinkInfo(LINK, NET, LinkKind.BROKER, "t", "u", LinkState.DOWN, EVIL), AT
        ),
        {"state", "reason"},
    ),
    "reassembly": (
        events.ReassemblyProgressed(NET, LINK, EVIL, EVIL, 2, 5, AT, EVIL),
        {"id", "have", "total", "from", "reason"},
    ),
    "security": (
        events.SecurityRaised(NET, "key-changed", PEER, EVIL, AT),
        {"kind", "node_id", "detail"},
    ),
    "store": (events.StoreFailed(EVIL, AT), {"detail"}),
    "missed": (events.EventsMissed(3), {"count"}),
}


def test_what_may_be_asked_for_is_what_there_is() -> None:
    assert set(EVENTS) == {*CASES, "packet"}


@pytest.mark.parametrize(("relays", "hops"), [(None, None), (0, 1), (2, 3)])
def test_a_nodes_hops_are_counted_as_a_routes(relays: int | None, hops: int | None) -> None:
    assert node_row(Node(NET, PEER, hops=relays))["hops"] == hops


@pytest.mark.parametrize("name", CASES)
def test_an_event_has_the_keys_of_the_contract(name: str) -> None:
    event, keys = CASES[name]

    row = event_row(event, AT, ME)

    assert row is not None
    assert row["event"] == name
    assert set(row) >= COMMON | keys
    assert json.loads(as_json_line(row)) == row


def test_what_was_never_heard_is_dated_when_it_is_told() -> None:
    node = event_row(events.NodeHeard(Node(NET, PEER)), AT, ME)
    route = event_row(events.RouteChanged(Route(NET, PEER, LINK, 1, (), 0)), AT, ME)

    assert node is not None
    assert route is not None
    assert (node["ts"], route["ts"]) == (AT.unix_ms, AT.unix_ms)


@pytest.mark.parametrize("name", CASES)
def test_no_row_or_line_gives_orders_to_the_terminal(name: str) -> None:
    row = event_row(CASES[name][0], AT, ME)
    assert row is not None

    for line in (event_line(row), as_json_line(row)):
        assert line.isprintable()


def test_a_received_message_is_to_us_and_ours_is_to_the_peer() -> None:
    received, queued = (
        Message(MessageId("m"), TALK, PEER, "text", "hi", AT.unix_ms),
        Message(MessageId("n"), TALK, ME, "text", "hi", AT.unix_ms, delivery=SENT),
    )

    first = event_row(events.MessageReceived(received), AT, ME)
    second = event_row(events.MessageQueued(queued), AT, ME)

    assert first is not None
    assert second is not None
    assert first["to"] == ME
    assert (second["event"], second["id"], second["state"]) == ("delivery", "n", "sent")


def test_a_message_for_one_of_our_radios_is_to_that_one() -> None:
    radio = NodeId("aa" * 32)
    heard = Message(MessageId("m"), TALK, PEER, "text", "hi", AT.unix_ms, recipient=radio)

    row = event_row(events.MessageReceived(heard), AT, ME)

    assert row is not None
    assert row["to"] == radio


def test_how_well_a_message_was_heard_and_whether_it_was_signed_are_told() -> None:
    heard = Message(
        MessageId("m"), TALK, PEER, "text", "hi", AT.unix_ms, rx=RxMeta(-92, 6.5), is_signed=True
    )

    row = event_row(events.MessageReceived(heard), AT, ME)

    assert row is not None
    assert (row["rssi"], row["snr"], row["signed"]) == (-92, 6.5, True)


@pytest.mark.parametrize(
    ("source", "reason", "line"),
    [
        ("", "", "2 of 5 chunks (c1)"),
        (PEER, "", f"2 of 5 chunks from {PEER} (c1)"),
        ("", "timeout", "2 of 5 chunks given up: timeout (c1)"),
    ],
)
def test_a_long_message_is_told_chunk_by_chunk(source: str, reason: str, line: str) -> None:
    row = event_row(events.ReassemblyProgressed(NET, LINK, "c1", source, 2, 5, AT, reason), AT, ME)

    assert row is not None
    assert event_line(row).endswith(f"reassembly  {line}")


def test_an_event_nobody_follows_has_no_row() -> None:
    assert event_row(events.ConversationRead(TALK, 3), AT, ME) is None
    assert event_row(events.DigestSeen(NET, b"12345678"), AT, ME) is None


def test_a_packet_shows_its_bytes_and_its_parts() -> None:
    frame = Frame(LINK, b"\x00\x1b", AT, RxMeta(-90, 4.5), endpoint="topic")
    summary = PacketSummary("text", Verdict.REJECTED, reason="not-json")
    field = DissectedField("a", "b", 0, 1, "note", (DissectedField("c", "d", buffer=1),))
    dissection = Dissection(NET, "odd", (field,), ("broken",), "no key")

    row = packet_row(events.FrameReceived(NET, frame, summary), frame, dissection)

    assert set(row) >= COMMON | {"direction", "hex", "rssi", "snr", "dissection"}
    assert (row["direction"], row["hex"], row["rssi"], row["snr"]) == ("rx", "001b", -90, 4.5)
    assert row["dissection"] == {
        "summary": "odd",
        "fields": [
            {
                "name": "a", "value": "b", "start": 0, "end": 1, "note": "note",
                "children": [{"name": "c", "value": "d", "start": 0, "end": 0, "buffer": 1}],
            }
        ],
        "problems": ["broken"],
        "why": "no key",
    }  # fmt: skip
    assert event_line(row).endswith("packet      rx rejected odd")


@pytest.mark.parametrize("at_ms", [0, None, -1, 10**18, -(10**18), "x", 253_402_300_799_000])
def test_no_moment_is_too_odd_to_be_shown(at_ms: object) -> None:
    assert clock_time(at_ms)


def test_why_a_message_was_not_sent_is_told_harmlessly(capsys: pytest.CaptureFixture[str]) -> None:
    talk = direct_conversation(NET, NodeId("MESH-E0D02795"))
    errand = send._Errand(talk, "x", MessageId("m"), None)
    refused = Delivery(DeliveryState.FAILED, reason="the broker said \x1b[2J\u202e")

    send._report(Output(as_json=False), errand, Exit.FAILED, refused)

    assert capsys.readouterr().out == "failed: the broker said ␛[2J\ufffd\n"
