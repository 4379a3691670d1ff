"""Scripts stand at one step each, wake when it is time, and end whatever happens."""

from __future__ import annotations

from meshtui.networks.meshcore.companion.answers import CurrTime
from meshtui.networks.meshcore.companion.codes import Answer, Command
from meshtui.networks.meshcore.companion.commands import Bare, SetChannel
from meshtui.networks.meshcore.companion.driver import LINK_LOST, Driver, Reply
from meshtui.networks.meshcore.companion.pushes import Advert
from meshtui.networks.meshcore.companion.scripts import (
    MAX_SCRIPTS,
    NOT_IN_TIME,
    Await,
    Do,
    Pause,
    Script,
    Scripts,
    Step,
)

TIME = Bare(Command.GET_DEVICE_TIME)


def ANYTHING(_: object) -> bool:  # noqa: N802
    return True


def steps(*wanted: Step, into: list[Reply]) -> Script:
    for step in wanted:
        reply = yield step
        into.append(reply)


def test_a_script_is_given_the_answer_to_what_it_asks() -> None:
    driver, told = Driver(), list[Reply]()
    scripts = Scripts(driver)
    number = scripts.start(steps(Do(TIME), into=told), 0.0)
    driver.next_command(0.0)

    _, finished = driver.answer(Answer.CURR_TIME, CurrTime(7), 0.0)
    assert finished is not None
    finished.job.then(finished.reply)

    assert told == [Reply(CurrTime(7))]
    assert not scripts.is_running(number)


def test_a_push_is_given_to_the_first_who_waits_for_it() -> None:
    scripts, first, second = Scripts(Driver()), list[Reply](), list[Reply]()
    for told in (first, second):
        scripts.start(steps(Await(ANYTHING, 5.0), into=told), 0.0)

    heard = [scripts.hear(Advert(bytes(32)), 1.0) for _ in range(3)]

    assert heard == [True, True, False]
    assert len(first) == len(second) == 1


def test_who_waits_too_long_is_told_so() -> None:
    scripts, told = Scripts(Driver()), list[Reply]()
    scripts.start(steps(Await(ANYTHING, 5.0), Pause(2.0), into=told), 10.0)

    scripts.tick(14.9)
    early = list(told)
    scripts.tick(15.0)

    assert early == []
    assert told == [Reply(None, problem=NOT_IN_TIME)]
    assert scripts.next_deadline_s == 17.0


def test_what_does_not_fit_is_told_at_the_next_tick() -> None:
    scripts, told = Scripts(Driver()), list[Reply]()
    scripts.start(steps(Do(SetChannel(0, "x" * 40, b"")), into=told), 1.0)

    scripts.tick(1.0)

    assert "40 bytes" in told[0].problem


def test_a_full_queue_is_told_at_the_next_tick() -> None:
    driver, told = Driver(), list[Reply]()
    scripts = Scripts(driver)
    while driver.submit(TIME, print, priority=1):  # type: ignore[arg-type]
        pass
    scripts.start(steps(Do(TIME), into=told), 1.0)

    scripts.tick(1.0)

    assert "too many commands" in told[0].problem


def test_a_stopped_script_is_told_nothing_more() -> None:
    driver, told = Driver(), list[Reply]()
    scripts = Scripts(driver)
    number = scripts.start(steps(Do(TIME), into=told), 0.0)
    driver.next_command(0.0)

    scripts.stop(number)
    _, finished = driver.answer(Answer.CURR_TIME, CurrTime(7), 0.0)
    assert finished is not None
    finished.job.then(finished.reply)

    assert told == []


def test_a_lost_link_ends_every_script() -> None:
    scripts, told = Scripts(Driver()), list[Reply]()
    scripts.start(steps(Do(TIME), Pause(5.0), Await(ANYTHING, 5.0), into=told), 0.0)

    scripts.fail_all(1.0)

    assert len(scripts) == 0
    assert [reply.problem for reply in told] == [LINK_LOST] * 3


def test_a_script_that_never_gives_up_is_dropped_with_the_link() -> None:
    def stubborn() -> Script:
        while True:
            yield Pause(1.0)

    scripts = Scripts(Driver())
    scripts.start(stubborn(), 0.0)

    scripts.fail_all(1.0)

    assert len(scripts) == 0


def test_there_are_only_so_many_scripts() -> None:
    scripts = Scripts(Driver())

    numbers = [scripts.start(steps(Pause(9.0), into=[]), 0.0) for _ in range(MAX_SCRIPTS + 1)]

    assert numbers[-1] == 0
    assert len(scripts) == MAX_SCRIPTS
