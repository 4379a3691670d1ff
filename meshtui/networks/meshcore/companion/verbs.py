"""What can be asked of a node or of a radio of ours; front ends make their menus of it."""

from __future__ import annotations

from typing import Final

from meshtui.model.node import NodeRole
from meshtui.model.verb import Verb, VerbTarget
from meshtui.networks.meshcore.arguments import days_of
from meshtui.networks.meshcore.device_arguments import PRESETS, preset_of

_NODE: Final = VerbTarget.NODE
_RADIO: Final = VerbTarget.RADIO
_SERVERS: Final = frozenset({NodeRole.RELAY, NodeRole.ROOM, NodeRole.SENSOR})
_RELAYS: Final = frozenset({NodeRole.RELAY, NodeRole.ROOM})

NODE_VERBS: Final = (
    Verb(
        "trace",
        "Trace the way",
        "Send a packet there and back and show how well each hop heard the one before.",
        _NODE,
        "HOPS",
        is_optional=True,
    ),
    Verb("path", "Show the path", "Show the path the radio uses, and how it was learned.", _NODE),
    Verb(
        "discover-path",
        "Discover the path",
        "Find the way there and back by a flood.",
        _NODE,
    ),
    Verb(
        "reset-path",
        "Reset the path",
        "Forget the path: the next text floods and a new path is learned.",
        _NODE,
    ),
    Verb(
        "set-path",
        "Set the path",
        "Send along these repeaters from now on: hop hashes such as `a1,3f`, or `direct`.",
        _NODE,
        "HOPS",
    ),
    Verb(
        "login",
        "Log in",
        "Log in to a repeater or room server; an empty password asks as a guest.",
        _NODE,
        "password",
        is_optional=True,
        is_secret=True,
        roles=_SERVERS,
    ),
    Verb("logout", "Log out", "End the session with a room server.", _NODE, roles=_SERVERS),
    Verb(
        "status",
        "Status",
        "Battery, uptime, traffic and noise of a repeater, room server or sensor.",
        _NODE,
        roles=_SERVERS,
    ),
    Verb(
        "neighbours",
        "Neighbours",
        "The repeaters that a repeater hears itself.",
        _NODE,
        roles=_RELAYS,
    ),
    Verb("telemetry", "Telemetry", "What its sensors measure.", _NODE),
    Verb("owner", "Owner", "Firmware, name and owner of a repeater.", _NODE, roles=_RELAYS),
    Verb(
        "acl",
        "Access list",
        "Who may do what there; needs a login as administrator.",
        _NODE,
        roles=_SERVERS,
    ),
    Verb(
        "cli",
        "Command line",
        "Send one line to its command line; needs a login as administrator.",
        _NODE,
        "command",
        roles=_SERVERS,
    ),
    Verb("add", "Add to contacts", "Put it into the radio's contact table.", _NODE),
    Verb(
        "remove",
        "Remove from contacts",
        "Take it out of the radio's contact table; its path and rights go too.",
        _NODE,
        is_dangerous=True,
    ),
    Verb("share", "Share nearby", "Tell those in direct reach of this contact.", _NODE),
    Verb("export", "Contact card", "Show its card (meshcore://…) to pass on.", _NODE),
    Verb(
        "favourite",
        "Favourite on the radio",
        "Keep it when the radio makes room; `off` takes that back.",
        _NODE,
        "on or off",
        is_optional=True,
    ),
)
RADIO_VERBS: Final = (
    Verb("info", "About this radio", "Name, key, firmware and settings.", _RADIO),
    Verb("battery", "Battery", "Voltage and storage.", _RADIO),
    Verb("stats", "Statistics", "Traffic, air time, noise and uptime.", _RADIO),
    Verb("sync-time", "Set the clock", "Compare clocks and set the radio's if behind.", _RADIO),
    Verb("advert", "Advertise nearby", "Tell those in direct reach that we are here.", _RADIO),
    Verb("advert-flood", "Advertise", "Tell the whole mesh that we are here.", _RADIO),
    Verb("set-name", "Set the name", "At most 31 bytes.", _RADIO, "name"),
    Verb("set-position", "Set the position", "Degrees; `off` clears it.", _RADIO, "LAT LNG"),
    Verb(
        "set-radio",
        "Tune the radio",
        f"A preset ({', '.join(PRESETS)}), or frequency, bandwidth, spreading factor, coding rate.",
        _RADIO,
        "PRESET or MHZ KHZ SF CR",
        is_dangerous=True,
        check=preset_of,
    ),
    Verb("set-power", "Set the power", "What the radio sends with.", _RADIO, "dBm"),
    Verb(
        "set-path-hash-mode",
        "Set the hop hash size",
        "Bytes by which repeaters name themselves in our floods: 1, 2 or 3.",
        _RADIO,
        "BYTES",
    ),
    Verb(
        "set-multi-acks",
        "Acknowledge twice",
        "Send each acknowledgement along a path twice.",
        _RADIO,
        "on or off",
    ),
    Verb(
        "contacts-old",
        "Contacts long unheard",
        "List contacts not heard for so many days, favourites aside.",
        _RADIO,
        "DAYS",
    ),
    Verb(
        "contacts-cleanup",
        "Clean contacts up",
        "Remove contacts not heard for so many days, favourites aside; `contacts-old` lists them.",
        _RADIO,
        "DAYS",
        is_dangerous=True,
        check=days_of,
    ),
    Verb("reboot", "Reboot", "Start the radio anew.", _RADIO, is_dangerous=True),
    Verb("import", "Import a card", "Add a contact by its card.", _RADIO, "meshcore://…"),
    Verb("export", "Own contact card", "Show our card (meshcore://…) to pass on.", _RADIO),
    Verb(
        "scope",
        "Limit floods to a region",
        "Only repeaters of that region pass our floods on; `off` ends it, empty shows it.",
        _RADIO,
        "#region",
        is_optional=True,
    ),
    Verb("contacts", "Contacts", "Read the contact table again and show it.", _RADIO),
    Verb("channels", "Channel slots", "Show which channels the radio keeps.", _RADIO),
)
VERBS: Final = NODE_VERBS + RADIO_VERBS
