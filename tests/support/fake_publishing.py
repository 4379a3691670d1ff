"""A packet capture service in memory behind `PublishingApi`, with ten brokers in all states."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.model.display_filter import compile_filter
from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.packet_fields import packet_fields
from meshtui.model.publishing import (
    OutputStatus,
    Preview,
    PreviewKind,
    PublisherState,
    PublisherStatus,
    PublishingStatus,
    TokenStatus,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

OBSERVER = NodeId("7E7662676F7F0850A8A355BAAFBFC1EB7B4174C340442D7D7161C9474A2C9400")
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
PACKETS = f"meshcore/BOS/{OBSERVER}/packets"
STATUS = f"meshcore/BOS/{OBSERVER}/status"
MESSAGE = {
    "origin": "Hilltop",
    "origin_id": OBSERVER,
    "timestamp": "2026-11-20T21:00:07.113000+00:00",
    "type": "PACKET",
    "direction": "rx",
    "time": "21:00:07",
    "date": "20/11/2026",
    "len": "57",
    "packet_type": "5",
    "route": "F",
    "payload_len": "53",
    "raw": "1502666BD918FBA8BED8EEC16BAF78CE" * 3,
    "SNR": "8.5",
    "RSSI": "-94",
    "hash": "A1B2C3D4E5F60718",
}


def payload_of(message: object = MESSAGE) -> bytes:
    """A message as it is on the wire."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


class FakePublishing:
    """`PublishingApi` over dictionaries; `asked` is what was asked of it, in order."""

    def __init__(self, publishers: Sequence[PublisherStatus], now_ms: int) -> None:
        self.asked: list[tuple[str, str]] = []
        self.previews: dict[str, Preview | None] = {}
        self.service = PublishingStatus(
            network=NetworkName("meshcore"),
            link_id=LinkId("ttyUSB0"),
            node_id=OBSERVER,
            name="Hilltop",
            is_radio_up=True,
            since_ms=now_ms - 3 * HOUR_MS,
            captured=12_345,
            kept_back=67,
            missed=0,
            filter="",
            problem="",
            publishers=tuple(publishers),
        )

    def status(self) -> PublishingStatus:
        return self.service

    def preview(self, name: str) -> Preview | None:
        self._find(name)
        shown = Preview(PreviewKind.NEXT, PACKETS, payload_of(), 0, is_retained=False)
        return self.previews.get(name, shown)

    def pause(self, name: str, *, is_paused: bool) -> None:
        self.asked.append(("pause" if is_paused else "go on", name))
        self.change(name, is_paused=is_paused)

    def retry(self, name: str) -> None:
        self.asked.append(("retry", name))
        self.change(name, state=PublisherState.CONNECTING, retry_at_ms=0)

    def set_filter(self, text: str) -> None:
        compile_filter(text, packet_fields({}))
        self.asked.append(("filter", text))
        self.service = replace(self.service, filter=text)

    def renew(self, name: str) -> None:
        self.asked.append(("renew", name))
        self._find(name)

    # -- what tests make happen ----------------------------------------------------------------

    def change(self, name: str, **more: object) -> None:
        """A broker is otherwise now."""
        changed = replace(self._find(name), **more)  # type: ignore[arg-type]
        publishers = tuple(
            changed if each.name == name else each for each in self.service.publishers
        )
        self.service = replace(self.service, publishers=publishers)

    def _find(self, name: str) -> PublisherStatus:
        found = next((each for each in self.service.publishers if each.name == name), None)
        if found is None:
            raise LookupError(name)
        return found


def token_at(now_ms: int, signed_by: str = "the radio") -> TokenStatus:
    """A token that was made three hours ago."""
    issued = now_ms - 3 * HOUR_MS
    return TokenStatus(issued, issued + 24 * HOUR_MS, issued + 12 * HOUR_MS, signed_by)


