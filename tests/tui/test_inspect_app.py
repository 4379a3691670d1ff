"""The inspector over a recording: what is not shown is not decoded."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from meshtui.model.ids import Instant
from meshtui.model.packet_row import json_line
from meshtui.networks.base import KeyMaterial
from meshtui.runtime.api import Preferences
from meshtui.runtime.inspection import Recording, open_recording
from meshtui.tui.inspect_app import InspectApp, InspectScreen
from tests.support.jsonmesh_people import good_payload
from tests.support.packet_rows import a_row
from tests.support.tui_app import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from meshtui.tui.panes.recording import RecordingPane

SIZE = (80, 24)
EVIL = "\x1b]52;c;AAAA\x07[red]x[/]\u202e\x9b2J"


def record(path: Path, count: int) -> Path:
    """Write presences of three nodes; every tenth is a strange one."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            node = f"MESH-0000000{number % 3}"
            body = {"nodeId": node, "online": True, "ts": number, "name": f"node {number % 3}"}
            payload = (
                json.dumps(body).encode() if number % 10 else b"\x1b[2J" + bytes([number % 256])
            )
            row = a_row(
                number + 1,
                payload=payload,
                endpoint=f"meshcore/nodes/{node}/identity" if number % 10 else EVIL,
                at=Instant(number / 10, 1_795_208_400_000 + number * 100),
            )
            file.write(json_line(row) + "\n")
    return path


@contextmanager
def inspected(path: Path, **more) -> Iterator[tuple[InspectApp, Recording]]:
    with open_recording(path, path.name, KeyMaterial()) as recording:
        preferences = Preferences("", "unicode", {})
        yield InspectApp(recording, preferences, exports_dir=path.parent, **more), recording


def written(folder: Path) -> list[list[str]]:
    """The lines of every export there is."""
    return [path.read_text("ascii").splitlines() for path in folder.glob("packets-*.jsonl")]


async def settle(pilot: Pilot[int]) -> RecordingPane:
    for _ in range(3):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, InspectScreen)
    return screen.pane


async def test_a_recording_begins_at_its_beginning_and_only_what_is_shown_is_decoded(
    tmp_path: Path,
) -> None:
    with inspected(record(tmp_path / "a.jsonl", 5_000)) as (app, recording):
        async with app.run_test(size=SIZE) as pilot:
            pane = await settle(pilot)

            assert len(pane.view.rows) == 5_000
            assert pane._list.current().number == 1
            assert len(recording._kept) < 100
            assert "PACKETS 5,000" in text_of(app)
            await pilot.press("G")
            await settle(pilot)
            assert pane._list.current().number == 5_000
            assert len(recording._kept) < 200


async def test_a_filter_looks_in_the_background_and_tells_how_far_it_is(tmp_path: Path) -> None:
    with inspected(record(tmp_path / "a.jsonl", 3_000)) as (app, _):
        async with app.run_test(size=SIZE) as pilot:
            pane = await settle(pilot)
            notes: list[str] = []
            tell = pane._note
            pane._note = lambda word: notes.append(word) or tell(word)

            await pilot.press("slash", *"number>2990", "enter")
            await settle(pilot)

            assert [row.number for row in pane.view.rows] == list(range(2_991, 3_001))
            assert any(note.startswith("filtering, ") for note in notes)
            assert "PACKETS 10 of 3,000" in text_of(app)
            await pilot.press("escape")
            await settle(pilot)
            assert len(pane.view.rows) == 3_000


async def test_a_filter_may_be_given_from_the_beginning(tmp_path: Path) -> None:
    path = record(tmp_path / "a.jsonl", 100)
    with inspected(path, filter_text="number<=5") as (app, _):
        async with app.run_test(size=SIZE) as pilot:
            pane = await settle(pilot)

            assert len(pane.view.rows) == 5
            assert pane._list.current() is not None


async def test_the_list_is_searched_counted_marked_and_drawn_as_a_live_one(tmp_path: Path) -> None:
    with inspected(record(tmp_path / "a.jsonl", 300)) as (app, _):
        async with app.run_test(size=SIZE) as pilot:
            pane = await settle(pilot)
            await pilot.press("m", "a", "s", *"1b5b324a1e", "enter")
            await settle(pilot)
            assert pane._list.current().number == 31

            await pilot.press("apostrophe", "a")
            await settle(pilot)
            assert pane._list.current().number == 1
            for key in ("S", "x", "t"):
                await pilot.press(key)
                await settle(pilot)
                assert pane._over
                await pilot.press("escape")
            await settle(pilot)
            await pilot.press("f1")
            await pilot.pause()
            assert "Keys of the inspector" in text_of(app)


async def test_what_passes_is_written_beside_where_it_was_started(tmp_path: Path) -> None:
    with inspected(record(tmp_path / "a.jsonl", 50)) as (app, _):
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)
            await pilot.press("slash", *"number<4", "enter")
            await settle(pilot)

            await pilot.press("e", "enter")
            await settle(pilot)

    assert [len(lines) for lines in written(tmp_path)] == [3]


async def test_a_damaged_file_shows_what_was_whole_and_says_what_was_not(tmp_path: Path) -> None:
    path = record(tmp_path / "a.jsonl", 20)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:9], "{broken", *lines[9:], ""]), encoding="utf-8")
    with inspected(path) as (app, _):
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)

            assert "1 problem" in text_of(app)


async def test_a_key_for_a_channel_is_taken_or_refused_with_a_reason(tmp_path: Path) -> None:
    with inspected(record(tmp_path / "a.jsonl", 20)) as (app, _):
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)
            await pilot.press("c", *"test", "enter")
            await settle(pilot)

            assert "Read with test from now on" in text_of(app)


async def test_a_key_gone_wrong_is_read_with_by_nobody_and_stays_in_the_line(
    tmp_path: Path,
) -> None:
    with inspected(record(tmp_path / "a.jsonl", 20)) as (app, _):
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)
            await pilot.press("c", *"x", "space", *"00", "enter")
            await settle(pilot)
            shown = text_of(app)

    assert "A key has 32 or 64 hex digits" in shown
    assert "join channel: #x 00" in shown
    assert "Read with" not in shown


@pytest.mark.parametrize("size", [(20, 6), SIZE, (160, 50)])
async def test_hostile_recordings_are_harmless_at_any_size(tmp_path: Path, size) -> None:
    with inspected(record(tmp_path / f"{'x'}.jsonl", 30)) as (app, _):
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await pilot.press("g", "x", "escape", "S", "escape", "enter", "j", "j")
            await settle(pilot)

            assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(text_of(app))


async def test_it_is_left_by_q(tmp_path: Path) -> None:
    with inspected(record(tmp_path / "a.jsonl", 3)) as (app, _):
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)
            await pilot.press("q")
            await pilot.pause()

    assert app.return_value == 0


async def test_a_ladder_has_the_copies_that_lie_far_away_in_the_recording(tmp_path: Path) -> None:
    path = record(tmp_path / "a.jsonl", 1_200)
    copy = json_line(a_row(payload=good_payload(), endpoint="meshcore/dm/x"))
    path.write_text(f"{copy}\n{path.read_text('utf-8')}{copy}\n", "utf-8")
    with inspected(path) as (app, _):
        async with app.run_test(size=SIZE) as pilot:
            pane = await settle(pilot)

            await pilot.press("x")
            await settle(pilot)

            assert [step.row.number for step in pane._ladder.ladder.steps] == [1, 1_202]
