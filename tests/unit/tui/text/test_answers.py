"""Answers as lines."""

from __future__ import annotations

from meshtui.model.event import Answered
from meshtui.model.ids import Instant, NetworkName, NodeId
from meshtui.model.node import Node, NodeMarks, NodeRole
from meshtui.tui.state.asking import MAX_ANSWERS, MAX_ASKED, AnswerBook, Asked
from meshtui.tui.state.directory import Directory
from meshtui.tui.text.answers import (
    answer_lines,
    body_lines,
    copied,
    history_lines,
    news_words,
    snr_bar,
)
from meshtui.tui.text.glyphs import PLAIN, UNICODE

NET = NetworkName("meshcore")
RIDGE = NodeId("66aa" + "0" * 60)
HILL = NodeId("6b01" + "0" * 60)
AT = Instant(1.0, 1_000)
EVIL = "\x1b[2J\u202e"


def directory() -> Directory:
    made = Directory()
    made.load(
        (Node(NET, node_id, name=name, role=NodeRole.RELAY), NodeMarks())
        for node_id, name in ((RIDGE, "Ridge"), (HILL, "Hill"))
    )
    return made


def shown(*rows, verb: str = "neighbours", glyphs=UNICODE, **fields) -> list[str]:
    table = tuple(tuple(row.items()) for row in rows)
    answered = Answered(NET, "r", verb, RIDGE, AT, rows=table, **fields)
    return ["".join(text for text, _ in line) for line in body_lines(answered, directory(), glyphs)]


def test_one_record_is_told_by_pairs() -> None:
    assert shown({"battery": "4.1 V", "up for": "3 d"}) == [" battery  4.1 V", " up for   3 d"]


def test_records_are_a_table_with_nodes_by_name_and_signals_with_a_bar() -> None:
    lines = shown({"node": "66aa", "snr": "8.5"}, {"node": "99", "snr": "-20"})

    assert lines == [
        " node        snr",
        " 66aa Ridge  ▇ 8.5 dB",
        " 99 ?        ▁ -20 dB",
    ]


def test_a_column_of_names_makes_those_of_ids_plain() -> None:
    row = {"node": "66aa", "name": "Somebody"}

    assert shown(row, row)[1] == " 66aa  Somebody"


def test_one_record_needs_no_heading() -> None:
    assert shown({"battery": "4.1 V", "up": "3 d"}) == [" battery  4.1 V", " up       3 d"]


def test_a_table_too_wide_for_the_sheet_is_told_record_by_record() -> None:
    lines = shown({"a": "x" * 50, "b": "y" * 50}, {"a": "1", "b": "2"})

    assert lines[0] == " a  " + "x" * 50
    assert lines[2] == ""


def test_a_way_out_and_back_is_told_leg_by_leg_with_both_signals() -> None:
    hops = ("66", "6b", "66", "")
    rows = [
        {"hop": hop, "snr": snr} for hop, snr in zip(hops, ("8.5", "2", "-3.25", "9"), strict=True)
    ]

    lines = shown(*rows, verb="trace", rtt_ms=2_300)

    assert lines[0].split() == ["took", "2.3", "s", "there", "and", "back"]
    assert [line.split() for line in lines[1:]] == [
        ["from", "to", "there", "back"],
        ["me", "→", "66", "Ridge", "▇", "8.5", "dB", "▇", "9.0", "dB"],
        ["66", "Ridge", "→", "6b", "Hill", "▆", "2.0", "dB", "▅", "-3.2", "dB"],
    ]


def test_a_way_out_only_is_told_leg_by_leg() -> None:
    lines = shown({"hop": "66", "snr": "1"}, {"hop": "6b", "snr": "2"}, verb="trace", glyphs=PLAIN)

    assert [line.split() for line in lines] == [
        ["from", "to", "there"],
        ["me", ">", "66", "Ridge", "*", "1.0", "dB"],
        ["66", "Ridge", ">", "6b", "Hill", "*", "2.0", "dB"],
    ]


def test_bars_stay_within_their_signs() -> None:
    assert [snr_bar(snr, UNICODE) for snr in (-99.0, -20.0, 12.0, 99.0)] == ["▁", "▁", "█", "█"]


def test_foreign_words_give_no_orders() -> None:
    lines = shown({EVIL: EVIL, "node": EVIL}, {EVIL: "x", "node": "y"}, text=EVIL)

    assert "\x1b" not in "".join(lines)
    assert "\u202e" not in "".join(lines)


def asked(**fields) -> Asked:
    return Asked("r", NET, "status", "Status", RIDGE, 1_000, **fields)


def text_of(lines) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_what_has_no_answer_yet_says_so_and_a_final_one_ends_it() -> None:
    book, request = AnswerBook(), asked(argument="x")
    book.ask(request)
    before = text_of(answer_lines(request, directory(), UNICODE, 5_000))
    book.take(Answered(NET, "r", "status", RIDGE, AT, "no answer in 9 s", is_error=True))
    after = text_of(answer_lines(request, directory(), UNICODE, 5_000))

    assert "Ridge, 4 s ago" in before
    assert "No answer yet" in before
    assert "no answer in 9 s" in after
    assert "No answer yet" not in after


def test_memory_of_requests_answers_and_news_is_bounded() -> None:
    book = AnswerBook()
    for number in range(MAX_ASKED + 5):
        book.ask(Asked(str(number), NET, "v", "V", None, 0))
    request = book.latest_first()[0]
    for _ in range(MAX_ANSWERS + 5):
        book.take(Answered(NET, request.request_id, "v", None, AT, is_final=False))
    for _ in range(500):
        book.take(Answered(NET, "", "news", None, AT))

    assert len(book.latest_first()) == MAX_ASKED
    assert len(request.answers) == MAX_ANSWERS
    assert len(book.news) == 100
    assert book.take(Answered(NET, "0", "v", None, AT)) is None


def test_the_history_tells_what_came_of_everything() -> None:
    answered = Answered(NET, "r", "status", RIDGE, AT, rows=((("a", "1"),),))
    lines = history_lines(
        [asked(answers=[answered]), asked()],
        [Answered(NET, "", "full", None, AT, "Full")],
        directory(),
        3_000,
    )

    assert "1 rows" in text_of(lines)
    assert "no answer yet" in text_of(lines)
    assert "2 s Full" in text_of(lines)
    assert "Nothing was asked yet" in text_of(history_lines([], [], directory(), 0))
    assert news_words(Answered(NET, "", "full", RIDGE, AT), directory()) == "Ridge: full"


def test_a_link_or_the_only_value_is_what_is_copied() -> None:
    link = Answered(NET, "r", "v", None, AT, "Scan meshcore://x here", ((("a", "1"), ("b", "2")),))
    value = Answered(NET, "r", "v", None, AT, rows=((("a", f"1{EVIL}"),),))
    two = Answered(NET, "r", "v", None, AT, rows=((("a", "1"), ("b", "2")),))
    lines = [((" all", "plain"),), ((" of it", "plain"),)]

    assert copied(asked(answers=[link]), lines) == "meshcore://x"
    assert "\x1b" not in copied(asked(answers=[value]), lines)
    assert copied(asked(answers=[two]), lines) == copied(asked(), lines) == "all\nof it"
