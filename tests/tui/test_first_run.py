"""The first run, from no identity to the chat."""

from __future__ import annotations

import contextlib
import dataclasses

import pytest

from meshtui.errors import ConfigError, TransportError
from meshtui.runtime.api import Found, NearbyRadio
from meshtui.tui.app import WANTS_DEMO
from meshtui.tui.state.first_run import DEMO, DONE, FirstRun
from tests.support.fake_setup import WORDS, FakeSetup
from tests.support.hostile_texts import HOSTILE
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
    assert (alive, run.page.name) == ("", "more")
    assert setup.saved == [(["jsonmesh+mqtt://alive:1883"], "alice")]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("alive", "jsonmesh+mqtt://alive"),
        ("alive:8883", "jsonmesh+mqtts://alive:8883"),
        ("wss://alive:8084/mqtt", "jsonmesh+wss://alive:8084/mqtt"),
        (" 192.168.1.7:5000 ", "meshcore+tcp://192.168.1.7:5000"),
    ],
)
async def test_an_address_is_understood_as_people_type_it(typed: str, meant: str) -> None:
    setup = FakeSetup()
    run = first_run(setup)
    await at_password(run)
    await run.enter({"password": "correct horse", "again": "correct horse"})
    await run.enter({"name": ""})
    await run.choose("other-link")

    assert await run.enter({"url": typed}) == ""
    assert setup.saved == [([meant], "")]


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
        works = text_of(app)
        await pilot.press("enter")
        await settle(pilot)

        assert "correct" not in hidden
        assert "It works" in works
        assert setup.saved == [(["jsonmesh+mqtt://localhost:1883"], "alice")]
        assert "end-to-end" in text_of(app)


@pytest.mark.parametrize(("keys", "code"), [(["down"] * 4 + ["enter"], WANTS_DEMO), ([], 0)])
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


# --- radios by Bluetooth ---

GATEWAY = NearbyRadio("MESH-GW", "C4:00:00:00:00:01", -55, "jsonmesh+ble://C4:00:00:00:00:01")
WEAKER = NearbyRadio("BASE", "C4:00:00:00:00:02", -91, "jsonmesh+ble://C4:00:00:00:00:02")


class KnownSetup(FakeSetup):
    """An identity is there: the first run begins with the name."""

    def has_identity(self) -> bool:
        return True


@contextlib.asynccontextmanager
async def at_links(setup: FakeSetup, size: tuple[int, int] = (80, 24)):
    async with app_on(seeded_mesh(), setup=setup).run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        yield pilot


async def test_a_name_that_is_set_stands_there_and_is_kept_or_changed() -> None:
    setup = KnownSetup()
    setup.known_name = "Karl"
    run = FirstRun(setup, lambda n, k: range(k))
    [field] = run.page.fields

    await run.enter({"name": field.value})
    await run.choose("no-link")

    assert (field.value, setup.saved) == ("Karl", [([], "Karl")])


async def heard(pilot, setup: FakeSetup, *radios) -> str:
    setup.air.put_nowait(list(radios))
    await settle(pilot)
    return text_of(pilot.app)


async def test_radios_are_listed_as_they_are_heard_beside_brokers() -> None:
    setup = KnownSetup([Found("MQTT broker on this machine", "jsonmesh+mqtt://localhost:1883")])
    async with at_links(setup) as pilot:
        before = text_of(pilot.app)
        after = await heard(pilot, setup, GATEWAY, WEAKER)
        stronger = await heard(pilot, setup, dataclasses.replace(GATEWAY, rssi_dbm=-40))

    assert "Listening for radios by Bluetooth" in before
    assert "MQTT broker on this machine" in after
    assert "BLE  -55 dBm  C4:00:00:00:00:01" in after
    assert "BLE  -91 dBm  C4:00:00:00:00:02" in after
    assert "-40 dBm" in stronger
    assert "-91 dBm" in stronger


async def test_the_cursor_stays_on_what_it_is_on() -> None:
    setup = KnownSetup()
    async with at_links(setup) as pilot:
        await heard(pilot, setup, WEAKER)
        await pilot.press("up")
        await heard(pilot, setup, GATEWAY, WEAKER)
        await pilot.press("enter")
        await settle(pilot)
        chosen = text_of(pilot.app)

    assert WEAKER.url in chosen


async def test_a_chosen_radio_fills_the_address_which_can_be_completed() -> None:
    setup = KnownSetup()
    async with at_links(setup) as pilot:
        await heard(pilot, setup, GATEWAY)
        await pilot.press("up", "enter")
        await settle(pilot)
        listeners = setup.listeners
        await pilot.press(*"?sf=9", "enter")
        await settle(pilot)

    assert listeners == 0
    assert setup.saved == [([f"{GATEWAY.url}?sf=9"], "")]


