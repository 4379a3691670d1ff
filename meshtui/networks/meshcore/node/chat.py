"""A chat node: it reads texts, acknowledges them, learns paths and asks questions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.node import paths
from meshtui.networks.meshcore.node.asking import send_keep_alive
from meshtui.networks.meshcore.node.contacts import OutPath
from meshtui.networks.meshcore.node.delays import EXTRA_ACK_MS, RESPONSE_MS, TEXT_ACK_MS
from meshtui.networks.meshcore.node.outputs import (
    AckHeard,
    ConnectionLost,
    ControlHeard,
    LoginAnswered,
    PathDiscovered,
    RequestHeard,
    ResponseHeard,
    TextHeard,
)
from meshtui.networks.meshcore.node.pending import PATH_DISCOVERY
from meshtui.networks.meshcore.node.sealed import seal_for
from meshtui.networks.meshcore.node.settings import TelemetryAccess
from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.payloads.lpp import battery_lpp
from meshtui.networks.meshcore.payloads.multipart import Multipart, encode_multipart
from meshtui.networks.meshcore.payloads.path import ExtraType
from meshtui.networks.meshcore.payloads.request import RequestKind, decode_request
from meshtui.networks.meshcore.payloads.response import (
    ResponseBody,
    decode_login,
    encode_response,
)
from meshtui.networks.meshcore.payloads.text import TextType, ack_between, decode_text

if TYPE_CHECKING:
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.packet import Packet
    from meshtui.networks.meshcore.payloads.path import PathBody
    from meshtui.networks.meshcore.payloads.text import TextBody

_ACK: Final = int(PayloadType.ACK)
_PATH: Final = int(PayloadType.PATH)
_RESPONSE: Final = int(PayloadType.RESPONSE)
_TAG_BYTES: Final = 4
_MAY_ASK_BASE: Final = 0x02  # of a contact's flags
_OLD_LOGIN_OK: Final = b"OK"


class ChatHost:
    """The role of whom people hold in their hands."""

    def __init__(self, core: Core) -> None:
        """Begin with nothing to do."""
        self._core = core

    @property
    def next_deadline_s(self) -> float | None:
        """When a room is to be told that we are here."""
        return self._core.connections.next_deadline_s

    def tick(self) -> None:
        """Tell rooms that we are here, and find out which have gone."""
        core = self._core
        for peer in core.connections.take_lost(core.now.mono_s):
            core.out.append(ConnectionLost(peer))
        for connection in core.connections.due(core.now.mono_s):
            connection.ack = send_keep_alive(core, connection.peer)

    def knows(self, peer: bytes) -> bool:
        """Whoever the keyring knows may write to us."""
        del peer
        return True

    def text(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        """Tell of a text, and acknowledge it."""
        core = self._core
        body = decode_text(plaintext)
        if body.txt_type > TextType.SIGNED or not (body.text_bytes or body.is_acked):
            core.drop("unknown-text")
            return
        if body.txt_type == TextType.SIGNED:
            self._synced(peer, body.timestamp)
        core.connections.heard(peer, core.now.mono_s)
        core.out.append(
            TextHeard(
                peer,
                body.timestamp,
                body.txt_type,
                body.tries,
                body.text,
                body.sender_prefix,
                packet,
                rx,
            )
        )
        self._answer_text(packet, peer, body)

    def request(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        """Answer a contact that asks how we do, if it may; the rest is the driver's."""
        core = self._core
        body = decode_request(plaintext)
        tag = plaintext[:_TAG_BYTES]
        if body.kind == RequestKind.TELEMETRY and self._may_ask(peer):
            answer = ResponseBody(body.tag, battery_lpp(core.stats.battery_mv))
            respond(core, packet, peer, encode_response(answer))
        else:
            core.out.append(RequestHeard(peer, tag, body.kind, body.parameters, packet, rx))

    def response(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        """Tell of an answer; one that floods although we know the way gets our path again."""
        self._answered(packet, rx, peer, plaintext)
        paths.tell_again(self._core, packet, peer)

    def path(self, packet: Packet, rx: RxMeta, peer: bytes, body: PathBody) -> bool:
        """Learn the way to a peer, and take the ack or the answer that comes with it."""
        core = self._core
        response = body.response
        if response is not None and self._discovered(packet, rx, peer, body, response):
            return False
        paths.learn(core, rx, peer, body)
        if body.ack is not None:
            self._acknowledged(packet, rx, body.ack)
        elif response is not None:
            self._answered(packet, rx, peer, response)
        return True

    def ack(self, packet: Packet, rx: RxMeta, ack: bytes) -> bool:
        """Take an acknowledgement of a text or of a sign of life."""
        peer = self._acknowledged(packet, rx, ack)
        if peer is None:
            return False
        paths.tell_again(self._core, packet, peer)
        return True

    def anon(self, packet: Packet, rx: RxMeta, sender: bytes, plaintext: bytes) -> None:
        """Nobody logs in here."""
        del packet, rx, sender, plaintext
        self._core.drop("no-login")

    def control(self, packet: Packet, rx: RxMeta) -> None:
        """Tell; chat nodes are not to be discovered."""
        self._core.out.append(ControlHeard(packet.payload, packet, rx))

    def neighbour(self, packet: Packet, rx: RxMeta, public_key: bytes, node_type: int) -> None:
        """Neighbours are kept by repeaters only."""

    # -- texts

    def _answer_text(self, packet: Packet, peer: bytes, body: TextBody) -> None:
        """Acknowledge; and who flooded is told the way to us, too."""
        core = self._core
        value = ack_between(body, peer, core.public_key)
        ack = b""
        if value is not None:
            ack = value
            if body.txt_type == TextType.PLAIN:
                # a repeated acknowledgement must be another packet than the first
                ack += bytes((body.extended_attempt or 0,)) + core.random(1)
        if packet.is_flood:
            payload = paths.path_return(core, peer, packet, ExtraType.ACK, ack)
            delay_ms = TEXT_ACK_MS if ack else 0
            core.flood(_PATH, payload, delay_ms, scope=core.settings.scope)
        elif ack:
            send_ack(core, ack, core.out_path(peer))

    def _synced(self, peer: bytes, timestamp: int) -> None:
        contact = self._core.contacts.get(peer)
        if contact is not None and timestamp > contact.sync_since:
            self._core.change_contact(replace(contact, sync_since=timestamp))

    def _acknowledged(self, packet: Packet, rx: RxMeta, ack: bytes) -> bytes | None:
        """Tell what an ack answers; None = nothing of ours."""
        core = self._core
        now_s = core.now.mono_s
        pending = core.acks.take(ack)
        if pending is None:
            return core.connections.acknowledged(ack, now_s)
        rtt_ms = max(0, round((now_s - pending.sent_at_s) * 1000))
        core.out.append(AckHeard(ack, pending.peer, rtt_ms, packet, rx))
        return pending.peer

    # -- questions

    def _may_ask(self, peer: bytes) -> bool:
        access = self._core.settings.telemetry
        contact = self._core.contacts.get(peer)
        if contact is None or access is TelemetryAccess.NOBODY:
            return False
        return access is TelemetryAccess.EVERYBODY or bool(contact.flags & _MAY_ASK_BASE)

    def _answered(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        core = self._core
        tag, body = plaintext[:_TAG_BYTES], plaintext[_TAG_BYTES:]
        core.connections.heard(peer, core.now.mono_s)
        if core.pending.take_login(peer):
            core.out.append(_login_answer(packet, rx, peer, tag, body))
            return
        question = core.pending.take(tag, peer)
        kind = None if question is None else question.kind
        core.out.append(ResponseHeard(peer, tag, body, kind, packet, rx))

    def _discovered(
        self, packet: Packet, rx: RxMeta, peer: bytes, body: PathBody, response: bytes
    ) -> bool:
        """Take the answer to a search for a path; False = it is another."""
        core = self._core
        question = core.pending.peek(response[:_TAG_BYTES], peer)
        if question is None or question.kind != PATH_DISCOVERY:
            return False
        core.pending.take(response[:_TAG_BYTES], peer)
        core.out.append(
            PathDiscovered(
                peer,
                OutPath(body.path_len, body.path),
                OutPath(packet.path_len, packet.path),
                rx,
            )
        )
        return True


def send_ack(core: Core, ack: bytes, out_path: OutPath | None) -> None:
    """Acknowledge along a path, as often as we are set to, or as a flood."""
    if out_path is None:
        core.flood(_ACK, ack, TEXT_ACK_MS, scope=core.settings.scope)
        return
    delay_ms = TEXT_ACK_MS
    if core.settings.extra_acks:
        part = encode_multipart(Multipart(1, _ACK, ack))
        core.direct(int(PayloadType.MULTIPART), part, out_path, delay_ms)
        delay_ms += EXTRA_ACK_MS
    core.direct(_ACK, ack, out_path, delay_ms)


def respond(core: Core, packet: Packet, peer: bytes, plaintext: bytes) -> None:
    """Answer a request, by its tag; who flooded it is told the way to us, too.

    Raises:
        EncodeError: The answer fits no packet.
    """
    if packet.is_flood:
        payload = paths.path_return(core, peer, packet, ExtraType.RESPONSE, plaintext)
        core.flood(_PATH, payload, RESPONSE_MS, scope=core.settings.scope)
        return
    payload = seal_for(core, peer, plaintext)
    core.to_peer(_RESPONSE, payload, core.out_path(peer), RESPONSE_MS)


def _login_answer(
    packet: Packet, rx: RxMeta, peer: bytes, clock: bytes, body: bytes
) -> LoginAnswered:
    """Read the answer to a login, that of old firmware too."""
    server_time = int.from_bytes(clock, "little")
    if body.startswith(_OLD_LOGIN_OK):
        return LoginAnswered(peer, True, False, 0, server_time, 0, packet, rx)
    try:
        answer = decode_login(body)
    except DecodeError:
        return LoginAnswered(peer, False, False, 0, server_time, 0, packet, rx)
    return LoginAnswered(
        peer,
        answer.result == 0,
        answer.is_admin == 1,
        answer.permissions,
        server_time,
        answer.level,
        packet,
        rx,
    )
