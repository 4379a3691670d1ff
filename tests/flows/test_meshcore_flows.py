"""Whole flows over MeshCore radios: real sessions, stores, hubs and links on one simulated air."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from meshtui.model.event import MessageQueued
from meshtui.model.ids import direct_conversation
from tests.support.ble_bed import running_bed
from tests.support.companion_server import require
from tests.support.meshcore_people import MESHCORE, radio_user
from tests.support.meshcore_street import street
from tests.support.mosquitto import eventually


@contextlib.asynccontextmanager
async def two(home, left: str = "tcp", right: str = "tcp", *, places=("Alice", "Bob"), **how):
    """A street, and two people on it; `left` and `right` are `tcp`, `serial` or `kiss`."""
    async with street(how.pop("known", "all")) as air:
        urls = [
            await (air.modem(place) if kind == "kiss" else air.companion(place, kind, **how))
            for place, kind in zip(places, (left, right), strict=True)
        ]
        async with (
            radio_user("alice", home, air, urls[0]) as alice,
            radio_user("bob", home, air, urls[1]) as bob,
        ):
            yield air, alice, bob


async def introduce(*people) -> None:
    """Let everybody hear everybody's advertisement; one may be lost to another on the air."""
    for person in people:
        others = [other for other in people if other is not person]
        for _ in range(4):
            await person.ask("advert-flood")
            with contextlib.suppress(AssertionError, TimeoutError):
                await eventually(lambda w=person, o=others: all(each.knows(w) for each in o), 2)
                break


KINDS = [
    ("tcp", "tcp"),
    ("serial", "serial"),
    ("kiss", "tcp"),
    ("serial", "kiss"),
    ("kiss", "kiss"),
]


@pytest.mark.parametrize(("left", "right"), KINDS)
async def test_a_first_contact_and_texts_both_ways(left, right, tmp_path) -> None:
    async with two(tmp_path, left, right, known="none") as (_, alice, bob):
        await introduce(alice, bob)
        question = await alice.say(bob, "hello, bob é世界")
        await alice.until(question, "delivered", "failed")
        answer = await bob.say(alice, "hello, alice")
        await bob.until(answer, "delivered", "failed")
        await bob.read("hello, bob é世界")
        await alice.read("hello, alice")

    assert (alice.state(question), bob.state(answer)) == ("delivered", "delivered")
    assert (bob.texts, alice.texts) == (["hello, bob é世界"], ["hello, alice"])
    assert alice.deliveries[question].rtt_ms > 0


@pytest.mark.ble
async def test_texts_both_ways_and_a_lost_connection_over_bluetooth(tmp_path) -> None:
    with running_bed() as bed:
        async with street() as air:
            left, right = await air.companion("Alice", bed=bed), await air.companion("Bob")
            async with (
                radio_user("alice", tmp_path, air, left) as alice,
                radio_user("bob", tmp_path, air, right) as bob,
            ):
                await alice.until(await alice.say(bob, "hello, bob"), "delivered")
                await bob.until(await bob.say(alice, "hello, alice"), "delivered")
                await alice.read("hello, alice")
                air.ends["Alice"].hang_up()
                await bob.until(await bob.say(alice, "while you are away"), "delivered")
                late = await alice.say(bob, "on my way back")
                await alice.read("while you are away")
                await alice.until(late, "delivered")

    assert bob.texts == ["hello, bob", "on my way back"]
    assert alice.texts == ["hello, alice", "while you are away"]


@pytest.mark.peers
async def test_a_client_of_other_people_reads_and_is_read(tmp_path) -> None:
    meshcore = require("meshcore")
    async with street() as air:
        url = await air.companion("Bob")
        async with radio_user("alice", tmp_path, air, await air.companion("Alice")) as alice:
            client = await meshcore.MeshCore.create_tcp("127.0.0.1", int(url.rpartition(":")[2]))
            heard: asyncio.Queue = asyncio.Queue()
            client.subscribe(meshcore.EventType.CONTACT_MSG_RECV, heard.put_nowait)
            await client.ensure_contacts()
            await client.start_auto_message_fetching()
            contact = client.get_contact_by_name("Alice")
            await client.commands.send_msg_with_retry(contact, "from another program")
            sent = await alice.say_to(client.self_info["public_key"], "from this one")
            await alice.until(sent, "delivered")
            await alice.read("from another program")
            theirs = (await asyncio.wait_for(heard.get(), 10)).payload["text"]
            await client.disconnect()

    assert (theirs, alice.texts) == ("from this one", ["from another program"])


