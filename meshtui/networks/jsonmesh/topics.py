"""MQTT topics of the network.

    meshcore/identity/{node}  meshcore/dm/{node}  meshcore/route/{node}  meshcore/forum/{name}
    meshcore/forums/announce/{name}  meshcore/lora/outbound  meshcore/lora/inbound

A forum's name keeps its true form in the key; in a topic `/ + #` and NUL are percent-encoded, and
`%` only where it would be taken for such a code: other clients write it as it is.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.jsonmesh.identity import parse_node_id

if TYPE_CHECKING:
    from meshtui.model.ids import NodeId

LORA_OUTBOUND = "meshcore/lora/outbound"
LORA_INBOUND = "meshcore/lora/inbound"
ALL_IDENTITIES = "meshcore/identity/+"
ALL_DIRECT = "meshcore/dm/+"
ALL_FORUMS = "meshcore/forum/+"
ALL_ROUTES = "meshcore/route/+"
ALL_ANNOUNCEMENTS = "meshcore/forums/announce/+"
MAX_FORUM_NAME_BYTES = 256
_MAX_TOPIC_CHARS = 1024
# Control characters and noncharacters: over these a broker may end the connection (MQTT 5, 1.5.4),
# and mosquitto does, again at every new attempt.
_REFUSED = re.compile(
    "[\x01-\x1f\x7f-\x9f\ufdd0-\ufdef"
    + "".join(chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_UNSAFE = re.compile(r"[/+#\0]|%(?=25|2F|2B|23|00)", re.IGNORECASE)
_ESCAPE = re.compile(r"%(25|2F|2B|23|00)", re.IGNORECASE)


class TopicKind(Enum):
    """What a topic carries."""

    IDENTITY = "identity"
    DM = "dm"
    FORUM = "forum"
    ROUTE = "route"
    LORA_OUT = "lora-out"
    LORA_IN = "lora-in"
    ANNOUNCE = "announce"


_NODE_PREFIXES = {
    "meshcore/identity/": TopicKind.IDENTITY,
    "meshcore/dm/": TopicKind.DM,
    "meshcore/route/": TopicKind.ROUTE,
}
_FORUM_PREFIXES = {
    "meshcore/forum/": TopicKind.FORUM,
    "meshcore/forums/announce/": TopicKind.ANNOUNCE,
}
_WHOLE = {LORA_OUTBOUND: TopicKind.LORA_OUT, LORA_INBOUND: TopicKind.LORA_IN}


def parse_topic(topic: str) -> tuple[TopicKind, str]:
    """Take a topic apart into its kind and the node id (upper case), forum name, or nothing.

    Raises:
        DecodeError: `bad-topic`: none of ours; `bad-node-id`, `bad-forum-name`: its last level.
    """
    if topic in _WHOLE:
        return _WHOLE[topic], ""
    if len(topic) <= _MAX_TOPIC_CHARS:
        prefix, slash, level = topic.rpartition("/")
        prefix += slash
        if prefix in _NODE_PREFIXES:
            return _NODE_PREFIXES[prefix], parse_node_id(level)
        if prefix in _FORUM_PREFIXES:
            name = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), level)
            return _FORUM_PREFIXES[prefix], check_forum_name(name)
    raise DecodeError("bad-topic", "not a topic of this network")


def check_forum_name(name: object) -> str:
    """Return the name of a forum, verbatim.

    Raises:
        DecodeError: `bad-forum-name`: not a string, empty, longer than 256 bytes of UTF-8, not
            encodable, or with control characters (but NUL, which a topic holds escaped).
    """
    if type(name) is not str or not 0 < len(name) <= MAX_FORUM_NAME_BYTES:
        raise DecodeError("bad-forum-name", f"1..{MAX_FORUM_NAME_BYTES} bytes of text")
    try:
        size = len(name.encode())
    except UnicodeEncodeError as error:
        raise DecodeError("bad-forum-name", "it holds half a character") from error
    if size > MAX_FORUM_NAME_BYTES:
        raise DecodeError("bad-forum-name", f"1..{MAX_FORUM_NAME_BYTES} bytes of text")
    if _REFUSED.search(name):
        raise DecodeError("bad-forum-name", "it holds a control character, which brokers refuse")
    return name


def identity_topic(node: NodeId) -> str:
    """Where a node's presence is kept."""
    return f"meshcore/identity/{node}"


def dm_topic(node: NodeId) -> str:
    """Where messages to a node on this broker go."""
    return f"meshcore/dm/{node}"


def route_topic(node: NodeId) -> str:
    """Where messages to a node elsewhere go."""
    return f"meshcore/route/{node}"


def forum_topic(name: str) -> str:
    """Where a forum's messages go.

    Raises:
        EncodeError: No forum can have this name.
    """
    return f"meshcore/forum/{_level(name)}"


def announce_topic(name: str) -> str:
    """Where a forum is announced.

    Raises:
        EncodeError: No forum can have this name.
    """
    return f"meshcore/forums/announce/{_level(name)}"


def _level(name: str) -> str:
    """Write a forum's name as one topic level."""
    try:
        return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", check_forum_name(name))
    except DecodeError as error:
        msg = f"forum name: {error.detail}"
        raise EncodeError(msg) from error