def one_broker(now_ms: int, number: int = 1, **more: object) -> PublisherStatus:
    """A broker that is well; those that are reached by wss take tokens."""
    is_analyzer = str(more.get("where", "wss:")).startswith("wss:")
    fields: dict[str, object] = {
        "name": f"mqtt{number}",
        "where": f"wss://mqtt-{number}.example.org:443/mqtt",
        "state": PublisherState.UP,
        "since_ms": now_ms - 3 * HOUR_MS,
        "queue_limit": 1_000,
        "published": 12_278,
        "connects": 1,
        "last_published_ms": now_ms - 4_000,
        "topic_packets": PACKETS,
        "topic_status": STATUS,
        "login": "token" if is_analyzer else "password",
    }
    return PublisherStatus(**(fields | more))  # type: ignore[arg-type]


def ten_brokers(now_ms: int) -> FakePublishing:
    """One broker in each state there is, and some more."""
    state = PublisherState
    token = token_at(now_ms)
    lost = "the broker closed the connection: not authorised; is the token's audience its host?"
    rows = (
        one_broker(now_ms, 1, where="wss://mqtt-us-v1.letsmesh.net:443/mqtt", token=token),
        one_broker(
            now_ms,
            2,
            where="wss://mqtt-eu-v1.letsmesh.net:443/mqtt",
            state=state.DOWN,
            since_ms=now_ms - 95_000,
            reason=lost,
            retry_at_ms=now_ms + 48_000,
            is_unwell=True,
            queued=214,
            dropped=12,
            failures=5,
            connects=3,
            published=11_034,
            last_published_ms=now_ms - 96_000,
            token=token_at(now_ms, "private_key_path"),
        ),
        one_broker(now_ms, 3, where="mqtt://192.168.1.20:1883", qos=1, queued=2),
        one_broker(
            now_ms, 4, where="mqtts://observer.example.net:8883", is_paused=True, held_back=31
        ),
        one_broker(
            now_ms,
            5,
            where="wss://analyzer.example.com:443/mqtt",
            state=state.CONNECTING,
            since_ms=now_ms - 2_000,
            connects=0,
            published=0,
            last_published_ms=0,
        ),
        one_broker(
            now_ms,
            6,
            where="wss://meshmapper.example.org:443/mqtt",
            state=state.WAITING,
            since_ms=now_ms - 20_000,
            reason="for the radio to sign its token; some firmware asks for a press of its button",
            connects=0,
            published=0,
            last_published_ms=0,
        ),
        one_broker(
            now_ms,
            7,
            where="mqtt://10.0.0.7:1883",
            state=state.BROKEN,
            reason="config.ini, line 41: mqtt7_port = 99999 is no port: 1 to 65535",
            connects=0,
            published=0,
            queue_limit=0,
            last_published_ms=0,
        ),
        one_broker(
            now_ms,
            8,
            where="mqtt://10.0.0.8:1883",
            state=state.OFF,
            reason="mqtt8_enabled is false",
            connects=0,
            published=0,
            last_published_ms=0,
        ),
        one_broker(
            now_ms,
            9,
            where="mqtt://10.0.0.9:1883",
            state=state.DOWN,
            since_ms=now_ms - 4_000,
            reason="nobody listens there: connection refused",
            retry_at_ms=now_ms + 2_000,
            failures=1,
            queued=3,
        ),
        one_broker(
            now_ms,
            10,
            where="mqtts://backup.example.net:8883",
            reason="the connection was lost two hours ago: reset by peer",
            connects=7,
            published=1_234_567,
            queued=1_000,
            dropped=40,
        ),
    )
    service = FakePublishing(rows, now_ms)
    service.service = replace(
        service.service, output=OutputStatus("/var/log/mesh/packets.jsonl", written=12_278)
    )
    service.previews["mqtt1"] = Preview(
        PreviewKind.LAST, PACKETS, payload_of(), 0, is_retained=False
    )
    return service
