"""Letting somebody in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.model.ids import Instant
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.node.clients import MAX_CLIENTS, ClientTable, Permission
from meshtui.networks.meshcore.node.login import LoginRequest, let_in, login_answer
from meshtui.networks.meshcore.node.outputs import ClientLoggedIn, Dropped
from meshtui.networks.meshcore.node.settings import (
    NO_PASSWORD,
    repeater_settings,
    room_settings,
)
from meshtui.networks.meshcore.payloads.response import decode_login
from tests.support.meshcore_mesh import lone_node
from tests.support.meshcore_vectors import key

NOW = Instant(10.0, 1_767_225_600_000)
A = key("A").public_key
GUEST = SecretBytes(b"guest")


def _core(settings):
    core = lone_node(key("S"), settings)._core
    core.begin(NOW)
    return core


def _enter(settings, password: bytes, clients: ClientTable | None = None, timestamp: int = 5):
    core = _core(settings)
    table = ClientTable() if clients is None else clients
    client = let_in(core, table, LoginRequest(A, timestamp, password, 77))
    return client, core


@pytest.mark.parametrize(
    ("settings", "password", "expected"),
    [
        (repeater_settings("r"), b"password", Permission.ADMIN),
        (repeater_settings("r"), b"", Permission.GUEST),
        (repeater_settings("r"), b"wrong", None),
        (replace(repeater_settings("r"), guest_password=GUEST), b"guest", Permission.GUEST),
        (replace(repeater_settings("r"), guest_password=GUEST), b"", None),
        (replace(room_settings("r"), guest_password=GUEST), b"guest", Permission.WRITER),
        (replace(room_settings("r"), guest_password=GUEST), b"what", None),
        (room_settings("r"), b"", Permission.WRITER),
        (
            replace(room_settings("r"), guest_password=GUEST, allow_read_only=True),
            b"what",
            Permission.GUEST,
        ),
        (replace(repeater_settings("r"), password=NO_PASSWORD), b"", Permission.GUEST),
    ],
)
def test_a_password_opens_what_it_is_for(settings, password, expected) -> None:
    client, core = _enter(settings, password)

    if expected is None:
        assert client is None
        assert core.out == [Dropped("wrong-password")]
    else:
        assert client is not None
        assert client.permissions == expected
        assert core.out == [ClientLoggedIn(A, expected)]
        assert client.since == 77
        assert (A, "") in core.keyring.contacts


def test_who_is_in_already_needs_no_password() -> None:
    clients = ClientTable()
    settings = replace(repeater_settings("r"), guest_password=GUEST)
    first, _ = _enter(settings, b"password", clients)

    again, core = _enter(settings, b"", clients, timestamp=1)

    assert again is first
    assert core.out == []


@pytest.mark.parametrize("timestamp", [5, 4])
def test_a_login_that_is_not_newer_is_a_replay(timestamp) -> None:
    clients = ClientTable()
    _enter(repeater_settings("r"), b"password", clients)

    client, core = _enter(repeater_settings("r"), b"password", clients, timestamp)

    assert client is None
    assert core.out == [Dropped("replay")]


def test_a_table_full_of_administrators_takes_nobody() -> None:
    clients = ClientTable()
    for number in range(MAX_CLIENTS):
        client = clients.admit(bytes([number]) * 32)
        assert client is not None
        client.permissions = Permission.ADMIN

    client, core = _enter(repeater_settings("r"), b"password", clients)

    assert client is None
    assert core.out == [Dropped("full")]


@pytest.mark.parametrize(
    ("settings", "password", "is_admin"),
    [
        (repeater_settings("r"), b"password", 1),
        (repeater_settings("r"), b"", 0),
        (room_settings("r"), b"", 0),
        (replace(room_settings("r"), guest_password=GUEST, allow_read_only=True), b"", 2),
    ],
)
def test_the_answer_says_what_one_may_do(settings, password, is_admin) -> None:
    client, core = _enter(settings, password)
    assert client is not None

    answer = login_answer(core, client)

    assert int.from_bytes(answer[:4], "little") == 1_767_225_600
    body = decode_login(answer[4:])
    assert (body.result, body.is_admin, body.permissions) == (0, is_admin, client.permissions)
