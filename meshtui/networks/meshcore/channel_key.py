"""Keys of channels and regions, and how they are handed on.

A channel is its key: 16 bytes, or 32. The key of a channel `#name` follows from the name, as typed;
others are random and handed on as `meshcore://channel/add?name=…&secret=…`. `Public` has one that
every radio knows. A region's key follows from its name, too.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from meshtui.errors import DecodeError
from meshtui.model.secret import SecretBytes
from meshtui.model.typed_channel import read_invitation

KEY_BYTES = 16
LONG_KEY_BYTES = 32
MAX_NAME_BYTES = 31


@dataclass(frozen=True, slots=True)
class ChannelKey:
    """A channel with its key.

    Attributes:
        name: As the user sees it: `Public`, `#test`, or anything.
        secret: 16 bytes, or 32 whose second half is not zero.
        region: What the inviter's messages are scoped to; empty = nothing.
    """

    name: str
    secret: SecretBytes
    region: str = ""

    @property
    def hash(self) -> int:
        """What packets name the channel by: the first byte of the key's SHA-256."""
        return hashlib.sha256(self.secret.reveal).digest()[0]

    @property
    def is_public(self) -> bool:
        """Whoever knows the name has the key; one of its own makes any channel private."""
        return is_named_by_key(self.name) and self.secret == key_of_name(self.name).secret

    @property
    def is_void(self) -> bool:
        """The key is all zeros, as in a cleared slot of a radio: never to be used."""
        return not any(self.secret.reveal)


def channel_key(name: str, secret: bytes, region: str = "") -> ChannelKey:
    """Make a channel of its key.

    Raises:
        DecodeError: `bad-key`: neither 16 nor 32 bytes, or all zeros.
    """
    if len(secret) not in {KEY_BYTES, LONG_KEY_BYTES}:
        raise DecodeError("bad-key", "a channel's key is 16 or 32 bytes")
    if not any(secret):
        raise DecodeError("bad-key", "a channel's key is not all zeros")
    # the firmware tells the two lengths apart in the same way
    if not any(secret[KEY_BYTES:]):
        secret = secret[:KEY_BYTES]
    return ChannelKey(name, SecretBytes(secret), region)


def key_of_name(name: str) -> ChannelKey:
    """Make the channel whose key follows from its name, `#` included; capitals count."""
    if name == PUBLIC.name:
        return PUBLIC
    return ChannelKey(name, SecretBytes(_hash_of(name)))


def is_named_by_key(name: str) -> bool:
    """Tell whether a channel's key follows from its name."""
    return name == PUBLIC.name or (name.startswith("#") and len(name) > 1)


def region_key(name: str) -> bytes:
    """Compute the key of a region, 16 bytes; a name without `#` or `$` gets a `#`."""
    return _hash_of(name if name.startswith(("#", "$")) else f"#{name}")


def parse_invitation(text: str) -> ChannelKey:
    """Read `meshcore://channel/add?name=…&secret=…[&region_scope=…]`.

    Raises:
        DecodeError: `bad-invitation`, `bad-key`: another form, or the key is none.
    """
    read = read_invitation(text)
    if read.secret is None or len(read.name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        raise DecodeError("bad-invitation", f"its name is not of 1 to {MAX_NAME_BYTES} bytes")
    return channel_key(read.name, read.secret.reveal, read.region)


def invitation_of(channel: ChannelKey) -> str:
    """Write the invitation to a channel; whoever reads it can read the channel."""
    text = f"meshcore://channel/add?name={quote(channel.name, safe='')}"
    text += f"&secret={channel.secret.reveal.hex()}"
    return f"{text}&region_scope={quote(channel.region, safe='')}" if channel.region else text


def _hash_of(name: str) -> bytes:
    """Compute the key that follows from a name."""
    return hashlib.sha256(name.encode("utf-8", "replace")).digest()[:KEY_BYTES]


PUBLIC: Final = ChannelKey("Public", SecretBytes(bytes.fromhex("8B3387E9C5CDEA6AC9E5EDBAA115CD72")))
