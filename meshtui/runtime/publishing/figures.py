"""Fresh figures of the radio, for the status message."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING, Final

from meshtui.errors import LocalProtocolError, StoreError
from meshtui.model.command import Ask

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from meshtui.model.event import Answered
    from meshtui.model.ids import LinkId, NetworkName
    from meshtui.runtime.clock import Clock

TIMEOUT_S: Final = 10.0
_VERB: Final = "stats"

_log = logging.getLogger(__name__)


class Figures:
    """Asks one radio for its statistics; they come as its `Device.stats`."""

    def __init__(self, submit: Callable[[Ask], Awaitable[None]], clock: Clock) -> None:
        """Ask nothing yet."""
        self._submit = submit
        self._clock = clock
        self._request_id = ""
        self._told = asyncio.Event()

    def answered(self, event: Answered) -> None:
        """Take an answer, to our question or another's."""
        if event.request_id == self._request_id and event.is_final:
            self._told.set()

    async def refresh(self, network: NetworkName, link_id: LinkId) -> None:
        """Ask, and wait until the radio has answered, for ten seconds at most."""
        self._told.clear()
        self._request_id = uuid.uuid4().hex
        try:
            await self._submit(Ask(network, _VERB, self._request_id, link_id=link_id))
        except (LocalProtocolError, StoreError) as error:
            _log.info("no statistics: %s", error)
        else:
            await self._clock.wait(self._told, self._clock.now().mono_s + TIMEOUT_S)
