"""Why no key opened a packet, and which one would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

NO_KEY: Final = "no-key"
BAD_MAC: Final = "bad-mac"
NOT_OURS: Final = "wrong-hash"
_MAX_NAMES: Final = 4


class Refusal(NamedTuple):
    """Why nothing opened a packet.

    Attributes:
        reason: `no-key`: whom it is between or which channel it is for is not known; `bad-mac`:
            the keys that might fit do not; `wrong-hash`: it is for no key of ours.
        why: The same in a sentence, with the key that would open it.
    """

    reason: str
    why: str


def judge_group(channel_hash: int, names: Sequence[str]) -> Refusal:
    """Explain a payload for a channel.

    Args:
        names: The channels of this hash whose keys do not open it.
    """
    if not names:
        why = f"no channel of hash {channel_hash:02X} is known; its key would open it"
        return Refusal(NO_KEY, why)
    listed = ", ".join(names[:_MAX_NAMES])
    return Refusal(
        BAD_MAC,
        f"it is for a channel of hash {channel_hash:02X}, and not {listed}; "
        "that other channel's key would open it",
    )


def judge_direct(
    dest_hash: int, src_hash: int, own: Collection[int], *, knows_peer: bool
) -> Refusal:
    """Explain a payload between two nodes.

    Args:
        own: The hashes of our keys.
        knows_peer: A node of the other end's hash is known.
    """
    if dest_hash not in own and src_hash not in own:
        return Refusal(
            NOT_OURS if own else NO_KEY,
            f"it is between a node {src_hash:02X} and a node {dest_hash:02X}; "
            "the private key of either would open it",
        )
    theirs = src_hash if dest_hash in own else dest_hash
    if not knows_peer:
        why = f"no node that begins with {theirs:02X} is known; its public key would open it"
        return Refusal(NO_KEY, why)
    return Refusal(
        BAD_MAC,
        f"none of the known nodes that begin with {theirs:02X} shares it with us; "
        "the right node's public key would open it, if it is for us at all",
    )


def judge_anon(dest_hash: int, *, is_ours: bool) -> Refusal:
    """Explain a request of a stranger."""
    return Refusal(
        BAD_MAC if is_ours else NOT_OURS,
        f"it is for a node that begins with {dest_hash:02X}; that node's private key would open it",
    )
