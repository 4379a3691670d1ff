"""What keeps a broker from taking what a radio hears: settings, the way to it, login, topics.

Each step is tried by itself and the first that fails names the culprit. A login is tried once, and
by MQTT 5 once more where it is no token: who fails too often is shut out. What is published is the
one message that is true while no service runs: the status `offline`; never a packet.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from meshtui.errors import EncodeError, LinkLostError, TransportError
from meshtui.runtime.check import Check
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.doctor_broker import MAX_SKEW_S, Way, Wording, skew_words
from meshtui.runtime.publishing.login import Login
from meshtui.runtime.publishing.place import spec_of, where_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from meshtui.model.capture import BrokerConfig, CaptureConfig
    from meshtui.model.device import Device
    from meshtui.model.secret import SecretBytes
    from meshtui.networks.base import Observer
    from meshtui.runtime.publishing.tokens import Token
    from meshtui.transports.base import LinkSpec
    from meshtui.transports.mqtt_feed import MqttFeed, Publication

# Who is not allowed to publish is thrown out at once; a broker far away needs a moment for it.
WATCH_S = 2.0
CONFIRM_S = 5.0


@dataclass(frozen=True, slots=True)
class Witness:
    """The radio that is listened to, as far as it could be asked.

    Attributes:
        origin: As it describes itself; None = it is not known.
        tokens: Logins, by whom they are made out to, and for how long in seconds.
        silence: Why it is not known, or there are none, for a person.
        is_at_work: Another process publishes what it hears, so it is not `offline`.
    """

    observer: Observer | None = None
    origin: Device | None = None
    tokens: Mapping[tuple[str, float], Token] = field(default_factory=dict, repr=False)
    silence: str = ""
    is_at_work: bool = False

    @property
    def prove(self) -> Callable[[SecretBytes], None] | None:
        """What raises CryptoError where a private key is not the radio's; None = it is unknown."""
        observer, origin = self.observer, self.origin
        if observer is None or origin is None:
            return None

        def prove(key: SecretBytes) -> None:
            observer.sign(origin, key, b"meshtui doctor")

        return prove


def token_of(broker: BrokerConfig) -> tuple[str, float]:
    """Say whom a broker's token is made out to, and for how long in seconds."""
    return broker.token_audience or broker.server, broker.jwt_ttl_s


async def check_publishers(
    config: CaptureConfig, witness: Witness, tell: Callable[[Check], None]
) -> None:
    """Try all brokers at once and tell of them in order, each up to the first step that fails."""
    if not config.has_mqtt:
        tell(Check("brokers", True, "none is used: mqtt_enabled is false"))
        return
    if not any(broker.is_enabled for broker in config.brokers):
        fix = "set mqtt1_server, and mqtt1_enabled = true"
        tell(Check("brokers", bool(config.output_file), "none is switched on", fix))
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_collect(_Trial(config, broker, witness).checks()))
            for broker in config.brokers
        ]
        for task in tasks:
            for check in await task:
                tell(check)


async def _collect(checks: AsyncIterator[Check]) -> list[Check]:
    return [check async for check in checks]


class _Desk:
    """What a login asks of a service."""

    def __init__(self, config: CaptureConfig, witness: Witness) -> None:
        self._config = config
        self._witness = witness

    def radio_skew_s(self) -> int | None:
        origin = self._witness.origin
        return origin.clock_skew_s if origin else None

    async def make_token(self, audience: str, life_s: float) -> Token:
        return self._witness.tokens[audience, life_s]

    def renew_after_ms(self) -> int:
        return round(self._config.jwt_renewal_interval_s * 1000)


