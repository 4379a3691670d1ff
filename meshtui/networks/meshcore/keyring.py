"""All keys at hand, and which of them opens a packet.

Packets name their ends by one byte of a hash, and prove the key by two bytes: several keys are
tried, and what one of them opens must also look like what it claims to be. Friends are tried first,
for strangers can make themselves as many as they like; then whatever succeeded last. Everything is
bounded.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING

from meshtui.errors import CryptoError
from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.payloads.anon_request import AnonRequest
from meshtui.networks.meshcore.payloads.envelope import Envelope
from meshtui.networks.meshcore.payloads.group import GroupEnvelope
from meshtui.networks.meshcore.payloads.group_data import is_plausible_group_data
from meshtui.networks.meshcore.payloads.group_text import is_plausible_group_text
from meshtui.networks.meshcore.payloads.path import is_plausible_path
from meshtui.networks.meshcore.payloads.text import is_plausible_text
from meshtui.networks.meshcore.payloads.utf8 import is_text, text_of
from meshtui.networks.meshcore.refusal import judge_anon, judge_direct, judge_group
from meshtui.networks.meshcore.seal import Cipher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.networks.meshcore.channel_key import ChannelKey
    from meshtui.networks.meshcore.payloads.registry import Payload
    from meshtui.networks.meshcore.refusal import Refusal

MAX_OWN = 16
MAX_CONTACTS = 4096
MAX_CHANNELS = 512
# A repeater's firmware tries 8; with 4096 contacts a hash has 16 of them on average.
MAX_CANDIDATES = 32
MAX_SECRETS = 1024
MAX_REFUSALS = 4096
MAX_TAKEN = 4096
_DIGEST_BYTES = 8
_MAX_GROUP_FLAGS = 3  # text type 0 in the upper six bits

_PLAUSIBLE: dict[int, Callable[[bytes], bool]] = {
    PayloadType.TXT_MSG: is_plausible_text,
    PayloadType.PATH: is_plausible_path,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What a pair of keys opened.

    Attributes:
        label: Of our key, as it was added.
        key: Ours.
        peer: The other end's public key.
        plaintext: Padded with zeros; not shown, for it may be a login.
        is_outgoing: Our key is the source's: we sent it, or somebody sent it back.
    """

    label: str
    key: KeyPair
    peer: bytes
    plaintext: bytes = field(repr=False)
    is_outgoing: bool = False


