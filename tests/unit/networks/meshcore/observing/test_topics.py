"""Topics are filled in word for word; connections and users are named by the radio's key."""

from __future__ import annotations

import pytest

from meshtui.networks.meshcore.observing.topics import client_id_of, fill_topic, username_of
from tests.support.meshcore_vectors import vectors
from tests.support.observed import ALICE, KEY


@pytest.mark.parametrize(
    ("template", "iata", "topic"),
    [
        ("meshcore/{IATA}/{PUBLIC_KEY}/packets", "sea", f"meshcore/SEA/{KEY}/packets"),
        ("meshcore/{iata}/{public_key}/status", "SEA", f"meshcore/sea/{KEY.lower()}/status"),
        ("meshcore/{IATA}/x", "TEST", "meshcore/test/x"),
        ("plain", "SEA", "plain"),
        ("a/{Iata}/{0}/{}/{IATA!r}/{{IATA}}", "SEA", "a/{Iata}/{0}/{}/{IATA!r}/{SEA}"),
        ("{IATA}", "{PUBLIC_KEY}", "{PUBLIC_KEY}"),
        ("{IATA.__class__}/{", "SEA", "{IATA.__class__}/{"),
        ("{IATA}", "", ""),
    ],
)
def test_only_the_four_placeholders_are_filled_in(template: str, iata: str, topic: str) -> None:
    assert fill_topic(template, ALICE, iata) == topic


def test_a_broker_knows_a_connection_again() -> None:
    names = [client_id_of(ALICE, number) for number in range(1, 11)]

    assert names[0] == f"meshcore_client_{KEY[:7]}"
    assert len(names[0]) == 23
    assert names[1] == f"{names[0]}_2"
    assert len(set(names)) == 10


def test_a_token_logs_the_key_in() -> None:
    assert username_of(ALICE) == vectors()["jwt"]["username"]
