"""Nodes, routes and counters under the user's hands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from meshtui.model.command import ForgetRoute, MarkNode
from meshtui.model.event import NodeHeard, RouteChanged
from meshtui.model.ids import direct_conversation
from meshtui.model.node import NO_MARKS, Node, Position, Route
from meshtui.runtime.api import MetricRow
from meshtui.tui.panes.metrics import MetricsPane
from meshtui.tui.panes.nodes import NodesPane
from meshtui.tui.panes.packets import PacketsPane
from meshtui.tui.panes.routes import RoutesPane
from meshtui.tui.text.glyphs import PLAIN
from meshtui.tui.text.help import help_lines
from tests.support.fake_mesh import LINK, ME, NETWORK, FakeMesh
from tests.support.mesh_scenes import ALICE, BOB, CAROL, DAVE, example_frames, seeded_mesh
from tests.support.pane_host import PaneHost, desk_of

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZE = (80, 24)
EVIL = "\x1b]52;c;AAAA\x07[red]x[/]\u202e\x9b2J"


async def settle(app: PaneHost, pilot: Pilot[None]) -> None:
    await pilot.pause()
    await app.feed()
    app.pane.draw_now()
    await pilot.pause()
    await pilot.pause()


def first_column(app: PaneHost) -> list[str]:
    return [line[4:17].strip() for line in app.screen_text().splitlines()[1:] if line.strip()]


# -- nodes ---------------------------------------------------------------------------------------


async def test_nodes_are_listed_last_heard_first() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)

        assert first_column(app)[:3] == ["alice", "carol", "dave"]
        assert "CHANGED" not in app.screen_text()
        assert "via dave" in app.screen_text()
        assert app.pane.title().startswith("NODES 8 · sort: heard")


async def test_the_sort_order_goes_round_is_remembered_and_keeps_the_cursor_on_its_node() -> None:
    saved: dict[str, str] = {}
    mesh = seeded_mesh()
    app = PaneHost(mesh, NodesPane, desk_of(mesh, saved))
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        await pilot.press("j", "s")

        assert saved == {"nodes.sort": "name"}
        assert app.pane.table.current().node.node_id == CAROL
        assert app.pane.table.cursor == 2

    again = PaneHost(mesh, NodesPane, desk_of(mesh, saved))
    async with again.run_test(size=SIZE):
        assert again.pane.order == "name"


async def test_what_is_heard_moves_up_and_the_cursor_stays_on_its_node() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        app.mesh.hear(replace(app.mesh.known[BOB][0], last_heard_ms=app.mesh.now_ms))
        await settle(app, pilot)

        assert first_column(app)[0] == "bob"
        assert app.pane.table.current().node.node_id == ALICE


async def test_favourite_and_ignore_are_asked_of_the_mesh_and_shown() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        await pilot.press("j", "f")
        await settle(app, pilot)
        await pilot.press("i")
        await settle(app, pilot)

        marks = [command.marks for command in app.submitted if isinstance(command, MarkNode)]
        assert marks == [
            replace(NO_MARKS, is_favourite=True),
            replace(NO_MARKS, is_favourite=True, is_blocked=True),
        ]
        assert app.pane.book.get((NETWORK, CAROL)).marks.is_blocked


async def test_a_filter_takes_words_or_figures() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        await pilot.press("slash", *"dav", "enter")
        assert first_column(app) == ["dave"]

        app.pane.receive_hint("hops<=2 && key==pinned")
        await pilot.pause()

        assert set(first_column(app)) == {"carol", "dave", "grace"}
        await pilot.press("escape")
        await pilot.pause()
        assert len(first_column(app)) == 8


async def test_enter_keeps_a_filter_that_cannot_be_read_to_be_mended() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)

        await pilot.press("slash", *"hops", "less_than_sign", "enter")
        await pilot.pause()

        assert app.pane.filter_line.is_open
        assert "a value is missing here" in app.screen_text()


async def test_keys_lead_to_chat_packets_safety_number_and_clipboard() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        await pilot.press("d", "x", "v", "y", "m", "enter")
        await pilot.pause()

        assert app.opened == [
            direct_conversation(NETWORK, ALICE),
            ("packets", f"from=={ALICE} || to=={ALICE}"),
            ("key", ALICE),
            ("metrics", ""),
        ]
        assert app.copied == [str(ALICE)]
        assert f"{0xA7F2} {0xA7F2 + 1111}" in app.sheets[0]


async def test_nobody_writes_to_oneself_and_a_missing_key_is_told() -> None:
    mesh = FakeMesh()
    mesh.hear(Node(NETWORK, ME, name="me", last_heard_ms=1))
    app = PaneHost(mesh, NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        await pilot.press("d", "v")
        await pilot.pause()

        assert app.opened == []
        assert app.notices == ["That is you.", "No key of this node was heard yet."]


async def test_a_changed_key_is_marked_and_its_review_offered_first() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        app.mesh.change_key(ALICE, "03" + "ab" * 32)
        await settle(app, pilot)

        assert "CHANGED" in app.screen_text()
        assert app.pane.context_keys()[0] == ("v", "review the changed key")


async def test_distance_counts_from_where_we_are() -> None:
    mesh = seeded_mesh()
    mesh.hear(Node(NETWORK, ME, position=Position(48.8566, 2.2522), last_heard_ms=1))
    app = PaneHost(mesh, NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)

        assert "7.3 km E" in app.screen_text()


async def test_a_direct_node_is_one_hop_away_as_in_routes_and_chat() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        app.pane.receive_hint("hops==1")
        await pilot.pause()

        assert set(first_column(app)) == {"alice", "dave"}
        assert "1 hop, direct" in "".join(
            text for line in app.pane._details(app.pane.table.current()) for text, _ in line
        )


async def test_where_nobody_knows_where_we_are_names_have_the_room() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)

        assert "where" not in app.screen_text()


async def test_details_stand_beside_the_table_where_there_is_room() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=(140, 40)) as pilot:
        await settle(app, pilot)
        assert "pinned" in app.pane.detail.text or "verified" in app.pane.detail.text

        await pilot.press("j")
        await pilot.pause()

        assert "carol" in app.pane.detail.text


async def test_ten_thousand_nodes_are_listed_and_sorted() -> None:
    mesh = FakeMesh()
    for index in range(10_000):
        mesh.hear(Node(NETWORK, f"MESH-{index:08X}", name=f"n{index:05}", last_heard_ms=index + 1))
    app = PaneHost(mesh, NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("s", "G")
        await pilot.pause()

        assert "n09999" in app.screen_text()


async def test_a_network_that_nobody_knows_is_doubted() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        app.pane.receive_hint("net==meshcor")
        await pilot.pause()

        assert first_column(app) == []
        assert app.pane.status().endswith("(no known net is meshcor; did you mean meshcore?)")


async def test_a_bad_filter_from_elsewhere_is_told_and_changes_nothing() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        app.pane.receive_hint("hops<<")
        await pilot.pause()

        assert len(first_column(app)) == 8
        assert "value" in app.notices[0]


# -- routes --------------------------------------------------------------------------------------


async def test_routes_show_next_hop_path_and_how_sure() -> None:
    app = PaneHost(seeded_mesh(), RoutesPane)
    app.mesh.now_ms = max(route.last_seen_ms for route in app.mesh.known_routes.values()) + 1
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        screen = app.screen_text()

        assert "direct" in screen
        assert "dave > carol" in screen
        assert {"heard", "acked", "claimed", "stale"} <= set(screen.split())
        assert "hops 1" in screen
        assert "33 %" in screen
        assert app.pane.title() == "ROUTES 6 · 1 link"


async def test_what_sure_means_is_said_in_the_pane() -> None:
    app = PaneHost(seeded_mesh(), RoutesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        await pilot.press("enter")
        await pilot.pause()
        help_text = "".join(text for line in help_lines("routes") for text, _ in line)

        assert "acknowledgements raise it, missing ones halve it" in app.sheets[0]
        assert "How likely what goes this way arrives" in help_text


async def test_routes_tell_how_sure_they_are_within_80_columns() -> None:
    app = PaneHost(seeded_mesh(), RoutesPane)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        alice = app.mesh.known_routes[ALICE]
        app.mesh.now_ms = alice.last_seen_ms + 4_000
        app.pane.consume([RouteChanged(replace(alice, confidence=0.93, rssi_dbm=-88))])
        await settle(app, pilot)
        lines = app.screen_text().splitlines()
        way = next(line for line in lines if "alice" in line)
        await pilot.press("enter")
        await pilot.pause()

        assert way.split()[-4:] == ["mqtt-1", "heard", "93", "%"]
        assert "4 s" in way
        assert any(line.rstrip().endswith("link    learned    sure") for line in lines)
        assert "93 % of what goes this way arrives" in app.sheets[0]
        assert "-88 dBm" in app.sheets[0]


async def test_nodes_show_rssi_and_snr_side_by_side_once_a_radio_has_told_some() -> None:
    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(app, pilot)
        without = app.screen_text()
        node, _ = app.mesh.known[ALICE]
        app.pane.consume([NodeHeard(replace(node, rssi_dbm=-88, snr_db=6.25))])
        await settle(app, pilot)

        assert "snr" not in without
        assert "-88 dBm" in app.screen_text()
        assert "6.2 dB" in app.screen_text()


async def test_forgetting_a_route_asks_the_mesh_and_takes_it_off_the_list() -> None:
    app = PaneHost(seeded_mesh(), RoutesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        await pilot.press("r")
        await settle(app, pilot)

        assert app.submitted == [ForgetRoute(NETWORK, ALICE)]
        assert "alice" not in app.screen_text()


async def test_the_path_is_told_hop_by_hop() -> None:
    app = PaneHost(seeded_mesh(), RoutesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        await pilot.press("j", "enter")
        await pilot.pause()

        assert "hop 1     dave" in app.sheets[0]
        assert "hop 2     carol" in app.sheets[0]
        assert "an acknowledgement came back this way" in app.sheets[0]


async def test_a_new_route_comes_to_the_top() -> None:
    app = PaneHost(seeded_mesh(), RoutesPane)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot)
        app.mesh.learn(Route(NETWORK, BOB, LINK, 2, (DAVE,), app.mesh.now_ms))
        await settle(app, pilot)

        assert app.screen_text().splitlines()[1].split()[0] == "bob"


# -- counters ------------------------------------------------------------------------------------


async def test_counters_are_grouped_with_units_and_shares() -> None:
    app = PaneHost(seeded_mesh(), MetricsPane)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.pause()
        screen = app.screen_text()

        assert "Dropped, by reason" in screen
        assert "310 ms" in screen
        assert "62 %" in screen


@pytest.mark.parametrize("size", [(30, 8), (80, 24), (160, 50)])
async def test_counters_draw_at_any_size(size) -> None:
    app = PaneHost(seeded_mesh(), MetricsPane)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("j", "G", "g")

        assert "Received" in app.screen_text()


# -- all -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [NodesPane, RoutesPane, MetricsPane])
@pytest.mark.parametrize("size", [(20, 5), (160, 40)])
async def test_hostile_names_reach_no_pane_unclean(make, size) -> None:
    mesh = FakeMesh()
    evil_id: Any = "MESH-" + EVIL
    mesh.hear(
        Node(NETWORK, evil_id, name=EVIL, last_heard_ms=1, link_id=EVIL, caps=frozenset({EVIL}))
    )
    mesh.learn(Route(NETWORK, evil_id, EVIL, 2, (evil_id,), 1, source=EVIL))

    async def metrics():
        return [MetricRow(EVIL, EVIL, 3), MetricRow("dropped", EVIL, 1)]

    mesh.metrics = metrics
    app = PaneHost(mesh, make)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("enter", "y")
        await pilot.pause()

        told = app.screen_text() + app.pane.title() + app.pane.status() + "".join(app.sheets)
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(told)


@pytest.mark.parametrize("make", [NodesPane, RoutesPane, MetricsPane, PacketsPane])
async def test_plain_signs_are_ascii_in_every_pane(make) -> None:
    mesh = seeded_mesh()
    for node_id, (node, marks) in mesh.known.items():
        name = node.name if node.name.isascii() else "much too long a name for any column"
        mesh.known[node_id] = (replace(node, name=name), marks)
    desk = replace(desk_of(mesh), glyphs=PLAIN)
    app = PaneHost(mesh, make, desk)
    async with app.run_test(size=(70, 20)) as pilot:
        example_frames(mesh)
        await pilot.pause()
        await app.feed()
        await pilot.pause()

        assert {
            char for char in app.screen_text() + app.pane.title() if not char.isascii()
        } == set()


async def test_times_are_shown_in_the_unit_that_suits_them() -> None:
    mesh = seeded_mesh()

    async def metrics():
        return [
            MetricRow("latency_ms/sim", "average", 47_078.71),
            MetricRow("latency_ms/sim", "p95", 300_000.0),
            MetricRow("rtt_ms", "average", 12.0),
        ]

    mesh.metrics = metrics
    app = PaneHost(mesh, MetricsPane)
    async with app.run_test(size=SIZE) as pilot:
        await app.feed()
        await pilot.pause()
        await pilot.pause()
        shown = app.screen_text()
        assert "47.1 s" in shown
        assert "5 min" in shown
        assert "12 ms" in shown
