"""From what a person types or pastes to the channel it names; contact cards are known, too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from meshtui.errors import ConfigError, DecodeError
from meshtui.model.command import JoinChannel
from meshtui.model.ids import NetworkName
from meshtui.model.typed_channel import may_be_key, read_channel, read_invitation, split_name
from meshtui.tui.state.networks import named_network, network_title

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from meshtui.model.message import Channel
    from meshtui.model.typed_channel import TypedChannel

INVITATION: Final = "meshcore://channel/add?"
MESHCORE: Final = NetworkName("meshcore")
MAX_CARD: Final = 600
_CARD: Final = re.compile(r"meshcore://(?:contact/add\?\S+|[0-9a-fA-F]{200,})")
_OPEN_TO_ALL: Final = "Public"
_NAME_IS_KEY: Final = "A channel of the JSON mesh has no key but its name"
_TOLD_TO_ALL: Final = "What describes a channel is told to all, and this may hold a key"


def is_invitation(typed: str) -> bool:
    """It is a channel's invitation and nothing else."""
    return typed.lower().startswith(INVITATION) and len(typed.split()) == 1


def is_card(typed: str) -> bool:
    """It is a contact card and nothing else: an advertisement in hex, or name and key."""
    return len(typed) < MAX_CARD and _CARD.fullmatch(typed) is not None


def invited_to(invitation: str) -> str:
    """The name of the channel an invitation is for; empty where it is none."""
    try:
        return read_invitation(invitation).name
    except DecodeError:
        return ""


def read_joining(
    typed: str,
    network: NetworkName,
    networks: Sequence[NetworkName],
    known: Collection[str] = (),
) -> JoinChannel:
    """Read `[NETWORK] NAME [KEY]`, or an invitation; see `typed_channel`.

    Args:
        network: Where it does not say.
        networks: Those that are set up.
        known: Names of MeshCore channels we are in or were; who types one means that.

    Raises:
        ConfigError: It names no channel, or a network that is not set up; for a person. No key
            is repeated.
    """
    network, rest = _network_and_rest(typed, network, networks)
    channel = read_channel(rest)
    if network == MESHCORE or channel.is_invitation:
        return channel_joining(channel, networks, known)
    _check_set_up(network, networks)
    return JoinChannel(network, forum_name(channel).removeprefix("#"))


def channel_joining(
    channel: TypedChannel, networks: Sequence[NetworkName], known: Collection[str] = ()
) -> JoinChannel:
    """Say which MeshCore channel is meant; as `read_joining` does."""
    _check_set_up(MESHCORE, networks)
    name = channel.name
    if channel.secret is None and name not in known and not name.startswith("#"):
        # without a key only names that are keys can be meant, and the one channel of all
        name = _OPEN_TO_ALL if name.casefold() == _OPEN_TO_ALL.casefold() else f"#{name}"
    return JoinChannel(MESHCORE, name, secret=channel.secret)


def read_creating(typed: str, network: NetworkName, networks: Sequence[NetworkName]) -> JoinChannel:
    """Read `[NETWORK] NAME [DESCRIPTION]`; on MeshCore nothing is announced, so it is joining.

    Raises:
        ConfigError: As for `read_joining`; also where a description may hold a key.
    """
    network, rest = _network_and_rest(typed, network, networks)
    if network == MESHCORE:
        return read_joining(rest, network, networks)
    _check_set_up(network, networks)
    name, description = split_name(rest)
    if description.startswith("="):
        forum_name(read_channel(rest))
    if may_be_key(description):
        raise ConfigError(_TOLD_TO_ALL)
    name = name.removeprefix("#")
    return JoinChannel(network, name, announce=True, description=description)


def forum_name(channel: TypedChannel) -> str:
    """The name of a channel of a network where the name is the key.

    Raises:
        ConfigError: Another key was typed.
    """
    if channel.secret is not None:
        raise ConfigError(_NAME_IS_KEY)
    return channel.name


def invitation_of(channel: Channel | None) -> str:
    """The link that invites to a channel; empty where there is no key to hand on."""
    if channel is None or channel.secret is None or channel.network != MESHCORE:
        return ""
    return f"{INVITATION}name={quote(channel.name, safe='')}&secret={channel.secret.reveal.hex()}"


def _network_and_rest(
    typed: str, network: NetworkName, networks: Sequence[NetworkName]
) -> tuple[NetworkName, str]:
    first, _, rest = typed.strip().partition(" ")
    named = named_network(first, networks) if rest.strip() else None
    return (network, typed) if named is None else (named, rest)


def _check_set_up(network: NetworkName, networks: Sequence[NetworkName]) -> None:
    if network not in networks:
        msg = f"{network_title(network)} is not set up here: no link leads there"
        raise ConfigError(msg)
