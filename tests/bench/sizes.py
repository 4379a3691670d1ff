"""How long a text is on the air: as specified, in our small frames, and as MeshCore writes it."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.link import RadioSettings
from meshtui.networks.jsonmesh.chunk import encode_chunks
from meshtui.networks.jsonmesh.compact import decode_compact, encode_compact
from meshtui.networks.jsonmesh.envelope import decode_envelope, encode_envelope
from meshtui.networks.jsonmesh.packing import pack_text, unpack_text
from meshtui.networks.jsonmesh.seal import Letter
from tests.bench.measure import take_turns
from tests.support.jsonmesh_people import person
from tests.support.short_texts import SHORT_TEXTS

if TYPE_CHECKING:
    from meshtui.networks.jsonmesh.envelope import Envelope
    from tests.bench.measure import Table

ALICE, BOB = person(0), person(1)
RADIO = RadioSettings()
TS = 1_700_000_000_000
UUID = "3d6a9b1c-6f0e-4a51-9d2f-2f1f0d5c8e11"
DIGEST = "0123456789abcdef"
TEXT = (
    "The repeater on the hill is back up. Battery at 84 percent, signal is good. "
    "See you there around 12."
)
NOISE = "".join(Random(1).choices("abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ 0123456789", k=100))
CALLS = 5_000
RANDOM = Random(2)


def sealed(text: str, **changes: object) -> Envelope:
    """Seal a text from Alice to Bob, packed unless told otherwise."""
    letter = Letter("", BOB.node_id, TS, text, packing=1)._replace(**changes)
    return ALICE.sealer.seal_direct(BOB.public_key, letter, RANDOM.randbytes)


def as_specified(text: str, **changes: object) -> list[int]:
    """Sizes of the packets of a message as the specification writes it."""
    envelope = sealed(text, packing=0, message_id=UUID, **changes)
    payload = encode_envelope(envelope, app_names=False)
    return [len(frame) for frame in encode_chunks(payload, "ab12cd34")]


def by_meshcore(text: str) -> list[int]:
    """Size of MeshCore's TXT_MSG: header, path, two hashes, MAC; blocks of time, flags, text."""
    return [6 + -(-(5 + len(text.encode())) // 16) * 16]


def air_ms(sizes: list[int]) -> float:
    """Reckon what packets take together at SF11/250 kHz."""
    return sum(time_on_air_ms(size, RADIO) for size in sizes)


def add_sizes(table: Table) -> None:
    """Add the rows of sizes."""
    table.head("A text of 100 characters on the air, SF11/250 kHz: ours, and as specified")
    specified = as_specified(TEXT, is_bare=True)
    ack = as_specified("", kind="ack", ack=UUID, ack_hash=DIGEST)
    rows = {
        "English, to a contact": (sealed(TEXT), False, specified),
        "English, with our key": (sealed(TEXT), True, specified),
        "English, to a contact, signed": (ALICE.sealer.sign(sealed(TEXT)), False, specified),
        "noise, to a contact": (sealed(NOISE), False, specified),
        "its acknowledgement": (sealed("", kind="ack", ack_hash=DIGEST), False, ack),
    }
    for name, (envelope, with_key, theirs) in rows.items():
        size = len(encode_compact(envelope, with_key=with_key))
        ours_ms, theirs_ms = air_ms([size]), air_ms(theirs)
        table.add(
            name,
            f"{size} B, {ours_ms:,.0f} ms",
            f"{len(theirs)} x, {theirs_ms:,.0f} ms",
            f"{theirs_ms / ours_ms:.1f} x",
        )
    ours = len(encode_compact(sealed(TEXT), with_key=False))
    (meshcore,) = by_meshcore(TEXT)
    table.add(
        "English, beside MeshCore's TXT_MSG",
        f"{ours} B, {air_ms([ours]):,.0f} ms",
        f"{meshcore} B, {air_ms([meshcore]):,.0f} ms",
        f"{air_ms([meshcore]) / air_ms([ours]):.2f} x",
    )


def add_packing(table: Table) -> None:
    """Add the row of texts."""
    plain = sum(len(text.encode()) for text in SHORT_TEXTS)
    packed = sum(len(pack_text(text)) for text in SHORT_TEXTS)
    table.add(
        f"{len(SHORT_TEXTS)} short texts, packed",
        f"{packed:,} B",
        f"{plain:,} B",
        f"{packed / plain:.0%}",
        "of our own, so kinder than life",
    )


def add_times(table: Table) -> None:
    """Add the rows of times."""
    frame = encode_compact(sealed(TEXT), with_key=False)
    payload = encode_envelope(sealed(TEXT), app_names=False)
    packed = pack_text(TEXT)
    keys = {ALICE.node_id: ALICE.public_key}
    deeds = {
        "compact": partial(decode_compact, frame, keys.get),
        "json": partial(decode_envelope, payload),
    }
    taken = take_turns(
        {
            name: partial(lambda deed: [deed() for _ in range(CALLS)], deed)
            for name, deed in deeds.items()
        },
        rounds=7,
    )
    table.add(
        "to decode a compact frame, and JSON",
        f"{taken['compact'] / CALLS * 1e6:.1f} us",
        f"{taken['json'] / CALLS * 1e6:.1f} us",
        f"{taken['compact'] / taken['json']:.1f} x",
    )
    texts = take_turns(
        {"pack": partial(pack_text, TEXT), "unpack": partial(unpack_text, packed)}, rounds=99
    )
    table.add(
        "to pack a text, and to unpack it",
        f"{texts['pack'] * 1e6:,.0f} us",
        f"{texts['unpack'] * 1e6:,.0f} us",
    )


def report(table: Table) -> None:
    """Measure and add rows."""
    add_sizes(table)
    add_packing(table)
    add_times(table)
