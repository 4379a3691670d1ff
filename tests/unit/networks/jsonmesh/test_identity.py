from __future__ import annotations

import pytest

from meshtui.errors import CryptoError, DecodeError
from meshtui.networks.jsonmesh.identity import node_id_of, parse_node_id, prove_sender
from tests.support.jsonmesh_people import people, person

ALICE, BOB = person(0), person(1)


@pytest.mark.parametrize("someone", people(), ids=lambda someone: someone.node_id)
def test_a_key_proves_its_node_id_in_any_case(someone: object) -> None:
    one = someone  # type: ignore[var-annotated]
    for node_id in (one.node_id, one.node_id.lower(), one.node_id.title()):
        for key in (one.public_key.hex(), one.public_key.hex().upper()):
            assert prove_sender(node_id, key) == (one.node_id, one.public_key)


def test_the_same_pair_is_proved_again_from_memory_and_a_forgery_never_is() -> None:
    for _ in range(3):
        assert prove_sender(ALICE.node_id, ALICE.public_key.hex()) == (
            ALICE.node_id,
            ALICE.public_key,
        )
        with pytest.raises(CryptoError) as caught:
            prove_sender(ALICE.node_id, BOB.public_key.hex())
        assert caught.value.reason == "forged"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "MESH-",
        "MESH-E0D0",
        "MESH-E0D0279",
        "MESH-E0D027951",
        "MESH_E0D02795",
        "MESH-E0D0279G",
        "MESH-E0D0279 ",
        " MESH-E0D0279",
        "MESH-E0D0279\n",
        "MESH-E0D0279\0",
        "MESH-+#/E0D02",
        "M\u0415SH-E0D02795",
        "MESH-E0D0279\u0664",
        "MESH-\uff25\uff10D02795",
        "mesh-e0d0279ß",
        b"MESH-E0D02795",
        None,
        5,
        True,
        ["MESH-E0D02795"],
        "x" * 1_000_000,
    ],
)
def test_what_is_no_node_id_is_refused(value: object) -> None:
    for read in (parse_node_id, lambda text: prove_sender(text, ALICE.public_key.hex())):
        with pytest.raises(DecodeError) as caught:
            read(value)
        assert caught.value.reason == "bad-node-id"


@pytest.mark.parametrize(
    "key", [b"", bytes(32), bytes(33), b"\x04" + bytes(32), b"\x02" + bytes(64), b"\x02" * 32]
)
def test_a_key_in_another_form_names_nobody(key: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        node_id_of(key)

    assert caught.value.reason == "bad-key"


@pytest.mark.parametrize("key", ["", "02", "zz" * 33, "0 2" * 22, "02" * 34, None, 5, b"02" * 33])
def test_a_key_that_is_not_66_hex_digits_is_refused(key: object) -> None:
    with pytest.raises(DecodeError) as caught:
        prove_sender(ALICE.node_id, key)

    assert caught.value.reason == "bad-key"
