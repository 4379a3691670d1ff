"""Model and events as rows: the JSON keys scripts rely on, and a line for people.

Events share `event`, `ts` (milliseconds since 1970), `network` and `link`; absent things are null.
In JSON a foreign text stands as it came, in ASCII with escapes; lines for people are cleaned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.model.event import (
    Answered,
    DeliveryChanged,
    DeviceChanged,
    EventsMissed,
    FrameReceived,
    FrameSent,
    LinkChanged,
    MessageQueued,
    MessageReceived,
    NodeHeard,
    PacketDropped,
    PacketRelayed,
    ReassemblyProgressed,
    RouteChanged,
    SecurityRaised,
    StoreFailed,
)
from meshtui.model.ids import ConversationKind, channel_title, split_conversation

if TYPE_CHECKING:
    from meshtui.model.device import Device
    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId, Instant, LinkId, MessageId, NetworkName, NodeId
    from meshtui.model.link import RadioSettings
    from meshtui.model.message import Channel, Delivery, Message
    from meshtui.model.node import Node, NodeMarks, Route
    from meshtui.model.packet import DissectedField, Dissection, Frame

Row = dict[str, object]
EVENTS: Final = (
    "message",
    "delivery",
    "node",
    "route",
    "packet",
    "relay",
    "drop",
    "link",
    "security",
    "reassembly",
    "answer",
    "device",
    "store",
    "missed",
)
"""What a row's `event` may say; `packet` only where packets are wanted."""


def event_row(event: Event, now: Instant, me: NodeId) -> Row | None:
    """Return an event's row, or None for one nobody follows from outside.

    Args:
        now: The time of events that carry none.
        me: Our node id, the recipient of direct messages.
    """
    match event:
        case MessageReceived(message):
            return _head("message", message.received_at_ms, message.link_id) | message_row(
                message, me
            )
        case MessageQueued(message) if message.delivery is not None:
            return _delivery(message.message_id, message.conversation, message.delivery, now)
        case DeliveryChanged():
            return _delivery(event.message_id, event.conversation, event.delivery, event.at)
        case NodeHeard(node):
            at_ms = node.last_heard_ms or now.unix_ms  # a radio lists nodes it has not heard
            return _head("node", at_ms, node.link_id) | node_row(node)
        case RouteChanged(route):
            at_ms = route.last_seen_ms or now.unix_ms
            return _head("route", at_ms, route.link_id) | route_row(route)
        case LinkChanged(link, at):
            head = _head("link", at.unix_ms, link.link_id) | {"network": link.network}
            return head | {"state": link.state.value, "reason": link.reason, "url": link.url}
        case _:
            return _other_row(event, now)


def event_network(event: Event) -> NetworkName | None:
    """The network a message came by; None for any other event."""
    if isinstance(event, MessageReceived):
        return split_conversation(event.message.conversation)[0]
    return None


def _other_row(event: Event, now: Instant) -> Row | None:
    match event:
        case Answered():
            return _head("answer", event.at.unix_ms, None) | answer_row(event)
        case DeviceChanged(device):
            return _head("device", now.unix_ms, device.link_id) | device_row(device)
        case PacketRelayed():
            head = _head("relay", event.at.unix_ms, event.links[0] if event.links else None)
            return head | {
                "network": event.network,
                "id": event.message_id,
                "ttl": event.ttl,
                "hops": event.hops,
                "from": event.source,
                "to": event.destination,
                "links": list(event.links),
            }
        case PacketDropped():
            return _head("drop", event.at.unix_ms, event.link_id) | {
                "network": event.network,
                "reason": event.reason,
                "detail": event.detail,
                "from": event.source,
                "id": event.message_id,
            }
        case ReassemblyProgressed():
            return _head("reassembly", event.at.unix_ms, event.link_id) | {
                "network": event.network,
                "id": event.chunk_id,
                "have": event.have,
                "total": event.total,
                "from": event.source,
                "reason": event.reason,
            }
        case SecurityRaised():
            return _head("security", event.at.unix_ms, None) | {
                "network": event.network,
                "kind": event.kind,
                "node_id": event.node_id,
                "detail": event.detail,
            }
        case StoreFailed(detail, at):
            return _head("store", at.unix_ms, None) | {"detail": detail}
        case EventsMissed(count):
            return _head("missed", now.unix_ms, None) | {"count": count}
        case _:
            return None


def packet_row(
    event: FrameReceived | FrameSent,
    frame: Frame,
    dissection: Dissection,
    radio: RadioSettings | None = None,
) -> Row:
    """Return the row of a frame that passed, with everything the inspector would show.

    Args:
        radio: How the radio is set that heard or sent it; None = not known, or none did.
    """
    summary = event.summary
    row: Row = _head("packet", frame.received_at.unix_ms, frame.link_id) | {
        "network": event.network,
        "direction": "rx" if isinstance(event, FrameReceived) else "tx",
        "hex": frame.payload.hex(),
        "rssi": frame.rx.rssi_dbm,
        "snr": frame.rx.snr_db,
        "endpoint": frame.endpoint,
        "type": summary.kind,
        "verdict": summary.verdict.value,
        "reason": summary.reason,
        "dissection": {
            "summary": dissection.summary,
            "fields": [_field(field) for field in dissection.fields],
            "problems": list(dissection.problems),
            "why": dissection.why,
        },
    }
    if radio is None:
        return row
    from meshtui.capture.tuning import tuning_of
    from meshtui.runtime.export import lora_channel

    return row | {"radio": tuning_of(lora_channel(radio))}


