"""Announcements: how a forum is found, kept at `meshcore/forums/announce/{name}`.

    channelName description creatorNodeId creatorPubkey ts isPublic

An empty payload takes the announcement back; that is the reader's first question, not ours.
Anybody can write one: that key and creator belong together is all that is certain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meshtui.errors import DecodeError
from meshtui.networks.jsonmesh.identity import prove_sender
from meshtui.networks.jsonmesh.presence import carry, dump, read_time, read_via
from meshtui.networks.jsonmesh.strict_json import load_object
from meshtui.networks.jsonmesh.topics import check_forum_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meshtui.model.ids import NodeId

MAX_ANNOUNCEMENT_BYTES = 16 * 1024
MAX_DESCRIPTION_CHARS = 512


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is said of a forum.

    Attributes:
        name: Verbatim: the key is made of it.
        description: Not cleaned; cut to 512 characters.
        ts_ms: The creator's clock, 0 where it gave none.
        is_public: False where the creator said so; secrecy it does not give.
        via: Relays that carried it here, first to last.
        raw: The whole object as it came; for what we do not know.
    """

    name: str
    description: str
    creator: NodeId
    creator_key: bytes
    ts_ms: int
    is_public: bool = True
    via: tuple[NodeId, ...] = ()
    raw: Mapping[str, object] = field(default_factory=dict)


def decode_announcement(payload: bytes) -> Announcement:
    """Parse and check an announcement.

    Raises:
        DecodeError: The words of `strict_json`; `bad-forum-name`, `bad-node-id`, `bad-key`,
            `bad-description`, `bad-ts`, `bad-public`, `bad-via`.
        CryptoError: `forged`: the key is not the creator's.
    """
    raw = load_object(payload, MAX_ANNOUNCEMENT_BYTES)
    creator, creator_key = prove_sender(raw.get("creatorNodeId"), raw.get("creatorPubkey"))
    description = raw.get("description", "")
    if type(description) is not str:
        raise DecodeError("bad-description", "not a string")
    is_public = raw.get("isPublic", True)
    if type(is_public) is not bool:
        raise DecodeError("bad-public", "isPublic is true or false")
    return Announcement(
        name=check_forum_name(raw.get("channelName")),
        description=description[:MAX_DESCRIPTION_CHARS],
        creator=creator,
        creator_key=creator_key,
        ts_ms=read_time(raw),
        is_public=is_public,
        via=read_via(raw),
        raw=raw,
    )


def encode_announcement(announcement: Announcement) -> bytes:
    """Write an announcement of our own.

    Raises:
        EncodeError: A text holds half a character.
    """
    wire: dict[str, object] = {
        "channelName": announcement.name,
        "description": announcement.description,
        "creatorNodeId": announcement.creator,
        "creatorPubkey": announcement.creator_key.hex(),
        "ts": announcement.ts_ms,
        "isPublic": announcement.is_public,
    }
    if announcement.via:
        wire["via"] = announcement.via
    return dump(wire)


def carry_announcement(announcement: Announcement, me: NodeId) -> bytes:
    """Write somebody's announcement as we carry it to another broker: verbatim, and us in `via`.

    Raises:
        EncodeError: It came this way before, or has been carried eight times.
    """
    return carry(announcement.raw, announcement.via, me)
