"""The main screen: what its keys do, and what it does for its panes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from meshtui.model.command import AcceptKey
from meshtui.model.ids import ConversationId, NetworkName, NodeId, direct_conversation
from meshtui.tui.command import Command, bindings_of, key_words
from meshtui.tui.commands import COMMANDS, EVERYWHERE
from meshtui.tui.screens.asking import AskingFrame
from meshtui.tui.screens.frame import PANES
from meshtui.tui.state.choices import Choice
from meshtui.tui.state.directory import short_id
from meshtui.tui.state.networks import network_short
from meshtui.tui.text.help import help_lines
from meshtui.tui.widgets.line_input import LineInput, is_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from textual import events
    from textual.binding import BindingType

    from meshtui.tui.widgets.pane import Pane


class MainScreen(AskingFrame):
    """The frame with its keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(EVERYWHERE)

    # -- what panes ask for ------------------------------------------------------------------

    async def on_pane_submit(self, event: Pane.Submit) -> None:
        """A request to the mesh."""
        await self.submit(event.command)

    async def on_pane_open_conversation(self, event: Pane.OpenConversation) -> None:
        """To a chat."""
        await self.open_pane("chat")
        self.chat.open_conversation(event.conversation)

    async def on_pane_open_node(self, event: Pane.OpenNode) -> None:
        """To a node."""
        await self.open_pane("nodes", str(event.node_id))

    async def on_pane_open_pane(self, event: Pane.OpenPane) -> None:
        """To a pane."""
        await self.open_pane(event.pane_id, event.hint)

    def on_pane_notice(self, event: Pane.Notice) -> None:
        """A word for the bottom line."""
        self.tell(event.text, is_error=event.is_error)

    def on_pane_copy(self, event: Pane.Copy) -> None:
        """To the clipboard by OSC 52, which crosses SSH and tmux."""
        self.app.copy_to_clipboard(event.text)
        self.tell(f"Copied the {event.what} (OSC 52)")

    def on_pane_restated(self) -> None:
        """The lines around say something else."""
        self.restate()

    def on_pane_show_sheet(self, event: Pane.ShowSheet) -> None:
        """Text over the pane."""
        from meshtui.tui.screens.sheet import Sheet

        self.app.push_screen(self.styled(Sheet(event.title, event.lines)))

    def on_pane_review_key(self, event: Pane.ReviewKey) -> None:
        """A safety number to compare."""
        self.review(event.network, event.node_id)

    def on_pane_offer(self, event: Pane.Offer) -> None:
        """A list to choose from."""
        self.offer(event.choices)

    def offer(self, choices: Sequence[Choice]) -> None:
        """Let the user choose one of these."""
        from meshtui.tui.screens.palette import Palette

        self.app.push_screen(self.styled(Palette(choices)), self._take_choice)

    async def on_pane_run_command(self, event: Pane.RunCommand) -> None:
        """A typed command that is the screen's or the app's."""
        await self.run_command(event.command, event.argument)

    # -- keys --------------------------------------------------------------------------------

    async def action_pane_chat(self) -> None:
        """Chat."""
        await self.open_pane("chat")

    async def action_pane_nodes(self) -> None:
        """Nodes."""
        await self.open_pane("nodes")

    async def action_pane_routes(self) -> None:
        """Routes."""
        await self.open_pane("routes")

    async def action_pane_packets(self) -> None:
        """Packets."""
        await self.open_pane("packets")

    async def action_pane_metrics(self) -> None:
        """Metrics."""
        await self.open_pane("metrics")

    async def action_pane_publishers(self) -> None:
        """Publishers."""
        await self.open_pane("publishers")

    async def action_next_unread(self) -> None:
        """Where something waits, from any pane."""
        if self.pane is not self.chat:
            await self.open_pane("chat")
        self.chat.action_next_unread()

    def action_help(self) -> None:
        """Keys of this pane."""
        from meshtui.tui.screens.sheet import Sheet

        self.app.push_screen(
            self.styled(
                Sheet(f"Keys in {self.pane_shown}", help_lines(self.pane_shown, self.desk.glyphs))
            )
        )

    def action_switch(self) -> None:
        """Find a chat, a node or a command."""
        self.offer(self.choices())

    def action_review_key(self) -> None:
        """The first of the changed keys."""
        changed = self.changed_nodes()
        if changed:
            self.review(self.desk.directory.nodes[changed[0]].network, changed[0])
        else:
            self.tell("No key has changed")

    async def action_back(self) -> None:
        """One step back, never out."""
        if self.warning:
            self.warning = ""
            self.restate()
        elif not self.pane.step_back() and self.pane is not self.chat:
            await self.open_pane("chat", is_return=True)

    def action_choose_theme(self) -> None:
        """Offer the themes."""
        names = sorted(self._themes())
        self.offer([Choice(name, "theme", "", f"theme {name}") for name in names])

    async def action_toggle_glyphs(self) -> None:
        """The other set."""
        await self.app.run_action("app.set_glyphs")

    async def action_toggle_mouse(self) -> None:
        """Let the terminal have the mouse, or take it."""
        await self.app.run_action("app.toggle_mouse")

    async def action_quit_safely(self) -> None:
        """Keep the draft; ask only if something would be lost."""
        await self.chat.save_draft()
        if any(pane.has_unsent() for pane in self.panes.values()):
            from meshtui.tui.screens.sheet import Sheet

            lines = [((" What is not inserted or not on disk yet would be lost.", "warn"),)]
            question = Sheet("Quit?", lines, [("y", "quit", "quit")])
            self.app.push_screen(self.styled(question), self._take_quit)
        else:
            self.app.exit()

    def _take_quit(self, answer: str | None) -> None:
        if answer == "quit":
            self.app.exit()

    def on_key(self, event: events.Key) -> None:
        """Digits and letters are the input's while something is typed."""
        if isinstance(self.focused, LineInput) and is_text(event):
            event.stop()

    # -- finding -----------------------------------------------------------------------------

    def choices(self) -> list[Choice]:
        """Chats, then nodes, then commands of this pane."""
        directory, book = self.desk.directory, self.chat.book
        several = len(self.networks()) > 1
        ellipsis = self.desk.glyphs.ellipsis

        def kind(word: str, network: NetworkName) -> str:
            return f"{word} {network_short(network)}" if several else word

        talks = [
            Choice(
                self.chat.chats.title_of(talk),
                kind("chat", talk.network),
                _unread(talk.unread),
                f"chat {key}",
                0,
            )
            for key, talk in book.talks.items()
        ]
        nodes = [
            Choice(
                directory.name_of(key),
                kind("node", node.network),
                short_id(key, ellipsis),
                f"node {key}",
                1,
            )
            for key, node in directory.nodes.items()
        ]
        commands = [
            Choice(command.title, "command", _hint(command), f"command {command.name}", 2)
            for command in COMMANDS
            if command.in_palette and (not command.panes or self.pane_shown in command.panes)
        ]
        return [*talks, *nodes, *commands, *self.verb_choices()]

    async def _take_choice(self, choice: Choice | None) -> None:
        if choice is None:
            return
        kind, _, value = choice.value.partition(" ")
        if kind == "chat":
            await self.open_pane("chat")
            self.chat.open_conversation(ConversationId(value))
        elif kind == "hit":
            order, _, conversation = value.partition(" ")
            await self.open_pane("chat")
            self.chat.open_conversation(ConversationId(conversation), int(order))
        elif kind == "node":
            await self.open_pane("chat")
            node = self.desk.directory.nodes[NodeId(value)]
            self.chat.open_conversation(direct_conversation(node.network, node.node_id))
        elif kind == "run":
            self.chat.run_slash(value)
        elif kind == "say":
            self.chat.say(value)
        elif kind == "verb":
            self.pursue_choice(value)
        elif kind == "theme":
            self.app.theme = value
            self.desk.remember("theme", value)
        else:
            await self.run_command(next(c for c in COMMANDS if c.name == value))

    async def run_command(self, command: Command, argument: str = "") -> None:
        """Carry out a command by name: a pane to show, the pane's own action, or ours."""
        match command.name, argument:
            case "filter-packets", _:
                await self.open_pane("packets", argument)
            case name, _ if "publishers" in command.panes and (
                argument or self.pane_shown != "publishers"
            ):
                await self.open_pane("publishers", f"{name} {argument}")
            case "choose-theme", str() if argument:
                self._set_theme(argument)
            case "toggle-glyphs", str() if argument:
                await self.app.run_action(
                    f"app.set_glyphs('{'plain' if argument == 'plain' else 'unicode'}')"
                )
            case _ if self.pane_shown in command.panes or (
                not command.panes and hasattr(self.pane, f"action_{command.action}")
            ):
                await self.pane.run_action(command.action)
            case _:
                await self.run_action(f"screen.{command.action}")

    def _themes(self) -> Collection[str]:
        """Ours and the user's; none of Textual's own, which lack our colours."""
        return {
            name: theme
            for name, theme in self.app.available_themes.items()
            if "muted" in theme.variables
        }

    def _set_theme(self, name: str) -> None:
        if name in self._themes():
            self.app.theme = name
            self.desk.remember("theme", name)
        else:
            self.tell(f"Themes: {', '.join(sorted(self._themes()))}", is_error=True)

    # -- keys of others ----------------------------------------------------------------------

    def review(self, network: NetworkName, node_id: NodeId) -> None:
        """Show the safety number and take the user's word for it."""
        from meshtui.tui.screens.sheet import Sheet
        from meshtui.tui.text.details import verify_lines

        directory = self.desk.directory
        node = directory.nodes.get(node_id)
        key = (node.rival_key or node.public_key) if node is not None else ""
        # digits and what is accepted are of the same key, though another one may claim the node now
        number = self.desk.api.safety_number(network, node_id, key) if key else ""
        lines = verify_lines(node, number)
        answers = [("a", "accept this key", "accept")] if key else []

        async def take(answer: str | None) -> None:
            if answer == "accept":
                await self.submit(AcceptKey(network, node_id, key))
                self.tell(f"The key of {directory.name_of(node_id)} is verified")

        title = f"Is this really {directory.name_of(node_id)}?"
        self.app.push_screen(self.styled(Sheet(title, lines, answers)), take)


def _unread(count: int) -> str:
    return f"{count} unread" if count else ""


def _hint(command: Command) -> str:
    return command.slash_word or (key_words(command.keys[0]) if command.keys else "")


__all__ = ["PANES", "MainScreen"]
