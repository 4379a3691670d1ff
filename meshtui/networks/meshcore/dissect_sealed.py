"""Takes apart what was sealed, once it is open: texts, ways, questions, answers, logins, data.

Each function cuts the plaintext and returns one line about it. Where the length of something is
not told, its padding counts to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.dissect_clear import payload_type_name
from meshtui.networks.meshcore.dissect_open import ends_of
from meshtui.networks.meshcore.dissect_tree import hex_of
from meshtui.networks.meshcore.hidden import NOT_SHOWN, known_query, sets_secret
from meshtui.networks.meshcore.packet import PayloadType, path_bytes_of, split_hashes
from meshtui.networks.meshcore.payloads.anon_request import QueryKind, decode_anon_body
from meshtui.networks.meshcore.payloads.group_data import owner_of_data_type
from meshtui.networks.meshcore.payloads.path import ExtraType
from meshtui.networks.meshcore.payloads.request import NeighbourOrder, RequestKind
from meshtui.networks.meshcore.payloads.text import TextType, ack_between, decode_text
from meshtui.networks.meshcore.payloads.utf8 import text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import IntEnum

    from meshtui.networks.meshcore.dissect_open import Contents
    from meshtui.networks.meshcore.dissect_tree import Fields

NOTHING: Final = 15


def dissect_text(contents: Contents, fields: Fields) -> str:
    """Cut a direct text."""
    fields.time("timestamp")
    flags = fields.peek()
    kind = flags >> 2
    attempt = "modulo 4; every attempt is another packet with another ack"
    fields.packed(
        "flags",
        ("txt_type", str(kind), _name_of(TextType, kind)),
        ("attempt", str(flags & 3), attempt),
    )
    if kind == TextType.SIGNED:
        fields.take("sender_prefix", 4, "of the author's key; nobody but the room vouches for it")
    if kind == TextType.COMMAND and sets_secret(fields.data[fields.at : fields.end]):
        raw = fields.data[fields.at : fields.end].partition(b"\0")[0]
        fields.take("text", len(raw), "a command line that sets a password or a key", _size_only)
        text = f"a command line, {NOT_SHOWN}"
    else:
        text = _text(fields)
    if fields.left > 1 and fields.data[fields.at + 1]:
        fields.take("end", 1, "the text ends here")
        fields.number("extended_attempt", 1, "the attempt where it is 4 or more")
    fields.padding()
    if contents.opened is not None:
        body = decode_text(contents.plaintext or b"")
        ack = ack_between(body, *ends_of(contents.opened))
        value = "none" if ack is None else hex_of(ack)
        fields.derive("ack", value, "what its recipient sends back")
    return text


def dissect_group_text(_contents: Contents, fields: Fields) -> str:
    """Cut a channel's text."""
    fields.time("timestamp")
    fields.number("flags", 1, "upper six bits the text's type, of which only 0 exists")
    whole = fields.data[fields.at : fields.end].partition(b"\0")[0]
    name, colon, rest = whole.partition(b": ")
    if colon:
        fields.take("sender", len(name), "claimed; nothing proves it", text_of)
        fields.take("separator", len(colon), show=text_of)
        fields.take("message", len(rest), show=text_of)
    else:
        fields.take("text", len(whole), "no name before it", text_of)
    fields.padding()
    return text_of(whole)


def dissect_group_data(_contents: Contents, fields: Fields) -> str:
    """Cut a channel's data."""
    kind = fields.number("data_type", 2, owner_of_data_type)
    size = fields.number("data_len", 1)
    fields.take("data", size)
    fields.padding()
    return f"type {kind:04X}, {size} bytes"


