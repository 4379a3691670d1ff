"""Asks a radio one thing at a time, the most urgent first, and knows which answer is whose.

    submit ─▶ queue (by priority, then age) ─next_command─▶ asked ─answer─▶ Finished
                                                   │ silence
                                                   └─ asked again, or Finished without a frame

Answers carry no number: what can answer the question that stands is its answer, anything else
answers nothing. A list of contacts ends at its end, or when it is longer than any table, or takes
too long. Nothing here raises.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.companion.answers import (
    ChannelInfo,
    Contact,
    ContactsStart,
    EndOfContacts,
    Err,
    Sent,
    StatsCore,
    StatsPackets,
    StatsRadio,
)
from meshtui.networks.meshcore.companion.codes import Answer, Command, Push, error_words
from meshtui.networks.meshcore.companion.commands import (
    ForKey,
    GetChannel,
    GetStats,
    SendTelemetryReq,
    SendTxtMsg,
)
from meshtui.networks.meshcore.companion.frames import code_of, encode_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import MessageId
    from meshtui.networks.meshcore.companion.commands import RadioCommand
    from meshtui.networks.meshcore.companion.frames import RadioFrame

MAX_QUEUED: Final = 300
ANSWER_TIMEOUT_S: Final = 5.0
SIGN_TIMEOUT_S: Final = 15.0  # arithmetic that a small processor takes seconds for
TAKE_TIMEOUT_S: Final = 10.0
LIST_TIMEOUT_S: Final = 120.0
TABLE_ENTRIES: Final = 1_000  # where a radio does not say how many contacts it holds
SILENCE: Final = "the radio did not answer"
LINK_LOST: Final = "the link to the radio was lost"
OVERFULL: Final = "too many commands wait for the radio"
GARBLED: Final = "its answer cannot be read"
ENDLESS: Final = "its list of contacts does not end"


class Priority(IntEnum):
    """Who goes first."""

    GREETING = 0
    USER = 1
    REQUEST = 2
    BACKGROUND = 3


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a command, or of waiting for a push.

    Attributes:
        frame: The answer; None = none came. Of a list, its end.
        contacts: What a list held.
        total: How many contacts the radio says it has.
        problem: Why it failed, for a person; empty = it did not.
    """

    frame: RadioFrame | None = field(repr=False)  # it may be a key
    contacts: tuple[Contact, ...] = ()
    total: int = 0
    problem: str = ""

    @property
    def error_code(self) -> int | None:
        """The radio's own number for why it refused; None where it did not."""
        return self.frame.code if isinstance(self.frame, Err) else None


@dataclass(slots=True)
class Job:
    """A command on its way.

    Attributes:
        command: Not shown, as its bytes are not: it may carry a password or a key.
        then: Called with what came of it, by the port.
        attempts: How often it may still be asked.
        message_id: The message it carries.
    """

    command: RadioCommand = field(repr=False)
    payload: bytes = field(repr=False)
    then: Callable[[Reply], None]
    expected: frozenset[int]
    attempts: int
    message_id: MessageId | None = None
    contacts: list[Contact] = field(default_factory=list)
    total: int = 0
    began_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Finished:
    """A command and what came of it."""

    job: Job
    reply: Reply


