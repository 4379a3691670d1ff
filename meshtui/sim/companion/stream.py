"""A MeshCore mesh in real time, and a companion radio in it at the end of a stream of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.sim.companion.board import Board, Preferences
from meshtui.sim.companion.desk import Owner
from meshtui.sim.companion.framing import Unframer, framed
from meshtui.sim.companion.radio import CompanionRadio
from meshtui.sim.meshcore_talkers import MeshcoreTalkers
from meshtui.sim.meshcore_world import MeshcoreWorld
from meshtui.sim.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.link import RadioSettings
    from meshtui.runtime.clock import Clock
    from meshtui.sim.radio_scenario import RadioScenario

KEPT_MESSAGES: Final = 1_000


class LiveMeshcore:
    """A world that keeps pace with a clock, and a companion radio in it; frames are payloads.

    Attributes:
        radio: The companion; nobody is connected to it yet.
    """

    def __init__(
        self,
        scenario: RadioScenario,
        clock: Clock,
        give: Callable[[bytes], None],
        *,
        radio: RadioSettings | None = None,
        seed: int | None = None,
        speed: float = 1.0,
        place_of: int | None = None,
        board: Board | None = None,
    ) -> None:
        """Prepare.

        Args:
            give: Called with the payload of each frame for the program.
            speed: So many virtual seconds pass in a real one.
            place_of: The radio stands where this node would.

        Raises:
            ConfigError: The scenario gives no mesh.
        """
        start = clock.now()
        self.world = MeshcoreWorld(
            scenario,
            seed,
            radio=radio,
            has_guest=True,
            place_of=place_of,
            start_unix_ms=start.unix_ms,
        )
        self.radio = companion_of(self.world, give, board)
        self.talkers = MeshcoreTalkers(self.world)
        self._pace = Pace(self.world.engine, clock, start.mono_s, speed)

    def do(self, deed: Callable[[], None]) -> None:
        """Do something with the radio, at its time."""
        self._pace.do(deed)

    def command(self, payload: bytes) -> None:
        """Take a command of the program."""
        self._pace.do(lambda: self.radio.command(payload))

    def end(self) -> None:
        """Let `run` return."""
        self._pace.end()

    async def run(self) -> None:
        """Live until `end`."""
        await self._pace.run(lambda: self.world.tally.forget(KEPT_MESSAGES))


class StreamMesh(LiveMeshcore):
    """The same at the end of a serial line, whose far end is always there."""

    def __init__(
        self,
        scenario: RadioScenario,
        clock: Clock,
        write: Callable[[bytes], None],
        *,
        radio: RadioSettings | None = None,
        seed: int | None = None,
        speed: float = 1.0,
        place_of: int | None = None,
    ) -> None:
        """Prepare; `write` is called with what goes over the line.

        Raises:
            ConfigError: The scenario gives no mesh.
        """
        super().__init__(
            scenario,
            clock,
            lambda payload: write(framed(payload)),
            radio=radio,
            seed=seed,
            speed=speed,
            place_of=place_of,
        )
        self._unframer = Unframer()
        self.radio.connect()

    def say(self, data: bytes) -> None:
        """Take what the program writes."""
        for payload in self._unframer.feed(data):
            self.command(payload)


def companion_of(
    world: MeshcoreWorld, give: Callable[[bytes], None], board: Board | None = None
) -> CompanionRadio:
    """Make a companion radio of a world's guest; it is set as all radios there are.

    Raises:
        ValueError: The world has no guest.
    """
    station = world.guest
    if station is None:
        raise ValueError("there is no radio for it")
    number = station.number
    owner = Owner(world.keys[number], world.keyrings[number], world.random("companion").randbytes)
    air = world.radio
    board = board or Board()
    position = world.position(number)
    mine = Preferences(
        power_dbm=min(board.max_power_dbm, air.power_dbm or board.max_power_dbm),
        frequency_khz=round(1000 * (air.frequency_mhz or 869.618)),
        bandwidth_hz=round(1000 * air.bandwidth_khz),
        spreading_factor=air.spreading_factor,
        coding_rate=air.coding_rate,
        lat=round(position.lat, 6) if position else 0.0,
        lon=round(position.lng, 6) if position else 0.0,
    )
    radio = CompanionRadio(station, owner, give, board, mine)
    desk = radio.desk
    desk.rename(f"Sim {station.node.public_key[:2].hex().upper()}")
    for slot, channel in enumerate(world.channels):
        desk.set_slot(slot, channel.name, channel.secret.reveal)
    tuned = (mine.frequency_khz, mine.bandwidth_hz, mine.spreading_factor, mine.coding_rate)

    def retune() -> None:
        now = desk.preferences
        found = (now.frequency_khz, now.bandwidth_hz, now.spreading_factor, now.coding_rate)
        world.tune(number, is_here=found == tuned)

    desk.retune = retune
    return radio
