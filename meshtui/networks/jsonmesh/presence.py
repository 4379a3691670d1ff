"""Presence: what a node keeps at `meshcore/identity/{node}` about itself, and its last will.

    nodeId pubkeyHex online ts, and where it likes: lat lng name caps via

Not signed, so only that key and id belong together is certain. `via` is ours: the relays that
carried it between brokers. What is optional and wrong counts as absent; the rest is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from meshtui.errors import DecodeError, EncodeError
from meshtui.model.node import Position
from meshtui.networks.jsonmesh.envelope import MAX_TIME_MS
from meshtui.networks.jsonmesh.identity import parse_node_id, prove_sender
from meshtui.networks.jsonmesh.strict_json import load_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meshtui.model.ids import NodeId

MAX_PRESENCE_BYTES = 16 * 1024
MAX_NAME_CHARS = 64
MAX_CAPS = 32
MAX_VIA = 8


@dataclass(frozen=True, slots=True)
class Presence:
    """What a node says of itself.

    Attributes:
        ts_ms: Its clock, 0 where it gave none.
        name: Not cleaned, not unique; cut to 64 characters.
        via: Relays that carried it here, first to last.
        raw: The whole object as it came; for what we do not know.
    """

    node_id: NodeId
    public_key: bytes
    is_online: bool
    ts_ms: int
    position: Position | None = None
    name: str = ""
    caps: frozenset[str] = frozenset()
    via: tuple[NodeId, ...] = ()
    raw: Mapping[str, object] = field(default_factory=dict)


def decode_presence(payload: bytes) -> Presence:
    """Parse and check a presence.

    Raises:
        DecodeError: The words of `strict_json`; `bad-node-id`, `bad-key`, `bad-online`, `bad-ts`,
            `bad-via`.
        CryptoError: `forged`: the key is not the node's.
    """
    raw = load_object(payload, MAX_PRESENCE_BYTES)
    node_id, public_key = prove_sender(raw.get("nodeId"), raw.get("pubkeyHex"))
    is_online = raw.get("online")
    if type(is_online) is not bool:
        raise DecodeError("bad-online", "online is true or false")
    return Presence(
        node_id=node_id,
        public_key=public_key,
        is_online=is_online,
        ts_ms=read_time(raw),
        position=_position(raw.get("lat"), raw.get("lng")),
        name=_name(raw.get("name")),
        caps=_caps(raw.get("caps")),
        via=read_via(raw),
        raw=raw,
    )


def encode_presence(presence: Presence) -> bytes:
    """Write a presence of our own.

    Raises:
        EncodeError: The name holds half a character, or it has been carried too far.
    """
    if len(presence.via) > MAX_VIA:
        raise EncodeError("it has been carried too far")
    return dump(_wire_of(presence))


def _wire_of(presence: Presence) -> dict[str, object]:
    wire: dict[str, object] = {
        "nodeId": presence.node_id,
        "pubkeyHex": presence.public_key.hex(),
        "online": presence.is_online,
        "ts": presence.ts_ms,
    }
    if presence.position is not None:
        wire |= {"lat": presence.position.lat, "lng": presence.position.lng}
    if presence.name:
        wire["name"] = presence.name
    if presence.caps:
        wire["caps"] = sorted(presence.caps)
    if presence.via:
        wire["via"] = presence.via
    return wire


def carry_presence(presence: Presence, me: NodeId) -> bytes:
    """Write somebody's presence as we carry it to another broker: verbatim, and us in `via`.

    Of one that came as a small frame, `raw` holds only what is unknown to us.

    Raises:
        EncodeError: It came this way before, or has been carried eight times.
    """
    raw = presence.raw
    if "nodeId" not in raw:
        raw = _wire_of(presence) | dict(raw)
    return carry(raw, presence.via, me)


def carry(raw: Mapping[str, object], via: tuple[NodeId, ...], me: NodeId) -> bytes:
    """Write an object verbatim with us at the end of `via`.

    Raises:
        EncodeError: It came this way before, or has been carried eight times.
    """
    if me in via or len(via) >= MAX_VIA:
        raise EncodeError("it has been carried here before, or too far")
    return dump(dict(raw) | {"via": (*via, me)})


def read_via(raw: Mapping[str, Any]) -> tuple[NodeId, ...]:
    """Read the relays that carried an object.

    Raises:
        DecodeError: `bad-via`: not a list of at most eight node ids.
    """
    via = raw.get("via", [])
    if type(via) is not list or len(via) > MAX_VIA:
        raise DecodeError("bad-via", f"a list of at most {MAX_VIA} node ids")
    try:
        return tuple(map(parse_node_id, via))
    except DecodeError as error:
        raise DecodeError("bad-via", error.detail) from error


def read_time(raw: Mapping[str, Any]) -> int:
    """Read `ts`, 0 where it is missing.

    Raises:
        DecodeError: `bad-ts`: not a whole number of 0..2^53.
    """
    ts_ms = raw.get("ts", 0)
    if type(ts_ms) is not int or not 0 <= ts_ms <= MAX_TIME_MS:
        raise DecodeError("bad-ts", "milliseconds since 1970, a whole number")
    return ts_ms


def dump(wire: Mapping[str, object]) -> bytes:
    """Write an object.

    Raises:
        EncodeError: A text holds half a character.
    """
    try:
        return orjson.dumps(wire)
    except TypeError as error:
        msg = f"it cannot be written as JSON: {error}"
        raise EncodeError(msg) from error


def is_cap(word: object) -> bool:
    """Tell whether this can be the name of a capability: 1..32 printable ASCII characters."""
    return type(word) is str and 0 < len(word) <= 32 and word.isascii() and word.isprintable()


def _position(lat: object, lng: object) -> Position | None:
    """Read a position; None where it is not on this earth."""
    numbers = []
    for value, most in ((lat, 90.0), (lng, 180.0)):
        if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > most:  # type: ignore[arg-type]
            return None
        numbers.append(float(value))  # type: ignore[arg-type]
    return Position(*numbers)


def _name(value: object) -> str:
    """Read a name."""
    return value[:MAX_NAME_CHARS] if type(value) is str else ""


def _caps(value: object) -> frozenset[str]:
    """Read what a node can do; words too long or odd are left out."""
    if type(value) is not list:
        return frozenset()
    return frozenset(word for word in value[:MAX_CAPS] if is_cap(word))
