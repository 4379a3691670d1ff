"""A session over a radio that lies, stutters, falls silent and becomes another, and its user.

Every step is drawn from a seed. What the session says is watched all the while: a message goes
through the states it may go through, a text of others comes once, a question has one last answer.
"""

from __future__ import annotations

import contextlib
from collections import Counter, deque
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from meshtui.crypto.ed25519 import from_seed
from meshtui.errors import EncodeError, LocalProtocolError
from meshtui.model.command import (
    Ask,
    CancelMessage,
    JoinChannel,
    LeaveChannel,
    ResendMessage,
    SendText,
)
from meshtui.model.event import Answered, DeliveryChanged, MessageQueued, MessageReceived
from meshtui.model.ids import (
    Instant,
    MessageId,
    NodeId,
    channel_conversation,
    direct_conversation,
)
from meshtui.model.link import LinkInfo, LinkKind
from meshtui.model.message import DeliveryState, Message
from meshtui.model.packet import Frame, Transmit
from meshtui.model.restored import Restored
from meshtui.networks.meshcore.companion.answers import (
    ChannelMsgV3,
    ContactMsgV3,
    EndOfContacts,
    Err,
    Ok,
)
from meshtui.networks.meshcore.companion.codes import Push
from meshtui.networks.meshcore.companion.deframer import Deframer, enframe
from meshtui.networks.meshcore.companion.frames import encode_frame
from meshtui.networks.meshcore.companion.port import CompanionPort
from meshtui.networks.meshcore.companion.pushes import (
    Advert,
    BarePush,
    ContactDeleted,
    PathUpdated,
    SendConfirmed,
)
from meshtui.networks.meshcore.companion.verbs import VERBS
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.listener import AirListener
from meshtui.networks.meshcore.nodes import NodeBook
from meshtui.networks.meshcore.session import MeshcoreSession
from meshtui.networks.meshcore.settings import Settings
from meshtui.networks.meshcore.station import NETWORK, Station
from tests.support.fake_companion import BOB, CAROL, HILL, LINK, NOW, FakeCompanion, contact
from tests.support.meshcore_vectors import raw_packets
from tests.support.session_driver import RememberedDigests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from meshtui.model.command import SessionCommand

S = DeliveryState
START_S = 1_000.0
PEOPLE = (BOB, CAROL, HILL)
CHANNELS = ("Public", "#a", "#b")
_LOG = bytes((Push.LOG_RX_DATA,))
_AFTER: dict[DeliveryState, frozenset[DeliveryState]] = {
    S.DELIVERED: frozenset(),
    S.CANCELLED: frozenset({S.QUEUED}),  # sent again
    S.FAILED: frozenset({S.QUEUED, S.DELIVERED}),
}


