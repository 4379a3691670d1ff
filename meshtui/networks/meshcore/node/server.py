"""What repeaters, rooms and sensors have in common: clients that log in, ask and command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.node import bodies, paths
from meshtui.networks.meshcore.node.cli import Shell
from meshtui.networks.meshcore.node.clients import Client, ClientTable
from meshtui.networks.meshcore.node.contacts import OutPath
from meshtui.networks.meshcore.node.delays import CLI_REPLY_MS, RESPONSE_MS, TEXT_ACK_MS, spread_ms
from meshtui.networks.meshcore.node.flood import reply_scope
from meshtui.networks.meshcore.node.limits import Window
from meshtui.networks.meshcore.node.login import LoginRequest, let_in, login_answer
from meshtui.networks.meshcore.node.neighbours import Heard, NeighbourTable
from meshtui.networks.meshcore.node.outputs import ControlHeard, PathLearned
from meshtui.networks.meshcore.node.sealed import seal_for
from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.payloads.anon_request import (
    QueryAnswer,
    QueryKind,
    decode_anon_body,
    encode_query_answer,
)
from meshtui.networks.meshcore.payloads.control import (
    DiscoverResponse,
    control_of,
    decode_control,
    discover_request_of,
    encode_control,
)
from meshtui.networks.meshcore.payloads.path import ExtraType
from meshtui.networks.meshcore.payloads.request import decode_request
from meshtui.networks.meshcore.payloads.response import ResponseBody, encode_response
from meshtui.networks.meshcore.payloads.text import (
    TextBody,
    TextType,
    ack_of,
    decode_text,
    encode_text,
)
from meshtui.networks.meshcore.payloads.utf8 import cut

if TYPE_CHECKING:
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.packet import Packet
    from meshtui.networks.meshcore.payloads.anon_request import AnonBody
    from meshtui.networks.meshcore.payloads.path import PathBody

_ACK: Final = int(PayloadType.ACK)
_PATH: Final = int(PayloadType.PATH)
_RESPONSE: Final = int(PayloadType.RESPONSE)
_TXT_MSG: Final = int(PayloadType.TXT_MSG)
_TAG_BYTES: Final = 4
_PREFIX_KEY_BYTES: Final = 8
_MAX_REPLY_BYTES: Final = 160
_FORWARDING_OFF: Final = 0x80
_DISCOVER_SPREAD: Final = 4  # times the delay of a flood: everybody in reach answers


class ServerHost:
    """A repeater or sensor; the base of a room."""

    def __init__(self, core: Core) -> None:
        """Begin without clients."""
        self._core = core
        self._clients = ClientTable()
        self._neighbours = NeighbourTable()
        self._shell = Shell(core, self._neighbours)
        self._strangers = Window(4, 180.0)
        self._calls = Window(4, 120.0)

    @property
    def next_deadline_s(self) -> float | None:
        """Nothing is ever due."""
        return None

    def tick(self) -> None:
        """Nothing is ever due."""

    def knows(self, peer: bytes) -> bool:
        """Only who logged in is listened to."""
        return self._clients.get(peer) is not None

    # -- what clients say

    def text(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        """Carry out the command of an administrator."""
        del rx
        client = self._clients.get(peer)
        body = decode_text(plaintext)
        if client is None or not client.is_admin:
            self._core.drop("no-admin")
        elif body.txt_type > TextType.COMMAND:
            self._core.drop("unknown-text")
        elif body.timestamp < client.last_timestamp:
            self._core.drop("replay")
        else:
            is_retry = body.timestamp == client.last_timestamp
            self._touch(client, body.timestamp)
            if body.txt_type == TextType.PLAIN:
                self._acknowledge(packet, client, body)
            self._command(packet, client, body, is_retry=is_retry)

    def request(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        """Answer a question of a client."""
        del rx
        core = self._core
        client = self._clients.get(peer)
        body = decode_request(plaintext)
        if client is None or body.tag <= client.last_timestamp:
            core.drop("replay")
            return
        answer = bodies.answer(core, self._clients, self._neighbours, client, body)
        if answer is None:
            core.drop("unknown-request")
            return
        self._touch(client, body.tag)
        self._respond(packet, client, encode_response(ResponseBody(body.tag, answer)))

    def response(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        """A server asks nothing."""
        del packet, rx, peer, plaintext
        self._core.drop("unasked")

    def path(self, packet: Packet, rx: RxMeta, peer: bytes, body: PathBody) -> bool:
        """Learn the way to a client; it knows the way to us already."""
        client = self._clients.get(peer)
        if client is not None:
            client.out_path = OutPath(body.path_len, body.path)
            client.active_at_s = self._core.now.mono_s
            self._core.out.append(PathLearned(peer, client.out_path, rx))
        if body.ack is not None:
            self.ack(packet, rx, body.ack)
        return False

    def ack(self, packet: Packet, rx: RxMeta, ack: bytes) -> bool:
        """Nothing we send is acknowledged."""
        del packet, rx, ack
        return False

    # -- strangers

    def anon(self, packet: Packet, rx: RxMeta, sender: bytes, plaintext: bytes) -> None:
        """Let somebody in, or answer a question that anybody may ask."""
        del rx
        body = decode_anon_body(plaintext)
        login = self._login_in(sender, body)
        if login is None:
            self._query(packet, sender, body)
            return
        core = self._core
        client = let_in(core, self._clients, login)
        if client is None:
            return
        self._admitted(client)
        if packet.is_flood:
            client.out_path = None
        self._welcome(packet, client, login_answer(core, client))

    def control(self, packet: Packet, rx: RxMeta) -> None:
        """Answer a call for repeaters, not too often, and not at once with all the others."""
        core = self._core
        core.out.append(ControlHeard(packet.payload, packet, rx))
        call = discover_request_of(decode_control(packet.payload))
        settings = core.settings
        if call is None or not settings.forwards or not call.type_filter >> settings.role & 1:
            return
        if not self._calls.allow(core.now.mono_s):
            core.drop("rate")
            return
        size = _PREFIX_KEY_BYTES if call.wants_prefix else len(core.public_key)
        snr = 0 if rx.snr_db is None else max(-128, min(127, int(rx.snr_db * 4)))
        answer = DiscoverResponse(settings.role, snr, call.tag, core.public_key[:size])
        payload = encode_control(control_of(answer))
        delay_ms = spread_ms(
            len(payload), settings.tx_delay_factor, settings.radio, core.random_below
        )
        core.zero_hop(int(PayloadType.CONTROL), payload, delay_ms * _DISCOVER_SPREAD)

    def neighbour(self, packet: Packet, rx: RxMeta, public_key: bytes, node_type: int) -> None:
        """Note a repeater in reach."""
        del packet
        if node_type == AdvertType.REPEATER:
            snr = 0 if rx.snr_db is None else max(-128, min(127, int(rx.snr_db * 4)))
            self._neighbours.put(Heard(public_key, self._core.clock_s(self._core.now), snr))

    # -- for a room, too

    def _login_in(self, sender: bytes, body: AnonBody) -> LoginRequest | None:
        """Read a login; None = it is a question."""
        password = body.password
        return None if password is None else LoginRequest(sender, body.timestamp, password)

    def _admitted(self, client: Client) -> None:
        client.active_at_s = self._core.now.mono_s

    def _welcome(self, packet: Packet, client: Client, answer: bytes) -> None:
        """Answer a login; one that came along a path by a flood, for a path may have changed."""
        if packet.is_flood:
            self._respond(packet, client, answer)
        else:
            payload = seal_for(self._core, client.public_key, answer)
            self._flood_back(packet, _RESPONSE, payload, RESPONSE_MS)

    def _touch(self, client: Client, timestamp: int) -> None:
        client.last_timestamp = timestamp
        client.active_at_s = self._core.now.mono_s

    def _acknowledge(self, packet: Packet, client: Client, body: TextBody) -> None:
        ack = ack_of(body, client.public_key)
        self._send(packet, client, _ACK, ack, TEXT_ACK_MS)

    def _command(self, packet: Packet, client: Client, body: TextBody, *, is_retry: bool) -> None:
        """Carry a command out once, and send what it says."""
        core = self._core
        reply = "" if is_retry else self._shell.run(body.text, body.timestamp, client.public_key)
        if not reply:
            return
        timestamp = core.unique_time()
        if timestamp == body.timestamp:
            timestamp += 1  # question and answer would stand in the wrong order
        answer = TextBody(timestamp, cut(reply, _MAX_REPLY_BYTES), TextType.COMMAND)
        payload = seal_for(core, client.public_key, encode_text(answer))
        self._send(packet, client, _TXT_MSG, payload, CLI_REPLY_MS)

    def _respond(self, packet: Packet, client: Client, plaintext: bytes) -> None:
        """Answer; who flooded the question is told the way to us, too."""
        core = self._core
        peer = client.public_key
        if not packet.is_flood:
            self._send(packet, client, _RESPONSE, seal_for(core, peer, plaintext), RESPONSE_MS)
            return
        payload = paths.path_return(core, peer, packet, ExtraType.RESPONSE, plaintext)
        self._flood_back(packet, _PATH, payload, RESPONSE_MS)

    def _send(
        self, packet: Packet, client: Client, payload_type: int, payload: bytes, delay_ms: int
    ) -> None:
        if client.out_path is None:
            self._flood_back(packet, payload_type, payload, delay_ms)
        else:
            self._core.direct(payload_type, payload, client.out_path, delay_ms)

    def _flood_back(self, packet: Packet, payload_type: int, payload: bytes, delay_ms: int) -> None:
        """Flood an answer as its question was flooded: same hashes, same region."""
        core = self._core
        core.flood(
            payload_type,
            payload,
            delay_ms,
            hash_size=packet.hash_size,
            scope=reply_scope(core, packet),
        )

    def _query(self, packet: Packet, sender: bytes, body: AnonBody) -> None:
        """Answer what anybody may ask, along the way back that the question names."""
        core = self._core
        query = body.query
        if query is None or packet.is_flood:
            core.drop("unknown-request")
            return
        if not self._strangers.allow(core.now.mono_s):
            core.drop("rate")
            return
        kind, path_len, path = query
        settings = core.settings
        if kind == QueryKind.CLOCK:
            said = bytes((0 if settings.forwards else _FORWARDING_OFF,))
        elif kind == QueryKind.OWNER:
            said = cut(f"{settings.name}\n{settings.owner}", _MAX_REPLY_BYTES - 8)
        else:
            names = [region.name.lstrip("#") for region in settings.regions]
            said = cut(",".join((["*"] if settings.passes_unscoped else []) + names), 140)
        answer = encode_query_answer(QueryAnswer(core.clock_s(core.now), said))
        plaintext = encode_response(ResponseBody(body.timestamp, answer))
        payload = seal_for(core, sender, plaintext)
        core.direct(_RESPONSE, payload, OutPath(path_len, path), RESPONSE_MS)
