"""Laws of the INI reader: what users have runs, what is wrong names file, line and key."""

from __future__ import annotations

import configparser
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.config.capture import MAX_REMARKS, Remarks
from meshtui.config.capture_ini import CaptureFile, _read_sections, is_capture_ini, parse_ini
from meshtui.config.link_urls import check_link_url
from meshtui.config.settings import parse_config
from meshtui.errors import ConfigError
from meshtui.transports.url import parse_link_url

FILE = Path("/profile/config.ini")
KEY = "ab" * 32
USUAL = f"""
[Connection]
connection_type = serial
serial_port = /dev/ttyACM0
timeout = 30

[Bot]
bot_name = Zoë's ears
prefix = !

[Keywords]
ping = pong
   and again
[PacketCapture]
enabled = true            # run it
output_file = packets.json   ; beside this file
verbose = no
debug = 0
owner_public_key = {KEY}
owner_email = zoe@mesh.example
iata = sea
auth_token_method = device
private_key_path =
mqtt_enabled = yes

# an analyzer
mqtt1_enabled = true
mqtt1_server = mqtt-us.analyzer.example
mqtt1_port = 443
mqtt1_transport = websockets      # tcp or websockets
mqtt1_use_tls = true
mqtt1_use_auth_token = true
mqtt1_token_audience = mqtt-us.analyzer.example
mqtt1_topic_status = meshcore/{{IATA}}/{{PUBLIC_KEY}}/status
mqtt1_topic_packets = meshcore/{{IATA}}/{{PUBLIC_KEY}}/packets
mqtt1_websocket_path = /mqtt
mqtt1_client_id =

# our own
mqtt2_enabled = true
mqtt2_server = broker.example
mqtt2_username = zoe
mqtt2_password = pa#ss%word

stats_in_status_enabled = true
stats_refresh_interval = 300
jwt_renewal_interval = 86400
health_check_interval = 30
health_check_grace_period = 2
"""


def read(text: str) -> CaptureFile:
    return parse_ini(FILE, text)


def of_capture(*lines: str) -> CaptureFile:
    return read("\n".join(("[PacketCapture]", "enabled = true", "output_file = o", *lines)))


def test_the_file_of_another_program_says_all_it_says_there() -> None:
    file = read(USUAL)

    config = file.config
    first, second = config.brokers
    assert file.remarks == ()
    assert (file.links, file.bot_name) == (("meshcore+serial:///dev/ttyACM0",), "Zoë's ears")
    assert (config.is_enabled, config.verbose, config.debug, config.has_mqtt) == (1, 0, 0, 1)
    assert config.output_file == "/profile/packets.json"
    assert (config.iata, config.owner_public_key) == ("SEA", KEY.upper())
    assert (config.owner_email, config.private_key_path) == ("zoe@mesh.example", "")
    assert (config.stats_refresh_interval_s, config.jwt_renewal_interval_s) == (300.0, 86_400.0)
    assert (config.health_check_interval_s, config.health_check_grace_period) == (30.0, 2)
    assert (first.name, first.is_enabled, first.problem) == ("mqtt1", True, "")
    assert (first.server, first.port) == ("mqtt-us.analyzer.example", 443)
    assert (first.transport, first.use_tls, first.websocket_path) == ("websockets", True, "/mqtt")
    assert (first.use_auth_token, first.token_audience) == (True, "mqtt-us.analyzer.example")
    assert first.topic_status == "meshcore/{IATA}/{PUBLIC_KEY}/status"
    assert first.topic_packets == "meshcore/{IATA}/{PUBLIC_KEY}/packets"
    assert (second.port, second.transport, second.use_tls) == (1883, "tcp", False)
    assert (second.username, second.password.reveal) == ("zoe", b"pa#ss%word")
    assert second.topic_packets == "meshcore/packets/packet"
    assert second.topic_status == "meshcore/packets/status"


def password(line: str) -> bytes:
    [broker] = of_capture("mqtt1_server = h", f"mqtt1_password{line}").config.brokers
    return broker.password.reveal


def test_line_ends_and_a_mark_of_another_system_are_welcome() -> None:
    file = read("\ufeff" + USUAL.replace("\n", "\r\n"))

    assert file.config == read(USUAL).config
    assert file.remarks == ()
    assert is_capture_ini("\ufeff[packetcapture]\r\nenabled=true")


def test_keys_and_sections_are_read_in_any_case_and_with_either_sign() -> None:
    file = read("[PACKETCAPTURE]\nEnabled: TRUE\nIATA=sea\nMqtt1_Server : h\n")

    assert (file.config.is_enabled, file.config.iata) == (True, "SEA")
    assert [broker.server for broker in file.config.brokers] == ["h"]


