"""One connection to an MQTT broker, driven by the asyncio loop.

paho does the protocol; the loop tells it when its socket can be read or written, and once a
second that time has passed. Nothing here blocks.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from paho.mqtt.client import MQTT_ERR_NO_CONN, MQTT_ERR_SUCCESS

from meshtui.errors import LinkLostError, TransportError
from meshtui.model.packet import Frame, Refused, Subscribe, Transmitted
from meshtui.transports import mqtt_words
from meshtui.transports.arriving import Arriving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from meshtui.model.ids import Instant, LinkId
    from meshtui.model.packet import Transmit, Unsubscribe
    from meshtui.transports.base import Arrival, LinkSpec
    from meshtui.transports.mqtt_client import LoopClient

MAX_PAYLOAD_BYTES = 256 * 1024
MAX_TOPIC_CHARS = 1_024
# Unread arrivals; past either, the socket is left alone until they are taken.
MAX_QUEUED = 1_000
MAX_QUEUED_BYTES = 8 * 1024 * 1024
# Transmissions the broker has not confirmed; more would only fill buffers.
WINDOW = 64
READ_SLICE_S = 0.003
MISC_INTERVAL_S = 1.0
# A living broker answers within these; a dead or frozen one is noticed.
PING_TIMEOUT_S = 10.0
CONFIRM_TIMEOUT_S = 20.0
CLOSE_TIMEOUT_S = 2.0

_serials = itertools.count(1)


class MqttLink(Arriving):
    """One connection; made by `MqttTransport.open`, which waits for `welcome`."""

    def __init__(
        self, client: LoopClient, spec: LinkSpec, now: Callable[[], Instant], remark: str
    ) -> None:
        """Take a connected client over; its CONNECT has been sent."""
        super().__init__()
        self._client = client
        self._link_id = spec.link_id
        self._now = now
        self._remarks = [remark] if remark else []
        self._loop = asyncio.get_running_loop()
        # Broker's packet ids begin again with each connection; receipts must not.
        self._serial = next(_serials)
        self._arrived_bytes = 0
        self._changed = asyncio.Event()
        self._unconfirmed: dict[int, Transmit] = {}
        self._stirred_s = now().mono_s
        self._subscribing: dict[int, Sequence[str]] = {}
        self._welcome: asyncio.Future[None] = self._loop.create_future()
        self._is_paused = False
        self._fd = client.socket().fileno()  # type: ignore[union-attr]
        self._misc = self._loop.call_later(MISC_INTERVAL_S, self._tick)
        self._attach()

    @property
    def link_id(self) -> LinkId:
        """As in its `LinkSpec`."""
        return self._link_id

    @property
    def remark(self) -> str:
        """Something odd the user should know, or empty."""
        return "; ".join(self._remarks)

    async def welcome(self, where: str, subscriptions: Sequence[Subscribe]) -> None:
        """Wait until the broker has let us in and knows what we listen to.

        Raises:
            TransportError: It has not.
        """
        self._client.on_connect = lambda _c, _u, flags, code, _p: self._on_connect(
            where, flags, code
        )
        await self._welcome
        if subscriptions:
            self._welcome = self._loop.create_future()
            self._subscribe([(item.endpoint, int(item.is_confirmed)) for item in subscriptions])
            await self._welcome

    async def send(self, transmit: Transmit) -> None:
        """Publish; waits while too many are unconfirmed.

        Raises:
            LinkLostError: The link is gone.
        """
        await self._until(lambda: len(self._unconfirmed) < WINDOW)
        self._require_open()
        qos = 1 if transmit.is_confirmed else 0
        try:
            sent = self._client.publish(
                transmit.endpoint, transmit.payload, qos, transmit.is_retained
            )
        except ValueError as error:  # a topic with wildcards, empty or too long
            self._push(Refused(transmit, f"not a topic: {error}", self._now()))
            return
        if sent.rc != MQTT_ERR_SUCCESS:
            self._lose("the broker closed the connection")
            self._require_open()
        if not self._unconfirmed:
            self._stirred_s = self._now().mono_s
        self._unconfirmed[sent.mid] = transmit

    async def subscribe(self, request: Subscribe | Unsubscribe) -> None:
        """Change what is delivered.

        Raises:
            LinkLostError: The link is gone.
        """
        self._require_open()
        if isinstance(request, Subscribe):
            self._subscribe([(request.endpoint, int(request.is_confirmed))])
        else:
            self._client.unsubscribe(request.endpoint)

    def settle(self, frames: Sequence[Frame]) -> None:
        """Send PUBACKs; the broker would deliver what has none again."""
        if self._lost or self._is_closed:
            return
        ours = [frame.receipt for frame in frames if frame.receipt >> 16 == self._serial]
        if ours:
            self._client.confirm([receipt & 0xFFFF for receipt in ours])

    async def aclose(self) -> None:
        """Let what was handed over leave, for at most two seconds, then disconnect."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._until(lambda: not self._unconfirmed and not self._client.want_write())
                if not (self._lost or self._is_closed):
                    self._is_closed = True
                    self._client.disconnect()
                    await self._until(lambda: self._client.socket() is None, even_closed=True)
        except TimeoutError:
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        """Close at once; the broker sends our will."""
        self._is_closed = True
        self._detach()
        self._client.abort()
        self._ready.set()
        self._changed.set()
        if not self._welcome.done():
            self._welcome.cancel()

    # --- what the loop tells us ---

    def _attach(self) -> None:
        client = self._client
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
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
        until_s = self._now().mono_s + READ_SLICE_S
        while self._fd >= 0 and not self._is_paused:
            packet = self._client.packet
            self._client.loop_read()
            self._client.cut()
            if self._fd < 0:
                return
            self._stirred_s = self._now().mono_s
            if self._client.packet is packet and not self._client.has_buffered:
                return
            if self._stirred_s >= until_s:
                # What is buffered inside no selector will report: come back for it.
                self._loop.call_soon(self._on_readable)
                return

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
        elif self._unconfirmed and now_s - self._stirred_s > CONFIRM_TIMEOUT_S:
            self._lose(f"the broker has confirmed nothing for {CONFIRM_TIMEOUT_S:.0f} s")

    # --- what paho tells us ---

    def _on_connect(self, where: str, _flags: ConnectFlags, code: ReasonCode) -> None:
        if self._welcome.done():
            return
        if code.is_failure:
            self._welcome.set_exception(mqtt_words.of_refusal(where, code))
        else:
            self._welcome.set_result(None)

    def _on_subscribe(
        self,
        _client: object,
        _userdata: object,
        mid: int,
        codes: Sequence[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        endpoints = self._subscribing.pop(mid, ())
        for endpoint, code in zip(endpoints, codes, strict=False):
            if code.is_failure:
                self._remarks.append(f"the broker does not let us listen to {endpoint}")
        if not self._welcome.done():
            self._welcome.set_result(None)

    def _on_message(self, _client: object, _userdata: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "\ufffd"
        # What is too long is handed up one unit too long, for the session to reject and count.
        payload = bytes(message.payload[: MAX_PAYLOAD_BYTES + 1])
        # No QoS 2: we never subscribe for it, and a broker may not raise what was asked.
        receipt = self._serial << 16 | message.mid if message.qos == 1 else 0
        self._push(
            Frame(
                self._link_id,
                payload,
                self._now(),
                endpoint=topic[: MAX_TOPIC_CHARS + 1],
                is_retained=message.retain,
                receipt=receipt,
            )
        )
        self._arrived_bytes += len(payload)
        if len(self._arrivals) >= MAX_QUEUED or self._arrived_bytes >= MAX_QUEUED_BYTES:
            self._pause()

    def _on_publish(
        self,
        _client: object,
        _userdata: object,
        mid: int,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        transmit = self._unconfirmed.pop(mid, None)
        if transmit is None:
            return
        if code.is_failure:
            reason = f"the broker does not take it for {transmit.endpoint} ({code})"
            self._push(Refused(transmit, reason, self._now()))
        else:
            self._push(Transmitted(transmit, self._now()))
        self._changed.set()

    def _on_disconnect(
        self,
        _client: object,
        _userdata: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._lose(mqtt_words.of_loss(code))

    # --- our own ---

    def _subscribe(self, topics: list[tuple[str, int]]) -> None:
        try:
            code, mid = self._client.subscribe(topics)
        except ValueError:
            code, mid = MQTT_ERR_NO_CONN, None
        if code != MQTT_ERR_SUCCESS or mid is None:
            self._lose("the broker closed the connection while we subscribed")
        else:
            self._subscribing[mid] = [topic for topic, _ in topics]

    def _push(self, arrival: Arrival) -> None:
        self._arrivals.append(arrival)
        self._ready.set()

    def _pause(self) -> None:
        """Leave the rest with the broker: nothing of QoS 1 is lost by waiting."""
        if not self._is_paused and self._fd >= 0:
            self._is_paused = True
            self._loop.remove_reader(self._fd)

    def _taken(self) -> None:
        self._arrived_bytes = 0
        self._resume()

    def _resume(self) -> None:
        if self._is_paused and self._fd >= 0:
            self._is_paused = False
            self._loop.add_reader(self._fd, self._on_readable)
            self._loop.call_soon(self._on_readable)

    def _lose(self, reason: str) -> None:
        if self._lost or self._is_closed:
            self._changed.set()
            return
        self._lost = reason
        self._detach()
        self._client.abort()
        self._ready.set()
        self._changed.set()
        if not self._welcome.done():
            msg = f"{reason} before it let us in"
            self._welcome.set_exception(TransportError(msg))

    def _require_open(self) -> None:
        if self._lost or self._is_closed:
            raise LinkLostError(self._lost or "closed")

    async def _until(self, is_so: Callable[[], bool], *, even_closed: bool = False) -> None:
        """Wait until something is so or the link is gone."""
        while not is_so() and not self._lost and (even_closed or not self._is_closed):
            self._changed.clear()
            await self._changed.wait()
