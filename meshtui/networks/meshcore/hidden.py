"""What is never shown of a plaintext, though a key of ours opened it: passwords, and keys set by
command lines.
"""

from __future__ import annotations

from typing import Final

from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.payloads.anon_request import QueryKind, decode_anon_body
from meshtui.networks.meshcore.payloads.text import TextType

NOT_SHOWN: Final = "not shown"
_SECRET_SETTINGS: Final = (b"password", b"prv.key", b"secret", b"pwd")
_TIME_BYTES: Final = 4
_FLAGS_BYTES: Final = 1
_MASK: Final = b"*"
_QUERIES: Final = frozenset(QueryKind)


def known_query(plaintext: bytes) -> tuple[int, int, bytes] | None:
    """Return a stranger's question; None where it may be a login."""
    query = decode_anon_body(plaintext).query
    return query if query is not None and query[0] in _QUERIES else None


def sets_secret(line: bytes) -> bool:
    """Tell whether a command line for a server sets, or tells, a password or a key."""
    words = line.lower()
    return any(word in words for word in _SECRET_SETTINGS)


def without_secrets(payload_type: int, plaintext: bytes) -> bytes:
    """Return a plaintext with what is secret in it overwritten; of the same length."""
    start = _start_of_secret(payload_type, plaintext)
    end = len(plaintext.rstrip(b"\0"))
    if start is None or start >= end:
        return plaintext
    return plaintext[:start] + _MASK * (end - start) + plaintext[end:]


def _start_of_secret(payload_type: int, plaintext: bytes) -> int | None:
    """Say where the secret begins; None = there is none."""
    if payload_type == PayloadType.ANON_REQ:
        query = known_query(plaintext)
        # behind a question there is nothing to read, and what looks like one may be a room's login
        return _TIME_BYTES if query is None else _TIME_BYTES + 2 + len(query[2])
    if payload_type == PayloadType.TXT_MSG and len(plaintext) > _TIME_BYTES + _FLAGS_BYTES:
        is_command = plaintext[_TIME_BYTES] >> 2 == TextType.COMMAND
        at = _TIME_BYTES + _FLAGS_BYTES
        return at if is_command and sets_secret(plaintext[at:]) else None
    return None
