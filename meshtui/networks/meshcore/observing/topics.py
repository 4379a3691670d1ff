"""Where an observer's messages go, and by which names it logs in.

A topic's template holds `{IATA}`, `{iata}`, `{PUBLIC_KEY}` and `{public_key}`: upper or lower case
as they are written. Whatever else it holds is the topic's own, curly brackets included.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.observing.message import key_of

if TYPE_CHECKING:
    from meshtui.model.device import Device

TEST_REGION: Final = "test"
"""No airport, and the one region that brokers know in lower case."""

MAX_CLIENT_ID: Final = 23
"""Characters that every broker takes, before the number of a further connection."""

_PLACEHOLDER: Final = re.compile(r"\{(IATA|iata|PUBLIC_KEY|public_key)\}")


def fill_topic(template: str, origin: Device, iata: str) -> str:
    """Fill the placeholders in, each once: what is filled in is never read again."""
    key = key_of(origin)
    region = iata.lower()
    values = {
        "IATA": region if region == TEST_REGION else region.upper(),
        "iata": region,
        "PUBLIC_KEY": key,
        "public_key": key.lower(),
    }
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)


def client_id_of(origin: Device, number: int) -> str:
    """Name a connection by the radio's key; every one but the first also by its number."""
    name = f"meshcore_client_{key_of(origin)}"[:MAX_CLIENT_ID]
    return name if number == 1 else f"{name}_{number}"


def username_of(origin: Device) -> str:
    """Whom a token logs in."""
    return f"v1_{key_of(origin)}"
