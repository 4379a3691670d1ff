"""Companion frames for the inspector: in one line, and taken apart. Nothing here raises.

Keys, passwords and PINs are never shown, and `redacted` is what may be kept of a frame.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from meshtui.errors import DecodeError
from meshtui.model.ids import NetworkName
from meshtui.model.packet import (
    MAX_SUMMARY_TEXT,
    DissectedField,
    Dissection,
    PacketSummary,
    Verdict,
)
from meshtui.networks.meshcore.companion import wire
from meshtui.networks.meshcore.companion.answers import ContactMsg, ContactMsgV3
from meshtui.networks.meshcore.companion.codes import FIRST_PUSH, Answer, Command, name_of
from meshtui.networks.meshcore.companion.deframer import FROM_RADIO, TO_RADIO
from meshtui.networks.meshcore.companion.forms import Number
from meshtui.networks.meshcore.companion.frames import command_kind_of, kind_of
from meshtui.networks.meshcore.companion.pushes import (
    StatusResponse,
    Telemetry,
    TraceData,
    trace_final_db,
    trace_hops,
)
from meshtui.networks.meshcore.hidden import sets_secret
from meshtui.networks.meshcore.payloads.lpp import decode_lpp
from meshtui.networks.meshcore.payloads.response import STATUS_CODES, Status
from meshtui.networks.meshcore.payloads.text import TextType
from meshtui.networks.meshcore.told import fact_of

ENDPOINT: Final = "companion"
_NETWORK: Final = NetworkName("meshcore")
_MAX_VALUE_CHARS: Final = 400
_LINE_AT: Final = 13  # where the text of SEND_TXT_MSG begins
_LAST_ANSWER: Final = 0x1C
# Answers that any bytes would fit, and what they really look like.
_LOOSE: Final = MappingProxyType[int, Callable[[bytes], bool]](
    {
        Answer.END_OF_CONTACTS: lambda payload: len(payload) == 5,
        # longer than any position: to be wrong about it would show a key
        Answer.PRIVATE_KEY: lambda payload: len(payload) > 13,
        Answer.EXPORT_CONTACT: lambda payload: len(payload) > 100,
        Answer.CUSTOM_VARS: lambda payload: 0 not in payload,
        Answer.ALLOWED_REPEAT_FREQ: lambda payload: len(payload) < 33,
    }
)
_NOTES: Final = {
    "prefix": "the first six bytes of a public key",
    "path_len": "255 = it came along a known way; else hops in bits 0-5, hash size - 1 above",
    "tag": "comes again in the answer, or is the acknowledgement",
    "timeout_ms": "the radio's estimate",
    "half_max_contacts": "half of what the contact table holds",
    "lastmod": "by the radio's clock",
    "pin": "for pairing over Bluetooth",
    "telemetry": "who may read it: environment << 4 | position << 2 | base",
}


def summarise_companion(
    payload: bytes,
    *,
    to_radio: bool | None = None,
    verdict: Verdict | None = None,
    reason: str = "",
    detail: str = "",
) -> PacketSummary:
    """Describe a frame.

    Args:
        payload: With its marker and length, as on a stream, or without.
        to_radio: None = find out.
        verdict: None = HANDLED of a radio, SENT to it. What cannot be read is REJECTED.
        reason: The word behind the verdict, and a sentence.
    """
    payload, to_radio, _ = _direction(payload, to_radio=to_radio)
    if not payload:
        return PacketSummary("empty", Verdict.REJECTED, reason="empty", detail="no bytes")
    kind = name_of(payload[0], to_radio=to_radio)
    reads, error = _reads(payload, to_radio=to_radio)
    if error is not None:
        return PacketSummary(kind, Verdict.REJECTED, reason=error.reason, detail=error.detail)
    values = {read.part.name: read.value for read in reads}
    whom = values.get("key", values.get("prefix"))
    name = whom.hex() if isinstance(whom, bytes) and len(whom) in {6, 32} else ""
    default = Verdict.SENT if to_radio else Verdict.HANDLED
    source, destination = ("", name) if to_radio else (name, "")
    return PacketSummary(
        kind,
        verdict or default,
        source,
        destination,
        reason=reason,
        detail=detail,
        text=_words(values),
    )


def dissect_companion(payload: bytes, *, to_radio: bool | None = None) -> Dissection:
    """Take a frame apart.

    Args:
        payload: With its marker and length, as on a stream, or without.
        to_radio: None = find out.
    """
    body, to_radio, start = _direction(payload, to_radio=to_radio)
    if not body:
        return Dissection(_NETWORK, "an empty frame", (), ("a frame has at least its code",))
    fields: list[DissectedField] = []
    if start:
        marker = "to the radio" if to_radio else "from the radio"
        fields.append(DissectedField("marker", chr(payload[0]), 0, 1, marker))
        fields.append(DissectedField("length", str(len(body)), 1, 3))
    name = name_of(body[0], to_radio=to_radio)
    what = "command" if to_radio else ("push" if body[0] >= FIRST_PUSH else "answer")
    fields.append(DissectedField("code", f"{name} (0x{body[0]:02X})", start, start + 1, what))
    reads, error = _reads(body, to_radio=to_radio)
    kind = _kind(body, to_radio=to_radio)
    fields += [_field(kind, body, read, start) for read in reads]
    end = start + (reads[-1].end if reads else 1)
    if end < len(payload):
        note = "" if error else "of newer firmware, or without meaning"
        rest = redacted(payload, to_radio=to_radio)[end:]
        fields.append(DissectedField("rest", _cut(rest.hex()), end, len(payload), note))
    problems = (f"{error.reason}: {error.detail}",) if error else ()
    return Dissection(_NETWORK, f"{what} {name}", tuple(fields), problems)


def redacted(payload: bytes, *, to_radio: bool | None = None) -> bytes:
    """Return a frame with what is secret overwritten by zeros; of the same length.

    Of a frame that may hold a secret and is cut off, all but its code is overwritten.
    """
    body, to_radio, start = _direction(payload, to_radio=to_radio)
    if to_radio and _sets_secret(body):
        end = start + _LINE_AT
        return payload[:end] + bytes(len(payload) - end)
    kind = _kind(body, to_radio=to_radio) if body else None
    if kind is None or not any(part.form.is_secret for part in wire.parts_of(kind)):
        return payload
    reads, error = _reads(body, to_radio=to_radio)
    out = bytearray(payload)
    spans = [(read.start, read.end) for read in reads if read.part.form.is_secret]
    # firmware may add bytes to a secret, as it did to channel keys
    spans.append((1 if error or not reads else reads[-1].end, len(body)))
    for first, past in spans:
        out[start + first : start + past] = bytes(past - first)
    return bytes(out)


def _sets_secret(body: bytes) -> bool:
    """Tell whether a command line for another node sets a password or a key."""
    is_line = body[:2] == bytes((Command.SEND_TXT_MSG, TextType.COMMAND))
    return is_line and sets_secret(body[_LINE_AT:])


def _words(values: dict[str, object]) -> str:
    """Return the words of a text; a command line's are not shown, for passwords are set by it."""
    text_type, text, body = values.get("text_type"), values.get("text"), values.get("body")
    if text_type is None or text_type == TextType.COMMAND:
        return ""
    if isinstance(body, bytes):
        body = body[4:] if text_type == TextType.SIGNED else body
        text = body.partition(b"\0")[0].decode(errors="replace")
    return text[:MAX_SUMMARY_TEXT] if isinstance(text, str) else ""


