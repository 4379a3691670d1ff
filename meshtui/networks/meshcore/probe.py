"""Finding out whether a MeshCore radio is at the other end, before anybody relies on it.

To be used only where the user said it is one: what greets a companion radio would go on the air
from a gateway of another network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError
from meshtui.model.link import LinkKind
from meshtui.networks.base import Probe
from meshtui.networks.meshcore.companion.answers import DeviceInfo, SelfInfo
from meshtui.networks.meshcore.companion.commands import AppStart, DeviceQuery
from meshtui.networks.meshcore.companion.deframer import Deframer, enframe
from meshtui.networks.meshcore.companion.frames import decode_frame, encode_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.networks.meshcore.companion.frames import RadioFrame

PROTOCOL_VERSION: Final = 3
APP_NAME: Final = "meshtui"


def probe_of(kind: LinkKind) -> Probe | None:
    """Say how to find a companion radio on such a link; None = there is no asking."""
    if kind not in (LinkKind.STREAM, LinkKind.PIECES):
        return None
    is_stream = kind is LinkKind.STREAM
    commands = (DeviceQuery(PROTOCOL_VERSION), AppStart(app_name=APP_NAME))
    payloads = tuple(encode_command(command) for command in commands)
    hello = tuple(enframe(payload) if is_stream else payload for payload in payloads)
    return Probe(hello, lambda reads: _recognise(reads, is_stream=is_stream))


def _recognise(reads: Sequence[bytes], *, is_stream: bool) -> str:
    """Say which radio answered, for a person; empty = none yet."""
    payloads = Deframer().feed(b"".join(reads), 0.0) if is_stream else reads
    frames = [frame for payload in payloads if (frame := _frame_of(payload)) is not None]
    name = next((frame.name for frame in frames if isinstance(frame, SelfInfo)), None)
    if name is None:
        return ""
    device = next((frame for frame in frames if isinstance(frame, DeviceInfo)), None)
    about = " ".join(part for part in (device.model, device.firmware) if part) if device else ""
    return f"MeshCore radio {name or '(no name)'}" + (f", {about}" if about else "")


def _frame_of(payload: bytes) -> RadioFrame | None:
    try:
        return decode_frame(payload)
    except DecodeError:
        return None
