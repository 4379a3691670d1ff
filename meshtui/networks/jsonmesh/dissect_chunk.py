"""Takes chunks apart for the inspector, and requests for them."""

from __future__ import annotations

from meshtui.errors import DecodeError
from meshtui.model.ids import NetworkName
from meshtui.model.packet import DissectedField, Dissection
from meshtui.networks.jsonmesh.chunk import (
    MAX_FRAME_BYTES,
    Chunk,
    decode_chunk,
    decode_request,
    is_chunk,
    is_request,
)
from meshtui.networks.jsonmesh.dissect_tree import abbreviate_bytes, whole_field

_NETWORK = NetworkName("jsonmesh")
_AS_SPECIFIED = "mark", "id", "index", "total", "payload"
_DIALECT = "mark", "version", "id", "place", "type", "payload"
_NOTES = {
    "mark": "a part of what is longer than a radio's packet",
    "version": "of the app's dialect",
    "id": "common to all parts of one message; says nothing about who sent it",
    "index": "counts from 0",
    "total": "parts in all",
    "place": "index, from 0, and parts in all",
    "type": "the app's word for what the parts make up",
    "payload": "taken apart when the message is whole",
}
_REQUEST = "mark", "id", "missing"
_REQUEST_NOTES = {
    "mark": "asks for parts of a message that did not arrive",
    "id": "of the message in parts",
    "missing": "which parts, from 0",
}


def dissect_chunk(payload: bytes) -> Dissection | None:
    """Take a chunk or a request apart; None = it is neither. Never raises."""
    try:
        if is_chunk(payload):
            chunk = decode_chunk(payload)
            return None if chunk is None else _dissect_chunk(payload, chunk)
        if is_request(payload):
            request = decode_request(payload)
            return None if request is None else _dissect_request(payload, *request)
    except DecodeError as error:
        summary = "chunk, refused" if is_chunk(payload) else "request for chunks, refused"
        return Dissection(_NETWORK, f"{summary}: {error}", (whole_field(payload),), (str(error),))
    return None


def _dissect_chunk(payload: bytes, chunk: Chunk) -> Dissection:
    """Take a well-formed chunk apart."""
    is_dialect = b"/" in payload.split(b"|", 4)[3]
    names = _DIALECT if is_dialect else _AS_SPECIFIED
    problems: tuple[str, ...] = ()
    if len(payload) > MAX_FRAME_BYTES:
        problems = (f"{len(payload)} bytes: a radio's packet has at most {MAX_FRAME_BYTES}",)
    summary = (
        f"chunk {chunk.index + 1} of {chunk.total} of {chunk.chunk_id}, "
        f"{len(chunk.payload)} of {len(payload)} bytes"
    )
    whole = _field("chunk", f"{chunk.index + 1} of {chunk.total}", payload, names, _NOTES)
    return Dissection(_NETWORK, summary, (whole,), problems)


def _dissect_request(payload: bytes, chunk_id: str, missing: tuple[int, ...]) -> Dissection:
    """Take a well-formed request apart."""
    count = "1 chunk" if len(missing) == 1 else f"{len(missing)} chunks"
    whole = _field("request", count, payload, _REQUEST, _REQUEST_NOTES)
    return Dissection(_NETWORK, f"request for {count} of {chunk_id}", (whole,))


def _field(
    name: str, value: str, payload: bytes, names: tuple[str, ...], notes: dict[str, str]
) -> DissectedField:
    """Turn a frame into a field for each part between its bars."""
    parts = payload.split(b"|", len(names) - 1)
    children = []
    start = 0
    for part_name, part in zip(names, parts, strict=False):
        end = start + len(part)
        shown = abbreviate_bytes(part)
        children.append(DissectedField(part_name, shown, start, end, notes[part_name]))
        start = end + 1
    return DissectedField(name, value, 0, len(payload), children=tuple(children))
