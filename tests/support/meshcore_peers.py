"""Other people's readers of MeshCore packets, each used as its own program uses it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from meshcore.meshcore_parser import MeshcorePacketParser
from pymc_core.protocol.crypto import CryptoUtils
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
    """PyPI `pymc_core`: packet, hash, advert and channel text, by its own functions."""

    def __init__(self, channels: Sequence[ChannelKey]) -> None:
        # its handler derives each hash anew for every packet: an index is kinder to it
        self._keys: dict[int, list[tuple[str, bytes]]] = {}
        for channel in channels:
            secret = channel.secret.reveal.ljust(32, b"\0")
            self._keys.setdefault(channel.hash, []).append((channel.name, secret))

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
        for name, secret in self._keys.get(payload[0], ()):
            try:
                plaintext = CryptoUtils.mac_then_decrypt(secret[:16], secret, payload[1:])
            except ValueError:
                continue
            text = plaintext[5:].decode("utf-8", "replace").rstrip("\0")
            sender, _, message = text.partition(": ")
            timestamp = int.from_bytes(plaintext[:4], "little")
            return {"channel": name, "timestamp": timestamp, "sender": sender, "message": message}
        return {}
