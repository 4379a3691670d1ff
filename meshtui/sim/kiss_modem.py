"""A KISS modem with MeshCore's firmware on a simulated mesh: bytes of its line in, bytes out.

What the firmware does, it does: it takes whatever it is set to, keeps nothing of it over a restart,
says zeros until it was set, and takes one packet at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.kiss import (
    ANSWER_BIT,
    BUSY,
    Hardware,
    KissCommand,
    KissDeframer,
    KissFrame,
    ModemRadio,
    data_frame,
    decode_radio,
    encode_radio,
    hardware_frame,
)
from meshtui.networks.meshcore.node.settings import mesh_radio
from meshtui.sim.meshcore_station import MeshcoreStation
from meshtui.sim.meshcore_talkers import MeshcoreTalkers
from meshtui.sim.meshcore_world import MeshcoreWorld
from meshtui.sim.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.packet import RxMeta
    from meshtui.runtime.clock import Clock
    from meshtui.sim.radio_scenario import RadioScenario

UNTUNED: Final = ModemRadio(0, 0, 0, 0)
KEPT_MESSAGES: Final = 1_000
_LEAST_BYTES: Final[dict[int, int]] = {
    Hardware.SET_RADIO: 10,
    Hardware.SET_POWER: 1,
    Hardware.SET_REPORT: 1,
}
_WRONG_LENGTH: Final = b"\x01"
_UNKNOWN: Final = b"\x05"


@dataclass
class KissModem:
    """One modem, as far as its host sees it.

    Attributes:
        pending: The one it is sending; whoever owns the air calls `sent` when that is over.
        plain: What it was told by plain KISS commands: command to value.
        taken: Packets that it was given and took.
        reports: It says how well it heard each packet.
        boots: How often it has started.
    """

    radio: ModemRadio = UNTUNED
    power_dbm: int = 0
    name: str = "Sim modem"
    battery_mv: int = 3900
    noise_dbm: int = -117
    is_busy: bool = False
    reports: bool = True
    pending: bytes | None = None
    plain: dict[int, bytes] = field(default_factory=dict)
    heard: int = 0
    taken: int = 0
    errors: int = 0
    boots: int = 1
    _deframer: KissDeframer = field(default_factory=KissDeframer)

    def feed(self, data: bytes) -> bytes:
        """Take what the host writes; returns what it reads at once."""
        events = self._deframer.feed(data)
        return b"".join(self._take(event) for event in events if isinstance(event, KissFrame))

    def sent(self, *, is_ok: bool = True) -> bytes:
        """What was on the air is over; returns what the host reads."""
        self.pending = None
        return hardware_frame(Hardware.TX_DONE, bytes((is_ok,)))

    def hear(self, packet: bytes, snr_q4: int = 34, rssi_dbm: int = -87) -> bytes:
        """A packet arrived; returns what the host reads."""
        self.heard += 1
        meta = bytes((snr_q4 & 0xFF, rssi_dbm & 0xFF))
        report = hardware_frame(Hardware.RX_META, meta) if self.reports else b""
        return data_frame(packet) + report

    def _take(self, frame: KissFrame) -> bytes:
        if frame.command == KissCommand.DATA:
            return self._send(frame.data)
        found = frame.hardware
        if found is None:
            self.plain[frame.command] = frame.data
            return b""
        return self._answer(*found)

    def _send(self, packet: bytes) -> bytes:
        if self.pending is not None:
            return hardware_frame(Hardware.ERROR, bytes((BUSY,)))
        if len(packet) < 2:
            return hardware_frame(Hardware.ERROR, _WRONG_LENGTH)
        self.pending = packet
        self.taken += 1
        return b""

    def _answer(self, code: int, body: bytes) -> bytes:
        if len(body) < _LEAST_BYTES.get(code, 0):
            return hardware_frame(Hardware.ERROR, _WRONG_LENGTH)
        match code:
            case Hardware.SET_RADIO:
                self.radio = decode_radio(body)
                return hardware_frame(Hardware.OK)
            case Hardware.SET_POWER:
                self.power_dbm = int.from_bytes(body[:1], "little", signed=True)
                return hardware_frame(Hardware.OK)
            case Hardware.REBOOT:
                self.reboot()
                return hardware_frame(Hardware.OK)
            case Hardware.SET_REPORT:
                self.reports = bool(body[0])
                code = Hardware.GET_REPORT
            case _:
                pass
        answer = self._told.get(code)
        if answer is None:
            return hardware_frame(Hardware.ERROR, _UNKNOWN)
        return hardware_frame(code | ANSWER_BIT, answer)

    @property
    def _told(self) -> dict[int, bytes]:
        counts = (self.heard, self.taken, self.errors)
        return {
            Hardware.VERSION: b"\x01\x00",
            Hardware.GET_RADIO: encode_radio(self.radio),
            Hardware.GET_POWER: self.power_dbm.to_bytes(1, "little", signed=True),
            Hardware.NAME: self.name.encode(),
            Hardware.BATTERY: self.battery_mv.to_bytes(2, "little"),
            Hardware.IS_BUSY: bytes((self.is_busy,)),
            Hardware.GET_REPORT: bytes((self.reports,)),
            Hardware.RSSI: b"\x92",
            Hardware.NOISE: self.noise_dbm.to_bytes(2, "little", signed=True),
            Hardware.PING: b"",
            Hardware.STATS: b"".join(count.to_bytes(4, "little") for count in counts),
        }

    def reboot(self) -> None:
        """Start anew; nothing that it was told is kept."""
        self.boots += 1
        self.radio, self.power_dbm = UNTUNED, 0
        self.reports, self.pending = True, None
        self.plain.clear()


class ModemStation(MeshcoreStation):
    """A modem in a node's place: its host, not the node, has what the radio hears and sends.

    Where it is tuned otherwise than the mesh, it is not there.
    """

    def __init__(
        self, world: MeshcoreWorld, number: int, modem: KissModem, give: Callable[[bytes], None]
    ) -> None:
        """Take the place over; `give` is called with what the modem says."""
        old = world.stations[number]
        super().__init__(number, old.node, old.radio, old.engine, old.listen)
        self.modem: Final = modem
        self.give = give
        self._world = world
        world.stations[number] = self
        self._tune()

    def take(self, data: bytes) -> None:
        """Take what the host writes."""
        modem, now_s = self.modem, self.engine.now_s
        pending, radio = modem.pending, modem.radio
        modem.is_busy = self._world.air.silent_from_s(self.number, now_s) > now_s
        if said := modem.feed(data):
            self.give(said)
        if modem.radio != radio:
            self._tune()
        if pending is None and modem.pending is not None:
            self.radio.take(modem.pending, 0, now_s)

    def transmitted(self, data: bytes) -> None:
        """Its packet has left."""
        del data
        self.give(self.modem.sent())

    def hear(self, data: bytes, rx: RxMeta) -> None:
        """Take a packet that the radio received."""
        self.radio.hear(data)
        self.give(self.modem.hear(data, round(4 * (rx.snr_db or 0)), rx.rssi_dbm or 0))

    def switch(self, *, is_on: bool) -> None:
        """It has power always; its node never."""
        del is_on
        self._tune()

    def _tune(self) -> None:
        self._world.tune(self.number, is_here=self.modem.radio == tuning_of(self._world))


def tuning_of(world: MeshcoreWorld) -> ModemRadio:
    """Say how a modem is set on a world's channel."""
    radio = world.radio
    return ModemRadio(
        round(1e6 * (radio.frequency_mhz or mesh_radio().frequency_mhz or 0)),
        round(1000 * radio.bandwidth_khz),
        radio.spreading_factor,
        radio.coding_rate,
    )