_LIST: Final = frozenset({Answer.CONTACTS_START, Answer.CONTACT, Answer.END_OF_CONTACTS})
_TEXTS: Final = frozenset(
    {
        Answer.CONTACT_MSG,
        Answer.CONTACT_MSG_V3,
        Answer.CHANNEL_MSG,
        Answer.CHANNEL_MSG_V3,
        Answer.CHANNEL_DATA,
        Answer.NO_MORE_MESSAGES,
    }
)
_OK: Final = frozenset({Answer.OK})
_SENT: Final = frozenset({Answer.SENT})
_EXPECTED: Final[dict[int, frozenset[int]]] = {
    Command.APP_START: frozenset({Answer.SELF_INFO}),
    Command.SEND_TXT_MSG: _SENT,
    # documents say SENT, firmware says OK
    Command.SEND_CHANNEL_TXT_MSG: _OK | _SENT,
    Command.GET_CONTACTS: _LIST,
    Command.GET_DEVICE_TIME: frozenset({Answer.CURR_TIME}),
    Command.SYNC_NEXT_MESSAGE: _TEXTS,
    Command.EXPORT_CONTACT: frozenset({Answer.EXPORT_CONTACT}),
    Command.REBOOT: frozenset(),
    Command.GET_BATT_AND_STORAGE: frozenset({Answer.BATT_AND_STORAGE}),
    Command.DEVICE_QUERY: frozenset({Answer.DEVICE_INFO}),
    Command.EXPORT_PRIVATE_KEY: frozenset({Answer.PRIVATE_KEY, Answer.DISABLED}),
    Command.IMPORT_PRIVATE_KEY: _OK | {Answer.DISABLED},
    Command.SEND_LOGIN: _SENT,
    Command.SEND_STATUS_REQ: _SENT,
    Command.GET_CONTACT_BY_KEY: frozenset({Answer.CONTACT}),
    Command.GET_CHANNEL: frozenset({Answer.CHANNEL_INFO}),
    Command.SIGN_START: frozenset({Answer.SIGN_START, Answer.DISABLED}),
    Command.SIGN_FINISH: frozenset({Answer.SIGNATURE}),
    Command.SEND_TRACE_PATH: _SENT,
    Command.SEND_TELEMETRY_REQ: _SENT,
    Command.GET_CUSTOM_VARS: frozenset({Answer.CUSTOM_VARS}),
    Command.GET_ADVERT_PATH: frozenset({Answer.ADVERT_PATH}),
    Command.GET_TUNING_PARAMS: frozenset({Answer.TUNING_PARAMS}),
    Command.SEND_BINARY_REQ: _SENT,
    Command.SEND_PATH_DISCOVERY_REQ: _SENT,
    Command.GET_STATS: frozenset({Answer.STATS}),
    Command.SEND_ANON_REQ: _SENT,
    Command.GET_AUTOADD_CONFIG: frozenset({Answer.AUTOADD_CONFIG}),
    Command.GET_ALLOWED_REPEAT_FREQ: frozenset({Answer.ALLOWED_REPEAT_FREQ}),
    Command.GET_DEFAULT_FLOOD_SCOPE: frozenset({Answer.DEFAULT_FLOOD_SCOPE}),
}


def _expected_of(command: RadioCommand) -> frozenset[int]:
    """List the first bytes of what can answer a command; ERR can answer all that are answered."""
    if isinstance(command, SendTelemetryReq) and command.key is None:
        return frozenset({Push.TELEMETRY, Answer.ERR})  # the radio's own comes as a push
    expected = _EXPECTED.get(code_of(command), _OK)
    return expected | {Answer.ERR} if expected else expected


