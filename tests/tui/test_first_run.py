"""The first run, from no identity to the chat."""

from __future__ import annotations

import pytest

from meshtui.runtime.api import Found
from meshtui.tui.app import WANTS_DEMO
from meshtui.tui.state.first_run import DEMO, DONE, FirstRun
from tests.support.fake_setup import WORDS, FakeSetup
from tests.support.mesh_scenes import seeded_mesh
from tests.support.tui_app import app_on, settle, text_of

TWELVE = " ".join(WORDS[:12])


def first_run(setup: FakeSetup) -> FirstRun:
    return FirstRun(setup, lambda _n, k: list(range(k)))


async def at_password(run: FirstRun) -> None:
    await run.choose("new-24")
    await run.choose("continue")
    answers = {f"word-{n}": WORDS[n] for n in range(3)}
    await run.enter({**answers, "passphrase": ""})


async def test_new_words_are_shown_once_and_asked_back() -> None:
    run = first_run(FakeSetup())

    await run.choose("new-24")
    shown = "\n".join(text for text, _ in run.page.text)
    await run.choose("continue")

    assert all(word in shown for word in WORDS[:24])
    assert [field.label for field in run.page.fields[:3]] == ["word 1", "word 2", "word 3"]


async def test_a_wrong_word_goes_no_further() -> None:
    setup = FakeSetup()
    run = first_run(setup)
    await run.choose("new-12")
    await run.choose("continue")

    problem = await run.enter({"word-0": "x", "word-1": "y", "word-2": "z", "passphrase": ""})

    assert "Word 1" in problem
    assert run.page.name == "asked"
    assert setup.created == []


async def test_two_different_passwords_and_a_short_one_are_refused() -> None:
    run = first_run(FakeSetup())
    await at_password(run)

    different = await run.enter({"password": "one-long-enough", "again": "another"})
    short = await run.enter({"password": "short", "again": "short"})

    assert "different" in different
    assert "At least" in short


async def test_storing_plainly_needs_a_second_yes() -> None:
    setup = FakeSetup()
    run = first_run(setup)
    await at_password(run)

    await run.enter({"password": "", "again": ""})
    warned = (run.page.name, list(setup.created))
    await run.choose("plainly")

    assert warned == ("plain", [])
    assert setup.created == [(" ".join(WORDS[:24]), "", None)]


async def test_restoring_checks_the_words_before_anything_is_written() -> None:
    setup = FakeSetup()
    run = first_run(setup)
    await run.choose("restore")

    problem = await run.enter({"words": "legal winner nonsense", "passphrase": ""})
    await run.enter({"words": f"  {TWELVE.upper()}  ", "passphrase": "p"})
    await run.enter({"password": "correct horse", "again": "correct horse"})

    assert "nonsense" in problem
    assert setup.created == [(TWELVE, "p", "correct horse")]


async def test_the_words_are_forgotten_when_the_key_file_is_written() -> None:
    run = first_run(FakeSetup())
    await at_password(run)

    await run.enter({"password": "correct horse", "again": "correct horse"})

    assert run._words == []
    assert run._passphrase == ""


async def test_a_dead_link_says_why_and_is_not_saved() -> None:
    setup = FakeSetup()
    run = first_run(setup)
    await at_password(run)
    await run.enter({"password": "correct horse", "again": "correct horse"})
    await run.enter({"name": "alice"})
    await run.choose("other-link")

    dead = await run.enter({"url": "jsonmesh+mqtt://dead:1883"})
    alive = await run.enter({"url": "jsonmesh+mqtt://alive:1883"})

    assert dead == "connection refused"
    assert alive == DONE
    assert setup.saved == [("jsonmesh+mqtt://alive:1883", "alice")]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("alive", "jsonmesh+mqtt://alive"),
        ("alive:8883", "jsonmesh+mqtts://alive:8883"),
        ("wss://alive:8084/mqtt", "jsonmesh+wss://alive:8084/mqtt"),
    ],
)
async def test_an_address_is_understood_as_people_type_it(typed: str, meant: str) -> None:
    setup = FakeSetup()
    run = first_run(setup)
    await at_password(run)
    await run.enter({"password": "correct horse", "again": "correct horse"})
    await run.enter({"name": ""})
    await run.choose("other-link")

    assert await run.enter({"url": typed}) == DONE
    assert setup.saved == [(meant, "")]


async def test_a_refused_password_is_typed_anew_from_the_first_field() -> None:
    app = app_on(seeded_mesh(), setup=FakeSetup())

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        await pilot.press(*TWELVE, "enter", "enter")
        await settle(pilot)
        await pilot.press(*"correct horse", "enter", *"another", "enter")
        await settle(pilot)
        refused = text_of(app)
        await pilot.press(*"correct horse", "enter", *"correct horse", "enter")
        await settle(pilot)

        assert "The two are different" in refused
        assert "What shall others call you?" in text_of(app)


async def test_the_welcome_shows_all_its_words_at_any_width() -> None:
    async with app_on(seeded_mesh(), setup=FakeSetup()).run_test(size=(60, 24)) as pilot:
        await settle(pilot)

        assert "on every network." in " ".join(text_of(pilot.app).split())


async def test_a_key_file_that_cannot_be_written_says_why() -> None:
    setup = FakeSetup()
    setup.refusal = "keys.json: permission denied"
    run = first_run(setup)
    await at_password(run)

    problem = await run.enter({"password": "correct horse", "again": "correct horse"})

    assert problem == "keys.json: permission denied"
    assert run.page.name == "password"


async def test_going_back_to_the_start_forgets_the_words() -> None:
    run = first_run(FakeSetup())
    await run.choose("new-24")

    run.back()

    assert run.page.name == "who"
    assert run._words == []


async def test_looking_around_first_is_the_demo() -> None:
    assert await first_run(FakeSetup()).choose("demo") == DEMO


async def test_the_whole_way_by_keyboard_ends_in_the_chat() -> None:
    near = Found("MQTT broker on this machine", "jsonmesh+mqtt://localhost:1883")
    setup = FakeSetup([near])
    app = app_on(seeded_mesh(), setup=setup)

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        await pilot.press(*TWELVE.replace(" ", "_").replace("_", " "), "enter", "enter")
        await settle(pilot)
        await pilot.press(*"correct horse", "enter", *"correct horse", "enter")
        await settle(pilot)
        hidden = text_of(app)
        await pilot.press(*"alice", "enter")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)

        assert "correct" not in hidden
        assert setup.saved == [("jsonmesh+mqtt://localhost:1883", "alice")]
        assert "end-to-end" in text_of(app)


@pytest.mark.parametrize(("keys", "code"), [(["down"] * 3 + ["enter"], WANTS_DEMO), ([], 0)])
async def test_leaving_says_whether_the_demo_is_wanted(keys: list[str], code: int) -> None:
    app = app_on(seeded_mesh(), setup=FakeSetup())

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(*keys)
        if not keys:
            await pilot.press("escape", "ctrl+q")
        await settle(pilot)

    assert app.return_value == code


async def test_escape_does_not_leave_the_first_run() -> None:
    app = app_on(seeded_mesh(), setup=FakeSetup())

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter", "escape", "escape", "escape")
        await settle(pilot)

        assert "Who are you on the mesh?" in text_of(app)
