"""`meshtui listen`: follow the mesh, event by event."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from meshtui.cli.addressing import join_request, me_on, networks_of
from meshtui.cli.arguments import count, seconds
from meshtui.cli.lines import event_line
from meshtui.cli.output import Exit, Output
from meshtui.cli.profile import load_profile
from meshtui.cli.rows import EVENTS, event_network, event_row, packet_row
from meshtui.cli.stream import LineStream
from meshtui.errors import TransportError
from meshtui.model.event import FrameReceived, FrameSent
from meshtui.model.packet import Frame

if TYPE_CHECKING:
    import argparse

    from meshtui.cli.mesh import Follower
    from meshtui.cli.rows import Row
    from meshtui.model.event import Event
    from meshtui.runtime.api import MeshApi


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    add_following(parser)
    parser.add_argument(
        "--forum",
        dest="forums",
        action="append",
        default=[],
        metavar="NAME",
        help="join this channel of the JSON mesh, for good; repeatable",
    )
    parser.add_argument(
        "--channel",
        dest="channels",
        action="append",
        default=[],
        metavar="NAME[=KEYHEX]",
        help="join this MeshCore channel, for good; repeatable; without MeshCore, as --forum. "
        "@FILE in the place of KEYHEX reads it from a file",
    )


def add_following(parser: argparse.ArgumentParser) -> None:
    """Add what every command takes that follows the mesh."""
    parser.add_argument("--packets", action="store_true", help="also every packet, taken apart")
    parser.add_argument("--count", type=count, metavar="N", help="end after N events")
    parser.add_argument("--timeout", type=seconds, metavar="S", help="end after so many seconds")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=EVENTS,
        metavar="EVENT",
        help=f"only these events: {', '.join(EVENTS)}; repeatable",
    )


def run(args: argparse.Namespace) -> int:
    """Follow until there are enough events, the time is over, or Ctrl-C."""
    from meshtui.cli.mesh import Follower, run_mesh

    output = Output(as_json=args.json)
    profile = load_profile(args, output=output)
    networks = networks_of(profile.config.links)
    joining = [
        join_request(name, networks, is_forum=is_forum)
        for names, is_forum in ((args.forums, True), (args.channels, False))
        for name in names
    ]

    async def work(hub: MeshApi) -> int:
        follower = Follower(hub, args.timeout)
        for request in joining:
            await hub.submit(request)
        return await follow(hub, follower, output, args)

    return run_mesh(profile, work, is_verbose=args.verbose)


async def follow(hub: MeshApi, follower: Follower, output: Output, args: argparse.Namespace) -> int:
    """Write events until there are enough (0), or the time is over.

    Returns:
        Where the time is over: 0 without `--count`, else 4; 3 where no link was ever up.
    """
    written = 0
    has_packets = args.packets or "packet" in args.only
    was_up = False
    stream = LineStream(output.write_unbuffered)
    told: dict[object, tuple[object, object]] = {}  # link -> its last state and reason
    while (event := await follower.next()) is not None:
        row = row_of(hub, event, packets=has_packets)
        if row is None:
            continue
        if row["event"] == "link":
            was_up = was_up or row["state"] == "up"
            news = (row["state"], row["reason"])
            if told.get(row["link"]) == news:
                continue  # only the time of the next attempt is new
            told[row["link"]] = news
        if args.only and row["event"] not in args.only:
            continue
        await stream.put(output.line_of(row, partial(event_line, row)))
        written += 1
        if written == args.count:
            break
    await stream.flush()
    if written == args.count:
        return Exit.DONE
    if not was_up:
        reasons = "; ".join(f"{link.link_id}: {link.reason}" for link in hub.links())
        raise TransportError(reasons or "no link")
    return Exit.TIMED_OUT if args.count else Exit.DONE


def row_of(hub: MeshApi, event: Event, *, packets: bool) -> Row | None:
    """Return the row of an event; frames only where `packets` are wanted."""
    if not isinstance(event, FrameReceived | FrameSent):
        from meshtui.runtime.clock import SystemClock

        us = hub.myself()
        network = event_network(event)
        me = me_on(network, us) if network else us[0].node_id
        return event_row(event, SystemClock().now(), me)
    if not packets:
        return None
    if isinstance(event, FrameReceived):
        frame = event.frame
    else:
        transmit = event.transmit
        frame = Frame(transmit.link_id, transmit.payload, event.at, endpoint=transmit.endpoint)
    radio = None if frame.endpoint else hub.radios().get(frame.link_id)
    return packet_row(event, frame, hub.dissect(event.network, frame), radio)
