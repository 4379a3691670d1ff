"""How people hand each other's keys on.

meshcore://<hex of a whole advert packet>              signed, with name and position
meshcore://contact/add?name=…&public_key=…&type=1..4   as a QR code shows it; proves nothing
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from meshtui.errors import CryptoError, DecodeError
from meshtui.networks.meshcore.identity import parse_node_id
from meshtui.networks.meshcore.packet import (
    MAX_PACKET_BYTES,
    PayloadType,
    decode_packet,
)
from meshtui.networks.meshcore.payloads.advert import (
    Advert,
    AdvertType,
    decode_advert,
    decode_appdata,
    is_genuine,
)

SCHEME = "meshcore://"
MAX_NAME_BYTES = 31
_MAX_CHARS = len(SCHEME) + 2 * MAX_PACKET_BYTES + 256
_HEX = frozenset(string.hexdigits)


@dataclass(frozen=True, slots=True)
class ContactCard:
    """Somebody's key as it was handed on.

    Attributes:
        node_type: An `AdvertType`.
        advert: The signed advert it came in; None where it came in no such thing.
    """

    public_key: bytes
    name: str
    node_type: int
    advert: Advert | None = None


def parse_card(text: str) -> ContactCard:
    """Read a contact card of either form.

    Raises:
        DecodeError: `bad-card`, or what is wrong with the packet inside.
        CryptoError: `forged`: the advert inside is not signed by its key.
    """
    text = text.strip()
    if len(text) > _MAX_CHARS or not text.lower().startswith(SCHEME):
        raise DecodeError("bad-card", "it does not begin with meshcore://, or is too long")
    rest = text[len(SCHEME) :]
    if rest and _HEX.issuperset(rest):
        return _card_of_packet(rest)
    return _card_of_link(text)


def card_of(packet: bytes) -> str:
    """Write the packet of a signed advert as a card."""
    return SCHEME + packet.hex().upper()


def link_of(public_key: bytes, name: str, node_type: int = AdvertType.CHAT) -> str:
    """Write a key as the link a QR code shows."""
    name = quote(name, safe="")
    return f"{SCHEME}contact/add?name={name}&public_key={public_key.hex()}&type={node_type}"


def _card_of_packet(digits: str) -> ContactCard:
    """Read the form with an advert."""
    if len(digits) % 2:
        raise DecodeError("bad-card", "an odd number of hex digits")
    packet = decode_packet(bytes.fromhex(digits))
    if packet.payload_type != PayloadType.ADVERT:
        raise DecodeError("bad-card", "the packet inside is not an advert", 0)
    advert = decode_advert(packet.payload)
    if not is_genuine(advert):
        raise CryptoError("forged", "the card is not signed by its own key")
    data = decode_appdata(advert.appdata)
    return ContactCard(advert.public_key, data.name, data.node_type, advert)


def _card_of_link(text: str) -> ContactCard:
    """Read the form of a QR code."""
    try:
        url = urlsplit(text)
        fields = parse_qs(url.query, keep_blank_values=True, max_num_fields=16)
    except ValueError as error:
        raise DecodeError("bad-card", "it cannot be read as a link") from error
    if (url.netloc.lower(), url.path) != ("contact", "/add"):
        raise DecodeError("bad-card", "neither an advert in hex nor a link contact/add")
    try:
        public_key = parse_node_id(fields.get("public_key", [""])[0])
    except DecodeError as error:
        raise DecodeError("bad-card", f"its public key: {error.detail}") from error
    name = fields.get("name", [""])[0]
    if len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        raise DecodeError("bad-card", f"its name exceeds {MAX_NAME_BYTES} bytes")
    kind = fields.get("type", ["1"])[0]
    if kind not in {"1", "2", "3", "4"}:
        raise DecodeError("bad-card", "its type is not one of 1, 2, 3, 4")
    return ContactCard(public_key, name, int(kind))
