"""Whom we know where the radio is a modem: the contact table is our own, and is kept in order."""

from __future__ import annotations

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.command import Ask
from meshtui.model.event import NodeHeard
from meshtui.model.ids import NodeId
from meshtui.networks.meshcore.contact_card import link_of
from meshtui.networks.meshcore.modem import rig as rigs
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.station import NETWORK
from tests.support.meshcore_vectors import key
from tests.support.modem_world import UNIX_MS, ModemWorld, pair

DAY_S = 86_400
BOB = key("B").public_key


def know(world: ModemWorld, number: int, days: float, flags: int = 0) -> None:
    """Let Alice know somebody, unheard for so long."""
    heard_s = UNIX_MS // 1000 - round(days * DAY_S)
    contact = Contact(bytes((number,)) * 32, f"n{number}", 1, flags, last_advert=heard_s)
    world.people["Alice"].port._rig.node.add_contact(contact)


def known(world: ModemWorld) -> list[str]:
    return [contact.name for contact in world.people["Alice"].port._rig.node.contacts]


def opens(world: ModemWorld, public_key: bytes) -> bool:
    contacts = world.people["Alice"].station.keyring.contacts
    return any(public_key == each for each, _ in contacts)


@pytest.fixture
def world() -> ModemWorld:
    """Alice knows Bob, whom she has just heard, and some others."""
    world = pair()
    know(world, 1, 40)
    know(world, 2, 10)
    know(world, 3, 400, flags=1)
    know(world, 4, 90)
    return world


def test_the_table_is_shown_with_ways_and_favourites(world: ModemWorld) -> None:
    node = world.people["Alice"].port._rig.node
    node.set_out_path(bytes((1,)) * 32, OutPath(2, b"\xa1\x3f"), world.now)
    node.set_out_path(bytes((2,)) * 32, OutPath(0, b""), world.now)

    (answer,) = world.ask("Alice", "contacts")

    assert answer.text == "5 of 4096 contacts"
    rows = {dict(row)["name"]: dict(row) for row in answer.rows}
    assert rows["Bob"]["node"] == BOB.hex()[:12]
    assert (rows["n1"]["path"], rows["n2"]["path"]) == ("a1 > 3f", "direct")
    assert (rows["n3"]["heard"], rows["n3"]["favourite"]) == ("400 d ago", "yes")
    assert rows["n3"]["path"] == "not known"


def test_who_was_long_unheard_is_listed_the_longest_first(world: ModemWorld) -> None:
    (answer,) = world.ask("Alice", "contacts-old", "30")

    assert [dict(row)["name"] for row in answer.rows] == ["n4", "n1"]
    assert answer.text == (
        "2 of 5 contacts were not heard for 30 days; `contacts-cleanup 30` removes them"
    )
    assert len(known(world)) == 5


def test_who_was_long_unheard_is_removed_and_opened_no_more(world: ModemWorld) -> None:
    (answer,) = world.ask("Alice", "contacts-cleanup", "30")

    assert answer.text == "2 contacts removed until the program ends, 3 are left"
    assert known(world) == ["Bob", "n2", "n3"]
    assert opens(world, bytes((2,)) * 32)
    assert not opens(world, bytes((4,)) * 32)


@pytest.mark.parametrize("verb", ["contacts-old", "contacts-cleanup"])
@pytest.mark.parametrize("argument", ["", "0", "many", "1 2"])
def test_what_is_no_number_of_days_is_refused(world: ModemWorld, verb: str, argument: str) -> None:
    with pytest.raises(LocalProtocolError):
        world.ask("Alice", verb, argument)


def test_who_is_removed_comes_back_with_its_next_advertisement(world: ModemWorld) -> None:
    (answer,) = world.ask("Alice", "remove", to="Bob")
    assert "until it advertises" in answer.text
    assert "Bob" not in known(world)
    assert not opens(world, BOB)

    world.ask("Bob", "advert-flood")

    assert "Bob" in known(world)
    assert opens(world, BOB)


def test_who_is_added_is_in_the_table(world: ModemWorld) -> None:
    world.ask("Alice", "remove", to="Bob")

    (answer,) = world.ask("Alice", "add", to="Bob")

    assert answer.text == "it is in our contacts, 5 in all"
    assert "Bob" in known(world)


def test_a_table_that_is_full_is_said_to_be(monkeypatch) -> None:
    monkeypatch.setattr(rigs, "MAX_CONTACTS", 1)
    world = pair()
    stranger = NodeId(key("R").public_key.hex())
    port = world.people["Alice"].port

    with pytest.raises(LocalProtocolError, match="full"):
        port.ask(Ask(NETWORK, "add", "r", stranger), world.now)


def test_a_favourite_is_kept_until_it_is_none(world: ModemWorld) -> None:
    table = world.people["Alice"].port._rig.node.contacts

    (on,) = world.ask("Alice", "favourite", to="Bob")
    is_kept = table.get(BOB).is_favourite
    (off,) = world.ask("Alice", "favourite", "off", to="Bob")

    assert (on.text, is_kept) == ("a favourite of ours", True)
    assert (off.text, table.get(BOB).is_favourite) == ("no favourite of ours any more", False)


def test_a_card_without_proof_says_so(world: ModemWorld) -> None:
    card = link_of(key("R").public_key, "Hill", 2)

    (answer,) = world.ask("Alice", "import", card)

    assert answer.text == "Hill is a contact; the card proves nothing, so compare the keys"
    assert world.people["Alice"].all(NodeHeard)[-1].node.name == "Hill"


def test_our_own_card_is_none_to_import(world: ModemWorld) -> None:
    (mine,) = world.ask("Alice", "export")

    with pytest.raises(LocalProtocolError, match="our own card"):
        world.ask("Alice", "import", mine.text)
    with pytest.raises(LocalProtocolError):
        world.ask("Alice", "import", mine.text[:-8])
