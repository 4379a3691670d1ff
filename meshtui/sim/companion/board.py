"""What a companion radio is made of, and what it is set to."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from meshtui.networks.meshcore.companion.codes import MAX_FRAME_BYTES

MAX_UNREAD: Final = 16
MAX_RAW_BYTES: Final = MAX_FRAME_BYTES - 3  # code, SNR and RSSI stand before a raw packet


@dataclass(frozen=True, slots=True)
class Board:
    """Hardware and firmware.

    Attributes:
        version: Of the companion protocol.
        max_power_dbm: A higher power is refused.
        exports_key: The private key may be read over the link.
        signs: It signs what it is given; older firmware cannot.
        signs_rightly: Or what nobody can verify, as firmware with a fault.
        celsius: What its thermometer shows; None = it has none.
        reboot_s: For so long it is deaf and mute when it starts anew.
    """

    version: int = 13
    model: str = "meshtui virtual radio"
    firmware: str = "v1.17.1-sim"
    build: str = "14 Aug 2026"
    max_contacts: int = 350
    max_channels: int = 40
    max_power_dbm: int = 22
    battery_mv: int = 4123
    used_kb: int = 12
    total_kb: int = 640
    pin: int = 123_456
    exports_key: bool = True
    signs: bool = True
    signs_rightly: bool = True
    celsius: float | None = 25.5
    reboot_s: float = 2.0


@dataclass(slots=True)
class Preferences:
    """What a program may set, beside what the node itself keeps.

    Attributes:
        lat: Degrees; advertised where `position_policy` says so.
        telemetry: Environment << 4 | position << 2 | base, two bits each.
        repeat: It passes others' packets on.
        custom: Variables of the board.
        scope_name: Of the region that our floods keep to; empty = none.
    """

    power_dbm: int = 20
    frequency_khz: int = 869_618
    bandwidth_hz: int = 62_500
    spreading_factor: int = 8
    coding_rate: int = 8
    lat: float = 0.0
    lon: float = 0.0
    multi_acks: int = 0
    position_policy: int = 0
    telemetry: int = 0
    manual_add: int = 0
    autoadd_bits: int = 0
    autoadd_hops: int = 0
    rx_delay: float = 0.0
    airtime_factor: float = 1.0
    pin: int = 0
    repeat: int = 0
    path_hash_mode: int = 0
    scope_name: str = ""
    scope_key: bytes = b""
    custom: dict[str, str] = field(default_factory=dict)


class Inbox:
    """Texts nobody has fetched yet."""

    def __init__(self) -> None:
        """Begin with none."""
        self._frames: deque[tuple[bytes, bool]] = deque()

    def __len__(self) -> int:
        """Count them."""
        return len(self._frames)

    def put(self, frame: bytes, *, is_channel: bool) -> bool:
        """Keep one; where there is no room the oldest of a channel goes. False = none went."""
        if len(self._frames) >= MAX_UNREAD:
            for index, (_, was_channel) in enumerate(self._frames):
                if was_channel:
                    del self._frames[index]
                    break
            else:
                return False
        self._frames.append((frame, is_channel))
        return True

    def take(self) -> bytes | None:
        """Hand out the oldest; None = there is none."""
        return self._frames.popleft()[0] if self._frames else None

    def clear(self) -> None:
        """Forget all."""
        self._frames.clear()
