"""What we write, handed to the radio: it sends each attempt, and says when one is acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from meshtui.model.ids import NodeId, split_conversation
from meshtui.networks.meshcore.companion.answers import Sent
from meshtui.networks.meshcore.companion.channels import send_in_channel
from meshtui.networks.meshcore.companion.codes import Command, ErrorCode
from meshtui.networks.meshcore.companion.commands import ForKey, SendTxtMsg
from meshtui.networks.meshcore.companion.contacts import become_contact
from meshtui.networks.meshcore.companion.driver import LINK_LOST, Priority, Reply
from meshtui.networks.meshcore.companion.greeting import read_clock
from meshtui.networks.meshcore.companion.pushes import SendConfirmed
from meshtui.networks.meshcore.companion.scripts import (
    MAX_SCRIPTS,
    Await,
    Do,
    Pause,
    Script,
    Step,
)
from meshtui.networks.meshcore.delivery import (
    ATTEMPTS,
    ATTEMPTS_BY_PATH,
    Deliveries,
    OwnText,
    no_ack,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from meshtui.model.ids import MessageId
    from meshtui.model.message import Message
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.companion.radio import Radio
    from meshtui.networks.meshcore.packet import Packet

ECHO_S: Final = 30.0
BUSY_PAUSE_S: Final = 2.0
BUSY_TRIES: Final = 5


@dataclass(slots=True)
class _Text(OwnText):
    """A text of one radio.

    Attributes:
        number: Its script's.
        sent_s: When the radio took its last attempt, monotonic.
    """

    number: int = 0
    sent_s: float = 0.0


class Outbox:
    """The texts of one radio."""

    def __init__(self, radio: Radio) -> None:
        """Begin with none."""
        self._radio = radio
        self._texts = Deliveries(_Text, radio)

    def send(self, message: Message) -> None:
        """Take a text in; `pump` sends it when its turn has come."""
        self._texts.take(message)
        text = self._texts.waiting[message.message_id]
        if text.peer:
            self._texts.recall(text, message.sent_at_ms // 1000, self._radio.key)

    def cancel(self, message_id: MessageId) -> None:
        """Stop trying."""
        text = self._texts.active.get(message_id)
        if text is not None:
            self._stop(text)
        self._texts.forget(message_id)

    def hold(self) -> None:
        """The link is gone."""
        for text in self._texts.active.values():
            self._radio.scripts.stop(text.number)
        self._texts.hold(LINK_LOST)

    def pump(self) -> None:
        """Begin what may begin."""
        scripts = self._radio.scripts
        while len(scripts) < MAX_SCRIPTS and (text := self._texts.next_due()) is not None:
            text.number = self._radio.run(self._guarded(text))

    def confirmed(self, push: SendConfirmed) -> bool:
        """Take an acknowledgement that no script waits for; tells whether it is news of ours.

        It may come after all attempts, or between two, or while the text waits for the radio again.
        """
        text = self._texts.text_of(push.ack)
        if text is None or text.is_delivered:
            return False
        self._stop(text)
        self._texts.delivered(text, push.rtt_ms)
        self._texts.finish(text)
        return True

    def message_of(self, ack: bytes) -> MessageId | None:
        """Say which text an acknowledgement is for; None = no recent one."""
        text = self._texts.text_of(ack)
        return None if text is None else text.message.message_id

    def overheard(self, message_id: MessageId, packet: Packet) -> None:
        """Note that a repeater passed a text of ours on: this is its copy."""
        self._texts.overheard(message_id, packet)

    def overheard_direct(self, packet: Packet) -> bool:
        """Note a direct text that may be ours: its two hashes are one byte each.

        Returns:
            Whether it is taken for ours.
        """
        if len(packet.payload) < 2 or not self._radio.key:
            return False
        if packet.payload[1] != self._radio.key[0]:
            return False
        recent = [
            text
            for text in (*self._texts.followed.values(), *self._texts.active.values())
            if text.peer[:1] == packet.payload[:1]
            and self._radio.now.mono_s - text.sent_s <= ECHO_S
        ]
        if recent:
            self.overheard(recent[-1].message.message_id, packet)
        return bool(recent)

    def _stop(self, text: _Text) -> None:
        """Let no further attempt leave."""
        self._radio.scripts.stop(text.number)
        self._radio.driver.drop(text.message.message_id)

    def _guarded(self, text: _Text) -> Script:
        """Send a text, and see it out of the way whatever came of it."""
        self._texts.attribute(text, self._radio.node_id)
        problem = yield from (self._direct(text) if text.peer else self._group(text))
        if problem:
            self._texts.failed(text, problem)
        self._texts.finish(text)

    def _group(self, text: _Text) -> Generator[Step, Reply, str]:
        _, _, name = split_conversation(text.message.conversation)
        self._texts.begin(text)
        problem = yield from _patiently(partial(send_in_channel, self._radio, name, text.message))
        if not problem:
            self._texts.sent(text)
        return problem

    def _direct(self, text: _Text) -> Generator[Step, Reply, str]:
        problem = yield from become_contact(self._radio, text.peer)
        if problem:
            return problem
        for turn in range(ATTEMPTS):
            if turn == ATTEMPTS_BY_PATH:
                reply = yield Do(ForKey(Command.RESET_PATH, text.peer), Priority.USER)
                if not reply.problem:
                    self._radio.forget_path(text.peer)
            number = self._texts.begin(text)
            problem = yield from _patiently(partial(self._attempt, text, number))
            if problem:
                return problem
            reply = yield Await(_acknowledges(text), text.patience_s)
            self._radio.judge_path(text.peer, is_good=reply.frame is not None)
            if isinstance(reply.frame, SendConfirmed):
                self._texts.delivered(text, reply.frame.rtt_ms)
                return ""
        return no_ack(self._radio.station, text.peer)

    def _attempt(self, text: _Text, number: int) -> Generator[Step, Reply, Reply]:
        if not text.timestamp:
            sent_s = text.message.sent_at_ms // 1000
            if self._radio.is_server(text.peer):
                yield from read_clock(self._radio, Priority.USER)
                # it may have been typed before we logged in
                sent_s = max(sent_s, self._radio.station.next_timestamp(self._radio.now))
            text.timestamp = self._radio.stamp(text.peer, sent_s)
        # should somebody turn it round, it would open as our peer's
        self._texts.know(text, NodeId(text.peer.hex()), text.timestamp)
        command = SendTxtMsg(0, number, text.timestamp, text.peer[:6], text.message.text)
        asking = Do(command, Priority.USER, message_id=text.message.message_id)
        reply = yield asking
        if reply.error_code == ErrorCode.NOT_FOUND:
            # the table is not as we know it: another program may have changed it
            self._radio.drop_contact(text.peer)
            problem = yield from become_contact(self._radio, text.peer)
            if problem:
                return Reply(None, problem=problem)
            reply = yield asking
        if isinstance(reply.frame, Sent):
            text.sent_s = self._radio.now.mono_s
            self._texts.expect(text, reply.frame.tag, reply.frame.timeout_ms)
            self._texts.sent(text)
        return reply


def _acknowledges(text: _Text) -> Callable[[RadioFrame], bool]:
    """Make what knows the acknowledgement of any attempt at a text."""

    def matches(frame: RadioFrame) -> bool:
        return isinstance(frame, SendConfirmed) and frame.ack in text.tags

    return matches


def _patiently(attempt: Callable[[], Generator[Step, Reply, Reply]]) -> Generator[Step, Reply, str]:
    """Try again for a while where the radio's send queue is full; returns the problem, or none."""
    reply = Reply(None)
    for turn in range(BUSY_TRIES):
        reply = yield from attempt()
        if reply.error_code != ErrorCode.TABLE_FULL:
            return reply.problem
        if turn + 1 < BUSY_TRIES:
            yield Pause(BUSY_PAUSE_S)
    return "the radio's send queue is full"
