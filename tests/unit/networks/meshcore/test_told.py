"""Answers of other nodes in words, whichever port asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from meshtui.errors import LocalProtocolError, NoAnswerError
from meshtui.networks.meshcore.payloads.request import RequestKind
from meshtui.networks.meshcore.payloads.response import (
    Access,
    Neighbour,
    Neighbours,
    Status,
    encode_access_list,
    encode_neighbours,
    encode_status,
)
from meshtui.networks.meshcore.told import (
    MAX_PAGES,
    MAX_WAIT_S,
    MIN_WAIT_S,
    Told,
    ask_access_list,
    ask_neighbours,
    ask_owner,
    duration,
    fact_of,
    failure,
    login_told,
    path_row,
    path_words,
    silence,
    status_told,
    telemetry_told,
    trace_told,
    wait_s,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

STATUS = Status(4100, 0, -117, -90, 1, 2, 3, 90_000, 5, 6, 7, 8, 0, 8.5, 10, 11)
NEIGHBOUR = Neighbour(b"\1\2\3\4", 60, -3.25)
NAMES = {"a1": "Hill"}


def name_of(prefix: str) -> str:
    return NAMES.get(prefix, "not known")


def answered(
    script: Callable[..., Generator[None, None, Told]], bodies: list[bytes], *rest: object
) -> tuple[Told, list[tuple[RequestKind, bytes]]]:
    """Run a script that is answered at once, its last answer again and again."""
    asked = []

    def ask(kind: RequestKind, parameters: bytes) -> Generator[None, None, tuple[bytes, int]]:
        asked.append((kind, parameters))
        yield
        return bodies[min(len(asked), len(bodies)) - 1], 100 * len(asked)

    running = script(ask, *rest)
    while True:
        try:
            next(running)
        except StopIteration as end:
            return end.value, asked


def test_a_wait_grows_with_the_estimate_between_two_bounds() -> None:
    assert [wait_s(ms) for ms in (0, 10_000, 1e9)] == [MIN_WAIT_S, 15.0, MAX_WAIT_S]


def test_silence_says_which_way_was_asked() -> None:
    assert silence(9.6, is_flood=True).endswith("within 10 s; it was asked by a flood")
    assert silence(9.6, is_flood=False).endswith("along the known path")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "5 s"), (65, "1 min 5 s"), (3_700, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_a_time_span_is_told_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert duration(seconds) == words


def test_the_unit_in_a_fields_name_goes_to_its_value() -> None:
    facts = [fact_of(*each) for each in (("rx_air_s", 3), ("snr_db", -3.25), ("queue", 0))]

    assert facts == [("rx air", "3 s"), ("snr", "-3.25 dB"), ("queue", "0")]


def test_a_way_is_told_by_names_as_far_as_they_are_known() -> None:
    words = [path_words(each, name_of) for each in (None, (), ("a1",), ("a1", "b2"))]

    assert words[0].startswith("no path is known")
    assert words[1:] == ["direct, without repeaters", "1 repeater: Hill", "2 repeaters: Hill > b2"]
    assert dict(path_row("out", None, name_of))["hops"] == "not known"
    assert dict(path_row("out", (), name_of))["hops"] == "direct"
    assert dict(path_row("out", ("a1", "b2"), name_of))["names"] == "Hill > not known"


def test_a_trace_ends_at_us_where_our_radio_says_how_it_heard_the_last() -> None:
    heard = [("a1", 8.5)]

    without, told = (trace_told(heard, final, "ff", 1, name_of, 7) for final in (None, -3.0))

    assert len(without.rows) == 1
    assert [dict(row)["way"] for row in told.rows] == ["out", "back"]
    assert dict(told.rows[1])["name"] == "us"
    assert (told.text, told.rtt_ms) == ("2 hops there and back in 7 ms", 7)


def test_a_login_tells_no_more_than_the_server_does() -> None:
    old = login_told(0, None, None, 9, is_room=False)
    new = login_told(1, 3, -5, 9, is_room=False)

    assert dict(old.rows[0]) == {"role": "guest"}
    assert new.text == "logged in as administrator"
    assert dict(new.rows[0])["its clock"] == "-5 s against ours"


def test_a_status_is_one_record_without_what_it_does_not_tell() -> None:
    repeater = status_told(encode_status(STATUS._replace(rx_air_s=12)), 9, is_room=False)
    room = status_told(encode_status(STATUS._replace(posted=1, pushed=2)), 9, is_room=True)

    assert repeater.text == "4.10 V, up 1 d 1 h, 2 sent"
    facts = dict(repeater.rows[0])
    assert (facts["battery"], facts["rx air"], facts["uptime"]) == (
        "4100 mV",
        "12 s",
        "90000 s (1 d 1 h)",
    )
    assert "posted" not in facts
    assert (dict(room.rows[0])["posted"], "rx air" in dict(room.rows[0])) == ("1", False)


def test_a_status_that_cannot_be_read_is_said_to_be_so() -> None:
    with pytest.raises(LocalProtocolError, match="cannot be read"):
        status_told(b"PONG", 9, is_room=False)


def test_telemetry_says_how_much_of_it_cannot_be_read() -> None:
    told = telemetry_told(bytes.fromhex("0174019CFFFE01"), 9)

    assert told.text == "voltage 4.12 V; 3 bytes cannot be read"
    assert telemetry_told(b"", 9).text == "it measures nothing"


def test_neighbours_are_asked_for_page_by_page_with_a_new_nonce_each() -> None:
    bodies = [encode_neighbours(Neighbours(2, (NEIGHBOUR,)))] * 2
    nonces = iter([b"aaaa", b"bbbb"])

    told, asked = answered(ask_neighbours, bodies, lambda _: next(nonces), name_of)

    assert (told.text, told.rtt_ms) == ("2 of 2 neighbours", 100)
    assert [each.hex() for _, each in asked] == [
        "00ff0000000461616161",
        "00ff0100000462626262",
    ]
    assert dict(told.rows[0])["heard"] == "1 min 0 s ago"


def test_neighbours_that_never_end_end() -> None:
    bodies = [encode_neighbours(Neighbours(65_535, (NEIGHBOUR,)))]

    told, asked = answered(ask_neighbours, bodies, bytes, name_of)

    assert (told.text, len(asked)) == (f"{MAX_PAGES} of 65535 neighbours", MAX_PAGES)


def test_neighbours_that_cannot_be_read_are_said_to_be_so() -> None:
    with pytest.raises(LocalProtocolError, match="cannot be read"):
        answered(ask_neighbours, [b"\1"], bytes, name_of)


def test_an_owner_is_firmware_name_and_the_rest() -> None:
    told, _ = answered(ask_owner, [b"v1.17\nHill\nme\nand mine\0\0"], bytes)

    assert dict(told.rows[0]) == {"firmware": "v1.17", "name": "Hill", "owner": "me\nand mine"}


def test_an_access_list_names_whom_it_can() -> None:
    body = encode_access_list([Access(b"\xa1aaaaa", 3)]) + bytes(9)

    told, asked = answered(ask_access_list, [body], name_of)

    assert asked == [(RequestKind.ACCESS_LIST, bytes(2))]
    assert dict(told.rows[0])["permissions"] == "0x03"
    assert told.text == "1 entries"


def test_who_is_not_answered_is_told_what_may_help() -> None:
    assert failure("status", NoAnswerError("silence")).text.endswith("`login` first")
    for verb in ("telemetry", "discover-path"):
        assert "trusts" in failure(verb, NoAnswerError("silence")).text
    assert failure("trace", NoAnswerError("silence")).text == "silence"
    assert failure("status", LocalProtocolError("refused")).text == "refused"
