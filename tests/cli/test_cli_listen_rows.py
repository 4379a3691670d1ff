"""What `listen --packets` says of a packet beside the packet itself."""

from __future__ import annotations

from meshtui.cli.listen import row_of
from meshtui.model.device import Device
from meshtui.model.event import FrameReceived
from meshtui.model.ids import LinkId, NodeId
from meshtui.model.link import RadioSettings
from meshtui.model.packet import Frame
from tests.support.fake_mesh import FakeMesh
from tests.support.packet_rows import LINK, NET, a_summary

RADIO = RadioSettings(8, 62.5, frequency_mhz=869.618)


def _row(endpoint: str, radio: RadioSettings | None = RADIO) -> dict[str, object]:
    mesh = FakeMesh()
    mesh.known_devices = [Device(NET, LinkId(LINK), NodeId("ab"), "Base", radio=radio)]
    frame = Frame(LinkId(LINK), b"\x15\x00", mesh.at(), endpoint=endpoint)
    row = row_of(mesh, FrameReceived(NET, frame, a_summary()), packets=True)
    assert row is not None
    return row


def test_a_packet_says_how_the_radio_was_set_that_heard_it() -> None:
    tuning = {"frequency_mhz": 869.618, "bandwidth_khz": 62.5, "spreading_factor": 8}

    assert _row("")["radio"] == tuning


def test_nothing_is_said_of_a_radio_where_there_is_none_or_it_does_not_say() -> None:
    assert "radio" not in _row("companion")
    assert "radio" not in _row("", None)
