"""Laws of the modem's port: nothing a modem says raises, time goes on, and little is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from meshtui.model.command import Ask
from meshtui.model.event import FrameReceived
from meshtui.model.packet import Transmit
from meshtui.networks.meshcore.kiss import MAX_FRAME_BYTES, data_frame, hardware_frame
from meshtui.networks.meshcore.modem.queue import MAX_QUEUE
from meshtui.networks.meshcore.station import NETWORK
from tests.support.meshcore_vectors import key, raw_packets
from tests.support.modem_world import ModemWorld

if TYPE_CHECKING:
    from tests.support.modem_world import Person

BYTES = st.binary(max_size=80)
HARDWARE = st.builds(hardware_frame, st.integers(0, 255), st.binary(max_size=16))
AIR = st.builds(data_frame, st.sampled_from(raw_packets()) | st.binary(max_size=200))
SAID = st.lists(BYTES | HARDWARE | AIR | st.just(b"\xc0"), max_size=12)


STEPS = ("up", "down", "write", "say", "hear", "tune", "reboot", "wait")
ASKED = (("set-radio", "us"), ("set-power", "5"), ("stats", ""), ("reboot", ""))


def ask(world: ModemWorld, verb: str, argument: str, request_id: str) -> bool:
    """Let Alice ask, if she has a modem to ask; returns whether she has."""
    alice = world.people["Alice"]
    is_ready = alice.port.is_ready
    if is_ready:
        request = Ask(NETWORK, verb, request_id, None, argument)
        world.take(alice, alice.port.ask(request, world.now))
    return is_ready


def answered(person: Person) -> list[str]:
    return sorted(answer.request_id for answer in person.answers() if answer.request_id)


@settings(max_examples=120)
@given(SAID, st.lists(st.integers(1, 400), max_size=6), st.lists(st.sampled_from(ASKED)))
def test_nothing_a_modem_says_raises_or_stops_time(said, cuts, asked) -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"))
    world.up()
    world.say("Alice", "#test", "hello")
    begun = [
        f"r{number}"
        for number, (verb, argument) in enumerate(asked)
        if ask(world, verb, argument, f"r{number}")
    ]
    wire = b"".join(said)

    for size in [*cuts, len(wire) + 1]:
        world.read(alice, wire[:size])
        wire = wire[size:]
        world.run(1)
    world.run(400)

    line = alice.port._rig.line
    assert line._deframer.held_bytes <= 2 * MAX_FRAME_BYTES
    assert line.queue_length <= MAX_QUEUE
    assert not any(isinstance(output, Transmit) for output in alice.outputs)
    assert all(one.frame.payload for one in alice.all(FrameReceived))
    assert answered(alice) == sorted(begun)


def take(world: ModemWorld, step: str, number: int) -> bool:
    """Let something happen to Alice; returns whether she began to ask something."""
    alice = world.people["Alice"]
    match step:
        case "up":
            alice.modem.pending = None
            world.up("Alice")
        case "down":
            world.down("Alice")
        case "write":
            world.write("Alice", "Bob", f"text {number}", f"m{number}")
        case "say":
            world.say("Alice", "#test", f"text {number}", f"m{number}")
        case "hear":
            world.read(alice, alice.modem.hear(raw_packets()[number]))
        case "tune":
            return ask(world, "set-radio", ("us", "eu")[number % 2], f"r{number}")
        case "reboot":
            return ask(world, "reboot", "", f"r{number}")
        case _:
            world.run(1)
    return False


@settings(max_examples=60)
@given(st.lists(st.sampled_from(STEPS), max_size=15))
def test_whatever_happens_in_whatever_order_every_text_has_a_fate(steps) -> None:
    world = ModemWorld()
    alice = world.add("Alice", key("A"))
    world.add("Bob", key("B"))
    world.join("Alice", "Bob")
    world.up()
    world.meet_all()
    begun: list[str] = []
    for number, step in enumerate(steps):
        if take(world, step, number):
            begun.append(f"r{number}")

    alice.modem.pending = None
    world.up("Alice")
    world.run(600)

    for number, step in enumerate(steps):
        if step in {"write", "say"}:
            wanted = {"delivered", "failed"} if step == "write" else {"sent", "relayed"}
            assert alice.states(f"m{number}")[-1].value in wanted
    assert answered(alice) == sorted(begun)
