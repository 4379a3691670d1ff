"""Brokers in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from meshtui.config.settings import parse_config
from meshtui.model.publishing import OutputStatus, Preview, PreviewKind, PublisherState, TokenStatus
from meshtui.tui.state.publishers import Held, PreviewForm
from meshtui.tui.text.glyphs import PLAIN, UNICODE
from meshtui.tui.text.publishers import (
    SETUP,
    cells_of,
    head_lines,
    names_words,
    note_of,
    preview_lines,
    publisher_lines,
    publisher_title,
    service_title,
    setup_lines,
    state_of,
)
from tests.support.fake_publishing import (
    HOUR_MS,
    MINUTE_MS,
    FakePublishing,
    one_broker,
    payload_of,
    ten_brokers,
    token_at,
)
from tests.support.hostile_texts import HOSTILE

NOW_MS = 1_795_208_400_000
UP = PublisherState.UP


def joined(lines) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


def said_of(**more) -> str:
    return joined(publisher_lines(one_broker(NOW_MS, **more), UNICODE, NOW_MS))


# -- where a broker stands -------------------------------------------------------------------------


def test_every_state_has_a_sign_and_a_word_of_its_own() -> None:
    for glyphs in (UNICODE, PLAIN):
        shown = {
            state: state_of(one_broker(NOW_MS, state=state), glyphs)[0] for state in PublisherState
        }
        signs = [text.partition(" ")[0] for text in shown.values()]

        assert [shown[state].partition(" ")[2] for state in PublisherState] == [
            state.value for state in PublisherState
        ]
        assert len(set(signs)) == len(signs)
        assert all(cell_len(sign) == 1 for sign in signs)


def test_who_is_unwell_has_another_sign_than_who_is_down_for_a_moment() -> None:
    down = one_broker(NOW_MS, state=PublisherState.DOWN)

    assert state_of(down, UNICODE) == ("○ down", "warn")
    assert state_of(replace(down, is_unwell=True), UNICODE) == ("▲ down", "bad")


def test_paused_is_a_word_and_the_sign_stays_that_of_the_connection() -> None:
    paused = one_broker(NOW_MS, is_paused=True)

    assert state_of(paused, UNICODE) == ("● paused", "warn")
    assert state_of(replace(paused, state=PublisherState.DOWN), UNICODE) == ("○ paused", "warn")
    assert state_of(replace(paused, state=PublisherState.OFF), UNICODE) == ("– off", "dim")  # noqa: RUF001


# -- a row -----------------------------------------------------------------------------------------


def cells(**more) -> dict[str, str]:
    row = one_broker(NOW_MS, **more)
    return {name: text for name, (text, _) in cells_of(row, UNICODE, NOW_MS).items()}


def test_a_row_says_where_queue_counters_ages_and_token() -> None:
    shown = cells(queued=3, dropped=2, token=token_at(NOW_MS))

    assert shown == {
        "name": "mqtt1",
        "state": "● up",
        "since": "3 h",
        "where": "wss://mqtt-1.example.org:443/mqtt",
        "host": "mqtt-1.example.org",
        "why": "mqtt-1.example.org",
        "queue": "3/1k",
        "published": "12,278",
        "dropped": "2",
        "last": "4 s",
        "token": "renews in 9 h",
    }


def test_who_is_not_up_says_why_in_place_of_where() -> None:
    assert cells(state=PublisherState.DOWN, reason="nobody listens")["why"] == "nobody listens"
    assert cells(reason="was lost once")["why"] == "mqtt-1.example.org"


def test_who_has_nothing_to_count_leaves_its_counters_blank() -> None:
    counters = {"queue", "published", "dropped", "last"}

    assert not counters & set(cells(state=PublisherState.OFF, published=0))
    assert not counters & set(cells(state=PublisherState.WAITING, published=0))
    assert counters <= set(cells(state=PublisherState.DOWN, published=0, queued=1))
    assert counters <= set(cells(published=0))


@pytest.mark.parametrize(
    ("count", "shown"), [(99_999, "99,999"), (100_000, "100k"), (12_345_678, "12,345k")]
)
def test_large_counters_fit_their_column(count, shown) -> None:
    assert cells(published=count)["published"] == shown


@pytest.mark.parametrize(
    ("where", "host"),
    [
        ("mqtt://[::1]:1883", "[::1]"),
        ("mqtts://a.example:8883", "a.example"),
        ("nowhere", "nowhere"),
        ("", ""),
    ],
)
def test_the_host_of_an_address(where, host) -> None:
    assert cells(where=where)["host"] == host


def note(**more) -> str:
    return "".join(text for text, _ in note_of(one_broker(NOW_MS, **more), UNICODE, NOW_MS))


def test_a_second_line_says_what_matters_most() -> None:
    token = token_at(NOW_MS)
    down = {"state": PublisherState.DOWN, "retry_at_ms": NOW_MS + 8_000, "reason": "refused"}

    assert note().startswith("to meshcore/BOS/")
    assert note(topic_packets="") == "nothing was heard yet"
    assert note(token=token) == "token 3 h old, renews in 9 h, signed by the radio"
    assert note(token=token, reason="reset").endswith("signed by the radio · last error: reset")
    assert note(**down) == "again in 8 s; refused"
    assert note(**down, token=token).startswith("again in 8 s; refused · token 3 h old")
    assert note(**down | {"retry_at_ms": NOW_MS}) == "again now; refused"


# -- in full ---------------------------------------------------------------------------------------


def test_the_details_say_everything() -> None:
    text = said_of(
        state=PublisherState.DOWN,
        since_ms=NOW_MS - MINUTE_MS,
        reason="the broker refused the login",
        retry_at_ms=NOW_MS + 48_000,
        qos=1,
        queued=214,
        dropped=12,
        held_back=31,
        connects=3,
        failures=1,
        token=token_at(NOW_MS, "private_key_path"),
    )

    assert "○ down for 1 min; tries again in 48 s, R now" in text
    assert "why       the broker refused the login" in text
    assert "12,278 published · 12 dropped · 31 held back · last 4 s ago" in text
    assert "214 of 1,000 wait · QoS 1, confirmed · 3 connects, 1 failed" in text
    assert "3 h old, valid 21 h, renews in 9 h; signed by private_key_path" in text
    assert "/packets\n status to" in text


def test_how_it_logs_in_is_said() -> None:
    assert "login     by user and password\n" in said_of(login="password")
    assert "login     without user or token\n" in said_of(login="")


def test_what_is_not_known_is_said_so() -> None:
    text = said_of(topic_packets="", topic_status="", last_published_ms=0, since_ms=0)

    assert text.count("not known before the radio says who it is") == 2
    assert "none yet" in text
    assert "token     none" in text
    assert "state     ● up\n" in text
    assert "unconfirmed" in text


@pytest.mark.parametrize(
    ("left_ms", "shown"),
    [
        (0, "now"),
        (999, "now"),
        (1_000, "in 1 s"),
        (59_400, "in 59 s"),
        (59_600, "in 1 min"),
        (90 * MINUTE_MS - 1, "in 1 h"),
        (12 * HOUR_MS - 1, "in 12 h"),
        (24 * HOUR_MS - 1, "in 24 h"),
        (72 * HOUR_MS, "in 3 d"),
    ],
)
def test_what_is_left_is_rounded(left_ms, shown) -> None:
    token = replace(token_at(NOW_MS), renew_at_ms=NOW_MS + left_ms)

    assert cells(token=token)["token"] == f"renews {shown}"


def test_topics_are_left_out_where_there_will_be_none() -> None:
    idle = {"topic_packets": "", "topic_status": ""}

    assert "status to" not in said_of(**idle, state=PublisherState.BROKEN)
    assert "status to" in said_of(state=PublisherState.BROKEN)


def test_a_paused_broker_says_that_it_is_given_nothing() -> None:
    assert "● up for 3 h, paused: given no packets" in said_of(is_paused=True)
    assert "○ down for 3 h, paused" in said_of(is_paused=True, state=PublisherState.DOWN)


def test_a_token_that_ran_out_is_bad() -> None:
    token = TokenStatus(NOW_MS - 25 * HOUR_MS, NOW_MS - HOUR_MS, NOW_MS - 13 * HOUR_MS, "the radio")
    lines = publisher_lines(one_broker(NOW_MS, token=token), UNICODE, NOW_MS)

    assert any("expired, renews now" in line[-1][0] and line[-1][1] == "bad" for line in lines)
    assert "token expired" in note(token=token)


# -- the service -----------------------------------------------------------------------------------


def head(width: int = 80, glyphs=UNICODE, **more) -> list[str]:
    status = replace(FakePublishing((), NOW_MS).service, **more)
    return ["".join(text for text, _ in line) for line in head_lines(status, glyphs, width)]


def test_the_head_says_who_observes_and_what_leaves() -> None:
    assert head() == [
        " Hilltop 7E766267  ● radio up  12,345 captured · 67 kept back · 0 missed",
        " filter none, everything leaves",
    ]
    assert head(node_id="", name="")[0].startswith(" no observer yet")
    assert "○ radio down" in head(is_radio_up=False)[0]
    assert "○ no radio" in head(is_radio_up=False, link_id="")[0]


def test_the_head_has_the_filter_and_the_file() -> None:
    output = OutputStatus("/var/log/mesh/a/long/way/down/packets.jsonl", written=5, lost=2)
    line = head(filter="type==advert", output=output)[1]

    assert line == " filter type==advert  file packets.jsonl 5 written, 2 lost"
    assert "/var/log/mesh" in head(140, filter="type==advert", output=output)[1]


def test_what_is_wrong_has_lines_of_its_own() -> None:
    output = OutputStatus("x", reason="the disk is full: make room")
    lines = head(problem="no radio is connected; " * 20, output=output)

    assert lines[2].startswith(" ▲ no radio is connected")
    assert lines[-1] == " ▲ file: the disk is full: make room"
    assert len(lines) == 5


@pytest.mark.parametrize("width", [20, 40, 79, 80, 140])
def test_no_line_of_the_head_is_wider_than_the_window(width) -> None:
    status = replace(ten_brokers(NOW_MS).service, name="山田" * 20, filter="type==text || " * 30)
    for glyphs in (UNICODE, PLAIN):
        _, leaving, *_ = head_lines(status, glyphs, width)

        assert sum(cell_len(text) for text, _ in leaving) <= max(width, 20)


def test_the_title_counts() -> None:
    rows = ten_brokers(NOW_MS).service.publishers

    assert service_title(rows, UNICODE) == "10 · 4 up · 1 paused"
    assert service_title(rows[:1], PLAIN) == "1 - 1 up"
    assert service_title((), UNICODE) == ""


@pytest.mark.parametrize("width", [10, 30, 80])
def test_the_title_of_a_broker_is_ruled_to_the_end(width) -> None:
    for where in ("wss://mqtt-1.example.org:443/mqtt", "山田" * 40, ""):
        line = joined([publisher_title(one_broker(NOW_MS, where=where), PLAIN, width)])

        assert line.startswith(" mqtt1  ")
        assert cell_len(line) == width
    assert line.endswith("---") or width == 10


def test_several_brokers_are_named_and_many_counted() -> None:
    assert names_words(["mqtt1"]) == "mqtt1"
    assert (
        names_words([f"mqtt{number}" for number in range(1, 6)])
        == "mqtt1, mqtt2, mqtt3 and 2 others"
    )


# -- the message -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (PreviewKind.NEXT, "NEXT MESSAGE, first in the queue"),
        (PreviewKind.LAST, "LAST MESSAGE SENT, none waits"),
        (PreviewKind.EXAMPLE, "EXAMPLE, nothing was heard yet"),
    ],
)
def test_a_message_says_what_it_is_and_how_it_leaves(kind, words) -> None:
    preview = Preview(kind, "meshcore/BOS/x", payload_of({"a": "b"}), 1, is_retained=True)
    text = joined(preview_lines(Held(preview, NOW_MS), PreviewForm.AS_SENT, UP, 80, is_whole=False))

    assert words in text
    assert "9 B, QoS 1, retained, as it is sent" in text
    assert "topic     meshcore/BOS/x" in text
    assert text.endswith('\n {"a":"b"}')


def test_a_message_that_stands_still_says_since_when() -> None:
    preview = Preview(PreviewKind.NEXT, "t", b"{}", 0, is_retained=False)
    held = Held(preview, NOW_MS)

    assert ":00:00)" in joined(preview_lines(held, PreviewForm.HEX, UP, 80, is_whole=True))
    assert "0000 7b 7d" in joined(preview_lines(held, PreviewForm.HEX, UP, 80, is_whole=True))


@pytest.mark.parametrize("width", [40, 57, 72, 73, 140])
def test_hex_is_as_wide_as_there_is_room(width) -> None:
    held = Held(Preview(PreviewKind.NEXT, "t", bytes(range(64)), 0, is_retained=False), NOW_MS)
    rows = joined(preview_lines(held, PreviewForm.HEX, UP, width, is_whole=True)).splitlines()[3:]

    assert len(rows) == (4 if width >= 73 else 8)
    assert all(cell_len(row) < max(width, 40) for row in rows)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (PublisherState.WAITING, "the radio has not said who it is"),
        (PublisherState.OFF, "it is switched off"),
        (PublisherState.BROKEN, "its settings are wrong"),
    ],
)
def test_where_there_is_no_message_it_says_why(state, why) -> None:
    held = Held(None, 0)

    assert f"No message: {why}" in joined(
        preview_lines(held, PreviewForm.HEX, state, 80, is_whole=False)
    )


def test_a_message_that_is_cut_says_so() -> None:
    preview = Preview(PreviewKind.NEXT, "t", b"x" * 20_000, 0, is_retained=False)

    assert "20.0 kB, the first 16.4 kB," in joined(
        preview_lines(Held(preview, NOW_MS), PreviewForm.AS_SENT, UP, 80, is_whole=True)
    )


# -- setting up, and texts of others ---------------------------------------------------------------


def test_the_settings_shown_are_twelve_lines_that_publish_to_one_broker() -> None:
    config = parse_config(Path("config.toml"), "\n".join(SETUP)).capture

    assert len(SETUP) == 12
    assert config.is_enabled
    assert [(broker.name, broker.problem) for broker in config.brokers] == [("mqtt1", "")]
    assert "meshtui capture --config config.ini" in joined(setup_lines())
    assert all(cell_len(line) < 78 for line in joined(setup_lines()).splitlines())


def test_no_foreign_text_gets_through_uncleaned() -> None:
    for text in HOSTILE:
        token = TokenStatus(1, 2, 3, text)
        row = one_broker(
            NOW_MS,
            name=text,
            where=text,
            reason=text,
            topic_packets=text,
            topic_status=text,
            token=token,
        )
        rows = (row, replace(row, state=PublisherState.DOWN))
        preview = Preview(
            PreviewKind.NEXT, text, text.encode("utf-8", "replace"), 0, is_retained=False
        )
        status = replace(
            FakePublishing(rows, NOW_MS).service,
            name=text,
            node_id=text,
            filter=text,
            problem=text,
            output=OutputStatus(text, reason=text),
        )
        shown = [joined(head_lines(status, UNICODE, 80)), names_words([text])]
        for each in rows:
            shown += [
                *(said for said, _ in cells_of(each, UNICODE, NOW_MS).values()),
                *(said for said, _ in note_of(each, UNICODE, NOW_MS)),
                *(said for said, _ in publisher_title(each, UNICODE, 80)),
                joined(publisher_lines(each, UNICODE, NOW_MS)),
            ]
        shown += [
            joined(preview_lines(Held(preview, NOW_MS), form, UP, 80, is_whole=True))
            for form in PreviewForm
        ]
        for said in shown:
            assert not set(said) & {"\x1b", "\x9b", "\u202e", "\u2066", "\x07", "\x00", "\r"}, text
