"""What is written is read back, as far as each format can say it; Wireshark reads it too."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshtui.capture.packet import LoraChannel
from meshtui.capture.writer import FORMS, are_all_radio, write_packets
from meshtui.model.ids import Instant, LinkId, NetworkName
from meshtui.model.packet import Verdict
from tests.support.packet_rows import a_row
from tests.support.tshark import tshark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from meshtui.capture.index import CaptureIndex
    from meshtui.capture.packet import CapturedPacket
    from meshtui.model.packet_row import PacketRow

MESHCORE = NetworkName("meshcore")
PACKET = bytes.fromhex("150466 66aabb ccd901 02".replace(" ", ""))
RADIO = LoraChannel(869_618_000, 250, 8)


def a_radio_row(number: int = 1, **changes: object) -> PacketRow:
    given: dict[str, object] = {
        "network": MESHCORE,
        "link_id": LinkId("usb"),
        "payload": PACKET,
        "endpoint": "",
        "rssi_dbm": -101,
        "snr_db": -7.25,
    }
    return a_row(number, **{**given, **changes})


def written(folder: Path, rows: Sequence[PacketRow], form: str) -> Path:
    path = folder / f"out.{form}"
    path.unlink(missing_ok=True)
    is_all_radio = are_all_radio(rows)
    write_packets(path, ((row, RADIO) for row in rows), form, is_all_radio=is_all_radio)
    return path


def texts() -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


ROWS = st.builds(
    lambda payload, at_ms, direction, network, link, topic, rssi, snr: a_row(
        direction=direction,
        network=NetworkName(network),
        payload=payload,
        at=Instant(0.0, at_ms),
        link_id=LinkId(link),
        endpoint=topic,
        rssi_dbm=rssi,
        snr_db=snr,
    ),
    st.binary(max_size=300),
    st.integers(0, 2**32 * 1000 - 1),
    st.sampled_from(["rx", "tx"]),
    st.sampled_from(["meshcore", "jsonmesh"]),
    texts(),
    st.one_of(st.just(""), texts()),
    st.one_of(st.none(), st.integers(-160, 20)),
    st.one_of(st.none(), st.floats(-40, 40, width=32)),
)


def told(packet: CapturedPacket) -> tuple[object, ...]:
    return (
        packet.payload,
        packet.unix_ms,
        packet.direction,
        packet.network,
        packet.link,
        packet.endpoint,
        packet.rssi_dbm,
        packet.snr_db,
        packet.note,
    )


def as_told(row: PacketRow) -> tuple[object, ...]:
    return (
        row.payload,
        row.at.unix_ms,
        row.direction,
        row.network,
        row.link_id,
        row.endpoint,
        row.rssi_dbm,
        row.snr_db,
        "",
    )


@pytest.mark.parametrize("form", ["jsonl", "pcapng"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=8))
def test_json_lines_and_pcapng_keep_all_that_a_row_says(
    tmp_path: Path,
    read: Callable[[bytes], CaptureIndex],
    form: str,
    rows: list[PacketRow],
) -> None:
    index = read(written(tmp_path, rows, form).read_bytes())

    assert [told(packet) for packet in index.packets(0, 99)] == [as_told(row) for row in rows]
    assert index.problems == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=8))
def test_pcap_keeps_bytes_and_times_and_a_radios_figures_to_a_quarter(
    tmp_path: Path, read: Callable[[bytes], CaptureIndex], rows: list[PacketRow]
) -> None:
    index = read(written(tmp_path, rows, "pcap").read_bytes())

    for row, packet in zip(rows, index.packets(0, 99), strict=True):
        assert (packet.payload, packet.unix_ms) == (row.payload, row.at.unix_ms)
        if row.endpoint:
            assert packet.endpoint == row.endpoint
        elif row.snr_db is not None and abs(row.snr_db) < 31:
            assert packet.snr_db is not None
            assert abs(packet.snr_db - row.snr_db) <= 0.125


def test_what_we_recorded_of_a_packet_is_in_our_lines(
    tmp_path: Path, read: Callable[[bytes], CaptureIndex]
) -> None:
    row = a_radio_row(kind="ack", source="A", hops=3, ttl=2, reason="seen", detail="twice")
    ours = a_radio_row(2, kind="advert", verdict=Verdict.DROPPED, is_own=True)

    index = read(written(tmp_path, [row, ours], "jsonl").read_bytes())

    assert [index.packet(at).recorded for at in (0, 1)] == [row.summary, ours.summary]


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_how_the_radio_was_set_is_kept(
    tmp_path: Path, read: Callable[[bytes], CaptureIndex], form: str
) -> None:
    packet = read(written(tmp_path, [a_radio_row()], form).read_bytes()).packet(0)

    assert packet.lora == RADIO


def test_a_thousand_links_keep_their_names(
    tmp_path: Path, read: Callable[[bytes], CaptureIndex]
) -> None:
    rows = [a_radio_row(number, link_id=LinkId(f"link-{number}")) for number in range(1_100)]

    index = read(written(tmp_path, rows, "pcapng").read_bytes())

    assert [p.link for p in index.packets(0, 2_000)] == [row.link_id for row in rows]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_for_us_alone_and_none_is_overwritten(tmp_path: Path, form: str) -> None:
    path = written(tmp_path, [a_radio_row()], form)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_packets(path, [], form)


def test_a_link_laid_in_wait_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out.pcap").symlink_to(tmp_path / "victim")

    with pytest.raises(FileExistsError):
        write_packets(tmp_path / "out.pcap", [], "pcap")

    assert not (tmp_path / "victim").exists()


def test_a_file_that_could_not_be_finished_is_not_left_behind(tmp_path: Path) -> None:
    def rows() -> object:
        yield a_radio_row(), None
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        write_packets(tmp_path / "out.jsonl", rows(), "jsonl")  # type: ignore[arg-type]

    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_wireshark_reads_every_packet_with_its_figures(tmp_path: Path, form: str) -> None:
    rows = [a_radio_row(number, snr_db=number / 4, rssi_dbm=-number) for number in range(1, 40)]

    path = written(tmp_path, rows, form)
    seen = tshark(
        path,
        "loratap.rssi.packet",
        "loratap.rssi.snr",
        "loratap.channel.frequency",
        "loratap.channel.bandwidth",
        "loratap.channel.sf",
        "loratap.syncword",
        "data.data",
        "_ws.malformed",
    )

    expected = [139 - number for number in range(1, 40)]
    assert [int(row[0]) for row in seen] == expected
    assert [int(row[1]) for row in seen] == list(range(1, 40))
    assert {tuple(row[2:6]) for row in seen} == {("869618000", "2", "8", "0x12")}
    assert {row[6] for row in seen} == {PACKET.hex()}
    assert {"".join(row[7:]) for row in seen} == {""}


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_wireshark_takes_json_for_json_and_radio_for_radio_in_one_file(
    tmp_path: Path, form: str
) -> None:
    rows = [
        a_radio_row(1),
        a_row(2, payload=json.dumps({"type": "text"}).encode()),
        a_radio_row(3, endpoint="companion", direction="tx", payload=b"\x05abc"),
    ]

    seen = tshark(written(tmp_path, rows, form), "frame.protocols", "_ws.malformed", "json.key")

    assert [row[0].rpartition("pdu:")[2] for row in seen] == ["loratap:data", "json", "data"]
    assert {row[1] for row in seen} == {""}
    assert seen[1][2] == "type"
