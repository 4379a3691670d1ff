"""What lists and the inspector show of a frame: a packet of the air, or what radio and host say.

Which of them it is, the frame's endpoint says: empty for the air.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.networks.meshcore.companion.dissect import (
    ENDPOINT,
    dissect_companion,
    summarise_companion,
)
from meshtui.networks.meshcore.dissect import dissect_packet
from meshtui.networks.meshcore.modem import words
from meshtui.networks.meshcore.summary import summarise_data

if TYPE_CHECKING:
    from meshtui.model.packet import Dissection, Frame, PacketSummary
    from meshtui.networks.meshcore.keyring import Keyring


def summarise_frame(frame: Frame, keyring: Keyring) -> PacketSummary:
    """Say in one line what a frame is, with the keys at hand. Never raises."""
    if frame.endpoint == ENDPOINT:
        return summarise_companion(frame.payload)
    if frame.endpoint == words.ENDPOINT:
        return words.summarise_modem(frame.payload)
    return summarise_data(frame.payload, keyring)


def dissect_frame(frame: Frame, keyring: Keyring) -> Dissection:
    """Take a frame apart, with the keys at hand. Never raises."""
    if frame.endpoint == ENDPOINT:
        return dissect_companion(frame.payload)
    if frame.endpoint == words.ENDPOINT:
        return words.dissect_modem(frame.payload)
    return dissect_packet(frame.payload, keyring)
