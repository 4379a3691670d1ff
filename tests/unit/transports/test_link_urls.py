"""Link URLs: what is taken apart, what is refused, and that no password leaks."""

from __future__ import annotations

import pytest

from meshtui.errors import ConfigError
from meshtui.transports.url import link_title, parse_link_url, parse_link_urls, safe_url


def spec_of(url: str):
    return parse_link_url(url)[1]


def test_a_full_url_is_taken_apart() -> None:
    network, spec = parse_link_url(
        "jsonmesh+wss://us%40er:p%3Aw%2Fd@broker.example:8084/mqtt/path?keepalive=30&protocol=5"
    )
    assert network == "jsonmesh"
    assert (spec.scheme, spec.host, spec.port, spec.path) == (
        "wss",
        "broker.example",
        8084,
        "/mqtt/path",
    )
    assert (spec.username, spec.password) == ("us@er", "p:w/d")
    assert spec.options == {"keepalive": "30", "protocol": "5"}


def test_the_least_url_is_a_scheme_and_a_host() -> None:
    spec = spec_of("jsonmesh+mqtt://localhost")
    assert (spec.link_id, spec.port, spec.path, spec.username) == ("localhost", None, "", "")
    assert spec_of("jsonmesh+mqtt://localhost/").path == ""


def test_ipv6_hosts_stand_in_brackets() -> None:
    spec = spec_of("jsonmesh+mqtt://[::1]:1883")
    assert spec.host == "::1"
    assert safe_url(*parse_link_url("jsonmesh+mqtt://[::1]:1883")) == "jsonmesh+mqtt://[::1]:1883"


def test_a_password_is_in_no_text_about_the_url() -> None:
    network, spec = parse_link_url("jsonmesh+mqtt://alice:hunter2@h:1?password_file=/secret")
    assert safe_url(network, spec) == "jsonmesh+mqtt://alice@h:1"
    assert "hunter2" not in repr(spec)


def test_the_title_is_the_users_or_the_name() -> None:
    assert link_title(spec_of("jsonmesh+mqtt://h?title=Home%20broker")) == "Home broker"
    assert link_title(spec_of("jsonmesh+mqtt://h")) == "h"


def test_links_to_one_host_get_different_names() -> None:
    links = parse_link_urls(["jsonmesh+mqtt://h:1", "jsonmesh+mqtt://h:2", "jsonmesh+mqtt://i"])
    assert [spec.link_id for _, spec in links] == ["h", "h-2", "i"]


