"""The user's actions in the panes nodes, routes, packets and metrics."""

from __future__ import annotations

from meshtui.tui.command import Command
from meshtui.tui.packet_commands import PACKET_COMMANDS

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
    *PACKET_COMMANDS,
)
