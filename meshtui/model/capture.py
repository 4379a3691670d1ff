"""What the packet capture service is told: one radio, up to ten brokers.

The settings fill it in; it lives here because the runtime knows no settings, only values.

The same keys stand in the section `[PacketCapture]` of the INI file that other programs run with,
and in the table `[capture]` of ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from meshtui.model.secret import SecretBytes

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BROKERS: Final = 10
INI_SECTION: Final = "PacketCapture"


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    """One broker, `mqttN_*`.

    Attributes:
        number: N, 1..10.
        problem: Why it cannot run, naming file, line and key; empty = it can. The others run.
        transport: `tcp` or `websockets`.
        token_audience: The bare host name that tokens are made out to.
        password: As written, or from `password_file`.
        tls_ca: A PEM file with an authority to trust beside the system's (ours); or empty.
        is_insecure: The certificate is not checked (ours).
        topic_status: A template: `{IATA}`, `{iata}`, `{PUBLIC_KEY}`, `{public_key}`.
        qos: 0 or 1, of packets.
        is_retained: Of status messages; packets never are.
        client_id: Empty = made from the radio's key.
        packet_types: Payload types it gets; empty = all.
        jwt_ttl_s: How long its tokens live.
        password_file: Where the password is read from (ours), before the service runs; or empty.
    """

    number: int
    is_enabled: bool = True
    problem: str = ""
    server: str = ""
    port: int = 1883
    transport: str = "tcp"
    use_tls: bool = False
    websocket_path: str = "/mqtt"
    use_auth_token: bool = False
    token_audience: str = ""
    username: str = ""
    password: SecretBytes = field(default_factory=lambda: SecretBytes(b""))
    tls_ca: str = ""
    is_insecure: bool = False
    topic_status: str = ""
    topic_packets: str = ""
    qos: int = 0
    is_retained: bool = True
    client_id: str = ""
    packet_types: frozenset[int] = frozenset()
    jwt_ttl_s: float = 86_400.0
    password_file: str = ""

    @property
    def name(self) -> str:
        """As in the settings: `mqtt1`."""
        return f"mqtt{self.number}"


@dataclass(frozen=True, slots=True)
class CaptureConfig:
    """The service.

    Attributes:
        is_enabled: False = nothing is captured.
        link: The link id of the radio to listen to (ours); empty = the first that can be.
        filter: What leaves, as a display filter over packets (ours); empty = everything.
        publish_own: Also what we send ourselves, where we key the radio (ours).
        iata: Three letters of an airport, `test`, or empty.
        owner_public_key: 64 hex digits, upper case; or empty.
        auth_token_method: `device` or `python`.
        output_file: Where packet messages are written as JSON Lines; or empty.
        output_max_mb: A larger file is put aside (ours).
        output_keep: So many that were put aside are kept (ours).
        has_mqtt: `mqtt_enabled`: False = only the file is written.
        stats_refresh_interval_s: Years where it is switched off.
        jwt_renewal_interval_s: At most so old may a token be; half its life, whatever is set.
        health_check_interval_s: Years where it is switched off.
        token_iata: Also tell `iata` in tokens (ours).
        bot_name: Origin of messages where the radio has no name; or empty.
        places: Where each key that is set stands, by key as written: file and line, for messages.
    """

    is_enabled: bool = False
    link: str = ""
    filter: str = ""
    publish_own: bool = False
    iata: str = ""
    owner_public_key: str = ""
    owner_email: str = ""
    auth_token_method: str = "device"  # noqa: S105 - a word, no secret
    private_key_path: str = ""
    output_file: str = ""
    output_max_mb: float = 100.0
    output_keep: int = 3
    verbose: bool = False
    debug: bool = False
    has_mqtt: bool = True
    stats_in_status_enabled: bool = True
    stats_refresh_interval_s: float = 300.0
    jwt_renewal_interval_s: float = 86_400.0
    health_check_interval_s: float = 30.0
    health_check_grace_period: int = 2
    token_iata: bool = False
    brokers: tuple[BrokerConfig, ...] = ()
    bot_name: str = ""
    places: Mapping[str, str] = field(default_factory=dict, repr=False)