async def test_who_goes_back_listens_again_and_r_does_so_too() -> None:
    setup = KnownSetup()
    async with at_links(setup) as pilot:
        await heard(pilot, setup, GATEWAY)
        await pilot.press("up", "enter")
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)
        back = text_of(pilot.app)
        setup.air.put_nowait(None)
        await settle(pilot)
        ended = (text_of(pilot.app), setup.listeners)
        await pilot.press("r")
        await settle(pilot)

        assert "MESH-GW" in back
        assert "no more is listened for" in ended[0]
        assert ended[1] == 0
        assert setup.listeners == 1


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (None, "No radio was heard by Bluetooth."),
        (TransportError("the Bluetooth adapter is off\x1b[2J"), "the Bluetooth adapter is off␛"),
    ],
)
async def test_where_there_is_no_bluetooth_the_rest_goes_on(news, words: str) -> None:
    setup = KnownSetup()
    async with at_links(setup) as pilot:
        setup.air.put_nowait(news)
        await settle(pilot)
        shown = text_of(pilot.app)
        await pilot.press("down", "enter")
        await settle(pilot)

    assert words in shown
    assert setup.saved == [([], "")]


async def test_hostile_names_stay_in_their_row() -> None:
    setup = KnownSetup()
    hostile = [
        NearbyRadio(text, f"C4:00:00:00:01:{number:02X}", None, f"jsonmesh+ble://{number}")
        for number, text in enumerate(HOSTILE)
    ]
    async with at_links(setup) as pilot:
        shown = [await heard(pilot, setup, *hostile)]
        for _ in range(len(hostile) // 8 + 1):
            await pilot.press("pageup")
            await settle(pilot)
            shown.append(text_of(pilot.app))

    assert not any("\x1b" in text or "PWNED\x07" in text for text in shown)
    assert all(len(text.splitlines()) == 24 for text in shown)
    assert all("Where is the mesh?" in text and "Esc" in text for text in shown)


async def test_a_hundred_radios_roll_under_the_cursor() -> None:
    setup = KnownSetup()
    many = [
        NearbyRadio(
            f"GW-{number}", f"C4:00:00:00:01:{number:02X}", -50, f"jsonmesh+ble://gw{number}"
        )
        for number in range(100)
    ]
    async with at_links(setup) as pilot:
        await heard(pilot, setup, *many)
        await pilot.press("home")
        await settle(pilot)
        top = text_of(pilot.app)
        await pilot.press("end")
        await settle(pilot)
        end = text_of(pilot.app)

    assert "GW-0" in top
    assert "Later" in end
    assert "GW-99" in end
    assert "Esc" in end


async def at_address(setup: FakeSetup) -> FirstRun:
    run = first_run(setup)
    await run.enter({"name": ""})
    await run.choose("other-link")
    return run


async def test_of_a_device_it_is_asked_what_it_is_and_nothing_is_tried_before() -> None:
    setup = KnownSetup()
    run = await at_address(setup)

    asked = await run.enter({"url": "/dev/ttyUSB0"})
    which = [(option.title, option.value) for option in run.page.options]
    await run.choose("meshcore+kiss:///dev/ttyUSB0")
    said = " ".join(text for text, _ in run.page.text)
    await run.enter({"url": run.page.fields[0].value})

    assert asked == ""
    assert which == [
        ("A MeshCore radio", "meshcore+serial:///dev/ttyUSB0"),
        ("A KISS modem", "meshcore+kiss:///dev/ttyUSB0"),
        ("A LoRa gateway", "jsonmesh+serial:///dev/ttyUSB0"),
    ]
    assert "this program is the node, by your words" in said
    assert setup.saved == [(["meshcore+kiss:///dev/ttyUSB0"], "")]


@pytest.mark.parametrize(
    ("url", "words", "no_words"),
    [
        ("meshcore+serial:///dev/ttyACM0", "says itself how it is set", "PIN"),
        ("meshcore+tcp://host:5000", "says itself how it is set", "PIN"),
        ("meshcore+ble://MeshCore-Al", "may ask for its PIN", "SF11"),
        ("jsonmesh+ble://MESH-GW", "as SF11", "PIN"),
        ("jsonmesh+serial:///dev/ttyUSB0", "as SF11", "MeshCore"),
    ],
)
async def test_each_kind_of_radio_is_explained_before_it_is_tried(
    url: str, words: str, no_words: str
) -> None:
    run = await at_address(KnownSetup())

    await run.choose(url)

    said = " ".join(text for text, _ in run.page.text)
    assert words in said
    assert no_words not in said
    assert run.page.fields[0].value == url


async def test_several_links_can_be_set_one_after_the_other() -> None:
    usb = Found("MeshCore radio on /dev/ttyACM0", "meshcore+serial:///dev/ttyACM0")
    setup = KnownSetup([usb])
    run = first_run(setup)
    await run.enter({"name": "al"})
    await run.choose(usb.url)
    await run.enter({"url": usb.url})

    await run.choose("more-links")
    offered = [option.title for option in run.page.options]
    await run.choose("other-link")
    again = await run.enter({"url": usb.url})
    await run.enter({"url": "broker.example"})

    assert offered == ["Another address", "No more"]
    assert "there already" in again
    assert setup.saved == [
        ([usb.url], "al"),
        ([usb.url, "jsonmesh+mqtt://broker.example"], "al"),
    ]
    assert await run.choose("enough") == DONE


async def test_who_wants_no_other_link_after_all_goes_back() -> None:
    run = await at_address(KnownSetup())
    await run.enter({"url": "alive"})
    went = run.back()

    await run.choose("more-links")

    assert not went
    assert run.back()
    assert run.page.name == "more"


async def test_a_link_that_cannot_be_saved_is_not_taken() -> None:
    setup = KnownSetup()
    run = await at_address(setup)

    async def refuse(urls, name) -> None:
        raise ConfigError("config.toml: links: no")

    setup.save_links = refuse

    assert await run.enter({"url": "alive"}) == "config.toml: links: no"
    assert run.page.name == "url"


async def test_who_has_only_a_radio_needs_no_words_and_no_password() -> None:
    usb = Found("MeshCore radio on /dev/ttyACM0", "meshcore+serial:///dev/ttyACM0")
    setup = FakeSetup([Found("MQTT broker", "jsonmesh+mqtt://localhost:1883"), usb])
    run = first_run(setup)
    await run.choose("radio")
    offered = [option.value for option in run.page.options]
    await run.choose("other-link")
    refused = [
        await run.enter({"url": url}) for url in ("broker.example", "meshcore+kiss:///dev/ttyUSB0")
    ]
    run.back()
    await run.choose(usb.url)
    await run.enter({"url": usb.url})

    assert offered == [usb.url, "other-link"]
    assert all("create an identity first" in each for each in refused)
    assert (setup.created, setup.saved) == ([], [([usb.url], "")])
    assert await run.choose("enough") == DONE


async def test_who_wants_more_than_a_radio_after_all_goes_back_to_the_words() -> None:
    run = first_run(FakeSetup())
    await run.choose("radio")

    assert run.back()
    assert run.page.name == "who"


async def test_of_a_strange_port_it_is_asked_what_is_there() -> None:
    setup = KnownSetup()
    run = await at_address(setup)

    await run.enter({"url": "127.0.0.1:39377"})
    which = [(option.title, option.value) for option in run.page.options]
    tried_before = list(setup.saved)
    await run.choose("meshcore+tcp://127.0.0.1:39377")
    await run.enter({"url": run.page.fields[0].value})

    assert which == [
        ("A broker", "jsonmesh+mqtt://127.0.0.1:39377"),
        ("A MeshCore radio", "meshcore+tcp://127.0.0.1:39377"),
        ("A LoRa gateway", "jsonmesh+tcp://127.0.0.1:39377"),
    ]
    assert tried_before == []
    assert setup.saved == [(["meshcore+tcp://127.0.0.1:39377"], "")]


@pytest.mark.parametrize("chosen", ["keep jsonmesh+tcp://host:39377", "meshcore+tcp://host:39377"])
async def test_a_link_on_which_nothing_is_heard_is_not_said_to_work(chosen: str) -> None:
    setup = KnownSetup()
    setup.silent_links = {"jsonmesh+tcp://host:39377"}
    run = await at_address(setup)

    await run.enter({"url": "jsonmesh+tcp://host:39377"})
    page, options = run.page.name, [option.value for option in run.page.options]
    saved_before = list(setup.saved)
    await run.choose(chosen)
    if run.page.fields:
        await run.enter({"url": run.page.fields[0].value})

    assert (page, saved_before) == ("silent", [])
    assert chosen in options
    assert run.page.name == "more"
    assert setup.saved == [([chosen.removeprefix("keep ")], "")]


async def test_all_kinds_of_addresses_fit_a_small_screen() -> None:
    setup = KnownSetup()
    async with at_links(setup) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        shown = text_of(pilot.app)
        await pilot.press("enter")
        await settle(pilot)
        refused = text_of(pilot.app)

    for part in ("meshcore+serial://", "+ble://MeshCore", ":5000", "+kiss:", "+wss:", "address  "):
        assert part in shown
    assert "Type an address such as meshcore+serial" in refused
    assert "ten seconds" in refused


async def test_wrong_words_are_told_before_the_passphrase_is_asked() -> None:
    app = app_on(seeded_mesh(), setup=FakeSetup())

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        await pilot.press(*"legal nonsense", "enter")
        await settle(pilot)
        refused = (text_of(app), app.screen.focused.value)
        await pilot.press(*["backspace"] * 14, *TWELVE, "enter")
        await settle(pilot)
        corrected = text_of(app)
        await pilot.press("enter")
        await settle(pilot)

        assert "nonsense: not in the list" in refused[0]
        assert refused[1] == "legal nonsense"
        assert "not in the list" not in corrected
        assert "A password for the key file" in text_of(app)
