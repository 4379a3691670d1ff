"""Laws of `config`: what is wrong is refused with file, key and what is allowed."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.config.link_urls import check_link_url, hide_password
from meshtui.config.options import OPTIONS
from meshtui.config.settings import COMMAND_LINE, parse_config
from meshtui.errors import ConfigError

FILE = Path("/profile/config.toml")


def test_an_empty_file_gives_the_defaults() -> None:
    config = parse_config(FILE, "")

    assert (config.name, config.links, config.glyphs, config.position) == ("", (), "unicode", None)
    assert config.jsonmesh.relay is None
    assert not config.jsonmesh.share_position
    assert config.origins == {}


def test_every_option_can_be_set_in_the_file() -> None:
    config = parse_config(
        FILE,
        """
        name = "Zoë"
        links = ["jsonmesh+mqtt://host", "jsonmesh+wss://host:8084/mqtt?password_file=~/x"]
        theme = "amber"
        glyphs = "plain"
        position = [48.85, 2]
        [jsonmesh]
        relay = true
        share_position = true
        ack_timeout_s = 7
        max_attempts = 5
        compact = false
        source_routing = false
        signatures = "brokers"
        radio_presence_s = 600
        [meshcore]
        repeater = true
        share_position = true
        path_hash_size = 2
        multi_acks = true
        advert_every_s = 0
        sync_clock = false
        private_key_file = "~/mc.key"
        [log]
        level = "debug"
        """,
    )

    assert config.name == "Zoë"
    assert config.position == (48.85, 2.0)
    assert config.jsonmesh.ack_timeout_s == 7.0
    assert not config.jsonmesh.compact
    assert not config.jsonmesh.source_routing
    assert (config.jsonmesh.signatures, config.jsonmesh.radio_presence_s) == ("brokers", 600.0)
    assert (config.meshcore.path_hash_size, config.meshcore.advert_every_s) == (2, 0.0)
    assert config.meshcore.repeater
    assert not config.meshcore.sync_clock
    assert set(config.origins) == {option.key for option in OPTIONS}


def test_the_nearest_source_wins() -> None:
    text = 'name = "file"\ntheme = "file"\nglyphs = "plain"'
    environment = {"MESHTUI_NAME": "environment", "MESHTUI_THEME": "environment"}

    config = parse_config(FILE, text, environment=environment, overrides={"name": "command line"})

    assert (config.name, config.theme, config.glyphs) == ("command line", "environment", "plain")
    assert config.origins == {
        "name": COMMAND_LINE,
        "theme": "MESHTUI_THEME",
        "glyphs": str(FILE),
    }


def test_the_environment_speaks_the_types_of_its_options() -> None:
    config = parse_config(
        FILE,
        "",
        environment={
            "MESHTUI_LINKS": "jsonmesh+mqtt://a jsonmesh+mqtt://b",
            "MESHTUI_POSITION": "[1, 2]",
            "MESHTUI_JSONMESH_RELAY": "true",
            "MESHTUI_JSONMESH_MAX_ATTEMPTS": "4",
            "MESHTUI_NAME": "42",
            "MESHTUI_HOME": "/ignored/here",
        },
    )

    assert len(config.links) == 2
    assert config.position == (1.0, 2.0)
    assert config.jsonmesh.relay is True
    assert config.jsonmesh.max_attempts == 4
    assert config.name == "42"


WRONG = {
    "syntax in the first line": ("x\n", "line 1"),
    "syntax in the last line": ('name = "a"\ntheme = "b"\nglyphs =\n', "line 3"),
    "a NUL": ('name = "a\0b"', "line 1"),
    "a key twice": ('name = "a"\nname = "b"\n', "line 2"),
    "a table twice": ("[log]\n[log]", "line 2"),
    "not a table": ("jsonmesh = 3", "jsonmesh: must be a table, [jsonmesh]"),
    "a table of tables": ("[[jsonmesh]]\nrelay = true", "jsonmesh: must be a table"),
    "a deep nesting": ("a = " + "[" * 100_000, ""),
    "endless digits": ("[jsonmesh]\nmax_attempts = " + "9" * 10_000, ""),
    "an unknown key": ("volume = 11", "volume: unknown key; one of glyphs, links, name"),
    "a near miss": ('nmae = "a"', "nmae: unknown key (did you mean name?)"),
    "a near miss in a table": (
        "[jsonmesh]\nmax_atempts = 3",
        "jsonmesh.max_atempts: unknown key (did you mean max_attempts?); one of ack_timeout_s",
    ),
    "a key outside its table": ("relay = true", "(did you mean jsonmesh.relay?)"),
    "an unknown table": ("[mqtt0_]\nserver = 'x'", "mqtt0_: unknown key"),
    "a numbered section": ("[mqtt11_]\nserver = 'x'", "mqtt11_: unknown key"),
    "another program's settings": ("[mqtt0]\nserver = host", "line 2"),
    "a key with escapes": ('"\\u001b[2Jname" = 1', "␛[2Jname: unknown key"),
    "a name that is a number": ("name = 3", "name: must be"),
    "a name of two lines": ('name = "a\\nb"', "name: must be"),
    "a name that moves the cursor": ('name = "a\\u001b[2J"', "name: must be"),
    "a name without end": (f'name = "{"a" * 65}"', "at most 64"),
    "a name that is true": ("name = true", "name: must be"),
    "glyphs of another kind": ('glyphs = "emoji"', 'one of "unicode", "plain"'),
    "links as text": ('links = "jsonmesh+mqtt://a"', "links: must be a list"),
    "a link that is a number": ("links = [1]", "links: must hold link URLs"),
    "an empty link": ('links = [""]', "is no link URL"),
    "a link without a network": ('links = ["mqtt://host"]', "is no link URL"),
    "a link without a medium": ('links = ["host:1883"]', "is no link URL"),
    "a link with a space": ('links = ["jsonmesh+mqtt://a b"]', "without spaces"),
    "a link with a line end": ('links = ["jsonmesh+mqtt://a\\n"]', "without spaces"),
    "a link with port 65536": ('links = ["jsonmesh+mqtt://a:65536"]', "is no link URL"),
    "a link with port -1": ('links = ["jsonmesh+mqtt://a:-1"]', "is no link URL"),
    "a link with port x": ('links = ["jsonmesh+mqtt://a:x"]', "is no link URL"),
    "a link with half an address": ('links = ["jsonmesh+mqtt://[::1"]', "is no link URL"),
    "a link twice": ('links = ["jsonmesh+mqtt://a", "jsonmesh+mqtt://a"]', "twice"),
    "33 links": (f"links = {[f'jsonmesh+mqtt://h{n}' for n in range(33)]}", "at most 32"),
    "a position of one": ("position = [1]", "position: must be"),
    "a position as text": ('position = "here"', "position: must be"),
    "a position off the globe": ("position = [91, 0]", "from -90 to 90"),
    "a position that is no number": ("position = [nan, 0]", "from -90 to 90"),
    "a position of flags": ("position = [true, false]", "from -90 to 90"),
    "a flag as text": ('[jsonmesh]\nrelay = "yes"', "jsonmesh.relay: must be true or false"),
    "a flag as number": ("[jsonmesh]\nrelay = 1", "jsonmesh.relay: must be true or false"),
    "an interval of nothing": ("[jsonmesh]\nack_timeout_s = 0", "from 0.5 to 600"),
    "a negative interval": ("[jsonmesh]\nack_timeout_s = -5", "from 0.5 to 600"),
    "an endless interval": ("[jsonmesh]\nack_timeout_s = 1e12", "from 0.5 to 600"),
    "an infinite interval": ("[jsonmesh]\nack_timeout_s = inf", "from 0.5 to 600"),
    "a count that is true": ("[jsonmesh]\nmax_attempts = true", "from 1 to 10"),
    "a count with a fraction": ("[jsonmesh]\nmax_attempts = 1e1", "from 1 to 10"),
    "a level in capitals": ('[log]\nlevel = "DEBUG"', "log.level: must be one of"),
    "a date for a level": ("[log]\nlevel = 2026-01-01", "log.level: must be one of"),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_refused_with_file_and_key(text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(FILE, text)

    assert str(caught.value).startswith(f"{FILE}: ")
    assert expected in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_line_ends_of_another_system_are_welcome() -> None:
    assert parse_config(FILE, 'name = "a"\r\n[log]\r\nlevel = "debug"\r\n').log_level == "debug"


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^MESHTUI_GLYPHS: glyphs: must be one of"):
        parse_config(FILE, "", environment={"MESHTUI_GLYPHS": "emoji"})


def test_a_wrong_option_of_the_command_line_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^command line: links: "):
        parse_config(FILE, "", overrides={"links": ["x"]})


def test_a_wrong_file_is_refused_even_where_the_environment_hides_it() -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: glyphs"):
        parse_config(FILE, "glyphs = 3", environment={"MESHTUI_GLYPHS": "plain"})


@given(st.text(max_size=200))
def test_no_text_raises_anything_but_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse_config(FILE, text)


SECRET = "pw-NEVER-shown"


@pytest.mark.parametrize(
    "url",
    [
        f"jsonmesh+mqtt://user:{SECRET}@host:1883",
        f"jsonmesh+mqtt://user:a@{SECRET}@host",
        f"jsonmesh+mqtt://:{SECRET}@host",
        f"jsonmesh+mqtt://host?password={SECRET}",
        f"jsonmesh+mqtt://host?a=b&PASSWORD={SECRET}&c=d",
        f"mqtt://user:{SECRET}@host:port",
        f"jsonmesh+mqtt://user:x/{SECRET}@host",
    ],
)
def test_a_password_in_a_link_is_never_shown(url: str) -> None:
    text = f'links = ["{url}"]\nposition = 3'

    with pytest.raises(ConfigError) as caught:
        parse_config(FILE, text)

    assert SECRET not in hide_password(url)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(parse_config(FILE, "", overrides={"links": [check_or_ok(url)]}))


def check_or_ok(url: str) -> str:
    """Return the URL where it is one, else one that is."""
    try:
        return check_link_url(url)
    except ValueError:
        return "jsonmesh+mqtt://host"


def test_a_link_without_a_password_is_shown_as_it_is() -> None:
    url = "jsonmesh+wss://user@host:8084/mqtt?password_file=/x&ca=/y"

    assert hide_password(url) == url


def test_a_bluetooth_address_is_no_port() -> None:
    url = "jsonmesh+ble://C4:00:00:00:00:01?sf=9"

    assert parse_config(FILE, f'links = ["{url}"]').links == (url,)
    assert hide_password(url) == url
