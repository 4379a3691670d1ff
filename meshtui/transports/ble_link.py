"""One connection to a Nordic UART.

Notifications are pieces: one or several lines, or a part of one. Nothing holds the far end back,
so what nobody reads is dropped, and counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from meshtui.errors import LinkLostError
from meshtui.model.packet import Frame, Transmitted
from meshtui.transports import ble_words
from meshtui.transports.arriving import Arriving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bleak import BleakClient
    from bleak.backends.characteristic import BleakGATTCharacteristic

    from meshtui.model.ids import Instant, LinkId
    from meshtui.model.packet import Subscribe, Transmit, Unsubscribe
    from meshtui.transports.base import Arrival

# Unread arrivals; past either, what comes is dropped. At the speed of LoRa that is an hour's.
MAX_QUEUED = 4_096
MAX_QUEUED_BYTES = 256 * 1024
# A notification of a sane system has 512 bytes at most.
MAX_PIECE: Final = 4_096
WRITE_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 2.0

_log = logging.getLogger(__name__)


class BleLink(Arriving):
    """One connection; `BleTransport.open` connects it and calls `begin`."""

    def __init__(self, link_id: LinkId, where: str, now: Callable[[], Instant]) -> None:
        """Hold nothing yet; `where` is the device's name, fit to be shown."""
        super().__init__()
        self._link_id = link_id
        self._where = where
        self._now = now
        self._client: BleakClient | None = None
        self._to_radio: BleakGATTCharacteristic | None = None
        self._write_size = 0
        self._remark = ""
        self._has_response = False
        self._arrived_bytes = 0
        self._dropped = 0
        self._turn = asyncio.Lock()
        self._write: asyncio.Timeout | None = None

    @property
    def link_id(self) -> LinkId:
        """As in its `LinkSpec`."""
        return self._link_id

    @property
    def remark(self) -> str:
        """Something odd the user should know, or empty."""
        return self._remark

    def begin(
        self, client: BleakClient, to_radio: BleakGATTCharacteristic, size: int, remark: str
    ) -> None:
        """Take a connected client over.

        Args:
            size: The most bytes of one write.
            remark: Something odd the user should know, or empty.

        Raises:
            LinkLostError: It has disconnected meanwhile.
        """
        self._client, self._to_radio, self._write_size = client, to_radio, size
        # With a response the radio holds us back where it is slower; without, bytes could be lost.
        self._has_response = "write" in to_radio.properties
        self._remark = remark
        self._require_open()

    async def send(self, transmit: Transmit) -> None:
        """Write all of it, in pieces that fit, before the next one begins.

        Raises:
            LinkLostError: The link is gone, or the radio takes nothing any more.
        """
        async with self._turn:
            for start in range(0, len(transmit.payload), self._write_size):
                await self._write_piece(transmit.payload[start : start + self._write_size])
            self._require_open()
            self._push(Transmitted(transmit, self._now()))

    async def subscribe(self, request: Subscribe | Unsubscribe) -> None:
        """Do nothing: everything is delivered."""

    def settle(self, frames: Sequence[Frame]) -> None:
        """Do nothing: nothing is delivered twice."""

    async def aclose(self) -> None:
        """Let what is being sent leave, and disconnect; for at most two seconds in all.

        It must be awaited before the device is connected anew: until then the system notifies us
        through the old connection, too.
        """
        until_s = asyncio.get_running_loop().time() + CLOSE_TIMEOUT_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until_s - CLOSE_TIMEOUT_S / 2), self._turn:
                pass
        self._is_closed = True
        self._ready.set()
        self._wake_writer()
        # The system knows at once that we want to go. It takes its time, and we do not.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until_s):
                await self._disconnect()

    # --- what bleak tells us ---

    def on_notified(self, data: bytes) -> None:
        """A notification has arrived."""
        if self._lost or self._is_closed:
            return
        for start in range(0, len(data), MAX_PIECE):
            piece = data[start : start + MAX_PIECE]
            has_room = self._arrived_bytes + len(piece) <= MAX_QUEUED_BYTES
            if len(self._arrivals) >= MAX_QUEUED or not has_room:
                self._drop()
                continue
            self._arrived_bytes += len(piece)
            self._push(Frame(self._link_id, piece, self._now()))

    def on_disconnected(self) -> None:
        """The device has gone, or was told to."""
        self._lose(f"{self._where} has disconnected, or is out of reach")

    # --- our own ---

    def _taken(self) -> None:
        self._arrived_bytes = 0

    async def _write_piece(self, piece: bytes) -> None:
        self._require_open()
        client, to_radio = self._client, self._to_radio
        assert client is not None
        assert to_radio is not None
        reason = ""
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S) as self._write:
                await client.write_gatt_char(to_radio, piece, response=self._has_response)
        except TimeoutError:
            reason = f"{self._where} has taken nothing for {WRITE_TIMEOUT_S:.0f} s"
        except Exception as error:  # noqa: BLE001 - bleak's own, D-Bus's, the system's
            reason = ble_words.of_loss(self._where, error)
        finally:
            self._write = None
        if reason:
            self._lose(reason)
        self._require_open()

    async def _disconnect(self) -> None:
        if self._client is not None:
            # Whatever it complains of: it is over.
            with contextlib.suppress(Exception):
                await self._client.disconnect()

    def _drop(self) -> None:
        self._dropped += 1
        if self._dropped == 1:
            _log.warning("%s: notifications are dropped, nobody reads them", self._link_id)

    def _push(self, arrival: Arrival) -> None:
        self._arrivals.append(arrival)
        self._ready.set()

    def _lose(self, reason: str) -> None:
        if self._lost or self._is_closed:
            return
        self._lost = reason
        self._ready.set()
        self._wake_writer()

    def _wake_writer(self) -> None:
        """Nobody will answer its write any more."""
        if self._write is not None:
            self._write.reschedule(asyncio.get_running_loop().time())

    def _require_open(self) -> None:
        if self._lost or self._is_closed:
            raise LinkLostError(self._lost or "closed")
