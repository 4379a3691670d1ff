"""The observer as the publisher uses it: one object for messages, topics and logins."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from meshtui.model.packet import RxMeta
from meshtui.model.secret import SecretBytes
from meshtui.networks.base import Claims
from meshtui.networks.meshcore.network import MESHCORE
from tests.support.meshcore_vectors import raw_packets, vectors
from tests.support.observed import ALICE, KEY

if TYPE_CHECKING:
    from meshtui.networks.base import Observer

RX = RxMeta(-42, 8.5)
AT_MS = 1_767_225_600_000
MOST_US = 60.0
"""Four times what it may take: this machine is not ours alone."""


def an_observer() -> Observer:
    observer = MESHCORE.open_observer()
    assert observer is not None
    return observer


def test_a_login_takes_four_steps() -> None:
    observer, golden = an_observer(), vectors()["jwt"]
    claims = Claims(1767225600, 1767312000, "mqtt-us-v1.letsmesh.net")

    signed = observer.token_input(ALICE, claims)
    private_key = SecretBytes(golden["private_key_64"].encode())
    token = observer.token(ALICE, signed, observer.sign(ALICE, private_key, signed))

    assert token == SecretBytes(golden["password_token"].encode())
    assert observer.username(ALICE) == golden["username"]
    assert observer.client_id(ALICE, 3).endswith("_3")


def test_packets_and_status_are_of_the_same_origin() -> None:
    observer = an_observer()
    packet = json.loads(observer.packet(ALICE, raw_packets()[0], RX, AT_MS, "rx"))
    status = json.loads(observer.status(ALICE, AT_MS, is_online=True, has_stats=False))

    assert packet["origin_id"] == status["origin_id"] == KEY
    assert packet["timestamp"] == status["timestamp"]
    assert observer.topic("{PUBLIC_KEY}", ALICE, "SEA") == KEY


def test_a_message_is_written_quickly() -> None:
    observer, payloads = an_observer(), raw_packets()

    def run_us() -> float:
        began_s = time.perf_counter()
        for number, payload in enumerate(payloads):
            observer.packet(ALICE, payload, RX, AT_MS + number * 37, "rx")
        return (time.perf_counter() - began_s) / len(payloads) * 1e6

    assert min(run_us() for _ in range(20)) < MOST_US
