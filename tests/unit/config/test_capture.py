"""Laws of the capture settings: one bad broker stops no other, every complaint says where."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from meshtui.config.capture_ini import parse_ini
from meshtui.config.capture_keys import BROKER_KEYS, SERVICE_KEYS
from meshtui.config.capture_values import NEVER_S
from meshtui.config.settings import Config, parse_config
from meshtui.errors import ConfigError
from meshtui.model.capture import BrokerConfig, CaptureConfig

FILE = Path("/profile/config.toml")
INI = Path("/profile/config.ini")
KEY = "0123456789abcdef" * 4
SECRET = "hunter2"


def toml(*lines: str) -> Config:
    return parse_config(FILE, "\n".join(("[capture]", "enabled = true", *lines)))


def ini(*lines: str) -> CaptureConfig:
    return parse_ini(INI, "\n".join(("[PacketCapture]", "enabled = true", *lines))).config


def said(config: Config) -> list[str]:
    return [remark.removeprefix(f"{FILE}: ") for remark in config.remarks]


def test_every_field_has_its_key() -> None:
    of_service = {field.name for field in dataclasses.fields(CaptureConfig)}
    of_broker = {field.name for field in dataclasses.fields(BrokerConfig)}

    assert of_service - {key.field for key in SERVICE_KEYS} == {"brokers", "bot_name", "places"}
    assert of_broker - {key.field for key in BROKER_KEYS} == {"number", "problem"}
    assert all(key.help.endswith(".") for key in (*SERVICE_KEYS, *BROKER_KEYS))
    assert len({key.name for key in SERVICE_KEYS}) == len(SERVICE_KEYS)
    assert len({key.name for key in BROKER_KEYS}) == len(BROKER_KEYS)


def test_nothing_set_is_a_service_that_is_off() -> None:
    config = parse_config(FILE, "")

    assert config.capture == CaptureConfig()
    assert config.remarks == ()


def test_every_key_can_be_set_in_toml() -> None:
    config = toml(
        'link = "radio"',
        'filter = "type == text"',
        "publish_own = true",
        'iata = "Test"',
        f'owner_public_key = "{KEY}"',
        'owner_email = "zoe@mesh.example"',
        'auth_token_method = "Python"',
        'private_key_path = "/keys/radio.key"',
        'output_file = "packets.jsonl"',
        "output_max_mb = 1.5",
        "output_keep = 0",
        "verbose = true",
        "debug = true",
        "mqtt_enabled = true",
        "stats_in_status_enabled = false",
        "stats_refresh_interval = 60",
        "jwt_renewal_interval = 3600",
        "jwt_ttl_seconds = 7200",
        "health_check_interval = 5",
        "health_check_grace_period = 0",
        "token_iata = true",
        'mqtt1_server = "broker.example"',
        "mqtt1_enabled = true",
        "mqtt1_port = 8884",
        'mqtt1_transport = "WebSockets"',
        "mqtt1_use_tls = true",
        'mqtt1_tls_ca = "/ca.pem"',
        "mqtt1_tls_insecure = false",
        'mqtt1_websocket_path = "ws"',
        "mqtt1_use_auth_token = true",
        'mqtt1_token_audience = "broker.example"',
        "mqtt1_jwt_ttl_seconds = 3600",
        'mqtt1_username = "zoe"',
        'mqtt1_topic_status = "m/{iata}/{public_key}/s"',
        'mqtt1_topic_packets = "m/{IATA}/{PUBLIC_KEY}/p"',
        "mqtt1_upload_packet_types = [4, 2]",
        "mqtt1_qos = 1",
        "mqtt1_retain = false",
        'mqtt1_client_id = "ears"',
        'mqtt2_server = "fe80::1"',
        'mqtt2_password_file = "pw"',
        'mqtt2_topic_prefix = "mesh/"',
    )

    service, (first, second) = config.capture, config.capture.brokers
    assert config.remarks == ()
    assert (service.link, service.filter, service.publish_own) == ("radio", "type == text", True)
    assert (service.iata, service.owner_public_key) == ("test", KEY.upper())
    assert (service.owner_email, service.auth_token_method) == ("zoe@mesh.example", "python")
    assert service.private_key_path == "/keys/radio.key"
    assert service.output_file == "/profile/packets.jsonl"
    assert (service.output_max_mb, service.output_keep) == (1.5, 0)
    assert (service.verbose, service.debug, service.has_mqtt) == (True, True, True)
    assert (service.stats_in_status_enabled, service.stats_refresh_interval_s) == (False, 60.0)
    assert (service.jwt_renewal_interval_s, service.token_iata) == (3600.0, True)
    assert (service.health_check_interval_s, service.health_check_grace_period) == (5.0, 0)
    assert (first.problem, first.is_enabled, first.port) == ("", True, 8884)
    assert (first.transport, first.use_tls, first.tls_ca) == ("websockets", True, "/ca.pem")
    assert (first.is_insecure, first.websocket_path) == (False, "/ws")
    assert (first.use_auth_token, first.token_audience) == (True, "broker.example")
    assert (first.jwt_ttl_s, first.username, first.client_id) == (3600.0, "zoe", "ears")
    assert (first.topic_status, first.topic_packets) == (
        "m/{iata}/{public_key}/s",
        "m/{IATA}/{PUBLIC_KEY}/p",
    )
    assert (first.packet_types, first.qos, first.is_retained) == (frozenset({2, 4}), 1, False)
    assert (second.server, second.token_audience, second.jwt_ttl_s) == ("fe80::1", "fe80::1", 7200)
    assert (second.topic_status, second.topic_packets) == ("mesh/status", "mesh/packet")
    assert second.password_file == "/profile/pw"


def test_toml_may_say_it_as_the_ini_file_does() -> None:
    lines = ("mqtt1_server = 'h'", "mqtt1_port = '8883'", "mqtt1_use_tls = 'Yes'", "iata = 'sea'")

    of_toml = toml(*lines).capture
    of_ini = ini(*lines)

    assert dataclasses.replace(of_toml, places={}) == dataclasses.replace(of_ini, places={})
    assert (of_toml.brokers[0].port, of_toml.brokers[0].use_tls) == (8883, True)


def test_empty_values_count_as_none() -> None:
    names = [key.name for key in SERVICE_KEYS if key.name != "enabled"]
    names += [f"mqtt1_{key.name}" for key in BROKER_KEYS]

    assert dataclasses.replace(ini(*(f"{name} =  # none" for name in names)), places={}) == (
        CaptureConfig(is_enabled=True)
    )
    assert toml(*(f'{name} = ""' for name in names)).capture.brokers == ()


def test_intervals_of_nothing_switch_off_as_elsewhere() -> None:
    service = ini(
        "stats_refresh_interval = 0", "health_check_interval = 0", "jwt_renewal_interval = 0"
    )

    assert service.stats_refresh_interval_s == service.health_check_interval_s == NEVER_S
    assert service.jwt_renewal_interval_s == 86_400.0


WRONG_SERVICE = {
    "a flag of another kind": ("verbose = perhaps", "verbose: must be true or false"),
    "an airport of two letters": ("iata = SE", "iata: must be the three letters"),
    "an airport of four letters": ("iata = SEAT", "iata: must be the three letters"),
    "an airport with digits": ("iata = S34", "iata: must be the three letters"),
    "an airport that climbs": ("iata = ../", "iata: must be the three letters"),
    "an airport that grows": ("iata = ßa", "iata: must be the three letters"),
    "no airport": ("iata = xxx", "brokers disconnect whoever says XXX"),
    "a key of 63 digits": (f"owner_public_key = {KEY[1:]}", "64 hexadecimal digits"),
    "a key that is none": ("owner_public_key = zz", "64 hexadecimal digits"),
    "an address without a host": ("owner_email = zoe@", "owner_email: must be one address"),
    "an address without a sign": ("owner_email = zoe", "owner_email: must be one address"),
    "two addresses": ("owner_email = a@b.example c@d.example", "must be one address"),
    "another method": ("auth_token_method = magic", "must be device (the radio signs) or python"),
    "an interval too short": ("stats_refresh_interval = 1", "seconds from 10 to 86400, or 0"),
    "an interval below nothing": ("health_check_interval = -1", "seconds from 1 to 86400, or 0"),
    "an interval without end": ("jwt_renewal_interval = 1000000000000", "from 60 to 2678400"),
    "an interval that is no number": ("stats_refresh_interval = nan", "seconds from 10"),
    "an interval in words": ("jwt_renewal_interval = 1 day", "seconds from 60"),
    "a count below nothing": ("health_check_grace_period = -1", "whole number from 0 to 1000"),
    "a count with a fraction": ("output_keep = 1.5", "whole number from 0 to 1000"),
    "a filter that is none": ("filter = type ==", "filter: "),
    "a file that is the settings": ("output_file = config.ini", "not be the settings file itself"),
    "a home of nobody": ("output_file = ~nobody-at-all/x", "home folder that is not there"),
}


@pytest.mark.parametrize(("line", "expected"), WRONG_SERVICE.values(), ids=WRONG_SERVICE)
def test_a_wrong_setting_of_the_service_is_refused_with_line_and_key(
    line: str, expected: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        ini("", line)

    key = line.partition(" ")[0]
    assert str(caught.value).startswith(f"{INI}: line 4: {key}: ")
    assert expected in str(caught.value)
    assert str(caught.value).isprintable()


WRONG_TOML = {
    "an address of two lines": (r'owner_email = "a@b.example\nx"', "must be one address"),
    "a number for text": ("iata = 3", "capture.iata: must be the three letters"),
    "a number for a flag": ("verbose = 1", "capture.verbose: must be true or false"),
    "a flag for a number": ("output_max_mb = true", "capture.output_max_mb: must be a number"),
    "an endless number": ("output_max_mb = inf", "must be a number"),
    "a huge number": (f"output_max_mb = {'9' * 400}", "must be a number"),
    "a date": ("stats_refresh_interval = 2026-01-01", "seconds from 10"),
    "a path that moves the cursor": (r'output_file = "\u001b[2J"', "nothing invisible"),
    "a table": ("private_key_path = { a = 1 }", "must be text of one line"),
}


@pytest.mark.parametrize(("line", "expected"), WRONG_TOML.values(), ids=WRONG_TOML)
def test_a_wrong_type_is_refused_with_line_and_key(line: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        toml("", line)

    key = line.partition(" ")[0]
    assert str(caught.value).startswith(f"{FILE}: line 4: capture.{key}: ")
    assert expected in str(caught.value)


def test_capture_must_be_a_table() -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: capture: must be a table, \[capture\]"):
        parse_config(FILE, "capture = 3")


WRONG_BROKER = {
    "port 0": ("port = 0", "whole number from 1 to 65535"),
    "port -1": ("port = -1", "whole number from 1 to 65535"),
    "port 65536": ("port = 65536", "whole number from 1 to 65535"),
    "port 1e3": ("port = 1e3", "whole number from 1 to 65535"),
    "port true": ("port = true", "whole number from 1 to 65535"),
    "port in other digits": ("port = ٣٣", "whole number from 1 to 65535"),
    "a flag of another kind": ("use_tls = always", "true or false"),
    "a switch of another kind": ("enabled = maybe", "true or false"),
    "transport tls": ("transport = tls", "for tls write tcp and _use_tls = true"),
    "transport wss": ("transport = WSS", "for wss write websockets and _use_tls = true"),
    "transport websocket": ("transport = websocket", "for websocket write websockets"),
    "transport udp": ("transport = udp", "must be tcp or websockets"),
    "a server as URL": ("server = wss://zoe:hunter2@h:443/mqtt", "must be the bare host name"),
    "a server with a port": ("server = h:1883", "the port goes into _port"),
    "a server with a blank": ("server = a b", "letters, digits, dots and hyphens"),
    "a server of dots": ("server = a..b", "letters, digits, dots and hyphens"),
    "a server too long": (f"server = {'a' * 254}", "letters, digits, dots and hyphens"),
    "a server of colons": ("server = :::", "bare host name"),
    "an audience of blanks": ("token_audience = a b", "the bare host name that the broker"),
    "an audience of half a URL": ("token_audience = https://[", "the bare host name that"),
    "a topic for many": ("topic_packets = meshcore/+/x", "no + or #"),
    "a topic for all": ("topic_packets = meshcore/#", "no + or #"),
    "a topic of the broker's": ("topic_status = $SYS/x", "no $ in front"),
    "a topic of nothing": ("topic_status = //", "must be a topic"),
    "a topic too long": (f"topic_packets = {'a' * 257}", "at most 256 characters"),
    "another placeholder": ("topic_status = {NAME}/x", "{NAME} is no placeholder; there are"),
    "a placeholder that reaches": ("topic_status = {PUBLIC_KEY.__class__}", "no placeholder"),
    "a placeholder with a form": ("topic_status = {IATA:>9999999}", "no placeholder"),
    "a placeholder of nothing": ("topic_status = a/{}", "{} is no placeholder"),
    "a placeholder in another": ("topic_status = {{IATA}}", "a brace too many"),
    "a brace left open": ("topic_status = a/{IATA", "a brace too many"),
    "a prefix for many": ("topic_prefix = a/#", "no + or #"),
    "qos 2": ("qos = 2", "must be 0 or 1: twice the talk of QoS 2 buys nothing"),
    "qos 3": ("qos = 3", "whole number from 0 to 1"),
    "types beyond": ("upload_packet_types = 2, 16", "packet types from 0 to 15"),
    "types in words": ("upload_packet_types = text", "packet types from 0 to 15"),
    "a path that is a URL": ("websocket_path = ws://h/mqtt", "must be a path such as /mqtt"),
    "a token's life of nothing": ("jwt_ttl_seconds = 0", "from 120 to 86400"),
}


@pytest.mark.parametrize(("line", "expected"), WRONG_BROKER.values(), ids=WRONG_BROKER)
def test_a_wrong_setting_of_a_broker_is_its_problem_and_no_others(line: str, expected: str) -> None:
    service = ini("", f"mqtt2_{line}", "mqtt1_server = a", "mqtt3_server = c")

    first, second, third = service.brokers
    key = line.partition(" ")[0]
    assert second.problem.startswith(f"{INI}: line 4: mqtt2_{key}: ")
    assert expected in second.problem
    assert second.problem.isprintable()
    assert SECRET not in second.problem
    assert (first.problem, third.problem) == ("", "")


def test_a_broker_without_a_server_has_a_problem() -> None:
    [one] = ini("mqtt3_enabled = true").brokers

    assert one.problem == f"{INI}: mqtt3_server: is missing: the broker's host name"


def test_a_broker_that_is_off_has_no_problem_and_no_remark() -> None:
    file = parse_ini(
        INI,
        "[PacketCapture]\nenabled=1\noutput_file=o\nmqtt1_enabled=off\nmqtt1_port=x\n"
        "mqtt1_token_audience=https://h/",
    )

    [one] = file.config.brokers
    assert (one.is_enabled, one.problem, file.remarks) == (False, "", ())


def test_what_is_right_of_a_broken_broker_is_kept_to_be_shown() -> None:
    [one] = ini("mqtt1_server = broker.example", "mqtt1_qos = 9", "mqtt1_port = 443").brokers

    assert (one.server, one.port) == ("broker.example", 443)
    assert "mqtt1_qos" in one.problem


def test_a_secret_is_in_no_message_and_no_repr() -> None:
    file = toml(f'mqtt1_password = "{SECRET}\\n"', f'mqtt2_password = "{SECRET}"')

    shown = repr(file) + str(file.remarks) + file.capture.brokers[0].problem
    assert "mqtt1_password: must be text" in file.capture.brokers[0].problem
    assert SECRET not in shown


def test_an_unknown_key_is_said_with_the_nearest() -> None:
    config = toml(
        "iatta = 'SEA'",
        "output_file = 'o'",
        "mqtt1_server = 'h'",
        "mqtt1_prot = 3",
        "mqtt_server = 'h'",
        "zzz = 1",
        '"\\u001b[2J" = 1',
    )

    assert said(config) == [
        "line 3: capture.iatta: unknown key (did you mean iata?); it is left out",
        "line 6: capture.mqtt1_prot: unknown key (did you mean mqtt1_port?); it is left out",
        "line 7: capture.mqtt_server: unknown key (did you mean mqttN_server?); it is left out",
        "line 8: capture.zzz: unknown key; it is left out",
        "capture.␛[2j: unknown key; it is left out",
    ]


def test_what_only_other_programs_know_is_said_as_that() -> None:
    config = toml(
        "output_file = 'o'",
        "neighbors_enabled = true",
        "mqtt1_server = 'h'",
        "mqtt1_topic_neighbors = 'n'",
        "mqtt2 = { server = 'h' }",
    )

    assert said(config) == [
        "line 4: capture.neighbors_enabled: not read here: neighbours are not asked",
        "line 6: capture.mqtt1_topic_neighbors: not read here: neighbours are not asked",
        "line 7: capture.mqtt2: is a table, and left out; keys here are flat, as mqtt1_server",
    ]


def test_lines_are_found_wherever_toml_lets_them_stand() -> None:
    text = 'name = "a"\r\ncapture.iata = "SEA"\r\n"capture".\'output_file\' = "o"\r\n'

    config = parse_config(FILE, text + '[log]\r\nlevel = "info"\r\n')

    assert config.capture.places["iata"] == f"{FILE}: line 2: capture.iata"
    assert config.capture.places["output_file"] == f"{FILE}: line 3: capture.output_file"


def test_the_environment_switches_the_service_on_and_off() -> None:
    text = "[capture]\noutput_file = 'o'\nenabled = true"

    off = parse_config(FILE, text, environment={"MESHTUI_CAPTURE_ENABLED": "no"})
    on = parse_config(INI, "[PacketCapture]", environment={"MESHTUI_CAPTURE_ENABLED": "1"})

    assert (off.capture.is_enabled, on.capture.is_enabled) == (False, True)
    with pytest.raises(ConfigError, match=r"^MESHTUI_CAPTURE_ENABLED: capture\.enabled: must be"):
        parse_config(FILE, text, environment={"MESHTUI_CAPTURE_ENABLED": "perhaps"})


def test_messages_without_a_radios_name_are_from_us() -> None:
    assert parse_config(FILE, 'name = "Zoë"').capture.bot_name == "Zoë"
