"""MQTT brokers: plain, TLS, WebSocket, WebSocket over TLS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.model.link import LinkKind
from meshtui.transports.base import OptionSpec
from meshtui.transports.mqtt_login import keepalive, log_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import Instant
    from meshtui.model.link import LinkSetup
    from meshtui.transports.base import Link, LinkSpec


@dataclass(frozen=True, slots=True)
class MqttTransport:
    """Opens links to MQTT brokers."""

    schemes: tuple[str, ...] = ("mqtt", "mqtts", "ws", "wss")
    kind: LinkKind = LinkKind.BROKER
    options: tuple[OptionSpec, ...] = (
        OptionSpec("password_file", "read the password from the first line of this file"),
        OptionSpec("ca", "a PEM file with an authority to trust beside the system's"),
        OptionSpec("insecure", "1: do not check the certificate", "0", ("0", "1")),
        OptionSpec("keepalive", "seconds between signs of life, 5 to 1200", "60"),
        OptionSpec("protocol", "MQTT version: 4 is 3.1.1", "4", ("4", "5")),
    )

    def check(self, spec: LinkSpec) -> None:
        """Refuse a number out of range; files are looked at when the link opens."""
        keepalive(spec)

    async def open(self, spec: LinkSpec, setup: LinkSetup, now: Callable[[], Instant]) -> Link:
        """Connect, log in and subscribe; at most 15 seconds.

        Raises:
            TransportError: With a sentence that says what was tried and what to do.
        """
        from meshtui.transports.mqtt_client import LoopClient
        from meshtui.transports.mqtt_link import MqttLink

        return await log_in(
            spec,
            setup,
            LoopClient,
            lambda client: MqttLink(client, spec, setup, now),
            is_clean=not setup.client_id,
        )


MQTT = MqttTransport()