def _direction(payload: bytes, *, to_radio: bool | None) -> tuple[bytes, bool, int]:
    """Strip marker and length, if any: the frame, whether it goes to the radio, where it begins."""
    is_framed = len(payload) > 3 and payload[0] in {TO_RADIO, FROM_RADIO}
    if is_framed and int.from_bytes(payload[1:3], "little") == len(payload) - 3:
        return payload[3:], payload[0] == TO_RADIO, 3
    if to_radio is None:
        to_radio = _looks_like_command(payload)
    return payload, to_radio, 0


def _looks_like_command(payload: bytes) -> bool:
    """Guess: the two directions share most codes, but few of their lengths."""
    if not payload or payload[0] >= FIRST_PUSH:
        return False
    if payload[0] > _LAST_ANSWER:
        return True
    if payload[0] in _LOOSE:
        return not _LOOSE[payload[0]](payload)
    reads, error = _reads(payload, to_radio=False)
    return error is not None or (reads[-1].end if reads else 1) < len(payload)


def _kind(body: bytes, *, to_radio: bool) -> type | None:
    return command_kind_of(body) if to_radio else kind_of(body)


def _reads(body: bytes, *, to_radio: bool) -> tuple[list[wire.Read], DecodeError | None]:
    """Read as many fields as can be read."""
    kind = _kind(body, to_radio=to_radio)
    if kind is None:
        return [], None
    try:
        return wire.read_parts(kind, body, 1), None
    except DecodeError as error:
        return wire.readable_parts(kind, body, 1), error


