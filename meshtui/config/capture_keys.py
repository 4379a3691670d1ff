"""The one table of what the packet capture service can be told; a new key is one row here.

The defaults are those of the fields that the keys fill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.config import capture_values as read
from meshtui.model.capture import BrokerConfig, CaptureConfig

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PATH: Final = 4_096


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        name: As in the file; of a broker, what follows `mqttN_`.
        field: What it fills in `CaptureConfig` or `BrokerConfig`; empty = nothing by itself.
        read: Returns the checked value; ValueError says what is allowed.
        help: A line for people.
        is_path: A file; what does not begin with `/` or `~` is beside the settings.
        is_secret: Never shown.
    """

    name: str
    field: str
    read: Callable[[object, read.Say], object]
    help: str
    is_path: bool = False
    is_secret: bool = False


SERVICE_KEYS: Final = (
    Key("enabled", "is_enabled", read.flag, "Run the service."),
    Key("link", "link", read.line(64), "Id of the radio's link; empty = the first MeshCore radio."),
    Key("filter", "filter", read.packet_filter, "What leaves, as a display filter; empty = all."),
    Key("publish_own", "publish_own", read.flag, "Also publish what a modem of ours sends."),
    Key("iata", "iata", read.iata, "Three letters of an airport near you, or test."),
    Key("owner_public_key", "owner_public_key", read.owner_key, "Told to brokers in the token."),
    Key("owner_email", "owner_email", read.email, "Told to brokers in the token."),
    Key("auth_token_method", "auth_token_method", read.auth_method, "Who signs: device, python."),
    Key(
        "private_key_path",
        "private_key_path",
        read.line(MAX_PATH),
        "The radio's private key, where the radio does not sign.",
        is_path=True,
    ),
    Key(
        "output_file",
        "output_file",
        read.line(MAX_PATH),
        "Also write packet messages here, as JSON Lines.",
        is_path=True,
    ),
    Key("output_max_mb", "output_max_mb", read.number(1, 1e6), "Larger files are put aside."),
    Key("output_keep", "output_keep", read.whole(0, 1000), "So many put aside are kept."),
    Key("verbose", "verbose", read.flag, "Log every packet."),
    Key("debug", "debug", read.flag, "Log what goes on inside."),
    Key("mqtt_enabled", "has_mqtt", read.flag, "false = only write output_file."),
    Key(
        "stats_in_status_enabled",
        "stats_in_status_enabled",
        read.flag,
        "Put the radio's statistics into the status.",
    ),
    Key(
        "stats_refresh_interval",
        "stats_refresh_interval_s",
        read.seconds(10, 86_400, zero=read.NEVER_S),
        "Seconds between two status messages.",
    ),
    Key(
        "jwt_renewal_interval",
        "jwt_renewal_interval_s",
        read.seconds(60, 2_678_400, zero=86_400.0),
        "Seconds until a token is renewed; half of its life is the longest.",
    ),
    Key("jwt_ttl_seconds", "", read.number(120, 86_400), "Seconds a token lives."),
    Key(
        "health_check_interval",
        "health_check_interval_s",
        read.seconds(1, 86_400, zero=read.NEVER_S),
        "Seconds between two looks at every connection.",
    ),
    Key(
        "health_check_grace_period",
        "health_check_grace_period",
        read.whole(0, 1000),
        "So many looks may fail in a row before a warning.",
    ),
    Key("token_iata", "token_iata", read.flag, "Also tell brokers the iata in the token."),
)
BROKER_KEYS: Final = (
    Key("enabled", "is_enabled", read.flag, "Publish to this broker."),
    Key("server", "server", read.server, "Its host name."),
    Key("port", "port", read.whole(1, 65_535), "Usually 1883; 8883 with TLS; 443 by WebSocket."),
    Key("transport", "transport", read.transport, "tcp or websockets."),
    Key("use_tls", "use_tls", read.flag, "Encrypt, and check who answers."),
    Key("tls_ca", "tls_ca", read.line(MAX_PATH), "PEM file: trust this, too.", is_path=True),
    Key("tls_insecure", "is_insecure", read.flag, "Do not check who answers."),
    Key("websocket_path", "websocket_path", read.websocket_path, "Path of the WebSocket."),
    Key("use_auth_token", "use_auth_token", read.flag, "Log in with a token signed by the radio."),
    Key("token_audience", "token_audience", read.audience, "Host name the token is for."),
    Key("jwt_ttl_seconds", "jwt_ttl_s", read.number(120, 86_400), "Seconds its tokens live."),
    Key("username", "username", read.line(256), "User; with a token, v1_ and the radio's key."),
    Key("password", "password", read.line(1024), "Password.", is_secret=True),
    Key(
        "password_file",
        "password_file",
        read.line(MAX_PATH),
        "File with the password.",
        is_path=True,
    ),
    Key("topic_status", "topic_status", read.topic, "Where status messages go."),
    Key("topic_packets", "topic_packets", read.topic, "Where packet messages go."),
    Key("topic_prefix", "", read.topic, "Where both go, if not set: PREFIX/status, PREFIX/packet."),
    Key("upload_packet_types", "packet_types", read.packet_types, "Only these types, as 2, 4."),
    Key("qos", "qos", read.qos, "0, or 1 = the broker confirms every packet."),
    Key("retain", "is_retained", read.flag, "The broker keeps the last status message."),
    Key("client_id", "client_id", read.line(128), "Empty = made from the radio's key."),
)
ELSEWHERE: Final = {
    "log_rotation": "output_max_mb and output_keep do that here",
    "log_rotation_when": "output_max_mb and output_keep do that here",
    "log_max_bytes": "output_max_mb does that here",
    "log_backup_count": "output_keep does that here",
    "mqtt_skip_unparseable_packets": 'filter = "verdict!=rejected" keeps them back',
    "advert_require_valid_signature": 'filter = "reason!=forged" does that',
    "include_decoded": "packets are published as heard, never opened",
    "topic_neighbors": "neighbours are not asked",
    "neighbors": "neighbours are not asked",
}
"""Keys of programs that read the same section, and what to do here instead."""
ELSEWHERE_PREFIXES: Final = {
    "decode_": "packets are published as heard, never opened",
    "neighbors_": "neighbours are not asked",
}

DEFAULT_SERVICE: Final = CaptureConfig()
DEFAULT_BROKER: Final = BrokerConfig(number=0)