@pytest.mark.parametrize("left", ["tcp", "kiss"])
async def test_a_path_is_learned_by_the_first_text_and_the_second_goes_by_it(
    left, tmp_path
) -> None:
    places = ("Alice", "Carol")
    async with two(tmp_path, left, places=places, known="none") as (air, alice, carol):
        await introduce(alice, carol)
        first = await alice.say(carol, "by a flood")
        await alice.until(first, "delivered")
        await eventually(lambda: any(r.node_id == carol.node_id for r in alice.routes))
        before = len(air.sent)
        second = await alice.say(carol, "along the path")
        await alice.until(second, "delivered")
        await carol.read("along the path")
        packets = air.sent[before:]

    hill = air.node_id("Hill Rpt")[:2]
    (route,) = {r.via for r in alice.routes if r.node_id == carol.node_id and r.source != "advert"}
    assert route == (hill,)
    text = next(data for who, data in packets if who == "Alice")
    assert text[0] & 3 == 2  # direct
    assert carol.texts == ["by a flood", "along the path"]


@pytest.mark.parametrize("left", ["tcp", "kiss"])
async def test_a_channel_text_is_read_and_its_repeats_are_counted(left, tmp_path) -> None:
    async with two(tmp_path, left, places=("Alice", "Carol")) as (_, alice, carol):
        await alice.join("#street")
        sent = await alice.say_in("#street", "market at nine")
        await carol.read("market at nine")
        await alice.until(sent, "relayed")
        reply = await carol.say_in("#street", "with cheese")
        await alice.read("with cheese")
        await carol.until(reply, "relayed")

    assert alice.deliveries[sent].repeats == 1
    assert carol.texts == ["market at nine"]
    assert alice.texts == ["with cheese"]


@pytest.mark.parametrize("left", ["serial", "kiss"])
async def test_a_cable_pulled_in_mid_delivery_loses_nothing_and_shows_nothing_twice(
    left, tmp_path
) -> None:
    async with two(tmp_path, left, "serial", known="none") as (air, alice, bob):
        await introduce(alice, bob)
        for person, other, end in ((alice, bob, "Alice"), (bob, alice, "Alice")):
            text = f"of {end} {person.node_id[:4]}"
            sent = await person.say(other, text)
            await person.until(sent, "sent", "delivered")
            air.ends[end].unplug()
            await eventually(lambda: alice.link_state != "up", 5)
            words = f"while it is out {person.node_id[:4]}"
            late = await alice.say(bob, words)
            air.ends[end].replug()
            await person.insist(sent, other, text)
            await alice.insist(late, bob, words)

    assert len(alice.texts) == len(set(alice.texts)) == 1
    assert len(bob.texts) == len(set(bob.texts)) == 3


@pytest.mark.parametrize("left", ["tcp", "kiss"])
async def test_who_tunes_away_is_heard_no_more_until_the_radio_is_tuned_back(
    left, tmp_path
) -> None:
    async with two(tmp_path, left) as (_, alice, bob):
        (device,) = alice.hub.devices()
        home = device.radio
        back = f"{home.frequency_mhz:g} {home.bandwidth_khz:g} {home.spreading_factor} 5"
        away = await alice.ask("set-radio", argument="868.3 500 7 5")
        for person in (alice, bob):
            await person.join("#street")
        unheard = await alice.say_in("#street", "anybody?")
        await alice.until(unheard, "sent")
        unread = await bob.say_in("#street", "nobody?")
        await bob.until(unread, "relayed")  # nothing of it is on the air any more
        (tuned,) = alice.hub.devices()
        again = await alice.ask("set-radio", argument=back)
        await alice.say_in("#street", "here again")
        await bob.read("here again")

    assert not away.is_error
    assert not again.is_error
    assert tuned.radio.frequency_mhz == 868.3
    assert (bob.texts, alice.texts) == (["here again"], [])


@pytest.mark.parametrize("left", ["tcp", "kiss"])
async def test_a_radio_that_starts_anew_is_greeted_anew(left, tmp_path) -> None:
    async with two(tmp_path, left, "serial") as (_, alice, bob):
        await alice.ask("reboot")
        during = await alice.say(bob, "while it starts")
        await bob.ask("reboot")
        await alice.until(during, "delivered")
        after = await bob.say(alice, "and back")
        await bob.until(after, "delivered")
        await alice.read("and back")
        await bob.read("while it starts")

    assert bob.texts == ["while it starts"]
    assert alice.texts == ["and back"]


