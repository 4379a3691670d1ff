"""Traces: each repeater on the given way adds how well it heard the packet, and sends it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.node.delays import spread_ms
from meshtui.networks.meshcore.node.outputs import TraceHeard
from meshtui.networks.meshcore.packet import MAX_HOPS, Packet, packet_hash
from meshtui.networks.meshcore.payloads.trace import Trace, decode_trace

if TYPE_CHECKING:
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.node.core import Core

TRACE_PRIORITY: Final = 5


def hear(core: Core, packet: Packet, rx: RxMeta) -> None:
    """Take a trace: it has arrived, or we are its next hop, or it is not our business."""
    trace = decode_trace(packet.payload)
    done = packet.hops
    if done >= trace.hop_count:
        core.out.append(_arrived(trace, packet, rx))
    elif trace.hop(done) != core.public_key[: trace.hash_size] or not core.settings.forwards:
        core.drop("not-next-hop")
    elif done >= MAX_HOPS:
        core.drop("path-full")
    elif not core.seen.add(packet_hash(packet)):
        core.stats.direct_dups += 1
        core.drop("seen")
    else:
        _pass_on(core, packet, rx)


def snr_byte(snr_db: float | None) -> bytes:
    """Write a signal to noise ratio as a signed byte of quarters of a decibel; unknown is 0."""
    quarters = 0 if snr_db is None else int(snr_db * 4)
    return max(-128, min(127, quarters)).to_bytes(1, "little", signed=True)


def _pass_on(core: Core, packet: Packet, rx: RxMeta) -> None:
    path = packet.path + snr_byte(rx.snr_db)
    onward = Packet(
        packet.route,
        packet.payload_type,
        packet.path_len + 1,
        path,
        packet.payload,
        packet.transport_codes,
    )
    settings = core.settings
    delay_ms = spread_ms(
        len(path) + len(packet.payload),
        settings.direct_tx_delay_factor,
        settings.radio,
        core.random_below,
    )
    core.relay(onward, TRACE_PRIORITY, delay_ms)


def _arrived(trace: Trace, packet: Packet, rx: RxMeta) -> TraceHeard:
    return TraceHeard(
        trace.tag,
        trace.auth,
        trace.flags,
        trace.hops,
        packet.path_snrs(),
        rx.snr_db,
        packet,
        rx,
    )
