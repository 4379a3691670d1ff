"""A modem's line: whatever it says, in whatever pieces, is frames or noise within a bound."""

from __future__ import annotations

from meshtui.networks.meshcore.kiss import (
    MAX_FRAME_BYTES,
    KissDeframer,
    KissFrame,
    encode_kiss,
)
from tests.fuzz.mutation import run
from tests.support.meshcore_vectors import vectors


def fuzz(seconds: float, seed: int) -> tuple[int, list[tuple[bytes, str]]]:
    """Read mutated lines for that long."""
    wires = [
        bytes.fromhex(wire)
        for entry in vectors()["kiss_frames"]
        for wire in [entry.get("to_device", ""), *entry.get("from_device", [])]
        if wire
    ]
    deframer = KissDeframer()

    def check(data: bytes) -> None:
        middle = len(data) // 2
        for event in deframer.feed(data[:middle]) + deframer.feed(data[middle:]):
            if isinstance(event, KissFrame) and (event.command or len(event.data) <= 255):
                again = KissDeframer().feed(encode_kiss(event))
                assert again == [event], (again, event)
        assert deframer.held_bytes <= 2 * MAX_FRAME_BYTES

    return run(wires, check, seconds, seed)
