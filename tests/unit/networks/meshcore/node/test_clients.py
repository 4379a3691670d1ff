"""Who is logged in."""

from __future__ import annotations

from meshtui.networks.meshcore.node.clients import MAX_CLIENTS, ClientTable, Permission


def test_a_client_is_admitted_once() -> None:
    table = ClientTable()

    assert table.admit(b"a") is table.admit(b"a")
    assert len(table) == 1


def test_who_was_not_heard_for_longest_makes_room_but_no_administrator() -> None:
    table = ClientTable()
    for number in range(MAX_CLIENTS):
        client = table.admit(bytes([number]))
        assert client is not None
        client.active_at_s = float(number)
    admin = table.get(bytes([0]))
    assert admin is not None
    admin.permissions = Permission.ADMIN

    assert table.admit(b"new") is not None

    assert len(table) == MAX_CLIENTS
    assert table.get(bytes([0])) is admin
    assert table.get(bytes([1])) is None


def test_among_administrators_only_there_is_no_room() -> None:
    table = ClientTable()
    for number in range(MAX_CLIENTS):
        client = table.admit(bytes([number]))
        assert client is not None
        client.permissions = Permission.ADMIN

    assert table.admit(b"new") is None


def test_high_bits_of_the_permissions_do_not_change_the_role() -> None:
    client = ClientTable().admit(b"a")
    assert client is not None
    client.permissions = 0x82

    assert client.role is Permission.WRITER
    assert not client.is_admin


def test_who_is_put_last_comes_last() -> None:
    table = ClientTable()
    first, second = table.admit(b"a"), table.admit(b"b")
    assert first is not None
    assert second is not None

    table.put_last(first)
    other = ClientTable().admit(b"x")
    assert other is not None
    table.put_last(other)

    assert list(table) == [second, first]
