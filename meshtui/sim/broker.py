"""An MQTT 3.1.1 broker inside our own process: `amqtt`, behind two small files.

For the demo and its tests, on the loopback interface only: no password, no TLS, nothing on disk.
Starting one needs the extra `demo`; see `require_broker`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
from typing import Any, Final

from meshtui.errors import ConfigError, TransportError

MAX_CONNECTIONS: Final = 200
STOP_TIMEOUT_S: Final = 3.0


def require_broker() -> None:
    """Say clearly that the broker's library is missing.

    Raises:
        ConfigError: `amqtt` is not installed; the text says how to get it.
    """
    if importlib.util.find_spec("amqtt") is None:
        msg = "the demo needs its broker: pip install 'meshtui-client[demo]'"
        raise ConfigError(msg)


class EmbeddedBroker:
    """One broker; any number may live in a process."""

    def __init__(self) -> None:
        """Prepare; nothing listens before `start`."""
        self._broker: Any = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen, and return the port (a free one for 0).

        Raises:
            ConfigError: The library is not installed.
            TransportError: The address is taken or not ours.
        """
        require_broker()
        from meshtui.sim.mended_amqtt import MendedBroker

        for name in ("amqtt", "transitions"):
            # clients that vanish are part of the show, and each would leave a traceback
            logging.getLogger(name).setLevel(logging.CRITICAL)
        listener = {"type": "tcp", "bind": f"{host}:{port}", "max_connections": MAX_CONNECTIONS}
        broker = MendedBroker({"listeners": {"default": listener}, "plugins": {}})
        try:
            await broker.start()
        except Exception as error:  # amqtt wraps whatever went wrong in its own kinds
            msg = f"no broker on {host}:{port}: {error}"
            raise TransportError(msg) from error
        self._broker = broker
        return int(broker.port)

    async def stop(self) -> None:
        """Close every connection and stop listening. Does nothing when not started."""
        broker, self._broker = self._broker, None
        if broker is None:
            return
        try:
            await asyncio.wait_for(broker.shutdown(), STOP_TIMEOUT_S)
        except TimeoutError:
            logging.getLogger(__name__).warning("the broker did not stop in time")
