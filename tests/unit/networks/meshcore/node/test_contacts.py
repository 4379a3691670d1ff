"""The contact table."""

from __future__ import annotations

from meshtui.networks.meshcore.node.contacts import Contact, ContactTable, OutPath


def test_an_out_path_counts_its_hops() -> None:
    path = OutPath(0x42, bytes(4))

    assert (path.hops, path.hash_size) == (2, 2)


def test_a_table_takes_no_more_than_its_limit_but_changes_who_is_in() -> None:
    table = ContactTable(1)

    assert table.put(Contact(b"a" * 32, "one"))
    assert not table.put(Contact(b"b" * 32, "two"))
    assert table.put(Contact(b"a" * 32, "renamed"))
    assert [contact.name for contact in table] == ["renamed"]
    assert table.is_full
    assert len(table) == 1


def test_contacts_are_found_by_the_first_bytes_of_their_keys() -> None:
    table = ContactTable(9)
    table.put(Contact(b"ab" * 16))
    table.put(Contact(b"ac" * 16))

    assert len(table.by_prefix(b"a")) == 2
    assert [contact.public_key for contact in table.by_prefix(b"ac")] == [b"ac" * 16]
    assert table.by_prefix(b"x") == []


def test_the_oldest_is_no_favourite() -> None:
    table = ContactTable(9)
    table.put(Contact(b"a", flags=1, modified_s=1))
    table.put(Contact(b"b", modified_s=3))
    table.put(Contact(b"c", modified_s=2))

    oldest = table.oldest()

    assert oldest is not None
    assert oldest.public_key == b"c"


def test_a_table_of_favourites_has_no_oldest() -> None:
    table = ContactTable(9)
    table.put(Contact(b"a", flags=1))

    assert table.oldest() is None


def test_who_is_removed_is_gone() -> None:
    table = ContactTable(9)
    table.put(Contact(b"a", "Alice"))

    assert table.remove(b"a") == Contact(b"a", "Alice")
    assert table.remove(b"a") is None
    assert table.get(b"a") is None
