"""Verbs about our own radio, where it is a modem: what it is, what it and we did."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from meshtui.errors import LocalProtocolError
from meshtui.networks.meshcore.contact_card import card_of
from meshtui.networks.meshcore.device_arguments import tuning_words
from meshtui.networks.meshcore.kiss import Hardware
from meshtui.networks.meshcore.modem.asking import Asking, of_modem
from meshtui.networks.meshcore.modem.greeting import Question
from meshtui.networks.meshcore.told import Told, duration, record

if TYPE_CHECKING:
    from collections.abc import Generator

    from meshtui.networks.meshcore.modem.asking import News, Wait
    from meshtui.networks.meshcore.modem.rig import Rig

MODEL: Final = "KISS modem"


def info(rig: Rig, argument: str) -> Asking:
    """Say what the modem said of itself, and who we are."""
    del argument
    yield from _refresh(rig)
    rig.tell_device()
    said, place = rig.line.facts, rig.node.settings.position
    facts = {"name": rig.name, "key": rig.node.public_key.hex()}
    facts |= {"model": said.name or MODEL, "firmware": said.version or "?"}
    if said.is_tuned:
        facts["radio"] = tuning_words(rig.line.settings)
    if place is not None:
        facts["position"] = f"{place.lat:.6f}, {place.lng:.6f}"
    facts["contacts"] = f"{len(rig.node.contacts)} of {rig.node.settings.max_contacts}"
    facts["channels"] = str(len(rig.station.keyring.channels))
    if said.battery_mv:
        facts["battery"] = f"{said.battery_mv / 1000:.2f} V"
    return Told(f"{MODEL}, firmware {facts['firmware']}", record(facts | dict(facts_of(rig))))


def facts_of(rig: Rig) -> tuple[tuple[str, str], ...]:
    """List what else a person may want to know of the modem, and of us as a node."""
    facts, node = rig.line.facts, rig.node.settings
    power_dbm = rig.line.settings.power_dbm
    listed = {
        "radio": "" if facts.is_tuned else "not set",
        "power": "as its board is made" if power_dbm is None else f"{power_dbm} dBm",
        "noise floor": "" if facts.noise_dbm is None else f"{facts.noise_dbm} dBm",
        "duty cycle used": f"{rig.line.duty_used(rig.now.mono_s):.0%}",
        "repeats others": "yes" if node.forwards else "no",
        "path hash": f"{node.hash_size} bytes a hop",
        "multi-acks": "on" if node.extra_acks else "off",
        "region": node.scope.name if node.scope else "",
        "refused": ", ".join(facts.refused),
    }
    return tuple((name, value) for name, value in listed.items() if value)


def _refresh(rig: Rig) -> Generator[Wait, News | None, None]:
    """Read what changes by itself, as far as the modem tells it.

    So does how its radio is set: it may have started anew without a word.
    """
    for code in (Hardware.GET_RADIO, Hardware.BATTERY, Hardware.NOISE, Hardware.STATS):
        with contextlib.suppress(LocalProtocolError):
            yield from of_modem(rig, Question(code))


def battery(rig: Rig, argument: str) -> Asking:
    """Read the battery's voltage."""
    del argument
    yield from of_modem(rig, Question(Hardware.BATTERY))
    rig.tell_device()
    if not rig.line.facts.battery_mv:
        raise LocalProtocolError("the modem does not say")
    text = f"{rig.line.facts.battery_mv / 1000:.2f} V"
    return Told(text, record({"battery": text}))


def stats(rig: Rig, argument: str) -> Asking:
    """Show what was sent and heard."""
    del argument
    yield from _refresh(rig)
    rig.tell_device()
    counted, facts = rig.node.stats, rig.line.facts
    sent_s, heard_s = int(counted.tx_air_ms / 1000), int(counted.rx_air_ms / 1000)
    listed = {
        "uptime": duration(counted.uptime_s(rig.now.mono_s)),
        "packets": f"{counted.sent} sent, {counted.received} heard",
        "flood": f"{counted.sent_flood} sent, {counted.received_flood} heard",
        "direct": f"{counted.sent_direct} sent, {counted.received_direct} heard",
        "air time": f"{duration(sent_s)} sent, {duration(heard_s)} heard",
        "send queue": str(rig.line.queue_length),
        "duty cycle used": f"{rig.line.duty_used(rig.now.mono_s):.0%}",
        "last heard": f"{counted.last_rssi_dbm} dBm, {counted.last_snr_db:g} dB"
        if counted.received
        else "",
        "noise floor": "" if facts.noise_dbm is None else f"{facts.noise_dbm} dBm",
        "receive errors": "" if facts.stats is None else str(facts.stats.errors),
    }
    shown = {name: value for name, value in listed.items() if value}
    return Told(f"uptime {shown['uptime']}, packets {shown['packets']}", record(shown))


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
        "recv_errors": counted.errors if facts.stats is None else facts.stats.errors,
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


def sync_time(rig: Rig, argument: str) -> Asking:
    """Say whose clock counts."""
    del rig, argument
    yield from ()
    return Told("a modem has no clock: our packets bear this computer's time")


def reboot(rig: Rig, argument: str) -> Asking:
    """Start the modem anew; it is greeted again, and set as it is now."""
    del argument
    yield from of_modem(rig, Question(Hardware.REBOOT))
    rig.line.keep()
    rig.take(rig.line.restart(rig.now.mono_s))
    return Told("it starts anew")


def channels(rig: Rig, argument: str) -> Asking:
    """Show the channels."""
    del argument
    yield from ()
    rows = tuple(
        (("name", channel.name), ("hash", f"{channel.hash:02X}"))
        for channel in rig.station.keyring.channels
    )
    plural = "" if len(rows) == 1 else "s"
    return Told(f"{len(rows)} channel{plural}; a modem keeps none, this program does", rows)


def export_self(rig: Rig, argument: str) -> Asking:
    """Show our own card."""
    del argument
    yield from ()
    return Told(card_of(rig.node.own_advert(rig.now)))
