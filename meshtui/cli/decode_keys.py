"""Keys as they are typed: `NAME=HEX`, `LABEL=HEX`, and `@FILE` in the place of any HEX.

What is typed stands in the process list for all to see, so whatever is secret can come from a file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.cli.addressing import channel_option
from meshtui.cli.files import read_secret
from meshtui.errors import ConfigError
from meshtui.model.secret import SecretBytes
from meshtui.networks.base import KeyMaterial

if TYPE_CHECKING:
    import argparse

MAX_KEYS: Final = 1_000
HELP: Final = """\
keys           a KEYHEX typed here shows in the process list: @FILE reads it from a file.
               Keys without a label are called A, B, C ... in the order given, identities first.
               A channel's key follows from its name where that begins with #; Public is always
               known. A name with blanks or = stands in double quotes of its own: '"a=b"'.
"""


def add_key_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that name keys."""

    def add(flag: str, metavar: str, help_: str) -> None:
        parser.add_argument(flag, action="append", default=[], metavar=metavar, help=help_)

    add("--channel", "NAME[=KEYHEX]", "a channel or forum, or its invitation; repeatable")
    add("--identity-key", "[LABEL=]KEYHEX", "a node's private key; repeatable")
    add("--contact", "[LABEL=]KEYHEX", "a node's public key; repeatable")


def key_material(args: argparse.Namespace) -> KeyMaterial:
    """Read the keys that were given.

    Raises:
        ConfigError: One is not written as a key, or its file cannot be read. No key is quoted.
    """
    for flag, given in (
        ("--channel", args.channel),
        ("--identity-key", args.identity_key),
        ("--contact", args.contact),
    ):
        if len(given) > MAX_KEYS:
            msg = f"{flag}: more than {MAX_KEYS} of them"
            raise ConfigError(msg)
    channels = [channel_option(text) for text in args.channel]
    identities = [_labelled("--identity-key", text) for text in args.identity_key]
    return KeyMaterial(
        channels=tuple((each.name, each.secret) for each in channels),
        identities=tuple((label, SecretBytes(key)) for label, key in identities),
        contacts=tuple(_labelled("--contact", text) for text in args.contact),
    )


def _labelled(flag: str, text: str) -> tuple[str, bytes]:
    """Read a key and its label, empty where there is none."""
    label, equals, key = ("", "", text) if text.startswith("@") else text.partition("=")
    return (label, _bytes(flag, key)) if equals else ("", _bytes(flag, text))


def _bytes(flag: str, text: str) -> bytes:
    """Read the hex digits of a key, or of the file that holds them."""
    source = ""
    if text.startswith("@"):
        source = f" {text[1:]}:"
        text = read_secret(Path(text[1:]).expanduser()).strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if not key:
        msg = f"{flag}:{source} a key is written in hex digits"
        raise ConfigError(msg)
    return key
