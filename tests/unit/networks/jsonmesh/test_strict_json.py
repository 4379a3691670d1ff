from __future__ import annotations

import json

import pytest

from meshtui.errors import DecodeError
from meshtui.networks.jsonmesh.strict_json import MAX_DEPTH, MAX_VALUES, load_object

MANY = MAX_VALUES


def reason_of(payload: bytes, max_bytes: int = 1_000_000) -> str:
    with pytest.raises(DecodeError) as caught:
        load_object(payload, max_bytes)
    return caught.value.reason


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b' {"a" : 1 , "b":[ ] }\n',
        b'{"a":1.0,"b":1e3,"c":-0}',
        b'{"\\u0061":"\\u00e9\\/"}',
        b'{"a":{"a":{"a":1}},"b":{"a":2}}',
        '{"é":"é","e\u0301":1}'.encode(),
        b'{"a":9007199254740993,"b":18446744073709551615}',
    ],
)
def test_one_object_is_read_as_every_reader_reads_it(payload: bytes) -> None:
    assert load_object(payload, 1000) == json.loads(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":1, "a":1}',
        b'{"b":{"a":1,"a":2}}',
        b'{"b":[{"a":1,"a":2}]}',
        b'{"a":1,"b":2,"a":3,"c":1e20}',
        b'{"":1,"":2}',
        b'{"a":123456789012345678901234567890,"a":1}',
    ],
)
def test_a_key_given_twice_is_noticed_at_any_level_and_under_any_dress(payload: bytes) -> None:
    assert reason_of(payload) == "duplicate-key"


def test_where_the_text_breaks_is_said() -> None:
    with pytest.raises(DecodeError) as caught:
        load_object(b'{"a":1,}', 100)

    assert caught.value.offset in (6, 7)
    assert "a" not in caught.value.detail.split('"')[1:2]


def test_limits_hold_on_both_sides() -> None:
    assert load_object(b"{}" + b" " * 98, 100) == {}
    assert reason_of(b"{}" + b" " * 99, 100) == "too-large"
    assert load_object(b'{"a":%s}' % (b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1)), 1000)
    assert reason_of(b'{"a":%s}' % (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)) == "too-deep"
    assert load_object(b'{"a":[%s0]}' % (b"0," * MANY), 1_000_000)
    assert reason_of(b'{"a":[%s0]}' % (b"0," * (MANY + 1))) == "too-many-values"


@pytest.mark.parametrize("depth", [255, 1000, 1025, 100_000])
def test_no_depth_reaches_the_bottom_of_the_stack(depth: int) -> None:
    payload = b'{"a":' * depth + b"1" + b"}" * depth

    assert reason_of(payload) in ("too-deep", "not-json")
