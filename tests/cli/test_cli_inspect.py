"""`meshtui inspect`: lines, JSON, conversion, keys, exit codes."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from meshtui.capture.writer import write_packets
from meshtui.cli.main import main
from meshtui.model.event import ChannelChanged
from meshtui.model.ids import LinkId, NetworkName
from meshtui.model.message import Channel
from meshtui.store.database import Database
from meshtui.store.writer import StoreWriter
from tests.support.meshcore_vectors import packets
from tests.support.packet_rows import a_row
from tests.support.pseudo_terminal import on_a_terminal
from tests.support.tshark import tshark

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "\x1b]0;owned\x07\u202e[red]"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    rows = [
        a_row(
            number,
            network=NetworkName("meshcore"),
            link_id=LinkId(EVIL),
            payload=bytes.fromhex(vector["hex"]),
            endpoint="",
            rssi_dbm=-60 - number,
            snr_db=number / 4,
        )
        for number, vector in enumerate(packets(), 1)
    ]
    path = tmp_path / "recording.pcapng"
    write_packets(path, ((row, None) for row in rows), "pcapng")
    return path


def test_a_line_a_packet_and_nothing_in_it_that_a_terminal_obeys(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["inspect", str(recording)])

    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert (code, said.err) == (0, "")
    assert len(lines) == len(packets())
    assert lines[0].startswith("#1  20")
    assert "advert" in lines[0]
    assert "(Alice) > broadcast" in lines[0]
    assert "-61 dBm  0.25 dB  direct  " in lines[0]
    assert all(line.isprintable() for line in lines)


def test_json_is_the_line_that_an_export_holds(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["inspect", str(recording), "--json", "--filter", "snr==0.25"])

    said = capsys.readouterr().out
    row = json.loads(said)
    assert code == 0
    assert said.isascii()
    assert (row["v"], row["hex"]) == (1, packets()[0]["hex"].lower())
    assert (row["summary"]["type"], row["link"], row["snr"]) == ("advert", EVIL, 0.25)


def test_a_channel_named_on_the_command_line_opens_its_packets(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["inspect", str(recording), "--filter", "type==group-text && verdict==delivered"]

    main(arguments)
    without = capsys.readouterr().out
    main([*arguments, "--channel", "#test"])

    assert len(capsys.readouterr().out) > len(without)


@pytest.mark.parametrize("form", ["jsonl", "pcap", "pcapng"])
def test_what_passes_is_converted_to_a_new_file(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    out = tmp_path / f"out.{form}"

    code = main(["inspect", str(recording), "--filter", "type==advert", "--write", str(out)])
    assert code == 0
    main(["inspect", str(out), "--json"])

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows
    assert {row["summary"]["type"] for row in rows} == {"advert"}
    assert main(["inspect", str(recording), "--write", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_wireshark_reads_what_was_converted(recording: Path, tmp_path: Path) -> None:
    for form in ("pcap", "pcapng"):
        out = tmp_path / f"out.{form}"
        main(["inspect", str(recording), "--write", str(out)])

        seen = tshark(out, "frame.number", "loratap.rssi.packet", "_ws.malformed")

        assert len(seen) == len(packets())
        assert seen[0] == ["1", str(139 - 61), ""]


def test_a_cut_recording_shows_what_was_whole_and_fails(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(recording.read_bytes()[:-10])

    code = main(["inspect", str(cut)])

    said = capsys.readouterr()
    assert code == 1
    assert len(said.out.splitlines()) == len(packets()) - 1
    assert "cut off at byte" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["nowhere.pcap"], 2, "No such file"),
        ([""], 2, "name a recording"),
        (["."], 1, "a folder"),
        (["ok", "--filter", "snr<<"], 2, "--filter"),
        (["ok", "--write", "out.txt"], 2, "--write"),
        (["ok", "--write", ""], 2, "--write"),
        (["ok", "--write", "no/such/folder/out.pcap"], 2, "No such file"),
        (["ok", "--network", "nonet"], 2, "nonet"),
        (["ok", "--channel", "#a=xyz"], 2, "--channel"),
        (["elf"], 1, "a program"),
        ([EVIL], 2, "No such file"),
        (["empty"], 1, "empty"),
    ],
)
def test_wrong_use_is_one_line(
    recording: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ok").write_text("0102\n")
    (tmp_path / "elf").write_bytes(b"\x7fELF" + bytes(99))
    (tmp_path / "empty").write_bytes(b"")

    assert main(["inspect", *arguments]) == code

    said = capsys.readouterr()
    assert said.out == ""
    assert complaint in said.err
    assert len(said.err.splitlines()) == 1
    assert said.err.rstrip("\n").isprintable()


def test_what_is_no_hex_is_damaged_and_not_read_as_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"hex":"zz","network":"meshcore"}\nnonsense\n')

    code = main(["inspect", str(lines)])

    said = capsys.readouterr()
    assert code == 0
    assert said.out.endswith("rejected  damaged  its bytes are no whole hex digits\n")
    assert "line 2 holds no packet" in said.err
    assert main(["decode", "meshcore", str(lines)]) == 1
    assert capsys.readouterr().out == (
        "line 1: not a packet: damaged: its bytes are no whole hex digits\n"
    )


def test_the_standard_input_is_read_to_its_end_packed_or_not(recording: Path) -> None:
    for content in (recording.read_bytes(), gzip.compress(recording.read_bytes())):
        done = subprocess.run(
            [sys.executable, "-m", "meshtui", "inspect", "-", "--json"],
            input=content,
            capture_output=True,
            check=True,
            timeout=60,
        )

        assert len(done.stdout.splitlines()) == len(packets())


def test_a_pipes_packets_are_printed_as_they_come(recording: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "meshtui", "inspect", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (1, 2):
            process.stdin.write(f"{packets()[0]['hex']}\n".encode())
            process.stdin.flush()
            assert process.stdout.readline().startswith(f"#{number}  ".encode())
        process.stdin.close()
    assert process.returncode == 0


def test_on_a_terminal_the_inspector_opens_and_keys_reach_it_past_a_pipe(
    recording: Path, tmp_path: Path
) -> None:
    command = f"cat '{recording}' | '{sys.executable}' -m meshtui --home '{tmp_path}' inspect -"

    with on_a_terminal(["/bin/sh", "-c", command]) as terminal:
        terminal.wait_for("PACKETS")
        terminal.wait_for("standard input pcapng")
        terminal.type("q")

        assert terminal.wait() == 0


def test_the_profiles_own_keys_open_packets_only_where_that_is_asked_for(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tmp_path / "home")]
    main([*home, "identity", "new", "--words", "12", "--no-encrypt"])
    database = Database.open(tmp_path / "home" / "meshtui.db")
    channel = Channel(NetworkName("meshcore"), "#test", is_joined=True)
    odd = Channel(NetworkName("meshcore"), "Private", is_joined=True)
    StoreWriter(database).apply([ChannelChanged(channel), ChannelChanged(odd)])
    database.close()
    capsys.readouterr()
    asked = [*home, "inspect", str(recording), "--filter", "channel==test"]

    assert main(asked) == 0
    closed = capsys.readouterr().out
    assert main([*asked, "--my-keys"]) == 0

    assert len(capsys.readouterr().out) > len(closed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("type!=tetx", "warning: --filter: no known type is tetx; did you mean text?\n"),
        ("net==meshcor", "warning: --filter: no known net is meshcor; did you mean meshcore?\n"),
        ("type==trace || link==nowhere", ""),
    ],
)
def test_a_value_that_nothing_has_is_told_and_the_filter_taken(
    recording: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    code = main(["inspect", str(recording), "--filter", text])

    assert (code, capsys.readouterr().err) == (0, said)
