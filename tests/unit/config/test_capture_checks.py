"""Laws of the remarks: what is allowed and odd is said, what is usual is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshtui.config.capture_ini import parse_ini

INI = Path("/profile/config.ini")
USUAL = {
    "iata": "SEA",
    "mqtt1_server": "broker.example",
    "mqtt1_port": "443",
    "mqtt1_transport": "websockets",
    "mqtt1_use_tls": "true",
    "mqtt1_use_auth_token": "true",
    "mqtt1_topic_status": "meshcore/{IATA}/{PUBLIC_KEY}/status",
    "mqtt1_topic_packets": "meshcore/{IATA}/{PUBLIC_KEY}/packets",
}


def remarks(**changes: str) -> list[str]:
    """What is said of the usual settings with some changed."""
    settings = {"enabled": "true"} | USUAL | changes
    text = "\n".join(f"{key} = {value}" for key, value in settings.items())
    return list(parse_ini(INI, f"[PacketCapture]\n{text}").remarks)


ODD = {
    "the example's airport": ({"iata": "loc"}, "line 3: iata: LOC is only the example's"),
    "another example's airport": ({"iata": "XYZ"}, "line 3: iata: XYZ is only the example's"),
    "no airport": ({"iata": ""}, "line 3: iata: is not set; topics say LOC until"),
    "the example's key": ({"owner_public_key": "YOUR_KEY_HERE"}, "owner_public_key: still says"),
    "the example's address": ({"owner_email": "you@example.com"}, "owner_email: still says"),
    "a token for others": ({"mqtt1_token_audience": "b.example"}, "_audience: is another host"),
    "a token for a URL": (
        {"mqtt1_token_audience": "wss://broker.example:443/mqtt"},
        "mqtt1_token_audience: must be a bare host name; scheme, port and path are cut off",
    ),
    "a token for a port": (
        {"mqtt1_token_audience": "broker.example:443"},
        "mqtt1_token_audience: must be a bare host name",
    ),
    "a status without key": ({"mqtt1_topic_status": "a"}, "mqtt1_topic_status: has no {PUBLIC_"),
    "packets without key": ({"mqtt1_topic_packets": "a"}, "mqtt1_topic_packets: has no {PUBLIC"),
    "a token in clear": (
        {"mqtt1_use_tls": "no", "mqtt1_port": "8080"},
        "mqtt1_use_tls: is off: whoever listens in can use the token",
    ),
    "a password beside a token": ({"mqtt1_password": "x"}, "the password is not used"),
    "a WebSocket on 1883": (
        {"mqtt1_port": "1883", "mqtt1_use_tls": "no", "mqtt1_use_auth_token": "no"},
        "mqtt1_port: 1883 is usually plain MQTT",
    ),
    "no WebSocket on 443": ({"mqtt1_transport": "tcp"}, "mqtt1_port: 443 is usually a WebSocket"),
    "no TLS on 8883": (
        {
            "mqtt1_port": "8883",
            "mqtt1_transport": "tcp",
            "mqtt1_use_tls": "no",
            "mqtt1_use_auth_token": "no",
        },
        "mqtt1_port: 8883 is usually encrypted",
    ),
    "TLS on 80": ({"mqtt1_port": "80"}, "mqtt1_port: 80 is usually not encrypted"),
    "no checks": ({"mqtt1_tls_insecure": "yes"}, "tls_insecure: nobody checks who the broker is"),
    "an authority without TLS": (
        {
            "mqtt1_port": "80",
            "mqtt1_use_tls": "no",
            "mqtt1_use_auth_token": "no",
            "mqtt1_tls_ca": "ca.pem",
        },
        "mqtt1_use_tls: is off, so what is said of certificates does nothing",
    ),
    "two passwords": (
        {"mqtt1_use_auth_token": "no", "mqtt1_password": "x", "mqtt1_password_file": "y"},
        "mqtt1_password_file: is not read",
    ),
    "nowhere to publish": ({"mqtt1_enabled": "no"}, "line 2: enabled: nothing to do"),
}


@pytest.mark.parametrize(("changes", "expected"), ODD.values(), ids=ODD)
def test_what_is_odd_is_said_with_its_key(changes: dict[str, str], expected: str) -> None:
    [remark] = remarks(**changes)

    assert remark.startswith(f"{INI}: ")
    assert expected in remark


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"iata": "test"},
        {"mqtt1_token_audience": "BROKER.example."},
        {"mqtt1_topic_status": "m/{iata}/{public_key}", "mqtt1_upload_packet_types": "2, 4"},
        {"enabled": "no", "iata": "LOC", "mqtt1_token_audience": "wss://b/"},
        {"mqtt_enabled": "no", "output_file": "o", "mqtt1_token_audience": "wss://b/"},
        {"mqtt1_enabled": "no", "output_file": "o", "mqtt1_port": "1883"},
        {"mqtt1_transport": "tcp", "mqtt1_port": "8883"},
        {"iata": "", "mqtt1_topic_status": "m/{PUBLIC_KEY}", "mqtt1_topic_packets": "{PUBLIC_KEY}"},
    ],
)
def test_what_is_usual_is_not_said(changes: dict[str, str]) -> None:
    assert remarks(**changes) == []


def test_what_is_broken_is_a_problem_and_no_remark() -> None:
    assert remarks(mqtt1_port="x", mqtt1_token_audience="b.example") == []