async def test_what_is_kept_says_whose_it_is_though_it_was_written_before_the_radio_came(
    tmp_path,
) -> None:
    async with street() as air:
        mine, theirs = await air.companion("Alice", "serial"), await air.companion("Bob")
        me, them = air.node_id("Alice"), air.node_id("Bob")
        air.ends["Alice"].unplug()
        async with (
            radio_user("bob", tmp_path, air, theirs) as bob,
            radio_user("alice", tmp_path, air, mine, is_up=False) as alice,
        ):
            early = await alice.say_to(them, "written early")
            before = await alice.hub.history(direct_conversation(MESHCORE, them))
            air.ends["Alice"].replug()
            await alice.until(early, "delivered")
            await bob.read("written early")
            answer = await bob.say_to(me, "read")
            await alice.read("read")
            await bob.until(answer, "delivered")
            ours = await alice.hub.history(direct_conversation(MESHCORE, them))
            (heard, _) = await bob.hub.history(direct_conversation(MESHCORE, me))

    assert [message.sender == me for message in before] == [False]
    assert [(m.message_id == early, m.sender, m.recipient) for m in ours] == [
        (True, me, None),
        (False, them, me),
    ]
    assert (heard.sender, heard.recipient) == (me, them)


@pytest.mark.parametrize("left", ["serial", "kiss"])
async def test_what_waited_when_the_program_ended_goes_out_when_it_is_back(left, tmp_path) -> None:
    async with street() as air:
        mine = await (air.modem("Alice") if left == "kiss" else air.companion("Alice", left))
        theirs = await air.companion("Bob")
        async with radio_user("bob", tmp_path, air, theirs) as bob:
            async with radio_user("alice", tmp_path, air, mine) as alice:
                await alice.ask("advert-flood")
                await eventually(lambda: bob.knows(alice))
                air.ends["Alice"].unplug()
                await eventually(lambda: alice.link_state != "up", 5)
                sent = await alice.say(bob, "before the end")
                await eventually(lambda: alice.state(sent) == "queued")
            air.ends["Alice"].replug()
            async with radio_user("alice", tmp_path, air, mine) as again:
                await again.until(sent, "delivered")
                assert not [e for e in again.events if isinstance(e, MessageQueued)]
                # his radio acknowledges by itself, before his program has fetched it
                await bob.read("before the end")
    assert bob.texts == ["before the end"]


async def test_what_came_while_the_program_was_away_is_fetched_once(tmp_path) -> None:
    async with street() as air:
        mine, theirs = await air.companion("Alice", "serial"), await air.companion("Bob")
        async with radio_user("bob", tmp_path, air, theirs) as bob:
            for text in ("one", "two"):
                await bob.until(await bob.say_to(air.node_id("Alice"), text), "delivered")
            await bob.say_in("#street", "three")
            for _ in range(2):
                async with radio_user("alice", tmp_path, air, mine) as alice:
                    await eventually(lambda: not air.companions["Alice"].desk.inbox)
                    talk = direct_conversation(MESHCORE, bob.node_id)
                    kept = [message.text for message in await alice.hub.history(talk)]
    assert alice.texts == []
    assert kept == ["one", "two"]


async def test_more_channels_than_the_radio_has_slots(tmp_path) -> None:
    async with two(tmp_path, slots=2) as (air, alice, bob):
        for name in ("#third", "#fourth"):
            await alice.join(name)
            await bob.join(name)
        secret = bytes(range(16))
        await alice.join("Attic", secret)
        await bob.join("Attic", secret)
        for name in ("#third", "#fourth", "Attic"):
            await alice.until(await alice.say_in(name, f"alice in {name}"), "sent", "relayed")
            await bob.read(f"alice in {name}")
            await bob.say_in(name, f"bob in {name}")
            await alice.read(f"bob in {name}")

    assert [slot.name for slot in air.companions["Alice"].desk.slots] == ["Public", "#street"]
    assert len(alice.texts) == len(bob.texts) == 3
    assert {message.sender for message in alice.received} == {"~Bob"}


@pytest.mark.parametrize("left", ["tcp", "kiss"])
async def test_a_key_that_comes_later_opens_what_was_heard(left, tmp_path) -> None:
    async with two(tmp_path, left) as (_, alice, bob):
        await bob.join("#late")
        await bob.until(await bob.say_in("#late", "said too early"), "sent", "relayed")
        await eventually(lambda: "said too early" not in alice.texts)
        await alice.join("#late")
        await alice.read("said too early")

    assert alice.texts == ["said too early"]


