"""Finds companion frames in what a link delivers.

    to the radio      '<' (3C)  length u16  payload
    from the radio    '>' (3E)  length u16  payload

A length that cannot be (0, or more than firmware ever sends) was no length: the search goes on
behind that marker. A length that lies within the limit swallows at most that many bytes, and what
it swallows is searched again when silence shows that the rest does not come. Over BLE there is
no framing: a notification is a frame.
"""

from __future__ import annotations

from typing import Final

TO_RADIO: Final = 0x3C
FROM_RADIO: Final = 0x3E
MAX_PAYLOAD_BYTES: Final = 300
"""Firmware sends 176 at most; newer may send a little more, and no length lie costs more."""
PATIENCE_S: Final = 2.0
_HEAD_BYTES: Final = 3


def enframe(payload: bytes, *, to_radio: bool = True) -> bytes:
    """Write a frame for a link that is a stream."""
    marker = TO_RADIO if to_radio else FROM_RADIO
    return bytes((marker,)) + len(payload).to_bytes(2, "little") + payload


class Deframer:
    """The framing of one stream. Never raises; holds at most one frame that is not whole.

    Attributes:
        skipped_bytes: What was no frame, since the beginning.
    """

    def __init__(self, *, from_radio: bool = True, max_payload: int = MAX_PAYLOAD_BYTES) -> None:
        """Begin with nothing held, as the program's end or the radio's."""
        self._marker = FROM_RADIO if from_radio else TO_RADIO
        self._max_payload = max_payload
        self.skipped_bytes = 0
        self.reset()

    def reset(self) -> None:
        """Forget what is held: the connection is a new one."""
        self._held = b""
        self._last_s = 0.0

    @property
    def next_deadline_s(self) -> float | None:
        """When `flush` has something to say, by the clock that `feed` was given; None = never."""
        return self._last_s + PATIENCE_S if self._held else None

    def feed(self, data: bytes, now_s: float) -> list[bytes]:
        """Take what was read; returns the payloads it completes, in order."""
        self._last_s = now_s
        return self._search(self._held + data)

    def flush(self, now_s: float) -> list[bytes]:
        """Search again behind a marker whose frame does not come; call at `next_deadline_s`."""
        deadline_s = self.next_deadline_s
        if deadline_s is None or self._last_s <= now_s < deadline_s:
            return []
        self.skipped_bytes += 1
        self._last_s = now_s
        return self._search(self._held[1:])

    def _search(self, data: bytes) -> list[bytes]:
        """Cut frames off the front of `data`; holds what may become one."""
        found: list[bytes] = []
        at, size = 0, len(data)
        while True:
            start = data.find(self._marker, at)
            if start < 0:
                self.skipped_bytes += size - at
                self._held = b""
                return found
            self.skipped_bytes += start - at
            if size - start < _HEAD_BYTES:
                self._held = data[start:]
                return found
            length = data[start + 1] | data[start + 2] << 8
            if not 0 < length <= self._max_payload:
                self.skipped_bytes += 1
                at = start + 1
                continue
            end = start + _HEAD_BYTES + length
            if end > size:
                self._held = data[start:]
                return found
            found.append(data[start + _HEAD_BYTES : end])
            at = end
