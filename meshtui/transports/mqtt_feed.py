"""A connection to an MQTT broker that is only written to, fit for thousands of messages a second.

A message's PUBLISH packet is written once, whoever gets it:

    30 | QoS << 1 | retain   <remaining length>  <topic length: 2> <topic>
    [<packet id: 2>]         only with QoS 1: the one thing in which brokers differ
    [00]                     no properties, MQTT 5 only
    <payload>

What is sent together goes to the socket as one buffer. Nothing is ever subscribed to, and what a
broker sends all the same is thrown away; who does so without end is left.

Source: OASIS MQTT 3.1.1 section 3.3, MQTT 5.0 section 3.3.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from meshtui.errors import EncodeError, LinkLostError
from meshtui.model.link import LinkSetup
from meshtui.model.packet import Transmit
from meshtui.transports import mqtt_connection, mqtt_words
from meshtui.transports.mqtt_answers import PACKET_COST_BYTES
from meshtui.transports.mqtt_connection import MqttConnection
from meshtui.transports.mqtt_login import is_version_5, log_in, remark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.client import DisconnectFlags
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from meshtui.model.ids import Instant
    from meshtui.transports.base import LinkSpec
    from meshtui.transports.mqtt_answers import Answers
    from meshtui.transports.mqtt_client import FeedClient

MAX_TOPIC_BYTES: Final = 0xFFFF
MAX_REMAINING_BYTES: Final = 0xFFF_FFFF
# So much becomes one buffer; more would hold the loop up, and tell late what was taken.
BUFFER_BYTES: Final = 256 * 1024
# Messages of QoS 1 on their way; an MQTT 5 broker may allow less.
WINDOW: Final = 512
LAST_PACKET_ID: Final = 0xFFFF
DISCONNECT: Final = b"\xe0\x00"
# Who is not allowed to publish is thrown out at the first attempt.
SUDDEN_S: Final = 3.0
# How long the broker may take to hang up; what it had not read is lost if we hang up first.
HANG_UP_S: Final = 0.5
# What a broker may send unasked: so much at once, as all that it has kept, and so much for ever.
MOST_UNASKED_BYTES: Final = 16 * 1024 * 1024
UNASKED_BYTES_PER_S: Final = 1024 * 1024
_UNSPECIFIED: Final = 0x80


@dataclass(frozen=True, slots=True)
class Publication:
    """One message; its packet is written once, for every broker that gets it.

    Attributes:
        is_confirmed: QoS 1, else QoS 0.

    Raises:
        EncodeError: The topic is none to publish to, or it is all too long.
    """

    topic: str
    payload: bytes = field(repr=False)
    is_confirmed: bool = False
    is_retained: bool = False
    # Written when first asked for; of the two versions hardly ever both.
    _packet_4: tuple[bytes, bytes] | None = field(
        default=None, init=False, repr=False, compare=False
    )
    _packet_5: tuple[bytes, bytes] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Refuse what no broker could be given."""
        if len(_wire_topic(self.topic)) + len(self.payload) + 3 > MAX_REMAINING_BYTES:
            msg = f"a message of {len(self.payload)} bytes is too long for MQTT"
            raise EncodeError(msg)

    def packet(self, *, is_version_5: bool) -> tuple[bytes, bytes]:
        """Return what is before its packet id, and what is after; QoS 0: all of it, and nothing."""
        packet = self._packet_5 if is_version_5 else self._packet_4
        if packet is None:
            packet = self._write(b"\0" if is_version_5 else b"")
            object.__setattr__(self, "_packet_5" if is_version_5 else "_packet_4", packet)
        return packet

    def _write(self, properties: bytes) -> tuple[bytes, bytes]:
        topic = _wire_topic(self.topic)
        size = len(topic) + 2 * self.is_confirmed + len(properties) + len(self.payload)
        head = bytearray([0x30 | self.is_confirmed << 1 | self.is_retained])
        while size > 0x7F:
            head.append(size & 0x7F | 0x80)
            size >>= 7
        head.append(size)
        head += topic
        if self.is_confirmed:
            return bytes(head), properties + self.payload
        return b"".join((head, properties, self.payload)), b""


