"""Files of packets."""

from __future__ import annotations

import contextlib
import json
import stat
from typing import TYPE_CHECKING

import pytest

from meshtui.capture.index import open_index
from meshtui.capture.packet import LoraChannel
from meshtui.capture.source import open_file
from meshtui.errors import LocalProtocolError
from meshtui.model.ids import LinkId
from meshtui.model.link import RadioSettings
from meshtui.runtime.export import write_export
from tests.support.packet_rows import a_row

if TYPE_CHECKING:
    from pathlib import Path

    from meshtui.capture.packet import CapturedPacket

NOW_MS = 1_795_208_400_000


def test_every_packet_is_a_json_line_in_a_file_for_us_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "exports"

    path = write_export(folder, [a_row(1), a_row(2, kind="\x1b[2J")], NOW_MS)

    lines = path.read_text(encoding="ascii").splitlines()
    assert [json.loads(line)["v"] for line in lines] == [1, 1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert path.name == "packets-20261120-210000.jsonl"


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    first = write_export(tmp_path, [a_row(1)], NOW_MS)
    second = write_export(tmp_path, [], NOW_MS)

    assert second.name == "packets-20261120-210000-2.jsonl"
    assert first.read_text(encoding="ascii")


def test_a_link_laid_in_wait_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "packets-20261120-210000.jsonl").symlink_to(victim)
    (tmp_path / "packets-20261120-210000-2.jsonl").symlink_to(tmp_path / "nowhere")

    path = write_export(tmp_path, [a_row(1)], NOW_MS)

    assert path.name.endswith("-3.jsonl")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError, match="file"):
        write_export(tmp_path / "file" / "under", [a_row(1)], NOW_MS)


@pytest.mark.parametrize("form", ["pcap", "pcapng", "jsonl"])
def test_a_radios_packets_keep_how_it_was_set(form: str, tmp_path: Path) -> None:
    radio = RadioSettings(8, 125.0, frequency_mhz=869.618)
    row = a_row(1, link_id=LinkId("usb"), endpoint="", payload=b"abc")

    path = write_export(tmp_path, [row], NOW_MS, form, {LinkId("usb"): radio})

    assert _first(path).lora == LoraChannel(869_618_000, 125, 8)


@pytest.mark.parametrize("form", ["pcapng", "jsonl"])
def test_what_a_radio_and_its_host_say_to_each_other_has_no_frequency(form, tmp_path) -> None:
    radio = RadioSettings(8, 125.0, frequency_mhz=869.618)
    row = a_row(1, link_id=LinkId("usb"), endpoint="companion", payload=b"abc")

    path = write_export(tmp_path, [row], NOW_MS, form, {LinkId("usb"): radio})

    assert _first(path).lora is None


@pytest.mark.parametrize(
    "radio", ['"LoRa"', "[]", "{}", '{"frequency_mhz": 1e308, "spreading_factor": -1}', "true"]
)
def test_a_line_that_says_nonsense_of_its_radio_says_nothing(radio: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(f'{{"hex": "1500", "radio": {radio}}}\n')

    assert _first(path).lora in {None, LoraChannel()}


def _first(path: Path) -> CapturedPacket:
    with contextlib.closing(open_file(path)) as source:
        index = open_index(source)
        index.advance()
        return index.packet(0)


def test_a_form_that_there_is_not_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(LocalProtocolError, match="pcapng"):
        write_export(tmp_path, [], NOW_MS, "../../etc/passwd")

    assert list(tmp_path.iterdir()) == []
