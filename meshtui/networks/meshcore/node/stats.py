"""What a node counts: the body of a repeater's answer to `status` is made of it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from meshtui.mesh.airtime import time_on_air_ms

if TYPE_CHECKING:
    from meshtui.model.link import RadioSettings
    from meshtui.model.packet import RxMeta

_LENGTHS: Final = 256
_IS_FLOOD: Final = (True, True, False, False)


class NodeStats:
    """Counters since the node began.

    Attributes:
        battery_mv: Written by the driver; 0 = no battery.
        queue_len: Packets that wait for the air; written by the driver.
        noise_dbm: Noise floor; written by the driver.
        rx_air_ms: Time on air of all that was heard.
        errors: Packets heard that could not be parsed.
    """

    __slots__ = (
        "_air_ms",
        "_radio",
        "battery_mv",
        "direct_dups",
        "errors",
        "flood_dups",
        "last_rssi_dbm",
        "last_snr_db",
        "noise_dbm",
        "posted",
        "pushed",
        "queue_len",
        "received",
        "received_direct",
        "received_flood",
        "rx_air_ms",
        "sent",
        "sent_direct",
        "sent_flood",
        "started_s",
        "tx_air_ms",
    )

    def __init__(self) -> None:
        """Begin at nothing."""
        self._radio: RadioSettings | None = None
        self._air_ms: tuple[float, ...] = ()
        self.battery_mv = 0
        self.queue_len = 0
        self.noise_dbm = 0
        self.last_rssi_dbm = 0
        self.last_snr_db = 0.0
        self.received = 0
        self.received_flood = 0
        self.received_direct = 0
        self.sent = 0
        self.sent_flood = 0
        self.sent_direct = 0
        self.tx_air_ms = 0.0
        self.rx_air_ms = 0.0
        self.direct_dups = 0
        self.flood_dups = 0
        self.errors = 0
        self.posted = 0
        self.pushed = 0
        self.started_s: float | None = None

    def count_heard(self, data: bytes, rx: RxMeta, radio: RadioSettings) -> None:
        """Count a packet from the air."""
        self.received += 1
        self.rx_air_ms += self._airtime_ms(len(data), radio)
        if rx.rssi_dbm is not None:
            self.last_rssi_dbm = rx.rssi_dbm
        if rx.snr_db is not None:
            self.last_snr_db = rx.snr_db

    def count_sent(self, data: bytes, radio: RadioSettings) -> None:
        """Count a packet of ours that went on the air."""
        self.sent += 1
        self.tx_air_ms += self._airtime_ms(len(data), radio)
        if data and _IS_FLOOD[data[0] & 3]:
            self.sent_flood += 1
        else:
            self.sent_direct += 1

    def uptime_s(self, now_s: float) -> int:
        """Say for how long it has run."""
        return 0 if self.started_s is None else max(0, int(now_s - self.started_s))

    def _airtime_ms(self, n_bytes: int, radio: RadioSettings) -> float:
        """Look the time on air up: it is reckoned once a length and radio."""
        if radio is not self._radio:
            self._radio = radio
            self._air_ms = _airtimes_ms(radio)
        return self._air_ms[n_bytes] if n_bytes < _LENGTHS else time_on_air_ms(n_bytes, radio)


@lru_cache(maxsize=16)
def _airtimes_ms(radio: RadioSettings) -> tuple[float, ...]:
    """Reckon the time on air of every length; the nodes of one network share the answer."""
    return tuple(time_on_air_ms(length, radio) for length in range(_LENGTHS))
