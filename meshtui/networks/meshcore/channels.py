"""The channels we are in: name and key. Who has the key reads all, and can write as anybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.errors import DecodeError, LocalProtocolError
from meshtui.model.event import ChannelChanged
from meshtui.model.message import Channel
from meshtui.networks.meshcore.channel_key import (
    MAX_NAME_BYTES,
    PUBLIC,
    channel_key,
    is_named_by_key,
    key_of_name,
    parse_invitation,
)
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.model.command import JoinChannel
    from meshtui.networks.base import Output
    from meshtui.networks.meshcore.channel_key import ChannelKey
    from meshtui.networks.meshcore.keyring import Keyring

_INVITATION = "meshcore://"


class Channels:
    """A table by name, and the keyring that opens what is sent in them."""

    def __init__(self, keyring: Keyring, channels: Iterable[Channel]) -> None:
        """Begin with what the store kept; without any, with the channel everybody is in."""
        self._keyring = keyring
        self._channels: dict[str, Channel] = {}
        self._unannounced: list[Channel] = []
        for channel in channels:
            if channel.is_joined:
                self._take(channel)
        if not self._channels:
            public = Channel(NETWORK, PUBLIC.name, is_joined=True, secret=PUBLIC.secret)
            self._take(public)
            self._unannounced.append(public)

    def announce(self) -> list[Output]:
        """Tell of channels that were joined by default; once."""
        told, self._unannounced = self._unannounced, []
        return [ChannelChanged(channel) for channel in told]

    def is_joined(self, name: str) -> bool:
        """Tell whether we are in a channel of that name."""
        return name in self._channels

    def get(self, name: str) -> Channel | None:
        """Return a channel we are in."""
        return self._channels.get(name)

    def join(self, command: JoinChannel) -> Channel:
        """Take a channel into the table.

        Raises:
            LocalProtocolError: Name, key or invitation is wrong, or the key of a private channel
                is missing.
        """
        key = self._key_of(command)
        if not key.name or len(key.name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
            msg = f"a channel's name has 1 to {MAX_NAME_BYTES} bytes"
            raise LocalProtocolError(msg)
        known = self._channels.get(key.name)
        if known is not None and known.secret != key.secret:
            msg = f"you are in another channel called {key.name}; leave that one first"
            raise LocalProtocolError(msg)
        channel = Channel(
            NETWORK,
            key.name,
            is_joined=True,
            description=command.description,
            is_public=key.is_public,
            secret=key.secret,
        )
        self._take(channel)
        return channel

    def leave(self, name: str) -> Channel:
        """Take a channel out of the table; its history stays.

        Raises:
            LocalProtocolError: We are not in it.
        """
        channel = self._channels.pop(name, None)
        if channel is None:
            msg = f"you are not in {name}"
            raise LocalProtocolError(msg)
        self._keyring.remove_channel(name)
        return replace(channel, is_joined=False)

    def note(self, outputs: Iterable[Output]) -> bool:
        """Take channels that a radio brought; tells whether a new key is among them."""
        is_new = False
        for output in outputs:
            if isinstance(output, ChannelChanged) and output.channel.secret is not None:
                channel = output.channel
                if channel.is_joined and self._channels.get(channel.name) != channel:
                    self._take(channel)
                    is_new = True
        return is_new

    def _take(self, channel: Channel) -> None:
        """Keep a channel and its key; one without is none we could be in."""
        if channel.secret is not None and any(channel.secret.reveal):
            self._channels[channel.name] = channel
            self._keyring.add_channel(channel_key(channel.name, channel.secret.reveal))

    def _key_of(self, command: JoinChannel) -> ChannelKey:
        """Find the key of the channel that is meant.

        Raises:
            LocalProtocolError: There is none, or it is wrong.
        """
        name = command.name.strip()
        known = self._channels.get(name)
        try:
            if name.startswith(_INVITATION):
                return parse_invitation(name)
            if command.secret is not None:
                return channel_key(name, command.secret.reveal)
            if is_named_by_key(name):
                return key_of_name(name)
            if known is not None and known.secret is not None:
                return channel_key(name, known.secret.reveal)
        except DecodeError as error:
            raise LocalProtocolError(error.detail or error.reason) from None
        msg = (
            f"{name} is no #name, so it needs a key: 32 hex digits, or an invitation "
            "(meshcore://channel/add?…)"
        )
        raise LocalProtocolError(msg)
