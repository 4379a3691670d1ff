"""How the inspector writes values, bytes, times and JSON texts; all of it bounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson

from meshtui.model.packet import DissectedField
from meshtui.networks.jsonmesh.dissect_notes import NOTES
from meshtui.networks.jsonmesh.envelope import MAX_PAYLOAD_BYTES
from meshtui.networks.jsonmesh.json_spans import JsonSpan, find_spans, scalar_text

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_VALUE_CHARS = 160
MAX_VALUES_SHOWN = 5000


def parse_object(text: bytes) -> tuple[dict[str, object] | None, str]:
    """Parse a JSON object; else say why it is none."""
    if len(text) > MAX_PAYLOAD_BYTES:
        return None, f"too-large: {len(text)} bytes, at most {MAX_PAYLOAD_BYTES}"
    if text.count(b",") > MAX_VALUES_SHOWN:
        return None, "too-many-values: too much to be taken apart"
    try:
        parsed = orjson.loads(text)
    except (ValueError, RecursionError) as error:
        return None, f"not-json: {str(error)[:MAX_VALUE_CHARS]}"
    if not isinstance(parsed, dict):
        return None, "not-object: JSON, but no object"
    return parsed, ""


def tree(
    text: bytes, form: str, remarks: Mapping[str, str] | None = None, buffer: int = 0
) -> DissectedField:
    """Turn a valid JSON text into fields.

    Args:
        form: What it is; names the field and says what its keys mean.
        remarks: What else is to be said, by `key` or `key.key`.
    """
    return _Tree(text, NOTES[form], remarks or {}, buffer).field(find_spans(text), form)


def whole_field(payload: bytes) -> DissectedField:
    """Show what could not be taken apart."""
    return DissectedField("payload", abbreviate_bytes(payload), 0, len(payload))


def abbreviate(text: str) -> str:
    """Cut a long text, saying how long it was."""
    if len(text) <= MAX_VALUE_CHARS:
        return text
    return f"{text[:MAX_VALUE_CHARS]}… ({len(text)} characters)"


def abbreviate_bytes(data: bytes) -> str:
    """Write bytes: as text where they are printable, else in hex."""
    head = data[: MAX_VALUE_CHARS // 2]
    text = head.decode(errors="replace")
    shown = text if text.isprintable() and "\ufffd" not in text else head.hex(" ")
    return shown if len(head) == len(data) else f"{shown}… ({len(data)} bytes)"


def abbreviate_hex(data: bytes) -> str:
    """Write bytes in hex."""
    return abbreviate(data.hex())


def utc(unix_ms: int) -> str:
    """Write a time; any number gives a text."""
    try:
        return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return "no year of our calendar"


@dataclass(frozen=True, slots=True)
class _Tree:
    """What all fields of one JSON text share; notes and remarks go by `key` or `key.key`."""

    text: bytes
    notes: Mapping[str, str]
    remarks: Mapping[str, str]
    buffer: int

    def field(self, span: JsonSpan, name: str, path: tuple[str, ...] = ()) -> DissectedField:
        """Turn one value into a field; as deep as the spans are, so at most eight levels."""
        children = tuple(
            self.field(child, child.key or '""', (*path, child.key)) for child in span.children
        )
        return DissectedField(
            abbreviate(name),
            _value(self.text[span.start : span.end], span),
            span.start,
            span.end,
            self._note(path),
            children,
            self.buffer,
        )

    def _note(self, path: tuple[str, ...]) -> str:
        """Find what is to be said of a field; a dot inside a key must not pass for a step."""
        key = "" if any("." in step for step in path) else ".".join(path)
        if len(path) == 1 and key not in self.notes:
            return "not a key of the protocol"
        notes = self.notes.get(key, ""), self.remarks.get(key, "")
        return "; ".join(note for note in notes if note)


def _value(token: bytes, span: JsonSpan) -> str:
    """Write a value for a person."""
    count = len(span.children)
    if token[:1] == b"{":
        return "1 key" if count == 1 else f"{count} keys"
    if token[:1] == b"[":
        return "1 entry" if count == 1 else f"{count} entries"
    return abbreviate(scalar_text(token))
