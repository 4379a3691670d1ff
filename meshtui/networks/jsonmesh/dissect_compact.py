"""Takes compact frames apart for the inspector: each field, and the bytes of the frame it is in.

The bytes of a frame are masked (see `stuffing`), so that they cannot be read where they stand; what
they say stands beside them. What the same would be in JSON is shown by `as_json_note`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from meshtui.errors import EncodeError
from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.link import RadioSettings
from meshtui.model.packet import DissectedField
from meshtui.networks.jsonmesh.chunk import encode_chunks
from meshtui.networks.jsonmesh.dissect_tree import abbreviate, abbreviate_hex, utc
from meshtui.networks.jsonmesh.seal import ciphertext_digest
from meshtui.networks.jsonmesh.stuffing import unstuff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.networks.jsonmesh.presence import Presence

_LONG_FAST = RadioSettings()
_RELAYS = 5  # the last slot that every envelope has something to say for
_NONCE_BYTES = 12
_ID_BYTES = 4
_KEY_BYTES = 33
_LENGTH_BYTES = {24: 1, 25: 2, 26: 4, 27: 8}
_ESCAPE = 0x1B
_NUMBER_MAJORS = 0, 1, 7
_LIST_MAJOR, _MAP_MAJOR = 4, 5


class _Span(NamedTuple):
    """One CBOR value: where its head begins, where what it holds begins, and where both end."""

    start: int
    body: int
    end: int
    items: tuple[_Span, ...] = ()

    @property
    def size(self) -> int:
        return self.end - self.body


def envelope_fields(frame: bytes, envelope: Envelope) -> DissectedField:
    """Show where a compact envelope says what. `frame` must be what `envelope` was read from."""
    layout = _layout(frame)
    slots = layout.slots
    route = " > ".join(envelope.route)
    fate = f"ttl {envelope.ttl}, type {envelope.kind}, packing {envelope.packing}"
    own_name = ciphertext_digest(envelope.nonce, envelope.ciphertext).hex()
    named = "by its ciphertext" if envelope.message_id == own_name else "the message's name"
    rows = (
        ("who", f"{envelope.sender} > {envelope.recipient}", ""),
        ("sealed", f"{slots[1].size} bytes", "AES-256-GCM; all that is protected is in here"),
        ("time", str(envelope.sent_at_ms), f"{utc(envelope.sent_at_ms)}; claimed"),
        ("fate", fate, "(10 - ttl) * 32 + packing * 8 + type; claimed"),
        ("id", envelope.message_id, named),
        ("relays", route, f"{envelope.hop_count} hops; the way it says it came; claimed"),
        ("path", " > ".join(envelope.path), "the relays asked to carry it, in order"),
        ("sig", envelope.signature.hex(), "the sender's signature"),
        ("more", f"{len(envelope.raw)} keys", "what the other fields cannot say"),
    )
    insides = {0: _who_fields(layout, envelope), 1: _sealed_fields(layout, envelope)}
    end = len(frame)
    left_out = tuple(
        DissectedField(name, abbreviate(value), end, end, f"{note}; takes no bytes")
        for number, (name, value, note) in enumerate(rows)
        if len(slots) <= number <= _RELAYS
    )
    return DissectedField(
        "compact envelope",
        f"{len(frame)} bytes",
        0,
        len(frame),
        "an envelope in fewer bytes, for those who announced cbor1",
        (*layout.head(), *layout.fields(rows, insides), *left_out),
    )


def presence_fields(frame: bytes, presence: Presence) -> DissectedField:
    """Show where a compact presence says what. `frame` must be what `presence` was read from."""
    layout = _layout(frame)
    place = presence.position
    rows = (
        ("key", abbreviate_hex(presence.public_key), f"belongs to {presence.node_id}"),
        ("time", str(presence.ts_ms), f"{utc(presence.ts_ms)}; its clock"),
        ("flags", "online" if presence.is_online else "offline", "and what it can do"),
        ("name", presence.name, "as it calls itself; anybody can use any name"),
        ("place", f"{place.lat}, {place.lng}" if place else "", "degrees north, east"),
        ("via", " > ".join(presence.via), "relays that carried it between brokers"),
        ("caps", f"{len(presence.caps)} words", "what it can do beyond the flags"),
        ("more", f"{len(presence.raw)} keys", "what the other fields cannot say"),
    )
    return DissectedField(
        "compact presence",
        f"{len(frame)} bytes",
        0,
        len(frame),
        "a presence in fewer bytes",
        (*layout.head(), *layout.fields(rows, {})),
    )


def as_json_note(frame: bytes, text: bytes) -> str:
    """Say what a compact frame saves against the JSON it stands for, on the commonest setting."""
    try:
        chunks = (
            encode_chunks(text, "1234567") if len(text) > _LONG_FAST.max_frame_bytes else [text]
        )
    except EncodeError:
        chunks = [text]
    json_ms = sum(time_on_air_ms(len(chunk), _LONG_FAST) for chunk in chunks)
    ours_ms = time_on_air_ms(len(frame), _LONG_FAST)
    packets = "1 packet" if len(chunks) == 1 else f"{len(chunks)} packets"
    return (
        f"as specified: {len(text)} bytes, {packets}, {json_ms / 1000:.1f} s on the air at "
        f"SF11/250 kHz; so: {len(frame)} bytes, {ours_ms / 1000:.1f} s, "
        f"{1 - ours_ms / json_ms:.0%} less"
    )


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the slots of a frame are.

    Attributes:
        places: Index in the frame of each byte of the content, and of the end.
        slots: The values of its array, as spans of the content.
    """

    frame: bytes
    places: list[int]
    slots: tuple[_Span, ...]

    def head(self) -> tuple[DissectedField, DissectedField]:
        """Show the two bytes before the content."""
        mask = "every later byte is XORed with it; 1B and a byte stand for one that must not appear"
        return (
            DissectedField("mark", f"{self.frame[0]:02x}", 0, 1, "no text begins with it"),
            DissectedField("mask", f"{self.frame[1]:02x}", 1, 2, mask),
        )

    def field(self, name: str, value: str, start: int, end: int, note: str = "") -> DissectedField:
        """Make a field of a range of the content."""
        return DissectedField(name, abbreviate(value), self.places[start], self.places[end], note)

    def fields(
        self,
        rows: Sequence[tuple[str, str, str]],
        insides: dict[int, tuple[DissectedField, ...]],
    ) -> tuple[DissectedField, ...]:
        """Make a field of each slot that is there."""
        return tuple(
            DissectedField(
                name,
                abbreviate(value),
                self.places[span.start],
                self.places[span.end],
                note,
                insides.get(number, ()),
            )
            for number, (span, (name, value, note)) in enumerate(
                zip(self.slots, rows, strict=False)
            )
        )


