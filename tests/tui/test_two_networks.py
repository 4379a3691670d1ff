"""Two networks side by side: one list of chats, one ring, one list of nodes, one of ways."""

from __future__ import annotations

from dataclasses import replace

from meshtui.errors import LocalProtocolError
from meshtui.model.command import Advertise, JoinChannel, LeaveChannel, MarkNode, SendText
from meshtui.model.ids import NodeId, direct_conversation
from meshtui.model.link import LinkKind
from meshtui.model.message import Channel, DeliveryState
from meshtui.tui.panes.nodes import NodesPane
from meshtui.tui.panes.routes import RoutesPane
from tests.support.fake_mesh import NETWORK, FakeMesh
from tests.support.mesh_scenes import ALICE, PARIS
from tests.support.pane_host import PaneHost
from tests.support.tui_app import app_on, lines_of, settle, text_of
from tests.support.two_networks import (
    DORA,
    MESHCORE,
    PUBLIC,
    RIDGE,
    TEST,
    USB,
    WITH_ROOM,
    two_networks,
)

SMALL, LARGE = (80, 24), (140, 40)


def of(kind: type, mesh) -> list:
    return [command for command in mesh.submitted if isinstance(command, kind)]


async def opened(pilot, conversation) -> None:
    await settle(pilot)
    pilot.app.screen.chat.open_conversation(conversation)
    await settle(pilot)


async def test_the_list_of_chats_is_grouped_by_network_and_names_channels_as_they_are() -> None:
    async with app_on(two_networks()).run_test(size=LARGE) as pilot:
        await opened(pilot, PARIS)
        rows = [line[:25].strip() for line in lines_of(pilot.app)]

    json_at, core_at = rows.index("JSON mesh"), rows.index("MeshCore")
    assert any("#bitcoin-paris" in row for row in rows[json_at:core_at])
    assert any(row.endswith("1 Public") for row in rows[core_at:])
    assert "#test" in rows[core_at:]
    assert any(row.endswith("Town room      room") for row in rows[core_at:])


async def test_a_filter_in_force_is_said_even_where_the_links_lose_their_names_for_it() -> None:
    async with app_on(two_networks()).run_test(size=SMALL) as pilot:
        await settle(pilot)
        await pilot.press("f8")
        await settle(pilot)
        assert USB in lines_of(pilot.app)[0]

        pilot.app.screen.pane.apply_filter("type==group-text && hops>2 && snr<-5")
        await settle(pilot)
        status = lines_of(pilot.app)[0]

    assert USB not in status
    assert "filter: type==group-text && hop" in status


async def test_one_ring_goes_through_the_unread_of_all_networks() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        mesh.say(ALICE, "hi")
        mesh.say(NodeId("~x"), "anybody?", PUBLIC)
        await settle(pilot)
        opened_ids = []
        for _ in range(3):
            await pilot.press("alt+a")
            await settle(pilot)
            opened_ids.append(pilot.app.screen.chat.book.open_id)

    assert set(opened_ids[:2]) == {direct_conversation(NETWORK, ALICE), PUBLIC}


async def test_the_first_chat_that_ever_comes_is_opened() -> None:
    mesh = FakeMesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await settle(pilot)
        before = pilot.app.screen.chat.book.open_id
        mesh.announce(Channel(MESHCORE, "Public", is_joined=True))
        await settle(pilot)

        assert before is None
        assert pilot.app.screen.chat.book.open_id == PUBLIC


async def test_the_status_line_says_which_network_is_talked_in() -> None:
    async with app_on(two_networks()).run_test(size=LARGE) as pilot:
        await opened(pilot, TEST)
        core = lines_of(pilot.app)[0]
        await opened(pilot, PARIS)
        json = lines_of(pilot.app)[0]

    assert "#test  MeshCore: public by name, senders unproven" in core
    assert "#bitcoin-paris  JSON mesh: public by name" in json


async def test_authors_of_channels_and_rooms_are_named() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PUBLIC)
        mesh.say(NodeId("~Hill radio"), "I am you", PUBLIC)
        await settle(pilot)
        channel = text_of(pilot.app)
        await opened(pilot, WITH_ROOM)
        room = text_of(pilot.app)

    assert " dora " in channel
    assert "~Hill radio" in channel  # our own name, claimed by somebody
    assert " dora " in room
    assert "d0a70e0e" not in room


async def test_a_message_to_another_network_goes_there() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        await pilot.press(*"hello", "enter")
        await settle(pilot)
        mesh.progress(mesh.last_own(), DeliveryState.RELAYED, repeats=2)
        await settle(pilot)
        shown = text_of(pilot.app)

    assert of(SendText, mesh)[0].conversation == TEST
    assert "~2" in shown


async def test_commands_follow_the_open_chats_network() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        chat = pilot.app.screen.chat
        for line in ("/nick Hugo", "/join weather-alps", "/join json paris", "/block ~dora"):
            chat.run_slash(line)
            await settle(pilot)
        await opened(pilot, PUBLIC)
        chat.run_slash("/block dora")
        await settle(pilot)
        await opened(pilot, TEST)
        chat.run_slash("/leave")
        await settle(pilot)

    # by companion radio we have its name: one of ours is told where we are the node
    assert [each.network for each in of(Advertise, mesh)] == [NETWORK]
    assert [(each.network, each.name) for each in of(JoinChannel, mesh)] == [
        (MESHCORE, "#weather-alps"),
        (NETWORK, "paris"),
    ]
    assert of(MarkNode, mesh)[-1].node_id == DORA
    assert of(LeaveChannel, mesh)[0] == LeaveChannel(MESHCORE, "#test")


