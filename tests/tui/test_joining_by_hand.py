"""Joining channels key by key: what is refused stays in the line, and no key becomes a name."""

from __future__ import annotations

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.command import JoinChannel, SendText
from meshtui.model.event import ChannelChanged
from meshtui.model.message import Channel
from meshtui.model.secret import SecretBytes
from tests.support.mesh_scenes import PARIS
from tests.support.tui_app import app_on, settle, text_of
from tests.support.two_networks import MESHCORE, TEST, two_networks

SMALL = (80, 24)
HEX = "5ec4e7a9" * 4


def joins(mesh) -> list[JoinChannel]:
    return [command for command in mesh.submitted if isinstance(command, JoinChannel)]


async def opened(pilot, conversation) -> None:
    await settle(pilot)
    pilot.app.screen.chat.open_conversation(conversation)
    await settle(pilot)


async def enter(pilot, line: str) -> str:
    """Put a line where one types, press Enter; returns what stands there then."""
    composer = pilot.app.screen.chat.composer
    composer.value = line
    await pilot.press("enter")
    await settle(pilot, 4)
    return composer.value


@pytest.mark.parametrize(
    "line",
    [
        "/join secret2 0011",
        "/join MeshCore secret2 0011",
        "/join fam 3 hello world",
        "/join fam=0011",
        f"/join {HEX}",
        f"/join json fam {HEX}",
        f"/create fam {HEX[:-1]}",
        f"/create json fam {HEX}",
        f" /join fam {HEX[:-1]}",
        "/join",
    ],
)
async def test_a_key_gone_wrong_joins_nothing_and_stays_in_the_line(line: str) -> None:
    for conversation in (TEST, PARIS):
        mesh = two_networks()
        async with app_on(mesh).run_test(size=SMALL) as pilot:
            await opened(pilot, conversation)
            left = await enter(pilot, line)

            assert left == line
            assert not [each for each in mesh.submitted if isinstance(each, JoinChannel | SendText)]
            assert pilot.app.screen._notice[1]
            assert HEX[:8] not in pilot.app.screen._notice[0]


async def test_what_was_wrong_is_gone_once_it_is_right() -> None:
    mesh = two_networks()

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        await enter(pilot, f"/join secret {HEX[:-1]}")
        before = text_of(pilot.app)
        left = await enter(pilot, f"/join secret {HEX}")
        after = text_of(pilot.app)

    assert "A key has 32 or 64 hex digits" in before
    assert "A key has" not in after
    assert left == ""
    assert [(each.name, each.secret) for each in joins(mesh)] == [
        ("secret", SecretBytes(bytes.fromhex(HEX)))
    ]


async def test_what_the_network_refuses_comes_back_into_the_line() -> None:
    mesh = two_networks()
    submit = mesh.submit

    async def refusing(command) -> None:
        if isinstance(command, JoinChannel):
            raise LocalProtocolError("you are in another channel called fam; leave that one first")
        await submit(command)

    mesh.submit = refusing  # type: ignore[method-assign]
    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        left = await enter(pilot, f"/join fam {HEX}")
        shown = text_of(pilot.app)

    assert left == f"/join fam {HEX}"
    assert "you are in another channel called fam" in shown


@pytest.mark.parametrize("line", ["/dm nobody", "/notify loud", "/nick", "/me"])
async def test_a_refused_command_stays_in_the_line(line: str) -> None:
    async with app_on(two_networks()).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)

        assert await enter(pilot, line) == line


async def test_who_types_the_name_of_a_private_channel_does_not_join_a_public_one() -> None:
    mesh = two_networks()
    secret = SecretBytes(bytes.fromhex(HEX))

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot, TEST)
        fam = Channel(MESHCORE, "fam", is_joined=True, is_public=False, secret=secret)
        mesh.emit(ChannelChanged(fam))
        await settle(pilot)
        await enter(pilot, "/join fam")

    assert [each.name for each in joins(mesh)] == ["fam"]
