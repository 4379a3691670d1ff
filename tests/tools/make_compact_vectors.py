"""Write tests/vectors/jsonmesh/compact.json from the code as it is: run it for a new format only.

    python -m tests.tools.make_compact_vectors

The format is ours, so these are no facts of others: they hold it in place.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from meshtui.model.node import Position
from meshtui.networks.jsonmesh.compact import encode_compact
from meshtui.networks.jsonmesh.compact_presence import encode_compact_presence
from meshtui.networks.jsonmesh.envelope import encode_envelope, relayed
from meshtui.networks.jsonmesh.packing import pack_text
from meshtui.networks.jsonmesh.presence import Presence, encode_presence
from meshtui.networks.jsonmesh.seal import Letter
from tests.support.jsonmesh_people import VECTORS, person
from tests.support.short_texts import SHORT_TEXTS

if TYPE_CHECKING:
    from meshtui.networks.jsonmesh.envelope import Envelope

ALICE, BOB, CAROL = person(0), person(1), person(2)
UUID = "3d6a9b1c-6f0e-4a51-9d2f-2f1f0d5c8e11"
SHORT = "0123456789abcdef"
TS = 1_700_000_000_000


def row(name: str, envelope: Envelope, *, with_key: bool, **more: str) -> dict[str, Any]:
    """Write one envelope both ways."""
    return {
        "name": name,
        "with_key": with_key,
        "json": json.loads(encode_envelope(envelope, app_names=False)),
        "frame": encode_compact(envelope, with_key=with_key).hex(),
        **more,
    }


def envelopes() -> list[dict[str, Any]]:
    """Seal a few letters of every form."""
    chance = random.Random(0)

    def seal(text: str, **changes: object) -> Envelope:
        letter = Letter("", BOB.node_id, TS, text, packing=1)._replace(**changes)
        return ALICE.sealer.seal_direct(BOB.public_key, letter, chance.randbytes)

    forum = Letter(UUID, "forum:général", TS + 1, "salut", packing=1)
    on_its_way = relayed(relayed(seal("hop hop"), CAROL.node_id), BOB.node_id)
    text = SHORT_TEXTS[4]
    return [
        row("first message", seal(text), with_key=True, text=text),
        row("to a contact", seal(text), with_key=False, text=text),
        row("seven bits", seal("kX9#qW2!zR7"), with_key=False, text="kX9#qW2!zR7"),
        row("as it is", seal("日本語"), with_key=False, text="日本語"),
        row("retry", seal("again", mid=SHORT), with_key=False, text="again"),
        row("named", seal("hi", message_id=UUID, mid="m"), with_key=False, text="hi"),
        row("ack", seal("", kind="ack", ack_hash=SHORT), with_key=False),
        row("ack by id", seal("", kind="ack", ack_hash=SHORT, mid=UUID), with_key=False),
        row("as specified", seal("hi", message_id=UUID, packing=0), with_key=True, text="hi"),
        row("zlib", seal("ha " * 50, message_id="7", packing=2), with_key=False, text="ha " * 50),
        row("on its way", on_its_way, with_key=False, text="hop hop"),
        row("source route", seal("a")._replace(path=(CAROL.node_id,)), with_key=False, text="a"),
        row("signed", ALICE.sealer.sign(seal("b")), with_key=True, text="b"),
        row("of another kind", seal("?", kind="poll"), with_key=False, text="?"),
        row("packed by others", seal("?")._replace(packing=200), with_key=False),
        row("odd route", seal("c")._replace(route=(), hop_count=9), with_key=False, text="c"),
        row(
            "forum",
            ALICE.sealer.seal_channel("général", forum, chance.randbytes),
            with_key=False,
        ),
    ]


def presences() -> list[dict[str, str]]:
    """Write presences both ways."""
    caps = frozenset({"ack", "cbor1", "resend", "dsr"})
    rows = {
        "bare": Presence(ALICE.node_id, ALICE.public_key, False, 0),
        "ours": Presence(
            ALICE.node_id,
            ALICE.public_key,
            True,
            TS,
            Position(48.8566, 2.3522),
            "Alice",
            caps,
            (BOB.node_id,),
        ),
        "odd": Presence(
            BOB.node_id,
            BOB.public_key,
            True,
            TS + 1,
            Position(-0.1234567891, -179.9999999),
            "Bob 👍",
            frozenset({"zlib", "new"}),
        ),
    }
    return [
        {
            "name": name,
            "json": encode_presence(presence).decode(),
            "frame": encode_compact_presence(presence).hex(),
        }
        for name, presence in rows.items()
    ]


def main() -> None:
    """Write the file."""
    content = {
        "note": "made by tests/tools/make_compact_vectors.py; the format is meshtui's own",
        "texts": [{"text": text, "packed": pack_text(text).hex()} for text in SHORT_TEXTS],
        "envelopes": envelopes(),
        "presences": presences(),
    }
    target = VECTORS / "compact.json"
    target.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