@lru_cache(maxsize=64)
def _wire_topic(topic: str) -> bytes:
    """Write a topic with its length; they are few, and come again with every message.

    Raises:
        EncodeError: It is none to publish to.
    """
    data = topic.encode("utf-8", "replace")
    if not topic or any(sign in topic for sign in "+#\0"):
        msg = f"nothing can be published to {topic[:80]!r}"
        raise EncodeError(msg)
    if len(data) > MAX_TOPIC_BYTES:
        msg = f"a topic of {len(data)} bytes; at most {MAX_TOPIC_BYTES}"
        raise EncodeError(msg)
    return len(data).to_bytes(2, "big") + data


async def open_feed(
    spec: LinkSpec, client_id: str, will: Publication | None, now: Callable[[], Instant]
) -> MqttFeed:
    """Connect and log in, with a clean session; at most 15 seconds.

    Raises:
        TransportError: With a sentence that says what was tried and what to do; `is_refused`: the
            broker did not accept the login.
    """
    from meshtui.transports.mqtt_client import FeedClient

    last = None
    if will is not None:
        last = Transmit(
            spec.link_id,
            will.payload,
            will.topic,
            is_confirmed=will.is_confirmed,
            is_retained=will.is_retained,
        )
    return await log_in(
        spec,
        LinkSetup(client_id, last),
        FeedClient,
        lambda client: MqttFeed(client, spec, now),
        is_clean=True,
    )


