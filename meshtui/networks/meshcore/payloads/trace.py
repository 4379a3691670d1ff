"""A packet that collects how well each relay on a given way hears it (TRACE, 9), direct only.

    tag(4) | auth(4) | flags(1) | hops to visit, 1 << (flags & 3) bytes each

The ratios stand in the packet's path, one signed byte a relay passed, in quarters of a dB.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.packet import split_hashes

_HEAD = Struct("<IIB")
_HEAD_BYTES = 9


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace.

    Attributes:
        tag: Chosen by who asks, to know the answer again.
        auth: A number that relays may check; nobody does so far.
        flags: The lower two bits give the bytes a hop: 1, 2, 4 or 8 (not 1..3 as in a path).
        hops: The relays to visit, the way back included, as key prefixes.
    """

    tag: int
    auth: int
    flags: int
    hops: bytes

    @property
    def hash_size(self) -> int:
        """Bytes a hop."""
        return 1 << (self.flags & 3)

    @property
    def hop_count(self) -> int:
        """Relays to visit."""
        return len(self.hops) // self.hash_size

    def hop(self, index: int) -> bytes:
        """Return one hop's key prefix; empty past the last."""
        return self.hops[index * self.hash_size : (index + 1) * self.hash_size]

    def path_hashes(self) -> tuple[str, ...]:
        """List the hops in upper-case hex."""
        return split_hashes(self.hops, self.hash_size)


def decode_trace(payload: bytes) -> Trace:
    """Parse a trace.

    Raises:
        DecodeError: `short`, or `ragged`: the last hop is incomplete.
    """
    if len(payload) < _HEAD_BYTES:
        detail = f"{len(payload)} bytes; a trace has 9 or more"
        raise DecodeError("short", detail, len(payload))
    tag, auth, flags = _HEAD.unpack_from(payload)
    trace = Trace(tag, auth, flags, payload[_HEAD_BYTES:])
    rest = len(trace.hops) % trace.hash_size
    if rest:
        raise DecodeError("ragged", "the last hop of the trace is cut off", len(payload) - rest)
    return trace


def encode_trace(trace: Trace) -> bytes:
    """Write a trace.

    Raises:
        EncodeError: A number does not fit, or the hops are not of equal size.
    """
    if not (0 <= trace.tag <= 0xFFFFFFFF and 0 <= trace.auth <= 0xFFFFFFFF):
        msg = "tag and auth of a trace are numbers of 32 bits"
        raise EncodeError(msg)
    if not 0 <= trace.flags <= 255 or len(trace.hops) % trace.hash_size:
        msg = "the flags of a trace are one byte, its hops of the size they say"
        raise EncodeError(msg)
    return _HEAD.pack(trace.tag, trace.auth, trace.flags) + trace.hops
