"""Channel keys: derived and handed on as radios and apps do it."""

from __future__ import annotations

import base64
import hashlib

import pytest

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.channel_key import (
    PUBLIC,
    ChannelKey,
    channel_key,
    invitation_of,
    is_named_by_key,
    key_of_name,
    parse_invitation,
    region_key,
)
from tests.support.meshcore_vectors import vectors

DERIVED = vectors()["derived"]
SECRET = "00112233445566778899AABBCCDDEEFF"


@pytest.mark.parametrize("entry", DERIVED["channels"], ids=lambda entry: entry["name"])
def test_a_channel_has_the_key_and_the_hash_the_firmware_gives_it(entry) -> None:
    channel = channel_key(entry["name"], bytes.fromhex(entry["key"]))

    assert f"{channel.hash:02X}" == entry["channel_hash"]
    assert channel.secret.reveal.ljust(32, b"\0").hex().upper() == entry["mac_key"]
    if is_named_by_key(entry["name"]):
        assert key_of_name(entry["name"]) == channel


@pytest.mark.parametrize("entry", DERIVED["regions"], ids=lambda entry: entry["name"])
def test_a_region_has_the_key_the_firmware_gives_it(entry) -> None:
    assert region_key(entry["name"]).hex().upper() == entry["key"]
    assert region_key(entry["name"][1:]) == region_key(entry["name"])
    assert region_key("$mine") == hashlib.sha256(b"$mine").digest()[:16]


def test_the_public_channel_has_its_own_key_and_not_that_of_its_name() -> None:
    wrong = DERIVED["wrong_public_base64"]

    assert key_of_name("Public") == PUBLIC
    assert PUBLIC.secret.reveal == base64.b64decode(wrong["right"])
    assert PUBLIC.secret.reveal.hex() != wrong["decodes_to"]
    assert key_of_name("#Public").secret != PUBLIC.secret


def test_capitals_make_another_channel() -> None:
    assert key_of_name("#Test").secret != key_of_name("#test").secret


def test_a_key_of_32_bytes_whose_second_half_is_zero_is_one_of_16() -> None:
    short = channel_key("x", bytes.fromhex(SECRET))

    assert channel_key("x", bytes.fromhex(SECRET) + bytes(16)) == short


@pytest.mark.parametrize("secret", [b"", bytes(15), bytes(16), bytes(32), b"x" * 24])
def test_what_is_no_key_is_refused(secret) -> None:
    with pytest.raises(DecodeError):
        channel_key("x", secret)


@pytest.mark.parametrize(
    "channel",
    [
        channel_key("My club & co", bytes.fromhex(SECRET)),
        channel_key("Zürich", bytes.fromhex(SECRET), "#europe"),
        channel_key("long", bytes(range(32))),
    ],
)
def test_an_invitation_reads_back(channel) -> None:
    assert parse_invitation(invitation_of(channel)) == channel


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#test",
        f"http://channel/add?name=x&secret={SECRET}",
        f"meshcore://channel/join?name=x&secret={SECRET}",
        f"meshcore://channel/add?secret={SECRET}",
        f"meshcore://channel/add?name=&secret={SECRET}",
        f"meshcore://channel/add?name={'x' * 32}&secret={SECRET}",
        "meshcore://channel/add?name=x",
        "meshcore://channel/add?name=x&secret=00",
        f"meshcore://channel/add?name=x&secret={'zz' * 16}",
        f"meshcore://channel/add?name=x&secret={'00' * 16}",
        f"meshcore://channel/add?name=x&secret=0x{SECRET[:30]}",
        "meshcore://[channel/add?name=x",
        "meshcore://channel/add?" + "a=1&" * 40,
        "meshcore://channel/add?name=" + "x" * 600,
    ],
)
def test_what_is_no_invitation_is_refused(text) -> None:
    with pytest.raises(DecodeError):
        parse_invitation(text)


def test_a_channel_does_not_show_its_key() -> None:
    assert SECRET.lower() not in repr(channel_key("x", bytes.fromhex(SECRET)))
    assert ChannelKey("x", PUBLIC.secret).is_void is False
