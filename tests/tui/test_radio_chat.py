"""What a person sees of the radio in the chat: cost of a text, chunks, signals, signatures."""

from __future__ import annotations

from dataclasses import replace

from meshtui.model.message import SendCost
from meshtui.model.packet import PacketSummary, RxMeta, Verdict
from meshtui.tui.state.arrivals import SHOWN_MS
from tests.support.fake_mesh import RADIO
from tests.support.mesh_scenes import ALICE, CAROL, PARIS, WEATHER, seeded_mesh
from tests.support.tui_app import app_on, lines_of, settle, text_of

SMALL, ROOMY, LARGE = (80, 24), (120, 40), (140, 40)
COST = SendCost(1, 88, 1_400.0, "compact", 0.12)


async def opened(pilot, conversation=PARIS) -> None:
    await settle(pilot)
    pilot.app.screen.chat.open_conversation(conversation)
    await settle(pilot)


async def test_a_text_says_what_it_takes_of_the_air_while_it_is_typed() -> None:
    mesh = seeded_mesh()
    mesh.costs[PARIS] = COST

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        before = lines_of(pilot.app)
        await pilot.press(*"Copy that")
        await settle(pilot)
        small = lines_of(pilot.app)
        await pilot.resize_terminal(*ROOMY)
        await settle(pilot)
        roomy = text_of(pilot.app)
        await pilot.press(*["backspace"] * 9)
        await settle(pilot)
        after = text_of(pilot.app)

    assert [n for n in range(24) if small[n] != before[n]] == [22]
    assert "Copy that" in small[22]
    assert "1 packet · 1.4 s on air · duty 12 %" in small[22]
    assert "9 B · 1 packet · 1.4 s on air · duty 12 %" in roomy
    assert "packet" not in after.splitlines()[-2]


async def test_only_a_change_of_the_text_asks_for_the_cost() -> None:
    mesh = seeded_mesh()
    asked: list[str] = []
    mesh.cost = lambda _, text: asked.append(text)  # type: ignore[method-assign, func-returns-value]

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        asked.clear()
        await pilot.press(*"ab", "left", "home", "right")
        await pilot.press("escape", "i")
        await settle(pilot)

    assert asked == ["a", "ab"]


async def test_a_slash_command_costs_nothing_and_a_sent_slash_does() -> None:
    mesh = seeded_mesh()
    mesh.costs[PARIS] = COST

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"/join x")
        await settle(pilot)
        command = lines_of(pilot.app)[22]
        await pilot.press("home", "slash")
        await settle(pilot)
        text = lines_of(pilot.app)[22]

    assert "packet" not in command
    assert "1 packet" in text


async def test_a_chat_no_radio_carries_shows_bytes_only() -> None:
    mesh = seeded_mesh()
    mesh.costs[PARIS] = COST

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"hello")
        await opened(pilot, WEATHER)
        await pilot.press(*"hello")
        await settle(pilot)
        shown = lines_of(pilot.app)[22]

    assert "5 B" in shown
    assert "packet" not in shown


async def test_a_used_up_duty_cycle_is_said_in_words_and_after_sending_anew() -> None:
    mesh = seeded_mesh()
    mesh.costs[PARIS] = replace(COST, duty_used=0.85)

    async with app_on(mesh, glyphs="plain").run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"hello")
        await settle(pilot)
        nearly = lines_of(pilot.app)[22]
        mesh.costs[PARIS] = replace(COST, duty_used=1.0, wait_s=170)
        mesh.sent_frame(b"x", PacketSummary("text", Verdict.SENT))
        await settle(pilot)
        waits = lines_of(pilot.app)[22]

    assert "duty 85 %, nearly used" in nearly
    assert "leaves in 3 min: duty cycle" in waits
    assert nearly.isascii()


async def test_a_long_message_is_counted_while_it_comes() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        mesh.chunk(1, 5)
        mesh.chunk(2, 5, source=ALICE)
        await settle(pilot)
        coming = text_of(pilot.app)
        mesh.chunk(5, 5, source=ALICE)
        await settle(pilot)
        whole = text_of(pilot.app)

    assert "receiving 2 of 5 from alice" in coming
    assert "receiving" not in whole


async def test_an_incomplete_message_is_said_for_some_seconds() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        mesh.chunk(3, 5)
        mesh.chunk(3, 5, reason="timeout")
        await settle(pilot)
        given_up = text_of(pilot.app)
        mesh.now_ms += SHOWN_MS
        pilot.app.screen.chat._show_below()
        await settle(pilot)
        later = text_of(pilot.app)

    assert "incomplete: 3 of 5 arrived" in given_up
    assert "incomplete" not in later


async def test_hops_and_signal_stand_in_the_line_and_all_of_it_in_the_details() -> None:
    mesh = seeded_mesh()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        mesh.say(CAROL, "loud and clear?", PARIS, hops=1, rx=RxMeta(-92, 6.5), link_id=RADIO)
        mesh.say(CAROL, "by SNR", PARIS, hops=2, rx=RxMeta(None, -4.25), link_id=RADIO)
        await settle(pilot)
        lines = lines_of(pilot.app)
        await pilot.press("escape", "up", "enter")
        await settle(pilot)
        details = text_of(pilot.app)

    assert next(line for line in lines if "loud" in line).endswith("2 hops -92 dBm ")
    assert next(line for line in lines if "by SNR" in line).endswith("3 hops -4.2 dB ")
    assert "signal    -92 dBm, SNR 6.5 dB" in details
    assert "link      ttyUSB0" in details


async def test_a_signed_message_bears_a_mark_that_the_details_explain() -> None:
    for glyphs, mark in (("unicode", "§"), ("plain", "s")):
        mesh = seeded_mesh()
        async with app_on(mesh, glyphs=glyphs).run_test(size=LARGE) as pilot:
            await opened(pilot)
            mesh.say(CAROL, "it is me", PARIS, is_signed=True, rx=RxMeta(-80))
            await settle(pilot)
            line = next(line for line in lines_of(pilot.app) if "it is me" in line)
            await pilot.press("escape")
            await settle(pilot)
            details = text_of(pilot.app)

        assert f" {mark} 1 hop -80 dBm" in line
        assert "signed by its sender" in details
        assert "any member" not in details


async def test_a_radio_link_says_what_it_is_and_how_well_it_hears() -> None:
    mesh = seeded_mesh()
    mesh.add_radio()
    summary = PacketSummary("text", Verdict.DELIVERED)

    async with app_on(mesh).run_test(size=ROOMY) as pilot:
        await settle(pilot)
        quiet = lines_of(pilot.app)[0]
        mesh.frame(b"x", summary, rx=RxMeta(-97, 5.0), link_id=RADIO)
        await settle(pilot)
        heard = lines_of(pilot.app)[0]
        await pilot.resize_terminal(*SMALL)
        await settle(pilot)
        small = lines_of(pilot.app)[0]

    assert "● ttyUSB0 serial" in quiet
    assert "● ttyUSB0 serial -97 dBm" in heard
    assert small.rstrip().endswith("● ttyUSB0")
