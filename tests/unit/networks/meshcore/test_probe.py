"""Finding out whether a MeshCore radio is at the other end."""

import pytest

from meshtui.model.link import LinkKind
from meshtui.networks.meshcore.companion.deframer import enframe
from meshtui.networks.meshcore.probe import probe_of

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
    assert probe.hello[1].startswith(b"\x01")


@pytest.mark.parametrize("reads", [[], [b""], [b"RSSI:-80|{}\n"], [b">\xff\xff"], [b"\x05"]])
def test_what_is_no_radio_of_ours_is_not_recognised(reads: list[bytes]) -> None:
    assert probe_of(LinkKind.STREAM).recognise(reads) == ""
    assert probe_of(LinkKind.PIECES).recognise(reads) == ""


def test_there_is_no_asking_a_broker() -> None:
    assert probe_of(LinkKind.BROKER) is None
