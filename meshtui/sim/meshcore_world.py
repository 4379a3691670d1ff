"""A radio scenario as a MeshCore mesh, in virtual time: real nodes on the virtual air.

Places, waves and air are the ones of `sim.world`; on them live chat nodes, repeaters and rooms,
each the node that stands behind a KISS modem in this program. With one seed everything is
repeatable to the last byte.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from random import Random
from typing import TYPE_CHECKING, Final

from meshtui.errors import ConfigError
from meshtui.model.node import Position
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.channel_key import PUBLIC, ChannelKey, key_of_name
from meshtui.networks.meshcore.identity import key_of
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.contacts import Contact
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.outputs import AckHeard, Dropped, GroupTextHeard, TextHeard
from meshtui.networks.meshcore.node.settings import NodeSettings
from meshtui.sim.air import VirtualAir
from meshtui.sim.engine import START_UNIX_MS, Engine
from meshtui.sim.meshcore_cast import cast_of, contact_of, settings_of
from meshtui.sim.meshcore_letters import Letters
from meshtui.sim.meshcore_station import MeshcoreStation
from meshtui.sim.placement import Walkers, degrees_of, place_nodes
from meshtui.sim.propagation import Propagation
from meshtui.sim.tally import Tally
from meshtui.sim.transceiver import Transceiver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.model.link import RadioSettings
    from meshtui.networks.meshcore.node.outputs import NodeOutput
    from meshtui.sim.air import Flight
    from meshtui.sim.meshcore_cast import Member
    from meshtui.sim.propagation import Place
    from meshtui.sim.radio_scenario import Failure, RadioScenario

MAX_KNOWN: Final = 300  # contacts from the start; the firmware's table has 350
MAX_SHOWN: Final = 5_000  # texts remembered as shown
FIRST_ADVERTS_S: Final = 240.0  # within so long after they have started
LOUDEST_SNR_DB: Final = 14.0  # above it chips tell nothing apart


class MeshcoreWorld:
    """A scenario come to life. Who drives it winds `engine`.

    Attributes:
        listen: Called with the number of a node and what it learned; repeated texts are left out.
        guest: The radio of somebody else's among the nodes, its number the last; None = none.
        kinds: Packets on the air, by payload type.
    """

    def __init__(
        self,
        scenario: RadioScenario,
        seed: int | None = None,
        *,
        radio: RadioSettings | None = None,
        has_guest: bool = False,
        place_of: int | None = None,
        start_unix_ms: int = START_UNIX_MS,
    ) -> None:
        """Place the nodes and give them what they know.

        Args:
            seed: Instead of the scenario's.
            radio: Instead of the scenario's.
            has_guest: There is one radio more, where the scenario says `own`, or in the middle.
            place_of: The guest takes this node's place, who then has no power.
            start_unix_ms: What the nodes' calendars show at the beginning.

        Raises:
            ConfigError: The placement's rule gives no mesh, or `place_of` is no node of it.
        """
        self.scenario = scenario
        self.seed = scenario.seed if seed is None else seed
        self.radio = radio or scenario.meshcore.radio
        self.engine = Engine(start_unix_ms)
        self.tally = Tally(self.engine)
        self.kinds: Counter[int] = Counter()
        self.listen: Callable[[int, NodeOutput], None] = lambda _, __: None
        self.propagation = Propagation(scenario.air, self.radio, self.seed)
        self.places = self._lay_out(has_guest=has_guest, place_of=place_of)
        self.audible = self.propagation.audible(self.places)
        self.members = self._cast(len(self.places) - has_guest)
        self.air = VirtualAir(
            self.radio, self.audible, self.propagation.sensitivity_dbm, scenario.air.capture_db
        )
        self.channels: tuple[ChannelKey, ...] = (
            PUBLIC,
            *(key_of_name(name) for name in scenario.meshcore.channels),
        )
        self.keys = [self._key(number) for number in range(len(self.places))]
        if has_guest and place_of is not None:  # radios in several places are several radios
            self.keys[-1] = self._key(len(self.places) + place_of)
        self.numbers = {key.public_key: number for number, key in enumerate(self.keys)}
        self.keyrings = [Keyring() for _ in self.places]
        self.stations = [self._station(number) for number in range(len(self.places))]
        self.letters = [Letters(station, self.tally) for station in self.stations]
        self.guest = self.stations[-1] if has_guest else None
        self._shown: OrderedDict[tuple[int, bytes, int, str], None] = OrderedDict()
        self._introduce()
        self._plan(place_of)

    @property
    def people(self) -> list[Member]:
        """Those who chat."""
        return [member for member in self.members if member.is_person]

    def random(self, purpose: str) -> Random:
        """Return chance for one purpose; it follows from the seed."""
        return Random(f"{self.seed} meshcore {purpose}")  # noqa: S311 - a play, to be repeated

    def position(self, number: int) -> Position | None:
        """Say where a node is; None where the scenario has no origin."""
        degrees = degrees_of(self.places[number], self.scenario.origin)
        return None if degrees is None else Position(*degrees)

    def write(self, author: int, peer: bytes, text: str, message_id: str = "") -> int | None:
        """Let a person write to somebody, if it has power; returns the text's time stamp."""
        if not self.stations[author].is_on:
            return None
        return self.letters[author].write(peer, text, message_id)

    def say(self, author: int, channel: ChannelKey, text: str) -> int | None:
        """Let a person write to a channel, if it has power; returns the text's time stamp."""
        station = self.stations[author]
        if not station.is_on:
            return None
        now = self.engine.instant()
        timestamp = station.node.unique_time(now)
        station.do(station.node.send_channel_text(channel, text, timestamp, now).outputs)
        return timestamp

    def tune(self, number: int, *, is_here: bool) -> None:
        """Let a radio leave the mesh's channel, or come back to it."""
        self.air.switch(number, self.engine.now_s, is_on=is_here)

    # --- building ---

    def _lay_out(self, *, has_guest: bool, place_of: int | None) -> list[Place]:
        scenario = self.scenario
        random = Random(f"{self.seed} places")  # noqa: S311 - the same places as other networks
        places = place_nodes(scenario, self.propagation, random)
        places += [node.place_m for node in scenario.only_meshcore if node.place_m]
        if place_of is not None and place_of not in range(len(places)):
            msg = f"node {place_of}: {scenario.name} has nodes 0 to {len(places) - 1}"
            raise ConfigError(msg)
        if has_guest:
            middle = (
                sum(x for x, _ in places) / len(places),
                sum(y for _, y in places) / len(places),
            )
            own = scenario.own_m or middle
            places.append(own if place_of is None else places[place_of])
        return places

    def _cast(self, count: int) -> list[Member]:
        heard = [
            {other: power for other, power in table.items() if other < count}
            for table in self.audible[:count]
        ]
        return cast_of(self.scenario, heard, self.propagation.sensitivity_dbm)

    def _key(self, number: int) -> KeyPair:
        return key_of(self.scenario.identity(number, self.seed))

    def _station(self, number: int) -> MeshcoreStation:
        keyring = self.keyrings[number]
        is_member = number < len(self.members)
        if not is_member:
            settings = NodeSettings(radio=self.radio)
        else:
            settings = settings_of(
                self.members[number], self.scenario, self.position(number), self.radio
            )
            if self.members[number].is_person:
                for channel in self.channels:
                    keyring.add_channel(channel)
        node = MeshcoreNode(
            self.keys[number], settings, self.random(f"node {number}").randbytes, keyring
        )
        node.stats.noise_dbm = round(self.propagation.noise_dbm)
        node.stats.battery_mv = 3_600 + self.random(f"battery {number}").randrange(600)
        radio = Transceiver(
            number, self.air, self.engine, self.random(f"radio {number}"), self._finish
        )
        return MeshcoreStation(
            number, node, radio, self.engine, lambda output: self._learn(number, output)
        )

    def _introduce(self) -> None:
        """Let people know each other, and the guest them, as the scenario says."""
        if self.scenario.known == "none":
            return
        known = [member for member in self.members if not member.is_new]
        cards = [self.card(member) for member in known][:MAX_KNOWN]
        if self.guest is not None:
            guest = Contact(self.guest.node.public_key)
            for card in cards:
                self.guest.node.add_contact(card)
        for member in self.people:
            node = self.stations[member.number].node
            for card in cards if self.scenario.known == "all" else ():
                if card.public_key != node.public_key:
                    node.add_contact(card)
            if self.guest is not None:
                node.add_contact(guest)

    def card(self, member: Member) -> Contact:
        """Describe a member to somebody who has met it."""
        met_s = self.engine.instant().unix_ms // 1000
        key = self.keys[member.number]
        return contact_of(member, key, self.position(member.number), met_s)

    # --- the course of events ---

    def _plan(self, place_of: int | None) -> None:
        """Put everything into the queue that is certain to happen."""
        scenario, engine, random = self.scenario, self.engine, self.random("plan")
        for station in self.stations:
            if station.number != place_of:
                # a guest comes to a mesh that is there already
                at_s = 0.0 if self.guest else random.random() * scenario.boot_s
                engine.at(at_s, self._power, station.number, True)
        first_s = min(FIRST_ADVERTS_S, scenario.meshcore.advert_every_s)
        for member in self.members:
            boot_s = 0.0 if self.guest else scenario.boot_s
            engine.at(boot_s + random.random() * first_s, self._advertise, member.number)
        for failure in scenario.failures:
            for number in self._failing(failure, random):
                engine.at(failure.from_s, self._power, number, False)
                engine.at(failure.to_s, self._power, number, True)
        count = len(self.members) - len(scenario.only_meshcore)
        walkers = Walkers(scenario.mobility, scenario.listed, self.places, count, random)
        if walkers:
            engine.at(scenario.mobility.every_s, self._walk, walkers)

    def _failing(self, failure: Failure, random: Random) -> Sequence[int]:
        if failure.nodes:
            return failure.nodes
        everybody = range(len(self.members))
        return sorted(random.sample(everybody, round(failure.share * len(everybody))))

    def _power(self, number: int, is_on: bool) -> None:  # noqa: FBT001 - called by the engine
        self.air.switch(number, self.engine.now_s, is_on=is_on)
        self.stations[number].switch(is_on=is_on)

    def _advertise(self, number: int) -> None:
        station = self.stations[number]
        if station.is_on:
            station.do(station.node.advertise(self.engine.instant(), flood=True))
        every_s = self.scenario.meshcore.advert_every_s
        if every_s:
            self.engine.after(every_s, self._advertise, number)

    def _walk(self, walkers: Walkers) -> None:
        every_s = self.scenario.mobility.every_s
        moved = walkers.step(self.engine.now_s, every_s)
        self.propagation.move(self.audible, self.places, moved)
        self.engine.after(every_s, self._walk, walkers)

    # --- what passes between nodes and air ---

    def _finish(self, flight: Flight) -> None:
        self.kinds[flight.payload[0] >> 2 & 0x0F] += 1
        self.stations[flight.sender].transmitted(flight.payload)
        noise_dbm = self.propagation.noise_dbm
        for number, power_dbm in self.air.finish(flight).items():
            snr_db = round(4 * min(power_dbm - noise_dbm, LOUDEST_SNR_DB)) / 4
            self.stations[number].hear(flight.payload, RxMeta(round(power_dbm), snr_db))

    def _learn(self, number: int, output: NodeOutput) -> None:
        match output:
            case Dropped(reason):
                self.tally.drops[reason] += 1
                return
            case AckHeard(ack=ack):
                self.letters[number].acked(ack)
            case TextHeard(peer=peer, timestamp=timestamp, text=text):
                if self._is_shown(number, peer, timestamp, text):
                    return
            case GroupTextHeard(channel=channel, timestamp=timestamp, text=text):
                if self._is_shown(number, channel.secret.reveal, timestamp, text):
                    return
            case _:
                pass
        self.listen(number, output)

    def _is_shown(self, number: int, whose: bytes, timestamp: int, text: str) -> bool:
        """Tell whether a node has shown a text before, and remember that it has now."""
        shown = (number, whose, timestamp, text)
        if shown in self._shown:
            return True
        self._shown[shown] = None
        if len(self._shown) > MAX_SHOWN:
            self._shown.popitem(last=False)
        return False
