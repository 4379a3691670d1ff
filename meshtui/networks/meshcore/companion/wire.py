"""How the fields of companion frames are written, read and shown: a frame is a list of these.

A frame type is a `NamedTuple` whose annotations name the form of each field, in wire order. Fields
that may be `None` are those that older firmware leaves out: they stand last. Bytes after the last
field are of newer firmware, and are passed over.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Protocol, TypeVar, get_args, get_type_hints

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.companion.codes import PATH_UNKNOWN

HIDDEN = "(hidden)"


class Form(Protocol):
    """One way to write a value."""

    def read(self, data: bytes, at: int) -> tuple[object, int]:
        """Return the value that begins at `at`, and where the next begins.

        Raises:
            DecodeError: There are too few bytes, or they cannot be.
        """
        ...

    def write(self, value: Any) -> bytes:
        """Return the bytes of a value.

        Raises:
            EncodeError: It does not fit.
        """
        ...

    def show(self, value: Any) -> str:
        """Write the value for a person; never what is secret."""
        ...


class Path(NamedTuple):
    """A way over repeaters, as `path_len` byte and hop hashes.

    Attributes:
        length: Hops in bits 0-5, size of a hash minus 1 in bits 6-7; 0xFF = not known.
        data: The hashes, one after the other.
    """

    length: int
    data: bytes = b""

    @property
    def is_known(self) -> bool:
        """False where only a flood will find the way."""
        return self.length != PATH_UNKNOWN

    @property
    def hashes(self) -> tuple[str, ...]:
        """The hops in travel order, lower-case hex."""
        size = (self.length >> 6) + 1
        return tuple(self.data[at : at + size].hex() for at in range(0, len(self.data), size))


UNKNOWN_PATH = Path(PATH_UNKNOWN)


def path_of(hashes: tuple[str, ...]) -> Path:
    """Make a path of hop hashes, all of one size (1 to 3 bytes).

    Raises:
        EncodeError: They are of several sizes, or too many.
    """
    data = bytes.fromhex("".join(hashes))
    size = len(hashes[0]) // 2 if hashes else 1
    if len(data) != size * len(hashes) or not 1 <= size <= 3 or len(data) > 64 or len(hashes) > 63:
        msg = "a path is at most 64 bytes of hop hashes, all of the same 1, 2 or 3 bytes"
        raise EncodeError(msg)
    return Path((size - 1) << 6 | len(hashes), data)


def _take(data: bytes, at: int, size: int) -> bytes:
    if len(data) - at < size:
        raise DecodeError("short", f"{size} bytes expected, {max(0, len(data) - at)} left", at)
    return data[at : at + size]


class Number:
    """An integer, or one that stands for a fraction."""

    def __init__(
        self, form: str, scale: int = 1, unit: str = "", *, is_secret: bool = False
    ) -> None:
        """Name a `struct` form; the value is the integer divided by `scale`."""
        self._struct = struct.Struct("<" + form)
        self._scale = scale
        self._unit = unit
        self._is_secret = is_secret

    def read(self, data: bytes, at: int) -> tuple[object, int]:
        """Read it; a float where there is a scale."""
        size = self._struct.size
        (raw,) = self._struct.unpack(_take(data, at, size))
        return (raw if self._scale == 1 else raw / self._scale), at + size

    def write(self, value: Any) -> bytes:
        """Write it, rounded to what the wire can say."""
        try:
            return self._struct.pack(round(value * self._scale))
        except (struct.error, TypeError, ValueError, OverflowError) as error:
            msg = f"{value!r} does not fit: {error}"
            raise EncodeError(msg) from error

    def show(self, value: Any) -> str:
        """Write it with its unit."""
        if self._is_secret:
            return HIDDEN if value else "0"
        return f"{value} {self._unit}" if self._unit else str(value)


class Fixed:
    """A certain number of bytes."""

    def __init__(self, size: int, *, is_secret: bool = False) -> None:
        """Say how many."""
        self._size = size
        self._is_secret = is_secret

    def read(self, data: bytes, at: int) -> tuple[object, int]:
        """Take them."""
        return _take(data, at, self._size), at + self._size

    def write(self, value: Any) -> bytes:
        """Write them; another number does not fit."""
        if len(value) != self._size:
            msg = f"{len(value)} bytes where there must be {self._size}"
            raise EncodeError(msg)
        return bytes(value)

    def show(self, value: Any) -> str:
        """Write them in hex, unless they are secret."""
        return HIDDEN if self._is_secret else value.hex()


class Rest:
    """All that is left."""

    def __init__(self, *, is_secret: bool = False) -> None:
        """Say whether it may be shown."""
        self._is_secret = is_secret

    def read(self, data: bytes, at: int) -> tuple[object, int]:
        """Take it, be it nothing."""
        return data[at:], len(data)

    def write(self, value: Any) -> bytes:
        """Write it."""
        return bytes(value)

    def show(self, value: Any) -> str:
        """Write it in hex, unless it is secret."""
        return HIDDEN if self._is_secret else value.hex()


class AnonymousData(Rest):
    """What an anonymous request carries: a query, or a password."""

    def show(self, value: Any) -> str:
        """Hide what receivers would take for a password."""
        return HIDDEN if value and value[0] >= 0x20 else value.hex()


class RestText:
    """All that is left, as text that ends at its first NUL."""

    def __init__(self, *, is_secret: bool = False) -> None:
        """Say whether it may be shown."""
        self._is_secret = is_secret

    def read(self, data: bytes, at: int) -> tuple[object, int]:
        """Take it; what is not UTF-8 becomes `�`."""
        return data[at:].partition(b"\0")[0].decode(errors="replace"), len(data)

    def write(self, value: Any) -> bytes:
        """Write it without NUL."""
        return str(value).encode(errors="replace")

    def show(self, value: Any) -> str:
        """Write it as it is, unless it is secret."""
        return HIDDEN if self._is_secret else value


class Room:
    """Text in a room of its own, which zeros fill."""

    def __init__(self, size: int) -> None:
        """Say how many bytes there are."""
        self._size = size

    def read(self, data: bytes, at: int) -> tuple[object, int]:
        """Take what stands before the first NUL: stale memory follows it."""
        room = _take(data, at, self._size)
        return room.partition(b"\0")[0].decode(errors="replace"), at + self._size

    def write(self, value: Any) -> bytes:
        """Write it and fill up with zeros."""
        text = str(value).encode(errors="replace")
        if len(text) > self._size:
            msg = f"{len(text)} bytes of text where there is room for {self._size}"
            raise EncodeError(msg)
        return text.ljust(self._size, b"\0")

    def show(self, value: Any) -> str:
        """Write it as it is."""
        return str(value)


class PathForm:
    """A `path_len` byte and the hashes; in a room of 64 bytes where there is one."""

    def __init__(self, room: int | None = None) -> None:
        """Say how many bytes follow the length, whatever it says; None = as many as it says."""
        self._room = room

    def read(self, data: bytes, at: int) -> tuple[object, int]:
        """Take both."""
        length = _take(data, at, 1)[0]
        size = 0 if length == PATH_UNKNOWN else (length & 63) * ((length >> 6) + 1)
        if length != PATH_UNKNOWN and (length >> 6 == 3 or size > 64):
            raise DecodeError("bad-path-len", f"a path_len of {length:#04x} cannot be", at)
        room = _take(data, at + 1, size if self._room is None else self._room)
        return Path(length, room[:size]), at + 1 + len(room)

    def write(self, value: Any) -> bytes:
        """Write both."""
        room = len(value.data) if self._room is None else self._room
        if len(value.data) > room:
            msg = f"a path of {len(value.data)} bytes where there is room for {room}"
            raise EncodeError(msg)
        return bytes((value.length, *value.data.ljust(room, b"\0")))

    def show(self, value: Any) -> str:
        """Name the hops."""
        if not value.is_known:
            return "unknown (flood)"
        return " > ".join(value.hashes) or "direct"


class Counted:
    """A length byte and as many bytes."""

    def read(self, data: bytes, at: int) -> tuple[object, int]:
        """Take both."""
        size = _take(data, at, 1)[0]
        return _take(data, at + 1, size), at + 1 + size

    def write(self, value: Any) -> bytes:
        """Write both."""
        if len(value) > 255:
            msg = f"{len(value)} bytes where one byte counts them"
            raise EncodeError(msg)
        return bytes((len(value), *value))

    def show(self, value: Any) -> str:
        """Write the bytes in hex."""
        return str(value.hex())


class Ranges:
    """Pairs of u32, to the end."""

    def read(self, data: bytes, at: int) -> tuple[object, int]:
        """Take whole pairs."""
        whole = data[at : at + (len(data) - at) // 8 * 8]
        return tuple(struct.iter_unpack("<II", whole)), at + len(whole)

    def write(self, value: Any) -> bytes:
        """Write them."""
        return b"".join(struct.pack("<II", *pair) for pair in value)

    def show(self, value: Any) -> str:
        """Write them as `from-to`."""
        return ", ".join(f"{low}-{high}" for low, high in value)


U8 = Annotated[int, Number("B")]
I8 = Annotated[int, Number("b")]
U16 = Annotated[int, Number("H")]
I16 = Annotated[int, Number("h")]
U32 = Annotated[int, Number("I")]
Time = Annotated[int, Number("I", unit="s since 1970")]
Millis = Annotated[int, Number("I", unit="ms")]
Millivolts = Annotated[int, Number("H", unit="mV")]
Dbm = Annotated[int, Number("b", unit="dBm")]
Kilohertz = Annotated[int, Number("I", unit="kHz")]
Hertz = Annotated[int, Number("I", unit="Hz")]
Snr = Annotated[float, Number("b", 4, "dB")]
Degrees = Annotated[float, Number("i", 1_000_000, "°")]
Thousandths = Annotated[float, Number("I", 1_000)]
Pin = Annotated[int, Number("I", is_secret=True)]
Two = Annotated[bytes, Fixed(2)]
Three = Annotated[bytes, Fixed(3)]
Tag = Annotated[bytes, Fixed(4)]
Prefix = Annotated[bytes, Fixed(6)]
Seven = Annotated[bytes, Fixed(7)]
PublicKey = Annotated[bytes, Fixed(32)]
Signature64 = Annotated[bytes, Fixed(64)]
Secret16 = Annotated[bytes, Fixed(16, is_secret=True)]
Secret64 = Annotated[bytes, Fixed(64, is_secret=True)]
Bytes = Annotated[bytes, Rest()]
SecretRest = Annotated[bytes, Rest(is_secret=True)]
Anonymous = Annotated[bytes, AnonymousData()]
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


def read_parts(kind: type, data: bytes, at: int) -> list[Read]:
    """Read a frame's fields from `at` on; those that are left out are left out.

    Raises:
        DecodeError: A field that must be there is not, or one is cut off.
    """
    found: list[Read] = []
    for part in parts_of(kind):
        if part.is_optional and at >= len(data):
            break
        value, end = part.form.read(data, at)
        found.append(Read(part, value, at, end))
        at = end
    return found


_Frame = TypeVar("_Frame")


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
