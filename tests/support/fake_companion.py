"""A companion radio that answers as firmware does, and a desk at which a port drives it.

desk = Desk()
desk.connect()
desk.radio.push(SendConfirmed(tag, 275))
"""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING, TypeVar

from meshtui.crypto.ed25519 import from_seed
from meshtui.model.command import Ask
from meshtui.model.event import Answered, DeliveryChanged, Event, MessageReceived
from meshtui.model.ids import (
    ConversationId,
    Instant,
    LinkId,
    MessageId,
    NodeId,
    channel_conversation,
    direct_conversation,
)
from meshtui.model.link import LinkInfo, LinkKind
from meshtui.model.message import Delivery, DeliveryState, Message, Proof
from meshtui.model.packet import Frame, Transmit
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.channel_key import ChannelKey
from meshtui.networks.meshcore.companion.answers import (
    BareAnswer,
    BattAndStorage,
    ChannelInfo,
    Contact,
    ContactsStart,
    CurrTime,
    DeviceInfo,
    EndOfContacts,
    Err,
    ExportedContact,
    Ok,
    SelfInfo,
    Sent,
    StatsCore,
    StatsPackets,
    StatsRadio,
)
from meshtui.networks.meshcore.companion.codes import Answer, Command
from meshtui.networks.meshcore.companion.commands import (
    AddUpdateContact,
    AppStart,
    Bare,
    DeviceQuery,
    ExportContact,
    ForKey,
    GetChannel,
    GetContacts,
    GetStats,
    RadioCommand,
    Reboot,
    SendBinaryReq,
    SendChannelTxtMsg,
    SendLogin,
    SendPathDiscoveryReq,
    SendTelemetryReq,
    SendTracePath,
    SendTxtMsg,
    SetAdvertName,
    SetChannel,
    SetDeviceTime,
)
from meshtui.networks.meshcore.companion.deframer import Deframer, enframe
from meshtui.networks.meshcore.companion.forms import UNKNOWN_PATH, Path
from meshtui.networks.meshcore.companion.frames import RadioFrame, decode_command, encode_frame
from meshtui.networks.meshcore.companion.port import CompanionPort
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.listener import AirListener
from meshtui.networks.meshcore.nodes import NodeBook
from meshtui.networks.meshcore.settings import Settings
from meshtui.networks.meshcore.station import NETWORK, Station
from tests.support.session_driver import RememberedDigests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.networks.base import Output

NOW = 1_780_000_000
LINK = LinkId("radio")
PUBLIC = bytes.fromhex("8B3387E9C5CDEA6AC9E5EDBAA115CD72")
BOB = from_seed(b"bob".ljust(32, b"b"))
CAROL = from_seed(b"carol".ljust(32, b"c"))
HILL = from_seed(b"hill".ljust(32, b"h"))
_Event = TypeVar("_Event")


def contact(
    key: bytes = BOB.public_key, name: str = "Bob", node_type: int = 1, path: Path = UNKNOWN_PATH
) -> Contact:
    """Make an entry of a contact table."""
    return Contact(key, node_type, 0, path, name, NOW - 60, 51.5, -0.125, NOW - 60)


