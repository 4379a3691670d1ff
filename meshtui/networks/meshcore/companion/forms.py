"""How single fields of companion frames are written, read and shown."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.companion.codes import PATH_UNKNOWN

if TYPE_CHECKING:
    from enum import IntEnum

HIDDEN = "(hidden)"


class Form(Protocol):
    """One way to write a value.

    Attributes:
        is_secret: It is a key, a password or the like.
    """

    is_secret: bool

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
        self.is_secret = is_secret

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
        if self.is_secret:
            return HIDDEN if value else "0"
        return f"{value} {self._unit}" if self._unit else str(value)


class Clock(Number):
    """A time of whole seconds since 1970."""

    def __init__(self) -> None:
        """It is a u32."""
        super().__init__("I")

    def show(self, value: Any) -> str:
        """Write it as number and date; no u32 is past the calendar."""
        when = datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
        return f"{value} ({when})"


class Named(Number):
    """A byte whose values have names."""

    def __init__(self, names: type[IntEnum]) -> None:
        """Say which."""
        super().__init__("B")
        self._names = names

    def show(self, value: Any) -> str:
        """Write the number, and the name where there is one."""
        try:
            return f"{value} {self._names(value).name}"
        except ValueError:
            return str(value)


class Fixed:
    """A certain number of bytes."""

    def __init__(self, size: int, *, is_secret: bool = False) -> None:
        """Say how many."""
        self._size = size
        self.is_secret = is_secret

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
        return HIDDEN if self.is_secret else value.hex()


class Rest:
    """All that is left."""

    def __init__(self, *, is_secret: bool = False) -> None:
        """Say whether it may be shown."""
        self.is_secret = is_secret

    def read(self, data: bytes, at: int) -> tuple[object, int]:
        """Take it, be it nothing."""
        return data[at:], len(data)

    def write(self, value: Any) -> bytes:
        """Write it."""
        return bytes(value)

    def show(self, value: Any) -> str:
        """Write it in hex, unless it is secret."""
        return HIDDEN if self.is_secret else value.hex()


class RestText:
    """All that is left, as text that ends at its first NUL."""

    def __init__(self, *, is_secret: bool = False) -> None:
        """Say whether it may be shown."""
        self.is_secret = is_secret

    def read(self, data: bytes, at: int) -> tuple[object, int]:
        """Take it; what is not UTF-8 becomes `�`."""
        return data[at:].partition(b"\0")[0].decode(errors="replace"), len(data)

    def write(self, value: Any) -> bytes:
        """Write it without NUL."""
        return str(value).encode(errors="replace")

    def show(self, value: Any) -> str:
        """Write it as it is, unless it is secret."""
        return HIDDEN if self.is_secret else value


class Room:
    """Text in a room of its own, which zeros fill."""

    is_secret = False

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

    is_secret = False

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

    is_secret = False

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

    is_secret = False

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
