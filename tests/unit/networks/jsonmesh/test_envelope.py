from __future__ import annotations

import json

import pytest

from meshtui.errors import EncodeError
from meshtui.model.ids import NodeId
from meshtui.networks.jsonmesh.envelope import (
    MAX_ROUTE_NODES,
    Dialect,
    Envelope,
    decode_envelope,
    encode_carried,
    encode_envelope,
    encode_relayed,
    relayed,
    to_ascii,
)
from meshtui.networks.jsonmesh.topics import check_forum_name
from tests.support.jsonmesh_people import good_object, good_payload, person

ALICE, BOB, CAROL = person(0), person(1), person(2)


def written(**changes: object) -> Envelope:
    wire = good_object() | changes
    return decode_envelope(json.dumps({k: v for k, v in wire.items() if v is not ...}).encode())


def test_a_good_envelope_is_read_field_by_field() -> None:
    envelope = decode_envelope(good_payload())

    assert envelope.sender == ALICE.node_id
    assert envelope.recipient == BOB.node_id
    assert envelope.sender_key == ALICE.public_key
    assert envelope.message_id == "3d6a9b1c-6f0e-4a51-9d2f-2f1f0d5c8e11"
    assert (envelope.kind, envelope.ttl, envelope.hop_count) == ("text", 10, 0)
    assert envelope.route == (ALICE.node_id,)
    assert envelope.sent_at_ms == 1_700_000_000_000
    assert len(envelope.nonce) == 12
    assert envelope.dialect is Dialect.SPEC


def test_what_the_app_leaves_out_is_filled_in() -> None:
    app = written(
        id="abc", msgId=..., ttl=..., hopCount=..., route=..., fromNodeId=ALICE.node_id, v=...
    )

    assert app.dialect is Dialect.APP
    assert app.message_id == "abc"
    assert (app.ttl, app.hop_count, app.route) == (10, 0, (ALICE.node_id,))


def test_an_app_that_names_the_sender_its_own_way_only_is_understood() -> None:
    assert written(**{"from": ...}, fromNodeId=ALICE.node_id).sender == ALICE.node_id


def test_node_ids_are_read_in_any_case_and_kept_in_upper_case() -> None:
    envelope = written(**{"from": "mesh-e0d02795", "to": "Mesh-cc7e5907"}, route=["mesh-e0d02795"])

    assert envelope.sender == ALICE.node_id
    assert envelope.recipient == BOB.node_id
    assert envelope.route == (ALICE.node_id,)


@pytest.mark.parametrize("claimed", [10, 11, 255, 2**31])
def test_no_message_lives_longer_than_ten_hops(claimed: int) -> None:
    assert written(ttl=claimed).ttl == 10


def test_every_base64_of_the_same_bytes_reads_the_same() -> None:
    enc = good_object()["enc"]
    forms = [
        enc,
        enc | {"ct": enc["ct"].rstrip("=")},
        enc | {"ct": enc["ct"].replace("+", "-").replace("/", "_")},
        enc | {"nonce": enc["nonce"].replace("+", "-").replace("/", "_").rstrip("=")},
    ]

    assert len({(e.nonce, e.ciphertext) for e in (written(enc=form) for form in forms)}) == 1


def test_what_is_written_for_the_app_holds_both_names() -> None:
    wire = json.loads(good_payload(app_names=True))

    assert wire["id"] == wire["msgId"]
    assert wire["fromNodeId"] == wire["from"]
    assert wire["enc"]["v"] == 1


def test_what_is_written_for_routers_is_the_specification_alone() -> None:
    wire = json.loads(good_payload(app_names=False))

    assert list(wire) == [
        *("v", "msgId", "from", "to", "fromPubkey", "enc", "ts", "type"),
        *("ttl", "hopCount", "route"),
    ]
    assert list(wire["enc"]) == ["nonce", "ct"]


def test_a_relay_takes_one_life_adds_one_hop_and_itself() -> None:
    once = decode_envelope(encode_relayed(decode_envelope(good_payload()), CAROL.node_id))
    twice = decode_envelope(encode_relayed(once, BOB.node_id))

    assert (once.ttl, once.hop_count, once.route) == (9, 1, (ALICE.node_id, CAROL.node_id))
    assert (twice.ttl, twice.hop_count, twice.route[-1]) == (8, 2, BOB.node_id)
    assert (twice.nonce, twice.ciphertext) == (once.nonce, once.ciphertext)


def test_a_relay_preserves_what_it_does_not_know() -> None:
    unknown = {"alg": "ab", "x": {"deep": [1, None, 1.5]}}
    envelope = written(**unknown, enc=good_object()["enc"] | {"alg": "new"})

    wire = json.loads(encode_relayed(envelope, CAROL.node_id))

    assert {key: wire[key] for key in unknown} == unknown
    assert wire["enc"] == dict(envelope.raw)["enc"]


