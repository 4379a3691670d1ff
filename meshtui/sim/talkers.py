"""The people of a live radio mesh: they answer a guest, and greet one whose presence they hear."""

from __future__ import annotations

import uuid
from collections import deque
from random import Random
from typing import TYPE_CHECKING, Final

from meshtui.model.command import SendText
from meshtui.model.event import MessageReceived, NodeHeard
from meshtui.model.ids import ConversationKind, MessageId, direct_conversation, split_conversation
from meshtui.model.node import Position
from meshtui.sim.characters import Character, Said
from meshtui.sim.scenario import Scenario, SimNode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.ids import ConversationId, NodeId
    from meshtui.model.message import Message
    from meshtui.model.node import Node
    from meshtui.networks.base import Output
    from meshtui.sim.radio_scenario import RadioScenario
    from meshtui.sim.world import World

ANSWER_S: Final = (1.5, 4.0)
GREETING_S: Final = 8.0
LETTER_S: Final = 75.0
LETTER: Final = "letter"  # who has one writes it to each guest, and to who says the word
MAX_PENDING: Final = 20  # a guest who floods is answered no faster
MAX_GUESTS: Final = 20


class Talkers:
    """Tell it what the sessions of a world report (`hear`); answers go out by themselves."""

    def __init__(self, world: World) -> None:
        """Give a manner of speaking to each node that has one."""
        self._world = world
        self._random = Random(f"{world.seed} talk")  # noqa: S311 - a play, to be repeated
        scenario = world.scenario
        self._characters: dict[int, Character] = {}
        for number, listed in enumerate(scenario.listed):
            if listed.character:
                position = Position(*(world.position(number) or (0.0, 0.0)))
                node = SimNode(listed.name, (), position, listed.about, listed.character)
                self._characters[number] = Character(
                    cast_for_characters(scenario), node, self._random
                )
        self._answered: deque[str] = deque(maxlen=1_000)
        self._guests: dict[NodeId, str] = {}
        self._letters: set[tuple[int, NodeId]] = set()  # who has written to whom
        self._pending = 0

    def hear(self, number: int, output: Output) -> None:
        """Take what a node's session reports."""
        match output:
            case MessageReceived(message):
                self._answer(number, message)
            case NodeHeard(node):
                self._meet(number, node)
            case _:
                pass

    def _answer(self, number: int, message: Message) -> None:
        is_ours = self._world.number_of(message.sender) is not None
        character = self._characters.get(number)
        if character is None or is_ours or self._pending >= MAX_PENDING:
            return
        _, kind, _ = split_conversation(message.conversation)
        if message.message_id in self._answered:
            return  # in a forum the first to read it answers
        self._answered.append(message.message_id)
        said = Said(
            message.text,
            self._guests.get(message.sender) or message.sender,
            tuple(self._name(relay) for relay in message.route[1:]),
            message.received_at_ms,
        )
        answer = character.answer(said)
        if kind is ConversationKind.CHANNEL:
            answer = f"@[{said.by}] {answer}"
        self._soon(self._random.uniform(*ANSWER_S), number, message.conversation, answer)

    def _meet(self, number: int, node: Node) -> None:
        if self._world.number_of(node.node_id) is not None or not node.public_key:
            return
        is_new = node.node_id not in self._guests
        if is_new and len(self._guests) >= MAX_GUESTS:
            return
        self._guests[node.node_id] = node.name
        if number not in self._characters:
            return
        if is_new:
            self._write(number, node, self._world.scenario.common.get("greeting"), GREETING_S)
        if (number, node.node_id) not in self._letters:
            self._letters.add((number, node.node_id))
            character = self._world.scenario.listed[number].character
            letter = self._world.scenario.characters[character].get(LETTER)
            self._write(number, node, letter, LETTER_S)

    def _write(self, number: int, node: Node, texts: Sequence[str] | None, delay_s: float) -> None:
        if texts:
            text = str(self._random.choice(texts)).replace("{you}", node.name or node.node_id)
            conversation = direct_conversation(node.network, node.node_id)
            self._soon(delay_s, number, conversation, text)

    def _soon(self, delay_s: float, number: int, conversation: ConversationId, text: str) -> None:
        self._pending += 1
        self._world.engine.after(delay_s, self._say, number, conversation, text)

    def _say(self, number: int, conversation: ConversationId, text: str) -> None:
        self._pending -= 1
        station = self._world.stations[number]
        if station.is_on:
            message_id = MessageId(str(uuid.UUID(bytes=self._random.randbytes(16), version=4)))
            self._world.submit(station, SendText(conversation, text, message_id))

    def _name(self, node_id: NodeId) -> str:
        number = self._world.number_of(node_id)
        return node_id if number is None else self._world.name(number)


def cast_for_characters(scenario: RadioScenario) -> Scenario:
    """Give characters what they need of a scenario."""
    return Scenario(
        title=scenario.title,
        seed=scenario.seed,
        islands=(),
        joined=(),
        own_name="",
        own_position=Position(0.0, 0.0),
        forums=(),
        nodes=(),
        scenes=(),
        characters=scenario.characters,
        common=scenario.common,
    )
