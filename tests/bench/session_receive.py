"""What a session takes for a message, from the frame to its events; prints µs a message.

python -m tests.bench.session_receive
"""

from __future__ import annotations

import time

from meshtui.model.ids import Instant, LinkId
from meshtui.model.packet import Frame
from meshtui.networks.jsonmesh.envelope import encode_envelope
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.jsonmesh.topics import dm_topic, forum_topic
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import SessionDriver, World

MESSAGES = 5_000


def main() -> None:
    world, broker = World(), FakeBroker()
    alice, bob = world.station("alice"), world.station("bob")
    alice.connect(broker)
    bob.connect(broker)
    bob.join("paris")
    for name, is_direct in (("direct, with its acknowledgement", True), ("forum", False)):
        frames = [_frame(number, alice, bob, is_direct=is_direct) for number in range(MESSAGES)]
        started_s = time.perf_counter()
        for frame in frames:
            bob.session.receive(frame)
        taken_s = time.perf_counter() - started_s
        print(f"{name}: {taken_s / MESSAGES * 1e6:.1f} µs a message")


def _frame(number: int, alice: SessionDriver, bob: SessionDriver, *, is_direct: bool) -> Frame:
    """Write a message; they come at nine a second, so that no rate limit takes part."""
    sent_at_ms = alice.world.now.unix_ms
    recipient = bob.node_id if is_direct else "broadcast"
    letter = Letter(f"{recipient}-{number}", recipient, sent_at_ms, f"how is the weather {number}")
    if is_direct:
        envelope = alice.sealer.seal_direct(bob.public_key, letter, alice.random.randbytes)
    else:
        envelope = alice.sealer.seal_channel("paris", letter, alice.random.randbytes)
    topic = dm_topic(bob.node_id) if is_direct else forum_topic("paris")
    at = Instant(2_000 + number * 0.11, sent_at_ms + number * 110)
    return Frame(LinkId("broker"), encode_envelope(envelope, app_names=True), at, endpoint=topic)


if __name__ == "__main__":
    main()