class LyingRadio:
    """The session, the radio's end of the line, and what came of everything."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.radio = FakeCompanion()
        self.radio.half_max_contacts = 20
        for person in PEOPLE:
            kind = 3 if person is HILL else 1
            self.radio.contacts[person.public_key] = contact(person.public_key, "x", kind)
        self.now = Instant(START_S, NOW * 1000)
        self.digests = RememberedDigests()
        self.lies = True
        self.is_up = False
        self.own: dict[MessageId, Message] = {}
        self.asked: set[str] = set()
        self.answers: Counter[str] = Counter()
        self._read: set[tuple[str, str, str]] = set()
        self._to_radio: deque[Transmit] = deque()
        self._from_radio: deque[bytes] = deque()
        self._deframer = Deframer(from_radio=False)
        self._packets = raw_packets()
        self._serial = 0
        self.session = self._open(())

    # -- what happens

    def step(self) -> None:
        """Do one thing, and let some of what follows happen."""
        draw = self.chance.random()
        if not self.is_up:
            self.connect() if draw < 0.3 else self._user() if draw < 0.6 else self.wind(5.0)
        elif draw < 0.03:
            self.disconnect()
        elif draw < 0.05:
            self.radio.is_silent = not self.radio.is_silent
        elif draw < 0.06:
            self.restart()
        elif draw < 0.07:
            own = from_seed(b"alice".ljust(32, b"a")).public_key
            self.radio.key = self.chance.choice((own, BOB.public_key, self.chance.randbytes(32)))
        elif draw < 0.45:
            self._lie()
        elif draw < 0.7:
            self._user()
        elif draw < 0.75:
            self.wind(self.chance.choice((0.5, 5.0, 100.0)))
        self._settle(self.chance.choice((1, 5, 100)))

    def reform(self) -> None:
        """From now on the radio is an honest one."""
        self.lies = self.radio.is_silent = False
        self.radio.key = from_seed(b"alice".ljust(32, b"a")).public_key
        self.radio.contacts = {BOB.public_key: contact()}
        if self.is_up:
            self.disconnect()
        self.connect()
        self.wind(3_600.0)

    def connect(self) -> None:
        self.is_up = True
        self._deframer.reset()
        link = LinkInfo(LINK, NETWORK, LinkKind.STREAM, "radio", "meshcore+serial:///dev/x")
        self._take(self.session.link_up(link, self.now))

    def disconnect(self) -> None:
        self.is_up = False
        self._to_radio.clear()
        self._from_radio.clear()
        self._take(self.session.link_down(LINK, self.now))

    def restart(self) -> None:
        """Begin another life of the program, with what its store kept."""
        if self.is_up:
            self.disconnect()
        self.asked.clear()
        self.session = self._open([each for each in self.own.values() if _is_open(each)])

    def submit(self, command: SessionCommand) -> bool:
        """Ask something of the session; False = it is refused."""
        try:
            outputs = self.session.submit(command, self.now)
        except LocalProtocolError:
            return False
        self._take(outputs)
        self._settle()
        return True

    def write(self, to: bytes, words: str) -> MessageId:
        """Write to somebody."""
        self._serial += 1
        message_id = MessageId(f"m{self._serial}")
        target = direct_conversation(NETWORK, NodeId(to.hex()))
        self.submit(SendText(target, words, message_id))
        return message_id

    def say(self, payload: bytes) -> None:
        """Let the radio say something, or nearly that."""
        draw = self.chance.random() if self.lies else 1.0
        if draw < 0.03:
            return
        if draw < 0.06:
            self._from_radio.append(enframe(payload, to_radio=False))
        elif draw < 0.10 and payload:
            at = self.chance.randrange(len(payload))
            payload = payload[:at] + self.chance.randbytes(1) + payload[at + 1 :]
        elif draw < 0.12:
            payload = payload[: self.chance.randrange(len(payload) + 1)]
        self._from_radio.append(enframe(payload, to_radio=False))

    def wind(self, seconds: float) -> None:
        """Let time pass."""
        end_s = self.now.mono_s + seconds
        for _ in range(5_000):
            due_s = self.session.next_deadline_s
            if due_s is None or due_s > end_s:
                break
            self._set(max(due_s, self.now.mono_s))
            self._take(self.session.tick(self.now))
            self._settle()
        else:
            raise AssertionError("the session never sleeps")
        self._set(end_s)

    # -- what the user and the radio do

    def _user(self) -> None:
        self._serial += 1
        chance, name = self.chance, f"m{self._serial}"
        draw = chance.randrange(10)
        mine = chance.choice(list(self.own.values())) if self.own else None
        if draw < 3:
            self.write(self._somebody(), f"hello {name}" + "x" * chance.choice((0, 150)))
        elif draw < 5:
            channel = channel_conversation(NETWORK, chance.choice(CHANNELS))
            self.submit(SendText(channel, f"all {name}", MessageId(name)))
        elif draw == 5 and mine is not None:
            self.submit(CancelMessage(mine.conversation, mine.message_id))
        elif draw == 6 and mine is not None:
            self.submit(ResendMessage(mine))
        elif draw == 7:
            self.submit(JoinChannel(NETWORK, chance.choice(CHANNELS[1:])))
        elif draw == 8:
            self.submit(LeaveChannel(NETWORK, chance.choice(CHANNELS[1:])))
        else:
            verb = chance.choice(("trace", "status", "cli", "path", "contacts", "stats"))
            whom = None if verb in {"contacts", "stats"} else NodeId(self._somebody().hex())
            if self.submit(Ask(NETWORK, verb, name, whom, "ver" if verb == "cli" else "")):
                self.asked.add(name)

    def _lie(self) -> None:
        chance, key = self.chance, self._somebody()
        time, words = NOW + chance.randrange(50), b"%d" % chance.randrange(30)
        tag = chance.randrange(1, self.radio.tags + 2).to_bytes(4, "little")
        slot, kind = chance.choice((0, 1, 2, 200)), chance.choice((0, 0, 0, 1))
        direct = ContactMsgV3(5.0, bytes(2), key[:6], chance.randrange(256), kind, time, words)
        if chance.random() < 0.2:
            self.radio.messages.append(direct)
        frame = chance.choice(
            (
                direct,
                SendConfirmed(tag, chance.randrange(2**32)),
                ChannelMsgV3(5.0, bytes(2), slot, 1, 0, time, f"bob: {words.decode()}"),
                BarePush(Push.MSG_WAITING),
                BarePush(Push.CONTACTS_FULL),
                Advert(key),
                PathUpdated(key),
                ContactDeleted(key),
                contact(chance.randbytes(32), "evil"),
                self.radio.sent(),
                EndOfContacts(chance.randrange(2**32)),
                Err(chance.randrange(8)),
                Ok(),
                _LOG + chance.randbytes(2) + chance.choice(self._packets),
                chance.randbytes(chance.randrange(200)),
            )
        )
        with contextlib.suppress(EncodeError):
            self.say(frame if isinstance(frame, bytes) else encode_frame(frame))

    def _somebody(self) -> bytes:
        if self.chance.random() < 0.8:
            return self.chance.choice(PEOPLE).public_key
        return self.chance.randbytes(32)

    # -- how it runs

    def _open(self, outbox: Iterable[Message]) -> MeshcoreSession:
        key, nodes = from_seed(b"us".ljust(32, b"u")), NodeBook((), ())
        draw: Callable[[int], bytes] = self.chance.randbytes
        station = Station(key, Settings(), Keyring(), nodes, self.digests, draw)
        listener = AirListener(station)

        def port(link: LinkInfo) -> CompanionPort:
            return CompanionPort(link.link_id, station, listener)

        return MeshcoreSession(station, listener, Restored(outbox=tuple(outbox)), port, VERBS)

    def _settle(self, limit: int = 400) -> None:
        for _ in range(limit):
            if self._to_radio and (not self._from_radio or self.chance.random() < 0.5):
                self._deliver(self._to_radio.popleft())
            elif self._from_radio:
                frame = Frame(LINK, self._from_radio.popleft(), self.now)
                self._take(self.session.receive(frame))
            else:
                return

    def _deliver(self, transmit: Transmit) -> None:
        if self.lies and self.chance.random() < 0.01:
            self._take(self.session.refused(transmit, "the outbox is full", self.now))
            return
        self._take(self.session.transmitted(transmit, self.now))
        for payload in self._deframer.feed(transmit.payload, 0.0):
            for answer in self.radio.hear(payload):
                self.say(answer)

    def _take(self, outputs: Sequence[object]) -> None:
        """Watch what the session says."""
        for output in outputs:
            match output:
                case Transmit() if self.is_up:
                    self._to_radio.append(output)
                case MessageQueued(message):
                    self.own[message.message_id] = message
                case DeliveryChanged(message_id, _, delivery):
                    known = self.own[message_id]
                    assert known.delivery is not None
                    before, after = known.delivery.state, delivery.state
                    assert after in _AFTER.get(before, frozenset(S)), (message_id, before, after)
                    self.own[message_id] = replace(known, delivery=delivery)
                case MessageReceived(message):
                    key = (message.conversation, message.sender, message.message_id)
                    assert key not in self._read, f"read twice: {key}"
                    self._read.add(key)
                case Answered() if output.request_id and output.is_final:
                    self.answers[output.request_id] += 1
                    assert self.answers[output.request_id] == 1, f"answered twice: {output}"

    def _set(self, mono_s: float) -> None:
        self.now = Instant(mono_s, NOW * 1000 + round((mono_s - START_S) * 1000))


def undone_after(seed: int, steps: int) -> list[str]:
    """Lie for so many steps, then be honest; returns what is not as it should be in the end."""
    world = LyingRadio(seed)
    for _ in range(steps):
        world.step()
    world.reform()
    last = world.write(BOB.public_key, "after all that")
    world.say(encode_frame(SendConfirmed(world.radio.tags.to_bytes(4, "little"), 5)))
    world.wind(3_600.0)
    found = [] if _state(world.own[last]) is S.DELIVERED else ["an honest radio delivers nothing"]
    left = (each for each in world.own.values() if _state(each) in {S.QUEUED, S.SENDING})
    found += [f"{each.message_id} is still on its way" for each in left]
    return found + [f"{name} was never answered" for name in world.asked - set(world.answers)]


def _state(message: Message) -> DeliveryState | None:
    return message.delivery and message.delivery.state


def _is_open(message: Message) -> bool:
    """Tell whether a store gives it to the next life."""
    delivery = message.delivery
    if delivery is None or delivery.state.is_final:
        return False
    return delivery.state in {S.QUEUED, S.SENDING} or delivery.expects_ack
