"""What a radio tells unasked: one type a push, both ways."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from meshtui.networks.meshcore.companion import (
    wire,  # noqa: TC001 - read at run time: an annotation is its field's form
)
from meshtui.networks.meshcore.companion.codes import Push


class Advert(NamedTuple):
    """A contact advertised again, or was added."""

    key: wire.PublicKey


class PathUpdated(NamedTuple):
    """A contact's way changed."""

    key: wire.PublicKey


class SendConfirmed(NamedTuple):
    """A text was acknowledged by whom it was for."""

    ack: wire.Tag
    rtt_ms: wire.Millis


class RawData(NamedTuple):
    """A RAW_CUSTOM packet came."""

    snr_db: wire.Snr
    rssi_dbm: wire.Dbm
    reserved: wire.U8
    payload: wire.Bytes


class LoginSuccess(NamedTuple):
    """A login was accepted; older firmware says less."""

    is_admin: wire.U8
    prefix: wire.Prefix
    server_time: wire.Time | None = None
    permissions: wire.U8 | None = None
    level: wire.U8 | None = None


class LoginFail(NamedTuple):
    """A login was refused."""

    reserved: wire.U8
    prefix: wire.Prefix


class StatusResponse(NamedTuple):
    """A node's status; see `bodies.decode_status`."""

    reserved: wire.U8
    prefix: wire.Prefix
    body: wire.Bytes


class LogRxData(NamedTuple):
    """A packet was heard, before anything was made of it."""

    snr_db: wire.Snr
    rssi_dbm: wire.Dbm
    packet: wire.Bytes


class TraceData(NamedTuple):
    """A trace came to its end; see `hops` and `snrs_db`.

    Attributes:
        path_bytes: How many bytes of `rest` are hop hashes.
        rest: The hashes, an SNR of each hop, and how we heard the last one.
    """

    reserved: wire.U8
    path_bytes: wire.U8
    flags: wire.U8
    tag: wire.Tag
    auth: wire.Tag
    rest: wire.Bytes


class NewAdvert(NamedTuple):
    """An advert of somebody who is no contact, in the form of a contact."""

    key: wire.PublicKey
    node_type: wire.NodeKind
    flags: wire.U8
    out_path: wire.PathIn64
    name: wire.Text32
    last_advert: wire.Time
    lat: wire.Degrees
    lon: wire.Degrees
    lastmod: wire.Time


class Telemetry(NamedTuple):
    """A node's sensors; see `lpp.decode_lpp`."""

    reserved: wire.U8
    prefix: wire.Prefix
    lpp: wire.Bytes


class BinaryResponse(NamedTuple):
    """What SEND_BINARY_REQ asked for."""

    reserved: wire.U8
    tag: wire.Tag
    body: wire.Bytes


class PathDiscovery(NamedTuple):
    """The ways to a node and back."""

    reserved: wire.U8
    prefix: wire.Prefix
    out_path: wire.AnyPath
    in_path: wire.AnyPath


class ControlData(NamedTuple):
    """A CONTROL packet came."""

    snr_db: wire.Snr
    rssi_dbm: wire.Dbm
    path_len: wire.U8
    payload: wire.Bytes


class ContactDeleted(NamedTuple):
    """The radio threw a contact out to make room."""

    key: wire.PublicKey


class BarePush(NamedTuple):
    """MSG_WAITING, CONTACTS_FULL."""

    code: int


RadioPush: TypeAlias = (
    Advert
    | PathUpdated
    | SendConfirmed
    | RawData
    | LoginSuccess
    | LoginFail
    | StatusResponse
    | LogRxData
    | TraceData
    | NewAdvert
    | Telemetry
    | BinaryResponse
    | PathDiscovery
    | ControlData
    | ContactDeleted
    | BarePush
)

PUSHES: Final = MappingProxyType(
    {
        Push.ADVERT: Advert,
        Push.PATH_UPDATED: PathUpdated,
        Push.SEND_CONFIRMED: SendConfirmed,
        Push.RAW_DATA: RawData,
        Push.LOGIN_SUCCESS: LoginSuccess,
        Push.LOGIN_FAIL: LoginFail,
        Push.STATUS_RESPONSE: StatusResponse,
        Push.LOG_RX_DATA: LogRxData,
        Push.TRACE_DATA: TraceData,
        Push.NEW_ADVERT: NewAdvert,
        Push.TELEMETRY: Telemetry,
        Push.BINARY_RESPONSE: BinaryResponse,
        Push.PATH_DISCOVERY: PathDiscovery,
        Push.CONTROL_DATA: ControlData,
        Push.CONTACT_DELETED: ContactDeleted,
    }
)
BARE_PUSHES: Final = frozenset({Push.MSG_WAITING, Push.CONTACTS_FULL})


class TraceHop(NamedTuple):
    """One hop of a trace.

    Attributes:
        snr_db: How well it heard the one before it.
    """

    hash: str
    snr_db: float


def trace_hops(trace: TraceData) -> tuple[TraceHop, ...]:
    """List the hops of a trace, in travel order."""
    size = 1 << (trace.flags & 3)
    hashes, snrs = trace.rest[: trace.path_bytes], trace.rest[trace.path_bytes :]
    return tuple(
        TraceHop(hashes[at : at + size].hex(), _signed(snrs[at // size]) / 4)
        for at in range(0, len(hashes), size)
        if at // size < len(snrs)
    )


def trace_final_db(trace: TraceData) -> float | None:
    """Say how well we heard the last hop; None where it does not say."""
    at = trace.path_bytes + (trace.path_bytes >> (trace.flags & 3))
    return _signed(trace.rest[at]) / 4 if at < len(trace.rest) else None


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte
