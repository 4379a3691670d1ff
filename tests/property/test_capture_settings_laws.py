"""Whatever stands in capture settings: a service, or a ConfigError; and no secret in its words."""

from __future__ import annotations

import json
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from meshtui.config.capture_keys import BROKER_KEYS, SERVICE_KEYS
from meshtui.config.settings import parse_config
from meshtui.errors import ConfigError

FILE = Path("/profile/config")
SECRET = "NEVERshown"
NAMES = [key.name for key in SERVICE_KEYS if key.name != "filter"]
NAMES += [f"mqtt{number}_{key.name}" for number in (0, 1, 2, 11) for key in BROKER_KEYS]
WORDS = [
    *("true", "off", "0", "1", "443", "-1", "1e400", "nan", "tcp", "websockets", "h.example"),
    *("::1", "wss://u:p@h:1/x", "{IATA}/{PUBLIC_KEY}", "{", "{0.__class__}", "~", "/", "..", "sea"),
    *("2, 4", "a@b", "%(x)s", '"', "'#'", " # ;", "\u202e", "\x1b[2J", "٣", "9" * 400, "a" * 400),
]
VALUES = st.sampled_from(WORDS) | st.text(max_size=40)
TOML_VALUES = st.recursive(
    VALUES | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("a"), inner, max_size=1),
    max_leaves=4,
)


def said_of(text: str) -> list[str]:
    """Read settings; return every word about them."""
    try:
        config = parse_config(FILE, text)
    except ConfigError as error:
        return [str(error)]
    capture = config.capture
    assert len(capture.brokers) <= 10
    assert SECRET not in repr(config)
    return [*config.remarks, *(broker.problem for broker in capture.brokers if broker.problem)]


def check(said: list[str]) -> None:
    assert all(text.startswith((f"{FILE}: ", "and ")) for text in said)
    assert all(text.isprintable() and len(text) < 500 for text in said)
    assert SECRET not in "".join(said)


def lines(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"{key} = {value}" for key, value in pairs)


@given(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=12))
def test_any_ini_settings_are_a_service_or_an_error(pairs: list[tuple[str, str]]) -> None:
    hidden = f"mqtt1_password = {SECRET}\nmqtt2_password = {SECRET}\x1b\n"
    text = f"[PacketCapture]\nenabled = true\n{hidden}{lines(pairs)}"
    started = time.process_time()

    said = said_of(text)

    check(said)
    assert time.process_time() - started < 1


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), TOML_VALUES), max_size=12, unique_by=lambda p: p[0])
)
def test_any_toml_settings_are_a_service_or_an_error(pairs: list[tuple[str, object]]) -> None:
    table = "\n".join(f"{key} = {as_toml(value)}" for key, value in pairs)

    check(said_of(f"[capture]\n{table}"))


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_around_the_section_is_read_or_refused(before: str, after: str) -> None:
    check(said_of(f"{before}\n[PacketCapture]\n{after}"))


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {as_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(as_toml(inner) for inner in value)}]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value).replace("\x7f", "\\u007f")
