"""The publishers pane over the running service: what it shows is what the brokers get."""

from __future__ import annotations

import re

import pytest

from meshtui.runtime.api import Preferences
from meshtui.tui.app import MeshtuiApp
from tests.support.capture_bed import air, at_tokens, capture_radio, capturing, hexes
from tests.support.mosquitto import eventually
from tests.support.token_broker import TokenBroker
from tests.support.tui_app import settle, text_of

SIZE = (80, 24)


@pytest.fixture
async def tokens(tmp_path):
    async with TokenBroker(tmp_path) as broker:
        yield broker


@pytest.fixture
async def radio(tmp_path):
    async with capture_radio(tmp_path) as radio:
        yield radio


def client_on(mesh) -> MeshtuiApp:
    async def start():
        return mesh

    return MeshtuiApp(start, Preferences("", "unicode", {}))


def raws(broker: TokenBroker) -> list[str]:
    return [body["raw"] for body in broker.bodies()]


async def shown(app: MeshtuiApp, pilot, *patterns: str) -> str:
    """Wait until the screen has all of these; gives it."""

    def is_there() -> bool:
        return all(re.search(pattern, text_of(app)) for pattern in patterns)

    try:
        await eventually(is_there)
    except TimeoutError:
        raise AssertionError(text_of(app)) from None
    return text_of(app)


async def test_a_broker_that_is_away_its_next_message_and_its_return(radio, tokens) -> None:
    await tokens.close()
    async with capturing(radio, mqtt1=at_tokens(tokens, "ws")) as service:
        app = client_on(service.mesh)
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)
            await pilot.press("f10")
            await service.reason("mqtt1", "nothing listens")
            await service.hear(radio, air(3))
            await shown(app, pilot, "mqtt1  . down", "3/10k", "nothing listens", "NEXT MESSAGE")
            await shown(app, pilot, "mqtt1 unwell", "token .* renews in 12 h.* signed by the radio")
            await pilot.press("c")
            await settle(pilot)
            copied = app.clipboard

            await tokens.open()
            await pilot.press("R")
            await shown(app, pilot, "mqtt1  . up", "0/10k +3 ", "LAST MESSAGE SENT")
            await eventually(lambda: len(tokens.bodies()) == 3)
            await eventually(lambda: "unwell" not in text_of(app))

    packets = [message.payload for message in tokens.messages if message.kind == "packets"]
    assert copied.encode() == packets[0]


async def test_pausing_and_filtering_decide_what_leaves(radio, tokens) -> None:
    sent = air(40)
    short = [raw for raw in sent if len(raw) < 60]
    async with capturing(radio, mqtt1=at_tokens(tokens, "ws")) as service:
        app = client_on(service.mesh)
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)
            await service.up()
            await pilot.press("f10")
            await shown(app, pilot, "mqtt1  . up")
            await pilot.press("space")
            await service.hear(radio, sent)
            await shown(app, pilot, "mqtt1  . paused", "40 held back", "40 captured")

            await pilot.press("p", "f", *"size < 60")
            await shown(app, pilot, f"{len(short)} of the last 40 leave")
            assert service.status.filter == ""
            await pilot.press("enter")
            await service.hear(radio, sent)
            await service.published(len(short), "mqtt1")
            await shown(app, pilot, "filter size < 60", f"{40 - len(short)} kept back")
            await eventually(lambda: raws(tokens) == hexes(short))


async def test_a_new_token_is_logged_in_with(radio, tokens) -> None:
    async with capturing(radio, mqtt1=at_tokens(tokens, "ws")) as service:
        app = client_on(service.mesh)
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)
            await service.up()
            await pilot.press("f10")
            await shown(app, pilot, "T new token")
            await pilot.press("T")
            await eventually(lambda: service.of("mqtt1").connects == 2)
            await shown(app, pilot, "mqtt1  . up", "2 connects, 0 failed")

    assert len(tokens.logins) == 2
    assert not tokens.refused
