"""Packets found in a gateway's bytes and put together from chunks: one core beside the air."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.mesh.reassembly import Reassembler
from meshtui.model.link import RadioSettings
from meshtui.networks.jsonmesh.chunk import decode_chunk, encode_chunks
from meshtui.networks.jsonmesh.deframer import Deframer
from tests.bench.measure import take_turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.measure import Table

MESSAGES = 4_000
MESSAGE_BYTES = 600  # a direct message of 100 characters, as specified: three chunks
# the fastest that LoRa radios of today are made for
FASTEST = RadioSettings(spreading_factor=5, bandwidth_khz=500, coding_rate=5, preamble_symbols=12)
ON_AIR_BITS_S = 62_500  # its data rate: 5 bits in 32 chips at 500 kHz, 4 of 5 of them data
ASKED = 100
METERS = b"RSSI:-91|SNR:6.25|"


def messages() -> list[bytes]:
    """Payloads of printable characters."""
    random = Random(1)
    return [random.randbytes(MESSAGE_BYTES // 2).hex().encode() for _ in range(MESSAGES)]


def lines_of(payloads: Sequence[bytes]) -> list[bytes]:
    """What a gateway writes: each chunk with how well it was heard."""
    return [
        METERS + frame + b"\n"
        for number, payload in enumerate(payloads)
        for frame in encode_chunks(payload, f"{number:07x}")
    ]


def pieces(data: bytes, size: int) -> list[bytes]:
    """Cut what is written into what is read."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def read_all(reads: Sequence[bytes], *, has_borders: bool) -> list[bytes]:
    """Deframe, decode and reassemble; returns the messages."""
    deframer, reassembler = Deframer(has_borders=has_borders), Reassembler()
    whole = []
    for number, data in enumerate(reads):
        now_s = number * 0.01
        for deframed in deframer.feed(data, now_s):
            chunk = decode_chunk(deframed.payload)
            if chunk is None:
                continue
            progress = reassembler.add("radio", chunk, now_s)
            if progress.whole is not None:
                whole.append(progress.whole)
    return whole


def report(table: Table) -> None:
    """Measure and add rows."""
    payloads = messages()
    lines = lines_of(payloads)
    data = b"".join(lines)
    ways = {
        "serial, reads of 4096 bytes": (pieces(data, 4096), False),
        "serial, reads of 64 bytes": (pieces(data, 64), False),
        "Bluetooth, 182 bytes a notification": (
            [piece for line in lines for piece in pieces(line, 182)],
            True,
        ),
        "Bluetooth, 20 bytes a notification": (
            [piece for line in lines for piece in pieces(line, 20)],
            True,
        ),
    }
    taken = take_turns(
        {
            name: partial(read_all, reads, has_borders=has_borders)
            for name, (reads, has_borders) in ways.items()
        },
        rounds=5,
    )
    table.head(
        f"Framing: deframe, decode, reassemble {len(lines):,} chunks, one core, beside the air at "
        f"SF5/500 kHz"
    )
    sizes = [len(line) - len(METERS) - 1 for line in lines]
    on_air_s = sum(time_on_air_ms(size, FASTEST) for size in sizes) / 1000
    for name, (reads, has_borders) in ways.items():
        came = len(read_all(reads, has_borders=has_borders))
        bits_s = sum(sizes) * 8 / taken[name]
        table.add(
            name,
            f"{bits_s / 1e6:,.0f} Mbit/s",
            f"{ON_AIR_BITS_S / 1000:.1f} kbit/s",
            f"{bits_s / ON_AIR_BITS_S:,.0f} x",
            f"at least {ASKED} x; {came:,} of {MESSAGES:,} whole",
        )
    fastest_s = min(taken.values())
    table.add(
        "the same packets, with their preambles",
        f"{fastest_s:.2f} s",
        f"{on_air_s:,.0f} s on the air",
        f"{on_air_s / fastest_s:,.0f} x",
    )
