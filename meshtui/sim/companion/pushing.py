"""What the radio tells unasked, as its node learns it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.companion import answers, pushes
from meshtui.networks.meshcore.companion.codes import PATH_UNKNOWN, Command, Push
from meshtui.networks.meshcore.companion.forms import Path
from meshtui.networks.meshcore.companion.frames import encode_frame
from meshtui.networks.meshcore.node import outputs as node
from meshtui.networks.meshcore.payloads.text import TextType
from meshtui.sim.companion.board import MAX_RAW_BYTES
from meshtui.sim.companion.desk import frame_of
from meshtui.sim.companion.of_contacts import note_advert

if TYPE_CHECKING:
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.companion.answers import RadioAnswer
    from meshtui.networks.meshcore.node.contacts import OutPath
    from meshtui.networks.meshcore.packet import Packet
    from meshtui.sim.companion.desk import Desk

_V3: Final = 3
_TWO: Final = bytes(2)
_PREFIX_BYTES: Final = 6


def overheard(desk: Desk, data: bytes, rx: RxMeta) -> None:
    """Tell a packet as it came, before anything is made of it; what fits no frame is not told."""
    if len(data) <= MAX_RAW_BYTES:
        desk.tell(pushes.LogRxData(_snr(rx), _rssi(rx), data))


def learned(desk: Desk, output: node.NodeOutput) -> None:
    """Tell what the node has learned."""
    match output:
        case node.TextHeard() | node.GroupTextHeard() | node.GroupDataHeard():
            _text(desk, output)
        case node.AdvertHeard() | node.ContactDeleted() | node.PathLearned():
            _contact(desk, output)
        case node.AckHeard(ack=ack, rtt_ms=rtt_ms):
            desk.tell(pushes.SendConfirmed(ack, rtt_ms))
        case node.LoginAnswered() | node.ResponseHeard() | node.PathDiscovered():
            _answered(desk, output)
        case node.TraceHeard() | node.ControlHeard() | node.RawHeard():
            _packet(desk, output)
        case _:
            pass


def _text(desk: Desk, heard: node.TextHeard | node.GroupTextHeard | node.GroupDataHeard) -> None:
    """Keep a text until it is fetched, and say that there is one."""
    frame: RadioAnswer
    is_v3 = desk.app_version >= _V3
    path_len = _way(heard.packet)
    snr_db = _snr(heard.rx)
    if isinstance(heard, node.TextHeard):
        prefix = heard.peer[:_PREFIX_BYTES]
        author = heard.author if heard.txt_type == TextType.SIGNED else b""
        body = author + heard.text.encode("utf-8", "replace")
        rest = (prefix, path_len, heard.txt_type, heard.timestamp, body)
        frame = answers.ContactMsgV3(snr_db, _TWO, *rest) if is_v3 else answers.ContactMsg(*rest)
    else:
        slot = desk.slot_of(heard.channel.name)
        if slot is None:
            return
        if isinstance(heard, node.GroupDataHeard):
            frame = answers.ChannelData(snr_db, _TWO, slot, path_len, heard.data_type, heard.data)
        else:
            line = (slot, path_len, int(TextType.PLAIN), heard.timestamp, heard.text)
            frame = (
                answers.ChannelMsgV3(snr_db, _TWO, *line) if is_v3 else answers.ChannelMsg(*line)
            )
    is_channel = not isinstance(heard, node.TextHeard)
    desk.inbox.put(encode_frame(frame), is_channel=is_channel)
    desk.tell(pushes.BarePush(Push.MSG_WAITING))


def _contact(desk: Desk, heard: node.AdvertHeard | node.ContactDeleted | node.PathLearned) -> None:
    match heard:
        case node.AdvertHeard(contact=contact, is_contact=is_contact):
            note_advert(desk, heard)
            if is_contact:
                desk.tell(pushes.Advert(contact.public_key))
            else:
                desk.tell(pushes.NewAdvert(*frame_of(contact)))
        case node.ContactDeleted(is_full=True):
            desk.tell(pushes.BarePush(Push.CONTACTS_FULL))
        case node.ContactDeleted(public_key=key):
            desk.tell(pushes.ContactDeleted(key))
        case node.PathLearned(peer=peer):
            desk.tell(pushes.PathUpdated(peer))


def _answered(
    desk: Desk, heard: node.LoginAnswered | node.ResponseHeard | node.PathDiscovered
) -> None:
    prefix = heard.peer[:_PREFIX_BYTES]
    match heard:
        case node.LoginAnswered(is_ok=False):
            desk.tell(pushes.LoginFail(0, prefix))
        case node.LoginAnswered():
            desk.tell(
                pushes.LoginSuccess(
                    int(heard.is_admin),
                    prefix,
                    heard.server_time,
                    heard.permissions,
                    heard.firmware_level,
                )
            )
        case node.PathDiscovered(out_path=out_path, in_path=in_path):
            desk.tell(pushes.PathDiscovery(0, prefix, _path(out_path), _path(in_path)))
        case node.ResponseHeard(tag=tag, body=body):
            _response(desk, desk.asked.pop(tag, None), prefix, tag, body)


def _response(desk: Desk, command: int | None, prefix: bytes, tag: bytes, body: bytes) -> None:
    """Tell an answer in the form that belongs to the question."""
    match command:
        case Command.SEND_STATUS_REQ:
            desk.tell(pushes.StatusResponse(0, prefix, body))
        case Command.SEND_TELEMETRY_REQ:
            desk.tell(pushes.Telemetry(0, prefix, body))
        case None:
            pass
        case _:
            desk.tell(pushes.BinaryResponse(0, tag, body))


def _packet(desk: Desk, heard: node.TraceHeard | node.ControlHeard | node.RawHeard) -> None:
    rx = heard.rx
    match heard:
        case node.TraceHeard():
            final_q4 = round(4 * (heard.final_snr_db or 0.0))
            snrs = bytes(snr & 0xFF for snr in (*heard.snrs_q4, final_q4))
            desk.tell(
                pushes.TraceData(
                    0,
                    len(heard.path),
                    heard.flags,
                    heard.tag.to_bytes(4, "little"),
                    heard.auth.to_bytes(4, "little"),
                    heard.path + snrs,
                )
            )
        case node.ControlHeard(payload=payload, packet=packet):
            desk.tell(pushes.ControlData(_snr(rx), _rssi(rx), packet.path_len, payload))
        case node.RawHeard(payload=payload):
            desk.tell(pushes.RawData(_snr(rx), _rssi(rx), 0xFF, payload))


def _way(packet: Packet) -> int:
    """Say how a text came, as its frame does."""
    return packet.path_len if packet.is_flood else PATH_UNKNOWN


def _path(path: OutPath) -> Path:
    return Path(path.path_len, path.path)


def _snr(rx: RxMeta) -> float:
    return max(-32.0, min(31.75, rx.snr_db or 0.0))


def _rssi(rx: RxMeta) -> int:
    return max(-128, min(127, rx.rssi_dbm or 0))
