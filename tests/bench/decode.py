"""MeshCore packets a second on one core, read and decrypted: ours beside two libraries'."""

from __future__ import annotations

import hashlib
import statistics
from typing import TYPE_CHECKING

from meshtui.mesh.dedupe import SeenCache
from meshtui.model.ids import Instant, LinkId
from meshtui.model.packet import Frame, Verdict
from meshtui.networks.base import KeyMaterial
from meshtui.networks.meshcore.dissector import MeshcoreDissector
from meshtui.networks.meshcore.packet import PayloadType, decode_packet, packet_hash
from meshtui.networks.meshcore.payloads.advert import decode_advert, is_genuine
from meshtui.networks.meshcore.payloads.group_text import decode_group_text
from meshtui.networks.meshcore.seal import Cipher
from tests.bench.measure import seconds
from tests.support.meshcore_corpus import Corpus
from tests.support.meshcore_peers import MeshcorePy, PymcCore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meshtui.networks.meshcore.packet import Packet
    from tests.bench.measure import Table

PACKETS = 20_000
ROUNDS = 7
VERIFIED = 4_000
COPIES = 3


class Ours:
    """What opens a recording, and what hears the air."""

    def __init__(self, corpus: Corpus) -> None:
        keys = KeyMaterial(tuple((channel.name, None) for channel in corpus.channels))
        self._dissector = MeshcoreDissector(keys)
        self.frames = [Frame(LinkId("bench"), data, Instant(0.0, 0)) for data in corpus.packets]

    def summarise(self) -> int:
        """Read all; returns how many texts were opened."""
        summarise = self._dissector.summarise
        return sum(summarise(frame).verdict is Verdict.DELIVERED for frame in self.frames)

    def summarise_some(self, frames: list[Frame]) -> None:
        """Read some."""
        for frame in frames:
            self._dissector.summarise(frame)

    def hear(self, data: list[bytes]) -> int:
        """Read all, and check the signature of each advert once; returns how many were good."""
        seen = SeenCache(3600.0, len(data))
        summarise = self._dissector.summarise
        genuine = 0
        for payload in data:
            summarise(Frame(LinkId("bench"), payload, Instant(0.0, 0)))
            packet = decode_packet(payload)
            if packet.payload_type == PayloadType.ADVERT and seen.add(packet_hash(packet), 0.0):
                genuine += is_genuine(decode_advert(packet.payload))
        return genuine


def rounds(deeds: Mapping[str, Callable[[], object]], count: int) -> dict[str, list[float]]:
    """Time all in turn, so that what else the machine does falls on each alike."""
    times: dict[str, list[float]] = {name: [] for name in deeds}
    for _ in range(count):
        for name, deed in deeds.items():
            times[name].append(seconds(deed))
    return times


def report(table: Table) -> None:
    """Measure and add rows."""
    corpus = Corpus(PACKETS)
    ours, library, core = Ours(corpus), MeshcorePy(corpus.channels), PymcCore(corpus.channels)
    opened = ours.summarise()
    mean = sum(map(len, corpus.packets)) / PACKETS
    times = rounds(
        {
            "ours": ours.summarise,
            "meshcore": lambda: [library.read(data) for data in corpus.packets],
            "pymc_core": lambda: [core.read(data) for data in corpus.packets],
        },
        ROUNDS,
    )
    table.head(
        f"MeshCore: {PACKETS:,} packets of {mean:.0f} bytes, {opened:,} texts opened, one core"
    )
    _ratio(table, "read, decrypted | meshcore", times["ours"], times["meshcore"], "at least 5 x")
    _ratio(table, "read, decrypted | pymc_core", times["ours"], times["pymc_core"], "at least 4 x")
    _report_verified(table, corpus, ours, core)
    _report_steps(table, corpus)


def _report_verified(table: Table, corpus: Corpus, ours: Ours, core: PymcCore) -> None:
    """Measure what is heard three times over, as floods are, with signatures checked."""
    heard = [data for data in corpus.packets[:VERIFIED] for _ in range(COPIES)]
    times = rounds(
        {
            "ours": lambda: ours.hear(heard),
            "pymc_core": lambda: [core.read(data, verifies=True) for data in heard],
        },
        3,
    )
    what = f"each heard {COPIES} times, verified | pymc_core"
    _ratio(table, what, times["ours"], times["pymc_core"], "", len(heard))


def _ratio(
    table: Table,
    what: str,
    ours_s: list[float],
    theirs_s: list[float],
    aim: str,
    count: int = PACKETS,
) -> None:
    ratios = [theirs / ours for ours, theirs in zip(ours_s, theirs_s, strict=True)]
    middle = statistics.median(ratios)
    span = f"{min(ratios):.1f}-{max(ratios):.1f}"
    table.add(
        what, _rate(ours_s, count), _rate(theirs_s, count), f"{middle:.1f} x", f"{span}  {aim}"
    )


def _rate(taken_s: list[float], count: int) -> str:
    return f"{count / statistics.median(taken_s):,.0f} pkt/s"


def _report_steps(table: Table, corpus: Corpus) -> None:
    """Say where the time of a channel text goes."""
    ciphers = {channel.hash: Cipher(channel.secret.reveal) for channel in corpus.channels}
    texts = [
        packet
        for packet in map(decode_packet, corpus.packets)
        if packet.payload_type == PayloadType.GRP_TXT and packet.payload[0] in ciphers
    ]
    data = [data for data in corpus.packets if data[0] >> 2 == PayloadType.GRP_TXT]
    pairs = [(ciphers[packet.payload[0]], packet.payload) for packet in texts]
    plain = [text for cipher, payload in pairs if (text := cipher.open(payload[1:])) is not None]
    ours = Ours(corpus)
    frames = [frame for frame in ours.frames if frame.payload[0] >> 2 == PayloadType.GRP_TXT]
    steps: dict[str, tuple[int, Callable[[], object]]] = {
        "header and path": (len(data), lambda: [decode_packet(each) for each in data]),
        "packet hash": (len(texts), lambda: [packet_hash(each) for each in texts]),
        "mac": (len(pairs), lambda: [c.mac(payload[3:]) for c, payload in pairs]),
        "mac and aes": (len(pairs), lambda: [c.open(payload[1:]) for c, payload in pairs]),
        "text": (len(plain), lambda: [decode_group_text(each).text for each in plain]),
        "whole summary": (len(frames), lambda: ours.summarise_some(frames)),
        "sha-256 of 80 bytes (the library's own)": (len(texts), lambda: _hashes(texts)),
    }
    times = rounds({name: deed for name, (_, deed) in steps.items()}, ROUNDS)
    table.head("MeshCore: a channel text, step by step")
    for name, (count, _) in steps.items():
        per_packet = [taken / count * 1e6 for taken in times[name]]
        span = f"{min(per_packet):.2f}-{max(per_packet):.2f}"
        table.add(name, f"{statistics.median(per_packet):.2f} us", "", "", span)


def _hashes(texts: list[Packet]) -> None:
    sha256, block = hashlib.sha256, bytes(80)
    for _ in texts:
        sha256(block).digest()
