"""What a person does in the chat, key by key."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from meshtui.model.command import (
    AcceptKey,
    Advertise,
    JoinChannel,
    LeaveChannel,
    MarkNode,
    ResendMessage,
    SendText,
    SetDraft,
    SetNotify,
)
from meshtui.model.ids import NodeId, direct_conversation
from meshtui.model.link import LinkState
from meshtui.model.message import DeliveryState, NotifyLevel, Proof
from meshtui.model.node import PinState
from tests.support.fake_mesh import NETWORK
from tests.support.mesh_scenes import (
    ALICE,
    BOB,
    CAROL,
    ERIN,
    FRANK,
    GRACE,
    PARIS,
    WEATHER,
    busy_mesh,
    seeded_mesh,
    send,
)
from tests.support.tui_app import app_on, lines_of, settle, text_of

SMALL, MIDDLE, LARGE = (80, 24), (100, 30), (140, 40)


def of(kind: type, mesh) -> list:
    return [command for command in mesh.submitted if isinstance(command, kind)]


async def opened(pilot, conversation=PARIS) -> None:
    await settle(pilot)
    pilot.app.screen.chat.open_conversation(conversation)
    await settle(pilot)


async def test_what_is_typed_is_sent_and_its_delivery_is_shown() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"hello", "enter")
        await settle(pilot)
        mesh.progress(mesh.last_own(), DeliveryState.DELIVERED, rtt_ms=1900)
        await settle(pilot)
        shown = text_of(pilot.app)

    assert of(SendText, mesh)[0].text == "hello"
    assert "✓ 1.9 s" in shown


async def test_a_refused_message_stays_in_the_line_and_says_why() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, direct_conversation(NETWORK, FRANK))
        await pilot.press(*"hi", "enter")
        await settle(pilot)

        assert pilot.app.screen.chat.composer.value == "hi"
        assert "has not shown its key yet" in text_of(pilot.app)


async def test_letters_digits_and_signs_are_text_while_composing() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("q", "1", "question_mark", "j", "k", "r")
        await settle(pilot)

        assert pilot.app.screen.chat.composer.value == "q1?jkr"


async def test_a_draft_survives_another_chat_a_resize_and_a_restart() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"half a thought")
        await pilot.resize_terminal(140, 40)
        await pilot.resize_terminal(60, 15)
        await settle(pilot)
        after_resize = pilot.app.screen.chat.composer.value
        await opened(pilot, WEATHER)
    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        after_restart = pilot.app.screen.chat.composer.value

    assert after_resize == after_restart == "half a thought"
    assert of(SetDraft, mesh)


async def test_the_divider_stands_where_reading_begins_and_stays() -> None:
    mesh = busy_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await settle(pilot)
        mesh.say(CAROL, "one more", PARIS)
        await settle(pilot)

        assert mesh.talks[PARIS].unread == 0
        assert "2 new" in text_of(pilot.app)


async def test_the_divider_stands_before_the_first_message_of_somebody_else() -> None:
    mesh = seeded_mesh()
    await send(mesh, PARIS, "written from another window")
    mesh.say(CAROL, "an answer", PARIS)

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await settle(pilot)
        lines = [line for line in lines_of(pilot.app) if line.strip()]

        row = next(index for index, line in enumerate(lines) if "1 new" in line)
        assert "another window" in lines[row - 1]
        assert "an answer" in lines[row + 1]


async def test_a_failed_message_leaves_the_words_their_room() -> None:
    mesh = seeded_mesh()
    words = "forty-six cells of text are here in one line.."
    mine = await send(mesh, PARIS, words)
    mesh.progress(mine, DeliveryState.FAILED, reason="no answer after 3 attempts")

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)

        assert words in text_of(pilot.app)


async def test_a_long_title_keeps_away_from_the_signs_at_the_right() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=(64, 24)) as pilot:
        await opened(pilot, PARIS)
        mesh.say(BOB, "psst")
        await settle(pilot)

        assert " !1 " in lines_of(pilot.app)[0]


async def test_enter_tells_all_of_the_selected_message() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("escape", "enter")
        await settle(pilot)
        shown = text_of(pilot.app)
        await pilot.press("escape")
        await settle(pilot)

        assert "any member of the channel could have written it" in shown
        assert "any member of the channel" not in text_of(pilot.app)


async def test_a_narrow_key_line_holds_whole_words_and_where_help_is() -> None:
    async with app_on(seeded_mesh(), glyphs="plain").run_test(size=(40, 12)) as pilot:
        await opened(pilot)

        assert lines_of(pilot.app)[-1].strip() == "F2 chats  Alt+A next unread  F1 help"
        assert "…" not in text_of(pilot.app)


@pytest.mark.parametrize("size", [SMALL, (40, 15)])
async def test_a_long_notice_says_its_end_too_and_gives_the_lines_back(size) -> None:
    words = "the radio's clock is 745 s ahead of ours, and no clock is set back: reboot it, or wait"

    async with app_on(seeded_mesh()).run_test(size=size) as pilot:
        await opened(pilot)
        before = lines_of(pilot.app)
        pilot.app.screen.tell(words, is_error=True)
        await settle(pilot)
        told = lines_of(pilot.app)
        pilot.app.screen._drop_notice()
        await settle(pilot)

        assert lines_of(pilot.app) == before
    assert words in " ".join(" ".join(told[-3:]).split())
    assert len(told) == size[1]


async def test_a_notice_without_end_takes_three_lines_at_most() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        pilot.app.screen.tell("word " * 200)
        await settle(pilot)
        lines = lines_of(pilot.app)

    assert [line.startswith(" word word") for line in lines[-4:]] == [False, True, True, True]
    assert lines[-1].rstrip().endswith("…")


async def test_two_quick_digits_make_one_pane_and_it_misses_nothing() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await settle(pilot)
        screen = pilot.app.screen
        await asyncio.gather(screen.open_pane("nodes"), screen.open_pane("nodes"))
        await settle(pilot)

        assert len(screen.query("NodesPane")) == 1


async def test_the_third_column_tells_of_the_peer_from_the_first_moment() -> None:
    async with app_on(seeded_mesh()).run_test(size=LARGE) as pilot:
        await settle(pilot)

        assert str(ALICE) in pilot.app.screen.chat.details.text


@pytest.mark.parametrize(("size", "name"), [(SMALL, "Alexandra Mor"), (LARGE, "Alexandra Mo")])
async def test_names_have_a_share_of_the_width(size, name: str) -> None:
    mesh = seeded_mesh()
    mesh.hear(replace(mesh.known[ALICE][0], name="Alexandra Moreau-Lindqvist"))

    async with app_on(mesh).run_test(size=size) as pilot:
        await opened(pilot)

        assert name[:-1] in text_of(pilot.app)


async def test_unread_elsewhere_is_counted_and_alt_a_goes_there() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PARIS)
        mesh.say(BOB, "psst")
        await settle(pilot)
        before = text_of(pilot.app)
        await pilot.press("alt+a")
        await settle(pilot)

        assert "!1" in before
        assert pilot.app.screen.chat.book.open_id == direct_conversation(NETWORK, BOB)
        assert "end-to-end, key pinned" in text_of(pilot.app)


async def test_escape_never_quits_and_q_does() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*["escape"] * 7)
        await settle(pilot)
        is_running = pilot.app.is_running
        await pilot.press("q")
        await settle(pilot)

        assert is_running
        assert pilot.app._exit


@pytest.mark.parametrize(
    "keys",
    [
        ("escape",),
        ("f2", "escape"),
        ("f2", "f2"),
        ("slash", "escape"),
        ("4", "escape", "escape"),
        ("2", "slash", "escape", "escape", "escape"),
    ],
)
async def test_escape_never_leads_from_reading_to_writing(keys: tuple[str, ...]) -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("escape")
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        await pilot.press("4")
        await settle(pilot)
        pane = pilot.app.screen.pane_shown
        await pilot.press("1", "escape", "i", "4")
        await settle(pilot)

        assert pane == "packets"
        assert pilot.app.screen.chat.composer.value == "4"


@pytest.mark.parametrize("keys", [("f2", "escape"), ("f8", "escape"), ("ctrl+f", "escape")])
async def test_escape_leads_back_to_writing_where_that_was_left(keys: tuple[str, ...]) -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        await pilot.press("x")

        assert pilot.app.screen.chat.composer.value == "x"


async def test_quitting_with_a_held_paste_asks_first() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        chat = pilot.app.screen.chat
        chat.composer.take_paste("1\n2\n3\n4\n5")
        chat.messages.focus()
        await pilot.press("q")
        await settle(pilot)

        assert not pilot.app._exit
        assert "would be lost" in text_of(pilot.app)


async def test_a_long_paste_is_one_message_and_asks_first() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        chat = pilot.app.screen.chat
        chat.composer.take_paste("1\r\n2\r\n3\r\n4\r\n")
        await settle(pilot)
        asked = (text_of(pilot.app), chat.composer.value)
        await pilot.press("enter")
        await pilot.press("enter")
        await settle(pilot)

    assert "4 lines as one message?" in asked[0]
    assert asked[1] == ""
    assert [command.text for command in of(SendText, mesh)] == ["1\n2\n3\n4"]


async def test_escape_drops_a_held_paste() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        chat = pilot.app.screen.chat
        chat.composer.take_paste("1\n2\n3\n4\n")
        await pilot.press("escape", "enter")
        await settle(pilot)

        assert (chat.composer.value, chat.composer.held_paste) == ("", "")


async def test_too_long_a_message_is_refused_with_its_size() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        chat = pilot.app.screen.chat
        chat.composer.value = "é" * 31_000
        await settle(pilot)
        counter = text_of(pilot.app)
        await pilot.press("enter")
        await settle(pilot)

    assert "too long: at most 61.4 kB" in counter
    assert not of(SendText, mesh)


async def test_a_failed_message_is_sent_again_as_the_same_message() -> None:
    mesh = seeded_mesh()
    mine = await send(mesh, PARIS, "lost")
    mesh.progress(mine, DeliveryState.FAILED, reason="no answer")

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        shown = text_of(pilot.app)
        await pilot.press("escape", "r")
        await settle(pilot)

    assert "✗ failed" in shown
    assert f"{' ' * 21}no answer: Esc r to retry" in shown
    assert of(ResendMessage, mesh)[0].message.message_id == mine.message_id


async def test_tab_completes_commands_and_names_and_cycles() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        composer = pilot.app.screen.chat.composer
        await pilot.press(*"/jo", "tab")
        command = composer.value
        composer.value = ""
        await pilot.press(*"@", "tab")
        first = composer.value
        await pilot.press("tab")
        second = composer.value

    assert command == "/join "
    assert first.startswith("@[")
    assert second.startswith("@[")
    assert first != second


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("/join #hill", JoinChannel),
        ("/create #hill the high one", JoinChannel),
        ("/mute", SetNotify),
        ("/notify mentions", SetNotify),
        ("/block bob", MarkNode),
        ("/accept alice", AcceptKey),
    ],
)
async def test_a_slash_command_becomes_its_request(typed: str, kind: type) -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        pilot.app.screen.chat.composer.value = typed
        await pilot.press("enter")
        await settle(pilot)

        assert of(kind, mesh)
        assert not of(SendText, mesh)


async def test_an_unknown_command_stays_in_the_line_and_two_slashes_send_one() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        composer = pilot.app.screen.chat.composer
        composer.value = "/nonsense"
        await pilot.press("enter")
        await settle(pilot)
        kept, said = composer.value, text_of(pilot.app)
        composer.value = "//etc/hosts"
        await pilot.press("enter")
        await settle(pilot)

    assert kept == "/nonsense"
    assert "No command /nonsense" in said
    assert of(SendText, mesh)[0].text == "/etc/hosts"


async def test_dm_opens_the_chat_with_a_node_and_names_its_padlock() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"/dm alice", "enter")
        await settle(pilot)

        assert "alice  end-to-end, key verified" in text_of(pilot.app)


async def test_a_first_contact_is_named_as_such_until_the_key_has_been_seen_again() -> None:
    mesh = seeded_mesh()
    mesh.say(ERIN, "hello, new here", proof=Proof.FIRST_CONTACT)

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, direct_conversation(NETWORK, ERIN))
        first = text_of(pilot.app)
        mesh.say(ERIN, "me again")
        await settle(pilot)

        assert "end-to-end, first contact" in first
        assert "end-to-end, key pinned" in text_of(pilot.app)


async def test_a_channel_says_that_its_senders_are_unproven() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)

        assert "#bitcoin-paris  public by name, senders unproven" in text_of(pilot.app)


async def test_muting_keeps_mentions_counted() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PARIS)
        mesh.say(BOB, "noise", WEATHER)
        await settle(pilot)
        quiet = text_of(pilot.app)
        mesh.say(BOB, "@[me] hey", WEATHER)
        await settle(pilot)

        assert mesh.talks[WEATHER].notify is NotifyLevel.MUTE
        assert "elsewhere" not in quiet
        assert "!1" in text_of(pilot.app)


async def test_a_blocked_sender_goes_out_of_sight() -> None:
    mesh = busy_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PARIS)
        before = text_of(pilot.app)
        await pilot.press(*"/block bob", "enter")
        await settle(pilot)

        assert "can you hear my beacon?" in before
        assert "can you hear my beacon?" not in text_of(pilot.app)


async def test_searching_marks_the_hits_and_n_walks_them() -> None:
    mesh = seeded_mesh()
    for number in range(40):
        mesh.say(ALICE, "needle" if number in (3, 30) else f"hay {number}", PARIS)

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PARIS)
        await pilot.press("ctrl+f", *"needle", "enter")
        await settle(pilot)
        messages = pilot.app.screen.chat.messages
        first = messages.selected().order
        await pilot.press("n")
        await settle(pilot)
        second = messages.selected().order

    assert (first, second) == tuple(sorted(messages.hits, reverse=True))


async def test_searching_everywhere_offers_the_hits_and_jumps_to_the_chosen_one() -> None:
    mesh = seeded_mesh()
    mesh.say(GRACE, "wind at the beacon: 9 m/s", WEATHER)
    for number in range(250):
        mesh.say(GRACE, f"calm again {number}", WEATHER)

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"/find beacon", "enter")
        await settle(pilot)
        offered = text_of(pilot.app)
        await pilot.press("enter")
        await settle(pilot, 6)

        chat = pilot.app.screen.chat
        assert "#weather grace: wind at the beacon" in offered
        assert chat.book.open_id == WEATHER
        assert chat.messages.selected().text == "wind at the beacon: 9 m/s"


async def test_me_says_what_one_does() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"/me waves", "enter")
        await settle(pilot)

    name = mesh.myself()[0].name
    assert [command.text for command in of(SendText, mesh)] == [f"* {name} waves"]


async def test_a_typed_filter_shows_the_packets_that_pass() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"/filter type==ack", "enter")
        await settle(pilot)

        assert "filter: type==ack" in text_of(pilot.app)
        assert pilot.app.screen.pane_shown == "packets"


async def test_scrolling_up_reads_older_pages_from_disk() -> None:
    mesh = seeded_mesh()
    for number in range(500):
        mesh.say(ALICE, f"line {number}", PARIS)

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PARIS)
        pilot.app.screen.chat.messages.focus()
        for _ in range(4):
            await pilot.press("g")
            await settle(pilot)

        assert len(pilot.app.screen.chat.log_shown.messages) == len(mesh.messages[PARIS])


async def test_scrolled_up_the_talk_stands_still_and_says_how_much_is_below() -> None:
    mesh = seeded_mesh()
    for number in range(60):
        mesh.say(ALICE, f"line {number}", PARIS)
    await mesh.submit(SetDraft(PARIS, ""))

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, PARIS)
        pilot.app.screen.chat.messages.focus()
        await pilot.press("g")
        await settle(pilot)
        before = pilot.app.screen.chat.messages.visible_rows
        mesh.say(ALICE, "news", PARIS)
        await settle(pilot)

        assert pilot.app.screen.chat.messages.visible_rows == before
        assert "more below" in text_of(pilot.app)


async def test_a_changed_key_is_a_banner_and_can_be_compared_and_accepted() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, direct_conversation(NETWORK, BOB))
        mesh.change_key(BOB, "03" + "ab" * 32)
        await settle(pilot)
        banner = text_of(pilot.app)
        await pilot.press("alt+k")
        await settle(pilot)
        sheet = text_of(pilot.app)
        await pilot.press("a")
        await settle(pilot)

        assert "bob shows another key: its messages are refused" in banner
        assert "key changed: the new one is refused" in banner
        assert f"{0xABAB:05d}" in sheet
        assert of(AcceptKey, mesh)[0].public_key == "03" + "ab" * 32
        assert mesh.known[BOB][0].pin is PinState.VERIFIED
        assert "another key" not in text_of(pilot.app)


async def test_the_digits_compared_are_of_the_key_that_is_accepted() -> None:
    mesh = seeded_mesh()
    first, second = "03" + "ab" * 32, "03" + "cd" * 32

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        mesh.change_key(BOB, first)
        await settle(pilot)
        node, marks = mesh.known[BOB]
        mesh.known[BOB] = (replace(node, rival_key=second), marks)  # not told yet
        await pilot.press("alt+k")
        await settle(pilot)
        sheet = text_of(pilot.app)
        await pilot.press("a")
        await settle(pilot)

        assert f"{0xABAB:05d}" in sheet
        assert of(AcceptKey, mesh)[0].public_key == first


async def test_a_changed_key_is_not_accepted_by_closing_the_sheet() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        mesh.change_key(BOB, "03" + "ab" * 32)
        await settle(pilot)
        await pilot.press("alt+k")
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)

        assert not of(AcceptKey, mesh)
        assert "another key" in text_of(pilot.app)


async def test_an_announced_channel_is_listed_and_enter_joins_it() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=MIDDLE) as pilot:
        await opened(pilot)
        listed = text_of(pilot.app)
        await pilot.press("f2", "G", "enter")
        await settle(pilot)

        assert "+ #repeaters" in listed
        assert of(JoinChannel, mesh)[0].name == "repeaters"
        assert pilot.app.screen.chat.title() == "#repeaters"


@pytest.mark.parametrize(
    ("size", "has_list", "has_details"),
    [(SMALL, False, False), (MIDDLE, True, False), (LARGE, True, True)],
)
async def test_columns_follow_the_width(size, has_list: bool, has_details: bool) -> None:
    async with app_on(seeded_mesh()).run_test(size=size) as pilot:
        await opened(pilot)
        chat = pilot.app.screen.chat

        assert (chat.chats.display, chat.details.display) == (has_list, has_details)


async def test_the_list_slides_in_with_f2_and_out_with_escape() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("f2")
        await settle(pilot)
        slid = pilot.app.screen.chat.chats.display
        await pilot.press("escape")
        await settle(pilot)

        assert slid
        assert not pilot.app.screen.chat.chats.display


async def test_the_switcher_finds_a_node_by_a_few_letters() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("ctrl+p", *"rin", "enter")
        await settle(pilot)

        assert pilot.app.screen.chat.book.open_id == direct_conversation(NETWORK, ERIN)


async def test_a_lost_link_is_said_in_the_status_line_with_its_reason() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        mesh.link(LinkState.DOWN, "connection refused")
        await settle(pilot)

        assert "○ mqtt" in text_of(pilot.app)
        assert "mqtt: connection refused" in text_of(pilot.app)


async def test_typed_glyphs_are_switched_there_and_back_and_the_program_goes_on() -> None:
    async with app_on(seeded_mesh()).run_test(size=LARGE) as pilot:
        await opened(pilot)
        await pilot.press(*"/glyphs plain", "enter")
        await settle(pilot)
        plain = text_of(pilot.app)
        await pilot.press(*"/glyphs unicode", "enter")
        await settle(pilot)
        await pilot.press(*"on we go")
        await settle(pilot)

        assert "|" in plain
        assert "│" not in plain
        assert "│" in text_of(pilot.app)
        assert "on we go" in text_of(pilot.app)


async def test_giving_the_mouse_away_and_taking_it_back_is_said() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("f12")
        await settle(pilot)
        off = text_of(pilot.app)
        await pilot.press("f12")
        await settle(pilot)

        assert "Mouse off" in off
        assert "Mouse on" in text_of(pilot.app)


async def test_plain_glyphs_are_ascii() -> None:
    mesh = seeded_mesh()
    mesh.messages.clear()
    for node in list(mesh.known):
        if not mesh.known[node][0].name.isascii():
            del mesh.known[node]
    mine = await send(mesh, PARIS, "hello")
    mesh.progress(mine, DeliveryState.FAILED, reason="no answer")

    async with app_on(mesh, glyphs="plain").run_test(size=LARGE) as pilot:
        await opened(pilot)
        await pilot.press("f2")
        await settle(pilot)

        odd = {char for char in text_of(pilot.app) if not char.isascii()}

    assert odd == set()


def test_help_explains_the_signs_of_the_set_in_use() -> None:
    from meshtui.tui.text.glyphs import PLAIN, UNICODE
    from meshtui.tui.text.help import help_lines

    for glyphs in (UNICODE, PLAIN):
        lines = ["".join(text for text, _ in line) for line in help_lines("chat", glyphs)]
        edges = "\n".join(lines[lines.index(" At the edge") :])

        assert f"   {glyphs.signed}  " in edges
        assert glyphs.name == "unicode" or edges.isascii()


async def test_help_names_every_key_of_the_pane_and_every_slash_command() -> None:
    from meshtui.tui.commands import COMMANDS
    from meshtui.tui.text.help import help_lines

    shown = "\n".join("".join(text for text, _ in line) for line in help_lines("chat"))

    assert [c.slash for c in COMMANDS if c.slash and c.slash not in shown] == []
    assert [c.title for c in COMMANDS if "chat" in c.panes and c.title not in shown] == []


async def test_a_theme_can_be_chosen_by_name() -> None:
    async with app_on(seeded_mesh(), theme="harbour").run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"/theme amber", "enter")
        await settle(pilot)

        assert pilot.app.theme == "amber"


async def test_who_leaves_a_channel_stands_in_another_chat() -> None:
    mesh = seeded_mesh()
    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"/leave", "enter")
        await settle(pilot, 4)

        assert [each.name for each in of(LeaveChannel, mesh)] == [PARIS.partition("#")[2]]
        assert pilot.app.screen.chat.book.open_id not in (None, PARIS)


async def test_a_new_name_is_told_to_the_mesh_and_kept_for_the_next_time() -> None:
    mesh, kept = seeded_mesh(), {}
    async with app_on(mesh, remember=kept.__setitem__).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"/nick Zoe", "enter")
        await settle(pilot)

    assert [each.name for each in of(Advertise, mesh)] == ["Zoe"]
    assert kept["name"] == "Zoe"


async def test_blocked_and_unknown_nodes_are_named_in_refusals() -> None:
    async with app_on(seeded_mesh()).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"/dm nobody", "enter")
        await settle(pilot)

        assert "No node called nobody was heard" in text_of(pilot.app)


def test_node_ids_are_kept_verbatim_in_conversation_ids() -> None:
    assert direct_conversation(NETWORK, NodeId("x/#y")).endswith("/x/#y")
