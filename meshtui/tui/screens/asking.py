"""Asking nodes and radios from any pane: choose a verb, say what it takes, see what comes back."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from meshtui.errors import MeshtuiError
from meshtui.model.command import Ask
from meshtui.model.event import Answered, DeviceChanged, LinkChanged
from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.link import LinkState
from meshtui.model.node import NodeRole
from meshtui.model.secret import SecretBytes
from meshtui.model.text import clean, clean_line
from meshtui.model.verb import VerbTarget
from meshtui.tui.screens.frame import MainFrame
from meshtui.tui.state.asking import AnswerBook, Asked, Wish, find_verb, usage, verbs_for
from meshtui.tui.state.choices import Choice
from meshtui.tui.state.directory import short_id
from meshtui.tui.state.networks import network_short, network_title

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.screen import Screen

    from meshtui.model.device import Device
    from meshtui.model.event import Event
    from meshtui.model.verb import Verb
    from meshtui.tui.screens.sheet import Sheet
    from meshtui.tui.text.details import Line
    from meshtui.tui.widgets.pane import Desk, Pane

_NONE: Final = "-"
_SEVERAL: Final = 2

ScreenType = TypeVar("ScreenType", bound="Screen[Any]")


class AskingFrame(MainFrame):
    """The frame, and what the networks' verbs do in it. No answer ever takes keys away from what
    is being written: it fills the sheet of its question, or is told on the bottom line.
    """

    def __init__(self, desk: Desk) -> None:
        """Begin with nothing asked."""
        super().__init__(desk)
        self.answers = AnswerBook()
        self._live: tuple[Sheet, Callable[[], Sequence[Line]]] | None = None
        self._live_id = ""
        self._warned_full: set[LinkId] = set()

    # -- what can be asked ---------------------------------------------------------------------

    def networks(self) -> list[NetworkName]:
        """The networks that are set up."""
        return list(dict.fromkeys(me.network for me in self.desk.api.myself()))

    def verb_choices(
        self, target: VerbTarget | None = None, radio: Device | None = None
    ) -> list[Choice]:
        """All verbs of all networks, for the quick switcher: of whom is asked later.

        Args:
            radio: It is this one; None = that is asked later, too.
        """
        networks = self.networks() if radio is None else [radio.network]
        several = len(networks) > 1
        whom = _NONE if radio is None else radio.link_id
        return [
            Choice(
                clean_line(verb.title, 60),
                f"ask {network_short(network)}" if several else "ask",
                usage(verb),
                f"verb {network} {verb.name} {verb.target.value} {whom}",
                2,
            )
            for network in networks
            for verb in self.desk.api.verbs(network)
            if target is None or verb.target is target
        ]

    def on_pane_offer_verbs(self, event: Pane.OfferVerbs) -> None:
        """A node was pointed at: what can be asked of it?"""
        node = self.desk.directory.nodes.get(event.node_id)
        role = NodeRole.UNKNOWN if node is None else node.role
        found = verbs_for(self.desk.api.verbs(event.network), VerbTarget.NODE, role)
        if not found:
            title = network_title(event.network)
            self.tell(f"{title}: nothing can be asked of this node", is_error=True)
            return
        self.offer([_choice(event.network, verb, event.node_id) for verb in found])

    def on_pane_ask_verb(self, event: Pane.AskVerb) -> None:
        """A verb was typed."""
        self.pursue(event.wish)

    def action_show_radio(self) -> None:
        """Our own radio as it stands; of several, the one that is chosen."""
        devices = self.desk.api.devices()
        if len(devices) >= _SEVERAL:
            self._offer_radios(devices, self._show_radio)
        else:
            self._show_radio(devices[0].link_id if devices else None)

    def _show_radio(self, link_id: LinkId | None) -> None:
        from meshtui.tui.screens.sheet import Sheet

        def lines() -> Sequence[Line]:
            return self._device_lines(link_id)

        def take(answer: str | None) -> None:
            self._live = None
            if answer == "ask":
                self._ask_radio(link_id)
            elif answer == "retry":
                self._retry(link_id)

        answers = [("a", "ask it", "ask"), ("r", "try its link now", "retry")]
        sheet = Sheet("Our radio", lines(), answers)
        self._live, self._live_id = (sheet, lines), ""
        self.app.push_screen(self.styled(sheet), take)

    def _ask_radio(self, link_id: LinkId | None) -> None:
        devices = self.desk.api.devices()
        radio = next((each for each in devices if each.link_id == link_id), None)
        choices = self.verb_choices(VerbTarget.RADIO, radio)
        if choices:
            self.offer(choices)
        else:
            self.tell("Nothing can be asked of a radio here", is_error=True)

    def action_retry_links(self) -> None:
        """Try all links that are down."""
        self._retry(None)

    def _retry(self, link_id: LinkId | None) -> None:
        down = [
            clean(link.title, limit=16)
            for link in self.links.values()
            if link.state is LinkState.DOWN and link_id in (None, link.link_id)
        ]
        self.desk.api.retry_links(link_id)
        self.tell(f"Trying now: {', '.join(down)}" if down else "No such link is down")

    def action_show_answers(self) -> None:
        """What was asked, and news."""
        from meshtui.tui.screens.sheet import Sheet
        from meshtui.tui.text.answers import history_lines

        lines = history_lines(
            self.answers.latest_first(),
            tuple(self.answers.news),
            self.desk.directory,
            self.desk.now_ms(),
        )
        self.app.push_screen(self.styled(Sheet("Answers", lines)))

    def offer(self, choices: Sequence[Choice]) -> None:
        """Let the user choose one of these."""
        raise NotImplementedError

    # -- from a wish to a request --------------------------------------------------------------

    def pursue_choice(self, value: str) -> None:
        """Go on from a chosen `NETWORK VERB TARGET NODE`; a radio goes by its link."""
        network, name, target, node = value.split(" ", 3)
        verb = find_verb(self.desk.api.verbs(NetworkName(network)), name, VerbTarget(target))
        if verb is None:
            return
        if verb.target is VerbTarget.RADIO and node != _NONE:
            self.pursue(Wish(NetworkName(network), verb, link_id=LinkId(node)))
            return
        node_id = None if node == _NONE else NodeId(node)
        if node_id is None and verb.target is VerbTarget.NODE:
            pointed = self.pane.node_in_view()
            node_id = pointed[1] if pointed and pointed[0] == network else None
        self.pursue(Wish(NetworkName(network), verb, node_id))

    def pursue(self, wish: Wish) -> None:
        """Ask for what the wish lacks, one thing after the other; then carry it out."""
        if wish.argument and self._is_refused(wish):
            return
        if wish.lacks_node:
            self._choose_node(wish)
        elif wish.verb.target is VerbTarget.RADIO and wish.link_id is None and self._radios(wish):
            self._choose_radio(wish)
        elif wish.lacks_argument:
            self._ask_argument(wish)
        elif wish.verb.is_dangerous:
            self._confirm(wish, None)
        else:
            self._begin(wish, None)

    def _choose_node(self, wish: Wish) -> None:
        directory = self.desk.directory
        roles = wish.verb.roles
        nodes = [
            node
            for node in directory.nodes.values()
            if node.network == wish.network
            and not directory.is_own(node.node_id)
            and (not roles or node.role in roles or node.role is NodeRole.UNKNOWN)
        ]
        nodes.sort(key=lambda node: -node.last_heard_ms)
        if nodes:
            self.offer([_choice(wish.network, wish.verb, each.node_id, self) for each in nodes])
        else:
            self.tell(f"{clean_line(wish.verb.title, 40)}: no such node was heard", is_error=True)

    def _radios(self, wish: Wish) -> bool:
        devices = [each for each in self.desk.api.devices() if each.network == wish.network]
        return len(devices) >= _SEVERAL

    def _choose_radio(self, wish: Wish) -> None:
        devices = [each for each in self.desk.api.devices() if each.network == wish.network]
        self._offer_radios(devices, lambda link_id: self.pursue(replace(wish, link_id=link_id)))

    def _offer_radios(self, devices: Sequence[Device], take: Callable[[LinkId], None]) -> None:
        away = self._away()

        def take_choice(choice: Choice | None) -> None:
            if choice is not None:
                take(LinkId(choice.value))

        choices = []
        for each in devices:
            link = clean_line(each.link_id, 30)
            hint = f"{link}, away" if each.link_id in away else link
            name = clean_line(each.name, 40) or link
            choices.append(Choice(name, "radio", hint, each.link_id))
        self._offer_to(choices, take_choice)

    def _away(self) -> dict[LinkId, str]:
        """Links that are not up, and why."""
        links = self.links.values()
        return {link.link_id: link.reason for link in links if link.state is not LinkState.UP}

    def _offer_to(self, choices: Sequence[Choice], take: Callable[[Choice | None], None]) -> None:
        from meshtui.tui.screens.palette import Palette

        self.app.push_screen(self.styled(Palette(choices)), take)

    def _ask_argument(self, wish: Wish) -> None:
        from meshtui.tui.screens.prompt import Prompt

        verb = wish.verb

        def take(typed: str | None) -> None:
            if typed is None or (not typed and not verb.is_optional):
                self.tell("Not asked")
                return
            secret = SecretBytes(typed.encode()) if verb.is_secret else None
            said = replace(wish, argument="" if verb.is_secret else typed.strip())
            if self._is_refused(said):
                return
            if verb.is_dangerous:
                self._confirm(said, secret)
            else:
                self._begin(said, secret)

        optional = " (may be left empty)" if verb.is_optional else ""
        prompt = Prompt(
            f"{clean_line(verb.title, 40)}: {self._whom(wish)}",
            clean_line(verb.help, 300),
            f"{clean_line(verb.argument, 40)}{optional}",
            is_secret=verb.is_secret,
        )
        self.app.push_screen(self.styled(prompt), take)

    def _is_refused(self, wish: Wish) -> bool:
        """Tell whether the argument cannot be right, and say so."""
        if wish.verb.check is None:
            return False
        try:
            wish.verb.check(wish.argument or "")
        except MeshtuiError as error:
            self.tell(f"/{wish.verb.name}: {clean(str(error), limit=200)}", is_error=True)
            return True
        return False

    def _confirm(self, wish: Wish, secret: SecretBytes | None) -> None:
        from meshtui.tui.screens.sheet import Sheet

        title = clean_line(wish.verb.title, 40)
        lines: list[Line] = [((f" {clean_line(wish.verb.help, 300)}", "warn"),)]
        if wish.argument:
            lines.append(((f" {clean_line(wish.argument, 200)}", "plain"),))

        def take(answer: str | None) -> None:
            if answer == "yes":
                self._begin(wish, secret)
            else:
                self.tell("Not asked")

        question = Sheet(f"{title}: {self._whom(wish)}?", lines, [("y", "do it", "yes")])
        self.app.push_screen(self.styled(question), take)

    def _begin(self, wish: Wish, secret: SecretBytes | None) -> None:
        self.run_worker(self._ask(wish, secret), group="ask")

    async def _ask(self, wish: Wish, secret: SecretBytes | None) -> None:
        request = Ask(
            wish.network,
            wish.verb.name,
            str(uuid.uuid4()),
            wish.node_id,
            wish.argument or "",
            secret,
            wish.link_id,
        )
        title = clean_line(wish.verb.title, 40)
        asked = Asked(
            request.request_id,
            wish.network,
            wish.verb.name,
            title,
            wish.node_id,
            self.desk.now_ms(),
            request.argument,
        )
        self.answers.ask(asked)  # before it is submitted: the answer may come with its return
        try:
            await self.desk.api.submit(request)
        except MeshtuiError as error:
            asked.is_over = True
            self.tell(clean(str(error), limit=200), is_error=True)
            return
        self._show_answer(asked)

    def _whom(self, wish: Wish) -> str:
        if wish.node_id is not None:
            return self.desk.directory.name_of(wish.node_id)
        return "our radio" if wish.link_id is None else clean_line(wish.link_id, 30)

    # -- answers -------------------------------------------------------------------------------

    def _show_answer(self, asked: Asked) -> None:
        from meshtui.tui.screens.sheet import Sheet
        from meshtui.tui.text.answers import answer_lines, copied

        def lines() -> Sequence[Line]:
            return answer_lines(asked, self.desk.directory, self.desk.glyphs, self.desk.now_ms())

        def take(answer: str | None) -> None:
            self._live = None
            if answer == "copy":
                self.app.copy_to_clipboard(copied(asked, lines()))
                self.tell("Copied the answer (OSC 52)")

        sheet = Sheet(asked.title, lines(), [("y", "copy", "copy")])
        self._live, self._live_id = (sheet, lines), asked.request_id
        self.app.push_screen(self.styled(sheet), take)

    def _note(self, event: Event) -> None:
        """Answers and radios, besides what the frame notes."""
        super()._note(event)
        match event:
            case Answered():
                self._answered(event)
            case DeviceChanged(device):
                self._device_changed(device.link_id)
            case LinkChanged() if not self._live_id:
                self._refresh_live()

    def _answered(self, answered: Answered) -> None:
        asked = self.answers.take(answered)
        if asked is not None and self._live is not None and self._live_id == asked.request_id:
            self._refresh_live()
            return
        if asked is None and answered.request_id:
            return  # another front end of this mesh asked
        from meshtui.tui.text.answers import news_words

        title = f"{asked.title}: " if asked is not None else ""
        words = f"{title}{news_words(answered, self.desk.directory)}"
        hint = " (/answers)" if answered.rows else ""
        self.tell(f"{words}{hint}", is_error=answered.is_error)

    def _device_changed(self, link_id: LinkId) -> None:
        from meshtui.tui.text.devices import is_nearly_full

        own = [(me.node_id, me.name) for me in self.desk.api.myself()]
        own += [(device.node_id, device.name) for device in self.desk.api.devices()]
        are_news = [self.desk.directory.know_own(*each) for each in own]
        if any(are_news):
            self.chat.names_changed()
        for device in self.desk.api.devices():
            if device.link_id != link_id:
                continue
            if is_nearly_full(device) and link_id not in self._warned_full:
                self._warned_full.add(link_id)
                name = clean_line(device.name, 30)
                full = f"{device.contacts} of {device.max_contacts} contacts"
                self.tell(f"{name}: {full}, nearly full: /radio", is_error=True)
            elif not is_nearly_full(device):
                self._warned_full.discard(link_id)
        if not self._live_id:
            self._refresh_live()

    def _refresh_live(self) -> None:
        if self._live is not None:
            sheet, lines = self._live
            sheet.restate(lines())

    def _device_lines(self, link_id: LinkId | None) -> Sequence[Line]:
        from meshtui.tui.text.devices import device_lines

        names = {verb.name for network in self.networks() for verb in self.desk.api.verbs(network)}
        devices = [each for each in self.desk.api.devices() if link_id in (None, each.link_id)]
        return device_lines(devices, names, self._away())

    def styled(self, screen: ScreenType) -> ScreenType:
        """A screen over this one uses the same glyph set."""
        screen.set_class(self.desk.glyphs.name == "plain", "-plain")
        return screen


def _choice(
    network: NetworkName, verb: Verb, node_id: NodeId, frame: AskingFrame | None = None
) -> Choice:
    """A verb to choose for a node; with `frame`, a node to choose for a verb."""
    value = f"verb {network} {verb.name} {verb.target.value} {node_id}"
    if frame is None:
        return Choice(clean_line(verb.title, 60), "ask", usage(verb), value)
    ellipsis = frame.desk.glyphs.ellipsis
    name = frame.desk.directory.name_of(node_id)
    return Choice(name, "node", short_id(node_id, ellipsis), value)
