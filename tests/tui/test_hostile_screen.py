"""Foreign text on the screen: no control character gets there, no markup is read."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from rich.cells import cell_len

from meshtui.model.event import SecurityRaised, StoreFailed
from meshtui.model.ids import NodeId, channel_conversation
from meshtui.model.link import LinkState
from meshtui.model.message import Channel, DeliveryState
from meshtui.model.node import Node, PinState
from tests.support.fake_mesh import LINK, NETWORK
from tests.support.hostile_texts import HOSTILE, MARKUP
from tests.support.mesh_scenes import ALICE, PARIS, seeded_mesh, send
from tests.support.tui_app import app_on, lines_of, settle, text_of

SIZE = (140, 40)


def forbidden(text: str) -> str:
    """The first character that must never reach a terminal, or an empty string."""
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char != "\u200d":
            return f"{ord(char):#x}"
    return ""


def check(app, where: str) -> None:
    for line in lines_of(app):
        assert not forbidden(line), f"{where}: {forbidden(line)} in {line!r}"
        assert cell_len(line) == app.size.width, f"{where}: {line!r}"


async def test_no_foreign_text_brings_a_control_character_to_the_screen() -> None:
    mesh = seeded_mesh()
    mine = await send(mesh, PARIS, "mine")
    app = app_on(mesh)

    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.screen.chat.open_conversation(PARIS)
        await settle(pilot)
        for number, text in enumerate(HOSTILE):
            node = NodeId(f"MESH-{number:08X}")
            key = "02" + f"{number:064x}"
            mesh.hear(Node(NETWORK, node, key, PinState.FIRST_SEEN, name=text))
            mesh.say(node, text, PARIS, route=(node,), kind=text or "text")
            mesh.announce(Channel(NETWORK, text, is_joined=number % 2 == 0, description=text))
            mesh.progress(mine, DeliveryState.FAILED, reason=text)
            mesh.link_infos[LINK] = replace(mesh.link_infos[LINK], title=text)
            mesh.link(LinkState.DOWN, text)
            if number % 3 == 0:
                mesh.emit(SecurityRaised(NETWORK, text, node, text, mesh.at()))
            if number % 4 == 0:
                await settle(pilot, 1)
                check(app, f"chat, at or before {text!r}")
        mesh.emit(StoreFailed(HOSTILE[0], mesh.at()))
        await settle(pilot)
        check(app, "banner")
        await pilot.press("ctrl+p")
        await settle(pilot)
        check(app, "palette")


async def test_hostile_text_is_harmless_in_titles_sheets_and_details() -> None:
    mesh = seeded_mesh()
    app = app_on(mesh)

    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        for number, text in enumerate(HOSTILE[::16]):
            node = NodeId(f"MESH-{number:08X}")
            mesh.hear(Node(NETWORK, node, text, PinState.CHANGED, rival_key=text, name=text))
            mesh.say(node, text)
            await settle(pilot)
            app.screen.chat.open_conversation(mesh.last_said.conversation)
            await settle(pilot)
            await pilot.press("escape", "enter")
            await settle(pilot)
            check(app, f"sheet {text!r}")
            await pilot.press("escape", "v")
            await settle(pilot)
            check(app, f"safety number {text!r}")
            await pilot.press("escape", "i")
            app.screen.chat.open_conversation(channel_conversation(NETWORK, text))
            await settle(pilot)
            check(app, f"channel {text!r}")


async def test_markup_is_shown_and_not_obeyed() -> None:
    mesh = seeded_mesh()
    app = app_on(mesh)

    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.screen.chat.open_conversation(PARIS)
        for text in MARKUP:
            mesh.say(ALICE, text, PARIS)
        await settle(pilot)
        shown = text_of(app)

    assert [text for text in MARKUP if text not in shown] == []


async def test_a_pasted_control_sequence_is_shown_as_pictures_while_composing() -> None:
    app = app_on(seeded_mesh())

    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.screen.chat.composer.take_paste("\x1b]52;c;UFdORUQ=\x07")
        await settle(pilot)
        check(app, "composer")


async def test_a_refused_request_says_so_without_control_characters() -> None:
    mesh = seeded_mesh()
    app = app_on(mesh)

    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press(*"/dm ", *"\x1b[2J".replace("\x1b", "x"), "enter")
        await settle(pilot)
        check(app, "refusal")