def _layout(frame: bytes) -> _Layout:
    """Find the slots of a frame that was read without complaint."""
    content = unstuff(frame)
    places = []
    at = 2
    while at < len(frame):
        places.append(at)
        at += 2 if frame[at] == _ESCAPE else 1
    places.append(len(frame))
    return _Layout(frame, places, _span(content, 0).items)


def _span(content: bytes, at: int) -> _Span:
    """Find the extent of a valid CBOR value of known length."""
    major, argument = content[at] >> 5, content[at] & 0x1F
    body = at + 1 + _LENGTH_BYTES.get(argument, 0)
    if major in _NUMBER_MAJORS:
        return _Span(at, at, body)
    if argument in _LENGTH_BYTES:
        argument = int.from_bytes(content[at + 1 : body], "big")
    if major not in (_LIST_MAJOR, _MAP_MAJOR):
        return _Span(at, body, body + argument)
    items = []
    end = body
    for _ in range(argument * (2 if major == _MAP_MAJOR else 1)):
        items.append(_span(content, end))
        end = items[-1].end
    return _Span(at, body, end, tuple(items))


def _who_fields(layout: _Layout, envelope: Envelope) -> tuple[DissectedField, ...]:
    """Show sender and recipient."""
    who = layout.slots[0]
    sender, end = who, who.end
    if who.items:
        sender, end = who.items[0], who.items[0].end
    has_key = sender.size >= _KEY_BYTES
    border = sender.body + (_KEY_BYTES if has_key else _ID_BYTES)
    note = "its whole key" if has_key else "the first bytes of its key's hash; the key is left out"
    fields = [layout.field("from", envelope.sender, sender.body, border, f"{note}; claimed")]
    if who.items:
        border, end = who.items[1].body, who.items[1].end
    if border < end:
        fields.append(layout.field("to", envelope.recipient, border, end))
    return tuple(fields)


def _sealed_fields(layout: _Layout, envelope: Envelope) -> tuple[DissectedField, ...]:
    """Show nonce and ciphertext."""
    sealed = layout.slots[1]
    border = sealed.body + _NONCE_BYTES
    tagged = f"{len(envelope.ciphertext) - 16} bytes and a 16-byte tag"
    nonce, ciphertext = envelope.nonce.hex(), envelope.ciphertext.hex()
    return (
        layout.field("nonce", nonce, sealed.body, border, "12 bytes, never used twice"),
        layout.field("ct", ciphertext, border, sealed.end, tagged),
    )