PASSWORDS = {
    "bare": (" = pw", b"pw"),
    "without blanks": ("=pw", b"pw"),
    "with a comment": (" = pw   # mine", b"pw"),
    "with the other comment": (" = pw ; mine", b"pw"),
    "with signs inside": (" = a#b;c=d:e", b"a#b;c=d:e"),
    "that begins with a sign": (" =#pw", b"#pw"),
    "in quotes": (' = "a # b"', b"a # b"),
    "in other quotes": (" = ' a '  # mine", b" a "),
    "with a quote": (' = a"b', b'a"b'),
    "that begins with a quote": (' = "ab', b'"ab'),
    "with one in quotes before more": (' = "a"b', b'"a"b'),
    "with a percent sign": (" = 100%", b"100%"),
    "with what others would fill in": (" = %(enabled)s", b"%(enabled)s"),
    "with a percent sign as others write it": (" = 100%%", b"100%"),
    "with blanks inside": (" = a  b", b"a  b"),
    "of another script": (" = пароль", "пароль".encode()),
    "of nothing": (" =   # none", b""),
}


@pytest.mark.parametrize(("line", "expected"), PASSWORDS.values(), ids=PASSWORDS)
def test_a_password_is_read_as_it_was_meant(line: str, expected: bytes) -> None:
    assert password(line) == expected


@pytest.mark.parametrize("line", ["= hunter2 # 7", "= hunter2 ;7", "= #hunter2", "= hunter2%%"])
def test_what_may_have_been_of_a_password_is_said_without_it(line: str) -> None:
    [remark] = of_capture("mqtt1_server = h", f"mqtt1_password {line}").remarks

    assert remark.startswith(f"{FILE}: line 5: mqtt1_password: ")
    assert "hunter2" not in remark


# What a bot reads well: it knows no comments behind a value and no quotes, and `%%` is one `%`.
WELL_READ = (
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "), max_size=30)
    .filter(lambda value: not re.search(r"\s[#;]", f" {value}") and value.strip()[:1] not in "\"'")
    .map(lambda value: value.replace("%", "%%"))
)


@given(st.lists(WELL_READ, max_size=4), st.sampled_from([" = ", "=", ": ", " :", "\t=\t"]))
def test_what_a_bot_reads_well_is_read_alike(values: list[str], sign: str) -> None:
    lines = [f"mqtt{number}_password{sign}{value}" for number, value in enumerate(values, 1)]
    text = "\n".join(("[PacketCapture]", "enabled = true", "", "# passwords", *lines, ""))
    bot = configparser.ConfigParser()
    bot.read_string(text)

    entries = _read_sections(FILE, text, Remarks())["packetcapture"]

    assert {key: entry.value for key, entry in entries.items()} == dict(bot["PacketCapture"])


def test_brokers_run_in_the_order_of_their_numbers_whatever_is_between() -> None:
    file = of_capture("mqtt10_server = ten", "mqtt2_server = two", "mqtt7_server = seven")

    names = [(broker.name, broker.server) for broker in file.config.brokers]
    assert names == [("mqtt2", "two"), ("mqtt7", "seven"), ("mqtt10", "ten")]
    assert file.remarks == ()


@pytest.mark.parametrize("name", ["mqtt0", "mqtt11", "mqtt01", "mqtt999999999999999999999"])
def test_a_broker_out_of_number_is_said_and_not_run(name: str) -> None:
    file = of_capture("mqtt1_server = h", f"{name}_server = h", f"{name}_port = 1")

    [broker] = file.config.brokers
    assert broker.number == 1
    [remark] = file.remarks  # once, however many keys it has
    assert remark == f"{FILE}: line 5: {name[:13]}_…: not read; brokers are mqtt1 to mqtt10"


def test_what_is_set_twice_is_said_and_the_last_one_counts() -> None:
    file = of_capture("iata = SEA", "IATA = PDX", "[PacketCapture]", "mqtt1_server = h")

    assert file.config.iata == "PDX"
    twice, again = file.remarks
    assert twice == f"{FILE}: line 5: iata: is set already, in line 4; the last one counts"
    assert again.startswith(f"{FILE}: line 6: [PacketCapture] is there a second time (line 1); ")


def test_a_line_that_says_nothing_is_not_repeated() -> None:
    [remark] = of_capture("mqtt1_server = h", "mqtt1_password =", "   hunter2").remarks

    assert remark == f"{FILE}: line 6: is neither key = value nor a comment; it is left out"


def test_what_stands_before_all_sections_is_said_once() -> None:
    [remark] = read("# mine\n\nname = 'Zoë'\ntheme = 'amber'\n[PacketCapture]\n").remarks

    assert remark.startswith(f"{FILE}: line 3: stands before all sections; it is left out")


def test_other_sections_are_nobodys_business_here() -> None:
    file = read("[Any]\nthis is\nno = sense\nno = sense\n[Bot]\n!\n" + USUAL)

    assert file.remarks == ()


