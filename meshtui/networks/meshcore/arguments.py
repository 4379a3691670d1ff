"""What is typed after a verb: read, or refused before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import LocalProtocolError
from meshtui.networks.meshcore.payloads.anon_request import MAX_PASSWORD_BYTES
from meshtui.networks.meshcore.payloads.text import MAX_TEXT_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection

_HEX: Final = frozenset("0123456789abcdef")


def unknown_verb(
    verb: str, of_radio: Collection[str], of_node: Collection[str], *, is_node: bool
) -> str:
    """Say that there is no such verb, or that it is asked of somebody else."""
    known, others = (of_node, of_radio) if is_node else (of_radio, of_node)
    if verb in others:
        whom = "of the radio itself, not of a node" if is_node else "of a node; say of which"
        return f"{verb} is asked {whom}"
    return f"unknown verb {verb}; one of {', '.join(known)}"


def words_of(argument: str, least: int, most: int, usage: str) -> list[str]:
    """Split an argument.

    Raises:
        LocalProtocolError: It has too few words or too many.
    """
    words = argument.split()
    if not least <= len(words) <= most:
        msg = f"it takes {usage}"
        raise LocalProtocolError(msg)
    return words


def number_of(word: str, low: float, high: float, what: str) -> float:
    """Read a number.

    Raises:
        LocalProtocolError: It is none, or out of range.
    """
    try:
        value = float(word)
    except ValueError:
        value = high + 1
    if not low <= value <= high:
        msg = f"{what} is a number from {low:g} to {high:g}, not {word!r}"
        raise LocalProtocolError(msg)
    return value


def days_of(argument: str) -> float:
    """Read a number of days.

    Raises:
        LocalProtocolError: It is none.
    """
    (word,) = words_of(argument, 1, 1, "`DAYS`")
    return number_of(word, 1, 10_000, "the number of days")


def switch_of(argument: str, *, default: bool | None = None) -> bool:
    """Read `on` or `off`; empty means the default where there is one.

    Raises:
        LocalProtocolError: It is neither.
    """
    word = argument.strip().lower()
    if not word and default is not None:
        return default
    if word not in {"on", "off"}:
        raise LocalProtocolError("it takes `on` or `off`")
    return word == "on"


def check_password(password: str) -> bytes:
    """Return a password as it is sent.

    Raises:
        LocalProtocolError: It is too long.
    """
    data = password.encode(errors="replace")
    if len(data) > MAX_PASSWORD_BYTES:
        msg = f"a password has at most {MAX_PASSWORD_BYTES} bytes"
        raise LocalProtocolError(msg)
    return data


def check_command_line(line: str) -> None:
    """See that a line can be sent to a command line.

    Raises:
        LocalProtocolError: It is empty, or too long.
    """
    size = len(line.encode(errors="replace"))
    if not line.strip() or size > MAX_TEXT_BYTES:
        msg = f"a command has 1 to {MAX_TEXT_BYTES} bytes, not {size}"
        raise LocalProtocolError(msg)


def hops_of(argument: str) -> tuple[str, ...]:
    """Read hop hashes: hex, parted by commas, blanks or `>`.

    Raises:
        LocalProtocolError: They are not of one size of 1 to 3 bytes.
    """
    hashes = tuple(argument.lower().replace(",", " ").replace(">", " ").split())
    sizes = {len(each) for each in hashes}
    is_hex = all(_HEX.issuperset(each) for each in hashes)
    if len(sizes) != 1 or not sizes <= {2, 4, 6} or not is_hex:
        msg = "a path is hop hashes of 2, 4 or 6 hex digits, all alike: `a1,3f,07`"
        raise LocalProtocolError(msg)
    return hashes
