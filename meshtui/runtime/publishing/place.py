"""Where a broker is, by its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.model.ids import LinkId
from meshtui.transports.base import LinkSpec

if TYPE_CHECKING:
    from meshtui.model.capture import BrokerConfig

_SCHEMES: Final = {
    ("tcp", False): "mqtt",
    ("tcp", True): "mqtts",
    ("websockets", False): "ws",
    ("websockets", True): "wss",
}


def spec_of(config: BrokerConfig, username: str, password: str) -> LinkSpec:
    """Say where a broker is and who we are there."""
    options = {"ca": config.tls_ca} if config.tls_ca else {}
    if config.is_insecure:
        options["insecure"] = "1"
    return LinkSpec(
        LinkId(config.name),
        _SCHEMES[config.transport, config.use_tls],
        config.server,
        config.port,
        config.websocket_path if config.transport == "websockets" else "",
        username,
        password,
        options,
    )


def where_of(config: BrokerConfig) -> str:
    """Write where a broker is, for people."""
    path = config.websocket_path if config.transport == "websockets" else ""
    host = f"[{config.server}]" if ":" in config.server else config.server
    scheme = _SCHEMES.get((config.transport, config.use_tls), config.transport)
    return f"{scheme}://{host}:{config.port}{path}" if host else ""
