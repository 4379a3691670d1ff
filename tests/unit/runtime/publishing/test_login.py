"""Words for a login that a broker did not take."""

from __future__ import annotations

from dataclasses import replace

from meshtui.model.capture import BrokerConfig
from meshtui.runtime.publishing.login import Login
from tests.support.clock import FakeClock
from tests.support.fake_desk import FakeDesk

REFUSED = "b.example:443 does not let us in: user or password are wrong"
BY_TOKEN = BrokerConfig(2, server="b.example", use_auth_token=True, token_audience="c.example")


class Desk(FakeDesk):
    """A desk whose radio has a clock."""

    skew_s = 0

    def radio_skew_s(self) -> int | None:
        return self.skew_s


def words(config: BrokerConfig, skew_s: int = 0) -> str:
    clock = FakeClock()
    desk = Desk(clock)
    desk.skew_s = skew_s
    return Login(config, desk, clock).in_words(REFUSED)


def test_a_password_is_refused_in_the_brokers_words() -> None:
    assert words(BrokerConfig(1, server="b.example")) == REFUSED


def test_a_refused_token_is_not_blamed_on_a_password() -> None:
    told = words(BY_TOKEN)

    assert "password" not in told
    assert told.startswith("the broker does not accept the token: is the clock of this machine")
    assert told.endswith("UTC), and mqtt2_token_audience (c.example)?")


def test_what_else_may_be_to_blame_is_named_where_it_is_set() -> None:
    assert "UTC; the radio's differs by 86400 s), and mqtt2_token" in words(BY_TOKEN, 86_400)
    assert "(c.example) and mqtt2_username?" in words(replace(BY_TOKEN, username="v1_OLD"))
