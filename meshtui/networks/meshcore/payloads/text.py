"""What one person writes to another, once opened (TXT_MSG, 2).

    timestamp(4) | flags(1) | [author's key prefix(4), type 2] | text | [00 | attempt, from 4 on]

    flags    upper six bits: text type, lower two: attempt modulo 4

Type 0 is plain, 1 a command line or its answer, 2 what a room server passes on. An acknowledgement
is four bytes of a hash over all up to the text's end and a public key: the sender's, but for type 2
the recipient's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.payloads.utf8 import is_text, text_of

MAX_TEXT_BYTES = 160
# two bytes go to the hidden attempt
MAX_RETRY_TEXT_BYTES = 158
PREFIX_BYTES = 4
ACK_BYTES = 4
MAX_OPEN_ATTEMPT = 3
_HEAD = Struct("<IB")


class TextType(IntEnum):
    """What kind of text it is."""

    PLAIN = 0
    COMMAND = 1
    SIGNED = 2


@dataclass(frozen=True, slots=True)
class TextBody:
    """A direct text.

    Attributes:
        timestamp: The sender's clock, Unix seconds.
        text_bytes: As on the air, up to the first NUL.
        txt_type: A `TextType`, or a number not known yet.
        attempt: 0..3, as in the flags.
        sender_prefix: The first four bytes of the author's key (type 2), else empty.
        extended_attempt: The hidden attempt, 4..255; None where there is none.
    """

    timestamp: int
    text_bytes: bytes
    txt_type: int = 0
    attempt: int = 0
    sender_prefix: bytes = b""
    extended_attempt: int | None = None

    @property
    def text(self) -> str:
        """What to show."""
        return text_of(self.text_bytes)

    @property
    def is_acked(self) -> bool:
        """Whether its recipient acknowledges it."""
        return self.txt_type in {TextType.PLAIN, TextType.SIGNED}

    @property
    def tries(self) -> int:
        """Which attempt it is, from 0, as far as it says."""
        return self.attempt if self.extended_attempt is None else self.extended_attempt


def text_body(timestamp: int, text: bytes, attempt: int = 0, txt_type: int = 0) -> TextBody:
    """Compose a text of any attempt (0..255)."""
    hidden = attempt if attempt > MAX_OPEN_ATTEMPT else None
    return TextBody(timestamp, text, txt_type, attempt & 3, b"", hidden)


def decode_text(plaintext: bytes) -> TextBody:
    """Parse an opened direct text, padded or not.

    Raises:
        DecodeError: `short`: fewer than 5 bytes, or 9 for a signed one.
    """
    if len(plaintext) < 5:
        raise DecodeError("short", "a text has 5 bytes before it", len(plaintext))
    timestamp, flags = _HEAD.unpack_from(plaintext)
    txt_type = flags >> 2
    start = 5
    prefix = b""
    if txt_type == TextType.SIGNED:
        start += PREFIX_BYTES
        prefix = plaintext[5:start]
        if len(prefix) < PREFIX_BYTES:
            raise DecodeError("short", "the author's key prefix is cut off", len(plaintext))
    text, _, rest = plaintext[start:].partition(b"\0")
    hidden = rest[0] if rest and rest[0] else None
    return TextBody(timestamp, text, txt_type, flags & 3, prefix, hidden)


def encode_text(body: TextBody) -> bytes:
    """Write a direct text, unpadded.

    Raises:
        EncodeError: A field is out of range, or the text too long.
    """
    hashed = _hashed_part(body)
    limit = MAX_TEXT_BYTES if body.extended_attempt is None else MAX_RETRY_TEXT_BYTES
    if len(body.text_bytes) > limit or b"\0" in body.text_bytes:
        msg = f"a text is at most {limit} bytes, without NUL"
        raise EncodeError(msg)
    if body.extended_attempt is None:
        return hashed
    if not 1 <= body.extended_attempt <= 255:
        msg = "an attempt is 0..255"
        raise EncodeError(msg)
    return hashed + bytes((0, body.extended_attempt))


def ack_of(body: TextBody, public_key: bytes) -> bytes:
    """Compute the acknowledgement of a text: 4 bytes.

    Args:
        public_key: The sender's; for a signed text (type 2) the recipient's.
    """
    return hashlib.sha256(_hashed_part(body) + public_key).digest()[:ACK_BYTES]


def ack_between(body: TextBody, sender: bytes, recipient: bytes) -> bytes | None:
    """Compute the acknowledgement of a text from its two ends; None where none is sent."""
    if not body.is_acked:
        return None
    return ack_of(body, recipient if body.txt_type == TextType.SIGNED else sender)


def is_plausible_text(plaintext: bytes) -> bool:
    """Tell whether what a key opened can be a text: the MAC alone errs once in 65536."""
    if len(plaintext) < 5:
        return False
    start = 5 + PREFIX_BYTES if plaintext[4] >> 2 == TextType.SIGNED else 5
    return plaintext[4] >> 2 <= TextType.SIGNED and is_text(plaintext[start:].partition(b"\0")[0])


def _hashed_part(body: TextBody) -> bytes:
    """Write what the acknowledgement covers."""
    if not (0 <= body.timestamp <= 0xFFFFFFFF and 0 <= body.txt_type < 64):
        msg = "the time or the type of a text is out of range"
        raise EncodeError(msg)
    if not 0 <= body.attempt <= 3 or len(body.sender_prefix) not in {0, PREFIX_BYTES}:
        msg = "the attempt or the author's prefix of a text is out of range"
        raise EncodeError(msg)
    if (body.txt_type == TextType.SIGNED) != bool(body.sender_prefix):
        msg = "an author's prefix belongs to a signed text, and to no other"
        raise EncodeError(msg)
    head = _HEAD.pack(body.timestamp, body.txt_type << 2 | body.attempt)
    return head + body.sender_prefix + body.text_bytes
