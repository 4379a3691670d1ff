"""`meshtui relay`: a headless node that passes messages on for as long as it lives.

Ctrl-C and SIGTERM end it: presence goes offline, what is queued for a link leaves, exit code 130.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.cli.listen import add_following, follow
from meshtui.cli.output import Output
from meshtui.cli.profile import load_profile

if TYPE_CHECKING:
    import argparse

    from meshtui.runtime.api import MeshApi


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    add_following(parser)


def run(args: argparse.Namespace) -> int:
    """Relay until Ctrl-C or SIGTERM."""
    from meshtui.cli.mesh import Follower, run_mesh

    output = Output(as_json=args.json)
    profile = load_profile(args, output=output, has_service=True)
    if profile.config.jsonmesh.relay is False:
        output.say("warning: jsonmesh.relay is false in the settings: nothing will be passed on")

    async def work(hub: MeshApi) -> int:
        follower = Follower(hub, args.timeout)
        return await follow(hub, follower, output, args)

    return run_mesh(profile, work, relays=True, publishes=True, is_verbose=args.verbose)
