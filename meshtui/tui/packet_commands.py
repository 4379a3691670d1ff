"""The user's actions in the packet inspector, live or over a recording."""

from __future__ import annotations

from meshtui.tui.command import Command

_PACKETS = frozenset({"packets"})


def _own(name: str, title: str, help_: str = "", *keys: str, in_palette: bool = True) -> Command:
    return Command(name, title, help_, keys, "", _PACKETS, in_palette)


PACKET_COMMANDS: tuple[Command, ...] = (
    _own("pause", "Pause, or go on", "Packets are kept meanwhile.", "p"),
    _own("newest", "Newest packet, and follow", "", "A"),
    _own("look-for", "Find", "Words, hex digits; in fields, bytes and texts.", "s", "ctrl+f"),
    _own("next-found", "Next packet that holds it", "", "n", in_palette=False),
    _own("previous-found", "Packet before that holds it", "", "N", in_palette=False),
    _own(
        "ladder",
        "This message as a ladder",
        "Copies, relays and acknowledgements as arrows from station to station.",
        "x",
    ),
    _own(
        "follow-message",
        "All packets of this message",
        "The list holds no other; Esc goes back.",
        "f",
    ),
    _own(
        "mark-packet",
        "Mark; two marked are compared",
        "How each was heard, and the fields in which they differ.",
        "space",
    ),
    _own("letter-packet", "Mark with a letter: m a", "", "m", in_palette=False),
    _own("go-to-letter", "Go to the mark of a letter: ' a", "", "apostrophe", in_palette=False),
    _own("packet-statistics", "Statistics of what is shown", "Types, hops, signal, talkers.", "S"),
    _own("choose-columns", "Columns", "Remembered.", "t"),
    _own("give-key", "Join the channel that opens it", "Packets it opens are read again.", "c"),
    _own("maximise", "Only the focused part, or all", "", "backslash"),
    _own("hex-aside", "Hex beside the tree, or under it", "", "vertical_line"),
    _own("next-buffer", "Frame or decrypted bytes", "", "b"),
    _own("time-mode", "Time of day, or since the one before", "", "w"),
    _own("copy-json", "Copy the packet as JSON", "", "y"),
    _own("copy-hex", "Copy the packet as hex", "", "Y"),
    _own("export", "Write the list to a file", "JSON Lines, pcap or pcapng.", "e"),
)
