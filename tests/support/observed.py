"""An observer's radio, for messages and logins: node A of the vectors."""

from __future__ import annotations

from meshtui.model.device import Device
from meshtui.model.ids import LinkId, NodeId
from meshtui.model.link import RadioSettings
from meshtui.networks.meshcore.station import NETWORK
from tests.support.meshcore_vectors import vectors

KEY = str(vectors()["jwt"]["public_key"])
ALICE = Device(
    NETWORK,
    LinkId("usb"),
    NodeId(KEY.lower()),
    "Alice",
    "Heltec V3",
    "v1.17.1 (14 Aug 2026)",
    RadioSettings(8, 62.5, 8, frequency_mhz=869.618, power_dbm=22),
    stats=(("battery_mv", 4012), ("last_snr", 8.5), ("recv", 20), ("sent", 7)),
)
