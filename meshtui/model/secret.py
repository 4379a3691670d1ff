"""Bytes that are nobody else's business: what shows them hides them.

They live this low because channels carry keys, and so do the commands and facts about them.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class SecretBytes:
    """Bytes that must not be printed, logged or compared in leaking time."""

    reveal: bytes = field(repr=False)

    def __repr__(self) -> str:
        """Name the type and the length only."""
        return f"{type(self).__name__}({len(self.reveal)} bytes, hidden)"

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        if not isinstance(other, SecretBytes):
            return NotImplemented
        return type(self) is type(other) and hmac.compare_digest(self.reveal, other.reveal)

    def __hash__(self) -> int:
        """Hash like the bytes."""
        return hash(self.reveal)

    def __reduce__(self) -> str | tuple[object, ...]:
        """Refuse to be pickled: a secret leaves the process by the key file only."""
        msg = f"{type(self).__name__} cannot be pickled"
        raise TypeError(msg)
