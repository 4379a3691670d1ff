"""What lists and the inspector show of what we and a modem say to each other besides packets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.model.ids import NetworkName
from meshtui.model.packet import DissectedField, Dissection, PacketSummary, Verdict
from meshtui.networks.meshcore.kiss import (
    ANSWER_BIT,
    Hardware,
    KissCommand,
    KissDeframer,
    KissFrame,
    error_words,
    escape,
)

if TYPE_CHECKING:
    from meshtui.networks.meshcore.kiss import KissEvent

ENDPOINT: Final = "modem"
END: Final = b"\xc0"
_NETWORK: Final = NetworkName("meshcore")


def kind_of(event: KissEvent) -> str:
    """Name a frame in one word, as the protocol's description does."""
    if not isinstance(event, KissFrame):
        return "noise"
    found = event.hardware
    if found is None:
        return _name(KissCommand, event.command)
    code = found[0]
    if code < Hardware.OK:
        code &= ~ANSWER_BIT
    return _name(Hardware, code)


def summarise_modem(wire: bytes, verdict: Verdict = Verdict.HANDLED) -> PacketSummary:
    """Say in one line what a frame of the modem's line is. Never raises."""
    events = KissDeframer().feed(wire)
    if not events:
        return PacketSummary("noise", Verdict.REJECTED, reason="no-frame")
    event = events[0]
    found = event.hardware if isinstance(event, KissFrame) else None
    if found is not None and found[0] == Hardware.ERROR:
        return PacketSummary("ERROR", verdict, reason="error", detail=error_words(found[1]))
    if isinstance(event, KissFrame):
        return PacketSummary(kind_of(event), verdict)
    return PacketSummary("noise", Verdict.REJECTED, reason=event.reason)


def dissect_modem(wire: bytes) -> Dissection:
    """Take a frame of the modem's line apart. Never raises."""
    summary = summarise_modem(wire)
    command = wire[1] if len(wire) > 2 else 0
    fields = [
        DissectedField("end", "C0", 0, min(1, len(wire))),
        DissectedField("type", f"{command:02X}", 1, 2, note=_name(KissCommand, command & 0x0F)),
        DissectedField("data", wire[2:-1].hex().upper(), 2, max(2, len(wire) - 1)),
        DissectedField("end", "C0", max(2, len(wire) - 1), max(2, len(wire))),
    ]
    problems = (summary.reason,) if summary.verdict is Verdict.REJECTED else ()
    shown = tuple(fields) if len(wire) > 2 else ()
    return Dissection(_NETWORK, f"modem {summary.kind}", shown, problems)


def _name(names: type[KissCommand | Hardware], number: int) -> str:
    try:
        return names(number).name
    except ValueError:
        return f"{number:02X}"


def wire_of(event: KissEvent) -> bytes:
    """Write a frame as it was on the line; of noise, what came between two marks."""
    if isinstance(event, KissFrame):
        return END + escape(bytes((event.port << 4 | event.command,)) + event.data) + END
    return END + event.data + END
