"""A reader for the part of CBOR (RFC 8949) that tokens and compact frames are written in.

Unsigned and negative numbers, byte strings, text, lists, maps, true, false and null, all of known
length; numbers with a point where asked for. Bounded in items and depth; whatever else is refused,
tags above all: general readers make dates, patterns and numbers of any size of them.
"""

from __future__ import annotations

import struct
from typing import TypeAlias, Union

from meshtui.errors import DecodeError

MAX_ITEMS = 20_000
MAX_DEPTH = 16
Value: TypeAlias = Union[int, float, bytes, str, bool, "list[Value]", "dict[Value, Value]", None]
_SIMPLE: dict[int, bool | None] = {20: False, 21: True, 22: None}
_LONG = 24  # from here on the number follows its head
_LENGTH_BYTES = {24: 1, 25: 2, 26: 4, 27: 8}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def read_cbor(data: bytes, *, with_floats: bool = False, max_depth: int = MAX_DEPTH) -> Value:
    """Read one value that fills the data.

    Args:
        with_floats: Take numbers with a point too, infinite ones and NaN among them.
        max_depth: How many lists and maps may lie within each other.

    Raises:
        DecodeError: `bad-cbor`, with the offset of what is wrong.
    """
    reader = _Reader(data, _FLOATS if with_floats else {}, max_depth)
    value = reader.value(0)
    if reader.position != len(data):
        raise DecodeError("bad-cbor", "bytes after the end", reader.position)
    return value


class _Reader:
    """A place in the data."""

    def __init__(self, data: bytes, floats: dict[int, str], max_depth: int) -> None:
        """Begin at the beginning."""
        self.position = 0
        self._floats = floats
        self._max_depth = max_depth
        self._data = data
        self._items = 0

    def value(self, depth: int) -> Value:
        """Read the value that begins here."""
        self._items += 1
        if depth > self._max_depth or self._items > MAX_ITEMS:
            raise DecodeError("bad-cbor", "too much of it", self.position)
        start = self.position
        try:
            head = self._data[start]
        except IndexError as error:
            raise DecodeError("bad-cbor", "it ends too early", start) from error
        self.position = start + 1
        major, argument = head >> 5, head & 0x1F
        if major == 7:
            return self._simple(argument)
        if argument >= _LONG:
            argument = self._argument(argument)
        if major == 0:
            return argument
        if major == 2:
            return self._take(argument)
        if major in {4, 5}:
            return (self._list if major == 4 else self._map)(argument, depth)
        if major == 3:
            return self._text(argument)
        if major == 1:
            return -1 - argument
        raise DecodeError("bad-cbor", f"a kind not read here: {head:#04x}", start)

    def _simple(self, short: int) -> Value:
        """Read true, false, null, or a number with a point."""
        if short in _SIMPLE:
            return _SIMPLE[short]
        form = self._floats.get(short)
        if form is None:
            raise DecodeError("bad-cbor", f"a kind not read here: {short:#04x}", self.position - 1)
        number: float = struct.unpack(form, self._take(struct.calcsize(form)))[0]
        return number

    def _argument(self, short: int) -> int:
        """Read the number after a head."""
        if short not in _LENGTH_BYTES:
            raise DecodeError("bad-cbor", "no known length", self.position - 1)
        return int.from_bytes(self._take(_LENGTH_BYTES[short]), "big")

    def _text(self, size: int) -> str:
        """Read text."""
        start = self.position
        try:
            return self._take(size).decode()
        except UnicodeDecodeError as error:
            raise DecodeError("bad-cbor", "text that is not UTF-8", start) from error

    def _list(self, count: int, depth: int) -> list[Value]:
        """Read a list; the count is a claim, checked before anything is set aside for it."""
        self._check_count(count)
        return [self.value(depth + 1) for _ in range(count)]

    def _map(self, count: int, depth: int) -> dict[Value, Value]:
        """Read a map; its keys are numbers, bytes or text, each once."""
        self._check_count(count)
        pairs: dict[Value, Value] = {}
        for _ in range(count):
            start = self.position
            key = self.value(depth + 1)
            if not isinstance(key, int | bytes | str) or key in pairs:
                raise DecodeError("bad-cbor", "a key that cannot be one, or again", start)
            pairs[key] = self.value(depth + 1)
        return pairs

    def _check_count(self, count: int) -> None:
        """Refuse more items than there are bytes left."""
        if count > len(self._data) - self.position:
            raise DecodeError("bad-cbor", "it ends too early", self.position)

    def _take(self, size: int) -> bytes:
        """Take that many bytes."""
        end = self.position + size
        if end > len(self._data):
            raise DecodeError("bad-cbor", "it ends too early", self.position)
        taken = self._data[self.position : end]
        self.position = end
        return taken
