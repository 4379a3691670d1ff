"""One broker: its queue, connection, login and counters. No broker ever waits for another.

WAITING ─ the radio says who it is ─▶ CONNECTING ─▶ UP ─ lost ─▶ DOWN ─ back-off ─▶ CONNECTING
                                          ▲          └─ a new token: close, log in again ─┘
"""

from __future__ import annotations

import asyncio
import logging
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from meshtui.errors import EncodeError, LinkLostError, TransportError
from meshtui.mesh.backoff import Backoff
from meshtui.model.publishing import (
    Preview,
    PreviewKind,
    PublisherState,
    PublisherStatus,
)
from meshtui.runtime.bugs import log_bug
from meshtui.runtime.publishing.login import Login, LoginDesk
from meshtui.runtime.publishing.place import spec_of, where_of
from meshtui.runtime.publishing.queue import MessageQueue
from meshtui.runtime.publishing.tokens import TokenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.model.capture import BrokerConfig
    from meshtui.runtime.clock import Clock
    from meshtui.transports.base import LinkSpec
    from meshtui.transports.mqtt_feed import MqttFeed, Publication

FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 300.0
# Brokers ban who knocks with a wrong login ten times a minute.
REFUSED_RETRY_S: Final = 30.0
FINAL_RETRY_S: Final = 60.0
# How often the clock is looked at while a token lives: it may jump, as after a sleep.
LOOK_S: Final = 60.0
# A connection that lived shorter than this did not prove itself: the back-off goes on growing.
STEADY_S: Final = 10.0
# Of what waits, a preview judges so many.
LOOK_AHEAD: Final = 100

_log = logging.getLogger(__name__)


class Desk(LoginDesk, Protocol):
    """What a publisher needs of the service."""

    def topics(self, config: BrokerConfig) -> tuple[str, str]:
        """Topics of packets and of status messages, filled in."""
        ...

    def client_id(self, config: BrokerConfig) -> str:
        """Under which name to connect."""
        ...

    def status_message(self, *, is_online: bool) -> bytes:
        """Say how the observer stands."""
        ...

    def may_leave(self, message: Publication) -> bool:
        """Tell whether what waits still passes the filter."""
        ...

    async def open_feed(self, spec: LinkSpec, client_id: str, will: Publication | None) -> MqttFeed:
        """Connect (see `transports.mqtt_feed.open_feed`)."""
        ...


