"""Cashu tokens, decoded to be looked at; never redeemed, never checked with a mint.

    cashuA<base64url of JSON>  {token: [{mint, proofs: [{amount, …}]}], unit, memo}
    cashuB<base64url of CBOR>  {m: mint, u: unit, d: memo, t: [{i, p: [{a: amount, …}]}]}

Source: Cashu NUT-00. The secrets in a token are money: whoever reads them can spend it, so they
are not part of what is decoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.errors import DecodeError
from meshtui.networks.jsonmesh.cbor import read_cbor
from meshtui.networks.jsonmesh.envelope import MAX_PAYLOAD_BYTES, read_base64
from meshtui.networks.jsonmesh.strict_json import load_object

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PROOFS = 2000
MAX_MINTS = 32
MAX_AMOUNT = 2**53
_MAX_TEXT_CHARS = 256


@dataclass(frozen=True, slots=True)
class CashuToken:
    """What a token says of itself.

    Attributes:
        version: 3 or 4.
        amount: Sum over all proofs, in `unit`.
        unit: Such as `sat`; not cleaned.
        mints: URLs of who issued it; not cleaned.
        proofs: How many coins it holds.
        memo: Not cleaned; cut to 256 characters.
    """

    version: int
    amount: int
    unit: str
    mints: tuple[str, ...]
    proofs: int
    memo: str = ""


def decode_cashu(text: str) -> CashuToken:
    """Decode a token, with or without `cashu:` before it.

    Raises:
        DecodeError: `not-cashu`: neither form; `bad-cashu`, `bad-cbor` or a word of
            `strict_json`: it does not follow its form.
    """
    token = text.strip().removeprefix("cashu:").removeprefix("//")
    if token.startswith("cashuA"):
        return _decode_v3(load_object(_body(token), MAX_PAYLOAD_BYTES))
    if token.startswith("cashuB"):
        return _decode_v4(_mapping(read_cbor(_body(token))))
    raise DecodeError("not-cashu", "a token begins with cashuA or cashuB")


def describe(body: str) -> str:
    """Say in one line what a token is worth and whose it is.

    Raises:
        DecodeError: As `decode_cashu`.
    """
    token = decode_cashu(body)
    mints = token.mints[0].removeprefix("https://")
    if len(token.mints) > 1:
        mints += f" and {len(token.mints) - 1} more"
    memo = f" — {token.memo}" if token.memo else ""
    return f"Cashu token: {token.amount} {token.unit} from {mints}{memo}"


def _body(token: str) -> bytes:
    """Read what follows the six characters of the prefix."""
    return read_base64(token[len("cashuA") :], "bad-cashu")


def _decode_v3(raw: Mapping[str, object]) -> CashuToken:
    """Read the JSON form."""
    amounts: list[int] = []
    mints: list[str] = []
    for entry in map(_mapping, _listing(raw.get("token"), MAX_MINTS)):
        mints.append(_text(entry.get("mint")))
        amounts += _amounts(entry.get("proofs"), "amount")
    return _token(3, amounts, raw.get("unit", "sat"), mints, raw.get("memo"))


def _decode_v4(raw: Mapping[object, object]) -> CashuToken:
    """Read the CBOR form."""
    amounts: list[int] = []
    for entry in map(_mapping, _listing(raw.get("t"), MAX_PROOFS)):
        amounts += _amounts(entry.get("p"), "a")
    return _token(4, amounts, raw.get("u"), [_text(raw.get("m"))], raw.get("d"))


def _token(
    version: int, amounts: list[int], unit: object, mints: list[str], memo: object
) -> CashuToken:
    """Put a token together from what was read."""
    if not amounts or len(amounts) > MAX_PROOFS:
        raise DecodeError("bad-cashu", "it holds no coins, or too many")
    return CashuToken(
        version=version,
        amount=sum(amounts),
        unit=_text(unit, 16),
        mints=tuple(dict.fromkeys(mints)),
        proofs=len(amounts),
        memo=_text(memo, 16 * _MAX_TEXT_CHARS)[:_MAX_TEXT_CHARS] if memo is not None else "",
    )


def _amounts(proofs: object, key: str) -> list[int]:
    """Read the amounts of a list of proofs."""
    amounts = []
    for proof in map(_mapping, _listing(proofs, MAX_PROOFS)):
        amount = proof.get(key)
        if type(amount) is not int or not 0 <= amount <= MAX_AMOUNT:
            raise DecodeError("bad-cashu", "an amount is a whole number")
        amounts.append(amount)
    return amounts


def _mapping(value: object) -> Mapping[object, object]:
    """Take a map for one."""
    if not isinstance(value, dict):
        raise DecodeError("bad-cashu", "a map is missing")
    return value


def _listing(value: object, most: int) -> list[object]:
    """Take a list for one."""
    if not isinstance(value, list) or len(value) > most:
        raise DecodeError("bad-cashu", "a list is missing or too long")
    return value


def _text(value: object, most: int = _MAX_TEXT_CHARS) -> str:
    """Take a text for one."""
    if type(value) is not str or len(value) > most:
        raise DecodeError("bad-cashu", "a text is missing or too long")
    return value
