"""The status message: what a radio said, in the words analyzers know."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from meshtui import __version__
from meshtui.model.device import Device
from meshtui.model.ids import LinkId, NodeId
from meshtui.model.link import RadioSettings
from meshtui.networks.meshcore.observing.status import write_status
from meshtui.networks.meshcore.station import NETWORK
from tests.support.observed import ALICE, KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

AT_MS = 1_767_225_600_000


def told(
    origin: Device = ALICE, *, is_online: bool = True, has_stats: bool = True
) -> Mapping[str, Any]:
    return json.loads(write_status(origin, AT_MS, is_online=is_online, has_stats=has_stats))


def test_who_is_there_says_what_it_is() -> None:
    assert list(told().items()) == [
        ("status", "online"),
        ("timestamp", "2026-01-01T00:00:00.000+00:00"),
        ("origin", "Alice"),
        ("origin_id", KEY),
        ("model", "Heltec V3"),
        ("firmware_version", "v1.17.1 (Build: 14 Aug 2026)"),
        ("radio", "869.618,62.5,8,8"),
        ("client_version", f"meshtui/{__version__}"),
        (
            "stats",
            {
                "battery_mv": 4012,
                "last_snr": 8.5,
                "recv": 20,
                "sent": 7,
                "packets_sent": 7,
                "packets_received": 20,
            },
        ),
    ]


def test_who_is_gone_says_the_same_without_figures() -> None:
    online, offline = told(has_stats=False), told(is_online=False)

    assert offline == {**online, "status": "offline"}


@pytest.mark.parametrize("stats", [(), (("sent", 7),)])
def test_a_figure_that_is_not_known_is_left_out(stats: tuple[tuple[str, int], ...]) -> None:
    message = told(replace(ALICE, stats=stats))

    assert message.get("stats") == ({"sent": 7, "packets_sent": 7} if stats else None)


def test_what_a_radio_does_not_say_is_unknown() -> None:
    message = told(Device(NETWORK, LinkId("usb"), NodeId(KEY.lower())))

    assert {message[key] for key in ("model", "firmware_version", "radio")} == {"unknown"}
    assert message["origin"] == KEY[:8]


@pytest.mark.parametrize(
    ("radio", "text"),
    [
        (RadioSettings(7, 62.5, 5, frequency_mhz=910.525), "910.525,62.5,7,5"),
        (RadioSettings(10, 250.0, 5, frequency_mhz=915.0), "915,250,10,5"),
        (RadioSettings(8, 62.5, 8, frequency_mhz=869.6185), "869.6185,62.5,8,8"),
        (RadioSettings(8, 62.5, 8), "0,62.5,8,8"),
    ],
)
def test_a_radio_is_four_figures(radio: RadioSettings, text: str) -> None:
    assert told(replace(ALICE, radio=radio))["radio"] == text


@pytest.mark.parametrize("firmware", ["1.0", "v1.17.1 (Build: 14 Aug 2026)", "v1 (unfinished"])
def test_a_version_without_a_date_stays_as_it_is(firmware: str) -> None:
    assert told(replace(ALICE, firmware=firmware))["firmware_version"] == firmware


def test_texts_of_half_characters_make_a_message() -> None:
    odd = "\ud83d"

    message = told(replace(ALICE, name=odd, model=odd, firmware=odd))

    assert (message["origin"], message["model"], message["firmware_version"]) == ("?", "?", "?")
