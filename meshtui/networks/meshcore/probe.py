"""Finding out whether a MeshCore radio is at the other end, before anybody relies on it.

To be used only where the user said it is one: what greets a companion radio would go on the air
from a gateway of another network.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError
from meshtui.model.link import LinkKind
from meshtui.networks.base import Finding, Probe
from meshtui.networks.meshcore.companion.answers import CurrTime, DeviceInfo, SelfInfo
from meshtui.networks.meshcore.companion.codes import Command
from meshtui.networks.meshcore.companion.commands import AppStart, Bare, DeviceQuery
from meshtui.networks.meshcore.companion.deframer import Deframer, enframe
from meshtui.networks.meshcore.companion.frames import decode_frame, encode_command
from meshtui.networks.meshcore.kiss import (
    ANSWER_BIT,
    Hardware,
    KissDeframer,
    KissFrame,
    decode_radio,
    hardware_frame,
)
from meshtui.networks.meshcore.payloads.utf8 import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.networks.meshcore.companion.frames import RadioFrame

PROTOCOL_VERSION: Final = 3
APP_NAME: Final = "meshtui"
MAX_SKEW_S: Final = 60
LEAST_FIRMWARE: Final = (1, 10)
_VERSION: Final = re.compile(r"v?(\d{1,3})\.(\d{1,3})")
# who it is comes last: then all else it answers has been read
_COMPANION_HELLO: Final = (
    DeviceQuery(PROTOCOL_VERSION),
    Bare(Command.GET_DEVICE_TIME),
    AppStart(app_name=APP_NAME),
)
_MODEM_HELLO: Final = (Hardware.NAME, Hardware.VERSION, Hardware.GET_RADIO, Hardware.PING)
_COMPANION_ADVICE: Final = (
    "has it companion firmware for this way (USB, Bluetooth, Wi-Fi), and is the speed right?"
)
_MODEM_ADVICE: Final = "has it MeshCore's KISS modem firmware, and is ?baud= its speed?"


def probe_of(kind: LinkKind) -> Probe | None:
    """Say how to find a radio on such a link; None = there is no asking."""
    if kind is LinkKind.MODEM:
        return Probe(
            tuple(hardware_frame(code) for code in _MODEM_HELLO),
            _recognise_modem,
            _examine_modem,
            _MODEM_ADVICE,
        )
    if kind not in (LinkKind.STREAM, LinkKind.PIECES):
        return None
    is_stream = kind is LinkKind.STREAM
    payloads = tuple(encode_command(command) for command in _COMPANION_HELLO)
    return Probe(
        tuple(enframe(payload) if is_stream else payload for payload in payloads),
        lambda reads: _recognise(_frames(reads, is_stream=is_stream)),
        lambda reads, unix_s: _examine(_frames(reads, is_stream=is_stream), unix_s),
        _COMPANION_ADVICE,
    )


# --- a companion radio ---


def _recognise(frames: Sequence[RadioFrame]) -> str:
    """Say which radio answered, for a person; empty = none yet."""
    name = next((frame.name for frame in frames if isinstance(frame, SelfInfo)), None)
    if name is None:
        return ""
    device = next((frame for frame in frames if isinstance(frame, DeviceInfo)), None)
    about = " ".join(part for part in (device.model, device.firmware) if part) if device else ""
    return f"MeshCore radio {name or '(no name)'}" + (f", {about}" if about else "")


def _examine(frames: Sequence[RadioFrame], unix_s: int) -> list[Finding]:
    found = []
    for frame in frames:
        if isinstance(frame, CurrTime):
            found.append(_clock(frame.time - unix_s))
        elif isinstance(frame, DeviceInfo) and _is_old(frame.firmware or ""):
            least = ".".join(map(str, LEAST_FIRMWARE))
            detail = f"{frame.firmware} is older than {least}: not all that is offered works"
            found.append(Finding("firmware", True, detail, "flash a newer companion firmware"))
    return found


def _clock(skew_s: int) -> Finding:
    if skew_s > MAX_SKEW_S:
        fix = "no clock is set back: restart the radio, or wait; others judge us by its times"
        return Finding("clock", False, f"the radio's clock is {skew_s} s ahead of ours", fix)
    if skew_s < -MAX_SKEW_S:
        detail = f"the radio's clock is {-skew_s} s behind ours"
        return Finding("clock", True, detail, "it is set when meshtui connects, or by: sync-time")
    return Finding("clock", True, "the radio's clock is right")


def _is_old(firmware: str) -> bool:
    """Tell whether a version is known to be too old; what is no version is not."""
    found = _VERSION.match(firmware)
    return found is not None and (int(found[1]), int(found[2])) < LEAST_FIRMWARE


def _frames(reads: Sequence[bytes], *, is_stream: bool) -> list[RadioFrame]:
    payloads = Deframer().feed(b"".join(reads), 0.0) if is_stream else reads
    return [frame for payload in payloads if (frame := _frame_of(payload)) is not None]


def _frame_of(payload: bytes) -> RadioFrame | None:
    try:
        return decode_frame(payload)
    except DecodeError:
        return None


# --- a modem ---


def _recognise_modem(reads: Sequence[bytes]) -> str:
    """Say which modem answered, for a person; empty = none yet."""
    answers = _modem_answers(reads)
    if Hardware.PING not in answers:
        return ""
    name, version = answers.get(Hardware.NAME, b""), answers.get(Hardware.VERSION, b"")
    about = f" {text_of(name)}" if name else ""
    return f"MeshCore KISS modem{about}" + (f", version {version[0]}" if version else "")


def _examine_modem(reads: Sequence[bytes], unix_s: int) -> list[Finding]:  # noqa: ARG001 - no clock
    try:
        radio = decode_radio(_modem_answers(reads).get(Hardware.GET_RADIO, b""))
    except DecodeError:
        return []
    if not radio.frequency_hz:
        fix = "name its frequency and the rest in the link: ?freq=869.618&sf=8&bw=62.5&cr=8"
        return [Finding("tuning", True, "the modem has not been told a frequency yet", fix)]
    words = (
        f"{radio.frequency_hz / 1e6:.3f} MHz SF{radio.spreading_factor} "
        f"{radio.bandwidth_hz / 1000:g} kHz 4/{radio.coding_rate}"
    )
    return [Finding("tuning", True, words)]


def _modem_answers(reads: Sequence[bytes]) -> dict[int, bytes]:
    """Return what the modem answered, by the command that asked for it."""
    events = KissDeframer().feed(b"".join(reads))
    frames = [event.hardware for event in events if isinstance(event, KissFrame)]
    return {found[0] & ~ANSWER_BIT: found[1] for found in frames if found and found[0] & ANSWER_BIT}
