"""What is written in channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.node.outputs import GroupDataHeard, GroupTextHeard
from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.payloads.group_data import decode_group_data
from meshtui.networks.meshcore.payloads.group_text import decode_group_text

if TYPE_CHECKING:
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.packet import Packet

HEAD_BYTES: Final = 3  # hash and proof


def hear(core: Core, packet: Packet, rx: RxMeta) -> None:
    """Tell what a channel of ours opens; nothing for the others. Whether it does changes nothing
    about passing it on.
    """
    payload = packet.payload
    is_text = packet.payload_type == PayloadType.GRP_TXT
    opened = core.keyring.open_group(payload[0], payload[1:], is_text)
    if opened is None:
        return
    channel, plaintext = opened
    if is_text:
        text = decode_group_text(plaintext)
        core.out.append(GroupTextHeard(channel, text.timestamp, text.text, packet, rx))
    else:
        data = decode_group_data(plaintext)
        core.out.append(GroupDataHeard(channel, data.data_type, data.data, packet, rx))