class _Trial:
    """One broker being tried."""

    def __init__(self, config: CaptureConfig, broker: BrokerConfig, witness: Witness) -> None:
        self._config = config
        self._broker = broker
        self._witness = witness
        self._name = broker.name
        self._where = where_of(broker)
        self._clock = SystemClock()
        self._login = Login(broker, _Desk(config, witness), self._clock)

    async def checks(self) -> AsyncIterator[Check]:
        """Try it, up to the first step that fails."""
        settings = self._settings()
        yield settings
        if not settings.is_ok or not self._broker.is_enabled:
            return
        way = Way(self._name, spec_of(self._broker, "", ""), _wording(self._broker))
        async for check in way.checks():
            yield check
        if not way.is_open:
            return
        for check in await self._beyond(way.skew_s):
            yield check

    def _settings(self) -> Check:
        broker, name = self._broker, f"{self._name}: settings"
        if not broker.is_enabled:
            return Check(name, True, f"{self._name}_enabled is false: it is not tried")
        if broker.problem:
            return Check(name, False, broker.problem)
        how = "by user and password" if broker.username else "without a login"
        if broker.use_auth_token:
            how = f"by a token made out to {self._login.audience}"
        return Check(name, True, f"{self._where}, {how}")

    async def _beyond(self, skew_s: int | None) -> list[Check]:
        """Log in and publish; nothing that is open outlives it."""
        step = "token" if self._broker.use_auth_token else "login"
        name = f"{self._name}: {step}"
        if step == "token" and token_of(self._broker) not in self._witness.tokens:
            return [_not_tried(name, self._witness.silence)]
        user, password = await self._login.credentials()
        spec = spec_of(self._broker, user, password)
        try:
            feed = await self._open(spec)
        except TransportError as error:
            return [self._refused(name, error, skew_s)]
        try:
            done = Check(name, True, self._let_in(user, feed.remark))
            return [done, await self._publish(feed, spec)]
        finally:
            await feed.aclose()

    async def _open(self, spec: LinkSpec) -> MqttFeed:
        from meshtui.transports.mqtt_feed import open_feed

        return await open_feed(spec, self._client_id(), None, self._clock.now)

    def _client_id(self) -> str:
        """Name the connection: not as a service does, which would be thrown out, wherever it runs.

        A name that is set may be what the broker goes by; it is used unless the service runs here.
        """
        is_set = self._broker.client_id and not self._witness.is_at_work
        return self._broker.client_id if is_set else f"meshtui-{secrets.token_hex(4)}"

    def _let_in(self, user: str, remark: str) -> str:
        odd = f"; {remark}" if remark else ""
        if not self._broker.use_auth_token:
            return f"{self._where} lets us in {f'as {user}' if user else 'without a login'}{odd}"
        token = self._login.status()
        until = _time(token.expires_ms) if token else "?"
        by = f", signed by {token.signed_by}" if token else ""
        taken = f"takes the token for {self._login.audience}, as {user}"
        return f"{self._where} {taken}{by}, good until {until}{odd}"

    def _refused(self, name: str, error: TransportError, skew_s: int | None) -> Check:
        if not error.is_refused:
            fix = "does it speak MQTT there? Who failed too often is shut out without a word, too"
            return Check(name, False, str(error), fix)
        if not self._broker.use_auth_token:
            fix = f"look at {self._name}_username and {self._name}_password"
            return Check(name, False, str(error), fix)
        detail = f"{self._where} does not accept the token"
        if skew_s is not None and abs(skew_s) > MAX_SKEW_S:
            fix = f"set the clock: it is {skew_words(skew_s)} the broker's, so tokens are refused"
            return Check(name, False, detail, fix)
        shown = _time(self._clock.now().unix_ms)
        fix = (
            f"clock: this machine's says {shown}; audience: is {self._login.audience} the name "
            f"the broker goes by (set {self._name}_token_audience)? key: may this radio's key "
            "publish there?"
        )
        return Check(name, False, detail, fix)

    # --- publishing ---

    async def _publish(self, feed: MqttFeed, spec: LinkSpec) -> Check:
        name = f"{self._name}: publish"
        if self._witness.is_at_work:
            return _not_tried(name, "the service is running, and says `online` by itself")
        try:
            message = self._offline()
        except EncodeError as error:
            fix = f"look at {self._name}_topic_status"
            return Check(name, False, str(error), fix)
        if message is None:
            return _not_tried(name, self._witness.silence)
        problem, told = await self._published(feed, message)
        if not problem and not self._broker.use_auth_token:
            await feed.aclose()
            problem, more = await self._asked_by_version_5(spec, message)
            told += more
        if problem:
            fix = f"may this user publish to {message.topic}? Are topic and iata right?"
            return Check(name, False, problem, fix)
        kept = ", retained" if message.is_retained else ""
        detail = (
            f"{message.topic} took the status `offline` (QoS 1{kept}){told}; "
            "no packet was made up to try the other topic"
        )
        return Check(name, True, detail)

    def _offline(self) -> Publication | None:
        """Write the last will of the service; None = nobody knows whose."""
        from meshtui.transports.mqtt_feed import Publication

        observer, origin = self._witness.observer, self._witness.origin
        if observer is None or origin is None:
            return None
        topic = observer.topic(self._broker.topic_status, origin, self._config.iata)
        now_ms = self._clock.now().unix_ms
        payload = observer.status(origin, now_ms, is_online=False, has_stats=False)
        return Publication(topic, payload, is_confirmed=True, is_retained=self._broker.is_retained)

    async def _published(self, feed: MqttFeed, message: Publication) -> tuple[str, str]:
        """Publish, and look whether the broker closes the connection.

        Returns:
            What is wrong, and what to add where nothing is.
        """
        told = ""
        try:
            async with asyncio.timeout(CONFIRM_S):
                await feed.send([message])
        except TimeoutError:
            if self._broker.qos:
                confirms = f"the broker confirms nothing; set {self._name}_qos = 0"
                return f"{message.topic}: {confirms}", ""
            told = ", though it confirmed nothing"  # some take all they get as QoS 0
        except LinkLostError as error:
            return f"{message.topic}: {error}", ""
        try:
            async with asyncio.timeout(WATCH_S):
                why = await feed.lost()
        except TimeoutError:
            return "", told
        return f"{message.topic}: after the status message, {why or 'the connection ended'}", ""

    async def _asked_by_version_5(self, spec: LinkSpec, message: Publication) -> tuple[str, str]:
        """Ask a broker that can say no: by MQTT 3.1.1 one that takes nothing says yes all the same.

        Returns:
            What is wrong, and what to add where nothing is.
        """
        by_5 = replace(spec, options={**spec.options, "protocol": "5"})
        try:
            feed = await self._open(by_5)
        except TransportError:
            return "", ", or threw it away without a word, as brokers without MQTT 5 do"
        try:
            async with asyncio.timeout(CONFIRM_S):
                await feed.send([message])
        except TimeoutError:
            return "", ""
        except LinkLostError as error:
            return f"{message.topic}: {error}", ""
        finally:
            await feed.aclose()
        return "", ""


def _time(unix_ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(unix_ms / 1000))


def _not_tried(name: str, why: str) -> Check:
    return Check(name, True, f"not tried: {why}", is_tried=False)


def _wording(broker: BrokerConfig) -> Wording:
    name = broker.name
    return Wording(
        authority=f"{name}_tls_ca",
        insecure=f"{name}_tls_insecure",
        plain=f"{name}_use_tls = false is for plain ones",
        path=f"{name}_websocket_path must be the broker's, often /mqtt or /",
        clock="a login token of a wrong time is refused"
        if broker.use_auth_token
        else "what is published bears its time",
    )