def test_a_relay_gives_the_apps_messages_the_name_that_routers_go_by() -> None:
    app = written(id="abc", msgId=..., ttl=..., hopCount=..., route=...)

    wire = json.loads(encode_relayed(app, CAROL.node_id))

    assert wire["msgId"] == wire["id"] == "abc"
    assert (wire["ttl"], wire["hopCount"]) == (9, 1)
    assert wire["route"] == [ALICE.node_id, CAROL.node_id]


def test_an_absurd_ttl_is_passed_on_as_nine() -> None:
    assert json.loads(encode_relayed(written(ttl=2**31), CAROL.node_id))["ttl"] == 9


def test_what_is_worn_out_is_not_passed_on() -> None:
    good = decode_envelope(good_payload())

    for worn in (
        good._replace(ttl=0),
        good._replace(route=(ALICE.node_id,) * MAX_ROUTE_NODES),
        good._replace(hop_count=255),
    ):
        with pytest.raises(EncodeError):
            encode_relayed(worn, CAROL.node_id)


def test_what_json_cannot_hold_is_an_error_of_ours() -> None:
    broken = decode_envelope(good_payload())._replace(recipient=NodeId("\ud800"))

    with pytest.raises(EncodeError):
        encode_envelope(broken, app_names=False)


def test_a_forum_keeps_its_name_verbatim() -> None:
    name = "Été / #1 %2F + ☕"

    assert written(to=f"forum:{name}").recipient == f"forum:{check_forum_name(name)}"


SIGNATURE = bytes(range(64))


def test_our_own_fields_are_written_only_where_they_say_something() -> None:
    plain = decode_envelope(good_payload())
    full = plain._replace(packing=1, path=(CAROL.node_id,), signature=SIGNATURE)

    wire = json.loads(encode_envelope(full, app_names=False))

    assert {"cp", "path", "sig"}.isdisjoint(json.loads(good_payload()))
    assert (wire["cp"], wire["path"]) == (1, [CAROL.node_id])
    assert decode_envelope(json.dumps(wire).encode())._replace(raw={}) == full._replace(raw={})


def test_a_packing_of_others_is_kept_and_passed_on() -> None:
    envelope = written(cp=200)

    assert envelope.packing == 200
    assert json.loads(encode_relayed(envelope, CAROL.node_id))["cp"] == 200


def test_a_relay_carries_path_and_signature() -> None:
    signature = encode_envelope(
        decode_envelope(good_payload())._replace(signature=SIGNATURE), app_names=False
    )
    envelope = written(path=[CAROL.node_id, BOB.node_id], sig=json.loads(signature)["sig"])

    once = relayed(envelope, CAROL.node_id)
    shorter = json.loads(encode_carried(once._replace(path=(BOB.node_id,))))
    without = json.loads(encode_carried(once._replace(path=())))

    assert decode_envelope(encode_carried(once)).path == envelope.path
    assert decode_envelope(encode_carried(once)).signature == SIGNATURE
    assert shorter["path"] == [BOB.node_id]
    assert "path" not in without


def test_what_came_by_radio_is_passed_on_as_ours() -> None:
    by_json = written(x={"deep": 1}, enc=good_object()["enc"] | {"alg": "new"})
    by_radio = by_json._replace(raw={"x": {"deep": 1}, "enc": {"alg": "new"}})

    first, second = (json.loads(encode_relayed(one, CAROL.node_id)) for one in (by_json, by_radio))

    assert first == second


def test_what_lacks_its_senders_key_is_not_written_as_json() -> None:
    stranger = decode_envelope(good_payload())._replace(sender_key=b"", raw={})

    for write in (encode_carried, lambda one: encode_envelope(one, app_names=False)):
        with pytest.raises(EncodeError):
            write(stranger)


@pytest.mark.parametrize("name", ["général", "日本", "👍🏽", "a\u2028b", "\x7f"])
def test_json_for_radio_is_the_same_in_ascii(name: str) -> None:
    envelope = written(to="forum:x", x=name)._replace(recipient=f"forum:{name}")

    payload = encode_envelope(envelope, app_names=False, is_ascii=True)
    carried = encode_carried(envelope, is_ascii=True)

    assert payload.isascii()
    assert carried.isascii()
    assert b" " not in payload
    assert json.loads(payload) == json.loads(encode_envelope(envelope, app_names=False))
    assert json.loads(carried) == json.loads(encode_carried(envelope))
    assert to_ascii(payload) is payload
