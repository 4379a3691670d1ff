from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from meshtui.errors import DecodeError
from meshtui.networks.jsonmesh import bitcoin, cashu
from meshtui.networks.jsonmesh.bitcoin import address_of, decode_transaction
from meshtui.networks.jsonmesh.bodies import describe_body
from meshtui.networks.jsonmesh.cashu import CashuToken, decode_cashu
from meshtui.networks.jsonmesh.cbor import read_cbor
from tests.support.jsonmesh_people import VECTORS

GOLDEN = json.loads((VECTORS / "bodies.json").read_text(encoding="utf-8"))
TOKENS: list[dict[str, Any]] = GOLDEN["cashu"]
TRANSACTIONS: list[dict[str, Any]] = GOLDEN["transactions"]
LEGACY = TRANSACTIONS[1]


@pytest.mark.parametrize("row", TOKENS, ids=lambda row: row["token"][:24])
def test_the_published_tokens_say_what_they_are_worth(row: dict[str, Any]) -> None:
    expected = CashuToken(
        row["version"], row["amount"], row["unit"], (row["mint"],), row["proofs"], row["memo"]
    )

    for form in (row["token"], f"cashu:{row['token']}", f" {row['token'].rstrip('=')}\n"):
        assert decode_cashu(form) == expected


def test_a_token_is_described_in_one_line_without_its_secrets() -> None:
    line = cashu.describe(TOKENS[0]["token"])

    assert line == "Cashu token: 10 sat from 8333.space:3338 — Thank you."


def v3(content: object) -> str:
    return "cashuA" + base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def coin(amount: object) -> dict[str, object]:
    return {"token": [{"mint": "https://m", "proofs": [{"amount": amount}]}]}


def test_many_mints_and_a_long_memo_still_make_one_short_line() -> None:
    entry = {"proofs": [{"amount": 2}]}
    mints = [entry | {"mint": f"https://{n}.{'x' * 200}"} for n in range(32)]

    line = cashu.describe(v3({"token": mints, "memo": "m" * 2000}))

    assert line.startswith("Cashu token: 64 sat from 0.xxx")
    assert " and 31 more — mmm" in line
    assert len(line) < 600


@pytest.mark.parametrize(
    "token",
    [
        "",
        "cashu",
        "cashuA",
        "cashuB",
        "cashuC" + TOKENS[0]["token"][6:],
        "cass" + TOKENS[0]["token"],
        TOKENS[0]["token"][6:],
        TOKENS[0]["token"][:-7],
        TOKENS[1]["token"][:60],
        "cashuA\x1b[2J",
        "cashuA\ud800",
        v3(None),
        v3({}),
        v3({"token": []}),
        v3({"token": [{"mint": "https://m", "proofs": []}]}),
        v3({"token": [{"proofs": [{"amount": 1}]}]}),
        v3({"token": [[]]}),
        v3(coin(-1)),
        v3(coin(True)),
        v3(coin(1.5)),
        v3(coin("1")),
        v3(coin(2**60)),
        v3(coin(1) | {"unit": 5}),
        v3(coin(1) | {"unit": "x" * 17}),
        v3(coin(1) | {"memo": []}),
        v3({"token": [{"mint": "https://m", "proofs": [{"amount": 1}] * 2001}]}),
        v3({"token": coin(1)["token"] * 33}),  # type: ignore[operator]
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(DecodeError):
        decode_cashu(token)
    assert describe_body("cashu", token) in (token, f"[cashu, {len(token)} characters]")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00", 0),
        ("17", 23),
        ("1818", 24),
        ("1903e8", 1000),
        ("1a000f4240", 1_000_000),
        ("1bffffffffffffffff", 2**64 - 1),
        ("20", -1),
        ("3903e7", -1000),
        ("4401020304", b"\1\2\3\4"),
        ("62c3bc", "ü"),
        ("80", []),
        ("81" * 16 + "00", [[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]),
        ("83010203", [1, 2, 3]),
        ("a26161016162820203", {"a": 1, "b": [2, 3]}),
        ("f4", False),
        ("f5", True),
        ("f6", None),
    ],
)
def test_cbor_reads_the_examples_of_its_standard(text: str, value: object) -> None:
    assert read_cbor(bytes.fromhex(text)) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x18",
        b"\x1c",
        b"\x5f\x41\x00\xff",
        b"\x44\x00",
        b"\x5b" + b"\xff" * 8,
        b"\x9b" + b"\xff" * 8,
        b"\xbb" + b"\xff" * 8,
        b"\x9a\x00\x01\x00\x00" + b"\x00" * 65_536,
        b"\x81" * 200_000,
        b"\x81" * 17 + b"\x00",
        b"\xa1\x00" * 17 + b"\x00",
        b"\xa1" * 17 + b"\x00" * 18,
        b"\x62\xff\xfe",
        b"\xa2\x01\x01\x01\x02",
        b"\xa1\x80\x01",
        b"\xa1\xf6\x01",
        b"\xc0\x60",
        b"\xf7",
        b"\xf9\x00\x00",
        b"\xff",
        b"\x00\x00",
    ],
    ids=lambda data: data[:6].hex() or "empty",
)
def test_cbor_out_of_bounds_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        read_cbor(data)

    assert caught.value.reason == "bad-cbor"


