"""The test broker that checks tokens is itself checked, by clients of other people."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from dataclasses import dataclass, field

import pytest
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.meshcore_vectors import vectors
from tests.support.mosquitto import eventually
from tests.support.token_broker import AUDIENCE, READER, DeniedError, TokenBroker, check_token
from tests.support.token_maker import DAY_S, Signer, encode

NOW_S = 1_800_000_000.0
NODE, OTHER = Signer(), Signer(b"\2" * 32)


@dataclass
class Watch:
    """What the broker's clock shows."""

    now_s: float = NOW_S

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Visitor:
    """A client of paho's, run by threads of its own.

    Attributes:
        codes: Return codes of the logins tried.
    """

    client: Client
    codes: list[int] = field(default_factory=list)
    is_gone: bool = False
    confirmed: int = 0
    heard: list[tuple[str, bytes, bool]] = field(default_factory=list)

    def publish(self, topic: str, body: object, qos: int = 0, *, retain: bool = False) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.client.publish(topic, data, qos, retain)


@contextlib.asynccontextmanager
async def visitor(
    broker: TokenBroker, scheme: str = "mqtt", user: str = "", password: str = "", will=None
):
    kind = "websockets" if scheme.startswith("ws") else "tcp"
    client = Client(
        CallbackAPIVersion.VERSION2,
        protocol=MQTTv311,
        transport=kind,
        reconnect_on_failure=False,
    )
    visit = Visitor(client)

    def connected(_client, _data, _flags, code, _properties) -> None:
        visit.codes.append(code.value)

    def disconnected(*_: object) -> None:
        visit.is_gone = True

    def published(*_: object) -> None:
        visit.confirmed += 1

    def received(_client, _data, message) -> None:
        visit.heard.append((message.topic, message.payload, message.retain))

    client.on_connect, client.on_disconnect = connected, disconnected
    client.on_publish, client.on_message = published, received
    if user:
        client.username_pw_set(user, password)
    if scheme in {"mqtts", "wss"}:
        context = ssl.create_default_context(cafile=str(broker.authority.file))
        # Python 3.13 asks for RFC 5280 to the letter, which home-made authorities seldom follow
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        client.tls_set_context(context)
    if will is not None:
        client.will_set(*will)
    client.connect_async("localhost", broker.ports[scheme])
    client.loop_start()
    try:
        await eventually(lambda: visit.codes or visit.is_gone)
        yield visit
    finally:
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)


def good_token(life_s: float = DAY_S, **changes: object) -> str:
    return NODE.token(NODE.claims(AUDIENCE, NOW_S, life_s) | changes)


@pytest.fixture
async def broker(tmp_path):
    async with TokenBroker(tmp_path, now=Watch()) as broker:
        yield broker


@contextlib.asynccontextmanager
async def observer(broker: TokenBroker, scheme: str = "mqtt", **how):
    async with visitor(broker, scheme, NODE.user, good_token(), **how) as visit:
        yield visit


def topic(kind: str = "packets", place: str = "BTS", key: str = NODE.key) -> str:
    return f"meshcore/{place}/{key}/{kind}"


BODY = {"origin_id": NODE.key}


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts", "ws", "wss"])
async def test_a_good_token_lets_in_by_every_listener(scheme, broker) -> None:
    async with observer(broker, scheme) as visit:
        visit.publish(topic(), BODY)
        visit.publish(topic(), BODY, qos=1)
        await eventually(lambda: visit.confirmed == 2)
        assert len(broker.online()) == 1

    assert visit.codes == [0]
    assert [login.key for login in broker.logins] == [NODE.key]
    assert broker.topics() == {topic(): 2}
    assert not broker.refused
    assert not broker.denied


async def test_the_golden_token_is_good_in_its_time(tmp_path) -> None:
    golden = vectors()["jwt"]
    claims = golden["payload"]
    watch = Watch(claims["iat"] + 60)
    async with TokenBroker(tmp_path, audience=claims["aud"], now=watch) as broker:
        login = (broker, "ws", golden["username"], golden["password_token"])
        async with visitor(*login) as visit:
            assert visit.codes == [0]
        watch.now_s = claims["exp"] + 1
        async with visitor(*login) as visit:
            assert visit.codes[0] == 0x87  # paho's name for 5

    assert broker.logins[0].claims == claims
    assert broker.refused == {"expired": 1}


def bad_logins() -> dict[str, tuple[str, str, str]]:
    """User, password and the reason of logins that must fail."""
    good = good_token()
    head, said, signature = good.split(".")
    zero = f"{head}.{said}.{'0' * 128}"
    spaced = encode(b'{"alg": "Ed25519", "typ": "JWT"}')
    return {
        "no user": ("", "", "user"),
        "a lower-case key": (f"v1_{NODE.key.lower()}", good, "user"),
        "no version": (NODE.key, good, "user"),
        "no token": (NODE.user, "", "form"),
        "base64 signature": (NODE.user, f"{head}.{said}.{encode(bytes(64))}", "form"),
        "padded": (NODE.user, f"{head}=.{said}.{signature}", "form"),
        "EdDSA": (
            NODE.user,
            NODE.token(NODE.claims(AUDIENCE, NOW_S), {"alg": "EdDSA", "typ": "JWT"}),
            "header",
        ),
        "spaces in the header": (NODE.user, f"{spaced}.{said}.{signature}", "header"),
        "no JSON": (NODE.user, f"{head}.{encode(b'{')}.{signature}", "claims"),
        "another's user name": (OTHER.user, good, "key"),
        "another's signature": (
            NODE.user,
            OTHER.token(NODE.claims(AUDIENCE, NOW_S)),
            "signature",
        ),
        "a signature of zeros": (NODE.user, zero, "signature"),
        "made for another broker": (NODE.user, good_token(aud="mqtt.example.org"), "audience"),
        "with a port": (NODE.user, good_token(aud=f"{AUDIENCE}:443"), "audience"),
        "made yesterday": (
            NODE.user,
            NODE.token(NODE.claims(AUDIENCE, NOW_S - DAY_S - 1)),
            "expired",
        ),
        "without a life": (NODE.user, good_token(0), "expired"),
        "a reader's": (READER[0], "guess", "password"),
    }


