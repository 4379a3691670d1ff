"""Verbs about our own radio, where it is a modem: we are the node, so most of it is ours to set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meshtui.errors import LocalProtocolError
from meshtui.model.ids import NodeId
from meshtui.model.node import Position
from meshtui.model.packet import NO_RX
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.arguments import number_of, switch_of, words_of
from meshtui.networks.meshcore.channel_key import region_key
from meshtui.networks.meshcore.contact_card import card_of, parse_card
from meshtui.networks.meshcore.node.settings import Region
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType, encode_packet
from meshtui.networks.meshcore.payloads.advert import encode_advert
from meshtui.networks.meshcore.told import Told, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.networks.meshcore.modem.asking import Asking
    from meshtui.networks.meshcore.modem.rig import Rig

MAX_NAME_BYTES: Final = 31


def info(rig: Rig, argument: str) -> Asking:
    """Say what the modem said of itself, and who we are."""
    del argument
    yield from ()
    facts = {"name": rig.name, "key": rig.node.public_key.hex(), **dict(facts_of(rig))}
    return Told(f"KISS modem, firmware {rig.line.facts.version or '?'}", record(facts))


def facts_of(rig: Rig) -> tuple[tuple[str, str], ...]:
    """List what a person may want to know of the modem."""
    facts, settings = rig.line.facts, rig.line.settings
    listed = {
        "modem": facts.name,
        "firmware": facts.version,
        "frequency": f"{settings.frequency_mhz or 0:.3f} MHz" if facts.is_tuned else "not set",
        "bandwidth": f"{settings.bandwidth_khz:g} kHz",
        "spreading factor": str(settings.spreading_factor),
        "coding rate": f"4/{settings.coding_rate}",
        "power": "" if facts.power_dbm is None else f"{facts.power_dbm} dBm",
        "battery": "" if not facts.battery_mv else f"{facts.battery_mv} mV",
        "duty cycle used": f"{rig.line.duty_used(rig.now.mono_s):.0%}",
        "refused": ", ".join(facts.refused),
    }
    return tuple((name, value) for name, value in listed.items() if value)


def battery(rig: Rig, argument: str) -> Asking:
    """Say the battery's voltage as it was when the line opened."""
    del argument
    yield from ()
    if not rig.line.facts.battery_mv:
        raise LocalProtocolError("the modem does not say")
    return Told(f"{rig.line.facts.battery_mv / 1000:.2f} V")


def stats(rig: Rig, argument: str) -> Asking:
    """Show what was sent and heard."""
    del argument
    yield from ()
    rig.tell_device()
    counted = rig.node.stats
    facts = {
        "sent flood": str(counted.sent_flood),
        "sent direct": str(counted.sent_direct),
        "received flood": str(counted.received_flood),
        "received direct": str(counted.received_direct),
        "queue": str(rig.line.queue_length),
        "duty cycle used": f"{rig.line.duty_used(rig.now.mono_s):.0%}",
    }
    sent = counted.sent_flood + counted.sent_direct
    return Told(f"{sent} packets sent", record(facts))


def stats_of(rig: Rig) -> tuple[tuple[str, int | float], ...]:
    """List what we counted as a node, by the names that companion radios' figures go by."""
    counted, facts = rig.node.stats, rig.line.facts
    figures: dict[str, int | float] = {
        "uptime_secs": counted.uptime_s(rig.now.mono_s),
        "queue_len": rig.line.queue_length,
        "tx_air_secs": int(counted.tx_air_ms / 1000),
        "rx_air_secs": int(counted.rx_air_ms / 1000),
        "recv": counted.received,
        "sent": counted.sent,
        "flood_tx": counted.sent_flood,
        "direct_tx": counted.sent_direct,
        "flood_rx": counted.received_flood,
        "direct_rx": counted.received_direct,
        "recv_errors": counted.errors,
    }
    if counted.received:
        figures |= {"last_rssi": counted.last_rssi_dbm, "last_snr": counted.last_snr_db}
    if facts.battery_mv:
        figures["battery_mv"] = facts.battery_mv
    if facts.noise_dbm is not None:
        figures["noise_floor"] = facts.noise_dbm
    return tuple(figures.items())


def advert(rig: Rig, argument: str) -> Asking:
    """Tell those in direct reach that we are here."""
    del argument
    yield from ()
    rig.carry(rig.node.advertise(rig.now, flood=False))
    return Told("told to those in direct reach")


