"""The display filter language."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.errors import FilterError
from meshtui.model.display_filter import MAX_LENGTH, compile_filter
from meshtui.model.filter_fields import FilterField, by_name, values_of
from meshtui.model.ids import Instant
from meshtui.model.packet import Verdict
from meshtui.model.packet_fields import packet_fields
from tests.support.packet_rows import a_row

FIELDS = packet_fields({})
NAMES = {"MESH-A": "Hill top", "MESH-B": "bob"}
ROW = a_row(
    kind="ack",
    verdict=Verdict.DROPPED,
    source="MESH-A",
    destination="#paris",
    hops=3,
    ttl=0,
    message_id="m-1",
    reason="seen",
    snr_db=-7.5,
    rssi_dbm=-104,
    payload=b'{"Type":"ACK"}\x15\x02',
    endpoint="route/MESH-A",
)
BARE = a_row(kind="text", endpoint="")
CLOSED = {"text", "hex", "dir", "air", "own", "position", "time"}


def passes(text: str, row=ROW) -> bool:
    return compile_filter(text, packet_fields(NAMES)).matches(row)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "type==ack",
        "TYPE==ACK",
        "hops>2",
        "hops >= 3 && hops<=3",
        "snr<-5",
        "snr == -7.5",
        "rssi<-100",
        'from~"hill"',
        "from==MESH-A",
        'from=="hill TOP"',
        "name~top",
        "to==#paris",
        "type in {text, ack}",
        "hops in {1,3}",
        "reason",
        "!(dir==tx)",
        "!!reason",
        "type!=text",
        "dir==rx",
        "verdict==dropped",
        "verdict~drop",
        "verdict==seen",
        "!air",
        "topic~route/",
        "id==m-1",
        "size==16",
        'hex~"15 02"',
        "hex~1502",
        "text~ack",
        'text~"type"',
        "net==jsonmesh && link==mqtt",
        "type==text || type==ack",
        "type==text && type==ack || hops==3",
        "type==ack && hops>2 && from~hill && snr<-5 && !(dir==tx) || reason",
        "ttl==0",
        "ttl",
    ],
)
def test_these_filters_let_the_packet_through(text: str) -> None:
    assert passes(text)


@pytest.mark.parametrize(
    "text",
    [
        "type==text",
        "type!=ack",
        "hops<3",
        "hops!=3",
        "from~bob",
        "!reason",
        "dir==tx",
        "hops in {1,2}",
        "hex~0215",
        "type==text || type==ack && hops<3",
        "(type==text || type==ack) && hops<3",
        "to~hill",
    ],
)
def test_these_filters_hold_the_packet_back(text: str) -> None:
    assert not passes(text)


@pytest.mark.parametrize("text", ["hops", "snr", "reason", "topic", "hops<9", "hops>=0", "from"])
def test_what_a_packet_does_not_say_is_absent_and_compares_as_false(text: str) -> None:
    assert not passes(text, BARE)


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in CLOSED])
@pytest.mark.parametrize("row", [ROW, BARE], ids=["full", "bare"])
def test_not_equal_is_the_opposite_of_equal(name: str, row) -> None:
    value = "3" if FIELDS[name].number else "dropped"

    assert passes(f"{name}!={value}", row) is not passes(f"{name}=={value}", row)


HEARD = a_row(
    kind="group-text",
    channel="d9",
    path=("a7", "MESH-A"),
    packet_hash="00ff",
    acks="m-9",
    text="Grüße from the HILL",
    reason="no-key",
    detail="no key with hash D9",
    payload=b"\x15\x02",
)


@pytest.mark.parametrize(
    "text",
    [
        "channel==D9",
        "channel==#d9",
        "via==A7",
        "via==MESH-A && via~hill",
        "hash==00FF && acks==m-9",
        "why~key && why~no-",
        "text~grüße && text~hill",
        "number==1 && size==2 && !own",
    ],
)
def test_what_was_opened_and_where_it_passed_can_be_asked_for(text: str) -> None:
    assert passes(text, HEARD)


def test_a_channel_is_found_with_and_without_its_sign() -> None:
    assert passes("channel==paris")
    assert passes("channel==#paris")
    assert not passes("channel", BARE)


def test_our_own_packets_are_a_word() -> None:
    assert passes("own", a_row(verdict=Verdict.SENT))
    assert passes("own", a_row(verdict=Verdict.DROPPED, is_own=True))
    assert not passes("own")


@pytest.mark.parametrize(
    ("summary", "may_leave"),
    [
        ({}, True),
        ({"has_position": True}, False),
        ({"is_own": True}, False),
        ({"verdict": Verdict.SENT}, False),
    ],
)
def test_what_is_ours_or_tells_a_position_can_be_kept_back(summary, may_leave: bool) -> None:
    assert passes("!own && !position", a_row(**summary)) is may_leave


def test_a_text_within_the_bytes_is_found_where_nothing_was_opened() -> None:
    opened = a_row(text="on the hill", payload=ROW.payload)

    assert passes("text~type")
    assert not passes("text~hill")
    assert passes("text~hill", opened)
    assert not passes("text~type", opened)


@pytest.mark.parametrize("sign", ["&&", "||"])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("row", [ROW, BARE], ids=["full", "bare"])
def test_terms_in_a_row_are_joined_whatever_their_number(sign: str, count: int, row) -> None:
    terms = ["type==ack", *["reason"] * (count - 1)]

    assert passes(sign.join(terms), row) is (row is ROW)


def test_an_empty_value_is_equal_to_nothing() -> None:
    assert not passes('reason==""', BARE)
    assert passes('reason!=""', BARE)


def test_times_of_day_are_compared_as_such() -> None:
    moment = dt.datetime(2026, 11, 20, 21, 5, 30).astimezone()
    row = a_row(at=Instant(0.0, int(moment.timestamp() * 1000) + 250))

    assert passes("time>=21:05 && time<21:06 && time>21:05:30", row)
    assert not passes("time<21:05:30", row)


@pytest.mark.parametrize("text", ["time==9", "time>25:00", "time in {21:00, 7}"])
def test_what_is_no_time_of_day_is_told_with_an_example(text: str) -> None:
    with pytest.raises(FilterError, match="21:05:30"):
        compile_filter(text, FIELDS)


def test_a_name_learned_later_counts() -> None:
    names: dict[str, str] = {}
    test = compile_filter("from~hill", packet_fields(names)).matches

    assert not test(ROW)
    names["MESH-A"] = "Hill top"
    assert test(ROW)


@pytest.mark.parametrize(
    ("text", "start", "part"),
    [
        ("type=ack", 4, "=="),
        ("type==", 6, "value is missing"),
        ("hopps>2", 0, "no field hopps"),
        ("hops~2", 4, "hops takes =="),
        ("type<3", 4, "type takes =="),
        ("hops>x", 5, "hops is a number"),
        ("hops>nan", 5, "hops is a number"),
        ("type==ack &", 10, "&&"),
        ("type==ack & hops", 10, "&&"),
        ("type==ack |", 10, "||"),
        ("type==ack &&", 12, "missing"),
        ("(type==ack", 0, "not closed"),
        ("type==ack)", 9, "closes nothing"),
        ('from~"hi', 5, "closing"),
        ("hex~1", 4, "whole bytes"),
        ("dir==up", 5, "one of rx, tx"),
        ("type in ack", 8, "{"),
        ("type in {ack", 12, "missing"),
        ("type in {}", 9, "value"),
        ("hops2>1", 4, "operator"),
        ("%", 0, "a field"),
        ("type==a b", 8, "&&"),
    ],
)
def test_an_error_says_where_and_what_is_right(text: str, start: int, part: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text, FIELDS)

    assert caught.value.start == start
    assert part in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["(" * 500, "!" * 500 + "type", "(" * 100 + "type" + ")" * 100, "type" + " " * MAX_LENGTH],
)
def test_length_and_depth_have_an_end(text: str) -> None:
    with pytest.raises(FilterError):
        compile_filter(text, FIELDS)


@given(
    st.text(
        alphabet=st.one_of(
            st.sampled_from(list('typehos &|!(){}=<>~,."\\-3')), st.characters(codec=None)
        ),
        max_size=60,
    )
)
def test_no_text_raises_anything_but_a_filter_error_within_itself(text: str) -> None:
    try:
        outcome = compile_filter(text, packet_fields(NAMES)).matches(ROW)
    except FilterError as error:
        outcome = 0 <= error.start <= error.end <= len(text)
        refused = not outcome
    else:
        refused = outcome not in {True, False}

    assert not refused


_TERMS = st.sampled_from(["type==ack", "hops>4", "reason", "dir==tx", "hops in {3}"])


@given(left=_TERMS, right=_TERMS, last=_TERMS)
def test_and_binds_tighter_than_or(left: str, right: str, last: str) -> None:
    expected = (passes(left) and passes(right)) or passes(last)

    assert passes(f"{left} && {right} || {last}") is expected
    assert passes(f"{last} || {left} && {right}") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("type==ack && size>5", []),
        ("size<5 || type==ack", []),
        ("!(type==ack && size>5)", []),
        ("(type==ack || hops>2) && size>5", []),
        ("type==ack && size<5", ["type"]),
        ("type==ack || size>5", ["type"]),
    ],
)
def test_what_takes_long_is_asked_only_where_the_rest_does_not_decide(text, expected) -> None:
    asked = []
    kind = FilterField("type", "", text=lambda row: asked.append("type") or row, is_slow=True)
    hops = FilterField("hops", "", number=lambda _: asked.append("hops"), is_slow=True)
    size = FilterField("size", "", number=len)

    compile_filter(text, by_name((kind, hops, size))).matches("ack")

    assert asked == expected


def test_what_the_file_itself_says_of_a_packet_is_quick() -> None:
    quick = {name for name, field in FIELDS.items() if not field.is_slow}

    assert quick == {
        *("link", "dir", "air", "topic", "size", "rssi", "snr", "time", "number", "hex")
    }


def test_values_of_a_field_are_each_named_once_and_in_order() -> None:
    rows = [ROW, BARE, ROW]

    assert values_of(FIELDS["type"], rows) == ["ack", "text"]
    assert values_of(FIELDS["from"], rows) == ["MESH-A"]
    assert [values_of(field, rows) for field in (FIELDS["size"], FIELDS["text"], None)] == [[]] * 3
