"""A broker in memory: topics, retained messages, QoS 1 for absent clients, wills."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meshtui.model.link import LinkSetup

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Published:
    """What somebody published, as the broker saw it."""

    topic: str
    payload: bytes
    is_retained: bool
    is_confirmed: bool
    client_id: str


@dataclass
class _Client:
    subscriptions: dict[str, bool] = field(default_factory=dict)  # filter -> is_confirmed
    deliver: Callable[[str, bytes, bool], None] | None = None
    setup: LinkSetup = field(default_factory=LinkSetup)
    kept: deque[tuple[str, bytes]] = field(default_factory=deque)


class FakeBroker:
    """Behaves like an MQTT broker that is asked once per matching client."""

    def __init__(self, name: str = "broker") -> None:
        self.name = name
        self.retained: dict[str, bytes] = {}
        self.log: list[Published] = []
        self.is_mute = False  # takes nothing: neither delivers nor confirms
        self.loses: Callable[[Published], bool] = lambda _: False
        self._clients: dict[str, _Client] = {}

    def connect(self, setup: LinkSetup, deliver: Callable[[str, bytes, bool], None]) -> None:
        """Open or resume a client's session and hand it what waited."""
        client = self._clients.setdefault(setup.client_id, _Client())
        client.deliver, client.setup = deliver, setup
        for request in setup.subscriptions:
            self.subscribe(setup.client_id, request.endpoint, is_confirmed=request.is_confirmed)
        while client.kept:
            deliver(*client.kept.popleft(), False)

    def disconnect(self, client_id: str, *, is_clean: bool) -> None:
        """End a connection; without a word, the will is published."""
        client = self._clients[client_id]
        client.deliver = None
        will = client.setup.will
        if not is_clean and will is not None:
            self.publish(client_id, will.endpoint, will.payload, True, True)

    def subscribe(self, client_id: str, topic_filter: str, *, is_confirmed: bool = True) -> None:
        """Subscribe, and hand over what is retained."""
        client = self._clients[client_id]
        client.subscriptions[topic_filter] = is_confirmed
        for topic, payload in self.retained.items():
            if matches(topic_filter, topic) and client.deliver is not None:
                client.deliver(topic, payload, True)

    def unsubscribe(self, client_id: str, topic_filter: str) -> None:
        """Take a subscription back."""
        self._clients[client_id].subscriptions.pop(topic_filter, None)

    def publish(
        self, client_id: str, topic: str, payload: bytes, is_retained: bool, is_confirmed: bool
    ) -> bool:
        """Deliver to everybody subscribed, the publisher included; False = not taken."""
        published = Published(topic, payload, is_retained, is_confirmed, client_id)
        if self.is_mute:
            return False
        self.log.append(published)
        if self.loses(published):
            return True
        if is_retained and payload:
            self.retained[topic] = payload
        elif is_retained:
            self.retained.pop(topic, None)
        for client in list(self._clients.values()):
            self._deliver(client, published)
        return True

    def topics(self) -> list[str]:
        """List the topics published to, in order."""
        return [published.topic for published in self.log]

    def _deliver(self, client: _Client, published: Published) -> None:
        asked = [
            is_confirmed
            for topic_filter, is_confirmed in client.subscriptions.items()
            if matches(topic_filter, published.topic)
        ]
        if not asked:
            return
        if client.deliver is not None:
            client.deliver(published.topic, published.payload, False)
        elif published.is_confirmed and any(asked):
            client.kept.append((published.topic, published.payload))


def matches(topic_filter: str, topic: str) -> bool:
    """Match a topic against a filter with `+` and `#`."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        return len(levels) >= len(wanted) - 1 and all(
            want in ("+", level) for want, level in zip(wanted[:-1], levels, strict=False)
        )
    return len(wanted) == len(levels) and all(
        want in ("+", level) for want, level in zip(wanted, levels, strict=True)
    )
