"""What a link URL says of the radio behind it."""

import pytest

from meshtui.errors import ConfigError
from meshtui.model.ids import LinkId
from meshtui.model.link import LinkKind, RadioSettings
from meshtui.transports import registry
from meshtui.transports.base import LinkSpec
from meshtui.transports.radio import RADIO_OPTIONS, radio_settings


class _Gateway:
    schemes = ("gateway",)
    kind = LinkKind.STREAM
    options = RADIO_OPTIONS


GATEWAY = _Gateway()


@pytest.fixture(autouse=True)
def _gateway(monkeypatch):
    monkeypatch.setitem(registry.TRANSPORTS, "gateway", f"{__name__}:GATEWAY")
    monkeypatch.setattr(
        registry, "import_module", lambda _: __import__("types").SimpleNamespace(GATEWAY=GATEWAY)
    )


def _spec(**options: str) -> LinkSpec:
    return LinkSpec(LinkId("x"), "gateway", path="/dev/ttyUSB0", options=options)


def test_left_out_is_as_meshtastics_long_fast() -> None:
    assert radio_settings(_spec()) == RadioSettings(11, 250.0, 5, 16, 0.1)


def test_every_number_can_be_given() -> None:
    options = {"sf": "8", "bw": "62.5", "cr": "8", "preamble": "32", "duty": "1"}

    assert radio_settings(_spec(**options)) == RadioSettings(8, 62.5, 8, 32, 0.01)


def test_a_wire_has_no_radio() -> None:
    assert radio_settings(_spec(air="none")) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [("sf", "13"), ("sf", "4"), ("sf", "7.5"), ("sf", "x"), ("bw", "nan"), ("bw", "inf"),
     ("preamble", "5"), ("duty", "0"), ("duty", "101"), ("duty", "")],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}="):
        radio_settings(_spec(**{name: text}))
