"""A room: what its members post is kept, and pushed to each that has not got it yet.

A post is pushed as a text that names its author, one at a time to each member, and the next follows
when it is acknowledged. After three lost in a row a member is let be until it is heard again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.node import bodies
from meshtui.networks.meshcore.node.clients import Client, Permission
from meshtui.networks.meshcore.node.delays import EXTRA_ACK_MS, RESPONSE_MS, TEXT_ACK_MS
from meshtui.networks.meshcore.node.login import LoginRequest
from meshtui.networks.meshcore.node.outputs import PostStored
from meshtui.networks.meshcore.node.sealed import seal_for
from meshtui.networks.meshcore.node.server import ServerHost
from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.payloads.multipart import Multipart, encode_multipart
from meshtui.networks.meshcore.payloads.request import (
    RequestKind,
    decode_request,
    keep_alive_ack,
)
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
    from meshtui.networks.meshcore.payloads.request import RequestBody

MAX_POSTS: Final = 32
MAX_POST_BYTES: Final = 151
MAX_FAILURES: Final = 3
_ACK: Final = int(PayloadType.ACK)
_FIRST_PUSH_S: Final = 2.0
_PUSH_INTERVAL_S: Final = 1.2
_RIPE_S: Final = 6  # a post is pushed when it is so old
_FLOOD_ACK_S: Final = 12.0
_DIRECT_ACK_S: Final = 4.0
_HOP_ACK_S: Final = 2.0
_AUTHOR_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Post:
    """What a member wrote.

    Attributes:
        timestamp: By our clock, unique.
    """

    author: bytes
    timestamp: int
    text: bytes


class RoomHost(ServerHost):
    """The role of a room server."""

    def __init__(self, core: Core) -> None:
        """Begin empty."""
        super().__init__(core)
        self._posts: deque[Post] = deque(maxlen=MAX_POSTS)
        self._next_push_s = 0.0

    @property
    def next_deadline_s(self) -> float | None:
        """When a post is to be pushed, or a push is lost; None = everybody has everything."""
        core = self._core
        clock_s = core.clock_s(core.now)
        times = []
        for client in self._clients:
            if client.push_ack:
                times.append(client.push_until_s)
            elif (post := self._missing(client)) is not None:
                ripe_in_s = post.timestamp + _RIPE_S - clock_s
                times.append(max(self._next_push_s, core.now.mono_s + ripe_in_s))
        return min(times, default=None)

    def tick(self) -> None:
        """Count lost pushes, and push what is due to one member."""
        core = self._core
        now_s = core.now.mono_s
        for client in self._clients:
            if client.push_ack and now_s >= client.push_until_s:
                client.push_ack = b""
                client.push_failures += 1
        if now_s < self._next_push_s:
            return
        ripe = core.clock_s(core.now) - _RIPE_S
        for client in self._clients:
            post = None if client.push_ack else self._missing(client)
            if post is not None and post.timestamp <= ripe:
                self._push(client, post)
                self._next_push_s = now_s + _PUSH_INTERVAL_S
                # whoever comes first this time comes last the next
                self._clients.put_last(client)
                return

    def text(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        """Take a post, or the command of an administrator."""
        del rx
        core = self._core
        client = self._clients.get(peer)
        body = decode_text(plaintext)
        if client is None or body.txt_type > TextType.COMMAND:
            core.drop("unknown-text")
        elif body.timestamp < client.last_timestamp:
            core.drop("replay")
        else:
            is_retry = body.timestamp == client.last_timestamp
            self._touch(client, body.timestamp)
            if body.txt_type == TextType.PLAIN:
                self._post(packet, client, body, is_retry=is_retry)
            elif client.is_admin:
                self._command(packet, client, body, is_retry=is_retry)
            else:
                core.drop("no-admin")

    def request(self, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
        """Answer a member's question or sign of life."""
        del rx
        core = self._core
        client = self._clients.get(peer)
        body = decode_request(plaintext)
        if client is None or body.tag < client.last_timestamp:
            core.drop("replay")
            return
        self._touch(client, body.tag)
        if body.kind == RequestKind.KEEP_ALIVE and not packet.is_flood:
            self._keep_alive(client, body)
            return
        answer = bodies.answer(core, self._clients, self._neighbours, client, body)
        if answer is None:
            core.drop("unknown-request")
        else:
            self._respond(packet, client, plaintext[:4] + answer)

    def ack(self, packet: Packet, rx: RxMeta, ack: bytes) -> bool:
        """A member has got a post."""
        del packet, rx
        for client in self._clients:
            if client.push_ack and client.push_ack == ack:
                client.push_ack = b""
                client.push_failures = 0
                client.since = client.push_time
                return True
        return False

    # -- inside

    def _login_in(self, sender: bytes, body: AnonBody) -> LoginRequest | None:
        since, password = body.room_login
        return LoginRequest(sender, body.timestamp, password, since)

    def _admitted(self, client: Client) -> None:
        super()._admitted(client)
        # the answer shall arrive before the first post
        self._next_push_s = self._core.now.mono_s + _FIRST_PUSH_S

    def _welcome(self, packet: Packet, client: Client, answer: bytes) -> None:
        self._respond(packet, client, answer)

    def _touch(self, client: Client, timestamp: int) -> None:
        super()._touch(client, timestamp)
        client.push_failures = 0

    def _post(self, packet: Packet, client: Client, body: TextBody, *, is_retry: bool) -> None:
        """Keep a post and acknowledge it; a retry is acknowledged only."""
        core = self._core
        if client.role is Permission.GUEST:
            core.drop("read-only")
            return
        if not is_retry:
            self._store(client.public_key, body)
        ack = ack_of(body, client.public_key)
        delay_ms = TEXT_ACK_MS
        if client.out_path is not None and core.settings.extra_acks:
            part = encode_multipart(Multipart(1, _ACK, ack))
            core.direct(int(PayloadType.MULTIPART), part, client.out_path, delay_ms)
            delay_ms += EXTRA_ACK_MS
        self._send(packet, client, _ACK, ack, delay_ms)

    def _store(self, author: bytes, body: TextBody) -> None:
        core = self._core
        post = Post(author, core.unique_time(), cut(body.text, MAX_POST_BYTES))
        self._posts.append(post)
        core.stats.posted += 1
        self._next_push_s = max(self._next_push_s, core.now.mono_s + _FIRST_PUSH_S)
        core.out.append(PostStored(author, post.timestamp, body.text))

    def _missing(self, client: Client) -> Post | None:
        """Return the oldest post that a member lacks and may be sent; None = none."""
        if client.push_failures >= MAX_FAILURES:
            return None
        for post in self._posts:
            if post.timestamp > client.since and post.author != client.public_key:
                return post
        return None

    def _push(self, client: Client, post: Post) -> None:
        core = self._core
        # the attempt is drawn, so that a retry is another packet with another ack
        attempt = core.random(1)[0] & 3
        prefix = post.author[:_AUTHOR_BYTES]
        body = TextBody(post.timestamp, post.text, TextType.SIGNED, attempt, prefix)
        payload = seal_for(core, client.public_key, encode_text(body))
        client.push_ack = ack_of(body, client.public_key)
        client.push_time = post.timestamp
        core.to_peer(int(PayloadType.TXT_MSG), payload, client.out_path)
        wait_s = _FLOOD_ACK_S
        if client.out_path is not None:
            wait_s = _DIRECT_ACK_S + _HOP_ACK_S * (client.out_path.hops + 1)
        client.push_until_s = core.now.mono_s + wait_s
        core.stats.pushed += 1

    def _keep_alive(self, client: Client, body: RequestBody) -> None:
        """Answer a sign of life with an ack that says how many posts wait, along a path only."""
        core = self._core
        since = int.from_bytes(body.parameters[:4], "little")
        if since:
            client.since = since
        client.push_ack = b""
        if client.out_path is None:
            core.drop("no-path")
            return
        ack = keep_alive_ack(body, client.public_key)
        waiting = sum(
            post.timestamp > client.since and post.author != client.public_key
            for post in self._posts
        )
        core.direct(_ACK, ack + bytes((waiting,)), client.out_path, RESPONSE_MS)