class FakeCompanion:
    """The radio's end: answers from its tables, remembers what it was asked.

    `rules` come first: by command type, what to answer instead (None = nothing at all).
    """

    def __init__(self, name: str = "Alice") -> None:
        self.key = from_seed(b"alice".ljust(32, b"a")).public_key
        self.name = name
        self.firmware = "v1.17.1"
        self.version = 13
        self.half_max_contacts = 5
        self.max_channels = 3
        self.time = NOW
        self.contacts: dict[bytes, Contact] = {}
        self.slots: dict[int, tuple[str, bytes]] = {0: ("Public", PUBLIC)}
        self.messages: deque[RadioFrame] = deque()
        self.asked: list[RadioCommand] = []
        self.is_silent = False
        self.rules: dict[type, Callable[[RadioCommand], Sequence[RadioFrame] | None]] = {}
        self.timeout_ms = 4_000
        self.tags = 0

    def count(self, kind: type, code: int | None = None) -> int:
        """Count what it was asked."""
        return len([each for each in self.asked if _is(each, kind, code)])

    def hear(self, payload: bytes) -> list[bytes]:
        """Take a command; returns the payloads of the answer."""
        command = decode_command(payload)
        self.asked.append(command)
        if self.is_silent:
            return []
        rule = self.rules.get(type(command))
        frames = rule(command) if rule else self._default(command)
        return [encode_frame(frame) for frame in frames or ()]

    def sent(self, *, flood: int = 1) -> Sent:
        """Make a SENT with a tag of its own."""
        self.tags += 1
        return Sent(flood, self.tags.to_bytes(4, "little"), self.timeout_ms)

    def _default(self, command: RadioCommand) -> list[RadioFrame]:  # noqa: C901
        match command:
            case AppStart():
                return [self.self_info()]
            case DeviceQuery():
                return [self.device_info()]
            case Bare(Command.GET_DEVICE_TIME):
                return [CurrTime(self.time)]
            case SetDeviceTime(time):
                if time < self.time:
                    return [Err(6)]
                self.time = time
                return [Ok()]
            case GetChannel(number):
                if number >= self.max_channels:
                    return [Err(2)]
                return [ChannelInfo(number, *self.slots.get(number, ("", bytes(16))))]
            case SetChannel(number, name, secret):
                self.slots[number] = (name, secret)
                return [Ok()]
            case GetContacts():
                newest = max((each.lastmod for each in self.contacts.values()), default=0)
                told = [
                    each
                    for each in self.contacts.values()
                    if command.since is None or each.lastmod > command.since
                ]
                return [ContactsStart(len(self.contacts)), *told, EndOfContacts(newest)]
            case ForKey(Command.GET_CONTACT_BY_KEY, key):
                prefix = key.rstrip(b"\0")
                found = [each for each in self.contacts.values() if each.key.startswith(prefix)]
                return [found[0] if found else Err(2)]
            case ForKey(Command.REMOVE_CONTACT, key):
                return [Ok() if self.contacts.pop(key, None) else Err(2)]
            case ForKey(Command.SEND_STATUS_REQ):
                return [self.sent(flood=0)]
            case ForKey(_, key):
                return [Ok() if key in self.contacts else Err(2)]
            case AddUpdateContact():
                if (
                    command.key not in self.contacts
                    and len(self.contacts) >= 2 * self.half_max_contacts
                ):
                    return [Err(3)]
                lat, lon = command.lat or 0.0, command.lon or 0.0
                self.contacts[command.key] = Contact(*command[:6], lat, lon, NOW)
                return [Ok()]
            case Bare(Command.SYNC_NEXT_MESSAGE):
                empty = BareAnswer(Answer.NO_MORE_MESSAGES)
                return [self.messages.popleft() if self.messages else empty]
            case Bare(Command.GET_BATT_AND_STORAGE):
                return [BattAndStorage(4123, 12, 640)]
            case GetStats(0):
                return [StatsCore(0, 4123, 3_700, 0, 0)]
            case GetStats(1):
                return [StatsRadio(1, -117, -87, 8.5, 12, 34)]
            case GetStats(2):
                return [StatsPackets(2, 10, 5, 3, 2, 6, 4, None)]
            case SendTxtMsg():
                known = any(key.startswith(command.prefix) for key in self.contacts)
                return [self.sent() if known else Err(2)]
            case SendChannelTxtMsg():
                return [Ok() if command.channel in self.slots else Err(2)]
            case SendTracePath() | SendLogin() | SendBinaryReq() | SendPathDiscoveryReq():
                return [self.sent()]
            case SendTelemetryReq():
                return [self.sent()]
            case ExportContact():
                return [ExportedContact(b"\x11\x00card")]
            case SetAdvertName(name):
                self.name = name
                return [Ok()]
            case Reboot():
                return []
            case _:
                return [Ok()]

    def self_info(self) -> SelfInfo:
        return SelfInfo(1, 20, 22, self.key, 0.0, 0.0, 0, 0, 0, 0, 869_618, 62_500, 8, 8, self.name)

    def device_info(self) -> DeviceInfo:
        return DeviceInfo(
            self.version,
            self.half_max_contacts,
            self.max_channels,
            123456,
            "14 Aug 2026",
            "Heltec V3",
            self.firmware,
            0,
            0,
        )


