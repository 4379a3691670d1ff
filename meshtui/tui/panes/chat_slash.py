"""Slash commands that take arguments: from a typed line to requests to the mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import ConfigError
from meshtui.model.command import (
    AcceptKey,
    Advertise,
    LeaveChannel,
    MarkNode,
    SetNotify,
)
from meshtui.model.ids import (
    ConversationKind,
    NetworkName,
    NodeId,
    channel_title,
    direct_conversation,
    split_conversation,
)
from meshtui.model.message import NotifyLevel
from meshtui.model.node import NodeMarks
from meshtui.model.text import clean
from meshtui.model.typed_channel import may_be_key
from meshtui.tui.commands import slash_commands
from meshtui.tui.panes.chat_verbs import VerbWords
from meshtui.tui.state.directory import CLAIM
from meshtui.tui.state.joining import (
    MESHCORE,
    invitation_of,
    is_invitation,
    read_creating,
    read_joining,
)
from meshtui.tui.state.networks import network_title, takes_our_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.tui.panes.chat_actions import ChatActions

ARGUMENTS: Final = {
    "/dm": "node",
    "/block": "node",
    "/unblock": "node",
    "/verify": "node",
    "/accept": "node",
    "/join": "channel",
    "/notify": "word:all|mentions|mute",
    "/glyphs": "word:unicode|plain",
}


class SlashCommands:
    """Carries out what was typed; refusals become notices."""

    def __init__(self, pane: ChatActions) -> None:
        """Act on this pane."""
        self._pane = pane
        self._verbs = VerbWords(pane)
        self._handlers: dict[str, Callable[[str], None]] = {
            "/dm": self._dm,
            "/join": self._join,
            "/create": self._create,
            "/invite": self._invite,
            "/leave": self._leave,
            "/search": pane.find_text,
            "/find": pane.find_everywhere,
            "/me": self._me,
            "/notify": self._notify,
            "/mute": self._mute,
            "/block": self._block,
            "/unblock": self._unblock,
            "/verify": self._verify,
            "/accept": self._accept,
            "/nick": self._nick,
            "/ask": self._verbs.run_ask,
        }

    def words(self) -> dict[str, str]:
        """What can be typed, with the kind of the first argument."""
        fixed = {word: ARGUMENTS.get(word, "") for word in slash_commands()}
        return self._verbs.words() | fixed | self._broker_words()

    def _broker_words(self) -> dict[str, str]:
        """The commands that name a broker, where there are some."""
        publishing = self._pane.desk.api.publishing()
        if publishing is None or not (publishers := publishing.status().publishers):
            return {}
        names = "|".join(clean(each.name, limit=20) for each in publishers)
        return dict.fromkeys(("/pause", "/resume", "/retry", "/token"), f"word:{names}")

    def hides(self, line: str) -> bool:
        """A typed line may hold a secret and is not to be remembered, nor kept as a draft."""
        word, _, argument = line.strip().partition(" ")
        if word == "/ask":
            word, _, argument = f"/{argument.strip()}".partition(" ")
        if word in ("/join", "/create"):
            return len(argument.split()) > 1 or "=" in argument or may_be_key(argument)
        return is_invitation(word) or (bool(argument.strip()) and self._verbs.hides(word, argument))

    def run(self, line: str) -> bool:
        """Carry out a typed line.

        Returns:
            False where it is unknown or refused, and what was typed should stay.
        """
        self._pane.tell("")  # what was wrong before says nothing of this
        word, _, argument = line.partition(" ")
        command = slash_commands().get(word)
        if command is None:
            verb = self._verbs.find(word.removeprefix("/"), argument.strip())
            if verb is not None:
                self._verbs.run(*verb, argument.strip())
                return True
            self._pane.tell(f"No command {clean(word, limit=30)}; // sends a slash", bad=True)
            return False
        handler = self._handlers.get(word)
        try:
            if handler is not None:
                handler(argument.strip())
            else:
                self._pane.run_command(command, argument.strip())
        except ConfigError as error:
            self._pane.tell(clean(str(error), limit=200), bad=True)
            return False
        return True

    # -- conversations -----------------------------------------------------------------------

    @property
    def _network(self) -> NetworkName:
        return self._pane.network

    def _network_of(self, node_id: NodeId) -> NetworkName:
        """The network a node is on; the open conversation's for one never heard."""
        node = self._pane.desk.directory.nodes.get(node_id)
        return self._network if node is None else node.network

    def _dm(self, argument: str) -> None:
        node_id = self._one_node(argument)
        if node_id.startswith(CLAIM):
            raise ConfigError("That is a name from a channel: no node that was heard")
        network = self._network_of(node_id)
        self._pane.open_conversation(direct_conversation(network, node_id))

    def _join(self, argument: str) -> None:
        talks = map(split_conversation, self._pane.book.talks)
        known = {name for network, _, name in talks if network == MESHCORE}
        request = read_joining(argument, self._network, self._pane.networks(), known)
        self._pane.join(request, f"/join {argument}")

    def _create(self, argument: str) -> None:
        request = read_creating(argument, self._network, self._pane.networks())
        self._pane.join(request, f"/create {argument}")

    def _invite(self, _argument: str) -> None:
        verb = self._verbs.find("invite")
        conversation = self._pane.book.open_id
        if verb is not None:
            self._verbs.run(*verb, "")
        elif conversation is not None:
            network, _, name = split_conversation(conversation)
            self._pane.show_invitation(invitation_of(self._pane.channels.get((network, name))))

    def _leave(self, _argument: str) -> None:
        conversation = self._pane.book.open_id
        if conversation is None:
            return
        network, kind, target = split_conversation(conversation)
        if kind is not ConversationKind.CHANNEL:
            raise ConfigError("Only a channel can be left; /mute quiets a direct chat")
        self._pane.submit(LeaveChannel(network, target))
        self._pane.action_next_chat()  # what is written next must not go where we no longer are
        title = clean(channel_title(network, target), limit=40)
        self._pane.tell(f"Left {title}; its history stays")

    # -- quiet -------------------------------------------------------------------------------

    def _notify(self, argument: str) -> None:
        levels = {level.value: level for level in NotifyLevel}
        conversation = self._pane.book.open_id
        if argument not in levels or conversation is None:
            raise ConfigError("/notify all, /notify mentions or /notify mute")
        self._pane.submit(SetNotify(conversation, levels[argument]))
        self._pane.tell(f"This chat rings for: {argument}")

    def _mute(self, _argument: str) -> None:
        conversation = self._pane.book.open_id
        if conversation is None:
            return
        is_muted = self._pane.book.talks[conversation].notify is NotifyLevel.MUTE
        level = NotifyLevel.ALL if is_muted else NotifyLevel.MUTE
        self._pane.submit(SetNotify(conversation, level))
        self._pane.tell("Unmuted" if is_muted else "Muted; mentions still count")

    # -- people ------------------------------------------------------------------------------

    def _one_node(self, argument: str) -> NodeId:
        """The node a person means.

        Raises:
            ConfigError: It is not one.
        """
        directory = self._pane.desk.directory
        if not argument:
            argument = self._pane.peer_or_selected()
        found = directory.find(argument)
        # a name means a node of the network that is talked in, before one elsewhere
        found = [node for node in found if self._network_of(node) == self._network] or found
        found = found or self._claimed(argument)
        if len(found) == 1:
            return found[0]
        if not argument:
            raise ConfigError("Name a node")
        names = ", ".join(clean(str(node), limit=20) for node in found[:4])
        shown = clean(argument, limit=40)
        msg = (
            f"{shown} could be {names}: give the id"
            if found
            else f"No node called {shown} was heard"
        )
        raise ConfigError(msg)

    def _claimed(self, argument: str) -> list[NodeId]:
        """An author of the open channel who is known by a claimed name only."""
        log = self._pane.log_shown
        wanted = argument.strip().removeprefix("@").strip("[]").casefold()
        return [
            sender
            for sender in (log.senders() if log is not None else ())
            if sender.startswith(CLAIM)
            and self._pane.desk.directory.name_of(sender).casefold() == wanted
        ]

    def _mark_blocked(self, argument: str, *, is_blocked: bool) -> None:
        node_id = self._one_node(argument)
        directory = self._pane.desk.directory
        old = directory.marks_of(node_id)
        marks = NodeMarks(old.is_favourite, is_blocked, old.note)
        self._pane.submit(MarkNode(self._network_of(node_id), node_id, marks))
        verb = "Blocked" if is_blocked else "Unblocked"
        self._pane.tell(f"{verb} {directory.name_of(node_id)}")

    def _block(self, argument: str) -> None:
        self._mark_blocked(argument, is_blocked=True)

    def _unblock(self, argument: str) -> None:
        self._mark_blocked(argument, is_blocked=False)

    def _verify(self, argument: str) -> None:
        node_id = self._one_node(argument)
        self._pane.review_key(self._network_of(node_id), node_id)

    def _accept(self, argument: str) -> None:
        node_id = self._one_node(argument)
        node = self._pane.desk.directory.nodes.get(node_id)
        key = (node.rival_key or node.public_key) if node is not None else ""
        if not key:
            raise ConfigError("It has shown no key yet")
        self._pane.submit(AcceptKey(self._network_of(node_id), node_id, key))

    def _me(self, _argument: str) -> None:
        raise ConfigError("Say what you do: /me waves")

    def _nick(self, argument: str) -> None:
        if not argument:
            raise ConfigError("Give a name: /nick Alice")
        api, networks = self._pane.desk.api, self._pane.networks()
        links = api.links()
        ours = [each for each in networks if takes_our_name(each, links, api.verbs(each))]
        if ours:
            self._pane.run_worker(self._rename(argument, ours, networks))
        else:
            shown = clean(argument, limit=32)
            self._pane.tell(f"Your name here is the radio's own: /set-name {shown}", bad=True)

    async def _rename(
        self, name: str, ours: Sequence[NetworkName], networks: Sequence[NetworkName]
    ) -> None:
        """Tell the mesh on these networks of a new name; one that was accepted is kept."""
        taken = [
            each for each in ours if await self._pane.screen_submit(Advertise(each, name=name))
        ]
        if taken:
            self._pane.desk.remember("name", name)
        if taken != ours:
            return
        where = " and ".join(network_title(each) for each in ours)
        words = [
            f"You are {clean(name, limit=32)} now" + (f" on {where}" if networks != ours else "")
        ]
        words += [
            f"the {network_title(each)} radio keeps its name: /set-name"
            for each in networks
            if each not in ours
        ]
        self._pane.tell("; ".join(words))
