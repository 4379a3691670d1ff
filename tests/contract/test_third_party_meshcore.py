"""Clients of other people on our simulated companion radio: the library `meshcore`, and its CLI."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from meshtui.crypto.ed25519 import from_expanded, verify
from meshtui.model.device import Device
from meshtui.model.ids import LinkId, NodeId
from meshtui.model.secret import SecretBytes
from meshtui.networks.base import Claims
from meshtui.networks.meshcore.observing.observer import MeshcoreObserver
from meshtui.networks.meshcore.station import NETWORK
from tests.support.companion_server import ROOT, WAIT_S, require, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.companion_server import Place

pytestmark = pytest.mark.peers
CLI = (sys.executable, "-m", "meshcore_cli.meshcore_cli")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    require("meshcore")
    with running_server(tmp_path_factory.mktemp("street")) as place:
        yield place


@pytest.fixture
async def client(place: Place):
    meshcore = require("meshcore")
    client = await meshcore.MeshCore.create_tcp("127.0.0.1", place.port)
    assert client is not None
    await client.ensure_contacts()
    yield client
    await client.disconnect()


def contact(client, name: str) -> dict:
    found = client.get_contact_by_name(name)
    assert found is not None
    return found


class Ears:
    """Events of one kind, from the moment it was made: an answer may come before we await it."""

    def __init__(self, client, kind: str) -> None:
        self._events: asyncio.Queue = asyncio.Queue()
        event_type = require("meshcore").EventType[kind]
        client.subscribe(event_type, self._events.put_nowait)

    async def next(self, **attributes) -> dict:
        """Wait for the next that is so."""
        async with asyncio.timeout(WAIT_S):
            while True:
                event = await self._events.get()
                if attributes.items() <= event.attributes.items():
                    return event.payload


async def test_the_library_reads_who_and_what_the_radio_is(client, place: Place) -> None:
    device = (await client.commands.send_device_query()).payload

    assert client.self_info["public_key"] == place.key
    assert client.self_info["radio_sf"] == 7
    assert client.self_info["name"] == f"Sim {place.key[:4].upper()}"
    assert device["model"] == "meshtui virtual radio"
    assert {entry["adv_name"]: entry["type"] for entry in client.contacts.values()} == {
        "Near": 1,
        "Hill Rpt": 2,
        "Away": 1,
        "Cellar": 3,
    }
    channel = (await client.commands.get_channel(1)).payload
    assert channel["channel_name"] == "#street"


@pytest.mark.parametrize("name", ["Near", "Away"])
async def test_a_direct_message_is_acknowledged_and_answered(client, name: str) -> None:
    acks, answers = Ears(client, "ACK"), Ears(client, "CONTACT_MSG_RECV")
    await client.start_auto_message_fetching()
    prefix = contact(client, name)["public_key"][:12]

    sent = await client.commands.send_msg_with_retry(contact(client, name), f"to {name}")
    ack = await acks.next(code=sent.payload["expected_ack"].hex())
    answer = await answers.next(pubkey_prefix=prefix)

    assert ack["trip_time"] > 0
    assert answer["text"] == f"echo to {name}"


async def test_a_channel_message_is_answered_in_the_channel(client) -> None:
    texts = Ears(client, "CHANNEL_MSG_RECV")
    await client.start_auto_message_fetching()

    await client.commands.send_chan_msg(1, "anybody here?")
    heard = await texts.next()

    name, _, text = heard["text"].partition(": ")
    assert name in {"Near", "Away"}
    assert text == f"@[{client.self_info['name']}] echo anybody here?"
    assert heard["channel_idx"] == 1


async def test_the_raw_log_says_what_is_heard(client) -> None:
    log = Ears(client, "RX_LOG_DATA")

    await client.commands.send_msg_with_retry(contact(client, "Near"), "hello")
    heard = await log.next()

    assert heard["snr"] > 0
    assert heard["rssi"] < 0


async def test_login_status_telemetry_and_neighbours_of_a_repeater(client) -> None:
    repeater = contact(client, "Hill Rpt")

    login = await client.commands.send_login_sync(repeater, "secret", min_timeout=5)
    status = await client.commands.req_status_sync(repeater, min_timeout=5)
    telemetry = await client.commands.req_telemetry_sync(repeater, min_timeout=5)
    neighbours = await client.commands.req_neighbours_sync(repeater, min_timeout=5)

    assert login.payload["is_admin"]
    assert 3_000 < status["bat"] < 4_300
    assert status["nb_recv"] > 0
    assert telemetry[0]["type"] == "voltage"
    assert neighbours["neighbours_count"] >= 0


async def test_a_command_to_a_repeater_is_answered_with_a_text(client) -> None:
    texts = Ears(client, "CONTACT_MSG_RECV")
    await client.start_auto_message_fetching()
    repeater = contact(client, "Hill Rpt")
    await client.commands.send_login_sync(repeater, "secret", min_timeout=5)

    await client.commands.send_cmd(repeater, "ver")
    answer = await texts.next(txt_type=1)

    assert answer["text"].startswith("v1.")


async def test_a_room_lets_its_members_in(client) -> None:
    login = await client.commands.send_login_sync(
        contact(client, "Cellar"), "secret", min_timeout=5
    )

    assert login is not None


async def test_a_trace_comes_back_with_what_each_hop_heard(client) -> None:
    prefix = contact(client, "Hill Rpt")["public_key"][:2]
    traces = Ears(client, "TRACE_DATA")

    await client.commands.send_trace(tag=77, path=prefix)
    trace = await traces.next(tag=77)

    assert [hop.get("hash") for hop in trace["path"]] == [prefix, None]
    assert all(-20 < hop["snr"] < 15 for hop in trace["path"])


async def test_a_path_is_discovered_both_ways(client) -> None:
    repeater = contact(client, "Hill Rpt")["public_key"]

    for _ in range(3):  # a flood may be lost
        found = await client.commands.send_path_discovery_sync(
            contact(client, "Away"), min_timeout=2
        )
        if found is not None:
            break

    assert found is not None
    assert (found.payload["out_path"], found.payload["in_path"]) == (repeater[:2], repeater[:2])


async def test_it_signs_with_the_key_that_it_exports(client, place: Place) -> None:
    signed = await client.commands.sign(b"x" * 300)
    key = (await client.commands.export_private_key()).payload["private_key"]

    assert verify(bytes.fromhex(place.key), b"x" * 300, signed.payload["signature"])
    assert from_expanded(bytes(key)).public_key.hex() == place.key


async def test_a_token_that_the_library_has_the_radio_sign_is_a_login(client, place) -> None:
    observer = MeshcoreObserver()
    origin = Device(NETWORK, LinkId("tcp"), NodeId(place.key))
    signed = observer.token_input(origin, Claims(1_767_225_600, 1_767_312_000, "broker.example"))

    said = (await client.commands.sign(signed)).payload["signature"]
    token = observer.token(origin, signed, SecretBytes(bytes(said)))

    assert token is not None
    text, _, digits = token.reveal.rpartition(b".")
    assert verify(bytes.fromhex(place.key), text, bytes.fromhex(digits.decode()))
    assert observer.username(origin) == f"v1_{place.key.upper()}"


async def test_settings_battery_time_and_counters(client) -> None:
    commands = client.commands

    assert (await commands.get_bat()).payload["level"] == 4123
    assert (await commands.set_coords(45.5, 3.25)).type.name == "OK"
    assert (await commands.set_tx_power(99)).payload["error_code"] == 6
    assert (await commands.get_stats_packets()).payload["recv"] >= 0
    assert (await commands.get_stats_radio()).payload["noise_floor"] < -90
    assert (await commands.set_time(1)).payload["error_code"] == 6
    await commands.send_appstart()
    assert (client.self_info["adv_lat"], client.self_info["adv_lon"]) == (45.5, 3.25)


async def test_contacts_are_removed_exported_and_taken_back(client) -> None:
    commands = client.commands
    near = contact(client, "Near")
    card = None
    assert (await commands.send_advert(flood=True)).type.name == "OK"

    await commands.remove_contact(near)
    after = (await commands.get_contacts()).payload
    await commands.add_contact(near)
    restored = (await commands.get_contacts()).payload
    card = (await commands.export_contact()).payload["uri"]

    assert near["public_key"] not in after
    assert near["public_key"] in restored
    assert card.startswith("meshcore://")


def cli(place: Place, home, *arguments: str) -> list[dict]:
    """Run the CLI; returns the JSON values it prints."""
    require("meshcore_cli")
    done = subprocess.run(
        [*CLI, "-j", "-t", "127.0.0.1", "-p", str(place.port), *arguments],
        cwd=ROOT,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=3 * WAIT_S,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    decoder, values, text = json.JSONDecoder(), [], done.stdout.strip()
    while text:
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:].lstrip()
    return values


def test_the_command_line_tells_infos_and_contacts(place: Place, tmp_path) -> None:
    infos, contacts = cli(place, tmp_path, "infos", "contacts")

    assert infos["public_key"] == place.key
    assert {entry["adv_name"] for entry in contacts.values()} >= {"Near", "Away", "Cellar"}


def test_the_command_line_sends_waits_and_receives(place: Place, tmp_path) -> None:
    arguments = ("msg", "Near", "from the shell", "wait_ack", "sleep", "1", "sync_msgs")
    sent, ack, received = cli(place, tmp_path, *arguments)

    assert ack["code"] == sent["expected_ack"]
    assert "echo from the shell" in {message["text"] for message in received}
