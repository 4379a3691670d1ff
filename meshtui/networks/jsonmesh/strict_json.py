"""JSON from strangers: one object, each key once, bounded in size and depth.

Refused, each under its own word: anything but one JSON object in UTF-8 without a byte order mark
(`not-json`, `not-object`), more bytes than allowed (`too-large`), more than about a thousand
values (`too-many-values`) or 32 levels (`too-deep`), a key given twice (`duplicate-key`): two
readers would see two different messages. Sizes are counted before anything is parsed, so that no
text costs more than a few milliseconds.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from meshtui.errors import DecodeError

MAX_DEPTH = 32
MAX_VALUES = 1024


def load_object(payload: bytes, max_bytes: int) -> dict[str, Any]:
    """Parse one object.

    Raises:
        DecodeError: See the module's words.
    """
    if len(payload) > max_bytes:
        raise DecodeError("too-large", f"{len(payload)} bytes, at most {max_bytes}")
    # each value but the last takes two bytes or more, so short texts need no counting
    if len(payload) > 2 * MAX_VALUES and payload.count(b",") > MAX_VALUES:
        raise DecodeError("too-many-values", f"more than {MAX_VALUES}")
    try:
        parsed = orjson.loads(payload)
    except (ValueError, RecursionError) as error:
        offset = error.pos if isinstance(error, json.JSONDecodeError) else None
        raise DecodeError("not-json", _first_line(error), offset) from error
    if type(parsed) is not dict:
        raise DecodeError("not-object", f"JSON, but a {type(parsed).__name__}")
    if payload.count(b"{") + payload.count(b"[") > MAX_DEPTH:
        _check_depth(parsed)
    # what is written as we would write it holds no key twice; only the rest is read again
    if orjson.dumps(parsed) != payload:
        _check_duplicates(payload)
    return parsed


def _check_depth(parsed: dict[str, Any]) -> None:
    """Refuse an object that nests too deep; does not recurse itself."""
    level: list[Any] = [parsed]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise DecodeError("too-deep", f"more than {MAX_DEPTH} levels")


def _check_duplicates(payload: bytes) -> None:
    """Refuse a key given twice in one object, at any level."""
    # numbers stay text: int() refuses long ones
    json.loads(payload, object_pairs_hook=_refuse_duplicates, parse_int=str, parse_float=str)


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> None:
    """Check the keys of one object."""
    keys = {key for key, _ in pairs}
    if len(keys) != len(pairs):
        raise DecodeError("duplicate-key", "a key is given twice")


def _first_line(error: BaseException) -> str:
    """Take what fits a log line; JSON errors never quote their input."""
    return str(error).partition("\n")[0][:120]
