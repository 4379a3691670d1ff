"""One command at a time, the most urgent first; silence, second answers, lists without an end."""

from __future__ import annotations

from meshtui.model.ids import MessageId
from meshtui.networks.meshcore.companion.answers import (
    Contact,
    ContactsStart,
    CurrTime,
    EndOfContacts,
    Err,
    Ok,
    PrivateKey,
    Sent,
)
from meshtui.networks.meshcore.companion.codes import Answer, Command
from meshtui.networks.meshcore.companion.commands import (
    Bare,
    GetContacts,
    ImportPrivateKey,
    Reboot,
    SendTelemetryReq,
    SendTxtMsg,
    SetAdvertName,
    SetDeviceTime,
)
from meshtui.networks.meshcore.companion.driver import (
    ANSWER_TIMEOUT_S,
    ENDLESS,
    GARBLED,
    LIST_TIMEOUT_S,
    MAX_QUEUED,
    SILENCE,
    TAKE_TIMEOUT_S,
    Driver,
    Priority,
    Reply,
)
from meshtui.networks.meshcore.companion.radio import Slot
from tests.support.fake_companion import contact

TIME = Bare(Command.GET_DEVICE_TIME)


class Asking:
    """A driver, and what came of what it was asked."""

    def __init__(self) -> None:
        self.driver = Driver()
        self.replies: list[Reply] = []

    def ask(self, command=TIME, priority=Priority.REQUEST, attempts=2) -> bool:
        return self.driver.submit(command, self.replies.append, priority, attempts)

    def answer(self, frame, code: int, now_s: float = 0.0) -> bool:
        is_asked, finished = self.driver.answer(code, frame, now_s)
        if finished:
            finished.job.then(finished.reply)
        return is_asked


def test_a_second_command_waits_for_the_first_ones_answer() -> None:
    asking = Asking()
    asking.ask(TIME)
    asking.ask(SetAdvertName("x"))

    first, held = asking.driver.next_command(0.0), asking.driver.next_command(0.0)
    asking.answer(CurrTime(7), Answer.CURR_TIME)

    assert (first, held) == (b"\x05", None)
    assert asking.driver.next_command(0.0) == b"\x08x"
    assert asking.replies == [Reply(CurrTime(7))]


def test_the_users_commands_go_before_the_background() -> None:
    asking = Asking()
    asking.ask(TIME, Priority.BACKGROUND)
    asking.ask(SetAdvertName("x"), Priority.USER)

    assert asking.driver.next_command(0.0) == b"\x08x"


def test_an_answer_to_no_question_is_counted() -> None:
    asking = Asking()

    assert not asking.answer(Ok(), Answer.OK)
    asking.ask(TIME)
    asking.driver.next_command(0.0)
    assert not asking.answer(Ok(), Answer.OK)
    assert asking.driver.strays == 2


def test_a_second_answer_to_one_question_is_counted() -> None:
    asking = Asking()
    asking.ask()
    asking.driver.next_command(0.0)

    asking.answer(CurrTime(1), Answer.CURR_TIME)
    asking.answer(CurrTime(2), Answer.CURR_TIME)

    assert asking.replies == [Reply(CurrTime(1))]
    assert asking.driver.strays == 1


def test_a_refusal_is_told_in_words() -> None:
    asking = Asking()
    asking.ask(SetDeviceTime(1))
    asking.driver.next_command(0.0)

    asking.answer(Err(6), Answer.ERR)

    (reply,) = asking.replies
    assert (reply.error_code, reply.problem) == (6, "it does not allow this value")


def test_an_unknown_refusal_and_an_empty_one_have_words_too() -> None:
    asking = Asking()
    for error in (Err(255), Err(None)):
        asking.ask()
        asking.driver.next_command(0.0)
        asking.answer(error, Answer.ERR)

    assert "error 255" in asking.replies[0].problem
    assert "without saying why" in asking.replies[1].problem


def test_silence_lets_a_command_be_asked_again_and_then_fail() -> None:
    asking = Asking()
    asking.ask()
    payload = asking.driver.next_command(0.0)
    asking.driver.taken(payload or b"", 1.0)

    assert asking.driver.tick(1.0 + ANSWER_TIMEOUT_S - 0.1) == (False, None)
    assert asking.driver.tick(1.0 + ANSWER_TIMEOUT_S) == (True, None)
    assert asking.driver.next_command(7.0) == payload
    is_silent, finished = asking.driver.tick(7.0 + TAKE_TIMEOUT_S)

    assert is_silent
    assert finished is not None
    assert finished.reply.problem == SILENCE


def test_what_is_asked_again_goes_before_its_equals() -> None:
    asking = Asking()
    asking.ask(TIME)
    asking.ask(SetAdvertName("x"))
    asking.driver.next_command(0.0)

    asking.driver.tick(TAKE_TIMEOUT_S)

    assert asking.driver.next_command(20.0) == b"\x05"


def test_only_the_greeting_is_asked_while_there_is_one() -> None:
    asking = Asking()
    asking.ask(TIME, Priority.USER)
    asking.driver.is_greeting = True

    held = asking.driver.next_command(0.0)
    asking.ask(SetAdvertName("x"), Priority.GREETING)

    assert held is None
    assert asking.driver.next_command(0.0) == b"\x08x"


def test_a_list_is_one_answer() -> None:
    asking = Asking()
    asking.ask(GetContacts())
    asking.driver.next_command(0.0)

    for code, frame in ((2, ContactsStart(1)), (3, contact()), (4, EndOfContacts(9))):
        asking.answer(frame, code)

    assert asking.replies == [Reply(EndOfContacts(9), (contact(),), 1)]


