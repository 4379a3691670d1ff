"""`meshtui identity`: secrets stay off stdout, files stay private, mistakes are explained."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from meshtui.cli.main import main
from meshtui.crypto.mnemonic import seed_of
from meshtui.store.keystore import KeyFile

if TYPE_CHECKING:
    from pathlib import Path

# Published in the protocol's vectors.
SAMPLE = " ".join(["abandon"] * 23 + ["art"])
SAMPLE_ID = "MESH-E0D02795"
SAMPLE_KEY = "021199da89205c4801f0dd8bd2112d327a2d1370e17dc9d4cebc03bd5ae6db2d29"
CORE_ID = "fe18d9ac1c20d1320d51ebddcea860a90963a2fcdfdd5dfc0ce752933caf01c0"
CORE = {"node_id": CORE_ID, "path": "m/69'/1'/0'/0'"}


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def written(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


@pytest.mark.parametrize("count", ["12", "24"])
def test_new_words_are_shown_once_and_never_on_stdout(
    count: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = str(tmp_path)

    code, out, err = run(
        capsys, "identity", "new", "--words", count, "--no-encrypt", "--json", "--home", home
    )

    row = json.loads(out)
    assert code == 0
    assert set(row) == {"node_id", "pubkey", "path", "file", "meshcore"}
    assert row["path"] == "m/69'/0'/0'/0"
    assert row["meshcore"]["path"].startswith("m/69'/1'/0'/")
    words = [part for part in err.split() if part.isalpha() and part.islower()]
    assert len(words) >= int(count)
    assert f"{count}. " in err
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_words_in_a_file_are_private_and_restore_the_same_identity(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = tmp_path / "words"
    first, second = str(tmp_path / "a"), str(tmp_path / "b")
    password = written(tmp_path / "password", "correct horse\n")
    passphrase = written(tmp_path / "passphrase", "TREZOR\n")
    common = ("--words-file", str(words), "--password-file", password)
    common += ("--bip39-passphrase-file", passphrase, "--json")

    _, made, told = run(capsys, "identity", "new", *common, "--home", first)
    _, restored, _ = run(capsys, "identity", "restore", *common, "--home", second)
    _, shown, _ = run(capsys, "identity", "show", "--json", "--home", second)

    assert json.loads(made)["node_id"] == json.loads(restored)["node_id"]
    assert json.loads(shown) == json.loads(restored)
    assert stat.S_IMODE(words.stat().st_mode) == 0o600
    assert words.read_text().strip() not in told
    assert "24. " not in told
    assert KeyFile.is_encrypted(tmp_path / "b" / "keys.json")


def test_the_protocols_sample_restores_to_its_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = written(tmp_path / "words", f"  {SAMPLE.upper()} \n")

    code, out, err = run(
        capsys, "identity", "restore", "--words-file", words, "--no-encrypt", "--json",
        "--home", str(tmp_path),
    )  # fmt: skip

    assert code == 0
    assert json.loads(out)["node_id"] == SAMPLE_ID
    assert json.loads(out)["pubkey"] == SAMPLE_KEY
    assert json.loads(out)["meshcore"] == CORE
    assert "warning: these words are" in err or "warning: these words repeat" in err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("abandon " * 11, "11 words given"),
        ("abandon " * 13, "13 words given"),
        ("abandon " * 12, "checksum"),
        ("abandon " * 11 + "zzzz", "word 12 is not in"),
        ("\x1b[2J " * 12, "word 1 is not in"),
        ("abaisser " * 12, "word 1 is not in"),
        ("\n", "is empty"),
        ("x" * 2_000_000, "larger than"),
    ],
)
def test_wrong_words_are_explained_and_not_repeated(
    words: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "words", words)

    code, out, err = run(
        capsys, "identity", "restore", "--words-file", file, "--no-encrypt", "--home", str(tmp_path)
    )

    assert (code, out) == (2, "")
    assert problem in err
    assert "zzzz" not in err
    assert not (tmp_path / "keys.json").exists()


def test_a_second_identity_is_refused_before_anything_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "identity", "new", "--no-encrypt", "--home", str(tmp_path))
    before = (tmp_path / "keys.json").read_bytes()

    code, out, err = run(capsys, "identity", "new", "--no-encrypt", "--home", str(tmp_path))

    assert (code, out) == (2, "")
    assert "there is an identity already" in err
    assert (tmp_path / "keys.json").read_bytes() == before


@pytest.mark.parametrize("action", ["new", "restore"])
def test_without_a_terminal_a_password_file_is_asked_for(
    action: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = written(tmp_path / "given", SAMPLE)
    argv = ["--words-file", words] if action == "restore" else []

    code, _, err = run(capsys, "identity", action, *argv, "--home", str(tmp_path / "home"))

    assert code == 2
    assert "--password-file FILE or set MESHTUI_PASSWORD_FILE" in err
    assert not (tmp_path / "home").exists()


def test_no_encryption_says_what_that_means(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, err = run(capsys, "identity", "new", "--no-encrypt", "--home", str(tmp_path))

    assert "readable by anyone who can read the file" in err


def test_no_identity_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "identity", "show", "--home", str(tmp_path))

    assert code == 2
    assert "identity new" in err


@pytest.mark.parametrize("mode", [0o644, 0o777, 0o640])
def test_keys_that_others_can_read_are_refused(
    mode: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "identity", "new", "--no-encrypt", "--home", str(tmp_path))
    (tmp_path / "keys.json").chmod(mode)

    code, out, err = run(capsys, "identity", "show", "--home", str(tmp_path))

    assert (code, out) == (2, "")
    assert "chmod 600" in err


def test_a_wrong_password_is_a_wrong_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = written(tmp_path / "right", "right")
    wrong = written(tmp_path / "wrong", "wrong")
    home = ("--home", str(tmp_path))
    run(capsys, "identity", "new", "--password-file", right, *home)

    code, _, err = run(
        capsys, "send", "--to", SAMPLE_ID, "x", "--password-file", wrong,
        "--link", "jsonmesh+mqtt://127.0.0.1:1", *home,
    )  # fmt: skip

    assert code == 2
    assert "wrong password" in err
    assert "right" not in err.replace("copyright", "")


def test_a_compared_key_is_kept_as_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ("--home", str(tmp_path), "--json")
    run(capsys, "identity", "new", "--no-encrypt", *home)

    code, out, _ = run(capsys, "identity", "verify", SAMPLE_ID.lower(), SAMPLE_KEY.upper(), *home)
    _, nodes, _ = run(capsys, "nodes", *home)

    assert code == 0
    assert json.loads(out) == {"node_id": SAMPLE_ID, "pubkey": SAMPLE_KEY, "pin": "verified"}
    assert [(row["node_id"], row["pin"]) for row in map(json.loads, nodes.splitlines())] == [
        (SAMPLE_ID, "verified")
    ]


def test_the_same_words_are_a_node_on_meshcore_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    identity = seed_of(SAMPLE)
    labels = {"jsonmesh": f"{SAMPLE_ID} {SAMPLE_KEY}"}
    KeyFile.create(tmp_path / "keys.json", identity, "correct horse", labels)
    password = written(tmp_path / "password", "correct horse\n")
    show = ("identity", "show", "--home", str(tmp_path))

    _, told, _ = run(capsys, *show, "--password-file", password)
    _, unlabelled, _ = run(capsys, *show)
    _, row, _ = run(capsys, *show, "--json")

    assert f"meshcore {CORE_ID} m/69'/1'/0'/0'" in told.splitlines()
    assert f"node_id  {SAMPLE_ID}" in told.splitlines()
    assert "meshcore (made by an older meshtui" in unlabelled
    assert json.loads(row)["meshcore"] is None


def test_a_label_gives_no_orders_to_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = {"jsonmesh": f"{SAMPLE_ID} {SAMPLE_KEY}", "meshcore": "\x1b[2J m/69"}
    KeyFile.create(tmp_path / "keys.json", seed_of(SAMPLE), "correct horse", labels)

    assert "\x1b" not in run(capsys, "identity", "show", "--home", str(tmp_path))[1]


def test_a_meshcore_key_is_pinned_without_a_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ("--json", "--home", str(tmp_path))
    run(capsys, "identity", "new", "--no-encrypt", *home)

    code, out, _ = run(capsys, "identity", "verify", CORE_ID, CORE_ID.upper(), *home)
    _, nodes, _ = run(capsys, "nodes", *home)

    assert code == 0
    assert json.loads(out) == {"node_id": CORE_ID, "pubkey": CORE_ID, "pin": "verified"}
    assert [(row["network"], row["node_id"], row["pin"]) for row in map(json.loads, [nodes])] == [
        ("meshcore", CORE_ID, "verified")
    ]


@pytest.mark.parametrize(
    ("node_id", "key"),
    [
        (CORE_ID, "ab" + CORE_ID[2:]),
        (CORE_ID, SAMPLE_KEY),
        ("00" * 32, "00" * 32),
        ("MESH-00000000", SAMPLE_KEY),
        ("MESH-E0D0", SAMPLE_KEY),
        (SAMPLE_ID, SAMPLE_KEY[:-2]),
        (SAMPLE_ID, "xyz"),
        (SAMPLE_ID, ""),
        (SAMPLE_ID, "04" + SAMPLE_KEY[2:] * 2),
    ],
)
def test_a_key_that_is_not_the_nodes_is_refused(
    node_id: str, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "identity", "new", "--no-encrypt", "--home", str(tmp_path))

    code, out, err = run(capsys, "identity", "verify", node_id, key, "--home", str(tmp_path))

    assert (code, out) == (2, "")
    assert err.startswith("meshtui: identity verify: ")
