"""Packets as MeshCore radios send them, and the memory that a session's station needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.networks.meshcore.channel_key import key_of_name
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    encode_packet,
    path_len_byte,
)
from meshtui.networks.meshcore.payloads.advert import appdata, encode_advert, sign_advert
from meshtui.networks.meshcore.payloads.group_text import encode_group_text, group_text
from meshtui.networks.meshcore.seal import Cipher

if TYPE_CHECKING:
    from meshtui.crypto.ed25519 import KeyPair

TS = 1_800_000_000


class Digests:
    """What was accepted before, in memory."""

    def __init__(self) -> None:
        self.kept: set[bytes] = set()

    def has(self, digest: bytes) -> bool:
        return digest in self.kept

    def add(self, digest: bytes) -> None:
        self.kept.add(digest)


def group_packet(channel: str, text: str, path: bytes = b"", timestamp: int = TS) -> bytes:
    """Write a flooded channel text; `text` begins with its author's name."""
    key = key_of_name(channel)
    name, _, words = text.partition(": ")
    cipher = Cipher(key.secret.reveal.ljust(32, b"\0"))
    sealed = cipher.seal(encode_group_text(group_text(timestamp, name, words)))
    return _flood(PayloadType.GRP_TXT, bytes((key.hash,)) + sealed, path)


def advert_packet(
    key: KeyPair, name: str, path: bytes = b"", timestamp: int = TS, node_type: int = 1, **said: int
) -> bytes:
    """Write a flooded, signed advert."""
    advert = sign_advert(key, timestamp, appdata(node_type, name, **said))
    return _flood(PayloadType.ADVERT, encode_advert(advert), path)


def _flood(kind: PayloadType, payload: bytes, path: bytes) -> bytes:
    return encode_packet(Packet(RouteType.FLOOD, kind, path_len_byte(len(path), 1), path, payload))
