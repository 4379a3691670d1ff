"""A recording of 100,000 packets: first screen beside termshark's, filters, memory, by form."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from meshtui.capture.packet import LoraChannel
from meshtui.capture.writer import FORMS, write_packets
from meshtui.crypto.ed25519 import from_seed
from meshtui.model.ids import Instant, LinkId, NetworkName
from meshtui.model.packet import PacketSummary, Verdict
from meshtui.model.packet_row import PacketRow
from meshtui.networks.base import KeyMaterial
from meshtui.networks.meshcore.packet import Packet, encode_packet
from meshtui.networks.meshcore.payloads.advert import appdata, encode_advert, sign_advert
from meshtui.runtime.inspection import open_recording
from tests.bench.measure import seconds, take_turns
from tests.bench.terminal import Terminal
from tests.support.meshcore_corpus import Corpus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meshtui.runtime.inspection import Recording
    from tests.bench.measure import Table

PACKETS = 100_000
ROUNDS = 5
FIRST_MS = 1_795_208_400_000
LORA = LoraChannel(869_618_000, 62.5, 8)
FILTERS = (
    "snr<-5",
    "type==advert && hops>2 && snr<-5",
    'net==meshcore && (text~"hill" || verdict==unreadable)',
)
MARKER = "quokka-nest"
FLOOR_S = 0.1
"""What `sum(range(10^7))` takes on the machine at rest that the aims were set on."""

THEIRS = "LoRaTap"
"""What termshark writes once it has rows: the protocol of the first."""

_RUN_TERMSHARK = "import os, sys; os.execvp('termshark', ['termshark', '-r', sys.argv[1]])"


def report(table: Table) -> None:
    """Measure and add rows."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(PACKETS - 1)
        files = {form: Path(folder) / f"day.{form}" for form in FORMS}
        for form, path in files.items():
            _write(path, corpus.packets, form)
        single = Path(folder) / "one.pcap"
        _write(single, [], "pcap")
        table.head(f"Recording of {PACKETS:,} packets, {files['pcap'].stat().st_size:,} bytes pcap")
        _first_screen(table, files["pcap"], single, Path(folder))
        keys = KeyMaterial(tuple((channel.name, None) for channel in corpus.channels))
        _filters(table, files["pcap"], keys)
        _forms(table, files, keys)


def _write(path: Path, packets: Sequence[bytes], form: str) -> None:
    write_packets(path, _rows(packets), form, is_all_radio=True)


def _rows(packets: Sequence[bytes]) -> Iterator[tuple[PacketRow, LoraChannel]]:
    """Number packets and say how they were heard; the first is an advert that names itself."""
    chance = random.Random(1)
    summary = PacketSummary("unknown", Verdict.HANDLED)
    network, link = NetworkName("meshcore"), LinkId("usb")
    said = sign_advert(from_seed(bytes(32)), 1_767_225_600, appdata(1, MARKER))
    first = encode_packet(Packet(1, 4, 0, b"", encode_advert(said)))
    for number, payload in enumerate((first, *packets), 1):
        at_ms = FIRST_MS + number * 100
        rssi_dbm, snr_db = chance.randint(-125, -40), chance.randint(-60, 50) / 4
        yield (
            PacketRow(
                number,
                "rx",
                network,
                link,
                payload,
                Instant(at_ms / 1_000, at_ms),
                "",
                rssi_dbm,
                snr_db,
                summary,
            ),
            LORA,
        )


