"""What is known of the capture service, and what of its messages is shown."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from meshtui.errors import FilterError
from meshtui.model.event import FrameReceived
from meshtui.model.ids import Instant, LinkId, NetworkName
from meshtui.model.packet import Frame, PacketSummary, RxMeta, Verdict
from meshtui.model.publishing import PreviewKind, PublisherState
from meshtui.tui.state.publishers import (
    MAX_PREVIEW,
    MAX_TRIED,
    Heard,
    PreviewForm,
    PublisherBook,
    alarm_of,
    as_sent,
    brokers_meant,
    in_hex,
    laid_out,
    refusal_to_pause,
    refusal_to_renew,
    refusal_to_retry,
    text_of_payload,
)
from tests.support.fake_publishing import FakePublishing, one_broker, payload_of, ten_brokers

NOW_MS = 1_795_208_400_000


def book_of(service: FakePublishing) -> PublisherBook:
    book = PublisherBook()
    book.read(service, NOW_MS)
    return book


# -- the book ------------------------------------------------------------------------------------


def test_without_a_service_there_is_nothing() -> None:
    book = PublisherBook()
    book.read(None, NOW_MS)

    assert (book.status, book.selected, book.held.preview) == (None, None, None)


def test_the_first_broker_is_looked_at_until_another_is_chosen_and_gone() -> None:
    service = ten_brokers(NOW_MS)
    book = book_of(service)
    assert book.selected.name == "mqtt1"
    assert book.held.preview.kind is PreviewKind.LAST

    book.select("mqtt3", service, NOW_MS)
    assert book.selected.name == "mqtt3"
    assert book.held.preview.kind is PreviewKind.NEXT

    service.service = replace(service.service, publishers=service.service.publishers[:2])
    book.read(service, NOW_MS)
    assert book.selected.name == "mqtt1"


def test_a_message_that_is_held_stands_still_and_the_rest_does_not() -> None:
    service = ten_brokers(NOW_MS)
    book = book_of(service)
    book.is_held = True
    service.previews["mqtt1"] = None
    service.change("mqtt1", published=99)
    book.read(service, NOW_MS + 5_000)

    assert book.held.preview is not None
    assert book.held.at_ms == NOW_MS
    assert book.selected.published == 99

    book.take_preview(service, NOW_MS + 6_000)
    assert (book.held.preview, book.held.at_ms) == (None, NOW_MS + 6_000)


def test_a_broker_that_the_service_no_longer_knows_has_no_message() -> None:
    service = ten_brokers(NOW_MS)
    book = book_of(service)
    service.service = replace(service.service, publishers=())

    book.take_preview(service, NOW_MS)

    assert book.held.preview is None


def test_the_forms_go_round() -> None:
    book = PublisherBook()
    seen = []
    for _ in PreviewForm:
        seen.append(book.form)
        book.next_form()

    assert seen == list(PreviewForm)
    assert book.form is PreviewForm.LAID_OUT


# -- alarm ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brokers", "problem", "alarm"),
    [
        ((), "", ""),
        (({},), "", ""),
        (({"state": PublisherState.DOWN},), "", ""),
        (({"state": PublisherState.DOWN, "is_unwell": True},), "", "mqtt0 unwell"),
        (({"state": PublisherState.OFF, "is_unwell": True},), "", ""),
        (({"state": PublisherState.BROKEN},), "", "mqtt0 broken"),
        (({"is_unwell": True}, {"state": PublisherState.BROKEN}), "", "2 brokers unwell"),
        (({},), "no radio", "nothing captured"),
    ],
)
def test_an_alarm_says_in_a_word_what_is_wrong(brokers, problem, alarm) -> None:
    rows = [one_broker(NOW_MS, number, **more) for number, more in enumerate(brokers)]
    status = replace(FakePublishing(rows, NOW_MS).service, problem=problem)

    assert alarm_of(status) == alarm


def test_without_a_service_there_is_no_alarm() -> None:
    assert alarm_of(None) == ""


# -- who is meant, and what can be done ------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mqtt2", ["mqtt2"]),
        ("2", ["mqtt2"]),
        ("MQTT2, 10 mqtt2", ["mqtt2", "mqtt10"]),
        ("  ", [f"mqtt{number}" for number in range(1, 11)]),
    ],
)
def test_brokers_are_meant_by_name_or_number(typed, meant) -> None:
    assert brokers_meant(ten_brokers(NOW_MS).service.publishers, typed) == meant


@pytest.mark.parametrize("typed", ["mqtt11", "0", "\x1b[2J", "mqtt1 x", "²"])
def test_a_broker_that_is_not_there_is_said_with_those_that_are(typed) -> None:
    with pytest.raises(LookupError, match="mqtt1, mqtt2") as caught:
        brokers_meant(ten_brokers(NOW_MS).service.publishers, typed)

    assert "\x1b" not in caught.value.args[0]


def test_what_cannot_be_done_is_refused_with_the_reason() -> None:
    rows = {row.name: row for row in ten_brokers(NOW_MS).service.publishers}

    assert refusal_to_pause(rows["mqtt1"]) == ""
    assert "mqtt8_enabled" in refusal_to_pause(rows["mqtt8"])
    assert "cannot run" in refusal_to_pause(rows["mqtt7"])
    assert refusal_to_retry(rows["mqtt2"]) == ""
    assert refusal_to_retry(rows["mqtt1"]) == "mqtt1 is connected"
    assert refusal_to_retry(rows["mqtt5"]) == "mqtt5 is being tried"
    assert "cannot run" in refusal_to_retry(rows["mqtt7"])
    assert refusal_to_renew(rows["mqtt1"]) == ""
    assert refusal_to_renew(rows["mqtt5"]) == "", "it may wait for its first one"
    assert "does not log in with a token" in refusal_to_renew(rows["mqtt9"])
    assert "does not log in with a token" in refusal_to_renew(rows["mqtt3"])
    assert "mqtt8_enabled" in refusal_to_renew(rows["mqtt8"])


# -- the message -----------------------------------------------------------------------------------


def test_json_is_laid_out_a_member_a_line() -> None:
    payload = b'{"origin":"Hill","stats":{"up":3},"path":["a"]}'

    assert laid_out(payload) == [
        ("", "{"),
        ('  "origin": ', '"Hill",'),
        ('  "stats": ', "{"),
        ('    "up": ', "3"),
        ("  ", "},"),
        ('  "path": ', "["),
        ("    ", '"a"'),
        ("  ", "]"),
        ("", "}"),
    ]


@pytest.mark.parametrize(
    "payload",
    [b"", b"offline", b'{"a":', b"[" * 9_000, b"\xff\xfe", b'{"a":"' + b"x" * MAX_PREVIEW + b'"}'],
)
def test_what_is_not_json_or_too_long_comes_as_it_is(payload) -> None:
    assert [value for _, value in laid_out(payload)] == as_sent(payload)
    assert sum(map(len, as_sent(payload))) <= MAX_PREVIEW * 4


def test_nothing_in_a_message_reaches_the_terminal_unescaped() -> None:
    payload = payload_of({"origin": "\x1b]52;c;AA\x07\u202e\x9b2J", "\x1b[2J": "\n"})
    raw = b'{"origin":"\x1b[2J"}'
    lines = [f"{before}{value}" for before, value in laid_out(payload) + laid_out(raw)]

    for line in (*lines, *as_sent(payload), *as_sent(raw), *in_hex(payload)):
        assert line.isprintable(), line


def test_bytes_in_hex_are_all_there() -> None:
    payload = bytes(range(40))
    rows = in_hex(payload)

    assert rows[1] == "0010 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f  ................"
    assert bytes.fromhex("".join(row[5:52] for row in rows)) == payload
    assert rows[2].endswith(" !\"#$%&'")


def test_a_message_is_copied_byte_for_byte() -> None:
    payload = payload_of({"origin": "Zoë 🌲"})

    assert text_of_payload(payload).encode() == payload
    assert json.loads(text_of_payload(payload)) == {"origin": "Zoë 🌲"}
    assert text_of_payload(b"\xff") == "\\xff"


# -- what a filter is tried on ---------------------------------------------------------------------


def heard(kind: str, link: str = "ttyUSB0") -> FrameReceived:
    frame = Frame(LinkId(link), b"\x01", Instant(1.0, NOW_MS), RxMeta(-90, 5.0))
    return FrameReceived(NetworkName("meshcore"), frame, PacketSummary(kind, Verdict.HANDLED))


def test_a_filter_is_tried_on_what_the_services_radio_heard() -> None:
    tried = Heard({})
    tried.take([heard("advert"), heard("text"), heard("advert", "other")], "ttyUSB0")

    assert tried.try_out("type==advert") == (1, 2)
    assert tried.try_out("") == (2, 2)
    assert tried.seen_values("type") == ["text", "advert"]
    assert tried.seen_values("hops") == []
    with pytest.raises(FilterError):
        tried.try_out("type==")


def test_only_the_newest_packets_are_tried() -> None:
    tried = Heard({})
    tried.take([heard("text")] * 2 + [heard("advert")] * MAX_TRIED, "ttyUSB0")

    assert tried.try_out("type==advert") == (MAX_TRIED, MAX_TRIED)
