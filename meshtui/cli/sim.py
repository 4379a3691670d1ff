"""`meshtui sim`: a simulated radio mesh, headless and in virtual time, and what became of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.cli.output import Exit, Output
from meshtui.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from meshtui.sim.outcome import Outcome
    from meshtui.sim.radio_scenario import RadioScenario

MAX_SEEDS: Final = 1_000
NETWORKS: Final = ("jsonmesh", "meshcore")
_EPILOG: Final = """\
Without a scenario, those that come with the program are listed. A run is repeated to the last
byte by its seed. Each variant of a scenario carries the same messages over the same air. In those
that come along `plain` keeps to the letter of the protocol's first version, `ours` floods in small
frames with timers and relays that know the air, and `dsr` sends along learned paths first.
MeshCore has no variants: its nodes do what the firmware does, retries and all.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("scenario", nargs="?", metavar="SCENARIO", help="a name, or a .toml file")
    parser.add_argument(
        "--variant",
        action="append",
        metavar="V",
        help="only this variant of the scenario; repeatable, default all",
    )
    parser.add_argument(
        "--network",
        choices=NETWORKS,
        default=NETWORKS[0],
        help=f"whose nodes live on it; default {NETWORKS[0]}",
    )
    parser.add_argument(
        "--seeds",
        type=_seeds,
        default=1,
        metavar="N",
        help="run with N seeds and add up; default 1",
    )
    parser.add_argument(
        "--hours", type=_hours, metavar="H", help="virtual hours, instead of the scenario's"
    )
    parser.add_argument(
        "--processes", type=_seeds, default=0, metavar="N", help="default one for each core"
    )
    parser.add_argument("--svg", metavar="FILE", help="write the figures and the map there, too")


def _seeds(text: str) -> int:
    value = int(text)
    if not 1 <= value <= MAX_SEEDS:
        raise ValueError
    return value


def _hours(text: str) -> float:
    from meshtui.sim.radio_scenario import MAX_HOURS

    value = float(text)
    if not 0 < value <= MAX_HOURS:
        raise ValueError
    return value


_seeds.__name__ = f"number from 1 to {MAX_SEEDS}"
_hours.__name__ = "number of hours"


def run(args: argparse.Namespace) -> int:
    """Run the scenario with every variant and seed, and report.

    Raises:
        ConfigError: The scenario is wrong, or has no such variant.
    """
    output = Output(as_json=args.json)
    if args.scenario is None:
        return _list(output)
    from meshtui.sim.radio_scenario import load_radio_scenario
    from meshtui.sim.runs import Job, run_jobs
    from meshtui.sim.world import lay_out

    scenario = load_radio_scenario(args.scenario)
    variants = _variants(scenario, args.variant, args.network)
    seeds = range(scenario.seed, scenario.seed + args.seeds)
    lay_out(scenario, scenario.seed)  # complains before processes are started
    jobs = [
        Job(args.scenario, variant, seed, args.hours, args.network)
        for seed in seeds
        for variant in variants
    ]
    outcomes = []
    for outcome in run_jobs(jobs, args.processes):
        outcomes.append(outcome)
        if args.json:
            output.row(outcome.row(), str)
        elif sys.stderr.isatty():
            seed = outcome.seeds[0]
            output.say(f"{outcome.variant or scenario.name}, seed {seed}: {outcome.wall_s:.1f} s")
    if not args.json or args.svg:
        _report(output, scenario, outcomes, variants, args.svg)
    return Exit.DONE


def _list(output: Output) -> int:
    """List the scenarios that come with the program."""
    from meshtui.sim.radio_scenario import load_radio_scenario, radio_scenario_names

    rows: list[dict[str, object]] = []
    for name in radio_scenario_names():
        scenario = load_radio_scenario(name)
        rows.append(
            {
                "name": name,
                "nodes": scenario.place.nodes,
                "hours": scenario.hours,
                "variants": list(scenario.variants),
                "title": scenario.title,
            }
        )
    output.table(("name", "nodes", "hours", "variants", "title"), rows)
    return Exit.DONE


def _variants(scenario: RadioScenario, wanted: Sequence[str] | None, network: str) -> list[str]:
    if network != NETWORKS[0]:
        if wanted:
            msg = f"--variant {wanted[0]}: {network} has none"
            raise ConfigError(msg)
        return [network]
    known = list(scenario.variants)
    for name in wanted or ():
        if name not in known:
            msg = f"--variant {name}: {scenario.name} has {', '.join(known) or 'none'}"
            raise ConfigError(msg)
    return list(dict.fromkeys(wanted or known or [""]))


def _report(
    output: Output,
    scenario: RadioScenario,
    outcomes: Sequence[Outcome],
    variants: Sequence[str],
    svg: str | None,
) -> None:
    """Show the figures, variant by variant, and draw what can be drawn."""
    from meshtui.cli.sim_pictures import Picture
    from meshtui.sim.outcome import added

    totals = [
        added(sorted(same, key=lambda one: one.seeds))
        for variant in variants
        if (same := [one for one in outcomes if one.variant == variant])
    ]
    picture = Picture(scenario, totals)
    if not output.as_json:
        text = picture.text(is_terminal=sys.stdout.isatty())
        for line in text.splitlines():
            output.row({}, lambda line=line: line)  # type: ignore[misc]  # bound at once
    if svg is not None:
        try:
            Path(svg).write_text(picture.svg(), encoding="utf-8")
        except OSError as error:
            msg = f"--svg {svg}: {error.strerror or error}"
            raise ConfigError(msg) from error
        output.say(f"drawn: {svg}")
