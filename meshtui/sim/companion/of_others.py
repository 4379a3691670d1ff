"""Commands that ask other nodes something, or send what only they understand; and signing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.crypto.ed25519 import from_expanded
from meshtui.errors import CryptoError, DecodeError, EncodeError
from meshtui.networks.meshcore.companion import answers, commands, pushes
from meshtui.networks.meshcore.companion.codes import PATH_UNKNOWN, Answer, Command
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType, decode_packet
from meshtui.networks.meshcore.payloads.request import RequestKind
from meshtui.sim.companion.desk import (
    BAD_STATE,
    ILLEGAL,
    NOT_FOUND,
    OK,
    TABLE_FULL,
    UNSUPPORTED,
    Reply,
)
from meshtui.sim.companion.of_texts import sent

if TYPE_CHECKING:
    from meshtui.networks.meshcore.node.outputs import Sent
    from meshtui.sim.companion.desk import Desk

MAX_SIGNED_BYTES: Final = 8_192
_TAG_BYTES: Final = 4
_PREFIX_BYTES: Final = 6
_LEAST_RAW_BYTES: Final = 4
_VOLTAGE, _TEMPERATURE, _GPS = 0x74, 0x67, 0x88  # of CayenneLPP
_SELF_CHANNEL: Final = 1


def _asked(desk: Desk, result: Sent, command: Command, tag: bytes = b"") -> Reply:
    """Say that a question goes out, and remember whose it is."""
    if result.tag:
        desk.ask(result.tag, command)
    desk.tell(sent(result, tag))
    desk.station.do(result.outputs)
    return None


def login(desk: Desk, command: commands.SendLogin) -> Reply:
    """Log in to a repeater or room; the tag is the beginning of its key."""
    if desk.node.contacts.get(command.key) is None:
        return NOT_FOUND
    result = desk.node.login(command.key, command.password.encode()[:15], desk.now)
    return _asked(desk, result, Command.SEND_LOGIN, command.key[:_TAG_BYTES])


def logout(desk: Desk, command: commands.ForKey) -> Reply:
    """Keep a connection alive no longer."""
    desk.node.disconnect(command.key)
    return OK


def has_connection(desk: Desk, command: commands.ForKey) -> Reply:
    """Tell whether a connection is kept alive."""
    return OK if desk.node.is_connected(command.key) else NOT_FOUND


def status(desk: Desk, command: commands.ForKey) -> Reply:
    """Ask how a repeater or room does."""
    if desk.node.contacts.get(command.key) is None:
        return NOT_FOUND
    result = desk.node.request(command.key, RequestKind.STATUS, b"", desk.now)
    return _asked(desk, result, Command.SEND_STATUS_REQ)


def telemetry(desk: Desk, command: commands.SendTelemetryReq) -> Reply:
    """Ask for sensors: a node's, or the radio's own."""
    if command.key is None:
        prefix = desk.node.public_key[:_PREFIX_BYTES]
        desk.tell(pushes.Telemetry(0, prefix, own_telemetry(desk)))
        return None
    if desk.node.contacts.get(command.key) is None:
        return NOT_FOUND
    result = desk.node.request(command.key, RequestKind.TELEMETRY, b"", desk.now)
    return _asked(desk, result, Command.SEND_TELEMETRY_REQ)


def own_telemetry(desk: Desk) -> bytes:
    """Write the radio's own sensors as CayenneLPP, whose numbers begin with the high byte."""
    centivolts = desk.board.battery_mv // 10
    lpp = bytes((_SELF_CHANNEL, _VOLTAGE)) + centivolts.to_bytes(2, "big")
    if desk.board.celsius is not None:
        decidegrees = round(desk.board.celsius * 10)
        lpp += bytes((_SELF_CHANNEL, _TEMPERATURE)) + decidegrees.to_bytes(2, "big", signed=True)
    return lpp


def binary(desk: Desk, command: commands.SendBinaryReq) -> Reply:
    """Ask a node something that its first byte names."""
    if desk.node.contacts.get(command.key) is None:
        return NOT_FOUND
    if not command.request:
        return UNSUPPORTED
    kind, params = command.request[0], command.request[1:]
    try:
        result = desk.node.request(command.key, kind, params, desk.now)
    except EncodeError:
        return TABLE_FULL
    return _asked(desk, result, Command.SEND_BINARY_REQ)


def anonymous(desk: Desk, command: commands.SendAnonReq) -> Reply:
    """Ask a node that need not know us."""
    if not command.data:
        return UNSUPPORTED
    try:
        result = desk.node.anon_request(command.key, command.data, desk.now)
    except (EncodeError, CryptoError):
        return TABLE_FULL
    return _asked(desk, result, Command.SEND_ANON_REQ)


