"""What filters may be asked for is what the networks say of themselves, and light to load."""

from __future__ import annotations

import pytest

from meshtui.networks.jsonmesh.compact import KINDS as WIRE_KINDS
from meshtui.networks.jsonmesh.topics import TopicKind
from meshtui.networks.meshcore.companion.codes import Answer, Command, name_of
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.summary import KINDS, MALFORMED, UNASSIGNED, summarise_data
from meshtui.networks.registry import NETWORKS, known_kinds
from meshtui.runtime.known_values import known_values
from tests.architecture.test_import_hygiene import HEAVY, loaded_after
from tests.support.meshcore_vectors import packets


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_names_its_kinds_once_and_as_a_filter_compares_them(name: str) -> None:
    kinds = known_kinds(name)

    assert "text" in kinds
    assert set(kinds) <= set(known_values("type"))
    assert all(kind == kind.strip() != "" for kind in kinds)


def test_networks_are_known_and_what_may_be_anything_is_not() -> None:
    assert set(known_values("net")) == set(NETWORKS)
    assert [known_values(name) for name in ("link", "channel", "from", "nonsense")] == [()] * 4


def test_what_meshcore_calls_its_packets_is_known() -> None:
    on_the_air = {summarise_data(bytes.fromhex(each["hex"]), Keyring()).kind for each in packets()}
    on_the_line = {name_of(Command.APP_START, to_radio=True), name_of(Answer.OK, to_radio=False)}
    named = {*KINDS.values(), MALFORMED, UNASSIGNED}

    assert on_the_air | on_the_line | named <= set(known_kinds("meshcore"))


def test_what_the_json_mesh_calls_its_packets_is_known() -> None:
    gateways = {TopicKind.LORA_IN.value, TopicKind.LORA_OUT.value}
    unsealed = {"presence", "announce", "chunk", "chunk-request", "empty", "unknown"}

    assert {*WIRE_KINDS, *gateways, *unsealed} <= set(known_kinds("jsonmesh"))


def test_the_names_of_kinds_load_nothing_large() -> None:
    code = "from meshtui.runtime.known_values import known_values; known_values('type')"

    assert loaded_after(code).isdisjoint(HEAVY)
