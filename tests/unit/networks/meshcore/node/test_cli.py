"""The commands of an administrator."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshtui.model.ids import Instant
from meshtui.networks.meshcore.node.cli import Shell
from meshtui.networks.meshcore.node.neighbours import Heard, NeighbourTable
from meshtui.networks.meshcore.node.outputs import RebootAsked, Send
from meshtui.networks.meshcore.node.settings import repeater_settings
from meshtui.networks.meshcore.packet import PayloadType, decode_packet
from tests.support.meshcore_mesh import lone_node
from tests.support.meshcore_vectors import key

NOW = Instant(10.0, 1_767_225_600_000)
PEER = b"p" * 32


def _shell() -> Shell:
    core = lone_node(key("R"), repeater_settings("Hill"))._core
    core.begin(NOW)
    return Shell(core, NeighbourTable())


def _run(shell: Shell, line: str, timestamp: int = 1_767_225_700) -> str:
    return shell.run(line, timestamp, PEER)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("ver", "v1.17.1 (meshtui)"),
        ("clock", "00:00 - 1/1/2026 UTC"),
        ("  get name ", "> Hill"),
        ("get radio", "> 869.618,62.5,8,8"),
        ("get role", "> repeater"),
        ("get nonsense", "??: nonsense"),
        ("get", "??: "),
        ("set nonsense 1", "unknown config: nonsense"),
        ("set flood.max many", "Error, bad value for flood.max"),
        ("neighbors", "-none-"),
        ("clear stats", "(OK - stats reset)"),
        ("clear all", "Unknown command"),
        ("dance", "Unknown command"),
        ("", "Unknown command"),
        ("time x", "Error, bad time"),
        ("time 5", "(ERR: clock cannot go backwards)"),
        ("time 99999999999", "Error, bad time"),
        ("time 1767225660", "OK - clock set: 00:01 - 1/1/2026 UTC"),
        ("clock sync", "OK - clock set: 00:01 - 1/1/2026 UTC"),
        ("password", "Error, a password has 1 to 15 bytes"),
        ("password 1234567890123456", "Error, a password has 1 to 15 bytes"),
        ("01|get name", "01|> Hill"),
    ],
)
def test_a_command_is_answered_as_the_firmware_does(line, reply) -> None:
    assert _run(_shell(), line) == reply


def test_the_public_key_is_told_in_full() -> None:
    assert _run(_shell(), "get public.key") == f"> {key('R').public_key.hex().upper()}"


def test_a_clock_that_was_set_goes_on_from_there() -> None:
    shell = _shell()

    _run(shell, "time 1800000000")

    assert shell._core.clock_s(Instant(11.0, NOW.unix_ms + 1000)) == 1_800_000_001


@pytest.mark.parametrize(("line", "is_flood"), [("advert", True), ("advert.zerohop", False)])
def test_an_advert_leaves_after_the_reply(line, is_flood) -> None:
    shell = _shell()

    assert _run(shell, line).startswith("OK")

    (send,) = shell._core.out
    assert isinstance(send, Send)
    assert decode_packet(send.data).payload_type == PayloadType.ADVERT
    assert decode_packet(send.data).is_flood == is_flood
    assert send.not_before_s == 11.5


def test_a_reboot_is_not_answered() -> None:
    shell = _shell()

    assert _run(shell, "reboot") == ""
    assert _run(shell, "01|reboot") == ""
    assert shell._core.out == [RebootAsked(PEER)] * 2


def test_neighbours_are_listed_the_newest_first_and_eight_at_most() -> None:
    core = lone_node(key("R"), repeater_settings("Hill"))._core
    core.begin(NOW)
    table = NeighbourTable()
    for number in range(10):
        table.put(Heard(bytes([number]) * 32, 1_767_225_590 - number, 4 * number))

    lines = Shell(core, table).run("neighbors", 0, PEER).splitlines()

    assert lines[:2] == ["00000000:10:0", "01010101:11:4"]
    assert len(lines) == 8


def test_counters_begin_anew_and_what_the_driver_wrote_stays() -> None:
    shell = _shell()
    stats = shell._core.stats
    stats.received, stats.battery_mv, stats.noise_dbm = 9, 4100, -110

    _run(shell, "clear stats")

    stats = shell._core.stats
    assert (stats.received, stats.battery_mv, stats.noise_dbm) == (0, 4100, -110)
    assert stats.started_s == 10.0


def test_a_new_password_is_kept_and_not_repeated() -> None:
    shell = _shell()

    reply = _run(shell, "password hunter2")

    assert "hunter2" not in reply
    assert shell._core.settings.password.reveal == b"hunter2"


@settings(max_examples=300, deadline=None)
@given(
    word=st.sampled_from(("get ", "set ", "time ", "clock ", "password ", "", "set radio ")),
    name=st.sampled_from(("", "radio ", "lat ", "name ", "txdelay ", "loop.detect ", "tx ")),
    rest=st.text(max_size=40),
)
def test_no_line_makes_the_shell_raise(word, name, rest) -> None:
    assert isinstance(_run(_shell(), word + name + rest), str)