def advert_flood(rig: Rig, argument: str) -> Asking:
    """Tell the whole mesh that we are here."""
    del argument
    yield from ()
    rig.carry(rig.node.advertise(rig.now, flood=True))
    return Told("told to the whole mesh")


def set_name(rig: Rig, argument: str) -> Asking:
    """Call ourselves something until the program ends."""
    yield from ()
    name = argument.strip()
    if not name or len(name.encode(errors="replace")) > MAX_NAME_BYTES:
        msg = f"a name has 1 to {MAX_NAME_BYTES} bytes"
        raise LocalProtocolError(msg)
    rename(rig, name)
    return Told(f"we are {name} until the program ends; the settings keep it")


def rename(rig: Rig, name: str) -> None:
    """Take a name, and know it in texts that mention us."""
    rig.node.settings = replace(rig.node.settings, name=name)
    rig.station.know_as(name)


def set_position(rig: Rig, argument: str) -> Asking:
    """Say where we are, or nothing any more."""
    yield from ()
    if argument.strip().lower() == "off":
        rig.node.settings = replace(rig.node.settings, position=None)
        return Told("our advertisements say no position")
    lat, lng = words_of(argument, 2, 2, "LAT LNG, or `off`")
    position = Position(
        number_of(lat, -90, 90, "a latitude"), number_of(lng, -180, 180, "a longitude")
    )
    rig.node.settings = replace(rig.node.settings, position=position)
    return Told(f"our advertisements say {position.lat:.5f} {position.lng:.5f}")


def set_hash_size(rig: Rig, argument: str) -> Asking:
    """Choose by how many bytes repeaters name themselves in our floods."""
    yield from ()
    size = int(number_of(argument.strip() or "?", 1, 3, "the bytes of a hop hash"))
    rig.node.settings = replace(rig.node.settings, hash_size=size)
    return Told(f"hop hashes of our floods have {size} bytes")


def set_multi_acks(rig: Rig, argument: str) -> Asking:
    """Acknowledge twice along a path, or once."""
    yield from ()
    is_on = switch_of(argument)
    rig.node.settings = replace(rig.node.settings, extra_acks=int(is_on))
    return Told("acknowledgements along a path are sent " + ("twice" if is_on else "once"))


def scope(rig: Rig, argument: str) -> Asking:
    """Keep our floods in a region, or show in which."""
    yield from ()
    name = argument.strip()
    if name.lower() == "off":
        rig.node.settings = replace(rig.node.settings, scope=None)
    elif name:
        name = name if name.startswith(("#", "$")) else f"#{name}"
        region = Region(name, SecretBytes(region_key(name)))
        rig.node.settings = replace(rig.node.settings, scope=region)
    current = rig.node.settings.scope
    return Told(f"our floods stay in {current.name}" if current else "our floods go everywhere")


def export(rig: Rig, argument: str) -> Asking:
    """Show our own card."""
    del argument
    yield from ()
    return Told(card_of(rig.node.own_advert(rig.now)))


def import_card(rig: Rig, argument: str) -> Asking:
    """Add a contact by its card."""
    yield from ()
    card = parse_card(argument)
    if card.advert is not None:
        packet = Packet(RouteType.FLOOD, PayloadType.ADVERT, 0, b"", encode_advert(card.advert))
        rig.carry(rig.node.import_advert(encode_packet(packet), NO_RX, rig.now))
    node_id = NodeId(card.public_key.hex())
    known = rig.station.nodes.known(node_id)
    rig.emit(*rig.station.nodes.put(replace(known, name=card.name or known.name)))
    rig.station.nodes.keep(node_id)
    rig.meet(card.public_key)
    return Told(f"{card.name or node_id[:12]} is known now")


def contacts(rig: Rig, argument: str) -> Asking:
    """Show whom the node knows."""
    del argument
    yield from ()
    rows = tuple(
        (
            ("node", contact.public_key.hex()[:12]),
            ("name", contact.name),
            ("type", str(contact.node_type)),
            ("hops", "?" if contact.out_path is None else str(contact.out_path.hops)),
        )
        for contact in rig.node.contacts
    )
    return Told(f"{len(rows)} contacts", rows)


RADIO_SCRIPTS: Final[dict[str, Callable[[Rig, str], Asking]]] = {
    "info": info,
    "battery": battery,
    "stats": stats,
    "advert": advert,
    "advert-flood": advert_flood,
    "set-name": set_name,
    "set-position": set_position,
    "set-path-hash-mode": set_hash_size,
    "set-multi-acks": set_multi_acks,
    "scope": scope,
    "export": export,
    "import": import_card,
    "contacts": contacts,
}
