"""An opened recording: rows, filters, counts, keys."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest

from meshtui.capture.writer import write_packets
from meshtui.errors import ConfigError, DecodeError, FilterError, LocalProtocolError
from meshtui.model.ids import LinkId, NetworkName
from meshtui.model.packet import Verdict
from meshtui.networks.base import KeyMaterial
from meshtui.runtime.inspection import Recording, open_recording
from tests.support.meshcore_vectors import packets
from tests.support.packet_rows import a_row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from meshtui.model.packet_row import PacketRow
    from meshtui.runtime.api import RecordingApi

NO_KEYS = KeyMaterial()
TEST_CHANNEL = KeyMaterial(channels=(("#test", None),))


def radio_rows() -> list[PacketRow]:
    """Every packet of the firmware's, as a radio would give it."""
    return [
        a_row(
            number,
            network=NetworkName("meshcore"),
            link_id=LinkId("usb"),
            payload=bytes.fromhex(vector["hex"]),
            endpoint="",
            rssi_dbm=-60 - number,
            snr_db=number / 4,
            verdict=Verdict.UNREADABLE,
        )
        for number, vector in enumerate(packets(), 1)
    ]


@contextlib.contextmanager
def recorded(
    folder: Path,
    rows: list[PacketRow],
    form: str = "pcap",
    keys: KeyMaterial = NO_KEYS,
    network: str = "",
) -> Iterator[Recording]:
    folder.mkdir(exist_ok=True)
    path = folder / f"recorded.{form}"
    write_packets(path, ((row, None) for row in rows), form, is_all_radio=True)
    with open_recording(path, "recorded", keys, network) as recording:
        while recording.read_slice():
            pass
        yield recording


async def passing(recording: RecordingApi, text: str, start: int = 0) -> list[int]:
    return [i async for report in recording.filtered(text, start) for i in report.passing]


@pytest.mark.parametrize("form", ["pcap", "pcapng", "jsonl"])
def test_every_packet_of_the_firmware_is_read_from_every_form(tmp_path: Path, form: str) -> None:
    with recorded(tmp_path, radio_rows(), form) as recording:
        rows = recording.rows(0, 1_000)

        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert {row.network for row in rows} == {"meshcore"}
        assert Verdict.REJECTED not in {row.summary.verdict for row in rows}
        assert [row.snr_db for row in rows] == [row.number / 4 for row in rows]
        assert all(recording.dissect(row).fields for row in rows)


def test_packets_of_two_networks_in_one_file_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    lines = [packets()[0]["hex"], b"MCHK|1|AAAA|0/2|m|x".hex(), b"".hex()]
    path.write_text("\n".join(lines), encoding="ascii")

    with open_recording(path, "lines", NO_KEYS) as recording:
        assert recording.row(0).network == "meshcore"
        assert recording.row(1).network == "jsonmesh"


def test_a_key_that_comes_later_opens_what_came_before(tmp_path: Path) -> None:
    with recorded(tmp_path, radio_rows()) as recording:
        closed = [row for row in recording.rows(0, 99) if row.summary.kind == "group-text"]

        recording.add_channel("#test")

        opened = [recording.row(row.number - 1) for row in closed]
        assert Verdict.DELIVERED in {row.summary.verdict for row in opened}
        assert Verdict.DELIVERED not in {
            row.summary.verdict
            for row, after in zip(closed, opened, strict=True)
            if row.summary.verdict is not after.summary.verdict
        }


def test_a_key_that_is_none_changes_nothing(tmp_path: Path) -> None:
    with recorded(tmp_path, radio_rows()) as recording:
        for name, secret in (("#a", "xyz"), ("#a", "00")):
            with pytest.raises(LocalProtocolError):
                recording.add_channel(name, secret)

        assert recording.row(0).number == 1


async def test_a_filter_finds_the_same_whatever_it_looks_at(tmp_path: Path) -> None:
    with recorded(tmp_path, radio_rows(), keys=TEST_CHANNEL) as recording:
        rows = recording.rows(0, 1_000)

        for text, wanted in {
            "snr<5": [row.number - 1 for row in rows if (row.snr_db or 0) < 5],
            "type==advert && hops>0": [
                row.number - 1
                for row in rows
                if row.summary.kind == "advert" and (row.summary.hops or 0) > 0
            ],
            "net==meshcore": [row.number - 1 for row in rows],
            "net==jsonmesh": [],
        }.items():
            assert await passing(recording, text) == wanted, text
            assert [row.number - 1 for row in recording.passing(text)] == wanted, text

        assert await passing(recording, "size>0", 70) == list(range(70, len(rows)))
        assert await passing(recording, "size>0", 5_000) == []


async def test_a_filter_that_is_none_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with recorded(tmp_path, radio_rows()) as recording, pytest.raises(FilterError):
        recording.filtered("snr<<5")


async def test_a_filter_is_given_up_by_closing_it(tmp_path: Path) -> None:
    with recorded(tmp_path, radio_rows()) as recording:
        run = recording.filtered("size>0")
        await anext(run)

        await run.aclose()

        assert await passing(recording, "size>0")