@pytest.mark.parametrize("name", [name for name in bad_logins() if name != "a reader's"])
def test_a_bad_token_is_none(name) -> None:
    user, password, reason = bad_logins()[name]
    with pytest.raises(DeniedError, match=f"^{reason}$"):
        check_token(user, password.encode(), AUDIENCE, NOW_S)


@pytest.mark.parametrize("name", ["no user", "another's signature", "a reader's"])
async def test_a_bad_login_is_refused_and_counted(name, broker) -> None:
    user, password, reason = bad_logins()[name]
    async with visitor(broker, "mqtt", user, password) as visit:
        assert visit.codes == [0x87]

    assert broker.refused == {reason: 1}
    assert not broker.logins


@pytest.mark.parametrize(
    ("where", "body", "reason"),
    [
        (topic(place="XXX"), BODY, "place"),
        (topic(place="bts"), BODY, "place"),
        (topic(place="QQQ"), BODY, "place"),
        (topic(key=OTHER.key), BODY, "another's topic"),
        (topic("decoded"), BODY, "topic"),
        ("meshcore/BTS/packets", BODY, "topic"),
        ("meshtui/BTS/x/packets", BODY, "topic"),
        (topic(), {"origin_id": OTHER.key}, "origin"),
        (topic(), {}, "origin"),
        (topic(), [NODE.key], "json"),
        (topic(), b"\xff", "json"),
    ],
)
async def test_what_may_not_be_published_ends_the_connection(where, body, reason, broker) -> None:
    async with observer(broker, "ws") as visit:
        visit.publish(where, body, qos=1)
        await eventually(lambda: visit.is_gone)

    assert broker.denied == {reason: 1}
    assert not broker.messages
    assert not visit.confirmed


@pytest.mark.parametrize("scheme", ["mqtt", "wss"])
async def test_a_publisher_that_subscribes_is_closed(scheme, broker) -> None:
    async with observer(broker, scheme) as visit:
        visit.client.subscribe(topic())
        await eventually(lambda: visit.is_gone)

    assert broker.denied == {"subscribed": 1}


async def test_a_reader_reads_and_status_is_not_retained(broker) -> None:
    body = {**BODY, "timestamp": "2026-11-21T12:00:01+00:00"}
    older = {**BODY, "timestamp": "2026-11-21T12:00:00+00:00"}
    async with visitor(broker, "wss", *READER) as reader:
        reader.client.subscribe("meshcore/+/+/status")
        reader.client.subscribe("meshcore/test/#")
        async with observer(broker) as visit:
            visit.publish(topic("status"), body, retain=True)
            visit.publish(topic("status"), older)
            visit.publish(topic(place="test"), BODY)
            await eventually(lambda: len(reader.heard) == 2)
    async with visitor(broker, "ws", *READER) as late:
        late.client.subscribe("meshcore/#")
        await asyncio.sleep(0.05)

    assert [where for where, _, _ in reader.heard] == [topic("status"), topic(place="test")]
    assert [message.body for message in broker.stale] == [older]
    assert not late.heard


async def test_a_will_is_published_where_the_client_did_not_say_goodbye(broker) -> None:
    will = (topic("status"), json.dumps({**BODY, "status": "offline"}), 0, True)
    async with observer(broker, "ws", will=will):
        pass
    await eventually(lambda: not broker.online())
    assert not broker.messages
    async with observer(broker, "ws", will=will):
        broker.hang_up()
        await eventually(lambda: bool(broker.messages))

    assert [message.is_will for message in broker.messages] == [True]
    assert broker.bodies("status") == [{**BODY, "status": "offline"}]


async def test_ten_failures_in_a_minute_close_the_door_for_five(tmp_path) -> None:
    watch = Watch()
    async with TokenBroker(tmp_path, now=watch) as broker:
        for _ in range(10):
            async with visitor(broker, "mqtt", NODE.user, "x.y.z"):
                watch.now_s += 1
        async with visitor(broker, "mqtt", NODE.user, good_token()) as visit:
            assert visit.codes == []
        watch.now_s += 300
        async with visitor(broker, "mqtt", NODE.user, good_token()) as visit:
            assert visit.codes == [0]

    assert broker.refused == {"form": 10, "banned": 1}


async def test_it_comes_back_on_the_same_ports(broker) -> None:
    ports = dict(broker.ports)
    await broker.close()
    await broker.open()
    async with observer(broker, "wss") as visit:
        assert visit.codes == [0]
    assert broker.ports == ports
