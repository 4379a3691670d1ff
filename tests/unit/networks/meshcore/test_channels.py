"""The channels we are in."""

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.command import JoinChannel
from meshtui.model.event import ChannelChanged
from meshtui.model.message import Channel
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.channel_key import PUBLIC, channel_key, invitation_of
from meshtui.networks.meshcore.channels import Channels
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.station import NETWORK

KEY = SecretBytes(bytes(range(16)))


def join(name: str, secret: SecretBytes | None = None) -> JoinChannel:
    return JoinChannel(NETWORK, name, secret=secret)


@pytest.fixture
def channels() -> Channels:
    return Channels(Keyring(), ())


def test_without_any_we_are_in_the_channel_everybody_is_in(channels: Channels) -> None:
    told = channels.announce()

    assert channels.is_joined("Public")
    assert [event.channel.name for event in told] == ["Public"]
    assert channels.announce() == []


def test_who_left_the_public_channel_for_another_is_not_put_back_into_it() -> None:
    kept = Channel(NETWORK, "#test", is_joined=True, secret=KEY)

    channels = Channels(Keyring(), [kept])

    assert not channels.is_joined("Public")
    assert channels.get("#test") == kept


def test_the_key_of_a_hashtag_follows_from_its_name(channels: Channels) -> None:
    channel = channels.join(join("#test"))

    assert channel.secret is not None
    assert channel.secret.reveal.hex() == "9cd8fcf22a47333b591d96a2b848b73f"
    assert channel.is_public


def test_a_private_channel_needs_its_key(channels: Channels) -> None:
    with pytest.raises(LocalProtocolError, match="needs a key"):
        channels.join(join("family"))

    assert channels.join(join("family", KEY)).secret == KEY
    assert not channels.get("family").is_public


def test_a_private_channel_we_are_in_is_joined_again_without_its_key(channels: Channels) -> None:
    channels.join(join("family", KEY))

    assert channels.join(join("family")).secret == KEY


def test_a_key_of_its_own_makes_a_channel_private_whatever_it_is_called(channels: Channels) -> None:
    assert not channels.join(join("#family", KEY)).is_public
    assert channels.join(join("Public")).is_public
    with pytest.raises(LocalProtocolError, match="another channel"):
        channels.join(join("#family"))


def test_an_invitation_brings_name_and_key(channels: Channels) -> None:
    channel = channels.join(join(invitation_of(channel_key("family", KEY.reveal))))

    assert (channel.name, channel.secret) == ("family", KEY)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("", KEY),
        ("  ", KEY),
        ("#", None),
        ("x" * 32, KEY),
        ("short", SecretBytes(b"x" * 15)),
        ("void", SecretBytes(bytes(16))),
        ("meshcore://channel/add?name=x&secret=zz", None),
        ("meshcore://contact/add?name=x", None),
    ],
)
def test_what_is_no_channel_is_refused_and_changes_nothing(
    channels: Channels, name: str, secret: SecretBytes | None
) -> None:
    with pytest.raises(LocalProtocolError):
        channels.join(join(name, secret))

    assert not channels.is_joined(name)


def test_another_key_does_not_replace_a_channel_of_that_name(channels: Channels) -> None:
    channels.join(join("family", KEY))

    with pytest.raises(LocalProtocolError, match="another channel"):
        channels.join(join("family", SecretBytes(b"y" * 16)))

    assert channels.get("family").secret == KEY


def test_who_leaves_has_the_key_no_more(channels: Channels) -> None:
    channels.join(join("#test"))

    left = channels.leave("#test")

    assert not left.is_joined
    with pytest.raises(LocalProtocolError):
        channels.leave("#test")


def test_what_a_radio_brings_is_noted_once(channels: Channels) -> None:
    brought = ChannelChanged(Channel(NETWORK, "#hill", is_joined=True, secret=KEY))

    assert channels.note([brought])
    assert not channels.note([brought])
    assert channels.is_joined("#hill")


def test_the_public_key_is_the_known_one(channels: Channels) -> None:
    assert channels.get("Public").secret == PUBLIC.secret
