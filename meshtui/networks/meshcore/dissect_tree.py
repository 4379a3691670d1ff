"""How the inspector cuts bytes into fields, and writes numbers, times and keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from meshtui.errors import DecodeError
from meshtui.model.packet import DissectedField

if TYPE_CHECKING:
    from collections.abc import Callable

PAD_BYTES = 15


def hex_of(data: bytes) -> str:
    """Write bytes the way this network's people do: upper case, without gaps."""
    return data.hex().upper()


def utc(unix_s: int) -> str:
    """Write a time of 32 bits."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def degrees(millionths: int) -> str:
    """Write an angle."""
    return f"{millionths / 1e6:.6f}°"


def decibels(quarters: int) -> str:
    """Write a ratio that came in quarters of a dB."""
    return f"{quarters / 4:g} dB"


class Fields:
    """Cuts a buffer from front to back; each cut becomes a field.

    Attributes:
        at: Where the next field begins.
        fields: What was cut so far, also where the buffer ended too early.
        problems: What is wrong, a sentence each.
    """

    __slots__ = ("at", "buffer", "data", "end", "fields", "problems")

    def __init__(self, data: bytes, at: int = 0, buffer: int = 0, end: int | None = None) -> None:
        """Begin at a byte of a buffer (0 = the frame), and go no further than `end`."""
        self.data = data
        self.at = at
        self.buffer = buffer
        self.end = len(data) if end is None else end
        self.fields: list[DissectedField] = []
        self.problems: list[str] = []

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self.end - self.at

    def take(
        self, name: str, size: int, note: str = "", show: Callable[[bytes], str] = hex_of
    ) -> bytes:
        """Cut so many bytes.

        Raises:
            DecodeError: `short`: there are fewer; they become a field all the same.
        """
        raw = self.data[self.at : min(self.at + size, self.end)]
        self.field(name, show(raw), len(raw), note)
        if len(raw) < size:
            raise DecodeError("short", f"{name} is cut off", self.end)
        return raw

    def number(
        self,
        name: str,
        size: int,
        note: str | Callable[[int], str] = "",
        *,
        is_signed: bool = False,
    ) -> int:
        """Cut a little-endian number.

        Args:
            note: A remark, or what makes one of the number.

        Raises:
            DecodeError: `short`.
        """
        raw = self.data[self.at : min(self.at + size, self.end)]
        if len(raw) < size:
            self.take(name, size)
        value = int.from_bytes(raw, "little", signed=is_signed)
        self.field(name, str(value), size, note if isinstance(note, str) else note(value))
        return value

    def time(self, name: str, note: str = "the sender's clock; claimed") -> int:
        """Cut a time, Unix seconds.

        Raises:
            DecodeError: `short`.
        """
        return self.number(name, 4, lambda value: f"{utc(value)}; {note}")

    def field(
        self,
        name: str,
        value: str,
        size: int,
        note: str = "",
        children: tuple[DissectedField, ...] = (),
    ) -> None:
        """Add a field of the next `size` bytes, however it is read."""
        end = self.at + size
        self.fields.append(DissectedField(name, value, self.at, end, note, children, self.buffer))
        self.at = end

    def derive(self, name: str, value: str, note: str = "") -> None:
        """Add what follows from the rest and has no bytes of its own."""
        self.fields.append(DissectedField(name, value, self.at, self.at, note, (), self.buffer))

    def peek(self) -> int:
        """Look at the next byte; 0 where there is none."""
        return self.data[self.at] if self.left > 0 else 0

    def packed(self, name: str, *parts: tuple[str, str, str]) -> None:
        """Cut a byte that holds several things; of each its name, value and a remark.

        Raises:
            DecodeError: `short`.
        """
        if self.left < 1:
            self.take(name, 1)
        value = hex_of(self.data[self.at : self.at + 1])
        span = self.at, self.at + 1
        children = (DissectedField(*part[:2], *span, part[2], (), self.buffer) for part in parts)
        self.field(name, value, 1, "", tuple(children))

    def rest(self, name: str, note: str = "") -> bytes:
        """Cut all that is left; nothing left gives no field."""
        return self.take(name, self.left, note) if self.left > 0 else b""

    def padding(self) -> None:
        """Cut the padding of a last block, and say where it is none."""
        if self.left <= 0:
            return
        raw = self.data[self.at : self.end]
        if any(raw) or self.left > PAD_BYTES:
            self.take("rest", self.left, "means nothing to us")
        else:
            self.take("padding", self.left, "zeros up to a whole block")

    def parent(self, name: str, value: str, start: int, note: str = "") -> DissectedField:
        """Make a field of all that was cut since `start`."""
        return DissectedField(name, value, start, self.at, note, tuple(self.fields), self.buffer)
