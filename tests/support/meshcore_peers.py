"""Other people's readers of MeshCore packets, each used as its own program uses it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from meshcore.meshcore_parser import MeshcorePacketParser
from pymc_core.node.handlers.group_text import GroupTextHandler
from pymc_core.protocol.identity import Identity
from pymc_core.protocol.packet import Packet as PymcPacket
from pymc_core.protocol.utils import decode_appdata, parse_advert_payload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.networks.meshcore.channel_key import ChannelKey


class MeshcorePy:
    """PyPI `meshcore`: the parser of the raw log, with channel decryption on."""

    def __init__(self, channels: Sequence[ChannelKey]) -> None:
        self._parser = MeshcorePacketParser()
        self._parser.decrypt_channels = True
        for index, channel in enumerate(channels):
            secret = channel.secret.reveal
            self._parser.channels[index] = {
                "channel_idx": index,
                "channel_name": channel.name,
                "channel_secret": secret,
                "channel_hash": hashlib.sha256(secret).digest()[:1].hex(),
            }

    def read(self, data: bytes) -> dict[str, Any]:
        """Parse one packet; its coroutine never waits."""
        coroutine = self._parser.parsePacketPayload(data, {})
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
        raise AssertionError("the parser waited")


class PymcCore:
    """PyPI `pymc_core`: its packet, its hash, its advert parser, and its handler of channel texts,
    but for what that does besides (logging, events).
    """

    def __init__(self, channels: Sequence[ChannelKey]) -> None:
        self._rows = [
            {"name": channel.name, "secret": channel.secret.reveal.hex()} for channel in channels
        ]
        self._handler = GroupTextHandler(None, None, _ignore, None, channel_db=self)

    def get_channels(self) -> list[dict[str, str]]:
        """What its handler asks a database of channels for."""
        return self._rows

    def read(self, data: bytes, *, verifies: bool = False) -> dict[str, Any]:
        """Parse one packet, verifying an advert where asked to."""
        packet = PymcPacket()
        packet.read_from(data)
        kind = packet.get_payload_type()
        found: dict[str, Any] = {"type": kind, "hash": packet.calculate_packet_hash()}
        if kind == 5:
            found |= self._group(packet.get_payload())
        elif kind == 4:
            payload = packet.get_payload()
            found |= parse_advert_payload(payload)
            if found["appdata"]:
                found |= decode_appdata(found["appdata"])
            if verifies:
                signed = payload[:36] + payload[100:]
                found["valid"] = Identity(payload[:32]).verify(signed, payload[36:100])
        return found

    def _group(self, payload: bytes) -> dict[str, Any]:
        handler = self._handler
        for channel in handler._get_channels_by_hash(payload[0]):
            opened = handler._decrypt_channel_message(channel["secret"], payload[1:3], payload[3:])
            if opened is None:
                continue
            parsed = handler._parse_plaintext_message(opened)
            if parsed is not None:
                sender, message = handler._extract_sender_from_message(parsed["content"])
                found = {"channel": channel["name"], "timestamp": parsed["timestamp"]}
                return found | {"sender": sender, "message": message}
        return {}


def _ignore(_text: str) -> None:
    """Stand in for its log."""
