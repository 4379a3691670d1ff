"""The user's actions in the panes nodes, routes, packets and metrics."""

from __future__ import annotations

from meshtui.tui.command import Command

_NODES = frozenset({"nodes"})
_ROUTES = frozenset({"routes"})
_PACKETS = frozenset({"packets"})
_LISTS = _NODES | _ROUTES | _PACKETS

MESH_COMMANDS: tuple[Command, ...] = (
    Command(
        "filter-rows",
        "Filter",
        "Words, or fields such as hops<3 && name~hill; Tab completes, Esc takes it away.",
        ("slash",),
        "",
        _LISTS,
    ),
    Command(
        "show-details",
        "Details",
        "All that is known of the selected row.",
        ("enter",),
        "",
        _NODES | _ROUTES,
    ),
    Command("sort-nodes", "Next sort order", "Remembered.", ("s",), "", _NODES),
    Command("write-direct", "Write to this node", "", ("d",), "", _NODES | _ROUTES),
    Command(
        "ask-node",
        "Ask this node",
        "Trace, status, log in: whatever its network offers.",
        ("a", "full_stop"),
        "",
        _NODES | _ROUTES,
    ),
    Command("favourite", "Favourite, or not", "", ("f",), "", _NODES),
    Command(
        "ignore",
        "Ignore this node, or hear it again",
        "Its messages are neither shown nor counted.",
        ("i",),
        "",
        _NODES,
    ),
    Command(
        "compare-key",
        "Compare the safety number",
        "Accept a key only when both sides read the same digits.",
        ("v",),
        "",
        _NODES,
    ),
    Command("node-packets", "Packets of this node", "", ("x",), "", _NODES | _ROUTES),
    Command("copy-id", "Copy the node id", "", ("y",), "", _NODES | _ROUTES),
    Command(
        "forget-route",
        "Forget the ways to this node",
        "They are learned again when it is heard.",
        ("r",),
        "",
        _ROUTES,
    ),
    Command("open-metrics", "Counters", "", ("m",), "", _ROUTES | _NODES),
    Command("pause", "Pause, or go on", "Packets are kept meanwhile.", ("p",), "", _PACKETS),
    Command("newest", "Newest packet, and follow", "", ("A",), "", _PACKETS),
    Command(
        "ladder",
        "All packets of this message",
        "Copies, relays and acknowledgements in order; Esc goes back.",
        ("x",),
        "",
        _PACKETS,
    ),
    Command(
        "mark-packet",
        "Mark; two marked are compared",
        "The fields in which they differ.",
        ("space", "m"),
        "",
        _PACKETS,
    ),
    Command("maximise", "Only the focused part, or all", "", ("backslash",), "", _PACKETS),
    Command("hex-aside", "Hex beside the tree, or under it", "", ("vertical_line",), "", _PACKETS),
    Command("next-buffer", "Frame or decrypted bytes", "", ("b",), "", _PACKETS),
    Command("time-mode", "Time of day, or since the one before", "", ("w",), "", _PACKETS),
    Command("copy-hex", "Copy the packet as hex", "", ("c",), "", _PACKETS),
    Command("copy-json", "Copy the packet as JSON", "", ("y",), "", _PACKETS),
    Command(
        "export",
        "Write the list to a file",
        "JSON, one packet a line; what the filter lets through.",
        ("e",),
        "",
        _PACKETS,
    ),
)
