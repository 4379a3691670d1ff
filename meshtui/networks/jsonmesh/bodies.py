"""One line for a person about what is not text: tokens, transactions, pictures, sounds.

Tokens and transactions are rare: what reads them is loaded with the first one.
"""

from __future__ import annotations

import orjson

from meshtui.errors import DecodeError

_MAX_LINE_CHARS = 200
_MEDIA = frozenset({"audio", "image", "gif"})


def describe_body(kind: str, content: str) -> str:
    """Say what a body of this kind is. Total: what cannot be read is shown as it came, if short."""
    try:
        if kind in _MEDIA:
            return _describe_media(kind, content)
        if kind == "cashu":
            from meshtui.networks.jsonmesh import cashu

            return cashu.describe(content)
        if kind == "btc_tx":
            from meshtui.networks.jsonmesh import bitcoin

            return bitcoin.describe(content)
    except DecodeError:
        pass  # shown as it came, like a kind that nobody knows
    if len(content) <= _MAX_LINE_CHARS:
        return content
    return f"[{kind}, {len(content)} characters]"


def _describe_media(kind: str, content: str) -> str:
    """Read a picture's or a sound's JSON: `mime` or `dur`, and base64 `data`."""
    try:
        parsed = orjson.loads(content.encode(errors="replace"))
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise DecodeError("not-object", f"{len(content)} characters")
    parts = [kind]
    mime, duration, data = parsed.get("mime"), parsed.get("dur"), parsed.get("data")
    if type(mime) is str and len(mime) <= 64:
        parts.append(mime)
    if type(duration) in (int, float):
        parts.append(f"{duration:g} s")
    if type(data) is str:
        parts.append(f"{len(data) * 3 // 4} bytes")
    return f"[{', '.join(parts)}]"
