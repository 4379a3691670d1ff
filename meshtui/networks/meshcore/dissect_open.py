"""What the keys at hand open of a packet, and in which region it is meant to stay."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.channel_key import region_key
from meshtui.networks.meshcore.packet import PayloadType, scope_code
from meshtui.networks.meshcore.payloads.anon_request import AnonRequest
from meshtui.networks.meshcore.payloads.envelope import Envelope
from meshtui.networks.meshcore.payloads.group import GroupEnvelope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.networks.meshcore.channel_key import ChannelKey
    from meshtui.networks.meshcore.keyring import Keyring, Opened
    from meshtui.networks.meshcore.packet import Packet
    from meshtui.networks.meshcore.payloads.registry import Payload

# Public names, as channels of that kind are; a code of 16 bits is no proof, only a hint.
KNOWN_REGIONS: Final = ("#europe", "#usa", "#nl-li", "#snoco")
MAX_REGIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Contents:
    """A sealed payload, and what came of trying to open it.

    Attributes:
        plaintext: Padded with zeros; None where nothing opened it.
        opened: The pair of keys that did; None for channels.
        channel: The channel whose key did; None for nodes.
        why: Which key would open it; empty where one did.
    """

    plaintext: bytes | None = None
    opened: Opened | None = None
    channel: ChannelKey | None = None
    why: str = ""


def open_payload(packet: Packet, payload: Payload, keyring: Keyring) -> Contents:
    """Open what is sealed; what is not has nothing to open and nothing to say why."""
    opened: Opened | None = None
    kind = packet.payload_type
    match payload:
        case GroupEnvelope(channel_hash, sealed):
            is_text = kind == PayloadType.GRP_TXT
            found = keyring.open_group(channel_hash, sealed, is_text=is_text)
            if found is not None:
                return Contents(found[1], channel=found[0])
        case Envelope(dest_hash, src_hash, sealed):
            opened = keyring.open_direct(dest_hash, src_hash, sealed, kind)
        case AnonRequest(dest_hash, sender, sealed):
            opened = keyring.open_anon(dest_hash, sender, sealed)
        case _:
            return Contents()
    if opened is None:
        return Contents(why=keyring.why(payload))
    return Contents(opened.plaintext, opened)


def ends_of(opened: Opened) -> tuple[bytes, bytes]:
    """Return the keys of the proven ends: the source's, then the destination's."""
    ours, peer = opened.key.public_key, opened.peer
    return (ours, peer) if opened.is_outgoing else (peer, ours)


def region_of(packet: Packet, names: Iterable[str]) -> tuple[str, bytes] | None:
    """Find the region that a packet's transport code names: its name and key, or None.

    Args:
        names: Those to try, besides the widely known; at most 64 are.
    """
    if packet.transport_codes is None or not packet.transport_codes[0]:
        return None
    for name in list(dict.fromkeys((*KNOWN_REGIONS, *names)))[:MAX_REGIONS]:
        key = _region_key(name)
        if scope_code(key, packet) == packet.transport_codes[0]:
            return name, key
    return None


def regions_in(keyring: Keyring) -> list[str]:
    """List names of channels that may be regions, too, and those that inviters named."""
    channels = keyring.channels
    named = [channel.region for channel in channels if channel.region]
    return named + [channel.name for channel in channels if channel.name.startswith("#")]


@lru_cache(maxsize=256)
def _region_key(name: str) -> bytes:
    return region_key(name)
