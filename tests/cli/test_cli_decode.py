"""`meshtui decode`: rows, lines, keys and exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from meshtui.cli.decode_input import MAX_LINE_BYTES
from meshtui.cli.decode_keys import MAX_KEYS
from meshtui.cli.main import main
from meshtui.networks.jsonmesh.envelope import encode_envelope
from meshtui.networks.jsonmesh.seal import Letter
from tests.support.jsonmesh_people import counted_entropy, good_payload, person
from tests.support.meshcore_vectors import vectors

if TYPE_CHECKING:
    from pathlib import Path

ALICE, BOB = person(0), person(1)
GOOD = good_payload().hex()
EVIL = "\x1b]0;owned\x07\u202e[red]"


def forum_hex(name: str, text: str = "hi") -> str:
    letter = Letter("id-1", "broadcast", 1_700_000_000_000, text)
    return encode_envelope(
        ALICE.sealer.seal_channel(name, letter, counted_entropy()), app_names=False
    ).hex()


def decoded(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, list[dict[str, object]]]:
    code = main(["decode", *argv, "--json"])
    captured = capsys.readouterr()
    assert captured.err == ""
    return code, [json.loads(line) for line in captured.out.splitlines()]


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.fixture
def home_env(tmp_path: Path) -> dict[str, str]:
    """The environment of a process of its own."""
    return os.environ | {"MESHTUI_HOME": str(tmp_path)}


def test_a_packet_becomes_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    key = BOB.private_key.reveal.hex()

    code, [row] = decoded(capsys, "jsonmesh", GOOD, "--identity-key", key)

    assert code == 0
    assert row["ok"] is True
    assert row["decoded"]["text"] == "hello"
    assert "why" not in row


@pytest.mark.parametrize("shown", [GOOD.upper(), " ".join(re.findall("..", GOOD))])
def test_hex_digits_may_be_written_in_any_way(
    shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, [row] = decoded(capsys, "jsonmesh", shown)

    assert (code, row["ok"]) == (0, True)
    assert BOB.node_id in str(row["why"])


@pytest.mark.parametrize("packet", ["zz", "123", "", "no such file", "x" * 5_000])
def test_what_is_not_hex_fails(packet: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, [row] = decoded(capsys, "jsonmesh", packet)

    assert code == 1 or packet == ""
    assert row["ok"] is (packet == "")


def test_a_bad_line_is_reported_and_the_rest_still_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, f"\n# note\r\nzz\n{GOOD}\r\n7b7d\n  {GOOD}".encode())

    code, rows = decoded(capsys, "jsonmesh", "-")

    assert code == 1
    assert [(row["ok"], row.get("line")) for row in rows] == [
        (False, 3),
        (True, None),
        (False, 5),
        (True, None),
    ]
    assert rows[0] == {"ok": False, "error": rows[0]["error"], "offset": None, "line": 3}


def test_a_line_without_end_costs_bounded_memory(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, b"0" * (3 * MAX_LINE_BYTES) + b"\n" + GOOD.encode())

    code, rows = decoded(capsys, "jsonmesh")

    assert code == 1
    assert [row["ok"] for row in rows] == [False, True]
    assert "too-long" in str(rows[0]["error"])


def test_a_file_of_packets_is_read_line_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "packets.txt"
    path.write_text(f"# two\n{GOOD}\n{GOOD}\n")

    code, rows = decoded(capsys, "jsonmesh", str(path))

    assert (code, len(rows)) == (0, 2)


def test_a_key_in_a_file_counts_as_if_typed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a=b.key"
    path.write_text(BOB.private_key.reveal.hex() + "\n")

    for typed in (f"@{path}", f"Bob=@{path}"):
        _, [row] = decoded(capsys, "jsonmesh", GOOD, "--identity-key", typed)

        assert row["decoded"]["text"] == "hello"


def test_forums_open_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    for name, typed in (("paris", "paris"), ("a=b", '"a=b"')):
        _, [row] = decoded(capsys, "jsonmesh", forum_hex(name), "--channel", typed)

        assert row["decoded"]["text"] == "hi"


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--identity-key", "zz", "--identity-key: a key is written in hex digits"),
        ("--identity-key", "A=", "--identity-key: a key is written in hex digits"),
        ("--identity-key", "Bob=00", "identity Bob: not a private key"),
        ("--identity-key", "@/no/such/file", "there is no such file"),
        ("--contact", "Bob=0011", "contact Bob:"),
        ("--channel", "x=0g", "--channel: A key has 32 or 64 hex digits"),
        ("--channel", "x=", "--channel: A key has 32 or 64 hex digits"),
        ("--channel", f"x={'5a' * 16}", "a forum's key is its name"),
        ("--channel", "meshcore://channel/add?name=Fam&secret=00", "32 or 64 hex digits"),
        ("--channel", "x=@/no/such/file", "there is no such file"),
    ],
)
def test_what_is_no_key_is_wrong_use(
    option: str, value: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decode", "jsonmesh", GOOD, option, value]) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert expected in captured.err


def test_a_wrong_key_is_never_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    for option, typed in (
        ("--identity-key", "5ec4e7" * 9),
        ("--channel", "5ec4e7" * 9),
        ("--channel", "x=5ec4e7"),
        ("--channel", "x 5ec4e7"),
        ("--channel", "meshcore://channel/add?name=x&secret=5ec4e7"),
    ):
        assert main(["decode", "jsonmesh", GOOD, option, typed]) == 2
        assert "5ec4e7" not in capsys.readouterr().err


def test_an_unknown_network_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "nonet", GOOD]) == 2
    assert "unknown network" in capsys.readouterr().err


def test_a_packet_as_lines_names_fields_bytes_and_the_missing_key(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["decode", "jsonmesh", GOOD]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"text {ALICE.node_id} > {BOB.node_id}")
    assert any(re.fullmatch(r"    type +text  \(bytes \d+-\d+; .*\)", line) for line in lines)
    assert lines[-1].startswith("  not opened: only ")


def test_foreign_text_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    main(["decode", "jsonmesh", forum_hex("f", EVIL), "--channel", "f"])
    main(["decode", "jsonmesh", json.dumps({"v": EVIL}).encode().hex()])

    out = capsys.readouterr().out
    assert "owned" in out
    assert not set(out) & {"\x1b", "\x07", "\u202e"}


def test_what_is_no_packet_is_shown_as_far_as_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "jsonmesh", b'{"v":7}'.hex()]) == 1

    *shown, last = capsys.readouterr().out.splitlines()
    assert any("refused" in line for line in shown)
    assert last.startswith("not a packet: bad-version")


VECTORS = vectors()
KEYS = [
    *("--identity-key", VECTORS["keys"]["A"]["private_key_64"]),
    *("--identity-key", VECTORS["keys"]["B"]["seed"]),
    *("--channel", "#test"),
    *("--channel", f"priv256={VECTORS['derived']['channels'][2]['key']}"),
]


def test_every_packet_of_the_firmware_is_printed_as_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "all.hex"
    path.write_text("\n".join(entry["hex"] for entry in VECTORS["packets"]))

    code, rows = decoded(capsys, "meshcore", str(path), *KEYS)

    assert code == 0
    assert rows == [{"ok": True} | entry["expected"] for entry in VECTORS["packets"]]


@pytest.mark.parametrize("entry", VECTORS["negative"], ids=lambda entry: entry["name"])
def test_what_the_firmware_refuses_fails(entry, capsys: pytest.CaptureFixture[str]) -> None:
    code, [row] = decoded(capsys, "meshcore", entry["hex"], *KEYS)

    assert (code, row["ok"]) == ((0, True) if entry["firmware_parses"] else (1, False))
    if not row["ok"]:
        assert row.keys() == {"ok", "error", "offset"}


def test_a_packet_may_stand_behind_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "meshcore", "--json", "3E00AA"]) == 0
    assert json.loads(capsys.readouterr().out)["decoded"] == {"raw": "AA"}

    assert main(["decode", "meshcore", "--json", "3E00AA", "33"]) == 2
    assert "33" in capsys.readouterr().err


def test_the_standard_input_may_be_named_behind_options(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, b"3E00AA")

    assert main(["decode", "meshcore", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_a_private_channel_needs_its_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "meshcore", "3E00AA", "--channel", "private"]) == 2
    assert "its key is needed" in capsys.readouterr().err


def recording(*rows: dict[str, object]) -> str:
    return "".join(json.dumps({"v": 1, "ts": 7, **row}) + "\n" for row in rows)


def test_a_recording_gives_its_packets_of_this_network_with_how_they_were_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    heard = {"direction": "rx", "network": "meshcore", "link": "l", "rssi": -80, "snr": 7.25}
    other = {"direction": "rx", "network": "jsonmesh", "link": "l", "hex": "7b7d"}
    path.write_text(recording(heard | {"hex": "3E00AA"}, other))

    code = main(["decode", "meshcore", str(path), "--json"])

    captured = capsys.readouterr()
    [row] = [json.loads(line) for line in captured.out.splitlines()]
    assert code == 0
    assert (row["ts"], row["direction"], row["rssi"], row["snr"]) == (7, "rx", -80, 7.25)
    assert row["decoded"] == {"raw": "AA"}
    assert "1 packets of other networks" in captured.err


def test_a_recording_that_is_cut_off_fails_after_what_is_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.pcap"
    head = bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 93000000")
    record = bytes.fromhex("01000000 00000000 03000000 03000000 3e00aa")
    path.write_bytes(head + record + record[:10])

    code = main(["decode", "meshcore", str(path), "--json"])

    captured = capsys.readouterr()
    assert code == 1
    assert len(captured.out.splitlines()) == 1
    assert captured.err


def test_a_pipe_is_read_as_it_comes(home_env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "meshtui", "decode", "meshcore", "--json"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=home_env
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"# one\n3E00AA\n")
        process.stdin.flush()
        first = json.loads(process.stdout.readline())
        rest, _ = process.communicate(b"zz")

    assert first["decoded"] == {"raw": "AA"}
    assert json.loads(rest) | {"error": ""} == {"ok": False, "error": "", "offset": None, "line": 3}
    assert process.returncode == 1


@pytest.mark.parametrize("content", [b"\x0a\x0d\x0d\x0ajunk", b"\xd4\xc3\xb2\xa1", b"{junk"])
def test_what_begins_as_a_recording_and_is_none_is_one_line_on_stderr(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "junk"
    path.write_bytes(content)

    assert main(["decode", "meshcore", str(path)]) == 1

    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1


def test_a_folder_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "meshcore", str(tmp_path)]) == 2
    assert "folder" in capsys.readouterr().err


def test_a_long_line_of_a_file_costs_bounded_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"0" * (3 * MAX_LINE_BYTES) + b"\n3E00AA\n" + b"0" * (2 * MAX_LINE_BYTES))

    code, rows = decoded(capsys, "meshcore", str(path))

    assert code == 1
    assert [(row["ok"], row.get("line")) for row in rows] == [(False, 1), (True, None), (False, 3)]


def test_too_many_keys_are_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--channel", "#a"] * (MAX_KEYS + 1)

    assert main(["decode", "meshcore", "3E00AA", *options]) == 2
    assert "--channel: more than" in capsys.readouterr().err


def test_an_invitation_is_a_channel_with_its_key(capsys: pytest.CaptureFixture[str]) -> None:
    key = VECTORS["derived"]["channels"][2]["key"]
    packet = next(e["hex"] for e in VECTORS["packets"] if e["name"].startswith("GRP_TXT 256"))
    invitation = f"meshcore://channel/add?name=priv256&secret={key}"

    _, [row] = decoded(capsys, "meshcore", packet, "--channel", invitation)

    assert row["decoded"]["channel"] == "priv256"


def test_without_a_standard_input_nothing_is_waited_for(home_env: dict[str, str]) -> None:
    command = f"{sys.executable} -m meshtui decode meshcore <&-"
    shell = ["/bin/sh", "-c", command]
    done = subprocess.run(shell, check=False, capture_output=True, env=home_env, timeout=60)

    assert done.returncode == 2
    assert done.stderr == b"meshtui: there is no standard input\n"
