"""Fields: what does not fit is refused, what is read is shown."""

from __future__ import annotations

import pytest

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.companion.codes import (
    Answer,
    Command,
    ErrorCode,
    Push,
    error_words,
    name_of,
)
from meshtui.networks.meshcore.companion.forms import (
    UNKNOWN_PATH,
    Clock,
    Counted,
    Named,
    Number,
    Path,
    PathForm,
    Ranges,
    path_of,
)
from meshtui.networks.meshcore.payloads.advert import AdvertType


def test_a_path_is_made_of_hashes_and_taken_apart_again() -> None:
    for hashes in ((), ("a1",), ("a1", "b2"), ("a1b2", "c3d4"), ("a1b2c3",)):
        assert path_of(hashes).hashes == hashes
    assert path_of(("a1b2", "c3d4")).length == 0x42


@pytest.mark.parametrize("hashes", [("a1", "b2c3"), ("a1b2c3d4",), ("a1",) * 64, ("a1b2c3",) * 22])
def test_a_path_that_cannot_be_is_refused(hashes: tuple[str, ...]) -> None:
    with pytest.raises(EncodeError):
        path_of(hashes)


@pytest.mark.parametrize(
    ("path", "words"),
    [(UNKNOWN_PATH, "unknown (flood)"), (Path(0), "direct"), (Path(2, b"\xa1\xb2"), "a1 > b2")],
)
def test_a_path_is_shown_by_its_hops(path: Path, words: str) -> None:
    assert PathForm().show(path) == words


@pytest.mark.parametrize("length", [0xC0, 0xC1, 0xFE, 0x7F, 0xBF])
def test_a_path_len_that_cannot_be_is_malformed(length: int) -> None:
    with pytest.raises(DecodeError) as caught:
        PathForm(64).read(bytes((length,)) + bytes(64), 0)

    assert caught.value.reason == "bad-path-len"


def test_a_path_longer_than_its_room_is_refused() -> None:
    with pytest.raises(EncodeError):
        PathForm(64).write(Path(0, bytes(65)))


def test_more_bytes_than_can_be_counted_are_refused() -> None:
    with pytest.raises(EncodeError):
        Counted().write(bytes(256))


def test_numbers_are_shown_with_what_they_mean() -> None:
    assert Number("b", 4, "dB").show(-3.25) == "-3.25 dB"
    assert Named(AdvertType).show(2) == "2 REPEATER"
    assert Named(AdvertType).show(9) == "9"
    assert Clock().show(1_767_225_600) == "1767225600 (2026-01-01T00:00:00+00:00)"
    assert Clock().show(2**32 - 1).endswith("(2106-02-07T06:28:15+00:00)")


def test_ranges_take_whole_pairs_only() -> None:
    form = Ranges()

    value, end = form.read(bytes(8) + b"\x01\x00\x00\x00\x02\x00\x00\x00" + bytes(7), 8)

    assert (value, end) == (((1, 2),), 16)
    assert form.show(value) == "1-2"
    assert form.write(value) == b"\x01\x00\x00\x00\x02\x00\x00\x00"


def test_every_code_has_a_name_and_an_unknown_one_its_number() -> None:
    assert name_of(Command.APP_START, to_radio=True) == "APP_START"
    assert name_of(Answer.OK, to_radio=False) == "OK"
    assert name_of(Push.TRACE_DATA, to_radio=False) == "TRACE_DATA"
    assert name_of(0x7F, to_radio=False) == "0x7F"


def test_every_error_has_words() -> None:
    assert len({error_words(code) for code in (*ErrorCode, None, 200)}) == len(ErrorCode) + 2
