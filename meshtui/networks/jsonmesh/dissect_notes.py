"""What the inspector says beside each field, by the form of the object and the field's path."""

from __future__ import annotations

ENVELOPE = "envelope"
PRESENCE = "presence"
ANNOUNCEMENT = "announcement"
PLAINTEXT = "plaintext"

NOTES = {
    ENVELOPE: {
        "v": "protocol version",
        "msgId": "the message's name, by which relays know it again",
        "id": "the app's word for msgId",
        "from": "claimed sender; not authenticated by itself",
        "fromNodeId": "the app's second copy of from",
        "to": "a node id, broadcast, or forum:NAME",
        "fromPubkey": "the sender's secp256k1 key; from must follow from it",
        "enc": "AES-256-GCM; all that is protected is in here",
        "enc.nonce": "12 bytes, never used twice",
        "enc.ct": "ciphertext and 16-byte tag",
        "enc.v": "the app's version of the cipher",
        "ts": "the sender's clock, milliseconds since 1970; claimed",
        "type": "claimed; the sealed header rules",
        "ttl": "relays it may still pass, at most 10",
        "hopCount": "relays it says it passed",
        "route": "the way it says it came, sender first; claimed",
        "cp": "ours: how the plaintext is written; 0 as specified, 1 packed, 2 zlib",
        "path": "ours: the relays asked to carry it, in order; all others let it pass",
        "sig": "ours: the sender's signature, which shows who wrote it, even in a forum",
    },
    PRESENCE: {
        "nodeId": "who says it; follows from the key",
        "pubkeyHex": "the node's secp256k1 key",
        "online": "its last word, or its last will",
        "ts": "its clock, milliseconds since 1970",
        "lat": "degrees north",
        "lng": "degrees east",
        "name": "as it calls itself; anybody can use any name",
        "caps": "what it can do beyond the protocol",
        "via": "relays that carried it between brokers",
    },
    ANNOUNCEMENT: {
        "channelName": "verbatim; the forum's key is made of it",
        "description": "in the creator's words",
        "creatorNodeId": "who says it; follows from the key",
        "creatorPubkey": "the creator's secp256k1 key",
        "ts": "the creator's clock, milliseconds since 1970",
        "isPublic": "a wish; whoever knows the name can read",
        "via": "relays that carried it between brokers",
    },
    PLAINTEXT: {
        "text": "what it says",
        "id": "must equal msgId outside",
        "from": "must equal from outside: proves the direction",
        "to": "must equal to outside",
        "type": "must equal type outside",
        "ts": "must equal ts outside",
        "mid": "the same over all attempts at this message",
        "ack": "the msgId it acknowledges",
        "h": "first 8 bytes of sha256(nonce and ciphertext) of what it acknowledges",
    },
}
