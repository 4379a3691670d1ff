"""Reads and writes any frame, to a radio and of one."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.companion import commands, wire
from meshtui.networks.meshcore.companion.answers import (
    ANSWERS,
    BARE_ANSWERS,
    STATS,
    BareAnswer,
    RadioAnswer,
)
from meshtui.networks.meshcore.companion.codes import Answer, Command
from meshtui.networks.meshcore.companion.commands import (
    Bare,
    ForKey,
    RadioCommand,
    UnknownCommand,
)
from meshtui.networks.meshcore.companion.pushes import BARE_PUSHES, PUSHES, BarePush, RadioPush


class UnknownFrame(NamedTuple):
    """A code that is not in the list."""

    code: int
    body: bytes


COMMANDS: Final = MappingProxyType(
    {
        Command.APP_START: commands.AppStart,
        Command.SEND_TXT_MSG: commands.SendTxtMsg,
        Command.SEND_CHANNEL_TXT_MSG: commands.SendChannelTxtMsg,
        Command.GET_CONTACTS: commands.GetContacts,
        Command.SET_DEVICE_TIME: commands.SetDeviceTime,
        Command.SEND_SELF_ADVERT: commands.SendSelfAdvert,
        Command.SET_ADVERT_NAME: commands.SetAdvertName,
        Command.ADD_UPDATE_CONTACT: commands.AddUpdateContact,
        Command.SET_RADIO_PARAMS: commands.SetRadioParams,
        Command.SET_RADIO_TX_POWER: commands.SetRadioTxPower,
        Command.SET_ADVERT_LATLON: commands.SetAdvertLatLon,
        Command.EXPORT_CONTACT: commands.ExportContact,
        Command.IMPORT_CONTACT: commands.ImportContact,
        Command.REBOOT: commands.Reboot,
        Command.SET_TUNING_PARAMS: commands.SetTuningParams,
        Command.DEVICE_QUERY: commands.DeviceQuery,
        Command.IMPORT_PRIVATE_KEY: commands.ImportPrivateKey,
        Command.SEND_RAW_DATA: commands.SendRawData,
        Command.SEND_LOGIN: commands.SendLogin,
        Command.GET_CHANNEL: commands.GetChannel,
        Command.SET_CHANNEL: commands.SetChannel,
        Command.SIGN_DATA: commands.SignData,
        Command.SEND_TRACE_PATH: commands.SendTracePath,
        Command.SET_DEVICE_PIN: commands.SetDevicePin,
        Command.SET_OTHER_PARAMS: commands.SetOtherParams,
        Command.SEND_TELEMETRY_REQ: commands.SendTelemetryReq,
        Command.SET_CUSTOM_VAR: commands.SetCustomVar,
        Command.GET_ADVERT_PATH: commands.GetAdvertPath,
        Command.SEND_BINARY_REQ: commands.SendBinaryReq,
        Command.FACTORY_RESET: commands.FactoryReset,
        Command.SEND_PATH_DISCOVERY_REQ: commands.SendPathDiscoveryReq,
        Command.SET_FLOOD_SCOPE_KEY: commands.SetFloodScopeKey,
        Command.SEND_CONTROL_DATA: commands.SendControlData,
        Command.GET_STATS: commands.GetStats,
        Command.SEND_ANON_REQ: commands.SendAnonReq,
        Command.SET_AUTOADD_CONFIG: commands.SetAutoaddConfig,
        Command.SET_PATH_HASH_MODE: commands.SetPathHashMode,
        Command.SEND_CHANNEL_DATA: commands.SendChannelData,
        Command.SET_DEFAULT_FLOOD_SCOPE: commands.SetDefaultFloodScope,
        Command.SEND_RAW_PACKET: commands.SendRawPacket,
    }
)
FOR_KEY: Final = frozenset(
    {
        Command.RESET_PATH,
        Command.REMOVE_CONTACT,
        Command.SHARE_CONTACT,
        Command.SEND_STATUS_REQ,
        Command.HAS_CONNECTION,
        Command.LOGOUT,
        Command.GET_CONTACT_BY_KEY,
    }
)
BARE: Final = frozenset(Command) - COMMANDS.keys() - FOR_KEY
_COMMAND_KINDS: Final = MappingProxyType({int(code): kind for code, kind in COMMANDS.items()})
_COMMAND_CODES: Final = MappingProxyType({kind: code for code, kind in _COMMAND_KINDS.items()})
RadioFrame: TypeAlias = RadioAnswer | RadioPush | UnknownFrame

_FRAME_KINDS: Final = MappingProxyType(
    {int(code): kind for code, kind in (ANSWERS | PUSHES).items()}
)
_FRAME_CODES: Final = MappingProxyType(
    {kind: code for code, kind in _FRAME_KINDS.items()}
    | dict.fromkeys(STATS.values(), Answer.STATS)
)


def kind_of(payload: bytes) -> type | None:
    """Return the type that a frame of a radio is read as; None for codes without a body."""
    if payload[0] == Answer.STATS and len(payload) > 1:
        return STATS.get(payload[1], _FRAME_KINDS[Answer.STATS])
    return _FRAME_KINDS.get(payload[0])


def command_kind_of(payload: bytes) -> type | None:
    """Return the type that a frame to a radio is read as; None for codes without a body."""
    return commands.KeyOnly if payload[0] in FOR_KEY else _COMMAND_KINDS.get(payload[0])


def decode_frame(payload: bytes) -> RadioFrame:
    """Read the payload of a frame of a radio; what is not in the list is kept.

    Raises:
        DecodeError: It is empty, or a field that must be there is not.
    """
    if not payload:
        raise DecodeError("empty", "a frame has at least its code", 0)
    code = payload[0]
    if code in BARE_ANSWERS:
        return BareAnswer(code)
    if code in BARE_PUSHES:
        return BarePush(code)
    kind = kind_of(payload)
    return wire.decode(kind, payload) if kind else UnknownFrame(code, payload[1:])


def encode_frame(frame: RadioFrame) -> bytes:
    """Write a frame of a radio.

    Raises:
        EncodeError: A value does not fit its field.
    """
    match frame:
        case BareAnswer(code) | BarePush(code):
            return bytes((code,))
        case UnknownFrame(code, body):
            return bytes((code,)) + body
        case _:
            return bytes((_FRAME_CODES[type(frame)],)) + wire.encode(frame)


def encode_command(command: RadioCommand) -> bytes:
    """Write a command as the payload of one frame.

    Raises:
        EncodeError: A value does not fit its field.
    """
    match command:
        case Bare(code):
            return bytes((code,))
        case ForKey(code, key):
            return bytes((code,)) + key
        case UnknownCommand(code, body):
            return bytes((code,)) + body
        case _:
            return bytes((_COMMAND_CODES[type(command)],)) + wire.encode(command)


def decode_command(payload: bytes) -> RadioCommand:
    """Read the payload of a frame to a radio.

    Raises:
        DecodeError: It is empty, or a field that must be there is not.
    """
    if not payload:
        raise DecodeError("empty", "a frame has at least its code", 0)
    code = payload[0]
    if code in FOR_KEY:
        return ForKey(code, wire.decode(commands.KeyOnly, payload).key)
    if code in BARE:
        return Bare(code)
    kind = _COMMAND_KINDS.get(code)
    return wire.decode(kind, payload) if kind else UnknownCommand(code, payload[1:])


def code_of(command: RadioCommand) -> int:
    """Return the first byte of a command."""
    match command:
        case Bare(code) | ForKey(code, _) | UnknownCommand(code, _):
            return code
        case _:
            return _COMMAND_CODES[type(command)]
