"""Laws of the INI reader: what users have runs, what is wrong names file, line and key."""

from __future__ import annotations

from pathlib import Path

from meshtui.config.capture_ini import CaptureFile, parse_ini

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