def dissect_path(contents: Contents, fields: Fields) -> str:
    """Cut a returned path."""
    path_len = fields.number("return_path_len", 1, _path_note)
    size = path_bytes_of(path_len)
    hashes = split_hashes(fields.data[fields.at : fields.at + (size or 0)], (path_len >> 6) + 1)
    shown = " ".join(hashes)
    if size:
        note = "in the order in which the flood travelled; used as it is, not reversed"
        fields.take("return_path", size, note, lambda _: shown)
    extra = fields.number("extra_type", 1, _extra_note) & 0x0F
    if extra == ExtraType.ACK:
        fields.take("ack", 4, "of the text that came by this way")
        fields.rest("tail", "attempt, random byte and padding")
        return f"by {shown or 'no relay'}, with an ACK"
    if extra == ExtraType.RESPONSE:
        return f"by {shown or 'no relay'}, with a RESPONSE: {dissect_response(contents, fields)}"
    fields.rest("extra", "random bytes that make the packet unique, and padding")
    return f"by {shown or 'no relay'}"


def dissect_request(_contents: Contents, fields: Fields) -> str:
    """Cut a question."""
    fields.time("timestamp_or_tag", "the answer carries it")
    kind = fields.number("kind", 1, lambda value: _name_of(RequestKind, value))
    if kind == RequestKind.KEEP_ALIVE:
        fields.time("since", "of the last text we have from the room")
    elif kind == RequestKind.TELEMETRY:
        fields.number("inverse_permissions", 1, "bits of what is not wanted")
    elif kind == RequestKind.NEIGHBOURS and fields.left >= 6:
        fields.number("version", 1)
        fields.number("count", 1, "at most so many")
        fields.number("offset", 2)
        fields.number("order", 1, lambda value: _name_of(NeighbourOrder, value))
        fields.number("prefix_bytes", 1, "of each neighbour's key")
    fields.rest("rest", "parameters, random bytes that make it unique, and padding")
    return _name_of(RequestKind, kind)


def dissect_response(_contents: Contents, fields: Fields) -> str:
    """Cut an answer; nothing in it says to what kind of question."""
    tag = fields.number("timestamp_or_tag", 4, "the question's; of a login the server's clock")
    fields.rest("body", "padding included; the question says how to read it")
    return f"tag {tag:08X}"


def dissect_anon_request(contents: Contents, fields: Fields) -> str:
    """Cut a login or a stranger's question; the password in it is not shown."""
    body = decode_anon_body(contents.plaintext or b"")
    fields.time("timestamp")
    query = known_query(contents.plaintext or b"")
    if query is None:
        size = len(body.rest.rstrip(b"\0"))
        note = "a password; of a room server's login, four bytes of time before it"
        fields.take("login", size, note, _size_only)
        fields.padding()
        return "a login"
    kind, path_len, path = query
    what = _name_of(QueryKind, kind)
    fields.number("kind", 1, what)
    fields.number("reply_path_len", 1, _path_note)
    shown = " ".join(split_hashes(path, (path_len >> 6) + 1))
    fields.take("reply_path", len(path), "the way back to who asks", lambda _: shown)
    if fields.left > 0:
        note = "random bytes that make it unique, and padding"
        fields.take("rest", fields.left, note, _size_only)
    return f"asks for {what}"


def _text(fields: Fields) -> str:
    """Cut a text up to its NUL."""
    raw = fields.data[fields.at : fields.end].partition(b"\0")[0]
    fields.take("text", len(raw), show=text_of)
    return text_of(raw)


def _size_only(raw: bytes) -> str:
    return f"{len(raw)} bytes, {NOT_SHOWN}"


def _name_of(kinds: type[IntEnum], number: int) -> str:
    try:
        return kinds(number).name
    except ValueError:
        return f"{number}, not known here"


def _path_note(path_len: int) -> str:
    return f"{path_len & 0x3F} hops of {(path_len >> 6) + 1} bytes"


def _extra_note(raw: int) -> str:
    kind = raw & 0x0F
    return "nothing more" if kind == NOTHING else f"with it comes: {payload_type_name(kind)}"


SEALED: dict[int, Callable[[Contents, Fields], str]] = {
    PayloadType.TXT_MSG: dissect_text,
    PayloadType.GRP_TXT: dissect_group_text,
    PayloadType.GRP_DATA: dissect_group_data,
    PayloadType.PATH: dissect_path,
    PayloadType.REQ: dissect_request,
    PayloadType.RESPONSE: dissect_response,
    PayloadType.ANON_REQ: dissect_anon_request,
}
