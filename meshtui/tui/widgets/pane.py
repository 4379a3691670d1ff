"""What every pane promises to the screen that holds it.

A pane gets a `Desk` when it is made, `load`s itself from the store once, and then `consume`s events
in batches, shown or not. Upwards it speaks by messages only: the screen submits, opens, tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.widget import Widget

from meshtui.tui.state.directory import Directory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from meshtui.model.command import Command as MeshCommand
    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId, NetworkName, NodeId
    from meshtui.runtime.api import MeshApi
    from meshtui.tui.command import Command
    from meshtui.tui.state.asking import Wish
    from meshtui.tui.state.choices import Choice
    from meshtui.tui.text.glyphs import Glyphs


@dataclass(frozen=True, slots=True)
class Desk:
    """What a pane works with.

    Attributes:
        now_ms: Our clock, Unix milliseconds.
        saved: Remembered choices by key, such as `nodes.sort`.
        remember: Keeps such a choice.
        directory: Who is who; the main screen keeps it up to date before panes see events.
        exports_dir: Where lists are written to; None = `meshtui-exports` in the home folder.
        known_values: What a field of a filter may hold, see `MeshApi`.
    """

    api: MeshApi
    glyphs: Glyphs
    now_ms: Callable[[], int]
    saved: Mapping[str, str]
    remember: Callable[[str, str], None]
    directory: Directory = field(default_factory=Directory)
    exports_dir: Path | None = None
    known_values: Callable[[str], Sequence[str]] = lambda _: ()


class Pane(Widget):
    """One full-size view. Subclasses set the class attributes and override what they need."""

    DEFAULT_CSS = """
    Pane { width: 1fr; height: 1fr; }
    """

    pane_id: ClassVar[str] = ""
    """The word in `Command.panes`, such as `nodes`."""

    @dataclass
    class Submit(Message):
        """Carry out a request; a refusal is shown to the user."""

        command: MeshCommand

    @dataclass
    class OpenConversation(Message):
        """Go to the chat pane and open this conversation."""

        conversation: ConversationId

    @dataclass
    class OpenNode(Message):
        """Go to the nodes pane and show this node."""

        network: NetworkName
        node_id: NodeId

    @dataclass
    class OpenPane(Message):
        """Go to a pane; `hint` is for that pane's `receive_hint`, such as a filter."""

        pane_id: str
        hint: str = ""

    @dataclass
    class Notice(Message):
        """Tell the user something for a few seconds, on the bottom line."""

        text: str
        is_error: bool = False

    @dataclass
    class Copy(Message):
        """Put a text on the user's clipboard; `what` names it in the notice."""

        text: str
        what: str

    @dataclass
    class ReviewKey(Message):
        """Compare a node's safety number, and accept its key or not."""

        network: NetworkName
        node_id: NodeId

    @dataclass
    class Offer(Message):
        """Let the user choose one of these."""

        choices: tuple[Choice, ...]

    @dataclass
    class RunCommand(Message):
        """Carry out a command that was typed; `argument` may be empty."""

        command: Command
        argument: str = ""

    @dataclass
    class OfferVerbs(Message):
        """Let the user choose what to ask of a node."""

        network: NetworkName
        node_id: NodeId

    @dataclass
    class AskVerb(Message):
        """Ask a node or our radio; the user is asked for what the wish lacks."""

        wish: Wish

    @dataclass
    class ShowSheet(Message):
        """Show text over the pane until Esc; lines of (text, look), see `TextLines`."""

        title: str
        lines: tuple[tuple[tuple[str, str], ...], ...]

    class Restated(Message):
        """Title, status or keys changed: draw the status and key lines again."""

    def __init__(self, desk: Desk) -> None:
        """Keep the desk; nothing is loaded yet."""
        super().__init__(id=f"pane-{self.pane_id}")
        self.desk = desk
        self.set_class(desk.glyphs.name == "plain", "-plain")

    async def load(self) -> None:
        """Read what was. Called once, after the pane is mounted; events may come during it."""

    def consume(self, events: Sequence[Event]) -> None:
        """Fold a batch of events and refresh once. Called whether the pane is shown or not."""

    def title(self) -> str:
        """What the status line says on the left, such as `NODES 14 · sort: heard`. Cleaned."""
        return self.pane_id.upper()

    def status(self) -> str:
        """What the status line says behind the title, dimmer. Cleaned."""
        return ""

    def context_keys(self) -> Sequence[tuple[str, str]]:
        """The three to six keys that matter now, as (key, word): `("Enter", "detail")`."""
        return ()

    def receive_hint(self, hint: str) -> None:
        """Take what `OpenPane` carried."""

    def take_focus(self) -> None:
        """The pane is shown now: focus the widget that should have the keys."""
        self.focus()

    def return_focus(self) -> None:
        """The pane is shown again because the one over it was left by Esc."""
        self.take_focus()

    def node_in_view(self) -> tuple[NetworkName, NodeId] | None:
        """The node that is selected or talked with: whom a verb means; None = no one."""
        return None

    def action_ask_node(self) -> None:
        """Offer what can be asked of the node in view."""
        node = self.node_in_view()
        if node is None:
            self.post_message(self.Notice("No node is selected", is_error=True))
        else:
            self.post_message(self.OfferVerbs(*node))

    def step_back(self) -> bool:
        """Esc: close or undo one thing; False where there is nothing to step back from."""
        return False

    def has_unsent(self) -> bool:
        """Something typed would be lost on leaving."""
        return False
