"""The composition root: settings, keys and files in, a running mesh out.

Only here do networks, transports and the store meet; only what is configured is imported.
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.config.options import LINKS, PRIVATE_KEY_FILE
from meshtui.errors import ConfigError, FilterError, StoreError, TransportError
from meshtui.model.event import LinkChanged
from meshtui.model.ids import NetworkName
from meshtui.model.link import LinkInfo
from meshtui.model.restored import Restored
from meshtui.networks.registry import load_network
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.hub import MeshHub
from meshtui.runtime.key_file import read_key_file
from meshtui.store.database import Database
from meshtui.store.digests import StoredDigests
from meshtui.store.reader import StoreReader
from meshtui.store.writer import StoreWriter
from meshtui.transports.radio import radio_settings
from meshtui.transports.registry import load_transport
from meshtui.transports.url import link_title, parse_link_urls, safe_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from meshtui.config.settings import Config
    from meshtui.crypto.keys import Identity
    from meshtui.model.link import Myself
    from meshtui.networks.base import Observer, Session
    from meshtui.runtime.clock import Clock
    from meshtui.transports.base import LinkSpec, Transport

DEFAULT_NETWORK: Final = NetworkName("jsonmesh")


@contextlib.asynccontextmanager
async def open_mesh(
    config: Config,
    database_file: Path | None,
    identity: Identity,
    *,
    relays: bool = False,
    opens_links: bool = True,
    also: Collection[NetworkName] = (),
) -> AsyncIterator[MeshHub]:
    """Run the mesh for as long as the block lasts; leaving it says goodbye and closes the store.

    Args:
        database_file: None = in memory.
        relays: Pass other nodes' packets on, and be a gateway, where the settings do not say
            otherwise. With a radio packets are passed on anyway: it is what a mesh lives on.
        opens_links: At once; else they wait for the hub's `open_links`.
        also: Networks that are needed though no link leads there.

    Raises:
        ConfigError: A link URL is wrong.
        StoreError: The database cannot be opened, or somebody else is using it.
    """
    links = configured_links(config)
    database = open_database(database_file)
    try:
        reader, writer, clock = StoreReader(database), StoreWriter(database), SystemClock()
        # before the sessions open: what is too old for them must not look as if it still waited
        writer.give_up_old(clock.now().unix_ms)
        networks = {*also, *(info.network for info, _, _ in links)} or {DEFAULT_NETWORK}
        has_radio = any(info.radio is not None for info, _, _ in links)
        if has_radio:
            for name in networks:
                threading.Thread(target=load_network(name).prepare, daemon=True).start()
        sessions = {
            name: _open_session(
                name, config, identity, database, reader, relays=relays, has_radio=has_radio
            )
            for name in sorted(networks)
        }
        # The counters go by medium, and a link's ups and downs are shown without being stored.
        writer.apply([LinkChanged(info, clock.now()) for info, _, _ in links])
        async with (
            MeshHub(sessions, links, writer, reader, clock, opens_links=False) as hub,
            _published(hub, config, clock),
        ):
            if opens_links:
                hub.open_links()
            yield hub
    except BaseExceptionGroup as group:
        # The hub's tasks end together; what ended them is what the caller must hear.
        raise first_cause(group) from None
    finally:
        database.close()


@contextlib.asynccontextmanager
async def _published(hub: MeshHub, config: Config, clock: Clock) -> AsyncIterator[None]:
    """Run the packet capture service beside the mesh, where the settings switch it on.

    Raises:
        ConfigError: Its filter cannot be read.
    """
    capture = config.capture
    if not capture.is_enabled:
        yield
        return
    from meshtui.runtime.publishing.service import PublishingService

    def observer_of(network: NetworkName) -> Observer | None:
        return load_network(network).open_observer()

    try:
        service = PublishingService(capture, hub, observer_of, clock)
    except FilterError as error:
        msg = f"{capture.places.get('filter', 'capture.filter')}: {error}"
        raise ConfigError(msg) from None
    async with service:
        hub.publish_by(service)
        yield


def first_cause(error: BaseException) -> BaseException:
    """Return the exception in a group that came first; any other as it is."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def configured_links(config: Config) -> Sequence[tuple[LinkInfo, LinkSpec, Transport]]:
    """Check the settings' links and name them; their transports are loaded.

    Raises:
        ConfigError: A link URL is wrong; the text names where it stands.
    """
    try:
        return [
            (_link_info(network, spec), spec, _checked_transport(spec))
            for network, spec in parse_link_urls(config.links)
        ]
    except (ConfigError, TransportError) as error:
        msg = f"{config.origins.get(LINKS.key, '')}: {LINKS.key}: {error}"
        raise ConfigError(msg) from None


