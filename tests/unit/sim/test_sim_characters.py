"""What simulated people answer."""

from __future__ import annotations

from random import Random

from meshtui.sim.characters import Character, Said
from meshtui.sim.scenario import load_scenario

SCENARIO = load_scenario()


def answer(name: str, text: str, via: tuple[str, ...] = ()) -> str:
    return Character(SCENARIO, SCENARIO.node(name), Random(1)).answer(Said(text, "me", via, 0))


def test_no_answer_leaves_a_brace_unfilled() -> None:
    for node in SCENARIO.nodes:
        character = Character(SCENARIO, node, Random(1))
        said = Said("hello time", "me", (), 0)

        spoken = [
            character.speak(line, said)
            for rules in (SCENARIO.common, SCENARIO.characters[node.character])
            for lines in rules.values()
            for line in lines
        ]

        assert not [line for line in spoken if "{" in line]


def test_the_same_seed_gives_the_same_answer() -> None:
    assert answer("Erik Lind", "so what") == answer("Erik Lind", "so what")


def test_known_words_are_answered() -> None:
    assert "45.1602 N" in answer("Erik Lind", "Your POSITION please?")
    assert "new key" in answer("Alice Moreau", "help")
    assert "two relays and reached me through Ridge Relay and Mill Relay" in answer(
        "Ivo", "hops?", ("Ridge Relay", "Mill Relay")
    )


def test_a_word_inside_a_word_is_not_that_word() -> None:
    assert "It is" not in answer("Ivo", "maritimes")


def test_a_quotation_is_short_and_its_braces_stay() -> None:
    assert "> {place}" in answer("Ivo", "{place}")
    assert len(answer("Ivo", "a" * 10_000)) < 100


def test_all_answers_come_before_one_comes_again() -> None:
    character = Character(SCENARIO, SCENARIO.node("Bruno (BitMesh)"), Random(1))

    answers = {character.answer(Said("so", "me", (), 0)) for _ in range(5)}

    assert len(answers) == 5
