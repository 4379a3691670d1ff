"""Whom an envelope is for: by itself, and by the topic it came on, if it came on one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import DecodeError
from meshtui.networks.jsonmesh.envelope import BROADCAST, FORUM_PREFIX
from meshtui.networks.jsonmesh.topics import TopicKind, check_forum_name

if TYPE_CHECKING:
    from meshtui.networks.jsonmesh.envelope import Envelope

FORUM_KEY = "forum"  # ours: names a broadcast's forum where no topic does


def forum_of(envelope: Envelope, kind: TopicKind | None, name: str) -> str | None:
    """Name the forum an envelope is for, if it is for one."""
    if kind is TopicKind.FORUM:
        return name
    if envelope.recipient.startswith(FORUM_PREFIX):
        return envelope.recipient[len(FORUM_PREFIX) :]
    if envelope.recipient == BROADCAST and kind is None:
        return read_forum_key(envelope)
    return None


def is_misplaced(envelope: Envelope, kind: TopicKind | None, name: str) -> bool:
    """Tell whether an envelope contradicts the topic it came by."""
    if kind is TopicKind.FORUM:
        return envelope.recipient not in (BROADCAST, FORUM_PREFIX + name)
    if kind in (TopicKind.DM, TopicKind.ROUTE):
        return envelope.recipient != name
    return envelope.recipient == BROADCAST  # without a topic it names no forum


def read_forum_key(envelope: Envelope) -> str | None:
    """Read which forum a broadcast is for, where a relay has noted it; None = it says nothing."""
    name = envelope.raw.get(FORUM_KEY)
    try:
        return check_forum_name(name)
    except DecodeError:
        return None
