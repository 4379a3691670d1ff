"""The settings of this network, as the configuration hands them over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.model.node import Position

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """How our station behaves.

    Attributes:
        relay: Pass packets on for others, and carry forums and presence between links.
        share_position: Put `position` into our presence, which anybody at the broker can read.
        presence_s: How often our presence is repeated; under five minutes, after which others
            take us off their active routes.
        is_gateway: Transmit what arrives on `lora/outbound`, publish what our radios hear.
        plain: Do on radio what the protocol's first version says and no more: plain flood, the
            same id at every attempt, no small frames, the broker's timers. To compare with.
        compact: Write small frames on radio to peers that announced they read them.
        source_routing: Send along learned paths on radio before flooding.
        signatures: `off`, `brokers` (not on radio) or `all`.
        radio_presence_s: How often our presence is repeated on radio.
    """

    name: str = ""
    relay: bool = False
    share_position: bool = False
    position: Position | None = None
    ack_timeout_s: float = 5.0
    max_attempts: int = 3
    presence_s: float = 240.0
    stale_ms: int = 10 * 60 * 1000
    is_gateway: bool = False
    plain: bool = False
    compact: bool = True
    source_routing: bool = True
    signatures: str = "off"
    radio_presence_s: float = 10_800.0


def read_settings(options: Mapping[str, object]) -> Settings:
    """Read options that the configuration has checked; what is missing has its default."""
    default = Settings()
    plain = bool(options.get("plain", default.plain))
    return Settings(
        name=str(options.get("name") or ""),
        relay=bool(options.get("relay", default.relay)),
        share_position=bool(options.get("share_position", default.share_position)),
        position=_position(options.get("position")),
        ack_timeout_s=_number(options, "ack_timeout_s", default.ack_timeout_s),
        max_attempts=max(1, int(_number(options, "max_attempts", default.max_attempts))),
        presence_s=max(1.0, _number(options, "presence_s", default.presence_s)),
        stale_ms=int(_number(options, "stale_ms", default.stale_ms)),
        is_gateway=bool(options.get("gateway", default.is_gateway)),
        plain=plain,
        compact=not plain and bool(options.get("compact", default.compact)),
        source_routing=not plain and bool(options.get("source_routing", default.source_routing)),
        signatures=str(options.get("signatures", default.signatures)),
        radio_presence_s=max(1.0, _number(options, "radio_presence_s", default.radio_presence_s)),
    )


def _number(options: Mapping[str, object], key: str, default: float) -> float:
    value = options.get(key)
    return float(value) if isinstance(value, int | float) else default


def _position(value: object) -> Position | None:
    if isinstance(value, Position):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        return Position(float(value[0]), float(value[1]))
    return None