class Publisher:
    """Keeps one broker supplied; `run` it for as long as the service lives."""

    def __init__(
        self,
        config: BrokerConfig,
        desk: Desk,
        clock: Clock,
        chance: Callable[[], float],
        queue: MessageQueue | None = None,
    ) -> None:
        """Connect nowhere yet; `chance` returns a number from 0 up to 1."""
        self.config = config
        self._desk = desk
        self._clock = clock
        self._queue = MessageQueue() if queue is None else queue
        self._backoff = Backoff(chance, first_s=FIRST_RETRY_S, ceiling_s=LONGEST_RETRY_S)
        self._where = where_of(config)
        self._state = PublisherState.WAITING
        self._reason = "the radio has not said who it is"
        if config.problem:
            self._state, self._reason = PublisherState.BROKEN, config.problem
        if not config.is_enabled:
            self._state, self._reason = PublisherState.OFF, f"{config.name}_enabled is false"
        self._since_ms = clock.now().unix_ms
        self._retry_at_ms = 0
        self._login = Login(config, desk, clock)
        self._words: Publication | None = None  # the next status message
        self._last: Publication | None = None
        self._topics = ("", "")
        self._lost = ""
        self._logged = ""
        self._leaving = 0  # packets that were handed over and are not taken yet
        self._failed_checks = 0
        self._published = self._dropped = self._held_back = self._connects = 0
        self._last_published_ms = 0
        self._is_known = asyncio.Event()
        self._wake = asyncio.Event()  # something to send, or to look at, while connected
        self._hurry = asyncio.Event()  # try now
        self._renewal = asyncio.Event()  # see whether the token is to be renewed
        self._is_restarting = self._lacks_login = False
        self._farewell: Publication | None = None  # of a radio that is no longer ours
        self._ending = asyncio.Event()
        self.is_paused = False
        self.is_unwell = False

    # --- what the service tells ---

    @property
    def is_usable(self) -> bool:
        """It is switched on and its settings are right."""
        return self._state not in {PublisherState.OFF, PublisherState.BROKEN}

    def wants(self, packet_type: int) -> bool:
        """Tell whether the settings give it packets of that type."""
        return not self.config.packet_types or packet_type in self.config.packet_types

    @property
    def is_up(self) -> bool:
        """It is connected."""
        return self._state is PublisherState.UP

    @property
    def topic_packets(self) -> str:
        """Where packets go; empty before the radio said who it is."""
        return self._topics[0]

    def part(self) -> None:
        """The radio is about to be another one: take leave for it, keep nothing of it."""
        if self.is_usable and self._is_known.is_set():
            if self._farewell is None:  # else who is connected was another one already
                self._farewell = self.status_publication(is_online=False)
            # What waits bears its name, and its topics are not ours any more.
            self._dropped += self._queue.clear()
            self._begin_anew()

    def introduce(self) -> None:
        """The radio has said who it is: connect."""
        from meshtui.transports.mqtt_feed import Publication

        if not self.is_usable:
            return
        self._topics = self._desk.topics(self.config)
        try:
            self.status_publication(is_online=False)
            Publication(self.topic_packets, b"")
        except EncodeError as error:
            self._enter(PublisherState.BROKEN, f"{self.config.name}_topic…: {error}")
            return
        self._is_known.set()

    def offer(self, message: Publication) -> None:
        """Take a packet's message; the oldest makes room where there is none."""
        if self.is_paused:
            self._held_back += 1
            return
        self._dropped += self._queue.put(message)
        self._wake.set()

    def say(self, message: Publication) -> None:
        """Take a status message: it goes before packets, and only the newest counts."""
        if self.is_up:
            self._words = message
            self._wake.set()

    def pause(self, *, is_paused: bool) -> None:
        """Give the broker nothing, or go on."""
        self.is_paused = is_paused
        self._wake.set()

    def retry(self) -> None:
        """Try now."""
        self._hurry.set()

    def try_login(self) -> None:
        """The radio is there and can sign: try now, if that is what was missing."""
        if self._lacks_login:
            self._hurry.set()

    def renew(self) -> None:
        """Log in with a new token; a connection that stands is kept until there is one."""
        if self.config.use_auth_token and self.is_up:
            self._login.hasten()
            self._renewal.set()
        elif self.config.use_auth_token:
            self._begin_anew()

    def stop(self) -> bool:
        """Come to an end; False = there is nobody to say goodbye to, it can be cancelled."""
        self._ending.set()
        self._wake.set()
        return self.is_up

    def check_health(self, grace: int) -> bool:
        """Count a health check; True = it has just become unwell."""
        was_unwell = self.is_unwell
        self._failed_checks = 0 if self.is_up else self._failed_checks + 1
        self.is_unwell = self.is_usable and self._failed_checks >= max(grace, 1)
        return self.is_unwell and not was_unwell

    def status(self) -> PublisherStatus:
        """Say where it stands."""
        return PublisherStatus(
            self.config.name,
            self._where,
            self._state,
            self._since_ms,
            self._reason,
            self._retry_at_ms,
            self.is_paused,
            self.is_unwell,
            self.config.qos,
            len(self._queue) + self._leaving,
            self._queue.max_messages,
            self._published,
            self._dropped,
            self._held_back,
            self._connects,
            self._backoff.failures,
            self._last_published_ms,
            *self._topics,
            self._login.kind,
            self._login.status(),
        )

    def preview(self) -> Preview | None:
        """Show exactly what the broker gets next; None = its topics are not known yet."""
        if not self._is_known.is_set():
            return None
        soon = islice(self._queue, LOOK_AHEAD)
        waits = self._words or next(filter(self._desk.may_leave, soon), None)
        kind = PreviewKind.NEXT if waits else PreviewKind.LAST
        message = waits or self._last
        if message is None:
            kind, message = PreviewKind.EXAMPLE, self.status_publication(is_online=True)
        return Preview(
            kind, message.topic, message.payload, int(message.is_confirmed), message.is_retained
        )

    def status_publication(self, *, is_online: bool) -> Publication:
        """Write the status message for this broker's topic."""
        from meshtui.transports.mqtt_feed import Publication

        payload = self._desk.status_message(is_online=is_online)
        is_confirmed = self.config.qos > 0
        return Publication(self._topics[1], payload, is_confirmed, self.config.is_retained)

    # --- life ---

    async def run(self) -> None:
        """Keep the broker supplied until it is told to stop."""
        if not self.is_usable:
            return
        await self._is_known.wait()
        while not self._ending.is_set():
            self._hurry.clear()
            retry_s = await self._live_once()
            if self._ending.is_set() or retry_s <= 0:
                continue
            now = self._clock.now()
            self._retry_at_ms = now.unix_ms + round(retry_s * 1000)
            await self._clock.wait(self._hurry, now.mono_s + retry_s)
            self._retry_at_ms = 0

    async def _live_once(self) -> float:
        """Connect and publish until the connection ends; returns how long to wait then."""
        # what went wrong last is still the best to be said, if anything did
        self._enter(PublisherState.CONNECTING, "" if self._backoff.failures else "no answer yet")
        self._is_restarting, self._farewell, self._lacks_login = False, None, False
        try:
            return await self._live()
        except TokenError as error:
            self._lacks_login = True
            return self._fail(f"no login: {error}", 0.0)  # no broker was asked
        except TransportError as error:
            least_s = REFUSED_RETRY_S if error.is_refused else FINAL_RETRY_S * error.is_final
            self._login.judged(is_refused=error.is_refused)
            words = self._login.in_words(str(error)) if error.is_refused else str(error)
            return self._fail(words, least_s)
        except Exception as error:  # noqa: BLE001 - a bug costs this broker, not the others
            log_bug(_log, f"{self.config.name}", error)
            return self._fail(f"this failed inside meshtui ({type(error).__name__})", FINAL_RETRY_S)

    async def _live(self) -> float:
        username, password = await self._login.credentials()
        if self._is_restarting:
            return 0.0  # that was signed by a radio that is no longer ours
        feed = await self._connect(username, password)
        self._login.judged(is_refused=False)
        since_s = self._clock.now().mono_s
        reason = await self._publish_on(feed)
        if self._clock.now().mono_s - since_s >= STEADY_S:
            self._backoff.reset()
        return self._fail(reason, 0.0) if reason else 0.0

    async def _connect(self, username: str, password: str) -> MqttFeed:
        """Log in; the will bears the time of this, as MQTT fixes it here.

        Brokers that drop a status older than the last one never show it. A later time would have
        them drop what we say once we are back, and without one it would be no status message.
        """
        will = self.status_publication(is_online=False)
        spec = spec_of(self.config, username, password)
        return await self._desk.open_feed(spec, self._desk.client_id(self.config), will)

    async def _publish_on(self, feed: MqttFeed) -> str:
        """Publish until the connection ends; returns why, or empty: on purpose."""
        self._connects += 1
        self._enter(PublisherState.UP, feed.remark)
        self._logged = ""
        _log.info("Connected to MQTT broker %s (%s)", self.config.name, self._where)
        self._lost = ""
        self._words = self.status_publication(is_online=True)
        try:
            async with asyncio.TaskGroup() as group:
                others = [group.create_task(self._watch(feed))]
                if self.config.use_auth_token:
                    others.append(group.create_task(self._renew()))
                reason = await self._pump(feed)
                for task in others:
                    task.cancel()
        finally:
            feed.abort()
        return reason

    async def _watch(self, feed: MqttFeed) -> None:
        self._lost = await feed.lost() or "the connection ended"
        self._wake.set()

    async def _renew(self) -> None:
        """Have a new token made in good time; packets leave meanwhile, however long that takes."""
        while True:
            look_s = self._clock.now().mono_s + LOOK_S
            await self._clock.wait(self._renewal, min(look_s, self._login.renew_s or look_s))
            self._renewal.clear()
            try:
                if await self._login.is_renewed():
                    break
            except TokenError as error:
                # The connection stands, so nothing is lost yet.
                before, self._reason = self._reason, f"the token could not be renewed: {error}"
                if self._reason != before:  # it is tried every minute, for hours
                    _log.warning("%s: %s", self.config.name, self._reason)
        self._is_restarting = True
        self._wake.set()

    async def _pump(self, feed: MqttFeed) -> str:
        while not self._lost:
            self._wake.clear()
            if self._farewell or (self._is_restarting and not self._ending.is_set()):
                await feed.aclose(self._farewell)
                return ""
            if self._words is not None:
                problem = await self._send(feed, [self._words], are_packets=False)
            elif not self.is_paused and len(self._queue):
                problem = await self._send_packets(feed)
            elif self._ending.is_set():
                await feed.aclose(self.status_publication(is_online=False))
                return ""
            else:
                await self._wake.wait()
                continue
            if problem:
                return problem
        return self._lost

    async def _send_packets(self, feed: MqttFeed) -> str:
        """Send some of what waits, but what a filter that is newer than it keeps back."""
        batch = self._queue.take()
        leaving = [message for message in batch if self._desk.may_leave(message)]
        self._held_back += len(batch) - len(leaving)
        if leaving:
            return await self._send(feed, leaving, are_packets=True)
        await asyncio.sleep(0)  # to judge all at once could take long
        return ""

    async def _send(
        self, feed: MqttFeed, batch: Sequence[Publication], *, are_packets: bool
    ) -> str:
        """Hand a batch over; what was not taken waits again. Returns why it failed, or empty."""
        self._leaving = len(batch) if are_packets else 0
        try:
            await feed.send(batch)
        except LinkLostError as error:
            return str(error) or "the connection ended"
        finally:
            self._leaving, rest = 0, batch[feed.taken :]
            if are_packets and rest:
                # of a radio that is no longer ours, nothing waits again
                self._dropped += len(rest) if self._farewell else self._queue.put_back(rest)
            self._count(batch[: feed.taken], are_packets=are_packets)
        return ""

    def _count(self, taken: Sequence[Publication], *, are_packets: bool) -> None:
        if not taken:
            return
        self._last = taken[-1]
        if are_packets:
            self._published += len(taken)
            self._last_published_ms = self._clock.now().unix_ms
        elif self._words is taken[-1]:
            self._words = None

    def _begin_anew(self) -> None:
        """Log in again by a new token, and do so now."""
        self._login.forget()
        self._words, self._is_restarting = None, True
        self._wake.set()
        self._hurry.set()

    def _enter(self, state: PublisherState, reason: str = "") -> None:
        # attempts do not make it young: it counts since when it is up, or not
        if (state is PublisherState.UP) is not (self._state is PublisherState.UP):
            self._since_ms = self._clock.now().unix_ms
        self._state = state
        if reason or state is PublisherState.UP:
            self._reason = reason

    def _fail(self, reason: str, least_s: float) -> float:
        """Note that it is down; returns how long to wait."""
        self._enter(PublisherState.DOWN, reason)
        delay_s = max(self._backoff.next_delay_s(), least_s)
        if reason != self._logged:
            self._logged = reason
            name = self.config.name
            _log.warning("%s (%s): %s; tried again in %.0f s", name, self._where, reason, delay_s)
        return delay_s
