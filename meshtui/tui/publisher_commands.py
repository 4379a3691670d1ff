"""The user's actions upon the brokers that packets are published to."""

from __future__ import annotations

from meshtui.tui.command import Command

_PUBLISHERS = frozenset({"publishers"})
_WHICH = "Typed without a name: all of them."

PUBLISHER_COMMANDS: tuple[Command, ...] = (
    Command(
        "pause-publisher",
        "Pause this broker, or go on",
        f"It stays connected and is given no packets. {_WHICH}",
        ("space", "p"),
        "/pause [BROKER]",
        _PUBLISHERS,
    ),
    Command(
        "resume-publisher",
        "Go on with a paused broker",
        _WHICH,
        (),
        "/resume [BROKER]",
        _PUBLISHERS,
    ),
    Command(
        "retry-publisher", "Try this broker now", _WHICH, ("R",), "/retry [BROKER]", _PUBLISHERS
    ),
    Command(
        "renew-token", "New token for this broker", _WHICH, ("T",), "/token [BROKER]", _PUBLISHERS
    ),
    Command(
        "filter-published",
        "Privacy filter: what leaves",
        "Such as type==advert && hops<3, for all brokers, until the program ends.",
        ("f", "slash"),
        "/publish-filter [EXPRESSION]",
        _PUBLISHERS,
    ),
    Command(
        "maximise-preview",
        "Its next message, in the whole pane",
        "Exactly the bytes that leave next; it stands still meanwhile.",
        ("enter",),
        "",
        _PUBLISHERS,
    ),
    Command(
        "preview-form", "Message laid out, as it is sent, or in hex", "", ("b",), "", _PUBLISHERS
    ),
    Command("copy-preview", "Copy the message", "", ("c", "y"), "", _PUBLISHERS),
)
