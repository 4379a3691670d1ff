"""The one list of what can be set."""

from __future__ import annotations

from typing import Final

from meshtui.config.link_urls import link_urls
from meshtui.config.option import Option, choice, flag, integer, number, position, text

NAME: Final = Option(
    "name", "", text(64), "The name others see beside your messages.", 'name = "Alice"'
)
LINKS: Final[Option[tuple[str, ...]]] = Option(
    "links",
    (),
    link_urls,
    "What to connect to, as NETWORK+MEDIUM URLs. Keep a password out of this file with\n"
    "?password_file=PATH; see `meshtui doctor` when a link does not come up.",
    'links = ["jsonmesh+mqtts://user@broker.example:8883?password_file=~/.broker-password"]',
)
THEME: Final = Option("theme", "", text(64), "Colour theme; empty = the standard one.")
GLYPHS: Final = Option(
    "glyphs",
    "unicode",
    choice("unicode", "plain"),
    'Symbols on the screen: "unicode", or "plain" for terminals and fonts without them.',
)
POSITION: Final[Option[tuple[float, float] | None]] = Option(
    "position",
    None,
    position,
    "Where this node stands, [latitude, longitude]. Told to nobody unless share_position is set.",
    "position = [48.8566, 2.3522]",
)
RELAY: Final[Option[bool | None]] = Option(
    "jsonmesh.relay",
    None,
    flag,
    "Pass other nodes' messages on, also from one link to another, and lend our radios to the\n"
    "brokers' members. `meshtui relay` does so by itself, and whoever has a radio passes messages\n"
    "on; everything else does only where this is true, and nothing where it is false.",
    "relay = true",
)
SHARE_POSITION: Final = Option(
    "jsonmesh.share_position",
    False,
    flag,
    "Put the position above into the public, retained presence of this node.",
)
ACK_TIMEOUT_S: Final = Option(
    "jsonmesh.ack_timeout_s",
    5.0,
    number(0.5, 600),
    "Seconds to wait for the acknowledgement of a direct message before it is sent again.",
)
MAX_ATTEMPTS: Final = Option(
    "jsonmesh.max_attempts",
    3,
    integer(1, 10),
    "How often a direct message is sent before it counts as not delivered.",
)
COMPACT: Final = Option(
    "jsonmesh.compact",
    True,
    flag,
    "Write frames on radio in a small form to the nodes that announced they read it.",
)
SOURCE_ROUTING: Final = Option(
    "jsonmesh.source_routing",
    True,
    flag,
    "Send direct messages on radio along the path learned last; flood when that fails.",
)
SIGNATURES: Final = Option(
    "jsonmesh.signatures",
    "off",
    choice("off", "brokers", "all"),
    'Sign messages, so that also in a forum it is certain who wrote: "brokers" = not on radio,\n'
    "where a signature costs 64 bytes of every packet.",
)
RADIO_PRESENCE_S: Final = Option(
    "jsonmesh.radio_presence_s",
    10_800.0,
    number(300, 86_400),
    "Seconds between two announcements of this node on radio.",
)
REPEATER: Final = Option(
    "meshcore.repeater",
    False,
    flag,
    "Pass other nodes' packets on, as MeshCore repeaters do. Only over +kiss links, where meshtui\n"
    "is the node; a companion radio has its own say.",
)
MESHCORE_SHARE_POSITION: Final = Option(
    "meshcore.share_position",
    False,
    flag,
    "Put the position above into the advertisements of our own node.",
)
PATH_HASH_SIZE: Final = Option(
    "meshcore.path_hash_size",
    1,
    integer(1, 3),
    "Bytes by which repeaters name themselves in packets of ours. 1 is what every firmware knows;\n"
    "with 2 or 3 a path is certain, and shorter ones fit.",
)
MULTI_ACKS: Final = Option(
    "meshcore.multi_acks",
    False,
    flag,
    "Send each acknowledgement that goes along a known path twice.",
)
ADVERT_EVERY_S: Final = Option(
    "meshcore.advert_every_s",
    43_200.0,
    number(0, 604_800),
    "Seconds between two advertisements of our own node to the whole mesh; 0 = only when asked.\n"
    "Those in direct reach hear of it at every start.",
)
SYNC_CLOCK: Final = Option(
    "meshcore.sync_clock",
    True,
    flag,
    "Set the clock of a companion radio where it is behind this machine's.",
)
PRIVATE_KEY_FILE: Final = Option(
    "meshcore.private_key_file",
    "",
    text(4096),
    "A MeshCore identity to be used instead of the one that follows from the words: a file with\n"
    "its private key in hex, 64 digits (a seed) or 128 (as radios export it), for your eyes only.\n"
    "Only over +kiss links; a companion radio has its own.",
    'private_key_file = "~/.config/meshtui/meshcore.key"',
)
LOG_LEVEL: Final = Option(
    "log.level",
    "info",
    choice("debug", "info", "warning", "error"),
    "How much goes into the log. Never message texts or keys.",
)
OPTIONS: Final[tuple[Option[object], ...]] = (
    NAME,
    LINKS,
    THEME,
    GLYPHS,
    POSITION,
    RELAY,
    SHARE_POSITION,
    ACK_TIMEOUT_S,
    MAX_ATTEMPTS,
    COMPACT,
    SOURCE_ROUTING,
    SIGNATURES,
    RADIO_PRESENCE_S,
    REPEATER,
    MESHCORE_SHARE_POSITION,
    PATH_HASH_SIZE,
    MULTI_ACKS,
    ADVERT_EVERY_S,
    SYNC_CLOCK,
    PRIVATE_KEY_FILE,
    LOG_LEVEL,
)  # type: ignore[assignment]  # a table of options of many types