class LiveModem:
    """A world that keeps pace with a clock, and a modem in it; what it is given is bytes."""

    def __init__(
        self,
        scenario: RadioScenario,
        clock: Clock,
        give: Callable[[bytes], None],
        *,
        seed: int | None = None,
        speed: float = 1.0,
        place_of: int | None = None,
    ) -> None:
        """Prepare; see `companion.stream.LiveMeshcore`.

        Raises:
            ConfigError: The scenario gives no mesh.
        """
        start = clock.now()
        world = MeshcoreWorld(
            scenario, seed, has_guest=True, place_of=place_of, start_unix_ms=start.unix_ms
        )
        self.world = world
        self.station = ModemStation(world, len(world.stations) - 1, KissModem(), give)
        self.station.modem.noise_dbm = round(world.propagation.noise_dbm)
        self.talkers = MeshcoreTalkers(world)
        self._pace = Pace(world.engine, clock, start.mono_s, speed)

    def command(self, data: bytes) -> None:
        """Take what the program writes."""
        self._pace.do(lambda: self.station.take(data))

    def end(self) -> None:
        """Let `run` return."""
        self._pace.end()

    async def run(self) -> None:
        """Live until `end`."""
        await self._pace.run(lambda: self.world.tally.forget(KEPT_MESSAGES))
