"""What a radio answers: one type an answer, both ways. `frames` reads any frame of a radio.

Fields that may be None are those which firmware older than them leaves out.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from meshtui.networks.meshcore.companion import (
    wire,
)
from meshtui.networks.meshcore.companion.codes import PATH_UNKNOWN, Answer
from meshtui.networks.meshcore.payloads.text import TextType


class Ok(NamedTuple):
    """It is done; some firmware adds a value."""

    value: wire.Bytes = b""


class Err(NamedTuple):
    """It is refused; see `codes.error_words`."""

    code: wire.ErrorKind | None = None


class ContactsStart(NamedTuple):
    """So many contacts are in the table; those asked for follow, and END_OF_CONTACTS."""

    total: wire.U32


class Contact(NamedTuple):
    """One entry of the contact table.

    Attributes:
        flags: Bit 0 = favourite, bits 1-3 what telemetry it may read.
        last_advert: By its own clock.
        lastmod: By the radio's clock.
    """

    key: wire.PublicKey
    node_type: wire.NodeKind
    flags: wire.U8
    out_path: wire.PathIn64
    name: wire.Text32
    last_advert: wire.Time
    lat: wire.Degrees
    lon: wire.Degrees
    lastmod: wire.Time


class EndOfContacts(NamedTuple):
    """All were told; `lastmod` is the newest, and the next `since`."""

    lastmod: wire.Time | None = None


class SelfInfo(NamedTuple):
    """Who the radio is and how it is set.

    Attributes:
        telemetry: Who may read its telemetry: environment << 4 | position << 2 | base.
    """

    node_type: wire.NodeKind
    power_dbm: wire.Dbm
    max_power_dbm: wire.Dbm
    key: wire.PublicKey
    lat: wire.Degrees
    lon: wire.Degrees
    multi_acks: wire.U8
    position_policy: wire.U8
    telemetry: wire.U8
    manual_add: wire.U8
    frequency_khz: wire.Kilohertz
    bandwidth_hz: wire.Hertz
    spreading_factor: wire.U8
    coding_rate: wire.U8
    name: wire.Text


class Sent(NamedTuple):
    """It goes out now.

    Attributes:
        flood: 1 = as a flood, for no way is known.
        tag: The acknowledgement to expect, or what the answer will carry.
        timeout_ms: Give up after that, about.
    """

    flood: wire.U8
    tag: wire.Tag
    timeout_ms: wire.Millis


class CurrTime(NamedTuple):
    """The radio's clock."""

    time: wire.Time


class ExportedContact(NamedTuple):
    """An advert packet, as EXPORT_CONTACT asked for."""

    packet: wire.Bytes


class BattAndStorage(NamedTuple):
    """Battery and file system."""

    battery_mv: wire.Millivolts
    used_kb: wire.U32 | None = None
    total_kb: wire.U32 | None = None


@wire.hiding
class DeviceInfo(NamedTuple):
    """What the radio is; the version says which fields exist.

    Attributes:
        half_max_contacts: The table holds twice that.
        repeat: 1 = it repeats others' packets.
        path_hash_mode: Size of the hop hashes in its floods, minus 1.
    """

    version: wire.U8
    half_max_contacts: wire.U8 | None = None
    max_channels: wire.U8 | None = None
    pin: wire.Pin | None = None
    build: wire.Text12 | None = None
    model: wire.Text40 | None = None
    firmware: wire.Text20 | None = None
    repeat: wire.U8 | None = None
    path_hash_mode: wire.U8 | None = None


@wire.hiding
class PrivateKey(NamedTuple):
    """The radio's own private key, expanded."""

    key: wire.Secret64


class ContactMsg(NamedTuple):
    """A text to us; `body` begins with the author's first four key bytes where it is signed.

    Attributes:
        path_len: 0xFF where it came direct, else that of the flood.
    """

    prefix: wire.Prefix
    path_len: wire.U8
    text_type: wire.TextKind
    timestamp: wire.Time
    body: wire.Bytes


class ContactMsgV3(NamedTuple):
    """The same with how well its last hop was heard."""

    snr_db: wire.Snr
    reserved: wire.Two
    prefix: wire.Prefix
    path_len: wire.U8
    text_type: wire.TextKind
    timestamp: wire.Time
    body: wire.Bytes


class ChannelMsg(NamedTuple):
    """A text in a channel: `name: text`."""

    channel: wire.U8
    path_len: wire.U8
    text_type: wire.TextKind
    timestamp: wire.Time
    text: wire.Text


class ChannelMsgV3(NamedTuple):
    """The same with how well its last hop was heard."""

    snr_db: wire.Snr
    reserved: wire.Two
    channel: wire.U8
    path_len: wire.U8
    text_type: wire.TextKind
    timestamp: wire.Time
    text: wire.Text


class ChannelData(NamedTuple):
    """Binary data in a channel."""

    snr_db: wire.Snr
    reserved: wire.Two
    channel: wire.U8
    path_len: wire.U8
    data_type: wire.U16
    data: wire.CountedBytes


@wire.hiding
class ChannelInfo(NamedTuple):
    """One channel slot; an unset one has no name and a key of zeros."""

    slot: wire.U8
    name: wire.Text32
    secret: wire.Secret16