def discover_path(desk: Desk, command: commands.SendPathDiscoveryReq) -> Reply:
    """Find the ways to a node and back."""
    if command.reserved:
        return UNSUPPORTED
    if desk.node.contacts.get(command.key) is None:
        return NOT_FOUND
    result = desk.node.discover_path(command.key, desk.now)
    return _asked(desk, result, Command.SEND_PATH_DISCOVERY_REQ)


def trace(desk: Desk, command: commands.SendTracePath) -> Reply:
    """Trace a way; the tag is the program's."""
    tag = int.from_bytes(command.tag, "little")
    auth = int.from_bytes(command.auth, "little")
    try:
        result = desk.node.trace(tag, auth, command.flags, command.path, desk.now)
    except EncodeError:
        return ILLEGAL
    desk.tell(sent(result, command.tag))
    desk.station.do(result.outputs)
    return None


def advertise(desk: Desk, command: commands.SendSelfAdvert) -> Reply:
    """Advertise ourselves, to everybody or to the neighbours."""
    desk.station.do(desk.node.advertise(desk.now, flood=command.flood == 1))
    return OK


def raw_data(desk: Desk, command: commands.SendRawData) -> Reply:
    """Send data of our own kind along a path."""
    path = command.path
    if path.length == PATH_UNKNOWN or len(command.payload) < _LEAST_RAW_BYTES:
        return UNSUPPORTED
    packet = Packet(
        RouteType.DIRECT, PayloadType.RAW_CUSTOM, path.length, path.data, command.payload
    )
    return _send(desk, packet, 0, TABLE_FULL)


def control(desk: Desk, command: commands.SendControlData) -> Reply:
    """Send a control packet to the neighbours."""
    if not command.payload or command.payload[0] < 0x80:
        return UNSUPPORTED
    packet = Packet(RouteType.DIRECT, PayloadType.CONTROL, 0, b"", command.payload)
    return _send(desk, packet, 0, TABLE_FULL)


def raw_packet(desk: Desk, command: commands.SendRawPacket) -> Reply:
    """Send a packet as it is."""
    try:
        packet = decode_packet(command.packet)
    except DecodeError:
        return ILLEGAL
    return _send(desk, packet, command.priority, ILLEGAL)


def _send(desk: Desk, packet: Packet, priority: int, refusal: answers.Err) -> Reply:
    try:
        desk.station.do(desk.node.send_packet(packet, desk.now, priority))
    except EncodeError:
        return refusal
    return OK


def set_scope(desk: Desk, command: commands.SetFloodScopeKey) -> Reply:
    """Limit our floods to a region until told otherwise."""
    if command.mode > 1:
        return ILLEGAL
    desk.override = command.key if command.mode == 0 else b""
    desk.apply()
    return OK


def set_default_scope(desk: Desk, command: commands.SetDefaultFloodScope) -> Reply:
    """Keep a region for our floods."""
    mine = desk.preferences
    mine.scope_name = command.name if command.name and command.key else ""
    mine.scope_key = command.key if command.name and command.key else b""
    desk.apply()
    return OK


def get_default_scope(desk: Desk, _: commands.Bare) -> Reply:
    """Tell the region that is kept."""
    mine = desk.preferences
    return answers.DefaultFloodScope(mine.scope_name or None, mine.scope_key or None)


# --- keys ---


def sign_start(desk: Desk, _: commands.Bare) -> Reply:
    """Begin to sign something."""
    if not desk.board.signs:
        return UNSUPPORTED
    desk.signing = bytearray()
    return answers.SignStart(0, MAX_SIGNED_BYTES)


def sign_data(desk: Desk, command: commands.SignData) -> Reply:
    """Take a piece of it."""
    if desk.signing is None:
        return BAD_STATE
    if len(desk.signing) + len(command.data) > MAX_SIGNED_BYTES:
        return TABLE_FULL
    desk.signing += command.data
    return OK


def sign_finish(desk: Desk, _: commands.Bare) -> Reply:
    """Sign it."""
    if desk.signing is None:
        return BAD_STATE
    whole, desk.signing = bytes(desk.signing), None
    signature = desk.owner.key.sign(whole if desk.board.signs_rightly else whole + b"\0")
    return answers.Signature(signature)


def export_key(desk: Desk, _: commands.Bare) -> Reply:
    """Hand out the private key, if that is allowed."""
    if not desk.board.exports_key:
        return answers.BareAnswer(Answer.DISABLED)
    return answers.PrivateKey(desk.owner.key.private.reveal)


def import_key(desk: Desk, command: commands.ImportPrivateKey) -> Reply:
    """Become another node."""
    if not desk.board.exports_key:
        return answers.BareAnswer(Answer.DISABLED)
    try:
        key = from_expanded(command.key)
    except CryptoError:
        return ILLEGAL
    desk.become(key)
    return OK
