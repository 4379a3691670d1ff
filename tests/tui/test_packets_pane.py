"""The packet inspector under the user's hands."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from textual import events

from meshtui.model.event import FrameReceived
from meshtui.model.packet import (
    DissectedField,
    Dissection,
    Frame,
    PacketSummary,
    RxMeta,
    Verdict,
)
from meshtui.tui.panes.packets import PacketsPane
from tests.support.fake_mesh import LINK, ME, NETWORK, START_MS, FakeMesh
from tests.support.mesh_scenes import ALICE, BOB, example_frames, seeded_mesh
from tests.support.pane_host import PaneHost, desk_of

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

SIZE = (80, 24)


def host(mesh: FakeMesh | None = None, folder: Path | None = None) -> PaneHost:
    mesh = mesh or seeded_mesh()
    return PaneHost(mesh, PacketsPane, replace(desk_of(mesh), exports_dir=folder))


async def settle(app: PaneHost, pilot: Pilot[None]) -> PacketsPane:
    await pilot.pause()
    await app.feed()
    await pilot.pause()
    await pilot.pause()
    assert isinstance(app.pane, PacketsPane)
    return app.pane


def text_frame(mesh: FakeMesh, message_id: str, payload: bytes = b"abcdef", **more) -> None:
    fields = {"source": BOB, "destination": str(ME), "hops": 2, **more}
    mesh.frame(payload, PacketSummary("text", Verdict.DELIVERED, message_id=message_id, **fields))


async def test_every_frame_is_listed_with_names_verdict_and_reason() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        example_frames(app.mesh)
        app.mesh.sent_frame(b"x", PacketSummary("ack", Verdict.SENT, ME, BOB))
        pane = await settle(app, pilot)

        screen = app.screen_text()
        assert "bob > #bitcoin" in screen
        assert "seen" in screen
        assert "bad-tag" in screen
        assert "me > bob" in screen
        assert pane.title() == "PACKETS 7 · following"


async def test_signal_columns_are_there_only_once_a_radio_told_some() -> None:
    app = host()
    async with app.run_test(size=(140, 40)) as pilot:
        example_frames(app.mesh)
        await settle(app, pilot)
        before = app.screen_text()
        frame = Frame(LINK, b"r", app.mesh.at(), rx=RxMeta(rssi_dbm=-104))
        app.mesh.emit(FrameReceived(NETWORK, frame, PacketSummary("text", Verdict.HANDLED)))
        await settle(app, pilot)

        assert "dBm" not in before
        assert "-104" in app.screen_text()


async def test_looking_back_stops_following_and_the_end_key_follows_again() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        for number in range(40):
            text_frame(app.mesh, f"m{number}")
        pane = await settle(app, pilot)
        await pilot.press("k")
        chosen = pane.view.rows[38]

        text_frame(app.mesh, "later")
        await settle(app, pilot)

        assert pane._list.current() is chosen
        assert "G to follow" in pane.title()
        await pilot.press("G")
        assert pane._list.current().summary.message_id == "later"
        assert "following" in pane.title()


async def test_a_list_that_grew_higher_leaves_no_room_below_its_end() -> None:
    app = host()
    async with app.run_test(size=(80, 20)) as pilot:
        for number in range(60):
            text_frame(app.mesh, f"m-{number}")
        pane = await settle(app, pilot)
        await pilot.press("k", "k", "k", "k")
        await pilot.resize_terminal(80, 40)
        await settle(app, pilot)

        shown = pane._list
        assert shown.visible_rows[1] - shown.visible_rows[0] + 1 == shown.size.height


async def test_pause_holds_the_list_and_counts_what_waits() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        text_frame(app.mesh, "one")
        pane = await settle(app, pilot)

        await pilot.press("p")
        text_frame(app.mesh, "two")
        await settle(app, pilot)

        assert pane.title() == "PACKETS 1 · paused, 1 waiting"
        await pilot.press("p")
        assert pane.title() == "PACKETS 2 · following"


async def test_a_filter_is_judged_while_it_is_typed_and_escape_takes_it_away() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        example_frames(app.mesh)
        pane = await settle(app, pilot)

        await pilot.press("slash", *"type")
        await pilot.press("equals_sign")
        assert "write ==" in app.screen_text()
        await pilot.press("equals_sign", *"text")
        await pilot.pause()

        assert len(pane.view.rows) == 4
        assert pane.title().startswith("PACKETS 4 of 6")
        await pilot.press("enter")
        assert pane.status() == "filter: type==text"
        await pilot.press("escape")
        assert len(pane.view.rows) == 6


@pytest.mark.parametrize("typed", ["hops>", "nofield==1", "(type==text", 'text~"'])
async def test_enter_keeps_what_cannot_be_read_to_be_mended_and_the_filter_before(typed) -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        example_frames(app.mesh)
        pane = await settle(app, pilot)
        pane.apply_filter("type==text")

        await pilot.press("slash", "ctrl+u")
        pane._filter._input.value = typed
        pane.apply_filter(typed)
        await pilot.press("enter")
        await pilot.pause()

        assert pane._filter.is_open
        assert pane._filter._input.has_class("-invalid")
        assert re.search(r" at \d+: ", app.screen_text())
        await pilot.press("ctrl+u", *"type==ack", "enter")
        await pilot.pause()
        assert not pane._filter.is_open
        assert pane.status() == "filter: type==ack"


async def test_a_plain_word_is_looked_for_in_names_channels_texts_and_types() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        example_frames(app.mesh)
        pane = await settle(app, pilot)
        name = pane.names.name_of(BOB)
        of_bob = [
            row for row in pane.view.rows if BOB in (row.summary.source, row.summary.destination)
        ]
        assert 0 < len(of_bob) < len(pane.view.rows)

        await pilot.press("slash", *name[:3].upper(), "enter")
        await pilot.pause()

        assert list(pane.view.rows) == of_bob
        assert pane.status().startswith(f"filter: name~{name[:3].upper()} || channel~")
        await pilot.press("escape", "slash", *"pres", "enter")
        await pilot.pause()
        assert {row.summary.kind for row in pane.view.rows} == {"presence"}


async def test_a_value_that_no_packet_has_is_doubted_and_taken() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        example_frames(app.mesh)
        pane = await settle(app, pilot)
        doubt = "no known type is tetx; did you mean text?"

        await pilot.press("slash", *"type!=te")
        assert "Tab text" in app.screen_text()
        assert "no known" not in app.screen_text()
        await pilot.press(*"tx")
        assert f" at 7: {doubt}" in app.screen_text()
        assert pane._filter._input.has_class("-doubtful")
        assert len(pane.view.rows) == 6

        await pilot.press("enter")
        assert pane.status() == f"filter: type!=tetx ({doubt})"
        pane.receive_hint("type!=text")
        assert pane.status() == "filter: type!=text"


async def test_kinds_that_were_not_heard_yet_are_proposed_after_those_that_were() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        example_frames(app.mesh)
        pane = await settle(app, pilot)

        await pilot.press("slash", *"type==")
        candidates = pane._filter._input.proposals.candidates
        assert candidates[0] == pane.view.rows[-1].summary.kind
        assert "group-text" in candidates

        await pilot.press(*"adv", "tab")
        assert pane.view.filter_text == "type==advert"


async def test_tab_completes_fields_and_values_seen() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        example_frames(app.mesh)
        pane = await settle(app, pilot)

        await pilot.press("slash", "t", "y", "tab")
        await pilot.press("equals_sign", "equals_sign", "p", "tab")
        await pilot.pause()

        assert pane.view.filter_text == "type==presence"
        assert len(pane.view.rows) == 1


async def test_only_the_selected_packet_is_taken_apart() -> None:
    app = host()
    asked: list[bytes] = []
    dissect = app.mesh.dissect
    app.mesh.dissect = lambda net, frame: asked.append(frame.payload) or dissect(net, frame)
    async with app.run_test(size=SIZE) as pilot:
        for number in range(30):
            text_frame(app.mesh, f"m{number}", payload=b"%d" % number)
        await settle(app, pilot)

        assert asked == [b"29"]


async def test_a_field_lights_its_bytes_in_the_buffer_they_are_in() -> None:
    app = host()
    plain = DissectedField("text", "hi", 1, 3, buffer=1)
    fields = (DissectedField("nonce", "6263", 1, 3), plain)
    app.mesh.dissections[b"abcdef"] = Dissection(
        NETWORK, "sealed", fields, buffers=(("decrypted", b"[hi]"),)
    )
    async with app.run_test(size=SIZE) as pilot:
        text_frame(app.mesh, "m")
        pane = await settle(app, pilot)
        await pilot.press("enter", "j", "j")
        await pilot.pause()
        assert (pane._parts.hex_view.shown_buffer, pane._parts.hex_view._lit) == (0, range(1, 3))

        await pilot.press("j")
        await pilot.pause()

        assert (pane._parts.hex_view.shown_buffer, pane._parts.hex_view._lit) == (1, range(1, 3))
        assert "5b 68 69 5d" in app.screen_text()
        assert "decrypted 4 B" in app.screen_text()
        await pilot.press("b")
        assert pane._parts.hex_view.shown_buffer == 0


async def test_why_a_packet_was_not_opened_is_always_a_line_of_its_own() -> None:
    app = host()
    app.mesh.dissections[b"abcdef"] = Dissection(
        NETWORK, "sealed", (), problems=("odd ttl",), why="no key for MESH-F1"
    )
    async with app.run_test(size=SIZE) as pilot:
        text_frame(app.mesh, "m", reason="bad-tag", detail="the tag is wrong")
        await settle(app, pilot)

        lines = [line.split("  ")[0].strip() for line in app.screen_text().splitlines()]
        assert "not opened: no key for MESH-F1" in lines
        assert "the tag is wrong" in lines
        assert "odd ttl" in lines


async def test_the_packets_of_one_message_are_shown_alone_and_escape_brings_all_back() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        for message_id in ("a", "b", "a", "c", "a"):
            text_frame(app.mesh, message_id)
        pane = await settle(app, pilot)

        await pilot.press("f")
        assert [row.number for row in pane.view.rows] == [1, 3, 5]
        await pilot.press("escape")

        assert len(pane.view.rows) == 5


async def test_two_marked_packets_are_compared() -> None:
    app = host()
    for payload, hops in ((b"one", "1"), (b"two", "2")):
        fields = (DissectedField("id", "m"), DissectedField("hops", hops))
        app.mesh.dissections[payload] = Dissection(NETWORK, "", fields)
    async with app.run_test(size=SIZE) as pilot:
        text_frame(app.mesh, "m", payload=b"one")
        text_frame(app.mesh, "m", payload=b"two")
        pane = await settle(app, pilot)

        await pilot.press("k", "space", "j", "space")
        await pilot.pause()

        screen = app.screen_text()
        assert "A #1, B #2: 1 differ, 1 alike" in screen
        assert "A 1" in screen
        assert "B 2" in screen
        await pilot.press("escape")
        assert pane._list.marked == ()
        assert "differ" not in app.screen_text()


async def test_copying_gives_hex_and_json() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        text_frame(app.mesh, "m", payload=b"\x01\xff")
        await settle(app, pilot)

        await pilot.press("Y", "y")
        await pilot.pause()

        assert app.copied[0] == "01ff"
        assert json.loads(app.copied[1])["hex"] == "01ff"


async def test_export_writes_what_the_filter_lets_through(tmp_path: Path) -> None:
    app = host(folder=tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        example_frames(app.mesh)
        pane = await settle(app, pilot)
        pane.receive_hint("verdict==dropped")
        app.mesh.now_ms = START_MS

        await pilot.press("e", "enter")
        await app.workers.wait_for_complete()
        await pilot.pause()

    path = tmp_path / "packets-20261120-210000.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert [record["summary"]["verdict"] for record in records] == ["dropped"]
    assert str(path) in app.notices[-1]


async def test_a_failed_export_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    app = host(folder=tmp_path / "file")
    async with app.run_test(size=SIZE) as pilot:
        text_frame(app.mesh, "m")
        await settle(app, pilot)

        await pilot.press("e", "enter")
        await app.workers.wait_for_complete()
        await pilot.pause()

        assert app.notices[-1].startswith("Not written")


async def test_maximising_gives_one_part_the_pane_and_back() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        text_frame(app.mesh, "m")
        pane = await settle(app, pilot)
        await pilot.press("enter", "backslash")
        await pilot.pause()
        assert pane._parts.tree_view.size.height > 20
        assert not pane._list.size

        await pilot.press("backslash")
        await pilot.pause()

        assert pane._list.size


async def test_hostile_texts_reach_the_screen_harmless() -> None:
    evil = "\x1b]52;c;AAAA\x07[red]x[/]\u202e\x9b2J"
    app = host()
    app.mesh.dissections[b"abcdef"] = Dissection(
        NETWORK,
        evil,
        (DissectedField(evil, evil, note=evil, children=(DissectedField(evil, evil),)),),
        problems=(evil,),
        why=evil,
        buffers=((evil, b"\x1b[2J"),),
    )
    async with app.run_test(size=(160, 40)) as pilot:
        text_frame(app.mesh, evil, source=evil, destination=evil, reason=evil, detail=evil)
        pane = await settle(app, pilot)
        pane.receive_hint(f'id~"{evil[1:5]}"')
        await pilot.press("enter", "j", "j", "j", "j", "j")
        await pilot.pause()

        screen = app.screen_text() + pane.title() + pane.status() + "".join(app.notices)
        assert "[red]x[/]" in screen
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(screen)


async def test_names_learned_later_are_shown_and_filtered_by() -> None:
    app = host(FakeMesh())
    async with app.run_test(size=SIZE) as pilot:
        text_frame(app.mesh, "m", source=ALICE)
        pane = await settle(app, pilot)
        assert str(ALICE)[:9] in app.screen_text()

        app.mesh.hear(seeded_mesh().known[ALICE][0])
        await settle(app, pilot)

        assert "alice" in app.screen_text()
        pane.receive_hint("from~ali")
        assert len(pane.view.rows) == 1


async def test_no_key_typed_after_tab_overtakes_it() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        text_frame(app.mesh, "m")
        pane = await settle(app, pilot)
        await pilot.press("slash", "t", "y")
        field = pane._filter._input

        for key, character in (("tab", None), ("equals_sign", "="), ("equals_sign", "=")):
            field.post_message(events.Key(key, character))
        field.post_message(events.Key("a", "a"))
        await pilot.pause()
        await pilot.pause()

        assert pane._filter.text == "type==a"


async def test_no_key_typed_after_the_slash_is_taken_for_a_command() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        text_frame(app.mesh, "m")
        pane = await settle(app, pilot)

        for key, character in (("slash", "/"), *((letter, letter) for letter in "type")):
            app.post_message(events.Key(key, character))
        for _ in range(5):
            await pilot.pause()

        assert pane._filter.text == "type"
        assert not pane._ask.is_open


async def test_a_filter_that_leaves_few_rows_leaves_none_of_them_out_of_sight() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        for number in range(60):
            text_frame(app.mesh, f"m{number % 30}")
        pane = await settle(app, pilot)
        await pilot.press("k", "k", "f")
        await pilot.pause()

        assert pane._list.visible_rows == (0, 1)


async def test_another_packet_is_read_from_its_top_so_that_why_is_seen() -> None:
    app = host()
    fields = tuple(DissectedField(f"f{index}", "v", 0, 1) for index in range(40))
    app.mesh.dissections[b"abcdef"] = Dissection(NETWORK, "sealed", fields, why="no key")
    async with app.run_test(size=SIZE) as pilot:
        for number in range(3):
            text_frame(app.mesh, f"m{number}")
        pane = await settle(app, pilot)
        await pilot.press("enter", "G", "shift+tab", "k")
        await pilot.pause()

        assert pane._parts.tree_view.cursor == 0
        assert "not opened: no key" in app.screen_text()


@pytest.mark.parametrize("size", [(20, 6), (40, 12), (69, 20), (80, 24), (200, 60)])
async def test_the_inspector_draws_at_any_size_and_after_any_change_of_it(size) -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        example_frames(app.mesh)
        pane = await settle(app, pilot)

        for keys in ("vertical_line", "enter", "backslash", "j", "backslash", "slash"):
            await pilot.press(keys)
            await pilot.resize_terminal(*size)
            await pilot.pause()

        assert pane.size.width == size[0]
        assert pane._filter.is_open