class SignStart(NamedTuple):
    """So much can be signed."""

    reserved: wire.U8
    max_bytes: wire.U32


@wire.hiding
class Signature(NamedTuple):
    """Of what SIGN_DATA handed over: whoever has a token's logs in as the radio."""

    signature: wire.Secret64


class CustomVars(NamedTuple):
    """Variables of the board: `a:1,b:2`."""

    text: wire.Text


class AdvertPath(NamedTuple):
    """Which way a node's last advert came, and when."""

    time: wire.Time
    path: wire.AnyPath


class TuningParams(NamedTuple):
    """Delays."""

    rx_delay: wire.Thousandths
    airtime_factor: wire.Thousandths


class StatsCore(NamedTuple):
    """Statistics 0."""

    kind: wire.U8
    battery_mv: wire.Millivolts
    uptime_s: wire.U32
    errors: wire.U16
    queue: wire.U8


class StatsRadio(NamedTuple):
    """Statistics 1."""

    kind: wire.U8
    noise_floor_dbm: wire.I16
    rssi_dbm: wire.I8
    snr_db: wire.Snr
    tx_air_s: wire.U32
    rx_air_s: wire.U32


class StatsPackets(NamedTuple):
    """Statistics 2."""

    kind: wire.U8
    received: wire.U32
    sent: wire.U32
    flood_sent: wire.U32
    direct_sent: wire.U32
    flood_received: wire.U32
    direct_received: wire.U32
    receive_errors: wire.U32 | None = None


class StatsOther(NamedTuple):
    """Statistics of a kind that is not in the list."""

    kind: wire.U8
    body: wire.Bytes


class AutoaddConfig(NamedTuple):
    """Whom the radio adds to its contacts by itself."""

    bits: wire.U8
    max_hops: wire.U8 | None = None


class AllowedRepeatFreq(NamedTuple):
    """Where the radio may repeat others' packets."""

    ranges: wire.KilohertzRanges


@wire.hiding
class DefaultFloodScope(NamedTuple):
    """The region that our floods are limited to; nothing = none."""

    name: wire.Text31 | None = None
    key: wire.Secret16 | None = None


class BareAnswer(NamedTuple):
    """NO_MORE_MESSAGES, DISABLED."""

    code: int


RadioAnswer: TypeAlias = (
    Ok
    | Err
    | ContactsStart
    | Contact
    | EndOfContacts
    | SelfInfo
    | Sent
    | CurrTime
    | ExportedContact
    | BattAndStorage
    | DeviceInfo
    | PrivateKey
    | ContactMsg
    | ContactMsgV3
    | ChannelMsg
    | ChannelMsgV3
    | ChannelData
    | ChannelInfo
    | SignStart
    | Signature
    | CustomVars
    | AdvertPath
    | TuningParams
    | StatsCore
    | StatsRadio
    | StatsPackets
    | StatsOther
    | AutoaddConfig
    | AllowedRepeatFreq
    | DefaultFloodScope
    | BareAnswer
)

ANSWERS: Final = MappingProxyType(
    {
        Answer.OK: Ok,
        Answer.ERR: Err,
        Answer.CONTACTS_START: ContactsStart,
        Answer.CONTACT: Contact,
        Answer.END_OF_CONTACTS: EndOfContacts,
        Answer.SELF_INFO: SelfInfo,
        Answer.SENT: Sent,
        Answer.CONTACT_MSG: ContactMsg,
        Answer.CHANNEL_MSG: ChannelMsg,
        Answer.CURR_TIME: CurrTime,
        Answer.EXPORT_CONTACT: ExportedContact,
        Answer.BATT_AND_STORAGE: BattAndStorage,
        Answer.DEVICE_INFO: DeviceInfo,
        Answer.PRIVATE_KEY: PrivateKey,
        Answer.CONTACT_MSG_V3: ContactMsgV3,
        Answer.CHANNEL_MSG_V3: ChannelMsgV3,
        Answer.CHANNEL_INFO: ChannelInfo,
        Answer.SIGN_START: SignStart,
        Answer.SIGNATURE: Signature,
        Answer.CUSTOM_VARS: CustomVars,
        Answer.ADVERT_PATH: AdvertPath,
        Answer.TUNING_PARAMS: TuningParams,
        Answer.STATS: StatsOther,
        Answer.AUTOADD_CONFIG: AutoaddConfig,
        Answer.ALLOWED_REPEAT_FREQ: AllowedRepeatFreq,
        Answer.CHANNEL_DATA: ChannelData,
        Answer.DEFAULT_FLOOD_SCOPE: DefaultFloodScope,
    }
)
STATS: Final = MappingProxyType({0: StatsCore, 1: StatsRadio, 2: StatsPackets})
BARE_ANSWERS: Final = frozenset({Answer.NO_MORE_MESSAGES, Answer.DISABLED})


def author_and_text(message: ContactMsg | ContactMsgV3) -> tuple[bytes, str]:
    """Split a text's body: the author's first key bytes (empty where not signed), and the text."""
    size = 4 if message.text_type == TextType.SIGNED else 0
    text = message.body[size:].partition(b"\0")[0].decode(errors="replace")
    return message.body[:size], text


def hops_of(path_len: int) -> int | None:
    """Say how many relays a text passed; None where it came along a known way."""
    return None if path_len == PATH_UNKNOWN else path_len & 63