async def test_a_new_name_is_told_where_we_are_the_node_and_says_so() -> None:
    mesh, kept = two_networks(), {}

    async with app_on(mesh, remember=kept.__setitem__).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        pilot.app.screen.chat.run_slash("/nick Hugo")
        await settle(pilot)
        shown = text_of(pilot.app)

    assert kept["name"] == "Hugo"
    assert "You are Hugo now on JSON mesh; the MeshCore radio keeps its name: /set-name" in shown


async def test_by_a_companion_radio_alone_a_new_name_is_not_taken() -> None:
    mesh, kept = two_networks(), {}
    mesh.myself = lambda: tuple(mesh.other_selves)

    async with app_on(mesh, remember=kept.__setitem__).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        pilot.app.screen.chat.run_slash("/nick Hugo")
        await settle(pilot)
        shown = text_of(pilot.app)

    assert "Your name here is the radio's own: /set-name Hugo" in shown
    assert kept == {}
    assert of(Advertise, mesh) == []


async def test_with_a_modem_we_are_the_node_and_take_the_name() -> None:
    mesh, kept = two_networks(), {}
    mesh.link_infos[USB] = replace(mesh.link_infos[USB], kind=LinkKind.MODEM)

    async with app_on(mesh, remember=kept.__setitem__).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        pilot.app.screen.chat.run_slash("/nick Hugo")
        await settle(pilot)
        shown = text_of(pilot.app)

    assert {each.network for each in of(Advertise, mesh)} == {MESHCORE, NETWORK}
    assert "You are Hugo now " in shown


async def test_a_name_that_is_refused_is_not_kept() -> None:
    mesh, kept = two_networks(), {}

    async def refuse(command) -> None:
        if isinstance(command, Advertise):
            raise LocalProtocolError("a name has at most 32 characters")

    mesh.submit = refuse
    async with app_on(mesh, remember=kept.__setitem__).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        pilot.app.screen.chat.run_slash("/nick Hugo")
        await settle(pilot)

    assert kept == {}


async def test_a_direct_chat_is_opened_on_the_nodes_own_network() -> None:
    async with app_on(two_networks()).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        chat = pilot.app.screen.chat
        chat.run_slash("/dm alice")
        await settle(pilot)
        json = chat.book.open_id
        chat.run_slash("/dm 7e7662")
        await settle(pilot)

        assert json == direct_conversation(NETWORK, ALICE)
        assert chat.book.open_id == direct_conversation(MESHCORE, RIDGE)


async def test_the_author_of_a_channel_text_is_written_to_as_the_node_of_that_name() -> None:
    async with app_on(two_networks()).run_test(size=SMALL) as pilot:
        await opened(pilot, PUBLIC)
        await pilot.press("escape", "d")
        await settle(pilot)

        assert pilot.app.screen.chat.book.open_id == direct_conversation(MESHCORE, DORA)


async def test_an_author_nobody_heard_of_cannot_be_written_to() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PUBLIC)
        mesh.say(NodeId("~stranger"), "hello", PUBLIC)
        await settle(pilot)
        await pilot.press("escape", "d")
        await settle(pilot)

        assert pilot.app.screen.chat.book.open_id == PUBLIC
        assert "no node that was heard may be stranger" in text_of(pilot.app)


async def test_the_switcher_marks_chats_and_nodes_with_their_network() -> None:
    async with app_on(two_networks()).run_test(size=SMALL) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+k")
        await pilot.press(*"ridge")
        await settle(pilot)
        shown = text_of(pilot.app)

    assert "node mc" in shown
    assert "7e7662…" in shown


async def fed(app: PaneHost, pilot) -> None:
    await pilot.pause()
    await app.feed()
    app.pane.draw_now()
    await pilot.pause()
    await pilot.pause()


async def test_nodes_show_their_network_short_ids_contacts_and_roles() -> None:
    app = PaneHost(two_networks(), NodesPane)
    async with app.run_test(size=(112, 24)) as pilot:
        await fed(app, pilot)
        ridge = next(line for line in app.screen_text().splitlines() if "Ridge" in line)
        app.pane.set_filter("contact==yes")
        await pilot.pause()
        contacts = app.screen_text()
        app.pane.set_filter("id~7e7662")
        await pilot.pause()
        by_id = app.screen_text()

    assert ridge.split()[:5] == ["+", "Ridge", "Rpt", "7e7662…", "mc"]
    assert "8.5 dB" in ridge
    assert "signed" in ridge
    assert "repeater" in ridge
    assert "dora" in contacts
    assert "South" not in contacts
    assert "Ridge" in by_id
    assert "dora" not in by_id


async def test_ways_say_who_may_be_meant_by_a_relays_first_digits() -> None:
    app = PaneHost(two_networks(), RoutesPane)
    async with app.run_test(size=LARGE) as pilot:
        await fed(app, pilot)
        way = next(line for line in app.screen_text().splitlines() if "dora" in line)
        await pilot.press("enter")
        await pilot.pause()

    assert "66 (1 of 2) > Ridge Rpt" in way
    assert "ambiguous" in way
    assert "perhaps North Rpt" in app.sheets[0]
    assert "perhaps South Rpt" in app.sheets[0]
    assert "its advertisement came this way" in app.sheets[0]


async def test_one_network_alone_is_not_told_in_every_row() -> None:
    from tests.support.mesh_scenes import seeded_mesh

    app = PaneHost(seeded_mesh(), NodesPane)
    async with app.run_test(size=LARGE) as pilot:
        await fed(app, pilot)

        assert " net " not in app.screen_text()
