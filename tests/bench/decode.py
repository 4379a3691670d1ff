"""MeshCore packets a second on one core, read and decrypted: ours beside two libraries'."""

from __future__ import annotations

import hashlib
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from meshtui.mesh.dedupe import SeenCache
from meshtui.model.ids import Instant, LinkId
from meshtui.model.packet import Frame, Verdict
from meshtui.networks.base import KeyMaterial
from meshtui.networks.meshcore.dissector import MeshcoreDissector
from meshtui.networks.meshcore.packet import PayloadType, decode_packet, packet_hash
from meshtui.networks.meshcore.payloads.advert import decode_advert, is_genuine
from meshtui.networks.meshcore.payloads.group_text import decode_group_text
from meshtui.networks.meshcore.seal import Cipher
from tests.support.meshcore_corpus import Corpus
from tests.support.meshcore_peers import MeshcorePy, PymcCore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from meshtui.model.packet import PacketSummary
    from tests.bench.measure import Table

PACKETS = 20_000
ROUNDS = 7
SLICE = 4_000
VERIFIED = 4_000
COPIES = 3
_sha256, _BLOCK = hashlib.sha256, bytes(80)


class Ours:
    """What opens a recording, and what hears the air."""

    def __init__(self, corpus: Corpus) -> None:
        keys = KeyMaterial(tuple((channel.name, None) for channel in corpus.channels))
        self._dissector = MeshcoreDissector(keys)
        self.frames = [Frame(LinkId("bench"), data, Instant(0.0, 0)) for data in corpus.packets]

    def summarise_one(self, frame: Frame) -> PacketSummary:
        """Read a frame, and ask for what its summary computes late: others compute it, too."""
        summary = self._dissector.summarise(frame)
        _ = summary.packet_hash, summary.path
        return summary

    def summarise(self, frames: Sequence[Frame]) -> int:
        """Read frames; returns how many texts were opened."""
        summarise = self.summarise_one
        return sum(summarise(frame).verdict is Verdict.DELIVERED for frame in frames)

    def hear(self, heard: Sequence[bytes]) -> int:
        """Read packets, and check the signature of each advert once; returns how many are good."""
        seen = SeenCache(3600.0, len(heard))
        summarise = self.summarise_one
        genuine = 0
        for payload in heard:
            summarise(Frame(LinkId("bench"), payload, Instant(0.0, 0)))
            packet = decode_packet(payload)
            if packet.payload_type == PayloadType.ADVERT and seen.add(packet_hash(packet), 0.0):
                genuine += is_genuine(decode_advert(packet.payload))
        return genuine


def rounds(
    readers: Mapping[str, Callable[[Sequence[Any]], object]],
    inputs: Mapping[str, Sequence[Any]],
    count: int,
) -> dict[str, list[float]]:
    """Time readers in turn, a slice of their input at a time, in seconds of this process.

    So what else the machine does meanwhile falls on each of them alike.
    """
    times: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(count):
        taken = dict.fromkeys(readers, 0.0)
        longest = max(map(len, inputs.values()))
        for start in range(0, longest, SLICE):
            for name, read in readers.items():
                part = inputs[name][start : start + SLICE]
                begin = time.process_time()
                read(part)
                taken[name] += time.process_time() - begin
        for name, spent in taken.items():
            times[name].append(spent)
    return times


def report(table: Table) -> None:
    """Measure and add rows."""
    corpus = Corpus(PACKETS)
    ours, library, core = Ours(corpus), MeshcorePy(corpus.channels), PymcCore(corpus.channels)
    opened = ours.summarise(ours.frames)
    mean = sum(map(len, corpus.packets)) / PACKETS
    times = rounds(
        {
            "ours": ours.summarise,
            "meshcore": lambda part: [library.read(data) for data in part],
            "pymc_core": lambda part: [core.read(data) for data in part],
        },
        {"ours": ours.frames, "meshcore": corpus.packets, "pymc_core": corpus.packets},
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
            "ours": ours.hear,
            "pymc_core": lambda part: [core.read(data, verifies=True) for data in part],
        },
        {"ours": heard, "pymc_core": heard},
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
    steps: dict[str, tuple[Sequence[Any], Callable[[Any], object]]] = {
        "header and path": (data, decode_packet),
        "packet hash": (texts, packet_hash),
        "mac": (pairs, lambda pair: pair[0].mac(pair[1][3:])),
        "mac and aes": (pairs, lambda pair: pair[0].open(pair[1][1:])),
        "text": (plain, lambda each: decode_group_text(each).text),
        "whole summary": (frames, ours.summarise_one),
        "sha-256 of 80 bytes (the library's own)": (texts, lambda _: _sha256(_BLOCK).digest()),
    }
    times = rounds(
        {name: partial(_each, deed) for name, (_, deed) in steps.items()},
        {name: given for name, (given, _) in steps.items()},
        ROUNDS,
    )
    table.head("MeshCore: a channel text, step by step")
    for name, (given, _) in steps.items():
        per_packet = [taken / len(given) * 1e6 for taken in times[name]]
        span = f"{min(per_packet):.2f}-{max(per_packet):.2f}"
        table.add(name, f"{statistics.median(per_packet):.2f} us", "", "", span)


def _each(deed: Callable[[Any], object], given: Sequence[Any]) -> None:
    for one in given:
        deed(one)
