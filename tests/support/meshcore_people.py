"""People with a MeshCore radio: a real session, store, link and hub, by the street's clock."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.model.command import Ask, JoinChannel, ResendMessage, SendText
from meshtui.model.event import Answered, MessageQueued, NodeHeard, RouteChanged
from meshtui.model.ids import (
    MessageId,
    NetworkName,
    channel_conversation,
    direct_conversation,
)
from meshtui.model.secret import SecretBytes
from tests.support.mosquitto import eventually
from tests.support.someone import Someone, running_hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from meshtui.model.ids import NodeId
    from meshtui.model.node import Route
    from tests.support.meshcore_street import Street

MESHCORE = NetworkName("meshcore")


class RadioUser(Someone):
    """Somebody with a MeshCore radio."""

    @property
    def routes(self) -> list[Route]:
        return [event.route for event in self.events if isinstance(event, RouteChanged)]

    @property
    def link_state(self) -> str:
        (link,) = self.hub.links()
        return link.state.value

    def knows(self, other: RadioUser) -> bool:
        """Tell whether an advertisement of theirs was heard."""
        return self.knows_id(other.node_id)

    def knows_id(self, node_id: NodeId) -> bool:
        return any(isinstance(e, NodeHeard) and e.node.node_id == node_id for e in self.events)

    async def ready(self) -> None:
        """Wait until the radio has told all it is asked at first."""
        await eventually(
            lambda: any(
                device.node_id and (device.max_contacts is None or device.contacts is not None)
                for device in self.hub.devices()
            ),
            10,
        )

    async def say_to(self, node_id: NodeId, text: str) -> MessageId:
        return await self._say(direct_conversation(MESHCORE, node_id), text)

    async def say(self, to: RadioUser, text: str) -> MessageId:
        return await self.say_to(to.node_id, text)

    async def say_in(self, channel: str, text: str) -> MessageId:
        return await self._say(channel_conversation(MESHCORE, channel), text)

    async def join(self, channel: str, secret: bytes | None = None) -> None:
        key = None if secret is None else SecretBytes(secret)
        await self.hub.submit(JoinChannel(MESHCORE, channel, secret=key))

    async def ask(
        self, verb: str, node_id: NodeId | None = None, argument: str = "", secret: str = ""
    ) -> Answered:
        """Ask, and wait for the last word."""
        request_id = str(uuid.uuid4())
        password = SecretBytes(secret.encode()) if secret else None
        await self.hub.submit(Ask(MESHCORE, verb, request_id, node_id, argument, password))
        await eventually(lambda: self._last(request_id) is not None, 10)
        return self._last(request_id)

    async def resend(self, message_id: MessageId) -> None:
        """Try a failed message of ours again."""
        message = next(
            event.message
            for event in self.events
            if isinstance(event, MessageQueued) and event.message.message_id == message_id
        )
        failed = replace(message, delivery=self.deliveries[message_id])
        await self.hub.submit(ResendMessage(failed))

    async def until(self, message_id: MessageId, *states: str) -> None:
        """Wait until a message of ours has come so far."""
        await eventually(lambda: self.state(message_id) in states, 25)

    async def read(self, *texts: str) -> None:
        """Wait until these have been shown, in whatever order."""
        await eventually(lambda: set(texts) <= set(self.texts), 25)

    async def insist(self, message_id: MessageId, other: RadioUser, text: str) -> None:
        """Send a failed text again, as a user would: three attempts may be lost on the air."""
        for _ in range(3):
            await self.until(message_id, "delivered", "failed")
            if text in other.texts:
                return
            await self.resend(message_id)
        await other.read(text)

    def _last(self, request_id: str) -> Answered | None:
        answers = [event for event in self.events if isinstance(event, Answered)]
        return next(
            (found for found in answers if found.request_id == request_id and found.is_final), None
        )

    async def _say(self, conversation, text: str) -> MessageId:
        message_id = MessageId(str(uuid.uuid4()))
        await self.hub.submit(SendText(conversation, text, message_id))
        return message_id


@contextlib.asynccontextmanager
async def radio_user(
    name: str, home, air: Street, *urls: str, is_up: bool = True, **options: object
) -> AsyncIterator[RadioUser]:
    """Start somebody's mesh; what they keep is in `home` and is found there again."""
    async with running_hub(MESHCORE, name, home, urls, air.clock, options) as hub:
        person = RadioUser(hub)
        async with asyncio.TaskGroup() as group:
            follower = group.create_task(person.follow())
            try:
                if is_up:
                    await person.is_up()
                    await person.ready()
                yield person
            finally:
                follower.cancel()