def test_nodes_are_known_by_the_names_of_their_adverts(tmp_path: Path) -> None:
    with recorded(tmp_path, radio_rows()) as recording:
        advert = next(row for row in recording.rows(0, 99) if row.summary.kind == "advert")

        assert recording.name_of(advert.summary.source) == "Alice"
        assert recording.name_of("nobody") == ""
        assert recording.name_of(advert.summary.source[:2]) == "Alice"


async def test_a_filter_by_name_finds_what_came_before_the_name_was_told(tmp_path: Path) -> None:
    adverts = [row for row in radio_rows() if row.payload[:2] == b"\x11\x01"][:2]
    texts = [row for row in radio_rows() if row.payload[:1] == b"\x1e"]
    rows = [*texts, *adverts]

    with recorded(tmp_path, rows) as recording:
        by_name = await passing(recording, 'from~"ali"')

        with recorded(tmp_path / "again", rows) as again:
            assert [row.number - 1 for row in again.passing('from~"ali"')] == by_name
        assert by_name
        assert by_name == [
            row.number - 1
            for row in recording.rows(0, 99)
            if recording.name_of(row.summary.source) == "Alice"
        ]


@pytest.mark.parametrize("form", ["jsonl", "pcap", "pcapng"])
async def test_what_is_exported_is_what_was_recorded(tmp_path: Path, form: str) -> None:
    with recorded(tmp_path, radio_rows(), "pcapng") as recording:
        path = await recording.export(tmp_path / "exports", [5, 1], form)

        with open_recording(path, "again", NO_KEYS) as again:
            assert again.rows(0, 9)[0].payload == recording.row(5).payload
            assert again.rows(0, 9)[1].payload == recording.row(1).payload
            assert len(again) == 2


async def test_reading_reports_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("0102\n" * 50_000)

    with open_recording(path, "lines", NO_KEYS) as recording:
        reports = [report async for report in recording.read_on()]

    assert reports[-1].is_complete
    assert reports[-1].packets == 50_000
    assert reports[-1].bytes_total == reports[-1].bytes_read


def test_what_our_recording_says_of_a_packet_stands_unless_it_is_read_better(
    tmp_path: Path,
) -> None:
    dropped, unknown = radio_rows()[:2]
    rows = [
        a_row(1, payload=dropped.payload, network=dropped.network, verdict=Verdict.DROPPED,
              reason="seen", endpoint="", is_own=True),
        a_row(2, payload=b"???", network=NetworkName("unheard-of"), kind="hello", endpoint=""),
        a_row(3, payload=unknown.payload, network=unknown.network, direction="tx", endpoint="",
              verdict=Verdict.SENT),
    ]  # fmt: skip

    with recorded(tmp_path, rows, "jsonl") as recording:
        first, second, third = recording.rows(0, 9)
        nothing = recording.dissect(second)

    assert (first.summary.kind, first.summary.verdict, first.summary.reason) == (
        "advert",
        Verdict.DROPPED,
        "seen",
    )
    assert (first.summary.is_own, third.summary.is_own) == (True, False)
    assert second.summary.kind == "hello"
    assert "unheard-of" in nothing.why
    assert third.summary.verdict is Verdict.SENT


def test_a_key_that_fits_no_network_is_refused_and_others_go_where_they_fit(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lines"
    path.write_text("0102\n")

    with (
        pytest.raises(ConfigError),
        open_recording(path, "x", KeyMaterial(contacts=(("who", b"abc"),))),
    ):
        pass
    with pytest.raises(ConfigError), open_recording(path, "x", NO_KEYS, "nonet"):
        pass
    with open_recording(path, "x", KeyMaterial(contacts=(("A", bytes([2]) * 33),))) as recording:
        assert len(recording) == 1


@pytest.mark.parametrize(
    ("name", "error"),
    [("nowhere", LocalProtocolError), ("\0", LocalProtocolError), (".", DecodeError)],
)
def test_what_cannot_be_opened_is_named(tmp_path: Path, name: str, error: type[Exception]) -> None:
    with (
        pytest.raises(error, match="the title"),
        open_recording(tmp_path / name, "the title", NO_KEYS),
    ):
        pass


def test_the_rows_of_a_screen_are_decoded_once(tmp_path: Path) -> None:
    with recorded(tmp_path, radio_rows()) as recording:
        assert recording.row(3) is recording.row(3)
        with pytest.raises(IndexError):
            recording.row(-1)
        with pytest.raises(IndexError):
            recording.row(10_000)


def test_lines_of_others_hold_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    message = {"raw": packets()[0]["hex"], "SNR": "8.5", "RSSI": "-42", "timestamp": "x"}
    path.write_text(json.dumps(message))

    with open_recording(path, "lines", NO_KEYS) as recording:
        row = recording.row(0)

    assert (row.network, row.rssi_dbm, row.summary.kind) == ("meshcore", -42, "advert")
