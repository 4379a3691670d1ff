"""`meshtui capture`: publishes what a MeshCore radio hears, until it is stopped.

Ctrl-C and SIGTERM end it: brokers are told that we are offline, what is queued leaves, exit code
130.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meshtui.cli.arguments import count, seconds
from meshtui.cli.output import Output
from meshtui.cli.profile import load_profile
from meshtui.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from meshtui.cli.profile import Profile
    from meshtui.crypto.keys import Identity
    from meshtui.model.capture import CaptureConfig

_EPILOG: Final = """\
--config takes the INI file that a meshcore-bot runs with: its [PacketCapture] says what is
published, its [Connection] which radio listens, unless --link does. Or settings of ours with a
table [capture]. Without it the profile's own settings count.

On stdout stand the counters, at the end and --every so many seconds; on stderr what happens.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    import argparse

    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--count", type=count, metavar="N", help="end after N captured packets")
    parser.add_argument("--timeout", type=seconds, metavar="S", help="end after so many seconds")
    parser.add_argument(
        "--every", type=seconds, metavar="S", help="write the counters every S seconds"
    )


def run(args: argparse.Namespace) -> int:
    """Publish until there are enough packets, the time is over, or Ctrl-C."""
    from meshtui.cli.capture_watch import CaptureWatch
    from meshtui.cli.mesh import run_logged

    output = Output(as_json=args.json)
    profile = _with_files(load_profile(args, output=output), output)
    _refuse_idle(profile, output)
    _show_log(profile.config.capture, is_verbose=args.verbose)
    identity = _identity(profile)
    watch = CaptureWatch(output, count=args.count, timeout_s=args.timeout, every_s=args.every)
    try:
        return run_logged(profile, watch.follow, identity=identity, publishes=True)
    finally:
        watch.say_last()


def _show_log(capture: CaptureConfig, *, is_verbose: bool) -> None:
    from meshtui.cli.logs import PACKET_LOG, log_service_to_stderr

    has_packets = is_verbose or capture.verbose or capture.debug
    log_service_to_stderr(
        {
            "meshtui": "debug" if is_verbose else "warning",
            "meshtui.cli.capture_watch": "info",
            "meshtui.runtime.publishing": "debug" if is_verbose else "info",
            PACKET_LOG: "info" if has_packets else "warning",
        }
    )


def _with_files(profile: Profile, output: Output) -> Profile:
    """Read the files that the service needs, and say what is odd about them.

    Raises:
        ConfigError: One cannot be used, and no broker could do without it.
    """
    from meshtui.config.capture_files import with_files

    if not profile.config.capture.is_enabled:
        return profile
    capture, remarks = with_files(profile.config.capture)
    for remark in remarks:
        output.say(f"warning: {remark}")
    return replace(profile, config=replace(profile.config, capture=capture))


def _refuse_idle(profile: Profile, output: Output) -> None:
    """Complain where nothing would be done, and say what some brokers lack.

    Raises:
        ConfigError: There is no radio, the service is off, or it has neither broker nor file.
    """
    capture, path = profile.config.capture, profile.paths.config_file
    if not capture.is_enabled:
        place = capture.places.get("enabled", f"{path}: capture.enabled")
        # who has set nothing may have come from elsewhere
        other = "" if capture.places else ", or name the INI file of a bot: --config config.ini"
        msg = f"{place}: the packet capture service is off; set it to true{other}"
        raise ConfigError(msg)
    if not profile.config.links:
        msg = f"{path}: links: no radio is set ([Connection] of an INI file), and none by --link"
        raise ConfigError(msg)
    brokers = [broker for broker in capture.brokers if capture.has_mqtt and broker.is_enabled]
    problems = [broker.problem for broker in brokers if broker.problem]
    if not capture.output_file and len(problems) == len(brokers):
        nothing = f"{path}: capture.mqtt1_server: nothing to publish to: set it, or output_file"
        raise ConfigError("; ".join(problems) or nothing)
    for problem in problems:
        output.say(f"warning: {problem}")


def _identity(profile: Profile) -> Identity | None:
    """Return an identity for this run where no link needs ours; None = the key file's.

    Who only listens with a companion radio's ears is asked for no password either.

    Raises:
        ConfigError: A link needs one, and there is none.
    """
    from meshtui.cli.nobody import link_that_needs_us, throw_away_identity
    from meshtui.model.link import LinkKind

    link = link_that_needs_us(profile.config)
    if link is None:
        return throw_away_identity()
    if profile.paths.keys_file.exists():
        return None
    why = "on a modem this program is the node" if link.kind is LinkKind.MODEM else "has members"
    msg = f"{link.url}: needs an identity ({why}); make one with: meshtui identity new"
    raise ConfigError(msg)
