"""The scenario of the demo, and what is refused as one."""

from __future__ import annotations

import pytest

from meshtui.crypto.secp256k1 import public_key_of
from meshtui.errors import ConfigError
from meshtui.networks.jsonmesh.identity import derive_key, node_id_of
from meshtui.sim.scenario import NodeKind, load_scenario, parse_scenario

SMALL = """
title = "small"
seed = 1
islands = ["here"]
joined = ["talk"]
own = { name = "you", lat = 1.0, lng = 2.0 }
[[forum]]
name = "talk"
description = ""
by = "Ann"
[[node]]
name = "Ann"
islands = ["here"]
lat = 1.0
lng = 2.0
place = "home"
character = "host"
forums = ["talk"]
[common]
[character.host]
any = ["yes"]
[[scene]]
forum = "talk"
lines = [["Ann", "hello"]]
"""


def public_key(scenario, node, twin=0):
    return public_key_of(derive_key(scenario.identity(node, twin)))


def test_the_demo_has_people_near_and_far() -> None:
    scenario = load_scenario()

    at_home = [node for node in scenario.nodes if scenario.islands[0] in node.islands]

    assert len(scenario.nodes) >= 10
    assert len(at_home) == 5
    assert len({node.kind for node in scenario.nodes}) == len(NodeKind)


def test_every_node_has_an_identity_of_its_own() -> None:
    scenario = load_scenario()

    ids = {node_id_of(public_key(scenario, node)) for node in scenario.nodes}

    assert len(ids) == len(scenario.nodes)


def test_a_twin_has_the_same_id_and_another_key() -> None:
    scenario = load_scenario()
    node = next(node for node in scenario.nodes if node.twins)

    first, second = public_key(scenario, node), public_key(scenario, node, 1)

    assert first != second
    assert node_id_of(first) == node_id_of(second)


def test_a_scenario_is_read_whole() -> None:
    assert parse_scenario(SMALL).scenes[0].lines[0].text == "hello"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('islands = ["here"]\nlat', 'islands = ["there"]\nlat'),
        ('character = "host"', 'character = "guest"'),
        ('by = "Ann"', 'by = "Bob"'),
        ('joined = ["talk"]', 'joined = ["walk"]'),
        ('lines = [["Ann"', 'lines = [["Bob"'),
        ('forums = ["talk"]', ""),
        ("seed = 1", ""),
        ("seed = 1", "seed = = 1"),
        ("place =", "palace ="),
        ('character = "host"', 'character = "host"\nkind = "cow"'),
    ],
)
def test_what_contradicts_itself_is_refused(old: str, new: str) -> None:
    assert old in SMALL

    with pytest.raises(ConfigError, match="scenario"):
        parse_scenario(SMALL.replace(old, new, 1))


def test_an_unknown_scenario_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="atlantis"):
        load_scenario("atlantis")