class Driver:
    """The commands of one link.

    Attributes:
        strays: Answers to no question, since the beginning.
        max_contacts: What the radio's table holds; bounds a list.
        is_greeting: Nothing but the greeting is asked: whatever else can wait until the radio,
            which may be starting, has answered that.
    """

    def __init__(self) -> None:
        """Begin with nothing to ask."""
        self.strays = 0
        self.max_contacts = TABLE_ENTRIES
        self.is_greeting = False
        self._queue: list[tuple[int, int, Job]] = []
        self._order = 0
        self._asked: Job | None = None
        self._priority = 0
        self._last_tag = b""
        self._deadline_s: float | None = None

    def __len__(self) -> int:
        """Count the commands that wait or are asked."""
        return len(self._queue) + (self._asked is not None)

    @property
    def message_id(self) -> MessageId | None:
        """The message that the command which is asked carries; None = it carries none."""
        return None if self._asked is None else self._asked.message_id

    @property
    def next_deadline_s(self) -> float | None:
        """When silence has lasted; None = nothing is asked."""
        return self._deadline_s

    def submit(
        self,
        command: RadioCommand,
        then: Callable[[Reply], None],
        priority: Priority,
        attempts: int = 2,
        message_id: MessageId | None = None,
    ) -> bool:
        """Queue a command; False where there is no room, and `then` is not called.

        Raises:
            EncodeError: A value does not fit.
        """
        if len(self._queue) >= MAX_QUEUED:
            return False
        job = Job(
            command, encode_command(command), then, _expected_of(command), attempts, message_id
        )
        self._put(job, priority)
        return True

    def next_command(self, now_s: float) -> bytes | None:
        """Return what is to be written now; None while an answer is awaited."""
        if self._asked is not None or not self._queue:
            return None
        if self.is_greeting and self._queue[0][0] != Priority.GREETING:
            return None
        self._priority, _, self._asked = heapq.heappop(self._queue)
        job = self._asked
        job.attempts -= 1
        job.contacts, job.total, job.began_s = [], 0, now_s
        self._deadline_s = now_s + TAKE_TIMEOUT_S
        return job.payload

    def taken(self, payload: bytes, now_s: float) -> Finished | None:
        """Note that the link took a command; one that has no answer is finished."""
        job = self._asked
        if job is None or job.payload != payload:
            return None
        if not job.expected:
            return self._finish(Reply(None))
        is_slow = payload[0] == Command.SIGN_FINISH
        self._deadline_s = now_s + (SIGN_TIMEOUT_S if is_slow else ANSWER_TIMEOUT_S)
        return None

    def answer(self, code: int, frame: RadioFrame, now_s: float) -> tuple[bool, Finished | None]:
        """Take an answer; tells whether it was asked for, and what it finished."""
        job = self._asked
        if job is None or code not in job.expected or not self._is_about(job.command, frame):
            self.strays += 1
            return False, None
        match frame:
            case Sent(_, tag) if isinstance(job.command, SendTxtMsg):
                self._last_tag = tag if any(tag) else self._last_tag
                return True, self._finish(Reply(frame))
            case ContactsStart(total):
                job.total = total
                self._deadline_s = now_s + ANSWER_TIMEOUT_S
                return True, None
            case Contact() if Answer.END_OF_CONTACTS in job.expected:
                return True, self._list_entry(job, frame, now_s)
            case EndOfContacts():
                return True, self._finish(Reply(frame, tuple(job.contacts), job.total))
            case Err(error):
                return True, self._finish(Reply(frame, problem=error_words(error)))
            case _:
                return True, self._finish(Reply(frame))

    def expects(self, code: int) -> bool:
        """Tell whether a frame of that code would answer what is asked."""
        return self._asked is not None and code in self._asked.expected

    def garbled(self, code: int) -> Finished | None:
        """Note an answer that cannot be read; of a list, one entry is missing."""
        if not self.expects(code) or code == Answer.CONTACT:
            return None
        return self._finish(Reply(None, problem=GARBLED))

    def refused(self, payload: bytes, reason: str) -> Finished | None:
        """Note that the link will not take a command."""
        if self._asked is None or self._asked.payload != payload:
            return None
        return self._finish(Reply(None, problem=reason))

    def tick(self, now_s: float) -> tuple[bool, Finished | None]:
        """Tell whether silence has lasted, and what that ended.

        What may be asked again is, before anything of the same priority.
        """
        if self._deadline_s is None or now_s < self._deadline_s:
            return False, None
        job = self._asked
        if job is not None and job.attempts > 0:
            self._asked = self._deadline_s = None
            heapq.heappush(self._queue, (self._priority, -self._next_order(), job))
            return True, None
        return True, self._finish(Reply(None, problem=SILENCE))

    def drop(self, message_id: MessageId) -> None:
        """Forget the commands that carry a message, unless it is asked already; nobody is told."""
        self._queue = [entry for entry in self._queue if entry[2].message_id != message_id]
        heapq.heapify(self._queue)

    def abandon(self, reason: str = LINK_LOST) -> list[Finished]:
        """Give up all commands: the link is gone."""
        jobs = [self._asked] if self._asked is not None else []
        jobs += [job for _, _, job in sorted(self._queue, key=lambda entry: entry[:2])]
        self._asked = self._deadline_s = None
        self._queue.clear()
        return [Finished(job, Reply(None, problem=reason)) for job in jobs]

    def _is_about(self, command: RadioCommand, frame: RadioFrame) -> bool:
        """Tell whether an answer says itself that it is another question's.

        One that comes late, when its question was asked again, or twice, would else be taken for
        the next question's, and so on for ever: channels in each other's slots, texts acknowledged
        for each other.
        """
        match command, frame:
            case GetChannel(slot), ChannelInfo():
                return frame.slot == slot
            case ForKey(_, key), Contact():
                return frame.key.startswith(key.rstrip(b"\0"))
            case GetStats(kind), StatsCore() | StatsRadio() | StatsPackets():
                return frame.kind == kind
            case SendTxtMsg(), Sent():
                return frame.tag != self._last_tag
            case _:
                return True

    def _list_entry(self, job: Job, contact: Contact, now_s: float) -> Finished | None:
        limit = min(job.total, 2 * self.max_contacts) + 2 * self.max_contacts
        if len(job.contacts) >= limit or now_s - job.began_s > LIST_TIMEOUT_S:
            partial = Reply(None, tuple(job.contacts), job.total, ENDLESS)
            return self._finish(partial)
        job.contacts.append(contact)
        self._deadline_s = now_s + ANSWER_TIMEOUT_S
        return None

    def _finish(self, reply: Reply) -> Finished | None:
        job, self._asked, self._deadline_s = self._asked, None, None
        return None if job is None else Finished(job, reply)

    def _put(self, job: Job, priority: Priority) -> None:
        heapq.heappush(self._queue, (priority, self._next_order(), job))

    def _next_order(self) -> int:
        self._order += 1
        return self._order
