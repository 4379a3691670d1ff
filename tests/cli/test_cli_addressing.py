"""Which network a command means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from meshtui.cli import addressing
from meshtui.errors import ConfigError, LocalProtocolError
from meshtui.model.ids import NetworkName, NodeId
from meshtui.model.node import Node

if TYPE_CHECKING:
    from pathlib import Path

JSON, CORE = NetworkName("jsonmesh"), NetworkName("meshcore")
KEY = "7e7662" + "0a" * 29


def test_links_say_which_networks_there_are() -> None:
    links = ["meshcore+tcp://h:5000", "jsonmesh+mqtt://h", "meshcore+ble://x"]

    assert addressing.networks_of(links) == [CORE, JSON]


@pytest.mark.parametrize(
    ("networks", "is_forum", "network"),
    [
        ([JSON, CORE], False, CORE),
        ([JSON, CORE], True, JSON),
        ([JSON], False, JSON),
        ([], False, JSON),
        ([CORE], False, CORE),
    ],
)
def test_a_channel_is_of_meshcore_where_that_is_set_up(networks, is_forum, network) -> None:
    assert addressing.channel_network(networks, is_forum=is_forum) == network


def test_a_forum_without_a_json_mesh_is_refused() -> None:
    with pytest.raises(ConfigError, match="no link to a JSON mesh"):
        addressing.channel_network([CORE], is_forum=True)


def test_an_id_says_its_network() -> None:
    assert addressing.known_address(KEY.upper(), []) == (CORE, NodeId(KEY))
    assert addressing.known_address("MESH-E0D02795", [CORE]) == (JSON, NodeId("MESH-E0D02795"))


def test_a_name_is_looked_up_where_nodes_have_names_to_go_by() -> None:
    assert addressing.known_address("Ridge", [CORE, JSON]) is None
    with pytest.raises(ConfigError, match="--to: a node id is MESH-"):
        addressing.known_address("Ridge", [JSON])


def node(start: str, name: str, network: NetworkName = CORE) -> Node:
    return Node(network, NodeId(start.ljust(64, "0")), name=name)


NODES = [node("7e76", "Ridge"), node("7e99", "Ridge Two"), node("66aa", "hill", JSON)]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("ridge", ["Ridge"]),
        ("7e76", ["Ridge"]),
        ("7e7", []),
        ("hill", []),
        ("66aa", []),
        ("7e99" + "0" * 60, ["Ridge Two"]),
    ],
)
def test_nodes_are_found_by_name_or_first_digits_on_their_network(typed, names) -> None:
    assert [each.name for each in addressing.find_nodes(typed, NODES, CORE)] == names


def test_of_several_nodes_one_must_be_named() -> None:
    with pytest.raises(LocalProtocolError, match="may mean 7e76"):
        addressing.one_of("x", NODES[:2])


def test_a_meshcore_channel_may_come_with_its_key() -> None:
    request = addressing.join_request("hill=" + "0a" * 16, [CORE])

    assert (request.network, request.name) == (CORE, "hill")
    assert request.secret is not None
    assert request.secret.reveal == b"\x0a" * 16


def test_a_key_may_stand_in_a_file(tmp_path: Path) -> None:
    place = tmp_path / "key"
    place.write_text("0A" * 16 + "\n")
    place.chmod(0o600)

    request = addressing.join_request(f"hill=@{place}", [CORE])

    assert request.secret is not None
    assert request.secret.reveal == b"\x0a" * 16


def test_a_name_with_blanks_keeps_quotes_of_its_own() -> None:
    with pytest.raises(ConfigError, match=re.escape("""--channel '"my hill"'""")):
        addressing.join_request("hill people", [JSON])

    assert addressing.join_request('"hill people"', [JSON]).name == "hill people"
    assert addressing.join_request('"hill people"', [CORE]).name == "#hill people"


def test_a_forums_name_is_taken_as_it_stands_and_may_hold_blanks() -> None:
    assert addressing.join_request("cli test", [JSON], is_forum=True).name == "cli test"
    assert addressing.join_request('"#a=b"', [JSON], is_forum=True).name == "#a=b"


@pytest.mark.parametrize(
    ("typed", "networks", "is_forum"),
    [
        ("fam2=5ec4e7", [CORE], False),
        ("fam2=5ec4e7", [JSON], False),
        ("fam2=5ec4e7", [], False),
        ("fam2=5ec4e7", [JSON], True),
        ("fam2 5ec4e7", [CORE], False),
        ("fam2 5ec4e7", [JSON], False),
        ("fam2=" + "5ec4e7a9" * 4, [JSON], False),
        ("fam2=" + "5ec4e7a9" * 4, [JSON], True),
        ("fam2 " + "5ec4e7a9" * 4, [JSON], True),
        ("5ec4e7a9" * 4, [JSON], True),
        ("5ec4e7a9" * 4, [CORE], False),
        ("fam2=@" + "5ec4e7a9" * 4, [CORE], False),
        ("meshcore://channel/add?name=fam2&secret=5ec4e7", [CORE], False),
        ("meshcore://channel/add?name=fam2&secret=" + "5ec4e7a9" * 4, [JSON], False),
    ],
)
def test_a_key_gone_wrong_joins_nothing_and_is_not_quoted(typed, networks, is_forum) -> None:
    with pytest.raises(ConfigError, match=r"^--") as refused:
        addressing.join_request(typed, networks, is_forum=is_forum)

    assert "5ec4e7" not in str(refused.value)
