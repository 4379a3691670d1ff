"""Which radio the capture service listens to, whether it answers, and whether it signs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from meshtui.errors import CryptoError, LocalProtocolError
from meshtui.model.capture import BrokerConfig, CaptureConfig
from meshtui.model.event import DeviceChanged, LinkChanged, Signed
from meshtui.model.ids import Instant, LinkId, NetworkName
from meshtui.model.link import LinkInfo, LinkKind, LinkState, Myself
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.observing.token import sign_by_key
from meshtui.networks.registry import load_network
from meshtui.runtime import doctor_radio
from meshtui.runtime.check import Check
from meshtui.runtime.doctor_publishers import Witness
from meshtui.runtime.doctor_radio import choose_radio, question
from tests.support.fake_mesh import FakeSubscription
from tests.support.meshcore_vectors import vectors
from tests.support.observed import ALICE, KEY

if TYPE_CHECKING:
    from meshtui.model.command import Sign
    from meshtui.model.event import Event

NOW = Instant(0.0, 0)
TAKER = BrokerConfig(1, server="mqtt.example.net", use_auth_token=True)
BY_TOKEN = CaptureConfig(brokers=(TAKER,))
PRIVATE = SecretBytes(str(vectors()["jwt"]["private_key_64"]).encode())


def link_of(link_id: str, network: str = "meshcore", kind: LinkKind = LinkKind.STREAM) -> LinkInfo:
    return LinkInfo(LinkId(link_id), NetworkName(network), kind, link_id, "")


USB = link_of("usb")


class Radio:
    """A mesh of one radio: says `events` once its link may open, and signs, or says why not."""

    def __init__(self, *events: Event, refuses: str = "", is_busy: bool = False) -> None:
        self.subscription = FakeSubscription(100)
        self.signed: list[Sign] = []
        self._events = events
        self._refuses = refuses
        self._is_busy = is_busy
        self.is_open = False

    def subscribe(self, limit: int = 100) -> FakeSubscription:
        return self.subscription

    def myself(self) -> list[Myself]:
        return [
            Myself(NetworkName("jsonmesh"), "MESH-1", ""),
            Myself(USB.network, ALICE.node_id, KEY),
        ]

    def open_links(self) -> None:
        self.is_open = True
        for event in self._events:
            self.subscription.put(event)

    async def submit(self, command: Sign) -> None:
        self.signed.append(command)
        if self._is_busy:
            raise LocalProtocolError("no MeshCore radio is connected")
        signature = None if self._refuses else sign_by_key(ALICE, PRIVATE, command.data)
        self.subscription.put(
            Signed(
                command.network,
                command.link_id,
                command.request_id,
                NOW,
                signature,
                "the radio",
                self._refuses,
            )
        )


def down(reason: str, link: LinkInfo = USB) -> LinkChanged:
    return LinkChanged(dataclasses.replace(link, state=LinkState.DOWN, reason=reason), NOW)


async def asked(
    radio: Radio, config: CaptureConfig = BY_TOKEN, own_key: SecretBytes | None = None
) -> tuple[dict[str, Check], Witness]:
    found: list[Check] = []
    witness = await question(radio, USB, config, found.append, own_key)
    return {check.check.removeprefix("capture: "): check for check in found}, witness


def test_the_first_link_whose_packets_can_be_published_is_listened_to() -> None:
    broker = link_of("broker", "jsonmesh", LinkKind.BROKER)

    assert choose_radio(BY_TOKEN, [broker, USB, link_of("ble")]) is USB
    assert choose_radio(CaptureConfig(link="ble"), [USB, ble := link_of("ble")]) is ble


def test_without_such_a_link_it_is_said_what_to_set() -> None:
    broker = link_of("broker", "jsonmesh", LinkKind.BROKER)
    none = choose_radio(BY_TOKEN, [broker])
    other = choose_radio(CaptureConfig(link="gone\x1b"), [broker, USB])

    assert isinstance(none, Check)
    assert "meshcore+serial" in none.fix
    assert isinstance(other, Check)
    assert not other.is_ok
    assert "usb" in other.fix
    assert "\x1b" not in other.detail


async def test_a_radio_that_answers_and_signs_is_told_with_its_name_and_key() -> None:
    found, witness = await asked(Radio(DeviceChanged(ALICE)))

    assert all(check.is_ok for check in found.values())
    assert f"Alice ({KEY[:8]}…), Heltec V3 v1.17.1" in found["radio"].detail
    assert found["signs"].detail == "login tokens are signed by the radio"
    assert witness.origin is ALICE


async def test_the_radio_signs_once_for_each_audience_that_will_be_asked() -> None:
    radio = Radio(DeviceChanged(ALICE))
    others = (
        BrokerConfig(2, server="mqtt.example.net", use_auth_token=True),
        BrokerConfig(3, server="x", use_auth_token=True, token_audience="other.net"),
        BrokerConfig(7, server="other.net", use_auth_token=True, jwt_ttl_s=600),
        BrokerConfig(4, server="off.net", use_auth_token=True, is_enabled=False),
        BrokerConfig(5, server="bad.net", use_auth_token=True, problem="line 3"),
        BrokerConfig(6, server="plain.net"),
    )

    _, witness = await asked(radio, CaptureConfig(brokers=(TAKER, *others)))

    assert list(witness.tokens) == [
        ("mqtt.example.net", 86_400),
        ("other.net", 86_400),
        ("other.net", 600),
    ]
    assert len(radio.signed) == 3


async def test_what_the_radio_calls_itself_reaches_no_terminal_as_it_is() -> None:
    rude = dataclasses.replace(ALICE, name="Al\x1b[31mice" * 50, model="\x9b2J")

    found, _ = await asked(Radio(DeviceChanged(rude)))

    assert found["radio"].detail.isprintable()
    assert len(found["radio"].detail) < 250


@pytest.mark.parametrize(
    ("radio", "words"),
    [
        (Radio(DeviceChanged(ALICE), refuses="the radio does not sign"), "does not sign"),
        (Radio(DeviceChanged(ALICE), is_busy=True), "no MeshCore radio is connected"),
    ],
)
async def test_who_does_not_sign_is_asked_once_and_no_broker_is_tried_with_it(
    radio: Radio, words: str
) -> None:
    found, witness = await asked(radio)

    assert found["radio"].is_ok
    assert not found["signs"].is_ok
    assert words in found["signs"].detail
    assert "private_key_path" in found["signs"].fix
    assert (witness.tokens, witness.silence) == ({}, "nobody signs login tokens")
    assert len(radio.signed) == 1


async def test_a_signature_is_not_asked_for_where_no_broker_takes_tokens() -> None:
    radio = Radio(DeviceChanged(ALICE))

    found, _ = await asked(radio, CaptureConfig(brokers=(BrokerConfig(1, server="x"),)))

    assert not found["signs"].is_tried
    assert radio.signed == []


async def test_a_link_that_does_not_open_says_why_at_once() -> None:
    elsewhere = down("another link's business", link_of("ble"))

    found, witness = await asked(Radio(elsewhere, down("nothing listens at 10.0.0.9:5000")))

    assert list(found) == ["radio"]
    assert not found["radio"].is_ok
    assert "nothing listens" in found["radio"].detail
    assert "nothing listens" in witness.silence
    assert (witness.origin, witness.tokens) == (None, {})


async def test_a_radio_that_never_says_who_it_is_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor_radio, "ANSWER_S", 0.02)
    nameless = dataclasses.replace(ALICE, node_id="")

    found, _ = await asked(Radio(DeviceChanged(nameless)))

    assert not found["radio"].is_ok
    assert "has not said who it is" in found["radio"].detail


async def test_a_network_without_observers_has_nothing_to_ask() -> None:
    found: list[Check] = []

    witness = await question(Radio(), link_of("x", "jsonmesh"), BY_TOKEN, found.append)

    assert witness.silence
    assert found == []


def test_a_private_key_is_proven_against_the_radio_that_is_known() -> None:
    observer = load_network("meshcore").open_observer()
    prove = Witness(observer, ALICE).prove

    assert Witness(observer).prove is None
    assert prove is not None
    prove(PRIVATE)
    with pytest.raises(CryptoError):
        prove(SecretBytes(b"11" * 32))


async def test_where_we_are_the_node_we_sign_and_the_radio_is_not_even_opened() -> None:
    radio = Radio()

    found, witness = await asked(radio, own_key=PRIVATE)

    assert all(check.is_ok for check in found.values())
    assert f"this program is the node {KEY[:8]}" in found["radio"].detail
    assert found["signs"].detail.endswith("our own key")
    assert witness.origin is not None
    assert (radio.is_open, radio.signed) == (False, [])


async def test_a_key_of_ours_that_is_none_is_told() -> None:
    found, _ = await asked(Radio(), own_key=SecretBytes(b"11" * 32))

    assert not found["signs"].is_ok
    assert "11111111" not in found["signs"].detail
