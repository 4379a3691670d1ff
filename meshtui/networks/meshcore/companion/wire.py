"""What companion frames consist of.

A frame type is a `NamedTuple` whose annotations name the form of each field, in wire order. Fields
that may be `None` are those that older firmware leaves out: they stand last. Bytes after the last
field are of newer firmware, and are passed over.
"""

from __future__ import annotations

import contextlib
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_type_hints

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.companion.codes import ErrorCode
from meshtui.networks.meshcore.companion.forms import (
    HIDDEN,
    Clock,
    Counted,
    Fixed,
    Form,
    Named,
    Number,
    Path,
    PathForm,
    Ranges,
    Rest,
    RestText,
    Room,
)
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.payloads.text import TextType

U8 = Annotated[int, Number("B")]
I8 = Annotated[int, Number("b")]
U16 = Annotated[int, Number("H")]
I16 = Annotated[int, Number("h")]
U32 = Annotated[int, Number("I")]
Time = Annotated[int, Clock()]
NodeKind = Annotated[int, Named(AdvertType)]
TextKind = Annotated[int, Named(TextType)]
ErrorKind = Annotated[int, Named(ErrorCode)]
Millis = Annotated[int, Number("I", unit="ms")]
Millivolts = Annotated[int, Number("H", unit="mV")]
Dbm = Annotated[int, Number("b", unit="dBm")]
Kilohertz = Annotated[int, Number("I", unit="kHz")]
Hertz = Annotated[int, Number("I", unit="Hz")]
Snr = Annotated[float, Number("b", 4, "dB")]
Snr16 = Annotated[float, Number("h", 4, "dB")]
Degrees = Annotated[float, Number("i", 1_000_000, "°")]
Thousandths = Annotated[float, Number("I", 1_000)]
Pin = Annotated[int, Number("I", is_secret=True)]
Two = Annotated[bytes, Fixed(2)]
Three = Annotated[bytes, Fixed(3)]
Tag = Annotated[bytes, Fixed(4)]
Prefix = Annotated[bytes, Fixed(6)]
Seven = Annotated[bytes, Fixed(7)]
PublicKey = Annotated[bytes, Fixed(32)]
Secret16 = Annotated[bytes, Fixed(16, is_secret=True)]
Secret64 = Annotated[bytes, Fixed(64, is_secret=True)]
Bytes = Annotated[bytes, Rest()]
SecretRest = Annotated[bytes, Rest(is_secret=True)]
Text = Annotated[str, RestText()]
SecretText = Annotated[str, RestText(is_secret=True)]
Text12 = Annotated[str, Room(12)]
Text20 = Annotated[str, Room(20)]
Text31 = Annotated[str, Room(31)]
Text32 = Annotated[str, Room(32)]
Text40 = Annotated[str, Room(40)]
AnyPath = Annotated[Path, PathForm()]
PathIn64 = Annotated[Path, PathForm(64)]
CountedBytes = Annotated[bytes, Counted()]
KilohertzRanges = Annotated[tuple[tuple[int, int], ...], Ranges()]

_Frame = TypeVar("_Frame")


class Part(NamedTuple):
    """One field of a frame type."""

    name: str
    form: Form
    is_optional: bool


class Read(NamedTuple):
    """One field as it was found: `data[start:end]`."""

    part: Part
    value: object
    start: int
    end: int


@lru_cache(maxsize=256)
def parts_of(kind: type) -> tuple[Part, ...]:
    """List the fields of a frame type, in wire order."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_part(name, hint) for name, hint in hints.items())


def _part(name: str, hint: Any) -> Part:
    if hasattr(hint, "__metadata__"):
        return Part(name, hint.__metadata__[0], is_optional=False)
    annotated = next(choice for choice in get_args(hint) if choice is not type(None))
    return Part(name, annotated.__metadata__[0], is_optional=True)


def hiding(kind: type[_Frame]) -> type[_Frame]:
    """Make a frame type with secret fields keep them out of its `repr`."""
    kind.__repr__ = _repr_of  # type: ignore[assignment, method-assign]
    return kind


def _repr_of(frame: tuple[object, ...]) -> str:
    said = (
        f"{part.name}={HIDDEN if part.form.is_secret else repr(value)}"
        for part, value in zip(parts_of(type(frame)), frame, strict=True)
    )
    return f"{type(frame).__name__}({', '.join(said)})"


def read_parts(kind: type, data: bytes, at: int) -> list[Read]:
    """Read a frame's fields from `at` on; those that are left out are left out.

    Raises:
        DecodeError: A field that must be there is not, or one is cut off.
    """
    found: list[Read] = []
    _read_into(found, kind, data, at)
    return found


def readable_parts(kind: type, data: bytes, at: int) -> list[Read]:
    """Read a frame's fields up to the one that is missing or cut off. Never raises."""
    found: list[Read] = []
    with contextlib.suppress(DecodeError):
        _read_into(found, kind, data, at)
    return found


def _read_into(found: list[Read], kind: type, data: bytes, at: int) -> None:
    for part in parts_of(kind):
        if part.is_optional and at >= len(data):
            return
        value, end = part.form.read(data, at)
        found.append(Read(part, value, at, end))
        at = end


def decode(kind: type[_Frame], data: bytes, at: int = 1) -> _Frame:
    """Read a frame of a certain type.

    Raises:
        DecodeError: A field that must be there is not, or one is cut off.
    """
    values = [read.value for read in read_parts(kind, data, at)]
    make: Any = kind
    frame: _Frame = make(*values)
    return frame


def encode(frame: tuple[object, ...]) -> bytes:
    """Write a frame's fields, without what stands before them.

    Raises:
        EncodeError: A value does not fit.
    """
    pieces = []
    for part, value in zip(parts_of(type(frame)), frame, strict=True):
        if value is None:
            break
        pieces.append(part.form.write(value))
    return b"".join(pieces)
