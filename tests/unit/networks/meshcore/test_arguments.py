"""What is typed after a verb."""

from __future__ import annotations

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.networks.meshcore.arguments import (
    check_command_line,
    check_password,
    hops_of,
    number_of,
    switch_of,
    words_of,
)
from meshtui.networks.meshcore.companion.verbs import VERBS


@pytest.mark.parametrize("typed", ["a1,3F,07", "A1 3f 07", "a1 > 3f > 07"])
def test_hops_are_parted_by_commas_blanks_or_arrows(typed: str) -> None:
    assert hops_of(typed) == ("a1", "3f", "07")


@pytest.mark.parametrize("typed", ["", "a", "a1,3f07", "zz", "a1b2c3d4"])
def test_hops_are_hashes_of_one_size(typed: str) -> None:
    with pytest.raises(LocalProtocolError, match="all alike"):
        hops_of(typed)


def test_a_password_has_at_most_fifteen_bytes() -> None:
    assert check_password("é" * 7) == "é".encode() * 7
    with pytest.raises(LocalProtocolError, match="15 bytes"):
        check_password("é" * 8)


@pytest.mark.parametrize("line", ["", "  ", "x" * 161])
def test_a_command_line_is_neither_empty_nor_too_long(line: str) -> None:
    check_command_line("x" * 160)
    with pytest.raises(LocalProtocolError, match="1 to 160 bytes"):
        check_command_line(line)


@pytest.mark.parametrize("word", ["x", "8", "-1", "nan"])
def test_a_number_is_one_and_in_range(word: str) -> None:
    assert number_of("2.5", 0, 7, "it") == 2.5
    with pytest.raises(LocalProtocolError, match="from 0 to 7"):
        number_of(word, 0, 7, "it")


def test_a_switch_is_on_or_off_or_its_default() -> None:
    assert (switch_of(" ON "), switch_of("off"), switch_of("", default=True)) == (True, False, True)
    for word in ("", "maybe"):
        with pytest.raises(LocalProtocolError):
            switch_of(word)


def test_words_are_counted() -> None:
    assert words_of(" a  b ", 1, 2, "one or two") == ["a", "b"]
    with pytest.raises(LocalProtocolError, match="it takes one or two"):
        words_of("a b c", 1, 2, "one or two")


def test_what_overwrites_or_forgets_is_read_before_anybody_is_asked_once_more() -> None:
    checked = [verb for verb in VERBS if verb.is_dangerous and verb.argument]

    assert [verb.name for verb in checked] == ["set-radio", "contacts-cleanup"]
    for verb in checked:
        assert verb.check is not None
        with pytest.raises(LocalProtocolError):
            verb.check("1 2 3")
    assert "(eu, us, ca)" in checked[0].help
