from __future__ import annotations

import re

from meshtui.crypto.safety_number import safety_number
from tests.support.jsonmesh_people import people


def test_both_people_see_the_same_sixty_digits() -> None:
    alice, bob, *_ = people()

    number = safety_number(alice.public_key, bob.public_key)

    assert number == safety_number(bob.public_key, alice.public_key)
    assert re.fullmatch(r"\d{5}( \d{5}){11}", number)


def test_the_number_never_changes_between_releases() -> None:
    alice, bob, *_ = people()

    assert safety_number(alice.public_key, bob.public_key).startswith("14508 49339 00950")


def test_another_key_gives_another_half() -> None:
    alice, bob, carol, _ = people()

    with_bob = safety_number(alice.public_key, bob.public_key).replace(" ", "")
    with_carol = safety_number(alice.public_key, carol.public_key).replace(" ", "")

    halves = {with_bob[:30], with_bob[30:], with_carol[:30], with_carol[30:]}
    assert len(halves) == 3
