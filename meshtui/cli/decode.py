"""`meshtui decode`: takes bytes apart, offline, with the keys that are given."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.cli.decode_input import Input, from_text
from meshtui.cli.decode_keys import HELP, add_key_arguments, key_material
from meshtui.cli.dissection_lines import dissection_lines
from meshtui.cli.output import Exit, Output
from meshtui.errors import DecodeError
from meshtui.model.text import clean
from meshtui.networks.registry import NETWORKS
from meshtui.runtime.decoding import open_dissector

if TYPE_CHECKING:
    import argparse

    from meshtui.cli.decode_input import Given
    from meshtui.model.packet import Frame
    from meshtui.networks.base import KeyMaterial

_STDIN: Final = "-"
_HEX_DIGITS: Final = "0123456789abcdefABCDEF: \t\r\n"
_EPILOG: Final = f"""\
Hex digits are one packet, with or without white space in between. A file, or - for the standard
input, holds one packet a line, where blank lines and those that begin with # are passed over; or it
is a recording: JSON Lines, pcap or pcapng, gzip too.

{HELP}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    import argparse

    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("network", metavar="NETWORK", help=f"one of {', '.join(NETWORKS)}")
    parser.add_argument(
        "packet", nargs="?", default=_STDIN, metavar="HEX", help="a packet, a file of packets, or -"
    )
    add_key_arguments(parser)
    parser.set_defaults(late_words=_late_packet)


def run(args: argparse.Namespace) -> int:
    """Print each packet; fails if any is none, or something is missing.

    Raises:
        ConfigError: No such network, a key is none, or the file cannot be read.
        DecodeError: A file that begins as a recording is none.
    """
    decoder = _Decoder(args.network, key_material(args), Output(as_json=args.json))
    path = None if args.packet == _STDIN else _file_of(args.packet)
    if path is None and args.packet != _STDIN:
        decoder.show(from_text(args.packet))
    else:
        if path is None and sys.stdin.isatty():
            decoder.hint()
        source = Input(path)
        for given in source.packets():
            decoder.show(given)
        decoder.end(source)
    return Exit.FAILED if decoder.has_failed else Exit.DONE


class _Decoder:
    """Prints packets one after the other and remembers whether one was none."""

    def __init__(self, network: str, keys: KeyMaterial, output: Output) -> None:
        self._network = network
        self._dissector = open_dissector(network, keys)
        self._output = output
        self._others = 0
        self.has_failed = False

    def show(self, given: Given) -> None:
        """Print one packet; another network's is only counted."""
        if given.network not in ("", self._network):
            self._others += 1
            return
        if given.problem is not None or given.frame is None:
            self._refuse(given, given.problem or DecodeError("empty"))
            return
        frame = given.frame
        try:
            record = self._dissector.record(frame)
        except DecodeError as error:
            self._refuse(given, error, frame)
            return
        row = {"ok": True, **record, **dict(given.remarks)}
        self._output.row(row, lambda: self._text(frame))

    def hint(self) -> None:
        """Tell whoever sits at a terminal what is waited for."""
        self._output.say("packets in hex digits, one a line; Ctrl-D ends")

    def end(self, source: Input) -> None:
        """Say what is wrong with where the packets came from, and what was left out."""
        for problem in source.problems:
            self._output.say(problem)
        if self._others:
            self._output.say(f"{self._others} packets of other networks were left out")
        self.has_failed |= source.is_damaged

    def _refuse(self, given: Given, error: DecodeError, frame: Frame | None = None) -> None:
        self.has_failed = True
        row: dict[str, object] = {"ok": False, "error": str(error), "offset": error.offset}
        if given.number:
            row["line"] = given.number
        row |= dict(given.remarks)

        def text() -> str:
            where = f"line {given.number}: " if given.number else ""
            at = "" if error.offset is None else f", at byte {error.offset}"
            shown = "" if frame is None else f"{self._text(frame)}\n"
            return f"{shown}{where}not a packet: {clean(str(error))}{at}"

        self._output.row(row, text)

    def _text(self, frame: Frame) -> str:
        return "\n".join(dissection_lines(self._dissector.dissect(frame)))


def _late_packet(args: argparse.Namespace, words: list[str]) -> list[str]:
    """Take HEX also after options."""
    if args.packet == _STDIN and words and (words[0] == _STDIN or words[0][:1] != _STDIN):
        args.packet = words.pop(0)
    return words


def _file_of(text: str) -> Path | None:
    """Find the file an argument names; None = there is none, so it is meant as hex digits."""
    path = Path(text).expanduser()
    try:
        return path if text.strip(_HEX_DIGITS) and path.exists() else None
    except (OSError, ValueError):
        return None