def _checked_transport(spec: LinkSpec) -> Transport:
    transport = load_transport(spec.scheme)
    transport.check(spec)
    return transport


def open_database(path: Path | None) -> Database:
    """Open the profile's database for writing; makes its folder, for the owner's eyes only.

    Raises:
        StoreError: It cannot be opened.
    """
    if path is not None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            msg = f"{path.parent}: {error.strerror}"
            raise StoreError(msg) from error
    return Database.open(path)


def identify(identity: Identity, network: NetworkName = DEFAULT_NETWORK) -> Myself:
    """Say who an identity is on a network."""
    session = load_network(network).open_session(
        identity, {}, Restored(), _NoDigests(), secrets.token_bytes
    )
    return session.myself


def _open_session(
    name: NetworkName,
    config: Config,
    identity: Identity,
    database: Database,
    reader: StoreReader,
    *,
    relays: bool,
    has_radio: bool,
) -> Session:
    now = SystemClock().now()
    return load_network(name).open_session(
        identity,
        _options(name, config, relays=relays, has_radio=has_radio),
        reader.restored(name, now.unix_ms),
        StoredDigests(database, name),
        secrets.token_bytes,
    )


def _options(
    name: NetworkName, config: Config, *, relays: bool, has_radio: bool
) -> Mapping[str, object]:
    """Collect what a network is told of the settings: its own table, and who we are."""
    common: dict[str, object] = {"name": config.name, "position": config.position}
    if name != DEFAULT_NETWORK:
        return {**common, **dataclasses.asdict(config.meshcore), **_imported_key(config)}
    own = config.jsonmesh
    return common | {
        "relay": relays or has_radio if own.relay is None else own.relay,
        "gateway": relays if own.relay is None else own.relay,
        "share_position": own.share_position,
        "ack_timeout_s": own.ack_timeout_s,
        "max_attempts": own.max_attempts,
        "compact": own.compact,
        "source_routing": own.source_routing,
        "signatures": own.signatures,
        "radio_presence_s": own.radio_presence_s,
    }


def _imported_key(config: Config) -> Mapping[str, object]:
    """Read the identity that was made elsewhere, if any.

    Raises:
        ConfigError: The file cannot be read, or others can read it, too.
    """
    if not config.meshcore.private_key_file:
        return {}
    path = Path(config.meshcore.private_key_file).expanduser()
    where = f"{config.origins.get(PRIVATE_KEY_FILE.key, '')}: {PRIVATE_KEY_FILE.key}: {path}"
    try:
        key, is_open = read_key_file(path)
    except OSError as error:
        msg = f"{where}: {error.strerror}"
        raise ConfigError(msg) from None
    if is_open:
        msg = f"{where}: others can read it; make it yours alone: chmod 600 {path}"
        raise ConfigError(msg)
    return {"private_key": key}


def _link_info(network: NetworkName, spec: LinkSpec) -> LinkInfo:
    # Asked for now, so that a misspelt network is an error of the settings.
    family = load_network(network)
    kind = load_transport(spec.scheme).kind
    return LinkInfo(
        link_id=spec.link_id,
        network=network,
        kind=kind,
        title=link_title(spec),
        url=safe_url(network, spec),
        radio=radio_settings(spec) if family.paces(kind) else None,
    )


class _NoDigests:
    """The memory of a session that never receives."""

    def has(self, digest: bytes) -> bool:
        """Nothing was accepted before."""
        return not digest

    def add(self, digest: bytes) -> None:
        """Forget it."""
