"""What MeshCore packets are called in lists, and what a radio and its host say to each other.

Payload types and codes beyond these are called `unassigned`, or by their number.
"""

from __future__ import annotations

from typing import Final

from meshtui.networks.meshcore.companion.codes import Answer, Command, Push
from meshtui.networks.meshcore.kiss import Hardware, KissCommand

ON_THE_AIR: Final = (
    "advert",
    "text",
    "group-text",
    "group-data",
    "ack",
    "path",
    "request",
    "response",
    "anon-request",
    "trace",
    "multipart",
    "control",
    "raw",
    "unassigned",
    "malformed",
)
ON_THE_LINE: Final = ("noise", "empty")

KINDS: Final = (
    *ON_THE_AIR,
    *ON_THE_LINE,
    *(code.name for codes in (Command, Answer, Push, KissCommand, Hardware) for code in codes),
)
