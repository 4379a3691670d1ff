"""Which of two protocols a frame is read as."""

from meshtui.model.ids import Instant, LinkId
from meshtui.model.packet import Frame
from meshtui.networks.meshcore.frame_view import dissect_frame, summarise_frame
from meshtui.networks.meshcore.keyring import Keyring
from tests.support.meshcore_air import group_packet

NOW = Instant(1.0, 1)


def test_the_endpoint_says_which_protocol_a_frame_is_of() -> None:
    packet = group_packet("#test", "bob: hi")
    heard = Frame(LinkId("usb"), packet, NOW)
    said = Frame(LinkId("usb"), bytes.fromhex("0900B95569"), NOW, endpoint="companion")

    assert summarise_frame(heard, Keyring()).kind == "group-text"
    assert summarise_frame(said, Keyring()).kind == "CURR_TIME"
    assert "D9" in dissect_frame(heard, Keyring()).why.upper()
    assert dissect_frame(said, Keyring()).fields
