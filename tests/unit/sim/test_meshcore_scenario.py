"""What a scenario says of a MeshCore mesh, and who repeats where it says nothing."""

from __future__ import annotations

import pytest

from meshtui.errors import ConfigError
from meshtui.sim.meshcore_scenario import RADIO, MeshcorePart, choose_repeaters, repeater_name
from meshtui.sim.radio_scenario import RadioScenario, parse_radio_scenario

PLACE = '[place]\nrule = "list"\n'
NODE = '[[node]]\nname = "Nadia"\nx_m = 1\ny_m = 2\n'
OTHER = '[[node]]\nname = "Jonas"\nx_m = 3\ny_m = 4\n'


def parse(text: str) -> RadioScenario:
    return parse_radio_scenario(f"{PLACE}{text}{OTHER}".encode(), "small", "small.toml")


def graph(*pairs: tuple[int, int]) -> list[dict[int, float]]:
    tables: list[dict[int, float]] = [{} for _ in range(1 + max(map(max, pairs)))]
    for one, other in pairs:
        tables[one][other] = tables[other][one] = -100.0
    return tables


def test_a_scenario_that_says_nothing_of_it_has_the_networks_preset() -> None:
    found = parse(NODE)

    assert found.meshcore.radio == RADIO
    assert found.meshcore.channels == ("#test",)
    assert found.only_meshcore == ()
    assert found.listed[0].meshcore == MeshcorePart()


def test_it_may_name_radio_channels_roles_and_nodes_of_its_own() -> None:
    found = parse(
        f'{NODE}[node.meshcore]\nrole = "repeater"\nname = "Ridge Rpt"\nis_new = true\n'
        '[meshcore]\nchannels = ["#valley"]\nadvert_every_min = 1\nhash_size = 2\n'
        "[meshcore.radio]\nsf = 7\n"
        '[[meshcore.node]]\nname = "Hut"\nx_m = 9\ny_m = 9\n'
        '[meshcore.node.meshcore]\nrole = "room"\n'
    )

    assert found.listed[0].meshcore == MeshcorePart("repeater", "Ridge Rpt", is_new=True)
    assert found.meshcore.channels == ("#valley",)
    assert (found.meshcore.advert_every_s, found.meshcore.hash_size) == (60, 2)
    assert (found.meshcore.radio.spreading_factor, found.meshcore.radio.bandwidth_khz) == (7, 62.5)
    assert [(node.name, node.meshcore.role) for node in found.only_meshcore] == [("Hut", "room")]
    assert found.place.nodes == 2


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f'{NODE}[node.meshcore]\nrole = "king"\n', r"node\[1\].meshcore.role must be one of"),
        (f"{NODE}[node.meshcore]\nrank = 1\n", r"node\[1\].meshcore.rank is an unknown key"),
        (f"{NODE}[meshcore]\nhash_size = 4\n", "meshcore.hash_size must be a whole number"),
        (f"{NODE}[meshcore]\nfoo = 4\n", "meshcore.foo is an unknown key"),
        (f"{NODE}[meshcore.radio]\nsf = 4\n", "meshcore.radio.sf must be"),
        (f'{NODE}[[meshcore.node]]\nname = "Hut"\n', "meshcore.node.x_m is missing"),
        (f'{NODE}[[meshcore.node]]\nx_m = 1\ny_m = 1\ncharacter = "x"', "node.character 'x' must"),
    ],
)
def test_what_is_wrong_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        parse(f"{text}\n")


def test_repeaters_are_those_who_hold_the_mesh_together() -> None:
    chain = graph((0, 1), (1, 2), (2, 3), (3, 4))
    star_and_pair = graph((0, 1), (0, 2), (0, 3), (4, 5))

    assert choose_repeaters(chain, -110) == {1, 2, 3}
    assert choose_repeaters(star_and_pair, -110) == {0}
    assert choose_repeaters(graph((0, 1), (1, 2), (0, 2)), -110) == set()
    assert choose_repeaters(chain, -90) == set()


def test_nobody_shares_a_name() -> None:
    names = [repeater_name(number) for number in range(100)]

    assert names[0] == "Ridge Rpt"
    assert len(set(names)) == 100
