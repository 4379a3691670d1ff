"""A hub, as far as a link runner knows one, that only remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.link import LinkSetup
from meshtui.model.packet import Frame

if TYPE_CHECKING:
    from meshtui.model.link import LinkInfo


class LinkPortLog:
    """`LinkPort` of the runtime; keeps reports and inputs in lists."""

    def __init__(self) -> None:
        self.reports: list[LinkInfo] = []
        self.inputs: list = []

    def setup(self, link: LinkInfo) -> LinkSetup:
        return LinkSetup()

    def report(self, link: LinkInfo) -> None:
        self.reports.append(link)

    async def put(self, inputs) -> None:
        self.inputs += inputs

    def count(self, kind: type) -> int:
        return sum(isinstance(item, kind) for item in self.inputs)

    @property
    def payloads(self) -> list[bytes]:
        return [item.payload for item in self.inputs if isinstance(item, Frame)]
