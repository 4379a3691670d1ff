"""`meshtui decode`: takes bytes apart, offline, with the keys that are given."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from meshtui.cli.decode_keys import HELP, add_key_arguments, key_material
from meshtui.cli.dissection_lines import dissection_lines
from meshtui.cli.output import Exit, Output
from meshtui.errors import ConfigError, DecodeError
from meshtui.model.ids import Instant, LinkId
from meshtui.model.packet import Frame
from meshtui.networks.registry import NETWORKS
from meshtui.runtime.decoding import open_dissector

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from meshtui.networks.base import Dissector

# The largest payload of any network is 256 KiB, so twice that in digits; the rest is white space.
MAX_LINE_BYTES: Final = 1024 * 1024
_STDIN: Final = "-"
_HEX_DIGITS: Final = "0123456789abcdefABCDEF: \t\r\n"
_EPILOG: Final = f"""\
Hex digits are one packet, with or without white space in between. A file, or - for the standard
input, holds one packet a line; blank lines and those that begin with # are passed over.

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


def run(args: argparse.Namespace) -> int:
    """Print each packet; fails if any is none.

    Raises:
        ConfigError: No such network, a key is none, or the file cannot be read.
    """
    decoder = _Decoder(open_dissector(args.network, key_material(args)), Output(as_json=args.json))
    if args.packet == _STDIN:
        decoder.decode_all(sys.stdin.buffer)
    elif (path := _file_of(args.packet)) is None:
        decoder.decode_line(args.packet, 0)
    else:
        try:
            with path.open("rb") as file:
                decoder.decode_all(file)
        except OSError as error:
            msg = f"{args.packet}: {error.strerror}"
            raise ConfigError(msg) from None
    return Exit.FAILED if decoder.has_failed else Exit.DONE


class _Decoder:
    """Prints packets one after the other and remembers whether one was none."""

    def __init__(self, dissector: Dissector, output: Output) -> None:
        self._dissector = dissector
        self._output = output
        self.has_failed = False

    def decode_all(self, source: BinaryIO) -> None:
        """Print what each line holds."""
        for number, line in _lines(source):
            if line is None:
                reason = DecodeError("too-long", f"a line of more than {MAX_LINE_BYTES} bytes")
                self._refuse(reason, number)
                continue
            text = line.decode("ascii", "replace").strip().lstrip("\ufeff")
            if text and not text.startswith("#"):
                self.decode_line(text, number)

    def decode_line(self, text: str, number: int) -> None:
        """Print one packet; `number` is its line, 0 where there are no lines."""
        try:
            payload = bytes.fromhex(text.replace(":", ""))
        except ValueError:
            self._refuse(DecodeError("not-hex", "a packet is an even number of hex digits"), number)
            return
        self.decode(Frame(LinkId("decode"), payload, Instant(0.0, 0)), number)

    def decode(self, frame: Frame, number: int) -> None:
        """Print a frame."""
        try:
            record = self._dissector.record(frame)
        except DecodeError as error:
            self._refuse(error, number, frame)
            return
        self._output.row({"ok": True, **record}, lambda: self._text(frame))

    def _refuse(self, error: DecodeError, number: int, frame: Frame | None = None) -> None:
        self.has_failed = True
        row: dict[str, object] = {"ok": False, "error": str(error), "offset": error.offset}
        if number:
            row["line"] = number

        def text() -> str:
            where = f"line {number}: " if number else ""
            at = "" if error.offset is None else f", at byte {error.offset}"
            shown = "" if frame is None else f"{self._text(frame)}\n"
            return f"{shown}{where}not a packet: {error}{at}"

        self._output.row(row, text)

    def _text(self, frame: Frame) -> str:
        return "\n".join(dissection_lines(self._dissector.dissect(frame)))


def _file_of(text: str) -> Path | None:
    """Find the file an argument names; None = there is none, so it is meant as hex digits."""
    path = Path(text).expanduser()
    try:
        return path if text.strip(_HEX_DIGITS) and path.exists() else None
    except (OSError, ValueError):
        return None


def _lines(source: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Read lines with their numbers, from 1, in bounded memory; None = it is too long."""
    number = 0
    while line := source.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) <= MAX_LINE_BYTES:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = source.readline(MAX_LINE_BYTES)
        yield number, None
