"""A companion radio over Bluetooth: no framing, one write or notification is one frame."""

from __future__ import annotations

import pytest

from tests.support.ble_bed import ADDRESS
from tests.support.ble_bed_companion import companion_on
from tests.support.companion_server import require
from tests.support.links import opened
from tests.support.mosquitto import eventually

pytestmark = pytest.mark.ble
APP_START = b"\x01" + bytes(7) + b"test"


async def test_each_answer_is_one_notification_and_each_command_one_write(bed) -> None:
    with companion_on(bed) as mesh:
        async with opened(f"meshcore+ble://{ADDRESS}") as link:
            await link.send(APP_START)
            await eventually(lambda: len(link.payloads) == 1, 10)
            await link.send(b"\x04")
            await eventually(lambda: link.payloads[-1][0] == 4, 10)
        key = mesh.radio.desk.node.public_key

    assert link.payloads[0][:1] + link.payloads[0][4:36] == b"\x05" + key
    assert [len(payload) for payload in link.payloads[1:]] == [5, 148, 148, 148, 148, 5]
    assert bed.radio.writes == [len(APP_START), 1]


@pytest.mark.peers
async def test_the_library_of_other_people_connects_and_is_answered(bed) -> None:
    meshcore = require("meshcore")
    with companion_on(bed):
        client = await meshcore.MeshCore.create_ble(ADDRESS)
        assert client is not None
        await client.ensure_contacts()
        near = client.get_contact_by_name("Near")
        result = await client.commands.send_msg_with_retry(near, "over Bluetooth")
        await client.disconnect()

    assert result is not None