class Keyring:
    """Own keys, contacts and channels.

    Attributes:
        remember: Keeps 8 bytes for all lives to come; False = they were kept before.
    """

    __slots__ = (
        "_channels",
        "_contacts",
        "_friends",
        "_groups",
        "_own",
        "_peers",
        "_refusals",
        "_secrets",
        "_taken",
        "remember",
    )

    def __init__(self) -> None:
        """Begin without any key."""
        self._own: dict[bytes, tuple[str, KeyPair]] = {}
        self._contacts: dict[bytes, str] = {}
        # by hash, what succeeded last at the front
        self._peers: dict[int, list[bytes]] = {}
        self._friends: dict[int, list[bytes]] = {}
        self._channels: dict[str, ChannelKey] = {}
        self._groups: dict[int, list[tuple[ChannelKey, Cipher]]] = {}
        self._secrets: OrderedDict[tuple[bytes, bytes], Cipher | None] = OrderedDict()
        # what is not for us is most of what is heard, and its two hashes say all that we know of it
        self._refusals: dict[int | tuple[int, int], Refusal] = {}
        self._taken: dict[bytes, None] = {}
        self.remember: Callable[[bytes], bool] = lambda _: True

    @property
    def own(self) -> tuple[KeyPair, ...]:
        """Our keys, in the order in which they came."""
        return tuple(key for _, key in self._own.values())

    @property
    def has_own(self) -> bool:
        """Whether there is any key of ours."""
        return bool(self._own)

    @property
    def contacts(self) -> tuple[tuple[bytes, str], ...]:
        """Public key and label of every contact."""
        return tuple(self._contacts.items())

    @property
    def channels(self) -> tuple[ChannelKey, ...]:
        """All channels."""
        return tuple(self._channels.values())

    def add_own(self, label: str, key: KeyPair) -> None:
        """Add a key of ours; past the limit it is not added."""
        if len(self._own) < MAX_OWN or key.public_key in self._own:
            self._refusals.clear()
            self._own[key.public_key] = (label, key)
            self._index(key.public_key)

    def add_contact(self, public_key: bytes, label: str = "") -> None:
        """Add a contact or change its label; past the limit, who was of no use longest goes.

        Of use is who is added again, or found to have sealed something; friends do not go.
        """
        if public_key not in self._contacts and len(self._contacts) >= MAX_CONTACTS:
            strangers = (key for key in self._contacts if not self._is_friend(key))
            self.remove_contact(next(strangers, next(iter(self._contacts))))
        self._contacts.pop(public_key, None)
        self._contacts[public_key] = label
        self._index(public_key)

    def prefer(self, public_key: bytes) -> None:
        """Try a contact before all others of its hash but friends: it has shown itself of use."""
        bucket = self._bucket_of(public_key)
        if public_key in bucket:
            bucket.remove(public_key)
            bucket.insert(0, public_key)

    def befriend(self, public_key: bytes) -> None:
        """Add whom the user chose, to be tried before all strangers of its hash.

        Nothing that is heard may lead here: who writes to us is no friend for that.
        """
        if public_key in self._own:
            return
        self.add_contact(public_key, self._contacts.get(public_key, ""))
        if not self._is_friend(public_key):
            self._bucket_of(public_key).remove(public_key)
            self._friends.setdefault(public_key[0], []).append(public_key)

    def remove_contact(self, public_key: bytes) -> None:
        """Forget a contact; one that is not there is no matter."""
        self._refusals.clear()
        self._contacts.pop(public_key, None)
        bucket = self._bucket_of(public_key)
        if public_key not in self._own and public_key in bucket:
            bucket.remove(public_key)

    def add_channel(self, channel: ChannelKey) -> None:
        """Add a channel, or give one of that name another key. An all-zero key is never added:
        cleared slots of radios have it, and so anybody could write to us.
        """
        self._refusals.clear()
        self.remove_channel(channel.name)
        if channel.is_void or len(self._channels) >= MAX_CHANNELS:
            return
        self._channels[channel.name] = channel
        entry = (channel, Cipher(channel.secret.reveal))
        self._groups.setdefault(channel.hash, []).append(entry)

    def name_for(self, name: str, secret: bytes) -> str:
        """Say what to call a channel somebody else calls `name`.

        By the name that we know its key by, where we do; and where that name is another key's
        here, by one that tells them apart.
        """
        for channel in self._channels.values():
            if channel.secret.reveal == secret:
                return channel.name
        digest = hashlib.sha256(secret).hexdigest()
        # a few digits are no proof: somebody may have sought a key that shares them
        names = (name, f"{name} ({digest[:6]})", f"{name} ({digest})")
        return next((each for each in names if each not in self._channels), names[-1])

    def remove_channel(self, name: str) -> None:
        """Forget a channel; one that is not there is no matter."""
        self._refusals.clear()
        channel = self._channels.pop(name, None)
        if channel is not None:
            bucket = self._groups[channel.hash]
            bucket[:] = [entry for entry in bucket if entry[0].name != name]

    def channel(self, name: str) -> ChannelKey | None:
        """Look a channel up by its name."""
        return self._channels.get(name)

    def label_of(self, public_key: bytes) -> str | None:
        """Say what a key is called, ours or a contact's; None where it is unknown."""
        if public_key in self._own:
            return self._own[public_key][0]
        return self._contacts.get(public_key)

    def peers_of(self, node_hash: int) -> tuple[bytes, ...]:
        """List the known public keys that a hash of one byte may mean, ours included."""
        return (*self._friends.get(node_hash, ()), *self._peers.get(node_hash, ()))

    def cipher_of(self, channel: ChannelKey) -> Cipher:
        """Return what seals for a channel, kept ready where it is one of ours."""
        for known, cipher in self._groups.get(channel.hash, ()):
            if known == channel:
                return cipher
        return Cipher(channel.secret.reveal)

    def cipher_between(self, key: KeyPair, peer: bytes) -> Cipher | None:
        """Return what seals between a key of ours and a peer's; None where the peer's is no key."""
        pair = (key.public_key, peer)
        if pair in self._secrets:
            self._secrets.move_to_end(pair)
            return self._secrets[pair]
        try:
            cipher: Cipher | None = Cipher(key.shared_secret(peer).reveal)
        except CryptoError:
            cipher = None
        self._secrets[pair] = cipher
        if len(self._secrets) > MAX_SECRETS:
            self._secrets.popitem(last=False)
        return cipher

    def open_group(
        self,
        channel_hash: int,
        sealed: bytes,
        is_text: bool = True,  # noqa: FBT001
    ) -> tuple[ChannelKey, bytes] | None:
        """Open what was sealed for a channel; None where no channel of ours opens it.

        Returns:
            The channel and the padded plaintext.
        """
        bucket = self._groups.get(channel_hash)
        if not bucket:
            return None
        for index, (channel, cipher) in enumerate(bucket):
            plaintext = cipher.open(sealed)
            if plaintext is None:
                continue
            plausible = is_plausible_group_text if is_text else is_plausible_group_data
            if plausible(plaintext):
                if index:
                    bucket.insert(0, bucket.pop(index))
                return channel, plaintext
        return None

    def open_group_text(self, payload: bytes) -> tuple[ChannelKey, int, str] | None:
        """Open a whole GRP_TXT payload; None where no channel of ours does, or it is none.

        The same as `open_group` and the codec of the text, in one: most of what is heard is this.

        Returns:
            The channel, the sender's clock in Unix seconds, and the text, name included.
        """
        bucket = self._groups.get(payload[0]) if payload else None
        if not bucket:
            return None
        sealed = payload[1:]
        for index, (channel, cipher) in enumerate(bucket):
            plaintext = cipher.open(sealed)
            if plaintext is None or plaintext[4] > _MAX_GROUP_FLAGS:
                continue
            line = plaintext[5:].partition(b"\0")[0]
            try:
                text = line.decode()
            except UnicodeDecodeError:
                if not is_text(line):
                    continue
                text = text_of(line)
            if index:
                bucket.insert(0, bucket.pop(index))
            return channel, int.from_bytes(plaintext[:4], "little"), text
        return None

    def open_direct(
        self, dest_hash: int, src_hash: int, sealed: bytes, payload_type: int = -1
    ) -> Opened | None:
        """Open what was sealed between two nodes, one of them ours; None where no pair opens it.

        Args:
            payload_type: What it claims to be, to refuse what only the proof fits; -1 = unknown.
        """
        plausible = _PLAUSIBLE.get(payload_type)
        for is_outgoing in (False, True):
            ours, theirs = (src_hash, dest_hash) if is_outgoing else (dest_hash, src_hash)
            for label, key in self._own_of(ours):
                found = self._try_peers(key, theirs, sealed, plausible)
                if found is not None:
                    return Opened(label, key, *found, is_outgoing)
        return None

    def open_anon(self, dest_hash: int, sender: bytes, sealed: bytes) -> Opened | None:
        """Open what a key that it carries sealed for one of ours, or ours for a contact."""
        for label, key in self._own_of(dest_hash):
            cipher = self.cipher_between(key, sender)
            plaintext = None if cipher is None else cipher.open(sealed)
            if plaintext is not None:
                return Opened(label, key, sender, plaintext)
        if sender in self._own:
            label, key = self._own[sender]
            found = self._try_peers(key, dest_hash, sealed, None)
            if found is not None:
                return Opened(label, key, *found, is_outgoing=True)
        return None

    def take_once(self, peer: bytes, sealed: bytes) -> bool:
        """Tell whether a ciphertext between a peer and us is had for the first time.

        What friends sealed is known in later lives, too; of strangers, who could fill the disk,
        only the last are known, in this life.
        """
        digest = hashlib.sha256(b"once" + sealed).digest()[:_DIGEST_BYTES]
        is_new = digest not in self._taken
        self._taken[digest] = None
        if len(self._taken) > MAX_TAKEN:
            del self._taken[next(iter(self._taken))]
        return (not self._is_friend(peer) or self.remember(digest)) and is_new

    def refusal(self, payload: Payload) -> Refusal | None:
        """Say why nothing opened a payload; None where it is not sealed."""
        match payload:
            case GroupEnvelope():
                return self.refusal_of_group(payload.channel_hash)
            case Envelope():
                return self.refusal_between(payload.dest_hash, payload.src_hash)
            case AnonRequest():
                is_ours = any(public[0] == payload.dest_hash for public in self._own)
                return judge_anon(payload.dest_hash, is_ours=is_ours)
            case _:
                return None

    def refusal_of_group(self, channel_hash: int) -> Refusal:
        """Say why nothing opened what is for a channel."""
        known = self._refusals.get(channel_hash)
        if known is not None:
            return known
        names = [channel.name for channel, _ in self._groups.get(channel_hash, ())]
        return self._keep(channel_hash, judge_group(channel_hash, names))

    def refusal_between(self, dest_hash: int, src_hash: int) -> Refusal:
        """Say why nothing opened what is between two nodes."""
        ends = dest_hash, src_hash
        known = self._refusals.get(ends)
        if known is not None:
            return known
        own = {public[0] for public in self._own}
        theirs = src_hash if dest_hash in own else dest_hash
        judged = judge_direct(*ends, own, knows_peer=bool(self.peers_of(theirs)))
        return self._keep(ends, judged)

    def why(self, payload: Payload) -> str:
        """Say in a sentence which key is missing to open a payload; empty where none would help."""
        refusal = self.refusal(payload)
        return "" if refusal is None else refusal.why

    def _keep(self, key: int | tuple[int, int], refusal: Refusal) -> Refusal:
        """Remember a refusal until a key comes or goes."""
        if len(self._refusals) >= MAX_REFUSALS:
            self._refusals.clear()
        self._refusals[key] = refusal
        return refusal

    def _own_of(self, node_hash: int) -> Iterable[tuple[str, KeyPair]]:
        """List our keys that a hash of one byte may mean."""
        return [entry for public, entry in self._own.items() if public[0] == node_hash]

    def _try_peers(
        self, key: KeyPair, peer_hash: int, sealed: bytes, plausible: Callable[[bytes], bool] | None
    ) -> tuple[bytes, bytes] | None:
        """Find the peer whose secret with a key of ours opens it; returns it and the plaintext."""
        candidates = chain(self._friends.get(peer_hash, ()), self._peers.get(peer_hash, ()))
        for index, peer in enumerate(islice(candidates, MAX_CANDIDATES)):
            cipher = self.cipher_between(key, peer)
            plaintext = None if cipher is None else cipher.open(sealed)
            if plaintext is None or (plausible is not None and not plausible(plaintext)):
                continue
            if index:
                self.prefer(peer)
            if peer in self._contacts:
                self._contacts[peer] = self._contacts.pop(peer)
            return peer, plaintext
        return None

    def _index(self, public_key: bytes) -> None:
        """Make a public key a candidate for its hash."""
        bucket = self._bucket_of(public_key)
        if public_key not in bucket:
            self._refusals.clear()
            bucket.append(public_key)

    def _bucket_of(self, public_key: bytes) -> list[bytes]:
        """Return the keys of its hash and standing, it among them where it is known."""
        table = self._friends if self._is_friend(public_key) else self._peers
        return table.setdefault(public_key[0] if public_key else 0, [])

    def _is_friend(self, public_key: bytes) -> bool:
        return public_key in self._friends.get(public_key[0] if public_key else 0, ())
