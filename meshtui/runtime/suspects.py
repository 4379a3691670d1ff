"""Which endpoints kill a connection.

Some brokers answer a forbidden publish by closing the connection (mosquitto 2.0 with MQTT 3.1.1),
and a client that sends it again after each reconnect does so for ever. What was on its way when a
connection died is suspect: it is sent alone from then on, and convicted when the connection has
died with it alone twice. Once is chance: a link that is lost and found goes down twice in a row.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshtui.model.packet import Transmit
    from meshtui.runtime.clock import Clock

# A broker that minds says so at once; a connection that dies later died of something else.
PROMPT_S = 2.0
SENTENCE_S = 600.0
DEATHS_ALONE = 2
MAX_ENDPOINTS = 1_000


class Suspects:
    """The memory of one link over its connections."""

    def __init__(self, clock: Clock) -> None:
        """Suspect nothing."""
        self._clock = clock
        self._pending: Counter[str] = Counter()
        self._sent_at_s: dict[str, float] = {}
        self._suspected: dict[str, int] = {}  # how often a connection died with it alone
        self._convicted: dict[str, float] = {}
        self._all_confirmed = asyncio.Event()
        self._all_confirmed.set()

    def is_suspect(self, transmit: Transmit) -> bool:
        """Tell whether it goes where the last connection died."""
        return transmit.is_confirmed and transmit.endpoint in self._suspected

    def verdict(self, endpoint: str) -> str:
        """Say why nothing is sent to an endpoint for now, or return an empty text."""
        until_s = self._convicted.get(endpoint)
        if until_s is None:
            return ""
        if self._clock.now().mono_s >= until_s:
            del self._convicted[endpoint]
            return ""
        return f"the broker ends the connection when we publish to {endpoint}; it may forbid that"

    def sent(self, transmit: Transmit) -> None:
        """Remember that it is on its way. What nobody confirms cannot be suspected."""
        if transmit.is_confirmed:
            self._pending[transmit.endpoint] += 1
            self._sent_at_s[transmit.endpoint] = self._clock.now().mono_s
            self._all_confirmed.clear()

    def confirmed(self, transmit: Transmit) -> None:
        """The far end has it: its endpoint is cleared of suspicion."""
        endpoint = transmit.endpoint
        if not transmit.is_confirmed or endpoint not in self._pending:
            return
        self._suspected.pop(endpoint, None)
        self._pending[endpoint] -= 1
        if self._pending[endpoint] <= 0:
            del self._pending[endpoint]
            del self._sent_at_s[endpoint]
        if not self._pending:
            self._all_confirmed.set()

    async def all_confirmed(self) -> None:
        """Wait until nothing is on its way."""
        await self._all_confirmed.wait()

    def connection_died(self) -> None:
        """Judge what was on its way, and begin again for the next connection."""
        now_s = self._clock.now().mono_s
        for endpoint, sent_at_s in self._sent_at_s.items():
            if now_s - sent_at_s > PROMPT_S:
                continue
            if endpoint in self._suspected and len(self._pending) == 1:
                self._suspected[endpoint] += 1
                if self._suspected[endpoint] == DEATHS_ALONE:
                    del self._suspected[endpoint]
                    self._convict(endpoint, now_s + SENTENCE_S)
            elif len(self._suspected) < MAX_ENDPOINTS:
                self._suspected.setdefault(endpoint, 0)
        self._pending.clear()
        self._sent_at_s.clear()
        self._all_confirmed.set()

    def _convict(self, endpoint: str, until_s: float) -> None:
        while len(self._convicted) >= MAX_ENDPOINTS:
            del self._convicted[next(iter(self._convicted))]
        self._convicted[endpoint] = until_s