def test_an_end_without_a_start_is_an_empty_list() -> None:
    asking = Asking()
    asking.ask(GetContacts())
    asking.driver.next_command(0.0)

    asking.answer(EndOfContacts(), Answer.END_OF_CONTACTS)

    assert asking.replies == [Reply(EndOfContacts())]


def test_a_list_of_contacts_that_does_not_end_is_ended() -> None:
    asking = Asking()
    asking.driver.max_contacts = 10
    asking.ask(GetContacts())
    asking.driver.next_command(0.0)
    asking.answer(ContactsStart(2**32 - 1), Answer.CONTACTS_START)

    told = sum(asking.answer(contact(), Answer.CONTACT) for _ in range(10_000))

    (reply,) = asking.replies
    assert told <= 41
    assert (reply.problem, len(reply.contacts)) == (ENDLESS, 40)


def test_a_list_that_takes_too_long_is_ended() -> None:
    asking = Asking()
    asking.ask(GetContacts())
    asking.driver.next_command(0.0)
    asking.answer(contact(), Answer.CONTACT, LIST_TIMEOUT_S)

    asking.answer(contact(), Answer.CONTACT, LIST_TIMEOUT_S + 1)

    assert asking.replies[0].problem == ENDLESS


def test_a_command_without_an_answer_ends_when_the_link_took_it() -> None:
    asking = Asking()
    asking.ask(Reboot())
    payload = asking.driver.next_command(0.0) or b""

    finished = asking.driver.taken(payload, 0.0)

    assert finished is not None
    assert finished.reply == Reply(None)


def test_the_radios_own_telemetry_comes_as_a_push() -> None:
    asking = Asking()
    asking.ask(SendTelemetryReq())
    asking.driver.next_command(0.0)

    assert asking.driver.expects(0x8B)
    assert not asking.driver.expects(Answer.SENT)


def test_an_answer_that_cannot_be_read_ends_the_waiting() -> None:
    asking = Asking()
    asking.ask()
    asking.driver.next_command(0.0)

    other, finished = asking.driver.garbled(0x7F), asking.driver.garbled(Answer.CURR_TIME)

    assert other is None
    assert finished is not None
    assert finished.reply.problem == GARBLED


def test_an_entry_that_cannot_be_read_does_not_end_a_list() -> None:
    asking = Asking()
    asking.ask(GetContacts())
    asking.driver.next_command(0.0)

    assert asking.driver.garbled(Answer.CONTACT) is None


def test_a_command_line_is_answered_by_the_same_word_each_time() -> None:
    asking = Asking()
    for line in ("ver", "clock"):
        asking.ask(SendTxtMsg(1, 0, 5, b"prefix", line))
        asking.driver.next_command(0.0)

        # nobody acknowledges a command: the radio has no tag for it
        assert asking.answer(Sent(0, bytes(4), 4_000), Answer.SENT)

    assert [reply.problem for reply in asking.replies] == ["", ""]


def test_a_second_answer_to_a_text_is_known_after_a_command_line() -> None:
    asking = Asking()
    for kind, tag in ((0, b"aaaa"), (1, bytes(4))):
        asking.ask(SendTxtMsg(kind, 0, 5, b"prefix", "hi"))
        asking.driver.next_command(0.0)
        asking.answer(Sent(0, tag, 4_000), Answer.SENT)
    asking.ask(SendTxtMsg(0, 0, 6, b"prefix", "next"))
    asking.driver.next_command(0.0)

    assert not asking.answer(Sent(0, b"aaaa", 4_000), Answer.SENT)


def test_what_carries_a_message_can_be_taken_back_until_it_is_asked() -> None:
    driver = Driver()
    for number in range(4):
        name = MessageId(f"m{number % 2}")
        driver.submit(SetAdvertName(f"{number}"), print, Priority.USER, 1, name)
    driver.next_command(0.0)

    driver.drop(MessageId("m0"))

    assert len(driver) == 3
    assert [finished.job.message_id for finished in driver.abandon()] == ["m0", "m1", "m1"]


def test_no_secret_is_shown_of_what_is_asked_and_answered() -> None:
    driver = Driver()
    driver.submit(ImportPrivateKey(b"NOBODYMAYSEETHIS" * 4), print, Priority.USER)
    (finished,) = driver.abandon()
    replied = Reply(PrivateKey(b"NOBODYMAYSEETHIS" * 4))

    assert "NOBODY" not in repr(finished)
    assert "NOBODY" not in repr(replied)
    assert "NOBODY" not in repr(Slot("hill", b"NOBODYMAYSEETHIS"))


def test_the_queue_is_bounded() -> None:
    asking = Asking()

    taken = sum(asking.ask() for _ in range(MAX_QUEUED + 10))

    assert taken == len(asking.driver) == MAX_QUEUED


def test_a_link_that_refuses_a_command_ends_it() -> None:
    asking = Asking()
    asking.ask()
    payload = asking.driver.next_command(0.0) or b""

    other, finished = asking.driver.refused(b"?", "full"), asking.driver.refused(payload, "full")

    assert other is None
    assert finished is not None
    assert finished.reply.problem == "full"


def test_a_lost_link_ends_all_in_their_order() -> None:
    asking = Asking()
    asking.ask(SetAdvertName("2"), Priority.BACKGROUND)
    asking.ask(SetAdvertName("1"), Priority.USER)

    ended = asking.driver.abandon()

    assert [each.job.payload for each in ended] == [b"\x081", b"\x082"]
    assert len(asking.driver) == 0
    assert asking.driver.next_deadline_s is None


def test_nothing_is_noted_where_nothing_is_asked() -> None:
    driver = Driver()

    assert driver.taken(b"\x05", 0.0) is None
    assert driver.tick(1e9) == (False, None)
    assert isinstance(contact(), Contact)
