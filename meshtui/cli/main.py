"""The command line's front door: parse, run one command, turn what went wrong into an exit code.

Nothing heavy is imported here, and a command's module only when the command is named, so that
`meshtui --help` costs little more than starting Python. A command module offers
`add_arguments(parser)` and `run(args) -> int`. `argparse` gives up arguments that may be missing at
the first option; a command that takes them after options, too, sets the default `late_words`: a
function of the namespace and the words left over that returns those it has no use for.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from meshtui import __version__
from meshtui.errors import (
    ConfigError,
    KeystoreError,
    LocalProtocolError,
    MeshtuiError,
    TransportError,
)

TYPE_CHECKING = False  # `typing` alone would cost a third of the time `--help` takes
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Final, NoReturn

COMMANDS: Final = {
    "demo": "the terminal client on a simulated mesh; touches no real profile",
    "identity": "create, restore, show the keys; verify another node's key",
    "send": "send one message and say what became of it",
    "listen": "follow the mesh",
    "ask": "ask a node, or our own radio, to do or tell something",
    "relay": "run a headless node that passes messages on",
    "nodes": "list known nodes",
    "routes": "list known routes",
    "channels": "list joined and announced channels",
    "history": "print a conversation, or search in it",
    "metrics": "print the counters",
    "sim": "run a simulated radio mesh in virtual time and report what became of it",
    "decode": "take packets apart, offline, with the keys that are given",
    "inspect": "look into a recording of packets: JSON Lines, pcap, pcapng; convert it",
    "capture": "publish what a MeshCore radio hears to MQTT brokers: the packet capture service",
    "doctor": "check links, keys, clock, database, terminal, and the brokers that are published to",
}
MAX_COMPLAINT_CHARS: Final = 1_000
_EPILOG: Final = """\
Without a command the terminal client starts.

link URLs      jsonmesh+mqtt://USER@HOST:1883?password_file=FILE   also mqtts, ws, wss
               LoRa gateways: jsonmesh+serial:///dev/ttyUSB0   jsonmesh+ble://ADDRESS
               jsonmesh+tcp://HOST:PORT   simulated: jsonmesh+sim://dm60
               MeshCore radios: meshcore+serial:///dev/ttyACM0   meshcore+ble://NAME
               meshcore+tcp://HOST:5000   KISS modems: meshcore+kiss:///dev/ttyUSB0
               a recording, heard again: meshcore+replay:///path/heard.pcapng?speed=10
               the radio, if other than by default: ?sf=11&bw=250&cr=5&duty=10
environment    MESHTUI_HOME, MESHTUI_PASSWORD_FILE, and MESHTUI_NAME etc. for every setting
exit codes     0 done   1 failed   2 usage or configuration   3 no connection   4 timed out
               130 interrupted
"""


def entry() -> None:
    """Run as a process: `meshtui` and `python -m meshtui`."""
    _stand_in_for_closed_streams()
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever went wrong was one line on stderr."""
    try:
        args = _parser(argv).parse_args(argv)
        return int(_chosen(args)(args))
    except SystemExit as end:  # argparse has spoken
        return end.code if isinstance(end.code, int) else 2
    except BaseException as error:  # noqa: BLE001 - the top of a front end
        return _answer(error)


def _stand_in_for_closed_streams() -> None:
    """Let a stream that whoever started us closed be as /dev/null, not None.

    So no file that is opened later gets its number either, and what is said there.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8"))


def _answer(error: BaseException) -> int:
    """Say what went wrong, in one line, and return the exit code for it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, KeyboardInterrupt):
        return 130
    if isinstance(error, BrokenPipeError):
        _drop_stdout()
        return 0
    if type(error) is EOFError:  # Ctrl-D where something was asked; a stream's are of other types
        _say("nothing was typed")
        return 2
    if isinstance(error, MeshtuiError):
        _say(str(error))
        return _exit_code(error)
    return int(import_module("meshtui.cli.crash").report(error))


def _chosen(args: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    if args.print_config:
        run = import_module("meshtui.cli.settings").print_config
    elif hasattr(args, "run"):
        run = args.run
    else:
        run = import_module("meshtui.cli.tui").run
    return run  # type: ignore[no-any-return]  # modules are loaded by name


class _Parser(argparse.ArgumentParser):
    """Complains with its own usage, and without repeating control characters that were typed."""

    def parse_known_args(  # type: ignore[override]  # typeshed overloads it by kinds of namespace
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Refuse what is left over here: the front door knows no command's usage."""
        parsed, rest = super().parse_known_args(args, namespace)
        rest = parsed.__dict__.pop("late_words", _none_taken)(parsed, rest)
        if rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return parsed, rest

    def error(self, message: str) -> NoReturn:
        """End with usage, complaint and exit code 2."""
        clean = import_module("meshtui.model.text").clean
        super().error(clean(message, limit=MAX_COMPLAINT_CHARS))


def _none_taken(_: argparse.Namespace, words: list[str]) -> list[str]:
    return words


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="meshtui",
        description="A terminal client for mesh radio networks.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"meshtui {__version__}")
    parser.add_argument(
        "--print-config", action="store_true", help="print the effective settings and exit"
    )
    add_common(parser, is_root=True)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            allow_abbrev=False,
        )
        if name in argv:
            module = import_module(f"meshtui.cli.{name}")
            module.add_arguments(command)
            add_common(command, is_root=False)
            command.set_defaults(run=module.run)
    return parser


def add_common(parser: argparse.ArgumentParser, *, is_root: bool) -> None:
    """Add the options that may stand before or after a command; the later one counts."""
    group = parser.add_argument_group("everywhere")

    def add(flag: str, default: object, help_: str, **more: str) -> None:
        kept = default if is_root else argparse.SUPPRESS
        group.add_argument(flag, default=kept, help=help_, **more)  # type: ignore[arg-type]  # typeshed names each keyword

    add("--home", None, "folder that holds settings, keys and data", metavar="DIR")
    add("--config", None, "settings file", metavar="FILE")
    add("--link", None, "connect here instead; repeatable", metavar="URL", action="append")
    add("--password-file", None, "file with the key file's password", metavar="FILE")
    add("--json", False, "JSON Lines on stdout", action="store_true")
    add("--verbose", False, "say on stderr what is going on", action="store_true")


def _exit_code(error: MeshtuiError) -> int:
    if isinstance(error, ConfigError | KeystoreError | LocalProtocolError):
        return 2
    return 3 if isinstance(error, TransportError) else 1


def _say(text: str) -> None:
    shown = text if len(text) <= MAX_COMPLAINT_CHARS else f"{text[:MAX_COMPLAINT_CHARS]} …"
    import_module("meshtui.cli.output").Output(as_json=False).say(f"meshtui: {shown}")


def _drop_stdout() -> None:
    """Send what is still buffered nowhere, so that Python's own exit does not complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
