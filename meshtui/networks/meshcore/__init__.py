"""MeshCore over LoRa, as the firmware v1.17.1 speaks it.

We were given a description of this network from outside: the MeshCore LoRa protocol document this
client was ordered with. What it says, what we do, and why; "right" means that a test holds it
(`tests/unit/networks/meshcore/test_document_claims.py`), and the vectors named there are packets
that the firmware's own code sent.

The packet

    it says                                   we do                          because
    ----------------------------------------  -----------------------------  -----------------------
    route in bits 0-1 of the first byte       the same                       right
    routes: 0 flood, 1 direct, 2 response     0 flood and 3 direct with      every packet of the
                                              transport codes, 1 flood,      firmware; a response is
                                              2 direct                       a payload type
    bits 2-5 path length, 6-7 payload type    2-5 payload type, 6-7          so in every vector; two
                                              version; path_len is a byte    bits hold no type 8
                                              of its own
    nothing of transport codes                4 bytes on routes 0 and 3      regions are scoped so
    path of 0-15 bytes, 15 hops at most       up to 64 bytes: 63, 32 or 21   the firmware's limits
                                              hops of 1, 2 or 3 bytes
    ADVERT 0, TXT_MSG 3, GRP_TXT 6,           4, 2, 5 and 1                  0 is REQ, 3 ACK, 6
    RESPONSE 8                                                               GRP_DATA, 8 PATH
    the example `15 66 6B 18 FB A8 ..`,       it is refused: 66 as path_len  path_len and channel
    57 bytes, path 66 6B, channel D9          means 76 path bytes            hash are missing in it
    "sender hash 0x66"                        66 would be its first relay    channel texts carry no
                                                                             sender hash

Channels

    a channel's key is SHA256(name)[0:16]     the same, `#` included         right
    the channel `#Public`                     `Public`, with a fixed key     `#Public` would have
                                                                             another, hash BA
    its key in hex                            the same                       right
    its key as izOH6cXN6mrJ5edbqhUNcg==       izOH6cXN6mrJ5e26oRXNcg==       theirs decodes to
                                                                             another key, hash 31
    hash = SHA256(key)[0]; 11 and D9          the same                       right
    #test has the key 9cd8..b73f              the same                       right
    hash(1), MAC(2), ciphertext               the same                       right
    AES-128-ECB, padded to 16                 the same, with zeros           right
    AES-128, not AES-256-CTR                  the same                       right
    HMAC-SHA256 cut to 2 bytes                the same                       right
    HMAC key = key and 16 zeros               the same                       right
    the MAC covers the plaintext              the ciphertext                 all vectors, and a
                                                                             flipped bit is refused
    timestamp(4), flags(1), "name: text"      the same                       right
    ended by NUL                              NUL is padding only            a text that fills its
                                                                             block has none
    the timestamp may be an uptime            Unix seconds, UTC              the sender's own clock,
                                                                             which may be wrong
    flags "to be determined"                  text type and attempt          a channel's is 0

Nodes and ways

    a hop is the first byte of the node's id  1 to 3 bytes of the public     the originator of a
                                              key                            packet chooses
    ids from MAC addresses, 6 bytes           the 32-byte Ed25519 key        6 bytes are only a
                                                                             companion's shorthand
    a node adds its hash before it relays     the same                       right
    who finds its own hash drops the packet   only with loop detection on,   off in the firmware; a
                                              and then by a threshold        ring of 160 hashes of
                                                                             packets stops loops
    all nodes rebroadcast                     repeaters do, and we if told   companions do not
    after 50 to 200 ms                        after 0 to 2.5 times the time  the firmware's formula
                                              on air

What it leaves open

    signatures         only adverts are signed: key, timestamp and appdata. Texts prove their sender
                       by the secret that two keys share
    adverts            key(32) timestamp(4) signature(64) appdata(0..32): `payloads/advert.py`
    direct messages    X25519 of both keys, then sealed as a channel is: `payloads/text.py`
    responses          answer a REQ or ANON_REQ, alone or inside a PATH: `payloads/response.py`
    passwords          there are none for channels; repeaters and rooms have them (ANON_REQ)
    acknowledgements   4 bytes of a hash of the text and a key: `payloads/ack.py`
    discovery          adverts, zero-hop and flooded, and CONTROL: `payloads/control.py`
    expiry             none on the air but hop limits
    versions           two bits of the header, of which only 0 exists
"""