@pytest.mark.parametrize("row", TRANSACTIONS, ids=lambda row: row["what"])
def test_the_published_transactions_are_read(row: dict[str, Any]) -> None:
    transaction = decode_transaction(row["hex"])

    assert row["txid"] in (None, transaction.txid)
    assert transaction.inputs == row["inputs"]
    assert transaction.has_witness is row["has_witness"]
    assert transaction.lock_time == row["lock_time"]
    assert [output.value_sat for output in transaction.outputs] == [o[0] for o in row["outputs"]]
    assert all(
        expected is None or output.address == expected
        for output, (_, expected) in zip(transaction.outputs, row["outputs"], strict=True)
    )


def test_witnesses_do_not_change_the_id() -> None:
    plain = LEGACY["hex"]
    with_witness = plain[:8] + "0001" + plain[8:-8] + "02" + "01aa" + "00" + plain[-8:]

    transaction = decode_transaction(with_witness)

    assert transaction.has_witness
    assert transaction.txid == LEGACY["txid"]


@pytest.mark.parametrize(("script", "address"), GOLDEN["addresses"])
def test_a_script_has_its_published_address_or_none(script: str, address: str) -> None:
    assert address_of(bytes.fromhex(script)) == address


@pytest.mark.parametrize("cut", range(0, len(LEGACY["hex"]), 2))
def test_a_transaction_cut_anywhere_is_refused(cut: int) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_transaction(LEGACY["hex"][:cut])

    assert caught.value.reason == "bad-btc-tx"


@pytest.mark.parametrize(
    "text",
    [
        "zz",
        LEGACY["hex"] + "00",
        LEGACY["hex"][:-1],
        "02000000" + "ff" + "ff" * 8 + "00" * 8,
        "02000000" + "fe" + "ffffffff",
        "02000000" + "00" + "00" + "00000000",
        "00" * 200_000,
        LEGACY["hex"].replace("00127a0000000000", "ff" * 8),
    ],
)
def test_what_is_no_transaction_is_refused_at_once(text: str) -> None:
    with pytest.raises(DecodeError):
        decode_transaction(text)


def test_a_transaction_is_described_by_what_it_pays() -> None:
    assert "0.01692171 BTC to bc1q" in bitcoin.describe(TRANSACTIONS[3]["hex"].upper())
    assert "50.00000000 BTC to a script" in bitcoin.describe(TRANSACTIONS[0]["hex"])


def test_many_outputs_are_summed_up() -> None:
    output = LEGACY["hex"][-8 - 68 : -8]
    many = LEGACY["hex"][: -8 - 68 - 2] + "05" + output * 5 + LEGACY["hex"][-8:]

    line = bitcoin.describe(many)

    assert line.count("BTC to") == 2
    assert line.endswith("3 more, 0.40000000 BTC in all")


@pytest.mark.parametrize("count", ["fd2c01", "fe2c010000", "ff2c01000000000000"])
def test_counts_are_read_in_all_their_sizes(count: str) -> None:
    output = LEGACY["hex"][-8 - 68 : -8]
    many = LEGACY["hex"][: -8 - 68 - 2] + count + output * 300 + LEGACY["hex"][-8:]

    assert len(decode_transaction(many).outputs) == 300


def test_all_the_money_there_is_can_be_paid_and_no_more() -> None:
    everything = LEGACY["hex"].replace("00127a0000000000", "0040075af0750700")
    too_much = LEGACY["hex"].replace("00127a0000000000", "0140075af0750700")

    assert bitcoin.describe(everything).startswith(
        f"Bitcoin transaction {decode_transaction(everything).txid}: 21000000.00000000 BTC to 1"
    )
    with pytest.raises(DecodeError):
        decode_transaction(too_much)


@pytest.mark.parametrize(
    ("kind", "content", "line"),
    [
        ("cashu", TOKENS[1]["token"], "Cashu token: 1 sat from http://localhost:3338 — Thank you"),
        ("image", '{"mime":"image/png","data":"AAAA"}', "[image, image/png, 3 bytes]"),
        ("audio", '{"dur":2.5,"data":"AAAAAAAA"}', "[audio, 2.5 s, 6 bytes]"),
        ("gif", '{"mime":5,"dur":true,"data":[]}', "[gif]"),
        ("image", "no JSON", "no JSON"),
        ("image", "[" * 1000, "[image, 1000 characters]"),
        ("audio", '{"dur":1e999}', '{"dur":1e999}'),
        ("image", "\ud800", "\ud800"),
        ("poll", "yes?", "yes?"),
        ("poll", "x" * 5000, "[poll, 5000 characters]"),
        ("btc_tx", "junk", "junk"),
    ],
)
def test_every_body_gets_a_line(kind: str, content: str, line: str) -> None:
    assert describe_body(kind, content) == line