class MqttFeed(MqttConnection):
    """One connection; made by `open_feed`. One task sends; others may wait until it is `lost`."""

    _client: FeedClient

    def __init__(self, client: FeedClient, spec: LinkSpec, now: Callable[[], Instant]) -> None:
        """Take a connected client over; its CONNECT has been sent."""
        super().__init__(client, now)
        client.on_answers = self._on_answers
        self._is_version_5 = is_version_5(spec)
        self._remarks = [odd] if (odd := remark(spec)) else []
        self._gone = asyncio.Event()
        self._window = WINDOW
        self._last_id = 0
        self._batch: Sequence[Publication] = ()
        self._begun = 0  # of the batch, before what was handed over last
        self._ends: list[int] = []  # of each message in what was handed over last
        self._unanswered: dict[int, int] = {}  # packet id -> place in the batch, in order
        self._abandoned: set[int] = set()  # packet ids of earlier batches, cancelled
        self._moved_s = 0.0  # when something of ours last left, or was confirmed
        self._first_at_s: float | None = None
        self._is_trusted = False  # something was confirmed
        self._unasked_bytes = 0  # less what is allowed for ever
        self._idle_frames = 0  # of those that were counted

    @property
    def remark(self) -> str:
        """Something odd the user should know, or empty."""
        return "; ".join(self._remarks)

    @property
    def taken(self) -> int:
        """How many of the last batch were wholly taken, before the first that was not.

        QoS 0: every byte has left; QoS 1: the broker has confirmed it.
        """
        sent = len(self._ends)
        if sent and (unsent := self._client.unsent):
            sent = bisect_right(self._ends, self._ends[-1] - unsent)
        return min(self._begun + sent, next(iter(self._unanswered.values()), len(self._batch)))

    async def send(self, publications: Sequence[Publication]) -> None:
        """Publish in order and wait until all are taken. After a loss, `taken` says how many were.

        Raises:
            LinkLostError: The connection is gone, or the broker refused one of them, which ends it.
        """
        self._abandoned.update(self._unanswered)
        self._unanswered.clear()
        # before all else: of a connection that ended meanwhile, nothing of this batch was taken
        self._batch, self._begun, self._ends = publications, 0, []
        self._require_open()
        self._moved_s = self._now().mono_s
        while True:
            # What a cancelled send left in the middle of a packet leaves first.
            await self._until(lambda: not self._client.unsent and self._has_room())
            if not self._is_open or self._begun + len(self._ends) == len(publications):
                break
            self._hand_over()
            # Other connections have their turn, however fast this one is.
            await asyncio.sleep(0)
        await self._until(lambda: not self._client.unsent and not self._unanswered)
        if self.taken < len(publications):
            self._require_open()

    async def lost(self) -> str:
        """Wait until the connection has ended and say why; empty = we ended it."""
        await self._gone.wait()
        return self._lost

    async def aclose(self, last: Publication | None = None) -> None:
        """Say a last word and end the connection so that no will is sent; two seconds at most."""
        try:
            async with asyncio.timeout(mqtt_connection.CLOSE_TIMEOUT_S):
                await self.send([] if last is None else [last])
                self._is_closed = True
                self._client.hand_over(DISCONNECT)
                async with asyncio.timeout(HANG_UP_S):
                    await self._until(lambda: self._client.socket() is None, even_closed=True)
        except (TimeoutError, LinkLostError):
            pass
        finally:
            self.abort()

    # --- what MqttConnection asks ---

    def _awaits(self) -> str:
        if self._client.unsent:
            return "taken nothing"
        return "confirmed nothing" if self._unanswered or self._abandoned else ""

    def _awaits_since_s(self) -> float:
        # A broker that answers pings may confirm nothing all the same.
        return self._moved_s

    def _ended(self) -> None:
        self._gone.set()

    def _on_writable(self) -> None:
        super()._on_writable()
        self._moved_s = self._now().mono_s

    # --- what the broker says ---

    def _on_connect(self, where: str, code: ReasonCode, properties: Properties | None) -> None:
        self._window = max(1, min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW)))
        super()._on_connect(where, code, properties)

    def _on_answers(self, answers: Answers) -> None:
        waited = len(self._unanswered) + len(self._abandoned)
        for packet_id, code in answers.confirmed:
            place = self._unanswered.get(packet_id)
            if packet_id in self._abandoned:
                self._abandoned.remove(packet_id)
            elif place is None:
                self._unasked_bytes += PACKET_COST_BYTES
            elif code >= _UNSPECIFIED:
                self._lose(mqtt_words.of_denial(self._batch[place].topic, code))
                return
            else:
                del self._unanswered[packet_id]
                self._is_trusted = True
        if len(self._unanswered) + len(self._abandoned) < waited:
            self._moved_s = self._now().mono_s
        if answers.goodbye is not None:
            self._lose(mqtt_words.of_loss(answers.goodbye))
        self._unasked_bytes += answers.unasked_bytes
        if answers.unasked and "unasked" not in self.remark:
            self._remarks.append("the broker sends messages unasked")
        self._changed.set()

    def _tick(self) -> None:
        super()._tick()
        idle_frames = self._client.idle_frames
        self._unasked_bytes += (idle_frames - self._idle_frames) * PACKET_COST_BYTES
        self._idle_frames = idle_frames
        if self._unasked_bytes > MOST_UNASKED_BYTES:
            self._lose("the broker sends without end what nobody asked for")
        self._unasked_bytes = max(0, self._unasked_bytes - UNASKED_BYTES_PER_S)

    def _on_disconnect(
        self,
        client: object,
        userdata: object,
        flags: DisconnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        first_s = self._first_at_s
        is_new = first_s is not None and self._now().mono_s - first_s < SUDDEN_S
        if code.value == _UNSPECIFIED and is_new and not self._is_trusted and self._batch:
            self._lose(mqtt_words.of_sudden_end(self._batch[0].topic))
        super()._on_disconnect(client, userdata, flags, code, properties)

    # --- our own ---

    def _has_room(self) -> bool:
        return len(self._unanswered) + len(self._abandoned) <= self._window // 2

    def _hand_over(self) -> None:
        """Send the next of the batch in one buffer, as many as buffer and window allow."""
        room = self._window - len(self._unanswered) - len(self._abandoned)
        self._begun += len(self._ends)
        self._ends = []
        pieces: list[bytes] = []
        size = 0
        for place in range(self._begun, len(self._batch)):
            publication = self._batch[place]
            head, rest = publication.packet(is_version_5=self._is_version_5)
            pieces.append(head)
            if publication.is_confirmed:
                room -= 1
                packet_id = self._next_id()
                self._unanswered[packet_id] = place
                pieces += (packet_id.to_bytes(2, "big"), rest)
                size += 2 + len(rest)
            size += len(head)
            self._ends.append(size)
            if size >= BUFFER_BYTES or not room:
                break
        if self._first_at_s is None:
            self._first_at_s = self._now().mono_s
        self._client.hand_over(b"".join(pieces))

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % LAST_PACKET_ID + 1
            if self._last_id not in self._unanswered and self._last_id not in self._abandoned:
                return self._last_id
