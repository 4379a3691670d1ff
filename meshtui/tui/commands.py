"""Every action of the user, once: bindings, slash commands, palette, `?`, README derive from here.

A key of a command with panes works while that pane has the focus; letters and digits never reach a
command while the composer has it, because the composer takes them as text.
"""

from __future__ import annotations

from meshtui.tui.command import Command
from meshtui.tui.mesh_commands import MESH_COMMANDS
from meshtui.tui.publisher_commands import PUBLISHER_COMMANDS

_CHAT = frozenset({"chat"})

EVERYWHERE: tuple[Command, ...] = (
    Command("pane-chat", "Go to chat", "", ("1", "f5", "alt+1")),
    Command("pane-nodes", "Go to nodes", "", ("2", "f6", "alt+2"), "/nodes"),
    Command("pane-routes", "Go to routes", "", ("3", "f7", "alt+3"), "/routes"),
    Command("pane-packets", "Go to packets", "", ("4", "f8", "alt+4"), "/packets"),
    Command("pane-metrics", "Go to metrics", "", ("5", "f9", "alt+5"), "/metrics"),
    Command("pane-publishers", "Go to publishers", "", ("6", "f10", "alt+6"), "/publishers"),
    Command(
        "switch",
        "Find a chat, node or command",
        "Type a few letters of what you look for.",
        ("ctrl+k", "ctrl+p"),
        in_palette=False,
        is_priority=True,
    ),
    Command(
        "help",
        "Keys of this pane",
        "What every key and slash command does here.",
        ("f1", "question_mark"),
        "/help",
    ),
    Command(
        "next-unread",
        "Next chat with something unread",
        "Mentions and direct messages first.",
        ("alt+a",),
        is_priority=True,
    ),
    Command(
        "review-key",
        "Review changed keys",
        "Compare safety numbers and accept the new key; until then its messages are refused.",
        ("alt+k",),
    ),
    Command(
        "show-radio",
        "Our radio",
        "Battery, contacts, clock, settings; a asks it something or sets it, r tries its link now.",
        ("alt+r",),
        "/radio",
    ),
    Command(
        "retry-links",
        "Try links that are down now",
        "Instead of when their time has come, a minute later at most.",
        (),
        "/reconnect",
    ),
    Command(
        "show-answers",
        "Answers so far",
        "What was asked of nodes and radios, what came back, and news nobody asked for.",
        (),
        "/answers",
    ),
    Command(
        "filter-packets",
        "Packets that pass a filter",
        "Such as type==ack && hops>2.",
        (),
        "/filter EXPRESSION",
        in_palette=False,
    ),
    Command("choose-theme", "Theme", "Change the colours now.", (), "/theme [NAME]"),
    Command(
        "toggle-glyphs",
        "Glyphs: unicode or plain",
        "Plain signs are ASCII only.",
        (),
        "/glyphs [unicode|plain]",
    ),
    Command(
        "toggle-mouse",
        "Mouse on or off",
        "Off lets the terminal select and copy by itself.",
        ("f12",),
        "/mouse",
    ),
    Command("back", "One step back", "", ("escape",), in_palette=False),
    Command(
        "quit-safely", "Quit", "What is typed is kept for the next time.", ("q", "ctrl+c"), "/quit"
    ),
)

