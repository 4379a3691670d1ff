"""Reads recorded packets with keys that somebody named: for `decode` and for opened captures."""

from __future__ import annotations

import itertools
import string
from typing import TYPE_CHECKING

from meshtui.crypto.ed25519 import PUBLIC_KEY_BYTES, is_low_order
from meshtui.errors import ConfigError, CryptoError, DecodeError
from meshtui.model.packet import Verdict
from meshtui.networks.meshcore.ack_book import AckBook
from meshtui.networks.meshcore.channel_key import (
    PUBLIC,
    ChannelKey,
    channel_key,
    is_named_by_key,
    key_of_name,
    parse_invitation,
)
from meshtui.networks.meshcore.dissect import dissect_packet
from meshtui.networks.meshcore.identity import parse_private_key
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.packet import decode_packet
from meshtui.networks.meshcore.summary import summarise_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.model.packet import Dissection, Frame, PacketSummary
    from meshtui.model.secret import SecretBytes
    from meshtui.networks.base import KeyMaterial
    from meshtui.networks.meshcore.record import Record

_INVITATION = "meshcore://"


class MeshcoreDissector:
    """A keyring of given keys; `Public` is in it always."""

    def __init__(self, keys: KeyMaterial) -> None:
        """Take the keys: private ones of 32 (seed) or 64 bytes, public ones of 32.

        What has no label gets a letter: A, B, C, … in the order given, identities first, then
        those contacts that are not among them.

        Raises:
            ConfigError: One of them is no key of this network; the text names it.
        """
        self._keyring = Keyring()
        self._acks = AckBook()
        self._keyring.add_channel(PUBLIC)
        for name, secret in keys.channels:
            self._keyring.add_channel(_channel(name, secret))
        own = [(label, _key_pair(label, secret)) for label, secret in keys.identities]
        contacts = [(label, _public_key(label, key)) for label, key in keys.contacts]
        letters = _letters({label for label, _ in (*keys.identities, *keys.contacts)})
        for label, key in own:
            self._keyring.add_own(label or next(letters), key)
        for label, public in contacts:
            if self._keyring.label_of(public) is None:
                self._keyring.add_contact(public, label or next(letters))

    def summarise(self, frame: Frame) -> PacketSummary:
        """Say in one line what a frame is."""
        if frame.endpoint:
            # recordings of what radios and hosts say to each other are few, and it takes its time
            from meshtui.networks.meshcore.frame_view import summarise_frame

            return summarise_frame(frame, self._keyring)
        return summarise_data(frame.payload, self._keyring, self._acks)

    def dissect(self, frame: Frame) -> Dissection:
        """Take a frame apart."""
        if frame.endpoint:
            from meshtui.networks.meshcore.frame_view import dissect_frame

            return dissect_frame(frame, self._keyring)
        return dissect_packet(frame.payload, self._keyring)

    def record(self, frame: Frame) -> Record:
        """Return what the packet holds (see `record`); of a radio's own protocol, its fields.

        Raises:
            DecodeError: It is no packet, or its payload does not follow its type.
        """
        if frame.endpoint:
            return self._told_record(frame)
        from meshtui.networks.meshcore.record import record_of

        return record_of(decode_packet(frame.payload), self._keyring)

    def _told_record(self, frame: Frame) -> Record:
        """Write what a radio and its host say to each other, without the secrets in it."""
        summary = self.summarise(frame)
        if summary.verdict is Verdict.REJECTED:
            raise DecodeError(summary.reason, summary.detail)
        fields = {field.name: field.value for field in self.dissect(frame).fields}
        return {"endpoint": frame.endpoint, "kind": summary.kind, "decoded": fields}


def _letters(taken: set[str]) -> Iterator[str]:
    """Give A to Z, then AA, AB and on, but what is taken."""
    for size in itertools.count(1):
        for letters in itertools.product(string.ascii_uppercase, repeat=size):
            label = "".join(letters)
            if label not in taken:
                yield label


def _channel(name: str, secret: SecretBytes | None) -> ChannelKey:
    """Find the key of a channel: given, in an invitation, or following from the name."""
    try:
        if secret is not None:
            return channel_key(name, secret.reveal)
        if name.startswith(_INVITATION):
            return parse_invitation(name)
    except DecodeError as error:
        # an invitation holds the key, so it is not repeated
        shown = "" if name.startswith(_INVITATION) else f" {name!r}"
        msg = f"channel{shown}: {error.detail}"
        raise ConfigError(msg) from None
    if not is_named_by_key(name):
        msg = (
            f"channel {name!r}: its name does not begin with #, so its key is needed: "
            f"{name}=KEYHEX, 32 or 64 hex digits"
        )
        raise ConfigError(msg)
    return key_of_name(name)


def _key_pair(label: str, secret: SecretBytes) -> KeyPair:
    try:
        return parse_private_key(secret.reveal.hex())
    except CryptoError as error:
        msg = f"identity {label}: {error.detail}".replace(" :", ":")
        raise ConfigError(msg) from None  # what it came from holds the key


def _public_key(label: str, key: bytes) -> bytes:
    if len(key) != PUBLIC_KEY_BYTES or is_low_order(key):
        msg = f"contact {label}: a public key is {2 * PUBLIC_KEY_BYTES} hex digits"
        raise ConfigError(msg.replace(" :", ":"))
    return key
