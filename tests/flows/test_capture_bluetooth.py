"""A companion radio over Bluetooth is listened to, signs, and need not be named."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from meshtui.runtime.bootstrap import open_mesh
from meshtui.transports import ble_scan
from tests.support.ble_bed import running_bed
from tests.support.ble_bed_companion import companion_on
from tests.support.capture_bed import DESERT, Capturing, at_tokens, settings
from tests.support.someone import identity_of
from tests.support.token_broker import TokenBroker

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.ble
NAME = "MeshCore"
ADDRESS = "C4:00:00:00:00:02"


async def test_a_bots_file_without_a_device_name_finds_the_radio_and_it_signs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ble_scan, "PATTERN_RIVAL_S", 0.2)
    config = partial(settings, "connection_type = ble")
    with (
        running_bed() as bed,
        companion_on(bed, DESERT, peripheral=bed.add(NAME, ADDRESS)) as world,
    ):
        async with (
            TokenBroker(tmp_path) as broker,
            open_mesh(config(mqtt1=at_tokens(broker)), None, identity_of("observer")) as mesh,
        ):
            service = Capturing(mesh)
            await service.up(timeout_s=20)
            [link] = mesh.links()
            signed_by = service.of("mqtt1").token.signed_by
            key = world.radio.desk.node.public_key.hex().upper()
    [login] = broker.logins

    assert link.reason == f"took {NAME} ({ADDRESS}, -55 dBm)"
    assert signed_by == "the radio"
    assert login.user == f"v1_{key}"
