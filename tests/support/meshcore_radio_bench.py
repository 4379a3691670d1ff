"""What stands in for the radio of a simulated node."""

from __future__ import annotations


class Ether:
    """What the radio sends, noted; it never waits."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.queued = 0

    def take(self, data: bytes, _priority: int, _not_before_s: float) -> bool:
        self.sent.append(data)
        return True

    def hear(self, _data: bytes) -> None:
        pass

    def forget(self) -> None:
        pass
