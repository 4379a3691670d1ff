"""How a radio is greeted: who it is, its clock, channels, contacts, and what it kept for us.

DEVICE_QUERY, APP_START, time, channels ─▶ ready ─▶ contacts, messages, battery, statistics
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Final

from meshtui.model.event import ChannelChanged, PacketDropped
from meshtui.model.message import Channel
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.channel_key import ChannelKey
from meshtui.networks.meshcore.companion.answers import (
    BattAndStorage,
    ChannelInfo,
    Contact,
    CurrTime,
    DeviceInfo,
    SelfInfo,
    StatsCore,
    StatsPackets,
    StatsRadio,
)
from meshtui.networks.meshcore.companion.codes import OUR_PROTOCOL_VERSION, Answer, Command
from meshtui.networks.meshcore.companion.commands import (
    AppStart,
    Bare,
    DeviceQuery,
    ForKey,
    GetChannel,
    GetContacts,
    GetStats,
    SetDeviceTime,
)
from meshtui.networks.meshcore.companion.driver import Priority, Reply
from meshtui.networks.meshcore.companion.radio import Slot
from meshtui.networks.meshcore.companion.scripts import Do, Pause, Script, Step
from meshtui.networks.meshcore.station import NETWORK
from meshtui.networks.meshcore.told import duration

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.companion.radio import Radio

MAX_SKEW_S: Final = 10
MAX_CHANNELS: Final = 64
MESSAGES_A_RUN: Final = 200
RETRY_S: Final = (2.0, 5.0, 15.0, 30.0)
APP_NAME: Final = "meshtui"
_STATS: Final = (0, 1, 2)
_AHEAD_S: Final = 60
# the fields of each kind of statistics, in their order
_FIGURES: Final[dict[type, tuple[str, ...]]] = {
    StatsCore: ("battery_mv", "uptime_secs", "errors", "queue_len"),
    StatsRadio: ("noise_floor", "last_rssi", "last_snr", "tx_air_secs", "rx_air_secs"),
    StatsPackets: (
        "recv",
        "sent",
        "flood_tx",
        "direct_tx",
        "flood_rx",
        "direct_rx",
        "recv_errors",
    ),
}

Part = Generator[Step, Reply, bool]


def greet(radio: Radio, on_ready: Callable[[], None], on_read: Callable[[], None]) -> Script:
    """Greet the radio until it answers, then read what it has.

    Args:
        on_ready: Called when it takes messages.
        on_read: Called when its tables are read, or cannot be.
    """
    attempt = 0
    radio.driver.is_greeting = True
    while not (yield from _introduce(radio)):
        if attempt == 1:
            radio.news(
                "radio",
                "the radio does not answer: is it a companion radio, and at this port?",
                is_error=True,
            )
        yield Pause(RETRY_S[min(attempt, len(RETRY_S) - 1)])
        attempt += 1
    radio.driver.is_greeting = False
    yield from check_clock(radio)
    yield from _read_channels(radio)
    radio.tell_device()
    on_ready()
    yield from read_contacts(radio)
    radio.tell_device()
    on_read()


def refresh(radio: Radio) -> Script:
    """Ask for what changes by itself."""
    yield from read_condition(radio)
    radio.tell_device()


def _introduce(radio: Radio) -> Part:
    """Learn what and who the radio is; False = it keeps silent."""
    reply = yield Do(DeviceQuery(OUR_PROTOCOL_VERSION), Priority.GREETING, attempts=1)
    if isinstance(reply.frame, DeviceInfo):
        radio.info = reply.frame
        radio.driver.max_contacts = radio.max_contacts
        _note_info(radio, reply.frame)
    elif reply.frame is None:
        return False
    reply = yield Do(AppStart(app_name=APP_NAME), Priority.GREETING, attempts=1)
    if not isinstance(reply.frame, SelfInfo):
        return False
    take_self(radio, reply.frame)
    return True


def take_self(radio: Radio, me: SelfInfo) -> None:
    """Note who the radio is; another key than before is another radio."""
    if radio.key and radio.key != me.key:
        for key in list(radio.contacts):
            radio.drop_contact(key)
        radio.slots.clear()
        radio.stats.clear()
        radio.lastmod, radio.has_contacts = 0, False
    radio.self_info = me
    radio.station.call_ours(radio.node_id, radio.link_id)
    radio.station.know_as(me.name)
    radio.facts["power"] = f"{me.power_dbm} dBm of {me.max_power_dbm} dBm"
    radio.facts["multi-acks"] = "on" if me.multi_acks else "off"
    radio.facts["contacts are added"] = "by hand" if me.manual_add & 1 else "by itself"


def read_self(radio: Radio) -> Part:
    """Ask again how the radio is set, after a setting changed."""
    reply = yield Do(AppStart(app_name=APP_NAME))
    if isinstance(reply.frame, SelfInfo):
        take_self(radio, reply.frame)
    radio.tell_device()
    return isinstance(reply.frame, SelfInfo)


def check_clock(radio: Radio, priority: Priority = Priority.GREETING) -> Part:
    """Compare clocks, and set the radio's where it is behind; never backwards.

    Returns:
        Whether they agree now.
    """
    yield from read_clock(radio, priority)
    if radio.clock_skew_s is None:
        return False
    if radio.clock_skew_s < -MAX_SKEW_S and radio.station.settings.sync_clock:
        ours_s = radio.now.unix_ms // 1000
        reply = yield Do(SetDeviceTime(ours_s), priority)
        if not reply.problem:
            radio.clock_skew_s = 0
    elif radio.clock_skew_s > _AHEAD_S:
        radio.news(
            "clock",
            f"the radio's clock is {radio.clock_skew_s} s ahead of ours, and firmware sets no "
            "clock back: `reboot` it, or wait",
            is_error=True,
        )
    return abs(radio.clock_skew_s) <= MAX_SKEW_S


def read_clock(radio: Radio, priority: Priority) -> Part:
    """Compare clocks; returns whether the radio told its time."""
    reply = yield Do(Bare(Command.GET_DEVICE_TIME), priority)
    if not isinstance(reply.frame, CurrTime):
        return False
    radio.clock_skew_s = reply.frame.time - radio.now.unix_ms // 1000
    return True


def _read_channels(radio: Radio) -> Part:
    """Read the channel slots; they become channels of the session."""
    for number in range(min(radio.max_channels, MAX_CHANNELS)):
        if not (yield from read_slot(radio, number, Priority.GREETING)):
            return False  # it has fewer slots than it says
    return True


def read_slot(radio: Radio, number: int, priority: Priority) -> Part:
    """Read one channel slot; returns whether there is such a one."""
    reply = yield Do(GetChannel(number), priority)
    if not isinstance(reply.frame, ChannelInfo):
        return False
    take_slot(radio, number, reply.frame.name, reply.frame.secret)
    return True


def take_slot(radio: Radio, number: int, name: str, secret: bytes) -> None:
    """Note what a slot holds; a key of zeros is no key.

    Another key under a name that we know never takes that channel's place, here or on disk.
    """
    if not any(secret):
        radio.slots.pop(number, None)
        return
    ours = radio.station.keyring.name_for(name or f"slot {number}", secret)
    is_news = radio.slots.get(number) != Slot(ours, secret)
    radio.slots[number] = Slot(ours, secret)
    if is_news:
        if radio.station.keyring.channel(name) is not None and ours != name:
            radio.news(
                "channel",
                f"the radio's channel {name} is not ours of that name: it has another key, and is "
                f"called {ours} here",
                is_error=True,
            )
        channel = Channel(
            NETWORK,
            ours,
            is_joined=True,
            is_public=ChannelKey(ours, SecretBytes(secret)).is_public,
            secret=SecretBytes(secret),
        )
        radio.emit(ChannelChanged(channel))


def read_contacts(radio: Radio, *, is_whole: bool = False) -> Part:
    """Read the contact table, or what changed in it since it was read last."""
    since = None if is_whole or not radio.has_contacts else radio.lastmod
    reply = yield Do(GetContacts(since), Priority.BACKGROUND)
    if since is None and not reply.problem:
        told = {contact.key for contact in reply.contacts}
        for key in [key for key in radio.contacts if key not in told]:
            radio.drop_contact(key)
    for contact in reply.contacts:
        radio.take_contact(contact)
        radio.lastmod = max(radio.lastmod, contact.lastmod)
    if reply.problem:
        radio.emit(
            PacketDropped(NETWORK, radio.link_id, "contacts", reply.problem, "", "", radio.now)
        )
        return False
    if since is not None and reply.total != len(radio.contacts):
        return (yield from read_contacts(radio, is_whole=True))
    radio.has_contacts = True
    radio.warn_if_full()
    return True


def read_contact(radio: Radio, key: bytes, priority: Priority = Priority.BACKGROUND) -> Part:
    """Read one entry of the contact table, by its key or a prefix of it.

    Returns:
        Whether there is one.
    """
    reply = yield Do(ForKey(Command.GET_CONTACT_BY_KEY, key.ljust(32, b"\0")), priority)
    if isinstance(reply.frame, Contact) and reply.frame.key.startswith(key):
        radio.take_contact(reply.frame)
        return True
    if reply.error_code is not None and len(key) == 32:
        radio.drop_contact(key)
    return False


def fetch_messages(take: Callable[[RadioFrame], None]) -> Part:
    """Take what the radio kept for us, until nothing is left.

    Returns:
        False where there is more: a radio whose queue does not end must not stop all else.
    """
    for _ in range(MESSAGES_A_RUN):
        reply = yield Do(Bare(Command.SYNC_NEXT_MESSAGE), Priority.BACKGROUND)
        if reply.frame is None or reply.problem:
            return True
        if getattr(reply.frame, "code", None) == Answer.NO_MORE_MESSAGES:
            return True
        take(reply.frame)
    return False


def read_condition(radio: Radio) -> Part:
    """Read battery and statistics."""
    reply = yield Do(Bare(Command.GET_BATT_AND_STORAGE), Priority.BACKGROUND)
    if isinstance(reply.frame, BattAndStorage):
        radio.battery_mv = radio.stats["battery_mv"] = reply.frame.battery_mv
        if reply.frame.used_kb is not None and reply.frame.total_kb:
            radio.facts["storage"] = f"{reply.frame.used_kb} kB of {reply.frame.total_kb} kB"
    for kind in _STATS:
        reply = yield Do(GetStats(kind), Priority.BACKGROUND)
        if reply.error_code is not None:
            return False  # firmware without statistics
        _note_stats(radio, reply.frame)
    return True


def _note_info(radio: Radio, info: DeviceInfo) -> None:
    radio.facts["protocol"] = str(info.version)
    if info.repeat is not None:
        radio.facts["repeats others"] = "yes" if info.repeat else "no"
    if info.path_hash_mode is not None:
        radio.facts["path hash"] = f"{info.path_hash_mode + 1} bytes a hop"
    if info.pin is not None:
        radio.facts["Bluetooth PIN"] = "set" if info.pin else "random"


def _note_stats(radio: Radio, frame: RadioFrame | None) -> None:
    """Keep figures for programs, and words for people."""
    facts = radio.facts
    names = _FIGURES.get(type(frame), ())
    figures = zip(names, frame[1:] if isinstance(frame, tuple) else (), strict=False)
    radio.stats |= {name: value for name, value in figures if isinstance(value, int | float)}
    match frame:
        case StatsCore():
            facts["uptime"] = duration(frame.uptime_s)
            facts["errors"] = str(frame.errors)
            facts["send queue"] = str(frame.queue)
        case StatsRadio():
            facts["noise floor"] = f"{frame.noise_floor_dbm} dBm"
            facts["last heard"] = f"{frame.rssi_dbm} dBm, {frame.snr_db:g} dB"
            facts["air time"] = f"{duration(frame.tx_air_s)} sent, {duration(frame.rx_air_s)} heard"
        case StatsPackets():
            facts["packets"] = f"{frame.sent} sent, {frame.received} heard"
            facts["flood"] = f"{frame.flood_sent} sent, {frame.flood_received} heard"
            facts["direct"] = f"{frame.direct_sent} sent, {frame.direct_received} heard"
            if frame.receive_errors is not None:
                facts["receive errors"] = str(frame.receive_errors)
        case _:
            pass
