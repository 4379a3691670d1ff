"""What the keys of the chat pane do; the pane itself says what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.command import CancelMessage, ResendMessage
from meshtui.model.ids import (
    ConversationKind,
    NetworkName,
    NodeId,
    channel_title,
    direct_conversation,
    split_conversation,
)
from meshtui.model.message import DeliveryState
from meshtui.model.text import clean
from meshtui.tui.panes.chat_search import ChatSearch
from meshtui.tui.state.choices import Choice
from meshtui.tui.state.directory import CLAIM
from meshtui.tui.state.joining import invited_to, is_card
from meshtui.tui.text.details import channel_lines, message_lines, node_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.command import JoinChannel
    from meshtui.model.ids import ConversationId
    from meshtui.model.message import Message, SendCost
    from meshtui.tui.command import Command
    from meshtui.tui.state.asking import Wish

RETRIABLE = (DeliveryState.FAILED, DeliveryState.CANCELLED)
_WAITING = (
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.SENT,
    DeliveryState.RELAYED,
)


def is_command(typed: str) -> bool:
    """Tell whether a line is carried out rather than sent; `//` is a slash that is sent.

    A blank before it does not send what may hold a secret.
    """
    line = typed.lstrip()
    return line.startswith("/") and not line.startswith(("//", "/me "))


class ChatActions(ChatSearch):
    """The actions on the widgets of the chat pane; `ChatPane` opens and folds."""

    def open_conversation(self, conversation: ConversationId, at: int = 0) -> None:
        """Show a conversation, at the message with an order; an unknown one begins empty."""
        raise NotImplementedError

    def join(self, request: JoinChannel, typed: str = "") -> None:
        """Join a channel and open it; where it is refused, what was typed comes back."""
        raise NotImplementedError

    def run_slash(self, line: str) -> None:
        """Carry out a typed command."""
        raise NotImplementedError

    # -- actions -----------------------------------------------------------------------------

    def action_toggle_chats(self) -> None:
        """Into the list, sliding it in where it is not on the screen; and back."""
        if self.chats.has_focus:
            self.step_back()
            return
        self.add_class("-slid")
        self.chats.focus()
        self.chats.redraw()

    def action_next_unread(self) -> None:
        """Where something waits."""
        conversation = self.book.next_unread()
        if conversation is None:
            self.tell("Nothing unread elsewhere")
        else:
            self.open_conversation(conversation)

    def action_next_chat(self) -> None:
        """The one below."""
        self._open_neighbour(1)

    def action_previous_chat(self) -> None:
        """The one above."""
        self._open_neighbour(-1)

    def _open_neighbour(self, step: int) -> None:
        conversation = self.chats.neighbour(step)
        if conversation is not None:
            self.open_conversation(conversation)

    def action_write(self) -> None:
        """To the message line."""
        self.composer.focus()

    def _chosen(self, states: Sequence[DeliveryState]) -> Message | None:
        """The selected message of ours in one of these states, or the newest such one."""
        selected = self.messages.selected() if self.messages.has_focus else None
        if selected is not None and selected.delivery is not None:
            return selected if selected.delivery.state in states else None
        return self.log_shown.last_own(states) if self.log_shown else None

    def action_resend(self) -> None:
        """The same message again."""
        message = self._chosen(RETRIABLE)
        if message is None:
            self.tell("No message of yours has failed here")
        else:
            self.submit(ResendMessage(message))

    def action_cancel_message(self) -> None:
        """Stop trying."""
        message = self._chosen(_WAITING)
        if message is None:
            self.tell("No message of yours waits here")
        else:
            self.submit(CancelMessage(message.conversation, message.message_id))

    def action_copy_text(self) -> None:
        """The selected message's words."""
        message = self.messages.selected()
        if message is not None:
            self.post_message(self.Copy(message.text, "message"))

    def action_reply(self) -> None:
        """Mention the selected message's sender."""
        message = self.messages.selected()
        if message is None:
            return
        self.composer.focus()
        if not message.is_own:
            name = self.desk.directory.author_of(message.conversation, message.sender)
            self.composer.insert(f"@[{name}]: " if not self.composer.value else f"@[{name}] ")

    def action_open_direct(self) -> None:
        """The selected message's sender, directly."""
        message = self.messages.selected()
        if message is None or message.is_own:
            return
        network = split_conversation(message.conversation)[0]
        found = self.nodes_meant(network, message.sender)
        if len(found) == 1:
            self.open_conversation(direct_conversation(network, found[0]))
            return
        name = self.desk.directory.author_of(message.conversation, message.sender)
        many = "several nodes" if found else "no node that was heard"
        self.tell(f"{many} may be {name}: choose in the node list", bad=True)

    def nodes_meant(self, network: NetworkName, sender: NodeId) -> list[NodeId]:
        """Who a message's sender may be: a node, the bearers of a claimed name, of first digits."""
        directory = self.desk.directory
        if sender in directory.nodes:
            return [sender]
        if sender.startswith(CLAIM):
            return directory.find(clean(str(sender).removeprefix(CLAIM)), network)
        return directory.named_by(network, sender) or [sender]

    def node_in_view(self) -> tuple[NetworkName, NodeId] | None:
        """The other side of this chat, or who wrote the selected message."""
        if self.book.open_id is None:
            return None
        network = split_conversation(self.book.open_id)[0]
        if self.peer():
            return network, self.peer()
        message = self.messages.selected() if self.messages.has_focus else None
        found = self.nodes_meant(network, message.sender) if message is not None else []
        return (network, found[0]) if len(found) == 1 else None

    def action_details(self) -> None:
        """The selected message, in full."""
        message = self.messages.selected()
        if message is not None:
            self.post_message(self.ShowSheet("Message", tuple(self.detail_lines(message))))

    def action_verify(self) -> None:
        """The peer's or the sender's safety number."""
        self.run_slash("/verify")

    def action_leave(self) -> None:
        """Leave this channel."""
        self.run_slash("/leave")

    def action_mute(self) -> None:
        """Mute or unmute."""
        self.run_slash("/mute")

    def action_names(self) -> None:
        """Who has written here."""
        log = self.log_shown
        if log is None:
            return
        directory = self.desk.directory
        lines = [
            (
                (f" {directory.author_of(log.conversation, node):<24}", "plain"),
                (clean(str(node), limit=40), "dim"),
            )
            for node in log.senders()
            if not directory.is_own(node)
        ]
        self.post_message(self.ShowSheet("Who has written here", tuple(lines)))

    def offer_link(self, link: str) -> None:
        """An invitation or a contact card was pasted: take it, or hand it on?

        An invitation holds the channel's key.
        """
        if is_card(link):
            first = Choice("Add this contact to our radio", "contact", "", f"run /import {link}")
        else:
            name = clean(invited_to(link), limit=40) or "this channel"
            first = Choice(f"Join {name}", "channel", "", f"run /join {link}")
        self.post_message(self.Offer((first, Choice("Send it as text", "text", "", f"say {link}"))))

    def action_invite(self) -> None:
        """The link that lets somebody into this channel."""
        self.run_slash("/invite")

    def show_invitation(self, link: str) -> None:
        """Show and copy it; it is a secret, so it is kept nowhere else."""
        if not link:
            self.tell("There is no invitation to this chat: tell the channel's name", bad=True)
            return
        words = " Whoever has this link reads what is written here, and can write as anybody."
        lines = (((f" {clean(link, limit=400)}", "plain"),), (("", "plain"),), ((words, "warn"),))
        self.post_message(self.ShowSheet("Invitation", lines))
        self.post_message(self.Copy(link, "invitation"))

    # -- helpers for the slash commands ------------------------------------------------------

    def cost_of(self, typed: str) -> SendCost | None:
        """What sending this by radio would take; None for commands, and where none carries it."""
        conversation = self.book.open_id
        if conversation is None or not typed.strip() or is_command(typed):
            return None
        return self.desk.api.cost(conversation, self.spoken(typed))

    def spoken(self, typed: str) -> str:
        """What is sent of what was typed: `//` is a slash, `/me waves` is `* alice waves`."""
        if typed.startswith("/me "):
            network = split_conversation(self.book.open_id)[0] if self.book.open_id else None
            mine = (me for me in self.desk.api.myself() if me.network == network)
            name = next((me.name or str(me.node_id) for me in mine), "")
            return f"* {name} {typed[4:].strip()}"
        return typed[1:] if typed.startswith("//") else typed

    def peer_or_selected(self) -> str:
        """Whom a command without an argument means."""
        selected = self.messages.selected()
        if self.peer():
            return str(self.peer())
        return str(selected.sender).removeprefix(CLAIM) if selected else ""

    def networks(self) -> list[NetworkName]:
        """The networks that are set up."""
        return list(dict.fromkeys(me.network for me in self.desk.api.myself()))

    @property
    def network(self) -> NetworkName:
        """The open conversation's; else the first that is set up."""
        if self.book.open_id is not None:
            return split_conversation(self.book.open_id)[0]
        return next(iter(self.networks()), NetworkName(""))

    def ask(self, wish: Wish) -> None:
        """Ask a node or our radio."""
        self.post_message(self.AskVerb(wish))

    def review_key(self, network: NetworkName, node_id: NodeId) -> None:
        """Compare safety numbers."""
        self.post_message(self.ReviewKey(network, node_id))

    def run_command(self, command: Command, argument: str) -> None:
        """Carry out a command that was typed and is not the pane's own."""
        self.post_message(self.RunCommand(command, argument))

    def peer(self) -> NodeId:
        """The other side of a direct conversation; an empty id in a channel."""
        if self.book.open_id is None:
            return NodeId("")
        _, kind, target = split_conversation(self.book.open_id)
        return NodeId(target if kind is ConversationKind.DIRECT else "")

    def detail_lines(self, message: Message | None) -> list[tuple[tuple[str, str], ...]]:
        """The selected message and its sender, or else the conversation."""
        directory, now = self.desk.directory, self.desk.now_ms()
        if message is not None:
            lines = message_lines(message, directory, self.desk.glyphs)
            return [*node_lines(message.sender, directory, now), (("", "plain"),), *lines]
        peer = self.peer()
        if peer:
            return node_lines(peer, directory, now)
        if self.book.open_id is None:
            return []
        network, _, name = split_conversation(self.book.open_id)
        return channel_lines(self.channels.get((network, name)), channel_title(network, name))
