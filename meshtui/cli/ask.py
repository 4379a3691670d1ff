"""`meshtui ask`: ask a node, or our own radio, to do or tell something."""

from __future__ import annotations

import getpass
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.cli.addressing import known_address, networks_of
from meshtui.cli.arguments import seconds
from meshtui.cli.files import read_secret
from meshtui.cli.output import Exit, Output, align, cell
from meshtui.cli.profile import load_profile
from meshtui.cli.rows import answer_row
from meshtui.errors import ConfigError, NotReadyError
from meshtui.model.command import Ask
from meshtui.model.event import Answered
from meshtui.model.ids import NetworkName
from meshtui.model.secret import SecretBytes
from meshtui.model.text import clean_line
from meshtui.model.verb import VerbTarget

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from meshtui.cli.mesh import Follower
    from meshtui.cli.profile import Profile
    from meshtui.model.ids import NodeId
    from meshtui.model.verb import Verb
    from meshtui.runtime.api import MeshApi

DEFAULT_TIMEOUT_S = 60.0
GREETING_S: Final = 5.0
"""How long a radio that has told who it is may still be busy with its greeting."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("verb", metavar="VERB", nargs="?", help="what to ask; --list names all")
    parser.add_argument("argument", metavar="ARG", nargs="*", help="what it takes")
    parser.add_argument("--list", action="store_true", help="what can be asked, and of whom")
    parser.add_argument(
        "--node", metavar="NODEID", help="whom: an id, its first digits or a name; else our radio"
    )
    parser.add_argument(
        "--secret-file", metavar="FILE", help="file with the password or key that it takes"
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=DEFAULT_TIMEOUT_S,
        metavar="S",
        help=f"give up after so many seconds; default {DEFAULT_TIMEOUT_S:.0f}",
    )
    parser.set_defaults(late_words=_late_argument)


def _late_argument(args: argparse.Namespace, words: list[str]) -> list[str]:
    """Take ARG also after options: `ask cli --node "Ridge Rpt" ver`."""
    args.argument += [word for word in words if not word.startswith("--")]
    return [word for word in words if word.startswith("--")]


def run(args: argparse.Namespace) -> int:
    """Ask, or list what can be asked."""
    output = Output(as_json=args.json)
    profile = load_profile(args, output=output)
    if args.list:
        return _list(profile, output)
    if not args.verb:
        msg = "ask: name what to ask; `meshtui ask --list` names all"
        raise ConfigError(msg)
    errand = _errand(args, profile)

    from meshtui.cli.mesh import Follower, run_mesh

    async def work(hub: MeshApi) -> int:
        return await _carry_out(hub, Follower(hub, args.timeout), errand, output)

    return run_mesh(profile, work, is_verbose=args.verbose)


@dataclass(frozen=True, slots=True)
class _Errand:
    """What is to be asked.

    Attributes:
        node: Whom, as typed; empty = our own radio.
    """

    network: NetworkName
    verb: Verb
    node: str
    argument: str
    secret: SecretBytes | None


def verbs_of(network: NetworkName) -> Sequence[Verb]:
    """What can be asked on a network, without a link or an identity.

    Raises:
        ConfigError: There is no such network.
    """
    import secrets

    from meshtui.crypto.keys import Identity
    from meshtui.model.restored import Restored
    from meshtui.networks.registry import load_network

    nobody = Identity(secrets.token_bytes(64))
    session = load_network(network).open_session(
        nobody, {}, Restored(), _NothingSeen(), secrets.token_bytes
    )
    return session.verbs()


class _NothingSeen:
    """The memory of a session that never receives."""

    def has(self, digest: bytes) -> bool:
        """Nothing was accepted before."""
        return not digest

    def add(self, digest: bytes) -> None:
        """Forget it."""


def _list(profile: Profile, output: Output) -> int:
    from meshtui.networks.registry import NETWORKS

    networks = networks_of(profile.config.links) or [NetworkName(name) for name in NETWORKS]
    rows = [
        {
            "network": network,
            "verb": verb.name,
            "of": verb.target.value,
            "takes": verb.argument,
            "optional": verb.is_optional,
            "secret": verb.is_secret,
            "dangerous": verb.is_dangerous,
            "roles": sorted(role.value for role in verb.roles),
            "help": f"{verb.title}. {verb.help}",
        }
        for network in networks
        for verb in verbs_of(network)
    ]
    output.table(("network", "verb", "of", "takes", "help"), rows)
    if not rows:
        output.say(f"nothing can be asked on {', '.join(networks)}")
    return Exit.DONE


def _errand(args: argparse.Namespace, profile: Profile) -> _Errand:
    networks = networks_of(profile.config.links)
    found = [
        (network, verb)
        for network in networks
        for verb in verbs_of(network)
        if verb.name == args.verb
    ]
    if networks and not found:
        shown = clean_line(args.verb, 40)
        msg = f"ask: nothing called {shown!r} can be asked here; `meshtui ask --list` names all"
        raise ConfigError(msg)
    if not found:
        msg = "ask: no link is set, and none given by --link"
        raise ConfigError(msg)
    wanted = VerbTarget.NODE if args.node else VerbTarget.RADIO  # one of each may bear the name
    network, verb = next((pair for pair in found if pair[1].target is wanted), found[0])
    if verb.target is VerbTarget.NODE and not args.node:
        msg = f"ask {verb.name}: name the node with --node"
        raise ConfigError(msg)
    if verb.target is VerbTarget.RADIO and args.node:
        msg = f"ask {verb.name}: this is asked of our own radio, without --node"
        raise ConfigError(msg)
    secret = _secret(args, verb, profile)
    argument = " ".join(args.argument)
    _check_argument(argument, verb)
    return _Errand(network, verb, args.node or "", argument, secret)


def _check_argument(argument: str, verb: Verb) -> None:
    """Refuse an argument that the verb does not take, and miss one that it needs."""
    takes = "" if verb.is_secret else verb.argument
    if argument and not takes:
        words = "takes its secret by --secret-file" if verb.is_secret else "takes no argument"
        msg = f"ask {verb.name}: {words}"
        raise ConfigError(msg)
    if takes and not argument and not verb.is_optional:
        msg = f"ask {verb.name}: it takes {takes}"
        raise ConfigError(msg)


def _secret(args: argparse.Namespace, verb: Verb, profile: Profile) -> SecretBytes | None:
    """Read what is secret from its file, or ask at the terminal."""
    if not verb.is_secret:
        if args.secret_file is not None:
            msg = f"ask {verb.name}: it takes no secret"
            raise ConfigError(msg)
        return None
    if args.secret_file is not None:
        return SecretBytes(read_secret(Path(args.secret_file).expanduser()).encode())
    if profile.password_file is None and sys.stdin.isatty():
        typed = getpass.getpass(f"{clean_line(verb.argument, 40)}: ")
        if typed or verb.is_optional:
            return SecretBytes(typed.encode())
    if verb.is_optional:
        return None
    msg = f"ask {verb.name}: it takes a secret; pass --secret-file FILE"
    raise ConfigError(msg)


async def _carry_out(hub: MeshApi, follower: Follower, errand: _Errand, output: Output) -> int:
    from meshtui.cli.mesh import telling, wait_for_link

    await wait_for_link(hub, follower)
    with telling(output, "the radio has not said yet who it is; waiting"):
        has_told = await _radio_told(hub, follower, errand.network)
    if not has_told:
        output.say("the radio has not said who it is in time")
        return Exit.TIMED_OUT
    node_id = None
    if errand.node:
        node_id = await _node_of(hub, follower, errand, output)
        if node_id is None:
            output.say(f"no node called {clean_line(errand.node, 80)} was heard in time")
            return Exit.TIMED_OUT
    request = Ask(
        errand.network,
        errand.verb.name,
        str(uuid.uuid4()),
        node_id,
        errand.argument,
        errand.secret,
    )
    await _submit(hub, follower, request)
    while (event := await follower.next()) is not None:
        if not isinstance(event, Answered) or event.request_id != request.request_id:
            continue
        _tell(event, output)
        if event.is_final:
            return Exit.FAILED if event.is_error else Exit.DONE
    output.say("no answer in time")
    return Exit.TIMED_OUT


async def _radio_told(hub: MeshApi, follower: Follower, network: NetworkName) -> bool:
    """Wait until a radio has said who it is, and what stands in its tables where it has some."""
    while not any(
        device.node_id and (device.max_contacts is None or device.contacts is not None)
        for device in hub.devices()
        if device.network == network
    ):
        if await follower.next() is None:
            return False
    return True


async def _node_of(
    hub: MeshApi, follower: Follower, errand: _Errand, output: Output
) -> NodeId | None:
    from meshtui.cli.send import await_node

    address = known_address(errand.node, [errand.network])
    if address is not None:
        return address[1]
    node = await await_node(hub, follower, errand.node, errand.network, output)
    return None if node is None else node.node_id


async def _submit(hub: MeshApi, follower: Follower, request: Ask) -> None:
    """Ask; a radio that is still busy with its greeting is asked again.

    Raises:
        LocalProtocolError: It cannot be done.
    """
    import asyncio

    until_s = time.monotonic() + GREETING_S
    while True:
        try:
            await hub.submit(request)
        except NotReadyError:
            if time.monotonic() >= until_s:
                raise
        else:
            return
        try:
            async with asyncio.timeout(0.5):
                await follower.next()
        except TimeoutError:
            pass


def _tell(answered: Answered, output: Output) -> None:
    output.row(answer_row(answered), lambda: _lines(answered))


def _lines(answered: Answered) -> str:
    """An answer for people: its sentence, then its table; one record is told by pairs."""
    lines = [clean_line(answered.text, 1_000)] if answered.text else []
    columns = list(dict.fromkeys(name for row in answered.rows for name, _ in row))
    if len(answered.rows) == 1:
        lines += align([[cell(name), cell(value)] for name, value in answered.rows[0]])
    elif answered.rows:
        table = [[cell(dict(row).get(name)) for name in columns] for row in answered.rows]
        lines += align([[cell(name.upper()) for name in columns], *table])
    if answered.rtt_ms is not None:
        lines.append(f"({answered.rtt_ms} ms there and back)")
    return "\n".join(lines)