class Desk:
    """A port, its radio, a wound clock, and all that was ever told."""

    def __init__(self, kind: LinkKind = LinkKind.STREAM, settings: Settings | None = None) -> None:
        self.kind = kind
        self.radio = FakeCompanion()
        self.now = Instant(1_000.0, NOW * 1000)
        self.random = random.Random(1)
        self.digests = RememberedDigests()
        self.keyring = Keyring()
        self.nodes = NodeBook((), ())
        self.station = Station(
            from_seed(b"us".ljust(32, b"u")),
            settings or Settings(),
            self.keyring,
            self.nodes,
            self.digests,
            self.random.randbytes,
        )
        self.listener = AirListener(self.station)
        self.port = CompanionPort(LINK, self.station, self.listener)
        self.events: list[Event] = []
        self.written: list[bytes] = []
        self._to_radio: deque[Transmit] = deque()
        self._from_radio: deque[bytes] = deque()
        self._deframer = Deframer(from_radio=False)
        self.holds = False
        self.serial = 0

    # what happens

    def connect(self) -> Desk:
        link = LinkInfo(LINK, NETWORK, self.kind, "radio", "meshcore+serial:///dev/x")
        self.apply(self.port.link_up(link, self.now))
        self.settle()
        return self

    def disconnect(self) -> None:
        self._to_radio.clear()
        self._from_radio.clear()
        self.apply(self.port.link_down(self.now))

    def push(self, *frames: RadioFrame) -> None:
        """Let the radio say something, and everybody react."""
        self.say(*(encode_frame(frame) for frame in frames))
        self.settle()

    def say(self, *payloads: bytes) -> None:
        for payload in payloads:
            is_stream = self.kind is LinkKind.STREAM
            self._from_radio.append(enframe(payload, to_radio=False) if is_stream else payload)
        self.settle()

    def read(self, data: bytes) -> None:
        """Let the link read bytes as they are."""
        self.apply(self.port.receive(Frame(LINK, data, self.now)))
        self.settle()

    def ask(
        self, verb: str, whom: bytes | None = None, argument: str = "", secret: str = ""
    ) -> str:
        self.serial += 1
        request_id = f"ask-{self.serial}"
        self.apply(
            self.port.ask(
                Ask(
                    NETWORK,
                    verb,
                    request_id,
                    None if whom is None else NodeId(whom.hex()),
                    argument,
                    SecretBytes(secret.encode()) if secret else None,
                ),
                self.now,
            )
        )
        self.settle()
        return request_id

    def send(self, to: bytes | str, text: str = "hello", attempt: int = 0) -> MessageId:
        self.serial += 1
        message_id = MessageId(f"message-{self.serial}")
        self.resend(message_id, to, text, attempt, NOW + self.serial)
        return message_id

    def resend(
        self, message_id: MessageId, to: bytes | str, text: str, attempt: int, timestamp: int
    ) -> None:
        message = Message(
            message_id,
            self.conversation(to),
            NodeId(self.radio.key.hex()),
            "text",
            text,
            self.now.unix_ms,
            sent_at_ms=timestamp * 1000,
            proof=Proof.OWN,
            delivery=Delivery(DeliveryState.QUEUED, attempt),
        )
        self.apply(self.port.send(message, self.now))
        self.settle()

    def knows(self, name: str, secret: bytes) -> None:
        """Let the session have joined a channel."""
        self.keyring.add_channel(ChannelKey(name, SecretBytes(secret)))

    def wind(self, seconds: float) -> None:
        """Let time pass, waking the port when it asks for it."""
        end_s = self.now.mono_s + seconds
        for _ in range(100_000):
            due_s = self.port.next_deadline_s
            if due_s is None or due_s > end_s:
                break
            self._set(max(due_s, self.now.mono_s))
            self.apply(self.port.tick(self.now))
            self.settle()
        else:
            raise AssertionError("the port never sleeps")
        self._set(end_s)

    # what can be seen of it

    def of(self, kind: type[_Event]) -> list[_Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def answers(self, request_id: str) -> list[Answered]:
        return [event for event in self.of(Answered) if event.request_id == request_id]

    def answer(self, request_id: str) -> Answered:
        (answered,) = self.answers(request_id)
        return answered

    def news(self, verb: str) -> list[str]:
        return [
            event.text
            for event in self.of(Answered)
            if (event.request_id, event.verb) == ("", verb)
        ]

    def deliveries(self, message_id: MessageId) -> list[Delivery]:
        return [
            event.delivery for event in self.of(DeliveryChanged) if event.message_id == message_id
        ]

    def states(self, message_id: MessageId) -> list[str]:
        return [each.state.value for each in self.deliveries(message_id)]

    @property
    def messages(self) -> list[Message]:
        return [event.message for event in self.of(MessageReceived)]

    def conversation(self, to: bytes | str) -> ConversationId:
        if isinstance(to, str):
            return channel_conversation(NETWORK, to)
        return direct_conversation(NETWORK, NodeId(to.hex()))

    # how it runs

    def settle(self) -> None:
        """Deliver both ways until nothing is on its way."""
        if self.holds:
            return
        for _ in range(100_000):
            if self._to_radio:
                self._deliver(self._to_radio.popleft())
            elif self._from_radio:
                data = self._from_radio.popleft()
                self.apply(self.port.receive(Frame(LINK, data, self.now)))
            else:
                return
        raise AssertionError("port and radio never come to rest")

    def _deliver(self, transmit: Transmit) -> None:
        self.apply([self.port.describe(transmit, self.now)])
        self.apply(self.port.transmitted(transmit, self.now))
        data = transmit.payload
        payloads = self._deframer.feed(data, 0.0) if self.kind is LinkKind.STREAM else [data]
        for payload in payloads:
            self.written.append(payload)
            for answer in self.radio.hear(payload):
                is_stream = self.kind is LinkKind.STREAM
                self._from_radio.append(enframe(answer, to_radio=False) if is_stream else answer)

    def apply(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            if isinstance(output, Transmit):
                self._to_radio.append(output)
            else:
                self.events.append(output)  # type: ignore[arg-type]

    def _set(self, mono_s: float) -> None:
        passed_ms = round((mono_s - self.now.mono_s) * 1000)
        self.now = Instant(mono_s, self.now.unix_ms + passed_ms)


def _is(command: RadioCommand, kind: type, code: int | None) -> bool:
    return isinstance(command, kind) and (code is None or command[0] == code)
