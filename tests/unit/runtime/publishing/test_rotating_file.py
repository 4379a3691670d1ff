"""Files of lines that are put aside, and what can happen to them."""

from __future__ import annotations

import errno
import os
import random
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from meshtui.runtime.publishing.rotating_file import RotatingFile

LARGE = 1_000_000


def a_file(path: Path, *, max_bytes: int = LARGE, keep: int = 2) -> RotatingFile:
    return RotatingFile(path, max_bytes=max_bytes, keep=keep)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_lines_are_appended_to_a_file_for_us_alone(tmp_path: Path) -> None:
    file = a_file(tmp_path / "out")

    assert file.append([b"one", b"two"]) == (2, "")
    assert file.append([b"three"]) == (1, "")

    assert (tmp_path / "out").read_text() == "one\ntwo\nthree\n"
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600


def test_a_file_that_has_grown_is_put_aside_and_the_oldest_deleted(tmp_path: Path) -> None:
    file = a_file(tmp_path / "out", max_bytes=8)

    assert file.append([b"%03d" % number for number in range(9)]) == (9, "")

    assert contents(tmp_path) == {
        "out": "008\n",
        "out.1": "006\n007\n",
        "out.2": "004\n005\n",
    }


def test_a_line_longer_than_a_file_may_be_has_one_of_its_own(tmp_path: Path) -> None:
    file = a_file(tmp_path / "out", max_bytes=4)

    assert file.append([b"a", b"longer", b"b"]) == (3, "")

    assert contents(tmp_path) == {"out": "b\n", "out.1": "longer\n", "out.2": "a\n"}


def test_nothing_is_kept_where_nothing_is_to_be_kept(tmp_path: Path) -> None:
    file = a_file(tmp_path / "out", max_bytes=4, keep=0)

    assert file.append([b"aaa", b"bbb"]) == (2, "")

    assert contents(tmp_path) == {"out": "bbb\n"}


def test_what_cannot_be_put_aside_grows_and_says_so_and_deletes_nothing(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("aaa\n")
    (tmp_path / "out.1").mkdir()
    (tmp_path / "out.2").write_text("kept\n")
    file = a_file(tmp_path / "out", max_bytes=4, keep=1)

    assert file.append([b"bbb", b"ccc"]) == (2, "")

    assert "cannot be put aside: is a folder" in file.remark
    assert (tmp_path / "out").read_text() == "aaa\nbbb\nccc\n"
    assert (tmp_path / "out.2").read_text() == "kept\n"
    (tmp_path / "out.1").rmdir()
    assert file.append([b"ddd"]) == (1, "")
    assert file.remark == ""


def test_only_as_many_are_moved_as_must_make_room(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("new\n")
    (tmp_path / "out.2").write_text("old\n")

    a_file(tmp_path / "out", max_bytes=4).append([b"abc"])

    assert contents(tmp_path) == {"out": "abc\n", "out.1": "new\n", "out.2": "old\n"}


def test_a_file_that_others_moved_is_begun_anew(tmp_path: Path) -> None:
    file = a_file(tmp_path / "out")
    file.append([b"one"])
    (tmp_path / "out").rename(tmp_path / "moved")

    assert file.append([b"two"]) == (1, "")

    assert contents(tmp_path) == {"moved": "one\n", "out": "two\n"}


def test_a_file_that_others_emptied_goes_on_at_its_beginning(tmp_path: Path) -> None:
    file = a_file(tmp_path / "out", max_bytes=8)
    file.append([b"one", b"two"])
    os.truncate(tmp_path / "out", 0)

    assert file.append([b"tri"]) == (1, "")

    assert contents(tmp_path) == {"out": "tri\n"}


def test_a_folder_that_vanishes_is_named_and_not_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    file = a_file(folder / "out")
    file.append([b"one"])
    (folder / "out").unlink()
    folder.rmdir()

    written, failure = file.append([b"two"])

    assert written == 0
    assert failure.startswith(f"there is no folder {folder}: make it")
    assert not folder.exists()
    folder.mkdir()
    assert file.append([b"two"]) == (1, "")


def test_what_is_no_regular_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "link").symlink_to(victim)
    os.mkfifo(tmp_path / "pipe")

    reasons = [
        a_file(path).append([b"x"])[1]
        for path in (tmp_path / "link", tmp_path / "pipe", tmp_path, Path("/dev/full"))
    ]

    assert reasons == [
        "is a symbolic link: name the file itself",
        "is a pipe or a device: name a file",
        "is a folder: name a file",
        "is a pipe or a device: name a file",
    ]
    assert victim.read_text() == "precious"


def test_a_name_that_no_file_can_have_is_the_users_mistake(tmp_path: Path) -> None:
    assert a_file(tmp_path / "a\0b").append([b"x"]) == (0, "cannot be the name of a file")
    assert a_file(tmp_path / ("a" * 300)).append([b"x"])[1]


@pytest.mark.parametrize(
    ("left", "mended"),
    [
        ('{"a": "1"}\n{"a": "2', '{"a": "1"}\n'),
        ('{"a": "1', ""),
        ('{"a": "1"}', '{"a": "1"}\n'),
        ("a note of mine", "a note of mine\n"),
        ("x" * 70_000, "x" * 70_000 + "\n"),
        ("", ""),
    ],
)
def test_what_a_writer_left_half_written_is_mended_first(
    tmp_path: Path, left: str, mended: str
) -> None:
    (tmp_path / "out").write_text(left)

    assert a_file(tmp_path / "out").append([b"new"]) == (1, "")

    assert (tmp_path / "out").read_text() == mended + "new\n"


_LIMITED = """
import resource, sys
from pathlib import Path
from meshtui.runtime.publishing.rotating_file import RotatingFile

path = Path(sys.argv[1])
file = RotatingFile(path, max_bytes=10_000, keep=1)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (25, hard))
lines = [b"0123456789" for _ in range(4)]
written, failure = file.append(lines)
print(written, failure)
print(path.read_bytes())
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(file.append(lines[written:]))
"""


def test_a_line_that_did_not_fit_is_taken_away_whole(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    said, left, later = done.stdout.splitlines()
    assert said == "2 the file may not become larger here: set output_max_mb lower"
    assert left == r"b'0123456789\n0123456789\n'"
    assert later == "(2, '')"
    assert (tmp_path / "out").read_text() == "0123456789\n" * 4


def test_a_full_disk_is_said_to_be_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = a_file(tmp_path / "out")

    def write(descriptor: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        assert file.append([b"one"]) == (0, "the disk is full: make room")

    assert file.append([b"one"]) == (1, "")
    assert (tmp_path / "out").read_text() == "one\n"


def test_writes_that_stop_anywhere_leave_every_line_whole_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(1)
    real_write = os.write

    def write(descriptor: int, content: bytes) -> int:
        if chance.random() < 0.3:
            raise OSError(errno.EIO, "Input/output error")
        return real_write(descriptor, content[: chance.randint(1, 40)])

    file = a_file(tmp_path / "out", max_bytes=500, keep=99)
    lines = [b"x" * chance.randint(0, 30) + b"%d" % number for number in range(300)]
    left = lines
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        while left:
            left = left[file.append(left[:7])[0] :]
            now = (tmp_path / "out").read_bytes() if (tmp_path / "out").exists() else b""
            assert now == b"" or now.endswith(b"\n")

    files = [f"out.{number}" for number in range(99, 0, -1)] + ["out"]
    found = b"".join((tmp_path / n).read_bytes() for n in files if (tmp_path / n).exists())
    assert found.splitlines() == lines
