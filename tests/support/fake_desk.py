"""A service without a mesh, and brokers without a network, for the publishers of the capture."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from meshtui.errors import LinkLostError
from meshtui.model.secret import SecretBytes
from meshtui.runtime.publishing.tokens import LIFE_S, Token, TokenError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.errors import TransportError
    from meshtui.model.capture import BrokerConfig
    from meshtui.transports.base import LinkSpec
    from meshtui.transports.mqtt_feed import Publication
    from tests.support.clock import FakeClock


class FakeFeed:
    """A connection to a broker that keeps what it is given.

    Attributes:
        takes: How many publications it takes before the connection breaks.
        is_frozen: It takes nothing, and does not say so.
    """

    def __init__(self, will: Publication | None) -> None:
        self.remark = ""
        self.taken = 0
        self.will = will
        self.got: list[Publication] = []
        self.last: Publication | None = None
        self.takes: int | None = None
        self.is_frozen = False
        self.is_closed = self.is_aborted = False
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def send(self, publications: Sequence[Publication]) -> None:
        self.taken = 0
        if self.is_frozen:
            await asyncio.get_running_loop().create_future()
        for publication in publications:
            if self.takes is not None and len(self.got) >= self.takes:
                self.lose("it broke")
            if self._ended.done():
                raise LinkLostError(self._ended.result())
            self.got.append(publication)
            self.taken += 1

    async def lost(self) -> str:
        return await asyncio.shield(self._ended)

    async def aclose(self, last: Publication | None = None) -> None:
        self.is_closed = True
        self.last = last

    def abort(self) -> None:
        self.is_aborted = True

    def lose(self, why: str) -> None:
        if not self._ended.done():
            self._ended.set_result(why)


class FakeDesk:
    """What a publisher needs of the service.

    Attributes:
        refusals: What the next connects raise, in order.
        signs: False = nobody makes tokens.
        kept_back: Payloads that a newer filter does not let leave.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.feeds: list[FakeFeed] = []
        self.specs: list[LinkSpec] = []
        self.refusals: list[TransportError] = []
        self.signs = True
        self.tokens = 0
        self.renew_ms = 86_400_000
        self.kept_back: set[bytes] = set()

    def radio_skew_s(self) -> int | None:
        return None

    def renew_after_ms(self) -> int:
        return self.renew_ms

    def topics(self, config: BrokerConfig) -> tuple[str, str]:
        return f"{config.name}/packets", f"{config.name}/status"

    def client_id(self, config: BrokerConfig) -> str:
        return config.client_id or "us"

    def status_message(self, *, is_online: bool) -> bytes:
        return b"online" if is_online else b"offline"

    def may_leave(self, message: Publication) -> bool:
        return message.payload not in self.kept_back

    async def make_token(self, audience: str, life_s: float = LIFE_S) -> Token:
        if not self.signs:
            raise TokenError("nobody signs")
        self.tokens += 1
        now_ms = self.clock.now().unix_ms
        secret = SecretBytes(f"{audience} {self.tokens}".encode())
        return Token("v1_US", secret, now_ms, now_ms + int(life_s * 1000), "the radio")

    async def open_feed(self, spec: LinkSpec, client_id: str, will: Publication | None) -> FakeFeed:
        assert client_id
        self.specs.append(spec)
        if self.refusals:
            raise self.refusals.pop(0)
        self.feeds.append(FakeFeed(will))
        return self.feeds[-1]
