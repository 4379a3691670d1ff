"""A link to an MQTT broker: publishes, and hands out what it subscribed to."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from paho.mqtt.client import MQTT_ERR_NO_CONN, MQTT_ERR_SUCCESS

from meshtui.model.packet import Frame, Refused, Subscribe, Transmitted
from meshtui.transports import mqtt_connection
from meshtui.transports.arriving import Arriving
from meshtui.transports.mqtt_connection import MqttConnection
from meshtui.transports.mqtt_login import remark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.client import MQTTMessage
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from meshtui.model.ids import Instant, LinkId
    from meshtui.model.link import LinkSetup
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

_serials = itertools.count(1)


class MqttLink(MqttConnection, Arriving):
    """One connection; made by `MqttTransport.open`, which waits for `welcome`."""

    def __init__(
        self, client: LoopClient, spec: LinkSpec, setup: LinkSetup, now: Callable[[], Instant]
    ) -> None:
        """Take a connected client over; its CONNECT has been sent."""
        Arriving.__init__(self)
        MqttConnection.__init__(self, client, now)
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        self._link_id = spec.link_id
        self._setup = setup
        self._remarks = [odd] if (odd := remark(spec)) else []
        # Broker's packet ids begin again with each connection; receipts must not.
        self._serial = next(_serials)
        self._arrived_bytes = 0
        self._unconfirmed: dict[int, Transmit] = {}
        self._subscribing: dict[int, Sequence[str]] = {}

    @property
    def link_id(self) -> LinkId:
        """As in its `LinkSpec`."""
        return self._link_id

    @property
    def remark(self) -> str:
        """Something odd the user should know, or empty."""
        return "; ".join(self._remarks)

    async def welcome(self, where: str) -> None:
        """Wait until the broker has let us in and knows what we listen to.

        Raises:
            TransportError: It has not.
        """
        await super().welcome(where)
        subscriptions = self._setup.subscriptions
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
        if not self._is_open:
            return
        ours = [frame.receipt for frame in frames if frame.receipt >> 16 == self._serial]
        if ours:
            self._client.confirm([receipt & 0xFFFF for receipt in ours])

    async def aclose(self) -> None:
        """Let what was handed over leave, for at most two seconds, then disconnect."""
        try:
            async with asyncio.timeout(mqtt_connection.CLOSE_TIMEOUT_S):
                await self._until(lambda: not self._unconfirmed and not self._client.want_write())
                if self._is_open:
                    self._is_closed = True
                    self._client.disconnect()
                    await self._until(lambda: self._client.socket() is None, even_closed=True)
        except TimeoutError:
            pass
        finally:
            self.abort()

    def _awaits(self) -> str:
        return "confirmed nothing" if self._unconfirmed else ""

    def _ended(self) -> None:
        self._ready.set()

    # --- what paho tells us ---

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

    def _taken(self) -> None:
        self._arrived_bytes = 0
        self._resume()
