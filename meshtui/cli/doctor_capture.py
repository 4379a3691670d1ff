"""What `meshtui doctor` says of the packet capture service: settings, radio, files, brokers."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.cli.files import read_secret, read_text
from meshtui.config.capture_files import with_files
from meshtui.config.capture_ini import is_capture_ini
from meshtui.errors import ConfigError, KeystoreError, StoreError
from meshtui.model.capture import CaptureConfig
from meshtui.model.link import LinkKind
from meshtui.model.secret import SecretBytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meshtui.cli.profile import Profile
    from meshtui.crypto.keys import Identity
    from meshtui.model.ids import LinkId
    from meshtui.model.link import LinkInfo
    from meshtui.runtime.check import Check
    from meshtui.runtime.doctor_publishers import Witness

    Tell = Callable[[Check], None]

_SEED_BYTES: Final = 64


def is_concerned(profile: Profile) -> bool:
    """Tell whether to look at the service: it is switched on, or the file is all about it."""
    if profile.config.capture.is_enabled:
        return True
    path = profile.paths.config_file
    return is_capture_ini(read_text(path, is_required=False).text)


def needs_identity(profile: Profile) -> bool:
    """Tell whether somebody misses an identity: who only listens with radios' ears does not."""
    from meshtui.runtime.bootstrap import configured_links

    if not is_concerned(profile):
        return True
    try:
        links = [info for info, _, _ in configured_links(profile.config)]
    except ConfigError:
        return True
    return not links or any(_needs_keys(link) for link in links)


async def tell_capture(
    profile: Profile, tell: Tell, *, has_links: bool, holder: str, broken: Mapping[LinkId, str]
) -> None:
    """Look at everything that the service needs.

    Args:
        has_links: False = only what is on this machine.
        holder: Which process uses this profile now; empty = none.
        broken: Links that were tried and do not work, and why.
    """
    config = _settings(profile, tell)
    if not has_links:
        await _tell_machine(config, None, tell)
    elif holder:
        from meshtui.runtime.check import Check
        from meshtui.runtime.doctor_publishers import Witness

        why = f"{holder} uses this profile: the service runs there, and has the radio"
        tell(Check("capture: radio", True, f"not tried: {why}", is_tried=False))
        await _tell_rest(config, Witness(silence=why, is_at_work=True), tell)
    else:
        await _tell_rest(config, await _witness(profile, config, tell, broken), tell)


def _settings(profile: Profile, tell: Tell) -> CaptureConfig:
    """Read what the settings name by file, and tell what is odd about them."""
    from meshtui.runtime.check import Check

    name, config = "capture: settings", profile.config.capture
    # the key and the output file have checks of their own
    asked, remarks = with_files(replace(config, private_key_path="", output_file=""))
    config = replace(config, brokers=asked.brokers)
    place = config.places.get("enabled", f"{profile.paths.config_file}: enabled")
    if not config.is_enabled:
        tell(Check(name, True, "the service is switched off", f"{place}: set it to true"))
        return config
    remarks = (*profile.config.remarks, *remarks)
    count = sum(broker.is_enabled for broker in config.brokers)
    brokers = f"{count} broker{'s' * (count != 1)}" if config.has_mqtt else "no broker"
    file = ", a file" if config.output_file else ""
    odd = f"; {len(remarks)} remarks" if len(remarks) > 1 else "; one remark" if remarks else ""
    tell(Check(name, True, f"{brokers}{file}{odd}", "\n      ".join(remarks)))
    return config


async def _witness(
    profile: Profile, config: CaptureConfig, tell: Tell, broken: Mapping[LinkId, str]
) -> Witness:
    """Ask the radio; nothing is kept open."""
    from meshtui.runtime.bootstrap import configured_links, open_mesh
    from meshtui.runtime.check import Check
    from meshtui.runtime.doctor_publishers import Witness
    from meshtui.runtime.doctor_radio import choose_radio, question

    name = "capture: radio"
    try:
        links = [info for info, _, _ in configured_links(profile.config)]
        chosen = choose_radio(config, links)
        if not isinstance(chosen, Check) and chosen.link_id in broken:
            fix = "see what is said of that link above"
            chosen = Check(name, False, f"{chosen.link_id}: {broken[chosen.link_id]}", fix)
        if isinstance(chosen, Check):
            tell(chosen)
            return Witness(silence=chosen.detail)
        # alone: nobody else shall hear that we are here
        url = profile.config.links[links.index(chosen)]
        alone = replace(profile.config, links=(url,), capture=CaptureConfig())
        [(link, _, _)] = configured_links(alone)
        identity, own_key = _keys_for(profile, link)
        # what the radio kept for us may come at once, and must not be lost
        database = profile.paths.database_file
        async with open_mesh(alone, database, identity, opens_links=False) as hub:
            return await question(hub, link, config, tell, own_key)
    except (ConfigError, KeystoreError, StoreError) as error:
        tell(Check(name, False, str(error)))
        return Witness(silence=str(error))


async def _tell_rest(config: CaptureConfig, witness: Witness, tell: Tell) -> None:
    from meshtui.runtime.doctor_publishers import check_publishers

    await _tell_machine(config, witness, tell)
    await check_publishers(config, witness, tell)


async def _tell_machine(config: CaptureConfig, witness: Witness | None, tell: Tell) -> None:
    from meshtui.runtime.doctor_capture import check_machine

    prove = None if witness is None else witness.prove
    for check in await asyncio.to_thread(lambda: list(check_machine(config, prove))):
        tell(check)


def _keys_for(profile: Profile, link: LinkInfo) -> tuple[Identity, SecretBytes | None]:
    """Return who we are, and our key in hex where we are the node; nobody in particular elsewhere.

    Raises:
        KeystoreError: The key file is missing, damaged, or its password wrong.
        ConfigError: A password is needed and there is no way to ask, or our key is elsewhere and
            cannot be read.
    """
    from meshtui.cli.mesh import load_identity
    from meshtui.crypto.keys import Identity
    from meshtui.networks.meshcore.identity import key_of

    if not _needs_keys(link):
        return Identity(secrets.token_bytes(_SEED_BYTES)), None
    identity = load_identity(profile)
    if file := profile.config.meshcore.private_key_file:
        return identity, SecretBytes(read_secret(Path(file).expanduser()).encode())
    return identity, SecretBytes(key_of(identity).private.reveal.hex().encode())


def _needs_keys(link: LinkInfo) -> bool:
    """Tell whether this program is a node itself behind a link, and no guest of a radio that is."""
    from meshtui.networks.registry import load_network

    is_heard = load_network(link.network).open_observer() is not None
    return not is_heard or link.kind is LinkKind.MODEM
