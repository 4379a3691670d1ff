"""Runs inputs through the sessions, a slice at a time, so that the loop is never held long."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meshtui.errors import LocalProtocolError
from meshtui.model.command import (
    CancelMessage,
    MarkNode,
    MarkRead,
    ResendMessage,
    SendText,
    SetDraft,
    SetNotify,
)
from meshtui.model.event import ConversationRead, DraftChanged, NodeMarked, NotifyChanged
from meshtui.model.ids import split_conversation
from meshtui.model.packet import Frame, Refused, Transmitted
from meshtui.runtime.bugs import log_bug
from meshtui.runtime.inbox import Asked, Farewell, LinkClosed, LinkOpened

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping, Sequence

    from meshtui.model.command import Command, SessionCommand
    from meshtui.model.event import Event
    from meshtui.model.ids import Instant, LinkId, NetworkName
    from meshtui.networks.base import Output, Session
    from meshtui.runtime.clock import Clock
    from meshtui.runtime.inbox import Inbox, Input

# The screen redraws between slices: a key pressed in a flood is answered within two of them.
SLICE_S = 0.005
SLICE_INPUTS = 256
# A session whose deadline stays in the past must not turn the loop into a spin.
SHORTEST_TICK_S = 0.01
FAILING_TICK_S = 1.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Slice:
    """What follows from some inputs: first `outputs`, in order, then the rest."""

    outputs: list[Output] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    replies: list[asyncio.Future[None]] = field(default_factory=list)


class Slicer:
    """Takes inputs from the inbox to the session they concern."""

    def __init__(
        self,
        sessions: Mapping[NetworkName, Session],
        networks: Mapping[LinkId, NetworkName],
        inbox: Inbox,
        clock: Clock,
    ) -> None:
        """Serve `sessions`; `networks` says whose a link is."""
        self._sessions = sessions
        self._by_link = {link_id: sessions[network] for link_id, network in networks.items()}
        self._inbox = inbox
        self._clock = clock
        self._last_tick_s = float("-inf")
        self._is_untimely = False

    @property
    def next_deadline_s(self) -> float | None:
        """When the first session wants to be told that time has passed; None = none does."""
        deadlines = [
            deadline_s
            for session in self._sessions.values()
            if (deadline_s := self._deadline_of(session)) is not None
        ]
        if not deadlines:
            return None
        return max(min(deadlines), self._last_tick_s + SHORTEST_TICK_S)

    def _deadline_of(self, session: Session) -> float | None:
        """Ask a session; one that fails to say is woken every second."""
        try:
            return session.next_deadline_s
        except Exception as error:  # noqa: BLE001 - a bug must not stop the others' time
            if not self._is_untimely:
                self._is_untimely = True
                log_bug(_log, "next_deadline_s", error)
            return self._last_tick_s + FAILING_TICK_S

    def run(self) -> Slice:
        """Take what waits, for about five milliseconds."""
        result = Slice()
        now = self._clock.now()
        until_s = now.mono_s + SLICE_S
        deadline_s = self.next_deadline_s
        if deadline_s is not None and deadline_s <= now.mono_s:
            self._last_tick_s = now.mono_s
            for session in self._sessions.values():
                result.outputs += _guarded(session.tick, now)
        for _ in range(min(SLICE_INPUTS, len(self._inbox))):
            self._take(self._inbox.pop(), now, result)
            now = self._clock.now()
            if now.mono_s >= until_s:
                break
        return result

    def _take(self, item: Input, now: Instant, result: Slice) -> None:
        match item:
            case Frame():
                result.outputs += _guarded(self._by_link[item.link_id].receive, item)
                result.frames.append(item)
            case Transmitted(transmit):
                session = self._by_link[transmit.link_id]
                result.outputs += _guarded(session.transmitted, transmit, now)
            case Refused(transmit, reason):
                session = self._by_link[transmit.link_id]
                result.outputs += _guarded(session.refused, transmit, reason, now)
            case LinkOpened(link):
                result.outputs += _guarded(self._by_link[link.link_id].link_up, link, now)
            case LinkClosed(link_id):
                result.outputs += _guarded(self._by_link[link_id].link_down, link_id, now)
            case Asked(command, reply):
                self._carry_out(command, reply, now, result)
            case Farewell(reply):
                for session in self._sessions.values():
                    result.outputs += _guarded(session.shutdown, now)
                result.replies.append(reply)

    def _carry_out(
        self, command: Command, reply: asyncio.Future[None], now: Instant, result: Slice
    ) -> None:
        if reply.done():  # the asker has gone, and nothing has happened yet
            return
        try:
            result.outputs += self._obey(command, now)
        except LocalProtocolError as error:
            reply.set_exception(error)
        except Exception as error:  # noqa: BLE001 - a bug costs one command, not the mesh
            log_bug(_log, "submit", error)
            msg = f"this failed inside meshtui ({type(error).__name__}); the log says where"
            reply.set_exception(LocalProtocolError(msg))
        else:
            result.replies.append(reply)

    def _obey(self, command: Command, now: Instant) -> Sequence[Output]:
        local = _local_event(command)
        if local is not None:
            return (local,)
        network = _network_of(command)  # type: ignore[arg-type]
        if network not in self._sessions:
            known = ", ".join(self._sessions) or "none"
            msg = f"no network named {network!r} is set up (set up: {known})"
            raise LocalProtocolError(msg)
        return self._sessions[network].submit(command, now)  # type: ignore[arg-type]


def _local_event(command: Command) -> Event | None:
    match command:
        case MarkNode(network, node_id, marks):
            return NodeMarked(network, node_id, marks)
        case MarkRead(conversation, order):
            return ConversationRead(conversation, order)
        case SetDraft(conversation, draft):
            return DraftChanged(conversation, draft)
        case SetNotify(conversation, notify):
            return NotifyChanged(conversation, notify)
        case _:
            return None


def _network_of(command: SessionCommand) -> NetworkName:
    match command:
        case SendText() | CancelMessage():
            return split_conversation(command.conversation)[0]
        case ResendMessage(message):
            return split_conversation(message.conversation)[0]
        case _:
            return command.network


def _guarded(call: Callable[..., Sequence[Output]], *args: object) -> Sequence[Output]:
    """Call a session. It promises not to raise; were it to, one input is lost, not the mesh."""
    try:
        return call(*args)
    except Exception as error:  # noqa: BLE001 - a bug costs one input, not the mesh
        log_bug(_log, getattr(call, "__name__", "session"), error)
        return ()
