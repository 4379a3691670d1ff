"""What is laid over the packet list: ladder, statistics, columns; marks, search, keys that come."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from meshtui.model.command import JoinChannel
from meshtui.model.event import ChannelChanged
from meshtui.model.message import Channel
from meshtui.model.packet import PacketSummary, Verdict
from meshtui.tui.panes.packets import PacketsPane
from meshtui.tui.text.glyphs import PLAIN
from tests.support.fake_mesh import FakeMesh
from tests.support.packet_scenes import (
    MESHCORE,
    heard,
    meshcore_story,
    people,
    sealed_group,
)
from tests.support.pane_host import PaneHost, desk_of

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

SMALL, LARGE = (80, 24), (140, 40)


def host(saved: dict[str, str] | None = None) -> PaneHost:
    mesh = FakeMesh()
    return PaneHost(mesh, PacketsPane, desk_of(mesh, saved))


async def settle(app: PaneHost, pilot: Pilot[None]) -> PacketsPane:
    await pilot.pause()
    await app.feed()
    await pilot.pause()
    await pilot.pause()
    assert isinstance(app.pane, PacketsPane)
    return app.pane


async def pressed(app: PaneHost, pilot: Pilot[None], *keys: str) -> str:
    await pilot.press(*keys)
    await app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause()
    return app.screen_text()


async def test_a_message_is_drawn_through_its_hops_with_its_acknowledgement() -> None:
    app = host()
    async with app.run_test(size=SMALL) as pilot:
        meshcore_story(app.mesh)
        pane = await settle(app, pilot)

        screen = await pressed(app, pilot, "x")

        assert screen.splitlines()[:5] == [
            "           Anna     Hill     a1 ?     Tower     me",
            "21:00:03     ●────────●─────────────────●────────>     text 4.5 dB delivered",
            "+0.091 s     < - - - -●- - - - - - - - -●- - - - ●     ack sent",
            "+0.228 s     │        │        │        ●- - - - >     ack 6.5 dB echo",
            "+0.365 s     ●────────●────────●────────●────────>     text -9.75 dB seen",
        ]
        assert pane.status() == "ladder, heard 2 x, Esc back"


async def test_the_ladder_grows_while_it_is_looked_at_and_leads_back_to_the_list() -> None:
    app = host()
    async with app.run_test(size=SMALL) as pilot:
        meshcore_story(app.mesh)
        pane = await settle(app, pilot)
        await pressed(app, pilot, "x")
        before = pane._ladder.count

        again = pane.view.rows[-1].summary
        heard(app.mesh, b"again", replace(again, path=("6b",), hops=1), 1.0, -90)
        await settle(app, pilot)
        await pressed(app, pilot, "g", "enter")

        assert pane._ladder.count == before + 1
        assert pane._list.current().summary.verdict is Verdict.DELIVERED
        assert pane.status() == ""


async def test_statistics_are_of_what_the_filter_lets_through() -> None:
    app = host()
    async with app.run_test(size=SMALL) as pilot:
        meshcore_story(app.mesh)
        await settle(app, pilot)
        screen = await pressed(app, pilot, "S")
        assert "29 packets" in screen
        assert re.search(r"advert +24 +83 %", screen)
        assert "Who sent most" in screen

        await pilot.press("slash", *"type==text", "enter")
        await pilot.pause(1.2)
        screen = await pressed(app, pilot)

        assert "2 packets" in screen
        assert "advert" not in screen
        await pilot.press("escape", "escape")
        assert "Who sent most" not in app.screen_text()


async def test_talkers_of_one_name_are_told_apart_by_their_ids() -> None:
    app = host()
    async with app.run_test(size=LARGE) as pilot:
        people(app.mesh)
        for source in ("a" * 64, "~Anna", "b" * 64):  # in a channel anybody can be Anna
            heard(app.mesh, b"\x11", PacketSummary("advert", Verdict.HANDLED, source), 5, -90)
        await settle(app, pilot)

        screen = await pressed(app, pilot, "S")

        assert re.search(r" Anna aaaaaaaaaa +1 ", screen)
        assert re.search(r" ~Anna +1 ", screen)
        assert re.search(r" Bernd +1 ", screen)


@pytest.mark.parametrize("size", [(20, 6), (40, 12), SMALL, LARGE, (200, 60)])
@pytest.mark.parametrize("key", ["x", "S", "t", "s", "c", "e"])
async def test_all_that_can_be_laid_over_draws_at_any_size(size, key: str) -> None:
    app = host()
    async with app.run_test(size=size) as pilot:
        meshcore_story(app.mesh)
        pane = await settle(app, pilot)

        await pressed(app, pilot, key, "j", "j")
        await pilot.resize_terminal(*SMALL)
        await pressed(app, pilot, "escape")

        assert not pane._over
        assert not pane._ask.is_open
        assert pane._list.size


async def test_columns_are_ticked_at_once_and_remembered() -> None:
    saved: dict[str, str] = {}
    app = host(saved)
    async with app.run_test(size=(100, 24)) as pilot:
        meshcore_story(app.mesh)
        await settle(app, pilot)
        assert "via" in app.screen_text().splitlines()[0]

        for _ in range(11):
            await pilot.press("j")
        screen = await pressed(app, pilot, "t", *["j"] * 10, "space")

        assert "via" not in screen.splitlines()[0]
        assert "hops" not in saved["packets.columns"].split(",")
    again = host(saved)
    async with again.run_test(size=(100, 24)) as pilot:
        meshcore_story(again.mesh)
        await settle(again, pilot)

        assert "via" not in again.screen_text().splitlines()[0]


async def test_a_byte_chosen_in_the_hex_selects_the_field_that_owns_it() -> None:
    app = host()
    async with app.run_test(size=SMALL) as pilot:
        meshcore_story(app.mesh)
        pane = await settle(app, pilot)
        await pilot.press("tab", "tab")
        hexes, tree = pane._parts.hex_view, pane._parts.tree_view
        assert hexes.has_focus

        await pressed(app, pilot, "l", "l", "l")
        assert tree.field_under_cursor().value == "a1"
        assert hexes._lit == range(3, 4)
        await pressed(app, pilot, "j")

        assert tree.field_under_cursor().name == "sealed"
        assert hexes.byte == 11


async def test_a_byte_of_what_was_opened_selects_its_field_even_in_a_closed_branch() -> None:
    app = host()
    async with app.run_test(size=SMALL) as pilot:
        meshcore_story(app.mesh)
        pane = await settle(app, pilot)
        await pilot.press("enter", "G", "h", "h")
        assert not pane._parts.tree_view.field_under_cursor().buffer

        await pressed(app, pilot, "tab", "b", "j")

        assert pane._parts.tree_view.field_under_cursor().name == "text"
        assert pane._parts.hex_view.shown_buffer == 1


async def test_marks_are_letters() -> None:
    app = host()
    async with app.run_test(size=SMALL) as pilot:
        meshcore_story(app.mesh)
        pane = await settle(app, pilot)
        await pressed(app, pilot, "k", "k", "m", "a", "g")

        screen = await pressed(app, pilot, "apostrophe", "a")

        assert pane._list.current().number == 27
        assert any(line.startswith("▸") for line in screen.splitlines())
        await pressed(app, pilot, "j")
        assert any(line.startswith("a    27") for line in app.screen_text().splitlines())
        await pressed(app, pilot, "apostrophe", "q")
        assert app.notices[-1] == "Nothing is marked q"


async def test_a_search_looks_into_texts_bytes_and_fields_and_goes_round_the_end() -> None:
    app = host()
    async with app.run_test(size=SMALL) as pilot:
        meshcore_story(app.mesh)
        pane = await settle(app, pilot)
        await pressed(app, pilot, "g", "s", *"from the HILL", "enter")
        assert pane._list.current().number == 26
        assert pane._parts.tree_view.field_under_cursor().name == "text"

        await pressed(app, pilot, "n")
        assert pane._list.current().number == 29
        await pressed(app, pilot, "n")
        assert "round the end" in app.notices[-1]
        assert pane._list.current().number == 26
        await pressed(app, pilot, "N")
        assert pane._list.current().number == 29
        await pressed(app, pilot, "ctrl+f", "ctrl+u", *"6bd9", "enter")

        assert pane._list.current().number == 25
        assert pane._parts.hex_view._lit == range(3, 5)
        await pressed(app, pilot, "s", "ctrl+u", *"no such thing", "enter")
        assert app.notices[-1] == "No packet here holds no such thing"


async def test_two_receptions_of_one_packet_differ_first_in_how_they_came() -> None:
    app = host()
    async with app.run_test(size=LARGE) as pilot:
        meshcore_story(app.mesh)
        await settle(app, pilot)

        screen = await pressed(app, pilot, "space", "k", "k", "k", "space")

        assert "one packet" in screen
        lines = [line.strip() for line in screen.splitlines()]
        begin = next(at for at, line in enumerate(lines) if line.startswith("path"))
        assert lines[begin + 1].startswith("A Hill > a1 ? > Tower")
        assert lines[begin + 2].startswith("B Hill > Tower")
        assert lines[begin + 6].startswith("SNR")


async def test_a_packet_that_no_key_opens_asks_for_its_channel_and_is_read_again() -> None:
    app = host()
    async with app.run_test(size=SMALL) as pilot:
        people(app.mesh)
        sealed_group(app.mesh)
        pane = await settle(app, pilot)
        row = pane.view.rows[0]
        assert pane.context_keys()[0] == ("c", "join the channel that opens it")
        screen = await pressed(app, pilot, "c")
        assert "its hash is d9" in screen

        app.mesh.me = replace(app.mesh.me, network=MESHCORE)
        await pressed(app, pilot, *"test", "enter")
        opened = replace(row.summary, verdict=Verdict.HANDLED, text="hi all", channel="#test")
        app.mesh.summaries[row.payload] = opened
        app.mesh.emit(ChannelChanged(Channel(MESHCORE, "#test", is_joined=True)))
        await pilot.pause(2.1)
        await settle(app, pilot)
        await pressed(app, pilot)

        assert app.submitted == [JoinChannel(MESHCORE, "#test")]
        assert pane.view.rows[0].summary.text == "hi all"
        assert app.notices[-1] == "1 packet opened"


async def test_a_key_gone_wrong_joins_nothing_and_stays_in_the_line() -> None:
    app = host()
    async with app.run_test(size=SMALL) as pilot:
        sealed_group(app.mesh)
        await settle(app, pilot)
        app.mesh.me = replace(app.mesh.me, network=MESHCORE)

        screen = await pressed(app, pilot, "c", *"fam", "space", *"0011", "enter")

        assert "#fam 0011" in screen
        assert "A key has 32 or 64 hex digits" in app.notices[-1]
        assert not app.submitted


async def test_a_channel_that_cannot_be_joined_is_told() -> None:
    app = host()
    async with app.run_test(size=SMALL) as pilot:
        sealed_group(app.mesh)
        await settle(app, pilot)

        await pressed(app, pilot, "c", *"test", "enter")

        assert "not set up" in app.notices[-1]
        assert not app.submitted


@pytest.mark.parametrize("form", ["jsonl", "pcap", "pcapng"])
async def test_the_list_is_written_in_the_form_that_is_asked_for(form: str, tmp_path: Path) -> None:
    mesh = FakeMesh()
    app = PaneHost(mesh, PacketsPane, replace(desk_of(mesh), exports_dir=tmp_path))
    async with app.run_test(size=SMALL) as pilot:
        meshcore_story(mesh)
        await settle(app, pilot)

        await pressed(app, pilot, "e", "ctrl+u", *form, "enter")

        assert f"packets-20261120-210003.{form}" in app.notices[-1]
    assert len(os.listdir(tmp_path)) == 1  # noqa: PTH208


async def test_a_form_that_there_is_not_is_told() -> None:
    app = host()
    async with app.run_test(size=SMALL) as pilot:
        meshcore_story(app.mesh)
        await settle(app, pilot)

        await pressed(app, pilot, "e", "ctrl+u", *"doc", "enter")

        assert app.notices[-1] == "There are jsonl, pcap, pcapng"


EVIL = "\x1b]52;c;AAAA\x07[red]x[/]\u202e\x9b2J"


@pytest.mark.parametrize("keys", [("x",), ("S",), ("t",), ("c",), ("s", *"x[/", "enter")])
async def test_hostile_texts_are_harmless_wherever_they_are_shown(keys) -> None:
    app = host()
    async with app.run_test(size=(160, 40)) as pilot:
        summary = PacketSummary(
            EVIL,
            Verdict.UNREADABLE,
            EVIL,
            EVIL,
            message_id=EVIL,
            reason=EVIL,
            detail=EVIL,
            text=EVIL,
            path=(EVIL, "66"),
            packet_hash=EVIL,
            acks="",
            channel=EVIL,
        )
        for _ in range(3):
            heard(app.mesh, b"\x1b[2J", summary, 1.0, -90)
        pane = await settle(app, pilot)

        screen = await pressed(app, pilot, *keys)

        said = screen + pane.title() + pane.status() + "".join(app.notices)
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(said)


async def test_plain_signs_are_ascii() -> None:
    mesh = FakeMesh()
    app = PaneHost(mesh, PacketsPane, replace(desk_of(mesh), glyphs=PLAIN))
    async with app.run_test(size=SMALL) as pilot:
        meshcore_story(mesh)
        await settle(app, pilot)

        for key in ("x", "S", "t"):
            assert (await pressed(app, pilot, key)).isascii()
            await pilot.press("escape")
