"""First run: an identity and a link for a profile that has none (see `runtime.api.SetupApi`)."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING, Final

from meshtui.crypto.mnemonic import check_words, new_words, seed_of, weakness_of
from meshtui.errors import ConfigError, CryptoError, KeystoreError, TransportError
from meshtui.model.ids import LinkId, NetworkName
from meshtui.model.link import LinkSetup
from meshtui.runtime.api import Found, LinkCheck, NearbyRadio
from meshtui.runtime.bootstrap import DEFAULT_NETWORK, identify
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.greeting import greet, hears_packet, probe_for
from meshtui.runtime.nearby_serial import serial_gateways
from meshtui.store.keystore import KeyFile
from meshtui.transports.base import LinkSpec
from meshtui.transports.registry import load_transport
from meshtui.transports.url import parse_link_url

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
    from pathlib import Path

    from meshtui.crypto.keys import Identity
    from meshtui.model.link import Myself
    from meshtui.transports.ble_scan import Radio

CHECK_TIMEOUT_S: Final = 10.0
FIND_TIMEOUT_S: Final = 1.0
LISTEN_S = 60.0
MESHCORE: Final = NetworkName("meshcore")
_OF_EITHER: Final = ("tcp", "serial")  # where radios of either network may be
_NEARBY: Final = (("localhost", 1883),)


class ProfileSetup:
    """Makes what a first run needs in one profile.

    Attributes:
        identity: What `create` made, so that nobody must type its password again at once.
    """

    def __init__(
        self, keys_file: Path, save: Callable[[Mapping[str, object]], None], name: str = ""
    ) -> None:
        """Write keys to `keys_file`; `save` writes settings by key and may raise ConfigError.

        Args:
            name: The display name in force.
        """
        self.identity: Identity | None = None
        self._keys_file = keys_file
        self._save = save
        self._name = name

    def has_identity(self) -> bool:
        """There is a key file already: only a link is missing."""
        return self._keys_file.exists()

    def name(self) -> str:
        """Return the display name in force; empty = there is none."""
        return self._name

    def new_words(self, count: int) -> Sequence[str]:
        """Fresh BIP39 words. They are kept nowhere until `create`."""
        return new_words(count, secrets.token_bytes).split()

    def check_words(self, words: str) -> str:
        """Say what is wrong with typed words, for a person; empty = they are right."""
        return check_words(words) or weakness_of(words)

    async def create(self, words: str, passphrase: str, password: str | None) -> Myself:
        """Derive the identity and write the key file; `password` None = not encrypted.

        Raises:
            KeystoreError: It could not be written, or one is there already.
        """
        # Slow on purpose (scrypt, PBKDF2): not on the loop.
        identity, myself = await asyncio.to_thread(
            create_identity, self._keys_file, words, passphrase, password
        )
        self.identity = identity
        return myself

    async def found(self) -> Sequence[Found]:
        """Radios that are plugged in, and brokers on this machine that answer at once."""
        seen = await asyncio.to_thread(serial_gateways)
        for host, port in _NEARBY:
            complaint = await _answer_of(host, port)
            if complaint is not None:
                url = f"{DEFAULT_NETWORK}+mqtt://{host}:{port}"
                seen.append(Found(f"MQTT broker on this machine, port {port}", url, complaint))
        return seen

    async def radios(self) -> AsyncGenerator[Sequence[NearbyRadio], None]:
        """Listen for radios over Bluetooth; all that were heard, twice a second for a minute.

        Raises:
            TransportError: There is no Bluetooth here, it is off, or we may not use it.
        """
        from meshtui.transports.ble_scan import scan

        async with contextlib.aclosing(scan("", LISTEN_S)) as heard:
            async for radios in heard:
                yield [_nearby(radio) for radio in radios]

    async def check_link(self, url: str) -> LinkCheck:
        """Try a link URL for at most ten seconds."""
        try:
            _, spec = parse_link_url(url)
            return await try_link(spec)
        except ConfigError as error:
            return LinkCheck(str(error))

    async def save_links(self, urls: Sequence[str], name: str) -> None:
        """Write all links and the user's display name to the configuration.

        No links = those that are set stay.

        Raises:
            ConfigError: One of them is not allowed, or the file cannot be written.
        """
        values: dict[str, object] = {}
        if urls:
            values["links"] = list(urls)
        if name != self._name:
            values["name"] = name
        self._save(values)


def create_identity(
    keys_file: Path, words: str, passphrase: str, password: str | None
) -> tuple[Identity, Myself]:
    """Derive an identity, write its key file and say who it is.

    Raises:
        KeystoreError: The words are wrong, the file could not be written, or is there already.
    """
    try:
        identity = seed_of(words, passphrase)
    except CryptoError as error:
        raise KeystoreError(error.detail) from None
    myself = identify(identity)
    labels: dict[str, str] = {
        myself.network: f"{myself.node_id} {myself.public_key}",
        MESHCORE: meshcore_label(identity),
    }
    KeyFile.create(keys_file, identity, password, labels)
    return identity, myself


def meshcore_label(identity: Identity) -> str:
    """Name our node and key path on MeshCore, where no radio brings a key of its own."""
    from meshtui.networks.meshcore.identity import key_and_path, node_id_of

    key, path = key_and_path(identity)
    return f"{node_id_of(key.public_key)} {path}"


def _nearby(radio: Radio) -> NearbyRadio:
    from meshtui.transports.ble_scan import radio_url

    url = radio_url(_network_of(radio), radio)
    return NearbyRadio(radio.name, radio.address, radio.rssi_dbm, url)


def _network_of(radio: Radio) -> str:
    """Guess whose radio it is: MeshCore's firmware puts its name in front of the user's."""
    return MESHCORE if radio.raw_name.startswith("MeshCore-") else DEFAULT_NETWORK


async def try_link(spec: LinkSpec) -> LinkCheck:
    """Open a link, greet who is there, or listen where that may not be; close it again."""
    clock = SystemClock()
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            link = await load_transport(spec.scheme).open(spec, LinkSetup(), clock.now)
    except TransportError as error:
        return LinkCheck(str(error))
    except TimeoutError:
        return LinkCheck(f"no answer within {CHECK_TIMEOUT_S:.0f} s")
    try:
        probe = probe_for(spec)
        if probe is not None and await greet(link, probe) is None:
            return LinkCheck(f"it opens, but no {spec.network} radio answers: {probe.advice}")
        if probe is None and spec.scheme in _OF_EITHER:
            return LinkCheck(is_silent=not await hears_packet(link))
    except TransportError as error:
        return LinkCheck(str(error))
    finally:
        await link.aclose()
    return LinkCheck()


async def _answer_of(host: str, port: int) -> str | None:
    """Return what a broker there complains of, empty for nothing; None where none answers."""
    try:
        async with asyncio.timeout(FIND_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return (await try_link(LinkSpec(LinkId(host), "mqtt", host, port))).problem
    except (OSError, TimeoutError):
        return None
