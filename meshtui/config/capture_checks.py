"""What is odd about settings of the packet capture service that are allowed one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meshtui.model.capture import BrokerConfig, CaptureConfig


def all_remarks(service: CaptureConfig) -> Iterator[tuple[str, str]]:
    """Return what to say about the service and the brokers that run: key and text."""
    brokers = [each for each in service.brokers if each.is_enabled] if service.has_mqtt else []
    if not brokers and not service.output_file:
        yield "enabled", "nothing to do: no broker is enabled, and there is no output_file"
    if "iata" not in service.places and service.iata:
        text = f"is not set; topics say {service.iata} until you set an airport near you"
        yield "iata", text
    for broker in brokers:
        if not broker.problem:
            for key, text in _of_broker(broker):
                yield f"{broker.name}_{key}", text


def _of_broker(broker: BrokerConfig) -> Iterator[tuple[str, str]]:
    if broker.use_auth_token:
        yield from _of_token(broker)
    if broker.transport == "websockets" and broker.port in {1883, 8883}:
        yield "port", f"{broker.port} is usually plain MQTT; is _transport = tcp meant?"
    if broker.transport == "tcp" and broker.port in {80, 443}:
        yield "port", f"{broker.port} is usually a WebSocket; is _transport = websockets meant?"
    if not broker.use_tls and broker.port in {443, 8883}:
        yield "port", f"{broker.port} is usually encrypted; is _use_tls = true meant?"
    if broker.use_tls and broker.port in {80, 1883}:
        yield "port", f"{broker.port} is usually not encrypted; 8883 is, and 443 by WebSocket"
    if broker.use_tls and broker.is_insecure:
        yield "tls_insecure", "nobody checks who the broker is, nor who listens in"
    if not broker.use_tls and (broker.tls_ca or broker.is_insecure):
        yield "use_tls", "is off, so what is said of certificates does nothing"
    if broker.password.reveal and broker.password_file:
        yield "password_file", "is not read, as there is a password, too"


def _of_token(broker: BrokerConfig) -> Iterator[tuple[str, str]]:
    if broker.token_audience.rstrip(".").lower() != broker.server.rstrip(".").lower():
        text = "is another host than _server; most brokers refuse tokens made out to others"
        yield "token_audience", text
    for key, topic in (
        ("topic_status", broker.topic_status),
        ("topic_packets", broker.topic_packets),
    ):
        if "{public_key}" not in topic.lower():
            yield key, "has no {PUBLIC_KEY}; brokers that take tokens want it in every topic"
    if not broker.use_tls:
        yield "use_tls", "is off: whoever listens in can use the token, for as long as it lives"
    if broker.password.reveal or broker.password_file:
        yield "use_auth_token", "the token is the login; the password is not used"
