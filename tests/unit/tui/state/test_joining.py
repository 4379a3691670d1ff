"""What names a channel."""

from __future__ import annotations

import base64

import pytest

from meshtui.errors import ConfigError
from meshtui.model.ids import NetworkName
from meshtui.tui.state.joining import channel_joined, is_invitation, read_joining

JSON, CORE = NetworkName("jsonmesh"), NetworkName("meshcore")
BOTH = [JSON, CORE]
KEY = bytes(range(16))
INVITATION = f"meshcore://channel/add?name=My%20hill&secret={KEY.hex()}"


@pytest.mark.parametrize(
    ("typed", "network", "name"),
    [
        ("#hill", JSON, "hill"),
        ("hill", JSON, "hill"),
        ("#test", CORE, "#test"),
        ("test", CORE, "#test"),
        ("public", CORE, "Public"),
        ("meshcore #test", JSON, "#test"),
        ("MC Public", JSON, "Public"),
        ("json #hill", CORE, "hill"),
        ("meshcore", JSON, "meshcore"),
    ],
)
def test_a_channel_is_named_as_its_network_names_channels(typed, network, name) -> None:
    request = read_joining(typed, network, BOTH)

    assert (request.name, request.secret) == (name, None)


@pytest.mark.parametrize("key", [KEY.hex(), KEY.hex().upper(), base64.b64encode(KEY).decode()])
def test_a_key_may_follow_the_name(key: str) -> None:
    request = read_joining(f"My hill {key}", CORE, BOTH)

    assert request.name == "My hill"
    assert request.secret is not None
    assert request.secret.reveal == KEY


def test_a_key_of_32_bytes_is_one_too() -> None:
    request = read_joining("hill " + base64.b64encode(KEY * 2).decode(), CORE, BOTH)

    assert request.secret is not None
    assert request.secret.reveal == KEY * 2


def test_an_invitation_names_network_channel_and_key() -> None:
    request = read_joining(INVITATION, JSON, BOTH)

    assert (request.network, request.name) == (CORE, INVITATION)
    assert channel_joined(request) == "My hill"


@pytest.mark.parametrize("typed", ["", "#", "#" + "x" * 65])
def test_what_names_no_channel_is_refused(typed: str) -> None:
    for network in BOTH:
        with pytest.raises(ConfigError, match="Name a channel"):
            read_joining(typed, network, BOTH)


def test_a_network_that_is_not_set_up_is_refused() -> None:
    with pytest.raises(ConfigError, match="MeshCore is not set up"):
        read_joining(INVITATION, JSON, [JSON])


@pytest.mark.parametrize("typed", ["hello", INVITATION + " look", "see " + INVITATION, ""])
def test_only_an_invitation_alone_is_one(typed: str) -> None:
    assert not is_invitation(typed)
    assert is_invitation(INVITATION)


def test_a_broken_invitation_names_nothing() -> None:
    assert not channel_joined(read_joining("meshcore://channel/add?x=1", CORE, BOTH))
    assert not channel_joined(read_joining("meshcore://channel/add?[", CORE, BOTH))