LINKS = {
    "serial": ("connection_type = serial\nserial_port = /dev/ttyA", "meshcore+serial:///dev/ttyA"),
    "serial as usual": ("connection_type = Serial", "meshcore+serial:///dev/ttyUSB0"),
    "a port with a blank": (
        "connection_type = serial\nserial_port = /dev/a b",
        "meshcore+serial:///dev/a%20b",
    ),
    "tcp": ("connection_type = tcp\nhostname = radio.lan\ntcp_port = 4403", "radio.lan:4403"),
    "tcp as usual": ("connection_type = tcp\nhostname = 10.0.0.7", "meshcore+tcp://10.0.0.7:5000"),
    "tcp by number": ("connection_type = tcp\nhostname = fe80::1", "meshcore+tcp://[fe80::1]:5000"),
    "ble": ("connection_type = ble\nble_device_name = MeshCore-Zoë", "MeshCore-Zo%C3%AB"),
    "ble by part of a name": ("connection_type = ble\nble_device_name = Zoe", "//MeshCore*Zoe*"),
    "ble by every name": ("connection_type = ble\nble_device_name = meshcore-", "//MeshCore*"),
    "ble by a pattern": ("connection_type = ble\nble_device_name = T*-7", "//T*-7"),
    "ble without a name": ("connection_type = ble", "meshcore+ble://MeshCore*"),
    "ble where nothing else is said": ("ble_device_name = MeshCore-A", "+ble://MeshCore-A"),
    "ble by address": (
        "connection_type = ble\nble_device_name = AA:BB:CC:DD:EE:FF",
        "//AA:BB:CC:DD:EE:FF",
    ),
}


@pytest.mark.parametrize(("section", "expected"), LINKS.values(), ids=LINKS)
def test_the_radio_becomes_a_link(section: str, expected: str) -> None:
    [link] = read(f"[Connection]\n{section}\n[PacketCapture]\n").links

    assert link.endswith(expected)
    assert check_link_url(link) == link
    assert parse_link_url(link)[0] == "meshcore"


def test_a_radio_that_is_not_named_is_said() -> None:
    file = read("[Connection]\nconnection_type = ble\n[PacketCapture]\n")

    assert file.links == ("meshcore+ble://MeshCore*",)
    assert "line 2: ble_device_name: is not set: the only radio in reach" in file.remarks[0]
    assert read("[Connection]\n[PacketCapture]").links == read("[PacketCapture]").links == ()


WRONG = {
    "no section": ("[Bot]\nname = x", "has no section [PacketCapture]"),
    "a NUL": ("[PacketCapture]\nena\0bled = 1", "line 2: holds a NUL"),
    "two bytes a letter": ("[\0P\0a\0c\0k\0e\0t\0", "line 1: holds a NUL"),
    "a radio of another kind": (
        "[Connection]\nconnection_type = usb\n[PacketCapture]",
        "line 2: connection_type: must be serial, ble or tcp",
    ),
    "a radio behind no port": (
        "[Connection]\nconnection_type = tcp\nhostname = h\ntcp_port = 0\n[PacketCapture]",
        "line 4: tcp_port: must be a whole number from 1 to 65535",
    ),
    "a radio behind a far port": (
        "[Connection]\nconnection_type = tcp\nhostname = h\ntcp_port = 65536\n[PacketCapture]",
        "line 4: tcp_port: must be",
    ),
    "a radio behind no host": (
        "[Connection]\nconnection_type = tcp\n[PacketCapture]",
        "line 2: hostname: must be a host name",
    ),
    "a wrong value": ("[PacketCapture]\n\niata = 12", "line 3: iata: must be the three letters"),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_with_file_and_line(text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)

    assert str(caught.value).startswith(f"{FILE}: ")
    assert expected in str(caught.value)


def test_settings_of_a_bot_are_settings() -> None:
    config = parse_config(FILE, USUAL)

    assert config.capture == read(USUAL).config
    assert config.links == ("meshcore+serial:///dev/ttyACM0",)
    assert config.origins == {"links": str(FILE)}
    assert parse_config(FILE, USUAL, overrides={"links": ["meshcore+tcp://h"]}).links == (
        "meshcore+tcp://h",
    )


@pytest.mark.parametrize("text", ["[Bot]\nbot_name = a b\n", "[Packet_Capture]\niata = SEA\n"])
def test_settings_of_a_bot_without_the_service_are_refused_as_such(text: str) -> None:
    with pytest.raises(ConfigError, match=r"it has no section \[PacketCapture\]"):
        parse_config(FILE, text)


def test_a_large_file_is_read_in_good_time_and_little_is_said() -> None:
    junk = "\n".join(f"kay{number} = {number}" for number in range(20_000))
    started = time.process_time()

    file = of_capture("mqtt1_server = h", "k" * 300_000, " " * 300_000, "[" * 300_000, junk)

    assert time.process_time() - started < 5
    assert len(file.remarks) == MAX_REMARKS + 1
    assert file.remarks[-1].startswith("and 19")
