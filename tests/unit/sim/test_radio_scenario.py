"""Radio scenarios: those that come with the program, and the complaints about others."""

from __future__ import annotations

import random

import pytest

from meshtui.errors import ConfigError
from meshtui.sim.placement import components, mean_degree
from meshtui.sim.radio_scenario import (
    load_radio_scenario,
    parse_radio_scenario,
    radio_scenario_names,
)
from meshtui.sim.traffic import choose_members, choose_partners, writings
from meshtui.sim.world import lay_out

SMALL = '[place]\nrule = "disc"\nnodes = 12\nmean_degree = 5\n'


def parse(text: str):
    return parse_radio_scenario(text.encode(), "small", "small.toml")


def test_the_published_scenarios_are_there() -> None:
    names = radio_scenario_names()

    assert {"dm60", "dense", "sparse", "line", "city", "thousand"} <= set(names)
    assert "hills" not in names


@pytest.mark.parametrize("name", ["dm60", "dense", "sparse", "line", "city"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_published_mesh_is_whole_and_as_dense_as_it_says(name: str, seed: int) -> None:
    scenario = load_radio_scenario(name)
    waves, places = lay_out(scenario, seed)
    audible = waves.audible(places)

    assert len(places) == scenario.place.nodes
    assert len(components(audible, waves.sensitivity_dbm)) == 1
    if scenario.place.mean_degree:
        degree = mean_degree(audible, waves.sensitivity_dbm)
        assert degree == pytest.approx(scenario.place.mean_degree, rel=0.1)
    assert set(scenario.variants) == {"plain", "ours", "dsr"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("title = [", "not TOML"),
        ("\xff", "place.rule is missing"),
        ("", "place.rule is missing"),
        ('[place]\nrule = "moon"\nnodes = 3', "place.rule must be one of disc, grid"),
        ('[place]\nrule = "disc"', "place.nodes is missing"),
        ('[place]\nrule = "disc"\nnodes = 1000000', "place.nodes must be a whole number"),
        ('[place]\nrule = "disc"\nnodes = 5', "place.mean_degree must be above 0"),
        ('[place]\nrule = "line"\nnodes = 5', "place.spacing_m must be given"),
        (f"hours = 1e9\n{SMALL}", "hours must be a number from 0.001 to 10000"),
        (f"hours = nan\n{SMALL}", "hours must be a number"),
        (f"hours = true\n{SMALL}", "hours must be a number"),
        (f"huors = 4\n{SMALL}", "huors is an unknown key"),
        (f"{SMALL}[radio]\nsf = 13", "radio.sf must be a whole number from 5 to 12"),
        (f"{SMALL}[traffic]\ntext_chars = 0", "traffic.text_chars must be"),
        (f"{SMALL}[traffic]\nforum = 5", "traffic.forum must be up to 100 tables"),
        (f"{SMALL}[[traffic.forum]]\nname = 5", r"traffic.forum\[1\].name must be a text"),
        (f"{SMALL}[variant]\nx = 5", "variant must be tables"),
        (f"{SMALL}[variant.'\\x1b']", "variant must be tables with short plain names"),
        (f"{SMALL}[session]\nsauce = 5", "session or variant: sauce must be one of ack_timeout"),
        (f"{SMALL}[variant.x]\nsauce = 5", "session or variant: sauce must be"),
        (f"{SMALL}[[failure]]\nnodes = [99]", "failure.nodes must be numbers of nodes"),
        (f'{SMALL}[[node]]\ncharacter = "x"', "node.character 'x' must be one of"),
        ('[place]\nrule = "list"\n[[node]]\n[[node]]', "node.x_m is missing"),
        (f"origin = [1]\n{SMALL}", "origin must be latitude and longitude"),
    ],
)
def test_a_complaint_names_file_and_key(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=rf"^small.toml: .*{complaint}"):
        parse(text if text != "\xff" else "title = 'ÿ'")


def test_what_is_not_utf8_or_far_too_long_is_refused() -> None:
    with pytest.raises(ConfigError, match="not TOML"):
        parse_radio_scenario(b"\xff\xfe", "x", "x.toml")
    with pytest.raises(ConfigError, match="too long"):
        parse_radio_scenario(b"#" * 2_000_000, "x", "x.toml")


def test_a_missing_file_and_an_unknown_name_are_told_apart(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: No such file"):
        load_radio_scenario(str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match="no scenario called 'nowhere'; there are city"):
        load_radio_scenario("nowhere")


def test_a_mesh_that_cannot_be_whole_is_refused() -> None:
    scenario = parse('[place]\nrule = "disc"\nnodes = 40\nmean_degree = 0.5\n')

    with pytest.raises(ConfigError, match="not all nodes reach each other"):
        lay_out(scenario, 1)


def test_partners_are_near_and_few() -> None:
    scenario = parse(f"{SMALL}[traffic]\npartners = 3\npartner_km = 9\n")
    places = [(4_000.0 * n, 0.0) for n in range(12)]

    partners = choose_partners(scenario.traffic, places, random.Random(1))

    assert partners[0] == [1, 2]
    assert all(len(others) <= 3 and n not in others for n, others in enumerate(partners))


def test_as_much_is_written_as_asked_and_always_the_same() -> None:
    text = "[[traffic.forum]]\nname = 'all'\nshare = 0.5\nper_node_hour = 2.0\n"
    scenario = parse(f"hours = 50.0\n{SMALL}[traffic]\ndms_per_node_hour = 1.0\n{text}")

    def draw():
        source = random.Random(7)
        partners = choose_partners(scenario.traffic, [(0.0, 0.0)] * 12, source)
        members = choose_members(scenario.traffic, 12, source)
        return members, list(writings(scenario, partners, members, source))

    members, written = draw()
    direct = [one for one in written if one.recipient is not None]

    assert (members, written) == draw()
    assert len(members["all"]) == 6
    assert len(direct) == pytest.approx(600, rel=0.15)
    assert len(written) - len(direct) == pytest.approx(600, rel=0.15)
    assert all(one.author != one.recipient for one in written)
    assert {one.author for one in written if one.forum} <= set(members["all"])
    assert {len(one.text) for one in written} == {100}
    assert [one.at_s for one in written] == sorted(one.at_s for one in written)
