"""`meshtui sim`."""

from __future__ import annotations

import json

import pytest

from meshtui.cli.main import main

SCENARIO = """
title = "Small"
hours = 0.1
warmup_min = 1
drain_min = 3
boot_s = 20
known_contacts = "all"
caps = ["ack", "cbor1", "zlib", "resend", "dsr"]
[place]
rule = "disc"
nodes = 8
mean_degree = 4
[traffic]
dms_per_node_hour = 6.0
partners = 2
[[traffic.forum]]
name = "all"
share = 0.5
per_node_hour = 2.0
[variant.plain]
plain = true
[variant.ours]
source_routing = false
"""


@pytest.fixture
def scenario(tmp_path) -> str:
    path = tmp_path / "small.toml"
    path.write_text(SCENARIO)
    return str(path)


def test_without_a_scenario_it_lists_those_there_are(capsys) -> None:
    assert main(["sim", "--json"]) == 0

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"dm60", "dense", "sparse", "line", "city", "thousand"} <= {row["name"] for row in rows}
    assert all(row["nodes"] and row["title"] for row in rows)


def test_each_run_is_one_object(scenario: str, capsys) -> None:
    assert main(["sim", scenario, "--seeds", "2", "--processes", "1", "--json"]) == 0

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["variant"], row["seeds"]) for row in rows] == [
        ("plain", [1]),
        ("ours", [1]),
        ("plain", [2]),
        ("ours", [2]),
    ]
    for row in rows:
        assert 0 <= row["delivered"] <= 1
        assert row["transmissions"] == sum(
            count for kind, count in row["transmissions_by_kind"].items() if kind != "presence"
        )
        assert row["speed"] > 1


def test_the_same_seed_gives_the_same_figures(scenario: str, capsys) -> None:
    def figures() -> list[dict[str, object]]:
        assert main(["sim", scenario, "--variant", "ours", "--processes", "1", "--json"]) == 0
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [{k: v for k, v in row.items() if k not in {"wall_s", "speed"}} for row in rows]

    assert figures() == figures()


def test_the_same_places_serve_the_other_network(scenario: str, capsys) -> None:
    arguments = ["sim", scenario, "--network", "meshcore", "--hours", "1", "--processes", "1"]
    assert main([*arguments, "--json"]) == 0

    row = json.loads(capsys.readouterr().out)
    assert (row["variant"], row["nodes"]) == ("meshcore", 8)
    assert row["messages"] > 0
    assert row["forum_messages"] > 0
    assert 0.5 < row["delivered"] <= 1
    assert row["transmissions_by_kind"]["direct"] > 0


def test_people_see_tables_and_drawings_without_control_codes(scenario: str, capsys) -> None:
    assert main(["sim", scenario, "--hours", "0.05", "--processes", "1"]) == 0

    text = capsys.readouterr().out
    assert "Small · 8 nodes" in text
    for words in ("plain", "ours", "delivered", "latency, half within", "real time", "●"):
        assert words in text
    assert "\x1b" not in text


def test_it_draws_an_svg(scenario: str, tmp_path, capsys) -> None:
    picture = tmp_path / "small.svg"

    code = main(["sim", scenario, "--variant", "ours", "--processes", "1", "--svg", str(picture)])

    assert code == 0
    assert picture.read_text().startswith("<svg")
    assert "delivered" in picture.read_text()


def test_several_processes_do_the_same_work(scenario: str, capsys) -> None:
    rows = []
    for processes in ("1", "2"):
        argv = ["sim", scenario, "--hours", "0.02", "--processes", processes, "--json"]
        assert main(argv) == 0
        found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        rows.append(sorted((row["variant"], row["transmissions"]) for row in found))

    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["nowhere"], "no scenario called 'nowhere'"),
        (["dm60", "--variant", "x"], "--variant x: dm60 has plain, ours, dsr"),
        (["dm60", "--variant", "x", "--network", "meshcore"], "--variant x: meshcore has none"),
        (["dm60", "--hours", "0"], "--hours"),
        (["dm60", "--seeds", "1000000"], "--seeds"),
        (["/nowhere.toml"], "/nowhere.toml: No such file"),
        (["/dev/null/x.toml"], "Not a directory"),
    ],
)
def test_wrong_use_is_said_in_one_line(argv: list[str], complaint: str, capsys) -> None:
    assert main(["sim", *argv]) == 2

    said = capsys.readouterr().err
    assert complaint in said
    assert "Traceback" not in said


def test_a_wrong_scenario_names_file_and_key(tmp_path, capsys) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(SCENARIO.replace("nodes = 8", "nodes = 80000"))

    assert main(["sim", str(path)]) == 2

    assert f"{path}: place.nodes must be a whole number from 2 to 10000" in capsys.readouterr().err


def test_a_scenarios_words_cannot_steer_the_terminal(tmp_path, capsys) -> None:
    path = tmp_path / "evil.toml"
    path.write_text(SCENARIO.replace('"Small"', '"\\u001b]0;owned\\u0007[bold]x"'))

    assert main(["sim", str(path), "--hours", "0.01", "--processes", "1"]) == 0

    text = capsys.readouterr()
    assert "[bold]x" in text.out
    assert "\x1b" not in text.out + text.err
    assert "\x07" not in text.out + text.err
