"""Laws of `model.text`: nothing foreign reaches a terminal with its power."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.model.text import MAX_JOINERS, MAX_MARKS, clean, clean_line

ESC = "\x1b"
# The list of terminal texts that were tried against other clients.
HOSTILE = {
    "osc-title": f"{ESC}]0;owned\x07",
    "osc-icon": f"{ESC}]2;owned{ESC}\\",
    "osc-palette": f"{ESC}]4;1;rgb:00/00/00\x07",
    "osc-cwd": f"{ESC}]7;file:///etc\x07",
    "osc-link": f"{ESC}]8;;http://evil{ESC}\\click{ESC}]8;;{ESC}\\",
    "osc-notify": f"{ESC}]9;hello\x07",
    "osc-colour-query": f"{ESC}]10;?\x07{ESC}]11;?\x07",
    "osc-font": f"{ESC}]50;x\x07",
    "osc-clipboard-set": f"{ESC}]52;c;ZXZpbA==\x07",
    "osc-clipboard-query": f"{ESC}]52;c;?\x07",
    "osc-prompt": f"{ESC}]133;A\x07",
    "osc-urxvt": f"{ESC}]777;notify;a;b\x07",
    "osc-file": f"{ESC}]1337;File=name=eA==:AAAA\x07",
    "osc-unterminated": f"{ESC}]0;never ends",
    "osc-c1-end": "\x9d0;owned\x9c",
    "dcs-request": f"{ESC}P$qm{ESC}\\",
    "dcs-sixel": f"{ESC}Pq#0~~{ESC}\\",
    "dcs-tmux": f"{ESC}Ptmux;{ESC}{ESC}]0;x\x07{ESC}\\",
    "apc": f"{ESC}_Ga=T;AAAA{ESC}\\",
    "pm": f"{ESC}^x{ESC}\\",
    "sos": f"{ESC}Xx{ESC}\\",
    "csi-clear": f"{ESC}[2J",
    "csi-home": f"{ESC}[H",
    "csi-cursor-report": f"{ESC}[6n",
    "csi-attributes": f"{ESC}[c",
    "csi-title-report": f"{ESC}[21t",
    "csi-main-screen": f"{ESC}[?1049l",
    "csi-mouse": f"{ESC}[?1000h",
    "csi-paste": f"{ESC}[?2004l",
    "csi-region": f"{ESC}[1;2r",
    "csi-size": f"{ESC}[8;1;1t",
    "sgr-hidden": f"{ESC}[8mhidden",
    "sgr-blink": f"{ESC}[5mblink",
    "reset": f"{ESC}c",
    "charset": f"{ESC}(0",
    "alignment": f"{ESC}#8",
    "lone-escape": ESC,
    "escape-at-end": f"text{ESC}\n[2J",
    "c1-csi": "\x9b2J",
    "c1-osc": "\x9d0;x\x07",
    "c1-dcs": "\x90q\x9c",
    "carriage-return": "good\rbad",
    "backspace": "good\x08\x08\x08\x08bad",
    "bells": "\x07" * 1000,
    "vertical-tab": "a\x0bb\x0cc",
    "nul": "a\x00b",
    "delete": "a\x7fb",
    "shift-out": "\x0eqqq\x0f",
    "right-to-left-override": "\u202egnp.exe",
    "isolates": "\u2066\u2067\u2068 \u2069\u2069",
    "marks": "\u200e\u200f\u061c",
    "zero-width-in-name": "al\u200bice\ufeff\u2060\u200c",
    "tags": "".join(chr(0xE0000 + code) for code in b"\x01hidden\x7f"),
    "selectors": "x" + "\ufe0f" * 100,
    "selectors-supplement": "x" + "\U000e0100" * 100,
    "line-separators": "a\u2028b\u2029c\u0085d",
    "lone-surrogate": "a\udc80b\ud800",
    "combining-flood": "e" + "\u0301" * 200,
    "filler": "\u3164\u115f\u1160\uffa0\u034f\u2800",
    "soft-hyphen": "a\u00adb",
    "noncharacters": "\uffff\ufdd0\U0001fffe",
}
POWERLESS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_loses_its_power(text: str) -> None:
    shown = clean(text)

    assert not POWERLESS.search(shown)
    assert shown.encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_keeps_only_its_newlines_where_they_are_wanted(text: str) -> None:
    assert not POWERLESS.search(clean(text, keep_newlines=True).replace("\n", ""))


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_any_text_is_clean_after_one_pass(text: str) -> None:
    once = clean(text)

    assert clean(once) == once
    assert not POWERLESS.search(once.replace("\u200d", ""))


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "[red]markup stays text[/]",
        "Zoë, naïve, Đặng Thị, e\u0301",
        "日本語とカナ",
        "שלום مرحبا",
        "हिन्दी ไทย",
        "👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 ❤️‍🔥 🧑🏽‍🚀 1️⃣ 🇫🇷",
        "",
    ],
)
def test_ordinary_text_comes_out_as_it_went_in(text: str) -> None:
    assert clean(text) == text


def test_controls_are_shown_by_their_pictures() -> None:
    assert clean("a\x1b[2J\x00\x7f\r\n") == "a␛[2J␀␡␍␊"


def test_line_ends_survive_only_on_request() -> None:
    assert clean("a\r\nb\nc", keep_newlines=True) == "a\nb\nc"
    assert clean("a\tb\u00a0c") == "a b c"


def test_marks_do_not_stack_beyond_the_bound() -> None:
    shown = clean("e" + "\u0301" * 200 + "x")

    assert shown == "e" + "\u0301" * MAX_MARKS + "x"


def test_a_mark_without_a_base_does_not_join_what_stands_before_the_text() -> None:
    assert clean("\u0301a") == "\u25cc\u0301a"
    assert clean("a\n\u0301", keep_newlines=True) == "a\n\u25cc\u0301"


def test_one_selector_a_base_is_enough() -> None:
    assert clean("❤" + "\ufe0f" * 100) == "❤\ufe0f"
    assert clean("\ufe0fa") == "a"


@pytest.mark.parametrize("text", ["a\u200db", "\u200d", "👍\u200d", "👍\u200d\u200d👍", "\u200d👍"])
def test_a_joiner_away_from_emoji_is_made_visible(text: str) -> None:
    assert "\ufffd" in clean(text)


def test_joined_emoji_do_not_grow_without_end() -> None:
    shown = clean("👩" + "\u200d👩" * 50)

    assert max(part.count("\u200d") for part in shown.split("\ufffd")) <= MAX_JOINERS


@given(st.text(), st.integers(0, 20))
def test_a_limit_is_kept(text: str, limit: int) -> None:
    assert len(clean(text, limit=limit)) <= limit
    assert len(clean_line(text, limit)) <= limit


def test_a_cut_is_marked() -> None:
    assert clean("abcdef", limit=4) == "abc…"
    assert clean("abcd", limit=4) == "abcd"
    assert clean("a" + "\u0301" * 500 + "b", limit=6).endswith("…")


def test_a_name_is_one_line() -> None:
    assert clean_line("  two \n\t lines\u2028 ") == "two lines"


@given(st.text(st.characters(categories=["Mn", "Me", "Cf", "Zs", "L"])))
def test_no_base_carries_more_marks_than_allowed(text: str) -> None:
    run = 0
    for character in clean(text):
        is_mark = unicodedata.category(character) in {"Mn", "Me"}
        run = run + 1 if is_mark else 0
        assert run <= MAX_MARKS + 1  # one selector may stand among them
