"""What every connection to an MQTT broker has in common, driven by the asyncio loop.

paho does the protocol; the loop tells it when its socket can be read or written, and once a
second that time has passed. Nothing here blocks.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from meshtui.errors import LinkLostError, TransportError
from meshtui.transports import mqtt_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import DisconnectFlags
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from meshtui.model.ids import Instant
    from meshtui.transports.mqtt_client import LoopClient

READ_SLICE_S = 0.003
MISC_INTERVAL_S = 1.0
# A living broker answers within these; a dead or frozen one is noticed.
PING_TIMEOUT_S = 10.0
CONFIRM_TIMEOUT_S = 20.0
CLOSE_TIMEOUT_S = 2.0


class MqttConnection:
    """What links and feeds inherit; they say what waits for the broker (`_awaits`)."""

    def __init__(self, client: LoopClient, now: Callable[[], Instant]) -> None:
        """Take a connected client over; its CONNECT has been sent."""
        self._client = client
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._is_closed = False
        self._lost = ""  # why the connection is gone
        self._changed = asyncio.Event()
        self._stirred_s = now().mono_s
        self._welcome: asyncio.Future[None] = self._loop.create_future()
        self._is_paused = False
        self._is_coming_back = False  # to read on, at the next turn of the loop
        self._fd = client.socket().fileno()  # type: ignore[union-attr]
        self._misc = self._loop.call_later(MISC_INTERVAL_S, self._tick)
        self._attach()

    async def welcome(self, where: str) -> None:
        """Wait until the broker has let us in.

        Raises:
            TransportError: It has not.
        """
        self._client.on_connect = lambda _c, _u, _flags, code, properties: self._on_connect(
            where, code, properties
        )
        await self._welcome

    def abort(self) -> None:
        """Close at once; the broker sends our will."""
        self._is_closed = True
        self._end()
        if not self._welcome.done():
            self._welcome.cancel()

    # --- what those who inherit say ---

    def _awaits(self) -> str:
        """What the broker is yet to do for us, as the end of `the broker has …`; empty: nothing."""
        return ""

    def _awaits_since_s(self) -> float:
        """When it last did any of that, by the monotonic clock."""
        return self._stirred_s

    def _ended(self) -> None:
        """The connection is gone, one way or the other."""

    # --- what the loop tells us ---

    def _attach(self) -> None:
        client = self._client
        client.on_disconnect = self._on_disconnect
        client.on_socket_close = lambda *_: self._detach()
        client.on_socket_register_write = lambda *_: self._watch_writable()
        client.on_socket_unregister_write = lambda *_: self._unwatch_writable()
        self._loop.add_reader(self._fd, self._on_readable)
        if client.want_write():
            self._watch_writable()

    def _watch_writable(self) -> None:
        if self._fd >= 0:
            self._loop.add_writer(self._fd, self._on_writable)

    def _unwatch_writable(self) -> None:
        if self._fd >= 0:
            self._loop.remove_writer(self._fd)

    def _detach(self) -> None:
        self._misc.cancel()
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            self._fd = -1

    def _on_readable(self) -> None:
        if self._is_coming_back:
            # One turn a connection, or each would leave one more to come, as long as data comes.
            return
        until_s = self._now().mono_s + READ_SLICE_S
        while self._fd >= 0 and not self._is_paused:
            has_more = self._client.read_some()
            if self._fd < 0:
                return
            self._stirred_s = self._now().mono_s
            if not has_more:
                return
            if self._stirred_s >= until_s:
                # What is buffered inside no selector will report: come back for it.
                self._come_back()
                return

    def _come_back(self) -> None:
        if not self._is_coming_back:
            self._is_coming_back = True
            self._loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        self._is_coming_back = False
        self._on_readable()

    def _on_writable(self) -> None:
        self._stirred_s = self._now().mono_s
        self._client.loop_write()
        self._changed.set()

    def _tick(self) -> None:
        self._misc = self._loop.call_later(MISC_INTERVAL_S, self._tick)
        self._client.loop_misc()
        if self._fd < 0 or self._is_paused:
            return
        now_s = self._now().mono_s
        ping_s = self._client.ping_sent_s
        if ping_s and now_s - max(ping_s, self._stirred_s) > PING_TIMEOUT_S:
            self._lose(f"the broker has not answered for {PING_TIMEOUT_S:.0f} s")
        elif now_s - self._awaits_since_s() > CONFIRM_TIMEOUT_S and (awaited := self._awaits()):
            self._lose(f"the broker has {awaited} for {CONFIRM_TIMEOUT_S:.0f} s")

    def _pause(self) -> None:
        """Leave the rest with the broker: nothing of QoS 1 is lost by waiting."""
        if not self._is_paused and self._fd >= 0:
            self._is_paused = True
            self._loop.remove_reader(self._fd)

    def _resume(self) -> None:
        if self._is_paused and self._fd >= 0:
            self._is_paused = False
            self._loop.add_reader(self._fd, self._on_readable)
            self._come_back()

    # --- what paho tells us ---

    def _on_connect(self, where: str, code: ReasonCode, _properties: Properties | None) -> None:
        if self._welcome.done():
            return
        if code.is_failure:
            self._welcome.set_exception(mqtt_words.of_refusal(where, code))
        else:
            self._welcome.set_result(None)

    def _on_disconnect(
        self,
        _client: object,
        _userdata: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._lose(mqtt_words.of_loss(code.value))

    # --- our own ---

    def _lose(self, reason: str) -> None:
        if self._lost or self._is_closed:
            self._changed.set()
            return
        self._lost = reason
        self._end()
        if not self._welcome.done():
            msg = f"{reason} before it let us in"
            self._welcome.set_exception(TransportError(msg))

    def _end(self) -> None:
        self._detach()
        self._client.abort()
        self._ended()
        self._changed.set()

    @property
    def _is_open(self) -> bool:
        return not (self._lost or self._is_closed)

    def _require_open(self) -> None:
        if not self._is_open:
            raise LinkLostError(self._lost or "closed")

    async def _until(self, is_so: Callable[[], bool], *, even_closed: bool = False) -> None:
        """Wait until something is so or the connection is gone."""
        while not is_so() and not self._lost and (even_closed or not self._is_closed):
            self._changed.clear()
            await self._changed.wait()
