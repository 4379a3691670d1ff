from __future__ import annotations

import pytest

from meshtui.errors import DecodeError, EncodeError
from meshtui.model.ids import NodeId
from meshtui.networks.jsonmesh.topics import (
    LORA_INBOUND,
    LORA_OUTBOUND,
    TopicKind,
    announce_topic,
    check_forum_name,
    dm_topic,
    forum_topic,
    identity_topic,
    parse_topic,
    route_topic,
)

NODE = NodeId("MESH-E0D02795")
NAMES = [
    *("bitcoin-paris", "général", "test room", "#a", "a/b", "a+b", "+", "#", "%", "%2F", "100%"),
    *("\0", "%25", "..", "$SYS", " ", "☕" * 85, "x" * 256, "%%2525", "a%2fb"),
    *("%/", "%2#", "%2/F", "%%", "%%2F", "%2%2F", "%25%", "%002F"),
]


def test_every_topic_leads_back_to_its_node() -> None:
    for build, kind in (
        (identity_topic, TopicKind.IDENTITY),
        (dm_topic, TopicKind.DM),
        (route_topic, TopicKind.ROUTE),
    ):
        assert parse_topic(build(NODE)) == (kind, NODE)
        assert parse_topic(build(NODE).replace(NODE, NODE.lower())) == (kind, NODE)


@pytest.mark.parametrize("name", NAMES)
def test_a_forum_keeps_its_name_and_never_gains_a_level_or_wildcard(name: str) -> None:
    for build, kind, levels in (
        (forum_topic, TopicKind.FORUM, 3),
        (announce_topic, TopicKind.ANNOUNCE, 4),
    ):
        topic = build(name)

        assert parse_topic(topic) == (kind, name)
        assert topic.count("/") == levels - 1
        assert not set("+#\0") & set(topic)


def test_two_forums_never_share_a_topic() -> None:
    assert len({forum_topic(name) for name in NAMES}) == len(NAMES)


def test_ordinary_names_travel_as_they_are() -> None:
    assert forum_topic("général") == "meshcore/forum/général"
    assert announce_topic("test room") == "meshcore/forums/announce/test room"
    assert forum_topic("100%") == "meshcore/forum/100%"


@pytest.mark.parametrize(
    ("name", "level"),
    [("a/b+c#d\0", "a%2Fb%2Bc%23d%00"), ("a%2fb", "a%252fb"), ("%/", "%%2F"), ("%25", "%2525")],
)
def test_what_a_topic_cannot_hold_is_percent_encoded(name: str, level: str) -> None:
    assert forum_topic(name) == f"meshcore/forum/{level}"


def test_names_the_app_wrote_without_escapes_are_read() -> None:
    assert parse_topic("meshcore/forum/100%") == (TopicKind.FORUM, "100%")
    assert parse_topic("meshcore/forum/50%off") == (TopicKind.FORUM, "50%off")


def test_the_gateways_topics_name_nobody() -> None:
    assert parse_topic(LORA_OUTBOUND) == (TopicKind.LORA_OUT, "")
    assert parse_topic(LORA_INBOUND) == (TopicKind.LORA_IN, "")


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("", "bad-topic"),
        ("meshcore", "bad-topic"),
        ("meshcore/dm", "bad-topic"),
        ("meshcore/dm/", "bad-node-id"),
        ("/meshcore/dm/MESH-E0D02795", "bad-topic"),
        ("meshcore//dm/MESH-E0D02795", "bad-topic"),
        ("meshcore/dm/MESH-E0D02795/", "bad-topic"),
        ("meshcore/dm/MESH-E0D02795/x", "bad-topic"),
        ("meshcore/DM/MESH-E0D02795", "bad-topic"),
        ("meshcore/dm/+", "bad-node-id"),
        ("meshcore/dm/#", "bad-node-id"),
        ("meshcore/dm/..", "bad-node-id"),
        ("meshcore/dm/MESH-E0D0", "bad-node-id"),
        ("meshcore/dm/MESH-E0D027951", "bad-node-id"),
        ("meshcore/dm/MESH-E0D02795 ", "bad-node-id"),
        ("meshcore/dm/M\u0415SH-E0D02795", "bad-node-id"),
        ("meshcore/identity/\x1b[2J", "bad-node-id"),
        ("$SYS/broker/version", "bad-topic"),
        ("meshcore/forum/", "bad-forum-name"),
        ("meshcore/forum/a/b", "bad-topic"),
        ("meshcore/forum/" + "x" * 257, "bad-forum-name"),
        ("meshcore/forum/" + "é" * 129, "bad-forum-name"),
        ("meshcore/forum/\ud800", "bad-forum-name"),
        ("meshcore/forum/\x1b[2J", "bad-forum-name"),
        ("meshcore/forums/announce/a\uffff", "bad-forum-name"),
        ("meshcore/forum/" + "x" * 65_000, "bad-topic"),
        ("meshcore/forums/announce/", "bad-forum-name"),
        ("meshcore/lora/inbound/x", "bad-topic"),
        ("meshcore/lora/sideways", "bad-topic"),
    ],
)
def test_a_topic_that_is_none_of_ours_is_refused(topic: str, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        parse_topic(topic)

    assert caught.value.reason == reason


@pytest.mark.parametrize("name", ["", "x" * 257, "é" * 129, "\ud800"])
def test_no_topic_is_built_for_an_impossible_name(name: str) -> None:
    for build in (forum_topic, announce_topic):
        with pytest.raises(EncodeError):
            build(name)


@pytest.mark.parametrize("sign", ["\x01", "\n", "\x7f", "\x85", "\ufdd0", "\uffff", "\U0010fffe"])
def test_no_forum_has_a_name_over_which_a_broker_ends_the_connection(sign: str) -> None:
    with pytest.raises(DecodeError) as caught:
        check_forum_name(f"a{sign}b")

    assert caught.value.reason == "bad-forum-name"


@pytest.mark.parametrize("name", [None, 5, b"x", ["x"], True])
def test_a_name_is_a_text(name: object) -> None:
    with pytest.raises(DecodeError):
        check_forum_name(name)
