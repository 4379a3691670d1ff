"""The settings of this network, as the configuration hands them over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.model.node import Position

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """How our own node behaves, where we are the node; a companion radio has its own settings.

    Attributes:
        name: Ours; empty = the first eight digits of our key, as nodes of the firmware are called.
        repeater: Pass other nodes' packets on.
        share_position: Put `position` into our advertisements.
        path_hash_size: Bytes by which packets of ours let repeaters name themselves, 1..3.
        multi_acks: Send each acknowledgement that goes along a known path twice.
        advert_every_s: How often we flood an advertisement; 0 = only when asked. Neighbours get
            one at every start.
        sync_clock: Set a companion radio's clock where it is behind ours.
    """

    name: str = ""
    repeater: bool = False
    share_position: bool = False
    position: Position | None = None
    path_hash_size: int = 1
    multi_acks: bool = False
    advert_every_s: float = 43_200.0
    sync_clock: bool = True


def read_settings(options: Mapping[str, object]) -> Settings:
    """Read options that the configuration has checked; what is missing has its default."""
    default = Settings()
    position = options.get("position")
    return Settings(
        name=str(options.get("name") or ""),
        repeater=bool(options.get("repeater", default.repeater)),
        share_position=bool(options.get("share_position", default.share_position)),
        position=Position(*position) if isinstance(position, tuple) else None,
        path_hash_size=min(3, max(1, int(str(options.get("path_hash_size", 1))))),
        multi_acks=bool(options.get("multi_acks", default.multi_acks)),
        advert_every_s=float(str(options.get("advert_every_s", default.advert_every_s))),
        sync_clock=bool(options.get("sync_clock", default.sync_clock)),
    )
