"""amqtt's broker with its faults mended. Only this module imports `amqtt`, and only `broker` it.

What is mended: everybody got everybody's retained messages at every connect; persistent sessions
were forgotten when no password was asked, and stalled when resumed; nothing was bounded.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from amqtt.broker import Broker

MAX_WAITING: Final = 1_000  # messages kept for one absent client; more are dropped
MAX_RETAINED: Final = 10_000


class MendedBroker(Broker):  # type: ignore[misc]  # amqtt carries no types
    """A broker that keeps what it promised, to whom it promised it, within bounds."""

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._servers["default"].instance.sockets[0].getsockname()[1])

    async def _authenticate(self, session: Any, _: Any) -> bool:
        # amqtt's own open door marks everybody anonymous, and forgets anonymous sessions
        # a second after they disconnect: persistent sessions would not persist
        return session.client_id is not None

    async def _handle_subscription(self, session: Any, handler: Any, request: Any) -> None:
        await super()._handle_subscription(session, handler, request)
        for topic_filter, qos in request.result().topics:
            holders = self._subscriptions.get(topic_filter, ())
            if any(holder is session for holder, _ in holders):
                await super()._publish_retained_messages_for_subscription(
                    (topic_filter, qos), session
                )

    async def _publish_retained_messages_for_subscription(self, *_: Any) -> None:
        # amqtt calls this at every connect for *everybody's* subscriptions: a client would
        # get what it never asked for. Retained messages answer a SUBSCRIBE, nothing else.
        return

    async def _retain_broadcast_message(self, broadcast: Any, qos: int, session: Any) -> None:
        if session.retained_messages.qsize() < MAX_WAITING:
            await super()._retain_broadcast_message(broadcast, qos, session)

    async def _publish_session_retained_messages(self, session: Any) -> None:
        # amqtt waits here for every acknowledgement before it reads the client's SUBSCRIBE, on
        # which a careful client waits; and it marks as retained what only was late
        handler = self._get_handler(session)
        while handler is not None and not session.retained_messages.empty():
            late = session.retained_messages.get_nowait()
            sending = handler.mqtt_publish(late.topic, late.data, late.qos, retain=False)
            self._tasks_queue.append(asyncio.get_running_loop().create_task(sending))

    async def retain_message(
        self, source: Any, topic: Any, data: Any, qos: int | None = None
    ) -> None:
        """Keep a message for latecomers; a new topic beyond the bound is not kept."""
        if topic in self._retained_messages or len(self._retained_messages) < MAX_RETAINED:
            await super().retain_message(source, topic, data, qos)
