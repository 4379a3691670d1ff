"""Verbs as slash commands: `/trace`, `/status @[Ridge Rpt]`, `/set-name Hill`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.ids import ConversationKind, split_conversation
from meshtui.model.text import clean
from meshtui.model.verb import VerbTarget
from meshtui.tui.state.asking import Wish

if TYPE_CHECKING:
    from meshtui.model.ids import NetworkName, NodeId
    from meshtui.model.verb import Verb
    from meshtui.tui.panes.chat_actions import ChatActions

_INVITE = "invite"
# command lines for another node may set these
_SECRETS = ("password", "prv.key")


class VerbWords:
    """Finds the verb and whom it is for in a typed line; the screen asks for what is missing."""

    def __init__(self, pane: ChatActions) -> None:
        """Act on this pane."""
        self._pane = pane

    def words(self) -> dict[str, str]:
        """Every verb as a slash word, with the kind of its first argument for completion."""
        return {
            f"/{verb.name}": "node" if verb.target is VerbTarget.NODE else ""
            for _, verb in self._verbs()
        }

    def find(self, name: str, typed: str = "") -> tuple[NetworkName, Verb] | None:
        """The verb of this name: of the open conversation's network, else of any.

        Of two of one name that of nodes is meant where `typed`, or what is in view, is a node.
        """
        found = [pair for pair in self._verbs() if pair[1].name == name]
        of_nodes = next((pair for pair in found if pair[1].target is VerbTarget.NODE), None)
        of_radio = next((pair for pair in found if pair[1].target is VerbTarget.RADIO), None)
        if of_nodes is None or of_radio is None:
            return of_nodes or of_radio
        return of_nodes if self._node_and_rest(*of_nodes, typed)[0] is not None else of_radio

    def hides(self, word: str, argument: str) -> bool:
        """What is typed after this word may be secret: it is kept nowhere."""
        found = self.find(word.removeprefix("/"))
        if found is None:
            return False
        return found[1].is_secret or any(each in argument.casefold() for each in _SECRETS)

    def run(self, network: NetworkName, verb: Verb, typed: str) -> None:
        """Ask, with what was typed after the verb."""
        if verb.target is VerbTarget.RADIO:
            if typed and not verb.argument:
                self._pane.tell(f"/{verb.name}: it takes nothing more", bad=True)
                return
            self._pane.ask(Wish(network, verb, argument=self._radio_argument(verb, typed)))
            return
        node_id, rest = self._node_and_rest(network, verb, typed)
        if verb.is_secret and (rest or (node_id is None and typed)):
            # what was typed may be the secret: it is not repeated, and nobody is guessed
            self._pane.tell(f"/{verb.name} takes a node; what is secret is asked for", bad=True)
            return
        if node_id is None and typed:
            shown = clean(typed, limit=40)
            self._pane.tell(f"No one node of this network is called {shown}", bad=True)
            return
        if rest and not verb.argument:
            self._pane.tell(f"/{verb.name}: it takes nothing more", bad=True)
            return
        self._pane.ask(Wish(network, verb, node_id, argument=rest))

    def run_ask(self, typed: str) -> None:
        """`/ask VERB …`: also for verbs whose name is a command's."""
        name, _, rest = typed.partition(" ")
        if not name:
            self._pane.action_ask_node()
            return
        found = self.find(name, rest.strip())
        if found is None:
            self._pane.tell(f"Nothing called {clean(name, limit=30)} can be asked here", bad=True)
        else:
            self.run(*found, rest.strip())

    def _verbs(self) -> list[tuple[NetworkName, Verb]]:
        here = self._pane.network
        networks = sorted(self._pane.networks(), key=lambda network: network != here)
        api = self._pane.desk.api
        return [(network, verb) for network in networks for verb in api.verbs(network)]

    def _radio_argument(self, verb: Verb, typed: str) -> str:
        """An invitation is for the channel that is open, where none is named."""
        if verb.name != _INVITE or typed or self._pane.book.open_id is None:
            return typed
        _, kind, target = split_conversation(self._pane.book.open_id)
        return target if kind is ConversationKind.CHANNEL else ""

    def _node_and_rest(
        self, network: NetworkName, verb: Verb, typed: str
    ) -> tuple[NodeId | None, str]:
        """Whom is meant, and what remains: `@[Ridge Rpt] 66,6b`, `ridge`, or an argument alone."""
        in_view = self._pane.node_in_view()
        here = in_view[1] if in_view is not None and in_view[0] == network else None
        if not typed:
            return here, ""
        if typed.startswith("@["):
            name, _, rest = typed[2:].partition("]")
            return self._one(name, network), rest.lstrip(": ").strip()
        if typed.startswith("@"):
            name, _, rest = typed[1:].partition(" ")
            return self._one(name, network), rest.strip()
        whole = self._one(typed, network)
        if verb.is_secret or not verb.argument:
            return whole, ""
        if here is not None and not self._is_name(typed, whole):
            return here, typed
        if whole is not None:
            return whole, ""
        name, _, rest = typed.partition(" ")
        return self._one(name, network), rest.strip()

    def _is_name(self, typed: str, node_id: NodeId | None) -> bool:
        """Somebody is called exactly so; a few digits may also be an argument."""
        node = None if node_id is None else self._pane.desk.directory.nodes.get(node_id)
        return node is not None and node.name.casefold() == typed.casefold()

    def _one(self, name: str, network: NetworkName) -> NodeId | None:
        found = self._pane.desk.directory.find(name, network)
        return found[0] if len(found) == 1 else None
