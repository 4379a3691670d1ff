"""A link by which packets are only heard: they are judged like any, and nobody is asked or told."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from meshtui.crypto.keys import Identity
from meshtui.errors import NotReadyError
from meshtui.model.command import Advertise, Ask, JoinChannel, SendText, Sign
from meshtui.model.event import FrameReceived, MessageQueued, NodeHeard
from meshtui.model.ids import Instant, LinkId, MessageId, NetworkName, channel_conversation
from meshtui.model.link import LinkInfo, LinkKind
from meshtui.model.packet import Frame, Transmit
from meshtui.model.restored import Restored
from meshtui.networks.meshcore.network import MESHCORE
from tests.support.meshcore_air import Digests
from tests.support.meshcore_vectors import raw_packets

if TYPE_CHECKING:
    from meshtui.networks.base import Session

NETWORK, LINK = NetworkName("meshcore"), LinkId("then")
NOW = Instant(1_000.0, 1_780_000_000_000)
INFO = LinkInfo(LINK, NETWORK, LinkKind.DATAGRAM, "then", "meshcore+replay:///then")


@pytest.fixture
def session() -> Session:
    opened = MESHCORE.open_session(
        Identity(bytes(range(64))),
        {"name": "us"},
        Restored(),
        Digests(),
        secrets.token_bytes,
    )
    opened.link_up(INFO, NOW)
    return opened


def test_packets_are_judged_as_if_a_radio_had_heard_them(session: Session) -> None:
    outputs = [
        output for payload in raw_packets() for output in session.receive(Frame(LINK, payload, NOW))
    ]

    assert sum(isinstance(each, FrameReceived) for each in outputs) == len(raw_packets())
    assert any(isinstance(each, NodeHeard) for each in outputs)
    assert not any(isinstance(each, Transmit) for each in outputs)


def test_what_radio_and_host_said_to_each_other_is_only_shown(session: Session) -> None:
    (shown,) = session.receive(Frame(LINK, b"\x82\1\2\3\4", NOW, endpoint="companion"))

    assert isinstance(shown, FrameReceived)


def test_nobody_is_asked_or_told(session: Session) -> None:
    for command in (
        Ask(NETWORK, "stats", "id"),
        Ask(NETWORK, "stats", "id", link_id=LINK),
        Sign(NETWORK, LINK, b"data", "id"),
    ):
        with pytest.raises(NotReadyError):
            session.submit(command, NOW)
    with pytest.raises(NotReadyError):
        session.submit(Advertise(NETWORK), NOW)


def test_a_text_waits_for_a_radio_that_sends_it(session: Session) -> None:
    conversation = channel_conversation(NETWORK, "#test")

    session.submit(JoinChannel(NETWORK, "#test"), NOW)
    outputs = session.submit(SendText(conversation, "hi", MessageId("1")), NOW)

    assert any(isinstance(each, MessageQueued) for each in outputs)
    assert not any(isinstance(each, Transmit) for each in outputs)
    assert list(session.link_down(LINK, NOW)) == []
