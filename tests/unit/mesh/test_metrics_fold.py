"""Counters as a fold of events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.mesh.metrics import MAX_LABELS, Metrics
from meshtui.model.event import (
    DeliveryChanged,
    Event,
    FrameReceived,
    FrameSent,
    LinkChanged,
    MessageQueued,
    MessageReceived,
    PacketDropped,
    PacketRelayed,
    ReassemblyProgressed,
    SecurityRaised,
    StoreFailed,
)
from meshtui.model.ids import ConversationId, Instant, LinkId, MessageId, NetworkName, NodeId
from meshtui.model.link import LinkInfo, LinkKind, RadioSettings
from meshtui.model.message import Delivery, DeliveryState, Message
from meshtui.model.packet import Frame, PacketSummary, Transmit, Verdict

NET, LINK, NOW = NetworkName("jsonmesh"), LinkId("l"), Instant(0.0, 0)


def _message(latency_ms: int = 50, hops: int | None = 0, kind: str = "text") -> MessageReceived:
    return MessageReceived(
        Message(
            MessageId("m"),
            ConversationId("c"),
            NodeId("n"),
            kind,
            "hi",
            received_at_ms=1_000_000 + latency_ms,
            sent_at_ms=1_000_000,
            hops=hops,
            link_id=LINK,
        )
    )


def _up() -> LinkChanged:
    info = LinkInfo(LINK, NET, LinkKind.BROKER, "mqtt", "jsonmesh+mqtt://host:1883")
    return LinkChanged(info, NOW)


def _relayed(message_id: str) -> PacketRelayed:
    return PacketRelayed(NET, message_id, "a", "b", 9, 1, (LINK,), NOW)


def _sent(message_id: str, source: str = "a", hops: int | None = None) -> FrameSent:
    summary = PacketSummary("text", Verdict.SENT, source, hops=hops, message_id=message_id)
    return FrameSent(NET, Transmit(LINK, b"12345"), NOW, summary)


def _fold(*events: Event) -> Metrics:
    metrics = Metrics()
    for event in events:
        metrics.take(event)
    return metrics


def _value(metrics: Metrics, name: str, label: str) -> float | None:
    return {(n, k): v for n, k, v in metrics.report()}.get((name, label))


def test_messages_are_counted_by_kind() -> None:
    metrics = _fold(_message(), _message(kind="cashu"), MessageQueued(_message().message))

    assert _value(metrics, "received", "text") == 1
    assert _value(metrics, "received", "cashu") == 1
    assert _value(metrics, "sent", "text") == 1


def _chunk(have: int, total: int, reason: str = "") -> ReassemblyProgressed:
    return ReassemblyProgressed(NET, LINK, "c1", "", have, total, NOW, reason)


def test_what_came_in_chunks_is_counted_once_as_whole_or_by_why_not() -> None:
    metrics = _fold(_chunk(1, 2), _chunk(2, 2), _chunk(1, 3), _chunk(1, 3, "timeout"))

    assert {row for row in metrics.rows() if row[0] == "reassembly"} == {
        ("reassembly", "whole", 1),
        ("reassembly", "timeout", 1),
    }


def test_time_on_air_is_reckoned_on_radios_only() -> None:
    radio = RadioSettings()
    on_radio = LinkInfo(LINK, NET, LinkKind.STREAM, "lora", "jsonmesh+serial:/dev/x", radio=radio)
    summary = PacketSummary("text", Verdict.SENT, "a")
    line = FrameSent(NET, Transmit(LINK, b"12345\n"), NOW, summary)
    heard = FrameReceived(NET, Frame(LINK, b"1234567890", NOW), summary)
    noise = FrameReceived(NET, Frame(LINK, b"#" * 256, NOW), summary)

    metrics = _fold(LinkChanged(on_radio, NOW), line, heard, noise)

    assert _value(metrics, "airtime_s", "sent") == time_on_air_ms(5, radio) / 1000
    assert _value(metrics, "airtime_s", "received") == time_on_air_ms(10, radio) / 1000
    assert _value(_fold(_up(), line, heard), "airtime_s", "sent") is None


def test_what_is_sent_besides_messages_is_counted_by_kind_too() -> None:
    ack = PacketSummary("ack", Verdict.SENT, "me", message_id="w")
    text = PacketSummary("text", Verdict.SENT, "me", message_id="x")
    own = Transmit(LINK, b"1", "t", MessageId("m"))

    metrics = _fold(
        FrameSent(NET, Transmit(LINK, b"1"), NOW, ack),
        MessageQueued(_message().message),
        FrameSent(NET, own, NOW, text),
        FrameSent(NET, own, NOW, text),
        _relayed("r"),
        _sent("r", hops=1),
        _sent("r", hops=1),  # on another link
    )

    assert _value(metrics, "sent", "ack") == 1
    assert _value(metrics, "sent", "text") == 1


def test_hops_are_counted_from_one_and_end_in_three_or_more() -> None:
    metrics = _fold(*(_message(hops=hops) for hops in (0, 0, 1, 2, 3, 9, None)))

    assert [_value(metrics, "hops", label) for label in ("1", "2", "3+")] == [2, 1, 3]


def test_latency_is_told_apart_by_medium() -> None:
    metrics = _fold(_message(10), _up(), _message(100), _message(200))

    assert _value(metrics, "latency_ms/unknown", "average") == 10
    assert _value(metrics, "latency_ms/mqtt", "average") == 150


def test_the_95th_percentile_is_the_edge_of_its_bucket() -> None:
    metrics = _fold(_up(), *(_message(90) for _ in range(95)), *(_message(4_000) for _ in range(5)))

    assert _value(metrics, "latency_ms/mqtt", "p95") == 100


def test_implausible_clocks_measure_nothing() -> None:
    metrics = _fold(_up(), _message(-5), _message(10_000_000))

    assert _value(metrics, "latency_ms/mqtt", "count") is None


def test_a_relay_succeeded_when_a_link_took_it() -> None:
    metrics = _fold(_relayed("1"), _relayed("2"), _sent("1"), _sent("1"), _sent("9"))

    assert _value(metrics, "relayed", "success_percent") == 50


def test_drops_alarms_deliveries_and_frames_are_counted() -> None:
    frame = FrameReceived(NET, Frame(LINK, b"123", NOW), PacketSummary("ack", Verdict.HANDLED))
    metrics = _fold(
        PacketDropped(NET, LINK, "rate", "", "", "", NOW),
        SecurityRaised(NET, "reflected", NodeId("n"), "", NOW),
        DeliveryChanged(
            MessageId("m"), ConversationId("c"), Delivery(DeliveryState.DELIVERED, 1, 40), NOW
        ),
        DeliveryChanged(MessageId("m"), ConversationId("c"), Delivery(DeliveryState.SENT), NOW),
        frame,
        _sent("x"),
        StoreFailed("", NOW),
    )

    assert _value(metrics, "dropped", "rate") == 1
    assert _value(metrics, "security", "reflected") == 1
    assert _value(metrics, "delivery", "delivered") == 1
    assert _value(metrics, "delivery", "sent") is None
    assert _value(metrics, "rtt_ms", "average") == 40
    assert _value(metrics, "received", "ack") == 1
    assert _value(metrics, "bytes", "received") == 3
    assert _value(metrics, "bytes", "sent") == 5


def test_kinds_from_the_air_cannot_fill_the_memory() -> None:
    metrics = _fold(*(_message(kind=f"kind{number}") for number in range(10_000)))

    rows = [row for row in metrics.rows() if row[0] == "received"]
    assert len(rows) <= MAX_LABELS + 1
    assert sum(value for _, _, value in rows) == 10_000


def test_relays_awaited_are_bounded() -> None:
    metrics = _fold(*(_relayed(str(number)) for number in range(20_000)))

    assert len(metrics._relays) <= 5_000


EVENTS = st.lists(
    st.one_of(
        st.builds(_message, st.integers(0, 400_000), st.integers(0, 12)),
        st.sampled_from([_up(), PacketDropped(NET, LINK, "seen", "", "", "", NOW)]),
    ),
    max_size=40,
)


@given(EVENTS, st.integers(0, 40))
def test_a_fold_continued_from_its_rows_is_the_fold_of_the_whole(
    events: list[Event], cut: int
) -> None:
    events = [_up(), *events]
    first = _fold(*events[:cut])

    continued = Metrics.of(first.rows())
    continued.take(_up())
    for event in events[cut:]:
        continued.take(event)

    if cut > 0:
        assert continued.rows() == _fold(*events).rows()


@given(EVENTS, EVENTS)
def test_two_halves_merge_to_the_whole(one: list[Event], two: list[Event]) -> None:
    whole = _fold(_up(), *one, _up(), *two)

    merged = _fold(_up(), *one)
    merged.merge(_fold(_up(), *two))

    assert merged.rows() == whole.rows()
