"""From what people type to the link URLs it may mean."""

from __future__ import annotations

import pytest

from meshtui.tui.state.addresses import meant_by, medium_of


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", ()),
        ("  ", ()),
        ("meshcore+sim://valley", ("meshcore+sim://valley",)),
        ("broker.example", ("jsonmesh+mqtt://broker.example",)),
        ("user:5000@broker.example", ("jsonmesh+mqtt://user:5000@broker.example",)),
        ("broker.example:8883", ("jsonmesh+mqtts://broker.example:8883",)),
        ("ws://host:9001/mqtt", ("jsonmesh+ws://host:9001/mqtt",)),
        ("192.168.1.7:5000", ("meshcore+tcp://192.168.1.7:5000",)),
        (
            "radio.local:39377",
            (
                "jsonmesh+mqtt://radio.local:39377",
                "meshcore+tcp://radio.local:39377",
                "jsonmesh+tcp://radio.local:39377",
            ),
        ),
        ("me:pw@broker.example:39377", ("jsonmesh+mqtt://me:pw@broker.example:39377",)),
        ("[::1]:5000", ("meshcore+tcp://[::1]:5000",)),
        ("tcp://radio:5000", ("meshcore+tcp://radio:5000",)),
        ("tcp://radio:4000", ("meshcore+tcp://radio:4000", "jsonmesh+tcp://radio:4000")),
        ("kiss://host:8001", ("meshcore+kiss://host:8001",)),
        ("ble://MeshCore-Al", ("meshcore+ble://MeshCore-Al",)),
        ("ble://MESH-GW", ("meshcore+ble://MESH-GW", "jsonmesh+ble://MESH-GW")),
        (
            "serial:///dev/ttyUSB0?baud=9600",
            (
                "meshcore+serial:///dev/ttyUSB0?baud=9600",
                "meshcore+kiss:///dev/ttyUSB0?baud=9600",
                "jsonmesh+serial:///dev/ttyUSB0?baud=9600",
            ),
        ),
        (
            "/dev/ttyACM0",
            (
                "meshcore+serial:///dev/ttyACM0",
                "meshcore+kiss:///dev/ttyACM0",
                "jsonmesh+serial:///dev/ttyACM0",
            ),
        ),
        ("http://host", ("http://host",)),
    ],
)
def test_an_address_is_completed_and_never_guessed(typed: str, meant: tuple[str, ...]) -> None:
    assert meant_by(typed) == meant


def test_a_link_url_says_how_it_goes_there() -> None:
    assert medium_of("meshcore+ble://x") == "ble"
