"""One line of a packet list: a frame in or out, its summary, and its JSON line.

The JSON line (version 1) is what an export holds, one object a line:

    {"v":1,"ts":<unix ms>,"direction":"rx"|"tx","network":…,"link":…,"endpoint":…,"hex":…,
     "rssi":<dBm>|null,"snr":<dB>|null,"summary":{"type","verdict","from","to","hops","ttl","id",
     "reason","detail"}}

How the radio was set stands in `radio` where that is known, as `frequency_mhz`, `bandwidth_khz` and
`spreading_factor`. What a summary says of channel, path, packet hash and the message it
acknowledges stands in it as `channel`, `path`, `hash` and `acks` where there is any, and `own` as
true where we made what was heard. What was opened is in no record: only the bytes as they crossed
the link are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.model.packet import Frame, RxMeta

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meshtui.model.event import FrameReceived, FrameSent
    from meshtui.model.ids import Instant, LinkId, NetworkName
    from meshtui.model.packet import PacketSummary

RECORD_VERSION = 1


@dataclass(frozen=True, slots=True)
class PacketRow:
    """A frame that crossed a link, as lists and filters read it. Texts are not yet cleaned.

    Attributes:
        number: Counts from 1 in the order the frames were seen; unique in its list.
        direction: `rx` or `tx`.
        endpoint: An MQTT topic, or empty.
    """

    number: int
    direction: str
    network: NetworkName
    link_id: LinkId
    payload: bytes
    at: Instant
    endpoint: str
    rssi_dbm: int | None
    snr_db: float | None
    summary: PacketSummary


def received_row(number: int, event: FrameReceived) -> PacketRow:
    """Make the row of a frame that a link delivered."""
    frame = event.frame
    return PacketRow(
        number,
        "rx",
        event.network,
        frame.link_id,
        frame.payload,
        frame.received_at,
        frame.endpoint,
        frame.rx.rssi_dbm,
        frame.rx.snr_db,
        event.summary,
    )


def sent_row(number: int, event: FrameSent) -> PacketRow:
    """Make the row of a transmission that a link took."""
    transmit = event.transmit
    return PacketRow(
        number,
        "tx",
        event.network,
        transmit.link_id,
        transmit.payload,
        event.at,
        transmit.endpoint,
        None,
        None,
        event.summary,
    )


def frame_of(row: PacketRow) -> Frame:
    """Return the row as a frame, for `dissect`; what we sent looks as if it had arrived."""
    rx = RxMeta(row.rssi_dbm, row.snr_db)
    return Frame(row.link_id, row.payload, row.at, rx, row.endpoint)


def json_line(row: PacketRow, radio: Mapping[str, float] | None = None) -> str:
    """Return the row as one line of ASCII JSON without a newline, safe to print anywhere.

    Args:
        radio: How the radio was set that it crossed; None = not known, or none.
    """
    summary = row.summary
    more = {
        "channel": summary.channel,
        "path": list(summary.path),
        "hash": summary.packet_hash,
        "acks": summary.acks,
        "own": summary.is_own,
    }
    record = {
        "v": RECORD_VERSION,
        "ts": row.at.unix_ms,
        "direction": row.direction,
        "network": row.network,
        "link": row.link_id,
        "endpoint": row.endpoint,
        "hex": row.payload.hex(),
        "rssi": row.rssi_dbm,
        "snr": row.snr_db,
        **({"radio": radio} if radio else {}),
        "summary": {
            "type": summary.kind,
            "verdict": summary.verdict.value,
            "from": summary.source,
            "to": summary.destination,
            "hops": summary.hops,
            "ttl": summary.ttl,
            "id": summary.message_id,
            "reason": summary.reason,
            "detail": summary.detail,
            **{name: value for name, value in more.items() if value},
        },
    }
    # DEL is the one control character that JSON leaves as it is
    return json.dumps(record, separators=(",", ":")).replace("\x7f", "\\u007f")
