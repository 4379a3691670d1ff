"""One packet as a file of packets holds it: bytes, and what the file says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from meshtui.model.packet import PacketSummary

MAX_PACKET_BYTES: Final = 262_144
"""What tcpdump and Wireshark take as the longest packet; a longer one is a damaged length."""

MAX_NAME_CHARS: Final = 1_000
"""Of a topic or a link's name; longer ones are cut."""


class LoraChannel(NamedTuple):
    """How the radio was set; 0 = not known.

    Attributes:
        bandwidth_khz: LoRaTap counts in steps of 125, so 62.5 reads as 0.
        sync_word: 0x12 for MeshCore.
    """

    frequency_hz: int = 0
    bandwidth_khz: float = 0
    spreading_factor: int = 0
    sync_word: int = 0x12


class CapturedPacket(NamedTuple):
    """A packet of a recording. Texts are the file's: not cleaned.

    Attributes:
        unix_ms: 0 = the file does not say.
        direction: `rx`, `tx`, or empty.
        network: Empty = the file does not say.
        link: Link or interface; empty = the file does not say.
        endpoint: A topic, `companion`, or empty: a radio's.
        note: What is wrong with it, a sentence; or empty.
        recorded: What whoever recorded it said of it; None = nothing.
        lora: None = the file does not say.
    """

    payload: bytes
    unix_ms: int = 0
    direction: str = ""
    network: str = ""
    link: str = ""
    endpoint: str = ""
    rssi_dbm: int | None = None
    snr_db: float | None = None
    note: str = ""
    recorded: PacketSummary | None = None
    lora: LoraChannel | None = None
