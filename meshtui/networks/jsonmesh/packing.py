"""How the plaintext of a message is written: `cp` of its envelope.

    0  as specified: a JSON object that repeats the envelope's header, or the bare text
    1  ours, for one LoRa packet: the text in the fewest bytes, the header bound as AAD
    2  the JSON object of 0, compressed with zlib, the header bound as AAD too

AAD of a packing P: "meshtui-P\\n" and the lines id, from, to, type, ts. The id's line is empty
where the message is named by its own ciphertext (see `seal`): its id is in the tag's reach then.

Plaintext of packing 1, text and the like. No predicted text begins with E0 or above; so the
commonest needs no head:

    predicted text             the text, and no stable id
    head [stable id] text      head = E0 | form of the id << 2 | form of the text

    text: 0 = UTF-8, 1 = raw deflate after `CHAT_1`, 2 = ASCII, seven bits a character, the last
          byte filled up with ones (a DEL too many is none), 3 = predicted (see `prediction`)
    id:   0 = none, 1 = the 16 bytes of a UUID, 2 = 8 bytes for 16 hex digits, 3 = length, UTF-8

Plaintext of packing 1, acknowledgement: the 8 bytes of what it acknowledges (`ciphertext_digest`),
then, where it gives a stable id: head (text form 0), id.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from meshtui.errors import CryptoError, EncodeError
from meshtui.networks.jsonmesh.dictionary import CHAT_1
from meshtui.networks.jsonmesh.prediction import squeeze, unsqueeze

AS_SPECIFIED = 0
PACKED = 1
ZLIB = 2
PACKINGS = (AS_SPECIFIED, PACKED, ZLIB)
MAX_PLAINTEXT_BYTES = 256 * 1024
DIGEST_BYTES = 8
_HEADED = 0xE0
_UTF8, _DEFLATED, _SEVEN_BITS, _PREDICTED = range(4)
_NO_ID, _UUID, _HEX, _NAMED = 0, 1, 2, 3
_UUID_BYTES, _SHORT_BYTES = 16, 8
_IS_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_IS_SHORT_HEX = re.compile(r"[0-9a-f]{16}")
_MAX_SEVEN_BIT_CHARS = 4096


class Content(NamedTuple):
    """What a packed plaintext held.

    Attributes:
        text: Empty in an acknowledgement.
        mid: The sender's stable id, or empty.
        digest: What is acknowledged; else empty.
    """

    text: str
    mid: str = ""
    digest: bytes = b""


def bound_header(
    packing: int, message_id: str, sender: str, recipient: str, kind: str, sent_at_ms: int
) -> bytes:
    """Write the AAD of a packing other than 0. No part may hold a line break; checked ones do not.

    Raises:
        EncodeError: The recipient holds half a character.
    """
    lines = f"meshtui-{packing}\n{message_id}\n{sender}\n{recipient}\n{kind}\n{sent_at_ms}"
    try:
        return lines.encode()
    except UnicodeEncodeError as error:
        raise EncodeError("a name holds half a character") from error


def pack_text(text: str, mid: str = "") -> bytes:
    """Write a text in the fewest bytes we know: never more than its UTF-8 and 1, without `mid`.

    Raises:
        EncodeError: It holds half a character, or `mid` exceeds 255 bytes.
    """
    try:
        plain = text.encode()
    except UnicodeEncodeError as error:
        raise EncodeError("the text holds half a character") from error
    form, body = min(
        _forms_of(plain),
        key=lambda pair: (len(pair[1]) + (pair[0] != _PREDICTED and not mid), pair[0]),
    )
    return _head(form, mid) + body if mid or form != _PREDICTED else body


def pack_ack(digest: bytes, mid: str = "") -> bytes:
    """Write an acknowledgement.

    Args:
        digest: 8 bytes, the `ciphertext_digest` of what it is for.

    Raises:
        EncodeError: Not 8 bytes, or `mid` exceeds 255 bytes.
    """
    if len(digest) != DIGEST_BYTES:
        raise EncodeError("what is acknowledged is known by 8 bytes")
    return digest + _head(_UTF8, mid) if mid else digest


def unpack_text(plaintext: bytes) -> Content:
    """Read `pack_text`. Bytes that are not UTF-8 are replaced: they are authentic.

    Raises:
        CryptoError: `bad-packing`: authentic, but not written so, or too long.
    """
    if not plaintext or plaintext[0] < _HEADED:
        return Content(unsqueeze(plaintext).decode(errors="replace"))
    form, (mid, start) = plaintext[0] & 3, _read_id(plaintext, 0)
    body = plaintext[start:]
    if form == _SEVEN_BITS:
        return Content(_from_seven_bits(body), mid)
    if form == _PREDICTED:
        body = unsqueeze(body)
    elif form == _DEFLATED:
        body = _inflate(body)
    return Content(body.decode(errors="replace"), mid)


def unpack_ack(plaintext: bytes) -> Content:
    """Read `pack_ack`.

    Raises:
        CryptoError: `bad-packing`: authentic, but not written so.
    """
    digest, rest = plaintext[:DIGEST_BYTES], plaintext[DIGEST_BYTES:]
    if len(digest) != DIGEST_BYTES or (rest and rest[0] & 0xE3 != _HEADED):
        raise CryptoError("bad-packing", "no acknowledgement")
    mid, end = _read_id(plaintext, DIGEST_BYTES) if rest else ("", DIGEST_BYTES)
    if end != len(plaintext):
        raise CryptoError("bad-packing", "bytes after the end")
    return Content("", mid, digest)


def deflate_json(plaintext: bytes) -> bytes:
    """Compress the JSON object of packing 0."""
    return zlib.compress(plaintext, 9)


def inflate_json(plaintext: bytes) -> bytes:
    """Read `deflate_json`.

    Raises:
        CryptoError: `bad-packing`: no zlib, cut off, or longer than 256 KiB.
    """
    return _decompress(zlib.decompressobj(), plaintext)


def pack_name(name: str) -> bytes | str:
    """Write an id in 16 bytes where it is a UUID, in 8 where it is 16 hex digits, else as it is."""
    if _IS_UUID.fullmatch(name) or _IS_SHORT_HEX.fullmatch(name):
        return bytes.fromhex(name.replace("-", ""))
    return name


def unpack_name(packed: bytes) -> str:
    """Read an id of 16 or 8 bytes."""
    digits = packed.hex()
    if len(packed) == _SHORT_BYTES:
        return digits
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _forms_of(plain: bytes) -> list[tuple[int, bytes]]:
    """Write a text in every form it has."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, CHAT_1)
    forms = [(_UTF8, plain), (_DEFLATED, squeezer.compress(plain) + squeezer.flush())]
    # a DEL at the end is what filling up looks like
    if plain.isascii() and len(plain) <= _MAX_SEVEN_BIT_CHARS and plain[-1:] != b"\x7f":
        forms.append((_SEVEN_BITS, _to_seven_bits(plain)))
    predicted = squeeze(plain)
    if predicted is not None:
        forms.append((_PREDICTED, predicted))
    return forms


