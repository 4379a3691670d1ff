"""Letting somebody in: by password, or because it is in already."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.node.clients import Client, ClientTable, Permission
from meshtui.networks.meshcore.node.outputs import ClientLoggedIn
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.payloads.response import (
    LoginAnswer,
    ResponseBody,
    encode_login,
    encode_response,
)

if TYPE_CHECKING:
    from meshtui.networks.meshcore.node.core import Core

_RANDOM_BYTES: Final = 4
_FIRMWARE_LEVEL: Final = 2
_READER_ONLY: Final = 2  # what a room says where others say whether one is an administrator


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """A login, as it was opened.

    Attributes:
        timestamp: By the sender's clock.
        since: In a room: the newest post it has.
    """

    sender: bytes
    timestamp: int
    password: bytes = field(repr=False)
    since: int = 0


def let_in(core: Core, clients: ClientTable, login: LoginRequest) -> Client | None:
    """Admit a client; None = wrong password, a replay, or no room."""
    if not login.password:
        known = clients.get(login.sender)
        if known is not None:
            return known
    permission = _permission(core, login.password)
    if permission is None:
        core.drop("wrong-password")
        return None
    client = clients.admit(login.sender)
    if client is None:
        core.drop("full")
        return None
    if login.timestamp <= client.last_timestamp:
        core.drop("replay")
        return None
    client.last_timestamp = login.timestamp
    client.permissions = permission
    client.since = login.since
    client.push_ack = b""
    client.push_failures = 0
    core.keyring.add_contact(login.sender)
    core.out.append(ClientLoggedIn(login.sender, permission))
    return client


def login_answer(core: Core, client: Client) -> bytes:
    """Write the answer to a login: our time, and what the client may do."""
    is_admin = int(client.is_admin)
    if core.settings.role is AdvertType.ROOM and client.permissions == Permission.GUEST:
        is_admin = _READER_ONLY
    answer = LoginAnswer(
        0, is_admin, client.permissions, core.random(_RANDOM_BYTES), _FIRMWARE_LEVEL
    )
    return encode_response(ResponseBody(core.unique_time(), encode_login(answer)))


def _permission(core: Core, password: bytes) -> Permission | None:
    """Return what a password opens; None = nothing."""
    settings = core.settings
    is_room = settings.role is AdvertType.ROOM
    admin = settings.password.reveal
    if admin and hmac.compare_digest(password, admin):
        return Permission.ADMIN
    if hmac.compare_digest(password, settings.guest_password.reveal):
        return Permission.WRITER if is_room else Permission.GUEST
    return Permission.GUEST if is_room and settings.allow_read_only else None
