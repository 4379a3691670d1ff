"""What a channel's members write, once opened (GRP_TXT, 5).

    timestamp(4) | flags(1) | "<sender name>: <text>" | zero padding

The upper six bits of the flags are 0. The name is anybody's claim. Nothing acknowledges it.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.payloads.utf8 import cut, is_text, text_of

MAX_TEXT_BYTES = 160
_HEAD = Struct("<IB")
_SEPARATOR = ": "


@dataclass(slots=True)
class GroupTextBody:
    """A channel text. Not frozen: it is built for every packet opened.

    Attributes:
        timestamp: The sender's clock, Unix seconds; nothing proves it.
        flags: Text type in the upper six bits (only 0 exists), attempt in the lower two.
        text_bytes: Name, colon and text, up to the first NUL.
    """

    timestamp: int
    flags: int
    text_bytes: bytes

    @property
    def text(self) -> str:
        """The whole line, name included."""
        return text_of(self.text_bytes)

    @property
    def sender(self) -> str:
        """The claimed name; empty where there is none."""
        name, found, _ = self.text.partition(_SEPARATOR)
        return name if found else ""

    @property
    def message(self) -> str:
        """The text without the name."""
        name, found, rest = self.text.partition(_SEPARATOR)
        return rest if found else name


def decode_group_text(plaintext: bytes) -> GroupTextBody:
    """Parse an opened channel text, padded or not.

    Raises:
        DecodeError: `short`: fewer than 5 bytes.
    """
    if len(plaintext) < 5:
        raise DecodeError("short", "a channel text has 5 bytes before its text", len(plaintext))
    timestamp, flags = _HEAD.unpack_from(plaintext)
    return GroupTextBody(timestamp, flags, plaintext[5:].partition(b"\0")[0])


def encode_group_text(body: GroupTextBody) -> bytes:
    """Write a channel text, unpadded.

    Raises:
        EncodeError: The time does not fit, or the text is too long or holds a NUL.
    """
    if not (0 <= body.timestamp <= 0xFFFFFFFF and 0 <= body.flags <= 255):
        msg = "the time or the flags of a channel text are out of range"
        raise EncodeError(msg)
    if len(body.text_bytes) > MAX_TEXT_BYTES or b"\0" in body.text_bytes:
        msg = f"a channel text is at most {MAX_TEXT_BYTES} bytes, name included, without NUL"
        raise EncodeError(msg)
    return _HEAD.pack(body.timestamp, body.flags) + body.text_bytes


def group_text(timestamp: int, sender: str, message: str) -> GroupTextBody:
    """Compose a channel text; what does not fit is cut off between characters."""
    return GroupTextBody(timestamp, 0, cut(f"{sender}{_SEPARATOR}{message}", MAX_TEXT_BYTES))


def is_plausible_group_text(plaintext: bytes) -> bool:
    """Tell whether what a key opened can be a channel text: the MAC alone errs once in 65536."""
    if len(plaintext) < 5 or plaintext[4] >> 2:
        return False
    text = plaintext[5:]
    # most are ASCII to the last zero of their padding, and asking that is quick
    return text.isascii() or is_text(text.partition(b"\0")[0])