def _to_seven_bits(plain: bytes) -> bytes:
    """Write ASCII in seven bits a character, the last byte filled up with ones."""
    bits = "".join(f"{byte:07b}" for byte in plain)
    bits += "1" * (-len(bits) % 8)
    return int(bits or "0", 2).to_bytes(len(bits) // 8, "big")


def _from_seven_bits(body: bytes) -> str:
    """Read ASCII of seven bits a character."""
    if len(body) > _MAX_SEVEN_BIT_CHARS:
        raise CryptoError("bad-packing", "too long for seven bits a character")
    bits = "".join(f"{byte:08b}" for byte in body)
    whole = len(bits) - len(bits) % 7
    text = "".join(chr(int(bits[at : at + 7], 2)) for at in range(0, whole, 7))
    return text.removesuffix("\x7f") if whole == len(bits) else text


def _head(form: int, mid: str) -> bytes:
    """Write the head and the stable id."""
    head = _HEADED | form
    if not mid:
        return bytes((head,))
    packed = pack_name(mid)
    if isinstance(packed, bytes):
        return bytes((head | (_UUID if len(packed) == _UUID_BYTES else _HEX) << 2,)) + packed
    name = mid.encode(errors="replace")
    if len(name) > 255:
        raise EncodeError("the id of the message is too long")
    return bytes((head | _NAMED << 2, len(name))) + name


def _read_id(plaintext: bytes, at: int) -> tuple[str, int]:
    """Read the stable id of the head at a place, and where it ends."""
    form = plaintext[at] - _HEADED >> 2
    at += 1
    if form == _NO_ID:
        return "", at
    if form == _NAMED:
        size = plaintext[at] if at < len(plaintext) else 256
        at += 1
    elif form in (_UUID, _HEX):
        size = _UUID_BYTES if form == _UUID else _SHORT_BYTES
    else:
        raise CryptoError("bad-packing", "a form of id not known here")
    found, end = plaintext[at : at + size], at + size
    if end > len(plaintext):
        raise CryptoError("bad-packing", "cut off")
    return (found.decode(errors="replace") if form == _NAMED else unpack_name(found)), end


def _inflate(body: bytes) -> bytes:
    """Read raw deflate after the dictionary."""
    return _decompress(zlib.decompressobj(-15, CHAT_1), body)


def _decompress(inflater: zlib._Decompress, body: bytes) -> bytes:
    """Decompress all of it; what would grow too long is given up at the limit."""
    try:
        plain = inflater.decompress(body, MAX_PLAINTEXT_BYTES)
    except zlib.error as error:
        raise CryptoError("bad-packing", "it does not decompress") from error
    if not inflater.eof or inflater.unused_data:
        raise CryptoError("bad-packing", "cut off, too long, or bytes after the end")
    return plain
