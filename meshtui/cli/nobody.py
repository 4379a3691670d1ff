"""Who needs no identity of ours: a companion radio is a node of its own, with its own keys."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from meshtui.cli.addressing import MESHCORE

if TYPE_CHECKING:
    from meshtui.config.settings import Config
    from meshtui.crypto.keys import Identity
    from meshtui.model.link import LinkInfo

_SEED_BYTES: Final = 64


def link_that_needs_us(config: Config) -> LinkInfo | None:
    """Return the first link on which we are a node ourselves; None = all are companion radios.

    Raises:
        ConfigError: A link URL is wrong.
    """
    from meshtui.model.link import LinkKind
    from meshtui.runtime.bootstrap import configured_links

    for info, _, _ in configured_links(config):
        if info.network != MESHCORE or info.kind is LinkKind.MODEM:
            return info
    return None


def throw_away_identity() -> Identity:
    """Make an identity for this run: nobody hears of it, nothing is kept under it."""
    from meshtui.crypto.keys import Identity

    return Identity(secrets.token_bytes(_SEED_BYTES))
