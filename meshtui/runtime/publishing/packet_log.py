"""A line a packet, as those expect who come from other programs.

A log of its own: headless commands show it, others keep their logs for what matters.
"""

from __future__ import annotations

import logging
from typing import Final

import orjson

from meshtui.model.text import clean_line

packet_log = logging.getLogger("meshtui.runtime.publishing.packets")

_TOLD: Final = ("route", "packet_type", "len", "SNR", "RSSI", "hash")


def log_packet(number: int, message: bytes, brokers: str, *, is_whole: bool) -> None:
    """Log a packet's message, where somebody looks.

    Args:
        number: It is the n-th that was captured.
        brokers: How many are connected, of how many: `2/3`.
        is_whole: Also the message as it leaves.
    """
    if not packet_log.isEnabledFor(logging.INFO):
        return
    said = {name: clean_line(str(value), 40) for name, value in orjson.loads(message).items()}
    packet_log.info(
        "Captured packet #%d: %s type %s, %s bytes, SNR: %s, RSSI: %s, hash: %s (MQTT: %s)",
        number,
        *(said.get(name, "?") for name in _TOLD),
        brokers,
    )
    if is_whole:
        packet_log.info("%s", clean_line(message.decode("utf-8", "replace"), 4_000))
