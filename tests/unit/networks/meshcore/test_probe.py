"""Finding out whether a MeshCore radio is at the other end."""

import pytest

from meshtui.model.link import LinkKind
from meshtui.networks.meshcore.companion.answers import CurrTime, DeviceInfo
from meshtui.networks.meshcore.companion.deframer import enframe
from meshtui.networks.meshcore.companion.frames import encode_frame
from meshtui.networks.meshcore.probe import probe_of
from tests.support.fake_kiss_modem import UNTUNED, FakeKissModem

NOW_S = 1_780_000_000

SELF_INFO = bytes.fromhex(
    "050114148A88E3DD7409F195FD52DB2D3CBA5D72CA6709BF1D94121BF3748801B40F6F5C00000000000000"
    "000000000038F60D0090D003000A053841383845334444"
)


def test_a_radio_on_a_cable_is_recognised_by_its_answer_however_it_is_cut() -> None:
    probe = probe_of(LinkKind.STREAM)
    answer = b"boot noise\r\n" + enframe(SELF_INFO, to_radio=False)

    assert probe.recognise([answer]) == "MeshCore radio 8A88E3DD"
    assert probe.recognise([bytes((byte,)) for byte in answer]) == "MeshCore radio 8A88E3DD"
    assert probe.recognise([answer[:-1]]) == ""


def test_a_radio_by_bluetooth_answers_without_framing() -> None:
    probe = probe_of(LinkKind.PIECES)

    assert probe.recognise([SELF_INFO]) == "MeshCore radio 8A88E3DD"
    assert probe.hello[-1].startswith(b"\x01")


@pytest.mark.parametrize("reads", [[], [b""], [b"RSSI:-80|{}\n"], [b">\xff\xff"], [b"\x05"]])
def test_what_is_no_radio_of_ours_is_not_recognised(reads: list[bytes]) -> None:
    assert probe_of(LinkKind.STREAM).recognise(reads) == ""
    assert probe_of(LinkKind.PIECES).recognise(reads) == ""


def test_there_is_no_asking_a_broker() -> None:
    assert probe_of(LinkKind.BROKER) is None


def answered(*frames) -> list[bytes]:
    return [encode_frame(frame) for frame in frames] + [SELF_INFO]


@pytest.mark.parametrize(
    ("skew_s", "is_ok", "words"),
    [(0, True, "right"), (-60, True, "right"), (-95, True, "95 s behind"), (90, False, "90 s ah")],
)
def test_a_radios_clock_is_compared(skew_s: int, is_ok: bool, words: str) -> None:
    reads = answered(CurrTime(NOW_S + skew_s))

    (found,) = probe_of(LinkKind.PIECES).examine(reads, NOW_S)

    assert (found.what, found.is_ok) == ("clock", is_ok)
    assert words in found.detail


@pytest.mark.parametrize(
    ("firmware", "is_told"),
    [("v1.9.1", True), ("1.2", True), ("v1.10.0", False), ("v2.0", False), ("dev", False), ("", 0)],
)
def test_firmware_that_is_too_old_is_pointed_out(firmware: str, is_told: bool) -> None:
    device = DeviceInfo(3, 50, 8, 0, "1 Jan 2025", "Heltec V3", firmware)

    found = probe_of(LinkKind.PIECES).examine(answered(device), NOW_S)

    assert [each.what for each in found] == (["firmware"] if is_told else [])
    assert all(each.is_ok and each.fix for each in found)


def modem_said(modem: FakeKissModem) -> list[bytes]:
    return [modem.feed(hello) for hello in probe_of(LinkKind.MODEM).hello]


def test_a_modem_answers_a_ping_and_sends_nothing() -> None:
    probe, modem = probe_of(LinkKind.MODEM), FakeKissModem()
    reads = modem_said(modem)

    assert probe.recognise(reads) == "MeshCore KISS modem Host Sim, version 1"
    assert probe.recognise(reads[:-1]) == ""
    assert modem.on_air == []
    assert [each.detail for each in probe.examine(reads, NOW_S)] == ["869.618 MHz SF8 62.5 kHz 4/8"]


def test_a_modem_that_nobody_tuned_needs_its_frequency_in_the_link() -> None:
    (found,) = probe_of(LinkKind.MODEM).examine(modem_said(FakeKissModem(radio=UNTUNED)), NOW_S)

    assert found.is_ok
    assert "?freq=" in found.fix


def test_a_modem_that_only_answers_a_ping_is_one() -> None:
    probe = probe_of(LinkKind.MODEM)
    reads = [FakeKissModem(ignores=frozenset({0x16, 0x11, 0x0B})).feed(b"".join(probe.hello))]

    assert probe.recognise(reads) == "MeshCore KISS modem"
    assert probe.examine(reads, NOW_S) == []


@pytest.mark.parametrize("reads", [[], [b"\xc0\x06\xc0"], [b"\xc0\x00\x97\xc0"], [b"\xdb" * 3000]])
def test_what_is_no_modem_is_not_recognised(reads: list[bytes]) -> None:
    assert probe_of(LinkKind.MODEM).recognise(reads) == ""
    assert probe_of(LinkKind.MODEM).examine(reads, NOW_S) == []
