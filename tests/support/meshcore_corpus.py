"""A day of a busy mesh, drawn from a seed: texts, adverts, and what is not for us."""

from __future__ import annotations

import hashlib
from random import Random
from typing import TYPE_CHECKING

from meshtui.crypto.ed25519 import KeyPair, from_seed
from meshtui.networks.meshcore.channel_key import ChannelKey, key_of_name
from meshtui.networks.meshcore.packet import Packet, encode_packet, path_len_byte
from meshtui.networks.meshcore.payloads.advert import appdata, encode_advert, sign_advert
from meshtui.networks.meshcore.payloads.group_text import encode_group_text, group_text
from meshtui.networks.meshcore.seal import Cipher

if TYPE_CHECKING:
    from collections.abc import Callable

TS = 1_767_225_600
WORDS = ["repeater", "on", "the", "hill", "hears", "us", "again", "after", "storm,", "battery"]
READABLE, UNREADABLE, ADVERTS = 0.38, 0.07, 0.25


class Corpus:
    """Packets and the eight channels that open 38 in 100 of them."""

    def __init__(self, count: int, seed: int = 1) -> None:
        self._random = Random(seed)
        self.channels = [key_of_name(f"#channel{number}") for number in range(8)]
        known = {channel.hash for channel in self.channels}
        others = (key_of_name(f"#other{number}") for number in range(1000))
        # of a hash that nobody has, or that one of ours has
        self._strangers = [next(c for c in others if c.hash not in known) for _ in range(6)]
        self._strangers += [next(c for c in others if c.hash in known) for _ in range(2)]
        self._nodes = [_node(seed, number) for number in range(40)]
        mix = [
            (READABLE, self._readable),
            (UNREADABLE, self._unreadable),
            (ADVERTS, self._advert),
            (1.0, self._other),
        ]
        self.packets = [self._draw(mix) for _ in range(count)]

    def _draw(self, mix: list[tuple[float, Callable[[], bytes]]]) -> bytes:
        at = self._random.random()
        for share, make in mix:
            if at < share:
                return make()
            at -= share
        return self._other()

    def _readable(self) -> bytes:
        return self._group(self._random.choice(self.channels))

    def _unreadable(self) -> bytes:
        return self._group(self._random.choice(self._strangers))

    def _group(self, channel: ChannelKey) -> bytes:
        words = " ".join(self._random.choices(WORDS, k=self._random.randint(2, 14)))
        body = group_text(TS + self._random.randrange(86_400), f"Node {words[:3]}", words)
        sealed = Cipher(channel.secret.reveal).seal(encode_group_text(body))
        return self._packet(5, bytes((channel.hash,)) + sealed)

    def _advert(self) -> bytes:
        key = self._random.choice(self._nodes)
        position = (
            {"lat_e6": 47_000_000, "lon_e6": 8_000_000} if self._random.random() < 0.5 else {}
        )
        said = appdata(
            1 + self._random.randrange(2), f"Node {key.public_key.hex()[:6]}", **position
        )
        advert = sign_advert(key, TS + self._random.randrange(86_400), said)
        return self._packet(4, encode_advert(advert))

    def _other(self) -> bytes:
        """What two others say to each other, their ways, acks and traces."""
        random = self._random
        kind = random.choice((0, 1, 2, 2, 2, 8, 8, 3, 3, 9, 10))
        if kind == 3:
            return self._packet(3, random.randbytes(6))
        if kind == 9:
            hops = random.randint(1, 4)
            return encode_packet(
                Packet(2, 9, 0, b"", random.randbytes(8) + b"\0" + random.randbytes(hops))
            )
        if kind == 10:
            return self._packet(10, b"\x13" + random.randbytes(6))
        return self._packet(kind, random.randbytes(4 + 16 * random.randint(1, 5)))

    def _packet(self, kind: int, payload: bytes) -> bytes:
        hops = self._random.randint(0, 8)
        size = self._random.choice((1, 1, 1, 2))
        path = self._random.randbytes(hops * size)
        route = 1 if self._random.random() < 0.8 else 2
        return encode_packet(Packet(route, kind, path_len_byte(hops, size), path, payload))


def _node(seed: int, number: int) -> KeyPair:
    return from_seed(hashlib.sha256(f"corpus {seed} {number}".encode()).digest())
