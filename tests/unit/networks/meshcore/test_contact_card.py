"""Contact cards: both forms are read; a forged one is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.errors import CryptoError, DecodeError
from meshtui.networks.meshcore.contact_card import card_of, link_of, parse_card
from meshtui.networks.meshcore.packet import decode_packet, encode_packet
from meshtui.networks.meshcore.payloads.advert import Advert, decode_advert, encode_advert
from tests.support.meshcore_vectors import key, raw

ADVERT = raw("ADVERT flood A")
LINK = link_of(key("B").public_key, "Bob & co", 2)


def test_a_card_with_an_advert_says_what_the_advert_says() -> None:
    card = parse_card(f" meshcore://{ADVERT.hex()} ")

    assert (card.public_key, card.name, card.node_type) == (key("A").public_key, "Alice", 1)
    assert card.advert is not None
    assert card_of(ADVERT) == f"meshcore://{ADVERT.hex().upper()}"


def test_a_card_as_a_link_reads_back() -> None:
    card = parse_card(LINK)

    assert (card.public_key, card.name, card.node_type) == (key("B").public_key, "Bob & co", 2)
    assert card.advert is None


def test_a_card_that_is_not_signed_by_its_key_is_refused() -> None:
    packet = decode_packet(ADVERT)
    advert = decode_advert(packet.payload)
    forged = Advert(advert.public_key, advert.timestamp, advert.signature, b"\x81Mallory")

    with pytest.raises(CryptoError):
        parse_card(card_of(encode_packet(replace(packet, payload=encode_advert(forged)))))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "meshcore://",
        "http://contact/add",
        "meshcore://abc",
        "meshcore://" + "11" * 300,
        "meshcore://" + "11" * 500,
        f"meshcore://{raw('GRP_TXT Public').hex()}",
        f"meshcore://{ADVERT[:80].hex()}",
        "meshcore://[contact/add?name=x",
        "meshcore://contact/share?name=x",
        "meshcore://contact/add?name=x&type=1",
        LINK.replace("type=2", "type=9"),
        LINK.replace("name=Bob", "name=" + "x" * 40),
        LINK.replace("public_key=81", "public_key=00"),
    ],
)
def test_what_is_no_card_is_refused(text) -> None:
    with pytest.raises(DecodeError):
        parse_card(text)
