"""From what a person types or pastes to the channel it names; contact cards are known, too."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, quote, urlsplit

from meshtui.errors import ConfigError
from meshtui.model.command import JoinChannel
from meshtui.model.ids import NetworkName
from meshtui.model.secret import SecretBytes
from meshtui.tui.state.networks import named_network, network_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.message import Channel

INVITATION: Final = "meshcore://channel/add?"
MESHCORE: Final = NetworkName("meshcore")
MAX_NAME: Final = 64
_HEX_KEY: Final = re.compile(r"(?:[0-9a-fA-F]{32}){1,2}")
_BASE64_KEY: Final = re.compile(r"[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{43}=")
_CARD: Final = re.compile(r"meshcore://(?:contact/add\?\S+|[0-9a-fA-F]{200,})")
MAX_CARD: Final = 600
_OPEN_TO_ALL: Final = "Public"
_USAGE: Final = f"Name a channel of 1 to {MAX_NAME} letters: /join #hill"


def is_invitation(typed: str) -> bool:
    """It is a channel's invitation and nothing else."""
    return typed.startswith(INVITATION) and len(typed.split()) == 1


def is_card(typed: str) -> bool:
    """It is a contact card and nothing else: an advertisement in hex, or name and key."""
    return len(typed) < MAX_CARD and _CARD.fullmatch(typed) is not None


def invited_to(invitation: str) -> str:
    """The name of the channel an invitation is for; empty where it says none."""
    try:
        return parse_qs(urlsplit(invitation).query).get("name", [""])[0]
    except ValueError:
        return ""


def read_joining(typed: str, network: NetworkName, networks: Sequence[NetworkName]) -> JoinChannel:
    """Read `[NETWORK] NAME [KEY]`, or an invitation.

    Args:
        network: Where it does not say.
        networks: Those that are set up.

    Raises:
        ConfigError: It names no channel, or a network that is not set up; for a person.
    """
    if typed.startswith(INVITATION):
        return JoinChannel(_set_up(MESHCORE, networks), typed)
    first, _, rest = typed.partition(" ")
    named = named_network(first, networks) if rest.strip() else None
    if named is not None:
        network, typed = named, rest.strip()
    if network != MESHCORE:
        name = typed.removeprefix("#").strip()
        return JoinChannel(_set_up(network, networks), _checked(name))
    name, secret = _split_key(typed)
    if secret is None and not name.startswith("#"):
        # without a key only names that are keys can be meant, and the one channel of all
        name = _OPEN_TO_ALL if name.casefold() == _OPEN_TO_ALL.casefold() else f"#{name}"
    _checked(name.removeprefix("#"))
    return JoinChannel(_set_up(network, networks), name, secret=secret)


def invitation_of(channel: Channel | None) -> str:
    """The link that invites to a channel; empty where there is no key to hand on."""
    if channel is None or channel.secret is None or channel.network != MESHCORE:
        return ""
    return f"{INVITATION}name={quote(channel.name, safe='')}&secret={channel.secret.reveal.hex()}"


def channel_joined(request: JoinChannel) -> str:
    """The name of the channel that a request joins."""
    return invited_to(request.name) if is_invitation(request.name) else request.name


def _split_key(typed: str) -> tuple[str, SecretBytes | None]:
    name, _, last = typed.rpartition(" ")
    key = _key(last) if name.strip() else None
    return (typed.strip(), None) if key is None else (name.strip(), SecretBytes(key))


def _key(word: str) -> bytes | None:
    if _HEX_KEY.fullmatch(word):
        return bytes.fromhex(word)
    if not _BASE64_KEY.fullmatch(word):
        return None
    try:
        return base64.b64decode(word, validate=True)
    except binascii.Error:
        return None


def _checked(name: str) -> str:
    if not name or len(name) > MAX_NAME:
        raise ConfigError(_USAGE)
    return name


def _set_up(network: NetworkName, networks: Sequence[NetworkName]) -> NetworkName:
    if network not in networks:
        msg = f"{network_title(network)} is not set up here: no link leads there"
        raise ConfigError(msg)
    return network
