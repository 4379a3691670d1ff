"""Packets of a LoRa mesh for tests of the inspector: a message, its copies, its acknowledgement."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from meshtui.model.event import FrameReceived, FrameSent
from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.node import Node, NodeRole, PinState
from meshtui.model.packet import (
    DissectedField,
    Dissection,
    Frame,
    PacketSummary,
    RxMeta,
    Transmit,
    Verdict,
)
from tests.support.fake_mesh import ME

if TYPE_CHECKING:
    from tests.support.fake_mesh import FakeMesh

MESHCORE = NetworkName("meshcore")
AIR = LinkId("usb")
ANNA, BERND, CARLA = (NodeId(digit * 64) for digit in ("a", "b", "c"))
HILL, TOWER = NodeId("66" + "1" * 62), NodeId("6b" + "2" * 62)
PEOPLE = (
    (ANNA, "Anna", NodeRole.CLIENT),
    (BERND, "Bernd", NodeRole.CLIENT),
    (CARLA, "Carla", NodeRole.CLIENT),
    (HILL, "Hill", NodeRole.RELAY),
    (TOWER, "Tower", NodeRole.RELAY),
)
HELLO_ID = "00aa11bb22cc33dd"


def heard(
    mesh: FakeMesh, payload: bytes, summary: PacketSummary, snr_db: float, rssi_dbm: int
) -> None:
    """A packet came by radio."""
    mesh.now_ms += 137
    frame = Frame(AIR, payload, mesh.at(), RxMeta(rssi_dbm, snr_db))
    mesh.emit(FrameReceived(MESHCORE, frame, summary))


def said(mesh: FakeMesh, payload: bytes, summary: PacketSummary) -> None:
    """A packet of ours was sent."""
    mesh.now_ms += 91
    mesh.emit(FrameSent(MESHCORE, Transmit(AIR, payload), mesh.at(), summary, 210))


def people(mesh: FakeMesh) -> None:
    """Three who talk and two who relay."""
    for node_id, name, role in PEOPLE:
        mesh.hear(Node(MESHCORE, node_id, node_id, PinState.FIRST_SEEN, name=name, role=role))


def text_heard(mesh: FakeMesh, path: tuple[str, ...], snr_db: float, verdict: Verdict) -> None:
    """One reception of Anna's message to us."""
    payload = bytes([0x0A, len(path), *bytes.fromhex("".join(path))]) + b"sealed for us"
    opened = verdict is Verdict.DELIVERED
    heard(
        mesh,
        payload,
        PacketSummary(
            "text",
            verdict,
            ANNA,
            ME,
            len(path),
            message_id=HELLO_ID,
            reason="" if opened else "seen",
            text="Hello from the hill",
            path=path,
            packet_hash="77dd00112233aabb",
        ),
        snr_db,
        -100 - len(path),
    )
    size = len(payload)
    ends = 2 + len(path)
    fields = (
        DissectedField("header", "0A  text, flood", 0, 1),
        DissectedField(
            "path",
            f"{len(path)} hops",
            1,
            ends,
            children=tuple(
                DissectedField("hop", hop, 2 + at, 3 + at) for at, hop in enumerate(path)
            ),
        ),
        DissectedField(
            "sealed",
            f"{size - ends} bytes",
            ends,
            size,
            children=(
                DissectedField("timestamp", "2026-11-20 21:00:01", 0, 4, buffer=1),
                DissectedField("text", "Hello from the hill", 5, 24, buffer=1),
            ),
        ),
    )
    plain = b"\x01\x02\x03\x04\x00Hello from the hill\x00\x00"
    mesh.dissections[payload] = Dissection(
        MESHCORE, f"text, {size} bytes", fields, buffers=(("opened", plain),)
    )


def answered(mesh: FakeMesh) -> None:
    """We acknowledge, and hear our acknowledgement relayed."""
    ack = PacketSummary(
        "ack", Verdict.SENT, ME, ANNA, 0, path=("6b", "66"), acks=HELLO_ID, packet_hash="ac" * 8
    )
    said(mesh, b"\x0e\x02\x6b\x66ACKS", ack)
    echo = PacketSummary(
        "ack",
        Verdict.HANDLED,
        hops=1,
        acks=HELLO_ID,
        path=("6b",),
        packet_hash="ac" * 8,
        reason="echo",
        source=ME,
    )
    heard(mesh, b"\x0e\x01\x6bACKS", echo, 6.5, -88)


def sealed_group(mesh: FakeMesh, payload: bytes = b"\x15\x02\x66\x6b\xd9sealed") -> None:
    """A channel's text that no key of ours opens."""
    why = "no key with hash D9"
    summary = PacketSummary(
        "group-text",
        Verdict.UNREADABLE,
        hops=2,
        path=("66", "6b"),
        channel="d9",
        reason="no-key",
        detail=why,
        packet_hash=payload.hex()[:16],
    )
    heard(mesh, payload, summary, -7.25, -112)
    mesh.summaries[payload] = summary
    size = len(payload)
    mesh.dissections[payload] = Dissection(
        MESHCORE,
        f"group text, {size} bytes",
        (
            DissectedField("header", "15  group text, flood", 0, 1),
            DissectedField("channel hash", "D9", 4, 5),
            DissectedField("sealed", f"{size - 5} bytes", 5, size),
        ),
        why=f"{why}; c joins the channel that has it",
    )


def meshcore_story(mesh: FakeMesh) -> None:
    """A minute on the air: adverts, a message heard three times, acknowledged, a sealed group."""
    people(mesh)
    chance = random.Random(7)
    for number in range(24):
        who, _, _ = PEOPLE[chance.randrange(len(PEOPLE))]
        path = (("66",), ("66", "6b"), (), ("6b", "66", "a1"))[chance.randrange(4)]
        summary = PacketSummary(
            "advert",
            Verdict.HANDLED if number % 3 else Verdict.DROPPED,
            who,
            hops=len(path),
            path=path,
            packet_hash=f"{chance.randrange(12):016x}",
            reason="" if number % 3 else "seen",
        )
        heard(
            mesh,
            b"\x11" + bytes(path and [len(path)]),
            summary,
            round(chance.gauss(2, 6) * 4) / 4,
            -96,
        )
    sealed_group(mesh)
    text_heard(mesh, ("66", "6b"), 4.5, Verdict.DELIVERED)
    answered(mesh)
    text_heard(mesh, ("66", "a1", "6b"), -9.75, Verdict.DROPPED)