def _field(kind: type | None, body: bytes, read: wire.Read, start: int) -> DissectedField:
    """Turn one value into a field."""
    name = read.part.name
    return DissectedField(
        name.replace("_", " "),
        _cut(read.part.form.show(read.value)),
        start + read.start,
        start + read.end,
        _NOTES.get(name, ""),
        _children(kind, body, read, start),
    )


def _children(
    kind: type | None, body: bytes, read: wire.Read, start: int
) -> tuple[DissectedField, ...]:
    """Take apart what other fields say how to read."""
    at = start + read.start
    if kind is StatusResponse and read.part.name == "body":
        return _status(body[read.start :], at)
    if kind is Telemetry and read.part.name == "lpp":
        return tuple(
            DissectedField(
                f"channel {reading.channel} {reading.name}",
                reading.text,
                at + reading.start,
                at + reading.end,
            )
            for reading in decode_lpp(body[read.start :])[0]
        )
    if kind in {ContactMsg, ContactMsgV3} and read.part.name == "body":
        return _text(kind, body, read, at)
    if kind is TraceData and read.part.name == "rest":
        return _trace(body, at)
    return ()


def _status(data: bytes, at: int) -> tuple[DissectedField, ...]:
    """Show a repeater's status up to where it is cut off; a room's differs in the last four."""
    fields: list[DissectedField] = []
    start = 0
    for name, code in zip(Status._fields, f"{STATUS_CODES}II", strict=False):
        try:
            value, end = Number(code, 4 if name == "snr_db" else 1).read(data, start)
        except DecodeError:
            break
        fields.append(DissectedField(*fact_of(name, value), at + start, at + end))
        start = end
    return tuple(fields)


def _text(kind: type | None, body: bytes, read: wire.Read, at: int) -> tuple[DissectedField, ...]:
    is_v1 = kind is ContactMsg
    message = wire.decode(ContactMsg, body) if is_v1 else wire.decode(ContactMsgV3, body)
    size = 4 if message.text_type == TextType.SIGNED else 0
    author, text = body[read.start : read.start + size], body[read.start + size :]
    end = at + len(body) - read.start
    fields = [DissectedField("text", _cut(text.decode(errors="replace")), at + len(author), end)]
    if size:
        note = "the first four bytes of the author's key"
        fields.insert(0, DissectedField("author", author.hex(), at, at + len(author), note))
    return tuple(fields)


def _trace(body: bytes, at: int) -> tuple[DissectedField, ...]:
    trace = wire.decode(TraceData, body)
    size = 1 << (trace.flags & 3)
    fields = [
        DissectedField(
            f"hop {number + 1}",
            f"{hop.hash}: {hop.snr_db:g} dB",
            at + number * size,
            at + (number + 1) * size,
            "and how well it heard the one before",
        )
        for number, hop in enumerate(trace_hops(trace))
    ]
    final_db = trace_final_db(trace)
    if final_db is not None:
        end = at + len(trace.rest)
        fields.append(DissectedField("final", f"{final_db:g} dB", end - 1, end, "heard by us"))
    return tuple(fields)


def _cut(text: str) -> str:
    if len(text) <= _MAX_VALUE_CHARS:
        return text
    return f"{text[:_MAX_VALUE_CHARS]}… ({len(text)} characters)"