def message_row(message: Message, me: NodeId | None) -> Row:
    """Return a message, received or ours; `me` None = who we are is not known."""
    network, kind, target = split_conversation(message.conversation)
    peer_or_channel = channel_title(network, target) if kind is ConversationKind.CHANNEL else target
    is_to_me = kind is ConversationKind.DIRECT and not message.is_own
    row: Row = {
        "network": network,
        "id": message.message_id,
        "conversation": message.conversation,
        "from": message.sender,
        "to": message.recipient or me if is_to_me else peer_or_channel,
        "text": message.text,
        "type": message.kind,
        "hops": message.hops,
        "route": list(message.route),
        "sent_ts": message.sent_at_ms or None,
        "proof": message.proof.value,
        "signed": message.is_signed,
        "rssi": message.rx.rssi_dbm,
        "snr": message.rx.snr_db,
    }
    return row if message.delivery is None else row | {"state": message.delivery.state.value}


def node_row(node: Node, marks: NodeMarks | None = None) -> Row:
    """Return a node; `hops` as for a route, 1 = direct; `marks` are what the user said about it."""
    position = node.position
    row: Row = {
        "network": node.network,
        "node_id": node.node_id,
        "name": node.name,
        "online": node.is_online,
        "lat": position.lat if position else None,
        "lng": position.lng if position else None,
        "pubkey": node.public_key or None,
        "pin": node.pin.value,
        "role": node.role.value,
        "contact": node.is_contact,
        "hops": None if node.hops is None else node.hops + 1,
        "rssi": node.rssi_dbm,
        "snr": node.snr_db,
        "caps": sorted(node.caps),
        "last_heard_ms": node.last_heard_ms or None,
    }
    if marks is None:
        return row
    said = {"favourite": marks.is_favourite, "blocked": marks.is_blocked, "note": marks.note}
    return row | said


def route_row(route: Route) -> Row:
    """Return a route."""
    return {
        "network": route.network,
        "node_id": route.node_id,
        "hops": route.hops,
        "via": list(route.via),
        "rssi": route.rssi_dbm,
        "latency_ms": route.latency_ms,
        "source": route.source,
        "confidence": round(route.confidence, 2),
        "last_seen_ms": route.last_seen_ms,
    }


def answer_row(answered: Answered) -> Row:
    """Return what came of a request; each of `rows` is an object by column."""
    return {
        "network": answered.network,
        "verb": answered.verb,
        "id": answered.request_id,
        "node_id": answered.node_id,
        "text": answered.text,
        "rows": [dict(row) for row in answered.rows],
        "rtt_ms": answered.rtt_ms,
        "final": answered.is_final,
        "error": answered.is_error,
    }


def device_row(device: Device) -> Row:
    """Return a radio of ours, as it describes itself."""
    radio, position = device.radio, device.position
    return {
        "network": device.network,
        "link": device.link_id,
        "node_id": device.node_id or None,
        "name": device.name,
        "model": device.model,
        "firmware": device.firmware,
        "lat": position.lat if position else None,
        "lng": position.lng if position else None,
        "frequency_mhz": radio.frequency_mhz if radio else None,
        "bandwidth_khz": radio.bandwidth_khz if radio else None,
        "spreading_factor": radio.spreading_factor if radio else None,
        "coding_rate": radio.coding_rate if radio else None,
        "power_dbm": radio.power_dbm if radio else None,
        "clock_skew_s": device.clock_skew_s,
        "contacts": device.contacts,
        "max_contacts": device.max_contacts,
        "max_channels": device.max_channels,
        "battery_mv": device.battery_mv,
        "facts": dict(device.facts),
    }


def channel_row(channel: Channel) -> Row:
    """Return a channel, without its key."""
    return {
        "network": channel.network,
        "name": channel.name,
        "joined": channel.is_joined,
        "description": channel.description,
        "creator": channel.creator or None,
        "public": channel.is_public,
        "announced_ts": channel.announced_at_ms or None,
    }


def delivery_row(message_id: MessageId, delivery: Delivery) -> Row:
    """Return how far a message of ours has come, as `send` reports it."""
    return {
        "id": message_id,
        "state": delivery.state.value,
        "attempts": delivery.attempt,
        "rtt_ms": delivery.rtt_ms,
        "reason": delivery.reason,
    }


def _delivery(
    message_id: MessageId, conversation: ConversationId, delivery: Delivery, at: Instant
) -> Row:
    network, _, _ = split_conversation(conversation)
    return _head("delivery", at.unix_ms, None) | {
        "network": network,
        "id": message_id,
        "conversation": conversation,
        "state": delivery.state.value,
        "attempt": delivery.attempt,
        "rtt_ms": delivery.rtt_ms,
        "reason": delivery.reason,
    }


def _field(field: DissectedField) -> Row:
    row: Row = {"name": field.name, "value": field.value, "start": field.start, "end": field.end}
    if field.note:
        row["note"] = field.note
    if field.buffer:
        row["buffer"] = field.buffer
    if field.children:
        row["children"] = [_field(child) for child in field.children]
    return row


def _head(event: str, at_ms: int, link: LinkId | None) -> Row:
    return {"event": event, "ts": at_ms, "network": None, "link": link}
