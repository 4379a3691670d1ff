"""Every exception meshtui raises on purpose.

    MeshtuiError
    ├── DecodeError          theirs: the bytes are wrong
    ├── CryptoError          theirs: the proof is wrong (tag, key, identity)
    ├── EncodeError          ours: it does not fit the format
    ├── LocalProtocolError   ours: a command that cannot be carried out
    │   └── NotReadyError    the world: not now; a radio may come that can
    ├── TransportError       the world: a link could not be opened
    │   └── LinkLostError    the world: an open link is gone
    ├── StoreError           the world: disk or database
    │   └── NotKeptYetError  ours is taken, and waits for the disk
    ├── KeystoreError        the user: wrong password, unreadable or damaged key file
    ├── ConfigError          the user: names file and key
    └── FilterError          the user: a display filter that cannot be read, and where

A failed delivery is an event, not an exception. Messages never hold a secret.
"""

from __future__ import annotations


class MeshtuiError(Exception):
    """The root; its text is fit to be shown to a person."""


class DecodeError(MeshtuiError):
    """Bytes from outside do not follow their format.

    Attributes:
        reason: A short stable word for counting, such as `not-json` or `bad-ttl`.
        offset: Index of the first bad byte where known, else None.
    """

    def __init__(self, reason: str, detail: str = "", offset: int | None = None) -> None:
        """Say what is wrong: `reason` is counted, `detail` is shown beside it."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.offset = offset


class CryptoError(MeshtuiError):
    """A key, tag or identity from outside does not prove what it claims.

    Attributes:
        reason: A short stable word for counting, such as `bad-tag` or `no-key`.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        """Say what is wrong: `reason` is counted, `detail` is shown beside it."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class EncodeError(MeshtuiError):
    """Something of ours does not fit the format it must be sent in."""


class LocalProtocolError(MeshtuiError):
    """A command of ours that cannot be carried out; the text says why and what to do."""


class NoAnswerError(LocalProtocolError):
    """A node did not answer what it was asked; the text says how it was asked."""


class NotReadyError(LocalProtocolError):
    """No radio is ready for a command; the same may succeed in a moment."""


class TransportError(MeshtuiError):
    """A link could not be opened.

    Attributes:
        is_final: True where trying again cannot help until the user changes something
            (wrong password, bad certificate, permission denied).
        is_refused: The far end answered and did not accept our login: user, password or token.
    """

    def __init__(self, message: str, *, is_final: bool = False, is_refused: bool = False) -> None:
        """Carry a message for the user, whether a retry is pointless, whether the login was bad."""
        super().__init__(message)
        self.is_final = is_final
        self.is_refused = is_refused


class LinkLostError(TransportError):
    """An open link is gone; it can be opened again."""


class StoreError(MeshtuiError):
    """The database could not be opened, read or written; the text names the file."""


class NotKeptYetError(StoreError):
    """A command was taken, and waits until the database writes again: not to be repeated."""


class KeystoreError(MeshtuiError):
    """The key file cannot be opened: wrong password, damaged, or permissions too wide."""


class ConfigError(MeshtuiError):
    """A setting is wrong; the text names file and key and says what is allowed."""


class FilterError(MeshtuiError):
    """A display filter cannot be read; the text says why and what would be right.

    Attributes:
        start: Index of the first character at fault.
        end: Index past the last one; `start == end` at the end of the text.
    """

    def __init__(self, message: str, start: int, end: int) -> None:
        """Say what is wrong, and with which part of the filter."""
        super().__init__(message)
        self.start = start
        self.end = end
