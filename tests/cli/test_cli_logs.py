"""Laws of `cli.logs` and `cli.choices`: small files that stay private, bounded and harmless."""

from __future__ import annotations

import json
import logging
import os
import stat
from typing import TYPE_CHECKING

import pytest

from meshtui.cli.choices import MAX_CHARS, MAX_CHOICES, Choices
from meshtui.cli.logs import (
    PACKET_LOG,
    CleanFormatter,
    log_service_to_stderr,
    log_to_file,
    log_to_stderr,
)
from meshtui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Leave the logging of the test run as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in before:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
    logging.getLogger(PACKET_LOG).setLevel(logging.NOTSET)


def test_a_log_line_obeys_nothing_it_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("info")

    logging.getLogger("meshtui.test").info("topic %s", "\x1b]0;owned\x07\u202e")

    assert capsys.readouterr().err == "INFO meshtui.test: topic ␛]0;owned␇\ufffd\n"


def test_libraries_do_not_chatter(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("debug")

    logging.getLogger("paho.mqtt").debug("payload: everything")

    assert capsys.readouterr().err == ""


def test_a_log_file_is_for_its_owner_and_one_handler_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "meshtui.log"
    # what pytest catches, its workers cannot hand on: half a character
    logging.getLogger().handlers.clear()
    log_to_file(path, "info")
    log_to_file(path, "info")

    logging.getLogger("meshtui.test").warning("once \udc80")

    assert path.read_text().count("once") == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("has_packets", "lines"), [(False, 0), (True, 1)])
def test_packets_do_not_drown_a_log_file_unless_they_are_wanted(
    tmp_path: Path, has_packets: bool, lines: int
) -> None:
    path = tmp_path / "meshtui.log"
    logging.getLogger().handlers.clear()
    log_to_file(path, "info", has_packets=has_packets)

    logging.getLogger(PACKET_LOG).info("Captured packet #1")

    assert path.read_text().count("Captured") == lines


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to(path)])
def test_what_cannot_be_a_log_file_is_named_at_once(make, tmp_path: Path) -> None:
    path = tmp_path / "meshtui.log"
    make(path)

    with pytest.raises(ConfigError, match=r"meshtui\.log: "):
        log_to_file(path, "info")


def test_a_long_line_is_cut() -> None:
    record = logging.makeLogRecord({"msg": "x" * 100_000})

    assert len(CleanFormatter().format(record)) < 10_000


def test_choices_outlive_the_program(tmp_path: Path) -> None:
    path = tmp_path / "data" / "choices.json"

    Choices(path).keep("nodes.sort", "name")

    assert Choices(path).saved == {"nodes.sort": "name"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"a": 3}'])
def test_a_damaged_file_of_choices_counts_as_empty(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "choices.json"
    path.write_bytes(content)

    choices = Choices(path)
    choices.keep("a", "b")

    assert Choices(path).saved == {"a": "b"}


def test_choices_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "choices.json"
    path.write_text(json.dumps({str(number): "" for number in range(MAX_CHOICES * 2)}))

    choices = Choices(path)
    choices.keep("one more", "x")
    choices.keep("0", "y" * (MAX_CHARS + 1))

    assert len(choices.saved) == MAX_CHOICES
    assert choices.saved["0"] == ""


def test_a_service_says_with_the_time_what_it_is_asked_to_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_service_to_stderr({"meshtui.test": "info", "meshtui.test.fine": "warning"})
    try:
        logging.getLogger("meshtui.test.part").info("connected")
        logging.getLogger("meshtui.test.fine").info("a packet")
        logging.getLogger("meshtui.other").info("a detail")
        logging.getLogger("meshtui.other").warning("lost \x1b[2J")
    finally:
        for name in ("meshtui.test", "meshtui.test.fine"):
            logging.getLogger(name).setLevel(logging.NOTSET)

    lines = [line.split(" ", 2)[2] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["INFO connected", "WARNING lost ␛[2J"]
