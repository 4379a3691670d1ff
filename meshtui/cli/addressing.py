"""Which network is meant: by the links that are set, by the form of an id, by the option used."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.cli.files import read_secret
from meshtui.errors import ConfigError, DecodeError, LocalProtocolError
from meshtui.model.command import JoinChannel
from meshtui.model.ids import NetworkName, NodeId
from meshtui.model.text import clean_line
from meshtui.model.typed_channel import may_be_key, read_channel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from meshtui.model.link import Myself
    from meshtui.model.node import Node
    from meshtui.model.typed_channel import TypedChannel

JSONMESH: Final = NetworkName("jsonmesh")
MESHCORE: Final = NetworkName("meshcore")
_KEY_ID: Final = re.compile(r"[0-9a-fA-F]{64}")
_LEAST_DIGITS: Final = 4


def networks_of(links: Iterable[str]) -> list[NetworkName]:
    """The networks that link URLs lead to, in their order; wrong URLs are told when they open."""
    names = (url.strip().partition("://")[0].partition("+")[0] for url in links)
    return list(dict.fromkeys(NetworkName(name) for name in names if name))


def channel_network(networks: Sequence[NetworkName], *, is_forum: bool) -> NetworkName:
    """The network of `--forum NAME` and of `--channel NAME`.

    Raises:
        ConfigError: Links are set, and none leads there.
    """
    if not is_forum and MESHCORE in networks:
        return MESHCORE
    if networks and JSONMESH not in networks:
        msg = "--forum: no link to a JSON mesh is set; --channel names a MeshCore channel"
        raise ConfigError(msg)
    return JSONMESH


def known_address(typed: str, networks: Sequence[NetworkName]) -> tuple[NetworkName, NodeId] | None:
    """The node that an id names by itself; None where it may be a name to look up.

    Raises:
        ConfigError: It is no id, and no network here knows nodes by anything else.
    """
    from meshtui.networks.jsonmesh.identity import parse_node_id

    if _KEY_ID.fullmatch(typed):
        return MESHCORE, NodeId(typed.lower())
    try:
        return JSONMESH, parse_node_id(typed)
    except DecodeError as error:
        if MESHCORE in networks and typed.strip():
            return None
        msg = f"--to: {error.detail}"
        raise ConfigError(msg) from None


def find_nodes(typed: str, nodes: Iterable[Node], network: NetworkName) -> list[Node]:
    """Nodes of a network that are called so, or whose ids begin so; the exact ones if any."""
    wanted = typed.strip().casefold()
    mine = [node for node in nodes if node.network == network]
    exact = [node for node in mine if wanted in (node.name.casefold(), node.node_id.casefold())]
    if exact or len(wanted) < _LEAST_DIGITS:
        return exact
    return [node for node in mine if node.node_id.casefold().startswith(wanted)]


def one_of(typed: str, found: Sequence[Node]) -> Node | None:
    """The only one that is meant; None where there is none.

    Raises:
        LocalProtocolError: There are several.
    """
    if len(found) > 1:
        ids = ", ".join(clean_line(node.node_id, 80) for node in found[:8])
        msg = f"{clean_line(typed, 80)!r} may mean {ids}; name one of these"
        raise LocalProtocolError(msg)
    return found[0] if found else None


def join_request(
    typed: str, networks: Sequence[NetworkName], *, is_forum: bool = False
) -> JoinChannel:
    """Read what `--channel` names, or `--forum`: a name may hold blanks there, and no key follows.

    Raises:
        ConfigError: It names no channel, or of a network that no link leads to. No key is quoted.
    """
    from meshtui.tui.state.joining import channel_joining, forum_name

    network = channel_network(networks, is_forum=is_forum)
    with _naming("--forum" if is_forum else "--channel"):
        channel = _channel(typed, is_one_name=is_forum)
        if network == MESHCORE or channel.is_invitation:
            return channel_joining(channel, networks)
        return JoinChannel(network, forum_name(channel))


def channel_option(typed: str) -> TypedChannel:
    """Read what `--channel` names, of whatever network.

    Raises:
        ConfigError: It names none. No key is quoted.
    """
    with _naming("--channel"):
        return _channel(typed)


def _channel(typed: str, *, is_one_name: bool = False) -> TypedChannel:
    """Read a channel (see `read_channel`) whose key may be in a file: `NAME=@FILE`."""
    name, sign, place = typed.partition("=@")
    # a key with that sign before it must not be quoted as the name of a file
    if sign and ("/" in place or not may_be_key(place)):
        typed = f"{name}={read_secret(Path(place.strip()).expanduser())}"
    return read_channel(typed, is_one_name=is_one_name)


@contextlib.contextmanager
def _naming(flag: str) -> Iterator[None]:
    """Say which option is wrong."""
    try:
        yield
    except ConfigError as error:
        # the shell takes away the quotes that it is given
        hint = f""" of its own: {flag} '"my hill"'""" if str(error).endswith('"quotes"') else ""
        msg = f"{flag}: {error}{hint}"
        raise ConfigError(msg) from None


def me_on(network: object, us: Iterable[Myself]) -> NodeId:
    """Who we are on a network; an empty id where we are nobody there."""
    return next((me.node_id for me in us if me.network == network), NodeId(""))
