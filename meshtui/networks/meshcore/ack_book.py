"""Which text an acknowledgement is for, so that a reader can follow one to the other."""

from __future__ import annotations

from typing import Final

MAX_ACKS: Final = 10_000


class AckBook:
    """Which text an acknowledgement is for: its value is seen first with the text, where opened."""

    __slots__ = ("_texts",)

    def __init__(self) -> None:
        """Begin without any."""
        self._texts: dict[bytes, str] = {}

    def note(self, ack: bytes, message_id: str) -> None:
        """Remember what acknowledges a text; the oldest is forgotten past the limit."""
        self._texts[ack] = message_id
        if len(self._texts) > MAX_ACKS:
            del self._texts[next(iter(self._texts))]

    def text_of(self, ack: bytes) -> str:
        """Name the text that a value of 4 bytes acknowledges; empty = not known."""
        return self._texts.get(ack, "")