def test_an_id_names_a_link_once() -> None:
    links = parse_link_urls(["jsonmesh+mqtt://h?id=home", "jsonmesh+mqtt://h"])
    assert [spec.link_id for _, spec in links] == ["home", "h"]
    with pytest.raises(ConfigError, match="id=home is given twice"):
        parse_link_urls(["jsonmesh+mqtt://h?id=home", "jsonmesh+mqtt://i?id=home"])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "looks like jsonmesh"),
        ("   ", "looks like jsonmesh"),
        ("broker.example", r"begins with NETWORK\+TRANSPORT"),
        ("broker.example:1883", r"begins with NETWORK\+TRANSPORT"),
        ("mqtt://broker", r"begins with NETWORK\+TRANSPORT"),
        ("+mqtt://broker", r"begins with NETWORK\+TRANSPORT"),
        ("jsonmesh+://broker", r"begins with NETWORK\+TRANSPORT"),
        ("jsonmesh+mqtt:broker", r"begins with NETWORK\+TRANSPORT"),
        ("jsonmesh+mqtt:/broker", r"begins with NETWORK\+TRANSPORT"),
        ("jsonmesh+pigeon://broker", "unknown transport 'pigeon'; one of mqtt"),
        ("jsonmesh+mqtt://", "where to"),
        ("jsonmesh+mqtt:///", "where to"),
        ("jsonmesh+serial://", "looks like jsonmesh\\+serial:///dev"),
        ("jsonmesh+ble://", "looks like jsonmesh\\+ble://AA"),
        ("jsonmesh+sim://", "looks like jsonmesh\\+sim://valley"),
        ("jsonmesh+mqtt://:1883", "where to"),
        ("jsonmesh+mqtt://h:0", "1 to 65535"),
        ("jsonmesh+mqtt://h:-1", "1 to 65535"),
        ("jsonmesh+mqtt://h:65536", "1 to 65535"),
        ("jsonmesh+mqtt://h:http", "1 to 65535"),
        ("jsonmesh+mqtt://[::1", "brackets"),
        ("jsonmesh+mqtt://h?keepalve=3", "did you mean 'keepalive'"),
        ("jsonmesh+mqtt://h?zzz=3", r"unknown option 'zzz' \(known: password_file"),
        ("jsonmesh+mqtt://h?protocol=3", "protocol=3: one of 4, 5"),
        ("jsonmesh+mqtt://h?insecure=yes", "one of 0, 1"),
        ("jsonmesh+mqtt://h?keepalive", "key=value"),
        ("jsonmesh+mqtt://h?id=a&id=b", "given twice"),
        ("jsonmesh+mqtt://h?id=" + "x" * 65, "at most 64"),
        ("jsonmesh+mqtt://h#part", "%23"),
        ("jsonmesh+mqtt://h\n", None),
        ("jsonmesh+mqtt://h\x1b[2J", "control character"),
        ("jsonmesh+mqtt://h/\x00", "control character"),
        ("jsonmesh+mqtt://u%0a:p@h", "the user holds a control character"),
        ("jsonmesh+mqtt://u:p%1b@h", "the password holds a control character"),
        ("jsonmesh+mqtt://u:%ff@h", "the password is not UTF-8"),
        ("jsonmesh+mqtt://h?title=%1b%5d0;x", "option 'title' holds a control"),
        ("jsonmesh+mqtt://" + "h" * 5_000, "at most 4096"),
    ],
)
def test_a_wrong_url_is_refused_in_words(url: str, words: str | None) -> None:
    if words is None:
        parse_link_url(url)  # white space around a pasted URL is nobody's mistake
        return
    with pytest.raises(ConfigError, match=words):
        parse_link_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "jsonmesh+mqtt://alice:hunter2@h:99999",
        "jsonmesh+mqtt://alice:hunter2/x@h:1883",
        "jsonmesh+mqtt://alice:hunter2@[::1",
        "jsonmesh+pigeon://alice:hunter2@h",
        "jsonmesh+mqtt://alice:hunter2@h?zzz=1",
        "mqtt://alice:hunter2@h",
        "jsonmesh+mqtt://alice:hunter2%00@h",
        "jsonmesh+mqtt://alice:hunter2@",
    ],
)
def test_no_refusal_tells_the_password(url: str) -> None:
    with pytest.raises(ConfigError) as failure:
        parse_link_url(url)
    assert "hunter2" not in str(failure.value)
    assert "hunter2" not in repr(failure.value.__cause__)


@pytest.mark.parametrize(
    ("url", "path", "title"),
    [
        ("jsonmesh+serial:///dev/ttyUSB0", "/dev/ttyUSB0", "ttyUSB0"),
        ("jsonmesh+serial:///dev/my%20radio", "/dev/my radio", "my radio"),
        ("jsonmesh+serial:///dev/ttyUSB0/", "/dev/ttyUSB0/", "ttyUSB0"),
    ],
)
def test_a_device_is_a_path_after_three_slashes(url: str, path: str, title: str) -> None:
    network, spec = parse_link_url(f"{url}?baud=9600&sf=8")
    assert (spec.host, spec.path, spec.options) == ("", path, {"baud": "9600", "sf": "8"})
    assert link_title(spec) == title
    assert safe_url(network, spec) == url


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("jsonmesh+mqtt://me@Broker.Example:1883", "broker.example"),
        ("jsonmesh+ble://ESP32-Roof?sf=9", "ESP32-Roof"),
        ("jsonmesh+ble://C4:AB:00:00:00:0A", "c4:ab:00:00:00:0a"),
        ("jsonmesh+tcp://Gate:7000", "Gate"),
        ("jsonmesh+tcp://[FE80::1]:7000", "FE80::1"),
        ("jsonmesh+sim://Two.toml", "Two.toml"),
    ],
)
def test_a_device_is_called_as_it_was_written(url: str, host: str) -> None:
    assert parse_link_url(url)[1].host == host


@pytest.mark.parametrize("url", ["jsonmesh+serial://", "jsonmesh+serial:///", "jsonmesh+tcp://"])
def test_a_link_leads_somewhere(url: str) -> None:
    with pytest.raises(ConfigError, match="where to"):
        spec_of(url)


def test_gateways_of_one_kind_get_different_names() -> None:
    links = parse_link_urls(["jsonmesh+serial:///dev/ttyUSB0", "jsonmesh+serial:///tmp/ttyUSB0"])
    assert [spec.link_id for _, spec in links] == ["ttyUSB0", "ttyUSB0-2"]
