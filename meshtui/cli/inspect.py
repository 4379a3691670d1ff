"""`meshtui inspect`: looks into a recording, on a screen of its own or as lines; converts it."""

from __future__ import annotations

import gc
import json
import os
import sys
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.cli.decode_keys import HELP, add_key_arguments, key_material
from meshtui.cli.output import Exit, Output
from meshtui.cli.packet_lines import packet_line
from meshtui.cli.terminal import require_input
from meshtui.errors import ConfigError, FilterError
from meshtui.model.packet_row import json_line

if TYPE_CHECKING:
    import argparse

    from meshtui.model.packet_row import PacketRow
    from meshtui.networks.base import KeyMaterial
    from meshtui.runtime.inspection import Recording

_STDIN: Final = "-"
_EPILOG: Final = f"""\
FILE is JSON Lines, pcap or pcapng, ours or others', gzip too; - is the standard input, followed
while it goes on. At a terminal the inspector opens; else, or with --lines, --json or --write, it
is read to its end. Of a file that is cut, damaged or without any packet, what was whole is shown,
and the exit code is 1; lines that hold no packet are only counted, on the standard error.

filter         net==meshcore && type==advert && hops>2 && snr<-5 && from~"hill"
--write        converts what passes to OUT.jsonl, OUT.pcap or OUT.pcapng, a new file; Wireshark
               opens the latter two

{HELP}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    import argparse

    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("file", metavar="FILE", help="a recording, or - for the standard input")
    parser.add_argument("--filter", default="", metavar="F", help="only packets that pass")
    parser.add_argument(
        "--network", default="", metavar="N", help="what packets are of that do not say"
    )
    parser.add_argument("--write", metavar="OUT", help="write what passes to a new file")
    parser.add_argument("--lines", action="store_true", help="one line a packet, no screen")
    parser.add_argument(
        "--my-keys",
        action="store_true",
        help="open packets with the profile's channels, contacts and own key, too",
    )
    add_key_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Show the recording.

    Raises:
        ConfigError: A filter, a key, a network or the name of a file is wrong.
        DecodeError: It is no recording.
    """
    from meshtui.cli.collector import collecting_late
    from meshtui.runtime.inspection import open_recording

    output = Output(as_json=args.json)
    form = "" if args.write is None else _form_of(args.write)
    _check_filter(args.filter, output)
    keys = _keys(args, output)
    is_screen = not (form or args.json or args.lines) and sys.stdout.isatty()
    place = _place(args.file, is_screen=is_screen)
    title = "standard input" if args.file == _STDIN else args.file
    with collecting_late(), open_recording(place, title, keys, args.network) as recording:
        if is_screen:
            from meshtui.cli.inspect_screen import show

            return show(args, recording)
        gc.enable()
        if form:
            return _convert(recording, args, form, output)
        return _print_all(recording, args.filter, output)


def _print_all(recording: Recording, text: str, output: Output) -> int:
    """Print what passes, a pipe's packets as they come."""
    has_more, shown = True, 0
    while has_more:
        has_more = recording.read_slice()
        stop = len(recording)
        for row in recording.passing(text, shown):
            _print(row, recording, output)
        shown = stop
    return _end(recording, output)


def _print(row: PacketRow, recording: Recording, output: Output) -> None:
    if output.as_json:
        output.row(json.loads(json_line(row)), str)
    else:
        output.row({}, lambda: packet_line(row, recording.name_of))


def _convert(recording: Recording, args: argparse.Namespace, form: str, output: Output) -> int:
    """Write what passes to a new file."""
    from meshtui.capture.writer import write_packets

    is_interrupted = False
    try:
        while recording.read_slice():
            pass
    except KeyboardInterrupt:
        is_interrupted = True  # whoever records through a pipe ends it so
    chosen = array("Q", (row.number - 1 for row in recording.passing(args.filter)))
    path = Path(args.write)
    is_all_radio = form == "pcap" and recording.are_all_radio(chosen)
    try:
        write_packets(path, recording.pairs(chosen), form, is_all_radio=is_all_radio)
    except FileExistsError:
        msg = f"{path}: is there already; choose another file"
        raise ConfigError(msg) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "cannot be a file's name"
        msg = f"{path}: {reason}"
        raise ConfigError(msg) from None
    output.say(f"{len(chosen):,} of {len(recording):,} packets written to {path}")
    code = _end(recording, output)
    return Exit.INTERRUPTED if is_interrupted else code


def _end(recording: Recording, output: Output) -> int:
    """Say what is wrong with the recording; it failed where something is missing."""
    for problem in recording.progress().problems:
        output.say(f"{recording.title}: {problem}")
    return Exit.FAILED if recording.is_damaged else Exit.DONE


def _form_of(name: str) -> str:
    from meshtui.capture.writer import FORMS

    form = Path(name).suffix.removeprefix(".").lower()
    if form not in FORMS:
        msg = f"--write: a file's name ends in {', '.join(f'.{form}' for form in FORMS)}"
        raise ConfigError(msg)
    return form


def _check_filter(text: str, output: Output) -> None:
    from meshtui.model.display_filter import compile_filter
    from meshtui.model.filter_doubt import doubt_of
    from meshtui.model.packet_fields import packet_fields
    from meshtui.runtime.known_values import known_values

    try:
        compile_filter(text, packet_fields({}))
    except FilterError as error:
        msg = f"--filter: {error}, at character {error.start + 1}"
        raise ConfigError(msg) from None
    if doubt := doubt_of(text, known_values):
        output.say(f"warning: --filter: {doubt}")


def _keys(args: argparse.Namespace, output: Output) -> KeyMaterial:
    given = key_material(args)
    if not args.my_keys:
        return given
    from meshtui.cli.profile_keys import profile_keys

    return profile_keys(args, given, output)


def _place(name: str, *, is_screen: bool) -> Path | int:
    """Find what to open; the standard input is taken aside where the keyboard needs its place."""
    if not name:
        msg = "FILE: name a recording, or - for the standard input"
        raise ConfigError(msg)
    if name != _STDIN:
        return Path(name)
    require_input()
    if sys.stdin.isatty():
        msg = "-: the standard input is a terminal; name a file, or pipe packets in"
        raise ConfigError(msg)
    recording = os.dup(sys.stdin.fileno())
    if is_screen:
        try:
            keyboard = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            msg = "there is no terminal to take keys from; use --lines"
            raise ConfigError(msg) from None
        os.dup2(keyboard, sys.stdin.fileno())
        os.close(keyboard)
    return recording
