"""What analyzers of this network get from an observer; see `networks.base.Observer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.networks.meshcore.observing import status, token, topics
from meshtui.networks.meshcore.observing.message import MessageWriter, packet_type_of

if TYPE_CHECKING:
    from meshtui.model.device import Device
    from meshtui.model.packet import RxMeta
    from meshtui.model.secret import SecretBytes
    from meshtui.networks.base import Claims


class MeshcoreObserver:
    """Messages, topics and logins of one observer, or of several."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._writer = MessageWriter()

    def packet(
        self, origin: Device, payload: bytes, rx: RxMeta, at_ms: int, direction: str
    ) -> bytes:
        """Write the message of one packet."""
        return self._writer.write(origin, payload, rx, at_ms, direction)

    def packet_type(self, payload: bytes) -> int:
        """Say which number a packet's message gives as its type."""
        return packet_type_of(payload)

    def status(self, origin: Device, at_ms: int, *, is_online: bool, has_stats: bool) -> bytes:
        """Write the message that says that an observer is there, or no longer."""
        return status.write_status(origin, at_ms, is_online=is_online, has_stats=has_stats)

    def topic(self, template: str, origin: Device, iata: str) -> str:
        """Fill a topic's placeholders in."""
        return topics.fill_topic(template, origin, iata)

    def client_id(self, origin: Device, number: int) -> str:
        """Name the connection to a broker."""
        return topics.client_id_of(origin, number)

    def username(self, origin: Device) -> str:
        """Whom a token logs in: the radio's key."""
        return topics.username_of(origin)

    def token_input(self, origin: Device, claims: Claims) -> bytes:
        """Return what is to be signed for a token."""
        return token.write_input(origin, claims)

    def token(self, origin: Device, signed: bytes, signature: SecretBytes) -> SecretBytes | None:
        """Put a token together, if the signature is the radio's."""
        return token.write_token(origin, signed, signature)

    def sign(self, origin: Device, private_key: SecretBytes, data: bytes) -> SecretBytes:
        """Sign with the radio's private key from a file.

        Raises:
            CryptoError: It is none, or another node's; the text holds nothing of it.
        """
        return token.sign_by_key(origin, private_key, data)
