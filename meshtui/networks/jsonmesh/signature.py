"""A signature by the sender's own key: who wrote it, where the key of the text does not say so.

A forum's key follows from its name, so anybody can write there as anybody; a signature cannot be
forged. What is signed, in these bytes:

    sha256("meshtui signature 1\\n" msgId "\\n" ts "\\n" type "\\n" to "\\n" hex(sha256(nonce ct)))

in UTF-8, ts in decimal digits. ECDSA on secp256k1 with the nonce of RFC 6979; 64 bytes, r then s,
big-endian, the lower s. `ttl`, `hopCount`, `route` and `path` change on the way and are left out.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from meshtui.crypto.secp256k1 import is_signed_by, sign_digest

if TYPE_CHECKING:
    from meshtui.crypto.keys import PrivateKey
    from meshtui.networks.jsonmesh.envelope import Envelope


def sign(private_key: PrivateKey, envelope: Envelope) -> Envelope:
    """Sign an envelope with the key it names as its sender's.

    Raises:
        CryptoError: `bad-key`: the private key is none.
    """
    return envelope._replace(signature=sign_digest(private_key, _digest(envelope)))


def is_signature_valid(envelope: Envelope) -> bool:
    """Tell whether the key in the envelope signed it; False where there is no signature.

    Costs a curve operation, some 50 µs: ask for what is shown, not for what is passed on.
    """
    signature = envelope.signature
    return bool(signature) and is_signed_by(envelope.sender_key, _digest(envelope), signature)


def _digest(envelope: Envelope) -> bytes:
    """Hash what is signed."""
    sealed = hashlib.sha256(envelope.nonce + envelope.ciphertext).hexdigest()
    lines = (
        "meshtui signature 1",
        envelope.message_id,
        str(envelope.sent_at_ms),
        envelope.kind,
        envelope.recipient,
        sealed,
    )
    return hashlib.sha256("\n".join(lines).encode(errors="replace")).digest()
