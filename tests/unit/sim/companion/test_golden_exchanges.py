"""The simulated companion radio against exchanges with the firmware's own code, byte for byte.

The vectors leave out what the recording's harness did between the exchanges; `SCRIPT` says it: what
was heard, which entries were written. Frames are compared whole but where the firmware leaves stale
memory behind a name.
"""

from __future__ import annotations

from random import Random

import pytest

from meshtui.crypto.ed25519 import from_seed
from meshtui.model.ids import Instant
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.core import Core
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.settings import NodeSettings, mesh_radio
from meshtui.sim.companion.board import Board, Preferences
from meshtui.sim.companion.desk import Owner
from meshtui.sim.companion.radio import CompanionRadio
from meshtui.sim.engine import Engine
from meshtui.sim.meshcore_station import MeshcoreStation
from tests.support.meshcore_radio_bench import Ether
from tests.support.meshcore_vectors import vectors

VECTORS = vectors()
EXCHANGES = {exchange["name"]: exchange for exchange in VECTORS["companion_frames"]}
RX = RxMeta(-87, 8.5)
CLOCK_S = 0x6955B900
RTT_S = 0.275
RECORDED_RADIO = mesh_radio(10, 250.0, 5, 915.0)
BOARD = Board(max_power_dbm=20, battery_mv=0x101B, used_kb=12, total_kb=640)
# what the harness did before an exchange: commands, or packets heard
ADD_RPT = (
    "0911220000000000000000000000000000000000000000000000000000000000000201"
    "02AABB" + "00" * 62 + "527074".ljust(64, "0") + "C0475269E0D31103B817FEFF64B95569"
)
SCOPE = "3F" + "236575726F7065".ljust(62, "0") + VECTORS["derived"]["regions"][0]["key"]
HEARD = "heard"
SCRIPT: dict[str, list[tuple[str, str]]] = {
    "APP_START": [("", "1603")],
    "GET_STATS radio": [(HEARD, EXCHANGES["IMPORT_CONTACT"]["to_device"][2:])],
    "RESET_PATH": [("", ADD_RPT)],
    "SEND_CHANNEL_TXT_MSG scoped": [("", "3D0000"), ("", SCOPE)],
}
SKIPPED = {
    "SIGN_FINISH": "what was signed is not recorded",
    "(a 180-byte radio packet arrives: no LOG_RX_DATA as it would not fit)": "no bytes recorded",
}
# sent with four random bytes inside, or a random byte behind
NOT_TWICE = {
    "SEND_STATUS_REQ",
    "SEND_TELEMETRY_REQ",
    "SEND_BINARY_REQ type 5",
    "PATH_DISCOVERY_REQ",
}


class StillEngine(Engine):
    """The recording's clock stood still between commands."""

    def instant(self) -> Instant:
        return Instant(self.now_s, CLOCK_S * 1000)


class Recorded:
    """A radio set as the recorded one was."""

    def __init__(self) -> None:
        key = from_seed(bytes.fromhex(VECTORS["keys"]["A"]["seed"]))
        keyring, entropy = Keyring(), Random(1).randbytes
        settings = NodeSettings(name="8A88E3DD", radio=RECORDED_RADIO)
        node = MeshcoreNode(key, settings, entropy, keyring)
        self.engine, self.ether = StillEngine(), Ether()
        self.frames: list[bytes] = []
        station = MeshcoreStation(0, node, self.ether, self.engine, lambda _: None)
        mine = Preferences(20, 915_000, 250_000, 10, 5)
        owner = Owner(key, keyring, entropy)
        self.radio = CompanionRadio(station, owner, self.frames.append, BOARD, mine)
        self.radio.connect()
        station.switch(is_on=True)
        self.station = station
        self.engine.run_until(0.0)

    def play(self, name: str) -> tuple[list[str], list[str]]:
        exchange = EXCHANGES[name]
        for kind, data in SCRIPT.get(name, []):
            self.do(kind, bytes.fromhex(data))
        if name == "GET_STATS core":
            self.engine.run_until(1.0)
        self.frames.clear()
        self.ether.sent.clear()
        if exchange.get("to_device"):
            self.do("", bytes.fromhex(exchange["to_device"]))
        at_s = self.engine.now_s
        for number, packet in enumerate(_packets(exchange)):
            self.engine.run_until(at_s + RTT_S * (number + 1))
            self.do(HEARD, bytes.fromhex(packet))
        self.engine.run_until(self.engine.now_s + 0.05)
        return _hex(self.frames), _hex(self.ether.sent)

    def do(self, kind: str, data: bytes) -> None:
        if kind == HEARD:
            self.station.hear(data, RX)
        else:
            self.radio.command(data)


def _hex(many: list[bytes]) -> list[str]:
    return [one.hex().upper() for one in many]


@pytest.fixture(scope="module")
def played() -> dict[str, tuple[list[str], list[str]]]:
    """All exchanges, one after the other, as they were recorded."""
    with pytest.MonkeyPatch.context() as patch:
        # ours lets no tag fall behind the time of a text, which servers would take for a replay
        patch.setattr(Core, "note_time", lambda *_: None)
        recorded = Recorded()
        return {name: recorded.play(name) for name in EXCHANGES if name not in SKIPPED}


def _packets(exchange: dict) -> list[str]:
    """What is heard during an exchange; some say it only by the raw log they make."""
    if exchange.get("to_device") or "radio_rx" in exchange:
        return exchange.get("radio_rx", [])
    return [frame[6:] for frame in exchange["from_device"] if frame.startswith("88")]


def _told(frame: str) -> str:
    """Cut off what nobody can know: stale memory behind the name of a channel, and how long the
    recording's radio, which was none, believed to be on the air.
    """
    text = bytes.fromhex(frame)
    if frame.startswith("12"):
        text = text[:2] + text[2:34].partition(b"\0")[0] + text[34:]
    if frame.startswith("06"):
        text = text[:6]
    return text.hex()


@pytest.mark.parametrize("name", [name for name in EXCHANGES if name not in SKIPPED])
def test_it_answers_as_the_firmware_does(name: str, played) -> None:
    frames, sent = played[name]
    exchange = EXCHANGES[name]

    assert [_told(frame) for frame in frames] == [_told(frame) for frame in exchange["from_device"]]
    if name not in NOT_TWICE and exchange.get("to_device"):
        assert sent[:1] == exchange.get("radio_tx", [])[:1]
