"""The people of a live MeshCore mesh: they answer a guest, greet one, and chat among themselves."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from meshtui.model.node import Position
from meshtui.networks.meshcore.node.outputs import (
    AdvertHeard,
    GroupTextHeard,
    LoginAnswered,
    TextHeard,
)
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.sim.characters import Character, Said
from meshtui.sim.scenario import SimNode
from meshtui.sim.talkers import cast_for_characters

if TYPE_CHECKING:
    from meshtui.networks.meshcore.channel_key import ChannelKey
    from meshtui.networks.meshcore.node.outputs import NodeOutput
    from meshtui.networks.meshcore.packet import Packet
    from meshtui.sim.meshcore_cast import Member
    from meshtui.sim.meshcore_world import MeshcoreWorld

ANSWER_S: Final = (1.5, 5.0)
FIRST_CHAT_S: Final = 20.0
WELCOME_S: Final = 10.0
ROOMS_S: Final = (30.0, 90.0)
GREETING_S: Final = (8.0, 25.0, 60.0)  # so many greet a newcomer, one after the other
MAX_PENDING: Final = 20  # a guest who floods is answered no faster
MAX_GUESTS: Final = 20
MAX_ANSWERED: Final = 1_000
MAX_TEXT_BYTES: Final = 130  # a name stands before it in a channel
_PLAIN: Final = 0


class MeshcoreTalkers:
    """It listens to a world; answers go out by themselves."""

    def __init__(self, world: MeshcoreWorld) -> None:
        """Give a manner of speaking to each node that has one."""
        self._world = world
        self._random = world.random("talk")
        self._characters: dict[int, Character] = {}
        cast = cast_for_characters(world.scenario)
        for member in world.people:
            if member.character:
                position = world.position(member.number) or Position(0.0, 0.0)
                node = SimNode(member.name, (), position, member.about, member.character)
                self._characters[member.number] = Character(cast, node, self._random)
        self._names = {member.name for member in world.members}
        self._answered: OrderedDict[tuple[bytes, int], None] = OrderedDict()
        self._guests: dict[bytes, str] = {}
        self._greeters = 0
        self._greeted: set[tuple[int, bytes]] = set()  # who has welcomed whom
        self._pending = 0
        world.listen = self.hear
        self._begin()

    def _begin(self) -> None:
        """Let them live: one welcomes whom all know, one opens the rooms, and they chat."""
        world = self._world
        mesh = world.scenario.meshcore
        if not self._characters:
            return
        host = min(self._characters)
        if mesh.chatter_every_s and mesh.chatter:
            world.engine.after(FIRST_CHAT_S, self._chat)
        if world.guest is not None and world.scenario.known == "all":
            world.engine.after(WELCOME_S, self._welcome, host)
        for room in world.members:
            if room.role is AdvertType.ROOM:
                world.engine.after(self._random.uniform(*ROOMS_S), self._open_room, host, room)

    def hear(self, number: int, output: NodeOutput) -> None:
        """Take what a node has learned."""
        match output:
            case TextHeard(txt_type=txt_type) if txt_type == _PLAIN:
                self._answer(number, output)
            case GroupTextHeard():
                self._answer_all(number, output)
            case AdvertHeard():
                self._meet(number, output)
            case LoginAnswered(peer=room, is_ok=True) if number in self._characters:
                self._later(ANSWER_S[0], number, room, self._news(number))
            case _:
                pass

    def _is_ours(self, key: bytes) -> bool:
        number = self._world.numbers.get(key)
        return number is not None and number < len(self._world.members)

    def _answer(self, number: int, heard: TextHeard) -> None:
        character = self._characters.get(number)
        if character is None or self._is_ours(heard.peer) or self._pending >= MAX_PENDING:
            return
        said = self._said(heard.text, self._guests.get(heard.peer, ""), heard.packet)
        self._soon(number, heard.peer, character.answer(said))

    def _answer_all(self, number: int, heard: GroupTextHeard) -> None:
        name, colon, text = heard.text.partition(": ")
        character = self._characters.get(number)
        if character is None or not colon or name in self._names or self._pending >= MAX_PENDING:
            return
        key = (heard.channel.secret.reveal, heard.timestamp)
        if key in self._answered:
            return  # the first to read it answers
        self._answered[key] = None
        if len(self._answered) > MAX_ANSWERED:
            self._answered.popitem(last=False)
        answer = character.answer(self._said(text, name, heard.packet))
        self._soon(number, heard.channel, f"@[{name}] {answer}")

    def _meet(self, number: int, heard: AdvertHeard) -> None:
        key, name = heard.contact.public_key, heard.contact.name
        if self._is_ours(key):
            return
        if key not in self._guests:
            if len(self._guests) >= MAX_GUESTS:
                return
            self._guests[key] = name
            self._greeters = 0
        greetings = self._world.scenario.common.get("greeting")
        character = self._characters.get(number)
        has_greeted = (number, key) in self._greeted
        if character is None or not greetings or has_greeted:
            return
        if self._greeters >= len(GREETING_S):
            return
        self._greeted.add((number, key))
        delay_s = GREETING_S[self._greeters]
        self._greeters += 1
        said = self._said("", name, heard.packet)
        line = character.speak(str(self._random.choice(greetings)), said)
        self._later(delay_s, number, key, line)

    def _welcome(self, number: int) -> None:
        """Write to the guest before it has said a word."""
        guest = self._world.guest
        greetings = self._world.scenario.common.get("greeting")
        if guest is None or not greetings:
            return
        self._greeted.add((number, guest.node.public_key))
        said = Said("", guest.node.settings.name, (), self._world.engine.instant().unix_ms)
        line = self._characters[number].speak(str(self._random.choice(greetings)), said)
        self._later(0.0, number, guest.node.public_key, line)

    def _open_room(self, number: int, room: Member) -> None:
        """Log in to a room; once in, something is posted there."""
        world = self._world
        station = world.stations[number]
        password = (room.password or world.scenario.meshcore.guest_password).encode()
        if station.is_on:
            key = world.keys[room.number].public_key
            station.do(station.node.login(key, password, world.engine.instant()).outputs)

    def _news(self, number: int) -> str:
        """Say something for all."""
        said = Said("", "", (), self._world.engine.instant().unix_ms)
        chatter = self._world.scenario.meshcore.chatter or ("Hello all.",)
        return self._characters[number].speak(str(self._random.choice(chatter)), said)

    def _chat(self) -> None:
        """Let somebody say something to all."""
        world = self._world
        every_s = world.scenario.meshcore.chatter_every_s
        world.engine.after(every_s * self._random.uniform(0.5, 1.5), self._chat)
        number = self._random.choice(sorted(self._characters))
        channel = self._random.choice(world.channels)
        self._later(0.0, number, channel, self._news(number))

    def _said(self, text: str, name: str, packet: Packet) -> Said:
        via = tuple(self._name(part) for part in packet.path_hashes()) if packet.is_flood else ()
        at_ms = self._world.engine.instant().unix_ms
        return Said(text, name or "stranger", via, at_ms)

    def _name(self, part: str) -> str:
        """Name a repeater by its hash; the first of those it may be."""
        prefix = bytes.fromhex(part)
        world = self._world
        found = (
            m.name for m in world.members if world.keys[m.number].public_key.startswith(prefix)
        )
        return next(found, part)

    def _soon(self, number: int, to: bytes | ChannelKey, text: str) -> None:
        self._later(self._random.uniform(*ANSWER_S), number, to, text)

    def _later(self, delay_s: float, number: int, to: bytes | ChannelKey, text: str) -> None:
        self._pending += 1
        self._world.engine.after(delay_s, self._say, number, to, shortened(text))

    def _say(self, number: int, to: bytes | ChannelKey, text: str) -> None:
        self._pending -= 1
        if isinstance(to, bytes):
            self._world.write(number, to, text)
        else:
            self._world.say(number, to, text)


def shortened(text: str) -> str:
    """Fit a text into a packet."""
    data = text.encode("utf-8", "replace")
    if len(data) <= MAX_TEXT_BYTES:
        return text
    return f"{data[: MAX_TEXT_BYTES - 3].decode('utf-8', 'ignore')}…"