CHAT: tuple[Command, ...] = (
    Command(
        "toggle-chats",
        "List of chats",
        "Slides in where the window is narrow.",
        ("f2",),
        panes=_CHAT,
    ),
    Command("next-chat", "Next chat in the list", "", ("alt+down",), panes=_CHAT),
    Command("previous-chat", "Previous chat in the list", "", ("alt+up",), panes=_CHAT),
    Command(
        "find",
        "Search this chat",
        "n and N jump between the hits.",
        ("ctrl+f", "slash"),
        "/search WORDS",
        _CHAT,
    ),
    Command(
        "find-everywhere",
        "Search all chats",
        "Enter jumps to the message.",
        (),
        "/find WORDS",
        _CHAT,
        in_palette=False,
    ),
    Command("next-hit", "Next hit (older)", "", ("n",), "", _CHAT, in_palette=False),
    Command("previous-hit", "Previous hit (newer)", "", ("N",), "", _CHAT, in_palette=False),
    Command("write", "Write", "Back to the message line.", ("i", "tab"), "", _CHAT),
    Command(
        "resend",
        "Send a failed message again",
        "The same message, not a copy: the selected one, or the last that failed.",
        ("r",),
        "/resend",
        _CHAT,
    ),
    Command(
        "cancel-message",
        "Stop sending a message",
        "The selected one, or the last that waits.",
        ("x",),
        "/cancel",
        _CHAT,
    ),
    Command("copy-text", "Copy the selected message", "", ("y",), "", _CHAT),
    Command("reply", "Mention the sender of the selected message", "", ("m",), "", _CHAT),
    Command("open-direct", "Write to its sender directly", "", ("d",), "/dm NODE", _CHAT),
    Command(
        "ask-node",
        "Ask this node",
        "Trace, status, log in: whatever its network offers; of our radio with /radio.",
        ("a",),
        "/ask [VERB] [NODE]",
        _CHAT,
    ),
    Command("details", "Details of the selected message", "", ("enter",), "", _CHAT),
    Command(
        "join",
        "Join a channel",
        "By name, name and key, or invitation. Who has that reads it, and writes as anybody.",
        (),
        "/join [NETWORK] #CHANNEL [KEY]",
        _CHAT,
        in_palette=False,
    ),
    Command(
        "create",
        "Create a channel and announce it",
        "",
        (),
        "/create #CHANNEL [DESCRIPTION]",
        _CHAT,
        in_palette=False,
    ),
    Command(
        "invite",
        "Invitation to this channel",
        "A link with its key, copied and shown: whoever has it reads and writes here.",
        (),
        "/invite",
        _CHAT,
    ),
    Command("leave", "Leave this channel", "Its history stays.", (), "/leave", _CHAT),
    Command("names", "Who has written here", "", (), "/names", _CHAT),
    Command("mute", "Mute this chat, or unmute it", "", (), "/mute", _CHAT),
    Command(
        "notify",
        "What may ring here",
        "",
        (),
        "/notify all|mentions|mute",
        _CHAT,
        in_palette=False,
    ),
    Command(
        "block",
        "Block a sender",
        "Their messages are neither shown nor counted.",
        (),
        "/block NODE",
        _CHAT,
        in_palette=False,
    ),
    Command("unblock", "Unblock a sender", "", (), "/unblock NODE", _CHAT, in_palette=False),
    Command(
        "verify",
        "Compare the safety number",
        "Read it to each other by voice; accept it when both are the same.",
        ("v",),
        "/verify [NODE]",
        _CHAT,
    ),
    Command(
        "accept",
        "Accept a node's changed key",
        "Only after comparing its safety number.",
        (),
        "/accept NODE",
        _CHAT,
        in_palette=False,
    ),
    Command("act", "Say what you do", "* alice waves", (), "/me WORDS", _CHAT, in_palette=False),
    Command(
        "nick",
        "Change your display name",
        "Where this program is the node; a companion radio has its own name: /set-name NAME.",
        (),
        "/nick NAME",
        _CHAT,
        in_palette=False,
    ),
)

COMMANDS: tuple[Command, ...] = EVERYWHERE + CHAT + MESH_COMMANDS + PUBLISHER_COMMANDS


def commands_of(pane_id: str) -> tuple[Command, ...]:
    """The commands that apply in a pane, its own first."""
    own = tuple(command for command in COMMANDS if pane_id in command.panes)
    return own + tuple(command for command in COMMANDS if not command.panes)


def slash_commands() -> dict[str, Command]:
    """The commands that can be typed, by their first word: `/join`."""
    return {command.slash_word: command for command in COMMANDS if command.slash}
