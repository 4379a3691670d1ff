"""What people write on a MeshCore mesh, as a scenario says, and what became of it."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.channel_key import key_of_name
from meshtui.networks.meshcore.node.outputs import GroupTextHeard, TextHeard
from meshtui.networks.meshcore.packet import PayloadType
from meshtui.sim.meshcore_world import MeshcoreWorld
from meshtui.sim.outcome import Outcome, count_fates
from meshtui.sim.traffic import choose_members, choose_partners, writings

if TYPE_CHECKING:
    from meshtui.networks.meshcore.node.outputs import NodeOutput
    from meshtui.sim.radio_scenario import RadioScenario
    from meshtui.sim.traffic import Writing

MAX_WRITTEN: Final = 10_000  # texts remembered as on their way
MAX_TEXT_CHARS: Final = 140  # the rest of the packet is the name's
VARIANT: Final = "meshcore"
_KINDS: Final = {
    PayloadType.ACK: "ack",
    PayloadType.PATH: "ack",
    PayloadType.MULTIPART: "ack",
    PayloadType.TXT_MSG: "direct",
    PayloadType.GRP_TXT: "forum",
    PayloadType.ADVERT: "presence",
}


class MeshcoreTraffic:
    """A world whose people write to each other; `run` plays it to the end.

    Attributes:
        world: The mesh.
    """

    def __init__(self, scenario: RadioScenario, seed: int | None = None) -> None:
        """Draw all that is written.

        Raises:
            ConfigError: The placement's rule gives no mesh.
        """
        self.world = MeshcoreWorld(scenario, seed)
        world, traffic = self.world, scenario.traffic
        self._people = [member.number for member in world.people]
        places = [world.places[number] for number in self._people]
        partners = choose_partners(traffic, places, world.random("partners"))
        self._members = choose_members(traffic, len(places), world.random("members"))
        self._channels = {name: key_of_name(f"#{name}") for name in self._members}
        for name, members in self._members.items():
            for index in members:
                world.keyrings[self._people[index]].add_channel(self._channels[name])
        if scenario.known != "none":
            self._acquaint(partners)
        self._written: OrderedDict[tuple[bytes, int, str], str] = OrderedDict()
        self._left = writings(scenario, partners, self._members, world.random("traffic"))
        world.listen = self._hear
        self._next()

    def run(self) -> None:
        """Play to the end of the scenario."""
        scenario = self.world.scenario
        end_s = scenario.warmup_s + scenario.hours * 3600 + scenario.drain_s
        self.world.engine.run_until(end_s)

    def outcome(self, wall_s: float, degree: float) -> Outcome:
        """Read the figures of a run that has ended."""
        world = self.world
        air, tally, now_s = world.air, world.tally, world.engine.now_s
        outcome = Outcome(
            scenario=world.scenario.name,
            variant=VARIANT,
            seeds=[world.seed],
            nodes=len(world.members),
            mean_degree=degree,
            hours=world.scenario.hours,
            airtime_s=sum(meter.airtime_s for meter in air.meters),
            node_s=len(world.members) * now_s,
            duty_most=max(meter.most_s for meter in air.meters) / 3600,
            heard=air.counts.heard,
            collisions=air.counts.collisions,
            deaf=air.counts.deaf,
            drops=tally.drops,
            refusals=tally.refusals,
            virtual_s=now_s,
            wall_s=wall_s,
        )
        for kind, count in world.kinds.items():
            outcome.sent[_KINDS.get(PayloadType(kind), "direct")] += count
        for station in world.stations:
            outcome.deferred += station.radio.counts.deferred
            outcome.overflow += station.radio.counts.overflow
        count_fates(outcome, tally)
        return outcome

    def _acquaint(self, partners: list[list[int]]) -> None:
        """Let those know each other who write to each other, however many there are."""
        world = self.world
        for author, others in enumerate(partners if world.scenario.traffic.partners else []):
            for other in others:
                one, two = self._people[author], self._people[other]
                world.stations[one].node.add_contact(world.card(world.members[two]))
                world.stations[two].node.add_contact(world.card(world.members[one]))

    def _next(self) -> None:
        writing = next(self._left, None)
        if writing is not None:
            self.world.engine.at(writing.at_s, self._write, writing)

    def _write(self, writing: Writing) -> None:
        self._next()
        world, tally = self.world, self.world.tally
        author = self._people[writing.author]
        if not world.stations[author].is_on:
            return
        text = writing.text[:MAX_TEXT_CHARS]
        if writing.recipient is None:
            readers = len(self._members[writing.forum]) - 1
            tally.written(writing.message_id, is_direct=False, readers=readers)
            channel = self._channels[writing.forum]
            timestamp = world.say(author, channel, text)
            whose, text = channel.secret.reveal, f"{world.members[author].name}: {text}"
        else:
            tally.written(writing.message_id, is_direct=True, readers=1)
            peer = world.keys[self._people[writing.recipient]].public_key
            timestamp = world.write(author, peer, text, writing.message_id)
            whose = world.keys[author].public_key
        if timestamp is not None:
            self._written[whose, timestamp, text] = writing.message_id
            if len(self._written) > MAX_WRITTEN:
                self._written.popitem(last=False)

    def _hear(self, number: int, output: NodeOutput) -> None:
        match output:
            case TextHeard(peer=whose, timestamp=timestamp, text=text):
                path = self.world.stations[number].node.out_path(whose)
                hops = path.hops if path is not None and not output.packet.is_flood else None
            case GroupTextHeard(channel=channel, timestamp=timestamp, text=text):
                whose, hops = channel.secret.reveal, None
            case _:
                return
        message_id = self._written.get((whose, timestamp, text))
        if message_id is not None:
            self.world.tally.read(number, message_id, output.packet.hops if hops is None else hops)
