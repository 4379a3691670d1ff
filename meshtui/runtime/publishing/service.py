"""The packet capture service: follows one radio and supplies every broker and the output file.

    bus ─ FrameReceived, FrameSent ─▶ filter ─▶ message, written once ─┬▶ Publishers
          DeviceChanged, LinkChanged ─▶ who listens, is it there       ├▶ OutputFile
          Signed ─▶ TokenMaker                                         └▶ counters

It is one more reader of the bus: what it does costs the chat nothing but its share of the loop.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Self

from meshtui.model.display_filter import compile_filter
from meshtui.model.event import (
    Answered,
    DeviceChanged,
    EventsMissed,
    FrameReceived,
    FrameSent,
    LinkChanged,
    NodeHeard,
    Signed,
)
from meshtui.model.link import LinkState
from meshtui.model.packet import NO_RX
from meshtui.model.packet_fields import packet_fields
from meshtui.model.packet_row import received_row, sent_row
from meshtui.model.publishing import PublishingStatus
from meshtui.runtime.bugs import log_bug
from meshtui.runtime.publishing.choice import choose_radio
from meshtui.runtime.publishing.figures import Figures
from meshtui.runtime.publishing.output import output_of
from meshtui.runtime.publishing.packet_log import log_packet
from meshtui.runtime.publishing.publisher import Publisher
from meshtui.runtime.publishing.tokens import Token, TokenError, TokenMaker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from meshtui.model.capture import BrokerConfig, CaptureConfig
    from meshtui.model.device import Device
    from meshtui.model.event import Event
    from meshtui.model.ids import LinkId, NetworkName
    from meshtui.model.packet_row import PacketRow
    from meshtui.model.publishing import Preview
    from meshtui.networks.base import Observer
    from meshtui.runtime.api import MeshApi, Subscription
    from meshtui.runtime.clock import Clock
    from meshtui.transports.base import LinkSpec
    from meshtui.transports.mqtt_feed import MqttFeed, Publication

BUS_LIMIT: Final = 50_000
SLICE_S: Final = 0.003
GATHER_S: Final = 0.02
MAX_NAMES: Final = 20_000
GOODBYE_S: Final = 2.5
MAX_EARLY: Final = 200

_log = logging.getLogger(__name__)


class PublishingService:
    """See `runtime.api.PublishingApi`; `async with` runs it."""

    def __init__(
        self,
        config: CaptureConfig,
        api: MeshApi,
        observer_of: Callable[[NetworkName], Observer | None],
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Choose the radio; nothing runs yet.

        Args:
            observer_of: How a network publishes what is heard, where it does.
            chance: Returns a number from 0 up to 1; spreads reconnects.

        Raises:
            FilterError: The filter of the settings cannot be read.
        """
        self._config = config
        self._api = api
        self._clock = clock
        self._names: dict[str, str] = {}
        self._fields = packet_fields(self._names)
        self._filter = compile_filter(config.filter, self._fields)
        self._network, self._link_id, self._observer = choose_radio(
            config.link, api.links(), observer_of
        )
        self._origin: Device | None = None
        self._is_radio_up = False
        self._since_ms = clock.now().unix_ms
        self._captured = self._kept_back = self._missed = 0
        self._radio_failures = 0
        self._early: deque[FrameReceived | FrameSent] = deque(maxlen=MAX_EARLY)
        self._figures = Figures(api.submit, clock)
        brokers = config.brokers if config.has_mqtt else ()
        self._publishers = {
            broker.name: Publisher(broker, self, clock, chance) for broker in brokers
        }
        self._picks = any(broker.packet_types for broker in brokers)
        self._tokens = (
            TokenMaker(config, self._observer, api.submit, clock) if self._observer else None
        )
        self._output = output_of(config)
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []
        self._living: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        """Follow the bus from now on, and connect once the radio has said who it is."""
        config, subscription = self._config, self._api.subscribe(BUS_LIMIT)
        await self._group.__aenter__()
        start = self._group.create_task
        self._look_around()
        for node, _ in await self._api.nodes():
            self._note_name(node.node_id, node.name)
        self._tasks = [
            start(self._follow(subscription), name="capture"),
            start(self._every(config.health_check_interval_s, self._check_health), name="health"),
            start(self._every(config.stats_refresh_interval_s, self._tell_status), name="status"),
        ]
        if self._output is not None:
            self._tasks.append(start(self._output.run(), name="capture file"))
        self._living = {
            name: start(publisher.run(), name=f"publisher {name}")
            for name, publisher in self._publishers.items()
        }
        return self

    async def __aexit__(self, *_: object) -> None:
        """Say goodbye to the brokers that are there, for two seconds; the others are let go."""
        try:
            for task in self._tasks:
                task.cancel()
            leaving = []
            for name, task in self._living.items():
                if self._publishers[name].stop():
                    leaving.append(task)
                else:
                    task.cancel()
            if leaving:
                await asyncio.wait(leaving, timeout=GOODBYE_S)
            if self._output is not None:
                await self._output.aclose()
        finally:
            for task in self._living.values():
                task.cancel()
            await self._group.__aexit__(None, None, None)

    # --- what front ends ask ---

    def status(self) -> PublishingStatus:
        """Where it stands."""
        origin = self._origin
        return PublishingStatus(
            self._network,
            self._link_id,
            origin.node_id if origin else "",
            origin.name if origin else "",
            self._is_radio_up,
            self._since_ms,
            self._captured,
            self._kept_back,
            self._missed,
            self._filter.text,
            self._problem(),
            tuple(publisher.status() for publisher in self._publishers.values()),
            self._output.status() if self._output else None,
        )

    def preview(self, name: str) -> Preview | None:
        """Exactly what a broker gets next."""
        return self._publishers[name].preview()

    def pause(self, name: str, *, is_paused: bool) -> None:
        """Give a broker nothing until it goes on."""
        self._publishers[name].pause(is_paused=is_paused)

    def retry(self, name: str) -> None:
        """Try a broker that is down now."""
        self._publishers[name].retry()

    def renew(self, name: str) -> None:
        """Ask for a new token, and log in with it."""
        self._publishers[name].renew()

    def set_filter(self, text: str) -> None:
        """Let only what passes leave."""
        self._filter = compile_filter(text, self._fields)

    # --- what publishers need (see `publisher.Desk`) ---

    def radio_skew_s(self) -> int | None:
        """The radio's clock minus ours, where it is known."""
        return self._origin.clock_skew_s if self._origin else None

    def topics(self, config: BrokerConfig) -> tuple[str, str]:
        """Topics of packets and of status messages, filled in."""
        observer, origin, iata = self._seen_by(), self._known(), self._config.iata
        return (
            observer.topic(config.topic_packets, origin, iata),
            observer.topic(config.topic_status, origin, iata),
        )

    def client_id(self, config: BrokerConfig) -> str:
        """Under which name to connect."""
        return config.client_id or self._seen_by().client_id(self._known(), config.number)

    def status_message(self, *, is_online: bool) -> bytes:
        """Say how the observer stands; without its radio it hears nothing, so it is offline."""
        return self._seen_by().status(
            self._known(),
            self._clock.now().unix_ms,
            is_online=is_online and self._is_radio_up,
            has_stats=self._config.stats_in_status_enabled,
        )

    def may_leave(self, message: Publication) -> bool:
        """Judge what waits by a filter that was set since."""
        from meshtui.runtime.publishing.packet_message import passes

        return passes(message, self._filter)

    async def make_token(self, audience: str, life_s: float) -> Token:
        """Make a login."""
        if self._tokens is None:
            raise TokenError(self._problem())
        return await self._tokens.make(self._known(), audience, life_s)

    async def open_feed(self, spec: LinkSpec, client_id: str, will: Publication | None) -> MqttFeed:
        """Connect."""
        from meshtui.transports.mqtt_feed import open_feed

        return await open_feed(spec, client_id, will, self._clock.now)

    def renew_after_ms(self) -> int:
        """How old a token may be, by the settings."""
        return round(self._config.jwt_renewal_interval_s * 1000)

    # --- following the mesh ---

    def _problem(self) -> str:
        if self._observer is None:
            wanted = self._config.link
            if wanted:
                return f"capture.link: there is no link {wanted!r} to a radio that can be heard"
            return "no MeshCore radio among the links: add one, such as meshcore+serial:///dev/…"
        if self._origin is None:
            return "the radio has not said who it is" if self._is_radio_up else "the radio is away"
        return "" if self._is_radio_up else "the radio is away: nothing is heard"

    def _seen_by(self) -> Observer:
        if self._observer is None:
            raise LookupError(self._problem())
        return self._observer

    def _known(self) -> Device:
        if self._origin is None:
            raise LookupError(self._problem())
        return self._origin

    async def _follow(self, subscription: Subscription) -> None:
        with closing(subscription):
            while batch := await subscription.next_batch():
                until_s = time.perf_counter() + SLICE_S
                for event in batch:
                    try:
                        self._take(event)
                    except Exception as error:  # noqa: BLE001 - one packet must not end the service
                        log_bug(_log, f"capturing {type(event).__name__}", error)
                    if time.perf_counter() >= until_s:
                        await asyncio.sleep(0)
                        until_s = time.perf_counter() + SLICE_S
                # what comes meanwhile leaves together: waking ten publishers costs most of it
                await asyncio.sleep(GATHER_S)

    def _take(self, event: Event) -> None:
        match event:
            case FrameReceived(frame=frame):
                # what has an endpoint is talk between us and the radio
                if frame.link_id == self._link_id and not frame.endpoint:
                    self._capture(event)
            case FrameSent(transmit=transmit) if self._config.publish_own:
                if transmit.link_id == self._link_id and not transmit.endpoint:
                    self._capture(event)
            case EventsMissed(count):
                self._missed += count
                _log.warning("%d events passed too fast to be captured", count)
                self._look_around()
            case _:
                self._note(event)

    def _look_around(self) -> None:
        """Learn what is there, whatever was said of it meanwhile."""
        for link in self._api.links():
            self._note_link(link.link_id, is_up=link.state is LinkState.UP)
        for device in self._api.devices():
            self._note_device(device)

    def _note(self, event: Event) -> None:
        """Learn of everything but packets."""
        match event:
            case DeviceChanged(device):
                self._note_device(device)
            case LinkChanged(link):
                self._note_link(link.link_id, is_up=link.state is LinkState.UP)
            case NodeHeard(node):
                self._note_name(node.node_id, node.name)
            case Answered():
                self._figures.answered(event)
            case Signed() if self._tokens is not None:
                self._tokens.signed(event)
            case _:
                pass

    def _capture(self, event: FrameReceived | FrameSent) -> None:
        if self._origin is None or self._observer is None:
            self._keep_early(event)
            return
        self._captured += 1
        row: PacketRow
        if isinstance(event, FrameReceived):
            row, rx = received_row(self._captured, event), event.frame.rx
        else:
            row, rx = sent_row(self._captured, event), NO_RX
        if not self._filter.matches(row):
            self._kept_back += 1
            return
        payload = self._observer.packet(
            self._origin, row.payload, rx, row.at.unix_ms, row.direction
        )
        self._hand_out(row, payload)
        usable = [each for each in self._publishers.values() if each.is_usable]
        brokers = f"{sum(each.is_up for each in usable)}/{len(usable)}"
        log_packet(self._captured, payload, brokers, is_whole=self._config.debug)

    def _keep_early(self, event: FrameReceived | FrameSent) -> None:
        """Nobody can be named yet as the one who heard it: let it wait for who that is."""
        self._missed += len(self._early) == self._early.maxlen
        self._early.append(event)

    def _hand_out(self, row: PacketRow, payload: bytes) -> None:
        """Give a message to everybody who wants it; those with the same topic share it."""
        from meshtui.runtime.publishing.packet_message import PacketMessage

        packet_type = self._seen_by().packet_type(row.payload) if self._picks else 0
        shared: dict[tuple[str, int], Publication] = {}
        for publisher in self._publishers.values():
            if not (publisher.is_usable and publisher.wants(packet_type)):
                continue
            key = publisher.topic_packets, publisher.config.qos
            message = shared.get(key)
            if message is None:
                message = shared[key] = PacketMessage(
                    key[0], payload, key[1] > 0, row=row, passed=self._filter
                )
            publisher.offer(message)
        if self._output is not None:
            self._output.write(payload)

    def _note_device(self, device: Device) -> None:
        if device.link_id != self._link_id or not device.node_id:
            return
        named = device if device.name else replace(device, name=self._config.bot_name)
        before = self._origin
        if before is not None and before.node_id == device.node_id:
            self._origin = named
            if named.stats and not before.stats:
                self._say_status()  # first figures do not wait for their turn
            return
        for publisher in self._publishers.values():
            publisher.part()
        self._origin = named
        for publisher in self._publishers.values():
            publisher.introduce()
        while self._early:
            self._capture(self._early.popleft())

    def _note_link(self, link_id: LinkId, *, is_up: bool) -> None:
        if link_id != self._link_id or is_up == self._is_radio_up:
            return
        self._is_radio_up = is_up
        if is_up:
            self._radio_failures = 0
            if self._tokens is not None:
                self._tokens.rested()
            for publisher in self._publishers.values():
                publisher.try_login()
            self._say_status()

    def _note_name(self, node_id: str, name: str) -> None:
        if name and (node_id in self._names or len(self._names) < MAX_NAMES):
            self._names[node_id] = name

    # --- what happens by the clock ---

    async def _every(self, interval_s: float, deed: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._clock.sleep(interval_s)
            try:
                await deed()
            except Exception as error:  # noqa: BLE001 - it must not end the service
                log_bug(_log, f"capture: {deed.__name__}", error)

    async def _check_health(self) -> None:
        grace = self._config.health_check_grace_period
        for publisher in self._publishers.values():
            if publisher.check_health(grace):
                status = publisher.status()
                _log.warning("Health check failed: %s: %s", status.name, status.reason)
        if self._observer is None or self._is_radio_up:
            return
        self._radio_failures += 1
        if self._radio_failures == max(grace, 1):
            _log.warning("Health check failed: the radio is away")
            self._say_status()

    async def _tell_status(self) -> None:
        """Say that we are there, with fresh figures of the radio."""
        if self._config.stats_in_status_enabled and self._is_radio_up:
            await self._figures.refresh(self._network, self._link_id)
        self._say_status()

    def _say_status(self) -> None:
        for publisher in self._publishers.values():
            if publisher.is_up:
                publisher.say(publisher.status_publication(is_online=True))