def _first_screen(table: Table, path: Path, single: Path, folder: Path) -> None:
    """Time until the first packet is on the screen; all take turns, the median counts."""
    os.environ["HOME"] = str(folder)  # termshark keeps its settings there
    ours = ["-m", "meshtui", "--home", str(folder), "inspect"]
    contenders = {
        "ours": ([*ours, str(path)], MARKER),
        "one": ([*ours, str(single)], MARKER),
    }
    if shutil.which("termshark"):
        contenders["termshark"] = (["-c", _RUN_TERMSHARK, str(path)], THEIRS)
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    memory: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(1 + ROUNDS):
        for name, (args, marker) in contenders.items():
            with Terminal(args) as terminal:
                taken[name].append(terminal.until(marker))
                terminal.drain(2.0)  # all places are known then
                memory[name].append(terminal.rss_mb)
    # the first round warms the disk's cache
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}
    beyond_s = medians["ours"] - medians["one"]
    ranges = {name: f"{min(times[1:]):.2f}-{max(times[1:]):.2f}" for name, times in taken.items()}
    table.add(
        "first screen | the same of one packet",
        f"{medians['ours']:.2f} s",
        f"{medians['one']:.2f} s",
        f"+{beyond_s:.2f} s",
        f"at most +0.5 s; {ranges['ours']} | {ranges['one']}",
    )
    if "termshark" in medians:
        table.add(
            "what the recording adds | termshark",
            f"{max(beyond_s, 0):.2f} s",
            f"{medians['termshark']:.2f} s",
            f"1/{medians['termshark'] / max(beyond_s, 0.01):.0f}",
            "at most 1/4",
        )
        table.add(
            "whole start | termshark",
            f"{medians['ours']:.2f} s",
            f"{medians['termshark']:.2f} s",
            f"1/{medians['termshark'] / medians['ours']:.1f}",
            f"{ranges['ours']} | {ranges['termshark']}",
        )
    theirs = memory.get("termshark")
    table.add(
        "memory with all indexed | termshark",
        f"{statistics.median(memory['ours']):.0f} MiB",
        f"{statistics.median(theirs):.0f} MiB" if theirs else "",
        "",
        f"{statistics.median(memory['one']):.0f} MiB with one packet",
    )


def _find_all(path: Path, keys: KeyMaterial) -> None:
    with open_recording(path, path.name, keys) as recording:
        while recording.read_slice():
            pass


def _filters(table: Table, path: Path, keys: KeyMaterial) -> None:
    with open_recording(path, path.name, keys) as recording:
        while recording.read_slice():
            pass
        _filter_all(table, recording)


async def _count(recording: Recording, text: str) -> int:
    """Look for what passes as the screen does."""
    return sum([len(report.passing) async for report in recording.filtered(text)])


def _filter_all(table: Table, recording: Recording) -> None:
    """Beside each pass the floor is measured, for the machine's speed changes meanwhile."""
    floors: list[float] = []
    for text in FILTERS:
        found, walls, shares = 0, [], []
        for _ in range(ROUNDS):
            before_s = _floor_s()
            begin = time.perf_counter()
            found = asyncio.run(_count(recording, text))
            walls.append(time.perf_counter() - begin)
            floors += [before_s, _floor_s()]
            shares.append(2 * walls[-1] / sum(floors[-2:]))
        table.add(
            f"filter all: {text}"[:42],
            f"{statistics.median(walls):.2f} s",
            f"{found:,} pass",
            f"{statistics.median(shares):.1f} floors",
            f"at most 1.5 s at rest = {1.5 / FLOOR_S:.0f} floors",
        )
    table.add(
        "the floor: sum(range(10^7))", f"{statistics.median(floors):.2f} s", "", "", "at rest 0.1"
    )


def _floor_s() -> float:
    return seconds(lambda: sum(range(10_000_000)))


def _forms(table: Table, files: dict[str, Path], keys: KeyMaterial) -> None:
    taken = take_turns(
        {form: lambda path=path: _find_all(path, keys) for form, path in files.items()},  # type: ignore[misc]
        rounds=ROUNDS,
    )
    for form, path in files.items():
        with open_recording(path, form, keys) as recording:
            screen_s = seconds(lambda recording=recording: recording.rows(0, 40))
        table.add(
            f"{form}: find all packets; decode a screen",
            f"{taken[form] * 1000:.0f} ms",
            f"{screen_s * 1000:.1f} ms",
            "",
            f"{path.stat().st_size / 1e6:.1f} MB",
        )


if __name__ == "__main__":
    sys.exit("python -m tests.bench captures")
