"""The brokers that packets go to, under the user's hands."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from meshtui.model.event import FrameReceived
from meshtui.model.ids import LinkId, NetworkName
from meshtui.model.packet import Frame, PacketSummary, RxMeta, Verdict
from meshtui.model.publishing import OutputStatus, Preview, PreviewKind, PublisherState, TokenStatus
from meshtui.tui.panes.publishers import PublishersPane
from meshtui.tui.text.glyphs import PLAIN
from tests.support.fake_mesh import FakeMesh
from tests.support.fake_publishing import FakePublishing, one_broker, payload_of, ten_brokers
from tests.support.hostile_texts import HOSTILE
from tests.support.mesh_scenes import seeded_mesh
from tests.support.pane_host import PaneHost, desk_of
from tests.support.tui_app import app_on, lines_of, settle, text_of
from tests.tui.test_hostile_screen import check

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZE = (80, 24)


def mesh_with(service: FakePublishing | None = None) -> FakeMesh:
    mesh = FakeMesh()
    mesh.service = service or ten_brokers(mesh.now_ms)
    return mesh


def few(mesh: FakeMesh, count: int) -> FakeMesh:
    kept = mesh.service.service.publishers[:count]
    mesh.service.service = replace(mesh.service.service, publishers=kept)
    return mesh


async def rest(app: PaneHost, pilot: Pilot[None]) -> str:
    """Let it draw; gives the screen."""
    app.pane.refresh_now()
    for _ in range(3):
        await pilot.pause()
    return app.screen_text()


# -- what is shown ---------------------------------------------------------------------------------


async def test_ten_brokers_and_the_details_of_one_fit_the_smallest_window() -> None:
    app = PaneHost(mesh_with(), PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        lines = (await rest(app, pilot)).splitlines()

        assert lines[0].startswith(" Hilltop 7E766267  ● radio up  12,345 captured")
        assert lines[1] == " filter none, everything leaves  file packets.jsonl 12,278 written"
        assert [line.split()[0].lstrip("▸") for line in lines[4:13]] == [
            f"mqtt{number}" for number in range(2, 11)
        ]
        assert lines[3].startswith("▸ mqtt1  ● up")
        assert "config.ini, line 41: mqtt7_port = 99999 is no port" in lines[9]
        assert "mqtt1  wss://mqtt-us-v1.letsmesh.net:443/mqtt" in lines[13]
        assert "valid 21 h, renews in 9 h; signed by the radio" in "\n".join(lines[14:])
        assert app.pane.title() == "PUBLISHERS 10 · 4 up · 1 paused"


async def test_few_brokers_have_a_second_line_that_says_why() -> None:
    app = PaneHost(few(mesh_with(), 3), PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        lines = (await rest(app, pilot)).splitlines()

        assert lines[4].strip() == "token 3 h old, renews in 9 h, signed by the radio"
        assert lines[6].strip().startswith("again in 48 s; the broker closed the connection")
        assert lines[9].startswith(" mqtt1  wss://")


async def test_a_wide_window_has_details_and_message_beside_the_rows() -> None:
    app = PaneHost(mesh_with(), PublishersPane)
    async with app.run_test(size=(140, 40)) as pilot:
        text = await rest(app, pilot)

        first = text.splitlines()[2]
        assert "broker state" in first
        assert "mqtt1  wss://mqtt-us-v1.letsmesh.net:443/mqtt" in first
        assert '"hash": "A1B2C3D4E5F60718"' in text


async def test_the_cursor_chooses_whose_details_and_message_are_shown() -> None:
    app = PaneHost(mesh_with(), PublishersPane)
    async with app.run_test(size=(100, 40)) as pilot:
        assert "LAST MESSAGE SENT" in await rest(app, pilot)

        await pilot.press("j")
        text = await rest(app, pilot)
        assert "why       the broker closed the connection" in text
        assert "NEXT MESSAGE, first in the queue" in text

        await pilot.press("G")
        assert "1,234,567 published · 40 dropped" in await rest(app, pilot)


async def test_without_a_service_the_pane_says_how_to_set_it_up() -> None:
    app = PaneHost(FakeMesh(), PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        text = await rest(app, pilot)

        assert "meshtui capture --config config.ini" in text
        assert 'mqtt1_topic_status = "meshcore/{IATA}/{PUBLIC_KEY}/status"' in text
        assert "# filter =" in text
        assert app.pane.title() == "PUBLISHERS"
        await pilot.press("p", "R", "T", "f", "enter", "c", "b")
        await rest(app, pilot)
        assert all("othing" in notice or "no message" in notice for notice in app.notices)


async def test_a_service_without_brokers_shows_what_it_writes() -> None:
    mesh = few(mesh_with(), 0)
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        text = await rest(app, pilot)
        await pilot.press("p", "enter", "c")

        assert "packets.jsonl 12,278 written" in text
        assert app.notices == [
            "Nothing is published: there is no broker",
            "There is no message yet",
        ]


async def test_what_is_wrong_with_the_service_takes_a_line_and_gives_it_back() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        before = await rest(app, pilot)
        mesh.service.service = replace(mesh.service.service, problem="no radio said who it is")
        assert "▲ no radio said who it is" in (await rest(app, pilot)).splitlines()[2]

        mesh.service.service = replace(mesh.service.service, problem="")
        assert await rest(app, pilot) == before


async def test_rows_keep_their_lines_whatever_is_wrong_with_the_service() -> None:
    mesh = few(mesh_with(), 4)
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        before = (await rest(app, pilot)).splitlines()[3:11]
        output = OutputStatus("x", reason="the disk is full: " * 20)
        mesh.service.service = replace(mesh.service.service, problem="away " * 30, output=output)

        assert (await rest(app, pilot)).splitlines()[7:15] == before


async def test_hex_uses_the_width_it_has() -> None:
    app = PaneHost(mesh_with(), PublishersPane)
    async with app.run_test(size=(140, 40)) as pilot:
        await rest(app, pilot)
        await pilot.press("b", "b")
        assert "0008 22 3a 22 48 69 6c 6c 74" in await rest(app, pilot)

        await pilot.press("enter")
        await pilot.pause()
        text = app.screen_text()
        assert "0010 6f 70 22 2c" in text
        assert "0008 " not in text


# -- only what changes is drawn --------------------------------------------------------------------


async def test_nothing_is_drawn_while_nothing_happens_and_little_when_something_does() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        pane, drawn = app.pane, []
        for widget in pane.query("*"):
            widget.refresh = lambda *regions, _of=widget, **_: drawn.append((_of.id, regions))

        await rest(app, pilot)
        assert drawn == []

        mesh.service.change("mqtt3", published=12_279)
        await rest(app, pilot)
        [(where, [region])] = drawn
        assert where == "publisher-list"
        assert (region.y, region.height) == (2, 1)
        assert region.width < SIZE[0] // 2


async def test_it_asks_the_service_only_while_it_is_shown() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        app.pane.display = False
        await pilot.pause()
        mesh.service.change("mqtt1", published=5)
        app.pane._refresh_if_shown()
        assert app.pane.book.selected.published == 12_278

        app.pane.display = True
        for _ in range(3):
            await pilot.pause()
        assert app.pane.book.selected.published == 5


async def test_who_reads_on_in_the_details_is_not_thrown_back_by_a_counter() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        await pilot.press("tab", *"jjjj")
        before = await rest(app, pilot)
        mesh.service.change("mqtt1", queued=7)
        after = await rest(app, pilot)

        assert before.splitlines()[13] == after.splitlines()[13]
        assert before.splitlines()[14:] == after.splitlines()[14:]
        assert "state" not in after.splitlines()[14]
        await pilot.press("escape")
        assert app.pane.table.has_focus


# -- what can be done ------------------------------------------------------------------------------


async def test_a_broker_is_paused_and_goes_on() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        await pilot.press("space")
        assert "mqtt1  ● paused" in await rest(app, pilot)
        assert ("p", "go on") in app.pane.context_keys()

        await pilot.press("p")
        assert "mqtt1  ● up" in await rest(app, pilot)
        assert mesh.service.asked == [("pause", "mqtt1"), ("go on", "mqtt1")]
        assert app.notices == [
            "mqtt1: paused: connected, but given no packets",
            "mqtt1: on again",
        ]


async def test_keys_that_come_at_once_mean_the_broker_the_cursor_was_moved_to() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        app.pane.table.action_cursor_by(2)
        app.pane.action_pause_publisher()

        assert mesh.service.asked == [("pause", "mqtt3")]


async def test_try_now_and_a_new_token_are_asked_for_where_they_make_sense() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        assert ("T", "new token") in app.pane.context_keys()
        await pilot.press("R", "T", "j", "R", "T")
        await rest(app, pilot)

        assert mesh.service.asked == [("renew", "mqtt1"), ("retry", "mqtt2"), ("renew", "mqtt2")]
        assert app.notices[0] == "mqtt1 is connected"
        assert ("R", "try now") in app.pane.context_keys()


async def test_a_command_typed_elsewhere_names_brokers_or_means_all_that_run() -> None:
    mesh = few(mesh_with(), 8)
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        app.pane.receive_hint("pause-publisher 3")
        app.pane.receive_hint("resume-publisher mqtt4 mqtt3")
        app.pane.receive_hint("retry-publisher mqtt9")
        app.pane.receive_hint("pause-publisher ")
        await pilot.pause()

        assert mesh.service.asked[:3] == [
            ("pause", "mqtt3"),
            ("go on", "mqtt4"),
            ("go on", "mqtt3"),
        ]
        assert [name for _, name in mesh.service.asked[3:]] == [f"mqtt{n}" for n in range(1, 7)]
        assert app.notices[2].startswith("No broker mqtt9; there are: mqtt1, mqtt2")
        assert app.notices[3].startswith("mqtt1, mqtt2, mqtt3 and 3 others: paused")


async def test_who_cannot_run_says_why_nothing_is_done() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        await pilot.press("j", "j", "T", *"jjjj", "p", "j", "p", "R")
        await rest(app, pilot)

        assert mesh.service.asked == []
        assert app.notices == [
            "mqtt3 does not log in with a token",
            "mqtt7 cannot run: see its reason",
            "mqtt8 is off: mqtt8_enabled in the settings",
            "mqtt8 is off: mqtt8_enabled in the settings",
        ]


# -- the message -----------------------------------------------------------------------------------


async def test_the_message_has_the_pane_for_itself_stands_still_and_shows_its_bytes() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        await pilot.press("enter")
        text = await rest(app, pilot)
        assert "Hilltop 7E" not in text
        assert '"timestamp": "2026-11-20T21:00:07.113000+00:00"' in text

        newer = Preview(
            PreviewKind.LAST, "t/other", payload_of({"origin": "newer"}), 0, is_retained=False
        )
        mesh.service.previews["mqtt1"] = newer
        assert await rest(app, pilot) == text

        await pilot.press("b")
        assert '{"origin":"Hilltop","origin_id":"7E76' in await rest(app, pilot)
        await pilot.press("b")
        assert "0000 7b 22 6f 72 69 67 69 6e" in await rest(app, pilot)
        await pilot.press("b", "escape")
        assert "t/other" in "\n".join(
            "".join(part for part, _ in line) for line in app.pane.detail._content
        )
        assert app.pane.table.has_focus
        await pilot.press("enter")
        assert '"origin": "newer"' in await rest(app, pilot)


async def test_what_is_copied_is_what_is_shown_byte_for_byte() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        await pilot.press("c", "j", "y")
        await rest(app, pilot)

        assert app.copied == [payload_of().decode()] * 2
        assert json.loads(app.copied[0])["origin"] == "Hilltop"


async def test_the_message_of_a_service_that_knows_no_topic_yet_is_not_made_up() -> None:
    mesh = mesh_with()
    mesh.service.previews["mqtt1"] = None
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        await pilot.press("enter", "c")

        assert "No message: the radio has not" in await rest(app, pilot)
        assert app.notices == ["There is no message yet"]


# -- the filter ------------------------------------------------------------------------------------


def heard(mesh: FakeMesh, kind: str, endpoint: str = "") -> None:
    frame = Frame(LinkId("ttyUSB0"), kind.encode(), mesh.at(), RxMeta(-90, 5.0), endpoint)
    summary = PacketSummary(kind, Verdict.HANDLED)
    mesh.emit(FrameReceived(NetworkName("meshcore"), frame, summary))


async def test_a_filter_is_tried_while_it_is_typed_and_in_force_from_enter_on() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        for kind in ("advert", "text", "advert"):
            heard(mesh, kind)
        heard(mesh, "advert", "companion")
        await app.feed()
        await rest(app, pilot)
        await pilot.press("f")
        text = await rest(app, pilot)
        assert "3 of the last 3 leave" in text
        assert " filter from Enter until the program ends; the settings key filter keeps it" in text
        assert ("Tab", "complete") in app.pane.context_keys()

        await pilot.press(*"type==ad", "tab")
        text = await rest(app, pilot)
        assert "type==advert" in text
        assert "2 of the last 3 leave" in text
        assert mesh.service.asked == []

        await pilot.press("enter")
        text = await rest(app, pilot)
        assert mesh.service.asked == [("filter", "type==advert")]
        assert " filter type==advert" in text.splitlines()[1]
        assert app.notices == ["In force until the program ends, also for 1,219 that wait already"]
        assert app.pane.table.has_focus


async def test_a_bad_filter_is_told_and_does_not_leave_the_line() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        await pilot.press("slash", *"hops<two", "enter")
        text = await rest(app, pilot)

        assert " at 6: " in text
        assert app.pane.filter_line.is_open
        assert mesh.service.asked == []

        await pilot.press("escape")
        assert "at 6" not in await rest(app, pilot)
        app.pane.receive_hint("filter-published hops<two")
        await pilot.pause()
        assert len(app.notices) == 1


async def test_a_filter_for_what_no_packet_is_is_doubted_as_long_as_it_is_in_force() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        await pilot.press("f", *"type==advrt")
        assert " at 7: no known type is advrt; did you mean advert?" in await rest(app, pilot)

        await pilot.press("enter")
        text = await rest(app, pilot)

        assert mesh.service.asked == [("filter", "type==advrt")]
        assert " filter: no known type is advrt; did you mean advert?" in text.splitlines()[2]
        assert app.notices[0].endswith("; no known type is advrt; did you mean advert?")


async def test_letters_are_text_while_a_filter_is_typed_and_esc_leaves_the_old_one() -> None:
    mesh = mesh_with()
    mesh.service.set_filter("type==text")
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        await pilot.press("f", *"pRTcb j", "escape")

        assert "filter type==text" in (await rest(app, pilot)).splitlines()[1]
        assert mesh.service.asked == [("filter", "type==text")]
        assert app.copied == []


async def test_an_empty_filter_lets_everything_leave_again() -> None:
    mesh = mesh_with()
    mesh.service.set_filter("type==text")
    app = PaneHost(mesh, PublishersPane)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        await pilot.press("f", "ctrl+u", "enter")

        assert "none, everything leaves" in await rest(app, pilot)
        assert app.notices[0].startswith("In force until the program ends")


# -- in the program --------------------------------------------------------------------------------


async def test_keys_and_typed_commands_lead_there() -> None:
    mesh = seeded_mesh()
    mesh.service = ten_brokers(mesh.now_ms)
    app = app_on(mesh)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.screen.chat.run_slash("/pause mqtt3")
        await settle(pilot)
        assert "mqtt3  ● paused" in text_of(app)
        assert "mqtt3: paused: connected, but given no packets" in lines_of(app)[-1]

        await pilot.press("escape")
        await settle(pilot)
        app.screen.chat.run_slash("/publish-filter type==advert")
        await settle(pilot)
        assert mesh.service.service.filter == "type==advert"

        await pilot.press("escape")
        await settle(pilot)
        app.screen.chat.run_slash("/publish-filter")
        await settle(pilot)
        assert app.screen.pane.filter_line.is_open
        await pilot.press(*" && ", "escape", "escape", "alt+6")
        await settle(pilot)
        assert lines_of(app)[0].startswith(" PUBLISHERS 10")

        await pilot.press("ctrl+p", *"new token", "enter")
        await settle(pilot)
        assert mesh.service.asked[-1] == ("renew", "mqtt1")
        await pilot.press("question_mark")
        await settle(pilot)
        assert "Try this broker now" in text_of(app)


async def test_tab_completes_the_broker_that_a_command_names() -> None:
    mesh = mesh_with()
    app = app_on(mesh)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press(*"/resume m", "tab", "tab")

        assert app.screen.chat.composer.value == "/resume mqtt2"


async def test_the_status_line_has_a_sign_while_a_broker_is_unwell_wherever_one_is() -> None:
    mesh = few(mesh_with(), 1)
    app = app_on(mesh)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        assert "▲" not in lines_of(app)[0]

        mesh.service.change("mqtt1", state=PublisherState.DOWN, is_unwell=True)
        app.screen._look_after_publishers()
        await settle(pilot)
        assert "▲ mqtt1 unwell" in lines_of(app)[0]

        mesh.service.change("mqtt1", state=PublisherState.UP, is_unwell=False)
        mesh.service.service = replace(mesh.service.service, problem="no radio")
        app.screen._look_after_publishers()
        await settle(pilot)
        assert "▲ nothing captured" in lines_of(app)[0]


async def test_plain_glyphs_are_ascii_only() -> None:
    mesh = mesh_with()
    app = PaneHost(mesh, PublishersPane, replace(desk_of(mesh), glyphs=PLAIN))
    async with app.run_test(size=(140, 40)) as pilot:
        text = await rest(app, pilot)
        await pilot.press("enter")

        assert (text + await rest(app, pilot)).isascii()


@pytest.mark.parametrize("size", [(20, 6), (40, 12), (80, 24), (100, 30), (140, 40)])
async def test_any_window_will_do(size) -> None:
    app = PaneHost(mesh_with(), PublishersPane)
    async with app.run_test(size=size) as pilot:
        for keys in ((), ("G", "tab"), ("enter",), ("escape", "f")):
            await pilot.press(*keys)
            await rest(app, pilot)
            assert all(len(line) <= size[0] for line in app.screen_text().splitlines())


async def test_no_text_of_a_broker_or_a_radio_brings_a_control_character_to_the_screen() -> None:
    mesh = seeded_mesh()
    mesh.service = ten_brokers(mesh.now_ms)
    app = app_on(mesh)
    async with app.run_test(size=(140, 40)) as pilot:
        await settle(pilot)
        await pilot.press("f10")
        await settle(pilot)
        states = list(PublisherState)
        for begin in range(0, len(HOSTILE), 10):
            texts = (HOSTILE * 2)[begin : begin + 10]
            rows = [
                one_broker(
                    mesh.now_ms,
                    number,
                    state=states[number % len(states)],
                    where=text,
                    reason=text,
                    topic_packets=text,
                    topic_status=text,
                    token=TokenStatus(1, mesh.now_ms + 1, 2, text),
                )
                for number, text in enumerate(texts, 1)
            ]
            said = json.dumps({"origin": texts, texts[0]: 1}, ensure_ascii=False).encode(
                "utf-8", "replace"
            )
            preview = Preview(PreviewKind.NEXT, texts[0], said, 0, is_retained=False)
            mesh.service.previews = {row.name: preview for row in rows}
            mesh.service.service = replace(
                mesh.service.service,
                publishers=tuple(rows),
                name=texts[1],
                problem=texts[2],
                filter=texts[3],
                output=OutputStatus(texts[4], reason=texts[5]),
            )
            app.screen.pane.refresh_now()
            await settle(pilot, 1)
            check(app, f"publishers {texts!r}")
        await pilot.press("enter", "b")
        await settle(pilot)
        check(app, "message")
