"""What a node writes: texts to peers and channels, data, and packets as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import EncodeError
from meshtui.networks.meshcore.node.acks import PendingAck
from meshtui.networks.meshcore.node.delays import direct_timeout_ms, flood_timeout_ms
from meshtui.networks.meshcore.node.outputs import Sent
from meshtui.networks.meshcore.node.sealed import seal_for
from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.payloads.group_data import GroupDataBody, encode_group_data
from meshtui.networks.meshcore.payloads.group_text import GroupTextBody, encode_group_text
from meshtui.networks.meshcore.payloads.text import TextType, ack_of, encode_text, text_body

if TYPE_CHECKING:
    from meshtui.model.ids import Instant
    from meshtui.networks.meshcore.channel_key import ChannelKey
    from meshtui.networks.meshcore.node.contacts import OutPath
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.node.outputs import NodeOutput
    from meshtui.networks.meshcore.packet import Packet

_GRP_TXT: Final = int(PayloadType.GRP_TXT)
_GRP_DATA: Final = int(PayloadType.GRP_DATA)


def send_text(
    core: Core,
    peer: bytes,
    text: str,
    timestamp: int,
    now: Instant,
    attempt: int,
    txt_type: int,
) -> Sent:
    """Send a text to a peer, and wait for its ack.

    Raises:
        EncodeError: It does not fit.
    """
    if txt_type not in {TextType.PLAIN, TextType.COMMAND} or not 0 <= attempt <= 255:
        msg = "a text is plain or a command, its attempt 0..255"
        raise EncodeError(msg)
    hidden = attempt if txt_type == TextType.PLAIN else attempt & 3
    body = text_body(timestamp, text.encode(), hidden, txt_type)
    plaintext = encode_text(body)
    core.begin(now)
    core.note_time(timestamp)
    payload = seal_for(core, peer, plaintext)
    ack = b""
    if txt_type == TextType.PLAIN:
        ack = ack_of(body, core.public_key)
        core.acks.expect(PendingAck(ack, peer, now.mono_s))
    return send_to(core, int(PayloadType.TXT_MSG), peer, payload, ack=ack)


def send_to(
    core: Core,
    payload_type: int,
    peer: bytes,
    payload: bytes,
    *,
    ack: bytes = b"",
    tag: bytes = b"",
) -> Sent:
    """Send a sealed payload along the known path or as a flood, and say how long to wait."""
    out_path = core.out_path(peer)
    core.to_peer(payload_type, payload, out_path)
    radio = core.settings.radio
    if out_path is None:
        timeout_ms = flood_timeout_ms(len(payload), radio)
    else:
        timeout_ms = direct_timeout_ms(len(payload), out_path.hops, radio)
    return Sent(tuple(core.out), ack, tag, timeout_ms, out_path is None)


def send_channel_text(
    core: Core, channel: ChannelKey, text: str, timestamp: int, now: Instant
) -> Sent:
    """Flood a text to a channel.

    Raises:
        EncodeError: It does not fit.
    """
    body = GroupTextBody(timestamp, 0, f"{core.settings.name}: {text}".encode())
    return _send_group(core, channel, _GRP_TXT, encode_group_text(body), now, None)


def send_channel_data(
    core: Core,
    channel: ChannelKey,
    data_type: int,
    data: bytes,
    now: Instant,
    out_path: OutPath | None,
) -> Sent:
    """Send data to a channel.

    Raises:
        EncodeError: They do not fit.
    """
    plaintext = encode_group_data(GroupDataBody(data_type, data))
    return _send_group(core, channel, _GRP_DATA, plaintext, now, out_path)


def send_packet(core: Core, packet: Packet, now: Instant, priority: int) -> list[NodeOutput]:
    """Send a packet as it is.

    Raises:
        EncodeError: It is none.
    """
    out = core.begin(now)
    core.originate(packet, priority)
    return out


def _send_group(
    core: Core,
    channel: ChannelKey,
    payload_type: int,
    plaintext: bytes,
    now: Instant,
    out_path: OutPath | None,
) -> Sent:
    core.begin(now)
    payload = bytes((channel.hash,)) + core.keyring.cipher_of(channel).seal(plaintext)
    core.to_peer(payload_type, payload, out_path)
    timeout_ms = flood_timeout_ms(len(payload), core.settings.radio)
    return Sent(tuple(core.out), b"", b"", timeout_ms, out_path is None)
