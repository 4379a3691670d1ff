"""A first run in memory: what was created and saved can be looked at."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from meshtui.errors import KeystoreError, MeshtuiError
from meshtui.model.ids import NetworkName, NodeId
from meshtui.model.link import Myself
from meshtui.runtime.api import LinkCheck

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from meshtui.runtime.api import Found, NearbyRadio

_TWELVE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
_MORE = "zoo abandon ability able about above absent absorb abstract absurd abuse access"
WORDS = f"{_TWELVE} {_MORE}".split()


class FakeSetup:
    """`SetupApi` that keeps everything where a test can see it."""

    def __init__(self, nearby: Sequence[Found] = ()) -> None:
        self.nearby = nearby
        self.air: asyncio.Queue[Sequence[NearbyRadio] | MeshtuiError | None] = asyncio.Queue()
        self.listeners = 0
        self.created: list[tuple[str, str, str | None]] = []
        self.saved: list[tuple[Sequence[str], str]] = []
        self.refusal = ""
        self.known_name = ""
        self.silent_links: set[str] = set()
        self.dead_links = {"jsonmesh+mqtt://dead:1883": "connection refused"}

    def new_words(self, count: int) -> Sequence[str]:
        return WORDS[:count]

    def has_identity(self) -> bool:
        return False

    def name(self) -> str:
        return self.known_name

    def check_words(self, words: str) -> str:
        unknown = [word for word in words.split() if word not in WORDS]
        if unknown:
            return f"{unknown[0]}: not in the list"
        return "" if len(words.split()) in (12, 24) else "12 or 24 words are needed"

    async def create(self, words: str, passphrase: str, password: str | None) -> Myself:
        if self.refusal:
            raise KeystoreError(self.refusal)
        self.created.append((words, passphrase, password))
        return Myself(NetworkName("jsonmesh"), NodeId("MESH-11AA22BB"), "02" + "11" * 32)

    async def found(self) -> Sequence[Found]:
        return self.nearby

    async def radios(self) -> AsyncGenerator[Sequence[NearbyRadio], None]:
        """What tests put into `air`: radios, what is wrong, or None for the end."""
        self.listeners += 1
        try:
            while (heard := await self.air.get()) is not None:
                if isinstance(heard, MeshtuiError):
                    raise heard
                yield heard
        finally:
            self.listeners -= 1

    async def check_link(self, url: str) -> LinkCheck:
        return LinkCheck(self.dead_links.get(url, ""), url in self.silent_links)

    async def save_links(self, urls: Sequence[str], name: str) -> None:
        self.saved.append((list(urls), name))
