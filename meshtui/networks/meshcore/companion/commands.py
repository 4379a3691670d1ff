"""What a program writes to a radio: one type a command, both ways.

Commands that are their code alone are `Bare`; those of a code and a public key are `ForKey`.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from meshtui.networks.meshcore.companion import (
    wire,
)


class Bare(NamedTuple):
    """A command without a body."""

    code: int


class ForKey(NamedTuple):
    """A command about one node: RESET_PATH, REMOVE_CONTACT, SHARE_CONTACT, and the like."""

    code: int
    key: bytes


class KeyOnly(NamedTuple):
    """The body of a `ForKey`."""

    key: wire.PublicKey


class UnknownCommand(NamedTuple):
    """A command that is not in the list."""

    code: int
    body: bytes


class AppStart(NamedTuple):
    """Begin; answered by SELF_INFO."""

    reserved: wire.Seven = bytes(7)
    app_name: wire.Text = ""


class SendTxtMsg(NamedTuple):
    """Write to a contact, named by the first six bytes of its key."""

    text_type: wire.TextKind
    attempt: wire.U8
    timestamp: wire.Time
    prefix: wire.Prefix
    text: wire.Text


class SendChannelTxtMsg(NamedTuple):
    """Write to a channel; the radio puts its own name before the text."""

    text_type: wire.TextKind
    channel: wire.U8
    timestamp: wire.Time
    text: wire.Text


class GetContacts(NamedTuple):
    """List the contacts, or those changed after `since`."""

    since: wire.Time | None = None


class SetDeviceTime(NamedTuple):
    """Set the clock, forwards only."""

    time: wire.Time


class SendSelfAdvert(NamedTuple):
    """Tell the neighbours of us; with `flood` 1, everybody."""

    flood: wire.U8 | None = None


class SetAdvertName(NamedTuple):
    """Name the radio, at most 31 bytes."""

    name: wire.Text


class AddUpdateContact(NamedTuple):
    """Write one entry of the contact table."""

    key: wire.PublicKey
    node_type: wire.NodeKind
    flags: wire.U8
    out_path: wire.PathIn64
    name: wire.Text32
    last_advert: wire.Time
    lat: wire.Degrees | None = None
    lon: wire.Degrees | None = None
    lastmod: wire.Time | None = None


class SetRadioParams(NamedTuple):
    """Tune the radio; `repeat` 1 makes it a repeater where that is allowed."""

    frequency_khz: wire.Kilohertz
    bandwidth_hz: wire.Hertz
    spreading_factor: wire.U8
    coding_rate: wire.U8
    repeat: wire.U8 | None = None


class SetRadioTxPower(NamedTuple):
    """Set the power; above SELF_INFO's limit it is refused."""

    dbm: wire.Dbm


class SetAdvertLatLon(NamedTuple):
    """Set the position."""

    lat: wire.Degrees
    lon: wire.Degrees
    altitude: wire.Degrees | None = None


class ExportContact(NamedTuple):
    """Ask for a contact's advert packet; without key for the radio's own."""

    key: wire.PublicKey | None = None


class ImportContact(NamedTuple):
    """Hand over an advert packet as if it had been heard."""

    packet: wire.Bytes


class Reboot(NamedTuple):
    """Start the radio anew."""

    word: wire.Text = "reboot"


class SetTuningParams(NamedTuple):
    """Set delays."""

    rx_delay: wire.Thousandths
    airtime_factor: wire.Thousandths


class DeviceQuery(NamedTuple):
    """Say which protocol version the program speaks; answered by DEVICE_INFO."""

    version: wire.U8


@wire.hiding
class ImportPrivateKey(NamedTuple):
    """Make the radio another node."""

    key: wire.Secret64


class SendRawData(NamedTuple):
    """Send a RAW_CUSTOM packet along a path."""

    path: wire.AnyPath
    payload: wire.Bytes


@wire.hiding
class SendLogin(NamedTuple):
    """Log in to a repeater or room."""

    key: wire.PublicKey
    password: wire.SecretText


class GetChannel(NamedTuple):
    """Ask for one channel slot."""

    slot: wire.U8


@wire.hiding
class SetChannel(NamedTuple):
    """Fill one channel slot; firmware takes secrets of 16 bytes only."""

    slot: wire.U8
    name: wire.Text32
    secret: wire.SecretRest