@pytest.mark.parametrize("left", ["tcp", "kiss"])
async def test_a_room_is_entered_written_to_and_read_with_its_authors(left, tmp_path) -> None:
    async with two(tmp_path, left, known="none") as (air, alice, bob):
        room = air.node_id("Cellar")
        await introduce(alice, bob)
        await air.advertise("Cellar")
        await eventually(lambda: alice.knows_id(room) and bob.knows_id(room))
        wrong = await alice.ask("login", room, secret="nonsense")
        unheard = await alice.say_to(room, "may I?")
        await alice.until(unheard, "delivered", "failed")
        assert alice.state(unheard) == "failed"
        right = await alice.ask("login", room, secret="hello")
        other = await bob.ask("login", room, secret="hello")
        post = await alice.say_to(room, "who has the key?")
        await alice.until(post, "delivered", "failed")
        await alice.resend(unheard)
        await alice.until(unheard, "delivered", "failed")
        await bob.read("may I?", "who has the key?")

    assert "to read only" in wrong.text
    assert (right.is_error, other.is_error) == (False, False), (right.text, other.text)
    assert (alice.state(post), alice.state(unheard)) == ("delivered", "delivered")
    assert sorted(bob.texts) == ["may I?", "who has the key?"]
    for message in bob.received:
        assert message.conversation == direct_conversation(MESHCORE, room)
        assert message.sender == alice.node_id


@pytest.mark.parametrize("left", ["tcp", "kiss"])
async def test_a_repeater_is_asked_all_it_can_tell(left, tmp_path) -> None:
    async with two(tmp_path, left, known="none") as (air, alice, _):
        hill = air.node_id("Hill Rpt")
        await air.advertise("Hill Rpt")
        await eventually(lambda: alice.knows_id(hill))
        trace = await alice.ask("trace", hill)
        wrong = await alice.ask("login", hill, secret="wrong")
        login = await alice.ask("login", hill, secret="secret")
        status = await alice.ask("status", hill)
        version = await alice.ask("cli", hill, "ver")
        telemetry = await alice.ask("telemetry", hill)
        neighbours = await alice.ask("neighbours", hill)

    assert wrong.is_error
    for answer in (trace, login, status, version, telemetry, neighbours):
        assert not answer.is_error, (answer.verb, answer.text)
    assert len(trace.rows) == 2
    assert "v1." in version.text
    assert dict(status.rows[0])
    assert trace.rtt_ms > 0


async def test_a_trace_along_a_path_names_every_hop(tmp_path) -> None:
    async with two(tmp_path, places=("Alice", "Carol")) as (_, alice, carol):
        await alice.until(await alice.say(carol, "find the way"), "delivered")
        await eventually(lambda: any(r.node_id == carol.node_id for r in alice.routes))
        trace = await alice.ask("trace", carol.node_id)

    assert not trace.is_error, trace.text
    assert len(trace.rows) >= 2


async def test_contacts_not_heard_for_long_are_listed_and_then_removed(tmp_path) -> None:
    async with street() as air:
        url = await air.companion("Alice")
        table = air.companions["Alice"].desk.node
        for contact in list(table.contacts):
            if contact.name != "Bob":
                table.add_contact(
                    replace(contact, last_advert=1_700_000_000, modified_s=1_700_000_000)
                )
        async with radio_user("alice", tmp_path, air, url) as alice:
            listed = await alice.ask("contacts-old", argument="30")
            removed = await alice.ask("contacts-cleanup", argument="30")

    assert {dict(row)["name"] for row in listed.rows} == {"Carol", "Hill Rpt", "Cellar"}
    assert (listed.is_error, removed.is_error) == (False, False)
    assert [contact.name for contact in table.contacts] == ["Bob"]


async def test_who_does_not_know_us_cannot_read_us_until_we_advertise(tmp_path) -> None:
    async with two(tmp_path, known="none") as (_, alice, bob):
        await bob.ask("advert-flood")
        await eventually(lambda: alice.knows(bob))
        sent = await alice.say(bob, "do you know me?")
        await alice.until(sent, "failed")
        await alice.ask("advert-flood")
        await eventually(lambda: bob.knows(alice))
        await alice.resend(sent)
        await alice.until(sent, "delivered")
        await bob.read("do you know me?")

    assert bob.texts == ["do you know me?"]
