"""Packets from the air: every one is read or refused, whatever keys are at hand."""

from __future__ import annotations

from tests.fuzz.mutation import run
from tests.support.meshcore_reading import outcome_of
from tests.support.meshcore_vectors import everybody, raw_packets


def fuzz(seconds: float, seed: int) -> tuple[int, list[tuple[bytes, str]]]:
    """Read mutated packets for that long."""
    keyring = everybody()
    return run(raw_packets(), lambda data: outcome_of(data, keyring), seconds, seed)
