"""A key file is read bounded, waited for never, and its text is in no error."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from meshtui.runtime.key_file import MAX_KEY_FILE_BYTES, read_key_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("mode", "is_open"), [(0o600, False), (0o640, True), (0o604, True)])
def test_it_says_whether_others_can_read_it(tmp_path: Path, mode: int, is_open: bool) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"ab" * 5_000)
    path.chmod(mode)

    key, others_can = read_key_file(path)

    assert (len(key.reveal), others_can) == (MAX_KEY_FILE_BYTES, is_open)


def test_what_is_no_file_has_words(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, words in (
        ("pipe", "no file"),
        (".", "directory"),
        ("none", "No such"),
        ("a\0", "name"),
    ):
        with pytest.raises(OSError) as told:  # noqa: PT011 - its words are looked at
            read_key_file(tmp_path / name)
        assert words in told.value.strerror
