"""Whatever happens to links and programs, no message is lost, doubled, or left without an end."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fake_broker import FakeBroker, Published
from tests.support.session_driver import World

STEPS = st.lists(
    st.sampled_from(
        [
            "alice writes",
            "bob writes",
            "forum",
            "alice leaves",
            "bob leaves",
            "alice restarts",
            "bob restarts",
            "mute",
            "lossy",
            "heal",
            "second",
            "ten seconds",
            "minutes",
        ]
    ),
    max_size=25,
)


class _Stage:
    """Two people, one broker with moods, and a relay to another broker."""

    def __init__(self) -> None:
        self.world = World()
        self.broker, self.other = FakeBroker("broker"), FakeBroker("other")
        self.alice, self.bob = self.world.station("alice"), self.world.station("bob")
        relay = self.world.station("relay", relay=True)
        for station in (self.alice, self.bob, relay):
            station.connect(self.broker)
        relay.connect(self.other)
        self.alice.join("paris")
        self.bob.join("paris")
        self._losses = 0
        self._written = 0

    def _loses(self, published: Published) -> bool:
        """Lose every third message, never presence."""
        if b'"enc"' not in published.payload:
            return False
        self._losses += 1
        return self._losses % 3 == 0

    def run(self, step: str) -> None:
        """Let one thing happen."""
        match step.split():
            case ["second"]:
                self.world.wind(1)
            case ["ten", "seconds"]:
                self.world.wind(10)
            case ["minutes"]:
                self.world.wind(150)
            case ["mute"]:
                self.broker.is_mute = True
            case ["lossy"]:
                self.broker.loses = self._loses
            case ["heal"]:
                self.heal()
            case ["forum"]:
                self._written += 1
                self.alice.say("paris", f"forum {self._written}")
            case [name, act]:
                self._act(name, act)

    def _act(self, name: str, act: str) -> None:
        station, peer = (self.alice, self.bob) if name == "alice" else (self.bob, self.alice)
        if act == "writes":
            self._written += 1
            station.say(peer, f"{name} {self._written}")
        elif act == "restarts":
            station.restart()
        elif station.brokers:
            station.disconnect(self.broker)
        else:
            station.connect(self.broker)

    def heal(self) -> None:
        self.broker.is_mute = False
        self.broker.loses = lambda _: False

    def end_well(self) -> None:
        """Bring everything up again and let time pass."""
        self.heal()
        for station in (self.alice, self.bob):
            if not station.brokers:
                station.connect(self.broker)
        self.world.wind(300)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_every_message_comes_to_an_end_and_none_is_shown_twice(steps: list[str]) -> None:
    stage = _Stage()

    for step in steps:
        stage.run(step)
    stage.end_well()

    for station, reader in ((stage.alice, stage.bob), (stage.bob, stage.alice)):
        assert max(Counter(reader.texts).values(), default=1) == 1
        for message in station.kept_own():
            assert message.delivery is not None
            state = message.delivery.state.value
            is_direct = "#" not in message.conversation
            assert state in ("delivered", "failed") if is_direct else state in ("sent", "failed")
            if state == "delivered":
                assert message.text in reader.texts
        assert not station.session._outbox._waiting  # type: ignore[attr-defined]
        assert "impersonated" not in station.drops + reader.drops


@given(STEPS)
@settings(max_examples=30, deadline=None)
def test_while_the_broker_is_honest_every_direct_message_arrives(steps: list[str]) -> None:
    stage = _Stage()

    for step in steps:
        if step not in ("mute", "lossy"):
            stage.run(step)
    stage.end_well()

    for station, reader in ((stage.alice, stage.bob), (stage.bob, stage.alice)):
        direct = [each.text for each in station.kept_own() if "#" not in each.conversation]
        assert sorted(text for text in reader.texts if text in direct) == sorted(direct)