@wire.hiding
class SignData(NamedTuple):
    """Hand over a piece of what is to be signed: the greater part of a login."""

    data: wire.SecretRest


class SendTracePath(NamedTuple):
    """Trace a way: hop hashes of 1 << (flags & 3) bytes each, the way back included."""

    tag: wire.Tag
    auth: wire.Tag
    flags: wire.U8
    path: wire.Bytes


@wire.hiding
class SetDevicePin(NamedTuple):
    """Set the BLE PIN; 0 = none fixed."""

    pin: wire.Pin


class SetOtherParams(NamedTuple):
    """Set what SELF_INFO tells of manual adding, telemetry, position policy and multi-acks."""

    manual_add: wire.U8
    telemetry: wire.U8 | None = None
    position_policy: wire.U8 | None = None
    multi_acks: wire.U8 | None = None


class SendTelemetryReq(NamedTuple):
    """Ask a node for its telemetry; without key the radio itself."""

    reserved: wire.Three = bytes(3)
    key: wire.PublicKey | None = None


class SetCustomVar(NamedTuple):
    """Set a variable of the board, as `name:value`."""

    text: wire.Text


class GetAdvertPath(NamedTuple):
    """Ask which way a node's last advert came."""

    reserved: wire.U8
    key: wire.PublicKey


class SendBinaryReq(NamedTuple):
    """Ask another node something; the first byte of `request` says what."""

    key: wire.PublicKey
    request: wire.Bytes


class FactoryReset(NamedTuple):
    """Forget everything."""

    word: wire.Text = "reset"


class SendPathDiscoveryReq(NamedTuple):
    """Find the ways to a node and back by a flood."""

    reserved: wire.U8
    key: wire.PublicKey


@wire.hiding
class SetFloodScopeKey(NamedTuple):
    """Limit our floods to a region: mode 0 with its key; 0 alone ends it, 1 forces none."""

    mode: wire.U8
    key: wire.Secret16 | None = None


class SendControlData(NamedTuple):
    """Send a CONTROL packet to whoever is in reach; its first byte has bit 7."""

    payload: wire.Bytes


class GetStats(NamedTuple):
    """Ask for statistics: 0 core, 1 radio, 2 packets."""

    kind: wire.U8


@wire.hiding
class SendAnonReq(NamedTuple):
    """Ask a node something with our key in clear, so that it need not know us; or a password."""

    key: wire.PublicKey
    data: wire.SecretRest


class SetAutoaddConfig(NamedTuple):
    """Say whom the radio adds to its contacts by itself."""

    bits: wire.U8
    max_hops: wire.U8 | None = None


class SetPathHashMode(NamedTuple):
    """Choose the size of hop hashes in our floods: mode 0 to 2 for 1 to 3 bytes."""

    reserved: wire.U8
    mode: wire.U8


class SendChannelData(NamedTuple):
    """Send binary data to a channel."""

    channel: wire.U8
    path: wire.AnyPath
    data_type: wire.U16
    data: wire.Bytes


@wire.hiding
class SetDefaultFloodScope(NamedTuple):
    """Keep a region for our floods; short = none."""

    name: wire.Text31 | None = None
    key: wire.Secret16 | None = None


class SendRawPacket(NamedTuple):
    """Send a whole MeshCore packet as it is."""

    priority: wire.U8
    packet: wire.Bytes


RadioCommand: TypeAlias = (
    AppStart
    | SendTxtMsg
    | SendChannelTxtMsg
    | GetContacts
    | SetDeviceTime
    | SendSelfAdvert
    | SetAdvertName
    | AddUpdateContact
    | SetRadioParams
    | SetRadioTxPower
    | SetAdvertLatLon
    | ExportContact
    | ImportContact
    | Reboot
    | SetTuningParams
    | DeviceQuery
    | ImportPrivateKey
    | SendRawData
    | SendLogin
    | GetChannel
    | SetChannel
    | SignData
    | SendTracePath
    | SetDevicePin
    | SetOtherParams
    | SendTelemetryReq
    | SetCustomVar
    | GetAdvertPath
    | SendBinaryReq
    | FactoryReset
    | SendPathDiscoveryReq
    | SetFloodScopeKey
    | SendControlData
    | GetStats
    | SendAnonReq
    | SetAutoaddConfig
    | SetPathHashMode
    | SendChannelData
    | SetDefaultFloodScope
    | SendRawPacket
    | Bare
    | ForKey
    | UnknownCommand
)
