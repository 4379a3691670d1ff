"""A channel's text: who claims to have written it, and its summary, most of what is heard.

In a channel anybody can call himself anything, so a channel's author is a claim: its id is `~` and
the claimed name, which no node's id begins with.

A message's id is a digest, which a list hardly ever asks for: computing it for every packet of a
recording would take a fifth of the time that opening them does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from meshtui.model.ids import NodeId
from meshtui.model.packet import MAX_SUMMARY_TEXT, PacketSummary, Verdict
from meshtui.networks.meshcore.message_ids import message_id_of, text_digest

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId

KIND: Final = "group-text"
CLAIMED: Final = "~"
MAX_NAME_CHARS: Final = 64  # firmware takes 31 bytes; what is longer is a text with a colon in it
Said: TypeAlias = "tuple[ConversationId, str, int, str]"
"""Conversation, claimed sender, the sender's clock in Unix seconds, and all words."""

_DELIVERED: Final = Verdict.DELIVERED  # members of an Enum are looked up anew with every use


def claimed_sender(name: str) -> NodeId:
    """Name the author of a channel text, of whom nothing is proven."""
    return NodeId(CLAIMED + name)


def split_sender(text: str) -> tuple[str, str]:
    """Split `name: text`; without a name, it is empty and the text is whole."""
    name, colon, rest = text.partition(": ")
    if not colon or not name or len(name) > MAX_NAME_CHARS:
        return "", text
    return name, rest


class ChannelText(PacketSummary):
    """A summary whose `message_id` is computed when it is first asked for.

    Attributes:
        said: What its message is made of; None in a copy made by `dataclasses.replace`.
        known_id: The message's id; None = nobody has asked yet.
    """

    __slots__ = ("known_id", "said")

    said: Said | None
    known_id: str | None

    @property
    def message_id(self) -> str:
        """The same for every copy and every attempt, as in the chat."""
        known = self.known_id
        if known is None:
            known = "" if self.said is None else message_id_of(text_digest(*self.said))
            self.known_id = known
        return known

    @message_id.setter
    def message_id(self, message_id: str) -> None:
        """Take one as it was given: the constructor of summaries does so."""
        self.known_id, self.said = message_id, None


_blank = ChannelText.__new__


def channel_text_summary(
    said: Said,
    destination: str,
    channel: str,
    hops: int | None,
    path: tuple[str, ...],
    packet_hash: str,
) -> PacketSummary:
    """Describe an opened text; the constructor would take longer, and ask for the message's id."""
    summary = _blank(ChannelText)
    summary.kind = KIND
    summary.verdict = _DELIVERED
    summary.source = said[1]
    summary.destination = destination
    summary.hops = hops
    summary.ttl = None
    summary.reason = summary.detail = summary.acks = ""
    summary.has_position = summary.is_own = False
    summary.text = said[3][:MAX_SUMMARY_TEXT]
    summary.path = path
    summary.packet_hash = packet_hash
    summary.channel = channel
    summary.said = said
    summary.known_id = None
    return summary
