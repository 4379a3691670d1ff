"""Laws of names."""

from __future__ import annotations

import pytest

from meshtui.model.ids import (
    ConversationId,
    ConversationKind,
    NetworkName,
    NodeId,
    channel_conversation,
    direct_conversation,
    split_conversation,
)

NET = NetworkName("jsonmesh")


def test_a_direct_conversation_splits_into_what_it_was_made_of() -> None:
    conversation = direct_conversation(NET, NodeId("MESH-E0D02795"))

    assert conversation == "jsonmesh/MESH-E0D02795"
    assert split_conversation(conversation) == (NET, ConversationKind.DIRECT, "MESH-E0D02795")


@pytest.mark.parametrize("name", ["paris", "#a", "a/b", "", "général", "x#y", "/"])
def test_a_channel_keeps_its_name_verbatim(name: str) -> None:
    conversation = channel_conversation(NET, name)

    assert split_conversation(conversation) == (NET, ConversationKind.CHANNEL, name)


def test_a_channel_named_with_a_hash_is_not_the_channel_without() -> None:
    assert channel_conversation(NET, "#a") != channel_conversation(NET, "a")


def test_a_direct_conversation_is_never_taken_for_a_channel() -> None:
    _, kind, _ = split_conversation(ConversationId("meshtastic/!a76f40da"))

    assert kind is ConversationKind.DIRECT
