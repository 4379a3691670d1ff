"""What a modem is asked and told when its line opens, and what it says of itself then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.kiss import (
    ANSWER_BIT,
    Hardware,
    KissCommand,
    KissFrame,
    ModemRadio,
    ModemStats,
    decode_radio,
    decode_signed,
    decode_stats,
    decode_unsigned,
    encode_kiss,
    encode_radio,
    hardware_frame,
)
from meshtui.networks.meshcore.node.settings import preamble_of
from meshtui.networks.meshcore.payloads.utf8 import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.link import RadioSettings

_SPREADING: Final = range(5, 13)
_CODING: Final = range(5, 9)
_BANDWIDTH_HZ: Final = range(1_000, 2_000_001)
_AT_ONCE: Final = (
    # the mesh has delays of its own, and the modem's 500 ms would come on top of them
    encode_kiss(KissFrame(KissCommand.TX_DELAY, b"\x00")),
    # we ask whether the channel is free; once it is, the modem shall not draw lots again
    encode_kiss(KissFrame(KissCommand.PERSISTENCE, b"\xff")),
)


@dataclass(frozen=True, slots=True)
class ModemFacts:
    """What a modem said of itself; None or empty = nothing yet.

    Attributes:
        radio: Zeros where nobody has set it since it started.
    """

    version: str = ""
    name: str = ""
    radio: ModemRadio | None = None
    power_dbm: int | None = None
    noise_dbm: int | None = None
    battery_mv: int | None = None
    stats: ModemStats | None = None
    refused: tuple[str, ...] = ()

    @property
    def is_tuned(self) -> bool:
        """Its radio has a frequency, and else such settings as a LoRa radio can have."""
        radio = self.radio
        return (
            radio is not None
            and radio.frequency_hz > 0
            and radio.spreading_factor in _SPREADING
            and radio.coding_rate in _CODING
            and radio.bandwidth_hz in _BANDWIDTH_HZ
        )

    def settings(self, wished: RadioSettings) -> RadioSettings:
        """Say how the radio is set, in the words of all radios; the rest is as wished."""
        power_dbm = wished.power_dbm if self.power_dbm is None else self.power_dbm
        if self.radio is None or not self.is_tuned:
            return replace(wished, power_dbm=power_dbm)
        spreading = self.radio.spreading_factor
        is_usual = wished.preamble_symbols == preamble_of(wished.spreading_factor)
        return replace(
            wished,
            spreading_factor=spreading,
            bandwidth_khz=self.radio.bandwidth_hz / 1000,
            coding_rate=self.radio.coding_rate,
            # no modem tells its preamble: what the URL says otherwise of it stands
            preamble_symbols=preamble_of(spreading) if is_usual else wished.preamble_symbols,
            frequency_mhz=self.radio.frequency_hz / 1e6,
            power_dbm=power_dbm,
        )


@dataclass(frozen=True, slots=True)
class Question:
    """A hardware command whose answer is waited for.

    Attributes:
        answer: The code that answers it.
        is_vital: Without an answer there is no modem.
    """

    code: int
    body: bytes = b""
    is_vital: bool = False

    @property
    def answer(self) -> int:
        """The code of its answer."""
        if self.code in {Hardware.SET_RADIO, Hardware.SET_POWER, Hardware.REBOOT}:
            return Hardware.OK
        if self.code == Hardware.SET_REPORT:
            return Hardware.GET_REPORT | ANSWER_BIT
        return self.code | ANSWER_BIT

    @property
    def wire(self) -> bytes:
        """The frame that asks it."""
        return hardware_frame(self.code, self.body)


def openers() -> tuple[bytes, ...]:
    """List the frames that are not answered, to be sent first."""
    return _AT_ONCE


def questions(wished: RadioSettings) -> list[Question]:
    """List what is asked one after the other.

    Args:
        wished: Where it names a frequency, the modem's radio is set to all of it.
    """
    asked = [Question(Hardware.VERSION, is_vital=True), Question(Hardware.SET_REPORT, b"\x01")]
    if wished.frequency_mhz is not None:
        radio = ModemRadio(
            round(wished.frequency_mhz * 1e6),
            round(wished.bandwidth_khz * 1e3),
            wished.spreading_factor,
            wished.coding_rate,
        )
        asked.append(to_tune(radio))
    if wished.power_dbm is not None:
        asked.append(to_power(wished.power_dbm))
    asked += [Question(Hardware.GET_RADIO, is_vital=True), Question(Hardware.GET_POWER)]
    return [*asked, Question(Hardware.NAME), Question(Hardware.BATTERY)]


def to_tune(radio: ModemRadio) -> Question:
    """Make what sets the radio."""
    return Question(Hardware.SET_RADIO, encode_radio(radio))


def to_power(power_dbm: int) -> Question:
    """Make what sets the power."""
    return Question(Hardware.SET_POWER, power_dbm.to_bytes(1, "little", signed=True))


def note(facts: ModemFacts, question: Question, code: int, body: bytes) -> ModemFacts:
    """Take an answer in; one that cannot be read changes nothing."""
    name = Hardware(question.code).name.lower().replace("_", " ")
    others = tuple(each for each in facts.refused if each != name)
    if code == Hardware.ERROR:
        return replace(facts, refused=(*others, name))
    facts = replace(facts, refused=others)
    if code == Hardware.OK:
        body = question.body  # it is as we said
    read = _READERS.get(question.code)
    if read is None:
        return facts
    try:
        return read(facts, body)
    except DecodeError:
        return facts


_READERS: Final[dict[int, Callable[[ModemFacts, bytes], ModemFacts]]] = {
    Hardware.VERSION: lambda facts, body: replace(
        facts, version=str(decode_unsigned(body)) if body else ""
    ),
    Hardware.GET_RADIO: lambda facts, body: replace(facts, radio=decode_radio(body)),
    Hardware.SET_RADIO: lambda facts, body: replace(facts, radio=decode_radio(body)),
    # until somebody has set it, a modem says zero
    Hardware.GET_POWER: lambda facts, body: replace(
        facts, power_dbm=decode_signed(body) or facts.power_dbm
    ),
    Hardware.SET_POWER: lambda facts, body: replace(facts, power_dbm=decode_signed(body)),
    Hardware.NAME: lambda facts, body: replace(facts, name=text_of(body[:64])),
    Hardware.BATTERY: lambda facts, body: replace(facts, battery_mv=decode_unsigned(body, 2)),
    Hardware.NOISE: lambda facts, body: replace(facts, noise_dbm=decode_signed(body, 2)),
    Hardware.STATS: lambda facts, body: replace(facts, stats=decode_stats(body)),
}
