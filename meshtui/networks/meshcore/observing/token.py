"""The login token: who publishes, for how long and to whom, signed by the radio's own key.

    base64url(header) . base64url(claims) . HEX(signature)        without `=`

    header   {"alg":"Ed25519","typ":"JWT"}, these very bytes
    claims   publicKey, iat, exp[, aud, owner, email, client, iata], those that are set
    signed   the first two parts with the dot between them

It looks like a JWT and is none: their signature is base64url, too.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final

import orjson

from meshtui.crypto.ed25519 import verify
from meshtui.errors import CryptoError
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.identity import parse_private_key
from meshtui.networks.meshcore.observing.message import key_of, plain

if TYPE_CHECKING:
    from meshtui.model.device import Device
    from meshtui.networks.base import Claims

_HEADER: Final = b'{"alg":"Ed25519","typ":"JWT"}'


def write_input(origin: Device, claims: Claims) -> bytes:
    """Write what is to be signed."""
    said: dict[str, object] = {
        "publicKey": key_of(origin),
        "iat": claims.issued_s,
        "exp": claims.expires_s,
    }
    optional = {
        "aud": claims.audience,
        "owner": claims.owner.upper(),
        "email": claims.email.lower(),
        "client": claims.client,
        "iata": claims.iata,
    }
    said |= {name: plain(value) for name, value in optional.items() if value}
    return _base64(_HEADER) + b"." + _base64(orjson.dumps(said))


def write_token(origin: Device, signed: bytes, signature: SecretBytes) -> SecretBytes | None:
    """Put a token together; None = the signature is not the origin's, or not of this."""
    public_key = _public_key_of(origin)
    if not verify(public_key, signed, signature.reveal):
        return None
    return SecretBytes(signed + b"." + signature.reveal.hex().upper().encode())


def sign_by_key(origin: Device, private_key: SecretBytes, data: bytes) -> SecretBytes:
    """Sign with a private key in hex: 64 digits of a seed, or 128 of an expanded key.

    Takes a few milliseconds for an expanded key.

    Raises:
        CryptoError: `bad-key`: it is none, or another node's. Nothing of it is repeated.
    """
    key = parse_private_key(private_key.reveal.decode("ascii", "replace"))
    if key.public_key != _public_key_of(origin):
        raise CryptoError("bad-key", "it is the private key of another node than this radio")
    return SecretBytes(key.sign(data))


def _public_key_of(origin: Device) -> bytes:
    """Read the origin's key; empty, which signs nothing, where its id is none."""
    try:
        return bytes.fromhex(origin.node_id)
    except ValueError:
        return b""


def _base64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
