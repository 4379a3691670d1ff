"""Laws of the first run: what it makes is right, private, and made once."""

from __future__ import annotations

import asyncio
import stat
from typing import TYPE_CHECKING

import pytest

from meshtui.errors import ConfigError, KeystoreError
from meshtui.runtime.setup import ProfileSetup
from meshtui.store.keystore import KeyFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from meshtui.runtime.api import SetupApi

SAMPLE = " ".join(["abandon"] * 23 + ["art"])
CORE_ID = "fe18d9ac1c20d1320d51ebddcea860a90963a2fcdfdd5dfc0ce752933caf01c0"


class Saved:
    """Where settings go."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def save(self, values: Mapping[str, object]) -> None:
        if values.get("name") == "refused":
            msg = "config.toml: name: must be something else"
            raise ConfigError(msg)
        self.values |= values


@pytest.fixture
def saved() -> Saved:
    return Saved()


@pytest.fixture
def setup(tmp_path: Path, saved: Saved) -> SetupApi:
    return ProfileSetup(tmp_path / "new" / "keys.json", saved.save)


@pytest.mark.parametrize("count", [12, 24])
def test_new_words_are_right_and_never_the_same(setup: SetupApi, count: int) -> None:
    first, second = setup.new_words(count), setup.new_words(count)

    assert len(first) == count
    assert first != second
    assert setup.check_words(" ".join(first)) == ""


def test_published_words_are_refused(setup: SetupApi) -> None:
    assert setup.check_words(SAMPLE)
    assert setup.check_words("not words")


async def test_an_identity_is_made_once_and_kept_private(setup: SetupApi, tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    assert not setup.has_identity()

    made = await setup.create(SAMPLE, "", "password")

    assert setup.has_identity()
    assert made.node_id == "MESH-E0D02795"
    assert KeyFile.labels(path) == {
        "jsonmesh": f"{made.node_id} {made.public_key}",
        "meshcore": f"{CORE_ID} m/69'/1'/0'/0'",
    }
    assert KeyFile.load(path, "password") == setup.identity  # type: ignore[attr-defined]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with pytest.raises(KeystoreError, match="there is one already"):
        await setup.create(SAMPLE, "", None)


async def test_a_passphrase_makes_another_identity(setup: SetupApi) -> None:
    made = await setup.create(SAMPLE, "TREZOR", None)

    assert made.node_id != "MESH-E0D02795"


async def test_wrong_words_make_nothing(setup: SetupApi) -> None:
    with pytest.raises(KeystoreError, match="11 words"):
        await setup.create("abandon " * 11, "", None)

    assert not setup.has_identity()


async def test_a_link_and_a_name_are_saved_where_they_are_given(
    setup: SetupApi, saved: Saved
) -> None:
    await setup.save_links([], "")
    assert saved.values == {}

    await setup.save_links(["jsonmesh+mqtt://host"], "")
    await setup.save_links([], "Anna")

    assert saved.values == {"links": ["jsonmesh+mqtt://host"], "name": "Anna"}
    with pytest.raises(ConfigError):
        await setup.save_links([], "refused")


async def test_a_name_that_is_set_is_written_only_where_it_changes(
    tmp_path: Path, saved: Saved
) -> None:
    setup = ProfileSetup(tmp_path / "keys.json", saved.save, "Karl")

    await setup.save_links([], "Karl")
    before = dict(saved.values)
    await setup.save_links([], "")

    assert (setup.name(), before, saved.values) == ("Karl", {}, {"name": ""})


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "looks like"),
        ("http://host", "begins with NETWORK+TRANSPORT"),
        ("jsonmesh+smoke://host", "unknown transport"),
        ("jsonmesh+mqtt://127.0.0.1:1", "nothing listens"),
        ("jsonmesh+mqtt://u:secret@[::1", "link URL"),
    ],
)
async def test_a_link_that_does_not_work_says_why(setup: SetupApi, url: str, said: str) -> None:
    problem = (await setup.check_link(url)).problem

    assert said in problem
    assert "secret" not in problem


async def test_looking_around_is_quick_and_finds_no_silent_port(
    setup: SetupApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[object] = []  # a stream that nobody holds is closed
    silent = await asyncio.start_server(lambda *stream: held.append(stream), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    monkeypatch.setattr("meshtui.runtime.setup._NEARBY", (("127.0.0.1", port), ("127.0.0.1", 1)))
    monkeypatch.setattr("meshtui.runtime.setup.FIND_TIMEOUT_S", 0.2)

    async with asyncio.timeout(5):
        found = await setup.found()

    assert [each for each in found if "+mqtt:" in each.url] == []
    silent.close()
